"""The border: pandas tables in, plain arrays out.

What passes here is sound, so nothing inside checks it again; what does not is refused with the
argument, the date and the name.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray, listing
from rotation.checks import is_number
from rotation.costs import Rate
from rotation.errors import ArgumentError, DataError
from rotation.provenance import STAMP

__all__ = [
    "Prices",
    "compound",
    "read_day",
    "read_fills",
    "read_prices",
    "read_rate",
    "read_shares",
    "read_table",
    "read_weights",
]

_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """A sound price table.

    Parameters
    ----------
    sessions : (T,) dates
    columns : (N,) names
    close : (T, N) a copy of the user's values, NaN before listing and after delisting alone
    stamp : what came with the table of where it is from, "" for nothing
    """

    sessions: pd.DatetimeIndex
    columns: pd.Index
    close: FloatArray
    stamp: str = field(default="", compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """The table again (T, N), a copy."""
        table = pd.DataFrame(self.close.copy(), self.sessions, self.columns)
        if self.stamp:
            table.attrs[STAMP] = self.stamp
        return table


def read_prices(closes: pd.DataFrame, name: str = "closes") -> Prices:
    """Check a price table.

    Parameters
    ----------
    closes : index tz-naive session dates, strictly increasing; columns names; values positive,
        NaN before listing and after delisting alone
    name : of the argument, for the message

    Raises
    ------
    DataError
        If anything of this does not hold; the message names date and column.
    """
    sessions = _sessions(closes, name)
    close = _numbers(closes, name)
    if not (close.min() > 0 and close.max() < np.inf):
        _refuse_numbers(closes, sessions, close, name)
    return Prices(sessions, closes.columns, close, closes.attrs.get(STAMP, ""))


def _refuse_numbers(
    closes: pd.DataFrame, sessions: pd.DatetimeIndex, close: FloatArray, name: str
) -> None:
    bad = ~(close > 0) & ~np.isnan(close) | np.isinf(close)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{name}: want positive prices, got {close[row, column]:g} for "
            f"{closes.columns[column]} on {sessions[row]:%Y-%m-%d}"
        )
    absent = np.isnan(close)
    if absent.all(axis=0).any():
        column = closes.columns[int(absent.all(axis=0).argmax())]
        raise DataError(f"{name}: {column} has no price at all; drop the column")
    first, last = listing(close)
    rows = np.arange(len(close))[:, None]
    holes = absent & (rows > first) & (rows < last)
    if holes.any():
        row, column = np.argwhere(holes)[0]
        after = row + int((~absent[row:, column]).argmax())
        raise DataError(
            f"{name}: {closes.columns[column]} has no price on {sessions[row]:%Y-%m-%d}, between "
            f"{sessions[row - 1]:%Y-%m-%d} and {sessions[after]:%Y-%m-%d}; "
            "drop the session or fill it before"
        )


def _sessions(table: pd.DataFrame, name: str) -> pd.DatetimeIndex:
    """The index of a table of sessions by names, or a refusal of what is none."""
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{name}: want a DataFrame, got {type(table).__name__}")
    index = table.index
    if not isinstance(index, pd.DatetimeIndex):
        got = type(index[0]).__name__ if len(index) else "an empty index"
        raise DataError(
            f"{name}: want an index of session dates (DatetimeIndex), got {got}; "
            "see pandas.to_datetime"
        )
    if table.empty:
        raise DataError(f"{name}: want sessions and columns, got shape {table.shape}")
    if index.tz is not None:
        raise DataError(
            f"{name}: want tz-naive session dates, got time zone {index.tz}; see tz_localize(None)"
        )
    if index.hasnans:
        raise DataError(f"{name}: want a date in every row, got NaT")
    if not index.is_monotonic_increasing or not index.is_unique:
        wrong = int(np.flatnonzero(index[1:] <= index[:-1])[0]) + 1
        kind = "twice" if index[wrong] == index[wrong - 1] else f"after {index[wrong - 1]:%Y-%m-%d}"
        raise DataError(
            f"{name}: want strictly increasing dates, got {index[wrong]:%Y-%m-%d} {kind}"
        )
    if not index.is_normalized:
        odd = index[index != index.normalize()][0]
        raise DataError(f"{name}: want dates without a time of day, got {odd}; see normalize()")
    names = [str(column) for column in table.columns]
    if len(set(names)) < len(names):
        twice = next(each for n, each in enumerate(names) if each in names[:n])
        raise DataError(f"{name}: want each column once, got {twice} twice")
    if "cash" in names:
        raise DataError(f"{name}: 'cash' is what is not invested; rename the column")
    return index


def _numbers(table: pd.DataFrame, name: str) -> FloatArray:
    """The values of a table of numbers, never a view of it."""
    values = table.to_numpy()
    if values.dtype.kind in "fiu":
        return np.array(values, dtype=np.float64, order="C")
    odd = [dtype.kind not in "fiu" for dtype in table.dtypes]
    if any(odd):
        column = odd.index(True)
        raise DataError(
            f"{name}: want numbers, got {table.dtypes.iloc[column]} in {table.columns[column]}"
        )
    return np.array(table.to_numpy(dtype=np.float64, na_value=np.nan), order="C")


def read_fills(fill: pd.DataFrame, prices: Prices) -> FloatArray:
    """Check a second price table (T, N), with a price wherever ``prices`` has one.

    Raises
    ------
    DataError
        If it is not sound or does not have the sessions and columns of the closes.
    """
    second = read_prices(fill, "fill")
    if not second.sessions.equals(prices.sessions):
        raise DataError(f"fill: want the {len(prices.close)} sessions of closes, got other dates")
    price = second.close[:, _fit(fill.columns, prices.columns, "fill")]
    short = np.isnan(price) & ~np.isnan(prices.close)
    if short.any():
        row, column = np.argwhere(short)[0]
        raise DataError(
            f"fill: {prices.columns[column]} has no price on "
            f"{prices.sessions[row]:%Y-%m-%d}, though closes has"
        )
    return price


def read_weights(weights: pd.DataFrame, prices: Prices) -> tuple[IntArray, FloatArray]:
    """Check a table of target weights with a row per decision.

    Parameters
    ----------
    weights : index sessions of the closes; columns those of the closes in any order; a row of NaN
        alone is no decision
    prices : the price table

    Returns
    -------
    rows (K,) that decide, and their targets (K, N)

    Raises
    ------
    DataError
        If a date is no session, the columns do not fit, a row is partly NaN or infinite, no row
        decides, or a weight is asked of an asset that has no close that day.
    """
    dates = _sessions(weights, "weights")
    columns = prices.columns
    target = _numbers(weights, "weights")[:, _fit(weights.columns, columns, "weights")]
    rows = prices.sessions.get_indexer(dates)
    if (rows < 0).any():
        raise DataError(f"weights: {dates[rows < 0][0]:%Y-%m-%d} is not a session of closes")
    decides = ~np.isnan(target).all(axis=1)
    if not decides.any():
        raise DataError("weights: want one decision or more, got NaN in every row")
    rows, target = rows[decides], target[decides]
    unlisted = (target != 0) & np.isnan(prices.close[rows])
    for wrong, want in (
        (~np.isfinite(target), "finite weights, 0 for none"),
        (unlisted, "0 while there is no close"),
    ):
        if wrong.any():
            k, column = np.argwhere(wrong)[0]
            raise DataError(
                f"weights: want {want}, got {target[k, column]:g} for {columns[column]} "
                f"on {prices.sessions[rows[k]]:%Y-%m-%d}"
            )
    return rows, target


def _fit(columns: pd.Index, wanted: pd.Index, name: str) -> IntArray:
    """Where each of the ``wanted`` columns stands among ``columns``, which are the same set."""
    if columns.equals(wanted):
        return np.arange(len(wanted))
    unknown = columns.difference(wanted, sort=False)
    if len(unknown):
        raise DataError(
            f"{name}: {unknown[0]!r} is not a column of closes; "
            f"those are {', '.join(map(str, wanted))}"
        )
    order = columns.get_indexer(wanted)
    if (order < 0).any():
        advice = "; give it 0, or pass closes[weights.columns]" if name == "weights" else ""
        raise DataError(
            f"{name}: want every column of closes, {wanted[order < 0][0]!r} is missing{advice}"
        )
    return order


def read_day(name: str, day: object) -> str:
    """A day, month or year as text that an index of sessions can be cut by.

    Texts are as "2025-01-31", "2025-01" or "2025", and none that could be another day.

    Raises
    ------
    ArgumentError
        If it is none, or has a time zone.
    """
    if isinstance(day, (date, np.datetime64)) or (isinstance(day, str) and _DAY.fullmatch(day)):
        with suppress(ValueError):
            stamp = pd.Timestamp(day)
            if not pd.isna(stamp) and stamp.tzinfo is None:
                return day if isinstance(day, str) else f"{stamp:%Y-%m-%d}"
    forms = ", as 2025-01-31, 2025-01 or 2025" if isinstance(day, str) else ""
    raise ArgumentError(f"{name}: want a date without a time zone{forms}, got {day!r}")


def read_table(
    name: str, table: pd.DataFrame, prices: Prices, *, sparse: bool = False
) -> FloatArray:
    """Check a table (T, N) of numbers that are not negative, by session and name.

    Parameters
    ----------
    name : of the argument, for the message
    table : with a column for each of the closes and a row for each of their sessions at least
    prices : the closes
    sparse : rows and columns may be missing, all of them too, and then are NaN; none may be unknown

    Raises
    ------
    DataError
        If a number is negative or infinite, or anything is missing that should not be.
    """
    if sparse and isinstance(table, pd.DataFrame) and not len(table):
        return np.full(prices.close.shape, np.nan)
    sessions, columns = _sessions(table, name), prices.columns
    values = pd.DataFrame(_numbers(table, name), index=sessions, columns=table.columns)
    if sparse:
        unknown = table.columns.difference(columns, sort=False)
        if len(unknown):
            raise DataError(f"{name}: {unknown[0]!r} is not a column of closes")
        inside = sessions[(sessions >= prices.sessions[0]) & (sessions <= prices.sessions[-1])]
        missing = inside.difference(prices.sessions)
        if len(missing):
            raise DataError(f"{name}: {missing[0]:%Y-%m-%d} is not a session of closes")
    else:
        lacking = columns.difference(table.columns, sort=False)
        if len(lacking):
            raise DataError(f"{name}: want every column of closes, {lacking[0]!r} is missing")
    found = values.reindex(index=prices.sessions, columns=columns).to_numpy(dtype=np.float64)
    wrong = (found < 0) | np.isinf(found)
    if not sparse:
        wrong |= np.isnan(found) & ~np.isnan(prices.close)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{name}: want a number of 0 or more wherever closes has one, got "
            f"{found[row, column]:g} for {columns[column]} on {prices.sessions[row]:%Y-%m-%d}"
        )
    return found


def read_shares(name: str, table: pd.DataFrame, columns: pd.Index) -> pd.DataFrame:
    """Check a table of numbers of 0 or more by date, with these columns among others.

    Raises
    ------
    DataError
        If a column is missing, or a number is negative or infinite.
    """
    dates = _sessions(table, name)
    missing = columns.difference(table.columns, sort=False)
    if len(missing):
        raise DataError(f"{name}: want a column for {missing[0]}, got none")
    values = _numbers(table[columns], name)
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{name}: want a number of 0 or more, got {values[row, column]:g} for "
            f"{columns[column]} on {dates[row]:%Y-%m-%d}"
        )
    return pd.DataFrame(values, index=dates, columns=columns)


def read_rate(name: str, rate: Rate, prices: Prices) -> FloatArray:
    """Rates (1, 1), (1, N), (T, 1) or (T, N) of a number, a Series by name or session, or a table.

    Raises
    ------
    DataError
        If a name or session has no rate, or one that is negative or infinite.
    """
    columns = prices.columns
    if isinstance(rate, pd.DataFrame):
        return np.nan_to_num(read_table(name, rate, prices))
    if not isinstance(rate, pd.Series):
        if not is_number(rate):
            raise DataError(f"{name}: want a number, a Series or a DataFrame, got {rate!r}")
        if not 0 <= rate < np.inf:
            raise DataError(f"{name}: want a rate of 0 or more, got {rate:g}")
        return np.full((1, 1), float(rate))
    by_session = isinstance(rate.index, pd.DatetimeIndex)
    wanted = prices.sessions if by_session else columns
    if not rate.index.is_unique:
        raise DataError(f"{name}: want each name or session once")
    if rate.dtype.kind not in "fiu":
        raise DataError(f"{name}: want numbers, got a Series of {rate.dtype}")
    found = rate.reindex(wanted).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(found >= 0) | np.isinf(found)
    if wrong.any():
        first = wanted[wrong][0]
        label = f"{first:%Y-%m-%d}" if by_session else first
        raise DataError(f"{name}: want a rate of 0 or more, got {found[wrong][0]:g} for {label}")
    return found[:, None] if by_session else found[None, :]


def compound(name: str, rate: float | pd.Series, sessions: pd.DatetimeIndex) -> FloatArray:
    """What one unit of cash at the first session has become at each, (T,).

    Parameters
    ----------
    name : of the argument, for the message
    rate : return of cash per session, a fraction; a Series holds at each session what cash earned
        since the one before
    sessions : (T,)

    Raises
    ------
    ArgumentError
        If a session has no rate, or one of -1 or less.
    """
    if isinstance(rate, pd.Series):
        if not rate.index.is_unique:
            raise ArgumentError(f"{name}: want each session once")
        if rate.dtype.kind not in "fiu":
            raise ArgumentError(f"{name}: want numbers, got a Series of {rate.dtype}")
        each = rate.reindex(sessions).to_numpy(dtype=np.float64, na_value=np.nan)
    elif is_number(rate):
        each = np.full(len(sessions), float(rate))
    else:
        raise ArgumentError(f"{name}: want a number or a Series, got {rate!r}")
    each = np.append(0.0, each[1:])
    wrong = ~(each > -1) | np.isinf(each)
    if wrong.any():
        row = int(wrong.argmax())
        raise ArgumentError(
            f"{name}: want a return per session above -1 on every session of closes, "
            f"got {each[row]:g} on {sessions[row]:%Y-%m-%d}"
        )
    return np.cumprod(1.0 + each, dtype=np.float64)
