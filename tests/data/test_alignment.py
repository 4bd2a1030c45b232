"""A row knows what had happened by its moment, and how old it is."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.data.alignment import Window, align, common_window
from rotation.data.calendars import closings, common_sessions
from rotation.provenance import Provenance, provenance, stamp

# The week in which a model from Hangzhou cost NVIDIA 17 %: closes of New York, unadjusted.
NVIDIA = {
    "2025-01-24": 142.62,
    "2025-01-27": 118.42,
    "2025-01-28": 128.99,
    "2025-01-29": 123.70,
    "2025-01-30": 124.65,
    "2025-01-31": 120.07,
}
FALL = 118.42 / 142.62 - 1


def table(values, name="NVDA"):
    return pd.DataFrame({name: values}).set_axis(pd.to_datetime(list(values)), axis=0)


def on(exchange, first, last, *names, start=100.0):
    """A table of the exchange's own sessions, every close another."""
    days = closings(exchange, first, last).index
    close = start + np.arange(len(days) * len(names), dtype=float).reshape(len(days), len(names))
    return pd.DataFrame(close, days, list(names))


@pytest.fixture
def york():
    return table(NVIDIA)


def test_the_fall_of_28_january_in_beijing_is_of_new_yorks_27th(york):
    assert york.equals(rt.sample().loc["2025-01-24":"2025-01-31", ["NVDA"]].rename_axis(None))
    assert york["NVDA"].pct_change()["2025-01-27"] == FALL == pytest.approx(-0.16968, abs=5e-6)
    fell = pd.Timestamp(closings("XNYS", "2025-01-27", "2025-01-27").iloc[0])
    assert f"{fell.tz_convert('Asia/Shanghai'):%d %H:%M}" == "28 05:00"


def test_hong_kong_learns_of_it_on_the_28th(york):
    known = align({"XNYS": york}, to="XHKG")
    assert known.closes["NVDA"].to_dict() == {
        pd.Timestamp("2025-01-27"): 142.62,  # at 16:00 there, New York's 27th had not begun
        pd.Timestamp("2025-01-28"): 118.42,  # at noon, a half day
        pd.Timestamp("2025-02-03"): 120.07,  # after the holidays
    }
    assert known.as_of["NVDA"].dt.strftime("%m-%d").tolist() == ["01-24", "01-27", "01-31"]
    assert (known.age["NVDA"] * 24).round(6).tolist() == [59, 7, 59]
    assert known.moments.dt.strftime("%d %H:%M").tolist() == ["27 08:00", "28 04:00", "03 08:00"]


def test_shanghai_learns_of_it_after_its_new_year():
    longer = table(NVIDIA | {"2025-02-03": 116.66, "2025-02-04": 118.65})
    shanghai = on("XSHG", "2025-01-24", "2025-02-05", "688111.SS")
    known = align({"XSHG": shanghai, "XNYS": longer}, to="XSHG")
    assert known.closes.index.strftime("%m-%d").tolist() == ["01-24", "01-27", "02-05"]
    assert np.isnan(known.closes["NVDA"].iloc[0])
    assert known.closes["NVDA"].iloc[1:].tolist() == [142.62, 118.65]
    assert known.closes["688111.SS"].equals(shanghai["688111.SS"])


def test_new_york_knows_hong_kongs_close_of_its_own_day(york):
    hong_kong = on("XHKG", "2025-01-24", "2025-02-03", "0700.HK")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS")
    assert known.closes["0700.HK"].tolist() == [100, 101, 102, 102, 102, 102]
    hours = known.age["0700.HK"] * 24
    assert hours.round(6).tolist() == [13, 13, 17, 41, 65, 89]
    assert known.fresh["0700.HK"].tolist() == [True, True, True, False, False, False]
    assert known.fresh["NVDA"].all()


