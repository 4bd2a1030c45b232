"""Figures of many strategies on one window: each signal scored once, each decision made once.

A block of strategies gives the same whoever works on it, and whatever was worked on before.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd

from rotation import measures
from rotation.arrays import BoolArray, FloatArray, IntArray, delisted
from rotation.backtesting import moves
from rotation.causality import only_ours
from rotation.deciding import Wanted, decide, score, want
from rotation.engine.account import Account, run
from rotation.engine.market import Market
from rotation.engine.switching import (
    MEASURES,
    Intervals,
    Price,
    Sums,
    Switches,
    figures,
    follow,
    switch_price,
)
from rotation.errors import ArgumentError, DataError
from rotation.grid import Grid
from rotation.protocols import History
from rotation.result import Result, benchmark_returns
from rotation.settlement import refuse_unpayable, settle_up
from rotation.simulation import hold
from rotation.tables import Prices, read_day
from rotation.terms import Parts, Terms

__all__ = ["Block", "Evaluation"]

_TOGETHER = 512  # strategies decided at once
_CELLS = 1 << 21  # sessions times strategies of weights whose values are kept at once
_KEPT = 1 << 28  # bytes of scores that are kept for the next block

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What became of some strategies.

    Parameters
    ----------
    measures : (n, 12) as named by :data:`rotation.engine.switching.MEASURES`
    switches : of those that hold one layer at a time; none of the others
    single : (n,) whether the figures follow from the switches alone
    """

    measures: FloatArray
    switches: Switches
    single: BoolArray

    @classmethod
    def joined(cls, blocks: Sequence[Self]) -> Self:
        """One block after the other."""
        return cls(
            np.concatenate([each.measures for each in blocks]),
            Switches.joined([each.switches for each in blocks]),
            np.concatenate([each.single for each in blocks]),
        )


