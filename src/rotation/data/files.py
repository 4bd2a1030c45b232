"""Prices out of files: CSV and Parquet, of any customary layout, exactly as they stand there.

Rows out of order, days twice, holes and zeros stay for ``check_prices`` to find. What cannot be
understood in one way alone is refused, with the ways out.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from rotation.arrays import IntArray
from rotation.data.bars import Bars
from rotation.data.dates import read_dates
from rotation.data.file_format import FileFormat
from rotation.data.guessing import Plan, find_field, find_price, plan_columns
from rotation.data.numerals import Style, guess_style, read_numbers
from rotation.data.sheets import read_sheet
from rotation.errors import ArgumentError, DataError
from rotation.provenance import STAMP, Provenance, provenance, stamp

__all__ = ["Guess", "inspect", "read_bars", "read_closes"]

_FIELDS = tuple(each.name for each in fields(Bars))
_MOST = 50_000_000  # cells of a table that is mostly empty, before it is taken for a mistake


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file would be read.

    Parameters
    ----------
    file : its name without the folder
    how : all that was said or guessed, fit to be said the next time
    rows : below the header
    tickers : in their order
    notes : what else is known of it
    doubts : why it cannot be read so; empty if it can
    """

    file: str
    how: FileFormat
    rows: int
    tickers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(self.tickers[:8]) + ", ..." * (len(self.tickers) > 8)
        lines = [f"{self.file}: {self.rows} rows, {len(self.tickers)} tickers: {names}"]
        lines += [repr(self.how), *self.notes]
        lines += [f"cannot be read so: {doubt}" for doubt in self.doubts]
        return "\n".join(lines)


def inspect(path: str | os.PathLike[str], how: FileFormat | None = None) -> Guess:
    r"""Say how a file of closes would be read, and what keeps it from being read.

    Parameters
    ----------
    path : of the file
    how : what is known of it

    Returns
    -------
    Guess
        With the doubts that :func:`read_closes` would raise.

    Raises
    ------
    ArgumentError
        If there is no such file.
    DataError
        If it is no table at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "NVDA.csv"
    ...     _ = path.write_text("Date,Close,Adj Close\n31/01/2024,61.5,61.4\n")
    ...     guess = inspect(path)
    >>> guess.how.dates, guess.tickers
    ('%d/%m/%Y', ('NVDA',))
    >>> guess.doubts
    ("NVDA.csv: want one column of prices, got 'Close', 'Adj Close'; say which, as price='Close'",)
    """
    how = _check(how)
    sheet = read_sheet(path, delimiter=how.delimiter, encoding=how.encoding)
    if sheet.delimiter:
        how = replace(how, delimiter=sheet.delimiter, encoding=sheet.encoding)
    doubts: list[str] = []
    try:
        plan = plan_columns(sheet, how)
    except DataError as error:
        return Guess(sheet.file, how, len(sheet), doubts=(str(error),))
    how, sheet, notes = plan.how, plan.sheet, list(plan.notes)
    tickers: Sequence[str] = [*dict.fromkeys(t for held in plan.columns.values() for t in held)]
    if plan.ticker is not None:
        tickers = ()
        try:
            tickers = _codes(plan, plan.ticker)[0]
        except DataError as error:
            doubts.append(str(error))
    try:
        days, form = read_dates(sheet, plan.date, how.dates, how.zone)
        notes.append(f"dates from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}, read as {form}")
        if how.dates is None and form.startswith("%"):
            how = replace(how, dates=form)
    except DataError as error:
        doubts.append(str(error))
    try:
        price = find_price(plan)
        style = _style(plan, [price])
        for position in plan.columns[price].values():
            read_numbers(sheet, position, style)
        how = replace(how, price=price or None, decimal=style[0], thousands=style[1])
    except DataError as error:
        doubts.append(str(error))
    return Guess(sheet.file, how, len(sheet), tuple(tickers), tuple(notes), tuple(doubts))


