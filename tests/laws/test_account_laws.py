"""What must hold of every account, whatever the market and the targets."""

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import markets
import rotation as rt
from rotation.engine import account as engine
from rotation.engine.market import Market, Rates

RATES = Rates(buy=0.01, sell=0.02)


def long_only():
    """A market, targets without shorts or leverage, and terms."""
    return markets.closes().flatmap(
        lambda closes: st.tuples(st.just(closes), markets.targets(closes), markets.terms(closes))
    )


def simulate(closes, weights, terms, **other):
    """`rt.simulate` on drawn terms; draws in which no decision trades are passed over."""
    first = closes.index.get_indexer(weights.dropna(how="all").index)
    assume(len(first) and first[0] + terms.lag < len(closes))
    options = {
        "lag": terms.lag,
        "same_close": terms.lag == 0,
        "costs": rt.Costs(buy=terms.buy, sell=terms.sell),
        "fill": terms.fill,
        "cash_rate": terms.cash_rate,
        "capital": terms.capital,
    }
    return rt.simulate(closes, weights, **(options | other))


@given(long_only())
def test_profit_less_cost_is_the_change_in_value(drawn):
    closes, weights, terms = drawn
    result = simulate(closes, weights, terms, fill=None)
    held = result.weights.mul(result.value, axis=0)
    growth = closes.ffill().pct_change().fillna(0.0)
    cash = np.diff(np.log(result.market.cash), prepend=0.0)
    growth["cash"] = np.expm1(cash)
    profit = (held.shift(1).fillna(0.0) * growth).sum(axis=1)
    before = np.append(terms.capital, result.value.iloc[:-1])
    if result.account.rows[0] > 0:  # before the first trade all is cash, which earns from row 1
        profit.iloc[0] = 0.0
    paid = result.switches.groupby("traded")["cost"].sum().reindex(closes.index).fillna(0.0)
    assert_allclose(before + profit - paid, result.value, rtol=1e-11)
    assert (result.switches["cost"] >= -1e-15 * terms.capital).all()


@given(long_only(), st.floats(0.0, 0.1), st.floats(0.0, 0.1))
def test_value_never_rises_with_a_higher_rate(drawn, more_buy, more_sell):
    closes, weights, terms = drawn
    low = simulate(closes, weights, terms)
    costs = rt.Costs(buy=terms.buy + more_buy, sell=terms.sell + more_sell)
    high = simulate(closes, weights, terms, costs=costs)
    assert (high.value <= low.value * (1 + 1e-12)).all()


@given(long_only())
def test_cash_is_never_negative_without_leverage(drawn):
    assert (simulate(*drawn).weights["cash"] >= -1e-12).all()


@given(long_only(), st.sampled_from([1e-6, 7.0, 1e9]))
def test_scaling_capital_scales_value_and_cost_alone(drawn, scale):
    closes, weights, terms = drawn
    one = simulate(closes, weights, terms)
    other = simulate(closes, weights, terms, capital=terms.capital * scale)
    assert_allclose(other.value, one.value * scale, rtol=1e-12)
    assert_allclose(other.account.turnover, one.account.turnover, rtol=1e-9, atol=1e-13)


@given(long_only(), st.integers(0, 2**32 - 1))
def test_scaling_prices_changes_nothing(drawn, seed):
    closes, weights, terms = drawn
    scale = 10 ** np.random.default_rng(seed).uniform(-3, 3, closes.shape[1])
    fill = None if terms.fill is None else terms.fill * scale
    one = simulate(closes, weights, terms)
    other = simulate(closes * scale, weights, terms, fill=fill)
    assert_allclose(other.value, one.value, rtol=1e-11)


@given(long_only(), st.randoms())
def test_the_order_of_assets_changes_nothing(drawn, random):
    closes, weights, terms = drawn
    order = list(closes.columns)
    random.shuffle(order)
    fill = None if terms.fill is None else terms.fill[order]
    one = simulate(closes, weights, terms)
    other = simulate(closes[order], weights, terms, fill=fill)
    assert_allclose(other.value, one.value, rtol=1e-12)
    assert_allclose(other.weights[one.weights.columns], one.weights, atol=1e-12)


@given(long_only(), st.floats(0.0, 1.0))
def test_splitting_an_asset_in_two_changes_nothing(drawn, part):
    closes, weights, terms = drawn
    name = closes.columns[0]
    double = {"closes": closes.assign(twin=closes[name])}
    halves = weights.assign(twin=weights[name] * (1 - part))
    halves[name] = weights[name] * part
    fill = None if terms.fill is None else terms.fill.assign(twin=terms.fill[name])
    one = simulate(closes, weights, terms)
    other = simulate(double["closes"], halves, terms, fill=fill)
    assert_allclose(other.value, one.value, rtol=1e-11)
    assert_allclose(other.account.turnover.sum(), one.account.turnover.sum(), rtol=1e-9, atol=1e-12)


@given(long_only())
def test_costs_take_the_product_of_their_factors(drawn):
    closes, weights, terms = drawn
    dear, free = simulate(*drawn), simulate(closes, weights, terms, costs=rt.Costs())
    assume((dear.account.decision >= 0).all())  # a forced sale leaves other weights than a free one
    factors = np.prod(dear.account.after / dear.account.before)
    assert_allclose(dear.value.iloc[-1], free.value.iloc[-1] * factors, rtol=1e-11)


