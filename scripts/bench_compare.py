"""Hold a run of the benchmarks against the last stored one, or store it.

    python scripts/bench_compare.py build/bench.json
    python scripts/bench_compare.py build/bench.json --keep

Times are in units of a yardstick that was timed in the same run (benchmarks/calibration.py), so
runs on different machines compare; pytest-benchmark's own comparison is one of seconds, on one
kind of machine. The exit status is 1 if a benchmark takes a quarter more of them than when it was
last stored in benchmarks/history.csv, and 2 if the input is bad.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bench_table import against, clock, digits, size, units

HISTORY = Path(__file__).parents[1] / "benchmarks" / "history.csv"
LOSS = 0.25
STEADY = 1.3  # how far the yardstick may vary within a run on a machine that does nothing else
YARDSTICKS = {"copy", "bare_interpreter"}  # contenders that do less than the work


@dataclass(frozen=True, slots=True)
class Score:
    """What one benchmark took in one run.

    Parameters
    ----------
    date : of the run, UTC
    commit : of the code, with a plus if files had changed since
    version, machine : what ran, and where
    benchmark : name by which it is known from run to run
    size : what a reader calls it
    units : its time, in those of the yardstick
    peer, ratio : the fastest of those that do the same work, and its time over ours
    """

    date: str
    commit: str
    version: str
    machine: str
    benchmark: str
    size: str
    units: float
    peer: str
    ratio: float


def scores(report: dict[str, Any]) -> list[Score]:
    """Scores in a report that pytest-benchmark wrote."""
    machine, commit = report["machine_info"], report["commit_info"]
    found = []
    for each in report["benchmarks"]:
        peers = {
            name: peer["ratio"]
            for name, peer in each["extra_info"]["peers"].items()
            if name not in YARDSTICKS
        }
        fastest = min(peers, key=peers.__getitem__)
        found.append(
            Score(
                date=f"{report['datetime'][:19]}Z",
                commit=commit["id"][:10] + ("+" if commit["dirty"] else ""),
                version=machine["packages"]["rotation"],
                machine=f"{machine['cpu']['brand_raw']} x {machine['cpu']['count']}",
                benchmark=each["name"].removeprefix("test_"),
                size=size(each).replace("`", ""),
                units=float(f"{each['extra_info']['units']:.4g}"),
                peer=fastest.replace("_", " "),
                ratio=float(f"{peers[fastest]:.4g}"),
            )
        )
    return found


def history(path: Path) -> list[Score]:
    """All scores that are stored, oldest first; none if there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != [field.name for field in fields(Score)]:
            raise ValueError("not a history of benchmarks")
        rows: list[dict[str, Any]] = list(lines)
    for row in rows:
        row |= {name: float(row[name]) for name in ("units", "ratio")}
    return sorted((Score(**row) for row in rows), key=lambda score: score.date)


def keep(path: Path, new: Sequence[Score]) -> None:
    """Store the scores of a run after those that are there.

    Raises
    ------
    ValueError
        If the run is there already.
    """
    old = history(path)
    if {score.date for score in old} & {score.date for score in new}:
        raise ValueError(f"has the run of {new[0].date} already")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Score)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(score) for score in [*old, *new])


def change(old: float, new: float) -> str:
    """How much more or less.

    Examples
    --------
    >>> change(40, 50), change(40, 30), change(40, 40)
    ('+25%', '-25%', '+0%')
    """
    return f"{new / old - 1:+.0%}"


def compared(old: Iterable[Score], new: Sequence[Score], loss: float) -> tuple[str, list[str]]:
    """Lay all benchmarks out as a table, and say which took more by more than ``loss``."""
    last = {score.benchmark: score for score in old}
    lines, lost = (
        ["| benchmark | stored | units then | now | change |", "|---|---|---:|---:|---:|"],
        [],
    )
    for score in new:
        before = last.get(score.benchmark)
        if before is None:
            lines.append(f"| {score.benchmark} | | | {digits(score.units)} | new |")
            continue
        more = change(before.units, score.units)
        lines.append(
            f"| {score.benchmark} | {before.date[:10]} {before.commit} | {digits(before.units)} | "
            f"{digits(score.units)} | {more} |"
        )
        if score.units > before.units * (1 + loss):
            elsewhere = "" if before.machine == score.machine else f", on {before.machine}"
            lost.append(
                f"{score.benchmark} ({score.size}): {more}, from {digits(before.units)} to "
                f"{digits(score.units)} units since {before.date[:10]}{elsewhere}; "
                f"{before.peer} was {against(before.ratio)} then, {score.peer} is "
                f"{against(score.ratio)} now"
            )
    gone = sorted(last.keys() - {score.benchmark for score in new})
    lines += [f"| {name} | {last[name].date[:10]} | | | not run |" for name in gone]
    return "\n".join(lines), lost


def busy(report: dict[str, Any]) -> str:
    """What to know of a run whose yardstick was not steady; empty if it was."""
    paces = units(report)
    if max(paces) <= STEADY * min(paces):
        return ""
    return (
        f"the machine was busy: a unit took from {clock(min(paces))} to {clock(max(paces))}, by "
        "benchmark; run again when it does nothing else"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or keep a run; 1 if it lost speed, 2 and one line on bad input."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, help="written by pytest --benchmark-json")
    parser.add_argument("--history", type=Path, default=HISTORY, help="CSV of the runs stored")
    parser.add_argument("--loss", type=float, default=LOSS, help="fraction that fails, %(default)s")
    parser.add_argument("--keep", action="store_true", help="store the run, compare nothing")
    options = parser.parse_args(arguments)
    try:
        report = json.loads(options.report.read_text(encoding="utf-8"))
        new, note = scores(report), busy(report)
    except OSError as error:
        return refuse(f"{options.report}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        return refuse(f"{options.report}: not a report of these benchmarks ({error!r})")
    if note:
        print(f"bench_compare: {note}", file=sys.stderr)
    try:
        if options.keep:
            keep(options.history, new)
            return 0
        old = history(options.history)
    except (OSError, ValueError, TypeError) as error:
        return refuse(f"{options.history}: {error}")
    if not old:
        return refuse(f"{options.history}: no run is stored; --keep stores this one")
    table, lost = compared(old, new, options.loss)
    print(table)
    for line in lost:
        print(f"bench_compare: slower: {line}", file=sys.stderr)
    return 1 if lost else 0


def refuse(reason: str) -> int:
    """Say why on stderr, in one line."""
    print(f"bench_compare: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
