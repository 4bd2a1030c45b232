"""What a file's columns are: guessed from the names customary for them, or said by the user.

A guess that could be another is no guess: it is refused, with the ways out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import pandas as pd

from rotation.data.dates import looks_like_date
from rotation.data.file_format import FileFormat, Layout
from rotation.data.headers import (
    DATE,
    FIELDS,
    NUMBER,
    TICKER,
    is_known,
    is_price,
    plain,
    shown,
    sure_fields,
)
from rotation.data.row_fields import by_row, find_fields, holds_fields, learn_order, take_field
from rotation.data.sheets import Sheet, Strange
from rotation.errors import DataError

__all__ = ["Plan", "find_field", "find_price", "plan_columns"]

_FRACTION = re.compile(r"[+-]?[0-9]*[.,][0-9]+(?:[eE][+-]?[0-9]+)?")
_OWN_NAME = re.compile(r"[A-Z0-9^][A-Z0-9.=^-]{0,14}")


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
    left : fields of a long file whose rows were left out
    """

    sheet: Sheet
    how: FileFormat
    date: int
    ticker: int | None
    columns: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = field(default=())
    left: tuple[str, ...] = ()


def plan_columns(sheet: Sheet, how: FileFormat, *, every_field: bool = False) -> Plan:
    """Find out what the columns of a sheet are.

    Parameters
    ----------
    sheet : of the file
    how : what is known
    every_field : keep the rows of every field of a long file that names fields in its rows, for
        who asks which there are; else those of the price that is wanted are kept

    Raises
    ------
    DataError
        If a column is there twice or not at all, or there are two ways to understand the file.
    """
    if how.layout is None and sheet.layout in get_args(Layout):
        how = replace(how, layout=sheet.layout)  # type: ignore[arg-type]
    sheet, notes = _drop_strays(_lower(sheet, how))
    if not len(sheet):
        raise DataError(f"{sheet.file}: want rows below the header, got none")
    if sheet.note:
        notes = (*notes, sheet.note)
    if looks_like_date(sheet.names[0]) and not sheet.layout:
        raise _headless(sheet)
    _check_unique(sheet)
    date = _find_date(sheet, how)
    others = [n for n in range(len(sheet.names)) if n != date]
    if not others:
        raise DataError(f"{sheet.file}: want a column beside the dates, got none")
    layout, ticker = _find_layout(sheet, how, others)
    _check_names(sheet, layout, date, others)
    how = replace(how, layout=layout, date=sheet.names[date])
    left: tuple[str, ...] = ()
    if layout == "wide":
        for name in ("ticker", "price", "name"):
            if getattr(how, name) is not None:
                raise DataError(f"{sheet.file}: {name}: a wide file has a column for each ticker")
        columns = {"": {sheet.names[n]: n for n in others}}
    elif layout == "long":
        assert ticker is not None
        how = replace(how, ticker=sheet.names[ticker])
        others = [n for n in others if n != ticker]
        told = find_fields(sheet, how, others)
        if told is None:
            columns = {sheet.names[n]: {"": n} for n in others if sheet.names[n]}
        else:
            columns = by_row(sheet, others, told)
            if not every_field:
                how = learn_order(sheet, how, date)
                sheet, columns, left = take_field(sheet, how, columns, told)
        if left:
            notes = (*notes, f"rows of {shown(left)} left out")
    elif layout == "single":
        how = replace(how, name=_own_name(sheet, how))
        columns = {sheet.names[n]: {str(how.name): n} for n in others}
    else:
        columns = _by_field(sheet, others)
    return Plan(sheet, how, date, ticker, columns, notes, left)


def _headless(sheet: Sheet) -> DataError:
    return DataError(
        f"{sheet.file}: no header row: want names over the columns, got {shown(sheet.names)}"
    )


