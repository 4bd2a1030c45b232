"""Sweeps of switching rules against vectorbt's two engines, by strategies, sessions and layers.

Ours goes from closes to the table of twelve measures: signals, decisions, account, figures. The
peers are spared the first two: they are posed the switches that we decided, and give value, total
return, Sharpe ratio and max drawdown. They do some of the strategies, in blocks of about a million
closes, which is where they are fastest here; their time for all is that many times as much.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

import grids
import rotation as rt
from calibration import Pace
from peers import Answer, join, vectorbt_answer
from rotation import evaluation, measures, sweeping
from rotation.engine import switching
from rotation.grid import Grid

RATE = grids.COSTS.buy
BLOCK = 1_000_000  # closes that a peer is given at once
MANY = 1_000_000  # strategies that are swept once, not in rounds

Race = Callable[..., dict[str, Any]]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

# Whose time is whose; what they call counts for them unless it is in the list too.
PHASES = [
    ("numbers and names", Grid, ("of", "numbers", "index")),
    ("signals", evaluation, ("score",)),
    ("decisions", evaluation.Evaluation, ("_wanted",)),
    ("switches", evaluation, ("once", "follow")),
    ("switches", switching.Switches, ("take", "joined")),
    ("sums of returns", evaluation, ("figures",)),
    ("drawdowns", switching, ("_deepest",)),
    ("prefix sums and ranges", switching.Sums, ("of",)),
    ("prefix sums and ranges", switching.Window, ("of",)),
    ("prefix sums and ranges", switching.Intervals, ("of",)),
    ("counting of trials", sweeping, ("record",)),
    ("counting of trials", Grid, ("keys",)),
]


class Clock:
    """Seconds by phase; a phase within another stops the other's clock."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running = ["rest"]
        self._since = perf_counter()

    def _turn(self) -> None:
        now = perf_counter()
        phase = self._running[-1]
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._turn()
        self._running.append(name)
        yield
        self._turn()
        self._running.pop()

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def run(*args: Any, **options: Any) -> Any:
            with self.phase(name):
                return work(*args, **options)

        return run


