"""What is suggested is true: done as it is written, it mends the fault and loses nothing sound."""

import re
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from planting import clean_bars, edit, scaling, setting
from rotation.data.cleaning import clean
from rotation.data.quality import check_prices

NOW = pd.Timestamp("2024-01-02T22:00Z")


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def closes(rng):
    return clean_bars(rng).close[["ASH", "FIG", "OAK"]]


def check(table, **options):
    return check_prices(table, now=NOW, **options)


def the(found, fault):
    (row,) = found.of(fault).to_dict("records")
    return row


def followed(table, advice, **names):
    """The table after what is advised, which is Python up to where it goes on in words."""
    code = re.split(r", with |; | makes | keeps |, or | or ", advice)[0]
    code = code.removeprefix("keep one company: ")
    known = {"closes": table.copy(), "pandas": pd, "numpy": np, "rt": rt, **names}
    if "=" in code.split("(")[0]:
        exec(code, known)
        return known["closes"]
    done = eval(code, known)
    return getattr(done, "closes", done)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, None])
def test_rows_in_mixed_units_are_an_error(rng, closes, share):
    pence = np.arange(len(closes)) % 2 == 0 if share is None else rng.random(len(closes)) < share
    table = closes.copy()
    table.loc[pence, "OAK"] /= 100
    found = check(table).table
    assert set(found["fault"]) == {"scale"}
    assert set(found["ticker"]) == {"OAK"}
    if share != 0.05:
        assert len(found) == 1
        assert "up and down: rows in different units" in found["message"][0]


def test_months_in_mixed_units_are_an_error(closes):
    months = closes.resample("ME").last()
    months.iloc[::2, 1] *= 100
    assert the(check(months), "scale")["ticker"] == "FIG"


def test_lone_closes_in_pence_are_each_told(closes):
    table = closes.copy()
    rows = [40, 90, 130, 170]
    table.iloc[rows, 0] /= 100
    found = check(table)
    assert list(found.of("scale")["date"]) == list(table.index[rows])
    mended = clean(table, drop=found.of("scale"), fill="previous", limit=1).closes
    assert check(mended).ok


@pytest.mark.parametrize("size", [2, 3, 8, 30])
@pytest.mark.parametrize("unit", [100, 0.1])
def test_a_stretch_in_pence_is_one_finding(closes, size, unit):
    table = scaling(90, "OAK", 1 / unit, 90 + size)(closes.copy())
    found = check(table)
    row = the(found, "scale")
    assert (row["date"], row["until"]) == (table.index[90], table.index[89 + size])
    pd.testing.assert_frame_equal(followed(table, row["suggestion"]), closes)
    dropped = clean(table, drop=found.of("scale")).closes
    pd.testing.assert_frame_equal(dropped, closes.pipe(setting(90, "OAK", np.nan, size)))


@pytest.mark.parametrize(
    ("factor", "severity"), [(1.9, "warning"), (0.55, "warning"), (4, "error")]
)
def test_a_stretch_at_a_wrong_level_is_a_spike(closes, factor, severity):
    table = closes.copy()
    table.iloc[90:93, 0] = table.iloc[89, 0]
    table.iloc[93:, 0] *= table.iloc[92, 0] / table.iloc[93, 0]
    table = scaling(90, "ASH", factor, 92)(table)
    row = the(check(table), "spike")
    assert (row["severity"], row["ticker"]) == (severity, "ASH")
    assert (row["date"], row["until"]) == (table.index[90], table.index[91])


def test_a_level_that_lasts_eleven_sessions_is_none(closes):
    table = scaling(90, "ASH", 1.9, 101)(closes.copy())
    assert check(table).of("spike").empty


def test_the_new_company_keeps_its_first_close(closes):
    table = scaling(120, "OAK", 580.0)(closes.copy())
    mended = followed(table, the(check(table), "reused")["suggestion"])
    assert mended["OAK"].first_valid_index() == table.index[120]
    assert check(mended).ok


