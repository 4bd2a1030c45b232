"""The best layer, left only for a clear lead."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count, check_number
from rotation.rules.number import keep_numbers

__all__ = ["Switch", "switch"]


def switch(
    scores: FloatArray,
    margin: float | FloatArray,
    confirm: int | IntArray = 1,
    min_hold: int | IntArray = 1,
) -> IntArray:
    """Hold a layer until another's score leads it by strictly more than ``margin``.

    A layer without a score cannot be held: if the held one loses its score, the best of the
    others is taken at once, as is the first layer after cash; ties go to the earlier column.
    While none has a score the decision is cash.

    A layer that is held is left when another has led it on each of the newest ``confirm``
    decisions since it was taken, this one included, and it has been held for ``min_hold``
    decisions; of several such layers for the one that is best now. Leads over a layer that was
    held before do not count. These are the band, the time delay and the holding period of Sullivan,
    Timmermann and White (1999), here between layers.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    margin : lead that a challenger must exceed, in units of the score, at least 0; one for all
        strategies or one for each (S,), as with the next two
    confirm : decisions running on which it must, at least 1
    min_hold : decisions that a layer is held before it is left, at least 1, unless its score is
        gone

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> scores = np.array([[[0.1, 0.0]], [[0.1, 0.12]], [[0.1, 0.2]], [[0.1, 0.3]]])
    >>> switch(scores, margin=0.05).ravel().tolist()
    [0, 0, 1, 1]
    >>> switch(scores, margin=0.05, confirm=2).ravel().tolist()
    [0, 0, 0, 1]
    """
    if scores.shape[2] == 2 and np.all(np.equal(min_hold, 1)):
        return _switch_two(scores, margin, confirm)
    if np.all(np.equal(confirm, 1)):
        return _switch_at_once(scores, margin, min_hold)
    known = np.where(np.isnan(scores), -np.inf, scores)
    best = known.argmax(axis=2)
    none = known.max(axis=2) == -np.inf
    every = np.arange(scores.shape[1])
    held = np.full(scores.shape[:2], -1, dtype=np.intp)
    before = np.full(scores.shape[1], -1, dtype=np.intp)
    age = np.zeros(scores.shape[1], dtype=np.intp)  # decisions for which it has been held
    least, needed = np.reshape(margin, (-1, 1)), np.reshape(confirm, (-1, 1))
    running = np.zeros(scores.shape[1:], dtype=np.intp)  # decisions for which each has led it
    for k in range(len(scores)):
        own = np.where(before < 0, -np.inf, known[k, every, before])
        lost = own == -np.inf  # or cash: the best is taken at once
        ahead = known[k] - np.where(lost, np.inf, own)[:, None] > least
        running = np.where(ahead, running + 1, 0)
        ready = running >= needed
        challenger = np.where(ready, known[k], -np.inf).argmax(axis=1)
        leads = lost | (ready.any(axis=1) & (age >= min_hold))
        leader = np.where(lost, best[k], challenger)
        after = np.where(none[k], -1, np.where(leads, leader, before))
        moves = after != before
        age[moves] = 0
        age += 1
        running[moves] = 0
        before = held[k] = after
    return held


def _switch_at_once(
    scores: FloatArray, margin: float | FloatArray, min_hold: int | IntArray
) -> IntArray:
    """:func:`switch` where a lead need not last: all that may be known beforehand is.

    Cash is a column of its own, without a score like what has lost its own, so that any lead over
    either is infinite.
    """
    decisions, strategies, layers = scores.shape
    known = np.full((decisions, strategies, layers + 1), -np.inf)
    np.copyto(known[:, :, 1:], scores, where=~np.isnan(scores))
    best = known.argmax(axis=2)  # cash where none has a score
    top = known.max(axis=2)
    top[best == 0] = 0.0
    cash = np.arange(strategies) * (layers + 1)
    best += cash
    flat = known.reshape(decisions, strategies * (layers + 1))
    held = np.empty((decisions, strategies), dtype=np.intp)
    before, until = cash, np.zeros(strategies, dtype=np.intp)
    waits = not np.all(np.equal(min_hold, 1))
    for k in range(decisions):
        own = flat[k].take(before)
        leads = top[k] - own > margin
        if waits:
            leads &= (until <= k) | (own == -np.inf)
            until = np.where(leads, k + min_hold, until)
        before = held[k] = np.where(leads, best[k], before)
    layer: IntArray = held - cash - 1
    return layer


def _switch_two(
    scores: FloatArray, margin: float | FloatArray, confirm: int | IntArray
) -> IntArray:
    """:func:`switch` of two layers: what a decision forces is carried forward until the next.

    While one leads, the other is not taken; so a lead that has run for some decisions was over a
    layer that was held at all of them, or is a lead of the layer that is held.
    """
    first, second = scores[:, :, 0], scores[:, :, 1]
    no_first, no_second = np.isnan(first), np.isnan(second)
    none = no_first & no_second
    fresh = np.ones_like(none)  # nothing is held before this decision, so the better one is taken
    fresh[1:] = none[:-1]
    second_leads = _lasting(second - first > margin, confirm)
    first_leads = _lasting(first - second > margin, confirm)
    to_second = second_leads | (no_first & ~no_second) | (fresh & (second > first))
    to_first = first_leads | (no_second & ~no_first) | (fresh & (first >= second))
    # What is forced is carried forward in the last bits of a number that grows with the decisions.
    forced = 4 * np.arange(len(scores), dtype=np.int32)[:, None] + 1 + to_second
    forced -= none * (1 + to_second)
    forced *= to_second | to_first | none
    np.maximum.accumulate(forced, axis=0, out=forced)
    forced &= 3
    forced -= 1
    return forced.astype(np.intp)


def _lasting(true: BoolArray, confirm: int | IntArray) -> BoolArray:
    """Where something (K, S) has been true for ``confirm`` decisions running."""
    if np.all(np.equal(confirm, 1)):
        return true
    rows = np.arange(len(true))[:, None]
    broken = np.maximum.accumulate(np.where(true, -1, rows), axis=0)
    lasting: BoolArray = rows - broken >= confirm
    return lasting


@dataclass(frozen=True, slots=True)
class Switch:
    """Rule of :func:`rotation.rules.switch`: the best layer, left only for a lead above ``margin``.

    Parameters
    ----------
    margin : in units of the score (log return for momentum), at least 0
    confirm : decisions running on which a layer must lead by more than that, at least 1
    min_hold : decisions that a layer is held before it is left, at least 1
    """

    margin: float = 0.0
    confirm: int = 1
    min_hold: int = 1

    def __post_init__(self) -> None:
        check_number("margin", self.margin, 0, what="a lead")
        check_count("confirm", self.confirm, 1, "decisions")
        check_count("min_hold", self.min_hold, 1, "decisions")
        keep_numbers(self, "margin")

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        return switch(scores, self.margin, self.confirm, self.min_hold)

    @staticmethod
    def decide_each(rules: "Sequence[Switch]", scores: FloatArray) -> IntArray:
        """Layer held (K, S) if each strategy of scores (K, S, L) has a rule of its own (S,)."""
        margin = np.array([rule.margin for rule in rules], dtype=np.float64)
        confirm, min_hold = (
            np.array([getattr(rule, name) for rule in rules]) for name in ("confirm", "min_hold")
        )
        return switch(scores, margin, confirm, min_hold)

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
        if before == after:
            return self._stay(scores, names, after)
        if np.isnan(scores[before]):
            return f"{names[before]} has no score; best of the rest: {names[after]}"
        running = f", {self.confirm} decisions running" if self.confirm > 1 else ""
        return (
            f"{names[after]} leads {names[before]} by {scores[after] - scores[before]:.4f}, "
            f"more than {self.margin:g}{running}"
        )

    def _stay(self, scores: FloatArray, names: Sequence[str], held: int) -> str:
        best = int(np.nanargmax(scores))
        lead = scores[best] - scores[held]
        if lead <= 0:
            return f"{names[held]} stays with the best score, {scores[held]:+.4f}"
        wants = [f"more than {self.margin:g}"]
        if self.confirm > 1:
            wants.append(f"{self.confirm} decisions running")
        if self.min_hold > 1:
            wants.append(f"{self.min_hold} decisions after it was taken")
        return f"{names[held]} stays: {names[best]} leads it by {lead:.4f}, want {', '.join(wants)}"
