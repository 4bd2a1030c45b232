"""Scores to decisions.

A decision is what a rule wants to hold at a close; it depends on the scores of that and earlier
decisions alone. Layers are numbered by column, -1 is cash.
"""

from dataclasses import dataclass
from numbers import Real
from typing import Protocol, runtime_checkable

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.errors import ArgumentError

__all__ = ["Rule", "Switch", "WeightRule", "switch"]


@runtime_checkable
class Rule(Protocol):
    """Anything that decides which one layer to hold."""

    def decide(self, scores: FloatArray, /) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L), NaN where a layer has none."""
        ...


@runtime_checkable
class WeightRule(Protocol):
    """Anything that decides what weight each layer gets."""

    def weigh(self, scores: FloatArray, /) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L); what is left of 1 is cash."""
        ...


def switch(scores: FloatArray, margin: float) -> IntArray:
    """Hold a layer until another's score leads it by strictly more than ``margin``.

    A layer without a score cannot be held: if the held one loses its score, the best of the
    others is taken without a margin, as is the first layer after cash; ties go to the earlier
    column. While none has a score the decision is cash.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    margin : lead that a challenger must exceed, in units of the score, at least 0

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> scores = np.array([[[0.1, 0.0]], [[0.1, 0.12]], [[0.1, 0.2]]])
    >>> switch(scores, margin=0.05).ravel().tolist()
    [0, 0, 1]
    """
    if scores.shape[2] == 2:
        return _switch_two(scores, margin)
    known = np.where(np.isnan(scores), -np.inf, scores)
    best = known.argmax(axis=2)
    top = np.take_along_axis(known, best[:, :, None], axis=2)[:, :, 0]
    none = top == -np.inf
    top[none] = 0.0
    every = np.arange(scores.shape[1])
    held = np.full(scores.shape[:2], -1, dtype=np.intp)
    before = np.full(scores.shape[1], -1, dtype=np.intp)
    for k in range(len(scores)):
        # From cash, or from a layer without a score, any lead is infinite.
        own = np.where(before < 0, -np.inf, known[k, every, before])
        after = np.where(top[k] - own > margin, best[k], before)
        before = held[k] = np.where(none[k], -1, after)
    return held


def _switch_two(scores: FloatArray, margin: float) -> IntArray:
    """:func:`switch` of two layers: what a decision forces is carried forward until the next."""
    first, second = scores[:, :, 0], scores[:, :, 1]
    no_first, no_second = np.isnan(first), np.isnan(second)
    none = no_first & no_second
    fresh = np.ones_like(none)  # nothing is held before this decision, so the better one is taken
    fresh[1:] = none[:-1]
    to_second = (second - first > margin) | (no_first & ~no_second) | (fresh & (second > first))
    to_first = (first - second > margin) | (no_second & ~no_first) | (fresh & (first >= second))
    forced = np.where(none, -1, np.where(to_second, 1, 0))
    moved = to_second | to_first | none
    rows = np.arange(len(scores))[:, None]
    newest = np.maximum.accumulate(np.where(moved, rows, 0), axis=0)
    held: IntArray = np.take_along_axis(forced, newest, axis=0)
    return held


@dataclass(frozen=True, slots=True)
class Switch:
    """Rule of :func:`rotation.rules.switch`: the best layer, left only for a lead above ``margin``.

    Parameters
    ----------
    margin : in units of the score (log return for momentum), at least 0
    """

    margin: float = 0.0

    def __post_init__(self) -> None:
        real = isinstance(self.margin, Real) and not isinstance(self.margin, bool)
        if not (real and 0 <= self.margin < np.inf):
            raise ArgumentError(f"margin: want a lead, 0 or more, got {self.margin!r}")

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        return switch(scores, self.margin)

    def reason(self, scores: FloatArray, names: list[str], before: int, after: int) -> str:
        """Why one decision moved from layer ``before`` to ``after``, given its scores (L,)."""
        if after < 0:
            return "no layer has a score"
        if before < 0:
            return f"best score: {names[after]} {scores[after]:+.4f}"
        if np.isnan(scores[before]):
            return f"{names[before]} has no score; best of the rest: {names[after]}"
        return (
            f"{names[after]} leads {names[before]} by {scores[after] - scores[before]:.4f}, "
            f"more than {self.margin:g}"
        )
