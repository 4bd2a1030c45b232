"""Breadth counts members while they belong, and says so when there are none to count."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.layers import open_history
from rotation.protocols import History, Members
from rotation.signals import Breadth, breadth
from rotation.tables import read_prices

REAL = rt.sample().loc["2010":"2014"]
UNIVERSE = rt.Universe(
    {
        "chips": ["NVDA", rt.Member("AMD", end=date(2013, 6, 28))],
        "web": ["AMZN", "META", rt.Member("NFLX", start=date(2012, 1, 3)), "GOOG"],
    }
)


def counted(members, days):
    """Share above the average, member by member and session by session."""
    shares = []
    for each in members:
        closes = pd.DataFrame(each.close)
        average = closes.rolling(days).mean().to_numpy()
        share = []
        for close, mean, belongs in zip(each.close, average, each.belongs, strict=True):
            votes = [
                c > m for c, m, in_it in zip(close, mean, belongs, strict=True) if in_it and m == m
            ]
            share.append(sum(votes) / len(votes) if votes else np.nan)
        shares.append(share)
    return np.transpose(shares)


@st.composite
def memberships(draw):
    """Members of one to three layers over one market, which come and go."""
    market = draw(markets.closes(sessions=(3, 40)))
    rng = np.random.default_rng(draw(markets.seeds()))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        columns = rng.choice(market.shape[1], rng.integers(1, market.shape[1] + 1), replace=False)
        close = market.to_numpy()[:, columns]
        belongs = (rng.random(close.shape) < 0.8) & ~np.isnan(close)
        found.append(Members(close, belongs))
    return tuple(found)


@given(members=memberships(), days=st.integers(2, 12))
def test_breadth_counts_members_above_their_average(members, days):
    np.testing.assert_array_equal(breadth(members, days), counted(members, days))


@pytest.mark.parametrize("days", [10, 200])
def test_breadth_of_real_layers(days):
    layers = rt.build_layers(REAL, UNIVERSE)
    history = open_history(layers, read_prices(layers.index), layers.index.to_numpy())
    scores = Breadth(days).bind(history)(history.close)
    expected = np.where(layers.index.isna(), np.nan, counted(layers.members, days))
    np.testing.assert_array_equal(scores, expected)
    # AMD is gone after June 2013, so chips is all or nothing.
    assert set(scores[layers.index.index > "2013-06-28", 0]) <= {0.0, 1.0}
    assert {0.25, 0.75} <= set(scores[layers.index.index > "2013-06-28", 1])


def test_a_backtest_of_layers_sees_their_members():
    layers = rt.build_layers(REAL, UNIVERSE)
    strategy = rt.Strategy(Breadth(50), rt.Switch(), rt.Schedule("M"))
    assert set(rt.backtest(layers, strategy).switches["to"]) == {"chips", "web"}
    rt.check_causal(Breadth(50), layers, cuts=4)


def test_an_average_is_known_from_before_a_member_belonged():
    close = np.array([[1.0, 4.0], [2.0, 3.0], [3.0, 2.0]])
    belongs = np.array([[True, False], [True, False], [False, True]])
    np.testing.assert_array_equal(breadth([Members(close, belongs)], 2).ravel(), [np.nan, 1, 0])


def test_without_members_it_says_what_it_needs():
    close = REAL.to_numpy()
    history = History(close, REAL.index.to_numpy().astype("datetime64[D]"), tuple(REAL.columns))
    needs = "signal: Breadth needs layers that are made of members; pass Layers"
    with pytest.raises(rt.ArgumentError, match=needs):
        Breadth(50)(close)
    with pytest.raises(rt.ArgumentError, match=needs):
        Breadth(50).bind(history)
    with pytest.raises(rt.ArgumentError, match=needs):
        rt.backtest(REAL, rt.Strategy(Breadth(50), rt.Switch(), rt.Schedule("M")))
    with pytest.raises(rt.ArgumentError, match="days: want sessions, 2 or more, got 1"):
        Breadth(1)


def test_what_was_bound_to_a_history_scores_that_one_alone():
    close = np.arange(1.0, 9.0)[:, None] ** [0.5, 1.0]
    members = tuple(Members(close[:, [k]], np.full((8, 1), True)) for k in (0, 1))
    days = np.datetime64("2024-01-01") + np.arange(8)
    history = History(close, days, ("a", "b"), members)
    bound = Breadth(2).bind(history)
    together = bound(np.stack([close, close], axis=1))
    np.testing.assert_array_equal(together, np.stack([bound(close)] * 2, axis=1))
    with pytest.raises(
        rt.ArgumentError, match="close: want the 8 sessions and 2 layers of the hist"
    ):
        bound(close[:7])
    with pytest.raises(rt.ArgumentError, match=r"bound to, got shape \(8, 1\)"):
        bound(close[:, :1])
    assert Breadth(2).bind(replace(history)) != bound
