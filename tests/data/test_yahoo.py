import inspect
import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from data.yahoo_server import (
    Fault,
    Listing,
    act,
    days,
    eventful,
    midday_zone,
    on_now,
    same,
    traded,
)
from rotation.data import yahoo_request
from rotation.data.cache import Cache
from rotation.data.yahoo import YahooWarning, fetch_yahoo
from rotation.data.yahoo_history import (
    FIELDS,
    History,
    as_traded,
    disagreement,
    reinvested,
    undivided,
)
from rotation.errors import DelistedError, OutageError, UnknownTickerError
from rotation.provenance import provenance
from rotation.tables import read_prices
from rotation.terms import Terms

PRICES = ["open", "high", "low", "close"]
SINGLE = 2e-7  # Yahoo's precision, relative


def test_bars_are_what_was_traded_and_paid(yahoo, fetch):
    rows = eventful(days(250))
    yahoo.listings["AAA"] = Listing(rows)
    bars = fetch("AAA").bars
    assert bars.close.index.equals(rows.index)
    for name in (*PRICES, "dividends", "volume"):
        np.testing.assert_allclose(getattr(bars, name)["AAA"], rows[name], rtol=1e-6)
    np.testing.assert_array_equal(bars.splits["AAA"], rows["splits"])


def test_closes_are_those_of_a_holder_who_reinvests_at_the_close(yahoo, fetch):
    rows = eventful(days(250))
    yahoo.listings["AAA"] = Listing(rows)
    found = fetch("AAA")
    shares, worth = 1.0, []
    for row in rows.itertuples():
        shares *= row.splits or 1.0
        shares += shares * row.dividends / row.close
        worth.append(shares * row.close)
    growth = np.array(worth) / worth[-1] * rows["close"].iloc[-1]
    np.testing.assert_allclose(found.closes["AAA"], growth, rtol=1e-6)
    whole = rows["close"] * np.cumprod(np.where(rows["splits"] > 0, rows["splits"], 1)) / 0.5
    np.testing.assert_allclose(found.split_adjusted["AAA"], whole, rtol=1e-6)


def test_closes_give_the_account_that_bars_and_actions_give(yahoo, fetch):
    index = days(250)
    yahoo.listings = {"AAA": Listing(eventful(index)), "BBB": Listing(eventful(index, 1))}
    found = fetch(["AAA", "BBB"])
    prices = read_prices(found.bars.close)
    grown = Terms(actions=found.actions).total_return(prices)
    np.testing.assert_allclose(grown / grown[-1] * found.closes.iloc[-1].to_numpy(), found.closes)
    weights = pd.DataFrame(0.5, index=index[[5, 90, 170]], columns=["AAA", "BBB"])
    adjusted = rt.simulate(found.closes, weights, costs=rt.Costs.bps(10)).value
    truly = rt.simulate(
        found.bars.close, weights, costs=rt.Costs.bps(10), actions=found.actions
    ).value
    assert truly.iloc[-1] != truly.iloc[0]
    pd.testing.assert_series_equal(adjusted, truly)


@given(
    seed=st.integers(0, 2**32 - 1),
    splits=st.dictionaries(st.integers(1, 39), st.sampled_from([2.0, 3.0, 0.1, 1.5]), max_size=4),
    paid=st.dictionaries(st.integers(1, 39), st.floats(0.01, 5.0), max_size=6),
)
def test_any_truth_comes_back_out_of_what_yahoo_makes_of_it(seed, splits, paid):
    rows = traded(pd.bdate_range("2020-01-01", periods=40), seed)
    for at, split in splits.items():
        rows = act(rows, at, split=split)
    for at, dividend in paid.items():
        rows = act(rows, at, dividend=dividend)
    history = History("X", Listing(rows).yahoo()[list(FIELDS)], "USD", "UTC", "", "")
    back = as_traded(history)
    for name in (*PRICES, "dividends"):
        np.testing.assert_allclose(back[name], rows[name], rtol=SINGLE)
    np.testing.assert_allclose(back["volume"], rows["volume"], rtol=1e-3)
    worst, since = disagreement(history, rows.index[0], rows.index[-1])
    assert worst < 1e-5
    assert since == ""


