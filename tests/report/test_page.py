"""The page holds every figure and trade, asks nobody for anything, and is whole or not there."""

import json
import os
import re
import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation import measures
from rotation.report import page

DAYS = pd.bdate_range("2023-01-02", periods=300)
CLOSES = pd.DataFrame(
    100 * np.exp(np.random.default_rng(8).normal(0.0003, 0.02, (300, 9)).cumsum(axis=0)),
    index=DAYS,
    columns=["shovels", "applications", *"CDEFGHI"],
)
TWO = CLOSES[["shovels", "applications"]]
STRATEGY = rt.Strategy(signal=rt.Momentum(20), rule=rt.Switch(0.01), schedule=rt.Schedule("M"))
SWITCHING = rt.backtest(TWO, STRATEGY, costs=rt.Costs(0.001, 0.0025), capital=5e6)
NASTY = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a browser would make of the page: elements, scripts, rows of tables, text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.rows, self.words = [], [], {}, []
        self.script = self.table = None
        self.feed(html)
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag == "script":
            self.script = attributes
        elif tag == "table":
            self.table = self.rows.setdefault(attributes["id"], [])
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")

    def handle_endtag(self, tag):
        if tag == "script":
            self.script = None
        elif tag == "table":
            self.table = None

    def handle_data(self, data):
        if self.script is not None:
            self.scripts.append((self.script, data))
            return
        self.words.append(data.strip())
        if self.table and self.table[-1]:
            self.table[-1][-1] += data.strip()

    @property
    def code(self):
        return [text for attributes, text in self.scripts if attributes.get("type") is None]

    def chart(self, name):
        (data,) = [
            text for attributes, text in self.scripts if attributes.get("id") == f"{name}-data"
        ]
        return {trace["name"]: trace for trace in json.loads(data)["data"]}

    @property
    def policy(self):
        (meta,) = [each for tag, each in self.elements if each.get("http-equiv")]
        return meta["content"]


def numbers(packed):
    return np.frombuffer(b64decode(packed["bdata"]), dtype=packed["dtype"])


@pytest.fixture(scope="module")
def switching():
    return Page(page.render(SWITCHING))


def test_the_page_asks_nobody_for_anything(switching):
    for tag, attributes in switching.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "a"}
        assert not {"src", "href", "srcset", "data", "action"} & set(attributes), tag
    style = page.render(SWITCHING).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_lets_only_our_two_scripts_run(switching):
    plotly, ours = switching.code
    assert "plotly.js v" in plotly[:100]
    assert "Plotly.newPlot" in ours
    assert switching.policy.startswith("default-src 'none'; script-src 'sha256-")
    for script in (plotly, ours):
        assert b64encode(sha256(script.encode()).digest()).decode() in switching.policy
    assert switching.policy.count("sha256-") == 2


def test_the_same_result_gives_the_same_bytes(tmp_path):
    for name in ("one.html", "two.html"):
        SWITCHING.report(tmp_path / name)
    again = rt.backtest(TWO, STRATEGY, costs=rt.Costs(0.001, 0.0025), capital=5e6)
    again.report(str(tmp_path / "three.html"))
    one, two, three = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert one == two == three


def test_the_page_says_what_a_committee_asks(switching):
    comparison = rt.compare({"strategy": SWITCHING, **rt.alternatives(SWITCHING)})
    for words in (
        "Rotation between shovels and applications",
        comparison.verdict,
        measures.conventions(252),
        *comparison.cautions,
        f"{comparison.start:%Y-%m-%d} to {comparison.end:%Y-%m-%d}",
        "10 bp of what is bought, 25 bp of what is sold",
        "1 session after the decision, at its close",
        "earned 0.00% a year",
        "5,000,000",
        "each name alone and 50/50 restored at month ends",
    ):
        assert words in switching.text


def test_the_note_of_a_universe_stands_on_its_page():
    universe = rt.Universe({"shovels": ["shovels", "C"], "applications": ["applications"]})
    result = rt.backtest(rt.build_layers(CLOSES, universe), STRATEGY)
    assert universe.note in Page(page.render(result)).text


def test_the_table_holds_the_figures_of_the_comparison(switching):
    table = rt.compare({"strategy": SWITCHING, **rt.alternatives(SWITCHING)}).table
    head, *rows = switching.rows["figures"]
    assert [row[0] for row in rows] == ["strategy", "shovels", "applications", "50/50"]
    column = {name: n for n, name in enumerate(head)}
    for row in rows:
        want = table.loc[row[0]]
        assert row[column["Return a year"]] == f"{want['annual_return']:.1%}"
        assert row[column["Sharpe"]] == f"{want['sharpe']:.2f}"
        assert row[column["Max drawdown"]] == f"{want['max_drawdown']:.1%}"
        assert row[column["Trades"]] == f"{want['switches']:.0f}"
        assert row[column["Cost"]] == f"{want['cost']:.2%}"


