"""A table read as far as it can be, with what had to be set right to read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray
from rotation.data.bars import Bars
from rotation.data.quality.findings import Finding, Kind, Runs, report, runs
from rotation.errors import DataError

__all__ = ["View", "read"]

_YEARS = 1678, 2261
_TO_DAYS = ".normalize().tz_localize(None), with exchange the zone of the exchange, as 'Asia/Tokyo'"
_FORMS = (
    "%Y%m%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%Y/%m/%d",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
)

FIELDS = ("open", "high", "low", "volume", "dividends", "splits")


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Values by session and ticker.

    Parameters
    ----------
    sessions : (T,) tz-naive dates without a time of day, strictly increasing
    names : of the N columns
    close : (T, N) as they are; what is no number is NaN
    text : (T, N) cells that hold something that is no number
    fields : other tables (T, N) of bars, by name
    texts : cells (T, N) of each of them that hold something that is no number
    """

    sessions: pd.DatetimeIndex
    names: tuple[str, ...]
    close: FloatArray
    text: BoolArray
    fields: dict[str, FloatArray]
    texts: dict[str, BoolArray]

    @property
    def price(self) -> FloatArray:
        """Closes (T, N) that can be prices; NaN elsewhere."""
        return np.where((self.close > 0) & (self.close < np.inf), self.close, np.nan)

    def blank(self, allowed: BoolArray | None = None) -> BoolArray:
        """Cells (T, N) of a life, from its first value to its last, that hold nothing."""
        absent = np.isnan(self.close) & ~self.text
        begun = np.maximum.accumulate(~absent, axis=0)
        goes_on = np.maximum.accumulate(~absent[::-1], axis=0)[::-1]
        inside: BoolArray = absent & begun & goes_on
        return inside if allowed is None else inside & allowed


def read(closes: pd.DataFrame | Bars) -> tuple[View | None, list[Finding]]:
    """Read a table, sound or not.

    Parameters
    ----------
    closes : (T, N) prices by date and ticker, or bars

    Returns
    -------
    the view, None if there are no dates to go by, and what is wrong with index and columns

    Raises
    ------
    DataError
        If it is no table at all.
    """
    bars = closes if isinstance(closes, Bars) else Bars(closes) if _is_table(closes) else None
    if bars is None:
        raise DataError(f"closes: want a DataFrame or Bars, got {type(closes).__name__}")
    table = bars.close
    found = list(_names(table))
    dates, wrong = _dates(table.index)
    found += wrong
    if dates is None or table.empty:
        if table.empty:
            advice = "ask the source why it sent nothing"
            found.append(
                Finding("empty table", "error", f"the table has shape {table.shape}", advice)
            )
        return None, found

    dates, wrong = _possible(dates)
    found += wrong
    days = dates.tz_localize(None).normalize() if dates.tz is not None else dates.normalize()
    found += _index(dates, days)
    order = np.argsort(days.asi8, kind="stable")
    order = order[~np.isnat(days.to_numpy()[order])]
    again = days[order].duplicated(keep="last")
    rows = order[~again]
    if not len(rows):
        return None, found
    names = tuple(str(column) for column in table.columns)
    fields: dict[str, FloatArray] = {}
    texts: dict[str, BoolArray] = {}
    for name in ("close", *FIELDS):
        held = getattr(bars, name)
        if held is None:
            continue
        values, cells, odd = _values(held)
        fields[name] = values[rows]
        found += _not_numbers(days[rows], names, name, cells[rows], odd)
        texts[name] = cells[rows]
    view = View(days[rows], names, fields.pop("close"), texts.pop("close"), fields, texts)
    return view, found


def _is_table(closes: object) -> bool:
    return isinstance(closes, pd.DataFrame)


def _names(table: pd.DataFrame) -> Iterator[Finding]:
    names = pd.Index([str(column) for column in table.columns])
    for name in names[names.duplicated()].unique():
        count = int((names == name).sum())
        yield Finding(
            "name twice",
            "error",
            f"{count} columns are called {name}",
            "rename or drop one: closes.loc[:, ~closes.columns.duplicated()]",
            str(name),
            figure=count,
        )
    if "cash" in names:
        yield Finding(
            "cash",
            "error",
            "a column is called cash, which is the name of what is not invested",
            "closes.rename(columns={'cash': ...})",
            "cash",
        )


