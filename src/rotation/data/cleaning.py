"""Cleaning: what is asked for is done to a table of closes, nothing else, and all of it is listed.

No price is ever made up: a filled one is the ticker's last, and never before its listing or after
its delisting.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray
from rotation.checks import check_count
from rotation.data.quality.findings import runs
from rotation.errors import ArgumentError, DataError
from rotation.provenance import provenance, stamp

__all__ = ["Cleaned", "clean"]

_DONE = ["ticker", "date", "before", "after", "why"]
_FINDINGS = ["fault", "ticker", "date", "until"]
_YEARS = 1678, 2261  # that nanoseconds can count

_NOT_BY_DROPPING = frozenset(
    {
        "action inverted",
        "action misplaced",
        "basis",
        "calendar range",
        "dividend not in prices",
        "gap",
        "impossible action",
        "jump",
        "large dividend",
        "look-ahead label",
        "missing field",
        "missing session",
        "no session",
        "order",
        "reused",
        "several exchanges",
        "shifted dates",
        "split",
        "split not in prices",
        "split ratio",
        "time of day",
        "time zone",
        "wide range",
    }
)
"""Faults that stay, or take sound closes with them, if the closes of the finding go."""

_SOMETIMES = frozenset({"holiday", "mixed periods", "scale", "weekend"})
"""Faults that go with them if the finding's own suggestion says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A table after cleaning.

    Parameters
    ----------
    closes : (T, N) what is left, with what was done on its stamp
    done : a row for each price that was changed or left out, oldest first within each step: ticker,
        date, before, after (NaN for none) and why; a row that held no price has no ticker, a column
        that is gone no date
    """

    closes: pd.DataFrame
    done: pd.DataFrame

    def __str__(self) -> str:
        if not len(self.done):
            return "clean: nothing was changed"
        counts = self.done.groupby("why", sort=False)
        lines = []
        for why, each in counts:
            tickers, days = each["ticker"][each["ticker"] != ""], each["date"].dropna()
            when = f", {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(days) else ""
            lines.append(f"{why}: {len(each)} of {tickers.nunique()} tickers{when}")
        return "\n".join(["clean:", *lines])


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Rows, columns and closes (T, N) that are left, and what was done."""

    days: pd.DatetimeIndex
    names: pd.Index
    close: FloatArray
    done: tuple[pd.DataFrame, ...] = ()

    def seen(self) -> BoolArray:
        return ~np.isnan(self.close)

    def alive(self) -> BoolArray:
        """Cells from a ticker's first value to its last."""
        seen = self.seen()
        ends = np.maximum.accumulate(seen[::-1], axis=0)[::-1]
        return np.asarray(np.maximum.accumulate(seen, axis=0) & ends)


def clean(
    closes: pd.DataFrame,
    *,
    drop: str | pd.DataFrame | Iterable[str | pd.DataFrame] = (),
    fill: str | None = None,
    limit: int = 5,
) -> Cleaned:
    """Do what is asked to a table of closes, and list it.

    Parameters
    ----------
    closes : (T, N) prices by date, in order, and ticker
    drop : one or more of

        - "duplicates": rows of a date that has a later row
        - "last row"
        - "weekends": Saturdays and Sundays
        - "impossible": closes that are 0, negative or infinite become holes
        - "empty rows": without any close
        - "empty tickers": without any close
        - "incomplete rows": in which a ticker has no close within its life, after filling
        - "outside common window": before the last listing and after the first delisting
        - findings, as ``check_prices(closes).of("spike")`` gives them: with a ticker and a date
          their closes become holes, with a date alone the rows go (of duplicates, all but the
          last), with a ticker alone the column. Those that dropping does not mend, as a split, are
          refused
    fill : "previous" fills holes with the close before; None fills nothing
    limit : sessions of the longest hole that is filled; a longer one stays whole

    Returns
    -------
    Cleaned
        The steps are taken in the order above, filling after empty rows and tickers. If nothing
        is asked for, or there is nothing of the kind, the closes are those that were given.

    Raises
    ------
    ArgumentError
        If an option is unknown, or a finding is none that dropping mends.
    DataError
        If the closes are no numbers by date in order, or nothing would be left.

    Examples
    --------
    >>> import rotation as rt
    >>> closes = rt.sample().loc["2024-01-02":"2024-01-12", ["NVDA"]]
    >>> closes.loc["2024-01-05", "NVDA"] = 0.0
    >>> cleaned = clean(closes, drop="impossible", fill="previous", limit=1)
    >>> cleaned.done
      ticker       date  before    after         why
    0   NVDA 2024-01-05     0.0      NaN  impossible
    1   NVDA 2024-01-05     NaN  47.9844      filled
    """
    options, findings = _options(drop)
    if fill not in (None, "previous"):
        raise ArgumentError(f"fill: want 'previous' or None, got {fill!r}")
    check_count("limit", limit, 1)
    start = state = _read(closes)
    for name, step in _STEPS.items():
        if name in options:
            state = step(state)
        if name == "impossible":
            for finding in findings:
                state = _drop_findings(state, finding)
        if name == "empty tickers" and fill is not None:
            state = _fill(state, limit)
    done = [each for each in state.done if len(each)]
    if not done:
        return Cleaned(closes, _listed([], [], [], [], ""))
    if not state.close.size:
        raise DataError("closes: nothing would be left; ask for less")
    changes = pd.concat(done, ignore_index=True)
    table = _table(closes, start, state)
    counts = changes["why"].value_counts(sort=False)
    told = ", ".join(f"{count} {why}" for why, count in counts.items())
    return Cleaned(stamp(table, provenance(closes), step=f"clean: {told}"), changes)


