"""VolTarget equals a slow loop over the returns behind a decision, and says how it scales."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.protocols import holds_one
from rotation.rules import (
    Blend,
    History,
    Hold,
    Refuge,
    Switch,
    TopK,
    VolTarget,
    realised_volatility,
    target_volatility,
)
from rotation.rules.inner import weights_of
from rotation.signals import momentum


def volatility_at_a_time(weights, close, row, days, periods):
    """Of one strategy at one decision, in plain Python; None where it is not known."""
    held = [layer for layer, weight in enumerate(weights) if weight]
    if row < days:
        return None
    path = []
    for t in range(row - days + 1, row + 1):
        path.append(sum(weights[n] * (close[t][n] / close[t - 1][n] - 1) for n in held))
    return None if any(map(math.isnan, path)) else statistics.stdev(path) * math.sqrt(periods)


def weights_at_a_time(weights, close, rows, days, periods, target, most):
    scaled = []
    for wanted, row in zip(weights, rows, strict=True):
        volatility = volatility_at_a_time(wanted, close, row, days, periods)
        scale = 0.0 if volatility is None else most
        if volatility:
            scale = min(most, target / volatility)
        scaled.append([weight * scale for weight in wanted])
    return scaled


def opened(market, rows):
    sessions = market.index.to_numpy().astype("datetime64[D]")
    return History(market.to_numpy(), sessions, tuple(market.columns), rows=rows)


@given(
    market=markets.closes(sessions=(4, 40), assets=(1, 4)),
    inner=st.sampled_from([Switch(), TopK(2), Blend(5.0), Refuge(Switch()), Hold(0)]),
    days=st.integers(2, 6),
    most=st.sampled_from([1.0, 0.5, 2.0]),
    target=st.sampled_from([0.05, 0.3, 1.5]),
    seed=st.integers(0, 99),
)
def test_it_equals_a_loop_over_decisions_and_returns(market, inner, days, most, target, seed):
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(market)) < 0.5)
    scores = momentum(market.to_numpy(), 1)[rows][:, None, :]
    rule = VolTarget(inner, target, days, periods=260, most=most)
    bound = rule.bind(opened(market, rows))
    assert not holds_one(rule)
    assert not holds_one(bound)
    weights = weights_of(inner, scores)[:, 0].tolist()
    close = market.to_numpy().tolist()
    expected = weights_at_a_time(weights, close, rows.tolist(), days, 260, target, most)
    got = bound.weigh(scores)[:, 0]
    # Where prices barely move the volatility is little but rounding.
    np.testing.assert_allclose(got, np.reshape(expected, got.shape), rtol=1e-9, atol=1e-12)


@given(
    market=markets.closes(sessions=(4, 40), assets=(1, 4)),
    days=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_a_batch_equals_its_strategies_one_by_one(market, days, seed):
    rng = np.random.default_rng(seed)
    rows = np.arange(len(market))
    weights = rng.normal(size=(len(rows), 3, market.shape[1]))
    close, target = market.to_numpy(), np.array([0.1, 0.2, 0.3])
    volatility = realised_volatility(weights, close, rows, days)
    scaled = target_volatility(weights, volatility, target, target * 2)
    for s in range(3):
        one = weights[:, s : s + 1]
        alone = realised_volatility(one, close, rows, days)
        # Opposite weights may leave a variance that is little but rounding.
        np.testing.assert_allclose(volatility[:, s : s + 1] ** 2, alone**2, rtol=1e-9, atol=1e-11)
        expected = target_volatility(one, volatility[:, s : s + 1], target[s], target[s] * 2)
        np.testing.assert_array_equal(scaled[:, s : s + 1], expected)


def test_more_decisions_than_fit_into_one_go_are_looked_at_in_parts():
    rng = np.random.default_rng(0)
    close = np.exp(rng.normal(0, 0.01, (2000, 4)).cumsum(axis=0))
    rows = np.arange(2000)
    weights = rng.random((2000, 1, 4))
    whole = realised_volatility(weights, close, rows, 300)
    for part in (slice(0, 301), slice(1100, 1300), slice(1999, 2000)):
        alone = realised_volatility(weights[part], close, rows[part], 300)
        np.testing.assert_array_equal(whole[part], alone)


def test_prices_that_stand_still_are_held_as_far_as_allowed():
    weights = np.ones((1, 1, 1))
    volatility = realised_volatility(weights, np.ones((5, 1)), np.array([4]), days=3)
    assert volatility.item() == 0.0
    assert target_volatility(weights, volatility, 0.1, most=1.5).item() == 1.5


def test_a_layer_listed_for_too_short_a_time_keeps_out_only_who_holds_it():
    close = np.array([[1.0, np.nan], [1.1, np.nan], [1.0, 5.0], [1.1, 5.1]])
    weights = np.array([[[1.0, 0.0], [0.5, 0.5]]])
    volatility = realised_volatility(weights, close, np.array([3]), days=3)
    assert np.isnan(volatility).tolist() == [[False, True]]
    assert target_volatility(weights, volatility, 9.0)[0].tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_before_it_is_bound_it_knows_no_closes():
    with pytest.raises(rt.ArgumentError, match="VolTarget needs closes; bind it to a history"):
        VolTarget(Switch(), 0.1, 20).weigh(np.zeros((1, 1, 2)))


@pytest.mark.parametrize("name", ["target", "periods", "most"])
@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, "1", None, True])
def test_target_periods_and_most_must_be_above_0(name, value):
    given_ = {"target": 0.1, "days": 20, name: value}
    with pytest.raises(rt.ArgumentError, match=f"{name}: want a number above 0, got"):
        VolTarget(Switch(), **given_)


@pytest.mark.parametrize("days", [1, 0, 2.5, True, None])
def test_days_must_be_returns(days):
    with pytest.raises(rt.ArgumentError, match="days: want returns, 2 or more, got"):
        VolTarget(Switch(), 0.1, days)


def test_rule_must_be_a_rule_and_is_bound_too():
    with pytest.raises(rt.ArgumentError, match="rule: want an object with decide"):
        VolTarget(None, 0.1, 20)
    history = History(np.ones((4, 2)), np.arange(4).astype("datetime64[D]"), ("a", "b"))
    history = history.deciding(np.array([3]))
    bound = VolTarget(Hold("b"), 0.1, 3).bind(history)
    assert bound.weigh(np.zeros((1, 1, 2))).tolist() == [[[0.0, 1.0]]]


def test_reasons_say_the_volatility_and_how_much_is_left():
    close = np.array([[1.0, 1.0], [1.01, 1.0], [1.0, 1.0], [1.01, 1.0]])
    history = History(close, np.arange(4).astype("datetime64[D]"), ("a", "b"), rows=np.arange(4))
    scores = np.array([[np.nan, np.nan], [0.1, 0.0], [0.1, 0.0], [0.2, 0.0]])
    bound = VolTarget(Switch(), 0.0912, 3).bind(history)
    assert bound.reasons(scores, np.arange(4), ("a", "b")) == [
        "no layer has a score",
        "best score: a +0.1000; fewer than 3 returns, so none of it",
        "a stays with the best score, +0.1000; fewer than 3 returns, so none of it",
        "enter, for 3 returns are known; the rule inside: "
        "a stays with the best score, +0.2000; volatility 18.2% a year, so 50.0% of it",
    ]


def test_only_the_first_decision_that_holds_what_the_rule_inside_held_before_enters():
    close = np.exp(np.random.default_rng(0).normal(0, 0.01, (6, 2)).cumsum(axis=0))
    history = History(close, np.arange(6).astype("datetime64[D]"), ("a", "b"), rows=np.arange(6))
    nan = np.nan
    scores = np.array([[0.1, 0.0], [nan, nan], [0.2, 0.0], [0.2, 0.0], [nan, nan], [0.2, 0.0]])
    said = VolTarget(Switch(), 0.1, 3).bind(history).reasons(scores, np.arange(6), ("a", "b"))
    assert [text.startswith("enter") for text in said] == [False, False, False, True, False, False]
    assert said[5].startswith("best score: a")


def test_bound_it_is_called_what_it_was_called_before():
    history = History(np.ones((99, 2)), np.arange(99).astype("datetime64[D]"), ("a", "b"))
    rule = VolTarget(Switch(), 0.1, 3)
    assert repr(rule.bind(history)) == repr(rule)
