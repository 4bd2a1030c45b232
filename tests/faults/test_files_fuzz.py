"""A damaged file is refused, or read as what its bytes say: 5,000 of them in the `ci` profile.

What they say is told by the plain reader below, which knows of each file how it was written and so
has nothing to guess. It is more lenient than the package, never otherwise.
"""

import gzip
import io
import random
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.data.bars import Bars
from rotation.data.file_format import FileFormat
from rotation.data.files import read_bars, read_closes
from rotation.data.writing import write_closes

NONE = {"", "-", ".", "#N/A", "#N/A N/A", "N/A", "n/a", "NA", "na", "NaN", "nan", "NAN"}
NONE |= {"NULL", "Null", "null", "None", "none"}
TICKERS = ["AAPL", "NA", "NaN", "TRUE", "0700", "002230.SZ", "BRK.B", "null", "INF", "LOW", "1e5"]
TICKERS += ["^GSPC", "EURUSD=X", "Münch Rück", "a, b", "x;y", "O'Neil", "BF-B", "None", "DAY"]
EITHER = ["LOW", "C", "V", "H", "L", "OPEN"]  # tickers that may be fields
TICKERS += EITHER[1:]
FIELDS = ["Open", "High", "Low", "Close", "Volume"]
JUNK = [
    "abc",
    "1_000",
    "inf",
    "-Infinity",
    "12a",
    "$5",
    "5%",
    "1 2",
    "١٢",
    "0x1F",
    "1e",
    "--1",
    "?",
]
JUNK += ["1.2.3", "(5)", "True", "1/2", "+", "e5", "NaNs", "1e999", "12:30"]
NAMES = {"open": "open", "o": "open", "high": "high", "h": "high", "low": "low", "l": "low"}
NAMES |= {"close": "close", "c": "close", "volume": "volume", "v": "volume", "vol": "volume"}


@dataclass(frozen=True)
class Kind:
    """How a file was written."""

    layout: str
    delimiter: str
    decimal: str
    thousands: str
    dates: str
    end: str


def kinds(rng):
    delimiter = rng.choice(",,;\t|")
    comma = delimiter != "," and rng.random() < 0.5
    return Kind(
        rng.choice(["wide", "wide", "long", "single", "bars", "double"]),
        delimiter,
        "," if comma else ".",
        "." if comma and rng.random() < 0.5 else "",
        rng.choice(["%Y-%m-%d", "%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"]),
        rng.choice(["\n", "\n", "\r\n"]),
    )


def written(value, kind):
    if value is None:
        return ""
    text = repr(value)
    if kind.thousands:
        text = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    return text.replace(".", ",") if kind.decimal == "," and not kind.thousands else text


def rows_of(rng, kind):
    """A valid file as rows of cells, header rows first, and how many those are."""
    days, day = [], date(2020, 1, 1) + timedelta(rng.randrange(900))
    for _ in range(rng.randint(14, 22)):
        day += timedelta(rng.randint(1, 4))
        days.append(day)
    tickers = rng.sample(TICKERS, rng.randint(1, 4))
    prices = lambda: round(rng.choice([0.5, 20, 900, 4000]) * (1 + rng.random()), 2) + 0.001  # noqa: E731

    def cell():
        return "" if rng.random() < 0.05 else written(prices(), kind)

    said = [day.strftime(kind.dates) for day in days]
    head = rng.choice(["Date", "date", "timestamp"])
    if kind.layout == "wide":
        return [[head, *tickers]] + [[day, *(cell() for _ in tickers)] for day in said], 1
    if kind.layout == "single":
        return [[head, *FIELDS]] + [[day, *(cell() for _ in FIELDS)] for day in said], 1
    if kind.layout == "double":
        heads = [["Price", *(name for name in FIELDS for _ in tickers)]]
        heads += [["Ticker", *(tickers * len(FIELDS))], [head] + [""] * len(tickers) * len(FIELDS)]
        return heads + [[day, *(cell() for _ in heads[0][1:])] for day in said], 3
    names = FIELDS if kind.layout == "bars" else ["close"]
    rows = [[head, rng.choice(["ticker", "Symbol", "ric"]), *names]]
    rows += [[day, each, *(cell() for _ in names)] for each in tickers for day in said]
    return rows, 1


