"""Draw docs/_static/semis_to_software.png, the value chart of the demonstration.

Needs the extra ``report`` and a Chromium, which is the browser that takes the picture:
``python scripts/draw_readme_picture.py chromium``.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import rotation as rt
from rotation.report.page import charts, compared

PICTURE = Path(__file__).parent.parent / "docs" / "_static" / "semis_to_software.png"
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


def draw(browser: str) -> None:
    """Have ``browser`` take the picture."""
    result = demonstration()
    comparison = compared(result)
    figure = charts(result, comparison)[0].figure
    figure.update_layout(
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
            f"--screenshot={PICTURE}",
        ]
        subprocess.run([browser, *flags, page.as_uri()], check=True)


if __name__ == "__main__":
    draw(sys.argv[1])
