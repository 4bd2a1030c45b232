"""Closes of several exchanges on the sessions of one, as they were known there.

A row holds no close that had not happened by its moment, and of each close it says the date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray, listing
from rotation.checks import check_count, check_positive
from rotation.data.calendars import Calendars, as_days, as_nanoseconds, calendar_of
from rotation.errors import ArgumentError, DataError
from rotation.hindsight import latest
from rotation.provenance import Provenance, provenance, stamp
from rotation.tables import Prices, read_prices

__all__ = ["Aligned", "Window", "align", "common_window"]

_DAY = 86_400_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """What was known of N tickers of several exchanges at T moments.

    Parameters
    ----------
    closes : (T, N) the last close of each that had happened; NaN before its first, and as soon as
        its exchange has had a further session without it
    as_of : (T, N) session of its own exchange that each close is of, NaT for none
    age : (T, N) days from that close to the moment, with the part of a day; NaN for none
    fresh : (T, N) whether that close happened after the row before; where it did not, the row
        repeats one at which nobody can trade any more
    moments : (T,) when each row is, in UTC
    """

    closes: pd.DataFrame
    as_of: pd.DataFrame
    age: pd.DataFrame
    fresh: pd.DataFrame
    moments: pd.Series

    def decidable(self, lag: int = 1) -> pd.DatetimeIndex:
        """Rows whose decision finds a new close of every ticker listed ``lag`` rows later.

        Parameters
        ----------
        lag : rows from a decision to its trade; 0 for what trades at the very close that decides,
            as a layer's rebalancing does

        Returns
        -------
        DatetimeIndex
            For the ``every`` of a :class:`rotation.Schedule` with that lag.
        """
        check_count("lag", lag, 0, "rows")
        fresh = (self.fresh | self.closes.isna()).all(axis=1)
        tradable = np.asarray(fresh, dtype=np.bool_)[lag:]
        return pd.DatetimeIndex(self.closes.index[: len(tradable)][tradable])


@dataclass(frozen=True, slots=True)
class Window:
    """Sessions on which every ticker has a close, and who bounds them.

    Parameters
    ----------
    first, last : sessions
    begins : the ticker that was listed last
    ends : the ticker whose closes end first
    """

    first: date
    last: date
    begins: str
    ends: str

    def __str__(self) -> str:
        return (
            f"{self.first:%Y-%m-%d} ({self.begins} begins) to {self.last:%Y-%m-%d} "
            f"({self.ends} ends)"
        )

    def cut(self, closes: pd.DataFrame) -> pd.DataFrame:
        """The rows of ``closes`` (T, N) in the window, and in its stamp that it was cut."""
        rows = closes.loc[pd.Timestamp(self.first) : pd.Timestamp(self.last)]
        step = f"cut to the common window {self}: {len(rows):,} of {len(closes):,} sessions"
        return stamp(rows, provenance(closes), step=step)


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """Closes (t, n) of one exchange, and its S sessions: which are its rows, when each closed."""

    name: str
    prices: Prices
    closed: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Closes (T, n) known at each moment, their sessions, ages in days, and which are new."""

    close: FloatArray
    as_of: Any
    age: FloatArray
    fresh: BoolArray


