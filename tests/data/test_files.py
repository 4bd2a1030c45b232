"""Files are read as they stand, written whole, and refused where they could mean two things."""

import contextlib
import gzip
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rotation as rt
from rotation.data.action_files import read_actions
from rotation.data.bars import Bars
from rotation.data.file_format import FileFormat
from rotation.data.files import inspect, read_bars, read_closes
from rotation.data.writing import write_bars, write_closes
from rotation.provenance import STAMP, Provenance, provenance, stamp

WIDE = "date,AAPL,MSFT\n2024-01-30,1.5,2\n2024-01-31,1.25,\n"
PACKED = gzip.compress(WIDE.encode(), mtime=0)  # a test is named by it, at any time the same


@pytest.fixture
def file(tmp_path):
    """Writes a text, bytes or an Arrow table, and gives the path."""

    def write(content, name="prices.csv"):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        elif isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def table(values, days, names, head="date"):
    index = pd.DatetimeIndex(days, name=head).as_unit("us")
    return pd.DataFrame(values, index, names, dtype=float)


WANT = table(
    [[1.5, 2.0], [1.25, np.nan]], ["2024-01-30", "2024-01-31"], ["AAPL", "MSFT"]
)  # what WIDE says


def refused(path, match, how=None, read=read_closes):
    with pytest.raises(rt.DataError, match=match) as error:
        read(path, how)
    assert path.name in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        WIDE,
        WIDE.replace(",", ";"),
        WIDE.replace(",", "\t"),
        WIDE.replace(",", "|"),
        WIDE.replace("\n", "\r\n"),
        WIDE.replace("\n", "\r"),
        WIDE.replace("\n", "\n\n"),
        WIDE.rstrip("\n"),
        WIDE.replace("\n", ",\n"),
        WIDE.replace(",", " , "),
        "sep=;\n" + WIDE.replace(",", ";"),
        WIDE.replace("date", '"date"').replace("1.25", '"1.25"'),
        WIDE.replace("2,", "2,").replace(",2\n", ",2.0e0\n"),
        WIDE.replace(",", ";").replace(".", ","),
        WIDE.replace(",", ";").replace("1.25", "1,25").replace("1.5", "1,50"),
        WIDE.replace("1.5", '"1,5"').replace("1.25", '"1,25"'),
        WIDE.replace("2024-01-", "202401"),
        WIDE.replace("2024-01-", "2024/01/"),
        WIDE.replace("2024-01-30", "30/01/2024").replace("2024-01-31", "31/01/2024"),
        WIDE.replace("2024-01-30", "01-30-2024").replace("2024-01-31", "01-31-2024"),
        WIDE.replace("2024-01-30", "30.1.2024").replace("2024-01-31", "31.1.2024"),
        WIDE.replace("2024-01-30", "30-Jan-2024").replace("2024-01-31", "31-Jan-2024"),
        WIDE.replace("2024-01-30", '"Jan 30, 2024"').replace("2024-01-31", '"Jan 31, 2024"'),
        WIDE.replace("2024-01-30", "2024-01-30 00:00:00").replace("31,", "31 00:00:00,"),
        WIDE.replace("2024-01-30", "2024-01-30 00:00:00-05:00").replace(
            "2024-01-31", "2024-01-31 00:00:00-04:00"
        ),
        WIDE.replace("2024-01-30", "1706572800").replace("2024-01-31", "1706659200"),
        WIDE.replace("2024-01-30", "1706572800000").replace("2024-01-31", "1706659200000"),
        *(WIDE.replace("1.25,", f"1.25,{none}") for none in ("NA", "N/A", "null", "-", "nan", ".")),
        "date,ticker,close\n2024-01-30,AAPL,1.5\n2024-01-30,MSFT,2\n2024-01-31,AAPL,1.25\n",
        "date,Symbol,PX_LAST,x\n2024-01-31,AAPL,1.25,?\n2024-01-30,AAPL,1.5,\n2024-01-30,MSFT,2,\n",
        "0,date,sym,price\n"
        + "0,2024-01-30,AAPL,1.5\n1,2024-01-30,MSFT,2\n2,2024-01-31,AAPL,1.25\n",
        "Price,Close,Close,Open,Open\nTicker,AAPL,MSFT,AAPL,MSFT\ndate,,,,\n"
        "2024-01-30,1.5,2,7,7\n2024-01-31,1.25,,7,7\n",
        "Ticker,AAPL,AAPL,MSFT,MSFT\nPrice,Open,Close,Open,Close\ndate,,,,\n"
        "2024-01-30,7,1.5,7,2\n2024-01-31,7,1.25,7,\n",
    ],
)
def test_the_same_table_is_read_from_however_it_is_written(file, text):
    if text.startswith("0,date"):
        text = text[1:]
    for content in (text, b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode(), mtime=0)):
        pd.testing.assert_frame_equal(read_closes(file(content)), WANT, check_freq=False)
    for coding in ("utf-16", "utf-32"):
        assert read_closes(file(text.encode(coding))).equals(WANT)


def test_what_others_write_is_read(file):
    """Shapes of yfinance, Stooq, Yahoo's pages, row numbers that pandas leaves."""
    fields = {"Open": WANT * 2, "Close": WANT}
    for level in (0, 1):
        bars = pd.concat(fields, axis=1, names=["Price", "Ticker"])
        bars = bars.swaplevel(axis=1).sort_index(axis=1) if level else bars
        for path in (file(bars, "b.parquet"), file(bars.to_csv(), "b.csv")):
            assert read_bars(path).open.equals(WANT * 2)
            assert read_closes(path).equals(WANT)
    stooq = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<CLOSE>\nAAPL.US,D,20240130,000000,1,1.5\n"
    assert read_closes(file(stooq)).iloc[0].to_dict() == {"AAPL.US": 1.5}
    pages = 'Date,Open,Close*,Volume\n"Jan 30, 2024",1,1.5,"1,234,567"\n'
    bars = read_bars(file(pages, "AAPL.csv"))
    assert (bars.close.iloc[0, 0], bars.volume.iloc[0, 0]) == (1.5, 1_234_567)
    history = "Date,Close,Stock Splits,Capital Gains\n2024-01-30 00:00:00-05:00,1.5,0.0,0.0\n"
    assert read_closes(file(history, "AAPL.csv")).loc["2024-01-30", "AAPL"] == 1.5
    long = WANT.melt(ignore_index=False, var_name="ticker", value_name="close").reset_index()
    for frame in (long, long[long["close"] > 1.3]):
        for path in (file(frame, "l.parquet"), file(frame.to_csv(), "l.csv")):
            assert read_closes(path).loc["2024-01-30"].to_dict() == {"AAPL": 1.5, "MSFT": 2.0}
    other = file("date,open,close,Firm\n2024-01-30,1,1.5,AAPL\n")
    refused(other, "say layout='wide' or 'single', or ticker='Firm' if it holds tickers")
    assert read_closes(other, FileFormat(ticker="Firm")).iloc[0].to_dict() == {"AAPL": 1.5}