def test_a_decision_before_a_holiday_finds_no_close_to_trade_at(york):
    hong_kong = on("XHKG", "2025-01-24", "2025-02-03", "0700.HK")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS")
    assert known.decidable().strftime("%d").tolist() == ["24", "27"]
    assert known.decidable(lag=2).strftime("%d").tolist() == ["24"]
    layers = rt.build_layers(known.closes, rt.Universe({"a": ["NVDA"], "b": ["0700.HK"]}))
    every = rt.Schedule(list(known.decidable()))
    strategy = rt.Strategy(signal=rt.Momentum(days=1), rule=rt.Switch(), schedule=every)
    traded = rt.backtest(layers, strategy).switches["traded"]
    assert set(traded) <= set(known.closes.index[known.fresh.all(axis=1)])
    with pytest.raises(rt.ArgumentError, match="lag: want rows, 0 or more, got -1"):
        known.decidable(-1)
    assert known.decidable(0).equals(known.closes.index[known.fresh.all(axis=1)])


def test_the_first_row_is_compared_with_the_session_before_it():
    tables = {
        "XNYS": on("XNYS", "2025-01-02", "2025-01-10", "NVDA"),
        "XTKS": on("XTKS", "2024-12-20", "2025-01-10", "7203.T"),
    }
    fresh = align(tables, to="XNYS").fresh
    assert fresh["7203.T"].iloc[:3].tolist() == [False, False, True]  # closed from 31 December


def test_the_last_close_of_a_year_is_known_in_the_next():
    known = align({"XNYS": on("XNYS", "2024-12-30", "2024-12-31", "NVDA")}, to="XHKG").as_of["NVDA"]
    assert known.index.strftime("%m-%d").tolist() == ["12-31", "01-02"]
    assert known.iloc[-1] == pd.Timestamp("2024-12-31")


def test_summer_time_comes_weeks_apart():
    london = on("XLON", "2024-03-01", "2024-04-30", "SHEL.L")
    york = on("XNYS", "2024-03-01", "2024-04-30", "NVDA")
    hours = align({"XLON": london, "XNYS": york}, to="XNYS").age["SHEL.L"] * 24
    both = common_sessions(["XLON", "XNYS"], "2024-03-01", "2024-04-30")
    early = (both >= "2024-03-11") & (both <= "2024-03-30")
    assert hours[both[early]].round(6).eq(3.5).all()
    assert hours[both[~early]].round(6).eq(4.5).all()
    assert early.any()
    assert not early.all()


def test_on_a_half_day_others_have_not_closed_yet():
    york = on("XNYS", "2024-11-25", "2024-12-02", "NVDA")
    others = {
        "XTSE": on("XTSE", "2024-11-25", "2024-12-02", "SHOP.TO"),  # closes with New York
        "BVMF": on("BVMF", "2024-11-25", "2024-12-02", "PETR4.SA"),
    }
    of = align({"XNYS": york} | others, to="XNYS").as_of.loc["2024-11-29"]
    assert of["NVDA"] == pd.Timestamp("2024-11-29")
    assert of["SHOP.TO"] == of["PETR4.SA"] == pd.Timestamp("2024-11-28")
    of = align({"XNYS": york} | others, to="XNYS").as_of.loc["2024-11-27"]
    assert of["SHOP.TO"] == of["PETR4.SA"] == pd.Timestamp("2024-11-27")


def test_weeks_that_begin_on_sunday():
    riyadh = on("XSAU", "2024-05-01", "2024-05-31", "2222.SR")
    york = on("XNYS", "2024-05-01", "2024-05-31", "NVDA")
    of = align({"XSAU": riyadh, "XNYS": york}, to="XSAU").as_of["NVDA"]
    assert of["2024-05-05"] == of["2024-05-06"] == pd.Timestamp("2024-05-03")
    of = align({"XSAU": riyadh, "XNYS": york}, to="XNYS").as_of["2222.SR"]
    assert of["2024-05-03"] == pd.Timestamp("2024-05-02")
    assert of["2024-05-06"] == pd.Timestamp("2024-05-06")


