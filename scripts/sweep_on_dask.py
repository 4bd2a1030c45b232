"""Sweep the demonstration's rule on a Dask cluster, and say what the best of it is worth.

``--scheduler tcp://host:8786`` names a cluster that runs already; without it two processes on this
machine make one, to try it. A second run with the same ``--out`` does only what is missing.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from distributed import Client, LocalCluster

import rotation as rt
from rotation.thesis.shovels import SHOVELS_AND_APPLICATIONS, demonstration_closes

COSTS = rt.Costs.bps(10)
BASE = rt.Strategy(signal=rt.Momentum(days=126), rule=rt.Switch(), schedule=rt.Schedule("M"))
GRID = {
    "schedule.offset": range(20),
    "signal.days": range(20, 270),
    "rule.margin": [0.0, 0.01, 0.02, 0.05, 0.1],
    "rule.confirm": [1, 2],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how long it took and the best strategy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scheduler", help="address of the cluster's scheduler")
    parser.add_argument("--out", help="folder for finished blocks")
    parser.add_argument("--trials", help="SQLite file that counts the trials")
    parser.add_argument("--sample", type=int, help="strategies drawn from the grid; all, if not")
    options = parser.parse_args(arguments)

    layers = rt.build_layers(demonstration_closes(), SHOVELS_AND_APPLICATIONS, costs=COSTS)
    with ExitStack() as stack:
        where = options.scheduler or stack.enter_context(_two_processes())
        # Blocks come straight from the workers, not by way of the scheduler.
        client = stack.enter_context(
            Client(where, direct_to_workers=True)  # type: ignore[no-untyped-call]
        )
        # Figures are the same to the last bit only where numpy is.
        client.get_versions(check=True)
        began = time.perf_counter()
        found = rt.sweep(
            layers,
            BASE,
            GRID,
            sample=options.sample,
            costs=COSTS,
            block=2_000,
            executor=client.get_executor(),
            out=options.out,
            trials=options.trials,
        )
        seconds = time.perf_counter() - began
    print(f"{found!r} in {seconds:.1f} s")
    print(found.best("information_ratio"))
    return 0


def _two_processes() -> LocalCluster:
    # Dask makes workers give memory back at once, and numpy then asks for it again all the time.
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"):
        os.environ.setdefault(name, str(1 << 28))
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    )


if __name__ == "__main__":
    sys.exit(main())
