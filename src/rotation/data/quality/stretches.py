"""Levels that come back: rows in mixed units, and stretches of sessions at a wrong level."""

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.findings import Finding, Kind, Place, Runs, Severity, report
from rotation.data.quality.moves import UNITS, Moves, units_of
from rotation.data.quality.reading import View
from rotation.data.quality.sessions import is_daily

__all__ = ["NEAR_UNIT", "check_mixed", "check_stretches"]

NEAR_UNIT = 0.05, 0.15
"""Bounds of the log distance from a unit."""

_AGAIN = 3, 0.1  # changes of unit up, and as many down, and share of all, of rows in mixed units
_MIXED = 0.15, 0.4  # log distance of one, of days and of longer rows
_ABOUT = 0.35  # log distance from a unit of one of two changes
_QUIET = float(np.log(5.0))  # changes of such a column that are told with it
_UNIT_LASTS = 63  # sessions in another unit that are told as one
_LASTS = 10  # sessions at another wrong level
_LEVEL = float(np.log(1.5)), 10.0, 0.25  # log change, usual days, and share that is left of it


def check_mixed(view: View, change: FloatArray) -> tuple[BoolArray, list[Finding]]:
    """Columns whose unit changes up and down again and again.

    Parameters
    ----------
    view : the table
    change : (T, N) log changes, what actions explain taken out

    Returns
    -------
    changes (T, N) that are told here, and a finding a column
    """
    unit = units_of(change, _MIXED[0] if is_daily(view.sessions) else _MIXED[1])
    least, share = _AGAIN
    again = np.minimum((unit > 0).sum(axis=0), (unit < 0).sum(axis=0)) >= least
    again &= (unit != 0).sum(axis=0) > share * (~np.isnan(change)).sum(axis=0)
    column = np.flatnonzero(again)
    there = unit[:, column] != 0
    stop = len(there) - there[::-1].argmax(axis=0)
    advice = "bring all rows to one unit; which is right the source must say"
    found = report(
        Kind("scale", "error", advice),
        view.sessions,
        view.names,
        Runs(there.argmax(axis=0), stop, column),
        there.sum(axis=0),
        lambda at: (
            f"{at.figure:.0f} times 10, 100 or 1000-fold {at.days}, up and down: "
            "rows in different units (pence, dollars)?"
        ),
    )
    return again & (np.abs(change) > _QUIET), found


def check_stretches(view: View, moves: Moves) -> tuple[BoolArray, list[Finding]]:
    """Sessions at another level than those before and after.

    Parameters
    ----------
    view : the table
    moves : its large changes

    Returns
    -------
    moves (C,) that stay, being neither a spike's nor of such a stretch, and the findings
    """
    least, days, share = _LEVEL
    stays: BoolArray = ~moves.spike & ~moves.back
    unit, scaled = moves.near(UNITS, *NEAR_UNIT)
    # Two that undo each other may each be further off: a day may move a tenth by itself.
    _, about = moves.near(UNITS, _ABOUT, _ABOUT)
    first, second = _pairs(moves, stays & about, _UNIT_LASTS, share)
    sure = scaled[first] | scaled[second]
    first, second = first[sure], second[sure]
    stays[first] = stays[second] = False
    found: list[Finding] = []
    drop = "rt.clean(closes, drop=found.of('{}')) makes them holes"
    for each in UNITS:
        for rising in (False, True):
            factor = f"{1 / each if rising else each:g}"
            advice = f"closes.loc['{{date}}':'{{until}}', '{{ticker}}'] *= {factor}"
            kind = Kind("scale", "error", f"{advice}; {drop.format('scale')}")
            keep = (unit[first] == each) & ((moves.change[first] > 0) == rising)
            found += _tell(view, moves, kind, first[keep], second[keep])
    other = stays & ~scaled & (moves.size >= np.maximum(least, days * moves.scale))
    first, second = _pairs(moves, other, _LASTS, share)
    stays[first] = stays[second] = False
    advice = f"compare with another source; {drop.format('spike')}"
    triple = moves.size[first] >= np.log(3.0)
    grades: tuple[tuple[Severity, BoolArray], ...] = (("error", triple), ("warning", ~triple))
    for severity, keep in grades:
        found += _tell(view, moves, Kind("spike", severity, advice), first[keep], second[keep])
    return stays, found


def _pairs(moves: Moves, some: BoolArray, most: int, left: float) -> tuple[IntArray, IntArray]:
    """Moves that follow each other, the second taking the first back; the closest are paired first.

    Parameters
    ----------
    moves : all of them
    some : (C,) those that are looked at
    most : sessions between the two
    left : share of either that the two may leave
    """
    at = np.flatnonzero(some)
    first, second = at[:-1], at[1:]
    between = moves.row[second] - moves.row[first]
    most_left = left * np.minimum(moves.size[first], moves.size[second])
    near = (moves.column[first] == moves.column[second]) & (between <= most)
    near &= np.abs(moves.change[first] + moves.change[second]) <= most_left
    used: set[int] = set()
    kept = []
    for pair in np.argsort(between, kind="stable").tolist():
        if near[pair] and not used & {pair, pair + 1}:
            used |= {pair, pair + 1}
            kept.append(pair)
    chosen = np.sort(np.array(kept, dtype=np.intp))
    return first[chosen], second[chosen]


def _tell(view: View, moves: Moves, kind: Kind, first: IntArray, second: IntArray) -> list[Finding]:
    """Findings from moves to the session before those that take them back."""
    where = Runs(moves.row[first], moves.last[second] + 1, moves.column[first])
    old = view.close[moves.last[first], where.column]
    new = view.close[where.start, where.column]
    words = "in another unit?" if kind.fault == "scale" else "bad closes?"

    def say(at: Place) -> str:
        count = where.length[at.number]
        told = f"{old[at.number]:.6g} to {new[at.number]:.6g}, and back after {count} sessions"
        return f"{told}: {words}"

    return report(kind, view.sessions, view.names, where, np.exp(moves.change[first]), say)
