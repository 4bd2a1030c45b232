"""Whole shares by hand; the slow ledger has them at length."""

import numpy as np
import pytest

import rotation as rt
from rotation.engine.lots import Lots, run_lots
from rotation.engine.market import Market, Rates


def run(close, targets, *, rows=None, lots=None, **options):
    close = np.asarray(close, dtype=float)
    targets = np.asarray(targets, dtype=float)[:, None, :]
    rows = np.arange(len(targets)) if rows is None else np.array(rows)
    market = Market(close, close, np.ones(len(close)))
    return run_lots(market, rows, targets, lots=lots or Lots(), **options)


def test_leftover_cash_stays_and_the_ledger_knows_how_far_off_it_is():
    account = run([[30.0], [60.0]], [[1.0]], capital=100.0)
    assert account.value.ravel().tolist() == [100.0, 190.0]
    assert account.weights.ravel().tolist() == [0.9]
    assert account.deviation.ravel().tolist() == pytest.approx([0.1])
    assert account.turnover.ravel().tolist() == [0.9]


def test_lots_of_ten():
    account = run([[3.0], [6.0]], [[1.0]], lots=Lots(size=10), capital=100.0)
    assert account.value.ravel().tolist() == [100.0, 30 * 6 + 10]


def test_fees_are_paid_by_order_share_and_rate_with_a_minimum():
    lots = Lots(per_share=0.5, fixed=2.0)
    account = run([[10.0], [10.0]], [[1.0]], lots=lots, rates=Rates(buy=0.1), capital=200.0)
    # 200 / (1 + 0.1 + 0.05) is 17.39 shares; 17 cost 170 + 17 + 8.5 + 2 = 197.5.
    assert account.value[1, 0] == pytest.approx(170 + 2.5)
    least = run([[10.0], [10.0]], [[0.5]], lots=Lots(minimum=7.0), capital=200.0)
    assert least.value[1, 0] == pytest.approx(193.0)


def test_buys_are_cut_by_one_fraction_when_fees_leave_too_little():
    lots = Lots(fixed=5.0)
    account = run([[10.0, 10.0]] * 2, [[0.5, 0.5]], lots=lots, capital=200.0)
    shares = account.weights[0, 0] * account.after[0, 0] / 10
    assert shares.tolist() == pytest.approx([9.0, 9.0])
    assert account.value[1, 0] == pytest.approx(190.0)


def test_sells_come_first_and_one_that_costs_more_than_it_brings_is_left():
    close = [[10.0, 10.0]] * 3
    account = run(close, [[0.99, 0.0], [0.0, 1.0]], lots=Lots(fixed=30.0), capital=1000.0)
    # 97 shares and 30 take all; sold for 940, which buys 91 shares and pays 30.
    assert account.value[:, 0].tolist() == pytest.approx([970.0, 910.0, 910.0])
    small = run([[10.0]] * 2, [[0.03], [0.0]], lots=Lots(fixed=40.0), capital=1000.0)
    assert small.weights[:, 0, 0].tolist() == pytest.approx([30 / 960, 30 / 960])


def test_a_delisted_holding_is_sold_whatever_it_costs():
    close = [[10.0, 1.0], [10.0, 1.0], [np.nan, 1.0]]
    fees = Lots(fixed=40.0)
    account = run(close, [[1.0, 0.0]], lots=fees, capital=100.0)
    assert account.value[:, 0].tolist() == pytest.approx([60.0, 20.0, 20.0])
    close[1][0] = 1.0
    poor = run(close, [[1.0, 0.0]], lots=fees, capital=100.0)
    assert poor.value[:, 0].tolist() == pytest.approx([60.0, 0.0, 0.0])


def test_splits_change_the_shares_and_not_the_wealth():
    close = np.array([[30.0], [30.0], [33.0]])  # unadjusted 30, 10, 11 after one becomes three
    shares = np.array([[1.0], [3.0], [3.0]])
    market = Market(close, close, np.ones(3))
    targets = np.array([[[1.0]], [[0.5]]])
    account = run_lots(market, np.array([0, 1]), targets, lots=Lots(), shares=shares, capital=100.0)
    # 3 shares become 9; half of 100 is 5 of them.
    assert account.value.ravel().tolist() == pytest.approx([100.0, 100.0, 105.0])


def test_a_batch_is_its_strategies():
    rng = np.random.default_rng(4)
    close = 20 * np.exp(rng.normal(0, 0.02, (30, 3)).cumsum(axis=0))
    market, rows = Market(close, close, np.ones(30)), np.arange(0, 30, 5)
    targets = rng.dirichlet(np.ones(4), (6, 5))[:, :, :3]
    options = {"lots": Lots(per_share=0.01, fixed=1.0, minimum=2.0), "rates": Rates(0.001, 0.002)}
    batch = run_lots(market, rows, targets, capital=5000.0, **options)
    for s in range(5):
        alone = run_lots(market, rows, targets[:, [s]], capital=5000.0, **options)
        np.testing.assert_allclose(alone.value[:, 0], batch.value[:, s], rtol=1e-14)


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"fixed": -1}, {"minimum": np.inf}, {"per_share": "1"}, {"size": None}]
)
def test_options_are_checked(options):
    (name,) = options
    with pytest.raises(rt.ArgumentError, match=f"{name}: want a number"):
        rt.Lots(**options)
