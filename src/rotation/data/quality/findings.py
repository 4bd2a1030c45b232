"""A finding: one thing that is wrong with a table, or may be, and what can be done about it.

A run of sessions with the same fault is one finding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FAULTS", "SEVERITIES", "Finding", "Kind", "Place", "Runs", "Severity", "report", "runs"]

Severity: TypeAlias = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: refused by a backtest, or wrong beyond doubt; warning: likely wrong, look at it; note:
worth knowing."""


FAULTS: tuple[str, ...] = (
    "action inverted",
    "action misplaced",
    "basis",
    "calendar range",
    "cash",
    "close outside",
    "coarse",
    "dates as text",
    "dividend not in prices",
    "duplicate",
    "empty row",
    "empty table",
    "filled end",
    "future",
    "gap",
    "high below low",
    "hole",
    "holiday",
    "identical",
    "impossible action",
    "infinite",
    "intraday",
    "jump",
    "large dividend",
    "look-ahead label",
    "missing date",
    "missing field",
    "missing session",
    "mixed periods",
    "name twice",
    "negative",
    "negative volume",
    "no data",
    "no dates",
    "no session",
    "open outside",
    "order",
    "repeated row",
    "reused",
    "scale",
    "several exchanges",
    "shifted dates",
    "sparse last row",
    "spike",
    "split",
    "split not in prices",
    "split ratio",
    "stale",
    "text",
    "time of day",
    "time zone",
    "tiny",
    "unknown ticker",
    "weekend",
    "wide range",
    "zero",
    "zero volume",
)
"""All kinds of faults."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Parameters
    ----------
    fault : its kind
    severity : see :data:`SEVERITIES`
    ticker : "" if it is of the whole table
    date, until : first and last session of it; None if it has no date
    figure : what was measured, as the message says; NaN if nothing was
    message : what is wrong, in words
    suggestion : what to do about it
    """

    fault: str
    severity: Severity
    message: str
    suggestion: str
    ticker: str = ""
    date: pd.Timestamp | None = None
    until: pd.Timestamp | None = None
    figure: float = np.nan


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, and what is suggested for it.

    Filled in are {ticker}, {date}, {until}, {before} (the session before the date) and {length} (of
    sessions).
    """

    fault: str
    severity: Severity
    suggestion: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is, for its message.

    Parameters
    ----------
    number : of the run
    ticker : "" for the whole table
    date, until : first and last session
    figure : what was measured
    """

    number: int
    ticker: str
    date: pd.Timestamp
    until: pd.Timestamp
    figure: float

    @property
    def days(self) -> str:
        """The sessions in words."""
        if self.date == self.until:
            return f"on {self.date:%Y-%m-%d}"
        return f"from {self.date:%Y-%m-%d} to {self.until:%Y-%m-%d}"


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Rows that follow each other in a column, R times.

    Parameters
    ----------
    start, stop : (R,) the first row, and the one after the last
    column : (R,) -1 for the whole table; runs of a column stand together, oldest first
    """

    start: IntArray
    stop: IntArray
    column: IntArray

    @classmethod
    def of_rows(cls, mask: BoolArray) -> "Runs":
        """Runs of True in (T,), of the whole table."""
        found = runs(mask[:, None])
        return cls(found.start, found.stop, np.full_like(found.column, -1))

    @classmethod
    def cells(cls, rows: IntArray, columns: IntArray) -> "Runs":
        """One run a cell."""
        order = np.lexsort((rows, columns))
        return cls(rows[order], rows[order] + 1, columns[order])

    @property
    def length(self) -> IntArray:
        """Rows in each (R,)."""
        return self.stop - self.start

    def take(self, keep: BoolArray) -> "Runs":
        """Some of them."""
        return Runs(self.start[keep], self.stop[keep], self.column[keep])


def runs(mask: BoolArray) -> Runs:
    """Runs of True in each column of (T, N).

    Examples
    --------
    >>> found = runs(np.array([[True], [True], [False], [True]]))
    >>> found.start, found.stop
    (array([0, 3]), array([2, 4]))
    """
    edge = np.zeros((mask.shape[1], mask.shape[0] + 2), dtype=np.int8)
    edge[:, 1:-1] = mask.T
    step = np.diff(edge, axis=1)
    column, start = np.nonzero(step == 1)
    _, stop = np.nonzero(step == -1)
    return Runs(start, stop, column)


def report(
    kind: Kind,
    sessions: pd.DatetimeIndex,
    names: tuple[str, ...],
    where: Runs,
    figure: FloatArray | IntArray,
    say: Callable[[Place], str],
) -> list[Finding]:
    """Findings of one kind.

    Parameters
    ----------
    kind : of the fault
    sessions : (T,)
    names : of the N columns
    where : R runs
    figure : (R,) what was measured
    say : the message for a place
    """
    found = []
    for number, (start, stop, column) in enumerate(
        zip(where.start.tolist(), where.stop.tolist(), where.column.tolist(), strict=True)
    ):
        ticker = names[column] if column >= 0 else ""
        at = Place(number, ticker, sessions[start], sessions[stop - 1], float(figure[number]))
        advice = kind.suggestion
        if "{" in advice:
            known = {
                "ticker": ticker,
                "date": f"{at.date:%Y-%m-%d}",
                "until": f"{at.until:%Y-%m-%d}",
                "before": f"{sessions[max(start - 1, 0)]:%Y-%m-%d}",
                "length": str(stop - start),
            }
            for each, value in known.items():
                advice = advice.replace(f"{{{each}}}", value)
        found.append(
            Finding(
                kind.fault, kind.severity, say(at), advice, ticker, at.date, at.until, at.figure
            )
        )
    return found