def _check_names(sheet: Sheet, layout: Layout, date: int, others: Sequence[int]) -> None:
    """Refuse a row of data in the place of the header, and columns that nobody can name."""
    for head in sheet.heads:
        data = looks_like_date(head[date]) or any(_FRACTION.fullmatch(head[n]) for n in others)
        if data and not sheet.layout:
            if head is sheet.names:
                raise _headless(sheet)
            raise DataError(f"{sheet.file}: want a header with names, got {shown(head)}")
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
    found = [each for each in plan.columns if FIELDS[name].fullmatch(plain(each))]
    if len(found) > 1:
        raise DataError(f"{plan.sheet.file}: want one column of {name}, got {shown(found)}")
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
                f"{plan.sheet.file}: price: want one of {shown(plan.columns)}, "
                f"got {plan.how.price!r}"
            )
        return plan.how.price
    found = [each for each in plan.columns if is_price(each)]
    if len(found) != 1:
        raise DataError(
            f"{plan.sheet.file}: want one column of prices, got "
            + (f"{shown(found)}; " if found else f"none in {shown(plan.columns)}; ")
            + f"say which, as price={(found or list(plan.columns))[0]!r}"
        )
    return found[0]


def _lower(sheet: Sheet, how: FileFormat) -> Sheet:
    """The sheet with its second header row, and the third with the index's name, taken off."""
    if sheet.lines is None or how.layout not in (None, "double") or not len(sheet):
        return sheet
    upper, lower = sheet.names, sheet.row(0)
    labels = [each for each in (upper[0], lower[0]) if not TICKER.fullmatch(plain(each))]
    labelled = len(labels) == 1 and plain(labels[0]) in ("price", "field", "fields")
    texts = not any(NUMBER.fullmatch(cell) or not cell for cell in lower[1:])
    named = all(is_known(name) for name in upper[1:]) or all(is_known(c) for c in lower[1:])
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
            two = "" if len(sheet.heads) == 2 else "; if it has two header rows, read_bars reads it"
            raise DataError(
                f"{sheet.file}: want each column once, got {' '.join(head) or 'one without a name'}"
                f" in columns {seen[head] + 1} and {n + 1}{two}"
            )
        seen[head] = n


def _find_date(sheet: Sheet, how: FileFormat) -> int:
    names = sheet.names
    if how.date is not None:
        if how.date not in names:
            raise DataError(f"{sheet.file}: date: want one of {shown(names)}, got {how.date!r}")
        found = [n for n, name in enumerate(names) if name == how.date]
        # An index may be called as a field is, above a row of tickers that has none for it.
        return min(found, key=lambda n: bool(sheet.heads[-1][n]))
    called = [n for n, name in enumerate(names) if DATE.fullmatch(plain(name))]
    held = [n for n in called if _holds_dates(sheet, n)]
    if len(called) > 1:  # a ticker may be called DAY
        called = held
    elif (
        called
        and not held
        and not _holds_dates(sheet, called[0], epoch=True)
        and any(_holds_dates(sheet, n) for n in range(len(names)))
    ):
        called = []
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
        f"{shown(names[n] for n in called) if called else shown(names)}; say which, as date='Day'"
    )


def _holds_dates(sheet: Sheet, position: int, *, epoch: bool = False) -> bool:
    cells = sheet.columns[position]
    if isinstance(cells, list):
        return bool(cells) and looks_like_date(cells[0], epoch=epoch)
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
            got = shown(names[n] for n in tickers or others)
            raise DataError(
                f"{sheet.file}: want one column of tickers, got {got}; say which, as ticker='sym'"
            )
        if how.ticker is None and holds_fields(sheet, tickers[0], names[tickers[0]]):
            raise DataError(
                f"{sheet.file}: want tickers in column {names[tickers[0]]}, got fields, as "
                f"{sheet.row(0)[tickers[0]]!r}; say the column of tickers, as ticker='sym'"
            )
        priced = how.price is not None or any(is_price(names[n]) for n in others)
        if how.layout is None and not priced:
            raise DataError(
                f"{sheet.file}: got {names[tickers[0]]!r}, as if a row were a date and a ticker, "
                f"but no column of prices in {shown(names[n] for n in others)}; say price='...', "
                "or layout='wide'"
            )
        return "long", tickers[0]
    return _wide_or_single(sheet, how, others), None


