"""Where a table of prices comes from, and whether it still is what came from there.

A stamp travels in ``DataFrame.attrs`` as one text. It holds a hash of each column's observations
in each month, so what was filled or changed since does not pass for what was stamped, and what was
merely cut is not taken for a change.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.days import read_date
from rotation.errors import ArgumentError, DataError

__all__ = ["STAMP", "Provenance", "provenance", "read_stamp", "stamp"]

STAMP = "rotation"
"""Key of the stamp in ``DataFrame.attrs``."""

_UNKNOWN = "a table of the user's, of unknown source"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a table comes from.

    Parameters
    ----------
    source : who gave it, a file's name or a service
    adjustment : what was taken out of the prices, as "splits and dividends"; "unknown" if nobody
        said
    fetched : when it was got, ISO 8601 in UTC; None if unknown
    currency : of all prices, or by column; "" if unknown
    columns : of each column its first month, the number of observations in each month since, and
        a hash of them
    checks : what was checked, with what was found
    steps : what was done to it since, oldest first
    altered : columns that are no longer what was stamped, as :func:`provenance` finds them
    chosen_on : day on which somebody picked the names, knowing what they had done before it; None
        if nobody knows, or none was held before it
    note : what a reader of any figure must know of the names, such as hindsight
    """

    source: str = _UNKNOWN
    adjustment: str = "unknown"
    fetched: str | None = None
    currency: str | Mapping[str, str] = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    chosen_on: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("source", "adjustment", "note"):
            if not isinstance(getattr(self, name), str):
                raise ArgumentError(f"{name}: want a text, got {getattr(self, name)!r:.60}")
        if not isinstance(self.fetched, (str, type(None))):
            raise ArgumentError(f"fetched: want a text in ISO 8601, got {self.fetched!r:.60}")
        if not isinstance(self.currency, str) and not _are_texts(self.currency):
            raise ArgumentError(
                f"currency: want a text, or texts by column, got {self.currency!r:.60}"
            )
        if not _are_texts(self.columns):
            raise ArgumentError(f"columns: want texts by column, got {self.columns!r:.60}")
        for name in ("checks", "steps", "altered"):
            got = getattr(self, name)
            if not isinstance(got, (list, tuple)) or not all(isinstance(t, str) for t in got):
                raise ArgumentError(f"{name}: want texts, got {got!r:.60}")
            object.__setattr__(self, name, tuple(got))
        if self.chosen_on is not None:
            object.__setattr__(self, "chosen_on", read_date("chosen_on", self.chosen_on))

    @property
    def hash(self) -> str:
        """One hash of all columns, whatever their order: 64 hexadecimal digits."""
        return _hash(self.columns)

    def to_dict(self) -> dict[str, object]:
        """All of it and the hash, fit for JSON; of each column one hash."""
        columns = {name: _hash(held)[:16] for name, held in self.columns.items()}
        return {**_plain(self), "columns": columns, "hash": self.hash}

    def __str__(self) -> str:
        held = self.currency
        named = held if isinstance(held, str) else ", ".join(f"{n} {c}" for n, c in held.items())
        told = [
            f"{self.source}{f', fetched {self.fetched}' if self.fetched else ''}",
            f"adjusted for: {self.adjustment}",
            *([f"in {named}"] if named else []),
            *self.steps,
            *([f"names chosen on {self.chosen_on}"] if self.chosen_on and not self.note else []),
            *([f"changed since by the user: {', '.join(self.altered)}"] if self.altered else []),
            f"checked: {'; '.join(self.checks) or 'nothing'}",
            f"hash {self.hash[:12]}",
        ]
        return f"{'; '.join(told)}."


def stamp(
    closes: pd.DataFrame, origin: Provenance, *, step: str = "", check: str = ""
) -> pd.DataFrame:
    """The table with a stamp: what is known of it, and the hashes of its columns as they are now.

    Parameters
    ----------
    closes : (T, N) prices, index dates
    origin : what is known of it; after a step, that of the table it was made from
    step : what was just done to it
    check : what was just checked, with what was found

    Returns
    -------
    DataFrame
        A shallow copy; the user's keeps its own stamp.

    Raises
    ------
    DataError
        If it is no table of numbers by date.
    ArgumentError
        If ``origin`` is no Provenance, or ``step`` or ``check`` no text.
    """
    if not isinstance(origin, Provenance):
        raise ArgumentError(f"origin: want a Provenance, got {origin!r:.60}")
    for name, text in (("step", step), ("check", check)):
        if not isinstance(text, str):
            raise ArgumentError(f"{name}: want a text, got {text!r:.60}")
    changed = (f"changed by the user: {', '.join(origin.altered)}",) if origin.altered else ()
    made = replace(
        origin,
        columns=_observed(closes),
        steps=(*origin.steps, *changed, *((step,) if step else ())),
        checks=(*origin.checks, *((check,) if check else ())),
        altered=(),
    )
    copy = closes.copy(deep=False)
    copy.attrs = {**closes.attrs, STAMP: json.dumps(_plain(made))}
    return copy