DOWNLOADS = {
    "Nasdaq": "Date,Close/Last,Volume,Open,High,Low\n01/30/2024,1.5,9,1,2,0.5\n",
    "Onvista": "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n30.01.2024;1,0;2,0;0,5;1,5;9\n",
    "Ariva": "Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n"
    "2024-01-30;1,0;2,0;0,5;1,5;9;13\n",
    "investing de": "Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,+/- %\n"
    '30.01.2024,"1,5","1,0","2,0","0,5","9,1M","0,32%"\n',
    "investing": "Date,Price,Open,High,Low,Vol.,Change %\n01/30/2024,1.5,1.0,2.0,0.5,9M,0.3%\n",
    "Stooq in Polish": "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\n"
    "2024-01-30,1,2,0.5,1.5,9\n",
    "French": "Date;Ouverture;Haut;Bas;Clôture;Volume\n30/01/2024;1,0;2,0;0,5;1,5;9\n",
    "Boursorama": "date;ouv;haut;bas;clot;vol;devise\n30/01/2024;1.0;2.0;0.5;1.5;9;EUR\n",
    "Italian": "Data;Apertura;Massimo;Minimo;Chiusura;Volume\n30/01/2024;1,0;2,0;0,5;1,5;9\n",
    "Spanish": "Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.\n"
    '30.01.2024,"1,5","1,0","2,0","0,5","9,1M","0,32%"\n',
    "BME": "Fecha;Cierre;Apertura;Máximo;Mínimo;Volumen\n30/01/2024;1,5;1,0;2,0;0,5;9\n",
    "Chinese": "日期,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率\n"
    "2024-01-30,1,1.5,2,0.5,9,13,1,1,1,1\n",
    "Japanese": "日付,始値,高値,安値,終値,出来高\n2024/01/30,1,2,0.5,1.5,9\n",
    "Binance": "open_time,open,high,low,close,volume,close_time,quote_volume,count\n"
    "1706572800000,1,2,0.5,1.5,9,1706659199999,13,5\n",
    "epochs beside a volume of eight digits": "ticker,volume,open,close,high,low,window_start\n"
    "NVDA,67000000,1,1.5,2,0.5,1706572800000000000\n",
    "lower letters": "date,o,h,l,c,v\n2024-01-30,1,2,0.5,1.5,9\n",
    "all capitals": "DATE,OPEN,HIGH,LOW,LAST,VOL\n2024-01-30,1,2,0.5,1.5,9\n",
    "Tushare": "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
    "NVDA,20240130,1,2,0.5,1.5,1.4,0.1,7,9,13\n",
    "Refinitiv": "Instrument,Date,Price Close,Price Open,Price High,Price Low\n"
    "NVDA,2024-01-30T00:00:00Z,1.5,1,2,0.5\n",
    "Kaggle": "date,open,high,low,close,volume,Name\n2024-01-30,1,2,0.5,1.5,9,NVDA\n",
    "a name beside the ticker": "date,symbol,name,open,high,low,close\n"
    "2024-01-30,NVDA,Nvidia Corp,1,2,0.5,1.5\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", DOWNLOADS)
def test_downloads_with_one_price_are_read_as_they_are(file, kind):
    path = file(DOWNLOADS[kind], "NVDA.csv")
    closes = read_closes(path)
    assert (list(closes.columns), closes.index[0]) == (["NVDA"], pd.Timestamp("2024-01-30"))
    assert closes.iloc[0, 0] == 1.5
    if kind == "Ariva":  # pieces, and what was paid for them
        refused(path, "want one column of volume, got 'Stuecke', 'Volumen'", read=read_bars)
        return
    if "investing" in kind or kind == "Spanish":  # volumes like 9.1M
        refused(path, "want a number or a mark of none, as NA, got '9", read=read_bars)
        return
    bars = read_bars(path)
    got = [each.iloc[0, 0] for each in (bars.open, bars.high, bars.low, bars.close)]
    assert got == [1, 2, 0.5, 1.5]


@pytest.mark.parametrize(
    "head",
    [
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
        "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
        "Date,Open,High,Low,Last,Close,Number of Trades,Turnover,vwap",
    ],
)
def test_downloads_with_two_prices_are_asked_about(file, head):
    names = head.split(",")
    path = file(f"{head}\n2024-01-30" + ",7" * (len(names) - 1) + "\n", "NVDA.csv")
    refused(path, "want one column of prices, got .*; say which, as price='(close|Last)'")
    assert read_closes(path, FileFormat(price=names[5])).iloc[0, 0] == 7


@pytest.mark.parametrize(
    ("head", "ways"),
    [
        ("Date,SPY,Volume", [FileFormat(price="SPY"), FileFormat(layout="wide")]),
        ("Date,Kurs X,Open,High,Low", [FileFormat(price="Kurs X"), FileFormat(layout="wide")]),
        ("DATE,KURSX,OPEN,HIGH,LOW", [FileFormat(price="KURSX"), FileFormat(layout="wide")]),
        ("Datum,Kurs X,Hoch,Tief", [FileFormat(price="Kurs X"), FileFormat(layout="wide")]),
        ("日期,价X,最高,最低", [FileFormat(price="价X"), FileFormat(layout="wide")]),
        ("DATE,SPY,VOL", [FileFormat(price="SPY"), FileFormat(layout="wide")]),
        ("Date,Open,High", [FileFormat(price="Open"), FileFormat(layout="wide")]),
        ("Date,Bid,Ask", [FileFormat(price="Bid"), FileFormat(layout="wide")]),
        ("Дата,x,Макс.,Мин.", [FileFormat(price="x"), FileFormat(layout="wide")]),
        ("Date,AAPL,MSFT,Low", [FileFormat(layout="wide")]),
        ("Date,C,V", [FileFormat(layout="wide"), FileFormat(price="C")]),
        ("Date,C", [FileFormat(layout="wide"), FileFormat(layout="single")]),
        ("Date,c", [FileFormat(layout="wide"), FileFormat(layout="single")]),
        ("Date,O,H,L,C", [FileFormat(layout="wide"), FileFormat(price="C")]),
        ("Date,NAV", [FileFormat(layout="wide"), FileFormat(name="FUND")]),
        ("Date,LAST,OPEN", [FileFormat(layout="wide"), FileFormat(price="LAST")]),
    ],
)
def test_fields_never_become_tickers_nor_tickers_fields(file, head, ways):
    path = file(f"{head}\n2024-01-30,5.5" + ",1.5" * (head.count(",") - 1) + "\n", "PAIR.csv")
    refused(path, "which may be tickers or fields of one.*; say layout='wide' or 'single'")
    refused(path, "which may be tickers or fields of one", read=read_bars)
    for how in ways:
        read = read_closes(path, how)
        assert list(read.columns) == (
            head.split(",")[1:] if how.layout == "wide" else [how.name or "PAIR"]
        )
        price = head.split(",").index(how.price) - 1 if how.price else 0
        assert read.iloc[0, 0] == (1.5 if price else 5.5)


@pytest.mark.parametrize(
    "names",
    [
        ["AAPL", "C", "JPM"],
        ["AAPL", "H", "L"],
        ["AAPL", "LOW", "OPEN"],
        ["NAV", "SPY"],
        list("abc"),
    ],
)
def test_tickers_beside_others_may_be_spelled_like_fields(file, names):
    path = file(f"Date,{','.join(names)}\n2024-01-30" + ",1.5" * len(names) + "\n")
    assert list(read_closes(path).columns) == names
    whole = file(f"Date,{','.join(names)}\n2024-01-30" + ",7" * len(names) + "\n")
    if "NAV" not in names:
        assert list(read_closes(whole).columns) == names
    codes = file("Date,FUND,NAV\n2024-01-30,1001,1.5\n2024-01-30,1002,2.5\n")
    refused(codes, "may be tickers or fields of one, beside 'FUND'.*or ticker='FUND' if it holds")
    assert read_closes(codes, FileFormat(ticker="FUND")).iloc[0].to_dict() == {
        "1001": 1.5,
        "1002": 2.5,
    }


@pytest.mark.parametrize(
    "names",
    [["C", "V"], ["C"], ["NAV"], ["LAST", "LOW", "OPEN"], ["O", "H", "L", "C"], ["Close"],
     ["ticker"], ["AAPL", "C"], ["date", "Volume"], ["('a', 'b')"], ["2024-01-30", "1.5"]],
)  # fmt: skip
def test_our_own_parquet_says_what_its_columns_are(tmp_path, names):
    for head in (None, "Date", "x"):
        closes = table([[1.0 + n for n in range(len(names))]], ["2024-01-30"], names, head)
        path = write_closes(closes, tmp_path / "PAIR.parquet", overwrite=True)
        assert same(read_closes(path), closes)
        assert inspect(path).how.layout == "wide"
        bars = Bars(close=closes, volume=closes * 2)
        path = write_bars(bars, tmp_path / "BARS.parquet", overwrite=True)
        assert same(read_bars(path).volume, bars.volume)
    for field in ("C", "V"):
        pairs = Bars(close=table([[1.0, 2.0]], ["2024-01-30"], ["C", "V"]), open=None)
        for end in ("csv", "parquet"):
            assert same(
                read_closes(write_bars(pairs, tmp_path / f"{field}.{end}", overwrite=True)),
                pairs.close,
            )
    above = file_of(tmp_path, "Ticker,C,V\nPrice,Close,Close\ndate,,\n2024-01-30,1,2\n")
    assert same(read_closes(above), pairs.close)


def test_a_name_alone_does_not_mix_the_rows_of_many(file):
    path = file("date,close,firm\n2024-01-30,1,A\n2024-01-30,2,B\n")
    refused(path, "or ticker='firm' if it holds tickers", FileFormat(name="NVDA"))
    refused(path, "or ticker='firm' if it holds tickers", FileFormat(price="close"))
    path = file("date,close,adj x\n2024-01-30,1,1.5\n")
    assert read_closes(path, FileFormat(name="NVDA")).iloc[0, 0] == 1
    path = file("date,A,C\n2024-01-30,1,2\n2024-01-30,2,2\n")
    refused(path, "or ticker='A' if it holds tickers")


