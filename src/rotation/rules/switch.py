"""The best layer, left only for a clear lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count, check_number, keep_numbers

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
    each = np.arange(scores.shape[1])
    margin = np.minimum(margin, np.finfo(np.float64).max)  # what has no score is always led
    return _switch(scores, margin, confirm, min_hold, each).astype(np.intp)


def _switch(
    scores: FloatArray,
    margin: float | FloatArray,
    confirm: int | IntArray,
    min_hold: int | IntArray,
    signal: IntArray,
) -> NDArray[np.signedinteger[Any]]:
    """:func:`switch` of strategies with some of the scores (K, D, L): those of ``signal`` (S,)."""
    if scores.shape[2] == 2 and np.all(np.equal(min_hold, 1)):
        return _switch_two(scores, margin, confirm, signal)
    if np.all(np.equal(confirm, 1)):
        return _switch_at_once(scores, margin, min_hold, signal)
    return _switch_in_turn(scores[:, signal], margin, confirm, min_hold)


def _switch_in_turn(
    scores: FloatArray,
    margin: float | FloatArray,
    confirm: int | IntArray,
    min_hold: int | IntArray,
) -> IntArray:
    """:func:`switch`, decision by decision."""
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
    scores: FloatArray,
    margin: float | FloatArray,
    min_hold: int | IntArray,
    signal: IntArray,
) -> NDArray[np.int32]:
    """:func:`switch` where a lead need not last: all that may be known beforehand is.

    Cash is a column of its own, without a score like what has lost its own, so that any lead over
    either is infinite.
    """
    decisions, signals, layers = scores.shape
    known = np.full((decisions, signals, layers + 1), -np.inf)
    np.copyto(known[:, :, 1:], scores, where=~np.isnan(scores))
    best = known.argmax(axis=2)  # cash where none has a score
    top = known.max(axis=2)
    top[best == 0] = 0.0
    top = top.take(signal, axis=1)
    best += np.arange(signals) * (layers + 1)
    best = best.take(signal, axis=1)
    flat = known.reshape(decisions, signals * (layers + 1))
    cash = signal * (layers + 1)
    held = np.empty((decisions, len(signal)), dtype=np.intp)
    before, until = cash, np.zeros(len(signal), dtype=np.intp)
    waits = not np.all(np.equal(min_hold, 1))
    for k in range(decisions):
        own = flat[k].take(before)
        leads = top[k] - own > margin
        if waits:
            leads &= (until <= k) | (own == -np.inf)
            until = np.where(leads, k + min_hold, until)
        before = held[k] = np.where(leads, best[k], before)
    # Small, and strategy by strategy, as what follows reads them.
    layer: NDArray[np.int32] = np.subtract(held, cash + 1).T.astype(np.int32, order="C").T
    return layer


def _switch_two(
    scores: FloatArray,
    margin: float | FloatArray,
    confirm: int | IntArray,
    signal: IntArray,
) -> NDArray[np.int8]:
    """:func:`switch` of two layers: which of them a decision forces, or else the one before did.

    While one leads, the other is not taken; so a lead that has run for some decisions was over a
    layer that was held at all of them, or is a lead of the layer that is held.
    """
    first, second = (scores[:, :, layer].T for layer in range(2))
    no_first, no_second = np.isnan(first), np.isnan(second)
    none = no_first & no_second
    fresh = np.ones_like(none)  # nothing is held before this decision, so the better one is taken
    fresh[:, 1:] = none[:, :-1]
    only_second = (no_first & ~no_second) | (fresh & (second > first))
    only_first = (no_second & ~no_first) | (fresh & (first >= second))
    lead = np.subtract(second, first, order="C").take(signal, axis=0)
    margin, confirm = np.reshape(margin, (-1, 1)), np.reshape(confirm, (-1, 1))
    to_second = _lasting(lead > margin, confirm) | only_second.take(signal, axis=0)
    to_first = _lasting(lead < -margin, confirm) | only_first.take(signal, axis=0)
    held = _latest(to_second, to_first).view(np.int8)
    held |= -none.astype(np.int8).take(signal, axis=0)
    return held.T


def _latest(on: BoolArray, off: BoolArray) -> BoolArray:
    """Whether the latest of two, never true at once (S, K), was the first.

    It is what an adder does with its carries, 64 decisions at a time: the sum of ``on`` and of what
    is not ``off`` makes one where it is on, swallows one where it is off, and else passes it on.
    """
    many, decisions = on.shape
    words = -(-decisions // 64)
    packed = np.zeros((2, many, 8 * words), dtype=np.uint8)
    packed[:, :, : -(-decisions // 8)] = [
        np.packbits(each, axis=1, bitorder="little") for each in (on, off)
    ]
    on_word, off_word = packed.view("<u8").transpose(0, 2, 1).copy()
    after, carry = np.empty_like(on_word), np.zeros(many, dtype=np.uint64)
    np.invert(off_word, out=off_word)
    for word in range(words):
        make, keep = on_word[word], off_word[word]
        carries = (make + keep + carry) ^ make ^ keep
        after[word] = make | (carries & keep)
        carry = after[word] >> np.uint64(63)
    whole = after.T.copy().view(np.uint8)
    latest: BoolArray = np.unpackbits(whole, axis=1, count=decisions, bitorder="little").view(bool)
    return latest


def _lasting(true: BoolArray, confirm: IntArray) -> BoolArray:
    """Where something (S, K) has been true for ``confirm`` decisions running."""
    if np.all(confirm == 1):
        return true
    places = np.arange(true.shape[1])
    broken = np.maximum.accumulate(np.where(true, -1, places), axis=1)
    lasting: BoolArray = places - broken >= confirm
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
    def decide_each(
        rules: "Sequence[Switch]", scores: FloatArray, rule: IntArray, signal: IntArray
    ) -> NDArray[np.signedinteger[Any]]:
        """Layer held (K, S) by strategies with some of the rules and scores (K, D, L) each.

        ``rule`` and ``signal`` (S,) say with which; what strategies share is done once.
        """
        margin = np.array([each.margin for each in rules], dtype=np.float64)[rule]
        confirm, min_hold = (
            np.array([getattr(each, name) for each in rules])[rule]
            for name in ("confirm", "min_hold")
        )
        return _switch(scores, margin, confirm, min_hold, signal)

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
