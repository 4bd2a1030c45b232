"""Accounts by hand; tests/oracles has them against the slow ledger, tests/laws their laws."""

import numpy as np
import pytest

import rotation as rt
from rotation.engine.account import _blocks, run
from rotation.engine.market import Band, Composition, Market, Rates


def market(close, fill=None, cash=None, **more):
    close = np.asarray(close, dtype=float)
    fill = close if fill is None else np.asarray(fill, dtype=float)
    return Market(close, fill, np.ones(len(close)) if cash is None else np.array(cash), **more)


def alone(targets):
    """Targets (K, N) of one strategy."""
    return np.asarray(targets, dtype=float)[:, None, :]


def test_capital_is_one_unless_it_is_given():
    account = run(market([[1.0], [2.0]]), np.array([0]), alone([[1.0]]))
    assert account.value.ravel().tolist() == [1.0, 2.0]
    assert account.ruined is None


def test_a_short_is_bought_back_at_its_last_close_at_the_rate_of_a_buy():
    close = [[10.0, 1.0], [12.0, 1.0], [np.nan, 1.0]]
    rates = Rates(buy=0.25, sell=0.0)
    account = run(market(close), np.array([0]), alone([[-0.5, 0.0]]), rates=rates)
    # 0.6 is owed of 1.5, and takes 0.15 more to buy back.
    assert account.value.ravel().tolist() == pytest.approx([1.0, 0.75, 0.75])
    assert account.turnover.ravel().tolist() == pytest.approx([0.5, 0.6 / 0.9])
    assert account.decision.tolist() == [0, -1]
    assert account.weights[1, 0].tolist() == [0.0, 0.0]


def test_a_band_is_held_against_what_each_trade_finds():
    close = [[1.0, 1.0], [1.1, 1.0], [1.5, 1.0], [1.5, 1.5]]
    half, rows = alone([[0.5, 0.5]] * 4), np.arange(4)
    account = run(market(close), rows, half, band=rt.Band(absolute=0.05))
    # The first trade is in full; 0.524 is within the band; 0.6 goes back to 0.55; then the second
    # grows from 0.45 to 0.551, and back to 0.55.
    value = [1.0, 1.05, 1.25, 1.25 * (0.55 + 0.45 * 1.5)]
    assert account.value.ravel().tolist() == pytest.approx(value)
    grown = 0.45 * 1.5 / (0.55 + 0.45 * 1.5)
    turnover = [1.0, 0.0, 0.1, 2 * (grown - 0.55)]
    assert account.turnover.ravel().tolist() == pytest.approx(turnover)
    assert account.weights[:, 0, 0].tolist() == pytest.approx([0.5, 0.55 / 1.05, 0.55, 0.45])


def test_a_trade_to_the_edge_of_a_band_pays_for_what_it_moves():
    close, half, rates = [[1.0, 1.0], [1.5, 1.0]], alone([[0.5, 0.5]] * 2), Rates(buy=0.25)
    account = run(market(close), np.arange(2), half, rates=rates, band=rt.Band(absolute=0.05))
    # 0.8 after the entry, then 0.6 and 0.4; v + 0.25 (0.45 v - 0.4) = 1.
    assert account.before.ravel().tolist() == pytest.approx([1.0, 1.0])
    assert account.after.ravel().tolist() == pytest.approx([0.8, 1.1 / 1.1125])


def test_two_strategies_of_which_one_is_ruined_between_its_trades():
    close = [[10.0], [10.0], [30.0], [10.0], [20.0]]
    targets = np.array([[[0.5], [-1.0]], [[1.0], [-1.0]]])
    account = run(market(close), np.array([1, 3]), targets, rates=Rates(buy=0.25))
    # The second has 2 in cash and owes 1, which becomes 3. The first has 8/9, a half in shares.
    assert account.ruined.tolist() == [5, 2]
    assert account.value[:, 1].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert account.weights[:, :, 0].tolist() == [[0.5, -1.0], [1.0, 0.0]]
    first = 8 / 9
    last = 0.9 * first  # v + 0.25 (v - first / 2) = first
    assert account.value[:, 0].tolist() == pytest.approx([1, first, 2 * first, last, 2 * last])
    assert account.before == pytest.approx(np.array([[1.0, 1.0], [first, 0.0]]))
    assert account.after == pytest.approx(np.array([[first, 1.0], [last, 0.0]]))
    assert account.turnover == pytest.approx(np.array([[0.5, 1.0], [0.5, 0.0]]))


