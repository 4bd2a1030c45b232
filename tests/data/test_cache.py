import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.data.cache import Cache
from rotation.data.yahoo_history import FIELDS, History


def history(ticker="AAA", values=None, **other):
    values = np.arange(80.0).reshape(10, 8) if values is None else values
    index = pd.date_range("2024-01-01", periods=len(values), name="date").as_unit("us")
    rows = pd.DataFrame(values, index=index, columns=list(FIELDS))
    known = {"currency": "USD", "timezone": "America/New_York", "fetched": "2024-02-01T00:00:00Z"}
    return History(ticker, rows, **(known | {"source": "yfinance 1.7.0"} | other))


def same(one, other):
    for name in ("ticker", "currency", "timezone", "fetched", "source", "later"):
        assert getattr(one, name) == getattr(other, name)
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True, check_freq=False)
    ones, others = one.rows.to_numpy(), other.rows.to_numpy()
    assert np.ascontiguousarray(ones).tobytes() == np.ascontiguousarray(others).tobytes()
    return True


@given(
    values=st.lists(st.lists(st.floats(), min_size=8, max_size=8), min_size=1, max_size=12),
    ticker=st.text("ABCZ0159.-^=&", min_size=1, max_size=12),
    currency=st.text(max_size=4),
    later=st.floats(min_value=0.001, max_value=1000.0),
)
def test_what_is_written_is_read_to_the_bit(tmp_path_factory, values, ticker, currency, later):
    store = Cache.open(tmp_path_factory.getbasetemp() / "round")
    given = history(ticker, np.array(values), currency=currency, later=later)
    store.write(given)
    back = store.read(ticker)
    signs = np.signbit(back.rows.to_numpy()) == np.signbit(given.rows.to_numpy())
    assert (signs | np.isnan(given.rows.to_numpy())).all()
    pd.testing.assert_frame_equal(back.rows, given.rows, check_exact=True, check_freq=False)
    assert (back.ticker, back.currency, back.later) == (ticker, currency, later)


def test_a_history_comes_back_whole(tmp_path):
    store = Cache.open(tmp_path)
    assert store.read("AAA") is None
    store.write(history())
    assert same(store.read("AAA"), history())
    store.write(history(later=2.0))
    assert same(store.read("AAA"), history(later=2.0))
    assert sorted(p.name for p in (tmp_path / "yahoo").iterdir()) == ["AAA.parquet"]


def test_a_file_is_plain_parquet_with_its_story(tmp_path):
    store = Cache.open(tmp_path)
    store.write(history())
    table = pq.read_table(store.path("AAA"))
    assert table.column_names == ["date", *FIELDS]
    told = json.loads(table.schema.metadata[b"history"])
    assert told["ticker"] == "AAA"
    assert told["fetched"] == "2024-02-01T00:00:00Z"
    assert table.schema.metadata[b"seal"].startswith(b"rotation sha256 ")


def test_an_empty_history_is_not_written(tmp_path):
    store = Cache.open(tmp_path)
    store.write(history(values=np.empty((0, 8))))
    assert not store.folder.exists()
    store.write(history())
    store.write(history(values=np.empty((0, 8))))
    assert same(store.read("AAA"), history())


@pytest.mark.parametrize(
    ("ticker", "name"),
    [
        ("AAA", "AAA"),
        ("0700.HK", "0700.HK"),
        ("^GSPC", "^GSPC"),
        ("EURUSD=X", "EURUSD=X"),
        ("A/B", "A%2FB"),
        ("..", ".."),
        ("M&M.NS", "M%26M.NS"),
    ],
)
def test_a_ticker_names_a_file_in_the_folder(tmp_path, ticker, name):
    store = Cache.open(tmp_path)
    assert store.path(ticker) == tmp_path / "yahoo" / f"{name}.parquet"
    store.write(history(ticker))
    assert store.path(ticker).resolve().parent == (tmp_path / "yahoo").resolve()
    assert same(store.read(ticker), history(ticker))


def test_the_folder_is_the_argument_or_the_environment_or_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    monkeypatch.delenv("ROTATION_CACHE", raising=False)
    own = Cache.open().folder
    assert own.parts[-2:] == ("rotation", "yahoo")
    assert own.is_relative_to(tmp_path / "home")
    monkeypatch.setenv("ROTATION_CACHE", str(tmp_path / "named"))
    assert Cache.open().folder == tmp_path / "named" / "yahoo"
    assert Cache.open(str(tmp_path / "given")).folder == tmp_path / "given" / "yahoo"
    assert Cache.open("~/given").folder == tmp_path / "home" / "given" / "yahoo"
    monkeypatch.setenv("ROTATION_CACHE", "")
    assert Cache.open().folder == own
    assert not own.exists()  # until there is something to keep


@pytest.mark.parametrize("cache", [5, b"x", ["x"], True])
def test_what_is_no_folder_is_refused(cache):
    with pytest.raises(rt.ArgumentError, match=r"^cache: want a folder, got "):
        Cache.open(cache)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    path = Path(tmp_path / "file")
    path.write_text("x")
    with pytest.raises(rt.ArgumentError, match=f"^cache: want a folder, got the file {path}$"):
        Cache.open(path)
