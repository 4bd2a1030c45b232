"""Statistics over the newest rows, by algorithms that forget.

Rows are cut into blocks as long as the window, counted from the first row, so that a window is the
end of one block and the beginning of the next. Each half is accumulated within its own block (van
Herk 1992; Gil and Werman 1993) and the two are combined: a row costs the same whatever the window,
no rounding travels further than a window, and a row depends on none after it, to the last bit.

Moments are taken about the first row of a beginning and the last row of an end, which belong to
every window that needs them, and combined as in Chan, Golub and LeVeque (1983): the sum of squares
about a row of the window is at most its length times that about its mean, so cancellation costs
that factor at most, however far from 0 or apart the values are.

A row is NaN if its window is not complete or has a NaN in it, and no other.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray

__all__ = [
    "in_spreads",
    "lagged",
    "rolling_below",
    "rolling_cov",
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_std",
    "rolling_sum",
    "rolling_zscore",
]


def rolling_sum(values: FloatArray, days: int) -> FloatArray:
    """Sum of the newest ``days`` rows.

    Parameters
    ----------
    values : (T, ...)
    days : rows in a window, this one included, at least 1

    Returns
    -------
    (T, ...)

    Examples
    --------
    >>> rolling_sum(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    array([nan,  3.,  5.,  7.])
    """
    return _folded(np.add, values, days, nothing=0.0)


def rolling_max(values: FloatArray, days: int) -> FloatArray:
    """Highest of the newest ``days`` rows; shapes as :func:`rolling_sum`."""
    return _folded(np.maximum, values, days, nothing=-np.inf)


def rolling_min(values: FloatArray, days: int) -> FloatArray:
    """Lowest of the newest ``days`` rows; shapes as :func:`rolling_sum`."""
    return _folded(np.minimum, values, days, nothing=np.inf)


def rolling_mean(values: FloatArray, days: int) -> FloatArray:
    """Mean of the newest ``days`` rows, the very value where it never moved.

    Shapes as :func:`rolling_sum`.

    Examples
    --------
    >>> rolling_mean(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    array([nan, 1.5, 2.5, 3.5])
    """
    if days > len(values):
        return np.full(values.shape, np.nan)
    parts = _Deviations.of(values, days)
    old, _ = _counts(parts.first, days)
    total = old * parts.step + parts.old_sum + parts.new_sum
    return _placed(parts.first + total / days, len(values))


def rolling_cov(x: FloatArray, y: FloatArray, days: int, *, ddof: int = 1) -> FloatArray:
    """Covariance of the newest ``days`` rows of two tables.

    Parameters
    ----------
    x, y : (T, ...), which broadcast
    days : rows in a window, this one included, more than ``ddof``
    ddof : taken from ``days`` in the divisor

    Returns
    -------
    (T, ...)

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> rolling_cov(x, -2 * x, 2)
    array([nan, -1., -4.])
    """
    if days > len(x):
        return np.full(np.broadcast_shapes(x.shape, y.shape), np.nan)
    one = _Deviations.of(x, days)
    other = one if y is x else _Deviations.of(y, days)
    apart = one.step * other.step
    old, new = _counts(apart, days)
    some = np.maximum(old, 1.0)  # the sums over an empty half are 0
    olds, news = _halves(np.add, one.old * other.old, one.new * other.new, len(apart), 0.0)
    olds = olds - one.old_sum * other.old_sum / some
    news = news - one.new_sum * other.new_sum / new
    x_apart = one.step + one.old_sum / some - one.new_sum / new
    y_apart = other.step + other.old_sum / some - other.new_sum / new
    between = x_apart * y_apart * (old * new / days)
    return _placed((olds + news + between) / (days - ddof), len(x))


def rolling_std(values: FloatArray, days: int, *, ddof: int = 1) -> FloatArray:
    """Standard deviation of the newest ``days`` rows, exactly 0 where they are all equal.

    Parameters
    ----------
    values : (T, ...)
    days : rows in a window, this one included, more than ``ddof``
    ddof : taken from ``days`` in the divisor

    Returns
    -------
    (T, ...)

    Examples
    --------
    >>> rolling_std(np.array([1.0, 3.0, 3.0, 3.0]), 2, ddof=0)
    array([nan,  1.,  0.,  0.])
    """
    return np.sqrt(rolling_cov(values, values, days, ddof=ddof))


def rolling_zscore(values: FloatArray, days: int) -> FloatArray:
    """Distance from the mean of the newest ``days`` rows in their standard deviations (ddof 1).

    It is 0 where nothing has moved. Shapes as :func:`rolling_sum`, ``days`` at least 2.

    Examples
    --------
    >>> rolling_zscore(np.array([1.0, 1.0, 3.0]), 2).round(4)
    array([   nan, 0.    , 0.7071])
    """
    return in_spreads(values - rolling_mean(values, days), rolling_std(values, days))


def rolling_below(values: FloatArray, days: int) -> FloatArray:
    """How many of the newest ``days`` rows are below the newest one.

    The newest is above their median if and only if these are half of them or more. A row costs
    ``days`` comparisons, but no window is ever copied.

    Examples
    --------
    >>> rolling_below(np.array([1.0, 3.0, 2.0, 2.0]), 3)
    array([nan, nan,  1.,  0.])
    """
    count = np.zeros(values.shape)
    for back in range(1, min(days, len(values))):
        count[back:] += values[:-back] < values[back:]
    count[np.isnan(rolling_sum(values, days))] = np.nan
    return count


def in_spreads(distance: FloatArray, spread: FloatArray) -> FloatArray:
    """Distance in units of a spread; 0 for none of both, NaN for a distance without a spread.

    Examples
    --------
    >>> in_spreads(np.array([1.0, 0.0, 1.0]), np.array([2.0, 0.0, 0.0]))
    array([0.5, 0. , nan])
    """
    without = np.where(distance == 0, 0.0, np.nan)
    return np.where(spread == 0, without, distance / np.where(spread == 0, 1.0, spread))


def lagged(values: FloatArray, days: int) -> FloatArray:
    """What each row was ``days`` rows ago (T, ...), NaN where there was none.

    Examples
    --------
    >>> lagged(np.array([1.0, 2.0, 3.0]), 1)
    array([nan,  1.,  2.])
    """
    ago = np.full(values.shape, np.nan)
    rows = len(values) - days
    if rows > 0:
        ago[days:] = values[:rows]
    return ago


@dataclass(frozen=True, slots=True)
class _Deviations:
    """Values in blocks (B, days, ...), and windows (W, ...) of them, cut where a block ends.

    Parameters
    ----------
    old, new : (B, days, ...) distance of each row from the last and from the first of its block
    first : (W, ...) first row of the block in which a window ends
    step : (W, ...) last row of the block in which a window begins, less ``first``
    old_sum, new_sum : (W, ...) sums of ``old`` and ``new`` over the two halves of a window
    """

    old: FloatArray
    new: FloatArray
    first: FloatArray
    step: FloatArray
    old_sum: FloatArray
    new_sum: FloatArray

    @classmethod
    def of(cls, values: FloatArray, days: int) -> "_Deviations":
        blocks = _blocks(values, days)
        windows = len(values) - days + 1
        first = np.repeat(blocks[:, 0], days, axis=0)[days - 1 :][:windows]
        last = np.repeat(blocks[:, -1], days, axis=0)[:windows]
        old, new = blocks - blocks[:, -1:], blocks - blocks[:, :1]
        return cls(old, new, first, last - first, *_halves(np.add, old, new, windows, 0.0))


def _blocks(values: FloatArray, days: int) -> FloatArray:
    """Rows in blocks (B, days, ...), NaN after the last."""
    count = -(-len(values) // days)
    rows = np.full((count * days, *values.shape[1:]), np.nan)
    rows[: len(values)] = values
    return rows.reshape(count, days, *values.shape[1:])


def _halves(
    fold: np.ufunc, old: FloatArray, new: FloatArray, windows: int, nothing: float
) -> tuple[FloatArray, FloatArray]:
    """What rows (B, days, ...) fold to over each half of each window (W, ...).

    A window that is one whole block has no old half: it folds to ``nothing``.
    """
    days = old.shape[1]
    ends = fold.accumulate(old[:, ::-1], axis=1)[:, ::-1]
    ends[:, 0] = nothing
    begins = fold.accumulate(new, axis=1)
    rest = old.shape[2:]
    return ends.reshape(-1, *rest)[:windows], begins.reshape(-1, *rest)[days - 1 :][:windows]


def _folded(fold: np.ufunc, values: FloatArray, days: int, nothing: float) -> FloatArray:
    """What the newest ``days`` rows fold to (T, ...)."""
    if days > len(values):
        return np.full(values.shape, np.nan)
    blocks = _blocks(values, days)
    old, new = _halves(fold, blocks, blocks, len(values) - days + 1, nothing)
    return _placed(fold(old, new), len(values))


def _counts(like: FloatArray, days: int) -> tuple[FloatArray, FloatArray]:
    """Rows in the old and the new half of each window, shaped to go with ``like`` (W, ...)."""
    start = np.arange(len(like)).reshape(-1, *[1] * (like.ndim - 1))
    old = (-start % days).astype(np.float64)
    return old, days - old


def _placed(windows: FloatArray, rows: int) -> FloatArray:
    """Windows (W, ...) at the rows (T, ...) that end them."""
    placed = np.full((rows, *windows.shape[1:]), np.nan)
    placed[rows - len(windows) :] = windows
    return placed
