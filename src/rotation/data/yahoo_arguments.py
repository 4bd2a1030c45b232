"""What a user asks Yahoo for: which tickers, and from when to when."""

import re
from collections.abc import Iterable, KeysView, Mapping, Set
from dataclasses import dataclass

import pandas as pd

from rotation.errors import ArgumentError
from rotation.tables import read_day

__all__ = ["Window", "read_tickers", "read_window"]

_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_DATE = re.compile(
    r"(?P<y>[0-9]{4})(?:-(?P<m>[0-9]{2})(?:-(?P<d>[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?)?)?"
    r"|(?P<yy>[0-9]{4})(?P<mm>[0-9]{2})(?P<dd>[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class Window:
    """First and last day, both included; None for as far as there is anything."""

    start: pd.Timestamp | None
    end: pd.Timestamp | None


def read_tickers(tickers: object) -> tuple[str, ...]:
    """Symbols in their order, each once.

    Raises
    ------
    ArgumentError
        If they are none, in no order, or one could be meant for several.
    """
    if isinstance(tickers, Set) and not isinstance(tickers, KeysView):
        raise ArgumentError(
            f"tickers: want Yahoo's symbols in an order, as a list, got the set {tickers!r}"
        )
    names = _texts(tickers)
    if not names:
        raise ArgumentError(f"tickers: want Yahoo's symbols, one or more, got {tickers!r}")
    seen: dict[str, str] = {}
    for name in map(_read_ticker, names):
        if name.upper() in seen:
            raise ArgumentError(f"tickers: want each once, got {seen[name.upper()]} and {name}")
        seen[name.upper()] = name
    return tuple(seen.values())


def _texts(tickers: object) -> list[object]:
    """What is in a list or the like; nothing of what is none."""
    if isinstance(tickers, str):
        return [tickers]
    if isinstance(tickers, (bytes, Mapping, pd.DataFrame)) or not isinstance(tickers, Iterable):
        return []
    try:
        return list(tickers)
    except TypeError:  # an array of no dimension says that it can be gone through
        return []


def _read_ticker(name: object) -> str:
    if not isinstance(name, str) or not name.strip(", \t\n"):
        raise ArgumentError(f"tickers: want Yahoo's symbols, each a text, got {name!r}")
    parts = re.split(r"[\s,]+", name.strip())
    if len(parts) > 1:
        raise ArgumentError(
            f"tickers: want a symbol a text, got {name!r}; give a list, {[*filter(None, parts)]}"
        )
    if parts[0] != name:
        raise ArgumentError(
            f"tickers: want a symbol without blanks around it, got {name!r}; give {parts[0]!r}"
        )
    if re.search(r"[/\\]", name):
        raise ArgumentError(f"tickers: want Yahoo's symbols, which have no / or \\, got {name!r}")
    if _ISIN.fullmatch(name.upper()):
        raise ArgumentError(f"tickers: want Yahoo's symbols, got the ISIN {name!r}")
    return str(name)


def read_window(start: object, end: object) -> Window:
    """The window from the first day of ``start`` to the last of ``end``.

    Raises
    ------
    ArgumentError
        If one is no day, month or year, or could be another.
    """
    first = None if isinstance(start, str) and start == "max" else _read("start", start)[0]
    last = None if end is None else _read("end", end)[1]
    if first is not None and first > pd.Timestamp.now():
        raise ArgumentError(f"start: want a day that has come, got {first:%Y-%m-%d}")
    if first is not None and last is not None and first > last:
        raise ArgumentError(f"end: want a day from {first:%Y-%m-%d} on, got {last:%Y-%m-%d}")
    return Window(first, last)


def _read(name: str, day: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a day, a month or a year; no text that could be another day."""
    if day is None:
        raise ArgumentError(f"{name}: want a day, or 'max' for all there is, got None")
    if not isinstance(day, str):
        stamp = pd.Timestamp(read_day(name, day)).normalize()
        return stamp, stamp
    match = _DATE.fullmatch(day)
    if match is None:
        raise ArgumentError(
            f"{name}: want a day as 2026-01-31, a month as 2026-01 or a year, got {day!r}"
        )
    year, month, date = match["y"] or match["yy"], match["m"] or match["mm"], match["d"]
    date = date or match["dd"]
    try:
        stamp = pd.Timestamp(f"{year}-{month or '01'}-{date or '01'}")
    except ValueError as error:
        raise ArgumentError(f"{name}: want a day of the calendar, got {day!r}") from error
    if date:
        return stamp, stamp
    return stamp, stamp + (pd.offsets.MonthEnd(0) if month else pd.offsets.YearEnd(0))
