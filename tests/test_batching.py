"""Strategies decided together are decided as if alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation import batching
from rotation.batching import batches, decide_together
from rotation.deciding import want
from rotation.protocols import History

RULES = [
    rt.Switch(),
    rt.rules.TopK(2),
    rt.Switch(0.02),
    rt.rules.Hold(1),
    rt.Switch(0.02, confirm=2),
    rt.Switch(0.5),
]


@given(
    numbers=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 2), st.integers(0, 1)),
        min_size=1,
        max_size=60,
    )
)
def test_every_strategy_is_in_one_batch(numbers):
    numbers, seen = np.array(numbers), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batching, "_TOGETHER", 7)
        patch.setattr(batching, "_SCORES", 100)
        found = batches(numbers, lambda schedule: 1 + 24 * schedule)
    for batch in found:
        assert len(batch.signals) <= (7, 4, 2)[batch.schedule]
        pairs = list(zip(batch.signals.tolist(), batch.rules.tolist(), strict=True))
        assert pairs == sorted(set(pairs))
        for place, column in zip(batch.place.tolist(), batch.column.tolist(), strict=True):
            assert (*pairs[column], batch.schedule) == tuple(numbers[place, :3].tolist())
            seen.append(place)
    assert sorted(seen) == list(range(len(numbers)))


@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("tranches", [1, 2])
def test_each_decides_as_if_alone(layers, tranches):
    rng = np.random.default_rng(layers)
    close = np.exp(rng.normal(0, 0.05, (90, layers)).cumsum(axis=0))
    days = pd.bdate_range("2020-01-01", periods=90)
    names = tuple("ABC"[:layers])
    history = History(close, days.to_numpy(), names).deciding(np.arange(0, 90))
    scores = rng.normal(0, 0.05, (90, 5, layers))
    scores[rng.random(scores.shape) < 0.1] = np.nan
    scores[30:33, 0] = np.nan
    rule, signal = rng.integers(0, len(RULES), 40), rng.integers(0, 5, 40)
    schedule = rt.Schedule("D", tranches=tranches)
    found = decide_together(RULES, scores, rule, signal, schedule, history)
    assert sorted(np.concatenate([columns for columns, _ in found]).tolist()) == list(range(40))
    for columns, made in found:
        for n, s in enumerate(columns.tolist()):
            alone = want(RULES[rule[s]], scores[:, signal[s]][:, None], schedule, history)
            for got, one in ((made.held, alone.held), (made.weights, alone.weights)):
                assert (got is None) == (one is None)
                if got is not None:
                    np.testing.assert_array_equal(got[:, n], one[:, 0])