def test_a_trade_that_finds_nothing_left_was_not_made():
    close = [[10.0], [30.0], [10.0]]
    targets = np.array([[[-1.0], [1.0]], [[0.5], [0.5]], [[0.5], [0.5]]])
    account = run(market(close), np.arange(3), targets, capital=0.5)
    assert account.ruined.tolist() == [1, 3]
    assert account.value[:, 0].tolist() == [0.5, 0.0, 0.0]
    for part in (account.before, account.after, account.turnover, account.weights[:, :, 0]):
        assert part[1:, 0].tolist() == [0.0, 0.0]
        assert (part[:, 1] > 0).all()
    assert account.after[0].tolist() == account.before[0].tolist() == [0.5, 0.5]
    assert account.weights[0, :, 0].tolist() == [-1.0, 1.0]
    assert account.turnover[0].tolist() == [1.0, 1.0]


def test_a_trade_earlier_on_the_day_of_ruin_was_made():
    close, fill = [[10.0], [30.0], [10.0]], [[10.0], [15.0], [10.0]]
    account = run(market(close, fill), np.array([0, 1]), alone([[-1.0], [-1.0]]), capital=1.0)
    # 0.5 is left at the fill and is short again, which doubles: exactly nothing is left.
    assert account.ruined.tolist() == [1]
    assert account.value.ravel().tolist() == [1.0, 0.0, 0.0]
    assert account.before.ravel().tolist() == [1.0, 0.5]
    assert account.after.ravel().tolist() == [1.0, 0.5]
    assert account.turnover.ravel().tolist() == [1.0, 2.0]
    assert account.weights.ravel().tolist() == [-1.0, -1.0]


def test_a_forced_sale_that_leaves_exactly_nothing_is_ruin():
    close = [[1.0, 1.0], [1.0, 1.0], [np.nan, 1.0]]
    rates = Rates(sell=np.array([[0.0], [0.5], [0.0]]))
    account = run(market(close), np.array([0]), alone([[2.0, 0.0]]), rates=rates)
    # Shares of 2 bring 1, which is owed.
    assert account.ruined.tolist() == [1]
    assert account.value.ravel().tolist() == [1.0, 0.0, 0.0]
    assert account.after.ravel().tolist() == [1.0, 0.0]


def test_dividends_are_cash_from_the_session_on_which_they_are_paid():
    close = [[10.0, 1.0], [10.0, 1.0], [8.0, 1.0], [8.0, 1.0], [8.0, 2.0]]
    dividend = np.zeros((5, 2))
    dividend[[0, 1], 0] = 9.0  # nobody holds it yet
    dividend[2, 0], dividend[3, 0] = 2.0, 1.0
    account = run(
        market(close, dividend=dividend),
        np.array([1, 3]),
        alone([[0.5, 0.25], [-0.5, 1.0]]),
        capital=100.0,
    )
    # Five shares and 25 of the other: 10 in cash, then 5, and 105 to trade with.
    assert account.value.ravel().tolist() == pytest.approx([100.0, 100.0, 100.0, 105.0, 210.0])
    assert account.decision.tolist() == [0, -1, 1]
    assert account.weights[1, 0].tolist() == pytest.approx([0.4, 0.25])
    assert account.turnover.ravel().tolist() == pytest.approx(
        [0.75, 0.0, 0.5 + 40 / 105 + 1.0 - 25 / 105]
    )


def test_a_short_pays_the_dividend():
    close, dividend = np.full((3, 1), 0.5), np.array([[0.0], [0.1], [0.0]])
    account = run(market(close, dividend=dividend), np.array([0]), alone([[-0.5]]))
    assert account.value.ravel().tolist() == pytest.approx([1.0, 0.9, 0.9])


