"""Blend equals a slow loop, strategy by strategy, and says what it aims at."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.rules import Blend, blend
from rules import tables


def one_at_a_time(scores, sharpness, pace):
    """The rule as its docstring reads, for one strategy, in plain Python."""
    held, history = {}, []
    for row in scores:
        known = tables.known(row)
        part = {layer: math.exp(sharpness * score) for layer, score in known.items()}
        aim = {layer: each / math.fsum(part.values()) for layer, each in part.items()}
        held = {layer: weight for layer, weight in held.items() if layer in known}
        total = math.fsum(held.values())
        if total > 0:
            held = {
                layer: held.get(layer, 0.0) / total * (1 - pace) + aim[layer] * pace
                for layer in known
            }
        else:
            held = aim
        history.append([held.get(layer, 0.0) for layer in range(len(row))])
    return history


sharp, paces = st.sampled_from([0.0, 0.5, 3.0, 40.0]), st.sampled_from([1.0, 0.5, 0.1])


@given(scores=tables.scores(), sharpness=sharp, pace=paces)
def test_blend_equals_a_loop_over_decisions_and_strategies(scores, sharpness, pace):
    weights = blend(scores, sharpness, pace)
    for s in range(scores.shape[1]):
        expected = one_at_a_time(scores[:, s], sharpness, pace)
        np.testing.assert_allclose(weights[:, s], expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(Blend(sharpness, pace).weigh(scores), weights)


@given(
    scores=tables.scores(),
    sharpness=tables.one_each(sharp),
    pace=tables.one_each(paces) | st.just(np.ones(3)),
)
def test_each_strategy_may_have_parameters_of_its_own(scores, sharpness, pace):
    n = scores.shape[1]
    weights = blend(scores, sharpness[:n], pace[:n])
    for s in range(n):
        alone = blend(scores[:, s : s + 1], sharpness[s], pace[s])
        np.testing.assert_array_equal(weights[:, s : s + 1], alone)


@given(scores=tables.scores(), sharpness=sharp, pace=paces)
def test_weights_sum_to_one_while_any_layer_has_a_score(scores, sharpness, pace):
    total = blend(scores, sharpness, pace).sum(axis=2)
    any_known = (~np.isnan(scores)).any(axis=2)
    np.testing.assert_allclose(total, any_known, rtol=0, atol=1e-14)


def test_a_sharpness_of_one_on_log_growth_is_equal_parts_bought_and_held():
    growth = np.array([[1.0, 1.0], [1.2, 0.9], [1.5, 1.1]])
    held = growth / growth.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(blend(np.log(growth)[:, None, :], 1.0)[:, 0], held, rtol=1e-14)


def test_scores_far_apart_do_not_overflow():
    assert blend(np.array([[[-800.0, 900.0]]]), 10.0)[0, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("sharpness", [-1, np.nan, np.inf, "2", None, True])
def test_sharpness_must_be_a_number(sharpness):
    with pytest.raises(rt.ArgumentError, match="sharpness: want a number, 0 or more, got"):
        Blend(sharpness)


@pytest.mark.parametrize("pace", [0, -0.1, 1.1, np.nan, "1", None, True])
def test_pace_must_be_a_part_of_the_way(pace):
    with pytest.raises(rt.ArgumentError, match="pace: want a part above 0, at most 1, got"):
        Blend(1.0, pace)


def test_reasons_name_the_best_and_how_far_it_goes():
    nan = np.nan
    scores = np.array([[nan, nan, nan], [0.0, 0.0, nan], [0.0, 0.5, 0.0], [0.1, nan, 0.0]])
    assert Blend(0.0, pace=0.25).reasons(scores, np.arange(4), ("a", "b", "c")) == [
        "no layer has a score",
        "best score: a +0.0000, aims at 50.0% of it",
        "best score: b +0.5000, aims at 33.3% of it, 25% of the way",
        "best score: a +0.1000, aims at 50.0% of it, 25% of the way; without a score: b",
    ]
    moved = np.array([[0.1, nan], [nan, 0.0]])
    assert Blend(0.0, pace=0.25).reasons(moved, np.array([1]), ("a", "b")) == [
        "best score: b +0.0000, aims at 100.0% of it; without a score: a"
    ]
    assert Blend(2.0).reasons(scores, np.array([2]), ("a", "b", "c")) == [
        "best score: b +0.5000, aims at 57.6% of it"
    ]