def quoted(cell, kind, always=False):
    special = any(each in cell for each in (kind.delimiter, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if always or special else cell


def joined(rows, kind, always=False):
    lines = [kind.delimiter.join(quoted(cell, kind, always) for cell in row) for row in rows]
    return "".join(line + kind.end for line in lines)


def parted(text, delimiter):
    """Rows of cells, or None; as CSV is defined, one character after the other."""
    rows, row, cell, state = [], [], "", "start"
    for each in [*text.replace("\r\n", "\n").replace("\r", "\n"), ""]:
        if state == "quoted" and each:
            state = "closing" if each == '"' else state
            cell += each if each != '"' else ""
        elif state == "closing" and each == '"':
            cell, state = cell + '"', "quoted"
        elif each in (delimiter, "\n", ""):
            if state == "quoted":
                return None
            row.append(cell.strip())
            cell, state = "", "start"
            if each != delimiter:
                rows += [] if row == [""] else [row]
                row = []
        elif state == "closing":
            return None
        elif state == "start" and each == '"':
            state = "quoted"
        else:
            cell, state = cell + each, "open"
    return rows


def number(cell, kind):
    if cell in NONE:
        return None
    if kind.thousands and kind.thousands in cell:
        if not re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?", cell):
            raise ValueError(cell)
        cell = cell.replace(kind.thousands, "")
    if kind.decimal == ",":
        if "." in cell:
            raise ValueError(cell)
        cell = cell.replace(",", ".")
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", cell):
        raise ValueError(cell)
    if not isfinite(float(cell)):
        raise ValueError(cell)
    return float(cell)


def day_of(cell, kind):
    form = kind.dates
    if form == "%Y%m%d" and not re.fullmatch("[0-9]{8}", cell):
        raise ValueError(cell)
    if form != "%Y%m%d":  # whatever stands between
        cell, form = re.sub("[-/.]", "/", cell), re.sub("[-/.]", "/", form)
    if not re.fullmatch("[0-9/]*", cell):
        raise ValueError(cell)
    return datetime.strptime(cell, form).date()


def says(data, kind):
    """What a file says, by field: (dates, name, tickers, rows of numbers); None if nothing."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    try:
        marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = data.decode("utf-16" if marked else "utf-8-sig")
        rows = parted(text, kind.delimiter)
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            return None
        return SAYS[kind.layout](rows, kind)
    except (ValueError, IndexError):
        return None


def says_wide(rows, kind):
    days = [day_of(row[0], kind) for row in rows[1:]]
    values = [[number(cell, kind) for cell in row[1:]] for row in rows[1:]]
    return {"close": (days, rows[0][0], rows[0][1:], values)}


def field_of(name):
    return NAMES.get(re.sub(r"[\s_.-]", "", name.casefold()))


def says_single(rows, kind):
    days = [day_of(row[0], kind) for row in rows[1:]]
    found = {}
    for n, name in enumerate(rows[0][1:], 1):
        if field_of(name) is not None:
            values = [[number(row[n], kind)] for row in rows[1:]]
            found[field_of(name)] = (days, rows[0][0], ["NVDA"], values)
    return found


def says_double(rows, kind):
    name, body = "", rows[2:]
    if not any(rows[2][1:]):
        name, body = rows[2][0], rows[3:]
    days = [day_of(row[0], kind) for row in body]
    found = {}
    for n, (field, ticker) in enumerate(zip(rows[0], rows[1], strict=True)):
        if n and field_of(field) is not None:
            held = found.setdefault(field_of(field), (days, name, [], [[] for _ in body]))
            held[2].append(ticker)
            for values, row in zip(held[3], body, strict=True):
                values.append(number(row[n], kind))
    return found


def says_long(rows, kind):
    keys = [(day_of(row[0], kind), row[1]) for row in rows[1:]]
    if len(set(keys)) < len(keys):
        return None
    days, tickers = sorted({day for day, _ in keys}), [*dict.fromkeys(key[1] for key in keys)]
    found = {}
    for n, name in enumerate(rows[0]):
        if n > 1 and field_of(name) is not None:
            held = dict(zip(keys, (number(row[n], kind) for row in rows[1:]), strict=True))
            values = [[held.get((day, each)) for each in tickers] for day in days]
            found[field_of(name)] = (days, rows[0][0], tickers, values)
    return found


SAYS = {"wide": says_wide, "single": says_single, "double": says_double}
SAYS |= {"long": says_long, "bars": says_long}


def named(error, path):
    """Nothing, if the refusal says which file it is about."""
    assert path.name in str(error)


def got(folder, data, kind):
    """What the package reads: a table by field, or its refusal."""
    path = Path(folder) / ("NVDA.csv" if data[:4] != b"PAR1" else "NVDA.parquet")
    path.write_bytes(data)
    try:
        if kind.layout in ("wide", "long"):
            return {"close": read_closes(path)}
        bars = read_bars(path)
    except rt.DataError as error:
        return named(error, path)
    tables = {name: getattr(bars, name) for name in Bars.__dataclass_fields__}
    return {name: table for name, table in tables.items() if table is not None}


def agree(tables, told):
    if told is None or set(tables) != set(told):
        return False
    for name, (days, head, tickers, values) in told.items():
        table = tables[name]
        wanted = np.array(values, dtype=float).reshape(len(days), len(tickers))
        same = np.array_equal(table.to_numpy(), wanted, equal_nan=True)
        if not (same and [each.date() for each in table.index] == days):
            return False
        if list(table.columns) != tickers or (table.index.name or "") != head:
            return False
    return True


def variants(kind):
    """Other ways to write that what is left of a file may fit, if it does not fit its own."""
    yield kind
    if kind.decimal == ",":
        yield replace(kind, thousands="")
        yield replace(kind, decimal=".", thousands="")
    swapped = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y", "%d.%m.%Y": "%m.%d.%Y"}
    if kind.dates in swapped:
        yield replace(kind, dates=swapped[kind.dates])


def check(folder, data, kind, want="either"):
    """The right table or, unless it is wanted, a refusal; nothing else."""
    tables = got(folder, data, kind)
    if tables is None:
        assert want != "table", data
        return
    assert want != "refusal", data
    told = (says(data, each) for each in variants(kind))
    first = next((each for each in told if each is not None), None)
    assert agree(tables, first), data


def spoil(rng, data):
    """A file with bytes changed, lost, put in, doubled or cut off."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(data) or 1)
        how = rng.randrange(8)
        if how == 0:
            data[at : at + 1] = bytes([(data[at] if data else 0) ^ (1 << rng.randrange(8))])
        elif how == 1:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif how == 2:
            data[at : at + 1] = rng.choice(b",;\t|\"'.-\n\r0 9e\0").to_bytes(1, "big")
        elif how == 3:
            del data[at : at + rng.choice([1, 1, 2, 9, 80])]
        elif how == 4:
            data[at:at] = rng.choice([b",", b'"', b";", b"\n", b"\r", b"\0", b"9", b".", b"\xff"])
        elif how == 5:
            data[at:at] = data[at : at + rng.choice([1, 5, 40, 200])]
        elif how == 6:
            there = rng.randrange(len(data) or 1)
            data[at : at + 9], data[there : there + 9] = data[there : there + 9], data[at : at + 9]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds)
def test_a_text_with_spoilt_bytes_is_refused_or_read_as_it_stands(seed):
    rng = random.Random(seed)
    kind = kinds(rng)
    text = joined(rows_of(rng, kind)[0], kind, rng.random() < 0.2)
    coding = rng.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "latin-1"])
    good = text.encode(coding, errors="replace")
    with TemporaryDirectory() as folder:
        for _ in range(10):
            check(folder, spoil(rng, good), kind)


