"""Draw the pictures of docs/_static: the demonstration's value chart, and a sweep's heatmap.

Needs the extra ``report`` and a Chromium, which is the browser that takes the pictures:
``python scripts/draw_pictures.py chromium``.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import rotation as rt
from rotation.report.page import charts, compared
from rotation.thesis.shovels import (
    HALF_YEAR_LEADER,
    SHOVELS_AND_APPLICATIONS,
    demonstration_closes,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

PICTURES = Path(__file__).parent.parent / "docs" / "_static"
WIDTH, HEIGHT = 1200, 560


def demonstration() -> rt.Result:
    """Monthly switching between semiconductors and software over the embedded history."""
    layers = rt.build_layers(
        rt.sample().loc["1999-01-22":"2022-12-28"],
        rt.Universe(
            {"shovels": ["NVDA", "AMD"], "applications": ["MSFT", "AMZN", "GOOG", "META", "NFLX"]}
        ),
    )
    strategy = rt.Strategy(
        signal=rt.Momentum(days=126), rule=rt.Switch(margin=0.02), schedule=rt.Schedule("M")
    )
    return rt.backtest(layers, strategy, costs=rt.Costs.bps(10))


def value_chart() -> "go.Figure":
    """What the demonstration became, beside what could have been held instead."""
    result = demonstration()
    comparison = compared(result)
    figure = charts(result, comparison)[0].figure
    return figure.update_layout(
        width=WIDTH,
        height=HEIGHT,
        font_size=15,
        margin={"l": 60, "r": 24, "t": 84, "b": 48},
        title={
            "text": f"What 1 became from {comparison.start:%Y-%m-%d} to {comparison.end:%Y-%m-%d}, "
            "after costs; the background is the layer held",
            "x": 0.02,
            "y": 0.96,
            "font_size": 18,
        },
    )


def heatmap() -> "go.Figure":
    """Information ratio of 3,500 ways to set the demonstration's parameters."""
    costs = rt.Costs.bps(10)
    layers = rt.build_layers(demonstration_closes(), SHOVELS_AND_APPLICATIONS, costs=costs)
    grid = {
        "signal.days": range(10, 260, 5),
        "rule.margin": [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2],
        "schedule.offset": range(0, 20, 2),
    }
    found = rt.sweep(layers, HALF_YEAR_LEADER, grid, costs=costs, progress=False)
    return found.plot("information_ratio").update_layout(width=WIDTH, height=HEIGHT, font_size=15)


def draw(browser: str, name: str, figure: "go.Figure") -> None:
    """Have ``browser`` take a picture of a figure."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "picture.html"
        chart = figure.to_html(config={"displayModeBar": False})
        page.write_text(chart.replace("<body>", '<body style="margin: 0">'), encoding="utf-8")
        flags = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--virtual-time-budget=5000",
            f"--user-data-dir={folder}/profile",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--screenshot={PICTURES / name}",
        ]
        subprocess.run([browser, *flags, page.as_uri()], check=True)


if __name__ == "__main__":
    draw(sys.argv[1], "semis_to_software.png", value_chart())
    draw(sys.argv[1], "sweep.png", heatmap())