def _dates(index: pd.Index) -> tuple[pd.DatetimeIndex | None, list[Finding]]:
    """The dates of an index, as they are; None if it has none."""
    if isinstance(index, pd.DatetimeIndex):
        return index, []
    if isinstance(index, pd.PeriodIndex):
        told = f"the index holds periods ({index.freqstr}), not sessions"
        advice = "closes.index = closes.index.to_timestamp(how='end').normalize()"
        return index.to_timestamp(how="end").normalize(), [
            Finding("no dates", "error", told, advice)
        ]
    kind = type(index[0]).__name__ if len(index) else "nothing"
    if index.dtype.kind == "O" and not isinstance(index, pd.MultiIndex):
        try:
            read_as = pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601"))
        except (ValueError, TypeError, OverflowError):
            pass
        else:
            told = f"the index holds {kind}, not timestamps"
            advice = "closes.index = pandas.to_datetime(closes.index)"
            return read_as, [Finding("dates as text", "error", told, advice)]
    written = _written(index)
    if written:
        of = "closes.index" + ("" if isinstance(index[0], str) else ".astype(str)")
        told = (
            f"the index holds {kind} that look like dates, as {index[0]}: nothing else was checked"
        )
        advice = " or ".join(
            f"closes.index = pandas.to_datetime({of}, format='{form}')" for form in written
        )
        if len(written) > 1:
            advice += ": which, the source must say"
        return None, [Finding("dates as text", "error", told, advice)]
    told = f"the index holds {kind}, no dates: nothing else was checked"
    advice = "put the dates into the index: closes.set_index('date')"
    return None, [Finding("no dates", "error", told, advice)]


def _written(index: pd.Index) -> list[str]:
    """Forms in which all of an index can be read as dates that pandas does not take for ones."""
    if index.dtype.kind not in "Oiu" or isinstance(index, pd.MultiIndex) or not len(index):
        return []
    kinds = {type(each) for each in index}
    if not kinds <= {str, int, np.int64, np.int32, np.uint64}:
        return []
    forms = _FORMS if kinds == {str} else _FORMS[:1]
    found = []
    for form in forms:
        try:
            read_as = pd.to_datetime(index.astype(str), format=form)
        except (ValueError, OverflowError):
            continue
        if read_as.year.min() >= 1800 and read_as.year.max() <= 2200:
            found.append(form)
    return found


def _possible(dates: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, list[Finding]]:
    """Dates of the years that nanoseconds can count, NaT in the place of others."""
    found = []
    if dates.hasnans:
        count = int(np.isnat(dates.to_numpy()).sum())
        told = f"{count} row{'s have' if count > 1 else ' has'} no date"
        advice = "closes[closes.index.notna()]"
        found.append(Finding("missing date", "error", told, advice, figure=count))
    years = dates.year.to_numpy()
    first, last = _YEARS
    wrong: BoolArray = np.asarray((years < first) | (years > last))
    if wrong.any():
        count = int(wrong.sum())
        year = years[wrong][0]
        told = (
            f"{count} row{'s are' if count > 1 else ' is'} of no possible date, as of year {year:g}"
        )
        advice = f"closes[(closes.index.year >= {first}) & (closes.index.year <= {last})]"
        found.append(Finding("missing date", "error", told, advice, figure=count))
        dates = pd.DatetimeIndex(dates.where(~wrong))
    return dates, found


def _index(dates: pd.DatetimeIndex, days: pd.DatetimeIndex) -> list[Finding]:
    """What is wrong with the dates as they stand."""
    found = []
    midnights = bool((dates.tz_localize(None) == days)[days.notna()].all())
    advice = "closes.index = closes.index.tz_localize(zone).tz_convert(exchange)" + _TO_DAYS
    if dates.tz is not None:
        told = f"the dates have the time zone {dates.tz}"
        advice = "closes.index = closes.index.tz_convert(exchange)" + _TO_DAYS
        if midnights:
            plain = "closes.index = closes.index.tz_localize(None)"
            found.append(Finding("time zone", "error", told, plain, "", days.min(), days.max()))
        else:
            found.append(Finding("time zone", "error", told, advice, "", days.min(), days.max()))
    known = ~np.isnat(days.to_numpy())
    days = days[known]
    clock = dates[known].tz_localize(None) - days
    odd: BoolArray = np.asarray(clock.to_numpy() != np.timedelta64(0))
    newest = len(days) > 1 and odd.sum() == 1 and odd[np.argmax(dates[known].asi8)]
    if newest:
        last = dates[known][odd][0]
        told = (
            f"the last row is of {last:%H:%M} {last.tzname() or ''}".rstrip() + ", not of a close"
        )
        advice = "rt.clean(closes, drop='last row')"
        day = last.tz_localize(None).normalize()
        found.append(Finding("intraday", "error", told, advice, "", day, day))
    elif odd.any():
        when = days[odd]
        told = f"{odd.sum()} dates have a time of day, as {clock[odd][0].components.hours:02d} h"
        if dates.tz is None:
            told += ", of a zone that must be known: a midnight of Asia is 16 h of UTC's day before"
        found.append(
            Finding(
                "time of day",
                "error",
                told,
                advice,
                "",
                when.min(),
                when.max(),
                float(np.count_nonzero(odd)),
            )
        )
    back = np.r_[False, days[1:] < days[:-1]]
    if back.any():
        kind = Kind("order", "error", "closes.sort_index(kind='stable')")
        where = Runs.cells(np.flatnonzero(back), np.full(back.sum(), -1))
        step = (days[:-1] - days[1:]).days[back[1:]].to_numpy()
        if len(days) > 2 and back[1:].all():
            told = f"the newest row comes first, and {days[-1]:%Y-%m-%d} last"
            found.append(
                Finding("order", "error", told, kind.suggestion, "", days[-1], days[0], len(days))
            )
        else:
            found += report(
                kind,
                days,
                (),
                where,
                step,
                lambda at: f"the row comes after one that is {at.figure:.0f} days later",
            )
    return found + _duplicates(days)


