"""Sessions of exchanges, and when each closes.

A day is a session or it is not, as exchange_calendars or the user has it; none is guessed.
"""

import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache, reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import IntArray
from rotation.errors import ArgumentError, DataError
from rotation.extra import load
from rotation.tables import read_day

__all__ = [
    "Calendars",
    "as_days",
    "as_nanoseconds",
    "calendar_of",
    "check_exchange",
    "closings",
    "common_sessions",
]

Calendars: TypeAlias = Mapping[str, pd.Series]

# Exchanges that keep the sessions and the closing time of another and have no calendar.
_SAME_AS = {"XSHE": "XSHG", "SZSE": "XSHG"}
_NAMES = "exchange_calendars.get_calendar_names()"
_YEARS = (1800, 2200)  # moments are counted in nanoseconds


def closings(exchange: str, first: str | date, last: str | date) -> pd.Series:
    """Sessions of an exchange and when each closed, half days and summer time included.

    Parameters
    ----------
    exchange : a code that exchange_calendars knows, or another name that it has for it ("NYSE")
    first, last : days, or months or years ("2024"), both included

    Returns
    -------
    Series
        Moments in UTC by session. Drop a session that was called off, as by a typhoon, and pass
        the rest as ``calendars``.

    Raises
    ------
    ArgumentError
        If there is no such exchange, or a day is none.
    DataError
        If the calendar does not reach so far or cannot be made.

    Examples
    --------
    >>> closings("XHKG", "2025-01-27", "2025-01-31")
    2025-01-27   2025-01-27 08:00:00+00:00
    2025-01-28   2025-01-28 04:00:00+00:00
    Name: XHKG, dtype: datetime64[ns, UTC]
    """
    check_exchange("exchange", exchange)
    begin, end = _span(first, last)
    found = _closings(exchange, begin, end).loc[begin:end]
    return pd.Series(found.array.copy(), pd.DatetimeIndex(found.index.to_numpy()), name=exchange)


def common_sessions(
    exchanges: Iterable[str],
    first: str | date,
    last: str | date,
    *,
    calendars: Calendars | None = None,
) -> pd.DatetimeIndex:
    """Days that are sessions of every one of the exchanges.

    Parameters
    ----------
    exchanges : codes that exchange_calendars knows
    first, last : days, or months or years ("2024"), both included
    calendars : as in :func:`align`

    Examples
    --------
    >>> common_sessions(["XNYS", "XHKG", "XSHG"], "2025-01-27", "2025-02-05").day.tolist()
    [27, 5]
    """
    names = list(exchanges) if isinstance(exchanges, Iterable) else []
    if isinstance(exchanges, str) or not names:
        raise ArgumentError(f"exchanges: want one code or more, got {exchanges!r}")
    begin, end = _span(first, last)
    each = [
        pd.DatetimeIndex(calendar_of("exchanges", name, begin, end, calendars).loc[begin:end].index)
        for name in names
    ]
    return reduce(lambda one, other: one[one.isin(other)], each).rename(None)


def _span(first: str | date, last: str | date) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first day of ``first`` and the last of ``last``."""
    begin = pd.Timestamp(read_day("first", first)).normalize()
    end = pd.Period(read_day("last", last)).end_time.normalize()
    if end < begin:
        raise ArgumentError(f"last: want it from {begin:%Y-%m-%d} on, got {last!r}")
    return begin, end


def calendar_of(
    argument: str,
    name: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    calendars: Calendars | None,
) -> pd.Series:
    """Closing moments from ``first`` to ``last`` at least, the user's or exchange_calendars'.

    Parameters
    ----------
    argument : what of the user's names the exchange, for the message
    name : of the exchange
    first, last : tz-naive days
    calendars : the user's by exchange

    Raises
    ------
    ArgumentError
        If there is no such exchange, or the user's are no moments by session.
    DataError
        If the calendar does not reach so far or cannot be made.
    """
    if calendars is not None and not isinstance(calendars, Mapping):
        raise ArgumentError(f"calendars: want moments by exchange, got {type(calendars).__name__}")
    if calendars is None or not isinstance(name, str) or name not in calendars:
        check_exchange(argument, name)
        return _closings(name, first, last)
    given, argument = calendars[name], f"calendars[{name!r}]"
    if not isinstance(given, pd.Series) or not isinstance(given.dtype, pd.DatetimeTZDtype):
        raise ArgumentError(f"{argument}: want a Series of moments with a time zone, see closings")
    days = given.index
    if not isinstance(days, pd.DatetimeIndex) or days.tz is not None or not len(days):
        raise ArgumentError(f"{argument}: want an index of tz-naive session dates, see closings")
    rising = days.is_monotonic_increasing and given.is_monotonic_increasing
    if not rising or not days.is_unique or not given.is_unique or days.hasnans or given.hasnans:
        raise ArgumentError(f"{argument}: want sessions and moments strictly increasing")
    return given


def check_exchange(argument: str, name: object) -> None:
    """Refuse what is no exchange that exchange_calendars has.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if not isinstance(name, str):
        raise ArgumentError(f"{argument}: want an exchange, as 'XNYS', got {name!r:.60}")
    known = load("exchange_calendars", "calendars", argument).get_calendar_names()
    if name in known:
        return
    if name in _SAME_AS:
        hint = f"it keeps the sessions of {_SAME_AS[name]}, which has a calendar"
    else:
        close = get_close_matches(name.upper(), known, n=3)
        hint = f"close to it are {', '.join(close)}" if close else f"see {_NAMES}"
    raise ArgumentError(
        f"{argument}: want an exchange that exchange_calendars has, got {name!r:.60}; {hint}"
    )


