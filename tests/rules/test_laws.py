"""What every rule keeps: it is causal, fair to layers and strategies, and gives a reason a move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.protocols import bind
from rotation.rules import (
    Blend,
    DipBuyer,
    EventSwitch,
    History,
    Hold,
    Refuge,
    Switch,
    TopK,
    VolTarget,
    Wait,
)
from rotation.rules.inner import weights_of
from rules import tables

FIRST = np.datetime64("2024-01-01")
BLIND = [
    Switch(),
    Switch(0.25, confirm=2),
    Switch(0.25, min_hold=3),
    Switch(confirm=2, min_hold=3),
    TopK(2),
    TopK(1, buffer=1),
    Refuge(Switch(0.25)),
    Refuge(TopK(2, buffer=1), floor=-0.1),
    Blend(3.0),
    Blend(3.0, pace=0.5),
    DipBuyer(0.25, 2),
]
"""Rules for which one layer is as good as another."""

NAMING = [
    Hold("ASH"),
    Wait(0.25, 2, "ASH"),
    DipBuyer(0.25, 2, rest="ASH"),
    Refuge(Switch(), to="ASH"),
    Refuge(Blend(2.0, pace=0.5), to="ASH"),
    EventSwitch(["2024-01-03", "2024-01-09"], "ASH", "cash", back_after=2),
    VolTarget(Switch(), 0.2, 3),
    VolTarget(Refuge(TopK(2), to="ASH"), 0.2, 3, most=2.0),
]
every_rule = pytest.mark.parametrize("rule", [*BLIND, *NAMING], ids=repr)


def opened(scores, seed):
    """A history of as many sessions as there are decisions, with layers named as in markets."""
    rng = np.random.default_rng(seed)
    close = np.exp(rng.normal(0, 0.02, (len(scores), scores.shape[2])).cumsum(axis=0))
    rows = np.arange(len(scores))
    return History(close, FIRST + rows, markets.NAMES[: scores.shape[2]], rows=rows)


@every_rule
@given(scores=tables.scores(), seed=markets.seeds(), data=st.data())
def test_weights_are_those_of_the_decisions_so_far_of_layers_with_a_score(rule, scores, seed, data):
    history, before = opened(scores, seed), scores.copy()
    weights = weights_of(bind(rule, history), scores)
    np.testing.assert_array_equal(scores, before)
    assert weights.shape == scores.shape
    assert (weights >= 0).all()
    assert (weights[np.isnan(scores)] == 0).all()
    most = getattr(rule, "most", 1.0)
    assert (weights.sum(axis=2) <= most * (1 + 1e-12)).all()
    stop = data.draw(st.integers(0, len(scores)))
    short = weights_of(bind(rule, history.deciding(np.arange(stop))), scores[:stop])
    np.testing.assert_array_equal(short, weights[:stop])


@every_rule
@given(scores=tables.scores(), seed=markets.seeds())
def test_strategies_do_not_feel_each_other(rule, scores, seed):
    bound = bind(rule, opened(scores, seed))
    weights = weights_of(bound, scores)
    for s in range(scores.shape[1]):
        alone = weights_of(bound, scores[:, s : s + 1])
        np.testing.assert_allclose(weights[:, s : s + 1], alone, rtol=1e-12, atol=0)


@pytest.mark.parametrize("rule", BLIND, ids=repr)
@given(scores=tables.scores(distinct=True), data=st.data())
def test_layers_may_stand_in_any_order(rule, scores, data):
    order = data.draw(st.permutations(range(scores.shape[2])))
    np.testing.assert_allclose(
        weights_of(rule, scores[:, :, order]), weights_of(rule, scores)[:, :, order], rtol=1e-12
    )


@every_rule
@given(scores=tables.scores(), seed=markets.seeds(), data=st.data())
def test_there_is_one_reason_for_a_decision_however_it_is_asked_for(rule, scores, seed, data):
    history, scores = opened(scores, seed), scores[:, 0]
    bound = bind(rule, history)
    every = bound.reasons(scores, np.arange(len(scores)), history.names)
    assert all(isinstance(text, str) and text for text in every)
    moves = data.draw(st.lists(st.sampled_from(range(len(scores))), unique=True).map(sorted))
    some = bound.reasons(scores, np.array(moves, dtype=int), history.names)
    assert some == [every[move] for move in moves]


@every_rule
@given(market=markets.closes(sessions=(5, 50)))
def test_no_rule_looks_ahead(rule, market):
    rt.check_causal(rule, market, cuts=8)


@every_rule
@given(market=markets.closes(sessions=(8, 50), whole=True), every=st.integers(1, 3))
def test_every_rule_runs_in_a_backtest_and_its_reasons_reach_the_ledger(rule, market, every):
    strategy = rt.Strategy(rt.Momentum(2), rule, rt.Schedule(every))
    result = rt.backtest(market, strategy)
    assert not result.switches["reason"].str.startswith("decided by").any()