def test_actions_are_told_what_their_file_is(file):
    path = file("date;firm;split\n03/04/2024;A;2\n")
    with pytest.raises(rt.DataError, match=r"want one column of tickers, .*; say which"):
        read_actions(path)
    found = read_actions(path, FileFormat(ticker="firm", dates="%d/%m/%Y"))
    assert found.splits.loc["2024-04-03", "A"] == 2
    with pytest.raises(rt.ArgumentError, match=r"^how: want a FileFormat, got 'long'"):
        read_actions(path, "long")


@pytest.mark.parametrize(
    ("head", "more"), [("field", "close"), ("action", "delisted"), ("x", "close")]
)
def test_actions_may_be_told_by_their_rows(file, head, more):
    rows = "split,10\n2024-06-11,A,dividend,0.5\n2024-06-11,B,dividend,0.75\n2024-06-12,B,"
    found = read_actions(file(f"date,ticker,{head},value\n2024-06-10,A,{rows}{more},1\n"))
    assert same(found.splits, table([[10.0]], ["2024-06-10"], ["A"]))
    assert same(found.dividends, table([[0.5, 0.75]], ["2024-06-11"], ["A", "B"]))
    path = file(f"date,ticker,{head},value\n2024-06-10,A,dividend,0.5\n2024-06-11,A,dividend,0.7\n")
    assert read_actions(path).splits is None
    path = file(f"date,ticker,{head},value\n2024-06-10,A,split,2\n2024-06-11,A,splits,3\n")
    with pytest.raises(rt.DataError, match=r"want one column of splits, got 'split', 'splits'"):
        read_actions(path)
    path = file(f"date,ticker,{head},this,that\n2024-06-10,A,split,2,3\n2024-06-11,A,split,3,4\n")
    with pytest.raises(rt.DataError, match=r"want one column of values beside the fields in '"):
        read_actions(path)


@pytest.mark.parametrize(
    "head", ["AAPL Open,AAPL Close", "Adj Close_AAPL,Volume_AAPL", "close|BRK B,high|BRK B"]
)
def test_fields_of_tickers_in_one_header_row_are_no_tickers(file, head):
    path = file(f"Date,{head}\n2024-05-31,1,2\n")
    refused(path, "as if each were a ticker and a field of it; want two header rows for that, or l")
    assert list(read_closes(path, FileFormat(layout="wide")).columns) == head.split(",")


@pytest.mark.parametrize(
    "head",
    [
        "AAPL_Close,MSFT_Close",
        "Low Beta,High Beta",
        "AAPL Open,AAPL Close,SPX",
        "C,V US",
        "Value Fund,High Yield",
        "US Value,US Min Vol",
        "Last Mile,Max Pain,Price Group,Open Text",
    ],
)
def test_names_with_a_word_of_a_field_may_be_tickers(file, head):
    path = file(f"Date,{head}\n2024-05-31" + ",1.5" * len(head.split(",")) + "\n")
    assert list(read_closes(path).columns) == head.split(",")


def test_columns_of_fields_stay_columns_beside_what_happened(file):
    days = ["2024-05-31", "2024-06-03"]
    for action in ("none", "", "split", "close"):
        path = file(
            "date,ticker,action,close,dividend,split\n"
            f"{days[0]},A,{action},61,0.5,1\n{days[1]},A,split,52,0,2\n"
        )
        found = read_actions(path)
        assert same(found.splits, table([[1.0], [2.0]], days, ["A"]))
        assert same(found.dividends, table([[0.5], [0.0]], days, ["A"]))
        assert same(read_closes(path), table([[61.0], [52.0]], days, ["A"]))
    path = file(
        f"date,ticker,action,split,dividend\n{days[0]},A,split,2,0\n{days[1]},A,dividend,1,9\n"
    )
    assert same(read_actions(path).dividends, table([[0.0], [9.0]], days, ["A"]))
    path = file(f"date,ticker,action,close\n{days[0]},A,buy,61\n{days[1]},A,sell,52\n")
    assert same(read_closes(path), table([[61.0], [52.0]], days, ["A"]))
    path = file(
        f"date,ticker,action,indicator,close\n{days[0]},A,buy,x,61\n{days[1]},A,sell,y,52\n"
    )
    assert same(read_closes(path), table([[61.0], [52.0]], days, ["A"]))
    path = file(f"date,ticker,note,close\n{days[0]},A,split,61\n{days[1]},A,split,52\n")
    with pytest.raises(rt.DataError, match="want a column of dividends or of splits, got none"):
        read_actions(path)


@pytest.mark.parametrize("price", ["adj_close", "price", "last", "nav"])
@pytest.mark.parametrize("others", ["volume,open", "dividend,split"])
def test_any_price_beside_fields_is_that_of_a_row_of_what_happened(file, price, others):
    days = ["2024-05-31", "2024-06-03"]
    path = file(
        f"date,ticker,action,{price},{others}\n{days[0]},A,,61,1,2\n{days[1]},A,split,52,3,4\n"
    )
    assert same(read_closes(path), table([[61.0], [52.0]], days, ["A"]))


def test_dividends_beside_a_price_are_not_the_prices_of_their_days(file):
    days = ["2024-05-31", "2024-06-03"]
    path = file(
        f"date,ticker,action,price,dividend,split\n{days[0]},A,dividend,61,0.5,1\n"
        f"{days[1]},A,split,52,0,2\n"
    )
    found = read_actions(path)
    assert same(found.dividends, table([[0.5], [0.0]], days, ["A"]))
    assert same(found.splits, table([[1.0], [2.0]], days, ["A"]))


@pytest.mark.parametrize("price", ["price", "adj_close", "nav"])
def test_a_price_on_the_day_of_a_dividend_is_not_taken_for_it(file, price):
    days = ["2024-05-31", "2024-06-03"]
    path = file(f"date,ticker,action,{price}\n{days[0]},A,none,61\n{days[1]},A,dividend,52\n")
    with pytest.raises(rt.DataError, match=rf"got '{price}', which may be the price on the day"):
        read_actions(path)
    path = file(f"date,ticker,action,{price}\n{days[0]},A,close,61\n{days[1]},A,dividend,0.5\n")
    assert same(read_actions(path).dividends, table([[0.5]], days[1:], ["A"]))


def test_bids_and_asks_in_rows_are_no_one_price_whatever_is_beside_them(file):
    path = file("date,ticker,field,price,volume\n2024-05-31,A,bid,61,4\n2024-06-03,A,ask,52,3\n")
    refused(path, "want one price in the rows, got 'bid', 'ask' in column field; say which, as pri")
    found = read_closes(path, FileFormat(price="ask"))
    assert same(found, table([[52.0]], ["2024-06-03"], ["A"]))


@pytest.mark.parametrize("beside", ["currency", "name", "id"])
def test_closes_may_be_the_values_of_rows_of_close_beside_what_is_no_field(file, beside):
    path = file(
        f"date,ticker,field,close,{beside}\n2024-05-31,A,close,61,x\n2024-05-31,A,volume,9,x\n"
        "2024-06-03,A,close,52,x\n2024-06-03,A,volume,8,x\n"
    )
    assert same(read_closes(path), table([[61.0], [52.0]], ["2024-05-31", "2024-06-03"], ["A"]))


def test_a_value_beside_what_happened_is_a_price_if_that_is_said(file):
    path = file("date,ticker,action,price\n2024-05-31,A,,61\n2024-06-03,A,split,52\n")
    with pytest.raises(rt.DataError, match="as price='split', or price='price' for that of every"):
        read_closes(path)
    found = read_closes(path, FileFormat(price="price"))
    assert same(found, table([[61.0], [52.0]], ["2024-05-31", "2024-06-03"], ["A"]))


def test_actions_of_one_kind_are_told_by_their_rows(file):
    path = file("date,ticker,action,amount\n2024-06-11,A,DIV,0.5\n2024-06-12,A,DIV,0.25\n")
    found = read_actions(path).dividends
    assert same(found, table([[0.5], [0.25]], ["2024-06-11", "2024-06-12"], ["A"]))


def test_the_order_of_day_and_month_may_be_told_by_rows_of_another_field(file):
    rows = "date;ticker;field;value\n31/05/2024;A;close;61,5\n03/06/2024;A;dividend;0,5\n"
    assert same(read_actions(file(rows)).dividends, table([[0.5]], ["2024-06-03"], ["A"]))
    path = file(rows + "gone;A;split;2\n")  # what no date is tells nothing
    with pytest.raises(rt.DataError, match="line 3, column date: want a day after the 12th"):
        read_actions(path)
    path = file(rows.replace("31/05", "05/31").replace("dividend", "split"))
    assert same(read_actions(path).splits, table([[0.5]], ["2024-03-06"], ["A"]))


