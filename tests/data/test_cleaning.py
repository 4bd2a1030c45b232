"""Cleaning does what is asked and lists it; the list and the table before give the table after."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rotation as rt
from markets import closes, seeds
from planting import clean_bars, setting, spike
from rotation.arrays import listing
from rotation.data.cleaning import clean
from rotation.data.quality import check_prices
from rotation.provenance import provenance
from rotation.tables import read_prices

NOW = pd.Timestamp("2024-01-02T22:00Z")
OPTIONS = (
    "duplicates",
    "last row",
    "weekends",
    "impossible",
    "empty rows",
    "empty tickers",
    "incomplete rows",
    "outside common window",
)


@st.composite
def spoilt(draw):
    """Closes with holes, zeros, repeated rows, rows and columns of nothing."""
    table = draw(closes())
    rng = np.random.default_rng(draw(seeds()))
    values = table.to_numpy().copy()
    chance = rng.choice([0.0, 0.05, 0.4])
    values[rng.random(values.shape) < chance] = np.nan
    values[rng.random(values.shape) < chance / 2] = rng.choice([0.0, -1.0, np.inf])
    values[rng.random(len(values)) < chance / 2] = np.nan
    values[:, rng.random(values.shape[1]) < chance / 2] = np.nan
    rows = np.sort(np.r_[np.arange(len(values)), rng.integers(0, len(values), rng.integers(3))])
    return pd.DataFrame(values[rows], table.index[rows], table.columns)


def asked():
    return st.sets(st.sampled_from(OPTIONS)).map(sorted)


def cleaned_or_nothing(table, **options):
    """What is left, None if nothing is; any other refusal is an error."""
    try:
        return clean(table, **options)
    except rt.DataError as error:
        if "nothing would be left" not in str(error):
            raise
        return None


@given(table=spoilt())
def test_nothing_asked_nothing_done(table):
    cleaned = clean(table)
    assert cleaned.closes is table
    assert cleaned.done.empty
    assert str(cleaned) == "clean: nothing was changed"


@given(table=spoilt(), drop=asked(), fill=st.sampled_from((None, "previous")))
def test_every_close_that_is_not_listed_stays(table, drop, fill):
    before = table.copy()
    cleaned = cleaned_or_nothing(table, drop=drop, fill=fill, limit=2)
    pd.testing.assert_frame_equal(table, before)
    if cleaned is None or not len(cleaned.done):
        return
    held = table[~table.index.duplicated(keep="last")]
    left = cleaned.closes[~cleaned.closes.index.duplicated(keep="last")]
    after = left.reindex(index=held.index, columns=held.columns).to_numpy()
    cells = cleaned.done[cleaned.done["ticker"] != ""]
    column = held.columns.get_indexer(cells["ticker"])
    listed = np.zeros(held.shape, dtype=bool)
    listed[:, column[cells["date"].isna()]] = True
    dated = cells["date"].notna().to_numpy()
    listed[held.index.get_indexer(cells["date"][dated]), column[dated]] = True
    np.testing.assert_array_equal(after[~listed], held.to_numpy()[~listed])


@given(table=spoilt(), drop=asked(), fill=st.sampled_from((None, "previous")))
def test_the_list_tells_the_count(table, drop, fill):
    cleaned = cleaned_or_nothing(table, drop=drop, fill=fill)
    if cleaned is None:
        return
    done = cleaned.done
    lost = (done["before"].notna() & done["after"].isna()).sum()
    won = (done["before"].isna() & done["after"].notna()).sum()
    assert cleaned.closes.notna().sum().sum() == table.notna().sum().sum() - lost + won
    assert set(done["why"]) <= {option.rstrip("s") for option in drop} | (
        {"filled"} if fill else set()
    )


@given(table=spoilt(), limit=st.integers(1, 5))
def test_filling_takes_the_close_before_and_never_beyond_a_life(table, limit):
    table = table[~table.index.duplicated()]
    cleaned = clean(table, fill="previous", limit=limit).closes
    known = listing(table.to_numpy())
    after = listing(cleaned.to_numpy())
    assert [list(each) for each in known] == [list(each) for each in after]
    for name in table.columns:
        old, new = table[name], cleaned[name]
        hole = old.isna()
        length = hole.groupby((~hole).cumsum()).transform("sum")
        inside = hole & (old.ffill().notna()) & (old.bfill().notna())
        wanted = old.where(~(inside & (length <= limit)), old.ffill())
        pd.testing.assert_series_equal(new, wanted, check_freq=False)


@given(table=spoilt())
def test_with_all_of_it_a_backtest_takes_what_is_left(table):
    cleaned = cleaned_or_nothing(
        table,
        drop=["duplicates", "impossible", "empty rows", "empty tickers", "incomplete rows"],
        fill="previous",
    )
    if cleaned is not None:
        # A ticker may have lost its last close with an incomplete row.
        left = cleaned_or_nothing(cleaned.closes, drop="empty tickers")
        read_prices(left.closes)


@given(table=spoilt(), drop=asked(), fill=st.sampled_from((None, "previous")))
def test_once_more_changes_nothing_but_the_last_row(table, drop, fill):
    drop = [each for each in drop if each not in ("last row", "empty tickers", "incomplete rows")]
    cleaned = cleaned_or_nothing(table, drop=drop, fill=fill)
    if cleaned is not None and "outside common window" not in drop:
        assert clean(cleaned.closes, drop=drop, fill=fill).done.empty


@pytest.fixture
def table():
    days = pd.bdate_range("2023-01-02", periods=12)
    values = np.arange(36.0).reshape(12, 3) + 100
    return pd.DataFrame(values, days, ["A", "B", "C"])


def test_of_a_date_the_last_row_stays(table):
    twice = pd.concat([table, table.iloc[[3]] + 100]).sort_index(kind="stable")
    cleaned = clean(twice, drop="duplicates")
    assert list(cleaned.closes.iloc[3]) == list(table.iloc[3] + 100)
    assert list(cleaned.done["before"]) == list(table.iloc[3])
    assert set(cleaned.done["why"]) == {"duplicate"}


def test_a_row_of_the_day_beside_its_close_goes(table):
    days = [*table.index, table.index[-1] + pd.Timedelta(hours=11)]
    today = pd.DataFrame(np.vstack([table, table.iloc[-1] + 1]), days, table.columns)
    cleaned = clean(today, drop="last row")
    pd.testing.assert_frame_equal(cleaned.closes, table, check_freq=False, check_index_type=False)
    assert list(cleaned.done["why"]) == ["last row"] * 3


def test_holes_that_are_too_long_stay_whole(table):
    table.iloc[2:4, 0] = np.nan
    table.iloc[6:9, 0] = np.nan
    cleaned = clean(table, fill="previous", limit=2)
    assert list(cleaned.done["date"]) == list(table.index[2:4])
    assert list(cleaned.done["after"]) == [103.0, 103.0]
    assert cleaned.closes["A"].isna().sum() == 3
    assert clean(table, fill="previous", limit=3).closes["A"].notna().all()


def test_an_empty_row_is_left_out_before_anything_is_filled(table):
    table.iloc[5] = np.nan
    cleaned = clean(table, drop="empty rows", fill="previous")
    assert len(cleaned.closes) == 11
    assert list(cleaned.done[["ticker", "why"]].iloc[0]) == ["", "empty row"]


def test_the_common_window(table):
    table.iloc[:3, 1] = np.nan
    table.iloc[-2:, 2] = np.nan
    cleaned = clean(table, drop="outside common window")
    assert list(cleaned.closes.index) == list(table.index[3:-2])
    assert len(cleaned.done) == 3 * 2 + 2 * 2


def test_findings_name_what_goes(table):
    table.iloc[4, 1] *= 3
    found = check_prices(table, now=NOW)
    assert list(found.table["fault"]) == ["spike"]
    cleaned = clean(table, drop=found.of("spike"), fill="previous", limit=1)
    assert list(cleaned.done["why"]) == ["spike", "filled"]
    assert cleaned.closes.iloc[4, 1] == table.iloc[3, 1]
    rows = pd.DataFrame({"fault": ["a strike"], "ticker": [""], "date": [table.index[2]],
                         "until": [table.index[4]]})  # fmt: skip
    assert list(clean(table, drop=rows).closes.index) == list(table.index[[0, 1, *range(5, 12)]])
    column = rows.assign(ticker="B", date=pd.NaT)
    cleaned = clean(table, drop=[column, "last row"])
    assert list(cleaned.closes.columns) == ["A", "C"]
    assert cleaned.closes.shape == (11, 2)
    assert str(cleaned) == (
        "clean:\nlast row: 3 of 3 tickers, 2023-01-17 to 2023-01-17\na strike: 1 of 1 tickers"
    )


@given(seed=seeds())
@settings(max_examples=60)
def test_a_spike_that_was_found_can_be_taken_out(seed):
    rng = np.random.default_rng(seed)
    table = spike(rng, clean_bars(rng)).data
    found = check_prices(table, now=NOW)
    cleaned = clean(table, drop=found.of("spike"), fill="previous", limit=1)
    assert "spike" not in set(check_prices(cleaned.closes, now=NOW).table["fault"])


def test_it_is_in_the_steps_of_the_stamp(table):
    table.iloc[3, 0] = 0.0
    cleaned = clean(table, drop=["impossible", "weekends"], fill="previous")
    assert provenance(cleaned.closes).steps == ("clean: 1 impossible, 1 filled",)
    assert "steps" not in table.attrs


def test_types_stay_where_they_can(table):
    single = table.astype({"A": np.float32, "B": np.int64, "C": np.float32})
    single.iloc[0, 2] = np.nan
    single.iloc[3, 0] = np.nan
    cleaned = clean(single, drop="last row", fill="previous")
    assert list(cleaned.closes.dtypes) == list(single.dtypes)
    single.iloc[3, 1] = 0
    assert clean(single, drop="impossible").closes["B"].dtype == np.float64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": "weekend"}, r"drop: want one of 'duplicates', .*, or findings, got 'weekend'"),
        ({"drop": ["weekends", 5]}, "drop: want one of .* got 5"),
        ({"drop": 5}, "drop: want options or findings, got 5"),
        ({"drop": pd.DataFrame({"a": [1]})}, "drop: want findings with the columns fault, ticker"),
        ({"fill": "next"}, "fill: want 'previous' or None, got 'next'"),
        ({"fill": "previous", "limit": 0}, "limit: want sessions, 1 or more, got 0"),
    ],
)
def test_an_unknown_option_is_refused(table, options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        clean(table, **options)


@pytest.mark.parametrize(
    ("ticker", "message"), [("D", "'D' of a finding is not a column"), ("", "names no ticker and")]
)
def test_findings_of_another_table_are_refused(table, ticker, message):
    other = pd.DataFrame({"fault": ["hole"], "ticker": [ticker], "date": [pd.NaT], "until": pd.NaT})
    with pytest.raises(rt.ArgumentError, match=message):
        clean(table, drop=other)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table["A"], "want a DataFrame, got Series"),
        (lambda table: table.reset_index(drop=True), "want an index of dates"),
        (lambda table: table.tz_localize("UTC"), "want an index of dates"),
        (lambda table: table.iloc[::-1], "want the dates in order"),
        (lambda table: table.rename(columns={"A": "B"}), "want each column once, got B twice"),
        (lambda table: table.assign(A="x"), "want numbers, got .* in A"),
        (lambda table: setting(0, "A", np.nan, 12)(table[["A"]].copy()), "nothing would be left"),
    ],
    ids=["series", "no dates", "zone", "order", "twice", "text", "nothing"],
)
def test_what_cannot_be_cleaned_is_refused(table, spoil, message):
    with pytest.raises(rt.DataError, match=message):
        clean(spoil(table), drop="empty rows")


def duplicates(table):
    return pd.concat([table.iloc[:4], table.iloc[[3]] + 50, table.iloc[4:]])


def test_of_duplicates_that_were_found_the_last_stays(table):
    twice = duplicates(table)
    found = check_prices(twice, now=NOW)
    cleaned = clean(twice, drop=found.of("duplicate"))
    pd.testing.assert_frame_equal(cleaned.closes, clean(twice, drop="duplicates").closes)
    assert list(cleaned.closes.iloc[3]) == list(table.iloc[3] + 50)


def shifted(table):
    days = pd.bdate_range("2023-01-02", periods=60) - pd.Timedelta(days=1)
    values = np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, (60, 3)), axis=0))
    return pd.DataFrame(100 * values, days, list(table.columns))


def monthly(table):
    return table.set_axis(pd.date_range("2022-01-01", periods=12, freq="MS"))


def scaled(table):
    return pd.concat([table.iloc[:6] * 100, table.iloc[6:]])


def halved(table):
    return pd.concat([table.iloc[:6] * 2, table.iloc[6:]])


@pytest.mark.parametrize(
    ("spoil", "fault", "way"),
    [
        (shifted, "shifted dates", "pandas.Timedelta"),
        (monthly, "look-ahead label", "to_period"),
        (scaled, "scale", "bring the closes before 2023-01-10 to the new unit"),
        (halved, "split", "pass the split in actions="),
    ],
)
def test_what_dropping_does_not_mend_is_refused(table, spoil, fault, way):
    spoilt = spoil(table)
    found = check_prices(spoilt, now=NOW).of(fault)
    assert len(found)
    with pytest.raises(rt.ArgumentError, match=f"dropping mends, got {fault} .*; instead: .*{way}"):
        clean(spoilt, drop=found)
    if fault != "scale":
        bare = found[["fault", "ticker", "date", "until"]]
        with pytest.raises(rt.ArgumentError, match="see its suggestion in check_prices"):
            clean(spoilt, drop=bare)
