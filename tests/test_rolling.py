"""Rolling statistics: close to a two-pass reference, forgetful, and blind to what comes after."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
from rotation.rolling import (
    in_spreads,
    lagged,
    rolling_below,
    rolling_cov,
    rolling_max,
    rolling_mean,
    rolling_min,
    rolling_std,
    rolling_sum,
    rolling_zscore,
)

T = 10_000
ALL = {
    "sum": rolling_sum,
    "mean": rolling_mean,
    "std": rolling_std,
    "max": rolling_max,
    "min": rolling_min,
    "zscore": rolling_zscore,
    "below": rolling_below,
    "cov": lambda values, days: rolling_cov(values, np.sqrt(values), days),
}


def long_closes():
    """10,000 sessions each, from 1e-3 to 1e6, in columns that try what sums are bad at."""
    rng = np.random.default_rng(11)
    walk = np.exp(rng.normal(0.0, 0.02, (T, 3)).cumsum(axis=0))
    quiet = np.exp(rng.normal(0.0, 1e-6, (T, 2)).cumsum(axis=0))
    noise = np.exp(rng.normal(0.0, 0.01, (T, 3)))
    return np.column_stack(
        [
            walk * [1e-3, 1.0, 1e6],
            quiet * [1e-3, 1e6],
            np.geomspace(1e-3, 1e6, T) * noise[:, 0],
            np.geomspace(1e6, 1e-3, T) * noise[:, 1],
            np.where(np.arange(T) % 997 == 0, 1e6, 1e-3) * noise[:, 2],
            1e6 + rng.normal(0.0, 0.02, T).round(2),
        ]
    )


def two_pass(window):
    """Sum, mean and variance (ddof 1), every sum without any rounding of its own."""
    total = math.fsum(window)
    mean = total / len(window)
    apart = [value - mean for value in window]
    off = math.fsum(apart)  # of the mean, by its rounding
    squares = math.fsum(each * each for each in apart) - off * off / len(window)
    return total, mean, math.sqrt(squares / (len(window) - 1))


@pytest.mark.parametrize("days", [2, 3, 21, 252, 1260])
def test_ten_thousand_sessions_stay_within_a_part_in_a_billion(days):
    closes = long_closes()
    got = [f(closes, days) for f in (rolling_sum, rolling_mean, rolling_std)]
    rows = np.unique(np.linspace(days - 1, T - 1, 60_000 // days).astype(int))
    for at, column in enumerate(closes.T.tolist()):
        expected = [two_pass(column[row - days + 1 : row + 1]) for row in rows]
        for figure, wanted in zip(got, np.transpose(expected), strict=True):
            # 1e-9 is what is promised; what there is to see is far better.
            np.testing.assert_allclose(figure[rows, at], wanted, rtol=1e-11)


def test_a_value_far_away_is_forgotten():
    rng = np.random.default_rng(3)
    late = rng.normal(0.0, 1.0, (60, 2))
    early = np.full((47, 2), 1e9)
    for figure in ALL.values():
        got = figure(np.abs(np.concatenate([early, late])), 10)[56:]
        np.testing.assert_allclose(got, figure(np.abs(late), 10)[9:], rtol=1e-12)


@given(market=markets.closes(), days=st.integers(1, 70))
def test_what_is_plain_equals_pandas(market, days):
    values = market.to_numpy()
    rolling = market.rolling(days)
    for got, expected in [
        (rolling_sum(values, days), rolling.apply(math.fsum, raw=True)),
        (rolling_mean(values, days), rolling.apply(math.fsum, raw=True) / days),
        (rolling_max(values, days), rolling.max()),
        (rolling_min(values, days), rolling.min()),
        (lagged(values, days), market.shift(days)),
        (
            rolling_below(values, days),
            rolling.apply(lambda window: (window < window[-1]).sum(), raw=True),
        ),
    ]:
        np.testing.assert_allclose(got, expected, rtol=1e-13)


@given(market=markets.closes(), days=st.integers(2, 70), ddof=st.integers(0, 1))
def test_spreads_equal_pandas(market, days, ddof):
    values = market.to_numpy()
    expected = market.rolling(days).apply(np.std, raw=True, kwargs={"ddof": ddof})
    size = market.rolling(days).max()  # numpy's own mean of equal values is off by a last bit
    got = rolling_std(values, days, ddof=ddof)
    np.testing.assert_allclose(got / size, expected / size, rtol=1e-9, atol=1e-14)
    log = np.log(values)
    pairs = [
        np.cov(log[t : t + days, 0], log[t : t + days, -1]) for t in range(len(log) - days + 1)
    ]
    both = np.full(len(log), np.nan)
    both[days - 1 :] = [each[0, 1] for each in pairs]
    got = rolling_cov(log[:, :1], log, days)[:, -1]
    np.testing.assert_allclose(got, both, rtol=1e-9, atol=1e-16)


@given(market=markets.closes(), days=st.integers(2, 20), cut=st.integers(1, 60))
def test_a_row_knows_nothing_of_the_rows_after_it(market, days, cut):
    values = market.to_numpy()
    other = values.copy()
    other[cut:] = np.random.default_rng(cut).lognormal(0.0, 3.0, other[cut:].shape)
    for figure in ALL.values():
        whole = figure(values, days)[:cut]
        np.testing.assert_array_equal(figure(values[:cut], days), whole)
        np.testing.assert_array_equal(figure(other, days)[:cut], whole)


@pytest.mark.parametrize("name", ALL)
def test_any_trailing_shape_is_a_loop(name):
    figure, rng = ALL[name], np.random.default_rng(5)
    values = rng.lognormal(0.0, 1.0, (50, 3, 4))
    values[:20, 1, 2] = values[40:, 2, 0] = np.nan
    together = figure(values, 7)
    for s in range(3):
        np.testing.assert_array_equal(together[:, s], figure(values[:, s].copy(), 7))
        for layer in range(4):
            alone = figure(values[:, s, layer].copy(), 7)
            np.testing.assert_array_equal(together[:, s, layer], alone)


@pytest.mark.parametrize("name", ALL)
def test_a_window_is_nan_if_something_in_it_is_and_no_other(name):
    values = np.random.default_rng(7).lognormal(0.0, 1.0, (40, 3))
    values[:11, 0] = values[25:, 1] = values[18, 2] = np.nan
    complete = pd.DataFrame(values).notna().rolling(6).sum().eq(6).to_numpy()
    np.testing.assert_array_equal(np.isnan(ALL[name](values, 6)), ~complete)


@pytest.mark.parametrize("name", ALL)
def test_a_window_longer_than_the_history_costs_nothing_and_says_nothing(name):
    values = np.ones((5, 2))
    assert np.isnan(ALL[name](values, 10**12)).all()


@pytest.mark.parametrize("days", [2, 3, 7, 10])
def test_what_stands_still_has_no_spread_at_all(days):
    still = np.repeat([[0.1, 1e6 / 3, -np.pi * 1e-3]], 31, axis=0)
    np.testing.assert_array_equal(rolling_std(still, days)[days - 1 :], 0.0)
    np.testing.assert_array_equal(rolling_mean(still, days)[days - 1 :], still[days - 1 :])
    np.testing.assert_array_equal(rolling_zscore(still, days)[days - 1 :], 0.0)


def test_half_of_the_window_below_is_above_the_median():
    values = np.random.default_rng(9).normal(size=(300, 2)).round(1)
    for days in (2, 5, 8, 21):
        median = pd.DataFrame(values).rolling(days).median().to_numpy()
        above = rolling_below(values, days) >= days / 2
        np.testing.assert_array_equal(above[days - 1 :], (values > median)[days - 1 :])


def test_a_distance_without_a_spread_is_none():
    distance, spread = (
        np.array([2.0, 0.0, 1.0, np.nan, 1.0]),
        np.array([4.0, 0.0, 0.0, 0.0, np.nan]),
    )
    np.testing.assert_array_equal(in_spreads(distance, spread), [0.5, 0.0, np.nan, np.nan, np.nan])
