"""A published figure is used from the day it was known until the next one is, and never before."""

from dataclasses import astuple
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.protocols import History
from rotation.signals import Published, Standardise, Sum

DAYS = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"])
CLOSE = np.ones((5, 2))


def opened(closes):
    """The history of a table of closes."""
    sessions = closes.index.to_numpy().astype("datetime64[D]")
    return History(closes.to_numpy(), sessions, tuple(closes.columns))


HISTORY = opened(pd.DataFrame(CLOSE, index=DAYS, columns=["chips", "software"]))


def scored(signal, history=HISTORY):
    """Scores of a signal that was shown the history."""
    return signal.bind(history)(history.close)


def newest(closes, figures, lag):
    """Session by session, the newest figure with date + lag <= session."""
    columns = {}
    for name in closes:
        known = [(day, value) for day, layer, value in figures if layer in (name, None)]
        columns[name] = [
            max(
                (each for each in known if each[0] + timedelta(days=lag) <= session.date()),
                default=(None, np.nan),
            )[1]
            for session in closes.index
        ]
    return pd.DataFrame(columns, index=closes.index).where(closes.notna())


@given(
    market=markets.closes(),
    seed=markets.seeds(),
    lag=st.integers(0, 40),
    by_name=st.booleans(),
)
def test_each_session_sees_the_newest_figure_known_by_then(market, seed, lag, by_name):
    rng = np.random.default_rng(seed)
    span = (market.index[-1] - market.index[0]).days
    keys = {
        (
            market.index[0].date() + timedelta(days=int(rng.integers(-60, span + 20))),
            str(rng.choice(market.columns)) if by_name else None,
        )
        for _ in range(rng.integers(1, 30))
    }
    figures = [
        (*key, float(value)) for key, value in zip(keys, rng.normal(size=len(keys)), strict=True)
    ]
    dates, names, values = zip(*figures, strict=True)
    signal = Published(dates, values, lag, names if by_name else ())
    scores = scored(signal, opened(market))
    np.testing.assert_array_equal(scores, newest(market, figures, lag))


@given(market=markets.closes(), seed=markets.seeds(), lag=st.integers(0, 40))
def test_no_figure_is_seen_before_its_time(market, seed, lag):
    rng = np.random.default_rng(seed)
    history = opened(market)
    dates = np.unique(history.sessions[0] + rng.integers(-60, 100, 30))
    values = rng.normal(size=len(dates))
    honest = scored(Published(dates, values, lag), history)
    row = rng.integers(len(market))
    late = dates + lag > history.sessions[row]
    other = np.where(late, rng.normal(size=len(dates)), values)
    np.testing.assert_array_equal(
        scored(Published(dates, other, lag), history)[: row + 1], honest[: row + 1]
    )
    if not late.all():
        cut = scored(Published(dates[~late], values[~late], lag), history)
        np.testing.assert_array_equal(cut[: row + 1], honest[: row + 1])


def test_a_lag_is_in_calendar_days():
    friday = Published(["2024-01-05"], [7.0], lag=3)
    assert scored(friday)[:, 0].tolist()[2:] == [7.0, 7.0, 7.0]
    assert np.isnan(scored(friday)[:2]).all()
    assert np.isfinite(scored(Published(["2024-01-05"], [7.0], lag=0))[1, 0])
    assert np.isnan(scored(Published(["2024-01-05"], [7.0]))[1, 0])
    over_the_weekend = scored(Published(["2024-01-05"], [7.0], lag=4))
    assert np.isnan(over_the_weekend[2, 0])
    assert over_the_weekend[3, 0] == 7


def test_a_real_series_is_that_of_merge_asof():
    closes = rt.sample().loc["2010":"2014", ["NVDA", "META"]]
    series = pd.Series(range(30), pd.date_range("2009-12-31", periods=30, freq="QE"), dtype=float)
    known = pd.DataFrame(
        {"usable": series.index + pd.Timedelta(days=45), "figure": series.to_numpy()}
    )
    sessions = pd.DataFrame({"usable": closes.index})
    expected = pd.merge_asof(
        sessions.astype("datetime64[ns]"), known.astype({"usable": "datetime64[ns]"}), on="usable"
    )["figure"]
    scores = scored(Published.of(series, lag=45), opened(closes))
    np.testing.assert_array_equal(scores[:, 0], expected)
    np.testing.assert_array_equal(scores[:, 1], expected.where(closes["META"].notna().to_numpy()))


def test_a_table_has_a_column_a_layer_and_says_nothing_where_it_is_nan():
    table = pd.DataFrame(
        {"software": [1.0, np.nan, 3.0], "chips": [np.nan, 20, 30]},
        index=pd.to_datetime(["2024-01-04", "2024-01-05", "2024-01-09"]),
    )
    signal = Published.of(table, lag=0)
    assert set(zip(signal.dates, signal.names, signal.values, strict=True)) == {
        (date(2024, 1, 4), "software", 1.0),
        (date(2024, 1, 5), "chips", 20.0),
        (date(2024, 1, 9), "chips", 30.0),
        (date(2024, 1, 9), "software", 3.0),
    }
    np.testing.assert_array_equal(scored(signal).T, [[np.nan, 20, 20, 30, 30], [1, 1, 1, 3, 3]])


