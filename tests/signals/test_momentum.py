"""Momentum, plain and per risk, equals its definition cell by cell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import RiskAdjustedMomentum, momentum, risk_adjusted_momentum


@given(market=markets.closes(), days=st.integers(1, 70), skip=st.integers(0, 10))
def test_momentum_is_the_log_of_a_shifted_ratio(market, days, skip):
    expected = np.log(market.shift(skip) / market.shift(skip + days)).where(market.notna())
    got = momentum(market.to_numpy(), days, skip=skip)
    pd.testing.assert_frame_equal(
        pd.DataFrame(got, index=market.index, columns=market.columns), expected, rtol=1e-12
    )
    np.testing.assert_array_equal(rt.Momentum(days, skip=skip)(market.to_numpy()), got)


def per_risk(closes, days, skip):
    """The definition, in pandas."""
    ratio = closes / closes.shift(1)
    growth = np.log(ratio)
    rolling = growth.rolling(days)
    risk = rolling.apply(np.std, raw=True, kwargs={"ddof": 1}) * np.sqrt(days)
    score = np.log(closes.shift(skip) / closes.shift(skip + days)) / risk.shift(skip)
    still = (rolling.max() == 0) & (rolling.min() == 0)
    return score.mask(still.shift(skip, fill_value=False), 0.0).where(closes.notna())


@given(market=markets.closes(), days=st.integers(2, 30), skip=st.integers(0, 10))
def test_momentum_per_risk_is_over_the_scatter_of_its_own_window(market, days, skip):
    got = risk_adjusted_momentum(market.to_numpy(), days, skip=skip)
    np.testing.assert_allclose(got, per_risk(market, days, skip), rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(RiskAdjustedMomentum(days, skip)(market.to_numpy()), got)


@pytest.mark.parametrize(("days", "skip"), [(21, 0), (126, 21), (252, 0)])
def test_momentum_per_risk_of_real_closes(days, skip):
    closes = rt.sample().loc["2010":"2014"]
    expected = per_risk(closes, days, skip)
    assert expected.notna().any(axis=None)
    got = risk_adjusted_momentum(closes.to_numpy(), days, skip=skip)
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_a_price_that_stands_still_is_0_per_risk_and_one_without_risk_is_nothing():
    close = np.column_stack([np.full(6, 3.0), 2.0 ** np.arange(6)])
    got = risk_adjusted_momentum(close, 3)
    np.testing.assert_array_equal(got[3:], [[0.0, np.nan]] * 3)


def test_a_delisted_layer_has_no_score_though_skip_would_give_one():
    close = np.array([[1.0], [2.0], [4.0], [np.nan]])
    assert np.isnan(momentum(close, 1, skip=1)[3, 0])
    close = np.array([[1.0], [2.0], [2.5], [4.0], [np.nan]])
    assert np.isfinite(risk_adjusted_momentum(close, 2, skip=1)[3, 0])
    assert np.isnan(risk_adjusted_momentum(close, 2, skip=1)[4, 0])


@pytest.mark.parametrize("days", [0, -1, 1.5, True, "126", None])
def test_days_must_be_sessions(days):
    with pytest.raises(rt.ArgumentError, match="days: want sessions, 1 or more, got"):
        rt.Momentum(days=days)
    with pytest.raises(rt.ArgumentError, match="days: want sessions, 2 or more, got"):
        RiskAdjustedMomentum(days=days)


@pytest.mark.parametrize("skip", [-1, 0.5])
@pytest.mark.parametrize("signal", [rt.Momentum, RiskAdjustedMomentum])
def test_skip_must_be_sessions(signal, skip):
    with pytest.raises(rt.ArgumentError, match="skip: want sessions, 0 or more, got"):
        signal(days=2, skip=skip)