def align(
    tables: Mapping[str, pd.DataFrame],
    to: str,
    *,
    offset: timedelta = timedelta(0),
    stale: float = 14,
    missed: int = 0,
    calendars: Calendars | None = None,
) -> Aligned:
    """Closes of several exchanges on the sessions of ``to``, without look-ahead.

    A row is at the close of a session of ``to``. It holds the last close of every ticker that had
    happened by then: on New York's 27 January the Hong Kong of the 27th, in Hong Kong on the 27th
    the New York of the 24th. While its exchange is on holiday a ticker keeps its last close.

    Parameters
    ----------
    tables : closes by exchange, a code that exchange_calendars knows ("XNYS", "XHKG") and
        (t, n) prices on its own sessions; no ticker in two of them
    to : the exchange whose sessions the rows are: those of its table, or if it has none all from
        the first at which a close is known to the first at which all are
    offset : from its close to the moment of the row, a day at the most; before the close if
        negative, so that its own last close is then the one of the session before
    stale : days that a close may be old at most
    missed : sessions of its own exchange that a ticker may go without a row
    calendars : closing moments by session and exchange as :func:`closings` gives them, in place
        of those of exchange_calendars

    Returns
    -------
    Aligned
        Closes with their sessions and ages; the stamp says how old the oldest is.

    Raises
    ------
    ArgumentError
        If an exchange has no calendar or an option is not what it should be.
    DataError
        If a table is not sound, has a row on a day that is no session, lacks sessions, or a close
        is too old; or if the calendar does not reach so far.

    Notes
    -----
    Moments are the ends of regular trading with its half days. Auctions after them, of some
    minutes, are taken to be over at the same moment.

    Examples
    --------
    >>> import rotation as rt
    >>> nvidia = rt.sample().loc["2025-01-24":"2025-01-31", ["NVDA"]]
    >>> known = align({"XNYS": nvidia}, to="XHKG")
    >>> known.closes.assign(of=known.as_of["NVDA"], age=known.age["NVDA"].round(2))
                  NVDA         of   age
    2025-01-27  142.62 2025-01-24  2.46
    2025-01-28  118.42 2025-01-27  0.29
    2025-02-03  120.07 2025-01-31  2.46
    """
    if not isinstance(tables, Mapping) or not tables:
        raise ArgumentError(f"tables: want closes by exchange, got {type(tables).__name__}")
    if not isinstance(offset, timedelta) or not abs(offset) <= timedelta(days=1):
        raise ArgumentError(f"offset: want a timedelta of a day at the most, got {offset!r}")
    check_positive("stale", stale)
    check_count("missed", missed, 0)
    sound = {name: read_prices(each, f"tables[{name!r}]") for name, each in tables.items()}
    _refuse_shared(sound)
    last = max(each.sessions[-1] for each in sound.values())
    markets = [_market(name, each, last, calendars) for name, each in sound.items()]
    index, moments = _decisions(to, markets, offset, calendars)
    known = [_known(each, index, moments, stale, missed) for each in markets]
    columns = pd.Index([name for each in sound.values() for name in each.columns])
    aligned = Aligned(
        closes=pd.DataFrame(np.hstack([each.close for each in known]), index, columns),
        as_of=pd.DataFrame(np.hstack([each.as_of for each in known]), index, columns),
        age=pd.DataFrame(np.hstack([each.age for each in known]), index, columns),
        fresh=pd.DataFrame(np.hstack([each.fresh for each in known]), index, columns),
        moments=pd.Series(pd.to_datetime(moments[1:], utc=True), index, name="moment"),
    )
    return _seen(aligned, tables, to, offset)


def common_window(closes: pd.DataFrame) -> Window:
    """First and last session on which every ticker has a close, and who bounds them.

    Parameters
    ----------
    closes : (T, N) prices

    Raises
    ------
    DataError
        If the closes are not sound, or two tickers have no session in common.

    Examples
    --------
    >>> import rotation as rt
    >>> print(common_window(rt.sample()))
    2013-01-02 (NFLX begins) to 2022-12-28 (AMD ends)
    """
    prices = read_prices(closes)
    starts, stops = listing(prices.close)
    late, early = int(starts.argmax()), int(stops.argmin())
    first, last = prices.sessions[starts[late]], prices.sessions[stops[early]]
    if first > last:
        raise DataError(
            f"closes: no session has all tickers, {prices.columns[late]} begins on "
            f"{first:%Y-%m-%d} and {prices.columns[early]} ends on {last:%Y-%m-%d}"
        )
    return Window(first.date(), last.date(), str(prices.columns[late]), str(prices.columns[early]))


