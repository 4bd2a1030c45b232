"""Draw docs/_static/bench_history.svg: what each benchmark took, run after run.

    python scripts/draw_bench_history.py

From benchmarks/history.csv, with matplotlib, which comes with vectorbt; the same history gives the
same file.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from bench_compare import HISTORY, LOSS, Score, history
from bench_table import against, digits
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PICTURE = Path(__file__).parents[1] / "docs" / "_static" / "bench_history.svg"
BLUE, BAND, INK = "#1f5fa8", "#e6eaf0", "#333333"
STYLE: Any = {
    "svg.hashsalt": "bench_history",
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": INK,
}


def draw(runs: Sequence[Score], picture: Path) -> None:
    """A line a benchmark, in the order of the last run."""
    dates = sorted({score.date for score in runs})
    places = {date: place for place, date in enumerate(dates)}
    names = [score.benchmark for score in runs if score.date == dates[-1]]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.0, 0.34 * len(names) + 0.9), facecolor="white")
        figure.suptitle(
            "Time in units of a copy and a matrix product, by run; higher is slower, "
            f"the band is {LOSS:.0%} either way of the last",
            x=0.01,
            ha="left",
            fontsize=10,
        )
        rows = figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(rows, names, strict=True):
            line(axes, [score for score in runs if score.benchmark == name], places)
        margin = 0.4 / figure.get_figheight()
        figure.subplots_adjust(0.47, margin, 0.73, 1 - 1.1 * margin, hspace=0.25)
        for place, date in {0: dates[0], len(dates) - 1: dates[-1]}.items():
            rows[-1].annotate(
                date[:10],
                (place, 0),
                (0, -12),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
            )
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})


def line(axes: Axes, scores: Sequence[Score], places: dict[str, int]) -> None:
    """One benchmark: what it is, its runs, and the last of them in figures."""
    last, units = scores[-1], [score.units for score in scores]
    axes.set_axis_off()
    axes.set_yscale("log")
    axes.set_ylim(min(*units, last.units / 1.6), max(*units, last.units * 1.6))
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.axhspan(last.units / (1 + LOSS), last.units * (1 + LOSS), color=BAND, lw=0)
    where = [places[score.date] for score in scores]
    axes.plot(where, units, "-o", color=BLUE, ms=3, lw=1.2, clip_on=False)
    name = last.benchmark.partition("[")[0]
    figures = f"{digits(last.units)}; {last.peer} {against(last.ratio)}"
    for x, align, text in ((-0.03, "right", f"{name}: {last.size}"), (1.03, "left", figures)):
        axes.text(x, 0.5, text, ha=align, va="center", transform=axes.transAxes)


if __name__ == "__main__":
    RUNS = history(HISTORY)
    if not RUNS:
        sys.exit(f"draw_bench_history: {HISTORY}: no run is stored")
    draw(RUNS, PICTURE)
