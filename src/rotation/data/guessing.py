"""What a file's columns are: guessed from the names customary for them, or said by the user.

A guess that could be another is no guess: it is refused, with the ways out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import pandas as pd

from rotation.data.dates import looks_like_date
from rotation.data.sheets import DELIMITERS, Sheet
from rotation.errors import ArgumentError, DataError

__all__ = ["FileFormat", "Layout", "Plan", "find_field", "find_price", "plan_columns"]

Layout: TypeAlias = Literal["wide", "long", "single", "double"]

# Headers, without case, spaces and dashes.
_DATE = re.compile(
    "asof|asofdate|caldt|datadate|dates?|datetime|datum|day|pricedate|session|time|timestamp"
    "|tradedate|tradingdate|tradingday"
)
_TICKER = re.compile(
    "asset|code|cusip|figi|instrument|isin|permno|ric|secid|security|securityid|sedol|stock|sym"
    "|symbols?|tic|tickers?|variable"
)
_FIELDS = {
    "close": re.compile("c|close|closeprice|closingprice"),
    "open": re.compile("o|open|openingprice|openprice|pxopen"),
    "high": re.compile("h|high|highprice|pxhigh"),
    "low": re.compile("l|low|lowprice|pxlow"),
    "volume": re.compile("v|vol|volume|pxvolume"),
    "dividends": re.compile("cashdividends?|div|dividends?"),
    "splits": re.compile("splits?|stocksplits?"),
}
_PRICE = re.compile(
    "(?:adj|adjusted)close(?:price)?|(?:adj|adjusted)price|closeadj|last|lastprice|nav|prc|price"
    "|px|pxlast|settle|settlement|settlementprice|value|" + _FIELDS["close"].pattern
)
_OTHER = re.compile("amount|capitalgains|count|currency|repaired[?]?|trades|turnover|vwap")
_NUMBER = re.compile(r"[+-]?[0-9.,']+(?:[eE][+-]?[0-9]+)?")
_FRACTION = re.compile(r"[+-]?[0-9]*[.,][0-9]+(?:[eE][+-]?[0-9]+)?")
_OWN_NAME = re.compile(r"[A-Z0-9^][A-Z0-9.=^-]{0,14}")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """What is known of how a file holds its prices; None is guessed.

    Parameters
    ----------
    layout : "wide" is a column for each ticker; "long" a row for each date and ticker; "single" the
        open, high, low, close of one ticker; "double" two header rows, of fields and of tickers
    date : header of the column of dates
    ticker : header of the column of tickers, if long
    price : header of the prices wanted, as "Adj Close", if not wide
    name : ticker of a single file; else the file's name, if it looks like one
    dates : how dates are written, in the letters of ``strptime``, as "%d/%m/%Y"; "as written" takes
        the day that is written, whatever the time beside it
    zone : time zone of the exchange, as "Asia/Hong_Kong", for times of another zone, as UTC
    decimal : decimal sign, "." or ","
    thousands : sign between thousands, "" for none
    delimiter : between cells
    encoding : of the text, as "latin-1"

    Raises
    ------
    ArgumentError
        If one of them cannot be.

    Examples
    --------
    >>> FileFormat(price="Adj Close", dates="%d/%m/%Y")
    FileFormat(price='Adj Close', dates='%d/%m/%Y')
    """

    layout: Layout | None = None
    date: str | None = None
    ticker: str | None = None
    price: str | None = None
    name: str | None = None
    dates: str | None = None
    zone: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            got = getattr(self, each.name)
            if got is not None and not isinstance(got, str):
                raise ArgumentError(f"{each.name}: want a text or None, got {got!r}")
        for name, allowed in (
            ("layout", get_args(Layout)),
            ("decimal", (".", ",")),
            ("thousands", ("", ",", ".", "'", " ", "\u00a0", "\u202f")),
            ("delimiter", DELIMITERS),
        ):
            got = getattr(self, name)
            if got is not None and got not in allowed:
                raise ArgumentError(f"{name}: want one of {allowed}, got {got!r}")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ArgumentError(f"thousands: want another sign than decimal, got {self.decimal!r}")

    def __repr__(self) -> str:
        told = [(each.name, getattr(self, each.name)) for each in fields(self)]
        said = ", ".join(f"{name}={got!r}" for name, got in told if got is not None)
        return f"FileFormat({said})"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the columns of a sheet are.

    Parameters
    ----------
    sheet : with all header rows taken off, and without columns that are nothing
    how : as the user said, completed by what was guessed
    date : position of the column of dates
    ticker : position of the column of tickers, None if it has none
    columns : positions by field, as the file calls it, and ticker; the field of a wide sheet and
        the ticker of a long one are ""
    notes : what was left out, in words
    """

    sheet: Sheet
    how: FileFormat
    date: int
    ticker: int | None
    columns: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = field(default=())


