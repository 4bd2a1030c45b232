"""The check of a price table: every fault that is looked for, in one call."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rotation.data.bars import Bars
from rotation.data.quality.actions import read_actions
from rotation.data.quality.exchange import Exchange, open_exchange
from rotation.data.quality.fields import check_fields
from rotation.data.quality.findings import Finding
from rotation.data.quality.jumps import check_jumps
from rotation.data.quality.outcome import Quality, tabulate
from rotation.data.quality.ranges import check_ranges
from rotation.data.quality.reading import View, read
from rotation.data.quality.sessions import Group, check_sessions, is_daily
from rotation.data.quality.values import check_values
from rotation.errors import ArgumentError
from rotation.provenance import STAMP
from rotation.terms import Actions

if TYPE_CHECKING:
    from rotation.arrays import BoolArray

__all__ = ["check_prices"]

Calendar = str | Mapping[str, str]


def check_prices(
    closes: pd.DataFrame | Bars,
    actions: Actions | None = None,
    calendar: Calendar | None = None,
    *,
    now: pd.Timestamp | None = None,
) -> Quality:
    """Look for what is wrong with a table of prices; nothing is changed.

    Parameters
    ----------
    closes : (T, N) closes by date and ticker, sound or not; or bars, whose other fields are looked
        at too
    actions : dividends and splits that the closes show, because they are not adjusted for them;
        None for those of the bars, or unknown ones
    calendar : exchange of all tickers, as exchange_calendars names it ("XNYS", "XHKG", "XSHG"), or
        of some, by ticker; None if unknown
    now : the time, with a time zone; None for the clock's

    Returns
    -------
    Quality
        With a row for each finding. If none is an error, ``backtest`` refuses no close, date or
        ticker of them, and no dividend or split; whether they are long enough for a signal is
        another matter.

    Raises
    ------
    DataError
        If ``closes`` is no table.
    ArgumentError
        If another argument is not what it should be.
    MissingExtraError
        If a calendar is asked for without exchange_calendars.

    Examples
    --------
    >>> import rotation as rt
    >>> closes = rt.sample().loc["2024":, ["NVDA"]]
    >>> closes.loc["2024-06-10":, "NVDA"] /= 10
    >>> found = check_prices(closes)
    >>> found.table[["fault", "severity", "ticker", "date"]]
       fault severity ticker       date
    0  scale    error   NVDA 2024-06-10
    >>> print(found.table["message"][0])
    120.859 to 12.1761, 10-fold for good: another unit (pence, dollars), or a split not taken out?
    """
    moment = _now(now)
    _check_calendar(calendar)
    view, found = read(closes)
    table = closes.close if isinstance(closes, Bars) else closes
    if view is not None:
        # Numbers of any size are looked at; what overflows on the way is found for what it is.
        with np.errstate(all="ignore"):
            found += _look(view, actions, calendar, moment, _adjusted(table))
    found = _one_way(found)
    named = calendar or ""
    if not isinstance(named, str):
        named = ", ".join(sorted(set(named.values())))
    return Quality(tabulate(found), table.shape, named, table.copy())


def _look(
    view: View,
    actions: Actions | None,
    calendar: Calendar | None,
    now: pd.Timestamp,
    adjusted: str,
) -> list[Finding]:
    groups, found = _groups(view, calendar)
    allowed = np.ones(view.close.shape, dtype=np.bool_)
    several = len(groups) > 1
    for exchange, members in groups if several and is_daily(view.sessions) else ():
        if exchange is not None:
            days = view.sessions
            closed = (days >= exchange.first) & (days <= exchange.last)
            closed &= ~days.isin(exchange.sessions)
            allowed[np.ix_(closed, members)] = False
    paid, wrong = read_actions(view, actions, adjusted)
    rows = check_sessions(view, groups, now)
    cells = check_values(view, allowed)
    if not several:
        cells = [_on_holiday(each, rows) for each in cells]
    between = check_fields(view) + check_ranges(view)
    return found + wrong + rows + cells + check_jumps(view, paid) + between


def _on_holiday(finding: Finding, rows: list[Finding]) -> Finding:
    """A hole of a row that should not be there is nothing to be filled."""
    if finding.fault != "hole" or finding.date is None or finding.until is None:
        return finding
    for row in rows:
        if row.fault not in ("holiday", "weekend") or row.date is None or row.until is None:
            continue
        if row.date <= finding.date and finding.until <= row.until:
            advice = f"nothing is to be filled: rt.clean(closes, drop=found.of('{row.fault}'))"
            return replace(finding, suggestion=advice)
    return finding


def _one_way(found: list[Finding]) -> list[Finding]:
    """Dates that are first to be put into a zone are not to be moved by days as well."""
    if not any(each.fault == "time of day" for each in found):
        return found
    advice = (
        "first bring the dates into the zone of the exchange, see time of day; then check again"
    )
    return [
        replace(each, suggestion=advice) if each.fault == "shifted dates" else each
        for each in found
    ]


def _now(now: pd.Timestamp | None) -> pd.Timestamp:
    if now is None:
        return pd.Timestamp.now("UTC")
    if not isinstance(now, pd.Timestamp) or now.tz is None:
        raise ArgumentError(f"now: want a Timestamp with a time zone, got {now!r}")
    return now


def _check_calendar(calendar: Calendar | None) -> None:
    if calendar is None or isinstance(calendar, str):
        return
    if not isinstance(calendar, Mapping) or not all(
        isinstance(name, str) for name in calendar.values()
    ):
        raise ArgumentError(f"calendar: want a name, or names by ticker, got {calendar!r:.80}")


def _groups(view: View, calendar: Calendar | None) -> tuple[list[Group], list[Finding]]:
    """Tickers by exchange."""
    names = np.array(view.names, dtype=object)
    if calendar is None:
        return [(None, np.ones(len(names), dtype=np.bool_))], []
    if isinstance(calendar, Mapping):
        unknown = [ticker for ticker in calendar if ticker not in view.names]
        if unknown:
            raise ArgumentError(f"calendar: {unknown[0]!r} is not a column of closes")
        held = np.array([calendar.get(name, "") for name in names], dtype=object)
    else:
        held = np.full(len(names), calendar, dtype=object)
    found: list[Finding] = []
    groups: list[Group] = []
    first, last = view.sessions[0], view.sessions[-1]
    without: BoolArray = held == ""
    for name in dict.fromkeys(held[~without].tolist()):
        exchange: Exchange | None = open_exchange(name, first, last)
        if exchange is None:
            told = f"the calendar {name} knows none of these days"
            found.append(
                Finding("calendar range", "note", told, "the rows were not compared with it")
            )
            without |= held == name
        else:
            groups.append((exchange, held == name))
    if without.any():
        groups.append((None, without))
    return groups, found


def _adjusted(table: pd.DataFrame) -> str:
    """What the stamp says was taken out of the closes."""
    try:
        said = str(json.loads(table.attrs.get(STAMP, "{}")).get("adjustment", ""))
    except (TypeError, ValueError, AttributeError):
        return ""
    return "" if said.startswith("nothing") else said