@pytest.mark.parametrize("batch", [1, 2])
def test_what_is_owed_grows_at_rates_of_its_own(batch):
    close = [[10.0, 1.0], [12.0, 1.0], [12.0, 1.0]]
    lent = market(
        close,
        cash=[1.0, 1.1, 1.21],
        debt=np.array([1.0, 1.2, 1.44]),
        short=np.array([[1.0, 1.0], [1.0, 1.25], [1.0, 1.5]]),
    )
    targets = np.array([[[2.0, 0.0], [0.5, -0.5]]])
    want = np.array([[1.0, 1.0], [2.4 - 1.2, 0.6 + 1.1 - 0.625], [2.4 - 1.44, 0.6 + 1.21 - 0.75]])
    if batch == 2:
        account = run(lent, np.array([0]), targets)
        assert account.value == pytest.approx(want)
        return
    for s in range(2):
        account = run(lent, np.array([0]), targets[:, [s]])
        assert account.value[:, 0] == pytest.approx(want[:, s])


def test_negative_cash_alone_may_pay_a_rate_of_its_own():
    dear = market(np.ones((2, 1)), cash=[1.0, 1.1], debt=np.array([1.0, 1.2]))
    assert run(dear, np.array([0]), alone([[2.0]])).value[1, 0] == pytest.approx(0.8)
    assert run(dear, np.array([0]), alone([[0.5]])).value[1, 0] == pytest.approx(1.05)


def test_a_fee_for_shorts_is_nothing_to_who_is_long():
    short = np.array([[1.0, 1.0], [1.5, 1.25], [2.0, 1.5]])
    lent = market(np.ones((3, 2)), cash=[1.0, 2.0, 4.0], short=short)
    # Cash of 0.75 doubles, 0.75 stays, and 0.5 owed becomes 0.75, and again grows by a third.
    account = run(lent, np.array([0, 1]), alone([[-0.5, 0.75], [-0.5, 0.75]]))
    value = [1.0, 1.5, 1.5 * (0.75 * 2 + 0.75 - 0.5 * 2 / 1.5)]
    assert account.value.ravel().tolist() == pytest.approx(value)
    # Negative cash pays what cash earns.
    account = run(lent, np.array([0, 1]), alone([[-0.5, 2.0], [-0.5, 2.0]]))
    value = [1.0, 2 - 1 - 0.75, 0.25 * (2 - 1 - 0.5 * 2 / 1.5)]
    assert account.value.ravel().tolist() == pytest.approx(value)


def test_blocks_keep_what_must_be_solved_alone_by_itself():
    lonely = np.array([False, False, False, True, True, False, False])
    blocks = [(block.start, block.stop) for block in _blocks(lonely, 2)]
    assert blocks == [(0, 2), (2, 3), (3, 4), (4, 5), (5, 7)]
    assert [block.stop for block in _blocks(lonely, 100)] == [3, 4, 5, 7]


TERMS = {
    "band": {"band": rt.Band(absolute=0.03)},
    "relative band": {"band": rt.Band(relative=0.2, to_edge=False)},
    "impact": {"rates": Rates(0.01, 0.02, np.full((40, 4), 0.05))},
    "rates by session and name": {
        "rates": Rates(np.linspace(0, 0.02, 160).reshape(40, 4), np.linspace(0.03, 0, 4)[None])
    },
}


@pytest.mark.parametrize("name", TERMS)
def test_a_batch_is_its_strategies_on_all_terms(name):
    rng = np.random.default_rng(7)
    close = np.exp(rng.normal(0, 0.05, (40, 4)).cumsum(axis=0))
    close[30:, 2] = np.nan
    dividend = (rng.random((40, 4)) < 0.05) * 0.1
    short = np.cumprod(1 + 0.01 * rng.random((40, 4)), axis=0)
    lent = market(
        close,
        cash=1.001 ** np.arange(40),
        debt=1.002 ** np.arange(40),
        short=short,
        dividend=dividend,
    )
    rows = np.array([2, 5, 6, 15, 28, 33])
    targets = rng.normal(0.2, 0.3, (6, 3, 4))
    batch = run(lent, rows, targets, **TERMS[name])
    for s in range(3):
        one = run(lent, rows, targets[:, [s]], **TERMS[name])
        for field in ("value", "before", "after", "turnover", "weights"):
            got, want = getattr(batch, field)[:, s], getattr(one, field)[:, 0]
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13, err_msg=field)


