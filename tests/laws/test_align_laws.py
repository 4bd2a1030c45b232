"""Aligning looks at nothing that had not happened, and converting loses nothing.

The reference is written from the sentences of docs/data.md, a close at a time, not from the code.
"""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rotation as rt
from rotation.data.alignment import align
from rotation.data.calendars import closings
from rotation.data.currencies import convert
from rotation.tables import read_prices

# Weeks from Sunday, two hemispheres of summer time, half days and long holidays. Tel Aviv is of
# the user's own making: not every pandas can make its calendar.
EXCHANGES = ("XNYS", "XHKG", "XSHG", "XTKS", "XLON", "XSAU", "BVMF", "XASX", "XTAE")
FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-06-30")


def tel_aviv():
    days = pd.date_range("2023-12-01", "2025-12-31")
    days = days[days.day_of_week.isin([6, 0, 1, 2, 3])].drop(pd.to_datetime(["2024-04-23"]))
    hour = np.where(days.day_of_week == 6, 15 * 60 + 40, 17 * 60 + 15)
    local = days + pd.to_timedelta(hour, unit="min")
    return pd.Series(local.tz_localize("Asia/Jerusalem").tz_convert("UTC"), days)


MINE = {"XTAE": tel_aviv()}


def calendar(exchange):
    """Closing moments, some days longer at both ends than any table here."""
    around = pd.Timedelta(days=60)
    if exchange in MINE:
        return MINE[exchange].loc[FIRST - around : LAST + around]
    return closings(exchange, FIRST - around, LAST + around)


@st.composite
def markets(draw, gaps=True):
    """Tables of some exchanges over about the same weeks, and options for align."""
    start = FIRST + pd.Timedelta(days=draw(st.integers(0, 450)))
    stop = start + pd.Timedelta(days=draw(st.integers(20, 60)))
    names = draw(st.lists(st.sampled_from(EXCHANGES), min_size=1, max_size=3, unique=True))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    tables = {}
    for exchange in names:
        days = calendar(exchange).loc[start:stop].index
        days = days[draw(st.integers(0, 3)) : len(days) - draw(st.integers(0, 3))]
        if gaps and draw(st.booleans()):
            days = days[rng.random(len(days)) > 0.1]
        assume(len(days) >= 4)
        close = np.exp(rng.normal(4, 1, (len(days), 2)))
        close[: draw(st.integers(0, len(days) - 1)), 1] = np.nan
        close[len(days) - draw(st.integers(0, 2)) :, 0] = np.nan
        tables[exchange] = pd.DataFrame(close, days, [f"{exchange}.a", f"{exchange}.b"])
    to = draw(st.sampled_from([*names, *names, *EXCHANGES]))
    options = {
        "to": to,
        "offset": timedelta(minutes=draw(st.integers(-1440, 1440)))
        if draw(st.booleans())
        else timedelta(0),
        "stale": 1_000,
        "missed": draw(st.sampled_from([0, 1, 2, 30])),
        "calendars": MINE,
    }
    return tables, options


def plain(tables, *, to, offset, stale, missed, calendars):
    """What is known at each row, found a close at a time."""
    assert stale == 1_000
    assert calendars is MINE
    moments = calendar(to) + offset
    if to in tables:
        moments = moments[tables[to].index]
    else:
        happened = [calendar(name)[table.index] for name, table in tables.items()]
        moments = moments[moments >= min(each.iloc[0] for each in happened)]
        enough = moments >= max(each.iloc[-1] for each in happened)
        moments = moments[~enough.shift(fill_value=False)]
    begin = min(table.index[0] for table in tables.values())
    end = max([moments.index[-1], *(table.index[-1] for table in tables.values())])
    end += pd.Timedelta(days=9)
    tickers = {
        name: (table[name].dropna().to_dict(), calendar(exchange).loc[begin:end].to_dict())
        for exchange, table in tables.items()
        for name in table
    }
    rows = [[latest(*each, now, missed) for each in tickers.values()] for now in moments]
    closes, of, age = (
        pd.DataFrame([[each[part] for each in row] for row in rows], moments.index, list(tickers))
        for part in range(3)
    )
    if closes.isna().all().any():
        raise rt.DataError("one that no row knows")
    return closes, of, age


