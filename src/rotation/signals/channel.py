"""Where each layer stands against the extremes of its past."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.rolling import lagged, rolling_max, rolling_min
from rotation.signals.relative import relative

__all__ = ["Donchian", "Drawdown", "donchian", "drawdown"]


def donchian(close: FloatArray, days: int) -> FloatArray:
    """On which side the relative log price last broke out of its channel.

    The channel goes from the lowest to the highest of the ``days`` sessions before this one.
    Donchian's channel is the trading-range break of Brock, Lakonishok and LeBaron (1992), here on
    :func:`rotation.signals.relative` prices.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in the channel, at least 1

    Returns
    -------
    (T, L) 1 from a close above the channel until one below it, -1 from there, 0 before either

    Examples
    --------
    >>> ratio = np.array([1.0, 1.0, 2.0, 1.5, 0.5, 0.6])
    >>> donchian(np.column_stack([ratio, np.ones(6)]), days=1)[:, 0]
    array([nan,  0.,  1., -1., -1.,  1.])
    """
    level = relative(close)
    top, bottom = lagged(rolling_max(level, days), 1), lagged(rolling_min(level, days), 1)
    side: FloatArray = np.where(level > top, 1.0, np.where(level < bottom, -1.0, 0.0))
    rows = np.arange(len(close)).reshape(-1, *[1] * (close.ndim - 1))
    newest = np.maximum.accumulate(np.where(side != 0, rows, 0), axis=0)
    held: FloatArray = np.take_along_axis(side, newest, axis=0)
    held[np.isnan(level) | np.isnan(top)] = np.nan
    return held


def drawdown(close: FloatArray, days: int | None = None) -> FloatArray:
    """Close over the highest close, minus 1: 0 at a peak.

    Over a year this is the nearness to the 52-week high of George and Hwang (2004), less 1.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in which the peak is sought, this one included, at least 1; None for all since
        the listing

    Returns
    -------
    (T, L) fraction, 0 or less

    Examples
    --------
    >>> close = np.array([[4.0], [3.0], [2.0]])
    >>> drawdown(close).ravel(), drawdown(close, days=2).ravel().round(3)
    (array([ 0.  , -0.25, -0.5 ]), array([   nan, -0.25 , -0.333]))
    """
    # fmax passes over the rows before the listing; a delisted layer has no close to compare.
    peak = np.fmax.accumulate(close, axis=0) if days is None else rolling_max(close, days)
    return close / peak - 1.0


@dataclass(frozen=True, slots=True)
class Donchian:
    """Signal of :func:`rotation.signals.donchian`.

    Parameters
    ----------
    days : sessions in the channel, at least 1
    """

    days: int

    def __post_init__(self) -> None:
        check_count("days", self.days, 1)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return donchian(close, self.days)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Signal of :func:`rotation.signals.drawdown`.

    Parameters
    ----------
    days : sessions in which the peak is sought, at least 1; None for all since the listing
    """

    days: int | None = None

    def __post_init__(self) -> None:
        if self.days is not None:
            check_count("days", self.days, 1, "sessions or None")

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return drawdown(close, self.days)
