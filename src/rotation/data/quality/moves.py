"""Changes from one close to the next, and what surrounds the large ones.

Each is measured against what the ticker usually does in a day, about a quarter on either side, by
the median, so that the change itself does not count and an excited quarter excuses more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.reading import View
from rotation.data.quality.sessions import is_daily

__all__ = ["UNITS", "Moves", "changes", "large", "units_of", "usual"]

UNITS: Final = np.array([10.0, 100.0, 1000.0])
"""What one unit is of another: pence, cents, thousands."""

_QUARTER = 63
_LEAST = 0.002  # scale of a ticker that hardly moves

_LARGE = 0.08, 6.0  # log change and usual days that make a change worth a look
_SPIKE = 8.0, 0.25  # usual days, and share of it that the next change leaves, at most
_AFTER = 10  # sessions in which news goes on to move the price
_RESTLESS = 2.0  # times as much as before
_UNIT = 0.5  # log distance of a change of unit and any day
_MONEY = 4.0  # times the money of a usual day


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The C large changes of a table, by column and then by row.

    Parameters
    ----------
    row, column : (C,) of the close after the change
    last : (C,) row of the close before
    change : (C,) logarithm of the ratio of the two, what actions explain taken out
    scale : (C,) what the ticker usually does in a day
    spike : (C,) whether the next change takes it back
    back : (C,) whether it takes back the one before
    news : (C,) whether the days after or the day's volume are those of news; true of rows that are
        weeks or months, in which prices double
    explained : whether the actions are known
    """

    row: IntArray
    column: IntArray
    last: IntArray
    change: FloatArray
    scale: FloatArray
    spike: BoolArray
    back: BoolArray
    news: BoolArray
    explained: bool

    @property
    def size(self) -> FloatArray:
        """Absolute log change (C,)."""
        return np.abs(self.change)

    def near(self, ratios: FloatArray, least: float, most: float) -> tuple[FloatArray, BoolArray]:
        """The nearest of some ratios above 1, and whether it is near enough.

        Parameters
        ----------
        ratios : (R,)
        least, most : bounds of the log distance, which is two and a half usual days

        Returns
        -------
        (C,) ratios, (C,) whether
        """
        apart = np.abs(self.size[:, None] - np.log(ratios))
        within = np.clip(2.5 * self.scale, least, most)
        return ratios[apart.argmin(axis=1)], apart.min(axis=1) < within


def changes(price: FloatArray) -> tuple[FloatArray, IntArray]:
    """Log change (T, N) of each price since the one before, and that one's row, -1 for none."""
    rows = np.arange(len(price))[:, None]
    newest = np.maximum.accumulate(np.where(np.isnan(price), -1, rows), axis=0)
    before = np.vstack([np.full((1, price.shape[1]), -1), newest[:-1]])
    previous = np.take_along_axis(price, np.maximum(before, 0), axis=0)
    change = np.log(price) - np.log(np.where(before < 0, np.nan, previous))
    return change, before


def units_of(change: FloatArray, within: float) -> FloatArray:
    """Logarithm of the unit that each change is near to, with its sign, 0 for none (T, N)."""
    found = np.zeros(change.shape)
    for unit in np.log(UNITS):
        near = np.abs(np.abs(change) - unit) < within
        found[near] = unit * np.sign(change[near])
    return found


