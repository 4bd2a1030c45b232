"""Strategy = signal + rule + schedule: what is decided, when and why.

A decision at a session depends on closes up to it alone; what becomes of it is the account's
business.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, Signal, WeightRule, bind, holds_one
from rotation.schedule import Schedule

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
    Switch(margin=0.02)
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


@dataclass(frozen=True, slots=True)
class Decided:
    """What a strategy wants at each of its decisions.

    Parameters
    ----------
    rows : (K,) rows that decide
    scores : (K, L) scores at those rows
    held : (K,) layer wanted, -1 for cash, if the rule holds one at a time; else None
    targets : (K, L) weights wanted
    rule : the strategy's rule, bound to the history
    """

    rows: IntArray
    scores: FloatArray
    held: IntArray | None
    targets: FloatArray
    rule: Rule | WeightRule


def decide(strategy: Strategy, history: History) -> Decided:
    """Decisions of a strategy over a history.

    Raises
    ------
    ArgumentError
        If the signal or rule gives back what it should not: a wrong shape, an infinite score, a
        layer that does not exist or has no close.
    """
    close, sessions = history.close, pd.DatetimeIndex(history.sessions)
    rows = strategy.schedule.rows(sessions)
    scores = _scores(bind(strategy.signal, history), close)[rows]
    rule, held = bind(strategy.rule, history.deciding(rows)), None
    if holds_one(rule):
        held = _held(rule, scores)
        targets = (held[:, None] == np.arange(close.shape[1])).astype(np.float64)
    elif isinstance(rule, WeightRule):
        targets = _weights(rule, scores)
    else:
        raise ArgumentError(f"rule: want decide(scores) or weigh(scores) of {rule!r}, got neither")
    bad = (targets != 0) & np.isnan(close[rows])
    if bad.any():
        k, layer = np.argwhere(bad)[0]
        raise ArgumentError(
            f"rule: {strategy.rule!r} holds layer {layer}, which has no close on "
            f"{sessions[rows[k]]:%Y-%m-%d}"
        )
    return Decided(rows, scores, held, targets, rule)


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
