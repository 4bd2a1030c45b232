"""A heatmap shows the median of what its two parameters leave open."""

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.report.heatmap import heatmap

INDEX = pd.MultiIndex.from_product(
    [[20, 5], [0.0, 0.1, 0.2], ["a", "b"]], names=["days", "margin", "kind"]
)
TABLE = pd.DataFrame({"sharpe": np.arange(12.0)}, index=INDEX)


def test_cells_are_medians_in_the_order_of_the_grid():
    figure = heatmap(TABLE, "sharpe")
    trace = figure.data[0]
    assert list(trace.x) == ["0.0", "0.1", "0.2"]
    assert list(trace.y) == ["20", "5"]
    np.testing.assert_array_equal(trace.z, [[0.5, 2.5, 4.5], [6.5, 8.5, 10.5]])
    assert "median over 1 other parameter" in figure.layout.title.text


def test_parameters_may_be_named():
    trace = heatmap(TABLE, "sharpe", x="kind", y="margin").data[0]
    assert list(trace.x) == ["a", "b"]
    np.testing.assert_array_equal(trace.z[0], [3.0, 4.0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "luck"}, "by: want one of sharpe, got 'luck'"),
        ({"x": "week"}, "x: want one of days, margin, kind, got 'week'"),
        ({"x": "days", "y": "days"}, "y: want another parameter than x"),
    ],
)
def test_names_are_checked(options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        heatmap(TABLE, **{"by": "sharpe", **options})


def test_one_parameter_has_no_heatmap():
    with pytest.raises(rt.ArgumentError, match="plot: want two parameters or more, got days"):
        heatmap(TABLE.xs(("a", 0.0), level=("kind", "margin")), "sharpe")


def test_a_sweep_draws_its_own():
    closes = rt.sample().loc["2015":"2022-12-28", ["NVDA", "MSFT"]]
    base = rt.Strategy(rt.Momentum(20), rt.Switch(), rt.Schedule("M"))
    grid = {"signal.days": [20, 60, 120], "rule.margin": [0, 0.1]}
    found = rt.sweep(closes, base, grid, progress=False)
    want = found.table["sharpe"].to_numpy().reshape(3, 2).T
    np.testing.assert_allclose(found.plot().data[0].z, want)


@pytest.fixture
def closes():
    return rt.sample().loc["2015":"2022-12-28", ["NVDA", "MSFT"]]


BASE = rt.Strategy(rt.Momentum(20), rt.Switch(), rt.Schedule("M"))


def test_what_where_drops_leaves_the_axes_in_order(closes):
    grid = {"signal.days": [20, 60, 120], "signal.skip": {"no": 0, "week": 5, "month": 21}}
    found = rt.sweep(
        closes,
        BASE,
        grid,
        where=lambda p: (p["signal.days"] > 20) | (p["signal.skip"] == "month"),
        progress=False,
    )
    trace = found.plot().data[0]
    assert list(trace.x) == ["20", "60", "120"]
    assert list(trace.y) == ["no", "week", "month"]
    assert np.isnan(trace.z[:2, 0]).all()
    for row, skip in enumerate(trace.y):
        want = found.table["sharpe"].xs(skip, level="signal.skip")
        np.testing.assert_array_equal(trace.z[row, -len(want) :], want)


def test_a_sample_leaves_the_axes_in_order(closes):
    grid = {"signal.days": range(40, 20, -1), "rule.margin": [0.0, 0.2, 0.1]}
    found = rt.sweep(closes, BASE, grid, sample=15, seed=4, progress=False)
    trace = found.plot().data[0]
    assert list(trace.y) == ["0.0", "0.2", "0.1"]
    assert list(map(int, trace.x)) == sorted(map(int, trace.x), reverse=True)


def test_values_of_one_beginning_are_not_one(closes):
    signals = [rt.Momentum(days=120, skip=skip) for skip in (0, 5, 21)]
    grid = {"signal": signals, "rule.margin": [0, 0.1]}
    trace = rt.sweep(closes, BASE, grid, progress=False).plot().data[0]
    assert len(set(trace.x)) == 3
    assert all(repr(each) in shown for each, shown in zip(signals, trace.x, strict=True))


def test_none_is_a_value_too(closes):
    base = rt.Strategy(rt.signals.Drawdown(), rt.Switch(), rt.Schedule("M"))
    grid = {"signal.days": [63, None, 21], "rule.margin": [0, 0.1]}
    found = rt.sweep(closes, base, grid, progress=False)
    trace = found.plot().data[0]
    assert list(trace.x) == ["63.0", "None", "21.0"]
    assert trace.z[1, 1] == found.table["sharpe"].iloc[3]


def test_none_beside_values_of_one_beginning():
    names = ["a long name that ends in one", "a long name that ends in two", None]
    index = pd.MultiIndex.from_product([names, [1, 2]], names=["rule", "days"])
    table = pd.DataFrame({"sharpe": np.arange(6.0)}, index=index)
    shown = heatmap(table, "sharpe", x="rule").data[0].x
    assert list(shown) == [f"0: {names[0]}", f"1: {names[1]}", "2: None"]
