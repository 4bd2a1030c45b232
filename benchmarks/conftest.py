"""The race: ours and its peers turn by turn in one run, so that a ratio means something."""

from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Work = Callable[[], Any]


@pytest.fixture
def race(benchmark: BenchmarkFixture) -> Callable[..., dict[str, Any]]:
    """``race(ours, rounds=5, warm=False, shares=None, **peers)`` times all, gives their answers.

    Every peer runs before each round of ours, so that whatever else the machine does meets all of
    them; if ``warm``, each also runs once untimed right before it is timed.
    ``extra_info["peers"]`` keeps each peer's median seconds and their ratio to ours; of a peer in
    ``shares``, which does but that share of the work, the seconds for all of it. With timing off
    there is one turn, for the answers.
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

        def turn() -> None:
            for name, peer in peers.items():
                if warm:
                    peer()
                start = perf_counter()
                answers[name] = peer()
                seconds[name].append(perf_counter() - start)
            if warm:
                ours()

        answers["rotation"] = benchmark.pedantic(ours, setup=turn, rounds=rounds)
        if benchmark.stats is not None:
            ours_took = benchmark.stats.stats.median
            took = {
                name: median(taken) / (shares or {}).get(name, 1.0)
                for name, taken in seconds.items()
            }
            benchmark.extra_info["peers"] = {
                name: {"seconds": whole, "ratio": whole / ours_took} for name, whole in took.items()
            }
        return answers

    return run


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Say what ran, beside the machine that ran it."""
    names = ("rotation", "numpy", "pandas", "vectorbt", "vectorbt-rust", "bt")
    machine_info["packages"] = {name: version(name) for name in names}