def profile(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of each phase in one run."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        for name, owner, functions in PHASES:
            for function in functions:
                plain = vars(owner)[function]
                bound = isinstance(plain, classmethod)
                timed = clock.timed(name, plain.__func__ if bound else plain)
                patch.setattr(owner, function, classmethod(timed) if bound else timed)
        with clock.phase("rest"):
            work()
    return clock.seconds


def moved(found: rt.Sweep) -> dict[str, float]:
    """Bytes that each phase must read or write at least, the way it goes about it.

    A signal reads the closes and writes its scores. A decision reads the scores of its row and is
    a byte that is written and read. A switch is three bytes (row and layer) that are written and
    read, and ten numbers that are added up; a segment is seven, and three more of its drawdown, to
    which a switch adds one. A measure is written.
    """
    grid, close = found.evaluation.grid, found.evaluation.history.close
    rows = [len(schedule.rows(found.evaluation.prices.sessions)) for schedule in grid.schedules]
    strategies, switches = len(found), int(np.diff(found.switches.first)[found.which].sum())
    segments = strategies + switches
    decisions = sum(rows) * strategies / len(rows)
    return {
        "signals": 2 * close.nbytes * len(grid.signals),
        "decisions": 8 * sum(rows) * close.shape[1] * len(grid.signals) + 2 * decisions,
        "switches": 2 * 3 * switches,
        "sums of returns": 8 * (7 * segments + 10 * switches) + found.measures.nbytes,
        "drawdowns": 8 * (3 * segments + switches),
    }


def posed(found: rt.Sweep, numbers: IntArray) -> tuple[IntArray, FloatArray]:
    """Rows (K,) and targets (K, S, L) of some strategies' switches, NaN where one has none."""
    switches = found.switches.take(found.which[numbers])
    rows = np.unique(switches.row).astype(np.intp)
    layers = found.evaluation.prices.close.shape[1]
    targets = np.full((len(rows), len(numbers), layers), np.nan)
    one_hot = np.eye(layers + 1)[switches.held, :layers]  # all zeros is cash
    strategy = np.repeat(np.arange(len(numbers)), np.diff(switches.first))
    targets[np.searchsorted(rows, switches.row), strategy] = one_hot
    return rows, targets


def some_of(found: rt.Sweep, blocks: int) -> tuple[IntArray, int]:
    """Numbers of strategies all over the grid, and how many of them are a block for the peers."""
    size = min(max(1, BLOCK // found.evaluation.prices.close.size), len(found))
    many = min(blocks * size, len(found))
    return np.linspace(0, len(found) - 1, many).round().astype(np.intp), size


def check(found: rt.Sweep, numbers: IntArray, answer: Answer) -> None:
    """Hold some strategies of a sweep against a peer's answer: the table, and the whole paths."""
    table = found.table.iloc[numbers]
    value = answer.value[found.evaluation.start :]
    returns = value[1:] / value[:-1] - 1
    peak = np.maximum.accumulate(value, axis=0)
    figures = {
        "annual_return": (value[-1] / value[0]) ** (252 / len(returns)) - 1,
        "annual_volatility": returns.std(axis=0, ddof=1) * np.sqrt(252),
        "sharpe": returns.mean(axis=0) / returns.std(axis=0, ddof=1) * np.sqrt(252),
        "max_drawdown": (value / peak).min(axis=0) - 1,
    }
    for name, figure in figures.items():
        np.testing.assert_allclose(table[name], figure, rtol=1e-10, atol=1e-10, err_msg=name)
    for place in range(0, len(numbers), max(1, len(numbers) // 10)):
        path = found.evaluation.result(int(numbers[place])).value.to_numpy()
        whole = np.diff(path, prepend=1.0) / np.append(1.0, path[:-1])
        np.testing.assert_allclose(answer.value[:, place], path, rtol=1e-12)
        np.testing.assert_allclose(1 + answer.total_return[place], path[-1], rtol=1e-12)
        for figure, ours in [
            (answer.sharpe[place], measures.sharpe(whole)),
            (answer.max_drawdown[place], measures.max_drawdown(whole)),
        ]:
            np.testing.assert_allclose(figure, ours, rtol=1e-10)


def run(
    race: Race,
    close: pd.DataFrame,
    axes: dict[str, object],
    *,
    rounds: int,
    blocks: int,
    **options: Any,
) -> rt.Sweep:
    """Race a sweep against vectorbt and check the answers."""
    found, _ = grids.swept(close, axes, **options)
    numbers, size = some_of(found, blocks)
    rows, targets = posed(found, numbers)

    def peer(engine: str) -> Callable[[], Answer]:
        return lambda: join(
            [
                vectorbt_answer(close, rows, targets[:, first : first + size], RATE, engine)
                for first in range(0, len(numbers), size)
            ]
        )

    share = len(numbers) / len(found)
    answers = race(
        lambda: grids.swept(close, axes, **options),
        rounds=rounds,
        shares={"vectorbt_numba": share, "vectorbt_rust": share},
        vectorbt_numba=peer("numba"),
        vectorbt_rust=peer("rust"),
    )
    again, table = answers["rotation"]
    np.testing.assert_array_equal(table.to_numpy(), found.measures)
    for engine in ("vectorbt_numba", "vectorbt_rust"):
        check(again, numbers, answers[engine])
    return again


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Compile numba and load everything before any clock starts."""
    close = grids.closes(300, 2)
    found, _ = grids.swept(close, grids.grid(2, 2))
    rows, targets = posed(found, np.arange(4))
    for engine in ("numba", "rust"):
        vectorbt_answer(close, rows, targets, RATE, engine)


@pytest.mark.benchmark(group="a sweep of monthly switching rules, closes to twelve measures")
@pytest.mark.parametrize(
    ("strategies", "sessions", "layers", "threads"),
    [
        (100, 5_000, 2, 1),
        (10_000, 1_250, 2, 1),
        (10_000, 5_000, 2, 1),
        (10_000, 15_000, 2, 1),
        (100, 5_000, 10, 1),
        (10_000, 5_000, 10, 1),
        (10_000, 15_000, 10, 1),
        (MANY, 5_000, 2, 1),
        (MANY, 5_000, 2, 2),
    ],
)
def test_sweep(
    race: Race,
    benchmark: BenchmarkFixture,
    kernel: Callable[[], Pace],
    strategies: int,
    sessions: int,
    layers: int,
    threads: int,
) -> None:
    """All sizes. With timing off a hundred strategies do, and the peers do one block."""
    timed, many = benchmark.enabled, strategies == MANY
    close = grids.closes(sessions, layers)
    axes = grids.monthly(strategies if timed else 100)
    rounds = 1 if many else 15 if strategies * sessions < 20_000_000 else 7
    found = run(race, close, axes, rounds=rounds, blocks=2 if timed else 1, jobs=threads)
    if strategies == 10_000 and sessions == 5_000:
        runs = [profile(lambda: grids.swept(close, axes)) for _ in range(3)]
        seconds = min(runs, key=lambda each: sum(each.values()))
        assert seconds.keys() == {"rest", *(name for name, _, _ in PHASES)}
        assert moved(found).keys() <= seconds.keys()
        if timed:
            copying = {name: size / kernel().bandwidth for name, size in moved(found).items()}
            benchmark.extra_info["profile"] = {
                name: {"seconds": seconds[name], "copy": copying.get(name)}
                for name in sorted(seconds, key=seconds.__getitem__, reverse=True)
            }
    if many:
        size = [str(each) for each in (len(found), sessions, layers, threads)]
        program = Path(__file__).with_name("grids.py")
        child = [sys.executable, str(program), *size]
        done = subprocess.run(child, capture_output=True, text=True, check=True)
        memory = json.loads(done.stdout)
        assert memory["before"] <= memory["peak"] < 1 << 30
        benchmark.extra_info["memory"] = memory


@pytest.mark.benchmark(group="a sweep by how often it decides")
@pytest.mark.parametrize("every", ["M", "W", "D"])
def test_decisions(race: Race, benchmark: BenchmarkFixture, every: str) -> None:
    """Ten thousand strategies that may switch monthly, weekly, daily."""
    close = grids.closes(5_000, 2)
    timed = benchmark.enabled
    axes = grids.grid(100, 100) if timed else grids.grid(10, 10)
    found = run(race, close, axes, rounds=7, blocks=2 if timed else 1, every=every)
    (schedule,) = found.evaluation.grid.schedules
    benchmark.extra_info["axes"] = {
        "strategies": len(found),
        "sessions": len(close),
        "layers": close.shape[1],
        "decisions": len(schedule.rows(close.index)),
    }
