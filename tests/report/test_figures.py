"""Charts show the tables they are given, each name in one colour and no name as code."""

import numpy as np
import pandas as pd
import pytest

from rotation.report.figures import (
    drawdown_chart,
    held_alone,
    label,
    palette,
    value_chart,
    weights_chart,
)

DAYS = pd.bdate_range("2024-01-01", periods=6)
DATES = [f"{day:%Y-%m-%d}" for day in DAYS]
VALUES = pd.DataFrame(
    {"strategy": [1, 2, 3, 2, 4, 5], "A": [1, 1, 2, 1, 2, 2], "50/50": [1, 1, 2, 2, 3, 3]},
    index=DAYS,
    dtype=float,
)
ONE_LAYER = pd.DataFrame(
    {"A": [1.0, 1, 0, 0, 1, 0], "B": [0.0, 0, 1, 0, 0, 0], "cash": [0.0, 0, 0, 1, 0, 1]},
    index=DAYS,
)
COLOURS = palette(ONE_LAYER)


def named(figure, name):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def test_the_account_is_drawn_on_top_and_named_first():
    figure = value_chart(VALUES, None, COLOURS)
    assert [trace.name for trace in figure.data] == ["A", "50/50", "strategy"]
    assert min(figure.data, key=lambda trace: trace.legendrank).name == "strategy"
    assert figure.data[-1].line.width == max(trace.line.width for trace in figure.data)
    for trace in figure.data:
        np.testing.assert_allclose(trace.y, VALUES[trace.name], rtol=1e-7)
        assert list(trace.x) == DATES


def test_value_is_on_a_log_axis_in_front_of_the_bands():
    figure = value_chart(VALUES, held_alone(ONE_LAYER), COLOURS)
    assert figure.layout.yaxis2.type == "log"
    assert figure.layout.yaxis2.overlaying == "y"
    assert {trace.yaxis for trace in figure.data if trace.fill == "toself"} == {None}
    assert {trace.yaxis for trace in figure.data if trace.fill is None} == {"y2"}


def test_a_band_spans_from_the_close_that_took_a_layer_to_the_one_that_left_it():
    figure = value_chart(VALUES, held_alone(ONE_LAYER), COLOURS)
    spans = named(figure, "in A").x
    assert [(spans[k], spans[k + 2]) for k in range(0, len(spans), 5)] == [
        (DATES[0], DATES[2]),
        (DATES[4], DATES[5]),
    ]
    assert named(figure, "in B").x[:4] == (DATES[2], DATES[2], DATES[3], DATES[3])
    assert named(figure, "in A").y == (0, 1, 1, 0, None) * 2
    assert not [trace for trace in figure.data if "cash" in trace.name]


def test_a_band_is_in_the_legend_only_if_its_name_has_no_line():
    figure = value_chart(VALUES, held_alone(ONE_LAYER), COLOURS)
    assert not named(figure, "in A").showlegend
    assert named(figure, "in B").showlegend


def test_hover_says_what_was_held():
    held = held_alone(ONE_LAYER)
    account = named(value_chart(VALUES, held, COLOURS), "strategy")
    assert list(account.text) == ["A", "A", "B", "cash", "A", "cash"]
    assert "%{text}" in account.hovertemplate
    assert "%{text}" not in named(value_chart(VALUES, None, COLOURS), "strategy").hovertemplate


def test_a_name_has_one_colour_in_every_chart():
    line = named(value_chart(VALUES, None, COLOURS), "A").line.color
    fall = named(drawdown_chart(VALUES - VALUES.cummax(), COLOURS), "A").line.color
    area = named(weights_chart(ONE_LAYER, COLOURS), "A").line.color
    band = named(value_chart(VALUES, held_alone(ONE_LAYER), COLOURS), "in A").line.color
    assert line == fall == area == band == COLOURS["A"]
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_of_many_names_the_six_most_held_have_a_colour():
    weights = pd.DataFrame([[0.1, 0.0, -0.5, 0.2, 0.05, 0.2, 0.3, 0.15, 0.5]], index=DAYS[:1])
    assert list(palette(weights)) == ["0", "2", "3", "5", "6", "7"]


