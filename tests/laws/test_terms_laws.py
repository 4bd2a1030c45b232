"""What must hold of every account on every kind of terms."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import markets
import rotation as rt
from markets import FEATURES, Terms

FRACTIONS = [name for name in FEATURES if name != "lots"]
WITH_LOTS = ("rates", "slippage", "actions", "haircut", "lots")
GROSS = st.none() | st.floats(0.5, 2.0)

PATH = Path(__file__).parents[2] / "scripts" / "try_identities.py"
spec = importlib.util.spec_from_file_location("try_identities", PATH)
identities = importlib.util.module_from_spec(spec)
spec.loader.exec_module(identities)


@st.composite
def accounts(draw, wanted=None, *, gross=None, **shape):
    """Closes, targets and terms with the wanted features, or with some of all."""
    market = draw(markets.closes(**shape))
    if wanted is None:
        wanted = draw(st.sets(st.sampled_from(FEATURES)))
    if "lots" in wanted:
        wanted, gross = set(wanted) & set(WITH_LOTS), None
    weights = draw(markets.targets(market, gross=gross))
    on = draw(markets.terms(market))
    first = market.index.get_indexer(weights.dropna(how="all").index)
    assume(len(first) and first[0] + on.lag < len(market))
    quoted, on = draw(markets.features(market, on, frozenset(wanted)))
    return quoted, weights, on


def run(market: pd.DataFrame, weights: pd.DataFrame, on: Terms, **other) -> rt.Result:
    return rt.simulate(market, weights, **(on.options | other))


@settings(max_examples=10 * settings().max_examples)
@given(st.one_of(accounts(), GROSS.flatmap(lambda gross: accounts(gross=gross))))
def test_all_that_must_add_up_does(drawn):
    market, weights, on = drawn
    result = run(*drawn)
    off = identities.residuals(result, identities.Drawn(market, weights, on.options))
    assert max(off.values()) < 1e-12, off


@given(accounts(WITH_LOTS) | accounts({"rates", "slippage", "band", "actions", "haircut"}))
def test_who_owes_nothing_is_not_ruined(drawn):
    _, _, on = drawn
    assume(on.lots is None or on.lots.fixed == on.lots.minimum == 0.0)
    assert run(*drawn).ruined is None


@given(accounts(WITH_LOTS))
def test_whole_shares_never_take_more_cash_than_there_is(drawn):
    _, _, on = drawn
    cash = run(*drawn).weights["cash"]
    negative = np.any(np.asarray(on.cash_rate) < -1.0)
    assert negative or (cash >= -1e-12).all()


@given(accounts({"rates", "slippage", "actions", "haircut"}), st.sampled_from(("cash", "reinvest")))
def test_small_lots_without_fees_are_shares_that_divide(drawn, dividends):
    market, weights, on = drawn
    assume(on.actions is None or dividends == "cash")
    on = replace(on, dividends=dividends)
    size = 1e-12 * on.capital / float(market.max(axis=None))
    whole = run(market, weights, on, lots=rt.Lots(size=size))
    assert_allclose(whole.value, run(market, weights, on).value, rtol=1e-7)


@given(accounts(set(), gross=2.0), st.booleans())
def test_unadjusted_closes_with_their_actions_are_total_return_closes(drawn, backtest):
    market, weights, on = drawn
    on = replace(on, fill=None)
    rng = np.random.default_rng(len(market))
    quoted, _, actions = markets.unadjusted(rng, market, None)
    split = _full(actions.splits, market, 1.0)
    paid = _full(actions.dividends, market, 0.0)
    # One share becomes `split` shares, each worth the close and its dividend.
    growth = split * (quoted + paid) / quoted.shift(1)
    total = quoted.bfill().iloc[0] * growth.fillna(1.0).cumprod()
    total = total.where(quoted.notna())
    if not backtest:
        one = run(quoted, weights, on, actions=actions)
        assert_allclose(one.value, run(total, weights, on).value, rtol=1e-9, atol=1e-9 * on.capital)
        return
    scores = np.log(total / total.shift(1)).to_numpy()
    leads = np.abs(scores[:, :, None] - scores[:, None, :])[:, *np.triu_indices(scores.shape[1], 1)]
    assume(not np.any(leads < 1e-9) and not np.any(np.abs(leads - 0.001) < 1e-9))
    rule = rt.Strategy(rt.Momentum(1), rt.Switch(0.001), rt.Schedule(2))
    costs = rt.Costs(on.buy, on.sell)
    try:
        other = rt.backtest(total, rule, costs=costs)
    except rt.DataError as error:
        assume("too short" not in str(error))
        raise
    one = rt.backtest(quoted, rule, costs=costs, actions=actions)
    assert_allclose(one.value, other.value, rtol=1e-9)


def _full(events: pd.DataFrame | None, market: pd.DataFrame, none: float) -> pd.DataFrame:
    if events is None:
        return market * 0.0 + none
    return events.reindex(index=market.index, columns=market.columns).fillna(none)


@given(accounts({"rates", "slippage", "borrowing", "actions", "haircut"}, gross=1.5))
def test_a_band_of_nothing_is_no_band(drawn):
    market, weights, on = drawn
    one, other = run(*drawn), run(market, weights, on, band=rt.Band())
    assert one.ruined == other.ruined
    gross = np.abs(one.weights).sum(axis=1).max()
    assume(gross < 1e4)
    assert_allclose(one.value, other.value, rtol=1e-9)


@given(accounts({"rates", "slippage", "borrowing", "actions", "haircut"}), st.booleans())
def test_an_infinite_band_buys_and_holds(drawn, to_edge):
    market, weights, on = drawn
    trades = run(*drawn).switches
    assume(len(trades))
    left = set(market.apply(pd.Series.last_valid_index)) - {market.index[-1]}
    rows = market.index.get_indexer(weights.dropna(how="all").index) + on.lag
    # What leaves makes a trade, of all.
    assume(left.isdisjoint(market.index[rows[rows < len(market)]]))
    if on.fill is not None:  # a decision at fill prices finds dividends in cash, or leaves them
        on = replace(on, dividends="cash")
    start = weights.loc[[trades["decided"].iloc[0]]]
    held = run(market, weights, on, band=rt.Band(np.inf, to_edge=to_edge))
    assert_allclose(held.value, run(market, start, on).value, rtol=1e-11)


@given(accounts({"rates", "slippage", "actions"}, gross=1.5, whole=True), st.floats(0.001, 0.1))
def test_to_the_edge_nothing_is_off_by_more_than_the_band(drawn, width):
    market, weights, on = drawn
    result = run(market, weights, replace(on, fill=None), band=rt.Band(width))
    assume(result.ruined is None)
    rows = market.index.get_indexer(weights.dropna(how="all").index)
    for row, (_, target) in zip(rows, weights.dropna(how="all").iterrows(), strict=True):
        if row + on.lag < len(market):
            held = result.weights.iloc[row + on.lag].drop("cash")
            assert (np.abs(held - target[held.index]) <= width + 1e-9).all()


@given(accounts({"rates", "actions"}, gross=1.5), st.floats(0.0, 0.05), st.floats(0.0, 0.05))
def test_value_never_rises_with_slippage(drawn, low, more):
    market, weights, on = drawn
    cheap = run(market, weights, replace(on, slippage=low))
    dear = run(market, weights, replace(on, slippage=low + more))
    assert (dear.value <= cheap.value * (1 + 1e-9) + 1e-9 * on.capital).all()


@given(accounts({"borrowing", "actions"}, gross=1.5), st.floats(0.0, 0.02), st.floats(0.0, 0.02))
def test_value_never_rises_with_what_is_owed(drawn, fee, rate):
    market, weights, on = drawn
    free = replace(on, buy=0.0, sell=0.0)
    owed = on.borrowing
    debit = on.cash_rate if owed.cash is None else owed.cash
    assume(np.all(np.asarray(debit) > -1.0))
    cheap = run(market, weights, free, borrowing=rt.Borrowing(cash=debit, shorts=owed.shorts))
    more = rt.Borrowing(cash=debit + rate, shorts=owed.shorts + fee)
    dear = run(market, weights, free, borrowing=more)
    assert (dear.value <= cheap.value * (1 + 1e-9) + 1e-9 * on.capital).all()


@given(accounts({"rates", "actions"}), st.floats(0.0, 0.9), st.floats(0.0, 0.09))
def test_value_never_rises_with_the_haircut(drawn, haircut, more):
    short, long = run(*drawn, haircut=haircut + more), run(*drawn, haircut=haircut)
    assert (short.value <= long.value * (1 + 1e-11)).all()


@given(accounts({"impact"}), st.floats(1.0, 3.0))
def test_the_first_trade_never_gets_cheaper_with_impact(drawn, times):
    market, weights, on = drawn
    first = weights.dropna(how="all").iloc[:1]
    dear = rt.Impact(on.impact.volume, on.impact.coefficient * times)
    low = run(market, first, on)
    high = run(market, first, replace(on, impact=dear))
    assert (high.value.iloc[low.start_row] <= low.value.iloc[low.start_row] * (1 + 1e-12)).all()


@given(accounts(gross=1.5), st.sampled_from([1e-3, 7.0, 1e6]))
def test_money_of_another_size_changes_nothing(drawn, scale):
    _, _, on = drawn
    if on.lots is not None:  # without rounding, which would decide whether one more lot is whole
        scale = 2.0 ** round(np.log2(scale))
    larger = {"capital": on.capital * scale}
    if on.impact is not None:
        impact = rt.Impact(on.impact.volume * scale, on.impact.coefficient)
        larger["costs"] = rt.Costs(on.buy, on.sell, on.slippage, impact)
    if on.lots is not None:
        lots = on.lots
        larger["lots"] = rt.Lots(
            lots.size * scale, lots.per_share, lots.fixed * scale, lots.minimum * scale
        )
    one, other = run(*drawn), run(*drawn, **larger)
    worn = np.abs(one.weights).sum(axis=1).max()
    assume(worn < 1e4)
    assert one.ruined == other.ruined
    assert_allclose(other.value, one.value * scale, rtol=1e-9)


@given(accounts(gross=1.5), st.randoms())
def test_the_order_of_assets_changes_nothing(drawn, random):
    market, weights, on = drawn
    order = list(market.columns)
    random.shuffle(order)
    fill = None if on.fill is None else on.fill[order]
    one = run(*drawn)
    other = run(market[order], weights, on, fill=fill)
    worn = np.abs(one.weights).sum(axis=1).max()
    assume(worn < 1e4)
    assert one.ruined == other.ruined
    assert_allclose(other.value, one.value, rtol=1e-9)
    assert_allclose(
        other.contributions[one.contributions.columns],
        one.contributions,
        atol=1e-9 * worn * on.capital * max(1.0, one.value.max() / on.capital),
    )


@given(accounts(gross=1.5), st.data())
def test_the_past_does_not_feel_the_future(drawn, data):
    market, weights, on = drawn
    cut = data.draw(st.integers(0, len(market) - 2), label="cut")
    rng = np.random.default_rng(cut)

    def later(table, low=0.5, high=2.0):
        """A table or series whose rows after the cut are others."""
        if not isinstance(table, (pd.Series, pd.DataFrame)) or not isinstance(
            table.index, pd.DatetimeIndex
        ):
            return table
        after = np.asarray(table.index > market.index[cut])
        factor = np.where(
            after[:, None] if table.ndim == 2 else after, rng.uniform(low, high, table.shape), 1.0
        )
        return table * factor

    impact, owed, actions = on.impact, on.borrowing, on.actions
    other = replace(
        on,
        buy=later(on.buy, 0.0, 1.0),
        sell=later(on.sell, 0.0, 1.0),
        slippage=later(on.slippage, 0.0, 1.0),
        fill=later(on.fill),
        cash_rate=later(on.cash_rate, 0.0, 1.0),
        impact=impact and rt.Impact(later(impact.volume), later(impact.coefficient)),
        borrowing=owed and rt.Borrowing(later(owed.cash, 0.0, 1.0), later(owed.shorts, 0.0, 1.0)),
        actions=actions and rt.Actions(later(actions.dividends), later(actions.splits)),
    )
    one, two = run(*drawn), run(later(market), weights, other)
    assert_array_equal(one.value.iloc[: cut + 1], two.value.iloc[: cut + 1])
    assert_array_equal(one.weights.iloc[: cut + 1], two.weights.iloc[: cut + 1])


@given(accounts(FRACTIONS, gross=3.5, sessions=(20, 60), swings=(0.1,)))
def test_after_ruin_there_is_nothing(drawn):
    result = run(*drawn)
    if result.ruined is None:
        assert "forgiven" not in result.contributions
        return
    after = result.value.index >= result.ruined
    assert (result.value[after] == 0.0).all()
    assert (result.weights[after].drop(columns="cash") == 0.0).all(axis=None)
    assert (result.weights.loc[after, "cash"] == 1.0).all()
    assert (result.returns[result.value.index > result.ruined] == 0.0).all()
    assert result.returns[result.ruined] == -1.0
    assert (result.contributions[result.value.index > result.ruined] == 0.0).all(axis=None)
    assert result.contributions["forgiven"].sum() >= 0.0
    assert result.switches["traded"].iloc[-1] == result.ruined
    assert result.switches["reason"].iloc[-1].startswith("ruined: ")
    assert (result.switches["instead"] >= -1.0).all()


@pytest.mark.parametrize("times", [3.0, 0.1])
def test_a_split_alone_changes_no_account(times):
    days = pd.bdate_range("2024-01-01", periods=4)
    closes = pd.DataFrame({"A": [10.0, 12.0, 9.0, 9.5]}, index=days)
    split = pd.DataFrame({"A": [times]}, index=days[2:3])
    quoted = closes.div([1.0, 1.0, times, times], axis=0)
    weights = pd.DataFrame({"A": [-0.5, 0.7]}, index=days[:2])
    one = rt.simulate(closes, weights, costs=rt.Costs.bps(10))
    other = rt.simulate(quoted, weights, costs=rt.Costs.bps(10), actions=rt.Actions(splits=split))
    assert_allclose(other.value, one.value, rtol=1e-14)
