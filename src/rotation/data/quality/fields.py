"""Fields of bars that are missing where the others are there.

A field that a ticker never has is not missing: an index has no volume, a fund no high.
"""

from typing import Final

import numpy as np

from rotation.arrays import BoolArray
from rotation.data.quality.findings import Finding, Kind, Runs, Severity, report, runs
from rotation.data.quality.reading import View

__all__ = ["check_fields"]

_ADVICE: Final = {
    "open": "get it from another source: bars.open cannot be passed as fill= so",
    "high": "get it from another source; closes alone may still be right",
    "low": "get it from another source; closes alone may still be right",
    "volume": "get it from another source: impact is refused on a day without volume",
}


def check_fields(view: View) -> list[Finding]:
    """Prices and volumes that are missing beside a close, and closes beside the other prices."""
    found: list[Finding] = []
    closed = ~np.isnan(view.close)
    for name, advice in _ADVICE.items():
        if name not in view.fields:
            continue
        seen = ~np.isnan(view.fields[name]) | view.texts[name]
        begun = np.maximum.accumulate(seen, axis=0)
        goes_on = np.maximum.accumulate(seen[::-1], axis=0)[::-1]
        # Vendors have opens and volumes of later years alone, and volumes of the last day late.
        absent = closed & ~seen & begun
        if name == "volume":
            absent &= goes_on
        found += _tell(view, name, advice, absent, closed & begun)
    others = [view.fields[name] for name in ("open", "high", "low") if name in view.fields]
    if others:
        there = np.logical_and.reduce([~np.isnan(values) for values in others])
        advice = "get it from another source: without it the day is none of the ticker's life"
        outside = ~closed & ~view.text & ~view.blank()
        found += _tell(view, "close", advice, there & outside & closed.any(axis=0), there)
    return found


def _tell(view: View, name: str, advice: str, absent: BoolArray, of: BoolArray) -> list[Finding]:
    """Findings of cells (T, N) without a field, of those ``of`` which may have it."""
    count, of_all = absent.sum(axis=1), of.sum(axis=1)
    shared = (count >= 3) & (2 * count >= of_all)
    found = report(
        Kind("missing field", "warning", advice),
        view.sessions,
        (),
        rows := Runs.of_rows(shared),
        count[rows.start],
        lambda at: f"no {name} of {at.figure:.0f} tickers {at.days}, though others are there",
    )
    where = runs(absent & ~shared[:, None])
    # A volume that was no number, as it may have been set to none, is a day's alone.
    lone = (where.length == 1) & (name == "volume")
    grades: tuple[tuple[Severity, BoolArray], ...] = (("warning", ~lone), ("note", lone))
    for severity, grade in grades:
        part = where.take(grade)
        found += report(
            Kind("missing field", severity, advice),
            view.sessions,
            view.names,
            part,
            part.length,
            lambda at: f"no {name} {at.days}, though other fields are there",
        )
    return found
