"""Tables of who belonged to what and when, from CSV files.

What a file says is kept as it says it; a row that cannot be right is refused by its line.
"""

import csv
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from itertools import groupby, pairwise
from pathlib import Path

from rotation.checks import check_flag
from rotation.data.membership import Membership, Stay
from rotation.errors import ArgumentError, DataError

__all__ = ["read_membership", "read_sectors"]

_DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_membership(
    path: str | os.PathLike[str],
    *,
    columns: tuple[str, str, str] = ("ticker", "start_date", "end_date"),
    group: str = "index",
    end_included: bool = False,
    rename: Mapping[str, str] | None = None,
    seen: bool = False,
    skip: Collection[int] = (),
) -> Membership:
    """Members of an index from a CSV file with a row for each stay.

    Parameters
    ----------
    path : of the file, in UTF-8, with a header; dates as 2025-01-31, a blank end
        or 9999-12-31 while still in
    columns : names of those with the ticker, the first day and the end; others are left alone
    group : what to call the index
    end_included : whether the end is the last day in the index; if not, the first day out of it,
        as the announcement of a change has it
    rename : ticker in the file and in your closes; files like this often carry each company's last
        ticker, as JAVA for SUNW, and closes may too, as META for FB
    seen : whether days are those on which somebody looked, not those of the changes
    skip : lines of the file to leave out, as those that an error named

    Raises
    ------
    DataError
        If the file cannot be read as that; the message names the line.
    """
    check_flag("end_included", end_included)
    _check_columns(columns, 3)

    def stay(row: Mapping[str, str]) -> Stay:
        ticker, start, end = (row[name] for name in columns)
        first, last = _date(columns[1], start), _end(columns[2], end)
        if last is not None and not end_included:
            if last <= first:
                raise DataError(f"{columns[2]}: want it after {first}, got {last}")
            last -= _DAY
        return Stay(ticker, group, first, last)

    stays = _read_stays(path, columns, stay, rename or {}, skip)
    out = timedelta(0) if end_included else _DAY
    ends = "the last day in" if end_included else "the first day out"
    remarks = (f"An end in {Path(path).name} is {ends}.", *_said_of(path, stays, skip, seen, out))
    return Membership(stays, Path(path).name, remarks)


def read_sectors(
    path: str | os.PathLike[str],
    *,
    columns: tuple[str, str, str, str] = ("ticker", "sector", "first_seen", "last_seen"),
    rename: Mapping[str, str] | None = None,
    seen: bool = True,
    carry: bool = False,
    skip: Collection[int] = (),
) -> Membership:
    """Sectors of companies from a CSV file with a row for each stay in one.

    Parameters
    ----------
    path : of the file, in UTF-8, with a header; dates as 2025-01-31, a blank end
        or 9999-12-31 while still in
    columns : names of those with the ticker, the sector, the first day and the last day
    rename : ticker in the file and in your closes
    seen : whether days are those on which somebody looked, not those of the changes
    carry : whether a sector lasts until the ticker is seen in another, and the last one for ever.
        Without it a ticker leaves on the day it was last seen, though nobody knew then that it was
        the last; with it only :meth:`Membership.within` an index tells when a company left
    skip : lines of the file to leave out, as those that an error named

    Raises
    ------
    DataError
        If the file cannot be read as that, or a ticker is in two sectors on one day; the message
        names the line.
    """
    check_flag("carry", carry)

    def stay(row: Mapping[str, str]) -> Stay:
        ticker, group, start, end = (row[name] for name in columns)
        return Stay(ticker, group, _date(columns[2], start), _end(columns[3], end))

    _check_columns(columns, 4)
    stays = _read_stays(path, columns, stay, rename or {}, skip, alone=True)
    remarks = _said_of(path, stays, skip, seen)
    if carry:
        stays = list(_carried(stays))
        remarks = (*remarks, "A group lasts until the ticker is in another one.")
    elif seen:
        remarks = (*remarks, "Who leaves when last seen leaves before anybody could know.")
    return Membership(stays, Path(path).name, remarks)