def file_of(folder, text):
    (folder / "any.csv").write_text(text)
    return folder / "any.csv"


TIDY = (
    "date,ticker,{},value\n2024-01-30,A,Close,1.5\n2024-01-30,A,{},900\n"
    "2024-01-31,B,{},800\n2024-01-31,B,Close,2.5\n"
)


@pytest.mark.parametrize("head", ["field", "variable", "metric", "x"])
def test_a_column_of_fields_is_obeyed(file, head):
    path = file(TIDY.format(head, "Volume", "Volume"))
    want = table([[1.5, np.nan], [np.nan, 2.5]], ["2024-01-30", "2024-01-31"], ["A", "B"])
    for how in (None, FileFormat(price="Close"), inspect(path).how):
        assert same(read_closes(path, how), want)
    assert "rows of 'Volume' left out" in provenance(read_closes(path)).steps[0]
    assert read_closes(path, FileFormat(price="Volume")).loc["2024-01-31", "B"] == 800
    refused(path, "want a column for each field, got 'Close', 'Volume' in the rows", read=read_bars)
    assert same(read_bars(path, FileFormat(price="Close")).close, want)
    path = file(TIDY.format(head, "Adj Close", "Adj Close"))
    refused(
        path, f"want one price in the rows, got 'Close', 'Adj Close' in column {head}; say which"
    )
    refused(path, "price: want one of 'Close', 'Adj Close', got 'Open'", FileFormat(price="Open"))
    assert read_closes(path, FileFormat(price="Adj Close")).iloc[0, 0] == 900
    path = file(TIDY.format(head, "Volume", "Open").replace("B,Close,2.5", "B,High,2.5"))
    assert list(read_closes(path).columns) == ["A"]
    path = file(TIDY.format(head, "Volume", "Open").replace("Close", "Low"))
    refused(path, "want one price in the rows, got 'Low', 'Volume', 'Open'")
    refused(
        file("date,variable,value\n2024-01-30,Open,1\n2024-01-30,Close,2\n", "A.csv"),
        "want tickers in column variable, got fields, as 'Open'",
    )
    spoilt = TIDY.format(head, "Volume", "Volume").replace("B,Close,2.5", "B,Close,x")
    refused(file(spoilt), "line 5, column value: want a number")
    rows = [line.split(",") for line in spoilt.splitlines()]
    made = pa.table(dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True)))
    refused(file(made, "a.parquet"), "row 4, column value: want a number")
    letters = "date,{},value\n2024-01-30,C,1\n2024-01-30,V,2\n"
    refused(file(letters.format("variable")), "want tickers in column variable, got fields, as 'C'")
    assert list(read_closes(file(letters.format("ticker"))).columns) == ["C", "V"]


@pytest.mark.parametrize(
    "cell",
    [
        "1/31/2024 0:00",
        "01/31/2024 00:00",
        "1/31/2024 12:00:00 AM",
        "1/31/2024 12:00 am",
        "20240131 00:00:00",
        "20240131T00:00:00Z",
        "31-Jan-2024 00:00:00",
        "Jan 31, 2024 12:00 AM",
        "2024-01-31 0:00:00",
    ],
)
def test_midnights_are_the_day_that_is_written(file, cell):
    assert read_closes(file(f'date;A\n"{cell}";5\n')).index[0] == pd.Timestamp("2024-01-31")
    late = cell.replace("12:00", "4:00").replace("AM", "PM").replace("am", "pm")
    if late == cell:
        late = cell.replace(" 0:00", " 9:30").replace(" 00:00", " 16:00").replace("T00:", "T16:")
    refused(file(f'date;A\n"{late}";5\n'), r"got the time 2024-01-31 (16|09|04):")


@pytest.mark.parametrize("cell", ["1/31/2024 13:00 PM", "1/31/2024 0:00 AM", "1/31/2024 24:00"])
def test_hours_that_no_clock_shows_are_no_dates(file, cell):
    refused(file(f"date,A\n{cell},5\n"), "line 2, column date: want ")


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        (
            "Date,Close/Last,Volume,Open,High,Low\n01/30/2024,$1.5,9,$1,$2,$1\n",
            FileFormat(name="AAPL"),
            r"line 2, column Close/Last: want a number or a mark of none, as NA, got '\$1.5'",
        ),
        (
            "2024-01-30,1.5\n2024-01-31,1.6\n",
            None,
            r"no header row: want names over the columns, got",
        ),
        ("2024-01-30,1.5,1.5\n2024-01-31,1.6,1.5\n", None, r"no header row"),
        (
            "# from x\ndate,A\n2024-01-30,1.5\n",
            None,
            r"line 1: want the header row, got '# from x'",
        ),
        (
            "# a, b; c\ndate;A\n2024-01-30;1\n",
            None,
            r"line 1: want the header row, got '# a, b; c'",
        ),
        ("# a, b\ndate,A,B\n2024-01-30,1,2\n", None, r"line 1: want the header row, got '# a, b'"),
        (
            "Prices\ndate,A\n2024-01-30,1\n",
            None,
            r"line 1: want the header row, got 'Prices'; take",
        ),
        ("", None, r"want a table, got an empty file"),
        ("\n \n", None, r"want a table, got an empty file"),
        ("date,A\n2024-01-30,1'234.50\n", None, r"got \"1'234.50\"; say thousands=\"'\""),
        ("date;A\n2024-01-30;1'234.50\n", None, r"got \"1'234.50\"; say thousands=\"'\""),
        (
            "date,A\n2024-01-30,1\u2019234.50\n",
            None,
            r"got '1\u2019234.50'; say thousands='\u2019'",
        ),
        ("date;A\n2024-01-30;1 234,50\n", None, r"got '1 234,50'; say thousands=' '"),
        ("date;A\n2024-01-30;1\u202f234,50\n", None, r"say thousands='\\u202f'"),
        ("date;A\n2024-01-30;1\u00a0234\n", None, r"say thousands='\\xa0'"),
    ],
)
def test_a_message_says_what_is_the_matter(file, text, how, said):
    path = file(text, "AAPL.csv")
    refused(path, said, how)
    for sign in "'\u2019 \u202f\u00a0":
        if f"1{sign}234" in text:
            assert read_closes(path, FileFormat(thousands=sign)).iloc[0, 0] in (1234.5, 1234)


@pytest.mark.parametrize("name", ["AAPL.csv", "AAPL.txt", "AAPL.csv.gz", "AAPL.parquet"])
def test_a_file_of_one_ticker_has_its_name(file, name):
    text = "Date,Open,High,Low,Close,Volume\n2024-01-30,1,3,0.5,2,100\n"
    if name.endswith("parquet"):
        frame = pd.DataFrame(
            {"Close": [2.0], "Open": [1.0]}, pd.DatetimeIndex(["2024-01-30"], name="Date")
        )
        path = file(frame, name)
    else:
        path = file(gzip.compress(text.encode(), mtime=0) if name.endswith("gz") else text, name)
    assert read_closes(path).equals(table([[2.0]], ["2024-01-30"], ["AAPL"]))
    bars = read_bars(path, FileFormat(name="X"))
    assert bars.open.equals(table([[1.0]], ["2024-01-30"], ["X"]))
    assert bars.dividends is None
    assert "ticker AAPL" in provenance(read_closes(path)).steps[0]


def test_a_name_that_is_no_ticker_is_asked_for(file):
    path = file("Date,Close\n2024-01-30,2\n", "my prices.csv")
    refused(path, r"want the ticker of its prices, .*; say name='NVDA'")
    assert list(read_closes(path, FileFormat(name="NVDA")).columns) == ["NVDA"]


def test_tickers_stay_the_texts_they_are(file):
    odd = ["NA", "NaN", "nan", "None", "null", "TRUE", "INF", "0700", "002230", "1e5", "-", "A.1"]
    wide = file("date," + ",".join(odd) + "\n2024-01-30" + ",7" * len(odd) + "\n")
    long = file("date,ticker,close\n" + "".join(f"2024-01-30,{each},7\n" for each in odd), "l.csv")
    for path in (wide, long):
        assert list(read_closes(path).columns) == odd
    made = pa.table({"date": [date(2024, 1, 30)] * 2, "ticker": [700, 5], "close": [1.0, 2.0]})
    assert list(read_closes(file(made, "n.parquet")).columns) == ["700", "5"]