def change(rng, rows, top, kind):
    """A change whose meaning is known: the rows, and whether they must be read or refused."""
    rows = [list(row) for row in rows]
    at, other = rng.randrange(top, len(rows)), rng.randrange(top, len(rows))
    column = rng.randrange(2 if kind.layout in ("long", "bars") else 1, len(rows[0]))
    how = rng.randrange(11)
    if how == 0:
        rows[at][column] = written(round(rng.uniform(0.1, 9999), 2) + 0.001, kind)
    elif how == 1:
        rows[at][column] = rng.choice(sorted(NONE))
    elif how == 2:
        rows[at][column] = rng.choice(JUNK)
        return rows, "refusal"
    elif how == 3:
        rows[at][0] = rng.choice([*JUNK, "", "2020-13-01", "31/02/2020", "45000", "13/13/2020"])
        return rows, "refusal"
    elif how == 4:
        rows[at], rows[other] = rows[other], rows[at]
    elif how == 5:
        rows.insert(other, rows[at])
        return rows, "refusal" if kind.layout in ("long", "bars") else "table"
    elif how == 6:
        del rows[at]
        return rows, "either"  # the last that could tell day from month
    elif how == 7:
        rows[at].append("")
        return rows, "refusal"
    elif how == 8:
        del rows[at][rng.randrange(len(rows[at]))]
        return rows, "refusal" if any(rows[at]) else "either"  # an empty line is none
    elif how == 9:
        for row in rows:
            row.insert(column + 1, row[column])
        return rows, "refusal"
    elif how == 10 and kind.layout in ("long", "bars"):
        rows[at][1] = ""
        return rows, "refusal"
    return rows, "table"