def test_a_download_says_what_it_is(yahoo, fetch):
    index = days(60)
    yahoo.listings["AAA"] = Listing(traded(index))
    found = fetch("AAA")
    extent = f"1 tickers, {index[0]:%Y-%m-%d} to {index[-1]:%Y-%m-%d}"
    assert (str(found), repr(found)) == (extent, f"<Download of {extent}>")


def test_closes_of_zero_come_as_they_are(yahoo, fetch):
    rows = act(traded(days(60)), 30, dividend=0.5)
    rows.loc[rows.index[30], PRICES] = 0.0
    yahoo.listings["AAA"] = Listing(rows)
    with pytest.warns(YahooWarning, match="not what its closes and dividends give"):
        found = fetch("AAA")
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"], rtol=SINGLE)
    np.testing.assert_allclose(found.closes["AAA"], rows["close"], rtol=SINGLE)
    assert f"leave out the dividend of {rows.index[30]:%Y-%m-%d}, without a price" in str(found)


def test_a_reinvested_dividend_is_worth_what_was_paid():
    close, paid = np.array([10.0, 9.0, 9.0]), np.array([0.0, 1.0, 0.0])
    growth = reinvested(close, paid)
    assert growth[1:].tolist() == [9.0, 9.0]
    assert growth[1] / growth[0] == pytest.approx((9.0 + 1.0) / 10.0)


def test_what_a_table_is_travels_with_it(yahoo, fetch):
    yahoo.listings["AAA"] = Listing(eventful(days(250)))
    yahoo.listings["LLL.L"] = Listing(traded(days(50)), "Europe/London", "08:00", 8.5, "GBp")
    found = fetch(["AAA", "LLL.L"])
    assert found.currencies == {"AAA": "USD", "LLL.L": "GBp"}
    bars = {name: getattr(found.bars, name) for name in found.bars.__slots__}
    stamps = [provenance(t) for t in (found.closes, found.split_adjusted, *bars.values())]
    said = [each.adjustment for each in stamps]
    assert said == ["splits and dividends", "splits", *["nothing, as traded"] * 7]
    for name in ("volume", "splits"):  # which are not money
        each = provenance(bars.pop(name))
        assert (each.currency, each.altered) == ("", ())
        assert each.source.startswith("Yahoo Finance")
    for each in map(provenance, (found.closes, found.split_adjusted, *bars.values())):
        assert re.fullmatch(r"Yahoo Finance, through yfinance 1\.\d+\.\d+", each.source)
        assert each.currency == found.currencies
        assert each.altered == ()
        assert pd.Timestamp.now("UTC") - pd.Timestamp(each.fetched) < pd.Timedelta(minutes=5)
        (check,) = each.checks
        assert check.startswith("Yahoo's adjusted closes are what its closes and dividends give, w")
        assert float(check.rpartition(" ")[2]) < 1e-6


@pytest.mark.parametrize("split", [0.0, 2.0])
def test_a_contradiction_of_yahoos_is_said_with_its_size_and_day(yahoo, fetch, split):
    rows = act(traded(days(100)), 60, dividend=2.0)
    rows = act(rows, 70, split=split) if split else rows
    chart = Listing(rows).chart("AAA", -(2**40), 2**40)
    before = rows["close"].iloc[59]
    if split:
        del chart["chart"]["result"][0]["events"]["splits"]  # it stays in the closes
        assert split == 2.0
    else:
        del chart["chart"]["result"][0]["events"]["dividends"]
    yahoo.always["AAA"] = Fault(body=json.dumps(chart))
    if split:  # the closes are divided all the same, so that nothing contradicts them
        assert fetch("AAA").bars.splits["AAA"].sum() == 0
        return
    gap = 2.0 / before
    text = f"AAA: Yahoo's adjusted close is not .* give, by up to {gap:.2%}, on "
    found = fetch("AAA", warns=text + f"{rows.index[59]:%Y-%m-%d} and before")
    assert re.search(text, str(found))
    assert re.match(text, provenance(found.closes).checks[0])
    assert len(fetch("AAA", rows.index[60], end=rows.index[90]).closes) == 31  # nothing wrong there


# Splits that Yahoo lists and has not yet divided its history by.