def _closings(exchange: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Closing moments from the year of ``first`` at least to that of ``last``."""
    for day in (first, last):
        if not _YEARS[0] <= day.year <= _YEARS[1]:
            raise DataError(
                f"{exchange}: want days of {_YEARS[0]} to {_YEARS[1]}, got {day:%Y-%m-%d}"
            )
    # Days around are wanted too: the session before the first row and the one after the last, as
    # far as there are any. Whole years, so that tables of about the same time share a calendar.
    begin, end = (first - pd.Timedelta(days=30)).year, (last + pd.Timedelta(days=30)).year
    calendar, earliest, latest = _load(exchange, begin, end)
    for day, bound, wrong in (
        (first, earliest, earliest is not None and first < earliest),
        (last, latest, latest is not None and last > latest),
    ):
        if wrong:
            side = "begins" if bound is earliest else "ends"
            raise DataError(
                f"{exchange}: {day:%Y-%m-%d} is beyond its calendar, which {side} on "
                f"{bound:%Y-%m-%d}; cut the tables or pass calendars="
            )
    return calendar


@lru_cache(maxsize=64)
def _load(
    exchange: str, begin: int, end: int
) -> tuple[pd.Series, pd.Timestamp | None, pd.Timestamp | None]:
    """Closing moments of whole years as far as there are any, and the bounds of the calendar."""
    package = load("exchange_calendars", "calendars", "calendars")
    start, stop = pd.Timestamp(begin, 1, 1), pd.Timestamp(end, 12, 31)
    try:
        # It uses what pandas will withdraw, which is not for our user to hear.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            calendar = _make(package, exchange, start, stop)
            return calendar.closes.rename(exchange), calendar.bound_min(), calendar.bound_max()
    except Exception as error:  # of any kind: calendars of some exchanges fail with some pandas
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise DataError(
            f"{exchange}: exchange_calendars {package.__version__} cannot make its calendar for "
            f"{begin} to {end} ({what}); pass calendars="
        ) from error


def _make(package: Any, exchange: str, start: pd.Timestamp, stop: pd.Timestamp) -> Any:
    """The calendar of some years, or of those of them that it has."""
    try:
        return package.get_calendar(exchange, start=start, end=stop)
    except ValueError:
        calendar = package.get_calendar(exchange)  # of the years that it likes, and has bounds
        begin = max(start, calendar.bound_min() or start)
        end = min(stop, calendar.bound_max() or stop)
        return package.get_calendar(exchange, start=begin, end=end) if begin < end else calendar


def as_days(index: pd.Index) -> IntArray:
    """Dates as numbers (T,)."""
    return np.asarray(index.to_numpy().astype("datetime64[D]").astype(np.int64), dtype=np.intp)


def as_nanoseconds(calendar: pd.Series) -> IntArray:
    """Moments in UTC as numbers (T,)."""
    moments = calendar.dt.tz_convert(None).to_numpy().astype("datetime64[ns]")
    return np.asarray(moments.astype(np.int64), dtype=np.intp)
