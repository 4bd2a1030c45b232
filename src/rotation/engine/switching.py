"""One layer at a time: what many strategies earned, from a few numbers for each switch.

A strategy that holds one layer is a list of segments. Over a segment its sums of returns are
differences of prefix sums, and its falls compose: so it costs as much as it switches, no path of
values is made, and any window of the history is a query. The figures are those of the account.

Of strategies that look at the same prices many make the same switches and hold the same layer over
the same sessions. Each distinct switch, and each distinct segment, is reckoned once.

Holdings are columns: layers 0 to L - 1, and L for cash.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.costs import root
from rotation.engine.intervals import Intervals, Sums, Window
from rotation.engine.market import Composition, Rates
from rotation.engine.switches import Switches, follow, once
from rotation.engine.trading import is_trade

__all__ = [
    "MEASURES",
    "Intervals",
    "Sums",
    "Switches",
    "Window",
    "figures",
    "follow",
    "once",
    "switch_price",
]

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

_TOGETHER = 1 << 14  # segments looked at together: what they need stays in a core's cache
_ROOM = 128  # a table of all that could be may be so many times as long as the list of what is


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
    window, cash = intervals.window, intervals.first.shape[1] - 1
    at = intervals.number.take(switches.row)
    held = np.append(switches.held, cash).astype(np.intp)
    first = switches.first
    earlier, before = (
        np.diff(np.append(0, np.cumsum(some, dtype=np.int32))[first])
        for some in (switches.row <= window.start, switches.row < window.stop)
    )
    many = before - earlier
    # Those that switch about as often stand side by side, so that little of a column is idle.
    order = np.argsort(many, kind="stable")
    length = many[order] + 1
    total, depth = np.empty((len(switches), 10)), np.empty(len(switches))
    start = 0
    while start < len(order):
        cells = length[start:] * np.arange(1, len(order) - start + 1)
        stop = start + max(1, int(np.searchsorted(cells, _TOGETHER, side="right")))
        some = order[start:stop]
        # Segment j of each strategy: what it holds, and the interval with which the next begins.
        step = np.arange(length[stop - 1])[:, None]
        place = first[some] + earlier[some] - 1 + np.minimum(step, many[some])
        holding = held.take(np.where(place < first[some], len(at), place))
        cut = at.take(place[1:], mode="clip")
        cut[step[1:] > many[some]] = len(intervals.rows)
        total[some], depth[some] = _total(intervals, cut, holding, price)
        start = stop
    benchmark = window.sums.benchmark[window.start + 1 : window.stop]
    total[:, 7] *= periods / len(benchmark)
    return _measures(total, benchmark, depth, periods)


def _total(
    intervals: Intervals, cut: IntArray, holding: IntArray, price: Price
) -> tuple[FloatArray, FloatArray]:
    """Sums (S, 10) as in :func:`_moves`, and worst falls (S,), of strategies with J segments.

    Parameters
    ----------
    cut : (J - 1, S) intervals with which segments after the first begin, ascending; U for none
    holding : (J, S) what is held over each; what was held last over those that are none
    """
    many, holdings, _ = intervals.last.shape
    code, move = _distinct(
        (cut * holdings + holding[:-1]) * holdings + holding[1:], (many + 1) * holdings**2
    )
    rest, new = np.divmod(code, holdings)
    moves, growth = _moves(intervals, price, *np.divmod(rest, holdings), new)
    edges = np.zeros((len(holding) + 1, holding.shape[1]), dtype=np.intp)
    edges[1:-1], edges[-1] = cut, many
    code, segment = _distinct(
        (edges[:-1] * (many + 1) + edges[1:]) * holdings + holding, (many + 1) ** 2 * holdings
    )
    rest, held = np.divmod(code, holdings)
    begin, end = np.divmod(rest, many + 1)
    total = moves.take(move, axis=0).sum(axis=0)
    total[:, :7] += intervals.between(begin, end, held).take(segment, axis=0).sum(axis=0)
    ranges = intervals.over(begin, end, held).take(segment, axis=0)
    return total, _deepest(ranges, growth.take(move))


def _moves(
    intervals: Intervals, price: Price, cut: IntArray, old: IntArray, new: IntArray
) -> tuple[FloatArray, FloatArray]:
    """What switches bring, each with the interval ``cut``; nothing where that is U.

    Returns
    -------
    (n, 10) the seven sums of the row of the switch; the turnover, whether it is a trade, and the
    log of the share of the value that is kept
    (n,) the log value at which the old holding is left, and the switch's own, less the new one's
    """
    none = cut == len(intervals.rows)
    cut = np.where(none, 0, cut)
    row = intervals.rows[cut]
    kept, turned = price(row, old, new)
    moves = np.empty((len(cut), 10))
    moves[:, :7] = intervals.window.sums.moved(row, old, new, kept).T
    moves[:, 7], moves[:, 8], moves[:, 9] = turned, is_trade(turned), np.log(kept)
    moves[none] = 0.0
    growth = intervals.last[cut - 1, old, 0] - intervals.first[cut, new, 0] + moves[:, 0]
    return moves, growth


def _deepest(ranges: FloatArray, growth: FloatArray) -> FloatArray:
    """Worst fall in log value (S,), from any peak.

    Parameters
    ----------
    ranges : (J, S, 4) of the segments, as in :meth:`Intervals.over`
    growth : (J - 1, S) of the switches between them, as in :func:`_moves`
    """
    base = np.zeros(ranges.shape[:2])  # what must be added to the log value of each holding
    base[1:] = growth
    reach = 1
    while reach < len(base):  # sums, each strategy's own, so that none feels the others' rounding
        base[reach:] += base[:-reach].copy()
        reach *= 2
    peak = ranges[..., 0] - base  # with its sign turned, as in a range
    reach = 1
    while reach < len(peak):
        np.minimum(peak[reach:], peak[:-reach].copy(), out=peak[reach:])
        reach *= 2
    falls = ranges[1:, :, 1] + base[1:] + peak[:-1]
    deepest: FloatArray = np.minimum(ranges[..., 2].min(axis=0), falls.min(axis=0, initial=0.0))
    return deepest


def _distinct(code: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Distinct codes (n,) below ``most``, and which of them each is; all, where that is cheaper."""
    if most > _ROOM * code.size:
        return code.ravel(), np.arange(code.size).reshape(code.shape)
    there = np.zeros(most, dtype=bool)
    there[code] = True
    distinct = np.flatnonzero(there)
    number = np.empty(most, dtype=np.intp)
    number[distinct] = np.arange(len(distinct))
    return distinct, number.take(code)


def _measures(
    total: FloatArray, benchmark: FloatArray, depth: FloatArray, periods: float
) -> FloatArray:
    """The measures (S, 12) of sums (S, 10) over the window of the benchmark's returns (n,)."""
    n, year = len(benchmark), np.sqrt(periods)
    growth, s1, s2, s3, s4, low, off, turnover, switches, kept = total.T
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
        tracking[tracking <= max(1e-13 * np.abs(benchmark).max(), 1e-15)] = 0.0
        table = [
            annual,
            deviation * year,
            mean / deviation * year,
            mean / np.sqrt(low / n) * year,
            deepest,
            annual / np.where(deepest < -1e-12, -deepest, 0.0),
            skew,
            fourth / n / spread**4,
            gap / n / tracking * year,
            turnover,
            switches,
            1.0 - np.exp(kept),
        ]
    found: FloatArray = np.column_stack(table)
    found[np.isinf(found)] = np.nan  # a ratio to no risk is none
    return found


def _left(square: FloatArray, part: FloatArray) -> FloatArray:
    """What is left of a sum of squares; 0 where that is rounding."""
    left = square - part
    left[left <= 1e-13 * square] = 0.0
    return left
