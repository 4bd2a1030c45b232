"""Every way to pay and to hold against the slow ledger, alone and several together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from markets import FEATURES, Terms, closes, features, targets, terms
from oracles.agreement import assert_agree, assert_same, plain_terms, wanted
from oracles.ledger import ledger, table

TOGETHER = [name for name in FEATURES if name != "lots"]
WITH_LOTS = ("rates", "slippage", "actions", "haircut")


def assert_agree_on(data, market, kinds, *, gross=None):
    """Draw targets and terms with the wanted features, and compare."""
    weights = data.draw(targets(market, gross=gross))
    quoted, on = data.draw(features(market, data.draw(terms(market)), frozenset(kinds)))
    assert_agree(quoted, weights, on)


@pytest.mark.parametrize("feature", FEATURES)
@given(data=st.data(), market=closes())
def test_long_only(feature, data, market):
    assert_agree_on(data, market, {feature})


@pytest.mark.parametrize("feature", TOGETHER)
@given(data=st.data(), market=closes(), gross=st.floats(0.5, 2.0))
def test_with_shorts_and_leverage(feature, data, market, gross):
    assert_agree_on(data, market, {feature}, gross=gross)


@given(
    data=st.data(),
    market=closes(),
    gross=st.none() | st.floats(0.5, 2.0),
    wanted=st.sets(st.sampled_from(TOGETHER), min_size=2),
)
def test_several_together(data, market, gross, wanted):
    assert_agree_on(data, market, wanted, gross=gross)


@given(data=st.data(), market=closes(sessions=(20, 60), swings=(0.1,)), gross=st.floats(2.5, 3.5))
def test_all_close_to_ruin_and_beyond(data, market, gross):
    assert_agree_on(data, market, TOGETHER, gross=gross)


@given(
    data=st.data(),
    market=closes(assets=(2, 6), always={"gone"}),
    wanted=st.sets(st.sampled_from(TOGETHER)),
)
def test_when_assets_leave(data, market, wanted):
    assert_agree_on(data, market, wanted, gross=data.draw(st.none() | st.floats(0.5, 2.0)))


@given(data=st.data(), market=closes(), wanted=st.sets(st.sampled_from(WITH_LOTS)))
def test_lots_with_others(data, market, wanted):
    assert_agree_on(data, market, {"lots", *wanted})


def days(number):
    return pd.bdate_range("2024-01-01", periods=number)


def assert_agree_by_hand(market, weights, **more):
    plain = {"buy": 0.0, "sell": 0.0, "lag": 0, "fill": None, "cash_rate": 0.0, "capital": 1.0}
    index = days(len(market["ASH"]))
    rows = pd.DataFrame(weights, index=index[: len(weights["ASH"])])
    priced, on = pd.DataFrame(market, index=index), Terms(**(plain | more))
    book = ledger(table(priced), wanted(rows, priced), **plain_terms(on, priced))
    assert_same(rt.simulate(priced, rows, **on.options), book, on.capital)


def test_a_debt_that_impact_makes_too_dear_to_pay_back():
    volume = pd.DataFrame({"ASH": [1.0, 0.35, 0.12, 1.0]}, index=days(4))
    coefficient = pd.Series([0.1, 0.4, 0.45, 0.1], index=days(4))
    assert_agree_by_hand(
        {"ASH": [1.0] * 4}, {"ASH": [0.0, 1.5, 1.0]}, impact=rt.Impact(volume, coefficient)
    )


def test_a_cut_that_takes_a_lot_from_each_order():
    assert_agree_by_hand(
        {"ASH": [4.651988, 4.564113], "BAY": [1.08679, 0.98276]},
        {"ASH": [0.872662], "BAY": [0.127338]},
        lots=rt.Lots(per_share=0.049137985610785834, fixed=2.0, minimum=3.0),
        capital=100.0,
    )


def test_fees_that_take_all_at_a_last_close_ruin():
    assert_agree_by_hand(
        {"ASH": [1.0, 1.0, np.nan], "BAY": [1.0] * 3},
        {"ASH": [1.0], "BAY": [0.0]},
        lots=rt.Lots(per_share=0.3),
        haircut=0.8,
        capital=13.0,
    )


def test_what_could_not_be_left_at_once_may_be_traded_a_little():
    volume = pd.DataFrame({"ASH": [1e9, 0.001, 1.0]}, index=days(3))
    assert_agree_by_hand(
        {"ASH": [1.0] * 3}, {"ASH": [0.5, 0.49]}, impact=rt.Impact(volume, coefficient=0.1)
    )
