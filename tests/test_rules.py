"""Switch equals a slow loop, batch by batch, and says why it moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.rules import switch


def one_at_a_time(scores, margin):
    """The rule as its docstring reads, for one strategy, in plain Python."""
    held, history = -1, []
    for row in scores:
        known = {layer: score for layer, score in enumerate(row) if score == score}
        if not known:
            held = -1
        else:
            best = min(layer for layer in known if known[layer] == max(known.values()))
            if held not in known or known[best] - known[held] > margin:
                held = best
        history.append(held)
    return history


@st.composite
def score_tables(draw):
    """Scores (K, S, L) on a coarse grid, so that ties and exact margins happen."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = rng.integers(-2, 3, shape) / 4
    scores[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.7]))] = np.nan
    return scores


@given(scores=score_tables(), margin=st.sampled_from([0.0, 0.25, 0.5, 0.3]))
def test_switch_equals_a_loop_over_decisions_and_strategies(scores, margin):
    held = switch(scores, margin)
    expected = [one_at_a_time(scores[:, s], margin) for s in range(scores.shape[1])]
    np.testing.assert_array_equal(held, np.transpose(expected))
    np.testing.assert_array_equal(rt.Switch(margin).decide(scores), held)


@given(scores=score_tables())
def test_two_layers_and_the_same_two_with_a_silent_third_decide_alike(scores):
    two = scores[:, :, :2]
    if two.shape[2] == 2:
        third = np.full((*two.shape[:2], 1), np.nan)
        np.testing.assert_array_equal(
            switch(two, 0.25), switch(np.concatenate([two, third], axis=2), 0.25)
        )


def test_a_lead_must_be_strictly_greater_than_the_margin():
    scores = np.array([[[0.0, -1.0]], [[0.0, 0.5]], [[0.0, 0.5000001]]])
    assert switch(scores, 0.5).ravel().tolist() == [0, 0, 1]


def test_ties_go_to_the_earlier_column():
    assert switch(np.array([[[np.nan, 0.3, 0.3]]]), 0.0).item() == 1


@pytest.mark.parametrize("margin", [-0.01, np.nan, np.inf, "0.02", None, True])
def test_margin_must_be_a_lead(margin):
    with pytest.raises(rt.ArgumentError, match="margin: want a lead, 0 or more, got"):
        rt.Switch(margin=margin)


@pytest.mark.parametrize(
    ("scores", "before", "after", "text"),
    [
        ([0.1, 0.2], -1, 1, "best score: b +0.2000"),
        ([0.1, 0.2], 0, 1, "b leads a by 0.1000, more than 0.02"),
        ([np.nan, 0.2], 0, 1, "a has no score; best of the rest: b"),
        ([np.nan, np.nan], 0, -1, "no layer has a score"),
    ],
)
def test_reasons_name_the_gap_and_the_margin(scores, before, after, text):
    first = {-1: [np.nan, np.nan], 0: [0.1, 0.0]}[before]
    said = rt.Switch(margin=0.02).reasons(np.array([first, scores]), np.array([1]), ("a", "b"))
    assert said == [text]
