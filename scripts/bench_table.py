"""Write the benchmarks' JSON as the tables that docs/performance.md quotes.

    python scripts/bench_table.py build/bench.json
    python scripts/bench_table.py build/bench.json --page docs/performance.md

One table a group. A row is a contender: its median time and how it compares with `rotation`, timed
turn by turn in the same run; ours also in units of the yardstick (benchmarks/calibration.py). Below
it stands how time grows with the size, and where it goes. With ``--page`` all that takes the place
of what stands on the page between the lines ``<!-- bench -->`` and ``<!-- /bench -->``.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import log, sqrt
from pathlib import Path
from statistics import median
from typing import Any

Benchmark = dict[str, Any]
MARKS = re.compile(r"(<!-- bench -->\n).*(<!-- /bench -->)", re.DOTALL)


def clock(seconds: float) -> str:
    """Seconds with three digits, in s, ms or µs.

    Examples
    --------
    >>> clock(0.00123456), clock(12.345), clock(1.4e-5)
    ('1.23 ms', '12.3 s', '14 µs')
    """
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds * 1e6)} µs"


def digits(number: float) -> str:
    """Three digits, or all of a whole number.

    Examples
    --------
    >>> digits(0.12345), digits(12.0), digits(1234.5)
    ('0.123', '12', '1,234')
    """
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def room(size: float) -> str:
    """Bytes in MiB.

    Examples
    --------
    >>> room(3 << 20)
    '3 MiB'
    """
    return f"{digits(size / (1 << 20))} MiB"


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
    return f"{times:,.{0 if times >= 9.95 else 1}f}".removesuffix(".0") + f" times {word}"


def axes(benchmark: Benchmark) -> dict[str, int]:
    """How large it is, by what: its own word for it, or its parameters that are numbers."""
    own: dict[str, int] = benchmark["extra_info"].get("axes", {})
    return own or {
        name: value for name, value in benchmark["params"].items() if isinstance(value, int)
    }


def spell(sizes: dict[str, int]) -> str:
    """Sizes as a reader would say them, but for those of which there is one.

    Examples
    --------
    >>> spell({"sessions": 5000, "layers": 2, "threads": 1})
    '5,000 sessions, 2 layers'
    """
    return ", ".join(f"{value:,} {name}" for name, value in sizes.items() if value != 1)


def size(benchmark: Benchmark) -> str:
    """What sets a benchmark apart from others of its group."""
    words = [f"`{each}`" for each in benchmark["params"].values() if isinstance(each, str)]
    return spell(axes(benchmark)) or ", ".join(words)


def rows(benchmark: Benchmark) -> Iterator[list[str]]:
    """Contender, time, time for a strategy, comparison and units, ours first."""
    info, many = benchmark["extra_info"], axes(benchmark).get("strategies")
    took = benchmark["stats"]["median"]

    def each(seconds: float) -> str:
        return clock(seconds / many) if many else ""

    yield ["**rotation**", clock(took), each(took), "", digits(info["units"])]
    for name, peer in info["peers"].items():
        whole = peer["seconds"]
        yield [name.replace("_", " "), clock(whole), each(whole), against(peer["ratio"]), ""]
    if "memory" in info:
        before, peak = info["memory"]["before"], info["memory"]["peak"]
        share = f"{digits((peak - before) / many)} bytes" if many else ""
        yield [f"peak memory ({room(before)} before it)", room(peak), share, "", ""]


def contest(benchmarks: Sequence[Benchmark]) -> Iterator[str]:
    """The table of a group."""
    head = ["size", "contender", "time", "a strategy", "against rotation", "units"]
    table = [
        ["" if number else size(benchmark), *row]
        for benchmark in benchmarks
        for number, row in enumerate(rows(benchmark))
    ]
    used = [n for n in range(len(head)) if any(row[n] for row in table)]
    align = ["---", "---", "---:", "---:", "---", "---:"]
    for line in (head, None, *table):
        if line is None:
            yield f"|{'|'.join(align[n] for n in used)}|"
        else:
            yield f"| {' | '.join(line[n] for n in used)} |"


def growth(benchmarks: Sequence[Benchmark]) -> Iterator[str]:
    """How time, in units, grows from one to the next of those that differ in one size alone."""
    found = []
    for axis in dict.fromkeys(name for each in benchmarks for name in axes(each)):
        series: dict[str, list[tuple[int, float]]] = {}
        for each in benchmarks:
            others = axes(each).copy()
            if axis in others:
                point = others.pop(axis), each["extra_info"]["units"]
                series.setdefault(spell(others), []).append(point)
        for others_said, points in series.items():
            for (small, one), (large, two) in pairwise(sorted(points)):
                power = log(two / one) / log(large / small)
                found.append(
                    f"| {axis} | {small:,} to {large:,} | {others_said} | "
                    f"{digits(large / small)} | {digits(two / one)} | {power:.2f} |"
                )
    if found:
        yield "| what grows | from, to | with | times | time, times | power |"
        yield "|---|---|---|---:|---:|---:|"
        yield from found
        yield ""


def profile(benchmark: Benchmark) -> Iterator[str]:
    """Where the time of one benchmark goes, and how long its bytes would take to copy."""
    parts = benchmark["extra_info"]["profile"]
    whole = sum(part["seconds"] for part in parts.values())
    least = sum(part["copy"] or 0.0 for part in parts.values())
    yield f"#### Where the time goes: {size(benchmark)}"
    yield ""
    yield "| part | time | share | its bytes at the speed of a copy |"
    yield "|---|---:|---:|---:|"
    for name, part in parts.items():
        copy = clock(part["copy"]) if part["copy"] else ""
        yield f"| {name} | {clock(part['seconds'])} | {part['seconds'] / whole:.0%} | {copy} |"
    yield f"| all | {clock(whole)} | 100% | {clock(least)} |"
    yield ""


def units(report: dict[str, Any]) -> list[float]:
    """Seconds that a unit took during each benchmark."""
    paces = [each["extra_info"]["calibration"] for each in report["benchmarks"]]
    return [sqrt(pace["copy"] * pace["product"]) for pace in paces]


def tables(report: dict[str, Any]) -> str:
    """All groups as markdown, then what they ran on."""
    lines = []
    for group, each in groupby(report["benchmarks"], key=lambda each: each["group"]):
        benchmarks = list(each)
        lines += [f"### {group[0].upper()}{group[1:]}", "", *contest(benchmarks), ""]
        lines += growth(benchmarks)
        for benchmark in benchmarks:
            if "profile" in benchmark["extra_info"]:
                lines += profile(benchmark)
    took = units(report)
    machine = report["machine_info"]
    packages = {"Python": machine["python_version"], **machine["packages"]}
    lines += [
        f"A unit took {clock(median(took))}; from {clock(min(took))} to {clock(max(took))}, by "
        "benchmark.",
        "",
        f"{machine['cpu']['brand_raw']} x {machine['cpu']['count']}, "
        + ", ".join(f"{name} {version}" for name, version in packages.items()),
    ]
    return "\n".join(lines)


def put(page: Path, text: str) -> None:
    """Put the tables on a page.

    Raises
    ------
    ValueError
        If it has no place for them.
    """
    old = page.read_text(encoding="utf-8")
    if not MARKS.search(old):
        raise ValueError("no <!-- bench --> and <!-- /bench --> to put the tables between")
    new = MARKS.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", old)
    page.write_text(new, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or put them on a page; 2 and one line on bad input."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, help="written by pytest --benchmark-json")
    parser.add_argument("--page", type=Path, help="Markdown to put them in, instead of printing")
    options = parser.parse_args(arguments)
    path, page = options.report, options.page
    try:
        text = tables(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        return refuse(f"{path}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        return refuse(f"{path}: not a report of these benchmarks ({error!r})")
    if page is None:
        print(text)
        return 0
    try:
        put(page, text)
    except OSError as error:
        return refuse(f"{page}: {error.strerror}")
    except ValueError as error:
        return refuse(f"{page}: {error}")
    return 0


def refuse(reason: str) -> int:
    """Say why on stderr, in one line."""
    print(f"bench_table: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
