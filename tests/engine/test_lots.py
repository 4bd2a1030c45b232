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
    assert poor.weights[1, 0].tolist() == [0.0, 0.0]


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
    close[22:, 1] = np.nan
    cash, paid = 1.001 ** np.arange(30), np.zeros((30, 3))
    paid[13, 2] = 0.4
    market, rows = Market(close, close, cash, dividend=paid), np.arange(0, 30, 5)
    targets = rng.dirichlet(np.ones(4), (6, 5))[:, :, :3]
    options = {"lots": Lots(per_share=0.01, fixed=1.0, minimum=2.0), "rates": Rates(0.001, 0.002)}
    batch = run_lots(market, rows, targets, capital=5000.0, **options)
    for s in range(5):
        alone = run_lots(market, rows, targets[:, [s]], capital=5000.0, **options)
        for name in ("value", "before", "after", "turnover", "deviation"):
            got, want = getattr(batch, name)[:, s], getattr(alone, name)[:, 0]
            np.testing.assert_allclose(got, want, rtol=1e-13, err_msg=name)
        np.testing.assert_allclose(batch.weights[:, s], alone.weights[:, 0], rtol=1e-13)


def test_rounding_goes_down_to_whole_lots():
    shares = np.array([0.0, 9.999, 10.0, 34.0, 40 - 1e-10])
    assert Lots(size=10).whole(shares).tolist() == [0.0, 0.0, 10.0, 30.0, 40.0]
    assert Lots(size=0.5).whole(np.array([0.7, 1.6])).tolist() == [0.5, 1.5]


def test_part_of_a_share_is_an_order_with_its_fee():
    half = Lots(size=0.5, fixed=1.0)
    assert half.fees(np.array([0.0, 0.5]), np.array(8.0), np.array(0.25)).tolist() == [0.0, 2.0]


def test_capital_is_one_unless_it_is_given():
    account = run([[0.25], [0.5]], [[0.5]])
    assert account.value.ravel().tolist() == [1.0, 1.5]
    assert account.weights.ravel().tolist() == [0.5]
    assert account.turnover.ravel().tolist() == [0.5]


def test_cash_earns_and_a_fill_parts_the_row():
    close = np.array([[10.0], [10.0], [22.0], [24.0]])
    fill = np.array([[10.0], [10.0], [20.0], [23.0]])
    market = Market(close, fill, np.array([1.0, 1.25, 1.5, 3.0]))
    account = run_lots(market, np.array([2]), np.ones((1, 1, 1)), lots=Lots(), capital=90.0)
    # 135 when it trades: 6 shares at 20 and 15 of cash, which then doubles.
    assert account.value.ravel().tolist() == pytest.approx([90, 112.5, 6 * 22 + 15, 6 * 24 + 30])
    assert account.before.ravel().tolist() == pytest.approx([135.0])
    assert account.price.tolist() == [[20.0]]
    assert account.rows.tolist() == [2]
    assert account.decision.tolist() == [0]


def test_dividends_go_into_cash_and_change_no_weight_but_its():
    close = np.full((4, 2), 10.0)
    paid = np.zeros((4, 2))
    paid[2, 0] = 1.0
    market = Market(close, close, np.ones(4), dividend=paid)
    targets = np.array([[[0.5, 0.2]]])
    account = run_lots(market, np.array([1]), targets, lots=Lots(), capital=100.0)
    assert account.value.ravel().tolist() == pytest.approx([100, 100, 105, 105])
    assert account.decision.tolist() == [0, -1]
    assert account.turnover.ravel().tolist() == pytest.approx([0.7, 0.0])
    assert account.weights[1, 0].tolist() == pytest.approx([50 / 105, 20 / 105])


def test_rates_are_those_of_the_name_and_the_session():
    buy = np.array([[0.0, 0.9], [0.1, 0.25], [0.9, 0.9]])
    sell = np.array([[0.9, 0.9], [0.9, 0.9], [0.5, 0.25]])
    account = run(
        np.full((3, 2), 10.0),
        [[0.5, 0.5], [0.0, 0.7]],
        rows=[1, 2],
        rates=Rates(buy, sell),
        capital=117.5,
    )
    # v (1 + 0.05 + 0.125) = 117.5: five of each for 55 and 62.5. Then five go for 25; more of the
    # other would be v + 25 + 0.9 (0.7 v - 50) = 100, so 51.53 of it, which is no sixth share.
    assert account.value.ravel().tolist() == pytest.approx([117.5, 100.0, 75.0])
    assert account.turnover.ravel().tolist() == pytest.approx([1.0, 0.5])


