"""The oracle against accounts small enough to be worked out by hand."""

from datetime import date
from math import log

import pytest

from oracles.basket import basket
from oracles.choice import deciding_rows, momentum, switch, switching
from oracles.ledger import Entry, ledger
from oracles.root import root


def near(x):
    return pytest.approx(x, rel=1e-14, abs=1e-14)


def market(**columns):
    """A table from columns."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def run(closes, decisions, *, lag=1, buy=0.0, sell=0.0, **terms):
    names = closes[0]
    return ledger(
        closes,
        decisions,
        lag=lag,
        buy=dict.fromkeys(names, buy),
        sell=dict.fromkeys(names, sell),
        **terms,
    )


def test_buying_and_holding():
    book = run(market(A=[100.0, 110.0, 121.0]), {0: {"A": 1.0}}, buy=0.01)
    assert book.value == near([1.0, 1 / 1.01, 1.1 / 1.01])
    assert [row["cash"] for row in book.weights] == near([1.0, 0.0, 0.0])
    assert book.entries == [Entry(0, 1, 1.0, near(1 - 1 / 1.01))]


def test_a_full_switch_pays_both_sides():
    closes = market(A=[10.0, 20.0, 20.0], B=[5.0, 5.0, 10.0])
    book = run(closes, {0: {"A": 1.0}, 1: {"B": 1.0}}, lag=0, buy=0.25, sell=0.5)
    assert book.value == near([0.8, 1.6 * 0.5 / 1.25, 2 * 0.64])
    assert book.entries[1] == Entry(1, 1, 2.0, near(1.6 - 0.64))


def test_half_in_cash_drifts():
    book = run(market(A=[1.0, 2.0, 2.0]), {0: {"A": 0.5}, 1: {"A": 0.5}}, lag=0, sell=0.2)
    # After the doubling 1.0 in A and 0.5 in cash: v + 0.2 (1 - v/2) = 1.5.
    after = 1.3 / 0.9
    assert book.value == near([1.0, after, after])
    assert book.weights[1] == {"A": near(0.5), "cash": near(0.5)}
    assert book.entries[1] == Entry(1, 1, near(2 / 3 - 0.5), near(1.5 - after))


def test_a_decision_that_trades_beyond_the_end_never_trades():
    book = run(market(A=[1.0, 2.0, 4.0]), {0: {"A": 1.0}, 1: {}}, lag=2)
    assert [entry.traded for entry in book.entries] == [2]
    assert book.value == [1.0, 1.0, 1.0]


def test_cash_earns_from_the_second_row():
    book = run(market(A=[1.0, 1.0, 1.0]), {}, cash_rate=[9.0, 0.01, 0.02], capital=100.0)
    assert book.value == near([100.0, 101.0, 103.02])


def test_the_interest_of_a_row_comes_before_its_trade():
    book = run(market(A=[1.0, 1.0, 2.0]), {0: {"A": 1.0}}, cash_rate=[0.0, 0.5, 0.5])
    assert book.value == near([1.0, 1.5, 3.0])


def test_a_trade_at_the_fill_is_marked_to_the_close():
    closes, fill = market(A=[1.0, 110.0, 110.0]), market(A=[1.0, 100.0, 1.0])
    book = run(closes, {0: {"A": 0.5}}, fill=fill)
    assert book.value == near([1.0, 1.05, 1.05])
    assert book.weights[1] == {"A": near(0.55 / 1.05), "cash": near(0.5 / 1.05)}
    assert book.entries == [Entry(0, 1, 0.5, 0.0)]


def test_at_its_last_close_a_holding_is_sold():
    closes = market(A=[10.0, 20.0, 10.0, None], B=[1.0, 1.0, 1.0, 1.0])
    book = run(closes, {0: {"A": 0.5, "B": 0.5}}, lag=0, sell=0.1)
    assert book.value == near([1.0, 1.5, 0.95, 0.95])
    assert book.weights[2] == {"A": 0.0, "B": near(0.5 / 0.95), "cash": near(0.45 / 0.95)}
    assert book.entries[1] == Entry(None, 2, near(0.5), near(0.05))


def test_the_last_row_delists_nobody():
    book = run(market(A=[1.0, 2.0]), {0: {"A": 1.0}}, lag=0, sell=0.1)
    assert book.value == near([1.0, 2.0])


def test_nothing_is_bought_at_a_last_close_nor_after_it():
    closes = market(A=[1.0, 1.0, None, None], B=[1.0, 1.0, 1.0, 2.0])
    for row in (0, 1):
        book = run(closes, {row: {"A": 0.5, "B": 0.5}}, buy=0.5)
        # v + 0.5 v/2 = 1
        assert book.value[-1] == near(0.8 * 1.5)
        assert book.weights[row + 1] == {"A": 0.0, "B": near(0.5), "cash": near(0.5)}
        assert book.entries == [Entry(row, row + 1, 0.5, near(0.2))]


def test_a_trade_on_the_last_close_sells_what_it_held():
    closes = market(A=[1.0, 1.0, None], B=[1.0, 1.0, 1.0])
    book = run(closes, {0: {"A": 1.0}, 1: {"A": 1.0}}, lag=0, sell=0.1)
    assert book.value == near([1.0, 0.9, 0.9])
    assert book.entries[1:] == [Entry(1, 1, 1.0, near(0.1))]


def test_a_short_gains_when_the_price_falls_and_its_cash_earns():
    book = run(market(A=[10.0, 5.0]), {0: {"A": -0.5}}, lag=0, sell=0.1, cash_rate=[0.0, 0.1])
    after = 1 / 1.05
    assert book.value == near([after, after * (1.5 * 1.1 - 0.25)])


def test_a_short_is_bought_back_at_the_last_close():
    book = run(market(A=[1.0, 1.0, None], B=[1.0] * 3), {0: {"A": -0.5}}, lag=0, buy=0.1)
    assert book.value == near([1.0, 0.95, 0.95])
    assert book.entries[1] == Entry(None, 1, 0.5, near(0.05))


def test_leverage_borrows_at_the_cash_rate():
    book = run(market(A=[1.0, 2.0]), {0: {"A": 2.0}}, lag=0, cash_rate=[0.0, 0.1])
    assert book.value == near([1.0, 4.0 - 1.1])


def test_ruin():
    book = run(market(A=[1.0, 1.2, 1.6, 1.0]), {0: {"A": -2.0}, 3: {"A": 1.0}}, lag=0)
    assert book.ruined == 2
    assert book.value == near([1.0, 0.6, 0.0, 0.0])
    assert book.weights[2:] == [{"A": 0.0, "cash": 1.0}] * 2
    assert book.parts[2] == {"A": near(-0.8), "cash": 0.0, "cost": 0.0, "forgiven": near(0.2)}
    assert set(book.parts[3].values()) == {0.0}
    assert book.entries == [Entry(0, 0, 2.0, 0.0)]


def test_a_root_where_a_direction_flips():
    rates = dict.fromkeys("ABC", 0.05)
    holdings, targets = {"A": 0.6, "B": 0.2999, "C": 0.1001}, {"A": 0.3, "B": 0.3, "C": 0.4}
    assert root(1.0, holdings, targets, buy=rates, sell=rates) == near(0.969707070707071)


DAYS = [
    date(2023, 12, 27),
    date(2023, 12, 29),  # Friday, ends the year: the 31st is a Sunday
    date(2024, 1, 2),
    date(2024, 1, 5),
    date(2024, 1, 8),
    date(2024, 2, 1),
    date(2024, 3, 28),  # Thursday before Good Friday, ends the month
    date(2024, 4, 1),
    date(2024, 4, 30),
]


@pytest.mark.parametrize(
    ("every", "offset", "rows"),
    [
        ("D", 0, [0, 1, 2, 3, 4, 5, 6, 7]),
        ("W", 0, [1, 3, 4, 5, 6, 7]),
        ("M", 0, [1, 4, 5, 6]),
        ("Q", 0, [1, 6]),
        ("Y", 0, [1]),
        ("M", 2, [3, 6, 7, 8]),
        ("M", 4, [5, 8]),
        (1, 0, [0, 1, 2, 3, 4, 5, 6, 7]),
        (4, 0, [3, 7]),
        (3, 0, [2, 5]),
        (3, 4, [6]),
        (9, 0, []),
    ],
)
def test_the_rows_that_decide(every, offset, rows):
    assert deciding_rows(DAYS, every, offset) == rows


def test_momentum_of_one_cell():
    closes = market(A=[1.0, 2.0, 4.0, 3.0], B=[None, 1.0, 3.0, None])
    assert momentum(closes, "A", 2, 2) == near(log(4))
    assert momentum(closes, "A", 1, 2) is None
    assert momentum(closes, "A", 3, 1, skip=1) == near(log(2))
    assert momentum(closes, "B", 1, 1) is None
    assert momentum(closes, "B", 2, 1) == near(log(3))
    assert momentum(closes, "B", 3, 1, skip=1) is None


@pytest.mark.parametrize(
    ("scores", "held", "margin", "choice"),
    [
        ((1.0, 2.0, 2.0), None, 9.0, "B"),
        ((1.0, 1.0, 1.0), "C", 0.0, "C"),
        ((1.0, 1.5, 1.75), "A", 0.5, "C"),
        ((1.0, 1.5, 1.25), "A", 0.5, "A"),
        ((1.0, 1.5, 1.5), "A", 0.25, "B"),
        ((None, 0.0, 0.5), "A", 9.0, "C"),
        ((None, None, None), "A", 0.0, None),
        ((None, -5.0, None), None, 1.0, "B"),
        ((None, -5.0, None), "B", 1.0, "B"),
    ],
)
def test_the_choice(scores, held, margin, choice):
    assert switch(dict(zip("ABC", scores, strict=True)), held, margin) == choice


def test_decisions_are_changes_of_what_is_held():
    closes = market(A=[1.0, 2.0, 3.0, None, None], B=[1.0, 1.1, 1.2, 1.3, 1.4])
    assert switching(closes, range(5), days=1, skip=0, margin=0.0) == {1: {"A": 1.0}, 3: {"B": 1.0}}
    alone = [{"A": row["A"]} for row in closes]
    assert switching(alone, range(5), days=1, skip=0, margin=0.0) == {1: {"A": 1.0}, 3: {}}


def layer(closes, rows=(), *, buy=0.0, sell=0.0):
    names = list(closes[0])
    return basket(
        closes, names, rows, buy=dict.fromkeys(names, buy), sell=dict.fromkeys(names, sell)
    )


def test_a_layer_drifts_until_a_row_restores_it():
    closes = market(A=[1.0, 2.0, 2.0, 4.0], B=[1.0, 1.0, 1.0, 1.0])
    assert layer(closes).index == near([1.0, 1.5, 1.5, 2.5])
    restored = layer(closes, [1])
    assert restored.index == near([1.0, 1.5, 1.5, 0.75 * 3])
    assert restored.shares[0] == {"A": 0.5, "B": 0.5}
    assert restored.shares[3] == {"A": near(2 / 3), "B": near(1 / 3)}
    # 0.25 sold and bought at row 1: v + 0.1 (1 - v/2) + 0.2 (v/2 - 0.5) = 1.5.
    assert layer(closes, [1], buy=0.2, sell=0.1).index[1] == near(1.5 / 1.05)


def test_a_layer_takes_in_who_lists_and_lets_go_who_leaves():
    closes = market(A=[None, 1.0, 2.0, 2.0, None, None], B=[None, None, 1.0, 1.0, 2.0, None])
    index = layer(closes, buy=0.5, sell=0.5).index
    # B lists at row 2: 2 = v + (2 - v/2)/2 + (v/2)/2, so v = 1; A leaves at row 3 with 0.5:
    # 1 = v + 0.25 + (v - 0.5)/2; B's last close ends the layer, at no cost to the index.
    after = 1.0 / 1.5
    assert index == [None, 1.0, near(1.0), near(after), near(2 * after), None]


def test_overlapping_layers_pay_for_what_changes_hands():
    flat = [1.0, 1.0, 1.0]
    closes = market(X=flat, Y=flat)
    shares = {"X": [{"A": 0.5, "B": 0.5}] * 3, "Y": [{"B": 0.5, "C": 0.5}] * 3}
    rate = dict.fromkeys("ABC", 0.1)
    book = ledger(closes, {0: {"X": 1.0}, 1: {"Y": 1.0}}, lag=0, buy=rate, sell=rate, shares=shares)
    # From V: A sold 0.5 V; B from 0.5 V to 0.5 v, sold; C bought 0.5 v: 1.05 v - 0.05 v = 0.9 V.
    assert book.value[:2] == near([1 / 1.1, 0.9 / 1.1])
    assert book.entries[1].turnover == near(1.0)
