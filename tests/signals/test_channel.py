"""Breakouts and drawdowns equal a walk along the closes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import Donchian, Drawdown, donchian, drawdown, relative

REAL = rt.sample().loc["2010":"2014"]


def sides(level, days):
    """The rule as its docstring reads, session by session, for one layer's relative price."""
    side, history = 0.0, []
    for row, now in enumerate(level):
        before = level[max(row - days, 0) : row]
        complete = len(before) == days and not np.isnan([*before, now]).any()
        if complete and now > max(before):
            side = 1.0
        elif complete and now < min(before):
            side = -1.0
        history.append(side if complete else np.nan)
    return history


@given(market=markets.closes(), days=st.integers(1, 30))
def test_a_side_lasts_from_a_breakout_to_the_opposite_one(market, days):
    close = market.to_numpy()
    expected = np.transpose([sides(level, days) for level in relative(close).T])
    np.testing.assert_array_equal(donchian(close, days), expected)
    np.testing.assert_array_equal(Donchian(days)(close), expected)


@pytest.mark.parametrize("days", [1, 20, 55])
def test_breakouts_of_a_real_ratio(days):
    pair = REAL[["NVDA", "MSFT"]]
    ratio = np.log(pair["NVDA"] / pair["MSFT"])
    top, bottom = ratio.rolling(days).max().shift(1), ratio.rolling(days).min().shift(1)
    events = pd.Series(np.nan, ratio.index).mask(ratio > top, 1.0).mask(ratio < bottom, -1.0)
    expected = events.ffill().fillna(0.0).where(top.notna())
    assert set(expected.dropna()) >= {-1.0, 1.0}
    scores = donchian(pair.to_numpy(), days)
    np.testing.assert_array_equal(scores[:, 0], expected)
    np.testing.assert_array_equal(scores[:, 1], -expected)


def test_a_touch_is_no_breakout():
    ratio = np.array([1.0, 2.0, 2.0, 1.0, 1.0, 0.5, 1.0])
    scores = donchian(np.column_stack([ratio, np.ones(7)]), 2)
    assert scores[2:, 0].tolist() == [0.0, -1.0, -1.0, -1.0, -1.0]


@given(market=markets.closes(), days=st.integers(1, 30))
def test_drawdowns_are_below_the_highest_close(market, days):
    close = market.to_numpy()
    running = market / market.cummax() - 1
    np.testing.assert_allclose(drawdown(close), running.where(market.notna()), atol=1e-14)
    np.testing.assert_allclose(
        drawdown(close, days), market / market.rolling(days).max() - 1, atol=1e-14
    )
    np.testing.assert_array_equal(Drawdown()(close), drawdown(close))
    np.testing.assert_array_equal(Drawdown(days)(close), drawdown(close, days))


def test_drawdowns_of_real_closes():
    np.testing.assert_allclose(drawdown(REAL.to_numpy()), REAL / REAL.cummax() - 1, atol=1e-14)
    expected = REAL / REAL.rolling(252).max() - 1
    assert expected["META"].notna().any()
    np.testing.assert_allclose(drawdown(REAL.to_numpy(), 252), expected, atol=1e-14)


@pytest.mark.parametrize("days", [0, 1.5, "20", True])
def test_days_must_be_sessions(days):
    with pytest.raises(rt.ArgumentError, match="days: want sessions, 1 or more, got"):
        Donchian(days)
    with pytest.raises(rt.ArgumentError, match="days: want sessions or None, 1 or more, got"):
        Drawdown(days)
