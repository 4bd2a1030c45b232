"""Session dates out of cells: a day is never another than the file or a named time zone says.

What could be two dates, as 03/04/2024 in a file that never goes past the 12th, is refused.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TypeAlias

import numpy as np
import pandas as pd

from rotation.data.sheets import Sheet, Strange
from rotation.errors import ArgumentError, DataError

__all__ = ["AS_WRITTEN", "looks_like_date", "read_dates"]

AS_WRITTEN = "as written"
"""Takes the day that is written, whatever the time and the time zone beside it."""

_YEARS = (1800, 2200)
_TIME = (
    r"(?:[T ](?P<h>[01]?[0-9]|2[0-3]):(?P<n>[0-5][0-9])(?::(?P<s>[0-5][0-9])(?P<f>[.,][0-9]+)?)?"
    r"(?: ?(?P<p>[AaPp])[Mm])?)?"
    r" ?(?P<z>Z|UTC|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SHAPES = {
    "year first": re.compile(
        r"(?P<y>[0-9]{4})(?P<d>[-/.])(?P<a>[0-9]{1,2})(?P=d)(?P<b>[0-9]{1,2})" + _TIME
    ),
    "year last": re.compile(
        r"(?P<a>[0-9]{1,2})(?P<d>[-/.])(?P<b>[0-9]{1,2})(?P=d)(?P<y>[0-9]{4})" + _TIME
    ),
    "YYYYMMDD": re.compile(
        r"(?P<y>[0-9]{4})(?P<a>[0-9]{2})(?P<b>[0-9]{2})(?:(?=[T ])" + _TIME + ")?"
    ),
    "day month year": re.compile(
        r"(?P<b>[0-9]{1,2})[- ](?P<a>[A-Za-z]{3})[- ](?P<y>[0-9]{4})" + _TIME
    ),
    "month day, year": re.compile(r"(?P<a>[A-Za-z]{3}) (?P<b>[0-9]{1,2}), (?P<y>[0-9]{4})" + _TIME),
    "epoch": re.compile(r"[0-9]{9,10}|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19}"),
}
_REFUSED = {
    re.compile(r"[1-7][0-9]{4}(\.[0-9]+)?"): "a day's number as Excel counts; save it as text",
    re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}"): (
        "a year of two digits; say how, as dates='%d/%m/%y'"
    ),
    re.compile(r"[0-9]{4}[-/.]?[0-9]{2}"): "a month; say the day on which its price was known",
}

Refuse: TypeAlias = Callable[[str, str], DataError]


@dataclass(frozen=True, slots=True, eq=False)
class _Times:
    """What a column says: the times as written, and the instants they are if it has zones."""

    written: pd.DatetimeIndex
    instants: pd.DatetimeIndex | None
    how: str


def looks_like_date(cell: str, *, epoch: bool = False) -> bool:
    """Whether a text has the shape of a date; of bare digits YYYYMMDD alone, or an epoch too."""
    return any(
        shape.fullmatch(cell) is not None
        for name, shape in _SHAPES.items()
        if epoch or name != "epoch"
    )


def read_dates(
    sheet: Sheet, position: int, form: str | None = None, zone: str | None = None
) -> tuple[pd.DatetimeIndex, str]:
    """The sessions of a column of dates.

    Parameters
    ----------
    sheet : of the file
    position : of the column
    form : how texts are written, in the letters of ``strptime``, or :data:`AS_WRITTEN`; guessed if
        None
    zone : time zone of the exchange, for times that have one

    Returns
    -------
    dates (T,), tz-naive and without time of day, in the order of the file; and how they were read

    Raises
    ------
    DataError
        If a cell is no date, or could be two, or its day depends on a time zone that nobody named.
    """
    cells = sheet.columns[position]
    where = f"{sheet.file}: column {sheet.heading(position)}"
    if isinstance(cells, list):
        times = _parse(sheet, position, cells, form)
    elif isinstance(cells, pd.DatetimeIndex):
        if cells.hasnans:
            row = int(cells.isna().argmax())
            raise DataError(f"{sheet.place(row, position)}: want a date, got none")
        instants = None if cells.tz is None else cells.tz_convert("UTC")
        times = _Times(cells.tz_localize(None), instants, "timestamps")
    else:
        got = cells.kind if isinstance(cells, Strange) else "numbers with fractions"
        raise DataError(f"{where}: want dates, got {got}")
    days = _to_days(where, times, form, zone)
    years = days.year
    odd = (years < _YEARS[0]) | (years > _YEARS[1])
    if odd.any():
        row = int(odd.argmax())
        raise DataError(
            f"{sheet.place(row, position)}: want a year from {_YEARS[0]} to {_YEARS[1]}, "
            f"got {years[row]}"
        )
    return days, times.how


def _to_days(where: str, times: _Times, form: str | None, zone: str | None) -> pd.DatetimeIndex:
    """Session dates of what may have a time of day and a zone, but of no day but one."""
    midnights = times.written.normalize()
    timed = times.written != midnights
    if times.instants is None or form == AS_WRITTEN:
        if timed.any() and form is None:
            raise DataError(
                f"{where}: want dates, got the time {times.written[timed][0]} without a time zone; "
                f"if its day is the session's, say dates={AS_WRITTEN!r}"
            )
        return midnights
    if zone is None:
        if timed.any():
            raise DataError(
                f"{where}: want dates, got the time {times.instants[timed][0]}, whose day depends "
                "on the exchange; say its time zone, as zone='America/New_York', "
                f"or dates={AS_WRITTEN!r}"
            )
        return midnights
    try:
        local = times.instants.tz_convert(zone).tz_localize(None)
    except (LookupError, ValueError, TypeError, OSError) as error:
        raise ArgumentError(f"zone: want a time zone as 'Asia/Hong_Kong', got {zone!r}") from error
    days = local.normalize()
    moved = days != midnights
    if not timed.any() and moved.any():
        raise DataError(
            f"{where}: got the midnight {midnights[moved][0]:%Y-%m-%d}, which in {zone} is "
            f"{local[moved][0]}, of another day; if the days written are the sessions', "
            "leave out zone"
        )
    return days


def _parse(sheet: Sheet, position: int, cells: list[str], form: str | None) -> _Times:
    first: dict[str, int] = {}
    for row, cell in enumerate(cells):
        first.setdefault(cell, row)

    def refuse(cell: str, want: str) -> DataError:
        return DataError(f"{sheet.place(first[cell], position)}: want {want}, got {cell!r}")

    texts = list(first)
    times, how = _read_all(texts, form, refuse)
    zoned = times[0].tzinfo is not None
    for cell, each in zip(texts, times, strict=True):
        if (each.tzinfo is not None) != zoned:
            raise refuse(cell, f"a time zone in every row or in none, as in {texts[0]!r}")
    codes = {cell: code for code, cell in enumerate(texts)}
    rows = np.array([codes[cell] for cell in cells])
    written = _index([each.replace(tzinfo=None) for each in times])[rows]
    if not zoned:
        return _Times(written, None, how)
    try:
        utc = _index([each.astimezone(UTC).replace(tzinfo=None) for each in times])
    except OverflowError as error:
        raise refuse(texts[0], "dates of this era") from error
    return _Times(written, utc.tz_localize("UTC")[rows], how)


def _index(times: list[datetime]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.array(times, dtype="datetime64[us]"))


def _read_all(texts: list[str], form: str | None, refuse: Refuse) -> tuple[list[datetime], str]:
    if form is not None and form != AS_WRITTEN:
        return [_strptime(each, form, refuse) for each in texts], form
    shape = _shape(texts[0], refuse)
    matches = []
    for each in texts:
        match = _SHAPES[shape].fullmatch(each)
        if match is None:
            raise refuse(each, f"a date like {texts[0]!r}")
        matches.append(match)
    _check_padding(matches, refuse)
    if shape == "epoch":
        if form is not None:
            raise refuse(texts[0], "days that are written; say zone")
        return [_epoch(each, len(texts[0]), refuse) for each in texts], "epoch, UTC"
    month_first, how = _order(shape, matches, refuse)
    if any(got.get("h") or got.get("z") for got in (match.groupdict() for match in matches)):
        how = f"times, {how}"
    return [_time(match, month_first, refuse) for match in matches], how


def _shape(cell: str, refuse: Refuse) -> str:
    for name, shape in _SHAPES.items():
        if shape.fullmatch(cell):
            return name
    for pattern, kind in _REFUSED.items():
        if pattern.fullmatch(cell):
            raise refuse(cell, f"a date, not {kind}")
    raise refuse(cell, "a date, as 2024-01-31 (or say how it is written, as dates='%d %B %Y')")


def _check_padding(matches: Sequence[re.Match[str]], refuse: Refuse) -> None:
    """Refuse a date like 2024-01-2 where another is 2024-01-02: it may have lost a digit."""
    parts = [
        (each, (each.groupdict().get("a") or "", each.groupdict().get("b") or ""))
        for each in matches
    ]
    padded = next((each for each, got in parts if any(part.startswith("0") for part in got)), None)
    short = next((each for each, got in parts if any(len(part) == 1 for part in got)), None)
    if padded and short:
        raise refuse(short.string, f"two digits, as in {padded.string!r}")


def _order(shape: str, matches: Sequence[re.Match[str]], refuse: Refuse) -> tuple[bool, str]:
    """Whether the month is "a", not "b", of the two numbers beside the year."""
    if shape != "year last":
        names = {"year first": "%Y-%m-%d", "YYYYMMDD": "%Y%m%d"}
        return True, names.get(shape, shape)
    sign = matches[0]["d"]
    day_first = next((each for each in matches if int(each["a"]) > 12), None)
    month_first = next((each for each in matches if int(each["b"]) > 12), None)
    forms = f"%d{sign}%m{sign}%Y", f"%m{sign}%d{sign}%Y"
    if day_first and month_first:
        late, early = day_first, month_first
        if matches.index(late) < matches.index(early):
            late, early = early, late
        raise refuse(late.string, f"day and month in the order of {early.string!r}")
    if not day_first and not month_first:
        raise refuse(
            matches[0].string,
            f"a day after the 12th in some row, or dates={forms[0]!r} or {forms[1]!r}",
        )
    return (False, forms[0]) if day_first else (True, forms[1])


def _time(match: re.Match[str], month_first: bool, refuse: Refuse) -> datetime:
    got = match.groupdict()
    month, day = (got["a"], got["b"]) if month_first else (got["b"], got["a"])
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month.casefold()) + 1
        made = datetime.combine(date(int(got["y"]), number, int(day)), time.min)
    except ValueError as error:
        raise refuse(match.string, "a day of the calendar") from error
    if got.get("h"):
        hour = int(got["h"])
        if got["p"]:  # of a clock with twelve hours, whose day begins at 12 AM
            if not 1 <= hour <= 12:
                raise refuse(match.string, "an hour from 1 to 12 beside AM or PM")
            hour = hour % 12 + (12 if got["p"] in "Pp" else 0)
        made = made.replace(hour=hour, minute=int(got["n"]), second=int(got["s"] or 0))
    if (got.get("f") or "").strip(".,0"):  # how much of a second no session needs to know
        made = made.replace(microsecond=1)
    zone = got.get("z")
    if zone is None:
        return made
    if zone in ("Z", "UTC"):
        return made.replace(tzinfo=UTC)
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return made.replace(tzinfo=timezone(-ahead if zone[0] == "-" else ahead))


def _epoch(cell: str, digits: int, refuse: Refuse) -> datetime:
    """A time in seconds, milli-, micro- or nanoseconds since 1970, as the digits say."""
    thousands = (len(cell) - 9) // 3
    if thousands != (digits - 9) // 3:
        raise refuse(cell, f"{digits} digits, as in the first row")
    whole, rest = divmod(int(cell), 1000**thousands)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole, microseconds=rest > 0)


def _strptime(cell: str, form: str, refuse: Refuse) -> datetime:
    try:
        return datetime.strptime(cell, form)
    except (ValueError, re.error, LookupError, OverflowError) as error:
        raise refuse(cell, f"a date as dates={form!r} says") from error
