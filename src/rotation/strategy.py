"""Strategy = signal + rule + schedule: what is decided, when and why.

A decision at a session depends on closes up to it alone; what becomes of it is the account's
business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray
from rotation.digest import content_hash
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, Signal, WeightRule, bind, holds_one
from rotation.schedule import Schedule

if TYPE_CHECKING:
    from rotation.notation import Parts

__all__ = ["Decided", "Strategy", "decide"]

_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A signal, a rule and a schedule.

    Parameters
    ----------
    signal : gives every layer a score, as :class:`rotation.Momentum`; any function of closes (T, L)
        to scores (T, L)
    rule : turns scores into decisions, as :class:`rotation.Switch`; any object with ``decide`` or
        ``weigh``
    schedule : when it decides and how long until it trades

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> Strategy(signal=Momentum(days=126), rule=Switch(margin=0.02), schedule=Schedule("M")).rule
    Switch(margin=0.02, confirm=1, min_hold=1)
    """

    signal: Signal
    rule: Rule | WeightRule
    schedule: Schedule

    def __post_init__(self) -> None:
        if not (callable(self.signal) or hasattr(self.signal, "bind")):
            raise ArgumentError(
                f"signal: want a function of closes (T, L) to scores (T, L), got {self.signal!r}"
            )
        part = isinstance(self.rule, (Rule, WeightRule)) or hasattr(self.rule, "bind")
        if not part or isinstance(self.rule, type):
            raise ArgumentError(
                f"rule: want an object with decide(scores) or weigh(scores), got {self.rule!r}"
            )
        if not isinstance(self.schedule, Schedule):
            raise ArgumentError(
                f'schedule: want a Schedule, as Schedule("M"), got {self.schedule!r}'
            )

    @property
    def hash(self) -> str:
        """SHA-256 of all that it is, in every process the same; see :mod:`rotation.digest`."""
        return content_hash(self)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data; see :func:`rotation.notation.to_plain`."""
        from rotation.notation import to_plain

        return to_plain(self, Strategy)

    def to_toml(self) -> str:
        """All of it as TOML; see :func:`rotation.notation.to_toml`."""
        from rotation.notation import to_toml

        return to_toml(self, Strategy)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], parts: "Parts" = ()) -> Self:
        """The strategy that :meth:`to_dict` wrote.

        Parameters
        ----------
        data : its fields by name
        parts : classes of the user's own that it may name

        Raises
        ------
        ArgumentError
            Naming the place of what is wrong, as ``rule.margin``.
        """
        from rotation.notation import from_plain, known_parts

        return from_plain(data, known_parts(parts), cls)

    @classmethod
    def from_toml(cls, text: str, parts: "Parts" = ()) -> Self:
        """:meth:`from_dict` of TOML."""
        from rotation.notation import from_toml, known_parts

        return from_toml(text, known_parts(parts), cls)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a strategy wants at each of its decisions.

    Parameters
    ----------
    rows : (K,) rows that decide
    scores : (K, L) scores at those rows
    held : (K,) layer wanted, -1 for cash, if one is held at a time; else None
    targets : (K, L) weights wanted
    rules : (m,) the rule of each tranche, bound to the history and its decisions
    """

    rows: IntArray
    scores: FloatArray
    held: IntArray | None
    targets: FloatArray
    rules: tuple[Rule | WeightRule, ...]

    def reasons(self, moves: IntArray, names: tuple[str, ...]) -> tuple[str, ...]:
        """Why each of the decisions ``moves`` (M,), ascending, wants what it wants."""
        parts = len(self.rules)
        found = [""] * len(moves)
        for part, rule in enumerate(self.rules):
            mine = np.flatnonzero(moves % parts == part)
            said = _reasons(rule, self.scores[part::parts], moves[mine] // parts, names)
            turn = f"tranche {part + 1} of {parts}: " if parts > 1 else ""
            for place, text in zip(mine.tolist(), said, strict=True):
                found[place] = turn + text
        return tuple(found)


def decide(strategy: Strategy, history: History) -> Decided:
    """Decisions of a strategy over a history.

    Raises
    ------
    ArgumentError
        If the signal or rule gives back what it should not: a wrong shape, an infinite score, a
        layer that does not exist or has no close.
    """
    rows = strategy.schedule.rows(pd.DatetimeIndex(history.sessions))
    scores = _scores(bind(strategy.signal, history), history.close)[rows]
    parts = strategy.schedule.tranches
    tranches = [
        _tranche(strategy.rule, scores[part::parts], history.deciding(rows[part::parts]))
        for part in range(parts)
    ]
    rules = tuple(rule for rule, _, _ in tranches)
    if parts == 1:
        _, held, targets = tranches[0]
        return Decided(rows, scores, held, targets, rules)
    # Each decision renews one tranche; those that have not decided yet do not count.
    decisions = np.arange(len(rows))
    targets = np.zeros(scores.shape)
    for part, (_, _, wanted) in enumerate(tranches):
        newest = (decisions - part) // parts
        targets[newest >= 0] += wanted[newest[newest >= 0]]
    targets /= np.minimum(decisions + 1, parts)[:, None]
    targets[np.isnan(history.close[rows])] = 0.0
    return Decided(rows, scores, None, targets, rules)


def _tranche(
    rule: Rule | WeightRule, scores: FloatArray, history: History
) -> tuple[Rule | WeightRule, IntArray | None, FloatArray]:
    """The rule bound to the history, the layer it holds, and the weights it wants."""
    bound, held = bind(rule, history), None
    if holds_one(bound):
        held = _held(bound, scores)
        targets = (held[:, None] == np.arange(scores.shape[1])).astype(np.float64)
    elif isinstance(bound, WeightRule):
        targets = _weights(bound, scores)
    else:
        raise ArgumentError(f"rule: want decide(scores) or weigh(scores) of {bound!r}, got neither")
    bad = (targets != 0) & np.isnan(history.close[history.rows])
    if bad.any():
        k, layer = np.argwhere(bad)[0]
        raise ArgumentError(
            f"rule: {rule!r} holds layer {layer}, which has no close on "
            f"{history.sessions[history.rows[k]]}"
        )
    return bound, held, targets


def _reasons(
    rule: Rule | WeightRule, scores: FloatArray, moves: IntArray, names: tuple[str, ...]
) -> list[str]:
    if not hasattr(rule, "reasons"):
        return [f"decided by {rule!r}"] * len(moves)
    said = list(rule.reasons(scores, moves, names))
    if len(said) != len(moves):
        raise ArgumentError(
            f"rule: want a reason for each of {len(moves)} decisions of {rule!r}, got {len(said)}"
        )
    return list(map(str, said))


def _scores(signal: Signal, close: FloatArray) -> FloatArray:
    scores = _array(f"signal: {signal!r}", signal(close.copy()), close.shape, np.float64)
    if np.isinf(scores).any():
        row = int(np.argwhere(np.isinf(scores))[0, 0])
        raise ArgumentError(f"signal: {signal!r} gives an infinite score in row {row}; want NaN")
    return np.where(np.isnan(close), np.nan, scores)


def _held(rule: Rule, scores: FloatArray) -> IntArray:
    decided = rule.decide(scores[:, None, :].copy())
    held = _array(f"rule: {rule!r}", decided, (len(scores), 1), np.intp)[:, 0]
    wrong = (held < -1) | (held >= scores.shape[1])
    if wrong.any():
        raise ArgumentError(
            f"rule: {rule!r} holds layer {held[wrong][0]}; want 0 to {scores.shape[1] - 1}, "
            "or -1 for cash"
        )
    return held


def _weights(rule: WeightRule, scores: FloatArray) -> FloatArray:
    shape = (len(scores), 1, scores.shape[1])
    weights = _array(f"rule: {rule!r}", rule.weigh(scores[:, None, :].copy()), shape, np.float64)
    if not np.isfinite(weights).all():
        raise ArgumentError(f"rule: {rule!r} gives a weight that is not finite; want 0 for none")
    return weights[:, 0]


def _array(what: str, values: object, shape: tuple[int, ...], kind: type[_Kind]) -> NDArray[_Kind]:
    """What a user's part gave back, if it is an array of that shape and kind."""
    array = np.asarray(values)
    if array.shape != shape:
        raise ArgumentError(f"{what} gives shape {array.shape}; want {shape}")
    if not np.can_cast(array.dtype, kind, casting="same_kind"):
        raise ArgumentError(f"{what} gives {array.dtype}; want {kind.__name__}")
    return array.astype(kind)
