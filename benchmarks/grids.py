"""Switching rules of any number, and the closes they are swept on: what bench_sweep times.

    python benchmarks/grids.py 1000000 5000 2 1

As a program it sweeps so many rules over so many sessions and layers in so many threads, in a
process that did nothing else, and prints the bytes of memory that it had at its most: after its
imports, and in the end.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import rotation as rt
from world import world

COSTS = rt.Costs.bps(10)
_VALUES = {  # of days, margins and offsets
    100: (10, 5, 2),
    1_000: (20, 10, 5),
    10_000: (50, 20, 10),
    1_000_000: (250, 200, 20),
}


def grid(days: int, margins: int, offsets: int = 1) -> dict[str, object]:
    """So many values for each, over the same range however many they are."""
    return {
        "signal.days": np.linspace(5, 254, days).round().astype(int).tolist(),
        "rule.margin": np.linspace(0.0, 0.1, margins).tolist(),
        "schedule.offset": list(range(offsets)),
    }


def monthly(strategies: int) -> dict[str, object]:
    """A grid of 100 strategies, or ten, a hundred or ten thousand times as many."""
    return grid(*_VALUES[strategies])


def closes(sessions: int, layers: int) -> pd.DataFrame:
    """Random walks, the same each time."""
    return world(sessions, assets=layers).closes


def swept(
    close: pd.DataFrame, axes: dict[str, object], *, every: str = "M", jobs: int = 1
) -> tuple[rt.Sweep, pd.DataFrame]:
    """Closes to a table of twelve measures: each strategy holds the layer that rose most."""
    base = rt.Strategy(signal=rt.Momentum(126), rule=rt.Switch(), schedule=rt.Schedule(every))
    found = rt.sweep(close, base, axes, costs=COSTS, jobs=jobs, progress=False)
    return found, found.table


def peak() -> int:
    """Bytes of memory that this program had at its most.

    On Linux ``ru_maxrss`` is no less than what the process that started it had, so the kernel's
    own mark is read instead, which begins with the program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(marks["VmHWM"].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    STRATEGIES, SESSIONS, LAYERS, JOBS = map(int, sys.argv[1:])
    swept(closes(SESSIONS, LAYERS), monthly(100))  # loads all that loads late
    BEFORE = peak()
    swept(closes(SESSIONS, LAYERS), monthly(STRATEGIES), jobs=JOBS)
    print(json.dumps({"before": BEFORE, "peak": peak()}))
