"""Many strategies at once, to a table of figures in which each is one row.

All are measured on one window, from the first session on which every one of them can have traded;
and all are counted as trials, whatever becomes of them.
"""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray
from rotation.blocks import work_through
from rotation.causality import check_history, only_ours
from rotation.checks import check_count, check_flag, kept
from rotation.costs import Costs
from rotation.engine.lots import Lots
from rotation.engine.market import Band
from rotation.engine.switching import MEASURES, Switches
from rotation.errors import ArgumentError
from rotation.evaluation import Block, Evaluation
from rotation.grid import Grid, LatinHypercube
from rotation.hindsight import in_sample
from rotation.layers import Layers, open_history, open_table
from rotation.provenance import Provenance, provenance, read_stamp
from rotation.result import Result
from rotation.selection import Selection, pick
from rotation.strategy import Strategy
from rotation.tables import read_day, read_prices
from rotation.terms import Actions, Borrowing, Dividends, Terms
from rotation.trials import count, data_hash, ledger_at, record

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Sweep", "sweep"]

_MOST = 100_000_000  # strategies whose figures are in memory at once
_CHECKED = 32  # parts of a user's own that are tried for looking ahead


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sweep:
    """What became of many strategies, as :func:`sweep` makes it.

    Parameters
    ----------
    evaluation : what was tried, and on what
    done : (n,) numbers of the strategies that are finished, ascending
    measures : (n, 12) their figures
    switches : of those that hold one layer at a time, once for some that switch alike
    which : (n,) the number of each among the switches; -1 if its figures do not follow from them
    data : content hash of the closes
    ledger : file that counts the trials besides this process, None for none
    """

    evaluation: Evaluation
    done: IntArray
    measures: FloatArray
    switches: Switches
    which: IntArray
    data: str
    ledger: Path | None

    def __len__(self) -> int:
        return len(self.done)

    def __repr__(self) -> str:
        whole = len(self.evaluation.grid)
        some = "" if len(self) == whole else f" of {whole:,}"
        window = f"{self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"
        return f"<Sweep of {len(self):,}{some} strategies, {window}>"

    @property
    def start(self) -> pd.Timestamp:
        """Session from which figures count, on which all, and the benchmark, can have traded."""
        return self.evaluation.prices.sessions[self.evaluation.start]

    @property
    def end(self) -> pd.Timestamp:
        """Last session."""
        return self.evaluation.prices.sessions[-1]

    @property
    def note(self) -> str:
        """What a reader of the figures must know, such as hindsight."""
        return self.evaluation.note

    @property
    def provenance(self) -> Provenance:
        """Where the closes come from; of layers, those of their members."""
        parts = self.evaluation.parts[0]
        return provenance((self.evaluation.prices if parts is None else parts.prices).table)

    @property
    def in_sample(self) -> str:
        """How many returns of the figures were known when the members of layers were picked."""
        parts, prices = self.evaluation.parts[0], self.evaluation.prices
        chosen_on = (read_stamp(prices.stamp) if parts is None else parts).chosen_on
        return in_sample(prices.sessions, self.evaluation.start, chosen_on)

    @property
    def table(self) -> pd.DataFrame:
        """Figures (n, 12), a row a strategy by the values that set it apart, in their order."""
        return self._table(self.measures)

    def _table(self, figures: FloatArray) -> pd.DataFrame:
        index = self.evaluation.grid.index()
        if len(self) < len(index):
            index = index[self.done]
        return pd.DataFrame(figures, index=index, columns=list(MEASURES))

    def window(self, start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.DataFrame:
        """Figures on another window, from the close of ``start`` to that of ``end``, both included.

        A year or month as text is all of it, as in pandas.

        Of strategies that hold one layer at a time they follow from the switches that are known
        already; others are run again.

        Raises
        ------
        ArgumentError
            If the window begins before :attr:`start` or has fewer than two returns.
        """
        sessions, this = self.evaluation.prices.sessions, self.evaluation
        days = read_day("start", start), read_day("end", end)
        first, stop = map(int, sessions.slice_locs(*days))
        if first < this.start or stop - first < 3:
            raise ArgumentError(
                f"window: want two returns or more from {self.start:%Y-%m-%d} on, "
                f"got {start} to {end}"
            )
        return self._table(this.window(self.done, self.switches, self.which, first, stop))

    def plot(
        self, by: str = "sharpe", *, x: str | None = None, y: str | None = None
    ) -> "go.Figure":
        """Heatmap of a figure over two parameters; over the others it is the median.

        Parameters
        ----------
        by : figure, a column of :attr:`table`
        x, y : parameters; None for those with the most values

        Returns
        -------
        plotly Figure

        Raises
        ------
        MissingExtraError
            Without the extra ``report``.
        """
        from rotation.report.heatmap import heatmap

        order = self.evaluation.grid.labels
        return heatmap(self.table, by, x, y, order=order, caution=self.in_sample)

    def result(
        self, values: Mapping[str, object] | tuple[object, ...] | None = None, /, **named: object
    ) -> Result:
        """The whole account of one strategy; its own figures start when it can first trade.

        Parameters
        ----------
        values : by name, as in ``{"signal.days": 126}``, or in the order of the table's index
        **named : likewise, with two underscores for a dot: ``signal__days=126``
        """
        grid = self.evaluation.grid
        if isinstance(values, tuple):
            if len(values) > len(grid.names):
                raise ArgumentError(
                    f"values: want one for each of {', '.join(grid.names)}, got {values!r}"
                )
            values = dict(zip(grid.names, values, strict=False))
        return self.evaluation.result(grid.find(values, **named))

    def best(self, by: str = "sharpe") -> Selection:
        """The strategy with the best figure, and how far so many trials explain it.

        Parameters
        ----------
        by : figure; of ``annual_volatility``, ``kurtosis``, ``annual_turnover``, ``switches`` and
            ``cost`` the least is the best, of all others the most. By ``information_ratio`` it is
            that ratio which is deflated, by any other the Sharpe ratio.

        Raises
        ------
        ArgumentError
            If there is no such figure.
        DataError
            If no strategy has it.
        """
        return pick(
            self.evaluation,
            self.done,
            self.measures,
            by,
            known=count(data=self.data, path=self.ledger),
            note=self.note,
            in_sample=self.in_sample,
        )


def sweep(
    closes: pd.DataFrame | Layers,
    strategy: Strategy | Sequence[Strategy] | Mapping[Any, Strategy],
    grid: Mapping[str, object] | None = None,
    *,
    where: Callable[[pd.DataFrame], Any] | None = None,
    sample: int | LatinHypercube | None = None,
    seed: int = 0,
    costs: Costs = Costs(),
    band: Band | None = None,
    fill: pd.DataFrame | None = None,
    cash_rate: float | pd.Series = 0.0,
    borrowing: Borrowing | None = None,
    actions: Actions | None = None,
    dividends: Dividends = "reinvest",
    lots: Lots | None = None,
    haircut: float = 0.0,
    capital: float = 1.0,
    periods: float = 252,
    start: str | pd.Timestamp | None = None,
    benchmark: Result | pd.Series | None = None,
    block: int = 10_000,
    jobs: int = 1,
    executor: Executor | None = None,
    out: str | os.PathLike[str] | None = None,
    trials: str | os.PathLike[str] | None = None,
    progress: bool = True,
    check: bool = True,
) -> Sweep:
    """Figures of a strategy for every combination of values, or of strategies.

    Parameters
    ----------
    closes : Layers, or a DataFrame (T, L) of total-return closes with a column a layer
    strategy : what the grid varies; or strategies, in a list or by name, and no grid
    grid : values by what they take the place of, as ``"signal.days": range(20, 260, 5)``; a part
        ("signal") or "costs" as well
    where, sample, seed : which of the combinations; see :meth:`rotation.grid.Grid.of`
    costs, band, fill, cash_rate, borrowing : as in :func:`rotation.simulate`
    actions, dividends, lots, haircut, capital, periods : likewise; a signal sees closes adjusted
        for ``actions``
    start : first session of the figures; None for the first on which every strategy, and a Result
        as the benchmark, can have traded
    benchmark : Result or Series of closes to measure against; None for equal parts of all layers,
        restored at month ends with the least lag, that pay ``costs`` whatever the grid has
    block : strategies done, and kept, at a time
    jobs : threads on this machine
    executor : does the blocks instead: any ``concurrent.futures.Executor``, such as a pool of
        processes or ``client.get_executor()`` of a Dask cluster
    out : folder for finished blocks, as Parquet; a second run does only what is missing
    trials : SQLite file that counts the trials of many processes and days; None for the one that
        the environment variable ROTATION_TRIALS names, or for this process alone
    progress : show a bar
    check : first try signals and rules that are not this package's for looking ahead; of more than
        32, so many and with a warning

    Returns
    -------
    Sweep
        What is finished, if it is interrupted (Ctrl-C).

    Raises
    ------
    DataError
        If a table is not sound, or too short for a score and a trade of every strategy.
    ArgumentError
        If an option, a name or value of the grid, or what a part gives back is not what it should
        be.
    LookAheadError
        If a part looks ahead.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Switch, sample
    >>> closes = sample().loc["2000":"2022-12-28", ["NVDA", "MSFT"]]
    >>> base = Strategy(signal=Momentum(days=126), rule=Switch(), schedule=Schedule("M"))
    >>> grid = {"signal.days": [63, 126, 252], "rule.margin": [0.0, 0.02]}
    >>> found = sweep(closes, base, grid, costs=Costs.bps(10), progress=False)
    >>> found.table[["sharpe", "switches"]].round(2).head(2)
                             sharpe  switches
    signal.days rule.margin
    63          0.00           0.54      74.0
                0.02           0.68      58.0
    """
    terms = Terms(
        costs=costs,
        band=band,
        fill=kept(fill),
        cash_rate=kept(cash_rate),
        borrowing=borrowing,
        actions=actions,
        dividends=dividends,
        lots=lots,
        haircut=haircut,
        capital=capital,
        periods=periods,
    )
    check_count("block", block, 1, "strategies")
    for name, flag in (("progress", progress), ("check", check)):
        check_flag(name, flag)
    ledger = ledger_at(trials, "trials")
    tried = _grid(strategy, grid, where, sample, seed)
    table, note, parts = open_table(closes, costs)
    prices = read_prices(table)
    evaluation = Evaluation(
        grid=tried,
        prices=prices,
        history=open_history(closes, prices, terms.total_return(prices)),
        terms=terms,
        parts=tuple(open_table(closes, each)[2] for each in tried.costs) or (parts,),
        note=note,
    )
    if check:
        _check(evaluation)
    evaluation = evaluation.begun(start, benchmark, parts)
    data = data_hash(table)
    source = closes.prices.table if isinstance(closes, Layers) else closes
    first, last = (f"{prices.sessions[n]:%Y-%m-%d}" for n in (evaluation.start, -1))

    def tell(from_: int, to: int) -> None:
        keys, window = tried.keys(from_, to), f"{first}/{last}"
        record(keys, data=data, window=window, path=ledger, closes=source)

    done = work_through(
        evaluation, block, jobs=jobs, executor=executor, out=out, progress=progress, finished=tell
    )
    numbers = sorted(done)
    if not numbers:
        raise KeyboardInterrupt
    whole = Block.joined([done[n] for n in numbers])
    rows = [np.arange(n * block, min((n + 1) * block, len(tried))) for n in numbers]
    found = Sweep(
        evaluation=evaluation,
        done=np.concatenate(rows),
        measures=whole.measures,
        switches=whole.switches,
        which=whole.which,
        data=data,
        ledger=ledger,
    )
    if len(found) < len(tried):
        warnings.warn(
            f"sweep: interrupted; {len(found):,} of {len(tried):,} strategies are finished",
            stacklevel=2,
        )
    return found


def _grid(
    strategy: Strategy | Sequence[Strategy] | Mapping[Any, Strategy],
    grid: Mapping[str, object] | None,
    where: Callable[[pd.DataFrame], Any] | None,
    sample: int | LatinHypercube | None,
    seed: int,
) -> Grid:
    if isinstance(strategy, Strategy) and grid is not None:
        made = Grid.of(strategy, grid, where=where, sample=sample, seed=seed)
        if len(made) > _MOST:
            raise ArgumentError(
                f"grid: want {_MOST:,} strategies or fewer in one sweep, got {len(made):,}; "
                "pass sample= for some of them, or sweep one part of it after another"
            )
        return made
    several = [strategy] if isinstance(strategy, Strategy) else strategy
    if not isinstance(several, (Sequence, Mapping)) or isinstance(several, str):
        raise ArgumentError(f"strategy: want a Strategy, or several, got {strategy!r}")
    for name, got in (("grid", grid), ("where", where), ("sample", sample)):
        if got is not None:
            less = "no grid" if several is not strategy else repr(strategy)
            raise ArgumentError(f"{name}: goes with one strategy and a grid, got {less}")
    return Grid.of_list(several)


def _check(evaluation: Evaluation) -> None:
    """Try every part of a user's own for looking ahead, each in a strategy that has it."""
    grid = evaluation.grid
    foreign = [
        (kind, n)
        for kind, parts in enumerate((grid.signals, grid.rules))
        for n, part in enumerate(parts)
        if not only_ours(part)
    ]
    if not foreign:
        return
    numbers = grid.numbers()
    few = np.unique(np.linspace(0, len(foreign) - 1, _CHECKED).round().astype(int)).tolist()
    for kind, part in (foreign[n] for n in few):
        number = int((numbers[:, kind] == part).argmax())
        check_history(grid.strategy(number), evaluation.history, cuts=8)
    if len(few) < len(foreign):
        warnings.warn(
            f"check: {len(few)} of {len(foreign)} signals and rules that are not this package's "
            "were tried for looking ahead",
            stacklevel=3,
        )
