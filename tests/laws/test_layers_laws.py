"""What must hold of layers and of the accounts that hold them."""

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import markets
import rotation as rt

DAILY = rt.Schedule("D", lag=0, same_close=True)
WEIGHTINGS = st.sampled_from((rt.Equal(), rt.InverseVolatility(3))).flatmap(
    lambda weighting: st.sampled_from((weighting, rt.Capped(weighting, 0.4)))
)


@st.composite
def worlds(draw, *, overlap=True, whole=True):
    """Closes, a universe of two layers that share a name or not, and what keeps them."""
    closes = draw(markets.closes(assets=(3, 6), whole=whole))
    names = list(closes.columns)
    half = len(names) // 2
    universe = {"x": names[: half + overlap], "y": names[half:]}
    options = {
        "weighting": draw(WEIGHTINGS),
        "schedule": rt.Schedule(draw(st.integers(1, 9)), lag=0, same_close=True),
        "costs": rt.Costs(buy=draw(markets.rates()), sell=draw(markets.rates())),
    }
    return closes, universe, options


def build(closes, universe, options):
    try:
        return rt.build_layers(closes, rt.Universe(universe), **options)
    except rt.DataError as error:
        assume("no member left" not in str(error))
        raise


def targets(draw, layers: rt.Layers) -> tuple[pd.DataFrame, markets.Terms]:
    weights = draw(markets.targets(layers.index))
    on = draw(markets.terms(layers.index, fills=False))
    first = layers.index.index.get_indexer(weights.dropna(how="all").index)
    assume(len(first) and first[0] + on.lag < len(layers.index))
    return weights, on


@given(worlds(whole=False))
def test_attribution_adds_up_to_the_change_of_the_index(drawn):
    layers = build(*drawn)
    for name in layers.index:
        index = layers.index[name].dropna()
        change = index.diff().fillna(0.0)
        parts = layers.attribution(name)
        assert_allclose(parts.sum(axis=1), change, rtol=0, atol=1e-12 * index.max())
        assert (parts["cost"] <= 1e-15).all()
        assert_allclose(parts.sum().sum(), index.iloc[-1] - 1.0, atol=1e-12 * index.max())


@given(worlds(whole=False))
def test_the_index_is_the_account_that_holds_the_layer(drawn):
    layers = build(*drawn)
    for name, account in layers.accounts.items():
        index = layers.index[name].dropna()
        assert_allclose(account.value / account.value.iloc[0], index, rtol=1e-12)
        held = layers.weights(name)
        assert_allclose(held.sum(axis=1), 1.0, rtol=1e-12)
        members = [member.ticker for member in layers.universe.members(name)]
        assert set(held.columns) <= set(members)


@given(worlds())
def test_shares_at_a_rebalancing_are_those_of_the_weighting(drawn):
    closes, universe, options = drawn
    layers = build(closes, universe, options | {"weighting": rt.Capped(rt.Equal(), 1)})
    rows = options["schedule"].rows(closes.index)
    for name, members in universe.items():
        assert_allclose(layers.weights(name).iloc[rows], 1 / len(members), rtol=1e-11)
    given_sizes = rt.Given(pd.DataFrame(7.0, closes.index[:1], closes.columns))
    same = build(closes, universe, options | {"weighting": given_sizes})
    assert_allclose(same.index, layers.index, rtol=1e-12)


@given(worlds(), st.data())
def test_layers_of_one_name_are_that_name(drawn, data):
    closes, _, options = drawn
    layers = build(closes, {f"only {name}": [name] for name in closes}, options)
    weights, on = targets(data.draw, layers)
    rng = np.random.default_rng(len(closes))
    buy = pd.Series(on.buy * rng.random(closes.shape[1]), closes.columns)
    costs = {"costs": rt.Costs(buy=buy, sell=on.sell)}
    one = rt.simulate(layers, weights, **(on.options | costs))
    alone = weights.rename(columns=lambda name: name.removeprefix("only "))
    other = rt.simulate(closes, alone, **(on.options | costs))
    assert_allclose(one.value, other.value, rtol=1e-10)
    assert_allclose(one.switches["turnover"], other.switches["turnover"], rtol=1e-9)


@given(worlds(), st.data())
def test_between_layers_of_the_same_names_nothing_is_traded(drawn, data):
    closes, universe, options = drawn
    layers = build(closes, {"one": universe["x"], "two": universe["x"]}, options)
    rng = np.random.default_rng(data.draw(markets.seeds()))
    part = rng.random(len(closes))
    weights = pd.DataFrame({"one": part, "two": 1.0 - part}, closes.index)
    assume(len(closes) > 2)
    result = rt.simulate(layers, weights, costs=rt.Costs.bps(100))
    assert len(result.switches) == 1
    assert_allclose(result.switches["turnover"], 1.0, rtol=1e-12)


@given(worlds(), st.data())
def test_shared_names_never_make_a_switch_dearer(drawn, data):
    layers = build(*drawn)
    weights, on = targets(data.draw, layers)
    netted = rt.simulate(layers, weights, **on.options)
    gross = rt.simulate(layers.index, weights, **on.options)
    assert (netted.value >= gross.value * (1 - 1e-11)).all()
    first = netted.switches.iloc[:1]
    assert_allclose(first["cost"], gross.switches["cost"].iloc[:1], rtol=1e-9)


@given(worlds(overlap=False), st.data())
def test_layers_that_share_nothing_are_traded_like_their_indices(drawn, data):
    layers = build(*drawn)
    weights, on = targets(data.draw, layers)
    by_name = pd.Series(on.buy, layers.prices.columns)
    one = rt.simulate(layers, weights, **(on.options | {"costs": rt.Costs(by_name, on.sell)}))
    other = rt.simulate(layers.index, weights, **on.options)
    assert_allclose(one.value, other.value, rtol=1e-11)
    assert_allclose(one.switches["turnover"], other.switches["turnover"], rtol=1e-9)


@given(worlds(whole=False), st.randoms())
def test_the_order_of_layers_and_members_changes_nothing(drawn, random):
    closes, universe, options = drawn
    one = build(closes, universe, options)
    mixed = {name: random.sample(universe[name], len(universe[name])) for name in ("y", "x")}
    order = random.sample(list(closes.columns), closes.shape[1])
    other = build(closes[order], mixed, options)
    assert_allclose(other.index[["x", "y"]], one.index, rtol=1e-11)


@given(worlds(whole=False), st.data())
def test_the_past_of_a_layer_does_not_feel_the_future(drawn, data):
    closes, universe, options = drawn
    cut = data.draw(st.integers(0, len(closes) - 2))
    factor = np.ones(closes.shape)
    factor[cut + 1 :] = np.random.default_rng(cut).uniform(0.5, 2.0, factor[cut + 1 :].shape)
    one, other = build(closes, universe, options), build(closes * factor, universe, options)
    assert_array_equal(one.index.iloc[: cut + 1], other.index.iloc[: cut + 1])


@given(worlds(whole=False), st.floats(0.0, 0.1))
def test_an_index_never_rises_with_the_costs_of_rebalancing(drawn, more):
    closes, universe, options = drawn
    costs = rt.Costs(options["costs"].buy + more, options["costs"].sell + more)
    dear = build(closes, universe, options | {"costs": costs})
    cheap = build(closes, universe, options)
    assert (dear.index.fillna(0.0) <= cheap.index.fillna(0.0) * (1 + 1e-11)).all(axis=None)
