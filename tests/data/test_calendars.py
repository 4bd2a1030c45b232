"""Sessions and closing moments are the exchange's own, and what cannot be known is said."""

import sys
from datetime import date

import exchange_calendars
import pandas as pd
import pytest

import rotation as rt
from rotation.data.calendars import closings, common_sessions


def test_half_days_and_summer_time():
    york = closings("XNYS", "2024-03-08", "2024-11-29")
    at = york.dt.strftime("%H:%M")
    assert at["2024-03-08"] == "21:00"  # winter
    assert at["2024-03-11"] == "20:00"
    assert at["2024-07-03"] == "17:00"  # the eve of the 4th
    assert at["2024-11-29"] == "18:00"
    assert closings("XHKG", "2025-01-28", "2025-01-28").dt.strftime("%H:%M").tolist() == ["04:00"]


def test_lunar_new_year_2025():
    hong_kong = closings("XHKG", date(2025, 1, 27), date(2025, 2, 5)).index
    shanghai = closings("XSHG", "2025-01-27", "2025-02-05").index
    assert hong_kong.strftime("%m-%d").tolist() == ["01-27", "01-28", "02-03", "02-04", "02-05"]
    assert shanghai.strftime("%m-%d").tolist() == ["01-27", "02-05"]


def test_it_reaches_back_further_than_the_last_twenty_years():
    assert closings("XNYS", "1990-01-01", "1990-01-05").index[0] == pd.Timestamp("1990-01-02")


def test_other_names_of_an_exchange_do():
    one, other = (closings(name, "2024", "2024-12-31") for name in ("NASDAQ", "XNYS"))
    pd.testing.assert_series_equal(one, other, check_names=False)


def test_what_is_given_can_be_changed():
    found = closings("XHKG", "2023-09-01", "2023-09-08")
    found.iloc[0] = found.iloc[1]
    again = closings("XHKG", "2023-09-01", "2023-09-08")
    assert again.iloc[0] < again.iloc[1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("XNYX", "exchange: want an exchange that .* got 'XNYX'; close to it are .*XNYS"),
        ("xhkg", "exchange: want an exchange that .* got 'xhkg'; close to it are XHKG"),
        ("XSHE", "exchange: .* got 'XSHE'; it keeps the sessions of XSHG"),
        ("nowhere at all", "exchange: .* got 'nowhere at all'; see .*get_calendar_names"),
        (None, "exchange: want an exchange, as 'XNYS', got None"),
        (["XNYS"], "exchange: want an exchange, as 'XNYS', got"),
    ],
)
def test_unknown_exchanges(name, message):
    with pytest.raises(rt.ArgumentError, match=message):
        closings(name, "2024-01-01", "2024-12-31")
    with pytest.raises(rt.ArgumentError, match=message.replace("exchange:", "exchanges:")):
        common_sessions(["XNYS", name], "2024-01-01", "2024-12-31")


def test_months_and_years_are_whole():
    assert closings("XNYS", "2024", "2024").equals(closings("XNYS", "2024-01-01", "2024-12-31"))
    assert closings("XNYS", "2024-02", "2024-02").index[-1] == pd.Timestamp("2024-02-29")
    assert closings("XNYS", "2024-01-06", "2024-01-07").empty


def test_the_end_is_not_before_the_beginning():
    with pytest.raises(
        rt.ArgumentError, match="last: want it from 2024-01-05 on, got '2024-01-04'"
    ):
        closings("XNYS", "2024-01-05", "2024-01-04")


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "2024"), ("2024", "9999-12-31")])
def test_days_that_nobody_can_count(first, last):
    with pytest.raises(rt.DataError, match=r"XNYS: want days of 1800 to 2200, got (0001|1|9999)"):
        closings("XNYS", first, last)


@pytest.mark.parametrize(("first", "last"), [("soon", "2024"), ("2024", None), ("2024", pd.NaT)])
def test_days_are_days(first, last):
    with pytest.raises(rt.ArgumentError, match=r"(first|last): want a date"):
        closings("XNYS", first, last)


