"""The strategy in plain Python: scores, the choice, the rows that decide."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from oracles.ledger import Table


def momentum(closes: Table, name: str, t: int, days: int, skip: int = 0) -> float | None:
    """Log return over ``days`` sessions that ended ``skip`` sessions before row t.

    An asset without a close on row t has no score, whatever the skip: it cannot be chosen.
    """
    newest, oldest = t - skip, t - skip - days
    if oldest < 0 or closes[t][name] is None:
        return None
    ends, starts = closes[newest][name], closes[oldest][name]
    if ends is None or starts is None:
        return None
    return math.log(ends / starts)


def switch(scores: Mapping[str, float | None], held: str | None, margin: float) -> str | None:
    """The name to hold: the held one unless a rival leads by more than the margin; None is cash."""
    best: str | None = None
    top = -math.inf
    for name, score in scores.items():
        if score is not None and score > top:
            best, top = name, score
    own = None if held is None else scores[held]
    if best is None or own is None:
        return best
    return best if top - own > margin else held


def period(day: date, letter: str) -> tuple[int, ...]:
    """The calendar period that a session lies in; weeks run from Monday to Sunday."""
    if letter == "D":
        return (day.year, day.month, day.day)
    if letter == "W":
        return tuple(day.isocalendar())[:2]
    if letter == "M":
        return (day.year, day.month)
    if letter == "Q":
        return (day.year, (day.month - 1) // 3)
    if letter == "Y":
        return (day.year,)
    raise ValueError(letter)


def deciding_rows(days: Sequence[date], every: str | int, offset: int = 0) -> list[int]:
    """Rows that end a period, with a later session to show it, moved by the offset."""
    rows = []
    for t in range(len(days) - 1):
        if isinstance(every, int):
            ends = t // every != (t + 1) // every
        else:
            ends = period(days[t], every) != period(days[t + 1], every)
        if ends and t + offset < len(days):
            rows.append(t + offset)
    return rows


def switching(
    closes: Table, rows: Iterable[int], *, days: int, skip: int, margin: float
) -> dict[int, dict[str, float]]:
    """Decisions of momentum and switch, one row at a time: everything in the chosen name.

    A row that keeps what is held decides nothing.
    """
    held: str | None = None
    decisions: dict[int, dict[str, float]] = {}
    for t in rows:
        scores = {name: momentum(closes, name, t, days, skip) for name in closes[t]}
        before, held = held, switch(scores, held, margin)
        if held != before:
            decisions[t] = {} if held is None else {held: 1.0}
    return decisions