def plan_columns(sheet: Sheet, how: FileFormat) -> Plan:
    """Find out what the columns of a sheet are.

    Parameters
    ----------
    sheet : of the file
    how : what is known

    Raises
    ------
    DataError
        If a column is there twice or not at all, or there are two ways to understand the file.
    """
    sheet, notes = _drop_strays(_lower(sheet, how))
    if not len(sheet):
        raise DataError(f"{sheet.file}: want rows below the header, got none")
    if sheet.note:
        notes = (*notes, sheet.note)
    _check_unique(sheet)
    date = _find_date(sheet, how)
    others = [n for n in range(len(sheet.names)) if n != date]
    if not others:
        raise DataError(f"{sheet.file}: want a column beside the dates, got none")
    layout, ticker = _find_layout(sheet, how, others)
    _check_names(sheet, layout, date, others)
    how = replace(how, layout=layout, date=sheet.names[date])
    if layout == "wide":
        for name in ("ticker", "price", "name"):
            if getattr(how, name) is not None:
                raise DataError(f"{sheet.file}: {name}: a wide file has a column for each ticker")
        columns = {"": {sheet.names[n]: n for n in others}}
    elif layout == "long":
        assert ticker is not None
        how = replace(how, ticker=sheet.names[ticker])
        columns = {sheet.names[n]: {"": n} for n in others if n != ticker and sheet.names[n]}
    elif layout == "single":
        how = replace(how, name=_own_name(sheet, how))
        columns = {sheet.names[n]: {str(how.name): n} for n in others}
    else:
        columns = _by_field(sheet, others)
    return Plan(sheet, how, date, ticker, columns, notes)


def _check_names(sheet: Sheet, layout: Layout, date: int, others: Sequence[int]) -> None:
    """Refuse a row of data in the place of the header, and columns that nobody can name."""
    for head in sheet.heads:
        if looks_like_date(head[date]) or any(_FRACTION.fullmatch(head[n]) for n in others):
            raise DataError(f"{sheet.file}: want a header with names, got {_list(head)}")
        for n in others:
            # A long file may have columns beside those that are read, a name or not.
            if not head[n] and layout != "long":
                raise DataError(f"{sheet.file}: want a name over column {n + 1}, got none")
            if not head[n].isprintable():
                raise DataError(f"{sheet.file}: want names that can be printed, got {head[n]!r}")


def find_field(plan: Plan, name: str) -> str | None:
    """What the file calls a field of bars, None if it has none.

    Raises
    ------
    DataError
        If it has two.
    """
    found = [each for each in plan.columns if _FIELDS[name].fullmatch(_plain(each))]
    if len(found) > 1:
        raise DataError(f"{plan.sheet.file}: want one column of {name}, got {_list(found)}")
    return found[0] if found else None


def find_price(plan: Plan) -> str:
    """What the file calls the price that is wanted.

    Raises
    ------
    DataError
        If there is no price, or two and the user did not say which.
    """
    if plan.how.layout == "wide":
        return ""
    if plan.how.price is not None:
        if plan.how.price not in plan.columns:
            raise DataError(
                f"{plan.sheet.file}: price: want one of {_list(plan.columns)}, "
                f"got {plan.how.price!r}"
            )
        return plan.how.price
    found = [each for each in plan.columns if _PRICE.fullmatch(_plain(each))]
    if len(found) != 1:
        raise DataError(
            f"{plan.sheet.file}: want one column of prices, got "
            + (f"{_list(found)}; " if found else f"none in {_list(plan.columns)}; ")
            + f"say which, as price={(found or list(plan.columns))[0]!r}"
        )
    return found[0]