def _options(
    drop: str | pd.DataFrame | Iterable[str | pd.DataFrame],
) -> tuple[set[str], list[pd.DataFrame]]:
    asked = [drop] if isinstance(drop, (str, pd.DataFrame)) else drop
    if not isinstance(asked, Iterable):
        raise ArgumentError(f"drop: want options or findings, got {drop!r}")
    options: set[str] = set()
    findings: list[pd.DataFrame] = []
    for each in asked:
        if isinstance(each, pd.DataFrame):
            if not set(_FINDINGS) <= set(each.columns):
                raise ArgumentError(f"drop: want findings with the columns {', '.join(_FINDINGS)}")
            _check_findings(each)
            findings.append(each)
        elif isinstance(each, str) and each in _STEPS:
            options.add(each)
        else:
            known = ", ".join(map(repr, _STEPS))
            raise ArgumentError(f"drop: want one of {known}, or findings, got {each!r:.60}")
    return options, findings


def _check_findings(findings: pd.DataFrame) -> None:
    """Refuse findings that dropping does not mend."""
    for found in findings.to_dict("records"):
        fault, way = str(found["fault"]), str(found.get("suggestion", ""))
        wrong = fault in _NOT_BY_DROPPING
        wrong |= fault in _SOMETIMES and way != "" and "drop=found" not in way
        if wrong:
            when = "" if pd.isna(found["date"]) else f" of {found['date']:%Y-%m-%d}"
            where = " ".join(filter(None, (fault, str(found["ticker"])))) + when
            other = f"instead: {way}" if way else "see its suggestion in check_prices(closes).table"
            raise ArgumentError(f"drop: want findings that dropping mends, got {where}; {other}")


def _read(closes: pd.DataFrame) -> _State:
    """The closes as plain numbers by date, or a refusal."""
    if not isinstance(closes, pd.DataFrame):
        raise DataError(f"closes: want a DataFrame, got {type(closes).__name__}")
    index = closes.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None or index.hasnans:
        raise DataError(
            "closes: want an index of dates without a time zone; see pandas.DatetimeIndex"
        )
    if not index.is_monotonic_increasing:
        raise DataError("closes: want the dates in order; see sort_index(kind='stable')")
    low, high = _YEARS
    if len(index) and not low <= index[0].year <= index[-1].year <= high:
        got = f"{index[0].year} to {index[-1].year}"
        raise DataError(f"closes: want years {low} to {high}, got {got}")
    names = closes.columns.map(str)
    if not names.is_unique:
        raise DataError(f"closes: want each column once, got {names[names.duplicated()][0]} twice")
    for name, dtype in zip(names, closes.dtypes, strict=True):
        if dtype.kind not in "fiu":
            raise DataError(f"closes: want numbers, got {dtype} in {name}; see pandas.to_numeric")
    return _State(index, names, closes.to_numpy(dtype=np.float64, na_value=np.nan, copy=True))


def _table(closes: pd.DataFrame, start: _State, state: _State) -> pd.DataFrame:
    """The rows and columns that are left of the table, types kept where nothing changed."""
    columns = start.names.get_indexer(state.names)
    left = pd.DataFrame(state.close, state.days, closes.columns[columns])
    left.index.name, left.attrs = closes.index.name, closes.attrs
    for number, column in enumerate(columns.tolist()):
        dtype = closes.dtypes.iloc[column]
        if dtype.kind == "f" or not np.isnan(state.close[:, number]).any():
            left.isetitem(number, left.iloc[:, number].astype(dtype).array)
    return left


def _listed(
    tickers: Iterable[str],
    days: Iterable[pd.Timestamp | None],
    before: Iterable[float],
    after: Iterable[float],
    why: str,
) -> pd.DataFrame:
    done = pd.DataFrame(
        {
            "ticker": pd.Series(tickers, dtype=object),
            "date": pd.Series(days, dtype="datetime64[ns]"),
            "before": pd.Series(before, dtype=np.float64),
            "after": pd.Series(after, dtype=np.float64),
        }
    )
    return done.assign(why=why)[_DONE]


