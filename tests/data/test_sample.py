"""The embedded history is what its page says it is."""

import gzip
from importlib.resources import files

import pandas as pd
import pytest

from rotation.data.sample import sample

SPANS = {
    "AAPL": ("1990-01-02", "2023-09-21", 8496),
    "AMD": ("1990-01-02", "2022-12-28", 8313),
    "AMZN": ("1997-05-15", "2023-09-21", 6632),
    "GOOG": ("2004-08-19", "2023-09-21", 4806),
    "META": ("2012-05-18", "2023-09-21", 2854),
    "MSFT": ("1990-01-02", "2022-12-28", 8313),
    "NFLX": ("2013-01-02", "2023-09-21", 2699),
    "NVDA": ("1999-01-22", "2025-02-14", 6558),
}


@pytest.fixture(scope="module")
def closes() -> pd.DataFrame:
    return sample()


def test_is_a_table_as_quants_hold_it(closes):
    assert closes.index.name == "date"
    assert isinstance(closes.index, pd.DatetimeIndex)
    assert closes.index.tz is None
    assert closes.index.is_monotonic_increasing
    assert closes.index.is_unique
    assert (closes.index == closes.index.normalize()).all()
    assert (closes.index.day_of_week < 5).all()
    assert list(closes.columns) == sorted(SPANS)
    assert closes.columns.name is None
    assert (closes.dtypes == "float64").all()
    assert closes.min().gt(0).all()


@pytest.mark.parametrize("name", SPANS)
def test_spans_are_the_documented_ones_without_holes(closes, name):
    first, last, count = SPANS[name]
    column = closes[name]
    assert column.first_valid_index() == pd.Timestamp(first)
    assert column.last_valid_index() == pd.Timestamp(last)
    assert column.loc[first:last].notna().all()
    assert column.count() == count


def test_nvidia_closes_around_the_shock_are_those_of_the_exchange(closes):
    shock = closes.loc["2025-01-24":"2025-01-31", "NVDA"]
    dates = ["2025-01-24", "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31"]
    assert list(shock.index) == [pd.Timestamp(date) for date in dates]
    assert shock.tolist() == [142.62, 118.42, 128.99, 123.70, 124.65, 120.07]
    assert shock.pct_change()["2025-01-27"] == pytest.approx(-0.1697, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("AAPL", 532.17, 549.03),
        ("AMZN", 250.87, 257.31),
        ("GOOG", 707.38, 723.25),
        ("META", 26.62, 28.00),
    ],
)
def test_return_across_each_splice_is_that_of_the_exchange(closes, name, before, after):
    """Raw closes of 2012-12-31 and 2013-01-02, in dollars of those days."""
    growth = closes.loc["2013-01-02", name] / closes.loc["2012-12-31", name]
    assert growth == pytest.approx(after / before, abs=1e-4)


def test_no_split_is_left_in(closes):
    falls = [
        (f"{date:%Y-%m-%d}", name)
        for name in closes
        for date, move in closes[name].dropna().pct_change().items()
        if move < -0.3
    ]
    assert sorted(falls) == [
        ("1992-06-18", "AMD"),
        ("2000-09-29", "AAPL"),
        ("2002-07-31", "NVDA"),
        ("2002-10-03", "AMD"),
        ("2004-08-06", "NVDA"),
        ("2008-07-03", "NVDA"),
        ("2022-04-20", "NFLX"),
    ]


def test_dividends_are_in_the_closes(closes):
    """Microsoft went ex 3.08 dollars on 2004-11-15: 29.97 to 27.39 in print, yet a gain."""
    move = closes["MSFT"].dropna().pct_change()["2004-11-15"]
    assert move == pytest.approx(27.39 / (29.97 - 3.08) - 1, abs=1e-4)


def test_the_dot_com_bust_is_in_it(closes):
    amazon, nvidia = closes["AMZN"], closes["NVDA"]
    assert amazon["2001-09-28"] / amazon["1999-12-10"] == pytest.approx(5.97 / 106.6875, rel=1e-4)
    assert nvidia["2002-10-09"] / nvidia["2002-01-03"] == pytest.approx(0.1028, abs=5e-5)


def test_each_call_gives_a_fresh_table(closes):
    mine = sample()
    mine.loc[:, "NVDA"] = 0.0
    pd.testing.assert_frame_equal(sample(), closes)


def test_archive_is_small_and_carries_neither_name_nor_time():
    raw = files("rotation.data").joinpath("sample.csv.gz").read_bytes()
    assert len(raw) <= 250_000
    assert raw[3] == 0  # no name, no comment
    assert raw[4:8] == bytes(4)  # no time


def test_closes_are_the_six_digits_of_the_archive(closes):
    raw = files("rotation.data").joinpath("sample.csv.gz").read_bytes()
    rows = [line.split(",") for line in gzip.decompress(raw).decode().splitlines()]
    assert rows[0] == ["date", *closes.columns]
    for row, values in zip(rows[1:], closes.to_numpy(), strict=True):
        for text, value in zip(row[1:], values, strict=True):
            assert text == (f"{value:.6g}" if value == value else "")
            assert not text or float(text) == value
