"""Switch equals a slow loop, strategy by strategy, and says why it moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.rules import switch
from rules import tables


def one_at_a_time(scores, margin, confirm=1, min_hold=1):
    """The rule as its docstring reads, for one strategy, in plain Python."""
    held, taken, history = -1, 0, []
    for k, row in enumerate(scores):
        order = tables.best(row)
        if not order:
            held = -1
        elif held not in order:
            held, taken = order[0], k
        elif k - taken >= max(min_hold, confirm):
            newest = scores[k + 1 - confirm : k + 1]
            leaders = [
                layer
                for layer in order
                if all(row[layer] - row[held] > margin for row in newest.tolist())
            ]
            if leaders:
                held, taken = leaders[0], k
        history.append(held)
    return history


margins = st.sampled_from([0.0, 0.25, 0.5, 0.3])
counts = st.integers(1, 4)


@given(scores=tables.scores(), margin=margins, confirm=counts, min_hold=counts)
def test_switch_equals_a_loop_over_decisions_and_strategies(scores, margin, confirm, min_hold):
    held = switch(scores, margin, confirm, min_hold)
    expected = [
        one_at_a_time(scores[:, s], margin, confirm, min_hold) for s in range(scores.shape[1])
    ]
    np.testing.assert_array_equal(held, np.transpose(expected))
    np.testing.assert_array_equal(rt.Switch(margin, confirm, min_hold).decide(scores), held)


@given(
    scores=tables.scores(),
    margin=tables.one_each(margins),
    confirm=tables.one_each(counts),
    min_hold=tables.one_each(counts) | st.just(np.ones(3, dtype=int)),
)
def test_each_strategy_may_have_parameters_of_its_own(scores, margin, confirm, min_hold):
    n = scores.shape[1]
    held = switch(scores, margin[:n], confirm[:n], min_hold[:n])
    for s in range(n):
        alone = switch(scores[:, s : s + 1], margin[s], int(confirm[s]), int(min_hold[s]))
        np.testing.assert_array_equal(held[:, s : s + 1], alone)


@given(scores=tables.scores(layers=(2, 2)), confirm=counts, min_hold=counts)
def test_two_layers_and_the_same_two_with_a_silent_third_decide_alike(scores, confirm, min_hold):
    third = np.full((*scores.shape[:2], 1), np.nan)
    np.testing.assert_array_equal(
        switch(scores, 0.25, confirm, min_hold),
        switch(np.concatenate([scores, third], axis=2), 0.25, confirm, min_hold),
    )


@pytest.mark.parametrize("decisions", [1, 63, 64, 65, 300])
@pytest.mark.parametrize("confirm", [1, 3])
def test_two_layers_decide_alike_over_many_decisions(decisions, confirm):
    rng = np.random.default_rng(decisions)
    scores = rng.normal(0, 1, (decisions, 40, 2)).cumsum(axis=0)
    scores[rng.random(scores.shape) < 0.01] = np.nan
    margin = np.linspace(0, 3, 40)
    third = np.full((*scores.shape[:2], 1), np.nan)
    np.testing.assert_array_equal(
        switch(scores, margin, confirm),
        switch(np.concatenate([scores, third], axis=2), margin, confirm),
    )


@given(scores=tables.scores(), seed=st.integers(0, 2**32 - 1), waits=st.booleans())
def test_strategies_may_share_scores_and_rules(scores, seed, waits):
    rng = np.random.default_rng(seed)
    rules = [
        rt.Switch(m, c, h if waits else 1) for m, c, h in [(0, 1, 1), (0.25, 1, 3), (0.5, 2, 2)]
    ]
    rule, signal = rng.integers(0, 3, 9), rng.integers(0, scores.shape[1], 9)
    held = rt.Switch.decide_each(rules, scores, rule, signal)
    for s in range(9):
        alone = rules[rule[s]].decide(scores[:, [signal[s]]])
        np.testing.assert_array_equal(held[:, [s]], alone)


def test_a_lead_must_be_strictly_greater_than_the_margin():
    scores = np.array([[[0.0, -1.0]], [[0.0, 0.5]], [[0.0, 0.5000001]]])
    assert switch(scores, 0.5).ravel().tolist() == [0, 0, 1]


def test_ties_go_to_the_earlier_column():
    assert switch(np.array([[[np.nan, 0.3, 0.3]]]), 0.0).item() == 1


def line(*rows):
    return np.array(rows, dtype=float)[:, None, :]


def test_the_challenger_must_be_the_same_on_all_decisions():
    turns = line([1, 0, 0], [0, 1, -1], [0, -1, 1], [0, 1, -1], [0, 1, -1])
    assert switch(turns, 0.0, confirm=2).ravel().tolist() == [0, 0, 0, 0, 1]


def test_two_challengers_that_take_turns_at_the_top_do_not_keep_each_other_out():
    both = line([1, 0, 0], [0, 1, 2], [0, 2, 1])
    assert switch(both, 0.0, confirm=2).ravel().tolist() == [0, 0, 1]


def test_a_lead_over_the_layer_held_before_does_not_count():
    late = line([2, 0, 0], [0, 1, 0], [0, 2, 1], [0, 0, 1], [0, 0, 1])
    assert switch(late, 0.0, confirm=2).ravel().tolist() == [0, 0, 1, 1, 2]


def test_a_gap_in_the_scores_breaks_the_run():
    gap = line([1, 0], [0, 1], [0, np.nan], [0, 1], [0, 1])
    assert switch(gap, 0.0, confirm=2).ravel().tolist() == [0, 0, 0, 0, 1]


def test_a_layer_is_held_for_as_many_decisions_as_asked_unless_its_score_is_gone():
    back = line([1, 0], [0, 1], [0, 1], [0, 1], [1, 0], [1, np.nan])
    assert switch(back, 0.0, min_hold=3).ravel().tolist() == [0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("name", ["confirm", "min_hold"])
@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2", None])
def test_decisions_are_counted_from_one(name, count):
    with pytest.raises(rt.ArgumentError, match=f"{name}: want decisions, 1 or more, got"):
        rt.Switch(**{name: count})


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


def test_reasons_name_how_long_the_lead_has_run():
    scores = np.array([[0.1, 0.0], [0.1, 0.2], [0.1, 0.3], [0.1, 0.3]])
    said = rt.Switch(margin=0.02, confirm=2, min_hold=2).reasons(scores, np.arange(4), ("a", "b"))
    assert said == [
        "best score: a +0.1000",
        "a stays: b leads it by 0.1000, "
        "want more than 0.02, 2 decisions running, 2 decisions after it was taken",
        "b leads a by 0.2000, more than 0.02, 2 decisions running",
        "b stays with the best score, +0.3000",
    ]


@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("confirm", [1, 2])
def test_no_margin_keeps_from_the_first_layer(layers, confirm):
    scores = np.ones((3, 1, layers))
    scores[:, :, -1] = 2.0
    assert switch(scores, np.inf, confirm).ravel().tolist() == [layers - 1] * 3
