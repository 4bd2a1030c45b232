"""What a check says, and how it is asked."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from planting import clean_bars, place, scaling, setting, zero
from rotation.data.bars import Bars
from rotation.data.calendars import closings
from rotation.data.quality import check_prices
from rotation.provenance import Provenance, provenance, stamp
from rotation.tables import read_prices

NOW = pd.Timestamp("2024-01-02T22:00Z")


@pytest.fixture
def rng():
    return np.random.default_rng(6)


@pytest.fixture
def bars(rng):
    return clean_bars(rng)


def halved(bars, row=100, name="OAK"):
    """A ticker that halves and lasts, its day otherwise still."""
    close = bars.close[name]
    return scaling(row, name, 0.5 * close.iloc[row - 1] / close.iloc[row])(bars.close.copy())


def one_of(table, fault):
    (row,) = table[table["fault"] == fault].to_dict("records")
    return row


def one(found, fault):
    return one_of(found.table, fault)


def test_the_sample_has_no_error_and_no_warning():
    found = check_prices(rt.sample(), calendar="XNYS")
    assert found.line.startswith("check_prices with XNYS: 0 errors, 0 warnings, 3 notes")
    told = found.table[["ticker", "date"]].astype(str).agg(" ".join, axis=1)
    assert list(told) == ["AAPL 2000-09-29", "NFLX 2013-01-24", "NFLX 2022-04-20"]


@pytest.mark.parametrize("day", ["2025-01-27", "2020-03-16", "2000-04-14", "2008-10-15"])
def test_real_crashes_are_no_findings(day):
    closes = rt.sample()
    fall = closes.pct_change(fill_method=None).loc[day].min()
    assert fall < -0.06
    assert pd.Timestamp(day) not in set(check_prices(closes).table["date"])


def test_a_day_like_october_1987_is_none_either(bars):
    table = bars.close.copy()
    table.iloc[120:] *= 0.8
    table.iloc[121:] *= 1.05
    table.iloc[122:] *= 1.09
    found = check_prices(table, now=NOW).table
    assert found[found["severity"] != "note"].empty


def test_a_halving_is_a_warning_and_with_news_a_note(bars):
    table = halved(bars)
    found = check_prices(Bars(table), now=NOW)
    assert one(found, "split")["severity"] == "warning"
    assert "like a split of 2 for 1" in one(found, "split")["message"]
    busy = setting(100, "OAK", 20 * bars.volume["OAK"].iloc[90:100].median())(bars.volume.copy())
    assert one(check_prices(Bars(table, volume=busy), now=NOW), "split")["severity"] == "note"
    calm = scaling(100, "OAK", 2.0)(bars.volume.copy())
    assert one(check_prices(Bars(table, volume=calm), now=NOW), "split")["severity"] == "warning"


def test_the_days_after_news_are_restless(bars):
    table = halved(bars)
    usual = table["OAK"].pct_change().iloc[30:99].abs().median()
    swings = 1 + 8 * usual * np.resize([1, -1], 10)
    for number, swing in enumerate(swings):
        table = scaling(101 + number, "OAK", swing)(table)
    assert one(check_prices(table, now=NOW), "split")["severity"] == "note"


def test_the_split_given_explains_the_jump(bars):
    table = halved(bars)
    splits = pd.DataFrame({"OAK": [2.0]}, [table.index[100]])
    assert check_prices(table, rt.Actions(splits=splits), now=NOW).table.empty
    in_bars = pd.DataFrame(0.0, table.index, table.columns)
    in_bars.loc[table.index[100], "OAK"] = 2.0
    assert check_prices(Bars(table, splits=in_bars), now=NOW).table.empty


def test_splits_that_the_stamp_says_were_taken_out_need_not_show(bars):
    splits = pd.DataFrame(0.0, bars.close.index, bars.close.columns)
    splits.iloc[100, 4] = 2.0
    bare = Bars(bars.close, splits=splits)
    assert one(check_prices(bare, now=NOW), "split not in prices")["ticker"] == "OAK"
    adjusted = stamp(bars.close, Provenance("a service", "splits and dividends"))
    assert check_prices(Bars(adjusted, splits=splits), now=NOW).table.empty
    raw = stamp(bars.close, Provenance("a service", "nothing: neither splits nor dividends"))
    assert one(check_prices(Bars(raw, splits=splits), now=NOW), "split not in prices")


def test_splits_none_of_which_shows_were_taken_out(bars):
    splits = pd.DataFrame(0.0, bars.close.index, bars.close.columns)
    splits.iloc[100, 4] = splits.iloc[130, 0] = 2.0
    found = check_prices(bars.close, rt.Actions(splits=splits), now=NOW).table
    assert list(found["severity"]) == ["warning"] * 2
    assert set(found["fault"]) == {"split not in prices"}
    found = check_prices(halved(bars), rt.Actions(splits=splits), now=NOW).table
    assert list(found[["severity", "ticker"]].to_numpy()[0]) == ["error", "ASH"]


def test_a_dividend_given_explains_a_fall(bars):
    row = 100
    table = scaling(row, "OAK", 0.55)(bars.close.copy())
    paid = pd.DataFrame({"OAK": [bars.close["OAK"].iloc[row] * 0.45]}, [table.index[row]])
    found = check_prices(table, rt.Actions(dividends=paid), now=NOW).table
    assert list(found["fault"]) == ["large dividend"]
    assert list(found["severity"]) == ["note"]


def test_a_halt_is_a_note_and_a_filled_close_that_traded_a_warning(bars):
    value = bars.close["OAK"].iloc[99]
    table = setting(100, "OAK", value, 20)(bars.close.copy())
    still = setting(100, "OAK", 0.0, 20)(bars.volume.copy())
    halted = one(check_prices(Bars(table, volume=still), now=NOW), "stale")
    assert (halted["severity"], halted["figure"]) == ("note", 20)
    traded = one(check_prices(Bars(table, volume=bars.volume), now=NOW), "stale")
    assert traded["severity"] == "warning"
    assert "shares traded" in traded["message"]


def test_a_ticker_that_often_stays_may_stay_longer(rng):
    days = pd.bdate_range("2001-01-01", periods=1500)
    moves = 1e-4 * (rng.random((1500, 1)) < 0.3)
    bill = pd.DataFrame(90 * np.cumprod(1 + moves, axis=0), days, ["BILL"])
    longest = (bill["BILL"].diff() != 0).cumsum().value_counts().max()
    assert longest > 12
    assert check_prices(bill, now=NOW).table.empty


def test_single_precision_puts_no_close_above_the_high(bars):
    kept = {name: getattr(bars, name).astype(np.float32) for name in ("close", "low", "open")}
    high = np.maximum(kept["close"], kept["open"]) * np.float32(1 - 5e-7)
    assert check_prices(Bars(**kept, high=high), now=NOW).table.empty


def test_an_index_has_no_volume(bars):
    none = bars.volume.assign(OAK=0.0)
    assert check_prices(Bars(bars.close, volume=none), now=NOW).table.empty


def test_seven_days_a_week_are_no_weekends(rng):
    days = pd.date_range("2021-01-01", periods=300)
    walk = np.exp(np.cumsum(rng.normal(0, 0.02, (300, 2)), axis=0))
    assert check_prices(pd.DataFrame(walk, days, ["BTC", "ETH"]), now=NOW).table.empty


def test_saturdays_until_1952_are_no_weekends(rng):
    days = pd.date_range("1949-01-01", "1955-12-31")
    days = days[(days.day_of_week < 5) | ((days.day_of_week == 5) & (days < "1952"))]
    walk = np.exp(np.cumsum(rng.normal(0, 0.01, (len(days), 1)), axis=0))
    assert check_prices(pd.DataFrame(walk, days, ["GM"]), now=NOW).table.empty


def test_month_ends_are_no_look_ahead(bars):
    ends = bars.close[["ASH", "FIG"]].resample("ME").last()
    assert check_prices(ends, now=NOW).table.empty
    firsts = bars.close[["ASH", "FIG"]].groupby(bars.close.index.to_period("M")).head(1)
    assert "look-ahead label" not in set(check_prices(firsts.iloc[1:], now=NOW).table["fault"])


def test_a_row_of_today_after_monthly_labels_excuses_none(bars):
    labels = bars.close[["ASH", "FIG"]].resample("MS").last().iloc[:-1]
    today = bars.close.loc[[bars.close.index[-1]], ["ASH", "FIG"]]
    found = check_prices(pd.concat([labels, today]), now=NOW).table
    assert one_of(found, "look-ahead label")["severity"] == "error"


def test_weekly_labels_on_mondays_are_suspect(bars):
    weeks = bars.close[["ASH", "FIG"]].resample("W-MON", label="left", closed="left").last()
    open_days = weeks[weeks.index.isin(bars.close.index)]
    found = check_prices(open_days.iloc[:30], now=NOW).table
    assert one_of(found, "look-ahead label")["severity"] == "warning"
    fridays = bars.close[["ASH", "FIG"]].resample("W-FRI").last()
    assert check_prices(fridays, now=NOW).table.empty


def test_dates_in_the_days_before_are_surely_shifted_by_a_calendar(bars):
    table = bars.close.set_axis(bars.close.index - pd.Timedelta(days=1))
    alone, compared = check_prices(table, now=NOW), check_prices(table, calendar="XNYS", now=NOW)
    assert one(alone, "shifted dates")["severity"] == "warning"
    assert one(compared, "shifted dates")["severity"] == "error"
    assert len(compared.table) == 1
    late = bars.close.set_axis(bars.close.index + pd.Timedelta(days=1))
    assert one(check_prices(late, now=NOW), "shifted dates")["severity"] == "error"


def test_an_empty_row_at_the_end_is_taken_by_a_backtest(bars):
    table = bars.close.copy()
    table.iloc[-1] = np.nan
    found = check_prices(table, now=NOW)
    assert one(found, "empty row")["severity"] == "warning"
    assert list(read_prices(table).sessions) == list(table.index)


def test_sundays_now_and_then_are_weekends(rng):
    days = pd.bdate_range("2021-01-01", periods=300)
    some = pd.date_range("2021-01-10", periods=20, freq="14D")
    index = days.union(some)
    walk = np.exp(np.cumsum(rng.normal(0, 0.02, (len(index), 1)), axis=0))
    found = check_prices(pd.DataFrame(walk, index, ["A"]), now=NOW).table
    assert list(found["date"]) == list(some)
    assert set(found["fault"]) == {"weekend"}


def test_of_two_rows_of_a_date_the_later_is_looked_at(bars):
    row = bars.close.index[100]
    spoilt = bars.close.loc[[row]].assign(OAK=0.0)
    later = pd.concat([bars.close.loc[:row], spoilt, bars.close.iloc[101:]])
    assert set(check_prices(later, now=NOW).table["fault"]) == {"duplicate", "zero"}
    earlier = pd.concat([bars.close.iloc[:100], spoilt, bars.close.iloc[100:]])
    assert set(check_prices(earlier, now=NOW).table["fault"]) == {"duplicate"}


def test_each_ticker_has_its_calendar(bars):
    hong_kong = closings("XHKG", "2022-01-03", "2022-12-30").index
    new_york = closings("XNYS", "2022-01-03", "2022-12-30").index
    table = pd.DataFrame(index=hong_kong.union(new_york))
    table["0700.HK"] = pd.Series(np.geomspace(100, 120, len(hong_kong)), hong_kong)
    table["NVDA"] = pd.Series(np.geomspace(10, 20, len(new_york)), new_york)
    calendar = {"0700.HK": "XHKG", "NVDA": "XNYS"}
    found = check_prices(table, calendar=calendar, now=NOW)
    assert list(found.table["fault"]) == ["several exchanges"]
    assert found.calendar == "XHKG, XNYS"
    day = pd.Timestamp("2022-07-05")
    found = check_prices(setting(table.index.get_loc(day), "NVDA", np.nan)(table.copy()),
                         calendar=calendar, now=NOW)  # fmt: skip
    assert one(found, "hole")["date"] == day
    day = pd.Timestamp("2022-07-01")  # a holiday of Hong Kong
    away = table.drop(index=day)
    assert one(check_prices(away, calendar=calendar, now=NOW), "missing session")["date"] == day
    found = check_prices(table, calendar={"NVDA": "XNYS"}, now=NOW)
    assert "holiday" not in set(found.table["fault"])


def test_a_calendar_that_begins_later_is_noted(bars):
    old = bars.close.set_axis(bars.close.index - pd.Timedelta(days=364 * 31))
    found = check_prices(old, calendar="XSHG", now=NOW).table
    note = found[found["fault"] == "calendar range"].iloc[0]
    assert note["severity"] == "note"
    assert note["until"] < pd.Timestamp("1990-12-03")
    assert "known from 1990-12-03" in note["message"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1, 2],), {}, "closes: want a DataFrame or Bars, got list"),
        ((None,), {}, "closes: want a DataFrame or Bars, got NoneType"),
        ((rt.sample(), {"splits": 1}), {}, "actions: want rotation.Actions, got"),
        ((rt.sample(), None, 5), {}, "calendar: want a name, or names by ticker, got 5"),
        ((rt.sample(), None, {"NVDA": 5}), {}, "calendar: want a name, or names by ticker"),
        ((rt.sample(), None, {"NVDAX": "XNYS"}), {}, "calendar: 'NVDAX' is not a column of closes"),
        ((rt.sample(), None, "XNYQ"), {}, "calendar: want an exchange that .* got 'XNYQ'; close"),
        ((rt.sample(), None, {"NVDA": "xnys"}), {}, "calendar: want .* got 'xnys'; close .*XNYS"),
        ((rt.sample(),), {"now": pd.Timestamp("2024-01-01")}, "now: want a Timestamp with a time"),
        ((rt.sample(),), {"now": "today"}, "now: want a Timestamp with a time zone, got 'today'"),
    ],
)
def test_what_is_no_argument_is_refused(arguments, options, message):
    with pytest.raises(rt.RotationError, match=message):
        check_prices(*arguments, **options)


def test_a_calendar_needs_its_extra(monkeypatch, bars):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(rt.MissingExtraError, match=r"rotation\[calendars\]"):
        check_prices(bars, calendar="XNYS")
    assert check_prices(bars, now=NOW).ok


def test_the_json_is_the_table(rng, bars):
    found = check_prices(zero(rng, bars).data, calendar="XNYS", now=NOW)
    held = json.loads(found.to_json())
    assert held == found.to_dict()
    assert (held["ok"], held["worst"], held["counts"]["error"]) == (False, "error", 1)
    assert (held["sessions"], held["tickers"], held["calendar"]) == (260, 5, "XNYS")
    (row,) = held["findings"]
    assert row["date"] == f"{found.table['date'].iloc[0]:%Y-%m-%d}"
    assert list(row) == list(found.table.columns)


def test_what_is_infinite_or_without_a_date_is_null_in_json(bars):
    table = setting(100, "OAK", np.inf)(bars.close.copy()).rename(columns={"FIG": "cash"})
    held = json.loads(check_prices(table, now=NOW).to_json())["findings"]
    by_fault = {row["fault"]: row for row in held}
    assert by_fault["infinite"]["figure"] is None
    assert by_fault["cash"]["date"] is None


def test_it_is_printed_with_what_to_do(rng, bars):
    row, name = place(rng, bars)
    table = bars.close.copy()
    for number in range(5):
        table = setting(row + 3 * number, name, 0.0)(table)
    text = str(check_prices(table, now=NOW))
    assert text.splitlines()[0].endswith("5 errors, 0 warnings, 0 notes: zero")
    assert "and 2 more, in .table" in text
    assert "rt.clean(closes, drop='impossible')" in text
    clean = check_prices(bars, now=NOW)
    assert str(clean) == f"260 sessions of 5 tickers, {clean.line}"
    assert "<table" in clean._repr_html_()


def test_the_check_goes_on_the_stamp(rng, bars):
    found = check_prices(bars.close, calendar="XNYS", now=NOW)
    assert provenance(found.closes).checks == (found.line,)
    pd.testing.assert_frame_equal(found.closes, bars.close)
    assert bars.close.attrs == {}
    worse = check_prices(zero(rng, bars).data, now=NOW)
    assert provenance(worse.closes).checks[0].endswith("1 error, 0 warnings, 0 notes: zero")


def test_what_cannot_be_stamped_is_refused(bars):
    for spoilt in (bars.close.assign(ASH="n/a"), bars.close.reset_index(drop=True)):
        found = check_prices(spoilt, now=NOW)
        with pytest.raises(rt.DataError, match="closes: want numbers by date for a stamp"):
            _ = found.closes


def test_text_in_other_fields_is_told_and_the_closes_are_stamped(bars):
    volume = bars.volume.astype({"ASH": object})
    volume.iloc[7, 0] = "1.2M"
    found = check_prices(Bars(bars.close, volume=volume), now=NOW)
    told = found.table[["ticker", "date", "message"]].iloc[0].tolist()
    assert told == ["ASH", volume.index[7], f"volume: no number on {volume.index[7]:%Y-%m-%d}"]
    assert len(provenance(found.closes).checks) == 1


def test_findings_of_a_fault(rng, bars):
    planted = zero(rng, bars)
    found = check_prices(planted.data, now=NOW)
    assert list(found.of("zero")["ticker"]) == [planted.ticker]
    assert found.of("spike", "hole").empty
    with pytest.raises(rt.ArgumentError, match=r"want some of action inverted, .*; got 'zeros'"):
        found.of("zeros")


def test_what_is_changed_after_the_check_was_not_checked():
    closes = rt.sample().loc["2024", ["NVDA"]]
    found = rt.check_prices(closes)
    before = closes.copy()
    closes.iloc[20, 0] = -5.0
    pd.testing.assert_frame_equal(found.closes, before)
