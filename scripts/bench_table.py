"""Write the benchmarks' JSON as the tables that docs/performance.md quotes.

    python scripts/bench_table.py build/bench.json

One table a group. A row is a contender: its median time and how it compares with `rotation`, timed
turn by turn in the same run.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any


def clock(seconds: float) -> str:
    """Seconds with three digits, in s or ms.

    Examples
    --------
    >>> clock(0.00123456), clock(12.345)
    ('1.23 ms', '12.3 s')
    """
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def against(ratio: float) -> str:
    """How many times slower, or faster, a contender is than we are.

    Examples
    --------
    >>> against(25.3), against(0.125), against(1.04)
    ('25 times slower', '8 times faster', 'as fast')
    """
    word, times = ("slower", ratio) if ratio >= 1 else ("faster", 1 / ratio)
    if times < 1.05:
        return "as fast"
    return f"{times:.{0 if times >= 9.95 else 1}f}".removesuffix(".0") + f" times {word}"


def rows(benchmark: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Contender, time and comparison, ours first."""
    yield "**rotation**", clock(benchmark["stats"]["median"]), ""
    for name, peer in benchmark["extra_info"]["peers"].items():
        yield name.replace("_", " "), clock(peer["seconds"]), against(peer["ratio"])


def size(benchmark: dict[str, Any]) -> str:
    """Parameters of a benchmark, as a reader would say them."""
    return ", ".join(
        f"{value:,} {name}" if isinstance(value, int) else f"`{value}`"
        for name, value in benchmark["params"].items()
    )


def tables(report: dict[str, Any]) -> str:
    """All groups as markdown, then the versions that ran."""
    lines = []
    for group, benchmarks in groupby(report["benchmarks"], key=lambda each: each["group"]):
        lines += [f"### {group.capitalize()}", ""]
        lines += ["| size | contender | time | against rotation |", "|---|---|---:|---|"]
        for benchmark in benchmarks:
            for number, row in enumerate(rows(benchmark)):
                lines.append(f"| {'' if number else size(benchmark)} | {' | '.join(row)} |")
        lines.append("")
    machine = report["machine_info"]
    packages = {"Python": machine["python_version"], **machine["packages"]}
    return "\n".join([*lines, ", ".join(f"{name} {version}" for name, version in packages.items())])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 2 and one line on bad input."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, help="written by pytest --benchmark-json")
    path = parser.parse_args(arguments).report
    try:
        print(tables(json.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        return refuse(f"{path}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        return refuse(f"{path}: not a report of these benchmarks ({error!r})")
    return 0


def refuse(reason: str) -> int:
    """Say why on stderr, in one line."""
    print(f"bench_table: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