def _keep_rows(state: _State, gone: BoolArray, why: str) -> _State:
    """Leave out rows (T,)."""
    lost = state.seen() & gone[:, None]
    row, column = np.nonzero(lost)
    empty = np.flatnonzero(gone & ~lost.any(axis=1))
    row = np.r_[row, empty]
    tickers = [*state.names[column], *[""] * len(empty)]
    before = np.r_[state.close[row[: len(column)], column], np.full(len(empty), np.nan)]
    order = np.argsort(row, kind="stable")
    done = _listed(
        np.array(tickers, dtype=object)[order],
        state.days[row[order]],
        before[order],
        np.full(len(row), np.nan),
        why,
    )
    return _State(state.days[~gone], state.names, state.close[~gone], (*state.done, done))


def _keep_columns(state: _State, gone: BoolArray, why: str) -> _State:
    """Leave out columns (N,)."""
    none = np.full(int(gone.sum()), np.nan)
    done = _listed(state.names[gone], [None] * len(none), none, none, why)
    return _State(state.days, state.names[~gone], state.close[:, ~gone], (*state.done, done))


def _set(state: _State, cells: BoolArray, after: FloatArray, why: str) -> _State:
    """Give cells (T, N) the values ``after`` (T, N)."""
    row, column = np.nonzero(cells)
    done = _listed(
        state.names[column], state.days[row], state.close[row, column], after[row, column], why
    )
    return replace(state, close=np.where(cells, after, state.close), done=(*state.done, done))


def _duplicates(state: _State) -> _State:
    twice = state.days.normalize().duplicated(keep="last")
    return _keep_rows(state, twice, "duplicate")


def _last_row(state: _State) -> _State:
    last = np.arange(len(state.days)) == len(state.days) - 1
    return _keep_rows(state, last, "last row")


def _weekends(state: _State) -> _State:
    return _keep_rows(state, np.asarray(state.days.day_of_week >= 5), "weekend")


def _impossible(state: _State) -> _State:
    wrong = state.seen() & ~((state.close > 0) & np.isfinite(state.close))
    return _set(state, wrong, np.full(state.close.shape, np.nan), "impossible")


def _drop_findings(state: _State, findings: pd.DataFrame) -> _State:
    """Leave out what findings name."""
    for fault, ticker, date, until in findings[_FINDINGS].itertuples(index=False):
        why = str(fault)
        if ticker and ticker not in state.names:
            raise ArgumentError(f"drop: {ticker!r} of a finding is not a column of closes")
        column = np.asarray(state.names == ticker)
        if pd.isna(date):
            if not ticker:
                raise ArgumentError(f"drop: the finding {why!r} names no ticker and no date")
            state = _keep_columns(state, column, why)
            continue
        days = state.days.normalize()
        rows = np.asarray((days >= date) & (days <= (date if pd.isna(until) else until)))
        if ticker:
            cells = rows[:, None] & column & state.seen()
            state = _set(state, cells, np.full(state.close.shape, np.nan), why)
        else:
            if why == "duplicate":
                rows &= days.duplicated(keep="last")
            state = _keep_rows(state, rows, why)
    return state


def _empty_rows(state: _State) -> _State:
    return _keep_rows(state, np.all(~state.seen(), axis=1), "empty row")


def _empty_tickers(state: _State) -> _State:
    return _keep_columns(state, np.all(~state.seen(), axis=0), "empty ticker")


def _fill(state: _State, limit: int) -> _State:
    """Holes of ``limit`` sessions or fewer hold the close before them."""
    holes = runs(state.alive() & ~state.seen())
    short = holes.take(holes.length <= limit)
    cells = np.zeros(state.close.shape, dtype=np.int8)
    np.add.at(cells, (short.start, short.column), 1)
    np.add.at(cells, (short.stop, short.column), -1)  # a hole never ends with the table
    inside = np.cumsum(cells, axis=0) > 0
    rows = np.arange(len(state.close))[:, None]
    newest = np.maximum.accumulate(np.where(state.seen(), rows, 0), axis=0)
    before = np.take_along_axis(state.close, newest, axis=0)
    return _set(state, inside, before, "filled")


def _incomplete_rows(state: _State) -> _State:
    holes = np.any(state.alive() & ~state.seen(), axis=1)
    return _keep_rows(state, holes, "incomplete row")


def _outside(state: _State) -> _State:
    gone = np.any(~state.alive(), axis=1)
    return _keep_rows(state, gone, "outside common window")


_STEPS: dict[str, Callable[[_State], _State]] = {
    "duplicates": _duplicates,
    "last row": _last_row,
    "weekends": _weekends,
    "impossible": _impossible,
    "empty rows": _empty_rows,
    "empty tickers": _empty_tickers,
    "incomplete rows": _incomplete_rows,
    "outside common window": _outside,
}
