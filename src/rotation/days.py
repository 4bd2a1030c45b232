"""Days as arguments: dates, or texts that cannot be other ones."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time

import numpy as np

from rotation.errors import ArgumentError

__all__ = ["read_date", "read_dates"]

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = 1800, 2200  # what is not of them is a slip of the hand


def read_date(name: str, value: object) -> date:
    """The day of a date, of a text as "2025-01-31", or of a time that is a midnight without a zone.

    A time may be a ``datetime``, numpy's or pandas'; numpy's weeks, months and years are no days.

    Raises
    ------
    ArgumentError
        Naming the argument, if it is anything else, or of another era.

    Examples
    --------
    >>> read_date("start", "2025-01-31")
    datetime.date(2025, 1, 31)
    >>> read_date("start", np.datetime64("2025-01-31T00:00"))
    datetime.date(2025, 1, 31)
    """
    day = _day(value)
    if day is None:
        raise ArgumentError(
            f"{name}: want a date, as 2025-01-31, without a time of day or a time zone, "
            f"got {value!r}"
        )
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ArgumentError(f"{name}: want a year from {_YEARS[0]} to {_YEARS[1]}, got {value!r}")
    return day


def read_dates(name: str, values: object) -> tuple[date, ...]:
    """The days of a list, ascending, each once.

    Raises
    ------
    ArgumentError
        Naming the argument, if it has none or one is no day; a text is no list.

    Examples
    --------
    >>> read_dates("every", ["2025-01-31", "2024-12-31", "2025-01-31"])
    (datetime.date(2024, 12, 31), datetime.date(2025, 1, 31))
    """
    try:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise TypeError
        given = list(values)
    except TypeError:  # an array of no dimension says that it can be gone through
        raise ArgumentError(f"{name}: want a list of dates, got {values!r}") from None
    if not given:
        raise ArgumentError(f"{name}: want one date or more, got {values!r}")
    return tuple(sorted({read_date(name, each) for each in given}))


def _day(value: object) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if _ISO.fullmatch(value) else None
        except ValueError:  # no day of the calendar
            return None
    if isinstance(value, np.datetime64):
        if np.datetime_data(value.dtype)[0] in ("Y", "M", "W", "generic"):
            return None
        try:
            whole = value.astype("datetime64[D]")
        except OverflowError:  # numpy's, of its finest units
            return None
        day = whole.item()  # a number beyond the dates of Python
        return day if isinstance(day, date) and whole == value else None
    if isinstance(value, datetime):
        if value != value or value.tzinfo is not None:  # NaT is not itself
            return None
        return value.date() if value == datetime.combine(value, time()) else None
    return value if isinstance(value, date) else None
