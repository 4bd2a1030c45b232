"""In what weather all layers are."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.rolling import rolling_below, rolling_std
from rotation.signals.relative import across

__all__ = ["VolatilityRegime", "volatility_regime"]


def volatility_regime(close: FloatArray, days: int, window: int) -> FloatArray:
    """1 where the layers' mean swings more than it usually does, else 0; alike for all layers.

    Volatility is the standard deviation (ddof 1) over ``days`` sessions of the mean return of the
    layers, and what is usual the median of its newest ``window`` values, this one included. Moreira
    and Muir (2017) hold less when volatility is high.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in the volatility, at least 2
    window : sessions in the median, at least 2

    Returns
    -------
    (T, L) 1 or 0

    Examples
    --------
    >>> close = np.array([[1.0], [1.01], [1.0], [1.01], [1.5], [1.0]])
    >>> volatility_regime(close, days=2, window=3).ravel()
    array([nan, nan, nan, nan,  1.,  1.])
    """
    growth = np.full(close.shape, np.nan)
    growth[1:] = close[1:] / close[:-1] - 1.0
    swings = rolling_std(across(growth), days)
    below = rolling_below(swings, window)
    regime = np.where(np.isnan(below), np.nan, below >= window / 2)
    return np.where(np.isnan(close), np.nan, regime)


@dataclass(frozen=True, slots=True)
class VolatilityRegime:
    """Signal of :func:`rotation.signals.volatility_regime`.

    Parameters
    ----------
    days : sessions in the volatility, at least 2
    window : sessions in the median of it, at least 2
    """

    days: int
    window: int

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)
        check_count("window", self.window, 2)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return volatility_regime(close, self.days, self.window)
