"""Schedules fall on actual sessions and know nothing of the next one but its date."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt

DAYS = pd.bdate_range("2023-12-27", "2024-04-03").drop(["2024-03-29"])  # Good Friday


def on(schedule, days=DAYS):
    return days[schedule.rows(days)].strftime("%Y-%m-%d").tolist()


def test_month_ends_fall_on_the_last_session_of_the_index():
    assert on(rt.Schedule("M")) == ["2023-12-29", "2024-01-31", "2024-02-29", "2024-03-28"]


def test_quarter_and_year_ends():
    assert on(rt.Schedule("Q")) == ["2023-12-29", "2024-03-28"]
    assert on(rt.Schedule("Y")) == ["2023-12-29"]


def test_every_session_but_the_newest():
    np.testing.assert_array_equal(rt.Schedule("D").rows(DAYS), np.arange(len(DAYS) - 1))


def test_weeks_end_on_thursday_when_friday_is_no_session():
    assert "2024-03-28" in on(rt.Schedule("W"))


def test_every_n_sessions_are_the_last_of_each_n():
    np.testing.assert_array_equal(rt.Schedule(3).rows(DAYS[:9]), [2, 5])
    np.testing.assert_array_equal(rt.Schedule(3).rows(DAYS[:10]), [2, 5, 8])


def test_offset_moves_decisions_later_and_off_the_end():
    assert on(rt.Schedule("M", offset=2))[1:] == ["2024-02-02", "2024-03-04", "2024-04-02"]
    assert on(rt.Schedule("M", offset=5)) == ["2024-01-05", "2024-02-07", "2024-03-07"]


def test_explicit_dates_are_sorted_once_each_and_may_lie_outside():
    schedule = rt.Schedule(
        ["2024-02-01", date(2024, 1, 2), "2024-02-01", "2030-01-01", "1999-01-01"]
    )
    assert on(schedule) == ["2024-01-02", "2024-02-01"]
    assert schedule == rt.Schedule(["1999-01-01", "2024-01-02", "2024-02-01", "2030-01-01"])


def test_an_explicit_date_that_is_no_session_is_refused():
    with pytest.raises(rt.ArgumentError, match="every: 2024-03-29 is not a session of the closes"):
        rt.Schedule(["2024-03-29"]).rows(DAYS)


@given(market=markets.closes(), every=st.sampled_from("DWMQY") | st.integers(1, 9), cut=st.data())
def test_more_sessions_never_change_what_was_decided_before(market, every, cut):
    days = market.index
    stop = cut.draw(st.integers(1, len(days)))
    whole, short = rt.Schedule(every).rows(days), rt.Schedule(every).rows(days[:stop])
    np.testing.assert_array_equal(short, whole[whole < stop - 1])


@pytest.mark.parametrize(
    "every",
    [
        "ME",
        "m",
        "",
        0,
        -3,
        True,
        [],
        np.array(5),
        ["soon"],
        [None],
        1.5,
        [20200302],
        ["2024-01-02 16:00"],
        ["01/02/2024"],
    ],
)
def test_every_is_checked(every):
    with pytest.raises(rt.ArgumentError, match="every: want"):
        rt.Schedule(every)


def test_a_date_with_a_time_zone_is_refused():
    with pytest.raises(rt.ArgumentError, match="every: want a date, as 2025-01-31, without a time"):
        rt.Schedule([pd.Timestamp("2024-01-02", tz="America/New_York")])


@pytest.mark.parametrize("offset", [-1, 0.5, "1", True])
def test_offset_is_checked(offset):
    with pytest.raises(rt.ArgumentError, match="offset: want sessions, 0 or more, got"):
        rt.Schedule("M", offset=offset)


@pytest.mark.parametrize("lag", [-1, 1.0, True, None])
def test_lag_is_checked(lag):
    with pytest.raises(rt.ArgumentError, match="lag: want sessions, 0 or more, got"):
        rt.Schedule("M", lag=lag)


def test_a_trade_at_the_deciding_close_must_be_asked_for_twice():
    with pytest.raises(rt.ArgumentError, match="lag: 0 trades at the close that decides"):
        rt.Schedule("M", lag=0)
    with pytest.raises(rt.ArgumentError, match="same_close: goes with lag=0 alone, got lag=1"):
        rt.Schedule("M", same_close=True)
    assert rt.Schedule("M", lag=0, same_close=True).lag == 0


def test_same_close_is_true_or_false():
    with pytest.raises(rt.ArgumentError, match="same_close: want True or False, got 'no'"):
        rt.Schedule("M", lag=0, same_close="no")