def usual(change: FloatArray) -> FloatArray:
    """What a day usually does (T, N): 1.48 times the median size, as a normal's deviation.

    The largest of three blocks of a quarter: the row's own and those beside it. Of a change of unit
    what is left counts, or closes of which half are in pence would usually move a hundredfold.
    """
    change = change - units_of(change, _UNIT)
    t, n = change.shape
    blocks = -(-t // _QUARTER)
    size = np.full((blocks * _QUARTER, n), np.nan)
    size[:t] = np.abs(change)
    middle = _median(size.reshape(blocks, _QUARTER, n).transpose(0, 2, 1), least=10)
    edge = np.full((1, n), np.nan)
    padded = np.vstack([edge, middle, edge])
    largest = np.fmax(np.fmax(padded[:-2], padded[1:-1]), padded[2:])
    whole = _median(np.abs(change.T), least=1)
    scale = np.where(np.isnan(largest), whole, largest)
    found: FloatArray = np.repeat(np.fmax(1.4826 * scale, _LEAST), _QUARTER, axis=0)[:t]
    return found


def large(
    view: View, change: FloatArray, before: IntArray, quiet: BoolArray, *, explained: bool
) -> Moves:
    """The changes that are worth a look.

    Parameters
    ----------
    view : the table
    change : (T, N) log changes
    before : (T, N) rows of the closes before
    quiet : (T, N) cells that are not to be looked at
    explained : whether the actions are known
    """
    scale = usual(change)
    size = np.where(quiet | np.isnan(change), 0.0, np.abs(change))
    least, days = _LARGE
    column, row = np.nonzero((size > np.maximum(least, days * scale)).T)
    spread, last, change_at = scale[row, column], before[row, column], change[row, column]
    spike, back = _spikes(change, row, column, last, spread)
    money = _money(view, row, column)
    news = _excited(change, row, column) | (money > _MONEY) | (not is_daily(view.sessions))
    return Moves(row, column, last, change_at, spread, spike, back, news, explained)


def _spikes(
    change: FloatArray, row: IntArray, column: IntArray, last: IntArray, scale: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Whether each change is taken back by the next (C,), and whether it takes one back (C,)."""
    here, then = change[row, column], _following(change, row, column)
    days, share = _SPIKE
    most = share * np.minimum(np.abs(here), np.abs(then))
    spike = (np.abs(here) > days * scale) & (np.abs(here + then) <= most)
    follows = np.zeros(len(row), dtype=np.bool_)
    follows[1:] = (column[1:] == column[:-1]) & (last[1:] == row[:-1])
    # Of changes that each take the last one back, the first, third, and so on are the spikes.
    chained = spike & follows & np.r_[False, spike[:-1]][: len(spike)]
    place = np.arange(len(spike))
    start = np.maximum.accumulate(np.where(chained, 0, place))
    spike &= (place - start) % 2 == 0
    back = follows & np.r_[False, spike[:-1]][: len(spike)]
    return spike, back


def _excited(change: FloatArray, row: IntArray, column: IntArray) -> BoolArray:
    """Whether the days after move more than those before (C,)."""
    size = np.abs(change)
    after = _median(_window(size, row, column, 1, _AFTER), least=5)
    ahead = _median(_window(size, row, column, -_QUARTER, -1), least=10)
    more: BoolArray = after > _RESTLESS * ahead
    return more


def _money(view: View, row: IntArray, column: IntArray) -> FloatArray:
    """Money that changed hands on the day, in usual days (C,); 0 if unknown."""
    volume = view.fields.get("volume")
    if volume is None:
        return np.zeros(len(row))
    money = volume * view.price
    ahead = _median(_window(money, row, column, -21, -1), least=5)
    return np.divide(money[row, column], ahead, out=np.zeros(len(row)), where=ahead > 0)


def _median(values: FloatArray, least: int) -> FloatArray:
    """Lower median along the last axis of what is not NaN; NaN if that is fewer than ``least``."""
    ordered = np.sort(values, axis=-1)
    count = (~np.isnan(values)).sum(axis=-1)
    middle = np.take_along_axis(ordered, np.maximum(count - 1, 0)[..., None] // 2, axis=-1)[..., 0]
    return np.where(count >= least, middle, np.nan)


def _following(change: FloatArray, row: IntArray, column: IntArray) -> FloatArray:
    """The change after each (C,), NaN for none, skipping sessions without a price."""
    t = len(change)
    ahead = np.where(np.isnan(change), t, np.arange(t)[:, None])[::-1]
    first = np.minimum.accumulate(ahead, axis=0)[::-1]
    then = np.vstack([first[1:], np.full((1, change.shape[1]), t)])[row, column]
    return np.where(then < t, change[np.minimum(then, t - 1), column], np.nan)


def _window(
    values: FloatArray, row: IntArray, column: IntArray, first: int, last: int
) -> FloatArray:
    """Values (C, last - first + 1) around each of C cells, NaN beyond the table."""
    rows = row[:, None] + np.arange(first, last + 1)
    inside = (rows >= 0) & (rows < len(values))
    within = np.clip(rows, 0, len(values) - 1)
    return np.where(inside, values[within, column[:, None]], np.nan)
