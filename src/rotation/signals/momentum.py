"""What each layer has earned of late."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count

__all__ = ["Momentum", "momentum"]


def momentum(close: FloatArray, days: int, *, skip: int = 0) -> FloatArray:
    """Log return over ``days`` sessions that ended ``skip`` sessions ago.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions to look back, at least 1
    skip : newest sessions left out (Jegadeesh and Titman 1993 skip one month)

    Returns
    -------
    (T, L) log return, NaN where the window is not complete

    Examples
    --------
    >>> momentum(np.array([[100.0], [110.0]]), days=1).round(4)
    array([[   nan],
           [0.0953]])
    """
    score = np.full(close.shape, np.nan)
    rows = len(close) - days - skip
    if rows > 0:
        score[days + skip :] = np.log(close[days : days + rows] / close[:rows])
    score[np.isnan(close)] = np.nan
    return score


@dataclass(frozen=True, slots=True)
class Momentum:
    """Signal of :func:`rotation.signals.momentum`.

    Parameters
    ----------
    days : sessions to look back, at least 1
    skip : newest sessions left out, at least 0

    Examples
    --------
    >>> Momentum(days=126, skip=21)
    Momentum(days=126, skip=21)
    """

    days: int
    skip: int = 0

    def __post_init__(self) -> None:
        check_count("days", self.days, 1)
        check_count("skip", self.skip, 0)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return momentum(close, self.days, skip=self.skip)