def test_what_is_wrong_with_prices_stays_for_the_checks_to_find(file):
    text = "date,A,B\n2024-01-31,0,-5\n2024-01-30,1,\n2024-01-30,2,3\n2024-01-29,3,\n"
    read = read_closes(file(text))
    assert [f"{each:%d}" for each in read.index] == ["31", "30", "30", "29"]
    assert np.array_equal(read, [[0, -5], [1, np.nan], [2, 3], [3, np.nan]], equal_nan=True)


def test_a_file_says_where_it_came_from_and_how_it_was_understood(file):
    text = "date;sym;close;adj close\n30/01/2024;A;1.000,5;2\n"
    path = file(text)
    how = FileFormat(price="adj close")
    said = provenance(read_closes(path, how, adjustment="splits", currency="EUR"))
    assert (said.source, said.fetched) == ("file prices.csv", None)
    assert (said.adjustment, said.currency) == ("splits", "EUR")
    assert said.steps == (
        "read as long; dates in 'date' as %d/%m/%Y; tickers in 'sym'; prices in 'adj close'; "
        "not used: 'close'",
    )
    said = provenance(read_closes(path, FileFormat(price="close")))
    assert said.adjustment == "unknown"
    assert said.steps[0].endswith("decimal sign ',', thousands '.'")
    assert "the last line has no end" in provenance(read_closes(file(text.strip()), how)).steps[0]
    assert (
        "column 1, which numbers the rows"
        in provenance(read_closes(file(",date,A\n0,2024-01-30,1\n1,2024-01-31,2\n"))).steps[0]
    )


@pytest.mark.parametrize(
    ("text", "said", "ways"),
    [
        (
            "date,ticker,close,adj close\n2024-01-30,A,1,2\n",
            r"want one column of prices, got 'close', 'adj close'; say which, as price='close'",
            {FileFormat(price="adj close"): 2.0, FileFormat(price="close"): 1.0},
        ),
        (
            "date,A\n03/04/2024,1\n12/12/2024,1\n",
            r"line 2, column date: want a day after the 12th in some row, or dates='%d/%m/%Y' or",
            {FileFormat(dates="%d/%m/%Y"): 1.0, FileFormat(dates="%m/%d/%Y"): 1.0},
        ),
        (
            "date;A\n2024-01-30;1,234\n",
            r"line 2, column A: want a number that reads one way, got '1,234'; say how, as dec",
            {FileFormat(decimal=","): 1.234, FileFormat(decimal=".", thousands=","): 1234.0},
        ),
        (
            "date;A\n2024-01-30;1.234\n",
            r"line 2, column A: want a number that reads one way, got '1.234'; say how, as dec",
            {FileFormat(decimal="."): 1.234, FileFormat(decimal=",", thousands="."): 1234.0},
        ),
        (
            "date,sym,x\n2024-01-30,5,1\n",
            r"got 'sym', as if a row were a date and a ticker, but no column of prices in",
            {FileFormat(price="x"): 1.0, FileFormat(layout="wide"): 5.0},
        ),
        (
            "date,Close,Fund\n2024-01-30,5,1\n",
            r"got 'Close', which may be tickers or fields of one, beside 'Fund'; say layout=",
            {FileFormat(layout="wide"): 5.0, FileFormat(layout="single", name="A"): 5.0},
        ),
        (
            "date,LOW,OPEN\n2024-01-30,5,1\n",
            r"got 'LOW', 'OPEN', which may be tickers or fields of one; say layout=",
            {FileFormat(layout="wide"): 5.0},
        ),
        (
            "date,A\n2024-01-30 16:00,5\n",
            r"got the time 2024-01-30 16:00:00 without a time zone; .* say dates='as written'",
            {FileFormat(dates="as written"): 5.0, FileFormat(dates="%Y-%m-%d %H:%M"): 5.0},
        ),
        (
            "date,A\n2024-01-30T05:00:00Z,5\n",
            r"got the time 2024-01-30 05:00:00\+00:00, whose day depends on the exchange; say",
            {FileFormat(zone="America/New_York"): 5.0, FileFormat(dates="as written"): 5.0},
        ),
        (
            "date,timestamp,A\n2024-01-30,2024-01-31,5\n",
            r"want one column of dates, .* got 'date', 'timestamp'; say which, as date='Day'",
            {FileFormat(date="date", layout="long", ticker="timestamp", price="A"): 5.0},
        ),
        (
            "a;date,b|c;d\n2024-01-30;7,b|c;d\n",
            r"want cells between commas, semicolons, tabs or bars, got 3 that fit; say which",
            {},
        ),
        (
            "date,A\n01/02/24,5\n",
            r"want a date, not a year of two digits; say how, as dates='%d/%m/%y', got '01/02/24'",
            {FileFormat(dates="%d/%m/%y"): 5.0},
        ),
        (
            "date,ticker,sym,close\n2024-01-30,1,A,5\n",
            r"want one column of tickers, got 'ticker', 'sym'; say which, as ticker='sym'",
            {FileFormat(ticker="sym"): 5.0},
        ),
        (
            b"date,\xe9\n2024-01-30,5\n",
            r"line 1: want text in utf-8, got byte 0xE9; say its encoding, as encoding='latin-1'",
            {FileFormat(encoding="latin-1"): 5.0},
        ),
        (
            ",Close\n,0700\n2024-01-30,5\n",
            r"want one column of dates, as 'date' or the first, got '', 'Close'",
            {FileFormat(layout="double"): 5.0},
        ),
    ],
)
def test_what_could_mean_two_things_is_refused_with_ways_out_that_work(file, text, said, ways):
    path = file(text)
    refused(path, said)
    guess = inspect(path) if "cells between" not in said and "utf-8" not in said else None
    assert guess is None or guess.doubts
    for how, first in ways.items():
        assert read_closes(path, how).iloc[0, 0] == first, how
        again = inspect(path, how)
        assert again.doubts == (), again
        assert read_closes(path, again.how).equals(read_closes(path, how))


@pytest.mark.parametrize(
    ("zone", "written", "day"),
    [
        ("America/New_York", "2024-01-30T05:00:00Z", "2024-01-30"),
        ("America/New_York", "2024-01-31 02:00:00+00:00", "2024-01-30"),
        ("Asia/Hong_Kong", "2024-01-29T16:00:00+0000", "2024-01-30"),
        ("Asia/Hong_Kong", "1706544000", "2024-01-30"),
        ("America/New_York", "1706625000", "2024-01-30"),
        ("America/New_York", "1706625000123", "2024-01-30"),
        ("Europe/London", "2024-07-29T23:00:00Z", "2024-07-30"),
    ],
)
def test_a_time_is_of_the_day_that_it_is_at_the_exchange(file, zone, written, day):
    path = file(f"date,A\n{written},5\n")
    assert read_closes(path, FileFormat(zone=zone)).index[0] == pd.Timestamp(day)
    refused(path, "whose day depends on the exchange; say its time zone")
    if written.isdigit():
        refused(path, "want days that are written; say zone", FileFormat(dates="as written"))


def test_no_day_is_moved_by_a_zone(file):
    path = file("date,A\n2024-01-30T00:00:00Z,5\n")
    assert read_closes(path).index[0] == pd.Timestamp("2024-01-30")
    refused(
        path,
        r"2024-01-29 19:00:00, of another day; .*leave out zone",
        FileFormat(zone="America/New_York"),
    )
    with pytest.raises(rt.ArgumentError, match=r"^zone: want a time zone as 'Asia/Hong_Kong', got"):
        read_closes(file("date,A\n2024-01-30T05:00:00Z,5\n"), FileFormat(zone="Mars"))