def test_fees_by_share_are_in_what_there_is_to_share_out():
    # v (1 + 0.5 * 0.1) = 210: half of 200 is ten shares, which cost 110.
    bought = run([[10.0]] * 2, [[0.5]], lots=Lots(per_share=1.0), capital=210.0)
    assert bought.value[:, 0].tolist() == pytest.approx([200.0, 200.0])
    fewer = run([[10.0]] * 2, [[0.5]], lots=Lots(per_share=1.0), capital=209.0)
    assert fewer.value[:, 0].tolist() == pytest.approx([200.0, 200.0])
    assert fewer.weights[:, 0, 0].tolist() == pytest.approx([90 / 200])
    # 20 shares of 10; v + 0.1 (200 - v / 2) = 200 gives 189.47, half of which is nine shares.
    sold = run([[10.0]] * 2, [[1.0], [0.5]], lots=Lots(per_share=1.0), capital=220.0)
    assert sold.value[:, 0].tolist() == pytest.approx([200.0, 189.0])
    assert sold.weights[1, 0, 0] == pytest.approx(90 / 189)


def test_what_a_sale_will_cost_depends_on_what_is_held():
    # 20 shares of 20; v + 0.5 (400 - v / 2) = 400 gives 266.67, half of which is six shares.
    close, rates = [[10.0], [20.0]], Rates(0.0, 0.5)
    account = run(close, [[1.0], [0.5]], rates=rates, capital=200.0)
    assert account.value[:, 0].tolist() == pytest.approx([200.0, 120 + 14 * 20 * 0.5])
    assert account.weights[1, 0, 0] == pytest.approx(120 / 260)


@pytest.mark.parametrize(("fixed", "sold"), [(1.0, False), (0.75, True), (0.25, True)])
def test_one_share_is_sold_if_that_brings_anything(fixed, sold):
    account = run([[1.0]] * 2, [[0.25], [0.0]], lots=Lots(fixed=fixed), capital=4.0)
    assert account.value[:, 0].tolist() == [4.0 - fixed, 4.0 - (2 * fixed if sold else fixed)]
    assert account.weights[:, 0, 0].tolist() == [1 / (4 - fixed), 0 if sold else 1 / (4 - fixed)]


def test_a_share_below_one_is_a_share():
    account = run([[0.5], [1.0]], [[1.0]], capital=10.0)
    assert account.value[:, 0].tolist() == [10.0, 20.0]


def test_what_is_not_listed_yet_is_in_nobodys_way():
    account = run([[np.nan, 2.0], [8.0, 4.0]], [[0.0, 0.5]], lots=Lots(per_share=0.0), capital=8.0)
    assert account.value[:, 0].tolist() == [8.0, 12.0]


def test_a_trade_on_the_last_close_sells_all_of_it_whatever_that_costs():
    close = [[10.0, 10.0], [10.0, 10.0], [np.nan, 10.0]]
    account = run(close, [[0.3, 0.4], [0.3, 0.4]], lots=Lots(fixed=40.0), capital=200.0)
    # Six and eight shares and 80 are too much; 7/8 of them, five and seven, take all there is. On
    # the last close of the first its 50 go for 40; to sell three of the second would not pay.
    assert account.value[:, 0].tolist() == pytest.approx([120.0, 80.0, 80.0])
    assert account.weights[:, 0].tolist() == [[5 / 12, 7 / 12], [0.0, 7 / 8]]
    assert account.turnover[1, 0] == pytest.approx(5 / 12)
    assert account.deviation[1, 0] == pytest.approx(7 / 8 - 0.4)
    # Where the fee is more than it brings, it goes for nothing, and takes no cash.
    dear = run([[9.0], [9.0], [np.nan]], [[0.1], [0.1]], lots=Lots(fixed=40.0), capital=100.0)
    assert dear.value[:, 0].tolist() == pytest.approx([60.0, 51.0, 51.0])