def test_a_batch_of_switches_between_layers_that_share_a_member():
    close = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    weights = (np.full((3, 2), 0.5), np.array([[0.25, 0.75]] * 3))
    composition = Composition(weights, (np.array([0, 1]), np.array([1, 2])), 3)
    targets = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
    rates = Rates(buy=np.array([[0.0, 0.0, 0.25]]), sell=np.array([[0.5, 0.5, 0.0]]))
    account = run(market(close), np.array([0, 1]), targets, rates=rates, composition=composition)
    # The first sells all of its half in 0 and buys of 2: v + 0.25 + 0.25 (0.75 v) + what it sells
    # of 1, 0.5 (0.5 - 0.25 v), are 1.
    first = (1.0 - 0.25 - 0.25) / (1.0 + 0.1875 - 0.125)
    second = 1.0 / 1.1875
    assert account.after == pytest.approx(np.array([[1.0, second], [first, second]]))
    assert account.turnover == pytest.approx(np.array([[1.0, 1.0], [0.5 + 0.25 + 0.75, 0.0]]))
    assert account.value[2] == pytest.approx(np.array([first, second]))


def test_what_has_its_last_close_is_sold_whatever_the_band():
    close = np.array([[10.0, 10.0], [10.0, 10.0], [10.0, np.nan], [20.0, np.nan]])
    market = Market(close, close, np.ones(4))
    targets = np.array([[[0.5, 0.5]], [[0.2, 0.8]]])
    account = run(market, np.array([0, 1]), targets, band=Band(absolute=np.inf))
    assert account.weights[1, 0].tolist() == [0.2, 0.0]
    assert account.value[:, 0].tolist() == pytest.approx([1.0, 1.0, 1.0, 1.2])


def test_a_long_history_that_trades_every_day_grows_by_what_it_holds():
    rng = np.random.default_rng(11)
    growth = 1 + rng.normal(0, 0.01, (3000, 2))
    rows = np.arange(5, 3000)
    holds = rng.integers(0, 2, len(rows))
    account = run(market(growth.cumprod(axis=0)), rows, alone(np.eye(2)[holds]))
    want = np.append(np.ones(6), growth[rows[1:], holds[:-1]].cumprod())
    assert account.value[:, 0] == pytest.approx(want, rel=1e-12)


def test_a_last_close_makes_only_those_trade_that_hold_it():
    close = [[10.0, 10.0], [10.0, 10.0], [10.0, np.nan]]
    targets = np.array([[[0.5, 0.5], [1.0, 0.0]], [[0.2, 0.8], [0.2, 0.8]]])
    account = run(market(close), np.array([0, 1]), targets, band=Band(absolute=np.inf))
    assert account.weights[1].tolist() == [[0.2, 0.0], [1.0, 0.0]]


def test_each_strategy_makes_a_first_trade_of_its_own():
    targets = np.array([[[1.0], [0.0]], [[0.5], [0.5]], [[0.1], [0.1]]])
    account = run(market(np.ones((3, 1))), np.arange(3), targets, band=Band(absolute=np.inf))
    assert account.weights[:, :, 0].tolist() == [[1.0, 0.0], [1.0, 0.5], [1.0, 0.5]]


def test_an_account_that_impact_would_not_let_trade_is_ruined():
    # Selling half costs 2.5 (1 - v / 2)**1.5; with v that is more than 1 whatever v is up to 1.
    impact = np.array([[0.0], [2.5], [0.0]])
    still, targets = market(np.ones((3, 1))), alone([[1.0], [0.5]])
    account = run(still, np.array([0, 1]), targets, rates=Rates(impact=impact))
    assert account.value.ravel().tolist() == [1.0, 0.0, 0.0]
    assert account.ruined.tolist() == [1]


@pytest.mark.parametrize("growth", [1e-7, 1e7])
def test_impact_ruins_nobody_for_having_grown(growth):
    part = np.linspace(0.05, 0.95, 50)
    targets = np.stack([np.stack([part, 1 - part], axis=1), np.full((50, 2), 0.5)])
    impact = np.array([[0.0, 0.0], [0.01, 0.01]]) / np.sqrt(growth)
    moved = market([[1.0, 1.0], [growth, growth]])
    account = run(moved, np.arange(2), targets, rates=Rates(impact=impact))
    assert account.ruined is None
    assert (account.after > 0.9 * account.before).all()
