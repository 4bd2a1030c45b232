"""Faults of the rows: days that are missing, that should not be there, or that are another day's.

What is looked at are the dates of the rows in which a group of tickers has values; a group shares a
calendar, or has none.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.exchange import Exchange
from rotation.data.quality.findings import Finding, Kind, Place, Runs, report
from rotation.data.quality.reading import View

__all__ = ["DAILY", "Group", "check_sessions", "is_daily"]

DAILY = 2.0  # days between rows, at most, in the middle of daily data

_GAP = 12  # days: the longest closure of a large exchange is eleven (Shanghai, early 2020)
_PERIODS = {"week": (5, 9), "month": (27, 32), "quarter": (88, 93), "year": (364, 367)}
_SPARSE = 0.3

_REPEATED = 3, 0.01  # tickers, and rows that would be so by chance, at most

_CLOSED = "rt.clean(closes, drop=found.of('{}')), after a look at the exchange's notices"

Group = tuple[Exchange | None, BoolArray]
"""Tickers (N,) of an exchange, or of none that is known."""


def is_daily(days: pd.DatetimeIndex) -> bool:
    """Whether rows are days, and not weeks or months."""
    return len(days) < 3 or float(np.median(_steps(days))) <= DAILY


def check_sessions(view: View, groups: Sequence[Group], now: pd.Timestamp) -> list[Finding]:
    """Faults of the rows of a table.

    Parameters
    ----------
    view : the table
    groups : of its tickers, each ticker in one
    now : the time, with a time zone
    """
    found = _future(view, now) + _newest(view) + _empty(view)
    if not is_daily(view.sessions):
        found += _labels(view, groups) + _in_between(view)
        if any(exchange for exchange, _ in groups):
            told = "the rows are not daily, so no calendar was looked at"
            found.append(Finding("calendar range", "note", told, "pass daily closes"))
        return found
    for exchange, members in groups:
        seen = ~np.isnan(view.close[:, members]) | view.text[:, members]
        on: BoolArray = np.asarray(seen.any(axis=1))
        if on.any():
            found += _group(view, exchange, on, members)
            if exchange is not None:
                found += _open_still(view, exchange, on, now)
    found += _repeated(view, found)
    if not any(exchange for exchange, _ in groups) and view.sessions[-1].date() == now.date():
        told = "the last row is today's: whether the session has ended is not known"
        advice = "pass calendar=, or rt.clean(closes, drop='last row')"
        last = view.sessions[-1]
        found.append(Finding("intraday", "note", told, advice, "", last, last))
    return found


def _steps(days: pd.DatetimeIndex) -> FloatArray:
    """Days from each row to the next (T - 1,)."""
    step: FloatArray = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    return step


def _rows(kind: Kind, days: pd.DatetimeIndex, mask: BoolArray, words: str) -> list[Finding]:
    """Runs of rows, counted; ``words`` follow the days."""
    where = Runs.of_rows(mask)
    return report(kind, days, (), where, where.length, lambda at: f"{words} {at.days}")


def _future(view: View, now: pd.Timestamp) -> list[Finding]:
    furthest = now.tz_convert("UTC").tz_localize(None) + pd.Timedelta(hours=14)
    kind = Kind("future", "error", "look at the order of day and month when the dates were read")
    return _rows(kind, view.sessions, view.sessions > furthest, "dates that have not come")


def _newest(view: View) -> list[Finding]:
    """A last row with far fewer prices than those before."""
    seen = ~np.isnan(view.close) | view.text
    if len(seen) < 3:
        return []
    usual = float(np.median(seen[-11:-1].sum(axis=1)))
    short = usual - seen[-1].sum()
    if not (seen[-1].any() and short >= 1 and short >= _SPARSE * usual):
        return []
    told = f"{seen[-1].sum()} prices, {usual:.0f} in the rows before: the others are not out yet?"
    advice = "rt.clean(closes, drop='last row')"
    last = view.sessions[-1]
    return [
        Finding("sparse last row", "warning", told, advice, "", last, last, float(seen[-1].sum()))
    ]


def _group(
    view: View, exchange: Exchange | None, on: BoolArray, members: BoolArray
) -> list[Finding]:
    """Days of the week, and those of the calendar."""
    days = view.sessions[on]
    allowed = np.zeros(len(days), dtype=np.bool_)
    if exchange is not None:
        allowed = days.isin(exchange.sessions)
    shifted = _shifted(days, allowed, exchange)
    if shifted:
        return shifted
    if exchange is None:
        closed = (days.day_of_week >= 5) & ~_usual_days(days)
        return _closed(view, days, closed, "a weekend", members) + _gaps(days)
    inside = (days >= exchange.first) & (days <= exchange.last)
    closed = inside & ~allowed
    off = closed & (days.day_of_week >= 5)
    found = _closed(view, days, off, "a weekend", members)
    found += _closed(view, days, closed & ~off, f"a holiday of {exchange.name}", members)
    if not inside.all():
        told = (
            f"{exchange.name} is known from {exchange.first:%Y-%m-%d} to {exchange.last:%Y-%m-%d}"
        )
        advice = "the rows outside were not compared with it"
        out = days[~inside]
        found.append(
            Finding(
                "calendar range", "note", told, advice, "", out[0], out[-1], float((~inside).sum())
            )
        )
    return found + _missing(view, days, exchange, bool(members.all()))


def _usual_days(days: pd.DatetimeIndex) -> BoolArray:
    """Whether a row's day of the week has one in half of the weeks of its year, or of all (T,).

    New York traded on Saturdays until 1952.
    """
    week = (days.to_numpy().astype("datetime64[D]").astype(np.int64) + 3) // 7
    usual = np.zeros(len(days), dtype=np.bool_)
    for span in (days.year.to_numpy(), np.zeros(len(days), dtype=np.int64)):
        _, part = np.unique(span, return_inverse=True)
        weeks = np.bincount(np.unique(np.stack([part, week]), axis=1)[0])
        key = part * 7 + days.day_of_week
        usual |= 2 * np.bincount(key)[key] >= np.maximum(weeks[part], 4)
    return usual


def _shifted(
    days: pd.DatetimeIndex, allowed: BoolArray, exchange: Exchange | None
) -> list[Finding]:
    """Dates that belong to the next day or the one before: Sundays in place of Fridays."""
    number = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    sunday = (days.day_of_week == 6) & ~allowed
    saturday = (days.day_of_week == 5) & ~allowed
    early = sunday & ~np.isin(number + 5, number) & ~np.isin(number - 2, number)
    late = saturday & ~np.isin(number + 2, number)
    for at, all_of, here, instead, by in (
        (early, sunday, "Sundays", "Fridays", 1),
        (late, saturday, "Saturdays", "Mondays", -1),
    ):
        if at.sum() < max(4, 0.8 * all_of.sum()):
            continue
        severity = Kind("shifted dates", "warning", "").severity
        if exchange is not None or by < 0:
            severity = "error"
        told = f"{at.sum()} {here} and no {instead}: dates moved by a time zone" + (
            ", or an exchange that trades on Sundays" if severity == "warning" else ""
        )
        advice = f"closes.index = closes.index + pandas.Timedelta(days={by}), where it holds"
        when = days[at]
        return [
            Finding("shifted dates", severity, told, advice, "", when[0], when[-1], float(at.sum()))
        ]
    return []


def _closed(
    view: View, days: pd.DatetimeIndex, closed: BoolArray, what: str, members: BoolArray
) -> list[Finding]:
    """Rows on days without a session of the tickers (N,) that are members."""
    fault = "weekend" if what == "a weekend" else "holiday"
    rows = view.sessions.get_indexer(days[closed])
    mask = np.zeros(len(view.sessions), dtype=np.bool_)
    mask[rows] = True
    close = view.close[:, members]
    others: BoolArray = np.asarray((~np.isnan(view.close[:, ~members])).any(axis=1))
    alone = "closes.loc['{date}':'{until}', tickers] = numpy.nan, with tickers those of it: others"
    found: list[Finding] = []
    for part, advice in (
        (mask & ~others, _CLOSED.format(fault)),
        (mask & others, f"{alone} have prices that day"),
    ):
        where = Runs.of_rows(part)
        before = np.maximum(where.start - 1, 0)
        same = (close[where.start] == close[before]) & (where.start > 0)[:, None]
        count = (~np.isnan(close[where.start])).sum(axis=1)
        repeated = same.sum(axis=1) == count

        def say(at: Place, count: IntArray = count, repeated: BoolArray = repeated) -> str:
            prices = f"{count[at.number]} price{'' if count[at.number] == 1 else 's'}"
            told = f"{prices} {at.days}, {what}"
            return told + (", all as the day before" if repeated[at.number] else "")

        kind = Kind(fault, "warning", advice)
        found += report(kind, view.sessions, (), where, where.length, say)
    return found


def _gaps(days: pd.DatetimeIndex) -> list[Finding]:
    """Long gaps, where no calendar is known; and rows further apart than days."""
    step = _steps(days)
    apart = Runs.of_rows(step >= 5)
    slow = np.zeros(len(step), dtype=np.bool_)
    for start, stop in zip(apart.start, apart.stop, strict=True):
        slow[start:stop] = stop - start >= 3
    kind = Kind("mixed periods", "warning", "get the daily closes of these days, or cut them off")
    found = []
    if slow.any():
        where = Runs.of_rows(slow)
        where = Runs(where.start, where.stop + 1, where.column)
        size = np.array(
            [np.median(step[a : b - 1]) for a, b in zip(where.start, where.stop, strict=True)]
        )
        found += report(
            kind, days, (), where, size, lambda at: f"a row every {at.figure:.0f} days {at.days}"
        )
    wide = np.flatnonzero((step > _GAP) & ~slow)
    where = Runs(wide, wide + 2, np.full(len(wide), -1))
    kind = Kind("gap", "warning", "pass calendar= to see which sessions are missing")
    return found + report(
        kind, days, (), where, step[wide], lambda at: f"no row for {at.figure:.0f} days, {at.days}"
    )


def _missing(view: View, days: pd.DatetimeIndex, exchange: Exchange, alone: bool) -> list[Finding]:
    """Sessions of the exchange that have no row."""
    expected = exchange.sessions[(exchange.sessions >= days[0]) & (exchange.sessions <= days[-1])]
    kind = Kind("missing session", "warning", "get the prices of these days: no call can know them")
    words = f"no row for a session of {exchange.name}" + (
        "" if alone else ", the tickers' exchange"
    )
    return _rows(kind, expected, ~expected.isin(view.sessions), words)


def _repeated(view: View, found: Sequence[Finding]) -> list[Finding]:
    """Rows in which every ticker has the close of the row before, and none is told otherwise."""
    seen = ~np.isnan(view.close)
    pairs = np.zeros_like(seen)
    pairs[1:] = seen[1:] & seen[:-1]
    stays = np.zeros_like(seen)
    stays[1:] = pairs[1:] & (view.close[1:] == view.close[:-1])
    number = stays.sum(axis=1)
    whole = (number >= 2) & (number == seen.sum(axis=1))
    # How often each stays anyway, in the rows in which not all do.
    share = ((stays & ~whole[:, None]).sum(axis=0) + 0.5) / (
        (pairs & ~whole[:, None]).sum(axis=0) + 1.0
    )
    tickers, chance = _REPEATED
    by_chance = len(whole) * np.exp(np.where(stays, np.log(share), 0.0).sum(axis=1))
    few = number < tickers
    whole &= np.where(few, by_chance**2 < chance, by_chance < chance)
    if (whole & few).sum() < 2:
        whole &= ~few
    for each in found:
        if each.fault in ("weekend", "holiday") and each.date and each.until:
            whole &= (view.sessions < each.date) | (view.sessions > each.until)
    advice = _CLOSED.format("repeated row")
    words = "every close is that of the row before,"
    return _rows(Kind("repeated row", "warning", advice), view.sessions, whole, words)


def _open_still(view: View, exchange: Exchange, on: BoolArray, now: pd.Timestamp) -> list[Finding]:
    """A last row of a session that goes on."""
    last = view.sessions[on][-1]
    at = exchange.sessions.get_indexer(pd.DatetimeIndex([last]))[0]
    if at < 0 or not exchange.closings[at] - pd.Timedelta(days=1) < now < exchange.closings[at]:
        return []
    told = f"{exchange.name} closes at {exchange.closings[at]:%H:%M} UTC: the last row is no close"
    advice = "rt.clean(closes, drop='last row')"
    return [Finding("intraday", "warning", told, advice, "", last, last)]


def _empty(view: View) -> list[Finding]:
    """Rows without any price."""
    empty: BoolArray = np.asarray((np.isnan(view.close) & ~view.text).all(axis=1))
    seen = np.flatnonzero(~empty)
    if not len(seen):
        return []
    rows = np.arange(len(empty))
    inside = empty & (rows > seen[0]) & (rows < seen[-1])
    advice = "rt.clean(closes, drop='empty rows')"
    lived = ~np.isnan(view.close)
    across = np.maximum.accumulate(lived, axis=0) & np.maximum.accumulate(lived[::-1])[::-1]
    refused = inside & across.any(axis=1)
    words = "no ticker has a price"
    found = _rows(Kind("empty row", "error", advice), view.sessions, refused, words)
    kind = Kind("empty row", "warning", advice)
    return found + _rows(kind, view.sessions, empty & ~refused, words)


def _labels(view: View, groups: Iterable[Group]) -> list[Finding]:
    """Rows named by the first day of the period whose last price they hold."""
    days = view.sessions[:-1]  # the newest may be the day of the download
    if len(days) < 2:
        return []
    step = float(np.median(_steps(view.sessions)))
    name = next((k for k, (low, high) in _PERIODS.items() if low <= step <= high), None)
    if name is None:
        return []
    months = {"quarter": (1, 4, 7, 10), "year": (1,)}.get(name, tuple(range(1, 13)))
    first_weekday = days.to_period("M").to_timestamp() + pd.offsets.BDay(0)
    of_month = np.isin(days.month, months)
    calendar_day = (days.day == 1) & of_month
    monday = days.day_of_week == 0
    starts = monday if name == "week" else calendar_day
    closed = (days.day_of_week >= 5) | ((days.month == 1) & (days.day == 1))
    closed |= (days.month == 12) & (days.day == 25)
    for exchange, _ in groups:
        if exchange is not None:
            inside = (days >= exchange.first) & (days <= exchange.last)
            closed |= inside & ~days.isin(exchange.sessions)
    by_session = name != "week" and bool(((days == first_weekday) & of_month).all())
    if name == "week" and (days.day_of_week == 6).all() and len(days) >= 5:
        told = (
            "every row is a Sunday: of the week that ends on it, or begins, known 6 days too early?"
        )
        advice = "closes.resample('W-FRI') names a week by its Friday"
        return [Finding("look-ahead label", "note", told, advice, "", days[0], days[-1], step)]
    if len(days) < 5 and not closed.any():
        return []
    if not (starts.all() or (by_session and closed.any())):
        return []
    severity = Kind("", "error" if closed.any() else "warning", "").severity
    at = days[closed][0] if closed.any() else days[0]
    told = (
        f"every row is the first day of a {name}"
        + (f", even {at:%Y-%m-%d}, a day without a session" if closed.any() else "")
        + f": the {name}'s last price known {step:.0f} days too early?"
    )
    letter = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}[name]
    advice = (
        f"closes.index = closes.index.to_period('{letter}').to_timestamp(how='end').normalize()"
    )
    return [Finding("look-ahead label", severity, told, advice, "", at, days[-1], step)]


def _in_between(view: View) -> list[Finding]:
    """Rows of single days among weeks or months, as Yahoo adds for dividends and for today."""
    step = _steps(view.sessions)
    usual = float(np.median(step))
    short = np.r_[False, step < usual / 3]
    kind = Kind("mixed periods", "warning", "rt.clean(closes, drop=found.of('mixed periods'))")
    where = Runs.of_rows(short)
    size = step[where.start - 1]
    return report(
        kind,
        view.sessions,
        (),
        where,
        size,
        lambda at: (
            f"a row {at.figure:.0f} days after the one before, which usually are {usual:.0f}"
        ),
    )