def test_every_trade_is_in_the_ledger(switching):
    _, *rows = switching.rows["ledger"]
    assert len(rows) == len(SWITCHING.switches) > 3
    for row, (_, trade) in zip(rows, SWITCHING.switches.iterrows(), strict=True):
        assert row[:4] == [
            f"{trade['decided']:%Y-%m-%d}",
            f"{trade['traded']:%Y-%m-%d}",
            trade["from"],
            trade["to"],
        ]
        assert float(row[4]) == pytest.approx(trade["turnover"], abs=0.005)
        assert float(row[5].replace(",", "")) == pytest.approx(trade["cost"], rel=1e-3)
        assert row[6] == trade["reason"]
    assert f"{len(rows)} trades, 1 of them before the figures" in switching.text
    assert f"{SWITCHING.switches['cost'].sum():,.6g} paid in costs" in switching.text


def test_charts_show_the_window_of_the_figures(switching):
    held = {"strategy": SWITCHING, **rt.alternatives(SWITCHING)}
    table = rt.compare(held).table
    values, falls = switching.chart("value"), switching.chart("drawdown")
    for name, result in held.items():
        value = result.value.loc[SWITCHING.start :]
        np.testing.assert_allclose(
            numbers(values[name]["y"]), value / value.iloc[0], rtol=1e-6, err_msg=name
        )
        deepest = numbers(falls[name]["y"]).min()
        assert deepest == pytest.approx(table.loc[name, "max_drawdown"], rel=1e-6)
        assert values[name]["x"] == [f"{day:%Y-%m-%d}" for day in value.index]
    assert {"in shovels", "in applications"} <= set(values)
    assert "The background has the colour of what the strategy was in." in switching.text
    assert [attributes.get("id") for tag, attributes in switching.elements if tag == "div"].count(
        "weights"
    ) == 0


def test_what_a_user_names_is_never_code():
    names = [NASTY, "<img src=x onerror=alert(1)>"]
    closes = TWO.set_axis(names, axis=1)
    for result in (
        rt.backtest(closes, STRATEGY),
        rt.simulate(closes, pd.DataFrame(0.5, index=DAYS[:1], columns=names)),
    ):
        html = page.render(result)
        seen = Page(html)
        assert len(seen.code) == 2
        assert not [tag for tag, _ in seen.elements if tag == "img"]
        assert NASTY not in html
        assert seen.rows["figures"][2][0] == NASTY
        for chart in ("value", "drawdown"):
            assert not [name for name in seen.chart(chart) if "<" in name]


def test_any_weights_have_an_area_for_each_name():
    weights = pd.DataFrame(0.0, index=DAYS[[5, 100]], columns=CLOSES.columns)
    weights.loc[DAYS[5], ["shovels", "C", "D"]] = [0.8, 0.6, -0.5]
    weights.loc[DAYS[100]] = 0.05
    result = rt.simulate(CLOSES, weights, cash_rate=0.0001, lag=2)
    seen = Page(page.render(result))
    areas = seen.chart("weights")
    assert {"shovels", "cash", "D, short", "3 others"} <= set(areas)
    total = sum(numbers(trace["y"]).astype(float) for trace in areas.values())
    np.testing.assert_allclose(total, 1.0, atol=1e-5)
    assert len(seen.rows["figures"]) == 1 + 1 + 9 + 1
    assert "Of 9 names the 6 most held have a line; the table has them all." in seen.text
    assert "Of 9 names the 6 most held have a colour." in seen.text
    assert "Rotation among 9 names" in seen.text
    assert "2 sessions after the decision" in seen.text
    assert "earned 2.55% a year" in seen.text
    assert not [name for name in seen.chart("value") if name.startswith("in ")]


def test_one_column_is_compared_with_holding_it():
    weights = pd.DataFrame({"C": [1.0, 0.0, 1.0]}, index=DAYS[[3, 90, 200]])
    seen = Page(page.render(rt.simulate(CLOSES[["C"]], weights)))
    assert [row[0] for row in seen.rows["figures"]] == ["", "strategy", "C"]
    assert "In and out of C" in seen.text
    assert "what the strategy was in, white for cash." in seen.text
    assert "Alternatives C, from the same session on the same terms" in seen.text
    assert set(seen.chart("value")) == {"in C", "C", "strategy"}


def test_an_account_that_never_traded_has_a_page():
    seen = Page(page.render(rt.simulate(TWO, pd.DataFrame(0.0, DAYS[:1], TWO.columns))))
    assert "No trade was made" in seen.text
    assert "ledger" not in seen.rows
    assert "n/a" in seen.rows["figures"][1]