def test_revised_rows_at_the_end_are_kept(closes):
    revised = closes.iloc[[100, 101]] * 1.001
    table = pd.concat([closes, revised])
    found = check(table)
    with pytest.raises(rt.DataError, match=r"sort_index\(kind='stable'\)"):
        clean(table, drop="duplicates")
    ordered = followed(table, the(found, "order")["suggestion"])
    kept = followed(ordered, found.of("duplicate")["suggestion"].iloc[0])
    pd.testing.assert_frame_equal(kept.loc[revised.index], revised)
    assert len(kept) == len(closes)


def test_the_advice_on_order_is_stable(closes):
    table = pd.concat([closes, closes * 1.001])
    ordered = followed(table, the(check(table), "order")["suggestion"])
    assert (ordered.iloc[1::2].to_numpy() == (closes * 1.001).to_numpy()).all()


@pytest.mark.parametrize("zone", ["Asia/Hong_Kong", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("naive", [True, False])
def test_midnights_elsewhere_become_the_days_there(closes, zone, naive):
    index = closes.index.tz_localize(zone).tz_convert("UTC")
    table = closes.set_axis(index.tz_localize(None) if naive else index)
    found = check(table)
    advice = the(found, "time of day")["suggestion"]
    mended = followed(table, advice, zone="UTC", exchange=zone)
    assert list(mended.index) == list(closes.index)
    for row in found.table.to_dict("records"):
        if row["fault"] == "time zone":
            assert row["suggestion"] == advice
        elif row["fault"] == "shifted dates":
            assert "first bring the dates into the zone" in row["suggestion"]
    if naive:
        assert "a zone that must be known" in the(found, "time of day")["message"]


def test_midnights_of_their_own_zone_lose_it(closes):
    table = closes.tz_localize("Asia/Hong_Kong")
    mended = followed(table, the(check(table), "time zone")["suggestion"])
    assert list(mended.index) == list(closes.index)


@pytest.mark.parametrize("size", [1, 5, 7, 20])
def test_a_hole_is_filled_as_advised(closes, size):
    table = closes.pipe(setting(100, "OAK", np.nan, size))
    mended = followed(table, the(check(table), "hole")["suggestion"])
    assert mended.notna().all().all()


def test_a_long_hole_is_not_to_be_filled(closes):
    table = closes.pipe(setting(100, "OAK", np.nan, 21))
    advice = the(check(table), "hole")["suggestion"]
    assert "too long to fill" in advice
    assert "fill=" not in advice


def test_a_shared_hole_is_filled_as_advised(closes):
    table = closes.assign(ELM=closes["OAK"] * 2)
    table.iloc[100:103, :3] = np.nan
    table.iloc[98:110, 0] = np.nan
    for advice in check(table).of("hole")["suggestion"]:
        assert followed(table, advice).notna().all().all()


def test_a_hole_on_a_holiday_goes_with_its_row(closes):
    days = pd.bdate_range(closes.index[80], closes.index[-80]).difference(closes.index)
    extra = closes.loc[: days[0]].iloc[[-1]].set_axis(days[:1]).assign(OAK=np.nan)
    table = pd.concat([closes, extra]).sort_index()
    found = check(table, calendar="XNYS")
    advice = the(found, "hole")["suggestion"]
    assert "fill=" not in advice
    assert advice.endswith("rt.clean(closes, drop=found.of('holiday'))")
    left = clean(table, drop=found.of("holiday")).closes
    pd.testing.assert_frame_equal(left, closes, check_freq=False)


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"])
def test_texts_that_look_like_dates_are_said_to(closes, form):
    table = closes.set_axis(closes.index.strftime(form))
    if form == "%Y%m%d":
        table.index = table.index.astype(int)
    row = the(check(table), "dates as text")
    assert "look like dates" in row["message"]
    assert row["suggestion"].count("format=") == 1
    assert list(followed(table, row["suggestion"]).index) == list(closes.index)


def test_texts_with_two_readings_are_told_both(closes):
    few = closes.loc[closes.index.day <= 12]
    advice = the(check(few.set_axis(few.index.strftime("%d/%m/%Y"))), "dates as text")["suggestion"]
    assert "%d/%m/%Y" in advice
    assert "%m/%d/%Y" in advice


@pytest.mark.parametrize("index", [range(260), np.arange(260) + 0.5, range(20240131, 20240391)])
def test_numbers_that_are_no_dates_are_said_to_be_none(closes, index):
    assert the(check(closes.set_axis(pd.Index(index))), "no dates")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_day_of_an_impossible_year_is_a_finding(closes, day, zone):
    days = closes.index.to_numpy().astype("datetime64[us]")
    days[7] = np.datetime64(day, "us")
    table = closes.set_axis(pd.DatetimeIndex(days).tz_localize(zone))
    found = check(table, calendar="XNYS")
    row = the(found, "missing date")
    assert f"no possible date, as of year {int(day[:4])}" in row["message"]
    assert list(followed(table, row["suggestion"]).index) == list(table.index[np.arange(260) != 7])
    found.to_json()
    if zone is None:
        with pytest.raises(rt.DataError, match=r"dates in order|want years 1678 to 2261"):
            clean(table, drop="weekends")
        with pytest.raises(rt.DataError, match=r"want years 1678 to 2261, got \d+ to \d+"):
            clean(table.sort_index(), drop="weekends")


def test_dates_of_python_of_the_year_1_are_findings(closes):
    table = closes.set_axis(pd.Index([date(1, 1, 1), *closes.index[1:].date], dtype=object))
    assert set(check(table).table["fault"]) == {"dates as text", "missing date"}


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), Decimal("sNaN"), object(), [1], {1}], ids=lambda v: str(v)[:6]
)
def test_a_cell_that_is_no_number_is_a_finding(closes, value):
    table = closes.astype({"OAK": object})
    table.iloc[5, 2] = value
    row = the(check(table), "text")
    assert (row["ticker"], row["date"]) == ("OAK", closes.index[5])