def test_a_forced_sale_is_at_the_close_and_moves_nothing_else():
    close = np.array([[10.0, 10.0], [10.0, 10.0], [20.0, 10.0], [np.nan, 10.0]])
    fill = np.array([[10.0, 10.0], [10.0, 10.0], [90.0, 90.0], [np.nan, 10.0]])
    market = Market(close, fill, np.ones(4))
    targets = np.array([[[0.5, 0.5]]])
    account = run_lots(market, np.array([1]), targets, lots=Lots(), capital=100.0)
    assert account.value.ravel().tolist() == pytest.approx([100, 100, 150, 150])
    assert account.price.tolist() == [[10.0, 10.0], [20.0, 10.0]]
    assert account.turnover.ravel().tolist() == pytest.approx([1.0, 2 / 3])
    assert account.deviation.ravel().tolist() == pytest.approx([0.0, 0.0])
    # After its end it cannot be bought: half stays in cash.
    late = run_lots(market, np.array([3]), targets, lots=Lots(), capital=100.0)
    assert late.weights[0, 0].tolist() == pytest.approx([0.0, 0.5])
    assert late.deviation.ravel().tolist() == pytest.approx([0.0])


def test_a_split_by_itself_trades_nothing():
    close = np.full((3, 1), 30.0)
    market = Market(close, close, np.ones(3))
    shares = np.array([[1.0], [3.0], [3.0]])
    targets = np.full((3, 1, 1), 0.9)
    account = run_lots(market, np.arange(3), targets, lots=Lots(), shares=shares, capital=100.0)
    # Three shares of 30; then nine of 10, which is as near.
    assert account.turnover.ravel().tolist() == pytest.approx([0.9, 0.0, 0.0])
    assert account.weights.ravel().tolist() == pytest.approx([0.9, 0.9, 0.9])


def test_turnover_is_of_what_was_traded_and_by_how_much():
    close = np.full((2, 2), 10.0)
    shares = np.array([[1.0, 1.0], [2.0, 1.0]])
    targets = np.array([[[0.5, 0.5]], [[0.55, 0.2]]])
    market, rates = Market(close, close, np.ones(2)), Rates(0.0, 0.25)
    account = run_lots(
        market, np.arange(2), targets, lots=Lots(), rates=rates, shares=shares, capital=100.0
    )
    # v + 0.25 (50 - 0.2 v) = 100: 92.1, of which ten shares of 5, as held, and one of the other.
    assert account.value.ravel().tolist() == pytest.approx([100.0, 90.0])
    assert account.weights[1, 0].tolist() == pytest.approx([5 / 9, 1 / 9])
    assert account.turnover.ravel().tolist() == pytest.approx([1.0, 0.5 - 1 / 9])


def test_what_is_held_already_has_no_turnover():
    close = [[10.0, 10.0], [10.0, 40.0]]
    account = run(close, [[0.5, 0.5], [0.2, 0.8]], capital=100.0)
    assert account.turnover.ravel().tolist() == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": None},
        {"size": True},
        {"fixed": -1},
        {"fixed": np.array([1.0, 2.0])},
        {"minimum": np.inf},
        {"per_share": "1"},
    ],
)
def test_options_are_checked(options):
    (name,) = options
    least = " above 0" if name == "size" else ", 0 or more"
    with pytest.raises(rt.ArgumentError, match=f"^{name}: want a number{least}, got "):
        rt.Lots(**options)


def test_what_no_target_asks_for_is_not_off_it():
    close = [[10.0, 10.0], [10.0, 10.0], [np.nan, 10.0]]
    account = run(close, [[0.5, 0.3]], lots=Lots(fixed=5.0), capital=210.0)
    # Ten and six shares for 170 of 210; the ten go at their last close for 95, and the fee leaves
    # the six a larger part of less.
    assert account.decision.tolist() == [0, -1]
    assert account.weights[:, 0].tolist() == [[0.5, 0.3], [0.0, 60 / 195]]
    assert account.deviation.ravel().tolist() == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(("size", "first", "then"), [(0.1, 2, 5), (0.1, 1, 13), (0.01, 1, 3)])
def test_a_lot_that_rounding_misses_is_bought(size, first, then):
    # Of 0.1 five are 0.5 and two are 0.2; what is between them is less than three of them.
    targets = [[first * size / 4], [then * size / 4]]
    account = run([[10.0]] * 2, targets, lots=Lots(size=size), capital=40.0)
    assert account.weights.ravel().tolist() == pytest.approx(np.ravel(targets))