def test_what_was_not_listed_is_not_held_alone_and_the_page_says_so():
    closes = CLOSES[["shovels", "C", "D"]].copy()
    closes.iloc[:50, 1] = np.nan
    closes.iloc[250:, 2] = np.nan
    weights = pd.DataFrame(0.0, index=DAYS[[5, 100]], columns=closes.columns)
    weights.loc[DAYS[100], "D"] = 1.0
    seen = Page(page.render(rt.simulate(closes, weights)))
    assert "not listed then, so not held alone: C" in seen.text
    assert [row[0] for row in seen.rows["figures"][1:]] == [
        "strategy",
        "shovels",
        "D",
        "equal parts",
    ]
    assert "delisted: D has no close after" in seen.rows["ledger"][-1][-1]
    late = rt.simulate(closes[["C", "D"]].iloc[:240], weights[["C", "D"]].assign(D=0.0))
    assert "strategy" in Page(page.render(late)).chart("value")


def test_a_long_list_of_the_unlisted_is_cut():
    closes = CLOSES.copy()
    closes["J"] = closes["I"]
    closes.iloc[:50, 1:] = np.nan
    weights = pd.DataFrame(0.0, index=DAYS[:1], columns=closes.columns)
    text = Page(page.render(rt.simulate(closes, weights.assign(shovels=1.0)))).text
    assert "not held alone: applications, C, D, E, F, G, H, I and 1 more" in text


def test_names_may_be_numbers_or_the_pages_own_words():
    for names in ([1, 2], ["strategy", "the strategy"]):
        result = rt.backtest(TWO.set_axis(names, axis=1), STRATEGY)
        rows = [row[0] for row in Page(page.render(result)).rows["figures"][1:]]
        assert rows[1:] == [*map(str, names), "50/50"]
        assert rows[0] not in rows[1:]


def test_terms_are_said_as_they_were():
    weights = pd.DataFrame({"shovels": [1.0], "applications": [0.0]}, index=DAYS[:1])
    filled = Page(page.render(rt.simulate(TWO, weights, fill=TWO * 1.01)))
    assert "1 session after the decision, at the fill prices given for it" in filled.text
    at_once = Page(page.render(rt.simulate(TWO, weights, lag=0, same_close=True)))
    assert "at the very close that decides" in at_once.text


def test_too_few_returns_are_no_page(tmp_path):
    weights = pd.DataFrame({"shovels": [1.0], "applications": [0.0]}, index=DAYS[[297]])
    with pytest.raises(rt.DataError, match="too short"):
        rt.simulate(TWO, weights).report(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_decades_stay_light():
    long = pd.bdate_range("2000-01-03", periods=6000)
    growth = np.random.default_rng(2).normal(0.0003, 0.01, (6000, 2)).cumsum(axis=0)
    closes = pd.DataFrame(np.exp(growth), index=long, columns=["A", "B"])
    html = page.render(rt.backtest(closes, STRATEGY))
    assert len(html) - len(Page(html).code[0]) < 1_500_000


@pytest.mark.parametrize("name", ["page", "page.htm", "page.pdf", ".html", ""])
def test_a_page_ends_in_html(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(rt.ArgumentError, match=r"path: want a file that ends in \.html, got"):
        SWITCHING.report(name)


def test_a_path_is_a_file_in_a_folder(tmp_path):
    with pytest.raises(rt.ArgumentError, match=r"path: there is no folder '.*nowhere'"):
        SWITCHING.report(tmp_path / "nowhere" / "page.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(
        rt.ArgumentError, match=r"path: want a file, got the folder '.*folder.html'"
    ):
        SWITCHING.report(tmp_path / "folder.html")
    with pytest.raises(rt.ArgumentError, match="path: want the name of a file, got 3"):
        SWITCHING.report(3)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/proc/x.html", "cannot write /proc/x.html (No such file or directory); what was there"),
        ("x" * 300 + ".html", "html (File name too long); what was there stays as it was"),
        ("a\0b.html", "b.html (embedded null byte); what was there stays as it was"),
        ("lost.html", "cannot write lost.html (No such file or directory); what was there"),
    ],
)
def test_a_page_that_cannot_be_written_is_said_so(path, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lost.html").symlink_to("nowhere/page.html")
    with pytest.raises(rt.ArgumentError, match=f"^path: .*{re.escape(said)}"):
        SWITCHING.report(path)
    assert sorted(map(str, Path().iterdir())) == ["lost.html"]


def test_a_page_replaces_the_one_that_was_there(tmp_path):
    old, link = tmp_path / "old.HTML", tmp_path / "link.html"
    old.write_text("before")
    link.symlink_to(old)
    SWITCHING.report(link)
    assert link.is_symlink()
    assert old.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(tmp_path.iterdir()) == [link, old]


def test_a_page_may_be_read_by_whom_the_system_says(tmp_path):
    mask = os.umask(0o027)
    try:
        SWITCHING.report(tmp_path / "page.html")
    finally:
        os.umask(mask)
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o640


def test_a_failure_leaves_the_old_page_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("before")

    def fail(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(rt.ArgumentError, match=r"path: cannot write .*the disk is gone.; what was"):
        SWITCHING.report(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("package", ["plotly", "jinja2"])
def test_a_missing_package_names_the_extra(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(rt.MissingExtraError, match=rf'{package}.*pip install "rotation\[report\]"'):
        SWITCHING.report(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())