def _reaching(
    argument: str, name: str, first: pd.Timestamp, last: pd.Timestamp, calendars: Calendars | None
) -> pd.Series:
    """A calendar to the last row of all tables at least, or nobody could tell a missing session."""
    calendar = calendar_of(argument, name, first, last, calendars)
    if calendar.index[-1] < last:
        raise DataError(
            f"calendars[{name!r}]: want sessions up to one on {last:%Y-%m-%d} or after it, to "
            f"where the tables go, got {calendar.index[-1]:%Y-%m-%d} as the last"
        )
    return calendar


def _market(name: str, prices: Prices, last: pd.Timestamp, calendars: Calendars | None) -> _Market:
    """A table with its calendar, or a refusal of rows that are no sessions."""
    calendar = _reaching("tables", name, prices.sessions[0], last, calendars)
    rows = as_days(calendar.index).searchsorted(as_days(prices.sessions))
    at = np.minimum(rows, len(calendar) - 1)
    odd = as_days(calendar.index)[at] != as_days(prices.sessions)
    if odd.any():
        day = prices.sessions[odd][0]
        raise DataError(
            f"tables[{name!r}]: {day:%Y-%m-%d} (a {day:%A}) is no session of {name} "
            f"(rows on none: {int(odd.sum()):,} of {len(odd):,}); see "
            f"rotation.check_prices(closes, calendar={name!r}) and drop them, or pass calendars="
        )
    return _Market(name, prices, as_nanoseconds(calendar), rows)


def _decisions(
    to: str, markets: Sequence[_Market], offset: timedelta, calendars: Calendars | None
) -> tuple[pd.DatetimeIndex, IntArray]:
    """Sessions (T,) that are rows; moments (T+1,) of the session before the first and of each."""
    shift = round(offset / timedelta(microseconds=1)) * 1_000
    own = next((each.prices.sessions for each in markets if each.name == to), None)
    sessions = [each.prices.sessions for each in markets] if own is None else [own]
    first, last = min(each[0] for each in sessions), max(each[-1] for each in sessions)
    calendar = _reaching("to", to, first, last, calendars)
    closed = as_nanoseconds(calendar) + shift
    if own is None:
        begin = closed.searchsorted(min(each.closed[each.rows[0]] for each in markets))
        end = closed.searchsorted(max(each.closed[each.rows[-1]] for each in markets)) + 1
        at = np.arange(len(closed))[begin:end]
        index = pd.DatetimeIndex(calendar.index.to_numpy()[begin:end])
        if not len(index):
            raise DataError(f"to: the calendar of {to} ends before any close of tables is known")
    else:
        at, index = as_days(calendar.index).searchsorted(as_days(own)), own
    before = closed[at[0] - 1] if at[0] > 0 else np.iinfo(np.int64).min
    return index, np.concatenate([[before], closed[at]])


def _known(
    market: _Market, index: pd.DatetimeIndex, moments: IntArray, stale: float, missed: int
) -> _Known:
    """What of one exchange is known at each moment but the first, which comes before all rows."""
    close = market.prices.close
    happened = market.closed.searchsorted(moments, side="right") - 1
    seen = market.rows.searchsorted(happened, side="right") - 1
    first, last = listing(close)
    now = seen[1:, None]
    source = np.minimum(now, last)
    listed = now >= first
    without = happened[1:, None] - market.rows[source]
    age = (moments[1:, None] - market.closed[market.rows[source]]) / _DAY
    listed &= (without <= missed) | (now < last)
    _refuse(market, index, source, listed & (without > missed))
    _refuse(market, index, source, listed & (age > stale), age)
    unseen = ~listed.any(axis=0)
    if unseen.any():
        name = market.prices.columns[int(unseen.argmax())]
        raise DataError(
            f"tables[{market.name!r}]: no close of {name} had happened, and its exchange not gone "
            f"on without it, by any row from {index[0]:%Y-%m-%d} to {index[-1]:%Y-%m-%d}"
        )
    days = market.prices.sessions.to_numpy()[source]
    return _Known(
        close=np.where(listed, np.take_along_axis(close, source, axis=0), np.nan),
        as_of=np.where(listed, days, np.datetime64("NaT")),
        age=np.where(listed, age, np.nan),
        fresh=listed & (source > np.minimum(seen[:-1, None], last)),
    )


