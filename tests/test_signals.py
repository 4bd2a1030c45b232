"""Momentum equals its definition, cell by cell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import momentum


@given(market=markets.closes(), days=st.integers(1, 70), skip=st.integers(0, 10))
def test_momentum_is_the_log_of_a_shifted_ratio(market, days, skip):
    expected = np.log(market.shift(skip) / market.shift(skip + days)).where(market.notna())
    got = momentum(market.to_numpy(), days, skip=skip)
    pd.testing.assert_frame_equal(
        pd.DataFrame(got, index=market.index, columns=market.columns), expected, rtol=1e-12
    )
    np.testing.assert_array_equal(rt.Momentum(days, skip=skip)(market.to_numpy()), got)


def test_a_delisted_layer_has_no_score_though_skip_would_give_one():
    close = np.array([[1.0], [2.0], [4.0], [np.nan]])
    assert np.isnan(momentum(close, 1, skip=1)[3, 0])


@pytest.mark.parametrize("days", [0, -1, 1.5, True, "126", None])
def test_days_must_be_sessions(days):
    with pytest.raises(rt.ArgumentError, match="days: want sessions, 1 or more, got"):
        rt.Momentum(days=days)


@pytest.mark.parametrize("skip", [-1, 0.5])
def test_skip_must_be_sessions(skip):
    with pytest.raises(rt.ArgumentError, match="skip: want sessions, 0 or more, got"):
        rt.Momentum(days=1, skip=skip)