def test_times_of_parquet_are_read_alike(file):
    new_york = pd.DatetimeIndex(["2024-01-30", "2024-07-30"]).tz_localize("America/New_York")
    days = pd.DatetimeIndex(["2024-01-30", "2024-07-30"])
    frame = pd.DataFrame({"A": [1.0, 2.0]})
    for index in (days, new_york, days.as_unit("ns"), days.as_unit("s")):
        path = file(frame.set_index(index), "a.parquet")
        assert list(read_closes(path).index) == list(days)
    path = file(frame.set_index(new_york.tz_convert("UTC")), "a.parquet")
    refused(path, r"got the time 2024-01-30 05:00:00\+00:00, whose day depends on the exchange")
    assert list(read_closes(path, FileFormat(zone="America/New_York")).index) == list(days)
    for kind, values in (
        (pa.date32(), [date(2024, 1, 30), date(2024, 7, 30)]),
        (pa.int64(), [20240130, 20240730]),
        (pa.string(), ["2024-01-30", "2024-07-30"]),
    ):
        made = pa.table({"date": pa.array(values, kind), "A": [1.0, 2.0]})
        assert list(read_closes(file(made, "a.parquet")).index) == list(days)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,A\n2024-01-30,abc\n", r"line 2, column A: want a number or a mark .*, got 'abc'"),
        ("date,A\n2024-01-30,$5\n", r"line 2, column A: want a number .*, got '\$5'"),
        ("date,A\n2024-01-30,5%\n", r"got '5%'"),
        ("date,A\n2024-01-30,1_000\n", r"got '1_000'"),
        ("date,A\n2024-01-30,inf\n", r"got 'inf'"),
        ("date,A\n2024-01-30,1e999\n", r"line 2, column A: want a number, got infinity"),
        ("date,A\n2024-01-30,١٢\n", r"got '١٢'"),
        ("date;A;B\n2024-01-30;1.5;1,5\n", r"got '1.5' and then '1,5': want one way; say how"),
        ("date;A\n2024-01-30;1.234,5\n2024-01-31;1234,5\n", r"line 2, column A: want a number"),
        ("date,A,B\n2024-01-30,1\n", r"line 2: want 3 cells as in the header, got 2"),
        ("date,A\n2024-01-30,1,2\n", r"line 2: want 2 cells as in the header, got 3"),
        ('date,A\n2024-01-30,"1\n', r"line 2: want whole cells, got unexpected end of data"),
        ('date,A\n2024-01-30,"1"2\n', r"line 2: want whole cells"),
        ('date,A,B\n2024-01-30,"1\n2",3\n', r"line 2: want cells within a line, got one over two"),
        ("date,A,A\n2024-01-30,1,2\n", r"want each column once, got A in columns 2 and 3"),
        ("date,A, A\n2024-01-30,1,2\n", r"want each column once, got A in columns 2 and 3"),
        ("date,A,\n2024-01-30,1,2\n", r"want a name over column 3, got none"),
        ("date,A\n,1\n", r"line 2, column date: want a date, .*got ''"),
        ("date,A\n2024-02-30,1\n", r"line 2, column date: want a day of the calendar, got"),
        ("date,A\n2024-01-30,1\n31/01/2024,1\n", r"line 3, column date: want a date like '2024-01"),
        ("date,A\n2024-01-02,1\n2024-01-3,1\n", r"line 3, column date: want two digits, as in '20"),
        ("date,A\n13/01/2024,1\n01/13/2024,1\n", r"line 3, .*want day and month in the order of"),
        ("date,A\n01/13/2024,1\n13/01/2024,1\n", r"line 3, .*want day and month in the order of"),
        ("date,A\n0001-01-01T00:30+05:00,1\n", r"line 2, column date: want dates of this era"),
        ("date,A\n2024-01-30 00:00:00.5,1\n", r"got the time 2024-01-30 00:00:00.000001 without"),
        ("date,a\u200bb\n2024-01-30,1\n", r"want names that can be printed, got 'a\\u200bb'"),
        ("date,A\n45321,1\n", r"want a date, not a day's number as Excel counts"),
        ("date,A\n2024-01,1\n", r"want a date, not a month; say the day on which its price was kn"),
        ("date,A\n0204-01-30,1\n", r"line 2, column date: want a year from 1800 to 2200, got 204"),
        ("date,A\n2024-01-30,1\n2024-01-31 00:00Z,1\n", r"line 3.*want a time zone in every row"),
        ("date,A\n170662500,1\n1706625000000,1\n", r"line 3.*want 9 digits, as in the first row"),
        ("2024-01-30,1.5\n2024-01-31,1.6\n", r"no header row: .*, got '2024-01-30', '1.5'"),
        ("2024-01-30,7\n2024-01-31,8\n", r"no header row: want names .*, got '2024-01-30', '7'"),
        ("date,A\n", r"want a header and rows below it, got one line"),
        ("", r"want a table, got an empty file"),
        ("hello\nworld\n", r"want cells between commas, semicolons, tabs or bars, got none"),
        ("date,A\n2024-01-30,1\0\n", r"line 2: want text, got the control character '\\x00'"),
        ("date,A\n2024-01-30,1\n".encode("utf-16-le"), r"line 1: want text, got the control char"),
        ("date,A\n2024-01-30,é\n".encode("utf-16")[:-1], r"want text in utf-16, got byte"),
        (PACKED[:-9], r"want a whole gzip file, got Compressed file ended"),
        (PACKED[:-8] + b"00000000", r"want a whole gzip file, got CRC check"),
        (b"PK\x03\x04abc", r"want CSV or Parquet, got a zip or Excel file; save it as CSV"),
        (b"\xd0\xcf\x11\xe0abc", r"got an old Excel file"),
        (b"PAR1abcPAR1", r"want a Parquet file, got "),
        (
            "date,ticker,close\n2024-01-30,A,1\n2024-01-31,A,1\n2024-01-30,A,1\n",
            r"line 4: want each date and ticker once, got A on 2024-01-30 again, as in line 2$",
        ),
        ("date,ticker,close\n2024-01-30,,1\n", r"line 2, column ticker: want a ticker, got ''"),
        ("date,ticker,close\n2024-01-30,a\u200bb,1\n", r"line 2, column ticker: want a ticker"),
        (
            "ticker,start_date,end_date\nA,2000-06-05,\n",
            r"want one column of dates, as 'date' or the first, got 'ticker', 'start_date', 'end_d",
        ),
        ("date\tA B\n", "got one line"),
        ("Price,Close,Foo\nTicker,A,A\n2024-01-30,1,2\n", r"want a header row of fields"),
        ("Price,Close,Close\nTicker,A,A\nDate,,\n2024-01-30,1,2\n", r"want each column once"),
        ("Price,Close\nTicker,A\nDate,\n", r"want rows below the header, got none"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_prices_is_refused_by_line_and_column(file, text, said):
    refused(file(text), said)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"A": [True, False]}, "want numbers in column A, got bool"),
        ({"A": [b"1", b"2"]}, "want numbers in column A, got binary"),
        ({"A": [[1.0], [2.0]]}, "want numbers in column A, got list<"),
        ({"A": [date(2024, 1, 1)] * 2}, "want numbers in column A, got dates"),
        ({"A": ["1", "x"]}, "row 2, column A: want a number or a mark of none, as NA, got 'x'"),
        ({"A": [1.0, np.inf]}, "row 2, column A: want a number, got infinity"),
        ({"date": [date(2024, 1, 1), None]}, "row 2, column date: want a date, got none"),
        ({"date": [1.5, 2.5]}, "column date: want dates, got numbers with fractions"),
        ({"date": [None, None]}, "column date: want dates, got numbers"),
        ({"ticker": [1.5, 2.5], "close": [1.0, 2.0]}, "which may be tickers or fields of one"),
        ({"ticker": ["A", None], "close": [1.0, 2.0]}, "row 2, column ticker: want a ticker"),
    ],
)
def test_what_no_column_of_parquet_may_hold_is_refused(file, columns, said):
    days = {"date": [date(2024, 1, 30), date(2024, 1, 31)]}
    made = pa.table(
        {**days, "B": [1.0, 2.0], **columns} if "close" not in columns else days | columns
    )
    refused(file(made, "a.parquet"), f"^a.parquet: .*{said}")


def test_columns_of_parquet_that_are_there_twice_are_refused(file):
    days = pa.array([date(2024, 1, 30)])
    made = pa.Table.from_arrays([days, pa.array([1.0]), pa.array([2.0])], ["date", "A", "A"])
    refused(file(made, "a.parquet"), "want each column once, got A in columns 2 and 3")
    refused(file(made.slice(0, 0), "a.parquet"), "want columns and rows, got 3 and 0")
    refused(file(WIDE, "a.parquet"), "want a Parquet file, got")


def test_headers_of_parquet_that_are_almost_pairs_are_names(file):
    for name in ("('a'b', 'c')", "('a', 'b', 'c')"):
        path = file(WANT[["AAPL"]].set_axis([name], axis=1), "a.parquet")
        assert list(read_closes(path).columns) == [name]
    refused(path, "want two header rows, got one", FileFormat(layout="double"))
    how = FileFormat(ticker="AAPL", price="MSFT")
    refused(file(WANT, "a.parquet"), "want names in column AAPL, got others", how)
    days = pa.table({"date": [date(2024, 1, 30)]})
    refused(file(days, "a.parquet"), "want a column beside the dates, got none")