def _read_stays(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    stay: Callable[[Mapping[str, str]], Stay],
    rename: Mapping[str, str],
    skip: Collection[int],
    *,
    alone: bool = False,
) -> list[Stay]:
    """Stay of each line, renamed; two that share a day are refused with their lines."""
    if not isinstance(rename, Mapping):
        raise ArgumentError(f"rename: want tickers by those in the file, got {rename!r}")
    rows = dict(_rows(path, columns))
    lines = isinstance(skip, Collection) and all(isinstance(line, int) for line in skip)
    if not lines or not all(line in rows for line in skip):
        raise ArgumentError(f"skip: want lines of {path} with a row, got {skip!r}")
    found: dict[int, Stay] = {}
    for line in rows.keys() - set(skip):
        try:
            found[line] = stay(rows[line])
        except (ArgumentError, DataError) as error:
            raise DataError(f"{path}: line {line} ({rows[line][columns[0]]!r}): {error}") from None
    if not found:
        raise DataError(f"{path}: want a row or more below the header, got none")
    missing = [each for each in rename if each not in {stay.ticker for stay in found.values()}]
    if missing:
        raise ArgumentError(f"rename: want tickers of {path}, got {', '.join(map(repr, missing))}")
    found = {
        n: replace(each, ticker=rename.get(each.ticker, each.ticker)) for n, each in found.items()
    }
    _refuse_shared_days(path, found, alone)
    return [found[line] for line in sorted(found)]


def _refuse_shared_days(path: object, found: Mapping[int, Stay], alone: bool) -> None:
    """Refuse two stays of a ticker in a group, or in any group if ``alone``, at once."""

    def place(line: int) -> tuple[str, str]:
        return found[line].ticker, "" if alone else found[line].group

    by_time = sorted(found, key=lambda line: (place(line), found[line].start, line))
    shared = [
        (line, later)
        for line, later in pairwise(by_time)
        if place(line) == place(later) and found[later].start <= (found[line].end or date.max)
    ]
    if shared:
        line, later = shared[0]
        more = f"; and {len(shared) - 1} more such pairs" if shared[1:] else ""
        raise DataError(
            f"{path}: want {found[line].ticker} in one place a day, got {found[line]} on line "
            f"{line} and {found[later]} on line {later}{more}; skip= leaves lines out"
        )


def _rows(
    path: str | os.PathLike[str], columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Wanted cells of each row, with the line that it ends on."""
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path: want a path, got {path!r}")
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: want text in UTF-8, got {error}") from None
    except (OSError, ValueError) as error:  # ValueError of a name that no file can have
        raise ArgumentError(f"path: cannot read {path} ({error})") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        for name in columns:
            if header.count(name) != 1:
                got = ", ".join(header) or "none"
                raise DataError(
                    f"{path}: want one column {name!r} between commas, got {got:.200}; say what "
                    "the columns are called, as columns="
                )
        for row in filter(None, reader):
            if len(row) != len(header):
                raise DataError(
                    f"{path}: line {reader.line_num}: want {len(header)} cells, got {len(row)}"
                )
            cells = dict(zip(header, row, strict=True))
            yield reader.line_num, {name: cells[name] for name in columns}
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: want CSV, got {error}") from None


def _check_columns(columns: Sequence[str], count: int) -> None:
    texts = isinstance(columns, (list, tuple)) and all(isinstance(each, str) for each in columns)
    if not texts or len(columns) != count or len(set(columns)) != count:
        raise ArgumentError(f"columns: want {count} names, got {columns!r}")


def _date(column: str, text: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:  # as 2025-02-30
            pass
    raise DataError(f"{column}: want a date as 2025-01-31, got {text!r}")


def _end(column: str, text: str) -> date | None:
    return None if text in ("", "9999-12-31") else _date(column, text)


def _said_of(
    path: str | os.PathLike[str],
    stays: Sequence[Stay],
    skip: Collection[int],
    seen: bool,
    out: timedelta = timedelta(0),
) -> tuple[str, ...]:
    """Remarks on a file whose ends are ``out`` after the last day."""
    name = Path(path).name
    check_flag("seen", seen)
    left_out = f"Left out of {name} by the user: lines {', '.join(map(str, sorted(skip)))}."
    sighted = (
        f"Days in {name} are those on which somebody looked: "
        "a change came on that day or before it."
    )
    newest = max(stay.start if stay.end is None else stay.end + out for stay in stays)
    ends = f"The newest day in {name} is {newest}: what changed later is not in it."
    return (ends, *([left_out] if skip else []), *([sighted] if seen else []))


def _carried(stays: Sequence[Stay]) -> Iterator[Stay]:
    by_ticker = sorted(stays, key=lambda stay: (stay.ticker, stay.start))
    for _, group in groupby(by_ticker, key=lambda stay: stay.ticker):
        own = list(group)
        for one, other in pairwise(own):
            yield replace(one, end=other.start - _DAY)
        yield replace(own[-1], end=None)
