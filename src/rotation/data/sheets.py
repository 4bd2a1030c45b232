"""A file's table before anything in it is understood: header rows, and columns of cells.

Cells of a text file stay texts, and those of Parquet what they are there: nothing is taken for
missing, for a number or for a date here.
"""

import ast
import codecs
import csv
import gzip
import io
import json
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray
from rotation.errors import ArgumentError, DataError
from rotation.extra import load
from rotation.seal import is_sealed

__all__ = ["DELIMITERS", "LAYOUT", "Cells", "Sheet", "Strange", "read_sheet"]

DELIMITERS = (",", ";", "\t", "|")
LAYOUT = b"rotation.layout"
"""Key under which our own Parquet files say what their columns are."""
_TURNED = 4096  # rows that are read before they are turned into columns
_INDEX = "__index_level_0__"  # what pandas calls an index without a name
_BOMS = (  # that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FOREIGN = {b"PK\x03\x04": "a zip or Excel file", b"\xd0\xcf\x11\xe0": "an old Excel file"}
_PAIR = re.compile(r"\((?:'.*'|\".*\"), (?:'.*'|\".*\")\)")


@dataclass(frozen=True, slots=True)
class Strange:
    """A column of a kind that holds neither prices nor names nor dates."""

    kind: str


Cells: TypeAlias = list[str] | FloatArray | pd.DatetimeIndex | Strange


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A table as it stands in a file.

    Parameters
    ----------
    file : its name without the folder
    heads : header rows, one or two, each with a text for every column
    columns : cells of each column: texts, floats, or times
    lines : of the file, one for each row of cells; None if it has none, as Parquet
    delimiter, encoding : of a text file; "" of Parquet
    labels : of the header rows, None where there is none
    stamps : what stood in the file of where its tables come from, by field
    note : what is odd about the file, if anything is
    layout : of a file that we wrote and that says so; else ""
    taken : numbers of the rows that were taken from the file; None if all
    """

    file: str
    heads: tuple[tuple[str, ...], ...]
    columns: tuple[Cells, ...]
    lines: Sequence[int] | None = None
    delimiter: str = ""
    encoding: str = ""
    labels: tuple[str | None, ...] = (None,)
    stamps: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    layout: str = ""
    taken: Sequence[int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The first header row."""
        return self.heads[0]

    def __len__(self) -> int:
        return max((len(each) for each in self.columns if not isinstance(each, Strange)), default=0)

    def place(self, row: int, position: int | None = None) -> str:
        """Where a cell is, for a message."""
        row = row if self.taken is None else self.taken[row]
        line = f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"
        column = "" if position is None else f", column {self.heading(position)}"
        return f"{self.file}: {line}{column}"

    def heading(self, position: int) -> str:
        """What a column is called, for a message."""
        names = [head[position] for head in self.heads if head[position]]
        return " ".join(names) or f"{position + 1} (without a name)"

    def row(self, number: int) -> list[str]:
        """The cells of a row of texts; "" for what is no text."""
        return [each[number] if isinstance(each, list) else "" for each in self.columns]

    def lower(self, rows: int) -> Self:
        """The sheet with the first row of cells as a second header, and ``rows`` rows less."""
        return replace(
            self,
            heads=(self.names, tuple(self.row(0))),
            columns=tuple(
                each if isinstance(each, Strange) else each[rows:] for each in self.columns
            ),
            lines=None if self.lines is None else self.lines[rows:],
        )

    def take(self, rows: Sequence[int]) -> Self:
        """The sheet with some of its rows."""
        return replace(
            self,
            columns=tuple(
                [each[row] for row in rows]
                if isinstance(each, list)
                else (each if isinstance(each, Strange) else each[np.asarray(rows, dtype=np.intp)])
                for each in self.columns
            ),
            taken=rows,
        )

    def without(self, positions: Sequence[int]) -> Self:
        """The sheet less some columns."""
        kept = [n for n in range(len(self.names)) if n not in positions]
        return replace(
            self,
            heads=tuple(tuple(head[n] for n in kept) for head in self.heads),
            columns=tuple(self.columns[n] for n in kept),
        )


def read_sheet(
    path: str | os.PathLike[str], *, delimiter: str | None = None, encoding: str | None = None
) -> Sheet:
    """Read a CSV file, zipped by gzip or not, or a Parquet file; its first bytes say which.

    Parameters
    ----------
    path : of the file
    delimiter : between cells, guessed from the header if None
    encoding : of a text file; UTF-8, or what its byte order mark says, if None

    Raises
    ------
    ArgumentError
        If there is no such file, or it may not be read.
    DataError
        If it is no such table.
    MissingExtraError
        Parquet without pyarrow.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path: want a file, got {path!r}")
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(f"path: want a file, got {path} ({reason})") from error
    file = Path(path).name
    if data.startswith(b"PAR1") or file.casefold().endswith((".parquet", ".pq")):
        return _read_parquet(file, data)
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{file}: want a whole gzip file, got {error}") from error
    for start, kind in _FOREIGN.items():
        if data.startswith(start):
            raise DataError(f"{file}: want CSV or Parquet, got {kind}; save it as CSV")
    text, encoding = _decode(file, data, encoding)
    return _split(file, text, delimiter, encoding)


def _decode(file: str, data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        marked = (name for mark, name in _BOMS if data.startswith(mark))
        encoding = next(marked, "utf-8")
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file}: line {line}: want text in {encoding}, got byte 0x{data[error.start]:02X}; "
            "say its encoding, as encoding='latin-1' or 'cp1252'"
        ) from error
    except (LookupError, ValueError) as error:
        raise ArgumentError(f"encoding: want one of Python's, got {encoding!r}") from error
    odd = _CONTROL.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        raise DataError(
            f"{file}: line {line}: want text, got the control character {odd.group()!r}; "
            "the file is damaged, of another encoding, or no text"
        )
    return text, encoding


def _split(file: str, text: str, delimiter: str | None, encoding: str) -> Sheet:
    if not text.strip():
        raise DataError(f"{file}: want a table, got an empty file")
    told = re.match(r"sep=(.)[\r\n]", text)  # as Excel writes it
    if text.startswith(("# ", "//")):
        raise _comment(file, text)
    if delimiter is None:
        delimiter = told.group(1) if told else _guess_delimiter(file, text)
    heads: tuple[str, ...] = ()
    columns: list[list[str]] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            before += 1
            if reader.line_num != before:  # rows would vanish within a stray pair of quotes
                raise DataError(
                    f"{file}: line {before}: want cells within a line, got one over two"
                )
            if not row or (before == 1 and told):
                continue
            if not heads:
                heads, columns = tuple(name.strip() for name in row), [[] for _ in row]
                continue
            if len(row) != len(heads) and text.startswith("#"):
                raise _comment(file, text)
            if len(row) != len(heads):
                raise DataError(
                    f"{file}: line {before}: want {len(heads)} cells as in the header, "
                    f"got {len(row)}"
                )
            rows.append(row)
            lines.append(before)
            if len(rows) == _TURNED:
                _turn(rows, columns)
    except csv.Error as error:
        raise DataError(f"{file}: line {before + 1}: want whole cells, got {error}") from error
    _turn(rows, columns)
    if not lines:
        raise DataError(
            f"{file}: want a header and rows below it, got {'one line' if heads else 'none'}"
        )
    # It may have been cut within a number, and nobody can tell.
    note = "" if text.endswith(("\n", "\r")) else "the last line has no end"
    return Sheet(file, (heads,), tuple(columns), lines, delimiter, encoding, note=note)


def _turn(rows: list[list[str]], columns: list[list[str]]) -> None:
    """Move rows to the ends of the columns; what is there again, as a date, is kept once."""
    for column, cells in zip(columns, zip(*rows, strict=True), strict=False):
        seen: dict[str, str] = {}
        stripped = [cell.strip() for cell in cells]
        column += map(seen.setdefault, stripped, stripped)
    rows.clear()


def _comment(file: str, text: str) -> DataError:
    return DataError(
        f"{file}: line 1: want the header row, got {text.splitlines()[0][:60]!r}; take out what "
        "stands above the header"
    )


def _guess_delimiter(file: str, text: str) -> str:
    """The one that parts the header; of several the one that parts the next rows alike."""
    widths: dict[str, list[int]] = {}
    for each in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=each, strict=True)
        widths[each] = []
        with suppress(csv.Error):
            widths[each] += (len(row) for row in islice(reader, 20) if row)
    able = [each for each, got in widths.items() if got and got[0] > 1]
    if len(able) > 1:
        able = [each for each in able if len(set(widths[each])) == 1]
    titled = not able and any(
        each in line for line in text.splitlines()[1:3] for each in DELIMITERS
    )
    if len(able) != 1 and (titled or text.startswith("#")):
        raise _comment(file, text)
    if len(able) != 1:
        got = f"{len(able)} that fit" if able else "none that parts the header"
        raise DataError(
            f"{file}: want cells between commas, semicolons, tabs or bars, got {got}; "
            "say which, as delimiter=';'"
        )
    return able[0]


def _read_parquet(file: str, data: bytes) -> Sheet:
    pa, parquet = load("pyarrow", "parquet", "path"), load("pyarrow.parquet", "parquet", "path")
    sealed = is_sealed(data)
    if sealed is False:
        raise DataError(
            f"{file}: want the file as rotation wrote it, got other bytes; it is damaged"
        )
    try:
        source = parquet.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        table = source.read(use_threads=False)
        table.validate(full=True)
        columns = tuple(_to_cells(pa, table.column(n)) for n in range(table.num_columns))
        names = list(table.schema.names)
        known = {key: bytes(each) for key, each in (table.schema.metadata or {}).items()}
    except Exception as error:  # a damaged file makes Arrow raise almost anything
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"{file}: want a Parquet file, got {reason or type(error).__name__}"
        ) from error
    if not names or not table.num_rows:
        raise DataError(f"{file}: want columns and rows, got {len(names)} and {table.num_rows}")
    index, labels = _pandas_says(known)
    layout = known.get(LAYOUT, b"").decode(errors="replace") if sealed else ""
    # A ticker of ours may look like two header rows.
    heads = (_plain(names),) if layout == "wide" else _heads(names, index)
    labels = labels if len(labels) == len(heads) else (None,) * len(heads)
    return Sheet(file, heads, columns, labels=labels, stamps=_stamps(file, known), layout=layout)


def _plain(names: list[str]) -> tuple[str, ...]:
    return tuple("" if name == _INDEX else name.strip(" ") for name in names)


def _heads(names: list[str], index: list[str]) -> tuple[tuple[str, ...], ...]:
    """One header row, or the two that pandas writes as texts like "('Close', 'AAPL')"."""
    plain = _plain(names)
    paired = [name for name in names if name not in index and name != _INDEX]
    if not paired or not all(_PAIR.fullmatch(name) for name in paired):
        return (plain,)
    upper, lower = [], []
    for name, shown in zip(names, plain, strict=True):
        pair: Any = (shown, "")
        if name in paired:
            try:
                pair = ast.literal_eval(name)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return (plain,)
        if not (isinstance(pair, tuple) and [*map(type, pair)] == [str, str]):
            return (plain,)
        upper.append(pair[0].strip(" "))
        lower.append(pair[1].strip(" "))
    return tuple(upper), tuple(lower)


def _pandas_says(known: Mapping[bytes, bytes]) -> tuple[list[str], tuple[str | None, ...]]:
    """Columns that were an index, and what pandas called the header rows."""
    try:
        said = json.loads(known[b"pandas"])
        index = [each for each in said["index_columns"] if isinstance(each, str)]
        names = [each["name"] for each in said["column_indexes"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return [], (None,)
    return index, tuple(each if isinstance(each, str) else None for each in names)


def _stamps(file: str, known: Mapping[bytes, bytes]) -> dict[str, str]:
    """The stamp of a table, under "", or those of bars by field."""
    found: dict[str, str] = {}
    for key in (b"PANDAS_ATTRS", b"rotation.bars"):
        if key not in known:
            continue
        try:
            held = dict(json.loads(known[key]))
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(f"{file}: want {key.decode()} in JSON, got {error}") from error
        if key == b"PANDAS_ATTRS":
            held = {"": held["rotation"]} if "rotation" in held else {}
        found |= {field: each for field, each in held.items() if isinstance(each, str)}
    return found


def _to_cells(pa: Any, column: Any) -> Cells:
    kind = column.type
    types = pa.types
    if types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if types.is_string(kind) or types.is_large_string(kind):
        return [("" if each is None else each).strip(" ") for each in column.to_pylist()]
    if types.is_integer(kind):  # as texts, for a name or a date may be one
        return ["" if each is None else str(each) for each in column.to_pylist()]
    if types.is_floating(kind) or types.is_null(kind) or types.is_decimal(kind):
        if types.is_floating(kind):
            column = column.cast(pa.float64())
            return np.array(column.to_numpy(), dtype=np.float64)
        values = [np.nan if each is None else float(each) for each in column.to_pylist()]
        return np.array(values, dtype=np.float64)
    if types.is_date(kind):
        return pd.DatetimeIndex(column.cast(pa.timestamp("us")).to_pandas())
    if types.is_timestamp(kind):
        return pd.DatetimeIndex(column.to_pandas())
    return Strange(str(kind))
