"""The best layer, left only for a clear lead."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_number

__all__ = ["Switch", "switch"]


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
        check_number("margin", self.margin, 0, what="a lead")

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        return switch(scores, self.margin)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        held = self.decide(scores[:, None, :])[:, 0].tolist()
        before = [-1, *held]
        return [self._reason(scores[k], names, before[k], held[k]) for k in moves.tolist()]

    def _reason(self, scores: FloatArray, names: Sequence[str], before: int, after: int) -> str:
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
