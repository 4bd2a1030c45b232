"""The race: ours and its peers turn by turn in one run, so that a ratio means something."""

from collections.abc import Callable, Iterator
from importlib.metadata import version
from math import sqrt
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from calibration import Kernel, Pace

Work = Callable[[], Any]


@pytest.fixture(scope="session")
def kernel() -> Iterator[Callable[[], Pace]]:
    """Measure the machine's pace; what that takes is made when it is first asked for."""
    made: list[Kernel] = []

    def pace() -> Pace:
        if not made:
            made.append(Kernel())
        return made[0]()

    yield pace
    made.clear()


@pytest.fixture
def race(benchmark: BenchmarkFixture, kernel: Callable[[], Pace]) -> Callable[..., dict[str, Any]]:
    """``race(ours, rounds=5, warm=False, shares=None, **peers)`` times all, gives their answers.

    Every peer runs before each round of ours, so that whatever else the machine does meets all of
    them; if ``warm``, each also runs once untimed right before it is timed.
    ``extra_info["peers"]`` keeps each peer's median seconds and their ratio to ours; of a peer in
    ``shares``, which does but that share of the work, the seconds for all of it.
    ``extra_info["units"]`` is our time in units of the yardstick (see `calibration`), which is
    taken right before and after each round; ``extra_info["calibration"]`` is its median pace. With
    timing off there is one turn, for the answers.
    """

    def run(
        ours: Work,
        *,
        rounds: int = 5,
        warm: bool = False,
        shares: dict[str, float] | None = None,
        **peers: Work,
    ) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        seconds: dict[str, list[float]] = {name: [] for name in peers}
        before: list[Pace] = []
        after: list[Pace] = []

        def turn() -> None:
            for name, peer in peers.items():
                if warm:
                    peer()
                start = perf_counter()
                answers[name] = peer()
                seconds[name].append(perf_counter() - start)
            if benchmark.enabled:
                before.append(kernel())
            if warm:
                ours()

        answers["rotation"] = benchmark.pedantic(
            ours, setup=turn, teardown=lambda: after.append(kernel()), rounds=rounds
        )
        if benchmark.stats is not None:
            stats = benchmark.stats.stats
            took = {
                name: median(taken) / (shares or {}).get(name, 1.0)
                for name, taken in seconds.items()
            }
            benchmark.extra_info["peers"] = {
                name: {"seconds": whole, "ratio": whole / stats.median}
                for name, whole in took.items()
            }
            benchmark.extra_info["units"] = median(
                each / sqrt(one.unit * two.unit)
                for each, one, two in zip(stats.data, before, after, strict=True)
            )
            paces = before + after
            benchmark.extra_info["calibration"] = {
                "copy": median(pace.copy for pace in paces),
                "product": median(pace.product for pace in paces),
            }
        return answers

    return run


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Say what ran, beside the machine that ran it."""
    names = ("rotation", "numpy", "pandas", "vectorbt", "vectorbt-rust", "bt")
    machine_info["packages"] = {name: version(name) for name in names}
