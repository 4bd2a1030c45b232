"""From one layer to another at given events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count
from rotation.columns import Layer, check_layer, column, name_of, numbered, where_scored
from rotation.days import read_dates
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule

__all__ = ["EventSwitch", "event_switch"]


def event_switch(
    scores: FloatArray,
    came: BoolArray,
    start: int | IntArray,
    to: int | IntArray,
    back_after: float | IntArray = np.inf,
) -> IntArray:
    """Hold ``start`` until an event has come, then ``to``, and perhaps ``start`` again.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score; nothing else of a score matters
    came : whether an event has come since the decision before, (K,) or for each strategy (K, S)
    start, to : columns, for all strategies or for each (S,); -1 for cash
    back_after : decisions after the newest event's at which it goes back, at least 1, likewise;
        infinite for never

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> came = np.array([False, True, False, False])
    >>> event_switch(np.zeros((4, 1, 2)), came, 0, 1, back_after=2).ravel().tolist()
    [0, 1, 1, 0]
    """
    return where_scored(scores, np.where(_since(came) < back_after, to, start))


def _since(came: BoolArray) -> FloatArray:
    """Decisions since the newest event came (K, S), infinite before the first."""
    rows = np.arange(len(came), dtype=np.float64)[:, None]
    newest = np.where(came if came.ndim == 2 else came[:, None], rows, -np.inf)
    since: FloatArray = rows - np.maximum.accumulate(newest, axis=0)
    return since


@dataclass(frozen=True, slots=True)
class EventSwitch:
    """Rule of :func:`rotation.rules.event_switch` at dates known in advance or in hindsight.

    An event comes with the first decision on its date or later; one that is older than the first
    decision comes with that. The scores say what can be held and nothing else.

    Parameters
    ----------
    dates : of the events, such as "2025-01-27" or a ``datetime.date``
    start : name or column of the layer to hold before the first event, or "cash"
    to : of the layer to hold from an event on
    back_after : decisions after that of the newest event at which it goes back to ``start``, at
        least 1; None for never

    Examples
    --------
    >>> EventSwitch(["2025-01-27"], "shovels", "applications").dates
    (datetime.date(2025, 1, 27),)
    """

    dates: Sequence[str | date]
    start: Layer
    to: Layer
    back_after: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", read_dates("dates", self.dates))
        check_layer("start", self.start)
        check_layer("to", self.to)
        if self.start == self.to:
            raise ArgumentError(f"to: want another layer than start, got {self.to!r}")
        if self.back_after is not None:
            check_count("back_after", self.back_after, 1, "decisions")

    def bind(self, history: History) -> Rule:
        """The rule for the decisions of a history."""
        start = numbered("start", self.start, history.names)
        to = numbered("to", self.to, history.names)
        return _Dated(self, start, to, history.sessions[history.rows])

    def decide(self, scores: FloatArray) -> IntArray:  # noqa: ARG002
        """Nothing before it is bound.

        Raises
        ------
        ArgumentError
            Always.
        """
        raise ArgumentError(
            "rule: EventSwitch needs the dates of its decisions; bind it to a history"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Dated:
    """An event switch, the columns of its layers, and the dates (K,) on which it decides."""

    plan: EventSwitch
    start: Layer
    to: Layer
    sessions: NDArray[np.datetime64]

    def __repr__(self) -> str:
        return repr(self.plan)

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        start, to = self._columns(scores.shape[2])
        return event_switch(scores, self._came, start, to, self._back_after)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        start, to = self._columns(len(names))
        held = self.decide(scores[:, None, :])[:, 0].tolist()
        since, passed = _since(self._came)[:, 0], self._passed.tolist()
        wanted = np.where(since < self._back_after, to, start).tolist()
        said = []
        for k in moves.tolist():
            event = f"event of {self.plan.dates[passed[k] - 1]}"
            if not passed[k]:
                event = "no event yet"
            elif wanted[k] == start:
                decisions = "decision" if since[k] == 1 else "decisions"
                event = f"{since[k]:.0f} {decisions} after the {event}"
            # Nothing turns before an event, nor is anything known of what was before the first.
            turns = k > 0 and passed[k] > 0
            before = (wanted[k - 1], held[k - 1]) if turns else (wanted[k], wanted[k])
            said.append(f"{event}: {_turn(before, (wanted[k], held[k]), start, names)}")
        return said

    @property
    def _passed(self) -> IntArray:
        """Events until each decision (K,)."""
        return _days(self.plan.dates).searchsorted(self.sessions, side="right")

    @property
    def _came(self) -> BoolArray:
        came: BoolArray = np.diff(self._passed, prepend=0) > 0
        return came

    @property
    def _back_after(self) -> float:
        return np.inf if self.plan.back_after is None else self.plan.back_after

    def _columns(self, layers: int) -> tuple[int, int]:
        return column("start", self.start, layers), column("to", self.to, layers)


def _turn(before: tuple[int, int], now: tuple[int, int], start: int, names: Sequence[str]) -> str:
    """What changes, given the layers wanted and held at the decision before and at this one."""
    name = name_of(now[0], names)
    if now[1] != now[0]:
        return f"{name} has no score"
    if before[0] != now[0] and before[1] == before[0]:  # it held what it turns from
        back = "back " if now[0] == start else ""
        return f"from {name_of(before[0], names)} {back}to {name}"
    return f"{name}, which has a score now" if before[1] != before[0] == now[0] else name


def _days(dates: Sequence[object]) -> NDArray[np.datetime64]:
    return np.array([str(each) for each in dates], dtype="datetime64[D]")
