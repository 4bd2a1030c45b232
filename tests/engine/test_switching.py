"""Figures from switches equal those of the account, on any window."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import markets
from rotation import measures
from rotation.arrays import delisted
from rotation.engine import account
from rotation.engine.market import Composition, Market, Rates
from rotation.engine.switching import (
    MEASURES,
    Intervals,
    Sums,
    Switches,
    Window,
    figures,
    follow,
    switch_price,
)


def by_account(market, rows, held, rates, window, benchmark, composition=None):
    """Figures (12,) of one strategy by its account; it trades only when what it holds changes."""
    start, stop = window
    moved = np.append(True, held[1:] != held[:-1])
    targets = (held[moved, None] == np.arange(market.close.shape[1])).astype(float)
    ran = account.run(market, rows[moved], targets[:, None], rates=rates, composition=composition)
    value = ran.value[start:stop, 0]
    returns = value[1:] / value[:-1] - 1
    later = (ran.rows > start) & (ran.rows < stop)
    turnover = ran.turnover[later, 0]
    found = measures.figures(returns) | {
        "information_ratio": measures.information_ratio(returns, benchmark[start + 1 : stop]),
        "annual_turnover": turnover.sum() * 252 / len(returns),
        "switches": (turnover > 1e-12).sum(),
        "cost": 1 - (ran.after / ran.before)[later, 0].prod(),
    }
    return np.array([float(found[name]) for name in MEASURES])


@st.composite
def worlds(draw):
    """A market, rows that trade, what strategies hold (K, S), rates, a window and a benchmark."""
    close = draw(markets.closes(sessions=(30, 120))).to_numpy()
    sessions, layers = close.shape
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    fill = close
    if draw(st.booleans()) and not np.isnan(close).any():
        fill = close * np.exp(rng.normal(0, 0.01, close.shape))
    cash = np.ones(sessions)
    if draw(st.booleans()):
        cash = np.cumprod(np.append(1.0, 1 + rng.normal(1e-4, 1e-4, sessions - 1)))
    rows = np.unique(rng.integers(1, sessions, draw(st.integers(1, sessions))))
    held = rng.integers(-1, layers, (len(rows), draw(st.integers(1, 6))))
    stays = rng.random(held.shape) < draw(st.sampled_from([0.0, 0.5, 0.9]))
    for k in range(1, len(rows)):
        held[k] = np.where(stays[k], held[k - 1], held[k])
    # Not before it is listed, and not decided after it is delisted.
    first = np.append((~np.isnan(close)).argmax(axis=0), 0)
    last = np.append(delisted(close), sessions + 1)
    held[(rows[:, None] < first[held]) | (rows[:, None] > last[held])] = -1
    per_session = rng.random((sessions, layers)) * 0.02
    rates = Rates(per_session if draw(st.booleans()) else 0.001, rng.random((1, layers)) * 0.02)
    start = draw(st.integers(0, sessions - 22))
    stop = draw(st.integers(start + 22, sessions))
    market = Market(close, fill, cash)
    return market, rows, held, rates, (start, stop), rng.normal(0, 0.01, sessions)


def close_enough(got, want):
    # With almost no spread around a mean a moment of it has lost its digits in either way.
    steady = want[:, MEASURES.index("annual_volatility")] < 1e-6
    np.testing.assert_allclose(got[~steady], want[~steady], rtol=1e-9, atol=1e-10)


@given(world=worlds())
def test_every_figure_is_the_accounts(world):
    market, rows, held, rates, window, benchmark = world
    switches = follow(held, rows, market.close)
    sums = Sums.of(market, benchmark)
    intervals = Intervals.of(Window.of(sums, *window), np.unique(switches.row))
    got = figures(intervals, switches, switch_price(rates, market.close.shape))
    want = [
        by_account(market, rows, held[:, s], rates, window, benchmark) for s in range(held.shape[1])
    ]
    close_enough(got, np.array(want))


@given(world=worlds())
def test_more_intervals_and_more_strategies_change_nothing(world):
    market, rows, held, rates, window, benchmark = world
    switches = follow(held, rows, market.close)
    sums, price = Sums.of(market, benchmark), switch_price(rates, market.close.shape)
    own = figures(Intervals.of(Window.of(sums, *window), np.unique(switches.row)), switches, price)
    every = Intervals.of(Window.of(sums, *window), np.arange(len(market.close)))
    np.testing.assert_allclose(figures(every, switches, price), own, rtol=1e-11, atol=1e-11)
    alone, order = figures(every, switches, price), np.arange(len(switches))[::-1]
    many = Switches.joined([switches.take(order), switches])
    np.testing.assert_array_equal(figures(every, many, price)[len(own) :], alone)


@given(world=worlds(), seed=st.integers(0, 2**32 - 1))
def test_layers_that_share_members_pay_for_what_changes_hands(world, seed):
    market, rows, held, _, window, benchmark = world
    market = Market(market.close, market.close, market.cash)
    sessions, layers = market.close.shape
    rng, assets = np.random.default_rng(seed), layers + 2
    members = tuple(rng.choice(assets, 2, replace=False) for _ in range(layers))
    shares = rng.random((layers, sessions))
    weights = tuple(np.column_stack([share, 1 - share]) for share in shares)
    composition = Composition(weights, members, assets)
    rates = Rates(rng.random((1, assets)) * 0.02, rng.random((sessions, assets)) * 0.02)
    switches = follow(held, rows, market.close)
    intervals = Intervals.of(
        Window.of(Sums.of(market, benchmark), *window), np.unique(switches.row)
    )
    price = switch_price(rates, market.close.shape, composition)
    want = [
        by_account(market, rows, held[:, s], rates, window, benchmark, composition)
        for s in range(held.shape[1])
    ]
    close_enough(figures(intervals, switches, price), np.array(want))


def test_a_strategy_that_never_holds_anything_earned_nothing():
    close = np.ones((40, 2))
    market = Market(close, close, np.ones(40))
    switches = follow(np.full((2, 1), -1), np.array([3, 9]), close)
    assert len(switches.row) == 0
    intervals = Intervals.of(Window.of(Sums.of(market, np.zeros(40)), 3, 40), np.array([3, 9]))
    found = dict(
        zip(MEASURES, figures(intervals, switches, switch_price(Rates(), (40, 2)))[0], strict=True)
    )
    assert found["annual_return"] == found["max_drawdown"] == found["cost"] == 0
    assert found["switches"] == 0
    assert np.isnan(found["sharpe"])
