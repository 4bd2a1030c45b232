"""Prices into files: whole or not at all, and never in place of another without being asked.

What is written is read back the same to the last bit by :mod:`rotation.data.files`.
"""

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rotation.data.bars import Bars
from rotation.data.sheets import LAYOUT
from rotation.errors import ArgumentError, DataError
from rotation.extra import load
from rotation.provenance import STAMP
from rotation.seal import BLANK, seal
from rotation.whole import save, there

__all__ = ["write_bars", "write_closes"]

_TEXT = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_PARQUET = (".parquet", ".pq")
_CALLED = {"splits": "Stock Splits"}


def write_closes(
    closes: pd.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a table of closes as it is, a column for each ticker.

    Parquet keeps the stamp that says where they come from, the names of the axes, and that each
    column is a ticker. CSV keeps none of it but the index's name.

    Parameters
    ----------
    closes : (T, N) numbers; index tz-naive dates; columns names
    path : its end says how: .csv, .csv.gz, .tsv, .txt (tabs), .parquet
    overwrite : whether a file that is there may be replaced

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ArgumentError
        If the file is there already, or cannot be written; what was there stays as it was.
    DataError
        If the table could not be read back the same.
    MissingExtraError
        Parquet without pyarrow.

    Examples
    --------
    >>> import rotation as rt
    >>> from rotation.data.files import read_closes
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = write_closes(rt.sample(), Path(folder) / "closes.csv.gz")
    ...     read_closes(path).equals(rt.sample())
    True
    """
    path, kind = _target(path, overwrite)
    _check(closes, "closes")
    values = closes.to_numpy(dtype=np.float64, na_value=np.nan)
    names = list(closes.columns)
    if kind in _TEXT:
        data = _to_text(
            [["" if closes.index.name is None else str(closes.index.name), *names]],
            closes.index,
            values,
            kind,
        )
    else:
        table = pd.DataFrame(values, closes.index, closes.columns)
        text = closes.attrs.get(STAMP)
        more = {LAYOUT: b"wide"}  # a ticker may be called C or Close
        if text is not None:
            more[b"PANDAS_ATTRS"] = json.dumps({STAMP: text}).encode()
        data = _to_parquet(table, more)
    return _save(path, data, overwrite)


def write_bars(bars: Bars, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write bars with two header rows, of fields and of tickers, as yfinance does.

    Parameters
    ----------
    bars : (T, N) tables
    path : as of :func:`write_closes`
    overwrite : whether a file that is there may be replaced

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ArgumentError, DataError, MissingExtraError
        As :func:`write_closes`.

    Examples
    --------
    >>> import rotation as rt
    >>> from rotation.data.files import read_bars
    >>> from tempfile import TemporaryDirectory
    >>> bars = Bars(close=rt.sample(), open=rt.sample() * 0.99)
    >>> with TemporaryDirectory() as folder:
    ...     read_bars(write_bars(bars, Path(folder) / "bars.csv")).open.equals(bars.open)
    True
    """
    path, kind = _target(path, overwrite)
    if not isinstance(bars, Bars):
        raise DataError(f"bars: want Bars, got {type(bars).__name__}")
    held = {each.name: getattr(bars, each.name) for each in fields(Bars)}
    held = {name: table for name, table in held.items() if table is not None}
    for name, table in held.items():
        _check(table, name)
    index, tickers = bars.close.index, list(bars.close.columns)
    called = {name: _CALLED.get(name, name.capitalize()) for name in held}
    values = np.column_stack(
        [table.to_numpy(dtype=np.float64, na_value=np.nan) for table in held.values()]
    )
    pairs = [(called[name], ticker) for name in held for ticker in tickers]
    if kind in _TEXT:
        upper, lower = ["Price"], ["Ticker"]
        upper += [pair[0] for pair in pairs]
        lower += [pair[1] for pair in pairs]
        heads = [upper, lower]
        if index.name is not None:
            heads.append([str(index.name)] + [""] * len(pairs))
        data = _to_text(heads, index, values, kind)
    else:
        columns = pd.MultiIndex.from_tuples(pairs, names=["Price", bars.close.columns.name])
        stamps = {name: table.attrs[STAMP] for name, table in held.items() if STAMP in table.attrs}
        more = {LAYOUT: b"double", b"rotation.bars": json.dumps(stamps).encode()}
        data = _to_parquet(pd.DataFrame(values, index, columns), more)
    return _save(path, data, overwrite)


def _target(path: str | os.PathLike[str], overwrite: bool) -> tuple[Path, str]:
    """The file, and the end of its name without .gz."""
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path: want a file, got {path!r}")
    path = Path(path)
    bare = path.with_suffix("") if path.suffix.casefold() == ".gz" else path
    kind = bare.suffix.casefold()
    if kind not in _TEXT and (kind not in _PARQUET or bare != path):
        raise ArgumentError(
            f"path: want a name that ends in .csv, .csv.gz, .tsv, .txt or .parquet, got {path.name}"
        )
    if not overwrite and os.path.lexists(path):
        raise there(path)
    return path, kind


def _check(table: pd.DataFrame, name: str) -> None:
    """Refuse what would not be read back the same."""
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{name}: want a DataFrame, got {type(table).__name__}")
    index = table.index
    if not isinstance(index, pd.DatetimeIndex) or table.empty:
        raise DataError(f"{name}: want an index of dates and a column at least, got {table.shape}")
    if index.tz is not None or index.hasnans or not index.is_normalized:
        raise DataError(f"{name}: want tz-naive dates without time of day and no NaT")
    odd = (index.year < 1800) | (index.year > 2200)
    if odd.any():
        raise DataError(f"{name}: want years from 1800 to 2200, got {index[odd][0]:%Y-%m-%d}")
    names = [*table.columns, *([] if index.name is None else [index.name])]
    for each in names:
        if not isinstance(each, str) or not each or each != each.strip() or not each.isprintable():
            raise DataError(f"{name}: want names that are printable texts, got {each!r}")
    twice = [each for n, each in enumerate(names) if each in names[:n]]
    if twice:
        raise DataError(f"{name}: want each name once, got {twice[0]} twice")
    for column, dtype in zip(table.columns, table.dtypes, strict=True):
        if dtype.kind not in "fiu":
            raise DataError(f"{name}: want numbers, got {dtype} in {column}")
    values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        row, position = np.argwhere(np.isinf(values))[0]
        raise DataError(
            f"{name}: want finite numbers or NaN, got {values[row, position]} for "
            f"{table.columns[position]} on {index[row]:%Y-%m-%d}"
        )


def _to_text(
    heads: Iterable[list[str]], index: pd.Index, values: np.ndarray[Any, Any], kind: str
) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=_TEXT[kind], lineterminator="\n")
    writer.writerows(heads)
    days = np.datetime_as_string(index.to_numpy(), unit="D").tolist()
    for day, row in zip(days, values.tolist(), strict=True):
        writer.writerow([day, *("" if each != each else repr(each) for each in row)])
    return sink.getvalue().encode()


def _to_parquet(table: pd.DataFrame, more: Mapping[bytes, bytes]) -> bytes:
    """A Parquet file that pandas reads, with a digest of its bytes in its footer."""
    pa, parquet = load("pyarrow", "parquet", "path"), load("pyarrow.parquet", "parquet", "path")
    made = pa.Table.from_pandas(table)
    about = {**(made.schema.metadata or {}), **more, b"seal": BLANK}
    made = made.replace_schema_metadata(about)
    sink = pa.BufferOutputStream()
    parquet.write_table(made, sink, compression="zstd", use_dictionary=False)
    return seal(sink.getvalue().to_pybytes())


def _save(path: Path, data: bytes, overwrite: bool) -> Path:
    if path.suffix.casefold() == ".gz":
        data = gzip.compress(data, mtime=0)
    return save(path, data, overwrite=overwrite)