@pytest.mark.parametrize(
    ("name", "first", "last", "message"),
    [
        ("XSHG", "1989-01-02", "1991-01-02", "XSHG: 1989-01-02 .* which begins on 1990-12-03"),
        ("XSHG", "1981-01-02", "1981-02-02", "XSHG: 1981-01-02 .* which begins on 1990-12-03"),
        ("XHKG", "2049-01-04", "2050-01-04", "XHKG: 2050-01-04 .* which ends on 2049-12-31"),
        ("XHKG", "2060-01-04", "2061-01-04", "XHKG: 2061-01-04 .* which ends on 2049-12-31"),
    ],
)
def test_days_beyond_a_calendar(name, first, last, message):
    with pytest.raises(rt.DataError, match=message):
        closings(name, first, last)


def test_a_first_year_that_begins_late_does():
    assert closings("XSHG", "1990-12-10", "1990-12-31").index.is_monotonic_increasing
    assert closings("XSHG", "1991-01-02", "1991-01-05").index[0] == pd.Timestamp("1991-01-02")


class Broken(exchange_calendars.exchange_calendar_xnys.XNYSExchangeCalendar):
    name = "BROKEN"

    @property
    def regular_holidays(self):
        raise NotImplementedError("holidays\n" + "x" * 9_000)


def test_a_calendar_that_cannot_be_made_is_a_short_error():
    exchange_calendars.register_calendar_type("BROKEN", Broken)
    try:
        with pytest.raises(
            rt.DataError, match=r"BROKEN: exchange_calendars .* cannot make .*pass calendars="
        ) as caught:
            closings("BROKEN", "2024-01-01", "2024-12-31")
    finally:
        exchange_calendars.deregister_calendar("BROKEN")
    assert len(str(caught.value)) < 300


def test_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(rt.MissingExtraError, match=r'pip install "rotation\[calendars\]"'):
        closings("XWAR", "1999-01-01", "1999-12-31")  # of no other test, so none is kept


def test_common_sessions():
    names = ["XNYS", "XHKG", "XSHG"]
    found = common_sessions(names, "2024-01-01", "2024-12-31")
    plain = [
        day
        for day in closings("XNYS", "2024-01-01", "2024-12-31").index
        if all(day in closings(name, "2024-01-01", "2024-12-31").index for name in names)
    ]
    assert found.tolist() == plain
    york = closings("XNYS", "2024-01-02", "2024-01-05")
    mine = {"XHKG": york.drop("2024-01-03")}
    few = common_sessions(["XNYS", "XHKG"], "2024-01-02", "2024-01-05", calendars=mine)
    assert few.strftime("%d").tolist() == ["02", "04", "05"]


@pytest.mark.parametrize("names", ["XNYS", [], None])
def test_common_sessions_of_what(names):
    with pytest.raises(rt.ArgumentError, match="exchanges: want one code or more"):
        common_sessions(names, "2024", "2025")


NO_CALENDARS = {
    "a list": (lambda c: c.tolist(), "want a Series of moments with a time zone"),
    "no zone": (lambda c: c.dt.tz_convert(None), "want a Series of moments with a time zone"),
    "numbers": (lambda c: c.reset_index(drop=True), "want an index of tz-naive session dates"),
    "days with zone": (lambda c: c.tz_localize("UTC"), "want an index of tz-naive session dates"),
    "empty": (lambda c: c.iloc[:0], "want an index of tz-naive session dates"),
    "backwards": (lambda c: c[::-1], "strictly increasing"),
    "a day twice": (lambda c: pd.concat([c.iloc[:1], c]), "strictly increasing"),
    "no moment": (lambda c: c.where(c.index != c.index[1]), "strictly increasing"),
    "a moment twice": (lambda c: c.where(c.index != c.index[1], c.iloc[0]), "strictly increasing"),
}


@pytest.mark.parametrize("kind", NO_CALENDARS)
def test_calendars_of_the_users_are_checked(kind):
    change, message = NO_CALENDARS[kind]
    with pytest.raises(rt.ArgumentError, match="calendars: want moments by exchange, got Series"):
        common_sessions(["XNYS"], "2024", "2024", calendars=closings("XNYS", "2024", "2024"))
    mine = {"XNYS": change(closings("XNYS", "2024-01-02", "2024-01-05"))}
    with pytest.raises(rt.ArgumentError, match=rf"calendars\['XNYS'\]: .*{message}"):
        common_sessions(["XNYS"], "2024-01-02", "2024-01-05", calendars=mine)
