"""What trading took, of one account and of many."""

import numpy as np

from rotation.engine.account import run
from rotation.engine.market import Market, Rates
from rotation.engine.trading import is_trade, trading

CLOSE = np.exp(np.random.default_rng(4).normal(0.0, 0.02, (40, 3)).cumsum(axis=0))
MARKET = Market(CLOSE, CLOSE, np.ones(40))
ROWS = np.array([2, 9, 20, 31])
TARGETS = np.random.default_rng(5).dirichlet(np.ones(4), (4, 5))[..., :3]
RATES = Rates(buy=0.002, sell=0.003)


def account(targets):
    return run(MARKET, ROWS, targets, rates=RATES)


def test_of_many_it_is_that_of_each():
    many = trading(account(TARGETS), 9, 35)
    for s in range(5):
        alone = trading(account(TARGETS[:, s : s + 1]), 9, 35)
        for name, figure in many.items():
            np.testing.assert_allclose(figure[s], alone[name][0], rtol=1e-13)


def test_only_what_lies_after_the_first_row_and_before_the_stop_counts():
    made = account(TARGETS)
    found = trading(made, 9, 31, periods=252)
    np.testing.assert_allclose(found["annual_turnover"], made.turnover[2] * 252 / 21, rtol=1e-14)
    np.testing.assert_allclose(found["cost"], 1.0 - made.after[2] / made.before[2], rtol=1e-14)
    assert found["switches"].tolist() == [1] * 5
    whole = trading(made, 0)
    assert whole["switches"].tolist() == [4] * 5
    np.testing.assert_allclose(whole["annual_turnover"], made.turnover.sum(axis=0) * 252 / 39)


def test_rounding_is_no_trade_and_a_ruined_account_pays_nothing_more():
    assert is_trade(np.array([0.0, 1e-13, 1e-11])).tolist() == [False, False, True]
    fall = Market(np.array([[1.0], [1.0], [0.1], [0.1], [0.1]]), np.ones((5, 1)), np.ones(5))
    geared = np.array([3.0, 3.0, 3.0])[:, None, None]
    ruined = run(fall, np.array([0, 1, 3]), geared, rates=RATES)
    assert ruined.ruined is not None
    found = trading(ruined, 2)
    assert [float(each[0]) for each in found.values()] == [0.0, 0.0, 0.0]
