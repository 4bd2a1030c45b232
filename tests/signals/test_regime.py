"""The volatility regime equals rolling deviations and medians of the mean return."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import VolatilityRegime, volatility_regime

REAL = rt.sample().loc["2006":"2012"]


def regimes(closes, days, window):
    """The definition, in pandas, as one column, and how near it is to changing its mind."""
    mean = (closes / closes.shift(1) - 1).mean(axis=1)
    rolling = mean.rolling(days)
    swings = rolling.apply(np.std, raw=True, kwargs={"ddof": 1})
    swings = swings.mask(rolling.max() == rolling.min(), 0.0)
    usual = swings.rolling(window).median()
    return (swings > usual).astype(float).where(usual.notna()), (swings - usual).abs()


@given(market=markets.closes(), days=st.integers(2, 12), window=st.integers(2, 15))
def test_it_is_1_above_the_trailing_median(market, days, window):
    expected, near = regimes(market, days, window)
    got = volatility_regime(market.to_numpy(), days, window)
    np.testing.assert_array_equal(
        np.isnan(got), market.isna() | expected.isna().to_numpy()[:, None]
    )
    sure = (near > 1e-12).to_numpy()
    wanted = np.where(market.isna(), np.nan, expected.to_numpy()[:, None])
    np.testing.assert_array_equal(got[sure], wanted[sure])
    np.testing.assert_array_equal(VolatilityRegime(days, window)(market.to_numpy()), got)


@pytest.mark.parametrize(("days", "window"), [(21, 252), (21, 253), (63, 500)])
def test_regimes_of_real_closes(days, window):
    expected, _ = regimes(REAL, days, window)
    got = volatility_regime(REAL.to_numpy(), days, window)
    np.testing.assert_array_equal(got[:, 0], expected)
    meta = REAL.columns.get_loc("META")
    np.testing.assert_array_equal(got[:, meta], expected.where(REAL["META"].notna()))
    assert expected["2008-10":"2008-12"].eq(1).all()


def test_what_is_usual_is_not_above_it():
    close = np.exp(0.01 * (np.arange(40) % 2))[:, None]
    still = volatility_regime(np.ones((40, 1)), 4, 6)
    assert set(still[9:, 0]) == {0.0}
    assert np.isnan(still[:9]).all()
    loud = np.concatenate([close, close[:4] ** 30])
    assert volatility_regime(loud, 4, 6)[-1, 0] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 9), "days: want sessions, 2 or more, got 1"),
        ((9, 1), "window: want sessions, 2 or more, got 1"),
        ((9, None), "window: want sessions, 2 or more, got None"),
    ],
)
def test_arguments_are_checked(given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        VolatilityRegime(*given)
