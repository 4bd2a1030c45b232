"""Switches are where a path of decisions moves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rotation.engine.switches import Switches, follow, once


@st.composite
def paths(draw):
    """What strategies hold (K, S), among them some alike, in one kind of integer and order."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    decisions, layers = draw(st.integers(1, 20)), draw(st.sampled_from([2, 3, 254, 255, 256]))
    held = rng.integers(-1, layers, (decisions, draw(st.integers(1, 8))))
    held = np.repeat(held, rng.integers(1, 4, held.shape[1]), axis=1)
    kind = draw(st.sampled_from([np.intp, np.int32] + [np.int8] * (layers < 128)))
    return held.astype(kind, order=draw(st.sampled_from("CF"))), layers


@given(path=paths(), seed=st.integers(0, 2**32 - 1))
def test_what_follows_is_where_it_moves(path, seed):
    held, layers = path
    rows = np.sort(np.random.default_rng(seed).choice(400, len(held), replace=False))
    switches = follow(held, rows, np.ones((400, layers)))
    for s in range(held.shape[1]):
        now, want = -1, []
        for row, layer in zip(rows.tolist(), held[:, s].tolist(), strict=True):
            if layer != now:
                want.append((row, layers if layer < 0 else layer))
            now = layer
        alone = switches.take(np.array([s]))
        assert list(zip(alone.row.tolist(), alone.held.tolist(), strict=True)) == want


@given(path=paths())
def test_neighbours_alike_are_kept_once(path):
    held, _ = path
    kept, again = once(held)
    np.testing.assert_array_equal(kept[:, again], held)
    assert (kept[:, 1:] != kept[:, :-1]).any(axis=0).all()


@given(path=paths(), seed=st.integers(0, 2**32 - 1))
def test_taken_and_joined_they_are_the_same(path, seed):
    held, layers = path
    switches = follow(held, np.arange(len(held)), np.ones((400, layers)))
    order = np.random.default_rng(seed).permutation(len(switches))
    shuffled = Switches.joined([switches.take(order[:3]), switches.take(order[3:])])
    back = shuffled.take(np.argsort(order))
    for name in ("first", "row", "held"):
        np.testing.assert_array_equal(getattr(back, name), getattr(switches, name))
