"""`simulate`, `backtest` and layers against the slow ledger, to 1e-10."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import rotation as rt
from markets import Terms, closes, rates, seeds, sessions, targets, terms
from oracles.agreement import CLOSE, assert_agree, assert_same, days, slow
from oracles.basket import Basket, Gap, basket
from oracles.choice import deciding_rows, momentum, switch, switching
from oracles.ledger import table

EVERY = st.sampled_from(("D", "W", "M", "Q", "Y")) | st.integers(1, 9)


def test_a_trade_on_the_day_of_ruin_does_not_hide_it():
    days = pd.bdate_range("2024-01-01", periods=3)
    market = pd.DataFrame({"ASH": [1.0, 0.5, 0.5]}, index=days)
    weights = pd.DataFrame({"ASH": [2.5, 0.0]}, index=days[:2])
    costs = rt.Costs(buy=0.3, sell=0.0)
    result = rt.simulate(market, weights, lag=0, same_close=True, costs=costs)
    assert result.ruined == days[1]
    assert_allclose(result.value, [1 / 1.75, 0.0, 0.0], rtol=1e-15)


def test_a_layer_restored_on_the_newest_row_keeps_its_past():
    days = pd.bdate_range("2024-01-01", periods=4)
    market = pd.DataFrame({"ASH": [1.0, 2.0, 3.0, 4.0], "BAY": [1.0] * 4}, index=days)
    terms = {
        "schedule": rt.Schedule(1, offset=1, lag=0, same_close=True),
        "costs": rt.Costs(buy=0.1, sell=0.1),
    }
    universe = rt.Universe({"trees": ["ASH", "BAY"]})
    whole = rt.build_layers(market, universe, **terms).index
    earlier = rt.build_layers(market[:3], universe, **terms).index
    assert_allclose(earlier, whole[:3], rtol=1e-15)


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


def strategy(rule: dict, lag: int) -> rt.Strategy:
    return rt.Strategy(
        signal=rt.Momentum(days=rule["days"], skip=rule["skip"]),
        rule=rt.Switch(margin=rule["margin"]),
        schedule=rt.Schedule(rule["every"], offset=rule["offset"], lag=lag, same_close=lag == 0),
    )


@st.composite
def strategies(draw: st.DrawFn) -> dict:
    """Parameters of momentum, switch and schedule."""
    return {
        "days": draw(st.integers(1, 8)),
        "skip": draw(st.integers(0, 3)),
        "margin": draw(st.sampled_from((0.0, 0.01, 0.05, 0.3))),
        "every": draw(EVERY),
        "offset": draw(st.sampled_from((0, 0, 1, 3))),
    }


def chosen(market: pd.DataFrame, rule: dict) -> dict[int, dict[str, float]]:
    rows = deciding_rows(days(market.index), rule["every"], rule["offset"])
    kept = {name: rule[name] for name in ("days", "skip", "margin")}
    return switching(table(market), rows, **kept)


def backtested(prices: pd.DataFrame | rt.Layers, rule: dict, on: Terms) -> rt.Result:
    options = {name: x for name, x in on.options.items() if name not in ("lag", "same_close")}
    return rt.backtest(prices, strategy(rule, on.lag), **options)


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


def slow_layers(
    market: pd.DataFrame, members: dict[str, list[str]], rows: list[int], buy: float, sell: float
) -> dict[str, Basket]:
    """Baskets by layer."""
    listed = table(market)
    buys, sells = dict.fromkeys(market.columns, buy), dict.fromkeys(market.columns, sell)
    return {
        layer: basket(listed, names, rows, buy=buys, sell=sells) for layer, names in members.items()
    }


def built(
    market: pd.DataFrame, members: dict[str, list[str]], schedule: rt.Schedule, costs: rt.Costs
) -> rt.Layers:
    return rt.build_layers(market, rt.Universe(members), schedule=schedule, costs=costs)


def frame(layers: dict[str, Basket], index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(
        {name: layer.index for name, layer in layers.items()}, index=index, dtype=float
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """A market and its division into two or three layers, some with a name in two of them."""
    market = draw(closes(sessions=(8, 60), assets=(2, 6)))
    names = list(market.columns)
    layers = draw(st.integers(2, min(3, len(names))))
    rng = np.random.default_rng(draw(seeds()))
    rng.shuffle(names)
    members = {f"layer {k}": names[k::layers] for k in range(layers)}
    if draw(st.booleans(), label="overlap"):
        members["layer 0"].append(members["layer 1"][0])
    return market, members


@given(world=worlds(), every=EVERY, offset=st.sampled_from((0, 2)), buy=rates(), sell=rates())
def test_layer_indices(world, every, offset, buy, sell):
    market, members = world
    rows = deciding_rows(days(market.index), every, offset)
    schedule = rt.Schedule(every, offset=offset, lag=0, same_close=True)
    costs = rt.Costs(buy=buy, sell=sell)
    try:
        want = slow_layers(market, members, rows, buy, sell)
    except Gap:
        with pytest.raises(rt.DataError, match="no member left"):
            built(market, members, schedule, costs)
        return
    layers = built(market, members, schedule, costs)
    assert layers.index.index.equals(market.index)
    assert list(layers.index.columns) == list(members)
    assert_allclose(layers.index, frame(want, market.index), rtol=CLOSE)


def has_leaders(prices: pd.DataFrame, rule: dict) -> bool:
    """Whether no two scores, nor a lead and the margin, are equal but for rounding."""
    cells = table(prices)
    for t in range(len(prices)):
        scores = (momentum(cells, n, t, rule["days"], rule["skip"]) for n in prices.columns)
        for one, other in combinations([x for x in scores if x is not None], 2):
            lead = abs(one - other)
            if lead < CLOSE or abs(lead - rule["margin"]) < CLOSE:
                return False
    return True


@given(data=st.data(), world=worlds(), rule=strategies(), every=EVERY, buy=rates(), sell=rates())
def test_backtest_on_layers(data, world, rule, every, buy, sell):
    market, members = world
    rows = deciding_rows(days(market.index), every)
    try:
        baskets = slow_layers(market, members, rows, buy, sell)
    except Gap:
        assume(False)
    index = frame(baskets, market.index)
    on = data.draw(terms(market, fills=False, by_name=True))
    decisions = chosen(index, rule)
    assume(decisions and min(decisions) + on.lag < len(market) and has_leaders(index, rule))
    book = slow(
        index,
        decisions,
        on,
        shares={name: layer.shares for name, layer in baskets.items()},
    )
    schedule = rt.Schedule(every, lag=0, same_close=True)
    layers = built(market, members, schedule, rt.Costs(buy=buy, sell=sell))
    assert_same(backtested(layers, rule, on), book, on.capital)


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
