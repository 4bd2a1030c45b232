"""Refuge equals its inner rule on what beats the floor, and shelters what that leaves."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.protocols import holds_one
from rotation.rules import Blend, DipBuyer, History, Hold, Refuge, Switch, TopK, candidates
from rules import tables

HISTORY = History(np.ones((2, 3)), np.arange(2).astype("datetime64[D]"), ("a", "b", "c"))


def beating(row, floor, refuge):
    return [
        score if score > floor and layer != refuge else np.nan
        for layer, score in enumerate(row.tolist())
    ]


def one_at_a_time(scores, rule, floor, to):
    """Layer held by one strategy, in plain Python, around an inner rule that holds one."""
    left = np.array([beating(row, floor, to) for row in scores])
    held = rule.decide(left[:, None, :])[:, 0].tolist()
    return [
        layer if layer >= 0 else to if to in tables.known(row) else -1
        for row, layer in zip(scores, held, strict=True)
    ]


def weights_at_a_time(scores, rule, floor, to):
    """Weights of one strategy, in plain Python, around an inner rule that gives weights."""
    left = np.array([beating(row, floor, to) for row in scores])
    weights = rule.weigh(left[:, None, :])[:, 0].tolist()
    for row, wanted in zip(scores, weights, strict=True):
        idle = 1 - sum(wanted)
        if to in tables.known(row) and idle > 1e-9:
            wanted[to] += idle
    return weights


floors, refuges = st.sampled_from([-0.25, 0.0, 0.1]), st.sampled_from(["cash", 0, 2])


@given(
    scores=tables.scores(layers=(3, 4)),
    rule=st.sampled_from([Switch(), Switch(0.25, confirm=2), Hold(0), DipBuyer(0.2, 2)]),
    floor=floors,
    to=refuges,
)
def test_around_a_rule_that_holds_one_layer_it_equals_a_loop(scores, rule, floor, to):
    refuge = Refuge(rule, floor, to)
    assert holds_one(refuge)
    column = -1 if to == "cash" else to
    expected = [one_at_a_time(scores[:, s], rule, floor, column) for s in range(scores.shape[1])]
    held = refuge.decide(scores)
    np.testing.assert_array_equal(held, np.transpose(expected))
    np.testing.assert_array_equal(
        refuge.weigh(scores), held[:, :, None] == np.arange(scores.shape[2])
    )


@given(
    scores=tables.scores(layers=(3, 4)),
    rule=st.sampled_from([TopK(1), TopK(2, buffer=1), TopK(3), Blend(2.0, pace=0.5)]),
    floor=floors,
    to=refuges,
)
def test_around_a_rule_that_gives_weights_it_equals_a_loop(scores, rule, floor, to):
    refuge = Refuge(rule, floor, to)
    assert not holds_one(refuge)
    column = -1 if to == "cash" else to
    weights = refuge.weigh(scores)
    for s in range(scores.shape[1]):
        expected = weights_at_a_time(scores[:, s], rule, floor, column)
        np.testing.assert_allclose(weights[:, s], expected, rtol=0, atol=1e-12)
    with pytest.raises(rt.ArgumentError, match="gives weights; ask for weigh"):
        refuge.decide(scores)


@given(scores=tables.scores(layers=(3, 3)), floor=tables.one_each(floors))
def test_each_strategy_may_have_a_floor_of_its_own(scores, floor):
    n = scores.shape[1]
    left = candidates(scores, floor[:n], 1)
    for s in range(n):
        expected = [beating(row, floor[s], 1) for row in scores[:, s]]
        np.testing.assert_array_equal(left[:, s], expected)


def test_a_score_at_the_floor_does_not_beat_it():
    assert Refuge(Switch(), floor=0.1).decide(np.array([[[0.1, 0.1000001]]])).item() == 1
    assert Refuge(Switch(), floor=0.1).decide(np.array([[[0.1, 0.1]]])).item() == -1


def test_weights_that_miss_one_by_rounding_leave_nothing_over():
    scores = np.random.default_rng(0).normal(size=(100, 1, 10))
    inner = Blend(3.0).weigh(scores[:, :, :9]).sum(axis=2)
    assert (inner < 1).any()
    assert (Refuge(Blend(3.0), floor=-9.0, to=9).weigh(scores)[:, :, 9] == 0).all()


def test_names_are_columns_once_it_is_bound_within_and_without():
    refuge = Refuge(Refuge(Hold("a"), to="b"), to="c")
    assert refuge.bind(HISTORY) == Refuge(Refuge(Hold(0), to=1), to=2)
    with pytest.raises(rt.ArgumentError, match="to: want one of a, b, c, got 'd'"):
        Refuge(Hold("a"), to="d").bind(HISTORY)


@pytest.mark.parametrize("rule", [None, Switch, "switch", 0, np.argmax])
def test_rule_must_be_a_rule(rule):
    with pytest.raises(rt.ArgumentError, match="rule: want an object with decide"):
        Refuge(rule)


@pytest.mark.parametrize("floor", [np.nan, np.inf, "0", None, True])
def test_floor_must_be_a_score(floor):
    with pytest.raises(rt.ArgumentError, match="floor: want a score, got"):
        Refuge(Switch(), floor)


def test_reasons_say_what_did_not_beat_the_floor_and_where_the_rest_went():
    nan = np.nan
    scores = np.array(
        [[0.1, 0.2, -0.3], [0.2, -0.1, 0.3], [-0.1, -0.2, 0.0], [-0.1, nan, nan], [0.2, 0.1, nan]]
    )
    moves = np.arange(5)
    assert Refuge(Switch(), to=2).reasons(scores, moves, ("a", "b", "c")) == [
        "best score: b +0.2000",
        "no candidates: b -0.1000 (not above 0), c +0.3000 (the refuge); "
        "for the rule inside: b has no score; best of the rest: a",
        "no other layer scores above 0; to c",
        "no other layer scores above 0; to cash, for c has no score",
        "best score: a +0.2000",
    ]
    assert Refuge(TopK(2), floor=0.1).reasons(scores, moves[:1], ("a", "b", "c")) == [
        "no candidates: a +0.1000, c -0.3000 (not above 0.1); for the rule inside: in: b (rank 1)"
    ]
    assert Refuge(TopK(2), to=2).reasons(scores, moves[1:3], ("a", "b", "c")) == [
        "no candidates: b -0.1000 (not above 0), c +0.3000 (the refuge); "
        "for the rule inside: out: b (no score); the rest to c",
        "no other layer scores above 0; to c",
    ]
    assert Refuge(Switch()).reasons(scores, moves[3:4], ("a", "b", "c")) == [
        "no layer scores above 0"
    ]


def test_an_inner_rule_without_reasons_is_named():
    @dataclass(frozen=True)
    class First:
        def decide(self, scores):
            return np.zeros(scores.shape[:2], dtype=int)

    said = Refuge(First()).reasons(np.array([[0.1, 0.2]]), np.array([0]), ("a", "b"))
    assert said == [f"decided by {First()!r}"]


def test_an_inner_rule_that_is_none_before_it_is_bound_is_refused_until_then():
    class Later:
        def bind(self, history):
            return Hold(0)

    with pytest.raises(rt.ArgumentError, match=r"rule: want decide\(scores\) or weigh"):
        Refuge(Later()).weigh(np.zeros((1, 1, 3)))
    assert Refuge(Later()).bind(HISTORY).decide(np.ones((1, 1, 3))).item() == 0
