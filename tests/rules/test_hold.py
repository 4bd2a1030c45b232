"""Hold keeps a layer while it has a score; a layer is told by name, column or cash."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.rules import History, Hold, hold
from rules import tables

HISTORY = History(np.ones((2, 2)), np.arange(2).astype("datetime64[D]"), ("a", "b"))


@given(scores=tables.scores(layers=(3, 3)), layer=tables.one_each(st.integers(-1, 2)))
def test_hold_equals_a_loop_over_decisions_and_strategies(scores, layer):
    n = scores.shape[1]
    expected = [
        [wanted if wanted in tables.known(row) else -1 for row in scores[:, s]]
        for s, wanted in enumerate(layer[:n].tolist())
    ]
    np.testing.assert_array_equal(hold(scores, layer[:n]), np.transpose(expected))
    for each in range(3):
        np.testing.assert_array_equal(Hold(each).decide(scores), hold(scores, each))
    assert (Hold("cash").decide(scores) == -1).all()


def test_a_name_is_a_column_once_it_is_bound():
    assert Hold("b").bind(HISTORY) == Hold(1)
    assert Hold(1).bind(HISTORY) == Hold(1)
    assert Hold("cash").bind(HISTORY) == Hold("cash")


@pytest.mark.parametrize("layer", ["c", "", 2])
def test_a_layer_that_is_not_there_is_refused_by_name(layer):
    with pytest.raises(rt.ArgumentError, match="layer: want"):
        Hold(layer).bind(HISTORY)


def test_before_it_is_bound_a_name_decides_nothing():
    with pytest.raises(rt.ArgumentError, match="layer: 'b' is a name, which only a history tells"):
        Hold("b").decide(np.zeros((1, 1, 2)))
    with pytest.raises(rt.ArgumentError, match="layer: want a column below 2, got 2"):
        Hold(2).decide(np.zeros((1, 1, 2)))


@pytest.mark.parametrize("layer", ["", -1, 1.0, None, True, ("a",)])
def test_a_layer_must_be_a_name_a_column_or_cash(layer):
    match = "layer: want the name or column of a layer or 'cash', got"
    with pytest.raises(rt.ArgumentError, match=match):
        Hold(layer)


def test_reasons_say_when_the_layer_has_no_score():
    scores = np.array([[0.1, np.nan], [0.1, 0.2]])
    assert Hold(1).reasons(scores, np.arange(2), ("a", "b")) == ["b has no score", "b always"]
    assert Hold("cash").reasons(scores, np.arange(1), ("a", "b")) == ["cash always"]