def test_an_offset_moves_the_moment(york):
    def of(**offset):
        known = align({"XNYS": york}, to="XNYS", offset=timedelta(**offset))
        return known.as_of["NVDA"].dt.strftime("%d").tolist()

    assert of(minutes=-1) == [np.nan, "24", "27", "28", "29", "30"]
    assert of(hours=2) == of(seconds=0) == ["24", "27", "28", "29", "30", "31"]
    hong_kong = on("XHKG", "2025-01-24", "2025-02-03", "0700.HK")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS", offset=timedelta(hours=11))
    assert known.as_of["0700.HK"]["2025-01-27"] == pd.Timestamp("2025-01-28")
    assert "known at its close and +11 hours" in provenance(known.closes).steps[-1]


@pytest.mark.parametrize("offset", [timedelta(hours=25), -timedelta(days=2), 3, "1h"])
def test_an_offset_is_a_day_at_the_most(york, offset):
    with pytest.raises(rt.ArgumentError, match="offset: want a timedelta of a day at the most"):
        align({"XNYS": york}, to="XNYS", offset=offset)


def test_after_its_last_session_a_ticker_is_gone(york):
    hong_kong = on("XHKG", "2025-01-24", "2025-02-10", "0700.HK", "GONE.HK")
    hong_kong.loc["2025-01-29":, "GONE.HK"] = np.nan
    york = on("XNYS", "2025-01-24", "2025-02-10", "NVDA")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS")
    last = known.closes["GONE.HK"].last_valid_index()
    # Its exchange was closed until 3 February, and nobody could have known that it was over.
    assert last == pd.Timestamp("2025-01-31")
    assert known.closes.loc["2025-01-28":"2025-01-31", "GONE.HK"].eq(105.0).all()
    assert known.as_of["GONE.HK"].isna().sum() == known.age["GONE.HK"].isna().sum() == 6
    rt.build_layers(known.closes, rt.Universe({"all": ["NVDA", "0700.HK", "GONE.HK"]}))


def test_who_is_gone_or_not_there_yet_keeps_no_decision_waiting():
    york = on("XNYS", "2025-01-20", "2025-02-10", "NVDA")
    hong_kong = on("XHKG", "2025-01-24", "2025-01-28", "0700.HK")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS")
    assert known.fresh["0700.HK"].sum() == 3
    waits = known.closes.index.difference(known.decidable())
    # Three trades that would fall on Hong Kong's holiday, and the newest row.
    assert waits.strftime("%m-%d").tolist() == ["01-28", "01-29", "01-30", "02-10"]


def test_so_it_is_after_the_end_of_its_table(york):
    hong_kong = on("XHKG", "2025-01-24", "2025-01-28", "0700.HK")
    longer = on("XNYS", "2025-01-24", "2025-02-10", "NVDA")
    known = align({"XNYS": longer, "XHKG": hong_kong}, to="XNYS")
    assert known.closes["0700.HK"].last_valid_index() == pd.Timestamp("2025-01-31")


def test_a_close_may_be_too_old(york):
    hong_kong = on("XHKG", "2025-01-24", "2025-02-10", "0700.HK")
    message = (
        r"tables\['XHKG'\]: on 2025-01-30 the last close of 0700.HK is of 2025-01-28, 2.7 days "
        "before; pass stale=4"
    )
    with pytest.raises(rt.DataError, match=message):
        align({"XNYS": york, "XHKG": hong_kong}, to="XNYS", stale=2.5)
    align({"XNYS": york, "XHKG": hong_kong}, to="XNYS", stale=4)


