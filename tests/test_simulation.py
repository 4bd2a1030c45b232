"""The account by hand; tests/oracles has it against the slow ledger, tests/laws its laws."""

import numpy as np
import pandas as pd
import pytest

import rotation as rt

DAYS = pd.bdate_range("2024-01-01", periods=5)
CLOSES = pd.DataFrame({"A": [1.0, 2.0, 2.0, 3.0, 3.0], "B": [1.0, 1.0, 1.0, 1.0, 2.0]}, index=DAYS)


def decide(**rows):
    """Weights by row number, as `_2=(0.5, 0.5)`."""
    at = [int(row[1:]) for row in rows]
    return pd.DataFrame(list(rows.values()), index=DAYS[at], columns=["A", "B"], dtype=float)


def test_a_decision_trades_a_session_later_at_the_close():
    result = rt.simulate(CLOSES, decide(_0=(1, 0)))
    assert result.value.tolist() == [1.0, 1.0, 1.0, 1.5, 1.5]
    assert result.start == DAYS[1]


def test_same_close_trades_where_it_decides():
    result = rt.simulate(CLOSES, decide(_0=(1, 0)), lag=0, same_close=True)
    assert result.value.tolist() == [1.0, 2.0, 2.0, 3.0, 3.0]


def test_a_fill_parts_the_row_between_old_and_new_holdings():
    fill = CLOSES.assign(A=[1.0, 2.0, 2.0, 2.5, 3.0])
    weights = decide(_0=(1, 0), _2=(0, 1))
    # A is bought at 2 and sold at 2.5 before it closes at 3; B is bought at 1 and ends at 2.
    assert rt.simulate(CLOSES, weights, fill=fill).value.tolist() == [1.0, 1.0, 1.0, 1.25, 2.5]


def test_cash_earns_its_rate_before_each_trade():
    rate = pd.Series([9.0, 0.1, 0.2, 0.0, 0.3], index=DAYS)
    result = rt.simulate(CLOSES, decide(_0=(0.5, 0)), cash_rate=rate, capital=100)
    # 110 at the trade: 55 in A, which goes 2 2 3 3; 55 in cash, which earns 0.2, 0, 0.3.
    assert result.value.tolist() == pytest.approx([100, 110, 121, 148.5, 168.3])


def test_a_full_switch_costs_what_the_design_says():
    result = rt.simulate(CLOSES, decide(_0=(1, 0), _1=(0, 1)), costs=rt.Costs(buy=0.1, sell=0.2))
    assert result.value.iloc[2] == pytest.approx(1 / 1.1 * 0.8 / 1.1)
    ledger = result.switches
    assert ledger["from"].tolist() == ["cash", "A"]
    assert ledger["to"].tolist() == ["A", "B"]
    assert ledger["turnover"].tolist() == [1.0, 2.0]
    assert ledger["cost"].tolist() == pytest.approx([1 - 1 / 1.1, 1 / 1.1 - 1 / 1.1 * 0.8 / 1.1])
    assert ledger["decided"].tolist() == DAYS[:2].tolist()
    assert ledger["traded"].tolist() == DAYS[1:3].tolist()
    assert ledger["reason"].tolist() == ["target", "target"]


def test_a_decision_too_late_to_trade_is_left_out():
    result = rt.simulate(CLOSES, decide(_0=(1, 0), _4=(0, 1)))
    assert len(result.switches) == 1


def test_a_row_of_nan_decides_nothing_and_column_order_does_not_matter():
    weights = decide(_0=(1, 0), _1=(np.nan, np.nan), _2=(0.5, 0.5))
    plain = rt.simulate(CLOSES, weights.dropna())
    swapped = rt.simulate(CLOSES, weights[["B", "A"]])
    pd.testing.assert_series_equal(plain.value, swapped.value)


def test_a_delisted_holding_is_sold_at_its_last_close_and_stays_in_cash():
    closes = CLOSES.assign(A=[1.0, 2.0, 2.0, 3.0, np.nan])
    result = rt.simulate(closes, decide(_0=(0.5, 0.5)), costs=rt.Costs(sell=0.1))
    assert result.value.tolist() == pytest.approx([1.0, 1.0, 1.0, 1.25 - 0.075, 1.675])
    forced = result.switches.iloc[-1]
    assert forced["reason"] == "delisted: A has no close after 2024-01-04"
    assert forced["decided"] == forced["traded"] == DAYS[3]
    assert forced["cost"] == pytest.approx(0.075)
    assert forced["turnover"] == pytest.approx(0.6)
    assert forced["from"] == "A 60.0%, B 40.0%"
    assert result.weights.loc[DAYS[3]].tolist() == pytest.approx([0.0, 0.5 / 1.175, 0.675 / 1.175])


def test_a_trade_on_the_day_of_the_last_close_or_after_it_buys_nothing():
    closes = CLOSES.assign(A=[1.0, 2.0, 2.0, np.nan, np.nan])
    for lag in (1, 2):
        result = rt.simulate(closes, decide(_1=(0.5, 0.5)), lag=lag)
        assert result.weights.iloc[-1].tolist() == pytest.approx([0, 1 / 1.5, 0.5 / 1.5])


