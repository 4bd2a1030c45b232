"""`simulate`, `backtest` and layers against the slow ledger, to 1e-10."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import rotation as rt
from markets import closes, seeds, sessions, targets, terms
from oracles.agreement import (
    EVERY,
    assert_agree,
    assert_same,
    backtested,
    chosen,
    days,
    slow,
    strategies,
)
from oracles.choice import deciding_rows, momentum, switch
from oracles.ledger import table


def test_a_trade_on_the_day_of_ruin_does_not_hide_it():
    days = pd.bdate_range("2024-01-01", periods=3)
    market = pd.DataFrame({"ASH": [1.0, 0.5, 0.5]}, index=days)
    weights = pd.DataFrame({"ASH": [2.5, 0.0]}, index=days[:2])
    costs = rt.Costs(buy=0.3, sell=0.0)
    result = rt.simulate(market, weights, lag=0, same_close=True, costs=costs)
    assert result.ruined == days[1]
    assert_allclose(result.value, [1 / 1.75, 0.0, 0.0], rtol=1e-15)


def test_a_ledger_without_trades_keeps_the_types_of_its_columns():
    market = pd.DataFrame({"ASH": [1.0, 2.0, 3.0]}, index=pd.bdate_range("2024-01-01", periods=3))
    full = rt.simulate(market, market.iloc[:1] * 0.5).switches
    empty = rt.simulate(market, market.iloc[:1] * 0.0).switches
    assert len(full) == 1
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)


@given(data=st.data(), market=closes())
def test_simulate_long_only(data, market):
    weights = data.draw(targets(market))
    on = data.draw(terms(market, by_name=True))
    assert_agree(market, weights, on)


@given(data=st.data(), market=closes(), gross=st.floats(0.5, 1.8))
def test_simulate_with_shorts_and_leverage(data, market, gross):
    weights = data.draw(targets(market, gross=gross))
    on = data.draw(terms(market, by_name=True))
    assert_agree(market, weights, on)


@given(
    data=st.data(),
    market=closes(assets=(2, 6), always={"gone"}),
    gross=st.sampled_from((None, 1.5)),
)
def test_simulate_when_assets_leave(data, market, gross):
    weights = data.draw(targets(market, gross=gross))
    on = data.draw(terms(market, by_name=True))
    assert_agree(market, weights, on)


@given(data=st.data(), market=closes(sessions=(20, 60), swings=(0.1,)), gross=st.floats(2.5, 4.0))
def test_simulate_close_to_ruin_and_beyond(data, market, gross):
    weights = data.draw(targets(market, gross=gross))
    on = data.draw(terms(market, by_name=True))
    assert_agree(market, weights, on)


@given(data=st.data(), market=closes(sessions=(8, 60)), rule=strategies())
def test_backtest_on_closes(data, market, rule):
    on = data.draw(terms(market, by_name=True))
    decisions = chosen(market, rule)
    if decisions and min(decisions) + on.lag < len(market):
        book = slow(market, decisions, on)
        assert_same(backtested(market, rule, on), book, on.capital)
    else:
        with pytest.raises(rt.DataError, match="too short"):
            backtested(market, rule, on)


@given(index=sessions(), every=EVERY, offset=st.integers(0, 4))
def test_the_rows_that_decide(index, every, offset):
    got = rt.Schedule(every, offset=offset).rows(index)
    assert got.tolist() == deciding_rows(days(index), every, offset)


@given(
    seed=seeds(),
    names=st.sampled_from(("AB", "ABCD")),
    margin=st.sampled_from((0.0, 0.25, 0.5)),
    unknown=st.sampled_from((0.0, 0.1, 0.6)),
)
def test_the_choice_among_scores_that_tie(seed, names, margin, unknown):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, (40, 3, len(names))) / 4.0  # exact: a lead can equal the margin
    scores[rng.random(scores.shape) < unknown] = np.nan
    got = rt.Switch(margin=margin).decide(scores)
    for s in range(3):
        held = None
        for k in range(40):
            row = {n: None if np.isnan(x) else x for n, x in zip(names, scores[k, s], strict=True)}
            held = switch(row, held, margin)
            assert got[k, s] == (-1 if held is None else names.index(held)), (k, s)


@given(market=closes(), skip=st.integers(0, 3), lookback=st.integers(1, 8))
def test_momentum_cell_by_cell(market, skip, lookback):
    cells = table(market)
    want = [
        [momentum(cells, name, t, lookback, skip) for name in market.columns]
        for t in range(len(market))
    ]
    listed = market.notna().to_numpy()
    got = rt.Momentum(days=lookback, skip=skip)(market.to_numpy())
    assert_allclose(np.where(listed, got, np.nan), np.array(want, float), atol=1e-14)