def latest(own, closed, now, missed):
    """The last close of a ticker that had happened by a moment, its session and its age."""
    past = [day for day in own if closed[day] <= now]
    if not past:
        return np.nan, pd.NaT, np.nan
    since = [day for day, moment in closed.items() if day > past[-1] and moment <= now]
    if len(since) <= missed:
        return own[past[-1]], past[-1], (now - closed[past[-1]]) / pd.Timedelta(days=1)
    if past[-1] != max(own):
        raise rt.DataError("a gap")
    return np.nan, pd.NaT, np.nan


def bits(aligned, rows=slice(None)):
    """All of it, to the bit."""
    parts = (aligned.closes, aligned.as_of, aligned.age, aligned.fresh)
    return [list(aligned.closes), *(each.iloc[rows].to_numpy().tobytes() for each in parts)]


def aligned_or_none(tables, options):
    try:
        return align(tables, **options)
    except rt.DataError:
        assume(False)


@given(drawn=markets())
def test_it_is_what_a_plain_search_finds(drawn):
    tables, options = drawn
    try:
        closes, of, age = plain(tables, **options)
    except rt.DataError:
        with pytest.raises(rt.DataError):
            align(tables, **options)
        return
    known = align(tables, **options)
    pd.testing.assert_frame_equal(known.closes, closes, check_freq=False, check_exact=True)
    pd.testing.assert_frame_equal(
        known.as_of, of.astype(known.as_of.dtypes), check_freq=False, check_dtype=False
    )
    pd.testing.assert_frame_equal(known.age, age, check_freq=False, atol=1e-9)
    read_prices(known.closes)


@given(drawn=markets(), data=st.data())
def test_no_row_changes_with_what_had_not_happened(drawn, data):
    tables, options = drawn
    known = aligned_or_none(tables, options)
    row = data.draw(st.integers(0, len(known.closes) - 1))
    scrambled = {}
    for exchange, table in tables.items():
        later = (calendar(exchange)[table.index] > known.moments.iloc[row]).to_numpy()
        scrambled[exchange] = table.mul(np.where(later, 3.0, 1.0), axis=0)
    changed = align(scrambled, **options)
    assert bits(changed, slice(row + 1)) == bits(known, slice(row + 1))


@given(drawn=markets(), data=st.data())
def test_nor_if_it_never_happens(drawn, data):
    tables, options = drawn
    options["offset"] = timedelta(0)
    known = aligned_or_none(tables, options)
    row = data.draw(st.integers(0, len(known.closes) - 1))
    now, cut = known.moments.iloc[row], {}
    for exchange, table in tables.items():
        happened = table.loc[(calendar(exchange)[table.index] <= now).to_numpy()]
        # What no row knows is refused, so it is left out.
        seen = known.closes[table.columns].iloc[: row + 1].notna().any()
        if seen.any():
            cut[exchange] = happened.loc[:, seen.to_numpy()]
    assume(cut)
    assume(options["to"] in cut or options["to"] not in tables)
    before = align(cut, **options)
    rows = before.closes.index
    assert (rows <= known.closes.index[row]).all()
    assert options["to"] not in tables or len(rows) == row + 1
    for one, other in ((before.closes, known.closes), (before.age, known.age)):
        pd.testing.assert_frame_equal(
            one, other.loc[rows, list(one)], check_exact=True, check_freq=False
        )