def provenance(closes: pd.DataFrame) -> Provenance:
    """What is known of where a table comes from.

    Parameters
    ----------
    closes : (T, N) prices; a table without a stamp is of unknown source

    Returns
    -------
    Provenance
        With the hashes of its columns as they are now. Columns whose observations are not those
        that were stamped, and those that were never stamped, are ``altered``. If observations are
        gone at the ends alone, and no other column has any there, the last of its ``steps`` says
        to what the table was cut; what else was changed or blanked in the first and the last month
        of that cannot be told.

    Raises
    ------
    DataError
        If it is no table of numbers by date, or ``attrs`` has a stamp that cannot be read.

    Examples
    --------
    >>> import rotation as rt
    >>> closes = rt.sample().loc["2001-06":"2020", ["NVDA", "AMD"]]
    >>> provenance(closes).steps
    ('cut by the user to 2001-06-01..2020-12-31',)
    >>> closes.iloc[900, 0] *= 2
    >>> provenance(closes).altered
    ('NVDA',)
    """
    now = _observed(closes)
    if STAMP not in closes.attrs:
        return Provenance(columns=now)
    stamped = _read(closes.attrs[STAMP])
    own = [str(name) in stamped.columns for name in closes.columns]
    span = _span(closes.loc[:, own])
    altered = tuple(
        name for name, held in now.items() if not _is_cut(held, stamped.columns.get(name), span)
    )
    steps = stamped.steps
    if any(now[name] != stamped.columns[name] for name in now if name not in altered):
        steps += (f"cut by the user to {'..'.join(map(str, span)) or 'no session'}",)
    return replace(stamped, columns=now, altered=altered, steps=steps)


def now() -> str:
    """The time, as ``fetched`` wants it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_stamp(text: str) -> Provenance:
    """What a stamp says, without a look at the table; "" says nothing.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    return _read(text) if text else Provenance()


def _read(text: object) -> Provenance:
    try:
        held = json.loads(text)  # type: ignore[arg-type]
        held |= {name: tuple(held[name]) for name in ("checks", "steps", "altered")}
        return Provenance(**held)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise DataError(
            f"closes: want a stamp of this package in attrs[{STAMP!r}], got {text!r:.60}; delete it"
        ) from error


def _plain(made: Provenance) -> dict[str, object]:
    """All fields, fit for JSON."""
    return {**asdict(made), "chosen_on": made.chosen_on and f"{made.chosen_on:%Y-%m-%d}"}


def _are_texts(held: object) -> bool:
    return isinstance(held, Mapping) and all(
        isinstance(text, str) for pair in held.items() for text in pair
    )


def _hash(columns: object) -> str:
    return sha256(json.dumps(columns, sort_keys=True).encode()).hexdigest()


def _days(table: pd.DataFrame) -> NDArray[np.datetime64]:
    """Dates of a table (T,), or a refusal of what has none."""
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"closes: want a DataFrame, got {type(table).__name__}")
    index = table.index
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(f"closes: want an index of dates, got {type(index).__name__}")
    return index.tz_localize(None).to_numpy().astype("datetime64[us]")


def _span(table: pd.DataFrame) -> NDArray[np.datetime64]:
    """First and last day with an observation, or with a row if there is none; none of no rows."""
    days = _days(table)
    dated = ~np.isnat(days)
    seen = dated & table.notna().to_numpy().any(axis=1)
    held = days[seen if seen.any() else dated]
    return np.array([held.min(), held.max()] if len(held) else [], dtype="datetime64[D]")


def _observed(table: pd.DataFrame) -> dict[str, str]:
    """Of each column a text: first month, observations of each month, and their hashes.

    The hash of a month is a sum over its observations, each date and value mixed to 64 bits, so
    rows in another order are the same.
    """
    days = _days(table)
    months = days.astype("datetime64[M]").astype(np.int64)
    order = np.argsort(days, kind="stable")
    found: dict[str, str] = {}
    for position, name in enumerate(table.columns):
        try:
            values = table.iloc[:, position].to_numpy(dtype="<f8", na_value=np.nan)
        except (TypeError, ValueError):
            raise DataError(f"closes: want numbers, got others in {name}") from None
        seen = order[~np.isnan(values[order]) & ~np.isnat(days[order])]
        found[str(name)] = ""
        if len(seen):
            month = months[seen] - months[seen[0]]
            starts = np.flatnonzero(np.diff(month, prepend=-1))
            mixed = _mixed(_mixed(days[seen].view("<u8")) ^ values[seen].view("<u8"))
            counts = np.bincount(month).astype("<u2")
            sums = np.zeros(len(counts), dtype="<u8")
            sums[month[starts]] = np.add.reduceat(mixed, starts)
            texts = (b64encode(each.tobytes()).decode() for each in (counts, sums))
            found[str(name)] = " ".join([str(months[seen[0]]), *texts])
    return found


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number (n,) mixed so that any bit of it moves all: the finisher of SplitMix64.

    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators.
    """
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _is_cut(now: str, stamped: str | None, span: NDArray[np.datetime64]) -> bool:
    """Whether observations are those that were stamped, but for some that a cut to ``span`` took.

    It takes from its first and its last month and what is beyond them, and gives nothing.
    """
    if not stamped:
        return not now and stamped is not None
    began, before, hashed = _months(stamped)
    counts, sums = np.zeros_like(before), np.zeros_like(hashed)
    if now:
        begins, some, theirs = _months(now)
        start = begins - began
        if start < 0 or start + len(some) > len(before):
            return False
        counts[start : start + len(some)], sums[start : start + len(some)] = some, theirs
    differs = (counts != before) | (sums != hashed)
    months = began + np.arange(len(before))
    kept = counts >= before
    if len(span):
        first, last = span.astype("datetime64[M]").astype(np.int64)
        kept |= (first < months) & (months < last)
    return not (differs & kept).any()


def _months(text: str) -> tuple[int, NDArray[np.uint16], NDArray[np.uint64]]:
    first, counts, sums = text.split(" ")
    return (
        int(first),
        np.frombuffer(b64decode(counts), dtype="<u2"),
        np.frombuffer(b64decode(sums), dtype="<u8"),
    )
