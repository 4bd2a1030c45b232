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