def _plain(name: str) -> str:
    """A header without case, spaces and dashes, and the brackets and stars of some vendors."""
    return re.sub(r"[\s_.\-<>*]+", "", name.casefold())


def _list(names: Iterable[str]) -> str:
    shown = [*names]
    return ", ".join(map(repr, shown[:8])) + ", ..." * (len(shown) > 8)


def _lower(sheet: Sheet, how: FileFormat) -> Sheet:
    """The sheet with its second header row, and the third with the index's name, taken off."""
    if sheet.lines is None or how.layout not in (None, "double") or not len(sheet):
        return sheet
    upper, lower = sheet.names, sheet.row(0)
    labels = [each for each in (upper[0], lower[0]) if not _TICKER.fullmatch(_plain(each))]
    labelled = len(labels) == 1 and _plain(labels[0]) in ("price", "field", "fields")
    texts = not any(_NUMBER.fullmatch(cell) or not cell for cell in lower[1:])
    named = all(_is_known(name) for name in upper[1:]) or all(_is_known(c) for c in lower[1:])
    if not (how.layout == "double" or labelled or (texts and named and not _digits(lower[0]))):
        return sheet
    third = sheet.row(1) if len(sheet) > 1 else ["-"]
    named = third[0] == how.date or not _digits(third[0])  # no date, though its row is empty
    if named and not any(third[1:]) and len(third) > 1:
        low = sheet.lower(2)
        heads = ((third[0], *low.heads[0][1:]), ("", *low.heads[1][1:]))
        return replace(low, heads=heads)
    low = sheet.lower(1)
    return replace(low, heads=(("", *upper[1:]), ("", *lower[1:])))


def _digits(cell: str) -> bool:
    return any(each.isdigit() for each in cell)


def _is_known(name: str) -> bool:
    return any(each.fullmatch(_plain(name)) for each in (*_FIELDS.values(), _PRICE, _OTHER))


def _drop_strays(sheet: Sheet) -> tuple[Sheet, tuple[str, ...]]:
    """Without columns that have no name and hold nothing, or the numbers of the rows."""
    stray, notes = [], []
    for n, name in enumerate(sheet.names):
        if len(sheet.heads) == 2 or (name and not re.fullmatch(r"Unnamed: [0-9]+", name)):
            continue
        cells = sheet.columns[n]
        if isinstance(cells, list) and not any(cells):
            stray.append(n)
            notes.append(f"column {n + 1}, which is empty, left out")
        elif isinstance(cells, list) and cells == [str(row) for row in range(len(cells))]:
            stray.append(n)
            notes.append(f"column {n + 1}, which numbers the rows, left out")
    if not stray or len(stray) == len(sheet.names):
        return sheet, ()
    return sheet.without(stray), tuple(notes)


def _check_unique(sheet: Sheet) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for n, head in enumerate(zip(*sheet.heads, strict=True)):
        if head in seen:
            raise DataError(
                f"{sheet.file}: want each column once, got {' '.join(head) or 'one without a name'}"
                f" in columns {seen[head] + 1} and {n + 1}"
            )
        seen[head] = n


def _find_date(sheet: Sheet, how: FileFormat) -> int:
    names = sheet.names
    if how.date is not None:
        if how.date not in names:
            raise DataError(f"{sheet.file}: date: want one of {_list(names)}, got {how.date!r}")
        return names.index(how.date)
    called = [n for n, name in enumerate(names) if _DATE.fullmatch(_plain(name))]
    if len(called) > 1:  # a ticker may be called DAY
        called = [n for n in called if _holds_dates(sheet, n)]
    if len(called) == 1:
        return called[0]
    if not called:
        timed = [n for n, each in enumerate(sheet.columns) if isinstance(each, pd.DatetimeIndex)]
        if len(timed) == 1:
            return timed[0]
        if not timed and _holds_dates(sheet, 0):
            return 0
    raise DataError(
        f"{sheet.file}: want one column of dates, as 'date' or the first, got "
        f"{_list(names[n] for n in called) if called else _list(names)}; say which, as date='Day'"
    )


