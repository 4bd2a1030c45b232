"""Layers and what holds them against the slow ledger: members, shares, indices, switches."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import rotation as rt
from markets import Terms, closes, features, rate, rates, seeds, targets, terms
from oracles import basket
from oracles.agreement import (
    CLOSE,
    EVERY,
    assert_same,
    backtested,
    cells,
    chosen,
    days,
    plain,
    slow,
    strategies,
    wanted,
)
from oracles.basket import Basket, Gap, Stay, Weigh
from oracles.choice import deciding_rows, momentum
from oracles.ledger import table
from rotation.weighting import Weighting

OF_LAYERS = ("rates", "slippage", "impact", "band", "borrowing", "haircut")


@dataclass(frozen=True, slots=True)
class World:
    """A market, its layers, and how they are kept; the same for the library and for the oracle."""

    market: pd.DataFrame
    members: dict[str, list[Stay]]
    weighting: Weighting
    weigh: Weigh
    rows: list[int]
    schedule: rt.Schedule
    costs: rt.Costs
    haircut: float

    def layers(self) -> rt.Layers:
        universe = rt.Universe(
            {name: [rt.Member(*stay) for stay in stays] for name, stays in self.members.items()}
        )
        return rt.build_layers(
            self.market,
            universe,
            weighting=self.weighting,
            schedule=self.schedule,
            costs=self.costs,
            haircut=self.haircut,
        )

    def baskets(self) -> dict[str, Basket]:
        return {
            name: basket.basket(
                table(self.market),
                stays,
                self.rows,
                buy=plain(self.costs.buy),
                sell=plain(self.costs.sell),
                slippage=plain(self.costs.slippage),
                days=days(self.market.index),
                weigh=self.weigh,
                haircut=self.haircut,
            )
            for name, stays in self.members.items()
        }


@st.composite
def worlds(draw: st.DrawFn, *, sessions: tuple[int, int] = (8, 60)) -> World:
    """Two or three layers of a market: some share names, some of which come and go."""
    market = draw(closes(sessions=sessions, assets=(2, 6)))
    rng = np.random.default_rng(draw(seeds(), label="world"))
    names = list(market.columns)
    rng.shuffle(names)
    number = draw(st.integers(2, min(3, len(names))), label="layers")
    split = {f"layer {k}": names[k::number] for k in range(number)}
    if draw(st.booleans(), label="overlap"):
        split["layer 0"].append(split["layer 1"][0])
    visits = draw(st.booleans(), label="members for a time")
    members = {
        layer: [stay for name in each for stay in _stays(rng, name, market.index, visits=visits)]
        for layer, each in split.items()
    }
    used = market[list(dict.fromkeys(n for stays in members.values() for n, _, _ in stays))]
    weighting, weigh = _weightings(draw, rng, market)
    every, offset = draw(EVERY), draw(st.sampled_from((0, 2)))
    lag = draw(st.sampled_from((0, 0, 1, 2)), label="lag of rebalancing")
    last = len(market)
    return World(
        market=market,
        members=members,
        weighting=weighting,
        weigh=weigh,
        rows=[t + lag for t in deciding_rows(days(market.index), every, offset) if t + lag < last],
        schedule=rt.Schedule(every, offset=offset, lag=lag, same_close=lag == 0),
        costs=rt.Costs(
            buy=rate(rng, used, draw(rates())),
            sell=rate(rng, used, draw(rates())),
            slippage=rate(rng, used, draw(st.sampled_from((0.0, 0.01)))),
        ),
        haircut=draw(st.sampled_from((0.0, 0.0, 0.4))),
    )


def _stays(
    rng: np.random.Generator, name: str, index: pd.DatetimeIndex, *, visits: bool
) -> list[Stay]:
    """A name for always; or with visits from a day on, to a day, both, or with a pause."""
    if not visits:
        return [(name, None, None)]
    noise = pd.Timedelta(days=int(rng.integers(-2, 3)))
    early, late = (
        (day + noise).date() for day in index[np.sort(rng.choice(len(index), 2, replace=False))]
    )
    kinds: list[list[Stay]] = [
        [(name, None, None)],
        [(name, early, None)],
        [(name, None, late)],
        [(name, early, late)],
        [(name, None, early), (name, late, None)],
    ]
    return kinds[rng.integers(len(kinds))]


def _weightings(
    draw: st.DrawFn, rng: np.random.Generator, market: pd.DataFrame
) -> tuple[Weighting, Weigh]:
    """The same shares for the library and for the oracle."""
    kind = draw(st.sampled_from(("equal", "inverse volatility", "given")), label="weighting")
    weighting: Weighting = rt.Equal()
    weigh: Weigh = basket.equal
    if kind == "inverse volatility":
        number = draw(st.integers(2, 9), label="days")
        weighting, weigh = rt.InverseVolatility(number), basket.inverse_volatility(number)
    if kind == "given":
        late = pd.DatetimeIndex(rng.choice(market.index[1:], 3, replace=False))
        index = late.union([market.index[0] - pd.Timedelta(days=3), market.index[2]])
        sizes = pd.DataFrame(
            rng.exponential(size=(len(index), market.shape[1])), index, market.columns
        )
        weighting = rt.Given(sizes)
        weigh = basket.given(
            days(market.index), list(zip(days(index), sizes.to_dict("records"), strict=True))
        )
    if draw(st.booleans(), label="capped"):
        cap = draw(st.sampled_from((0.2, 0.35, 0.5, 0.7, 1.0)), label="cap")
        weighting, weigh = rt.Capped(weighting, cap), basket.capped(weigh, cap)
    return weighting, weigh


def frame(baskets: dict[str, Basket], index: pd.Index) -> pd.DataFrame:
    """Layer indices as a table."""
    return pd.DataFrame(
        {name: layer.index for name, layer in baskets.items()}, index=index, dtype=float
    )


def slow_baskets(world: World) -> dict[str, Basket]:
    """Baskets of a world whose layers always have a member; other worlds are refused."""
    assume(
        not any(fleeting(world.market, stay) for each in world.members.values() for stay in each)
    )
    try:
        baskets = world.baskets()
    except Gap:
        baskets = {}
    alive = [any(layer.index) for layer in baskets.values()]
    if not alive or not all(alive):
        with pytest.raises(rt.DataError, match=r"universe: .*no member"):
            world.layers()
        assume(False)
    return baskets


def fleeting(market: pd.DataFrame, stay: Stay) -> bool:
    """Whether a member would enter and leave at the same close, and be held at none."""
    name, start, end = stay
    lives = market[name].dropna().loc[pd.Timestamp(start or 0) : pd.Timestamp(end or "2200")]
    return len(lives) == 1 and lives.index[0] != market.index[-1]


@given(world=worlds())
def test_layers(world):
    want = slow_baskets(world)
    layers = world.layers()
    sessions = world.market.index
    assert layers.index.index.equals(sessions)
    assert list(layers.index.columns) == list(world.members)
    assert_allclose(layers.index, frame(want, sessions), rtol=CLOSE)
    for name, layer in want.items():
        lives = [t for t, value in enumerate(layer.index) if value is not None]
        held = layers.weights(name)
        assert held.index.equals(sessions[lives])
        shares = [{n: layer.shares[t].get(n, 0.0) for n in held.columns} for t in lives]
        assert_allclose(held, cells(shares), rtol=CLOSE, atol=CLOSE)
        parts = layers.attribution(name)
        assert parts.index.equals(sessions[lives])
        assert {"cost"} < set(parts.columns) <= set(layer.parts[0])
        scale = np.maximum.accumulate([layer.index[t] for t in lives])[:, None]
        wanted_parts = cells([{n: layer.parts[t][n] for n in parts.columns} for t in lives])
        assert_allclose(parts / scale, wanted_parts / scale, rtol=0, atol=CLOSE)


@given(
    data=st.data(),
    world=worlds(),
    wanted_features=st.sets(st.sampled_from(OF_LAYERS)),
    gross=st.none() | st.floats(0.5, 2.0),
)
def test_targets_of_layers(data, world, wanted_features, gross):
    baskets = slow_baskets(world)
    index = frame(baskets, world.market.index)
    weights = data.draw(targets(index, gross=gross))
    on = on_layers(data, world, index, wanted_features)
    decisions = wanted(weights, index)
    assume(min(decisions) + on.lag < len(index))
    book = slow(index, decisions, on, shares={n: layer.shares for n, layer in baskets.items()})
    assert_same(rt.simulate(world.layers(), weights, **on.options), book, on.capital)


def on_layers(data, world: World, index: pd.DataFrame, wanted_features: set[str]) -> Terms:
    """Terms to trade layers on: what they pay goes by member, what they owe by layer."""
    used = world.market[
        list(dict.fromkeys(name for stays in world.members.values() for name, _, _ in stays))
    ]
    on = data.draw(terms(index, fills=False))
    _, by_layer = data.draw(features(index, on, wanted_features & {"band", "borrowing", "haircut"}))
    _, by_member = data.draw(features(used, on, wanted_features & {"rates", "slippage", "impact"}))
    return replace(
        by_layer,
        buy=by_member.buy,
        sell=by_member.sell,
        slippage=by_member.slippage,
        impact=by_member.impact,
    )


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


@given(data=st.data(), world=worlds(), rule=strategies())
def test_backtest_on_layers(data, world, rule):
    baskets = slow_baskets(world)
    index = frame(baskets, world.market.index)
    on = on_layers(data, world, index, {"rates"})
    decisions = chosen(index, rule)
    assume(decisions and min(decisions) + on.lag < len(index) and has_leaders(index, rule))
    book = slow(index, decisions, on, shares={n: layer.shares for n, layer in baskets.items()})
    assert_same(backtested(world.layers(), rule, on), book, on.capital)


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


def test_a_cap_holds_where_the_rest_have_no_share():
    days = pd.bdate_range("2024-01-01", periods=4)
    market = pd.DataFrame({"ASH": [1.0, 2.0, 3.0, 4.0], "BAY": [1.0] * 4}, index=days)
    sizes = pd.DataFrame({"ASH": [0.0], "BAY": [1.0]}, index=days[:1])
    weighting = rt.Capped(rt.Given(sizes), 0.7)
    layers = rt.build_layers(market, rt.Universe({"trees": ["ASH", "BAY"]}), weighting=weighting)
    assert_allclose(layers.weights("trees").iloc[0], [0.3, 0.7], rtol=1e-15)
