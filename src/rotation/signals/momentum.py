"""What each layer has earned of late."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.rolling import in_spreads, lagged, rolling_std

__all__ = ["Momentum", "RiskAdjustedMomentum", "momentum", "risk_adjusted_momentum"]


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


def risk_adjusted_momentum(close: FloatArray, days: int, *, skip: int = 0) -> FloatArray:
    """``momentum`` over what daily log returns as scattered as these come to by chance.

    The unit is the standard deviation (ddof 1) of the daily log returns in the window, times the
    root of ``days``: the return-to-risk criterion of Rachev, Jasic, Stoyanov and Fabozzi (2007).

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions to look back, at least 2
    skip : newest sessions left out

    Returns
    -------
    (T, L) standard deviations; 0 for a price that stood still, NaN for returns that are all alike

    Examples
    --------
    >>> close = np.array([[100.0, 100.0], [110.0, 102.0], [110.0, 104.0]])
    >>> risk_adjusted_momentum(close, days=2)[-1].round(2)
    array([  1.  , 101.99])
    """
    spread = rolling_std(momentum(close, 1), days) * np.sqrt(days)
    return in_spreads(momentum(close, days, skip=skip), lagged(spread, skip))


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


@dataclass(frozen=True, slots=True)
class RiskAdjustedMomentum:
    """Signal of :func:`rotation.signals.risk_adjusted_momentum`.

    Parameters
    ----------
    days : sessions to look back, at least 2
    skip : newest sessions left out, at least 0
    """

    days: int
    skip: int = 0

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)
        check_count("skip", self.skip, 0)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return risk_adjusted_momentum(close, self.days, skip=self.skip)
