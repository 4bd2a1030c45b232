"""Somewhere to go when no layer is good enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_number, keep_numbers
from rotation.columns import CASH, Layer, check_layer, column, numbered, where_scored
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, WeightRule, bind, holds_one
from rotation.rules.inner import check_rule, held_of, reasons_of, weights_of

__all__ = ["Refuge", "candidates"]

_DUST = 1e-12  # weights that miss 1 by rounding leave nothing over


def candidates(scores: FloatArray, floor: float | FloatArray, refuge: int = -1) -> FloatArray:
    """Scores of the layers that beat a floor, NaN for all others and for the refuge.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    floor : that a score must exceed; one for all strategies or one for each (S,)
    refuge : column that is no candidate, -1 if there is none

    Returns
    -------
    (K, S, L)

    Examples
    --------
    >>> candidates(np.array([[[0.2, -0.1, 0.3]]]), floor=0.0, refuge=2)
    array([[[0.2, nan, nan]]])
    """
    left = np.where(scores > np.reshape(floor, (-1, 1)), scores, np.nan)
    if refuge >= 0:
        left[:, :, refuge] = np.nan
    return left


@dataclass(frozen=True, slots=True)
class Refuge:
    """Another rule among the layers that beat a floor alone, and a refuge for what it leaves.

    A layer whose score does not exceed the floor counts as having none, so the rule leaves it as
    it leaves a layer that is not listed. What the rule then leaves in cash goes to the refuge. That
    is no candidate of the rule itself, whatever its score, and is cash while it has no score. With
    momentum this is the dual momentum of Antonacci (2014), whose bonds are no candidates either.

    Parameters
    ----------
    rule : of either kind
    floor : that a score must exceed, in units of the score
    to : the refuge, the name or column of a layer or "cash"

    Examples
    --------
    >>> from rotation.rules import Switch
    >>> scores = np.array([[[0.2, 0.1, 0.0]], [[-0.2, -0.1, 0.0]], [[-0.2, -0.1, np.nan]]])
    >>> Refuge(Switch(), to=2).decide(scores).ravel().tolist()
    [0, 2, -1]
    """

    rule: Rule | WeightRule
    floor: float = 0.0
    to: Layer = CASH

    def __post_init__(self) -> None:
        check_rule("rule", self.rule)
        check_number("floor", self.floor, what="a score")
        check_layer("to", self.to)
        keep_numbers(self, "floor")

    def bind(self, history: History) -> Self:
        """The same with the inner rule bound and the refuge's column in place of its name."""
        to = numbered("to", self.to, history.names)
        return replace(self, rule=bind(self.rule, history), to=to)

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L), if the inner rule holds one.

        Raises
        ------
        ArgumentError
            If it does not.
        """
        if not holds_one(self.rule):
            raise ArgumentError(f"rule: {self.rule!r} gives weights; ask for weigh(scores)")
        to = column("to", self.to, scores.shape[2])
        held = held_of(self.rule, candidates(scores, self.floor, to))
        return np.where(held < 0, where_scored(scores, to), held)

    def weigh(self, scores: FloatArray) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L), whichever kind the inner rule is."""
        to = column("to", self.to, scores.shape[2])
        weights = weights_of(self.rule, candidates(scores, self.floor, to))
        if to >= 0:
            left = 1.0 - weights.sum(axis=2)
            takes = (left > _DUST) & ~np.isnan(scores[:, :, to])
            weights[:, :, to] += np.where(takes, left, 0.0)
        return weights

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        to = column("to", self.to, len(names))
        left = candidates(scores[:, None, :], self.floor, to)
        said = reasons_of(self.rule, left[:, 0], moves, names)
        weights = weights_of(self.rule, left)[:, 0]
        return [
            self._filter(text, scores[k], left[k, 0], to, names)
            + _rest(weights[k], scores[k], to, names)
            for k, text in zip(moves.tolist(), said, strict=True)
        ]

    def _filter(
        self, said: str, scores: FloatArray, left: FloatArray, to: int, names: Sequence[str]
    ) -> str:
        """What the inner rule said, after which layers have a score (L,) that it did not see."""
        if np.isnan(left).all():
            return f"no {'layer' if to < 0 else 'other layer'} scores above {self.floor:g}"
        low = [i for i in np.flatnonzero(scores <= self.floor).tolist() if i != to]
        out = []
        if low:
            listed = ", ".join(f"{names[i]} {scores[i]:+.4f}" for i in low)
            out.append(f"{listed} (not above {self.floor:g})")
        if to >= 0 and scores[to] > np.nanmax(left):
            out.append(f"{names[to]} {scores[to]:+.4f} (the refuge)")
        return f"no candidates: {', '.join(out)}; for the rule inside: {said}" if out else said


def _rest(weights: FloatArray, scores: FloatArray, to: int, names: Sequence[str]) -> str:
    """Where what is not in the inner rule's weights (L,) goes, if there is a refuge."""
    if to < 0 or 1.0 - weights.sum() <= _DUST:
        return ""
    rest = "the rest " if weights.any() else ""
    if np.isnan(scores[to]):
        return f"; {rest}to {CASH}, for {names[to]} has no score"
    return f"; {rest}to {names[to]}"
