"""What a Result shows, and the window of its figures."""

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation import measures

DAYS = pd.bdate_range("2024-01-01", periods=40)
RNG = np.random.default_rng(3)
CLOSES = pd.DataFrame(
    100 * np.exp(RNG.normal(0, 0.02, (40, 2)).cumsum(axis=0)), index=DAYS, columns=["A", "B"]
)
WEIGHTS = pd.DataFrame(
    [[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]], index=DAYS[[4, 10, 20]], columns=["A", "B"]
)
RESULT = rt.simulate(CLOSES, WEIGHTS, costs=rt.Costs.bps(25), capital=1000, periods=250)


def test_returns_compound_to_value():
    np.testing.assert_allclose((1 + RESULT.returns).cumprod() * 1000, RESULT.value)


def test_figures_start_after_the_entry_which_stands_in_the_ledger():
    figures, after = RESULT.summary(), RESULT.returns.iloc[6:]
    assert RESULT.start == DAYS[5]
    assert figures["sharpe"] == pytest.approx(float(measures.sharpe(after, periods=250)))
    assert figures["annual_return"] == pytest.approx(
        (RESULT.value.iloc[-1] / RESULT.value.iloc[5]) ** (250 / 34) - 1
    )
    assert figures["switches"] == 2
    assert len(RESULT.switches) == 3
    assert figures["annual_turnover"] == pytest.approx(
        RESULT.switches["turnover"].iloc[1:].sum() * 250 / 34
    )


def test_cost_is_the_share_of_final_value_that_trading_took():
    free = rt.simulate(CLOSES, WEIGHTS, capital=1000)
    entered = 1 / 1.0025  # what the entry kept stands in the ledger
    kept = RESULT.value.iloc[-1] / free.value.iloc[-1] / entered
    # The weights of the second decision are reached from the same drifted weights with or
    # without costs, so the two accounts differ by the product of the factors alone.
    assert RESULT.summary()["cost"] == pytest.approx(1 - kept)


def test_a_benchmark_may_be_a_result_or_closes():
    by_closes = RESULT.summary(CLOSES["B"])
    held = rt.simulate(CLOSES, WEIGHTS.iloc[[2]].set_axis(DAYS[:1]), capital=1000)
    pd.testing.assert_series_equal(by_closes, RESULT.summary(held))
    theirs = CLOSES["B"].pct_change().iloc[6:]
    assert by_closes["information_ratio"] == pytest.approx(
        float(measures.information_ratio(RESULT.returns.iloc[6:], theirs, periods=250))
    )
    assert by_closes["annual_excess_return"] == pytest.approx(
        by_closes["annual_return"] - by_closes["benchmark_annual_return"]
    )


def test_a_benchmark_that_starts_later_moves_the_window():
    late = rt.simulate(CLOSES, WEIGHTS.iloc[[2]])
    figures = RESULT.summary(late)
    after = RESULT.returns.iloc[22:]
    assert figures["sharpe"] == pytest.approx(float(measures.sharpe(after, periods=250)))


def test_a_benchmark_is_checked():
    with pytest.raises(rt.DataError, match="benchmark: want a positive close on every session"):
        RESULT.summary(CLOSES["B"].iloc[:20])
    with pytest.raises(rt.ArgumentError, match="benchmark: want a Result or a Series of closes"):
        RESULT.summary("SPY")


def test_repr_says_what_a_reader_wants():
    assert repr(RESULT).startswith("<Result 2024-01-08 to 2024-02-23, 3 trades, value ")


def test_later_edits_of_the_users_table_do_not_reach_it():
    closes = CLOSES[["A"]].copy()
    result = rt.simulate(closes, WEIGHTS[["A"]])
    weights, others = result.weights, rt.alternatives(result)["A"].value
    pd.testing.assert_frame_equal(result.closes, closes)
    closes.iloc[20:] *= 10
    pd.testing.assert_frame_equal(result.weights, weights)
    pd.testing.assert_series_equal(rt.alternatives(result)["A"].value, others)
    value = result.value
    value.iloc[:] = 0.0
    assert (result.value > 0).all()


def test_inputs_are_untouched():
    closes, weights = CLOSES.copy(), WEIGHTS.copy()
    rt.simulate(closes, weights)
    pd.testing.assert_frame_equal(closes, CLOSES)
    pd.testing.assert_frame_equal(weights, WEIGHTS)


def test_contributions_add_up_to_every_change_in_value():
    parts = RESULT.contributions
    assert list(parts.columns) == ["A", "B", "cash", "cost"]
    change = np.diff(np.append(1000.0, RESULT.value))
    np.testing.assert_allclose(parts.sum(axis=1), change, atol=1e-10)
    assert parts["cost"].sum() == pytest.approx(-RESULT.switches["cost"].sum())
    np.testing.assert_allclose(
        parts.loc[DAYS[6], "A"], RESULT.value[DAYS[5]] * CLOSES["A"].pct_change()[DAYS[6]]
    )


def test_the_ledger_says_what_was_earned_and_what_would_have_been_instead():
    ledger = RESULT.switches
    growth = CLOSES.iloc[21] / CLOSES.iloc[11] - 1  # from the second trade to the third
    assert ledger["earned"].iloc[1] == pytest.approx(0.3 * growth["A"] + 0.7 * growth["B"])
    assert ledger["instead"].iloc[1] == pytest.approx(growth["A"])
    assert ledger["instead"].iloc[0] == 0.0
    rest = CLOSES["B"].iloc[-1] / CLOSES["B"].iloc[21] - 1
    assert ledger["earned"].iloc[2] == pytest.approx(rest)