def clear(rows, top, kind):
    """Whether nobody could take days for months, fractions for cells, or LOW for a field."""
    if set(rows[0][1:]) <= {*EITHER} or (
        kind.decimal == "," and any("," in each for each in rows[0])
    ):
        return False
    days = [datetime.strptime(row[0], kind.dates).day for row in rows[top:]]
    cells = "\n".join(cell for row in rows[top:] for cell in row[1:])
    return max(days) > 12 and (not kind.thousands or re.search(r"\.[0-9]{3},", cells) is not None)


def outside(rng, rows, kind):
    """The same table in other bytes, and whether it must be read or refused."""
    how = rng.randrange(9)
    text = joined(rows, kind)
    if how == 0:
        return joined(rows, replace(kind, end="\n\n")).encode(), kind, "table"
    if how == 1:
        return joined(rows, kind, True).encode("utf-8-sig"), kind, "table"
    if how == 2:
        return text.encode(rng.choice(["utf-16", "utf-16"])), kind, "table"
    if how == 3:
        coding = rng.choice(["utf-16-le", "utf-16-be", "utf-32-le"])
        return text.encode(coding), kind, "refusal"
    if how == 4:
        return gzip.compress(text.encode(), mtime=0), kind, "table"
    if how == 5:
        cut = gzip.compress(text.encode(), mtime=0)
        return cut[: rng.randrange(2, len(cut))], kind, "refusal"
    if how == 6:
        return text.encode().rstrip(b"\r\n"), kind, "table"
    if how == 7:
        return joined(rows, replace(kind, end="\r")).encode(), kind, "table"
    delimiter = rng.choice(",;\t|")
    kind = replace(kind, delimiter=delimiter)
    return joined(rows, kind).encode(), kind, "table"


@given(seed=seeds)
def test_a_changed_cell_row_or_column_is_read_as_changed_or_refused(seed):
    rng = random.Random(seed)
    kind = kinds(rng)
    rows, top = rows_of(rng, kind)
    sure = clear(rows, top, kind)
    with TemporaryDirectory() as folder:
        for _ in range(6):
            new, want = change(rng, rows, top, kind)
            if want == "table" and not (sure and clear(new, top, kind)):
                want = "either"
            check(folder, joined(new, kind).encode(), kind, want)
        for _ in range(4):
            data, other, want = outside(rng, rows, kind)
            check(folder, data, other, "either" if want == "table" and not sure else want)


