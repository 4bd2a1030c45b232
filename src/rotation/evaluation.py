"""Figures of many strategies on one window: each signal scored once, each decision made once.

A block of strategies gives the same whoever works on it, and whatever was worked on before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np
import pandas as pd

from rotation import measures
from rotation.arrays import BoolArray, FloatArray, IntArray, delisted
from rotation.backtesting import moves
from rotation.batching import Batch, batches, decide_together
from rotation.deciding import Wanted, decide, score
from rotation.engine.account import Account, run
from rotation.engine.market import Market
from rotation.engine.switching import (
    MEASURES,
    Intervals,
    Price,
    Sums,
    Switches,
    Window,
    figures,
    follow,
    once,
    switch_price,
)
from rotation.engine.trading import trading
from rotation.errors import ArgumentError, DataError
from rotation.grid import Grid
from rotation.memory import Memory
from rotation.protocols import History
from rotation.result import Result, benchmark_returns
from rotation.settlement import refuse_unfit, refuse_unpayable, settle_up
from rotation.simulation import hold
from rotation.tables import Prices, read_day
from rotation.terms import Parts, Terms

__all__ = ["Block", "Evaluation"]

_CELLS = 1 << 21  # sessions times strategies of weights whose values are kept at once
_AT_ONCE = 1 << 15  # strategies whose figures on another window are taken together
_KEPT = 1 << 28  # bytes of scores, and of sums, that are kept for the next block


def _bytes(made: Window | Intervals) -> int:
    return made.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What became of some strategies.

    Parameters
    ----------
    measures : (n, 12) as named by :data:`rotation.engine.switching.MEASURES`
    switches : of those that hold one layer at a time, once for some that switch alike
    which : (n,) the number of each among the switches; -1 if its figures do not follow from them
    """

    measures: FloatArray
    switches: Switches
    which: IntArray

    @classmethod
    def joined(cls, blocks: Sequence[Self]) -> Self:
        """One block after the other."""
        before = np.cumsum([0] + [len(each.switches) for each in blocks[:-1]]).tolist()
        which = [
            np.where(each.which < 0, -1, each.which + n)
            for each, n in zip(blocks, before, strict=True)
        ]
        return cls(
            np.concatenate([each.measures for each in blocks]),
            Switches.joined([each.switches for each in blocks]),
            np.concatenate(which),
        )


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
    _memory: Memory = field(default_factory=lambda: Memory(_KEPT), repr=False)
    _sums_memory: Memory = field(default_factory=lambda: Memory(_KEPT), repr=False)

    def block(self, start: int, stop: int) -> Block:
        """Strategies from number ``start`` to before ``stop``."""
        numbers = self.grid.numbers(start, stop)
        return self._tried(np.arange(start, start + len(numbers)), numbers, self.start)

    def _tried(
        self, each: IntArray, numbers: IntArray, start: int, stop: int | None = None
    ) -> Block:
        """Strategies ``each`` (n,) with the ``numbers`` (n, 4) of their parts, on a window."""
        found = np.empty((len(numbers), len(MEASURES)))
        path, switches, total = np.full(len(numbers), -1), [Switches.none()], 0
        layers = self.prices.close.shape[1]
        for batch in batches(numbers, lambda schedule: len(self._rows(schedule)) * layers):
            rows, wanted = self._wanted(batch)
            column = np.empty(len(batch.signals), dtype=np.intp)
            for columns, some in wanted:
                column.fill(-1)
                column[columns] = np.arange(len(columns))
                mine = np.flatnonzero(column[batch.column] >= 0)
                here, which = batch.place[mine], column[batch.column[mine]]
                if some.held is not None and self._plain:
                    held, again = once(some.held)
                    made, which = follow(held, rows, self.prices.close), again[which]
                    events = self._events(batch.schedule)
                    measured = partial(self.measure, made, events, start=start, stop=stop)
                    switches.append(made)
                    path[here] = total + which
                    total += len(made)
                elif some.held is not None or self.terms.lots is not None:
                    for n in here.tolist():
                        account = self.result(int(each[n])).account
                        found[n] = self._figures(account, start, stop)[0]
                    continue
                else:
                    measured = partial(
                        self._through_account,
                        np.asarray(some.weights),
                        rows,
                        batch.schedule,
                        start=start,
                        stop=stop,
                    )
                for number in np.unique(numbers[here, 3]).tolist():
                    alike = numbers[here, 3] == number
                    found[here[alike]] = measured(number)[which[alike]]
        return Block(found, Switches.joined(switches), path)

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
        span = start, last
        kept = self._sums_memory.get
        window = kept(("window", span), lambda: Window.of(self._sums(), *span), _bytes)
        key = "intervals", span, rows.tobytes()
        intervals = kept(key, lambda: Intervals.of(window, rows), _bytes)
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
        self, numbers: IntArray, switches: Switches, which: IntArray, start: int, stop: int
    ) -> FloatArray:
        """Figures (n, 12) of strategies that were done before, on another window.

        Parameters
        ----------
        numbers : (n,) of the strategies
        switches, which : what became of them, as in :class:`Block`
        start, stop : the window's returns are those of the rows start + 1 to stop - 1
        """
        found = np.empty((len(numbers), len(MEASURES)))
        events = np.unique(np.concatenate([self._events(n) for n in self._schedules()]))
        parts = self.grid.numbers()[numbers]
        for number in np.unique(parts[which >= 0, 3]).tolist():
            mine = np.flatnonzero((which >= 0) & (parts[:, 3] == number))
            distinct, again = np.unique(which[mine], return_inverse=True)
            figures = [
                self.measure(switches.take(some), events, number, start, stop)
                for some in np.array_split(distinct, -(-len(distinct) // _AT_ONCE))
            ]
            found[mine] = np.concatenate(figures).take(again, axis=0)
        rest = which < 0
        found[rest] = self._tried(numbers[rest], parts[rest], start, stop).measures
        return found

    def begun(
        self,
        start: str | pd.Timestamp | None,
        benchmark: Result | pd.Series | None,
        parts: Parts | None,
    ) -> Self:
        """The same with a benchmark, from the first row on which it and all can have traded.

        Parameters
        ----------
        start : a later session to begin with
        benchmark : None for equal parts of all layers
        parts : what the columns are made of, for the costs of the terms

        Raises
        ------
        ArgumentError
            If not every strategy can have traded by then, or the terms do not go with one.
        DataError
            If the closes are too short for that.
        """
        for costs, made_of in enumerate(self.parts):
            for lag in {each.lag for each in self.grid.schedules}:
                refuse_unfit(self._terms(costs), made_of, lag)
        first, sessions = self._first_row(), self.prices.sessions
        every = "every strategy"
        if isinstance(benchmark, Result) and benchmark.start > sessions[first]:
            first, every = int(sessions.searchsorted(benchmark.start)), f"{every} and the benchmark"
            if first + 2 >= len(sessions):
                raise DataError(
                    "benchmark: want one that can have traded two sessions before the last, "
                    f"{sessions[-1]:%Y-%m-%d}, got a Result that begins on "
                    f"{benchmark.start:%Y-%m-%d}"
                )
        row = first if start is None else int(sessions.slice_locs(read_day("start", start))[0])
        if row < first or row + 2 >= len(sessions):
            raise ArgumentError(
                f"start: want a session from {sessions[first]:%Y-%m-%d}, on which {every} "
                f"can have traded, to {sessions[-3]:%Y-%m-%d}, got {start}"
            )
        close = np.zeros(len(sessions))
        if benchmark is None:
            lag = min(each.lag for each in self.grid.schedules)
            layers = np.ones(self.prices.close.shape[1], dtype=bool)
            held = hold(
                self.prices,
                layers,
                row - lag,
                lag,
                replace(self.terms, lots=None),
                name="equal parts",
                parts=parts,
            )
            close = held.account.value[:, 0]
            returns = close[row + 1 :] / close[row:-1] - 1.0
        elif isinstance(benchmark, (Result, pd.Series)):
            series = benchmark.value if isinstance(benchmark, Result) else benchmark
            returns = benchmark_returns(series, sessions[row:])
        else:
            got = type(benchmark).__name__
            raise ArgumentError(f"benchmark: want a Result or a Series of closes, got {got}")
        whole = np.concatenate([np.zeros(row + 1), returns])
        return replace(self, start=row, benchmark=whole, _sums_memory=Memory(_KEPT))

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
            for schedule in np.unique(numbers[:, 2]).tolist():
                signals = np.unique(numbers[numbers[:, 2] == schedule, 0])
                rows, lag = self._rows(schedule), self.grid.schedules[schedule].lag
                first = self._first(schedule, signals)
                traded = np.append(rows, len(self.prices.close))[first] + lag
                if traded.max() + 2 >= len(self.prices.close):
                    signal = self.grid.signals[signals[traded.argmax()]]
                    raise DataError(
                        f"closes: too short; want a decision for which {signal!r} gives a score, "
                        f"and two sessions after its trade by {self.grid.schedules[schedule]!r}, "
                        f"got {len(self.prices.close)} sessions"
                    )
                latest = max(latest, int(traded.max()))
        return latest

    def _first(self, schedule: int, signals: IntArray) -> IntArray:
        """First decision for which each signal (D,) scores any layer; K if there is none."""
        rows = self._rows(schedule)
        scored = np.ones((len(signals), len(rows) + 1), dtype=bool)
        for each, signal in zip(scored, signals.tolist(), strict=True):
            each[:-1] = self._scored(signal).take(rows)
        first: IntArray = scored.argmax(axis=1)
        return first

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
            return self.terms.market(self.prices, self._rows(schedule) + lag)

        return self._memory.get(("market", schedule), make)

    def _sums(self) -> Sums:
        return self._sums_memory.get("sums", lambda: Sums.of(self._market(), self.benchmark))

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
            silent = np.isnan(self._scores(signal).T, order="C")  # rows of it are quick to join
            return np.asarray(~silent.all(axis=0))

        return self._memory.get(("scored", signal), make)

    def _wanted(self, batch: Batch) -> tuple[IntArray, list[tuple[IntArray, Wanted]]]:
        """Rows that trade, and what the pairs of a batch want, for some columns at a time."""
        rows, schedule = self._rows(batch.schedule), self.grid.schedules[batch.schedule]
        signals, signal = np.unique(batch.signals, return_inverse=True)
        rules, rule = np.unique(batch.rules, return_inverse=True)
        scores = np.stack([self._scores(n).take(rows, axis=0) for n in signals.tolist()])
        wanted = decide_together(
            [self.grid.rules[n] for n in rules.tolist()],
            scores.transpose(1, 0, 2),
            rule,
            signal,
            schedule,
            self.history.deciding(rows),
        )
        for columns, made in wanted:
            if not made.rules:  # our own, which hold nothing before there is a score
                continue
            first = self._first(batch.schedule, signals)[signal[columns]]
            silent = np.arange(len(rows))[:, None] < first
            if made.held is not None:
                made.held[silent] = -1
            else:
                np.asarray(made.weights)[silent] = 0.0
        return rows + schedule.lag, wanted

    def _through_account(
        self,
        weights: FloatArray,
        rows: IntArray,
        schedule: int,
        costs: int,
        start: int,
        stop: int | None,
    ) -> FloatArray:
        """Figures (S, 12) over a window of weights (K, S, L) that trade on ``rows`` (K,)."""
        terms, parts = self._terms(costs), self.parts[costs]
        rates = terms.rates(self.prices if parts is None else parts.prices)
        lag = self.grid.schedules[schedule].lag
        refuse_unpayable(self.prices, rows - lag, weights, rates)
        step = max(1, _CELLS // len(self.prices.close))
        found = []
        for first in range(0, weights.shape[1], step):
            account = run(
                self._market(schedule),
                rows,
                np.ascontiguousarray(weights[:, first : first + step]),
                rates=rates,
                band=terms.band,
                composition=None if parts is None else parts.composition,
                capital=terms.capital,
            )
            found.append(self._figures(account, start, stop))
        whole: FloatArray = np.concatenate(found)
        return whole

    def _figures(self, account: Account, start: int, stop: int | None) -> FloatArray:
        """Figures (S, 12) of accounts over a window, by their values."""
        end = len(account.value) if stop is None else stop
        value = account.value[start:end]
        growth = np.divide(value[1:], value[:-1], out=np.ones_like(value[1:]), where=value[:-1] > 0)
        returns, periods = growth - 1.0, self.terms.periods
        benchmark = self.benchmark[start + 1 : end]
        ratio = measures.information_ratio(returns, benchmark, periods=periods)
        found = measures.figures(returns, periods=periods) | {"information_ratio": ratio}
        found |= trading(account, start, end, periods=periods)
        table: FloatArray = np.column_stack([found[name] for name in MEASURES])
        return table
