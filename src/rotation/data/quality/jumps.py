"""Changes that a market seldom makes and a vendor often does: bad closes, splits, other units.

A close alone cannot tell a halving from a split of two for one. What can is what comes with it:
news goes on to move the price and brings volume, a split does neither.
"""

from typing import Final

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.actions import Paid, check_actions
from rotation.data.quality.findings import Finding, Kind, Place, Runs, Severity, report
from rotation.data.quality.moves import UNITS, Moves, changes, large, usual
from rotation.data.quality.reading import View
from rotation.data.quality.stretches import NEAR_UNIT, check_mixed, check_stretches
from rotation.data.quality.values import PARTED

__all__ = ["check_jumps"]

_SPLITS: Final = np.array([1.5, *range(2, 10), 15, 20, 25, 30, 40, 50])
_NEAR_SPLIT = 0.02, 0.06  # log distance
_SMALL = 8.0  # usual days of a split of less than two for one
_UNEXPLAINED = float(np.log(1.5)), 10.0  # log change and usual days
_REUSED = float(np.log(20.0))


def check_jumps(view: View, paid: Paid | None) -> list[Finding]:
    """Spikes, splits and units that were not handled, and other jumps.

    Parameters
    ----------
    view : the table
    paid : its actions, which explain some changes; None if they are not known
    """
    price = view.price
    change, before = changes(price)
    found: list[Finding] = []
    apart = np.arange(len(price))[:, None] - before > PARTED  # told as a gap
    quiet: BoolArray = apart
    if paid is not None:
        told, found = check_actions(view, paid, change, usual(change))
        quiet = apart | told
        change = _explained(price, change, before, paid)
    mixed, wrong = check_mixed(view, change)
    moves = large(view, change, before, quiet | mixed, explained=paid is not None)
    stays, brief = check_stretches(view, moves)
    return found + wrong + brief + _spikes(view, moves) + _lasting(view, moves, stays)


def _explained(price: FloatArray, change: FloatArray, before: IntArray, paid: Paid) -> FloatArray:
    """Changes (T, N) with splits and dividends put back."""
    split = np.cumsum(paid.split, axis=0)
    since = np.take_along_axis(split, np.maximum(before, 0), axis=0)
    dividend = np.nan_to_num(paid.dividend / price)
    explained: FloatArray = change + (split - since) + np.log1p(dividend)
    return explained


def _tell(view: View, moves: Moves, kind: Kind, keep: BoolArray, words: str) -> list[Finding]:
    """Findings at some of the changes."""
    where = Runs(moves.row[keep], moves.row[keep] + 1, moves.column[keep])
    old = view.close[moves.last[keep], where.column]
    new = view.close[where.start, where.column]

    def say(at: Place) -> str:
        return f"{old[at.number]:.6g} to {new[at.number]:.6g}, {words}"

    return report(kind, view.sessions, view.names, where, np.exp(moves.change[keep]), say)


def _spikes(view: View, moves: Moves) -> list[Finding]:
    """Closes that the next one takes back."""
    _, scaled = moves.near(UNITS, *NEAR_UNIT)
    double = moves.size >= np.log(2.0)
    advice = "rt.clean(closes, drop=found.of('{}'), fill='previous', limit=1)"
    found: list[Finding] = []
    told: tuple[tuple[str, Severity, BoolArray, str], ...] = (
        ("scale", "error", scaled, "a close in another unit?"),
        ("spike", "error", double & ~scaled, "a bad close?"),
        ("spike", "warning", ~double & ~scaled, "a bad close?"),
    )
    for fault, severity, keep, words in told:
        kind = Kind(fault, severity, advice.format(fault))
        found += _tell(view, moves, kind, moves.spike & keep, f"and back the next session: {words}")
    return found


def _lasting(view: View, moves: Moves, stays: BoolArray) -> list[Finding]:
    """Changes of level, of the moves (C,) that stay."""
    unit, scaled = moves.near(UNITS, *NEAR_UNIT)
    ratio, split = moves.near(_SPLITS, *_NEAR_SPLIT)
    scaled &= stays
    split &= stays & ~scaled
    return (
        _units(view, moves, unit, scaled)
        + _splits(view, moves, ratio, split)
        + _others(view, moves, stays & ~scaled & ~(split & (ratio >= 2)), split)
    )


def _units(view: View, moves: Moves, unit: FloatArray, scaled: BoolArray) -> list[Finding]:
    kind = Kind(
        "scale",
        "error",
        "bring the closes before {date} to the new unit, or pass the split in actions=",
    )
    words = "fold for good: another unit (pence, dollars), or a split not taken out?"
    found: list[Finding] = []
    for each in UNITS:
        found += _tell(view, moves, kind, scaled & (unit == each), f"{each:g}-{words}")
    return found


def _splits(view: View, moves: Moves, ratio: FloatArray, split: BoolArray) -> list[Finding]:
    """Like a split: the surer, the less a market does such a thing by itself."""
    advice = "pass the split in actions=, or divide the closes before {date}"
    up, news = moves.change > 0, moves.news
    small = ratio < 2
    sure = (ratio >= 5) | (up & (ratio >= 3))
    grades: tuple[tuple[Severity, BoolArray], ...] = (
        ("error", sure & ~news),
        ("warning", ~small & (sure == news)),
        ("note", (small & ~news & (moves.size > _SMALL * moves.scale)) | (~small & ~sure & news)),
    )
    found: list[Finding] = []
    for severity, grade in grades:
        doubtful = severity == "note"  # which markets do by themselves
        kind = Kind("split", severity, f"if it was one, {advice}" if doubtful else advice)
        for each in np.unique(ratio[split & grade]):
            for rising in (False, True):
                size = _ratio(each, rising)
                words = f"for good: like a split of {size} that was not taken out"
                if doubtful:
                    words = f"for good: news, or a split of {size} that was not taken out"
                keep = split & grade & (ratio == each) & (up == rising)
                found += _tell(view, moves, kind, keep, words)
    return found


def _others(view: View, moves: Moves, rest: BoolArray, small: BoolArray) -> list[Finding]:
    """Jumps like no split: of another company, or of news."""
    reused = rest & (moves.size >= _REUSED)
    rest = rest & ~reused
    triple = moves.size >= np.log(3.0)
    least, days = _UNEXPLAINED
    enough = np.log(2.0)
    if moves.explained:
        enough = np.maximum(least, days * moves.scale)
    large = (moves.size >= enough) & ~small
    kept = "keep one company: closes.loc[:'{before}', '{ticker}'] = numpy.nan"
    look = "look for the news of the day; pass actions= if it was one"
    words = "for good" + (", which no action explains" if moves.explained else "")
    warned, noted = triple & ~moves.news, triple & moves.news | large & ~triple
    return (
        _tell(view, moves, Kind("reused", "error", kept), reused, "for good: another company's?")
        + _tell(view, moves, Kind("jump", "warning", look), rest & warned, words)
        + _tell(view, moves, Kind("jump", "note", look), rest & noted, words)
    )


def _ratio(ratio: float, rising: bool) -> str:
    """A split in words.

    Examples
    --------
    >>> _ratio(1.5, rising=False), _ratio(4.0, rising=True)
    ('3 for 2', '1 for 4')
    """
    below = 1 if ratio == round(ratio) else 2
    above = round(ratio * below)
    return f"{below} for {above}" if rising else f"{above} for {below}"