def test_a_session_without_a_row_is_not_carried_over_in_silence(york):
    hong_kong = on("XHKG", "2025-01-20", "2025-02-10", "0700.HK").drop(pd.Timestamp("2025-01-27"))
    tables = {"XNYS": york, "XHKG": hong_kong}
    message = (
        r"tables\['XHKG'\]: on 2025-01-27 the last close of 0700.HK is of 2025-01-24, "
        "though XHKG had sessions since"
    )
    with pytest.raises(rt.DataError, match=message):
        align(tables, to="XNYS")
    carried = align(tables, to="XNYS", missed=1)
    assert carried.as_of["0700.HK"]["2025-01-27"] == pd.Timestamp("2025-01-24")
    assert not carried.fresh.loc["2025-01-27", "0700.HK"]
    without = closings("XHKG", "2025-01-01", "2025-03-01").drop(pd.Timestamp("2025-01-27"))
    called_off = align(tables, to="XNYS", calendars={"XHKG": without})
    pd.testing.assert_frame_equal(called_off.closes, carried.closes)
    with pytest.raises(rt.ArgumentError, match="missed: want sessions, 0 or more"):
        align(tables, to="XNYS", missed=-1)


def test_missed_sessions_are_granted_after_the_last_row_too(york):
    """Or a row would know whether the ticker comes back."""
    hong_kong = on("XHKG", "2025-01-20", "2025-01-24", "0700.HK")
    known = align({"XNYS": york, "XHKG": hong_kong}, to="XNYS", missed=1)
    assert known.closes["0700.HK"].last_valid_index() == pd.Timestamp("2025-01-27")


def test_rows_on_days_that_are_no_session(york):
    hong_kong = on("XHKG", "2025-01-20", "2025-02-10", "0700.HK")
    for odd in ("2025-01-25", "2025-01-29"):
        hong_kong.loc[pd.Timestamp(odd)] = 1.0
    message = (
        r"tables\['XHKG'\]: 2025-01-25 \(a Saturday\) is no session of XHKG \(rows on "
        r"none: 2 of 15\); see rotation.check_prices\(closes, calendar='XHKG'\)"
    )
    with pytest.raises(rt.DataError, match=message):
        align({"XNYS": york, "XHKG": hong_kong.sort_index()}, to="XNYS")
    with pytest.raises(rt.DataError, match=r"XNYS'.*: 2025-01-20 .a Monday. is no session of XNYS"):
        align({"XNYS": hong_kong.drop(pd.to_datetime(["2025-01-25"])).sort_index()}, to="XHKG")


def test_what_no_row_can_know(york):
    with pytest.raises(rt.DataError, match="no close of NVDA had happened"):
        align({"XNYS": york, "XHKG": on("XHKG", "2025-01-20", "2025-01-22", "A")}, to="XHKG")
    mine = {"XHKG": closings("XHKG", "2024-01-02", "2024-02-02")}
    with pytest.raises(rt.DataError, match="want sessions up to one on 2025-01-31 or after"):
        align({"XNYS": york}, to="XHKG", calendars=mine)
    day = pd.Timestamp("2024-02-02")
    with pytest.raises(rt.DataError, match="the calendar of XHKG ends before any close"):
        align({"XNYS": york.iloc[-1:].set_axis([day])}, to="XHKG", calendars=mine)


def test_a_calendar_of_the_users_must_reach_to_the_end_of_all_tables(york):
    hong_kong = on("XHKG", "2025-01-20", "2025-01-27", "A")
    tables = {"XNYS": york, "XHKG": hong_kong}
    for last in ("2025-01-27", "2025-01-28"):
        short = {"XHKG": closings("XHKG", "2025-01-20", last)}
        with pytest.raises(rt.DataError, match=f"2025-01-31 or after it.* got {last} as the last"):
            align(tables, to="XNYS", calendars=short)
    long = {"XHKG": closings("XHKG", "2025-01-20", "2025-02-05")}
    own, theirs = align(tables, to="XNYS", calendars=long), align(tables, to="XNYS")
    pd.testing.assert_frame_equal(own.closes, theirs.closes)
    assert own.closes["A"].isna().any()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "tables: want closes by exchange, got dict"),
        ([1], "tables: want closes by exchange, got list"),
        ({"XNYS": 3}, r"tables\['XNYS'\]: want a DataFrame, got int"),
        ({"XNYX": table(NVIDIA)}, "tables: want an exchange that .* got 'XNYX'; close to it are"),
        ({3: table(NVIDIA)}, "tables: want an exchange, as 'XNYS', got 3"),
        ({"XNYS": -table(NVIDIA)}, r"tables\['XNYS'\]: want positive prices"),
        (
            {"XNYS": table(NVIDIA), "XNAS": table(NVIDIA)},
            r"tables\['XNAS'\]: NVDA is in tables\['XNYS'\] too",
        ),
    ],
)
def test_tables_are_checked(tables, message):
    with pytest.raises(rt.RotationError, match=message):
        align(tables, to="XNYS")


