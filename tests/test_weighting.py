"""Shares of members, by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.tables import read_prices

DAYS = pd.bdate_range("2024-01-01", periods=6)
CLOSES = pd.DataFrame(
    {"A": [1.0, 1.1, 1.0, 1.1, 1.0, 1.1], "B": [1.0, 1.2, 1.0, 1.2, 1.0, 1.2], "C": 1.0}, index=DAYS
)
PRICES = read_prices(CLOSES)
ALL = np.ones((1, 3), dtype=bool)


def shares(weighting, row=5, live=ALL, prices=PRICES):
    return weighting(prices, np.array([row]), np.asarray(live))[0]


def test_equal_shares_go_to_who_is_there():
    assert shares(rt.Equal(), live=[[True, False, True]]).tolist() == [0.5, 0.0, 0.5]


def test_inverse_volatility_looks_back_and_no_further():
    returns = np.log(CLOSES).diff()
    got = shares(rt.InverseVolatility(days=3), row=4, live=[[True, True, False]])
    inverse = 1 / returns.iloc[2:5].std()[["A", "B"]]
    np.testing.assert_allclose(got[:2], inverse / inverse.sum())


def test_a_member_too_young_for_a_volatility_gets_an_average_share():
    closes = CLOSES.assign(C=[np.nan, np.nan, np.nan, 1.0, 1.1, 1.2])
    got = shares(rt.InverseVolatility(days=4), prices=read_prices(closes))
    assert got[2] == pytest.approx(1 / 3)
    assert shares(rt.InverseVolatility(days=10)).tolist() == pytest.approx([1 / 3] * 3)


def test_a_price_that_never_moves_has_no_volatility_to_be_inverse_to():
    got = shares(rt.InverseVolatility(days=5))
    assert got[2] == pytest.approx(1 / 3)
    assert got[0] > got[1]


def test_given_shares_are_those_known_on_the_day():
    table = pd.DataFrame(
        {"A": [3.0, 9.0], "B": [1.0, 0.0], "C": [0.0, 0.0], "D": [7.0, 7.0]},
        index=pd.DatetimeIndex(["2024-01-02", "2024-01-05"]),
    )
    assert shares(rt.Given(table), row=3).tolist() == [0.75, 0.25, 0.0]
    assert shares(rt.Given(table), row=4).tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(rt.DataError, match="table: want a row by 2024-01-01"):
        shares(rt.Given(table), row=0)
    with pytest.raises(rt.DataError, match="weighting: want a share above 0 for one member"):
        shares(rt.Given(table), live=[[False, False, True]])
    with pytest.raises(rt.DataError, match="table: B has no number for 2024-01-08"):
        shares(rt.Given(table.assign(B=np.nan)))
    with pytest.raises(rt.DataError, match="table: want a column for C, got none"):
        shares(rt.Given(table.drop(columns="C")))
    with pytest.raises(rt.DataError, match="table: want a number of 0 or more, got -1 for A"):
        shares(rt.Given(table.assign(A=-1.0)))


def test_what_a_cap_cuts_goes_to_the_rest_in_proportion():
    table = pd.DataFrame({"A": [6.0], "B": [3.0], "C": [1.0]}, index=DAYS[:1])
    assert shares(rt.Capped(rt.Given(table), 0.5)).tolist() == pytest.approx([0.5, 0.375, 0.125])
    # Cutting A lifts B over the cap too.
    assert shares(rt.Capped(rt.Given(table), 0.4)).tolist() == pytest.approx([0.4, 0.4, 0.2])
    assert shares(rt.Capped(rt.Given(table), 0.2)).tolist() == pytest.approx([1 / 3] * 3)
    assert shares(rt.Capped(rt.Given(table), 1)).tolist() == pytest.approx([0.6, 0.3, 0.1])


@given(
    st.lists(st.floats(0.01, 100.0), min_size=3, max_size=3),
    st.floats(0.05, 1.0),
    st.lists(st.booleans(), min_size=3, max_size=3).filter(any),
)
def test_capped_shares_sum_to_one_and_keep_their_order(values, cap, live):
    table = pd.DataFrame([values], columns=list("ABC"), index=DAYS[:1])
    got = shares(rt.Capped(rt.Given(table), cap), live=[live])
    assert got.sum() == pytest.approx(1.0)
    assert (got <= max(cap, 1 / sum(live)) + 1e-12).all()
    assert (got[~np.array(live)] == 0.0).all()
    order = np.argsort(np.where(live, values, 0.0), kind="stable")
    assert (np.diff(got[order]) >= -1e-12).all()


def test_options_are_checked():
    for days in (1, 2.5, "63"):
        with pytest.raises(rt.ArgumentError, match="days: want returns, 2 or more"):
            rt.InverseVolatility(days=days)
    for cap in (0, 1.1, "0.4", None, True, np.array([0.4, 0.5])):
        with pytest.raises(rt.ArgumentError, match="cap: want a share above 0 and at most 1"):
            rt.Capped(rt.Equal(), cap)
    for weighting in ("equal", rt.Equal):
        with pytest.raises(rt.ArgumentError, match="weighting: want a Weighting, got "):
            rt.Capped(weighting, 0.4)