def _holds_dates(sheet: Sheet, position: int) -> bool:
    cells = sheet.columns[position]
    if isinstance(cells, list):
        return bool(cells) and looks_like_date(cells[0])
    return isinstance(cells, pd.DatetimeIndex)


def _find_layout(sheet: Sheet, how: FileFormat, others: Sequence[int]) -> tuple[Layout, int | None]:
    """The layout, and the column of tickers of a long one."""
    names = sheet.names
    tickers = _tickers(sheet, how, others)
    if len(sheet.heads) == 2 and how.layout in (None, "double"):
        return "double", None
    if how.layout is not None and how.layout != "long":
        if how.layout == "double":
            raise DataError(f"{sheet.file}: layout: want two header rows, got one")
        return how.layout, None
    if how.layout == "long" or how.ticker is not None or tickers:
        if len(tickers) != 1:
            got = _list(names[n] for n in tickers or others)
            raise DataError(
                f"{sheet.file}: want one column of tickers, got {got}; say which, as ticker='sym'"
            )
        priced = how.price is not None or any(_PRICE.fullmatch(_plain(names[n])) for n in others)
        if how.layout is None and not priced:
            raise DataError(
                f"{sheet.file}: got {names[tickers[0]]!r}, as if a row were a date and a ticker, "
                f"but no column of prices in {_list(names[n] for n in others)}; say price='...', "
                "or layout='wide'"
            )
        return "long", tickers[0]
    fielded = [names[n] for n in others if _is_known(names[n])]
    priced = how.price is not None or any(_PRICE.fullmatch(_plain(each)) for each in fielded)
    if len(fielded) == len(others) and priced:
        return "single", None
    if priced or len(fielded) == len(others):
        unknown = [names[n] for n in others if not _is_known(names[n])]
        raise DataError(
            f"{sheet.file}: got {_list(fielded)}, which may be tickers or fields of one"
            + (f", beside {_list(unknown)}" if unknown else "")
            + "; say layout='wide' or 'single'"
            + (f", or ticker={unknown[0]!r} if it holds tickers" if len(unknown) == 1 else "")
        )
    return "wide", None


def _tickers(sheet: Sheet, how: FileFormat, others: Sequence[int]) -> list[int]:
    """Columns that may hold tickers."""
    if how.ticker is not None:
        if how.ticker not in sheet.names:
            raise DataError(
                f"{sheet.file}: ticker: want one of {_list(sheet.names)}, got {how.ticker!r}"
            )
        return [sheet.names.index(how.ticker)]
    found = []
    for n in others:
        cells = sheet.columns[n]
        # Prices of a ticker that is called SYM have fractions.
        if (
            _TICKER.fullmatch(_plain(sheet.names[n]))
            and isinstance(cells, list)
            and not any(map(_FRACTION.fullmatch, cells))
        ):
            found.append(n)
    return found


def _own_name(sheet: Sheet, how: FileFormat) -> str:
    if how.name is not None:
        return how.name
    stem = Path(sheet.file).name
    for suffix in (".gz", ".csv", ".txt", ".tsv", ".parquet", ".pq"):
        if stem.casefold().endswith(suffix):
            stem = stem[: -len(suffix)]
    if not _OWN_NAME.fullmatch(stem):
        raise DataError(
            f"{sheet.file}: want the ticker of its prices, got a file's name that is none; "
            "say name='NVDA'"
        )
    return stem


def _by_field(sheet: Sheet, others: Sequence[int]) -> dict[str, dict[str, int]]:
    """Columns of two header rows, by field and then ticker, whichever stands above."""
    upper, lower = sheet.heads
    above = all(_is_known(upper[n]) for n in others)
    if not above and not all(_is_known(lower[n]) for n in others):
        odd = next(upper[n] for n in others if not _is_known(upper[n]))
        raise DataError(
            f"{sheet.file}: want a header row of fields, as Close, and one of tickers, got {odd!r}"
        )
    found: dict[str, dict[str, int]] = {}
    for n in others:
        name, ticker = (upper[n], lower[n]) if above else (lower[n], upper[n])
        found.setdefault(name, {})[ticker] = n
    return found