@given(drawn=markets(gaps=False), offset=st.integers(0, 1440))
def test_an_exchange_on_its_own_sessions_is_itself(drawn, offset):
    tables, options = drawn
    exchange, table = next(iter(tables.items()))
    options |= {"to": exchange, "offset": timedelta(0), "missed": 0}
    alone = align({exchange: table}, **options)
    pd.testing.assert_frame_equal(alone.closes, table, check_exact=True)
    assert (alone.age.to_numpy()[table.notna()] == 0).all()
    pd.testing.assert_frame_equal(alone.fresh, table.notna())
    among = aligned_or_none(tables, options)
    pd.testing.assert_frame_equal(among.closes[table.columns], table, check_exact=True)
    late = align({exchange: table}, **options | {"offset": timedelta(minutes=offset // 6)})
    pd.testing.assert_frame_equal(late.closes, table, check_exact=True)


@given(drawn=markets(), data=st.data())
def test_the_order_of_tables_and_tickers_does_not_matter(drawn, data):
    tables, options = drawn
    known = aligned_or_none(tables, options)
    order = data.draw(st.permutations(list(tables)))
    other = align({name: tables[name].iloc[:, ::-1] for name in order}, **options)
    for field in ("closes", "as_of", "age", "fresh"):
        one = getattr(known, field)
        pd.testing.assert_frame_equal(getattr(other, field)[one.columns], one, check_exact=True)
    pd.testing.assert_series_equal(other.moments, known.moments)


@given(drawn=markets())
def test_a_close_is_fresh_where_a_new_one_happened(drawn):
    tables, options = drawn
    known = aligned_or_none(tables, options)
    before, now = known.moments.iloc[:-1], known.moments.iloc[1:]
    for exchange, table in tables.items():
        for name in table:
            moments = calendar(exchange)[table[name].dropna().index]
            new = [
                any(one < moment <= other for moment in moments)
                for one, other in zip(before, now, strict=True)
            ]
            held = known.closes[name].iloc[1:].notna().to_numpy()
            assert (
                known.fresh[name].iloc[1:].tolist() == (held & np.array(new, dtype=bool)).tolist()
            )


@st.composite
def rated(draw):
    """Closes in two currencies with rates by day, some missing."""
    rows = draw(st.integers(3, 20))
    days = pd.bdate_range("2024-03-01", periods=rows)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    closes = pd.DataFrame(np.exp(rng.normal(3, 2, (rows, 2))), days, ["A", "B"])
    closes.iloc[: draw(st.integers(0, rows - 1)), 1] = np.nan
    every = pd.date_range(days[0] - pd.Timedelta(days=5), days[-1])
    rates = pd.DataFrame({"HKDUSD": rng.uniform(0.127, 0.13, len(every))}, every)
    missing = draw(st.lists(st.integers(5, len(every) - 1), max_size=3))
    rates.iloc[missing] = np.nan
    return closes, rates


@given(drawn=rated(), data=st.data())
def test_no_close_changes_with_a_later_rate(drawn, data):
    closes, rates = drawn
    behind = data.draw(st.integers(0, 2))
    made = convert(closes, rates, "HKD", behind=behind)
    row = data.draw(st.integers(0, len(closes) - 1))
    later = rates.index > closes.index[row] - pd.Timedelta(days=behind)
    changed = convert(closes, rates.mul(np.where(later, 1.5, 1.0), axis=0), "HKD", behind=behind)
    assert changed.iloc[: row + 1].to_numpy().tobytes() == made.iloc[: row + 1].to_numpy().tobytes()
    for day in closes.index:
        rate = rates["HKDUSD"].dropna().loc[: day - pd.Timedelta(days=behind)].iloc[-1]
        assert made.loc[day, "A"] == closes.loc[day, "A"] * rate


@given(drawn=rated())
def test_there_and_back(drawn):
    closes, rates = drawn
    there = convert(closes, rates, {"A": "HKD", "B": "USD"}, stale=9)
    back = convert(there, rates, "USD", to="HKD", stale=9)
    straight = convert(closes, rates, {"A": "HKD", "B": "USD"}, to="HKD", stale=9)
    np.testing.assert_allclose(back, straight, rtol=1e-12)
    pd.testing.assert_series_equal(straight["A"], closes["A"], check_exact=True, check_freq=False)


@given(drawn=rated())
def test_a_rate_of_one_changes_nothing(drawn):
    closes, rates = drawn
    one = pd.DataFrame(1.0, rates.index, ["SGDUSD"])
    made = convert(closes, one, "SGD")
    assert made.to_numpy().tobytes() == closes.to_numpy().tobytes()
