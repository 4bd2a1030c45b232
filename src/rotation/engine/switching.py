"""One layer at a time: what many strategies earned, from a few numbers for each switch.

A strategy that holds one layer is a list of segments. Over a segment its sums of returns are
differences of prefix sums, and its falls compose: so it costs as much as it switches, no path of
values is made, and any window of the history is a query. The figures are those of the account.

Holdings are columns: layers 0 to L - 1, and L for cash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.costs import root
from rotation.engine.market import Composition, Market, Rates

__all__ = ["MEASURES", "Intervals", "Sums", "Switches", "figures", "follow", "switch_price"]

MEASURES = (
    "annual_return",
    "annual_volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "skew",
    "kurtosis",
    "information_ratio",
    "annual_turnover",
    "switches",
    "cost",
)

# From row, holding left and holding entered, (n,) each, to the share of the value that is kept
# and the turnover, (n,) each.
Price = Callable[[IntArray, IntArray, IntArray], tuple[FloatArray, FloatArray]]

_NOTHING = 1e-12  # turnover that is rounding, not a trade
_TOGETHER = 1 << 14  # switches looked at together, so that what they need stays in a core's cache


@dataclass(frozen=True, slots=True)
class Switches:
    """When S strategies switch, and to what.

    Parameters
    ----------
    first : (S + 1,) number of each strategy's first switch, and of all
    row : (n,) strategy by strategy, ascending in each
    held : (n,) holding from then on; cash, L, before the first
    """

    first: IntArray
    row: NDArray[np.integer[Any]]
    held: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.first) - 1

    def part(self, start: int, stop: int) -> Self:
        """Those of the strategies from ``start`` to before ``stop``."""
        some = slice(self.first[start], self.first[stop])
        first = self.first[start : stop + 1] - self.first[start]
        return type(self)(first, self.row[some], self.held[some])

    def take(self, strategies: IntArray) -> Self:
        """Those of some strategies, in their order."""
        lengths = np.diff(self.first)[strategies]
        first = np.append(0, np.cumsum(lengths))
        place = np.repeat(self.first[strategies] - first[:-1], lengths) + np.arange(first[-1])
        return type(self)(first, self.row[place], self.held[place])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of one set of strategies after the other."""
        lengths = np.concatenate([np.diff(each.first) for each in parts])
        return cls(
            np.append(0, np.cumsum(lengths)),
            np.concatenate([each.row for each in parts]),
            np.concatenate([each.held for each in parts]),
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """Returns of each layer and of cash, summed up.

    Parameters
    ----------
    parts : (T, L + 1, 7) log growth, r, r², r³, r⁴, min(r, 0)² and (r - b)², b the
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
        r = growth - 1.0
        square = r * r
        parts = [np.log(growth), r, square, square * r, square * square, np.minimum(r, 0.0) ** 2]
        parts.append((r - benchmark[:, None]) ** 2)
        return cls(np.stack(parts, axis=2), before, after, benchmark)


@dataclass(frozen=True, slots=True)
class Intervals:
    """What each holding did between the rows of a window on which anything may switch.

    Parameters
    ----------
    sums : of the market
    start, stop : the window's returns are those of the rows start + 1 to stop - 1
    number : (T,) of the interval that begins on a row
    first, last : (U, L + 1, 7) sums up to the first and the last row of each interval
    ranges : (D, U, L + 1, 4) log value over 2^d intervals from each on: highest, lowest and worst
        fall, the fourth unused
    depths : (U + 1,) the d of the longest run that a number of intervals has room for
    """

    sums: Sums
    start: int
    stop: int
    number: IntArray
    first: FloatArray
    last: FloatArray
    ranges: FloatArray
    depths: IntArray

    @classmethod
    def of(cls, sums: Sums, rows: IntArray, start: int, stop: int) -> "Intervals":
        """Intervals of a window between ``rows``, ascending; those outside it do not matter."""
        cuts = np.concatenate([[start], rows[(rows > start) & (rows < stop)], [stop]])
        number = np.zeros(len(sums.parts), dtype=np.intp)
        number[cuts[:-1]] = np.arange(len(cuts) - 1)
        # Summed from the window's start on, so that no jump before it costs digits.
        total = np.cumsum(sums.parts[start:stop], axis=0)
        level = total[:, :, 0]
        begin = cuts[:-1] - start
        # The highest so far within each interval, by doublings: a maximum may count a row twice.
        age = np.arange(len(level)) - np.repeat(begin, np.diff(cuts))
        high, reach = level.copy(), 1
        while reach <= age.max(initial=0):
            old = age >= reach
            high[old] = np.maximum(high[old], high[np.flatnonzero(old) - reach])
            reach *= 2
        ranges = np.zeros((int(np.log2(len(begin))) + 1, len(begin), level.shape[1], 4))
        ranges[0, :, :, 0] = np.maximum.reduceat(level, begin)
        ranges[0, :, :, 1] = np.minimum.reduceat(level, begin)
        ranges[0, :, :, 2] = np.minimum.reduceat(level - high, begin)
        for d in range(1, len(ranges)):
            half, whole = 1 << (d - 1), len(begin) + 1 - (1 << d)
            one, two = ranges[d - 1, :whole], ranges[d - 1, half : half + whole]
            ranges[d, :whole] = _joined(one, two, two[..., 1] - one[..., 0])
        first, last = total[begin], total[cuts[1:] - 1 - start]
        depths = np.frexp(np.arange(len(cuts), dtype=np.float64))[1].astype(np.intp) - 1
        return cls(sums, start, stop, number, first, last, ranges, depths)

    def over(
        self, begin: IntArray, end: IntArray, held: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Highest, lowest and worst fall in log value over intervals, (n,) each.

        Parameters
        ----------
        begin, end : (n,) the first interval, and the one after the last
        held : (n,) the holding

        Notes
        -----
        Two runs of 2^d intervals cover any range. They overlap, which does no harm to a highest, a
        lowest or a fall within either; a fall from before the overlap to after it is one between
        two ranges that do not overlap, and those are looked up too.
        """
        one, two = self._runs(begin, end, held)
        rest = end - begin - (1 << self.depths[end - begin])
        apart = np.flatnonzero(rest)
        cross = np.zeros(len(begin))
        if len(apart):
            b, e, h, rest = begin[apart], end[apart], held[apart], rest[apart]
            left, right = self._runs(b, b + rest, h), self._runs(e - rest, e, h)
            highest = np.maximum(left[0][:, 0], left[1][:, 0])
            cross[apart] = np.minimum(right[0][:, 1], right[1][:, 1]) - highest
        whole = _joined(one, two, cross)
        return whole[:, 0], whole[:, 1], whole[:, 2]

    def _runs(
        self, begin: IntArray, end: IntArray, held: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """The two runs (n, 4) that cover a range from its begin and from its end."""
        _, intervals, holdings, _ = self.ranges.shape
        table = self.ranges.reshape(-1, 4)
        depth = self.depths[end - begin]
        base = depth * intervals
        return (
            table.take(
                (base + begin) * holdings + held, axis=0
            ),  # quicker than [], and threads go on
            table.take((base + end - (1 << depth)) * holdings + held, axis=0),
        )


def _joined(one: FloatArray, two: FloatArray, cross: FloatArray) -> FloatArray:
    """Ranges (..., 4) of two after one, ``cross`` the worst fall from one to the other."""
    joined = np.empty_like(one)
    np.maximum(one[..., 0], two[..., 0], out=joined[..., 0])
    np.minimum(one[..., 1:3], two[..., 1:3], out=joined[..., 1:3])
    np.minimum(joined[..., 2], cross, out=joined[..., 2])
    return joined


def follow(held: IntArray, rows: IntArray, close: FloatArray) -> Switches:
    """When strategies switch whose decisions trade on some rows.

    Parameters
    ----------
    held : (K, S) layer wanted, -1 for cash
    rows : (K,) rows that trade, ascending
    close : (T, L) closes, NaN where not listed

    Returns
    -------
    Switches, those that a last close forces among them
    """
    sessions, layers = close.shape
    after = np.where(held < 0, layers, held).astype(np.int16)
    end = np.append(delisted(close), sessions)
    if (end < sessions).any():
        after[rows[:, None] >= end[after]] = layers  # nobody sells it any more
        forced = np.setdiff1d(end[(end < sessions) & (end > rows[0])], rows)
        place = np.searchsorted(rows, forced)
        rows, after = np.insert(rows, place, forced), np.insert(after, place, -1, axis=0)
        for event in np.flatnonzero(np.isin(rows, forced)):
            before = after[event - 1]
            after[event] = np.where(end[before] == rows[event], layers, before)
    path = np.ascontiguousarray(after.T)
    moved = np.empty(path.shape, dtype=bool)
    moved[:, 0] = path[:, 0] != layers
    np.not_equal(path[:, 1:], path[:, :-1], out=moved[:, 1:])
    place = np.flatnonzero(moved)
    first = np.append(0, np.cumsum(moved.sum(axis=1)))
    return Switches(first, rows[place % len(rows)].astype(np.int32), path.ravel()[place])


def switch_price(
    rates: Rates, shape: tuple[int, int], composition: Composition | None = None
) -> Price:
    """What a switch keeps of the value, and its turnover.

    Parameters
    ----------
    rates : of the L layers, or of the members of ``composition``; without impact
    shape : T and L
    composition : what the layers are made of, if a switch pays only for what changes hands
    """
    sessions, layers = shape
    if composition is not None:
        shape = (sessions, composition.assets)
    buy, sell = (np.broadcast_to(rate, shape) for rate in (rates.buy, rates.sell))
    if composition is not None:
        return _Exchange(buy, sell, composition).price

    def price(row: IntArray, old: IntArray, new: IntArray) -> tuple[FloatArray, FloatArray]:
        sells, buys = old < layers, new < layers
        paid = np.where(sells, sell[row, np.minimum(old, layers - 1)], 0.0)
        added = np.where(buys, buy[row, np.minimum(new, layers - 1)], 0.0)
        return (1.0 - paid) / (1.0 + added), sells.astype(np.float64) + buys

    return price


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Prices of switches between layers that share members, each solved once."""

    buy: FloatArray  # (T, A)
    sell: FloatArray  # (T, A)
    composition: Composition

    def price(self, row: IntArray, old: IntArray, new: IntArray) -> tuple[FloatArray, FloatArray]:
        holdings = len(self.composition.weights) + 1
        code, again = np.unique((row * holdings + old) * holdings + new, return_inverse=True)
        rest, target = np.divmod(code, holdings)
        at, source = np.divmod(rest, holdings)
        parts = self.composition.at(at)
        parts = np.concatenate([parts, np.zeros_like(parts[:, :1])], axis=1)  # nothing in cash
        gives, takes = (
            parts[np.arange(len(code)), holding].T.copy() for holding in (source, target)
        )
        kept = root(np.ones(len(code)), gives, takes, self.buy[at].T, self.sell[at].T)
        return kept[again], np.abs(takes - gives).sum(axis=0)[again]


def figures(
    intervals: Intervals, switches: Switches, price: Price, *, periods: float = 252
) -> FloatArray:
    """Figures of many strategies over one window.

    Parameters
    ----------
    intervals : the window; one begins wherever a strategy switches in it
    switches : of S strategies
    price : of a switch
    periods : sessions a year

    Returns
    -------
    (S, 12) the :data:`MEASURES`, as :mod:`rotation.measures` defines them, with a rate of 0; trades
    count after the first row of the window
    """
    found = np.empty((len(switches), len(MEASURES)))
    start = 0
    while start < len(switches):
        goal = switches.first[start] + _TOGETHER
        stop = max(start + 1, int(np.searchsorted(switches.first, goal, side="right")) - 1)
        stop = min(stop, start + _TOGETHER)
        found[start:stop] = _figures(intervals, switches.part(start, stop), price, periods)
        start = stop
    return found


def _figures(intervals: Intervals, switches: Switches, price: Price, periods: float) -> FloatArray:
    sums, holdings = intervals.sums, intervals.sums.parts.shape[1]
    begin, now, own = _segments(intervals, switches)
    end = np.append(begin[1:], 0)
    end[end == 0] = len(intervals.first)
    earned = intervals.last.reshape(-1, 7).take((end - 1) * holdings + now, axis=0)
    earned -= intervals.first.reshape(-1, 7).take(begin * holdings + now, axis=0)
    inner = earned[:, 0].copy()

    switch = np.flatnonzero(begin)
    inside = (switches.row > intervals.start) & (switches.row < intervals.stop)
    row = switches.row[inside].astype(np.intp)
    old, new = now[switch - 1], now[switch]
    kept, turned = price(row, old, new)
    r = sums.before[row, old] * kept * sums.after[row, new] - 1.0
    square = r * r
    enter = np.zeros(len(begin))
    enter[switch] = np.log1p(r)
    low = np.minimum(r, 0.0) ** 2
    more = [
        enter[switch],
        r,
        square,
        square * r,
        square * square,
        low,
        (r - sums.benchmark[row]) ** 2,
    ]
    earned[switch] += np.column_stack(more)
    turnover, keep = np.zeros(len(begin)), np.ones(len(begin))
    turnover[switch], keep[switch] = turned, kept

    depth = _deepest(intervals, begin, end, now, enter, inner, own)
    n = intervals.stop - intervals.start - 1
    return _measures(
        np.add.reduceat(earned, own, axis=0),
        sums.benchmark[intervals.start + 1 : intervals.stop],
        np.minimum.reduceat(depth, own),
        np.add.reduceat(turnover, own) * periods / n,
        np.add.reduceat((turnover > _NOTHING).astype(np.float64), own),
        np.multiply.reduceat(keep, own),
        periods,
    )


def _segments(intervals: Intervals, switches: Switches) -> tuple[IntArray, IntArray, IntArray]:
    """Segments, strategy by strategy.

    Returns
    -------
    number of the interval with which each begins (n,), what it holds (n,), and the number of each
    strategy's first segment (S,), which begins with the window
    """
    row, first = switches.row, switches.first
    cash = intervals.sums.parts.shape[1] - 1
    earlier = np.append(0, np.cumsum(row <= intervals.start))[first]
    before = np.diff(earlier)
    newest = np.append(switches.held, cash)[first[:-1] + before - 1]
    inside = (row > intervals.start) & (row < intervals.stop)
    kept = np.append(0, np.cumsum(inside))[first]
    own = kept[:-1] + np.arange(len(switches))
    begin = np.zeros(kept[-1] + len(switches), dtype=np.intp)
    now = np.empty(len(begin), dtype=np.intp)
    later = np.ones(len(begin), dtype=bool)
    later[own] = False
    begin[later] = intervals.number[row[inside]]
    now[own], now[later] = np.where(before > 0, newest, cash), switches.held[inside]
    return begin, now, own


def _deepest(
    intervals: Intervals,
    begin: IntArray,
    end: IntArray,
    now: IntArray,
    enter: FloatArray,
    inner: FloatArray,
    own: IntArray,
) -> FloatArray:
    """Worst fall in log value (n,) that ends in each segment, from any peak of its strategy.

    ``enter`` and ``inner`` (n,) are the log growth of the row on which a segment begins and of the
    rest. Strategies are rows here, so that none feels the rounding of the one before it.
    """
    holdings = intervals.sums.parts.shape[1]
    top, bottom, fall = intervals.over(begin, end, now)
    lengths = np.diff(own, append=len(begin))
    wide = int(lengths.max()) + 1
    place = np.arange(len(begin)) + np.repeat(np.arange(len(own)) * wide - own, lengths)
    grid = np.zeros((len(own), wide))
    grid.reshape(-1)[place] = enter + inner
    np.cumsum(grid, axis=1, out=grid)
    base = grid.reshape(-1)[place] - inner
    base -= intervals.first.reshape(-1, 7)[begin * holdings + now, 0]
    grid.fill(-np.inf)
    grid.reshape(-1)[place + 1] = top + base
    np.maximum.accumulate(grid, axis=1, out=grid)
    deepest: FloatArray = np.minimum(fall, bottom + base - grid.reshape(-1)[place])
    return deepest


def _measures(
    total: FloatArray,
    benchmark: FloatArray,
    depth: FloatArray,
    turnover: FloatArray,
    switches: FloatArray,
    kept: FloatArray,
    periods: float,
) -> FloatArray:
    """The measures (S, 12) of sums (S, 7) over the window of the benchmark's returns (n,)."""
    n, year = len(benchmark), np.sqrt(periods)
    growth, s1, s2, s3, s4, low, off = total.T
    mean = s1 / n
    square = _left(s2, n * mean * mean)
    with np.errstate(all="ignore"):
        deviation = np.sqrt(square / (n - 1))
        annual = np.expm1(growth * (periods / n))
        deepest = np.expm1(np.minimum(depth, 0.0))
        spread = np.sqrt(square / n)
        skew = (s3 - 3 * mean * s2 + 2 * n * mean**3) / n / spread**3
        fourth = s4 - 4 * mean * s3 + 6 * mean**2 * s2 - 3 * n * mean**4
        gap = s1 - benchmark.sum()
        tracking = np.sqrt(_left(off, gap * gap / n) / (n - 1))
        tracking[tracking < 1e-13 * np.abs(benchmark).max()] = 0.0
        table = [
            annual,
            deviation * year,
            mean / deviation * year,
            mean / np.sqrt(low / n) * year,
            deepest,
            annual / -deepest,
            skew,
            fourth / n / spread**4,
            gap / n / tracking * year,
            turnover,
            switches,
            1.0 - kept,
        ]
    found: FloatArray = np.column_stack(table)
    found[np.isinf(found)] = np.nan  # a ratio to no risk is none
    return found


def _left(square: FloatArray, part: FloatArray) -> FloatArray:
    """What is left of a sum of squares; 0 where that is rounding."""
    left = square - part
    left[left <= 1e-13 * square] = 0.0
    return left
