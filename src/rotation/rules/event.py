"""From one layer to another at given events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule
from rotation.rules.layer import Layer, check_layer, column, name_of, numbered, where_scored

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
        object.__setattr__(self, "dates", _read(self.dates))
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
        return _Dated(replace(self, start=start, to=to), history.sessions[history.rows])

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


@dataclass(frozen=True, slots=True, eq=False)
class _Dated:
    """An event switch, and the dates (K,) on which it decides."""

    plan: EventSwitch
    sessions: NDArray[np.datetime64]

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        start, to = self._columns(scores.shape[2])
        back_after = np.inf if self.plan.back_after is None else self.plan.back_after
        return event_switch(scores, self._came, start, to, back_after)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        start, to = (name_of(layer, names) for layer in self._columns(len(names)))
        held = self.decide(scores[:, None, :])[:, 0]
        since, passed = _since(self._came)[:, 0], self._passed
        back_after = self.plan.back_after
        said = []
        for k in moves.tolist():
            event = f"event of {self.plan.dates[passed[k] - 1]}"
            if not passed[k]:
                wanted, text = start, f"no event yet: {start}"
            elif back_after is None or since[k] < back_after:
                wanted, text = to, f"{event}: from {start} to {to}"
            else:
                wanted = start
                decisions = "decision" if since[k] == 1 else "decisions"
                text = f"{since[k]:.0f} {decisions} after the {event}: from {to} back to {start}"
            gone = held[k] < 0 and wanted in names
            said.append(f"{text}, but {wanted} has no score" if gone else text)
        return said

    @property
    def _passed(self) -> IntArray:
        """Events until each decision (K,)."""
        return _days(self.plan.dates).searchsorted(self.sessions, side="right")

    @property
    def _came(self) -> BoolArray:
        came: BoolArray = np.diff(self._passed, prepend=0) > 0
        return came

    def _columns(self, layers: int) -> tuple[int, int]:
        plan = self.plan
        return column("start", plan.start, layers), column("to", plan.to, layers)


def _days(dates: Sequence[object]) -> NDArray[np.datetime64]:
    return np.array([str(each) for each in dates], dtype="datetime64[D]")


def _read(dates: object) -> tuple[date, ...]:
    try:
        if isinstance(dates, str) or not isinstance(dates, Iterable):
            raise TypeError("neither a list nor a tuple of them")
        days = {_day(each) for each in dates}
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"dates: want dates, got {dates!r} ({error})") from None
    if not days:
        raise ArgumentError(f"dates: want one date or more, got {dates!r}")
    return tuple(sorted(days))


def _day(value: object) -> date:
    """A date from what says one and no time of day."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, datetime):
        if value.tzinfo is not None or value.time() != time():
            raise ValueError(f"{value} has a time of day or a time zone")
        return value.date()
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is neither a date nor the text of one")
    return value