def read_closes(
    path: str | os.PathLike[str],
    how: FileFormat | None = None,
    *,
    adjustment: str | None = None,
    currency: str | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    r"""Read closes from a CSV or Parquet file.

    Parameters
    ----------
    path : CSV, also zipped by gzip, or Parquet
    how : what is known of it; all else is guessed, or refused if it could be two things
    adjustment : what was taken out of the prices, as "splits and dividends"; as the file's stamp
        says if None, "unknown" without one
    currency : of all prices or by ticker; likewise

    Returns
    -------
    DataFrame (T, N)
        Closes, NaN where the file has none, stamped with where they come from. Rows of a long file
        are put in the order of their dates; all else stays in the order of the file, unchecked.

    Raises
    ------
    ArgumentError
        If there is no such file.
    DataError
        If it is no table of prices, or could be read in two ways; naming line and column.
    MissingExtraError
        Parquet without pyarrow.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "prices.csv"
    ...     _ = path.write_text("Tag;0700;NA\n30.01.2024;267,6;1,5\n31.01.2024;270,4;\n")
    ...     read_closes(path)
                 0700   NA
    Tag
    2024-01-30  267.6  1.5
    2024-01-31  270.4  NaN
    """
    plan = _plan(path, how)
    price = find_price(plan)
    days, form = read_dates(plan.sheet, plan.date, plan.how.dates, plan.how.zone)
    style = _style(plan, [price])
    table = _tables(plan, days, style, [price])[0]
    step = _step(plan, form, style, {"prices": price})
    text = plan.sheet.stamps.get("") if plan.how.layout == "wide" else None
    return _stamped(plan, table, text, step, adjustment, currency)


def read_bars(
    path: str | os.PathLike[str],
    how: FileFormat | None = None,
    *,
    adjustment: str | None = None,
    currency: str | Mapping[str, str] | None = None,
) -> Bars:
    r"""Read opens, highs, lows, closes, volumes, dividends and splits, whichever the file has.

    Parameters
    ----------
    path : CSV, also zipped by gzip, or Parquet: long, of one ticker, or with two header rows
    how : what is known of it; ``price`` is the close, "Close" if not said
    adjustment : what was taken out of the prices, as "splits"
    currency : of all prices or by ticker

    Returns
    -------
    Bars
        (T, N) tables, each stamped; None for what the file does not have. Adjusted closes beside
        closes are not used.

    Raises
    ------
    ArgumentError, DataError, MissingExtraError
        As :func:`read_closes`; and if a ticker lacks a field that another has.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "NVDA.csv"
    ...     _ = path.write_text("Date,Open,Close\n2024-01-31,61.4,61.5\n")
    ...     read_bars(path).open
                NVDA
    Date
    2024-01-31  61.4
    """
    plan = _plan(path, how)
    if plan.how.layout == "wide":
        raise DataError(
            f"{plan.sheet.file}: want columns of fields, as Close, got a column for each ticker; "
            "see read_closes"
        )
    if plan.left and plan.how.price is None:
        got = ", ".join(map(repr, (*plan.columns, *plan.left)))
        raise DataError(
            f"{plan.sheet.file}: want a column for each field, got {got} in the rows; say which "
            f"alone, as price={next(iter(plan.columns))!r}"
        )
    found = {name: find_field(plan, name) for name in _FIELDS}
    if plan.how.price is not None or found["close"] is None:
        found["close"] = find_price(plan)
    named = {name: called for name, called in found.items() if called is not None}
    called = list(named.values())
    days, form = read_dates(plan.sheet, plan.date, plan.how.dates, plan.how.zone)
    style = _style(plan, called)
    tables = _tables(plan, days, style, called)
    step = _step(plan, form, style, named)
    stamps = plan.sheet.stamps
    stamped = {
        name: _stamped(plan, table, stamps.get(name), step, adjustment, currency)
        for name, table in zip(named, tables, strict=True)
    }
    return Bars(**stamped)


def _check(how: FileFormat | None) -> FileFormat:
    if how is not None and not isinstance(how, FileFormat):
        raise ArgumentError(f"how: want a FileFormat, got {how!r}")
    return how or FileFormat()


def _plan(path: str | os.PathLike[str], how: FileFormat | None) -> Plan:
    how = _check(how)
    return plan_columns(read_sheet(path, delimiter=how.delimiter, encoding=how.encoding), how)


def _style(plan: Plan, called: Sequence[str]) -> Style:
    positions = [n for each in called for n in plan.columns[each].values()]
    return guess_style(plan.sheet, positions, plan.how.decimal, plan.how.thousands)


def _tables(
    plan: Plan, days: pd.DatetimeIndex, style: Style, called: Sequence[str]
) -> list[pd.DataFrame]:
    """A table (T, N) of each field, as the file calls it, with the tickers of the last."""
    sheet = plan.sheet
    numbers = [
        {each: read_numbers(sheet, n, style) for each, n in plan.columns[name].items()}
        for name in called
    ]
    index = days.rename(sheet.names[plan.date] or None)
    label = sheet.labels[-1]
    if plan.ticker is not None:
        sessions, names, cells = _cells(plan, index, plan.ticker)
        columns = _columns(names, None)
        tables = []
        for held in numbers:
            values = np.full(len(sessions) * len(names), np.nan)
            values[cells] = held[""]
            grid = values.reshape(len(sessions), len(names))
            tables.append(pd.DataFrame(grid, sessions, columns))
        return tables
    names = list(numbers[0])
    for name, held in zip(called, numbers, strict=True):
        odd = sorted(set(names) ^ set(held))
        if odd:
            raise DataError(f"{sheet.file}: want {name!r} of every ticker, got none of {odd[0]}")
    columns = _columns(names, label)
    return [
        pd.DataFrame(np.column_stack([held[each] for each in names]), index, columns)
        for held in numbers
    ]


def _columns(names: Sequence[str], label: str | None) -> pd.Index:
    return pd.DataFrame(columns=[*names]).columns.rename(label)


def _codes(plan: Plan, ticker: int) -> tuple[list[str], IntArray]:
    """Tickers of a long file in the order in which they come, and the number of each row's."""
    sheet, cells = plan.sheet, plan.sheet.columns[ticker]
    if not isinstance(cells, list):
        raise DataError(f"{sheet.file}: want names in column {sheet.heading(ticker)}, got others")
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.intp)
    for name, code in known.items():
        if not name or not name.isprintable():
            row = int((codes == code).argmax())
            raise DataError(f"{sheet.place(row, ticker)}: want a ticker, got {name!r}")
    return list(known), codes