class _Memory:
    """What was made before, the oldest forgotten first; it does not travel."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[Any, Any] = OrderedDict()
        self._size = 0

    def __reduce__(self) -> tuple[type["_Memory"], tuple[()]]:
        return _Memory, ()

    def get(self, key: object, make: Callable[[], _Made], size: int = 0) -> _Made:
        """What is kept under a key of so many bytes, made if it is not there."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key][0]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            if key not in self._made:
                self._made[key] = made, size
                self._size += size
            while self._size > _KEPT:
                self._size -= self._made.popitem(last=False)[1][1]
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A grid of strategies, the history they are tried on, and the terms.

    Parameters
    ----------
    grid : what is tried
    prices : closes that are held
    history : what strategies are shown
    terms : of all; costs are those of the grid if it has any
    parts : what the columns are made of, for each of the costs
    note : for the readers of results
    start : row from which figures count
    benchmark : (T,) returns to measure against
    """

    grid: Grid
    prices: Prices
    history: History
    terms: Terms
    parts: tuple[Parts | None, ...]
    note: str
    start: int = 0
    benchmark: FloatArray = field(default_factory=lambda: np.empty(0))
    _memory: _Memory = field(default_factory=_Memory, repr=False)

    def block(self, start: int, stop: int) -> Block:
        """Strategies from number ``start`` to before ``stop``."""
        numbers = self.grid.numbers(start, stop)
        found = np.empty((len(numbers), len(MEASURES)))
        single = np.zeros(len(numbers), dtype=bool)
        places, switches = [], []
        for place, schedule, signals, rules, again in _groups(numbers):
            rows, wanted = self._wanted(schedule, signals, rules)
            costs = numbers[place, 3]
            for columns, each in wanted:
                mine = np.flatnonzero(np.isin(again, columns))
                column = np.searchsorted(columns, again[mine])
                here = place[mine]
                if each.held is not None and self._plain:
                    made = follow(each.held, rows, self.prices.close)
                    events = self._events(schedule)
                    for number in np.unique(costs[mine]).tolist():
                        some = costs[mine] == number
                        table = self.measure(made, events, number, self.start)
                        found[here[some]] = table[column[some]]
                    single[here] = True
                    places.append(here)
                    switches.append(made.take(column))
                elif each.held is not None or self.terms.lots is not None:
                    for n in here.tolist():
                        found[n] = self._alone(start + n)
                else:
                    weights = np.asarray(each.weights)
                    for number in np.unique(costs[mine]).tolist():
                        some = costs[mine] == number
                        table = self._through_account(weights, rows, schedule, number)
                        found[here[some]] = table[column[some]]
        return Block(found, _in_place(len(numbers), places, switches, self.prices), single)

    def measure(
        self, switches: Switches, rows: IntArray, costs: int, start: int, stop: int | None = None
    ) -> FloatArray:
        """Figures (S, 12) of strategies that switch on some of ``rows``, over a window.

        Parameters
        ----------
        switches : of S strategies
        rows : ascending
        costs : number of the costs
        start, stop : the window's returns are those of the rows start + 1 to stop - 1; None to the
            end
        """
        last = len(self.prices.close) if stop is None else stop
        key = "intervals", start, last, rows.tobytes()
        intervals = self._memory.get(key, lambda: Intervals.of(self._sums(), rows, start, last))
        return figures(intervals, switches, self._price(costs), periods=self.terms.periods)

    def result(self, number: int) -> Result:
        """The whole account of one strategy."""
        strategy, costs = (
            self.grid.strategy(number),
            int(self.grid.numbers(number, number + 1)[0, 3]),
        )
        decided = decide(strategy, self.history)
        first = int((~np.isnan(decided.scores)).any(axis=1).argmax())
        wanted = moves(decided, first, self.history.names)
        return settle_up(
            self.prices,
            wanted,
            strategy.schedule.lag,
            self._terms(costs),
            note=self.note,
            parts=self.parts[costs],
        )

    def window(
        self, numbers: IntArray, switches: Switches, single: BoolArray, start: int, stop: int
    ) -> FloatArray:
        """Figures (n, 12) of strategies that were done before, on another window.

        Parameters
        ----------
        numbers : (n,) of the strategies
        switches, single : what became of them
        start, stop : the window's returns are those of the rows start + 1 to stop - 1
        """
        found = np.empty((len(numbers), len(MEASURES)))
        events = np.unique(np.concatenate([self._events(n) for n in self._schedules()]))
        costs = self.grid.numbers()[numbers, 3]
        for number in np.unique(costs[single]).tolist():
            mine = np.flatnonzero(single & (costs == number))
            found[mine] = self.measure(switches.take(mine), events, number, start, stop)
        for place in np.flatnonzero(~single).tolist():
            account = self.result(int(numbers[place])).account
            found[place] = self._figures(account, start, stop)[0]
        return found

    def begun(self, start: str | pd.Timestamp | None, benchmark: Result | pd.Series | None) -> Self:
        """The same from the first row on which every strategy can have traded, with a benchmark.

        Parameters
        ----------
        start : a later session to begin with
        benchmark : None for equal parts of all layers

        Raises
        ------
        ArgumentError
            If not every strategy can have traded by then.
        """
        first, sessions = self._first_row(), self.prices.sessions
        row = first if start is None else int(sessions.slice_locs(read_day("start", start))[0])
        if row < first or row + 2 >= len(sessions):
            raise ArgumentError(
                f"start: want a session from {sessions[first]:%Y-%m-%d}, on which every strategy "
                f"can have traded, to {sessions[-3]:%Y-%m-%d}, got {start}"
            )
        close = np.zeros(len(sessions))
        if benchmark is None:
            lag = self.grid.schedules[0].lag
            every = np.ones(self.prices.close.shape[1], dtype=bool)
            held = hold(
                self.prices,
                every,
                row - lag,
                lag,
                replace(self.terms, lots=None),
                name="equal parts",
                parts=self.parts[0],
            )
            close = held.account.value[:, 0]
            returns = close[row + 1 :] / close[row:-1] - 1.0
        elif isinstance(benchmark, (Result, pd.Series)):
            series = benchmark.value if isinstance(benchmark, Result) else benchmark
            returns = benchmark_returns(series, sessions[row:])
        else:
            raise ArgumentError(
                f"benchmark: want a Result or a Series of closes, got {benchmark!r}"
            )
        whole = np.concatenate([np.zeros(row + 1), returns])
        return replace(self, start=row, benchmark=whole, _memory=_Memory())

    def _schedules(self) -> range:
        return range(len(self.grid.schedules))

    def _first_row(self) -> int:
        """First row on which every strategy can have traded.

        Raises
        ------
        DataError
            If there is none: for one strategy at least, the closes are too short.
        """
        latest = 0
        for start in range(0, len(self.grid), 1 << 17):
            numbers = self.grid.numbers(start, start + (1 << 17))
            pairs = np.unique(numbers[:, 0] * len(self.grid.schedules) + numbers[:, 2])
            for pair in pairs.tolist():
                signal, schedule = divmod(pair, len(self.grid.schedules))
                rows = self._rows(schedule)
                scored = self._scored(signal)[rows]
                lag = self.grid.schedules[schedule].lag
                traded = rows[scored][:1] + lag
                if not len(traded) or traded[0] + 2 >= len(self.prices.close):
                    raise DataError(
                        "closes: too short; want a decision for which "
                        f"{self.grid.signals[signal]!r} gives a score and three sessions after it, "
                        f"got {len(self.prices.close)} sessions"
                    )
                latest = max(latest, int(traded[0]))
        return latest

    def _terms(self, costs: int) -> Terms:
        if not self.grid.costs:
            return self.terms
        return replace(self.terms, costs=self.grid.costs[costs])

    @property
    def _plain(self) -> bool:
        """Whether switches alone say what a strategy that holds one layer has earned."""
        terms = self.terms
        costs = self.grid.costs or (terms.costs,)
        odd = (terms.band, terms.lots, *(each.impact for each in costs))
        if any(each is not None for each in odd) or self._market().dividend is not None:
            return False
        # A forced sale is made at a close though others may trade at another price on its row.
        ends = (delisted(self.prices.close) < len(self.prices.close)).any()
        return terms.fill is None or not (ends or terms.actions is not None)

    def _market(self, schedule: int = 0) -> Market:
        def make() -> Market:
            lag = self.grid.schedules[schedule].lag
            return self.terms.market(self.prices, self._rows(schedule) + lag, lag)

        return self._memory.get(("market", schedule), make)

    def _sums(self) -> Sums:
        return self._memory.get("sums", lambda: Sums.of(self._market(), self.benchmark))

    def _price(self, costs: int) -> Price:
        parts, terms = self.parts[costs], self._terms(costs)

        def make() -> Price:
            rates = terms.rates(self.prices if parts is None else parts.prices)
            made = None if parts is None else parts.composition
            return switch_price(rates, self.prices.close.shape, made)

        return self._memory.get(("price", costs), make)

    def _rows(self, schedule: int) -> IntArray:
        """Rows that decide, and that trade before the last session is over."""

        def make() -> IntArray:
            timing = self.grid.schedules[schedule]
            rows = timing.rows(self.prices.sessions)
            return rows[rows + timing.lag < len(self.prices.close)]

        return self._memory.get(("rows", schedule), make)

    def _events(self, schedule: int) -> IntArray:
        """Rows on which a strategy with this schedule may switch."""
        rows = self._rows(schedule) + self.grid.schedules[schedule].lag
        end = delisted(self.prices.close)
        return np.union1d(rows, end[end < len(self.prices.close)])

    def _scores(self, signal: int) -> FloatArray:
        close = self.history.close
        return self._memory.get(
            ("scores", signal), lambda: score(self.grid.signals[signal], self.history), close.nbytes
        )

    def _scored(self, signal: int) -> BoolArray:
        """Whether any layer has a score (T,)."""

        def make() -> BoolArray:
            return np.asarray((~np.isnan(self._scores(signal))).any(axis=1))

        return self._memory.get(("scored", signal), make)

    def _wanted(
        self, schedule: int, signals: IntArray, rules: IntArray
    ) -> tuple[IntArray, list[tuple[IntArray, Wanted]]]:
        """Rows that trade, and what the strategies with these signals and rules (C,) want.

        What is wanted comes for some columns at a time, ascending.
        """
        rows, timing = self._rows(schedule), self.grid.schedules[schedule]
        distinct, which = np.unique(signals, return_inverse=True)
        scores = np.stack([self._scores(n)[rows] for n in distinct.tolist()], axis=1)
        first = np.array([self._scored(n)[rows].argmax() for n in distinct.tolist()])[which]
        before = int(first.max())  # decisions among which some have no score yet
        silent = np.arange(before)[:, None] < first
        history = self.history.deciding(rows)
        found = []
        for columns in _alike([self.grid.rules[n] for n in rules.tolist()], timing.tranches):
            here = scores[:, which[columns]]
            each = [self.grid.rules[n] for n in rules[columns].tolist()]
            many = getattr(each[0], "decide_each", None)
            if many is not None and timing.tranches == 1:
                made = Wanted(many(each, here), None, ())
            else:
                made = want(each[0], here, timing, history)
                if not only_ours(each[0]):
                    for s in {0, len(columns) // 2, len(columns) - 1}:
                        alone = want(each[0], here[:, s : s + 1], timing, history)
                        _check_batch(each[0], made, alone, s)
            if made.held is not None:
                made.held[:before][silent[:, columns]] = -1
            else:
                np.asarray(made.weights)[:before][silent[:, columns]] = 0.0
            found.append((columns, made))
        return rows + timing.lag, found

    def _through_account(
        self, weights: FloatArray, rows: IntArray, schedule: int, costs: int
    ) -> FloatArray:
        """Figures (S, 12) of weights (K, S, L) that trade on ``rows`` (K,)."""
        terms, parts = self._terms(costs), self.parts[costs]
        rates = terms.rates(self.prices if parts is None else parts.prices)
        refuse_unpayable(self.prices, rows, weights, rates)
        step = max(1, _CELLS // len(self.prices.close))
        found = []
        for start in range(0, weights.shape[1], step):
            account = run(
                self._market(schedule),
                rows,
                np.ascontiguousarray(weights[:, start : start + step]),
                rates=rates,
                band=terms.band,
                composition=None if parts is None else parts.composition,
                capital=terms.capital,
            )
            found.append(self._figures(account))
        whole: FloatArray = np.concatenate(found)
        return whole

    def _alone(self, number: int) -> FloatArray:
        alone: FloatArray = self._figures(self.result(number).account)[0]
        return alone

    def _figures(
        self, account: Account, start: int | None = None, stop: int | None = None
    ) -> FloatArray:
        """Figures (S, 12) of accounts over a window, by their values."""
        begin = self.start if start is None else start
        end = len(account.value) if stop is None else stop
        value = account.value[begin:end]
        later = (account.rows > begin) & (account.rows < end)
        growth = np.divide(value[1:], value[:-1], out=np.ones_like(value[1:]), where=value[:-1] > 0)
        returns, periods = growth - 1.0, self.terms.periods
        benchmark = self.benchmark[begin + 1 : end]
        before, after = account.before[later], account.after[later]
        kept = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        found = measures.figures(returns, periods=periods) | {
            "information_ratio": measures.information_ratio(returns, benchmark, periods=periods),
            "annual_turnover": account.turnover[later].sum(axis=0) * periods / len(returns),
            "switches": (account.turnover[later] > 1e-12).sum(axis=0),
            "cost": 1.0 - kept.prod(axis=0),
        }
        table: FloatArray = np.column_stack([found[name] for name in MEASURES])
        return table


def _groups(
    numbers: IntArray,
) -> list[tuple[IntArray, int, IntArray, IntArray, IntArray]]:
    """Strategies (n, 4) that are decided together.

    Returns
    -------
    of each group the places among all (m,), the schedule, distinct pairs of signals and rules (C,)
    each, and which of them each place has (m,)
    """
    found = []
    for schedule in np.unique(numbers[:, 2]).tolist():
        here = np.flatnonzero(numbers[:, 2] == schedule)
        rules = int(numbers[here, 1].max()) + 1
        codes, again = np.unique(numbers[here, 0] * rules + numbers[here, 1], return_inverse=True)
        for start in range(0, len(codes), _TOGETHER):
            some = codes[start : start + _TOGETHER]
            mine = np.flatnonzero((again >= start) & (again < start + _TOGETHER))
            signals, kinds = np.divmod(some, rules)
            found.append((here[mine], schedule, signals, kinds, again[mine] - start))
    return found


def _alike(rules: list[Any], tranches: int) -> list[IntArray]:
    """Columns (C,) whose rules can decide together: equal ones, or of a kind that says it can."""
    groups: dict[object, list[int]] = {}
    for column, rule in enumerate(rules):
        together = hasattr(rule, "decide_each") and tranches == 1
        groups.setdefault(type(rule) if together else id(rule), []).append(column)
    return [np.array(columns) for columns in groups.values()]


def _check_batch(rule: object, many: Wanted, one: Wanted, s: int) -> None:
    """Refuse a user's rule that wants something else of a strategy when others are beside it."""
    for all_of_them, alone in ((many.held, one.held), (many.weights, one.weights)):
        if all_of_them is None:
            continue
        if not np.array_equal(all_of_them[:, s : s + 1], np.asarray(alone)):
            raise ArgumentError(
                f"rule: {rule!r} decides otherwise when scores (K, S, L) hold more than one "
                "strategy; want each column of S decided as if alone"
            )


def _in_place(
    many: int, places: list[IntArray], switches: list[Switches], prices: Prices
) -> Switches:
    """Switches of all strategies of a block in their order, in the smallest of integers."""
    sessions, layers = prices.close.shape
    rest = np.setdiff1d(np.arange(many), np.concatenate([*places, np.empty(0, dtype=np.intp)]))
    none = Switches(np.zeros(len(rest) + 1, dtype=np.intp), np.empty(0, int), np.empty(0, int))
    order = np.argsort(np.concatenate([*places, rest]), kind="stable")
    whole = Switches.joined([*switches, none]).take(order)
    row, held = (
        each.astype(np.min_scalar_type(most))
        for each, most in ((whole.row, sessions), (whole.held, layers))
    )
    return Switches(whole.first, row, held)