def _wide_or_single(sheet: Sheet, how: FileFormat, others: Sequence[int]) -> Layout:
    """One of them, if a header row without a column of tickers can be no other."""
    names = [sheet.names[n] for n in others]
    if how.price is not None and how.price not in names:
        raise DataError(f"{sheet.file}: price: want one of {shown(names)}, got {how.price!r}")
    sure = [*sure_fields(names), *([] if how.price is None else [how.price])]
    fielded = [name for name in names if is_known(name) or name in sure]
    unknown = [n for n in others if sheet.names[n] not in fielded]
    priced = how.price is not None or any(map(is_price, fielded))
    if sure and priced and not unknown:
        return "single"
    coded = [n for n in unknown if _may_be_codes(sheet, n)] if fielded else []
    if how.name is not None and not (coded and fielded):
        return "single"
    # Numbers beside NAV, or beside C on days that come again, may be codes of funds.
    words = [name for name in fielded if len(name) > 1 and is_price(name)]
    doubtful = coded and fielded and (words or _repeats(sheet, others))
    if unknown and not sure and not doubtful:
        held = {_parts(name) for name in names}
        fields, tickers = zip(*held, strict=True)
        # Of one ticker there are two, or each may be a name, as US Value and High Yield are.
        if all(fields) and len({*tickers}) < len(held) and any(map(is_price, fields)):
            raise DataError(
                f"{sheet.file}: got {shown(names)}, as if each were a ticker and a field of it; "
                "want two header rows for that, or layout='wide' if each is a ticker"
            )
        return "wide"
    ways = ["say layout='wide' or 'single'"]
    if len(unknown) == 1 and coded:
        ways.append(f"ticker={sheet.names[coded[0]]!r} if it holds tickers")
    if not priced and len(unknown) < 2:
        ways.append(f"price={(sheet.names[unknown[0]] if unknown else fielded[0])!r} if it is that")
    beside = f", beside {shown(sheet.names[n] for n in unknown)}" if unknown else ""
    raise DataError(
        f"{sheet.file}: got {shown(fielded)}, which may be tickers or fields of one{beside}; "
        + ", or ".join(ways)
    )


def _parts(name: str) -> tuple[str, str]:
    """Open and AAPL of "AAPL_Open" or "Open_AAPL"; "" and all of it if neither end is a field."""
    words = re.split("[ _|:/]+", name)
    for n in range(1, len(words)):
        before, after = " ".join(words[:n]), " ".join(words[n:])
        for part, ticker in ((before, after), (after, before)):
            if sure_fields([part]):
                return plain(part), ticker
    return "", name


def _may_be_codes(sheet: Sheet, position: int) -> bool:
    """Whether a column holds no prices, and rather names or whole numbers that stand for them."""
    cells = sheet.columns[position]
    return isinstance(cells, list) and not any(map(_FRACTION.fullmatch, cells))


def _repeats(sheet: Sheet, others: Sequence[int]) -> bool:
    """Whether a cell of the column that is none of the others comes again."""
    [date] = {*range(len(sheet.names))} - {*others}
    cells = sheet.columns[date]
    return not isinstance(cells, Strange) and pd.Index(cells).has_duplicates


def _tickers(sheet: Sheet, how: FileFormat, others: Sequence[int]) -> list[int]:
    """Columns that may hold tickers."""
    if how.ticker is not None:
        if how.ticker not in sheet.names:
            raise DataError(
                f"{sheet.file}: ticker: want one of {shown(sheet.names)}, got {how.ticker!r}"
            )
        return [sheet.names.index(how.ticker)]
    # Prices of a ticker that is called SYM have fractions.
    found = [
        n for n in others if TICKER.fullmatch(plain(sheet.names[n])) and _may_be_codes(sheet, n)
    ]
    # A firm's name may stand beside its ticker, and so may what a row is of.
    found = [n for n in found if plain(sheet.names[n]) != "name"] or found
    return [n for n in found if not holds_fields(sheet, n)] or found


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
    above = all(is_known(upper[n]) for n in others)
    below = all(is_known(lower[n]) for n in others)
    if above and below:  # tickers may be called C and V
        sure = [{*sure_fields([head[n] for n in others])} for head in sheet.heads]
        above = not ({*(lower[n] for n in others)} <= sure[1] and not sure[0])
    if not above and not below:
        odd = next(upper[n] for n in others if not is_known(upper[n]))
        raise DataError(
            f"{sheet.file}: want a header row of fields, as Close, and one of tickers, got {odd!r}"
        )
    found: dict[str, dict[str, int]] = {}
    for n in others:
        name, ticker = (upper[n], lower[n]) if above else (lower[n], upper[n])
        found.setdefault(name, {})[ticker] = n
    return found