def test_numbers_beside_a_hopeless_cell_are_still_looked_at(closes):
    table = closes.astype({"OAK": object})
    table.iloc[5, 2] = 10**400
    table.iloc[9, 2] = "0"
    assert the(check(table), "zero")["date"] == closes.index[9]


@pytest.mark.parametrize("years", [-320, 200])
def test_what_no_calendar_reaches_is_noted(closes, years):
    days = closes.index.as_unit("s") + pd.Timedelta(days=364 * years)
    row = the(check(closes.set_axis(days), calendar="XNYS"), "calendar range")
    assert row["severity"] == "note"


def test_weekends_that_were_filled_are_told_without_a_calendar(closes):
    every = closes.reindex(pd.date_range(closes.index[0], closes.index[-1])).ffill()
    found = check(every)
    rows = found.of("repeated row")
    assert set(found.table["fault"]) == {"repeated row"}
    left = clean(every, drop=rows).closes
    pd.testing.assert_frame_equal(left, closes, check_freq=False)


@pytest.mark.parametrize("names", [["ASH", "FIG", "OAK"], ["ASH", "OAK"]])
def test_holidays_that_were_filled_are_told_without_a_calendar(closes, names):
    days = pd.bdate_range(closes.index[0], closes.index[-1])
    rows = check(closes[names].reindex(days).ffill()).of("repeated row")
    assert list(rows["date"]) == list(days.difference(closes.index))


def test_what_may_be_chance_is_no_repeated_row(rng, closes):
    assert check(closes.pipe(setting(50, "OAK", closes["OAK"].iloc[49]))).table.empty
    two = closes[["ASH", "OAK"]].copy()
    two.iloc[50] = two.iloc[49]
    assert check(two).table.empty
    days = pd.bdate_range("2020-01-01", periods=500)
    moves = 1e-3 * (rng.random((500, 3)) < 0.5)
    bills = pd.DataFrame(90 * np.cumprod(1 + moves, axis=0), days, list("ABC"))
    assert (bills.diff() == 0).all(axis=1).sum() > 20
    assert check(bills).of("repeated row").empty


def test_weeks_on_sundays_may_be_either(closes):
    weeks = closes.resample("W-SUN", label="left", closed="left").last()
    row = the(check(weeks), "look-ahead label")
    assert (row["severity"], row["date"]) == ("note", weeks.index[0])