def test_weights_sum_to_one_with_cash_last():
    weights = rt.simulate(CLOSES, decide(_0=(0.5, 0.2))).weights
    assert weights.columns.tolist() == ["A", "B", "cash"]
    assert weights.iloc[0].tolist() == [0.0, 0.0, 1.0]
    assert weights.iloc[1].tolist() == pytest.approx([0.5, 0.2, 0.3])
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)


def test_layers_bring_their_note():
    layers = rt.build_layers(CLOSES, rt.Universe({"a": ["A"], "b": ["B"]}))
    weights = decide(_0=(1, 0)).set_axis(["a", "b"], axis=1)
    assert "Hindsight" in rt.simulate(layers, weights).note
    assert rt.simulate(layers.index, weights).note == rt.simulate(layers, weights).note
    assert rt.simulate(CLOSES, decide(_0=(1, 0))).note == ""


def test_alternatives_start_where_the_result_did_and_on_its_terms():
    result = rt.simulate(CLOSES, decide(_1=(1, 0)), lag=2, costs=rt.Costs.bps(50), capital=7)
    others = rt.alternatives(result)
    assert list(others) == ["A", "B", "50/50"]
    for other in others.values():
        assert other.start == result.start == DAYS[3]
        assert other.terms is result.terms
    pd.testing.assert_series_equal(others["A"].value, result.value)
    assert others["50/50"].weights.loc[DAYS[3], "A"] == pytest.approx(0.5)


def test_alternatives_leave_out_what_was_not_listed_until_it_is():
    days = pd.bdate_range("2024-01-25", periods=8)
    closes = pd.DataFrame({"A": 1.0, "B": 1.0, "C": 1.0}, index=days)
    closes.loc[: days[2], "C"] = np.nan
    first = pd.DataFrame({"A": 1.0, "B": 0.0, "C": 0.0}, index=days[:1])
    others = rt.alternatives(rt.simulate(closes, first))
    assert list(others) == ["A", "B", "equal parts"]
    parts = others["equal parts"].weights
    assert parts.loc[days[3]].tolist() == pytest.approx([0.5, 0.5, 0.0, 0.0])
    assert parts.iloc[-1].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])


def test_alternatives_keep_the_users_names():
    closes = CLOSES.set_axis(["50/50", "B"], axis=1)
    weights = decide(_0=(1, 0)).set_axis(closes.columns, axis=1)
    others = rt.alternatives(rt.simulate(closes, weights))
    assert list(others) == ["50/50", "B", "50/50 of all"]


def test_a_haircut_is_what_a_last_close_does_not_bring():
    closes = CLOSES.assign(A=[1.0, 2.0, 2.0, 3.0, np.nan])
    result = rt.simulate(closes, decide(_0=(0.5, 0.5)), haircut=0.4, costs=rt.Costs(sell=0.1))
    # 0.25 units of A bring 3 less 40 %, less 10 % of that: 0.405, and B stays 0.5.
    assert result.value.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.905, 1.405])
    assert result.switches["cost"].iloc[-1] == pytest.approx(0.045)
    assert result.contributions["A"].sum() == pytest.approx(0.25 * (1.8 - 2.0))
    traded = rt.simulate(closes, decide(_0=(0.5, 0.5), _2=(0.0, 1.0)), haircut=0.4)
    assert traded.value.iloc[3] == pytest.approx(0.95)
    whole = rt.simulate(closes, decide(_0=(0.5, 0.5)), haircut=0.4, lots=rt.Lots(1e-9))
    assert whole.value.iloc[3] == pytest.approx(0.95)


def test_a_haircut_reaches_the_members_of_a_layer():
    closes = CLOSES.assign(A=[1.0, 1.0, 1.0, np.nan, np.nan])
    universe = rt.Universe({"all": ["A", "B"]})
    index = rt.build_layers(closes, universe, haircut=0.5).index["all"]
    assert index.tolist() == pytest.approx([1.0, 1.0, 0.75, 0.75, 1.5])


@pytest.mark.parametrize("dividends", ["cash", "reinvest"])
def test_a_short_pays_the_dividend_on_all_that_it_owes(dividends):
    days = pd.bdate_range("2024-01-01", periods=7)
    closes = pd.DataFrame({"A": 100.0}, index=days)
    closes.iloc[5:] = 90.0
    result = rt.simulate(
        closes,
        pd.DataFrame({"A": [-1.0]}, index=days[:1]),
        borrowing=rt.Borrowing(shorts=0.01),
        actions=rt.Actions(dividends=pd.DataFrame({"A": [10.0]}, index=days[[5]])),
        dividends=dividends,
        capital=100.0,
    )
    # Four fees after the trade 1.01⁴ shares are owed; ex dividend they lost what they pay.
    assert result.value.iloc[5] == pytest.approx(200.0 - 1.01**4 * 100.0)
    np.testing.assert_allclose(
        result.contributions.sum(axis=1), np.diff(np.append(100.0, result.value)), atol=1e-12
    )
    assert result.switches["earned"].iloc[0] == pytest.approx(result.value.iloc[-1] / 100.0 - 1)


def test_alternatives_trade_at_the_same_close_if_the_result_did():
    result = rt.simulate(CLOSES, decide(_0=(1, 0)), lag=0, same_close=True)
    pd.testing.assert_series_equal(rt.alternatives(result)["A"].value, result.value)
    with pytest.raises(rt.ArgumentError, match="result: want a Result, got None"):
        rt.alternatives(None)