def test_tickers_of_parquet_may_be_coded(file):
    coded = pa.array(["B", "A"]).dictionary_encode()
    made = pa.table({"date": [date(2024, 1, 30)] * 2, "ticker": coded, "close": [1.0, 2.0]})
    assert read_closes(file(made, "a.parquet")).iloc[0].to_dict() == {"B": 1.0, "A": 2.0}


@pytest.mark.parametrize(
    ("cells", "how", "first"),
    [
        ("1'234.5", FileFormat(thousands="'"), 1234.5),
        ("1'234", FileFormat(thousands="'"), 1234.0),
        ("1\u202f234,5", FileFormat(thousands="\u202f"), 1234.5),
        ("1.234", FileFormat(thousands="."), 1234.0),
        ("1.234", FileFormat(thousands=""), 1.234),
        ("1,234", FileFormat(thousands=","), 1234.0),
        ("1,234", FileFormat(thousands=""), 1.234),
        ("1,234.5", None, 1234.5),
        ("1.234,5", None, 1234.5),
        ("1.234.567", None, 1234567.0),
        ("1,234,567", None, 1234567.0),
        ("-0,5", None, -0.5),
        ("0.123", None, 0.123),
        ("1.234;1.2", None, 1.234),
        ("1.234;1234", FileFormat(decimal=",", thousands="."), 1234.0),
        ("12;-", None, 12.0),
    ],
)
def test_thousands_are_believed_where_they_are_certain_or_told(file, cells, how, first):
    names = ";".join("AB"[: cells.count(";") + 1])
    assert read_closes(file(f"date;{names}\n2024-01-30;{cells}\n"), how).iloc[0, 0] == first


@pytest.mark.parametrize("path", [5, None, "none.csv", ".", "nul\0.csv"])
def test_a_file_that_cannot_be_is_an_argument_that_is_wrong(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for read in (read_closes, read_bars, inspect):
        with pytest.raises(rt.ArgumentError, match=r"^path: want a file, got"):
            read(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("layout", "tall"), ("decimal", ";"), ("thousands", "x"), ("delimiter", "x"), ("price", 5)],
)
def test_a_format_that_cannot_be_is_refused(name, value):
    with pytest.raises(rt.ArgumentError, match=f"^{name}: want "):
        FileFormat(**{name: value})
    with pytest.raises(rt.ArgumentError, match=r"^thousands: want another sign than decimal"):
        FileFormat(decimal=",", thousands=",")
    with pytest.raises(rt.ArgumentError, match=r"^how: want a FileFormat, got 'wide'"):
        read_closes("a.csv", "wide")


def test_names_and_encodings_that_are_not_there_are_refused(file):
    path = file(WIDE)
    for name in ("date", "ticker"):
        refused(
            path, f"{name}: want one of 'date', 'AAPL', 'MSFT', got 'x'", FileFormat(**{name: "x"})
        )
    refused(path, "price: a wide file has a column for each", FileFormat(layout="wide", price="x"))
    refused(path, "want a header with names, got", FileFormat(layout="double"))
    refused(path, "want columns of fields, as Close, got a column for each ticker", read=read_bars)
    long = file("date,ticker,close\n2024-01-30,A,1\n")
    refused(long, "price: want one of 'close', got 'x'", FileFormat(price="x"))
    refused(path, "want a date as dates='%Q' says", FileFormat(dates="%Q"))
    for coding in ("klingon", "base64"):
        with pytest.raises(rt.ArgumentError, match=r"^encoding: want one of Python's, got"):
            read_closes(path, FileFormat(encoding=coding))


def test_bars_want_every_field_of_every_ticker(file):
    path = file("Price,Close,Close,Open\nTicker,A,B,A\nDate,,,\n2024-01-30,1,2,3\n")
    refused(path, "want 'Open' of every ticker, got none of B", read=read_bars)
    assert read_closes(path).shape == (1, 2)
    path = file("date,ticker,close,vol,volume\n2024-01-30,A,1,2,3\n")
    refused(path, "want one column of volume, got 'vol', 'volume'", read=read_bars)


def test_bars_take_the_close_beside_the_adjusted_close(file):
    text = "Date,Open,Close,Adj Close,Dividends,Stock Splits\n2024-01-30,1,2,3,0,4\n"
    path = file(text, "A.csv")
    bars = read_bars(path)
    got = [bars.open, bars.close, bars.dividends, bars.splits]
    assert [each.iloc[0, 0] for each in got] == [1, 2, 0, 4]
    assert read_bars(path, FileFormat(price="Adj Close")).close.iloc[0, 0] == 3
    assert "not used: 'Adj Close'" in provenance(bars.close).steps[0]
    path = file("Date,Open,Last\n2024-01-30,1,2\n", "A.csv")
    assert read_bars(path).close.iloc[0, 0] == 2


def test_a_mistaken_ticker_column_does_not_fill_the_memory(file):
    days = np.datetime_as_string(np.datetime64("1990-01-01") + np.arange(9000)).tolist()
    path = file("date,code,close\n" + "".join(f"{day},{n},1\n" for n, day in enumerate(days)))
    refused(
        path, "want tickers that come again on other dates, got 9000 in column code in 9000 row"
    )


def test_inspect_says_what_it_takes_a_file_for(file):
    guess = inspect(file(WIDE))
    assert guess.doubts == ()
    assert str(guess) == (
        "prices.csv: 2 rows, 2 tickers: AAPL, MSFT\n"
        "FileFormat(layout='wide', date='date', dates='%Y-%m-%d', decimal='.', thousands='', "
        "delimiter=',', encoding='utf-8')\n"
        "dates from 2024-01-30 to 2024-01-31, read as %Y-%m-%d"
    )
    guess = inspect(file("date,ticker,close\n03/04/2024,,x\n"))
    assert len(guess.doubts) == 3
    assert "cannot be read so: prices.csv: line 2, column ticker" in str(guess)


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)
floats = st.floats(allow_infinity=False, width=64) | st.sampled_from([0.1, -0.0, 5e-324, 1e300])


@st.composite
def tables(draw, fields=1):
    """Tables of one index and columns, with days in any order and twice."""
    days = draw(st.lists(st.dates(date(1800, 1, 1), date(2200, 1, 1)), min_size=1, max_size=5))
    tickers = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    name = draw(st.none() | names.filter(lambda name: name not in tickers))
    index = pd.DatetimeIndex(np.array(days, "datetime64[us]"), name=name)
    shape = len(days), len(tickers)
    values = [draw(arrays(float, shape, elements=floats)) for _ in range(fields)]
    return [pd.DataFrame(each, index, pd.Index(tickers, dtype=str)) for each in values]


def same(one, other):
    """To the last bit, but for which NaN it is."""
    pd.testing.assert_frame_equal(one, other, check_freq=False, check_exact=True)
    signs = np.signbit(one.to_numpy()) == np.signbit(other.to_numpy())
    return bool((signs | one.isna().to_numpy()).all())


@given(made=tables(), kind=st.sampled_from(["csv", "csv.gz", "tsv", "txt", "parquet"]))
def test_closes_come_back_to_the_last_bit(tmp_path_factory, made, kind):
    [closes] = made
    path = tmp_path_factory.getbasetemp() / f"closes.{kind}"
    write_closes(closes, path, overwrite=True)
    known = FileFormat(layout="wide", date=closes.index.name or "", decimal=".")
    assert same(read_closes(path, known), closes)
    try:
        read = read_closes(path)
    except rt.DataError:  # a ticker is called Close, or date
        return
    assert same(read, closes)


@given(made=tables(3), kind=st.sampled_from(["csv", "csv.gz", "parquet"]))
def test_bars_come_back_to_the_last_bit(tmp_path_factory, made, kind):
    close, volume, splits = made
    path = tmp_path_factory.getbasetemp() / f"bars.{kind}"
    write_bars(Bars(close=close, volume=volume, splits=splits), path, overwrite=True)
    read = read_bars(path, FileFormat(layout="double", date=close.index.name or "", decimal="."))
    assert read.open is None
    assert all(map(same, [read.close, read.volume, read.splits], made))


def test_an_index_may_be_called_as_a_field_of_bars(tmp_path):
    close = table([[1.5]], ["2024-01-30"], ["A"]).rename_axis(index="Volume")
    path = write_bars(Bars(close=close, volume=close * 2), tmp_path / "bars.parquet")
    assert same(read_bars(path, FileFormat(date="Volume")).volume, close * 2)