def test_three_month_starts_are_enough(closes):
    months = closes.resample("MS").last()
    (first,) = np.flatnonzero(months.index.month == 1)[:1]
    row = the(check(months.iloc[first : first + 3]), "look-ahead label")
    assert row["severity"] == "error"
    assert check(months.iloc[first + 1 : first + 4]).of("look-ahead label").empty


def test_a_holiday_of_one_exchange_costs_no_session_of_another(closes):
    day = pd.Timestamp("2021-07-01")  # a holiday of Hong Kong
    table = closes.loc["2021-06":"2021-07", ["ASH", "OAK"]].copy()
    found = check(table, calendar={"ASH": "XHKG", "OAK": "XNYS"})
    row = found.of("holiday").set_index("date").loc[day]
    assert row["message"].startswith("1 price on 2021-07-01, a holiday of XHKG")
    mended = followed(table, row["suggestion"], tickers=["ASH"])
    assert list(mended.columns[mended.loc[day].notna()]) == ["OAK"]
    with pytest.raises(
        rt.ArgumentError, match="dropping mends, got holiday of 2021-06-14; instead"
    ):
        clean(table, drop=found.of("holiday"))


def long_table(rng):
    days = pd.bdate_range("2010-01-01", periods=2600)
    walk = np.exp(np.cumsum(rng.normal(0, 0.01, (2600, 2)), axis=0))
    return pd.DataFrame(50 * walk, days, ["A", "B"])


def test_three_quarters_in_mixed_units_of_ten_years_are_errors(rng):
    table = long_table(rng)
    table.iloc[1260:1449:2, 0] /= 100
    found = check(table).of("scale")
    assert len(found) == 95
    assert set(found["ticker"]) == {"A"}
    assert check(table.drop(columns="A")).ok


def test_of_three_changes_of_unit_the_closest_two_are_a_stretch(rng):
    table = long_table(rng)
    table.iloc[:300, 0] /= 100
    table.iloc[350:353, 0] /= 100
    first, second = check(table).of("scale").to_dict("records")
    assert (first["date"], first["until"]) == (table.index[300], table.index[300])
    assert "for good" in first["message"]
    assert (second["date"], second["until"]) == (table.index[350], table.index[352])


def test_a_level_that_comes_back_by_half_is_no_spike(rng):
    table = long_table(rng)
    table.iloc[300:, 0] *= 3.3
    table.iloc[304:, 0] /= 1.8
    found = check(table)
    assert found.of("spike").empty
    assert list(found.table["date"]) == [table.index[300]]


def test_a_stretch_may_begin_on_a_large_day(rng):
    table = long_table(rng)
    table.iloc[300:, 0] *= 0.8 * table.iloc[299, 0] / table.iloc[300, 0]
    table.iloc[300:310, 0] /= 100
    row = the(check(table), "scale")
    assert (row["date"], row["until"]) == (table.index[300], table.index[309])


def test_a_weekend_that_repeats_is_told_once(closes):
    day = closes.index[closes.index.day_of_week == 4][10] + pd.Timedelta(days=1)
    every = pd.concat([closes, closes.loc[:day].iloc[[-1]].set_axis([day])]).sort_index()
    assert list(check(every).table["fault"]) == ["weekend"]


def still(closes, name, row):
    """A ticker whose day is still, so that what is planted there is all that moves it."""
    return scaling(row, name, closes[name].iloc[row - 1] / closes[name].iloc[row])(closes.copy())