def test_it_is_plain_hashable_and_the_same_in_any_order():
    one = Published(["2024-01-05", "2024-01-04"], np.array([2, 1]), 1, ["chips", "software"])
    stamps = pd.to_datetime(["2024-01-04", "2024-01-05"])
    same = Published(stamps, [1.0, 2.0], names=["software", "chips"])
    assert one == same
    assert hash(one) == hash(same)
    assert one.dates == (date(2024, 1, 4), date(2024, 1, 5))
    assert one.names == ("software", "chips")
    assert [type(each) for each in astuple(one)] == [tuple, tuple, int, tuple]
    assert {(type(day), type(value)) for day, value in zip(*astuple(one)[:2], strict=True)} == {
        (date, float)
    }


def test_it_is_one_signal_among_others():
    rate = Published(["2024-01-01", "2024-01-09"], [1.0, 3.0])
    both = Sum([rate, Standardise(rate, 2)], weights=[1.0, 0.0])
    np.testing.assert_array_equal(scored(both)[1:, 0], [1.0, 1.0, 1.0, 3.0])
    closes = rt.sample().loc["2010":"2014", ["NVDA", "MSFT"]]
    spending = Published(
        ["2009-12-31"] * 2 + ["2012-03-31"] * 2, [0.2, 0.1, 0.1, 0.2], 45, ["NVDA", "MSFT"] * 2
    )
    result = rt.backtest(closes, rt.Strategy(spending, rt.Switch(), rt.Schedule("M")))
    assert result.switches["to"].tolist() == ["NVDA", "MSFT"]
    assert result.switches["decided"].tolist() == [
        pd.Timestamp("2010-02-26"),
        pd.Timestamp("2012-05-31"),
    ]
    rt.check_causal(spending, closes, cuts=4)


def test_unbound_it_says_what_it_needs():
    with pytest.raises(rt.ArgumentError, match="signal: Published needs the dates of sessions"):
        Published(["2024-01-05"], [1.0])(CLOSE)


def test_a_name_must_be_a_layer():
    spending = Published(["2024-01-05"] * 2, [1.0, 2.0], names=["chips", "web"])
    with pytest.raises(rt.ArgumentError, match="names: want layers among chips, software, got web"):
        spending.bind(HISTORY)


@pytest.mark.parametrize("day", ["soon", "2024-01-05T00:00", "01/05/2024"])
def test_dates_are_days(day):
    with pytest.raises(rt.ArgumentError, match=f"dates: want a date, as 2025-01-31, .* got '{day}"):
        Published([day], [1.0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([], []), "values: want a figure for each of one date or more, .* got 0 dates, 0 values"),
        ((["2024-01-05"], [1.0, 2.0]), "got 1 dates, 2 values, 0 names"),
        ((["2024-01-05"], [1.0], 1, ["a", "b"]), "got 1 dates, 1 values, 2 names"),
        ((["2024-01-05"], [np.nan]), "values: want a number, got nan"),
        ((["2024-01-05"], ["high"]), "values: want a number, got 'high'"),
        ((["2024-01-05"], [True]), "values: want a number, got True"),
        ((["2024-01-05"], 1.0), "values: want a sequence, got 1.0"),
        (("2024-01-05", [1.0]), "dates: want a sequence, got '2024-01-05'"),
        ((["2024-01-05"], [1.0], 1, [3]), "names: want names of layers, got 3"),
        ((["2024-01-05"], [1.0], -1), "lag: want calendar days, 0 or more, got -1"),
        ((["2024-01-05"], [1.0], 1.5), "lag: want calendar days, 0 or more, got 1.5"),
        ((["2024-01-05"] * 2, [1.0, 2.0]), "dates: want one figure for 2024-01-05, got two$"),
        (
            (["2024-01-05"] * 3, [1.0, 2.0, 3.0], 1, ["a", "b", "a"]),
            "dates: want one figure for 2024-01-05, got two of a$",
        ),
    ],
)
def test_arguments_are_checked(given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        Published(*given)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1.0, 2.0], "table: want a Series or a DataFrame of figures, got"),
        (pd.Series(["a"], [DAYS[0]]), "table: want figures, got something else"),
        (pd.Series([1.0], [0]), "dates: want a date, as"),
        (pd.Series([np.nan], [DAYS[0]]), "got 0 dates, 0 values"),
        (pd.Series([1.0], pd.DatetimeIndex([DAYS[0]], tz="UTC")), "dates: want a date, as"),
    ],
    ids=["list", "texts", "numbers", "empty", "zone"],
)
def test_tables_are_checked(table, message):
    with pytest.raises(rt.ArgumentError, match=message):
        Published.of(table)