@pytest.mark.parametrize("split", [4.0, 0.125])
def test_a_split_that_is_listed_and_not_divided_by_is_said(yahoo, fetch, split):
    rows = act(eventful(days(250)), 240, split=split)
    yahoo.listings = {"AAA": Listing(rows, undivided=(240,)), "BBB": Listing(rows)}
    day = f"{rows.index[240]:%Y-%m-%d}"
    moved = rows["close"].iloc[240] / rows["close"].iloc[239]
    text = (
        f"AAA: Yahoo lists a split of {split:g} for one on {day}, where its close goes to "
        f"{moved:.4g} of the last, as if nothing were divided by it yet: prices as traded before "
        f"it would be {split:g} times what they were, and returns across it wrong; leave it out, "
        "or fetch it again when Yahoo has done so"
    )
    for end in (None, rows.index[-4]):
        found = fetch(["AAA", "BBB"], end=end, warns=f"^{re.escape(text)}$")
        assert any(check.startswith(text) for check in provenance(found.closes).checks)
        assert text in str(found)
    # After the table's end too: as-traded prices are of all splits since.
    found = fetch(["AAA", "BBB"], end=rows.index[200], warns=f"^{re.escape(text)}$")
    assert found.bars.close["AAA"].iloc[-1] == pytest.approx(rows["close"].iloc[200] * split)
    again = ("AAA: a split by which nothing was divided; all of it was asked for again",)
    assert fetch("AAA", rows.index[240]).notes == again  # nothing before it is in the table
    yahoo.listings["AAA"] = Listing(rows)  # and nothing of the newest ten sessions is different
    found = fetch(["AAA", "BBB"], end=rows.index[-2])
    assert found.notes == again
    found = fetch(["AAA", "BBB"])
    assert found.notes == ()
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"], rtol=SINGLE)


@pytest.mark.parametrize("unfinished", [True, False])
def test_a_split_of_today_that_is_not_divided_by_is_said(yahoo, fetch, unfinished):
    rows, options = on_now()
    rows = act(rows, -1, split=4.0)
    yahoo.listings["AAA"] = Listing(rows, **options, undivided=(len(rows) - 1,))
    text = f"^AAA: Yahoo lists a split of 4 for one on {rows.index[-1]:%Y-%m-%d}, where its close"
    fetch("AAA", unfinished=unfinished, warns=text)
    with pytest.raises(rt.DataError, match="does not hold it"):  # where it could not be seen
        fetch("AAA", offline=True)
    yahoo.listings["AAA"] = Listing(rows, **options)
    found = fetch("AAA", unfinished=unfinished)
    held = rows["close"] if unfinished else rows["close"].iloc[:-1]
    np.testing.assert_allclose(found.bars.close["AAA"], held, rtol=SINGLE)


@given(
    seed=st.integers(0, 2**32 - 1),
    splits=st.dictionaries(
        st.integers(1, 79), st.sampled_from([2.0, 20.0, 0.02, 1.5, 1.05, 1.0, 0.5]), max_size=5
    ),
    holes=st.sets(st.integers(0, 79), max_size=6),
    late=st.integers(0, 4),
)
def test_splits_not_divided_by_are_found_and_no_others(seed, splits, holes, late):
    rows = traded(pd.bdate_range("2020-01-01", periods=80), seed)
    for at, split in splits.items():
        rows = act(rows, at, split=split)
    rows.iloc[sorted(holes), :4] = np.nan
    assert undivided(Listing(rows).yahoo(), rows.index[0]) == ()
    wide = [at for at in sorted(splits) if splits[at] not in (1.0, 1.05, 1.5)]
    spoilt = set(wide[late : late + 1])
    told = undivided(Listing(rows, undivided=tuple(spoilt)).yahoo(), rows.index[0])
    known = set(range(80)) - holes
    seen = any(min(known) < at <= max(known) for at in spoilt)
    assert bool(told) is seen
    if seen:
        assert any(f"on {rows.index[at]:%Y-%m-%d}," in text for at in spoilt for text in told)


