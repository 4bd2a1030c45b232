"""DipBuyer and Wait equal slow loops, say why, and are each other's opposite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.rules import DipBuyer, History, Hold, Wait, buy_dips, wait_out
from rules import tables

HISTORY = History(np.ones((2, 3)), np.arange(2).astype("datetime64[D]"), ("a", "b", "c"))


def buyer_at_a_time(scores, depth, hold, rest):
    """The dip buyer as its docstring reads, for one strategy, in plain Python."""
    dip, left, history = None, 0, []
    for row in scores:
        known = tables.known(row)
        falls = {
            layer: score for layer, score in known.items() if score <= -depth and layer != rest
        }
        left = hold if dip in falls else left - 1
        if dip not in known or left == 0:
            dip = min(falls, key=lambda layer: (falls[layer], layer), default=None)
            left = hold
        resting = rest if rest in known else -1
        history.append(resting if dip is None else dip)
    return history


def waiter_at_a_time(scores, layer, depth, wait, rest):
    """The waiting rule as its docstring reads, for one strategy, in plain Python."""
    left, history = 0, []
    for row in scores:
        known = tables.known(row)
        left = max(left - 1, 0) if layer in known else 0
        left = wait if known.get(layer, 0.0) <= -depth else left
        wanted = rest if left or layer not in known else layer
        history.append(wanted if wanted in known else -1)
    return history


depths, counts = st.sampled_from([0.25, 0.3, 0.5]), st.integers(1, 4)
rests = st.sampled_from(["cash", 0, 2])


@given(scores=tables.scores(layers=(3, 4)), depth=depths, count=counts, rest=rests)
def test_both_equal_loops_over_decisions_and_strategies(scores, depth, count, rest):
    column, every = -1 if rest == "cash" else rest, range(scores.shape[1])
    bought = [buyer_at_a_time(scores[:, s], depth, count, column) for s in every]
    np.testing.assert_array_equal(DipBuyer(depth, count, rest).decide(scores), np.transpose(bought))
    waited = [waiter_at_a_time(scores[:, s], 1, depth, count, column) for s in every]
    np.testing.assert_array_equal(Wait(depth, count, 1, rest).decide(scores), np.transpose(waited))


@given(scores=tables.scores(), depth=tables.one_each(depths), count=tables.one_each(counts))
def test_each_strategy_may_have_parameters_of_its_own(scores, depth, count):
    n = scores.shape[1]
    bought = buy_dips(scores, depth[:n], count[:n])
    waited = wait_out(scores, 0, depth[:n], count[:n])
    for s in range(n):
        one = scores[:, s : s + 1]
        np.testing.assert_array_equal(bought[:, s : s + 1], buy_dips(one, depth[s], count[s]))
        np.testing.assert_array_equal(waited[:, s : s + 1], wait_out(one, 0, depth[s], count[s]))


@given(scores=tables.scores(layers=(1, 1)), depth=depths, count=counts)
def test_with_one_layer_one_of_them_holds_it_and_the_other_does_not(scores, depth, count):
    bought = DipBuyer(depth, count).decide(scores) == 0
    waited = Wait(depth, count, 0).decide(scores) == 0
    np.testing.assert_array_equal(bought ^ waited, ~np.isnan(scores[:, :, 0]))


@given(
    market=markets.closes(sessions=(16, 60), assets=(1, 1), whole=True),
    days=st.integers(1, 4),
    depth=st.sampled_from([0.01, 0.05, 0.1]),
    count=counts,
    every=st.integers(1, 3),
)
def test_what_they_make_of_one_is_multiplied_what_the_layer_makes(
    market, days, depth, count, every
):
    def growth(rule):
        strategy = rt.Strategy(rt.Momentum(days), rule, rt.Schedule(every))
        return rt.backtest(market, strategy).value.to_numpy()

    name = market.columns[0]
    both = growth(DipBuyer(depth, count)) * growth(Wait(depth, count, name))
    np.testing.assert_allclose(both, growth(Hold(name)), rtol=1e-12)


def test_the_deepest_fall_is_bought_and_others_wait_until_its_time_is_over():
    scores = np.array([[-0.5, -0.25], [0.0, -0.5], [0.0, -0.25], [0.0, 0.0]])[:, None, :]
    assert buy_dips(scores, 0.25, hold=2).ravel().tolist() == [0, 0, 1, 1]


def test_a_score_at_the_depth_is_a_fall():
    assert buy_dips(np.array([[[-0.25]], [[-0.2499]]]), 0.25, hold=1).ravel().tolist() == [0, -1]


@pytest.mark.parametrize("depth", [0, -0.1, np.nan, np.inf, "0.1", None, True])
def test_depth_must_be_a_number_above_0(depth):
    match = "depth: want a number above 0, got"
    with pytest.raises(rt.ArgumentError, match=match):
        DipBuyer(depth, 1)
    with pytest.raises(rt.ArgumentError, match=match):
        Wait(depth, 1, "a")


@pytest.mark.parametrize("count", [0, -1, 1.5, True, None])
def test_times_are_decisions(count):
    with pytest.raises(rt.ArgumentError, match="hold: want decisions, 1 or more, got"):
        DipBuyer(0.1, count)
    with pytest.raises(rt.ArgumentError, match="wait: want decisions, 1 or more, got"):
        Wait(0.1, count, "a")


def test_the_layer_that_waits_is_neither_cash_nor_where_it_rests():
    with pytest.raises(rt.ArgumentError, match="layer: want the name or column of a layer, got"):
        Wait(0.1, 1, "cash")
    with pytest.raises(rt.ArgumentError, match="rest: want another layer than layer, got 'a'"):
        Wait(0.1, 1, "a", rest="a")
    with pytest.raises(
        rt.ArgumentError, match="rest: want the name or column of a layer or 'cash'"
    ):
        DipBuyer(0.1, 1, rest=None)


def test_names_are_columns_once_they_are_bound():
    assert DipBuyer(0.1, 1, rest="b").bind(HISTORY) == DipBuyer(0.1, 1, rest=1)
    assert Wait(0.1, 1, "c", rest="b").bind(HISTORY) == Wait(0.1, 1, 2, rest=1)


def test_the_buyer_says_which_fall_it_bought_and_how_long_ago_it_was():
    nan = np.nan
    scores = np.array([[0.0, 0.0], [0.0, -0.2], [0.0, 0.0], [0.0, 0.0], [-0.3, 0.0], [nan, nan]])
    assert DipBuyer(0.15, 2, rest=1).reasons(scores[:, ::-1], np.arange(6), ("b", "a")) == [
        "no layer at or below -0.15",
        "b at -0.2000, at or below -0.15",
        "1 decision since b was at or below -0.15",
        "2 decisions since b was at or below -0.15",
        "no layer but a at or below -0.15",
        "no layer at or below -0.15; a has no score",
    ]
    assert DipBuyer(0.15, 2).reasons(scores, np.arange(3, 6), ("a", "b")) == [
        "2 decisions since b was at or below -0.15",
        "a at -0.3000, at or below -0.15",
        "a has no score",
    ]


def test_the_buyer_says_that_the_layer_it_rests_in_has_fallen_too():
    scores = np.array([[0.0, -0.2], [0.0, -0.1], [0.0, -0.15]])
    assert DipBuyer(0.15, 2, rest=1).reasons(scores, np.arange(3), ("a", "b")) == [
        "no layer but b at or below -0.15",
        "no layer at or below -0.15",
        "no layer but b at or below -0.15",
    ]


def test_the_waiting_rule_says_what_it_waits_for():
    nan = np.nan
    scores = np.array([[nan, 0.0], [0.0, 0.0], [-0.2, nan], [0.0, 0.0], [0.0, 0.0], [nan, nan]])
    assert Wait(0.15, 2, 0, rest=1).reasons(scores, np.arange(6), ("a", "b")) == [
        "a has no score",
        "no fall of a to -0.15 or below to wait out",
        "a at -0.2000, at or below -0.15; b has no score",
        "1 decision since a was at or below -0.15",
        "2 decisions since a was at or below -0.15",
        "a has no score; b has no score",
    ]
