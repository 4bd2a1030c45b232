"""The oracle of every way to pay and to hold against accounts worked out by hand."""

import math
from datetime import date, timedelta

import pytest

from oracles.basket import basket, capped, equal, given, inverse_volatility
from oracles.ledger import Band, Entry, ledger
from oracles.lots import Lots, trade
from oracles.root import root


def near(x):
    return pytest.approx(x, rel=1e-13, abs=1e-13)


def market(**columns):
    """A table from columns."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def run(closes, decisions, *, lag=0, **terms):
    return ledger(closes, decisions, lag=lag, **terms)


FLAT = [1.0, 1.0, 1.0, 1.0]


def test_a_rate_is_for_all_or_by_name_or_session_or_both():
    closes = market(A=FLAT, B=FLAT)
    halves = {0: {"A": 0.5, "B": 0.5}}
    for rate in (0.25, {"A": 0.25, "B": 0.25}, [0.25, 9.0, 9.0, 9.0], [{"A": 0.25, "B": 0.25}] * 4):
        assert run(closes, halves, buy=rate).value == near([0.8] * 4)
    # v + 0.1 v/2 + 0.3 v/2 = 1
    assert run(closes, halves, buy={"A": 0.1, "B": 0.3}).value == near([1 / 1.2] * 4)


def test_slippage_is_on_top_of_either_side():
    closes = market(A=FLAT)
    book = run(closes, {0: {"A": 1.0}, 1: {}}, buy=0.15, sell=0.3, slippage=0.1)
    assert book.value == near([0.8, 0.8 * 0.6, 0.48, 0.48])


def test_impact_is_a_root_with_a_square_root():
    # 4 + 4^1.5 / 2 = 8
    free = {"buy": {"A": 0.0}, "sell": {"A": 0.0}}
    assert root(8.0, {"A": 0.0}, {"A": 1.0}, **free, impact={"A": 0.5}) == near(4.0)
    # To sell 4 of volume 16 at c = 1 costs 4 * √(4 / 16) = 2, with a rate of a tenth 2.4.
    closes = market(A=[4.0, 4.0])
    volume = market(A=[math.inf, 16.0])
    terms = {"coefficient": 1.0, "volume": volume, "capital": 4.0}
    assert run(closes, {0: {"A": 1.0}, 1: {}}, **terms).value == near([4.0, 2.0])
    book = run(closes, {0: {"A": 1.0}, 1: {}}, sell=0.1, **terms)
    assert book.value == near([4.0, 1.6])
    assert book.entries[1] == Entry(1, 1, near(1.0), near(2.4))


def test_the_highest_root_is_the_one():
    # From 2 to 1 times the value: v + c (2 - v)^1.5 is above 1 everywhere if c is 1.
    free = {"buy": {"A": 0.0}, "sell": {"A": 0.0}}
    assert root(1.0, {"A": 2.0}, {"A": 1.0}, **free, impact={"A": 1.0}) == -math.inf
    v = root(1.0, {"A": 2.0}, {"A": 1.0}, **free, impact={"A": 0.25})
    assert v + 0.25 * (2.0 - v) ** 1.5 == near(1.0)
    assert 0.5 < v < 1.0


def test_what_impact_makes_too_dear_to_sell_ruins():
    closes = market(A=FLAT)
    volume = market(A=[math.inf, 1.0, 0.04, 1.0])
    book = run(closes, {0: {"A": 1.5}, 2: {"A": 1.0}}, coefficient=1.0, volume=volume)
    # To sell half of the value at volume 0.04 costs 0.5 √12.5 = 1.77 at the least.
    assert book.ruined == 2
    assert book.value == [1.0, 1.0, 0.0, 0.0]
    assert book.parts[2] == {"A": 0.0, "cash": 0.0, "cost": -1.0, "forgiven": 0.0}
    assert book.entries == [Entry(0, 0, 1.5, 0.0)]
    assert book.entries[0].earned == -1.0


def test_within_a_band_nothing_is_traded_and_beyond_it_to_the_edge():
    closes = market(A=[1.0, 1.5, 1.5, 1.5], B=FLAT)
    halves = {0: {"A": 0.5, "B": 0.5}, 1: {"A": 0.5, "B": 0.5}}
    # A drifts to 0.6.
    assert len(run(closes, halves, band=Band(0.11)).entries) == 1
    assert run(closes, halves, band=Band(0.04)).weights[1] == near(
        {"A": 0.54, "B": 0.46, "cash": 0.0}
    )
    assert run(closes, halves, band=Band(0.0, 0.1)).weights[1]["A"] == near(0.55)
    assert run(closes, halves, band=Band(0.04, to_edge=False)).weights[1]["A"] == near(0.5)
    paid = run(closes, halves, band=Band(0.04), sell=0.1)
    # v + 0.1 (0.75 - 0.54 v) = 1.25
    assert paid.value[1] == near(1.175 / 0.946)
    assert paid.entries[1].turnover == near(0.12)


def test_all_move_by_the_fraction_of_the_one_that_is_furthest_off():
    closes = market(A=[1.0, 1.5, 1.0, 1.0], B=FLAT, C=FLAT)
    # Drifted to 0.5, 1/3, 1/6 of 1.2; A is off by 0.1, B by 0.1, C by 0.0333.
    first = {"A": 0.4, "B": 0.4, "C": 0.2}
    book = run(closes, {0: first, 1: first}, band=Band(0.05))
    half = {
        name: (first[name] + drifted) / 2
        for name, drifted in (("A", 0.5), ("B", 1 / 3), ("C", 1 / 6))
    }
    # 0.05 / 0.1 is the least fraction, and B, off by 0.0667, moves by it too.
    assert book.weights[1] == near({**half, "cash": 0.0})


def test_the_first_trade_is_the_first_that_moves_anything_and_is_made_in_full():
    closes = market(A=[1.0, 1.0, 3.0, 1.0])
    book = run(closes, {0: {}, 1: {"A": 0.5}, 2: {"A": 0.5}}, band=Band(math.inf))
    assert [entry.traded for entry in book.entries] == [1]
    assert book.value == near([1.0, 1.0, 2.0, 1.0])


def test_a_trade_by_which_something_leaves_is_made_in_full_whatever_the_band():
    closes = market(A=[1.0, 2.0, None], B=[1.0, 1.0, 1.0])
    book = run(closes, {0: {"A": 0.5}, 1: {"B": 0.1}}, band=Band(math.inf), sell=0.1)
    assert book.value == near([1.0, 1.4, 1.4])
    assert book.weights[1] == near({"A": 0.0, "B": 0.1, "cash": 0.9})
    assert book.entries[1] == Entry(1, 1, near(2 / 3 + 0.1), near(0.1))
    alone = run(closes, {0: {"A": 0.5}}, band=Band(math.inf), sell=0.1)
    assert alone.entries[1] == Entry(None, 1, near(2 / 3), near(0.1))


def test_negative_cash_owes_its_own_rate():
    closes = market(A=FLAT)
    book = run(closes, {0: {"A": 2.0}, 2: {}}, cash_rate=0.1, debit_rate=0.2)
    assert book.value == near([1.0, 0.8, 0.56, 0.616])
    assert [parts["cash"] for parts in book.parts] == near([0.0, -0.2, -0.24, 0.056])


def test_what_is_owed_of_a_short_grows_by_the_fee():
    closes = market(A=[1.0, 2.0, 2.0, 2.0])
    book = run(closes, {0: {"A": -0.25}}, short_fee=[9.0, 0.5, 0.0, 0.2])
    # Owed: 0.25 shares, 0.375 from row 1, 0.45 from row 3.
    assert book.value == near([1.0, 1.25 - 0.75, 0.5, 1.25 - 0.9])
    assert book.parts[1]["A"] == near(-0.5)


def test_a_split_multiplies_the_shares_and_a_dividend_is_paid_on_them():
    closes = market(A=[10.0, 5.0, 5.0, 8.0])
    events = {"split": [1.0, {"A": 2.0}, 1.0, 1.0], "dividend": [0.0, {"A": 1.0}, 0.0, 0.0]}
    cash = run(closes, {0: {"A": 1.0}}, to_cash=True, capital=10.0, **events)
    assert cash.value == near([10.0, 12.0, 12.0, 18.0])
    assert cash.weights[3]["cash"] == near(2 / 18)
    again = run(closes, {0: {"A": 1.0}}, capital=10.0, **events)
    # Two shares of 5 and 2 of money: 2.4 shares.
    assert again.value == near([10.0, 12.0, 12.0, 19.2])
    assert again.parts[1] == {"A": near(2.0), "cash": 0.0, "cost": 0.0, "forgiven": 0.0}
    short = run(closes, {0: {"A": -1.0}}, to_cash=True, capital=10.0, **events)
    assert short.value == near([10.0, 8.0, 8.0, 2.0])


def test_a_dividend_goes_into_the_cash_of_a_trade_at_a_fill_and_else_is_reinvested():
    closes, fill = market(A=[10.0, 10.0, 10.0, 10.0]), market(A=[10.0, 10.0, 5.0, 10.0])
    paid = {"dividend": [0.0, 0.0, {"A": 2.0}, 0.0], "capital": 10.0, "fill": fill}
    # Half a share; 5 + 1 of cash and 2.5 make 8.5, half of which buys 0.85 at 5.
    book = run(closes, {0: {"A": 0.5}, 1: {"A": 0.5}}, lag=1, **paid)
    assert book.value == near([10.0, 10.0, 4.25 + 8.5, 12.75])
    # If a band keeps that trade away it is left in the cash; without a decision half a share
    # becomes 0.6 at the close.
    kept = run(closes, {0: {"A": 0.5}, 1: {"A": 0.5}}, lag=1, band=Band(0.9), **paid)
    assert kept.weights[2] == near({"A": 5 / 11, "cash": 6 / 11})
    again = run(closes, {0: {"A": 0.5}}, lag=1, **paid)
    assert again.weights[2] == near({"A": 6 / 11, "cash": 5 / 11})


def test_a_haircut_is_off_the_last_close_and_no_cost():
    closes = market(A=[1.0, 2.0, None, None], B=FLAT)
    book = run(closes, {0: {"A": 0.5}}, haircut=0.25, sell=0.1)
    # One of A brings 0.75, less a tenth.
    assert book.value == near([1.0, 0.5 + 0.675, 1.175, 1.175])
    assert book.parts[1] == {
        "A": near(0.25),
        "B": 0.0,
        "cash": 0.0,
        "cost": near(-0.075),
        "forgiven": 0.0,
    }


def test_contributions_of_an_account_that_was_ruined_by_what_it_could_not_pay():
    closes = market(A=[1.0, 0.7, 1.0])
    book = run(closes, {0: {"A": 2.5}, 1: {}}, sell=0.2)
    # 1.75 in A, -1.5 of cash: the sale would cost 0.35 of 0.25.
    assert book.ruined == 1
    assert book.parts[1] == {"A": near(-0.75), "cash": 0.0, "cost": near(-0.25), "forgiven": 0.0}


def test_what_was_earned_and_what_would_have_been():
    closes = market(A=[1.0, 2.0, 2.0, 3.0], B=[1.0, 1.0, 4.0, 4.0])
    decisions = {0: {"A": 1.0}, 1: {"B": 1.0}, 2: {"A": 0.5}}
    book = run(closes, decisions, cash_rate=0.1, sell=0.5)
    assert [entry.earned for entry in book.entries] == near([1.0, 3.0, (0.75 + 0.55) - 1.0])
    assert [entry.instead for entry in book.entries] == near([0.1, 0.0, 0.0])


def test_what_is_left_alone_is_sold_at_its_last_close_and_its_cash_earns():
    closes = market(A=[1.0, 2.0, 1.0, None, None], B=[1.0] * 5)
    decisions = {0: {"A": 1.0}, 1: {"B": 1.0}, 4: {}}
    book = run(closes, decisions, cash_rate=0.5, sell=0.25)
    # 2 in A becomes 1 at its last close, free of cost, and 2.25 after two sessions in cash.
    assert book.entries[1].instead == near(2.25 / 2 - 1)


def test_what_is_left_alone_can_be_ruined_and_stays_so():
    closes = market(A=[1.0, 1.2, 3.0, 1.0])
    book = run(closes, {0: {"A": -1.0}, 1: {}})
    assert book.entries[1].instead == -1.0


def test_a_ruin_ends_what_was_earned_and_what_would_have_been():
    closes = market(A=[1.0, 1.5, 3.0, 1.0])
    book = run(closes, {0: {"A": -1.0}}, cash_rate=0.1)
    assert book.ruined == 2
    assert (book.entries[0].earned, book.entries[0].instead) == (-1.0, near(0.21))


def lots(cash, shares, prices, targets, *, buy=0.0, sell=0.0, leaving=(), **fees):
    names = dict.fromkeys(prices, 0.0)
    return trade(
        cash,
        names | shares,
        prices,
        names | targets,
        lots=Lots(**fees),
        buy=dict.fromkeys(prices, buy),
        sell=dict.fromkeys(prices, sell),
        leaving=leaving,
    )


def test_targets_are_rounded_down_to_lots():
    assert lots(100.0, {}, {"A": 30.0}, {"A": 1.0}) == (near(10.0), {"A": 3.0})
    assert lots(100.0, {}, {"A": 3.0}, {"A": 1.0}, size=10.0) == (near(10.0), {"A": 30.0})
    assert lots(1.0, {}, {"A": 0.1}, {"A": 0.3}) == (near(0.7), {"A": 3.0})


def test_an_order_costs_rate_share_and_fixed_or_the_minimum():
    # 200 / 1.15 is 17.39 shares; 170 + 17 + 8.5 + 2 of money.
    left, held = lots(200.0, {}, {"A": 10.0}, {"A": 1.0}, buy=0.1, per_share=0.5, fixed=2.0)
    assert (left, held) == (near(2.5), {"A": 17.0})
    assert lots(200.0, {}, {"A": 10.0}, {"A": 0.5}, minimum=7.0) == (near(93.0), {"A": 10.0})


def test_sells_come_first_and_one_that_does_not_pay_is_not_made():
    # Nine shares bring 90 - 5; then 85 and 10 of cash less 5 is nine of the other.
    switch = lots(10.0, {"A": 9.0}, {"A": 10.0, "B": 10.0}, {"B": 1.0}, fixed=5.0)
    assert switch == (near(0.0), {"A": 0.0, "B": 9.0})
    kept = lots(100.0, {"A": 1.0}, {"A": 4.0}, {}, fixed=5.0)
    assert kept == (100.0, {"A": 1.0})
    gone = lots(100.0, {"A": 1.0}, {"A": 4.0}, {}, fixed=5.0, leaving={"A"})
    assert gone == (near(100.0), {"A": 0.0})


def test_buys_are_cut_by_one_fraction_that_is_the_largest():
    # Six and eight shares and 80 are 220; seven eighths are 5 and 7, and take all.
    prices, targets = {"A": 10.0, "B": 10.0}, {"A": 0.3, "B": 0.4}
    assert lots(200.0, {}, prices, targets, fixed=40.0) == (near(0.0), {"A": 5.0, "B": 7.0})
    # One order of one share: any cut is all of it.
    few = lots(100.0, {}, {"A": 1.0, "B": 49.0}, {"A": 0.5, "B": 0.5}, fixed=1.0)
    assert few == (near(100.0 - 49.0 - 1.0), {"A": 49.0, "B": 0.0})


def test_lots_in_the_account():
    closes = market(A=[30.0, 15.0, 5.0, None], B=[1.0, 1.0, 1.0, 1.0])
    split = [1.0, 1.0, {"A": 2.5, "B": 1.0}, 1.0]
    book = run(
        closes, {0: {"A": 1.0}, 1: {"A": 0.5}}, lots=Lots(fixed=1.0), split=split, capital=101.0
    )
    # 3 shares and 10 of cash; one is kept of 55, 30 - 1 come in; 2.5 at the split, sold for 11.5.
    assert book.value == near([100.0, 54.0, 50.5, 50.5])
    first, second, last = book.entries
    assert first.deviation == near(0.1)
    assert second.turnover == near(45 / 55 - 15 / 54)
    assert second.deviation == near(0.5 - 15 / 54)
    assert last == Entry(None, 2, near(12.5 / 51.5), near(1.0))
    assert last.deviation == 0.0


DAYS = [date(2024, 1, 1) + timedelta(days=t) for t in range(6)]


def test_a_member_belongs_from_its_start_to_its_end():
    closes = market(A=[1.0, 2.0, 4.0, 4.0, 8.0], B=[1.0, 1.0, 1.0, 2.0, 2.0])
    stays = [("A", DAYS[1], DAYS[3]), ("B", None, None)]
    layer = basket(closes, stays, [], buy=0.0, sell=0.0, days=DAYS)
    assert layer.index == near([1.0, 1.0, 1.5, 2.0, 2.0])
    assert layer.shares[2] == near({"A": 2 / 3, "B": 1 / 3})
    assert layer.shares[3] == near({"B": 1.0})
    assert layer.parts[2] == near({"A": 0.5, "B": 0.0, "cost": 0.0})


def test_what_a_rebalancing_costs_is_in_the_index():
    closes = market(A=[1.0, 2.0, 2.0], B=[1.0, 1.0, 1.0])
    layer = basket(closes, ["A", "B"], [1], buy=0.2, sell={"A": 0.05, "B": 0.0}, slippage=0.05)
    # 0.25 changes hands: v + 0.1 (1 - v/2) + 0.25 (v/2 - 0.5) = 1.5
    after = 1.525 / 1.075
    assert layer.index == near([1.0, after, after])
    assert layer.parts[1] == near({"A": 0.5, "B": 0.0, "cost": after - 1.5})


def test_a_haircut_is_the_layers_if_others_go_on_and_else_its_holders():
    closes = market(A=[1.0, 1.0, None, None], B=[1.0, 1.0, 1.0, None])
    layer = basket(closes, ["A", "B"], [], buy=0.0, sell=0.0, haircut=0.5)
    assert layer.index[:3] == near([1.0, 0.75, 0.75])
    assert layer.index[3] is None


def test_weightings():
    closes = market(A=[1.0, 2.0, 1.0, 2.0], B=[1.0, 4.0, 1.0, 4.0], C=[5.0] * 4, D=[None, 1, 2, 3])
    names = ["A", "B", "C", "D"]
    assert equal(closes, 3, names) == dict.fromkeys(names, 1.0)
    weigh = inverse_volatility(3)
    got = weigh(closes, 3, names)
    one = 1 / (math.log(2) * 2 / math.sqrt(3))  # log 2 times 1, -1, 1
    assert got == near({"A": one, "B": one / 2, "C": one * 0.75, "D": one * 0.75})
    assert weigh(closes, 2, names) == dict.fromkeys(names, 1.0)

    table = [(DAYS[0], {"A": 3.0, "B": 1.0}), (DAYS[2], {"A": 0.0, "B": 1.0})]
    assert given(DAYS, table)(closes, 1, ["A", "B"]) == {"A": 3.0, "B": 1.0}
    assert given(DAYS, table)(closes, 2, ["A", "B"]) == {"A": 0.0, "B": 1.0}

    def sizes(closes, t, names):
        return {"A": 6.0, "B": 3.0, "C": 1.0}

    assert capped(sizes, 0.5)(closes, 0, "ABC") == near({"A": 0.5, "B": 0.375, "C": 0.125})
    assert capped(sizes, 0.4)(closes, 0, "ABC") == near({"A": 0.4, "B": 0.4, "C": 0.2})
    assert capped(sizes, 0.3)(closes, 0, "ABC") == dict.fromkeys("ABC", 1.0)
    alone = capped(given(DAYS, table), 0.7)(closes, 2, ["A", "B"])
    assert alone == near({"A": 0.3, "B": 0.7})