def test_parquet_keeps_the_stamp_and_the_names_and_csv_does_not(tmp_path):
    origin = Provenance(source="Yahoo", adjustment="splits", fetched="2024-01-31", currency="USD")
    closes = stamp(WANT.rename_axis(columns="Ticker"), origin, check="holes: none")
    kept = read_closes(write_closes(closes, tmp_path / "a.parquet"))
    assert kept.attrs == {STAMP: closes.attrs[STAMP]}
    assert same(kept, closes)
    assert provenance(kept) == provenance(closes)
    assert pd.read_parquet(tmp_path / "a.parquet").attrs == kept.attrs
    told = read_closes(tmp_path / "a.parquet", adjustment="nothing", currency="USD")
    assert provenance(told).adjustment == "nothing"
    assert provenance(told).steps[-1] == "said by the user: adjustment nothing"
    plain = read_closes(write_closes(closes, tmp_path / "a.csv"))
    assert provenance(plain).source == "file a.csv"
    assert plain.columns.name is None
    assert "altered" not in provenance(plain).steps
    bars = Bars(close=closes, open=stamp(closes * 2, origin))
    read = read_bars(write_bars(bars, tmp_path / "b.parquet"))
    assert read.open.attrs == bars.open.attrs
    assert read.close.attrs == bars.close.attrs
    assert same(read.close, closes)


def test_a_changed_byte_of_our_own_parquet_is_seen(tmp_path):
    path = write_closes(WANT, tmp_path / "a.parquet")
    good = path.read_bytes()
    for at in range(4, len(good), 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with contextlib.suppress(rt.DataError):  # all but those of the seal's own name
            assert read_closes(path).equals(WANT)
            assert b"rotation table sha256 " not in path.read_bytes()


def test_a_stamp_that_others_spoilt_is_refused(tmp_path):
    for attrs in ('{"rotation": "x"}', "{", "5", '{"rotation": "{}"}'):
        made = pa.Table.from_pandas(WANT)
        made = made.replace_schema_metadata({**made.schema.metadata, b"PANDAS_ATTRS": attrs})
        pq.write_table(made, tmp_path / "a.parquet")
        if attrs == '{"rotation": "{}"}':
            continue
        refused(tmp_path / "a.parquet", "^a.parquet: ")


def test_nothing_is_overwritten_without_asking(tmp_path):
    for name in ("a.csv", "a.parquet"):
        path = tmp_path / name
        path.write_text("mine")
        with pytest.raises(rt.ArgumentError, match=r"^path: .* is there already; pass overwrite=T"):
            write_closes(WANT, path)
        assert path.read_text() == "mine"
        assert write_closes(WANT, str(path), overwrite=True) == path
        assert read_closes(path).equals(WANT)
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(rt.ArgumentError, match="is there already"):
        write_closes(WANT, tmp_path / "dangling.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    write_closes(WANT * 2, tmp_path / "link.csv", overwrite=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert read_closes(tmp_path / "a.csv").equals(WANT * 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "a.csv", "a.parquet", "dangling.csv", "link.csv",
    ]  # fmt: skip


def test_of_writers_that_come_at_once_one_writes(tmp_path):
    def write(number):
        try:
            return write_closes(WANT * (number + 1), path) and number
        except rt.ArgumentError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        for each in range(20):
            path = tmp_path / f"{each}.csv"
            done = list(pool.map(write, range(4)))
            [won] = [got for got in done if not isinstance(got, str)]
            assert all("is there already" in got for got in done if got != won)
            assert read_closes(path).equals(WANT * (won + 1))
    assert len(list(tmp_path.iterdir())) == 20


def test_a_file_system_without_links_does_as_well(tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    assert read_closes(write_closes(WANT, tmp_path / "a.csv")).equals(WANT)
    with pytest.raises(rt.ArgumentError, match="is there already"):
        write_closes(WANT, tmp_path / "a.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (5, "want a file, got 5"),
        ("a.xlsx", "want a name that ends in .csv, .csv.gz, .tsv, .txt or .parquet, got a.xlsx"),
        ("a.parquet.gz", "want a name that ends in"),
        ("a", "want a name that ends in"),
        ("none/a.csv", "cannot write none/a.csv .No such file or directory.; what was there stays"),
        ("folder.csv", "cannot write folder.csv .Is a directory."),
        ("x" * 300 + ".csv", r"cannot write .*name too long|stays as it was"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_so(tmp_path, monkeypatch, path, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(rt.ArgumentError, match=f"^path: {said}"):
        write_closes(WANT, path, overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.parametrize(
    ("closes", "said"),
    [
        (5, "want a DataFrame, got int"),
        (WANT.iloc[:0], "want an index of dates and a column at least"),
        (WANT.reset_index(), "want an index of dates"),
        (WANT.tz_localize("UTC"), "want tz-naive dates"),
        (WANT.shift(1, "h"), "want tz-naive dates without time of day"),
        (WANT.set_index(pd.DatetimeIndex(["2024-01-30", pd.NaT])), "no NaT"),
        (WANT.set_axis(pd.DatetimeIndex(["1700-01-30", "2024-01-01"])), "want years from 1800"),
        (WANT.set_axis(["A", 5], axis=1), "want names that are printable texts, got 5"),
        (WANT.set_axis(["A", " B"], axis=1), "want names that are printable texts, got ' B'"),
        (WANT.set_axis(["A", ""], axis=1), "want names that are printable texts, got ''"),
        (WANT.set_axis(["A", "B\nC"], axis=1), "want names that are printable texts"),
        (WANT.set_axis(["A", "A"], axis=1), "want each name once, got A twice"),
        (WANT.rename_axis("MSFT"), "want each name once, got MSFT twice"),
        (WANT.astype(object), "want numbers, got object in AAPL"),
        (WANT.replace(2.0, -np.inf), "want finite numbers or NaN, got -inf for MSFT on 2024-01-30"),
    ],
)
def test_what_would_not_come_back_the_same_is_not_written(tmp_path, closes, said):
    with pytest.raises(rt.DataError, match=f"^closes: .*{said}"):
        write_closes(closes, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_bars_that_are_none_are_not_written(tmp_path):
    with pytest.raises(rt.DataError, match=r"^bars: want Bars, got DataFrame"):
        write_bars(WANT, tmp_path / "a.csv")
    with pytest.raises(rt.DataError, match=r"^high: want finite numbers"):
        write_bars(Bars(close=WANT, high=WANT * np.inf), tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    write_closes(WANT, path)
    old = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        with pytest.raises(rt.ArgumentError, match=r"^path: cannot write .*File too large.*stays"):
            write_closes(rt.sample(), path, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_killed_at_any_moment_a_file_is_the_old_or_the_new(tmp_path):
    path = tmp_path / "a.parquet"
    write_closes(rt.sample(), path)
    script = (
        "import sys, rotation as rt\nfrom rotation.data.writing import write_closes\n"
        "closes = rt.sample()\nprint('go', flush=True)\n"
        "while True: closes = -closes; write_closes(closes, sys.argv[1], overwrite=True)"
    )
    for delay in np.random.default_rng().uniform(0.05, 0.3, 3):
        process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
        with process.stdout:
            assert process.stdout.readline() == b"go\n"
            time.sleep(delay)
            process.kill()
            process.wait()
        assert read_closes(path).abs().equals(rt.sample())


@contextlib.contextmanager
def no_rights():
    """For root the rights of nobody; others have no more than their own."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_and_a_file_without_the_right_are_said_so():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = write_closes(WANT, folder / "a.csv")
        folder.chmod(0o555)
        with no_rights():
            for path in (old, folder / "b.csv"):
                with pytest.raises(rt.ArgumentError, match=r"cannot write .*Permission denied"):
                    write_closes(WANT * 2, path, overwrite=True)
            assert read_closes(old).equals(WANT)
        old.chmod(0)
        with no_rights(), pytest.raises(rt.ArgumentError, match=r"want a file, .*Permission den"):
            read_closes(old)
        folder.chmod(0o755)
        assert list(folder.iterdir()) == [old]


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch, file):
    path = file(WANT, "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(rt.MissingExtraError, match=r'pip install "rotation\[parquet\]"'):
        read_closes(path)
    with pytest.raises(rt.MissingExtraError, match=r'pip install "rotation\[parquet\]"'):
        write_closes(WANT, tmp_path / "b.parquet")
    assert read_closes(write_closes(WANT, tmp_path / "a.csv")).equals(WANT)
