"""What strategies want, when and why.

A decision at a session depends on what was known at it alone; what becomes of it is the account's
business. Many strategies that share a schedule are decided together, and each as if alone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rotation.answers import check_scores
from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.columns import one_hot
from rotation.errors import ArgumentError
from rotation.protocols import Bindable, History, Rule, Signal, WeightRule, bind, holds_one
from rotation.rules.inner import held_of, reasons_of, weights_of
from rotation.schedule import Schedule
from rotation.strategy import Strategy

__all__ = ["Decided", "Wanted", "decide", "score", "want"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule wants on some decisions, for S strategies that differ in their scores.

    Parameters
    ----------
    held : (K, S) layer wanted, -1 for cash, if one is held at a time; else None
    weights : (K, S, L) weights wanted, None if one layer is held at a time
    rules : (m,) the rule of each tranche, bound to the history and its decisions
    """

    held: IntArray | None
    weights: FloatArray | None
    rules: tuple[Rule | WeightRule, ...]


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
            said = reasons_of(rule, self.scores[part::parts], moves[mine] // parts, names)
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
    scores = score(strategy.signal, history)[rows]
    wanted = want(strategy.rule, scores[:, None], strategy.schedule, history.deciding(rows))
    if wanted.held is None:
        targets, held = np.asarray(wanted.weights)[:, 0], None
    else:
        held = wanted.held[:, 0]
        targets = one_hot(held, scores.shape[1])
    return Decided(rows, scores, held, targets, wanted.rules)


def score(signal: Signal | Bindable, history: History) -> FloatArray:
    """Scores (T, L) of a signal, NaN where a layer has no close.

    Raises
    ------
    ArgumentError
        If it gives a wrong shape, or an infinite score.
    """
    given = bind(signal, history)(history.close.copy())
    return check_scores(signal, given, history.close)


def want(
    rule: Rule | WeightRule | Bindable, scores: FloatArray, schedule: Schedule, history: History
) -> Wanted:
    """What a rule wants of scores (K, S, L) on the deciding rows of a history.

    Raises
    ------
    ArgumentError
        If it wants a layer that does not exist or has no close, or a weight that is not finite.
    """
    parts = schedule.tranches
    tranches = [
        _tranche(rule, scores[part::parts], history.deciding(history.rows[part::parts]))
        for part in range(parts)
    ]
    if parts == 1:
        return tranches[0]
    # Each decision renews one tranche; those that have not decided yet do not count.
    decisions = np.arange(len(scores))
    weights = np.zeros(scores.shape)
    for part, tranche in enumerate(tranches):
        newest = (decisions - part) // parts
        own = tranche.weights if tranche.held is None else one_hot(tranche.held, scores.shape[2])
        weights[newest >= 0] += np.asarray(own)[newest[newest >= 0]]
    weights /= np.minimum(decisions + 1, parts)[:, None, None]
    gone = np.isnan(history.close[history.rows])
    weights *= ~gone[:, None, :]
    return Wanted(None, weights, tuple(tranche.rules[0] for tranche in tranches))


def _tranche(rule: Rule | WeightRule | Bindable, scores: FloatArray, history: History) -> Wanted:
    bound, close = bind(rule, history), history.close[history.rows]
    if holds_one(bound):
        held = held_of(bound, scores)
        absent = np.append(np.isnan(close), np.zeros((len(close), 1), dtype=bool), axis=1)
        _refuse(rule, absent[np.arange(len(held))[:, None], held], held, history)
        return Wanted(held, None, (bound,))
    weights = weights_of(bound, scores)
    bad = (weights != 0) & np.isnan(close)[:, None, :]
    _refuse(rule, bad.any(axis=2), bad.argmax(axis=2), history)
    return Wanted(None, weights, (bound,))


def _refuse(rule: object, bad: BoolArray, layer: IntArray, history: History) -> None:
    if bad.any():
        k, s = np.argwhere(bad)[0]
        raise ArgumentError(
            f"rule: {rule!r} holds {history.names[layer[k, s]]}, which has no close on "
            f"{history.sessions[history.rows[k]]}"
        )
