"""The lead-lag forecast equals a regression made anew on every session."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.protocols import History
from rotation.signals import LeadLag, lead_lag

REAL = rt.sample().loc["2010":"2013"]


def forecasts(closes, leader, days, window):
    """A least-squares line for each session and layer, through the pairs known by then."""
    growth = np.log(closes / closes.shift(days)).to_numpy()
    past = np.log(closes / closes.shift(days)).shift(days).to_numpy()[:, leader]
    expected = np.full(growth.shape, np.nan)
    for row in range(window - 1, len(growth)):
        pairs = slice(row - window + 1, row + 1)
        x = np.column_stack([np.ones(window), past[pairs]])
        for layer in range(growth.shape[1]):
            y = growth[pairs, layer]
            if not np.isnan([*x[:, 1], *y, growth[row, leader]]).any() and np.ptp(x[:, 1]) > 0:
                line = np.linalg.lstsq(x, y, rcond=None)[0]
                expected[row, layer] = line[0] + line[1] * growth[row, leader]
    return expected


@given(
    market=markets.closes(sessions=(3, 40)),
    leader=st.integers(0, 5),
    days=st.integers(1, 5),
    window=st.integers(3, 15),
)
def test_a_forecast_is_on_the_line_through_the_known_pairs(market, leader, days, window):
    leader = min(leader, market.shape[1] - 1)
    got = lead_lag(market.to_numpy(), leader, days, window)
    np.testing.assert_allclose(got, forecasts(market, leader, days, window), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(LeadLag(leader, days, window)(market.to_numpy()), got)


@pytest.mark.parametrize(("days", "window"), [(1, 63), (21, 252)])
def test_forecasts_of_real_closes(days, window):
    closes = REAL[["NVDA", "MSFT", "META"]]
    got = lead_lag(closes.to_numpy(), 0, days, window)
    expected = forecasts(closes, 0, days, window)
    assert np.isfinite(expected[:, 2]).any()
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-11)


def test_a_follower_is_foretold():
    rng = np.random.default_rng(4)
    leader = rng.normal(0.0, 0.02, 200)
    follower = 0.001 + 0.5 * np.concatenate([[0.0], leader[:-1]])
    close = np.exp(np.column_stack([leader, follower]).cumsum(axis=0))
    ahead = lead_lag(close, 0, 1, 30)[60:-1, 1]
    np.testing.assert_allclose(ahead, follower[61:], atol=1e-12)


def test_a_leader_that_stood_still_says_nothing():
    close = np.column_stack([np.full(20, 3.0), np.exp(np.arange(20) % 3)])
    assert np.isnan(lead_lag(close, 0, 1, 5)).all()


def test_a_name_is_bound_to_its_column():
    close, days = REAL.to_numpy(), REAL.index.to_numpy().astype("datetime64[D]")
    history = History(close, days, tuple(REAL.columns))
    bound = LeadLag("NVDA", 5, 60).bind(history)
    assert bound == LeadLag(REAL.columns.get_loc("NVDA"), 5, 60)
    assert bound.bind(history) == bound
    with pytest.raises(rt.ArgumentError, match=r"leader: want one of AAPL, .*, NVDA, got 'INTC'"):
        LeadLag("INTC", 5, 60).bind(history)
    with pytest.raises(rt.ArgumentError, match=r"leader: want one of AAPL, .*, NVDA, got 8"):
        LeadLag(8, 5, 60).bind(history)
    with pytest.raises(
        rt.ArgumentError, match="leader: 'NVDA' is a name, which only a history tells"
    ):
        LeadLag("NVDA", 5, 60)(close)
    with pytest.raises(rt.ArgumentError, match="leader: want a column below 8, got 8"):
        LeadLag(8, 5, 60)(close)
    strategy = rt.Strategy(LeadLag("NVDA", 5, 60), rt.Switch(), rt.Schedule("M"))
    assert len(rt.backtest(REAL, strategy).switches)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((-1, 1, 9), "leader: want the name or column of a layer, got -1"),
        ((None, 1, 9), "leader: want the name or column of a layer, got None"),
        (("", 1, 9), "leader: want the name or column of a layer, got ''"),
        (("A", 0, 9), "days: want sessions, 1 or more, got 0"),
        (("A", 1, 2), "window: want pairs, 3 or more, got 2"),
    ],
)
def test_arguments_are_checked(given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        LeadLag(*given)
