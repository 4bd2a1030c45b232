"""Sessions of an exchange, as far as its calendar is known."""

import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rotation.data.calendars import check_exchange, closings
from rotation.extra import load

__all__ = ["Exchange", "open_exchange"]


_FIRST, _LAST = pd.Timestamp("1800-01-01"), pd.Timestamp("2200-12-31")  # of any calendar


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """The calendar of one exchange over some days.

    Parameters
    ----------
    name : of exchange_calendars, as "XNYS"
    first, last : days between which it is known
    sessions : (D,) tz-naive dates
    closings : (D,) when each ends, UTC
    """

    name: str
    first: pd.Timestamp
    last: pd.Timestamp
    sessions: pd.DatetimeIndex
    closings: pd.DatetimeIndex


def open_exchange(name: str, first: pd.Timestamp, last: pd.Timestamp) -> Exchange | None:
    """The calendar of an exchange from ``first`` to ``last``.

    Parameters
    ----------
    name : of exchange_calendars
    first, last : tz-naive days; what the calendar does not reach is left out

    Returns
    -------
    Exchange or None
        None if the calendar knows none of these days.

    Raises
    ------
    ArgumentError
        If there is no such calendar.
    """
    check_exchange("calendar", name)
    low, high = _bounds(name)
    start = max(first, _FIRST if low is None else low)
    end = min(last, _LAST if high is None else high)
    if start > end:
        return None
    found = closings(name, start, end)
    days = pd.DatetimeIndex(found.index)
    return Exchange(name, start, end, days, pd.DatetimeIndex(found.array))


def _bounds(name: str) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """First and last day that a calendar can know, None for any."""
    package: Any = load("exchange_calendars", "calendars", "calendar")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what pandas will withdraw
        calendar = package.get_calendar(name)
    return calendar.bound_min(), calendar.bound_max()