@pytest.mark.parametrize(
    ("real", "listed", "told", "severity"),
    [
        (4, 3, "4 for 1", "warning"), (4, 5, "4 for 1", "warning"), (10, 7, "10 for 1", "warning"),
        (2, 1.5, "2 for 1", "warning"), (20, 15, "20 for 1", "warning"), (4, 2, "4 for 1", "error"),
        (2, 3, "2 for 1", "warning"), (1.5, 2, "3 for 2", "warning"), (1.5, 10, "3 for 2", "error"),
        (0.1, 0.15, "1 for 10", "warning"), (4, 1.02, "4 for 1", "error"),
    ],
)  # fmt: skip
def test_a_split_of_another_ratio_is_found_and_mended_as_advised(
    closes, real, listed, told, severity
):
    table = scaling(120, "FIG", 1 / real)(still(closes, "FIG", 120))
    splits = pd.DataFrame({"FIG": [float(listed)]}, table.index[[120]])
    found = check(table, actions=rt.Actions(splits=splits))
    (row,) = found.table.to_dict("records")
    assert (row["fault"], row["severity"]) == ("split ratio", severity)
    assert (row["ticker"], row["date"], row["figure"]) == (
        "FIG", table.index[120], pytest.approx(listed)
    )  # fmt: skip
    assert row["message"].endswith(f"the close moves as by one of {told}")
    mended = splits.copy()
    followed(table, row["suggestion"].split(": ", 1)[1], splits=mended)
    assert mended.iloc[0, 0] == pytest.approx(real)
    assert check(table, actions=rt.Actions(splits=mended)).table.empty


def test_a_split_and_a_large_day_are_no_other_ratio(closes):
    splits = pd.DataFrame({"FIG": [3.0]}, closes.index[[120]])
    for left in (0.92, 0.7):  # 3 for 0.7 is no split
        table = scaling(120, "FIG", left / 3)(still(closes, "FIG", 120))
        assert check(table, actions=rt.Actions(splits=splits)).table.empty, left
    # A bad close of the day is one of the day, and the split is right.
    table = scaling(120, "FIG", 1 / 3)(still(closes, "FIG", 120))
    table.iloc[121, 1] = table.iloc[120, 1]
    table.iloc[120, 1] *= 0.5
    found = check(table, actions=rt.Actions(splits=splits))
    assert list(found.table["fault"]) == ["spike"]


@pytest.mark.parametrize("field", ["dividends", "splits"])
@pytest.mark.parametrize("value", [-4.0, np.inf, -np.inf])
def test_actions_that_a_backtest_refuses_are_errors(closes, field, value):
    days = closes.index[[100, 101]]
    table = pd.DataFrame({"OAK": [value, value]}, days)
    found = check(closes, actions=rt.Actions(**{field: table}))
    (row,) = found.table.to_dict("records")
    assert (row["fault"], row["severity"], row["ticker"]) == ("impossible action", "error", "OAK")
    assert (row["date"], row["until"], row["figure"]) == (*days, value)
    assert row["message"].startswith(f"{field}: want 0 or more, got {value:g} from ")
    weights = pd.DataFrame(1 / 3, closes.index[[5]], closes.columns)
    with pytest.raises(rt.DataError, match=f"{field}: want a number of 0 or more"):
        rt.simulate(closes, weights, actions=rt.Actions(**{field: table}))
    followed(closes, row["suggestion"], **{field: table})
    assert check(closes, actions=rt.Actions(**{field: table})).table.empty
    rt.simulate(closes, weights, actions=rt.Actions(**{field: table}))


def test_actions_of_none_must_fit_the_closes_all_the_same(closes):
    day = pd.date_range(closes.index[50], closes.index[60]).difference(closes.index)[0]
    rows = pd.DataFrame({"OAK": [np.nan, 0.0]}, [day, closes.index[100]])
    weights = pd.DataFrame(1 / 3, closes.index[[5]], closes.columns)
    with pytest.raises(rt.DataError, match="is not a session of closes"):
        rt.simulate(closes, weights, actions=rt.Actions(splits=rows))
    row = the(check(closes, actions=rt.Actions(splits=rows)), "no session")
    assert (row["severity"], row["date"]) == ("error", day)
    left = followed(closes, row["suggestion"], splits=rows)
    rt.simulate(closes, weights, actions=rt.Actions(splits=left))
    assert check(closes, actions=rt.Actions(splits=left)).table.empty
    names = pd.DataFrame({"OAKS": [0.0]}, closes.index[[100]])
    row = the(check(closes, actions=rt.Actions(splits=names)), "unknown ticker")
    assert followed(closes, row["suggestion"], splits=names).empty


