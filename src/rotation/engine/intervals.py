"""What each holding did in a window between the rows on which anything may switch.

Any run of intervals is answered from tables, whatever its length: its sums of returns as a
difference, its falls from two ranges.

Holdings are columns: layers 0 to L - 1, and L for cash.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.engine.market import Market

__all__ = ["Intervals", "Sums", "Window"]

_NONE = (np.inf, np.inf, 0.0, 0.0)  # the range of no session at all


@dataclass(frozen=True, slots=True)
class Sums:
    """Returns of each layer and of cash, to be summed up.

    Parameters
    ----------
    parts : (7, L + 1, T) log growth, r, r², r³, r⁴, min(r, 0)² and (r - b)², b the
        benchmark's return
    before : (T, L + 1) growth from the close before to the price of a trade
    after : (T, L + 1) growth from the price of a trade to the close
    benchmark : (T,) returns of the benchmark
    """

    parts: FloatArray
    before: FloatArray
    after: FloatArray
    benchmark: FloatArray

    @classmethod
    def of(cls, market: Market, benchmark: FloatArray) -> "Sums":
        """Sums of a market without dividends, in which nothing is owed.

        If trades have prices of their own, no layer may be delisted: a forced sale is made at a
        close, though others may trade on its row.
        """
        price = np.column_stack([market.close, market.cash])
        trade = np.column_stack([market.fill, market.cash])
        growth, before = np.ones_like(price), np.ones_like(price)
        np.divide(price[1:], price[:-1], out=growth[1:])
        np.divide(trade[1:], price[:-1], out=before[1:])
        after = price / trade
        for each in (growth, before, after):
            np.nan_to_num(each, copy=False, nan=1.0)  # what is not listed is never held
        return cls(_moments(growth.T - 1.0, np.log(growth.T), benchmark), before, after, benchmark)

    def moved(self, row: IntArray, old: IntArray, new: IntArray, kept: FloatArray) -> FloatArray:
        """The seven parts (7, n) of a row on which a switch keeps a share of the value."""
        r = self.before[row, old] * kept * self.after[row, new] - 1.0
        return _moments(r, np.log1p(r), self.benchmark[row])


def _moments(r: FloatArray, growth: FloatArray, benchmark: FloatArray) -> FloatArray:
    square = r * r
    low, off = np.minimum(r, 0.0) ** 2, (r - benchmark) ** 2
    return np.stack([growth, r, square, square * r, square * square, low, off])


@dataclass(frozen=True, slots=True)
class Window:
    """Sums from the first row of a window on, so that no jump before it costs digits.

    Parameters
    ----------
    sums : of the market
    start, stop : the window's returns are those of the rows start + 1 to stop - 1
    total : (7, L + 1, T') sums up to each row of the window, 0 on its first
    lost : (7, L + 1, T') what rounding took from them: with it the difference of two sums has its
        digits, whatever else was summed up before
    """

    sums: Sums
    start: int
    stop: int
    total: FloatArray
    lost: FloatArray

    @classmethod
    def of(cls, sums: Sums, start: int, stop: int) -> "Window":
        """The rows from ``start`` to before ``stop``."""
        part = sums.parts[:, :, start:stop].copy()
        part[:, :, 0] = 0.0
        total = np.cumsum(part, axis=2)
        # What each addition rounded away (Knuth 1969, TwoSum).
        before, after, added = total[:, :, :-1], total[:, :, 1:], part[:, :, 1:]
        gained = after - before
        part[:, :, 1:] = (before - (after - gained)) + (added - gained)
        return cls(sums, start, stop, total, np.cumsum(part, axis=2, out=part))

    @property
    def nbytes(self) -> int:
        """Of the tables."""
        return self.total.nbytes + self.lost.nbytes


@dataclass(frozen=True, slots=True)
class Intervals:
    """What each holding did between the rows of a window on which anything may switch.

    Parameters
    ----------
    window : with its sums
    rows : (U,) on which the intervals begin
    number : (T,) of the interval that begins on a row
    first, last : (U, L + 1, 14) sums up to the first and the last row of each interval, and what
        rounding took from them
    ranges : (D + 1, 2, U, L + 1, 4) as in :meth:`over`
    """

    window: Window
    rows: IntArray
    number: IntArray
    first: FloatArray
    last: FloatArray
    ranges: FloatArray

    @classmethod
    def of(cls, window: Window, rows: IntArray) -> "Intervals":
        """Intervals of a window between ``rows``, ascending; those outside it do not matter."""
        start, stop = window.start, window.stop
        begin = np.append(start, rows[(rows > start) & (rows < stop)])
        number = np.zeros(window.sums.parts.shape[2], dtype=np.intp)
        number[begin] = np.arange(len(begin))
        first, last = (
            np.concatenate(
                [table.take(each - start, axis=2) for table in (window.total, window.lost)]
            )
            .transpose(2, 1, 0)
            .copy()
            for each in (begin, np.append(begin[1:], stop) - 1)
        )
        return cls(window, begin, number, first, last, _ranges(window.total[0], begin - start))

    @property
    def nbytes(self) -> int:
        """Of the tables."""
        return self.first.nbytes + self.last.nbytes + self.ranges.nbytes

    def between(self, begin: IntArray, end: IntArray, held: IntArray) -> FloatArray:
        """Sums (n, 7) over intervals but for the first row, parameters as in :meth:`over`."""
        many, holdings, parts = self.first.shape
        none, begin = begin == end, np.minimum(begin, many - 1)
        sums: FloatArray = self.last.reshape(-1, parts).take((end - 1) * holdings + held, axis=0)
        sums -= self.first.reshape(-1, parts).take(begin * holdings + held, axis=0)
        whole: FloatArray = sums[:, :7] + sums[:, 7:]
        whole[none] = 0.0
        return whole

    def over(self, begin: IntArray, end: IntArray, held: IntArray) -> FloatArray:
        """Log value over intervals (n, 4): less the highest, lowest, worst fall, and nothing.

        Parameters
        ----------
        begin, end : (n,) the first interval, and the one after the last; none if they are equal
        held : (n,) the holding

        Notes
        -----
        The first and the last interval differ in the bits of their numbers from some bit d - 1
        on. There a multiple of 2^(d - 1) lies between them, and ``ranges[d]`` has the range from
        each interval to the next such multiple, and to each from the one before it. Those two are
        the whole, and do not overlap. The highest stands there with its sign turned, so that all
        three of the whole are minima, and rows of four numbers are quicker to find than of three.
        """
        _, _, many, holdings, _ = self.ranges.shape
        none, begin, last = begin == end, np.minimum(begin, many - 1), np.maximum(end - 1, 0)
        depth = np.frexp((begin ^ last).astype(np.float64))[1].astype(np.intp)
        left, right = (
            self.ranges.reshape(-1, 4).take(
                ((2 * depth + side) * many + interval) * holdings + held, axis=0
            )
            for side, interval in ((0, begin), (1, last))
        )
        whole = _joined(left, right)
        whole[none] = _NONE
        return whole


def _ranges(level: FloatArray, begin: IntArray) -> FloatArray:
    """The ranges of :class:`Intervals`, of log values (L + 1, T') and where each begins (U,)."""
    # The highest so far within each interval, by doublings: a maximum may count a row twice.
    age = np.arange(level.shape[1]) - np.repeat(begin, np.diff(begin, append=level.shape[1]))
    high, reach, oldest = level.copy(), 1, age.max()
    while reach <= oldest:
        earlier = np.where(age[reach:] >= reach, high[:, :-reach], -np.inf)
        np.maximum(high[:, reach:], earlier, out=high[:, reach:])
        reach *= 2
    many, holdings, depths = len(begin), len(level), int(len(begin) - 1).bit_length()
    both = np.empty((2, 1 << depths, holdings, 4))
    both[:] = _NONE
    both[:, :many, :, 0] = -np.maximum.reduceat(level, begin, axis=1).T
    both[:, :many, :, 1] = np.minimum.reduceat(level, begin, axis=1).T
    both[:, :many, :, 2] = np.minimum.reduceat(level - high, begin, axis=1).T
    ranges = np.empty((depths + 1, 2, many, holdings, 4))
    ranges[0, 0], ranges[0, 1] = both[0, :many], _NONE
    flat = both.reshape(-1, holdings, 4)
    for depth in range(1, depths + 1):
        ranges[depth] = both[:, :many]
        # To the next middle but one: what lies before a middle goes on to the end of what lies
        # after it, and what lies after it begins with all that lies before.
        early, late = np.arange(1 << depths).reshape(-1, 2, 1 << (depth - 1)).transpose(1, 0, 2)
        middle = np.repeat(late[:, 0], late.shape[1])
        left, right = early.ravel(), (1 << depths) + late.ravel()
        one = np.concatenate([left, (1 << depths) + middle - 1])
        two = np.concatenate([middle, right])
        flat[np.concatenate([left, right])] = _joined(
            flat.take(one, axis=0), flat.take(two, axis=0)
        )
    return ranges


def _joined(one: FloatArray, two: FloatArray) -> FloatArray:
    """Ranges (..., 4) of ``two`` after ``one``."""
    joined = np.minimum(one, two)
    np.minimum(joined[..., 2], one[..., 0] + two[..., 1], out=joined[..., 2])
    return joined
