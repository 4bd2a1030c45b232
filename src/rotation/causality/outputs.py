"""What a part makes of a history: scores, and what is wanted.

Nothing here knows of another history but the scores that a rule is to be given again.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rotation.arrays import BoolArray, FloatArray
from rotation.deciding import decide
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, Signal, WeightRule, bind, holds_one
from rotation.signals import Momentum
from rotation.strategy import Strategy

__all__ = ["near", "output", "same"]


def output(part: object, history: History, days: int, known: FloatArray | None) -> FloatArray:
    """Scores (T, L) if there are any, beside them what is wanted, NaN where nothing is decided.

    Parameters
    ----------
    part : a signal, which gives scores alone; a strategy; or a rule, which is tried on momentum
        and decides on every row but the newest
    history : what the part is shown, and may write on
    days : sessions of that momentum
    known : what the first rows gave before

    Returns
    -------
    (T, C)

    Raises
    ------
    ArgumentError
        If the part is none of these, or gives back what it should not.
    """
    close, length = history.close, len(history.close)
    if isinstance(part, Strategy):
        signal = bind(part.signal, history)
        raw = np.asarray(signal(close.copy()))
        scored = _Scored(signal, raw if known is None else _settled(raw, known, close))
        decided = decide(replace(part, signal=scored), history)
        targets = np.full(close.shape, np.nan)
        targets[decided.rows] = decided.targets
        return np.hstack([_table(part, raw, length), targets])
    bound = bind(part, history.deciding(np.arange(length - 1)))
    if callable(bound) and not isinstance(bound, (Rule, WeightRule)):
        return _table(part, bound(close.copy()), length)
    scores = Momentum(days)(close)
    given = scores[:-1, None, :].copy()
    if holds_one(bound):
        wanted = _table(part, bound.decide(given), length - 1)
    elif isinstance(bound, WeightRule):
        wanted = _table(part, bound.weigh(given), length - 1)
    else:
        raise ArgumentError(f"obj: want a signal, a rule or a Strategy, got {part!r}")
    newest = np.full((1, wanted.shape[1]), np.nan)
    return np.hstack([scores, np.vstack([wanted, newest])])


def same(answer: FloatArray, truth: FloatArray) -> BoolArray:
    """Where two outputs (T, C) are the same to the last bit."""
    equal: BoolArray = (answer == truth) | (np.isnan(answer) & np.isnan(truth))
    return equal


def near(answer: FloatArray, truth: FloatArray, close: FloatArray) -> BoolArray:
    """Where two outputs (T, C) of these closes differ by no more than rounding can."""
    size = np.where(np.isfinite(truth), np.abs(truth), 0.0).max(axis=0, initial=0.0)
    rounding = 1e-9 * size + 1e-14 * np.nanmax(close)
    return np.isclose(answer, truth, rtol=1e-9, atol=rounding, equal_nan=True)


@dataclass(frozen=True, slots=True)
class _Scored:
    """A signal whose scores are known."""

    signal: Signal
    scores: FloatArray

    def __call__(self, _: FloatArray, /) -> FloatArray:
        return self.scores

    def __repr__(self) -> str:
        return repr(self.signal)


def _settled(scores: FloatArray, known: FloatArray, close: FloatArray) -> FloatArray:
    """Scores with the last digits that they had before, so that no decision hangs on rounding."""
    first, before = scores[: len(known)], known[:, : close.shape[1]]
    first = np.where(near(first, before, close), before, first)
    return np.concatenate([first, scores[len(known) :]])


def _table(part: object, made: ArrayLike | NDArray[np.generic], length: int) -> FloatArray:
    """What a part has made, as (T, C)."""
    table = np.array(made, dtype=np.float64)
    if table.ndim == 0 or len(table) != length:
        raise ArgumentError(
            f"obj: want an output for each of {length} sessions of {part!r}, "
            f"got shape {table.shape}"
        )
    return table.reshape(length, math.prod(table.shape[1:]))