@pytest.mark.parametrize("to", ["XSHE", "NOPE", None, 5, ["XNYS"]])
@pytest.mark.parametrize("own", [False, True])
def test_so_is_the_exchange(york, to, own):
    calendars = {"XNYS": closings("XNYS", "2025-01", "2025-02")} if own else None
    with pytest.raises(rt.ArgumentError, match="to: want an exchange") as caught:
        align({"XNYS": york}, to=to, calendars=calendars)
    assert f", got {to!r}" in str(caught.value)


@pytest.mark.parametrize("stale", [0, -1, "3", np.inf])
def test_so_is_the_limit(york, stale):
    with pytest.raises(rt.ArgumentError, match="stale: want a number above 0"):
        align({"XNYS": york}, to="XNYS", stale=stale)


def test_the_stamp_says_what_was_done(york):
    hong_kong = on("XHKG", "2025-01-20", "2025-02-10", "0700.HK")
    one = stamp(
        york, Provenance("A", "splits", "2025-03-01", "USD"), step="fetched", check="holes: none"
    )
    other = stamp(hong_kong, Provenance("B", "splits", "2025-02-01", "HKD"))
    before = one.copy(), other.copy()
    made = provenance(align({"XNYS": one, "XHKG": other}, to="XNYS").closes)
    assert made.source == "XNYS: A; XHKG: B"
    assert made.adjustment == "splits"
    assert made.fetched == "2025-02-01"
    assert made.currency == {"NVDA": "USD", "0700.HK": "HKD"}
    assert made.checks == ("XNYS: holes: none",)
    assert made.steps == (
        "XNYS: fetched",
        "aligned to 6 sessions of XNYS, known at its close: XNYS at most 0.00 days old, 0 rows "
        "without a new close; XHKG at most 3.71 days old, 3 rows without a new close",
    )
    assert not made.altered
    for now, then in zip((one, other), before, strict=True):
        pd.testing.assert_frame_equal(now, then)


def test_a_change_by_the_user_shows(york):
    one = stamp(york, Provenance("A", fetched="2025-03-01"))
    one.iloc[0] = 1.0
    other = on("XHKG", "2025-01-20", "2025-02-10", "0700.HK")
    made = provenance(align({"XNYS": one, "XHKG": other}, to="XNYS").closes)
    assert "changed by the user: NVDA" in made.steps
    assert made.fetched is None  # of the other nobody knows
    assert provenance(align({"XNYS": york}, to="XHKG").closes).source == Provenance().source


def test_common_window():
    days = pd.date_range("2024-01-01", periods=5)
    closes = pd.DataFrame(
        {"A": [1, 2, 3, 4, 5.0], "B": [np.nan, 2, 3, 4, 5], "C": [1, 2, 3, np.nan, np.nan]}, days
    )
    window = common_window(closes)
    assert window == Window(date(2024, 1, 2), date(2024, 1, 3), "B", "C")
    cut = window.cut(closes)
    assert not cut.isna().any(axis=None)
    assert cut.index.tolist() == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03")]
    step = "cut to the common window 2024-01-02 (B begins) to 2024-01-03 (C ends): 2 of 5 sessions"
    assert provenance(cut).steps == (step,)
    closes.loc[:"2024-01-04", "B"] = np.nan
    with pytest.raises(rt.DataError, match="B begins on 2024-01-05 and C ends on 2024-01-03"):
        common_window(closes)