@given(long_only())
def test_after_a_trade_only_its_targets_matter(drawn):
    closes, weights, terms = drawn
    weights = weights.dropna(how="all")
    whole = simulate(closes, weights, terms)
    middle = len(whole.decided) // 2
    later = simulate(closes, weights.iloc[middle:], terms)
    row = later.start_row
    assert_allclose(
        later.value.iloc[row:] / later.value.iloc[row],
        whole.value.iloc[row:] / whole.value.iloc[row],
        rtol=1e-11,
    )


@given(markets.closes(whole=True), st.data())
def test_without_costs_growth_is_the_product_of_one_plus_weighted_returns(closes, data):
    weights = data.draw(markets.targets(closes)).dropna(how="all")[closes.columns]
    daily = weights.reindex(closes.index).ffill().fillna(0.0)
    result = rt.simulate(closes, daily, lag=0, same_close=True)
    returns = (daily.shift(1) * closes.pct_change()).sum(axis=1)
    assert_allclose(result.value, (1 + returns).cumprod(), rtol=1e-11)


@given(markets.closes(whole=True), st.data())
def test_asking_again_for_what_is_held_trades_nothing_but_drift(closes, data):
    weights = data.draw(markets.targets(closes)).dropna(how="all")
    still = closes * 0 + 7.0
    row = closes.index.get_loc(weights.index[0])
    again = pd.DataFrame(
        weights.to_numpy()[[0] * (len(closes) - row)],
        index=closes.index[row:],
        columns=weights.columns,
    )
    result = rt.simulate(still, again, lag=0, same_close=True, costs=rt.Costs.bps(30))
    assert len(result.switches) == (weights.iloc[0] != 0).any()
    assert_allclose(result.value.iloc[row:], result.value.iloc[row], rtol=1e-13)


@given(markets.closes(), st.integers(1, 5), st.data())
def test_a_batch_is_its_strategies_one_by_one_whatever_the_block(closes, strategies, data):
    close = closes.to_numpy()
    rows = np.unique(data.draw(st.lists(st.integers(0, len(close) - 1), min_size=1, max_size=9)))
    rng = np.random.default_rng(data.draw(markets.seeds()))
    targets = rng.dirichlet(np.ones(close.shape[1] + 1), (len(rows), strategies))[:, :, :-1]
    targets *= ~np.isnan(close[rows])[:, None, :]
    market = Market(close, close, np.linspace(1.0, 1.1, len(close)))
    batch = engine.run(market, rows, targets, rates=RATES)
    for s in range(strategies):
        alone = engine.run(market, rows, targets[:, [s]], rates=RATES)
        assert_allclose(alone.value[:, 0], batch.value[:, s], rtol=1e-13)
        assert_allclose(alone.turnover[:, 0], batch.turnover[:, s], rtol=1e-12, atol=1e-14)
    whole, engine._BLOCK = engine._BLOCK, data.draw(st.integers(1, 40))
    try:
        pieces = engine.run(market, rows, targets, rates=RATES)
    finally:
        engine._BLOCK = whole
    assert_allclose(pieces.value, batch.value, rtol=1e-13)
    assert_allclose(pieces.after, batch.after, rtol=1e-13)
    assert_allclose(pieces.before, batch.before, rtol=1e-13)


@given(long_only(), st.data())
def test_the_past_of_an_account_does_not_feel_the_future(drawn, data):
    closes, weights, terms = drawn
    cut = data.draw(st.integers(0, len(closes) - 2))
    factor = np.ones(closes.shape)
    factor[cut + 1 :] = np.random.default_rng(cut).uniform(0.5, 2.0, factor[cut + 1 :].shape)
    fill = None if terms.fill is None else terms.fill * factor
    one = simulate(closes, weights, terms)
    other = simulate(closes * factor, weights, terms, fill=fill)
    assert_array_equal(one.value.iloc[: cut + 1], other.value.iloc[: cut + 1])
    assert_array_equal(one.weights.iloc[: cut + 1], other.weights.iloc[: cut + 1])


@given(markets.closes(assets=(2, 4)), st.integers(1, 5), st.sampled_from([0.0, 0.01, 0.1]))
def test_switching_is_an_account_of_one_hot_weights(closes, days, margin):
    strategy = rt.Strategy(rt.Momentum(days), rt.Switch(margin), rt.Schedule("D"))
    assume(closes.notna().sum().max() > days + 3)
    costs = rt.Costs(buy=0.01, sell=0.03)
    try:
        result = rt.backtest(closes, strategy, costs=costs)
    except rt.DataError as error:
        assume("too short" not in str(error))
        raise
    one_hot = (result.weights.drop(columns="cash") > 0.5).astype(float)
    moved = (one_hot != one_hot.shift(1)).any(axis=1) & (one_hot.index >= result.start)
    decided = one_hot[moved].set_axis(closes.index[np.flatnonzero(moved) - 1])
    listed = closes.reindex(decided.index).notna() | (decided == 0)
    assume(listed.all(axis=None))
    same = rt.simulate(closes, decided, costs=costs)
    assert_allclose(same.value, result.value, rtol=1e-11)
