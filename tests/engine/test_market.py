"""Bands by hand, and what else a market and its rates say."""

from fractions import Fraction

import numpy as np
import pytest

import rotation as rt
from rotation.engine.market import Composition, Market, Rates

HELD = np.array([[0.56, 0.5], [0.30, 0.3], [0.14, 0.2]])
WANTED = np.array([[0.50, 0.5], [0.30, 0.3], [0.20, 0.2]])


def test_within_the_band_nothing_trades():
    weights, trades = rt.Band(absolute=0.07).apply(HELD, WANTED)
    assert trades.tolist() == [False, False]
    np.testing.assert_array_equal(weights, HELD)


def test_to_the_edge_all_weights_move_by_one_fraction():
    weights, trades = rt.Band(absolute=0.02).apply(HELD, WANTED)
    assert trades.tolist() == [True, False]
    assert weights[:, 0].tolist() == pytest.approx([0.52, 0.30, 0.18])


def test_to_the_target_all_the_way():
    weights, trades = rt.Band(absolute=0.02, to_edge=False).apply(HELD, WANTED)
    assert trades.tolist() == [True, False]
    np.testing.assert_array_equal(weights, WANTED)


def test_a_relative_band_is_a_part_of_the_target():
    assert rt.Band(relative=0.13).apply(HELD, WANTED)[1].tolist() == [False, False]
    assert rt.Band(relative=0.11).apply(HELD, WANTED)[1].tolist() == [True, False]
    held, wanted = np.array([[0.1], [0.9]]), np.array([[0.0], [1.0]])
    weights, trades = rt.Band(relative=np.inf).apply(held, wanted)
    assert trades.tolist() == [True]
    np.testing.assert_array_equal(weights, wanted)  # no band about a target of 0
    assert rt.Band(absolute=0.1, relative=0.01).apply(held, wanted)[1].tolist() == [False]


def test_each_asset_has_the_band_of_its_own_target():
    held, wanted = np.array([[0.2], [0.7], [0.1]]), np.array([[0.2], [0.6], [0.2]])
    assert rt.Band(relative=0.2).apply(held, wanted)[1].tolist() == [False]
    assert rt.Band(relative=0.1).apply(held, wanted)[1].tolist() == [True]


def test_each_strategy_moves_by_a_fraction_of_its_own():
    held = np.array([[0.7, 0.56, 0.5], [0.3, 0.44, 0.5], [0.0, 0.0, 0.0]])
    wanted = np.array([[0.5] * 3, [0.5] * 3, [0.0] * 3])
    weights, trades = rt.Band(absolute=0.05).apply(held, wanted)
    assert trades.tolist() == [True, True, False]
    assert weights[0].tolist() == pytest.approx([0.55, 0.55, 0.5])
    assert weights[1].tolist() == pytest.approx([0.45, 0.45, 0.5])


@pytest.mark.parametrize("name", ["absolute", "relative"])
@pytest.mark.parametrize(
    "got", [-0.1, -np.inf, np.nan, "5%", None, True, 10**400, np.array([0.1, 0.2])]
)
def test_a_band_is_checked(name, got):
    with pytest.raises(rt.ArgumentError, match=f"^{name}: want a band, 0 or more, got "):
        rt.Band(**{name: got})


@pytest.mark.parametrize("got", ["no", 1, None])
def test_a_band_goes_to_its_edge_or_not(got):
    with pytest.raises(rt.ArgumentError, match=f"^to_edge: want True or False, got {got!r}$"):
        rt.Band(0.1, to_edge=got)


def test_a_band_may_be_any_number():
    assert rt.Band(Fraction(1, 50), np.inf) == rt.Band(0.02, float("inf"))
    assert type(rt.Band(Fraction(1, 50)).absolute) is float


def test_events_are_trades_last_closes_and_dividends_after_the_first_trade():
    close = np.ones((8, 2))
    close[5:, 1] = np.nan
    dividend = np.zeros((8, 2))
    dividend[[1, 3, 6], 0] = 0.1
    market = Market(close, close, np.ones(8), dividend=dividend)
    rows, decision = market.events(np.array([2, 3, 7]))
    assert rows.tolist() == [2, 3, 4, 6, 7]
    assert decision.tolist() == [0, 1, -1, -1, 2]


def test_rates_are_numbers_or_those_of_the_rows():
    rows = np.array([1, 2])
    assert Rates(0.1, np.array([[0.2]])).at(rows, (3, 2)) == [0.1, 0.2]
    by_session = np.array([[0.1], [0.2], [0.3]])
    buy, sell = Rates(by_session, np.array([[0.5, 0.6]])).at(rows, (3, 2))
    assert buy[:, :, 0].tolist() == [[0.2, 0.3], [0.2, 0.3]]
    assert sell[:, :, 0].tolist() == [[0.5, 0.5], [0.6, 0.6]]


def test_a_composition_lays_members_out_among_all_assets():
    composition = Composition(
        (np.array([[0.4, 0.6]]), np.array([[np.nan]])), (np.array([2, 0]), np.array([1])), 3
    )
    assert composition.at(np.array([0])).tolist() == [[[0.6, 0.0, 0.4], [0.0, 0.0, 0.0]]]
