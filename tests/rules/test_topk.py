"""TopK equals a slow loop, strategy by strategy, and says what came in and what went out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.rules import TopK, top_k
from rules import tables


def one_at_a_time(scores, k, buffer):
    """The rule as its docstring reads, for one strategy, in plain Python."""
    held, history = [], []
    for row in scores:
        order = tables.best(row)
        held = [layer for layer in held if layer in order[: k + buffer]]
        held += [layer for layer in order if layer not in held][: k - len(held)]
        history.append([1 / k if layer in held else 0.0 for layer in range(len(row))])
    return history


ks, buffers = st.integers(1, 5), st.integers(0, 3)


@given(scores=tables.scores(), k=ks, buffer=buffers)
def test_top_k_equals_a_loop_over_decisions_and_strategies(scores, k, buffer):
    weights = top_k(scores, k, buffer)
    for s in range(scores.shape[1]):
        np.testing.assert_array_equal(weights[:, s], one_at_a_time(scores[:, s], k, buffer))
    np.testing.assert_array_equal(TopK(k, buffer).weigh(scores), weights)


@given(
    scores=tables.scores(),
    k=tables.one_each(ks),
    buffer=tables.one_each(buffers) | st.just(np.zeros(3, dtype=int)),
)
def test_each_strategy_may_have_parameters_of_its_own(scores, k, buffer):
    n = scores.shape[1]
    weights = top_k(scores, k[:n], buffer[:n])
    for s in range(n):
        alone = top_k(scores[:, s : s + 1], int(k[s]), int(buffer[s]))
        np.testing.assert_array_equal(weights[:, s : s + 1], alone)


def test_a_layer_that_lost_its_score_gives_its_place_up_within_the_buffer_too():
    scores = np.array([[[0.0, 1.0, -1.0]], [[0.0, np.nan, -1.0]]])
    assert top_k(scores, 1, buffer=2)[:, 0].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_while_fewer_than_k_have_a_score_the_rest_is_cash():
    scores = np.array([[[0.3, np.nan, np.nan]]])
    assert top_k(scores, 2)[0, 0].tolist() == [0.5, 0.0, 0.0]
    assert top_k(scores, 5)[0, 0].tolist() == [0.2, 0.0, 0.0]


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2", None])
def test_k_must_be_layers(k):
    with pytest.raises(rt.ArgumentError, match="k: want layers, 1 or more, got"):
        TopK(k)


@pytest.mark.parametrize("buffer", [-1, 0.5, False])
def test_buffer_must_be_ranks(buffer):
    with pytest.raises(rt.ArgumentError, match="buffer: want ranks, 0 or more, got"):
        TopK(1, buffer)


def test_reasons_name_what_came_in_and_what_went_out_with_their_ranks():
    scores = np.array(
        [
            [0.3, 0.2, 0.1, 0.0],
            [0.2, 0.1, 0.3, 0.0],
            [0.0, 0.1, 0.3, 0.2],
            [np.nan, np.nan, 0.3, 0.2],
            [0.3, 0.2, np.nan, 0.1],
            [np.nan, np.nan, np.nan, np.nan],
        ]
    )
    assert TopK(2, buffer=1).reasons(scores, np.arange(6), ("a", "b", "c", "d")) == [
        "in: a (rank 1), b (rank 2)",
        "stay: a (rank 2), b (rank 3)",
        "in: c (rank 1); out: a (rank 4)",
        "in: d (rank 2); out: b (no score)",
        "in: a (rank 1); out: c (no score)",
        "no layer has a score",
    ]


def test_of_those_that_went_out_the_ones_without_a_score_are_named_last():
    scores = np.array([[0.3, 0.2, 0.1, 0.0], [np.nan, 0.0, 0.1, 0.2]])
    said = TopK(2).reasons(scores, np.array([1]), ("a", "b", "c", "d"))
    assert said == ["in: d (rank 1), c (rank 2); out: b (rank 3), a (no score)"]


@given(scores=tables.scores(), k=ks, buffer=buffers)
def test_the_reasons_add_up_to_the_weights(scores, k, buffer):
    scores, names = scores[:, 0], ("a", "b", "c", "d")[: scores.shape[2]]
    held: set[str] = set()
    weights = TopK(k, buffer).weigh(scores[:, None, :])[:, 0]
    reasons = TopK(k, buffer).reasons(scores, np.arange(len(scores)), names)
    for row, text in zip(weights, reasons, strict=True):
        for part in text.split("; "):
            way, _, layers = part.partition(": ")
            named = {each[0] for each in layers.split(", ")} if layers else set()
            held = {"in": held | named, "out": held - named, "stay": named}.get(way, set())
        assert held == {name for name, weight in zip(names, row, strict=True) if weight}