@pytest.mark.parametrize(
    ("split", "moved", "doubted"),
    [
        (10.0, 0.6, False),
        (4.0, 0.6, False),
        (2.0, 1.9, False),
        (0.5, 0.4, False),
        (1.05, 0.95, False),  # as on other days
        (2.0, 0.6, True),  # what nobody can tell from a split that is not taken out
    ],
)
def test_a_move_on_the_day_of_a_split_is_doubted_if_it_is_large_and_its_ratio(
    split, moved, doubted
):
    rows = act(traded(pd.bdate_range("2020-01-01", periods=80)), 40, split=split)
    close = rows["close"]
    rows.loc[rows.index[40] :, PRICES] *= close.iloc[39] / split / close.iloc[40] * moved
    assert bool(undivided(Listing(rows).yahoo(), rows.index[0])) is doubted


# Start and end.


def test_start_must_be_given():
    assert inspect.signature(fetch_yahoo).parameters["start"].default is inspect.Parameter.empty


def test_start_and_end_are_included(yahoo, fetch):
    index = days(250)
    yahoo.listings["AAA"] = Listing(traded(index))
    found = fetch("AAA", index[10], index[20])
    assert found.closes.index.equals(index[10:21])
    assert found.closes.index.tz is None
    assert fetch("AAA", f"{index[10]:%Y-%m-%d}").closes.index.equals(index[10:])


def test_a_split_after_the_end_changes_nothing(yahoo, fetch):
    index = days(250)
    rows = eventful(index)
    yahoo.listings["AAA"] = Listing(rows)
    found = fetch("AAA", end=index[90])
    for table in (found.closes, found.split_adjusted, found.bars.close):
        assert table["AAA"].iloc[-1] == pytest.approx(rows["close"].iloc[90], rel=SINGLE)
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"].iloc[:91], rtol=SINGLE)


