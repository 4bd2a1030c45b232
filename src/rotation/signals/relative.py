"""Where each layer stands against the others, and against its own average.

On two layers the difference of their relative log prices is the log of the ratio of their prices,
but for a constant: what follows from it is a rule about the ratio.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.errors import ArgumentError
from rotation.rolling import rolling_mean, rolling_zscore
from rotation.signals.momentum import momentum

__all__ = [
    "Crossover",
    "MovingAverageGap",
    "ZScore",
    "across",
    "crossover",
    "moving_average_gap",
    "relative",
    "zscore",
]


def across(values: FloatArray) -> FloatArray:
    """Mean (T, 1) over the layers (T, L) that have a value, NaN where none has.

    Examples
    --------
    >>> across(np.array([[1.0, 3.0], [np.nan, 4.0]]))
    array([[2.],
           [4.]])
    """
    known = ~np.isnan(values)
    count = known.sum(axis=-1, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=-1, keepdims=True)
    return np.where(count == 0, np.nan, total / np.maximum(count, 1))


def relative(close: FloatArray) -> FloatArray:
    """Relative log price: a layer's log return less the layers' mean one, summed since its listing.

    The mean is over the layers that have a close on this session and on the one before, so that a
    listing or a delisting makes no jump.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed

    Returns
    -------
    (T, L) log, 0 at a layer's first close

    Examples
    --------
    >>> close = np.array([[1.0, 1.0, np.nan], [2.0, 1.0, 5.0], [2.0, 1.0, 5.0]])
    >>> (relative(close) / np.log(2)).round(2)
    array([[ 0. ,  0. ,  nan],
           [ 0.5, -0.5,  0. ],
           [ 0.5, -0.5,  0. ]])
    """
    growth = momentum(close, 1)
    excess = growth - across(growth)
    level = np.where(np.isnan(excess), 0.0, excess).cumsum(axis=0)
    level[np.isnan(close)] = np.nan
    return level


def moving_average_gap(close: FloatArray, days: int) -> FloatArray:
    """Relative log price less its mean over ``days`` sessions, this one included.

    The moving-average rule of Brock, Lakonishok and LeBaron (1992), on :func:`relative` prices.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in the average, at least 2

    Returns
    -------
    (T, L) log

    Examples
    --------
    >>> close = np.exp(np.array([[0.0, 0.0], [0.2, 0.0]]))
    >>> moving_average_gap(close, days=2)[-1].round(3)
    array([ 0.05, -0.05])
    """
    level = relative(close)
    return level - rolling_mean(level, days)


def crossover(close: FloatArray, fast: int, slow: int) -> FloatArray:
    """Mean of the relative log price over ``fast`` sessions less that over ``slow``.

    Brock, Lakonishok and LeBaron (1992), on :func:`relative` prices; Levine and Pedersen (2016)
    show which weighting of past returns it is.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    fast, slow : sessions in the averages, this one included, 1 <= ``fast`` < ``slow``

    Returns
    -------
    (T, L) log

    Examples
    --------
    >>> close = np.exp(np.array([[0.0, 0.0], [0.2, 0.0], [0.4, 0.0]]))
    >>> crossover(close, fast=2, slow=3)[-1].round(3)
    array([ 0.05, -0.05])
    """
    level = relative(close)
    return rolling_mean(level, fast) - rolling_mean(level, slow)


def zscore(close: FloatArray, days: int, *, sign: int = -1) -> FloatArray:
    """Distance of the relative log price from its mean, in its standard deviations (ddof 1).

    Both over ``days`` sessions, this one included. With ``sign=-1`` what is far below its mean
    scores best: the relative-value rule of Gatev, Goetzmann and Rouwenhorst (2006). With 1 it is a
    moving-average gap in units of its scatter, as Bollinger's bands.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in the mean and the deviation, at least 2
    sign : -1 bets on the return to the mean, 1 on the way from it

    Returns
    -------
    (T, L) standard deviations; 0 where the relative price stood still

    Examples
    --------
    >>> close = np.exp(np.array([[0.0, 0.0], [0.2, 0.0]]))
    >>> zscore(close, days=2)[-1].round(3)
    array([-0.707,  0.707])
    """
    return sign * rolling_zscore(relative(close), days)


@dataclass(frozen=True, slots=True)
class MovingAverageGap:
    """Signal of :func:`rotation.signals.moving_average_gap`.

    Parameters
    ----------
    days : sessions in the average, at least 2
    """

    days: int

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return moving_average_gap(close, self.days)


@dataclass(frozen=True, slots=True)
class Crossover:
    """Signal of :func:`rotation.signals.crossover`.

    Parameters
    ----------
    fast : sessions in the average that is to be above, at least 1
    slow : sessions in the other, more than ``fast``
    """

    fast: int
    slow: int

    def __post_init__(self) -> None:
        check_count("fast", self.fast, 1)
        check_count("slow", self.slow, self.fast + 1)

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return crossover(close, self.fast, self.slow)


@dataclass(frozen=True, slots=True)
class ZScore:
    """Signal of :func:`rotation.signals.zscore`.

    Parameters
    ----------
    days : sessions in the mean and the deviation, at least 2
    sign : -1 bets on the return to the mean, 1 on the way from it
    """

    days: int
    sign: int = -1

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)
        if isinstance(self.sign, bool) or self.sign not in (-1, 1):
            raise ArgumentError(f"sign: want -1 or 1, got {self.sign!r}")

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return zscore(close, self.days, sign=self.sign)