def closes(rng):
    days = pd.DatetimeIndex([date(2020, 1, 1) + timedelta(n) for n in range(20)], name="date")
    values = [[rng.choice([rng.uniform(1, 99), float("nan")]) for _ in range(3)] for _ in days]
    return pd.DataFrame(values, days, rng.sample(TICKERS, 3))


def parquet(table):
    sink = io.BytesIO()
    table.to_parquet(sink)
    return sink.getvalue()


@given(seed=seeds)
def test_a_spoilt_parquet_file_of_our_own_is_refused(seed):
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        path = write_closes(closes(rng), Path(folder) / "a.parquet")
        good, told = path.read_bytes(), read_closes(path)
        for _ in range(3):
            path.write_bytes(spoil(rng, good))
            if path.read_bytes() == good:
                continue
            try:
                again = read_closes(path)
            except rt.DataError as error:
                named(error, path)
            else:  # what was spoilt was the mark of the seal itself
                pd.testing.assert_frame_equal(again, told)


@given(seed=seeds)
def test_values_of_parquet_are_read_as_they_stand_or_refused(seed):
    """Whole files, with anything in a cell: nulls, infinities, texts, other types."""
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        for _ in range(2):
            table = closes(rng)
            n = rng.randrange(3)
            kind = rng.choice(["float32", "int", "text", "junk", "inf", "bool", "null", "swap"])
            column = table.iloc[:, n]
            if kind == "float32":
                column = column.astype("float32")
            elif kind == "int":
                column = column.round().astype("Int64")
            elif kind == "text":
                column = column.map(lambda each: None if each != each else repr(each))
            elif kind == "junk":
                column = column.map(repr)
                column.iloc[rng.randrange(20)] = rng.choice(JUNK)
            elif kind == "inf":
                column.iloc[rng.randrange(20)] = rng.choice([np.inf, -np.inf])
            elif kind == "bool":
                column = column > 50
            elif kind == "null":
                column = column.map(lambda _: None).astype(object)
            made = {name: table[name] for name in table}
            made[table.columns[n]] = column
            made = pd.DataFrame(made)
            if kind == "swap":
                made = made.iloc[rng.sample(range(20), 20)]
            path.write_bytes(parquet(made))
            if kind in ("junk", "inf", "bool"):
                with pytest.raises(rt.DataError, match=r"a\.parquet"):
                    read_closes(path)
                continue
            sure = not {*made} <= {*EITHER}
            read = read_closes(path, None if sure else FileFormat(layout="wide"))
            wanted = [
                [np.nan if each is None or each is pd.NA else float(each) for each in made[name]]
                for name in made
            ]
            assert np.array_equal(read.to_numpy().T, np.array(wanted), equal_nan=True)
            assert list(read.columns) == list(made.columns)
            assert list(read.index) == list(made.index)


@pytest.mark.parametrize("seed", range(20))
def test_a_spoilt_parquet_file_of_others_is_refused_or_read_as_arrow_reads_it(tmp_path, seed):
    """Nothing in it tells that a footer was changed; what is left is that nothing else happens."""
    rng = random.Random(seed)
    good = parquet(closes(rng))
    path = tmp_path / "a.parquet"
    for _ in range(20):
        path.write_bytes(spoil(rng, good))
        try:
            read = read_closes(path)
        except rt.DataError as error:
            named(error, path)
            continue
        told = {name.strip(): each for name, each in pq.read_table(path).to_pydict().items()}
        for name in read.columns:
            wanted = np.array(
                [np.nan if each is None else each for each in told[name]], dtype=float
            )
            assert np.array_equal(read[name].to_numpy(), wanted, equal_nan=True)