@pytest.mark.parametrize(
    ("tickers", "start", "options", "message"),
    [
        ([], "max", {}, r"^tickers: want Yahoo's symbols, one or more, got \[\]$"),
        (7, "max", {}, "^tickers: want Yahoo's symbols, one or more, got 7$"),
        (["AAA", ""], "max", {}, "^tickers: want Yahoo's symbols, each a text, got ''$"),
        (
            "AAA BBB,  CCC",
            "max",
            {},
            "^tickers: want a symbol a text, got 'AAA BBB,  CCC'; "
            r"give a list, \['AAA', 'BBB', 'CCC'\]$",
        ),
        (["AAA", " BBB\n"], "max", {}, r"blanks around it, got ' BBB\\n'; give 'BBB'$"),
        (" ,", "max", {}, "^tickers: want Yahoo's symbols, each a text, got ' ,'$"),
        (["../AAA"], "max", {}, r"^tickers: want Yahoo's symbols, which have no / or \\, got"),
        ([["AAA"], ["BBB"]], "max", {}, r"^tickers: want .*, each a text, got \['AAA'\]$"),
        (["AAA", np.nan], "max", {}, "^tickers: want Yahoo's symbols, each a text, got nan$"),
        ({"AAA", "BBB"}, "max", {}, "^tickers: want Yahoo's symbols in an order, as a list, got"),
        ({"AAA": 1}, "max", {}, "^tickers: want Yahoo's symbols, one or more, got {'AAA': 1}$"),
        (b"AAA", "max", {}, "^tickers: want Yahoo's symbols, one or more, got b'AAA'$"),
        (np.array("AAA"), "max", {}, "^tickers: want Yahoo's symbols, one or more, got array"),
        (pd.DataFrame({"AAA": [1]}), "max", {}, "^tickers: want Yahoo's symbols, one or more"),
        (pd.Series([], dtype=str), "max", {}, "^tickers: want Yahoo's symbols, one or more"),
        ("US67066G1040", "max", {}, "^tickers: want Yahoo's symbols, got the ISIN"),
        (["AAA", "aaa"], "max", {}, "^tickers: want each once, got AAA and aaa$"),
        ("AAA", None, {}, "^start: want a day, or 'max' for all there is, got None$"),
        ("AAA", "Max", {}, "^start: want .*, got 'Max'$"),
        (
            "AAA",
            "01/02/2026",
            {},
            r"^start: want a day as 2026-01-31, a month as 2026-01 or a year, got '01/02/2026'$",
        ),
        ("AAA", "2020-1-2", {}, "^start: want a day as 2026-01-31, .*, got '2020-1-2'$"),
        ("AAA", "Feb 2020", {}, "^start: want a day as 2026-01-31, .*, got 'Feb 2020'$"),
        ("AAA", "2021-02-29", {}, "^start: want a day of the calendar, got '2021-02-29'$"),
        ("AAA", "2020-01-02T00:00Z", {}, "^start: want a day as 2026-01-31, .*Z'$"),
        ("AAA", "2020-01-02 16:00", {}, "^start: want a day as 2026-01-31, .* 16:00'$"),
        ("AAA", pd.Timestamp("2020", tz="UTC"), {}, "^start: want a date without a time zone"),
        ("AAA", "max", {"end": "31.12.2020"}, "^end: want a day as 2026-01-31, .*, got '31.12"),
        ("AAA", "2020-02", {"end": "2020-01"}, "^end: want a day from 2020-02-01 on, got 2020-01-"),
        ("AAA", "2999-01-01", {}, "^start: want a day that has come, got 2999-01-01$"),
        ("AAA", "2020-01-02", {"end": "2020-01-01"}, "^end: want a day from 2020-01-02 on, got"),
        ("AAA", "max", {"end": "max"}, "^end: want .*, got 'max'$"),
        ("AAA", "max", {"timeout": 0}, "^timeout: want a number above 0, got 0$"),
        ("AAA", "max", {"retries": -1}, "^retries: want retries, 0 or more, got -1$"),
        ("AAA", "max", {"offline": 1}, "^offline: want True or False, got 1$"),
        ("AAA", "max", {"unfinished": "drop"}, "^unfinished: want True or False, got 'drop'$"),
        ("AAA", "max", {"progress": None}, "^progress: want True or False, got None$"),
        ("AAA", "max", {"cache": 5}, "^cache: want a folder, got 5$"),
    ],
)
def test_what_is_no_argument_is_refused(yahoo, fetch, tickers, start, options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        fetch(tickers, start, **options)
    assert yahoo.asked == []


def test_tickers_come_in_whatever_holds_texts_in_an_order(yahoo, fetch):
    names = ["BBB", "AAA"]
    yahoo.listings = {name: Listing(traded(days(30))) for name in names}
    whole = fetch(names)
    for tickers in (
        tuple(names),
        np.array(names),
        np.array(names, dtype=object),
        pd.Series(names, index=[7, 8]),
        pd.Index(names),
        (name for name in names),
        dict.fromkeys(names).keys(),
    ):
        assert same(fetch(tickers, offline=True), whole)


def test_a_month_or_a_year_is_the_whole_of_it(yahoo, fetch):
    index = pd.bdate_range("2019-11-01", "2021-03-31").as_unit("us")
    yahoo.listings["AAA"] = Listing(traded(index))
    fetch("AAA")
    for start, end, days_ in (
        ("2020", "2020", index[index.year == 2020]),
        ("2020-02", "2020-02", index[(index.year == 2020) & (index.month == 2)]),
        ("2020", None, index[index.year >= 2020]),
        ("20200103", "2020-01-06 00:00:00", pd.DatetimeIndex(["2020-01-03", "2020-01-06"])),
        (index[5].date(), index[7].to_datetime64(), index[5:8]),
    ):
        options = {"offline": True}
        assert fetch("AAA", start, end, **options).closes.index.equals(days_.as_unit("us"))


def test_columns_are_named_and_ordered_as_asked_for(yahoo, fetch):
    for name in ("AAA", "^GSPC", "BRK-B", "EURUSD=X", "0700.HK"):
        yahoo.listings[name] = Listing(traded(days(30)))
    names = ["0700.HK", "^gspc", "EURUSD=X", "AAA", "BRK-B"]
    found = fetch(names)
    assert list(found.closes) == names
    assert same(found, fetch(names, offline=True))


# Exchanges and sessions.


def test_sessions_are_the_exchanges_own_dates(yahoo, fetch):
    index = days(60, last=4)
    # In UTC the session of Hong Kong begins at 01:30, that of Auckland on the day before.
    yahoo.listings["0700.HK"] = Listing(traded(index), "Asia/Hong_Kong", "09:30", 6.5, "HKD")
    yahoo.listings["AIR.NZ"] = Listing(traded(index), "Pacific/Auckland", "10:00", 6.75, "NZD")
    yahoo.listings["NVDA"] = Listing(traded(index[:-1].delete(30)))
    found = fetch(["0700.HK", "AIR.NZ", "NVDA"])
    assert found.closes.index.equals(index)
    assert found.closes["0700.HK"].notna().all()
    gone = found.closes["NVDA"].isna()
    assert found.closes.index[gone].tolist() == [index[30], index[-1]]
    zones = "the exchanges are in Asia/Hong_Kong, Pacific/Auckland, America/New_York: "
    assert zones in str(found)


@pytest.mark.parametrize(("split", "ahead"), [(0.0, -5), (2.0, -5), (0.0, 30)])
def test_a_session_that_is_on_is_left_out_and_said(yahoo, fetch, tmp_path, split, ahead):
    rows, options = on_now(ahead=ahead)  # a clock of Yahoo's that is ahead of ours hides nothing
    rows = act(rows, -1, split=split, dividend=0.5) if split else rows
    yahoo.listings["AAA"] = Listing(rows, **options)
    today = f"{rows.index[-1]:%Y-%m-%d}"
    for _ in range(2):
        found = fetch("AAA")
        assert f"AAA: the session of {today} is not over and is left out" in str(found)
        assert f"{today} is not over and is left out" in str(provenance(found.closes))
        assert found.closes.index.equals(rows.index[:-1])
        # A split of today is in what Yahoo says of yesterday.
        np.testing.assert_allclose(found.bars.close["AAA"], rows["close"].iloc[:-1], rtol=SINGLE)
        assert Cache.open(tmp_path).read("AAA").last == rows.index[-2]


@pytest.mark.parametrize("split", [0.0, 2.0])
def test_a_session_that_is_on_is_kept_when_asked_for_and_never_cached(yahoo, fetch, split):
    rows, options = on_now()
    rows = act(rows, -1, split=split, dividend=0.5) if split else rows
    yahoo.listings["AAA"] = Listing(rows, **options)
    for _ in range(2):
        found = fetch("AAA", unfinished=True)
        assert f"session of {rows.index[-1]:%Y-%m-%d} is not over and is kept" in str(found)
        for name in (*PRICES, "dividends"):
            np.testing.assert_allclose(
                getattr(found.bars, name)["AAA"], rows[name], rtol=SINGLE, err_msg=name
            )
    assert fetch("AAA", offline=True).closes.index.equals(rows.index[:-1])


def test_a_session_that_is_on_after_the_end_concerns_nobody(yahoo, fetch):
    rows, options = on_now()
    yahoo.listings["AAA"] = Listing(rows, **options)
    for unfinished in (True, False):
        found = fetch("AAA", end=rows.index[-2], unfinished=unfinished)
        assert found.notes == ()
        assert found.closes.index.equals(rows.index[:-1])


def test_a_first_session_that_is_on_is_no_history_yet(yahoo, fetch, tmp_path):
    rows, options = on_now()
    yahoo.listings["NEW"] = Listing(rows.iloc[-1:], **options)
    with pytest.raises(rt.DataError, match="NEW: it has no finished session yet; unfinished=True"):
        fetch("NEW")
    assert not list((tmp_path / "yahoo").glob("*.parquet"))
    found = fetch("NEW", unfinished=True)
    assert len(found.closes) == 1
    assert not list((tmp_path / "yahoo").glob("*.parquet"))


def test_a_session_that_is_over_is_final_whenever_its_last_trade_was(yahoo, fetch):
    index = days(40, last=3)
    yahoo.listings = {"AAA": Listing(traded(index)), "DRY": Listing(traded(index), traded=2.0)}
    assert fetch(["AAA", "DRY"]).closes.notna().all(axis=None)


@pytest.mark.parametrize(
    ("ends", "traded_at", "on"),
    [
        (1.0, -0.1, True),  # hours from now
        (-0.2, -0.5, True),  # its last trade is not known yet
        (-0.2, -0.2, False),
        (-2.0, -3.0, False),
    ],
)
def test_a_session_is_over_when_its_last_trade_or_the_clock_says_so(ends, traded_at, on):
    zone = midday_zone()
    clock = pd.Timestamp.now(zone)
    meta = {
        "currentTradingPeriod": {"regular": {"end": clock + pd.Timedelta(hours=ends)}},
        "regularMarketTime": clock + pd.Timedelta(hours=traded_at),
    }
    today = clock.tz_localize(None).normalize()
    assert yahoo_request._goes_on(today, meta, zone) is on
    assert not yahoo_request._goes_on(today - pd.Timedelta(days=1), meta, zone)
    assert yahoo_request._goes_on(today + pd.Timedelta(days=1), meta, zone)
    assert yahoo_request._goes_on(today, {}, zone)  # nothing is said: not before tomorrow
    assert not yahoo_request._goes_on(today - pd.Timedelta(days=1), {}, zone)


def test_sessions_without_a_close_stay_holes_and_are_said(yahoo, fetch):
    rows = act(traded(days(60)), 30, dividend=0.5)
    rows.loc[rows.index[[10, 30]], [*PRICES, "volume"]] = np.nan
    yahoo.listings["AAA"] = Listing(rows)
    with pytest.warns(YahooWarning, match="not what its closes and dividends give"):
        found = fetch("AAA")
    holes = f"{rows.index[10]:%Y-%m-%d}, {rows.index[30]:%Y-%m-%d}"
    assert f"AAA: Yahoo has no close on {holes}" in str(found)
    assert f"leave out the dividend of {rows.index[30]:%Y-%m-%d}, without a price" in str(found)
    for table in (found.closes, found.bars.close, found.bars.volume):
        assert table["AAA"].isna().to_numpy().nonzero()[0].tolist() == [10, 30]


def test_sessions_without_any_price_are_no_prices(yahoo, fetch, tmp_path):
    rows = traded(days(60))
    yahoo.listings["AAA"] = Listing(rows.assign(**dict.fromkeys([*PRICES, "volume"], np.nan)))
    with pytest.raises(OutageError, match="AAA: Yahoo gives sessions of it, and no price on any"):
        fetch("AAA")
    assert not list((tmp_path / "yahoo").glob("*.parquet"))
    yahoo.listings["AAA"] = Listing(rows.assign(close=np.nan))
    for _ in range(2):
        assert fetch("AAA").bars.open["AAA"].notna().all()


def test_a_newest_session_without_a_close_is_not_there_yet(yahoo, fetch, tmp_path):
    index = days(60)
    rows = traded(index)
    yahoo.listings["AAA"] = Listing(rows)
    whole = fetch("AAA", cache=tmp_path / "whole")
    blank = rows.copy()
    blank.loc[index[-1], [*PRICES, "volume"]] = np.nan
    yahoo.listings["AAA"] = Listing(blank)
    assert fetch("AAA").closes.index.equals(index[:-1])
    yahoo.listings["AAA"] = Listing(rows)
    assert same(fetch("AAA"), whole)


def test_an_unknown_ticker(yahoo, fetch, tmp_path):
    with pytest.raises(UnknownTickerError, match=r"^tickers: nothing came; NOPE: Yahoo has no"):
        fetch("NOPE")
    assert not list((tmp_path / "yahoo").glob("*.parquet"))
    assert len(yahoo.charts("NOPE")) == 2  # yfinance asks again with another cookie; we do not


def test_what_came_is_given_and_the_rest_is_named(yahoo, fetch):
    index = days(60)
    yahoo.listings = {"AAA": Listing(traded(index)), "OLD": Listing(traded(days(60, last=90)))}
    yahoo.always["DOWN"] = Fault(status=503)
    warns = (
        "^NOPE, NADA: Yahoo has no such ticker, or has struck it off\n"
        "OLD: its history ended on .*\nDOWN: Yahoo answers with error 503, asked 2 times$"
    )
    names = ["NOPE", "OLD", "DOWN", "AAA", "NADA"]
    found = fetch(names, index[5], warns=warns, retries=1)
    assert list(found.closes) == ["AAA"]
    kinds = {name: type(error) for name, error in found.missing.items()}
    assert kinds == {
        "NOPE": UnknownTickerError,
        "NADA": UnknownTickerError,
        "OLD": DelistedError,
        "DOWN": OutageError,
    }
    assert all(isinstance(error, rt.DataError) for error in found.missing.values())
    assert "missing: NOPE, NADA: Yahoo has no such ticker" in str(found)
    with pytest.raises(rt.DataError, match=r"nothing came; NOPE: .*; DOWN: ") as error:
        fetch(["NOPE", "DOWN"], retries=0)
    assert type(error.value) is rt.DataError


def test_a_history_that_ended(yahoo, fetch):
    index = days(100, last=90)
    yahoo.listings["OLD"] = Listing(traded(index))
    found = fetch("OLD", index[3])
    assert found.ended == {"OLD": index[-1]}
    assert f"ended: OLD: the last close is of {index[-1]:%Y-%m-%d}" in str(found)
    assert fetch("OLD", index[3], index[-2]).ended == {}
    ended = f"nothing came; OLD: its history ended on {index[-1]:%Y-%m-%d}, delisted or suspended$"
    with pytest.raises(DelistedError, match=ended):
        fetch("OLD", index[-1] + pd.Timedelta(days=1))


def test_a_window_before_the_listing_and_one_that_has_not_begun(yahoo, fetch):
    index = days(60)
    yahoo.listings["AAA"] = Listing(traded(index))
    begins = f"AAA: its history begins on {index[0]:%Y-%m-%d}, after end"
    with pytest.raises(rt.DataError, match=begins) as error:
        fetch("AAA", "1990-01-01", "1991-01-01")
    assert type(error.value) is rt.DataError
    with pytest.raises(rt.DataError, match=r"it has no finished session after .* yet") as error:
        fetch("AAA", index[-1] + pd.Timedelta(days=1))
    assert type(error.value) is rt.DataError


@pytest.mark.parametrize("known", ["meta", "400"])
def test_a_ticker_that_yahoo_knows_without_prices_is_delisted(yahoo, fetch, known):
    meta = Listing(traded(days(60))).meta("OLD")
    body = {"chart": {"result": [{"meta": meta, "indicators": {"quote": [{}]}}], "error": None}}
    yahoo.always["OLD"] = Fault(body=json.dumps(body))
    if known == "400":
        error = {"code": "Bad Request", "description": "Data doesn't exist for startDate = 1"}
        body = {"chart": {"result": None, "error": error}}
        yahoo.always["OLD"] = Fault(status=400, body=json.dumps(body))
    with pytest.raises(DelistedError, match="OLD: Yahoo knows the ticker and has no prices of it"):
        fetch("OLD")


def test_a_ticker_that_was_struck_off_is_delisted_and_the_cache_still_gives_it(yahoo, fetch):
    index = days(60)
    yahoo.listings = {"AAA": Listing(traded(index)), "BBB": Listing(traded(index, 1))}
    whole = fetch(["AAA", "BBB"])
    del yahoo.listings["BBB"]
    text = f"^BBB: .* up to {index[-1]:%Y-%m-%d}: delisted, renamed, or a slip .* offline=True"
    found = fetch(["AAA", "BBB"], warns=text)
    assert isinstance(found.missing["BBB"], DelistedError)
    assert same(fetch(["AAA", "BBB"], offline=True), whole)


EMPTY = ['{"chart":{"result":[],"error":null}}', '{"chart":{"result":null,"error":null}}', "{}"]


@pytest.mark.parametrize("body", [*EMPTY, "", "null", "[]", "Will be right back..."])
def test_an_empty_answer_is_an_outage_and_never_cached(yahoo, fetch, tmp_path, body):
    yahoo.always["AAA"] = Fault(body=body)
    with pytest.raises(OutageError, match=r"AAA: Yahoo.*, asked 2 times$"):
        fetch("AAA", retries=1)
    assert not list((tmp_path / "yahoo").glob("*.parquet"))
    del yahoo.always["AAA"]
    yahoo.listings["AAA"] = Listing(traded(days(60)))
    assert len(fetch("AAA").closes) == 60
    for text in (body, '{"chart":{"result":[],"error":null}}'):
        yahoo.always["AAA"] = Fault(body=text)
        with pytest.raises(OutageError, match=r"the cache holds it up to .*: offline=True gives"):
            fetch("AAA", retries=0)
    assert len(fetch("AAA", offline=True).closes) == 60


def test_steps_other_than_sessions_are_refused(yahoo, fetch):
    chart = Listing(traded(days(60))).chart("AAA", -(2**40), 2**40)
    chart["chart"]["result"][0]["meta"]["dataGranularity"] = "1mo"
    yahoo.always["AAA"] = Fault(body=json.dumps(chart))
    with pytest.raises(OutageError, match="AAA: Yahoo gives steps of 1mo in place of sessions"):
        fetch("AAA")
