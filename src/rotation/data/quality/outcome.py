"""What a check found."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from rotation.data.quality.findings import FAULTS, SEVERITIES, Finding, Severity
from rotation.errors import ArgumentError, DataError
from rotation.provenance import provenance, stamp

__all__ = ["Quality"]

_COLUMNS = ["fault", "severity", "ticker", "date", "until", "figure", "message", "suggestion"]
_LINES = 3  # of one fault that are printed


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What :func:`rotation.check_prices` found.

    Parameters
    ----------
    table : a row per finding, worst first, then by date: fault, severity ("error", "warning" or
        "note"), ticker ("" for the whole table), date and until (first and last session), figure
        (as the message says), message, suggestion
    shape : sessions and tickers of what was checked
    calendar : exchanges that it was compared with, "" for none
    source : a copy of the closes as they were given
    """

    table: pd.DataFrame
    shape: tuple[int, int]
    calendar: str
    source: pd.DataFrame = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        found = Counter(self.table["severity"])
        return {severity: found[severity] for severity in SEVERITIES}

    @property
    def worst(self) -> Severity | None:
        """The worst severity, None if nothing was found."""
        return next((each for each in SEVERITIES if self.counts[each]), None)

    @property
    def ok(self) -> bool:
        """Whether there is no error, so that a backtest refuses no close, date or ticker."""
        return self.worst != "error"

    @property
    def line(self) -> str:
        """One line, as it is put on a stamp."""
        told = ", ".join(_count(count, each) for each, count in self.counts.items())
        with_what = f" with {self.calendar}" if self.calendar else " without a calendar"
        bad = self.table.loc[self.table["severity"] != "note", "fault"]
        kinds = ": " + ", ".join(dict.fromkeys(bad)) if len(bad) else ""
        return f"check_prices{with_what}: {told}{kinds}"

    @property
    def closes(self) -> pd.DataFrame:
        """The closes with this check on their stamp, otherwise as they were given.

        Raises
        ------
        DataError
            If they hold text or have no dates, of which no stamp can be made.
        """
        try:
            if not isinstance(self.source.index, pd.DatetimeIndex):
                raise TypeError(type(self.source.index).__name__)
            return stamp(self.source, provenance(self.source), check=self.line)
        except (TypeError, ValueError) as error:
            raise DataError(
                "closes: want numbers by date for a stamp; see the errors of the check"
            ) from error

    def of(self, *faults: str) -> pd.DataFrame:
        """The findings of some faults, if any, as :func:`rotation.clean` takes them.

        Raises
        ------
        ArgumentError
            If there is no such fault.
        """
        for fault in faults:
            if fault not in FAULTS:
                raise ArgumentError(f"faults: want some of {', '.join(FAULTS)}; got {fault!r}")
        return self.table[self.table["fault"].isin(faults)]

    def to_dict(self) -> dict[str, object]:
        """All of it, fit for JSON; dates as ISO text, what is not known None."""
        rows = []
        for found in self.table.itertuples(index=False):
            row: dict[str, Any] = dict(zip(_COLUMNS, found, strict=True))
            row["date"], row["until"] = _iso(row["date"]), _iso(row["until"])
            row["figure"] = row["figure"] if np.isfinite(row["figure"]) else None
            rows.append(row)
        return {
            "ok": self.ok,
            "worst": self.worst,
            "counts": self.counts,
            "sessions": self.shape[0],
            "tickers": self.shape[1],
            "calendar": self.calendar,
            "findings": rows,
        }

    def to_json(self) -> str:
        """The dictionary as JSON text."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    def __str__(self) -> str:
        told = f"{_count(self.shape[0], 'session')} of {_count(self.shape[1], 'ticker')}"
        lines = [f"{told}, {self.line}"]
        for (severity, fault), found in self.table.groupby(["severity", "fault"], sort=False):
            lines.append(f"{severity}: {fault}")
            for date, ticker, message in zip(
                found["date"][:_LINES], found["ticker"], found["message"], strict=False
            ):
                lines.append("    " + " ".join(filter(None, (_iso(date), ticker, message))))
            if len(found) > _LINES:
                lines.append(f"    and {len(found) - _LINES} more, in .table")
            lines.append(f"    -> {found['suggestion'].iloc[0]}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{self.line}</p>{self.table.to_html(index=False)}"


def _count(number: int, of: str) -> str:
    return f"{number} {of}{'' if number == 1 else 's'}"


def _iso(day: pd.Timestamp) -> str | None:
    return None if pd.isna(day) else f"{day:%Y-%m-%d}"


def tabulate(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings as rows, worst first, then by date, ticker and fault."""
    rows = [[getattr(each, name) for name in _COLUMNS] for each in findings]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("date", "until"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[ns]")
    table["figure"] = table["figure"].astype(np.float64)
    rank = table["severity"].map({each: n for n, each in enumerate(SEVERITIES)})
    order = table.assign(rank=rank).sort_values(
        ["rank", "date", "ticker", "fault", "until", "message"], na_position="first", kind="stable"
    )
    return table.loc[order.index].reset_index(drop=True)