def _refuse(
    market: _Market,
    index: pd.DatetimeIndex,
    source: IntArray,
    wrong: BoolArray,
    age: FloatArray | None = None,
) -> None:
    """Refuse the first close that would be carried too far."""
    if not wrong.any():
        return
    row, column = np.argwhere(wrong)[0]
    name, day = market.prices.columns[column], market.prices.sessions[source[row, column]]
    where = f"tables[{market.name!r}]: on {index[row]:%Y-%m-%d} the last close of {name} is of "
    if age is None:
        raise DataError(
            f"{where}{day:%Y-%m-%d}, though {market.name} had sessions since, and it has closes "
            "later; get the missing rows, pass missed= to carry it over so many sessions, or "
            "calendars= without those that were called off"
        )
    raise DataError(
        f"{where}{day:%Y-%m-%d}, {age[row, column]:.1f} days before; "
        f"pass stale={ceil(age[wrong].max())} if it may be that old"
    )


def _refuse_shared(tables: Mapping[str, Prices]) -> None:
    home: dict[str, str] = {}
    for exchange, prices in tables.items():
        for name in map(str, prices.columns):
            if name in home:
                raise DataError(
                    f"tables[{exchange!r}]: {name} is in tables[{home[name]!r}] too; rename one"
                )
            home[name] = exchange


def _seen(
    aligned: Aligned, tables: Mapping[str, pd.DataFrame], to: str, offset: timedelta
) -> Aligned:
    """The same with a stamp on its closes."""
    oldest = []
    for name, table in tables.items():
        age = aligned.age[table.columns].to_numpy()
        fresh = aligned.fresh[table.columns].to_numpy().any(axis=1)
        repeats = int((~np.isnan(age).all(axis=1) & ~fresh).sum())
        oldest.append(
            f"{name} at most {np.nanmax(age):.2f} days old, {repeats:,} rows without a new close"
        )
    when = "its close" if not offset else f"its close and {offset / timedelta(hours=1):+g} hours"
    step = (
        f"aligned to {len(aligned.closes):,} sessions of {to}, known at {when}: {'; '.join(oldest)}"
    )
    return replace(aligned, closes=stamp(aligned.closes, _origin(tables), step=step))


def _origin(tables: Mapping[str, pd.DataFrame]) -> Provenance:
    """Where several tables come from, as one."""
    origins = {name: provenance(table) for name, table in tables.items()}
    if len(origins) == 1:
        return next(iter(origins.values()))

    def said(words: Mapping[str, str]) -> str:
        if len(set(words.values())) == 1:
            return next(iter(words.values()))
        return "; ".join(f"{name}: {word}" for name, word in words.items())

    money: dict[str, str] = {}
    for name, table in tables.items():
        held = origins[name].currency
        each = {str(c): held for c in table.columns if held} if isinstance(held, str) else held
        money.update(each)
    times = [each.fetched for each in origins.values()]
    fetched = [each for each in times if each is not None]
    return Provenance(
        source=said({name: each.source for name, each in origins.items()}),
        adjustment=said({name: each.adjustment for name, each in origins.items()}),
        fetched=min(fetched) if len(fetched) == len(times) else None,
        currency=money,
        checks=tuple(f"{name}: {c}" for name, each in origins.items() for c in each.checks),
        steps=tuple(f"{name}: {s}" for name, each in origins.items() for s in each.steps),
        altered=tuple(a for each in origins.values() for a in each.altered),
        chosen_on=latest(*(each.chosen_on for each in origins.values())),
        note=" ".join(dict.fromkeys(each.note for each in origins.values() if each.note)),
    )
