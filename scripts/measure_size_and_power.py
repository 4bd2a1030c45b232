"""Measure how often rotation is found where there is none, and where there is.

    python scripts/measure_size_and_power.py --worlds 400

Each row of the table it prints is so many worlds of one recipe, each tried with one rule that was
fixed beforehand and with the best of a small grid. Found is what has a probability above 0.95. No
costs are paid, so that in a null world the true return over equal parts is zero and not below.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

import rotation as rt
from rotation.arrays import FloatArray
from rotation.data.synthetic import (
    Clusters,
    Echo,
    Leadership,
    Recipe,
    Worlds,
    draw_worlds,
    null_of,
)
from rotation.measures import kurtosis, skew
from rotation.selection import Selection
from rotation.trials import LEDGER_VARIABLE
from rotation.validation import probabilistic_sharpe

LEVEL = 0.95
YEAR = 252
DAYS = (21, 42, 63, 126, 189, 252)
LEAST = 2 * max(DAYS)  # sessions, so that some are left to measure on
MARGINS = (0.0, 0.02, 0.05, 0.1)
FIXED = rt.Strategy(
    signal=rt.Momentum(days=126), rule=rt.Switch(margin=0.02), schedule=rt.Schedule("M")
)
COLUMNS = (
    "one, plain",
    "best, plain",
    "best, deflated",
    "best, effective",
    "one, Sharpe",
    "best, Sharpe deflated",
)


def cases(sessions: int = 2520) -> dict[str, Recipe]:
    """The recipes by name: null worlds first."""
    plain = Recipe(sessions=sessions, leadership=Leadership(edge=0.2, duration=126))
    wild = replace(plain, degrees=5.0, clusters=Clusters())
    found = {
        "null, normal": null_of(plain),
        "null, tails and clusters": null_of(wild),
        "null, a better layer": null_of(replace(wild, drift=(0.1, 0.0))),
    }
    for edge in (0.1, 0.2, 0.4, 0.8):
        for duration in (63.0, 252.0):
            leads = Leadership(edge=edge, duration=duration)
            found[f"edge {edge:g}, {duration:g} sessions"] = replace(wild, leadership=leads)
    name = "edge 0.2, 252 sessions"
    found[f"{name}, 2.5 times as long"] = replace(found[name], sessions=sessions * 5 // 2)
    echo = Echo("shovels", "applications", sessions=1, share=0.2)
    found["echo of 0.2 after a session"] = replace(wild, leadership=None, echoes=(echo,))
    return found


def rates(worlds: Worlds) -> dict[str, float]:
    """Share of the worlds in which something is found, by column."""
    marks = [verdicts(world.closes) for world in worlds]
    return {name: float(np.mean([mark[name] > LEVEL for mark in marks])) for name in COLUMNS}


def verdicts(closes: pd.DataFrame) -> dict[str, float]:
    """Probability by column that a true ratio is above 0, on closes not tried before.

    ``one`` is the fixed rule and ``best`` that of the grid; the ratio is that of returns over equal
    parts (information ratio) or of returns (Sharpe). ``plain`` takes no account of how many were
    tried, ``deflated`` of all of them and ``effective`` of what they amount to.
    """
    start = closes.index[max(DAYS) + 31]  # a month's end and a session past the longest look-back
    alone = rt.sweep(closes, FIXED, start=start, progress=False)
    one = {by: alone.best(by) for by in ("information_ratio", "sharpe")}
    grid = {"signal.days": DAYS, "rule.margin": MARGINS}
    swept = rt.sweep(closes, FIXED, grid, start=start, progress=False)
    best = {by: swept.best(by) for by in ("information_ratio", "sharpe")}
    benchmark = swept.evaluation.benchmark[swept.evaluation.start + 1 :]
    return dict(
        zip(
            COLUMNS,
            (
                one["information_ratio"].deflated_sharpe,  # the first trial on these closes
                _plain(best["information_ratio"], benchmark),
                best["information_ratio"].deflated_sharpe,
                best["information_ratio"].deflated_sharpe_effective,
                one["sharpe"].deflated_sharpe,
                best["sharpe"].deflated_sharpe,
            ),
            strict=True,
        )
    )


def _plain(best: Selection, benchmark: FloatArray) -> float:
    """Probability of the best as if it were the only one."""
    active = best.result.returns.to_numpy()[-len(benchmark) :] - benchmark
    ratio = best.figures["information_ratio"] / np.sqrt(YEAR)
    return float(
        probabilistic_sharpe(ratio, len(active), skew=skew(active), kurtosis=kurtosis(active))
    )


def table(measured: Mapping[str, Mapping[str, float]]) -> str:
    """The rates in Markdown, per cent."""
    rows = [("worlds", *COLUMNS), ("---",) * (1 + len(COLUMNS))]
    rows += [
        (name, *(f"{100 * each[column]:.1f}" for column in COLUMNS))
        for name, each in measured.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=400, help="of each recipe")
    parser.add_argument("--sessions", type=int, default=2520, help="of each world")
    parser.add_argument("--seed", type=int, default=6)
    chosen = parser.parse_args(arguments)
    if chosen.worlds < 1 or chosen.sessions < LEAST or chosen.seed < 0:
        parser.error(f"want 1 world or more, {LEAST} sessions or more and a seed of 0 or more")
    began, measured = time.perf_counter(), {}
    ledger = os.environ.pop(LEDGER_VARIABLE, None)  # made-up closes are no trials of the user's
    try:
        for name, recipe in cases(chosen.sessions).items():
            measured[name] = rates(draw_worlds(recipe, chosen.worlds, chosen.seed))
    finally:
        if ledger is not None:
            os.environ[LEDGER_VARIABLE] = ledger
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / chosen.worlds)
    print(table(measured))
    print(
        f"\nPer cent of {chosen.worlds} worlds of {chosen.sessions} sessions each, seed "
        f"{chosen.seed}; one standard error at 5 is {error:.1f}. "
        f"{time.perf_counter() - began:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