def _cells(
    plan: Plan, index: pd.DatetimeIndex, ticker: int
) -> tuple[pd.DatetimeIndex, list[str], IntArray]:
    """Sessions and tickers of a long file, and where in their table each row goes."""
    sheet = plan.sheet
    names, codes = _codes(plan, ticker)
    sessions = index.unique().sort_values()
    if len(sessions) * len(names) > max(_MOST, 100 * len(index)):
        raise DataError(
            f"{sheet.file}: want tickers that come again on other dates, got {len(names)} in "
            f"column {sheet.heading(ticker)} in {len(index)} rows; say which, as ticker='sym'"
        )
    cells = sessions.get_indexer(index) * len(names) + codes
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(np.diff(cells[order]) == 0)
    if len(twice):
        again = int(order[twice + 1].min())
        first = int((cells == cells[again]).argmax())
        raise DataError(
            f"{sheet.place(again)}: want each date and ticker once, got {names[codes[again]]} on "
            f"{index[again]:%Y-%m-%d} again, as in {sheet.place(first).partition(': ')[2]}"
        )
    return sessions, names, cells


def _step(plan: Plan, form: str, style: Style, named: Mapping[str, str]) -> str:
    """How the file was understood, in words."""
    sheet, how = plan.sheet, plan.how
    said = [f"read as {how.layout}", f"dates in {sheet.names[plan.date]!r} as {form}"]
    if how.zone is not None:
        said.append(f"of the zone {how.zone}")
    if how.layout == "long":
        said.append(f"tickers in {how.ticker!r}")
    if how.layout == "single":
        said.append(f"ticker {how.name}")
    if how.layout != "wide":
        said.append(", ".join(f"{name} in {called!r}" for name, called in named.items()))
        unused = [each for each in plan.columns if each not in named.values()]
        if unused:
            said.append(f"not used: {', '.join(map(repr, unused))}")
    if style != (".", ""):
        said.append(f"decimal sign {style[0]!r}, thousands {style[1]!r}")
    return "; ".join([*said, *plan.notes])


def _stamped(
    plan: Plan,
    table: pd.DataFrame,
    text: str | None,
    step: str,
    adjustment: str | None,
    currency: str | Mapping[str, str] | None,
) -> pd.DataFrame:
    """The table with the stamp that stood in the file, or a new one."""
    file = plan.sheet.file
    if text is None:
        origin = Provenance(
            source=f"file {file}", adjustment=adjustment or "unknown", currency=currency or ""
        )
        return stamp(table, origin, step=step)
    table.attrs = {STAMP: text}
    try:
        origin = provenance(table)
    except DataError as error:
        raise DataError(f"{file}: {error}") from error
    told = {
        name: got
        for name, got in (("adjustment", adjustment), ("currency", currency))
        if got is not None and got != getattr(origin, name)
    }
    if not told:
        return table
    said = ", ".join(f"{name} {got}" for name, got in told.items())
    return stamp(table, replace(origin, **told), step=f"said by the user: {said}")  # type: ignore[arg-type]