def test_a_high_and_a_low_far_from_open_and_close_are_found(rng):
    bars = clean_bars(rng)
    calm = 1.2 * np.fmax(bars.open["OAK"], bars.close["OAK"]).iloc[100]
    assert check(edit(bars, high=setting(100, "OAK", calm))).table.empty
    for field, factor, words in (("high", 10, "above"), ("low", 0.01, "below")):
        spoilt = edit(bars, **{field: scaling(100, "OAK", factor, 102)})
        row = the(check(spoilt), "wide range")
        assert (row["severity"], row["ticker"]) == ("error", "OAK")
        assert (row["date"], row["until"]) == tuple(bars.close.index[[100, 101]])
        assert f"{field} is 1" in row["message"]
        assert f"times {words} open and close from " in row["message"]
    double = 2.2 * np.fmax(bars.open["ASH"], bars.close["ASH"]).iloc[100]
    spread = np.log(bars.high["ASH"] / np.fmax(bars.open["ASH"], bars.close["ASH"])).median()
    assert 10 * 1.5 * spread < np.log(2.2)
    row = the(check(edit(bars, high=setting(100, "ASH", double))), "wide range")
    assert (row["severity"], row["figure"]) == ("warning", pytest.approx(2.2))


def test_a_ticker_whose_highs_are_all_in_pence_is_one_finding(rng):
    bars = clean_bars(rng)
    row = the(check(edit(bars, high=scaling(0, "OAK", 100.0))), "wide range")
    assert (row["severity"], row["date"]) == ("error", bars.close.index[0])
    assert row["until"] == bars.close.index[-1]


@pytest.mark.parametrize("field", ["open", "high", "low", "volume"])
def test_a_field_that_is_missing_beside_the_others_is_found(rng, field):
    bars = clean_bars(rng)
    found = check(edit(bars, **{field: setting(100, "OAK", np.nan, 5)}))
    row = the(found, "missing field")
    assert (row["severity"], row["ticker"], row["figure"]) == ("warning", "OAK", 5)
    assert (row["date"], row["until"]) == tuple(bars.close.index[[100, 104]])
    assert row["message"].startswith(f"no {field} from ")
    assert len(found.table) == 1
    lone = the(check(edit(bars, **{field: setting(100, "OAK", np.nan)})), "missing field")
    assert lone["severity"] == ("note" if field == "volume" else "warning")
    assert check(edit(bars, **{field: setting(0, "OAK", np.nan, 260)})).table.empty
    assert check(edit(bars, **{field: setting(0, "OAK", np.nan, 100)})).table.empty
    last = check(edit(bars, **{field: setting(258, "OAK", np.nan, 2)})).table
    assert last.empty == (field == "volume")


def test_a_field_that_all_miss_is_one_finding(rng):
    bars = clean_bars(rng)

    def empty(table):
        table.iloc[100:103] = np.nan
        return table

    row = the(check(edit(bars, open=empty)), "missing field")
    assert (row["ticker"], row["figure"]) == ("", 5)
    assert (row["date"], row["until"]) == tuple(bars.close.index[[100, 102]])


def test_a_close_that_is_missing_at_the_end_of_the_others_is_found(rng):
    bars = clean_bars(rng)
    row = the(check(edit(bars, close=setting(258, "OAK", np.nan, 2))), "missing field")
    assert (row["ticker"], row["date"]) == ("OAK", bars.close.index[258])
    assert row["message"].startswith("no close from ")


def test_a_cell_of_a_field_that_is_no_number_is_told_once(rng):
    bars = clean_bars(rng)
    spoilt = edit(bars, high=lambda table: setting(100, "OAK", "n/a")(table.astype(object)))
    told = check(spoilt).table
    assert set(told.loc[told["ticker"] == "OAK", "fault"]) == {"text"}


def test_a_negative_volume_is_mended_as_advised(rng):
    bars = clean_bars(rng)
    assert the(check(edit(bars, volume=setting(100, "OAK", -5.0))), "negative volume")
    mended = check(edit(bars, volume=setting(100, "OAK", np.nan)))
    assert mended.worst == "note"
