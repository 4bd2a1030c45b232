"""Relative prices and what is read from them equal their pandas definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import (
    Crossover,
    MovingAverageGap,
    ZScore,
    crossover,
    moving_average_gap,
    relative,
    zscore,
)
from rotation.signals.relative import across

REAL = rt.sample().loc["2010":"2014"]  # META lists in 2012
PAIR = REAL[["NVDA", "MSFT"]]
RATIO = np.log(PAIR["NVDA"] / PAIR["MSFT"])


def relative_price(closes):
    """The definition, in pandas."""
    growth = np.log(closes / closes.shift(1))
    excess = growth.sub(growth.mean(axis=1), axis=0)
    return excess.fillna(0.0).cumsum().where(closes.notna())


def in_deviations(closes, days, sign):
    """The definition of a z-score, in pandas; what stands still is at its mean."""
    level = relative_price(closes)
    rolling = level.rolling(days)
    score = sign * (level - rolling.mean()) / rolling.apply(np.std, raw=True, kwargs={"ddof": 1})
    return score.mask(rolling.max() == rolling.min(), 0.0)


@given(market=markets.closes())
def test_relative_prices_are_summed_excess_growth(market):
    np.testing.assert_allclose(relative(market.to_numpy()), relative_price(market), atol=1e-13)


def test_relative_prices_of_real_closes():
    np.testing.assert_allclose(relative(REAL.to_numpy()), relative_price(REAL), atol=1e-12)


def test_two_relative_prices_differ_by_the_log_ratio():
    level = relative(PAIR.to_numpy())
    np.testing.assert_allclose(level[:, 0] - level[:, 1], RATIO - RATIO.iloc[0], atol=1e-12)


@given(market=markets.closes(assets=(2, 6), sessions=(4, 60)), seed=markets.seeds())
def test_a_listing_and_a_delisting_make_no_jump(market, seed):
    rng = np.random.default_rng(seed)
    close = market.to_numpy()
    start, stop = sorted(rng.integers(1, len(close), 2))
    newcomer = np.full(len(close), np.nan)
    newcomer[start : stop + 1] = 1e6
    level = relative(close)
    joined = relative(np.column_stack([close, newcomer]))[:, :-1]
    there = np.arange(1, len(close))
    there = (there > start) & (there <= stop)
    change, other = np.diff(level, axis=0), np.diff(joined, axis=0)
    # Outside of the newcomer's life nothing differs; on its first and last day neither.
    np.testing.assert_allclose(change[~there], other[~there], atol=1e-13)


def test_a_mean_across_is_of_those_that_are_there():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(across(values), [[2.0], [np.nan]])


@given(market=markets.closes(), fast=st.integers(1, 20), more=st.integers(1, 20))
def test_gaps_and_crossovers_are_differences_of_averages(market, fast, more):
    close, level, slow = market.to_numpy(), relative_price(market), fast + more
    mean = {days: level.rolling(days).mean() for days in (fast, slow)}
    np.testing.assert_allclose(crossover(close, fast, slow), mean[fast] - mean[slow], atol=1e-12)
    np.testing.assert_allclose(moving_average_gap(close, slow), level - mean[slow], atol=1e-12)
    np.testing.assert_array_equal(Crossover(fast, slow)(close), crossover(close, fast, slow))
    np.testing.assert_array_equal(MovingAverageGap(slow)(close), moving_average_gap(close, slow))
    np.testing.assert_array_equal(crossover(close, 1, slow), moving_average_gap(close, slow))


@given(market=markets.closes(), days=st.integers(2, 30), sign=st.sampled_from([-1, 1]))
def test_zscores_are_deviations_from_the_average(market, days, sign):
    got = zscore(market.to_numpy(), days, sign=sign)
    np.testing.assert_allclose(got, in_deviations(market, days, sign), atol=1e-7)
    np.testing.assert_array_equal(ZScore(days, sign)(market.to_numpy()), got)


@pytest.mark.parametrize("days", [20, 200])
def test_real_closes(days):
    close, level = REAL.to_numpy(), relative_price(REAL)
    mean = level.rolling(days).mean()
    np.testing.assert_allclose(moving_average_gap(close, days), level - mean, atol=1e-12)
    quick = level.rolling(5).mean()
    np.testing.assert_allclose(crossover(close, 5, days), quick - mean, atol=1e-12)
    np.testing.assert_allclose(zscore(close, days), in_deviations(REAL, days, -1), rtol=1e-9)


def test_on_two_layers_they_are_rules_about_the_ratio():
    def lead(scores):
        return scores[:, 0] - scores[:, 1]

    close, mean = PAIR.to_numpy(), RATIO.rolling(50).mean()
    np.testing.assert_allclose(lead(moving_average_gap(close, 50)), RATIO - mean, atol=1e-12)
    quick = RATIO.rolling(10).mean()
    np.testing.assert_allclose(lead(crossover(close, 10, 50)), quick - mean, atol=1e-12)
    # A z-score has no unit: each of the two shows that of the whole ratio.
    expected = (RATIO - mean) / RATIO.rolling(50).std()
    np.testing.assert_allclose(zscore(close, 50, sign=1)[:, 0], expected, atol=1e-9)
    np.testing.assert_allclose(zscore(close, 50)[:, 1], expected, atol=1e-9)


def test_a_layer_alone_stands_at_its_average():
    close = pd.DataFrame({"A": [1.0, 2.0, 4.0, 3.0]}).to_numpy()
    for scores in (moving_average_gap(close, 2), crossover(close, 1, 2), zscore(close, 2)):
        np.testing.assert_array_equal(scores.ravel(), [np.nan, 0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("signal", "given", "message"),
    [
        (MovingAverageGap, (1,), "days: want sessions, 2 or more, got 1"),
        (Crossover, (0, 5), "fast: want sessions, 1 or more, got 0"),
        (Crossover, (5, 5), "slow: want sessions, 6 or more, got 5"),
        (Crossover, (5, 7.5), "slow: want sessions, 6 or more, got 7.5"),
        (ZScore, (1,), "days: want sessions, 2 or more, got 1"),
        (ZScore, (20, 0), "sign: want -1 or 1, got 0"),
        (ZScore, (20, True), "sign: want -1 or 1, got True"),
        (ZScore, (20, "up"), "sign: want -1 or 1, got 'up'"),
    ],
)
def test_arguments_are_checked(signal, given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        signal(*given)