def test_names_without_a_colour_share_a_band_and_an_area():
    weights = pd.DataFrame(0.0, index=DAYS[:3], columns=[*"ABC", "cash"])
    weights.loc[DAYS[0], "A"] = weights.loc[DAYS[1], "B"] = weights.loc[DAYS[2], "C"] = 1.0
    figure = value_chart(VALUES.iloc[:3], held_alone(weights), {"A": "#0072B2"})
    assert [trace.name for trace in figure.data if trace.fill == "toself"] == ["in A", "in others"]
    assert list(named(figure, "strategy").text) == ["A", "B", "C"]
    areas = weights_chart(weights, {"A": "#0072B2"})
    assert list(named(areas, "2 others").y) == [0.0, 1.0, 1.0]


def test_an_account_that_was_ever_divided_has_no_bands():
    assert held_alone(ONE_LAYER).tolist() == ["A", "A", "B", "cash", "A", "cash"]
    divided = pd.DataFrame({"A": [1.0, 0.5], "B": [0.0, 0.5], "cash": 0.0}, index=DAYS[:2])
    assert held_alone(divided) is None
    levered = pd.DataFrame({"A": [2.0], "cash": [-1.0]}, index=DAYS[:1])
    assert held_alone(levered) is None


def test_rounding_does_not_divide_an_account():
    weights = pd.DataFrame({"A": [1.0 - 1e-15], "B": [0.0], "cash": [1e-15]}, index=DAYS[:1])
    assert held_alone(weights).tolist() == ["A"]


def test_areas_add_up_to_the_account():
    rng = np.random.default_rng(5)
    weights = pd.DataFrame(rng.normal(0.1, 0.4, (6, 8)), index=DAYS, columns=list("ABCDEFGH"))
    weights["cash"] = 1.0 - weights.sum(axis=1)
    figure = weights_chart(weights, palette(weights))
    total = sum(np.asarray(trace.y, dtype=float) for trace in figure.data)
    np.testing.assert_allclose(total, 1.0, atol=1e-6)
    for trace in figure.data:
        sign = 1 if trace.stackgroup == "long" else -1
        assert (sign * np.asarray(trace.y) >= 0).all()


def test_nothing_is_short_where_nothing_is_short():
    figure = weights_chart(ONE_LAYER, COLOURS)
    assert [trace.name for trace in figure.data] == ["A", "B", "cash"]


@pytest.mark.parametrize(
    ("last", "ticks"), [(1.5, None), (50.0, "D2"), (1e6, 1)], ids=["short", "usual", "long"]
)
def test_ticks_suit_how_far_the_value_went(last, ticks):
    values = pd.DataFrame({"strategy": [1.0, last]}, index=DAYS[:2])
    assert value_chart(values, None, {}).layout.yaxis2.dtick == ticks


def test_charts_share_their_range_of_sessions():
    ranges = {
        chart.layout.xaxis.range
        for chart in (
            value_chart(VALUES, None, COLOURS),
            drawdown_chart(VALUES - VALUES.cummax(), COLOURS),
            weights_chart(ONE_LAYER, COLOURS),
        )
    }
    assert ranges == {(DATES[0], DATES[-1])}


def test_a_users_name_is_text():
    assert label("a<b>&amp;</b>") == "a&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert label("x" * 24) == "x" * 24
    assert label("x" * 25) == "x" * 23 + "…"
    assert label("<" * 30) == "&lt;" * 23 + "…"
    nasty = "<b>A</b>"
    weights = ONE_LAYER.rename(columns={"A": nasty})
    values = VALUES.rename(columns={"A": nasty})
    colours = palette(weights)
    for figure in (
        value_chart(values, held_alone(weights), colours),
        drawdown_chart(values - values.cummax(), colours),
        weights_chart(weights, colours),
    ):
        assert "<" not in figure.to_json(engine="json")
        assert "\\u003c" not in figure.to_json(engine="json")


def test_tables_are_left_as_they_were():
    values, weights = VALUES.copy(), ONE_LAYER.copy()
    value_chart(values, held_alone(weights), COLOURS)
    weights_chart(weights, COLOURS)
    drawdown_chart(values, COLOURS)
    pd.testing.assert_frame_equal(values, VALUES)
    pd.testing.assert_frame_equal(weights, ONE_LAYER)