def _duplicates(days: pd.DatetimeIndex) -> list[Finding]:
    twice = days.sort_values()
    twice = twice[twice.duplicated(keep=False)]
    if not len(twice):
        return []
    each, count = np.unique(twice.to_numpy(), return_counts=True)
    where = Runs.cells(np.arange(len(each)), np.full(len(each), -1))
    kind = Kind(
        "duplicate",
        "error",
        "rt.clean(closes, drop='duplicates') keeps the last row of a date; "
        "if the dates are out of order, closes.sort_index(kind='stable') before it",
    )
    return report(
        kind,
        pd.DatetimeIndex(each),
        (),
        where,
        count,
        lambda at: f"{at.figure:.0f} rows of one date",
    )


def _values(table: pd.DataFrame) -> tuple[FloatArray, BoolArray, list[int]]:
    """Numbers (T, N), the cells that hold something else, and columns whose type is no number's."""
    kinds = [dtype.kind for dtype in table.dtypes]
    odd = [number for number, kind in enumerate(kinds) if kind not in "fiu"]
    if not odd:
        close = table.to_numpy(dtype=np.float64, na_value=np.nan)
        return close, np.zeros(close.shape, dtype=np.bool_), odd
    close = np.full(table.shape, np.nan)
    text = np.zeros(table.shape, dtype=np.bool_)
    for number, kind in enumerate(kinds):
        column = table.iloc[:, number]
        if kind in "fiu":
            close[:, number] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            continue
        absent = _absent(column)
        if kind == "b":
            close[:, number] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        elif kind not in "mMc":
            plain = column.astype(object)
            known = np.array([not _is_no_number(value) for value in plain], dtype=np.bool_)
            close[:, number] = _numbers(plain.where(known, None))
        text[:, number] = ~absent & np.isnan(close[:, number])
    return close, text, odd


def _absent(column: pd.Series) -> BoolArray:
    """Cells (T,) that hold nothing."""
    try:
        return np.asarray(column.isna())
    except ArithmeticError:  # of a signalling NaN, which is not nothing
        return np.array(
            [not isinstance(value, Decimal) and bool(pd.isna(value)) for value in column]
        )


def _numbers(column: pd.Series) -> FloatArray:
    """Cells (T,) as numbers, NaN for what is none."""
    try:
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    except (ArithmeticError, TypeError, ValueError):
        if len(column) > 1:
            return np.concatenate([_numbers(column.iloc[[k]]) for k in range(len(column))])
        return np.array([np.nan])


def _is_no_number(value: object) -> bool:
    return isinstance(value, (bool, np.bool_, complex, pd.Timestamp, pd.Timedelta))


def _not_numbers(
    sessions: pd.DatetimeIndex, names: tuple[str, ...], field: str, text: BoolArray, odd: list[int]
) -> list[Finding]:
    """Cells that are no numbers, and columns of numbers whose type is none."""
    where = runs(text)
    of = "closes" if field == "close" else field
    advice = f"pandas.to_numeric({of}['{{ticker}}'], errors='coerce')"
    found = report(
        Kind("text", "error", advice),
        sessions,
        names,
        where,
        where.length,
        lambda at: f"{field}: no number {at.days}",
    )
    told = set(where.column.tolist())
    for column in odd:
        if column not in told:
            advice = f"{of}['{names[column]}'].astype(float)"
            message = f"{field}: the column holds numbers, but its type is none"
            found.append(Finding("text", "error", message, advice, names[column], sessions[0]))
    return found
