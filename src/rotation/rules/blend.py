"""Weights that follow the scores smoothly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_number, is_number, keep_numbers
from rotation.errors import ArgumentError

__all__ = ["Blend", "blend"]


def blend(
    scores: FloatArray, sharpness: float | FloatArray, pace: float | FloatArray = 1.0
) -> FloatArray:
    """Weights in proportion to exp(sharpness * score), approached at a pace.

    The weights aimed at are those of the exponentially weighted forecaster (Freund and Schapire
    1997): where the score is the log growth since some day, a sharpness of 1 aims at what equal
    parts bought that day have become. Each decision goes the part ``pace`` of the way there, as
    Garleanu and Pedersen (2013) find best when trading costs. The first decision, and the first
    one after none had a score, goes all the way. A layer that loses its score is left at once and
    its weight shared out in proportion to the weights of the others, if any was held, before the
    step is made; one that gains a score starts from 0. While any has a score the weights sum to 1.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    sharpness : per unit of the score, at least 0, where 0 gives equal weights; one for all
        strategies or one for each (S,)
    pace : part of the way that a decision goes, above 0 and at most 1, likewise

    Returns
    -------
    (K, S, L) weights

    Examples
    --------
    >>> scores = np.log([[[2.0, 2.0]], [[3.0, 1.0]], [[3.0, 1.0]]])
    >>> blend(scores, sharpness=1.0, pace=0.5)[:, 0].round(4).tolist()
    [[0.5, 0.5], [0.625, 0.375], [0.6875, 0.3125]]
    """
    scores = np.ascontiguousarray(scores)  # sums round alike however the scores came to lie
    known = ~np.isnan(scores)
    top = np.where(known, scores, -np.inf).max(axis=2, keepdims=True)
    top[np.isinf(top)] = 0.0
    part = np.where(known, np.exp(np.reshape(sharpness, (-1, 1)) * (scores - top)), 0.0)
    aim = _shared(part, np.zeros_like(part))
    if np.all(np.equal(pace, 1)):
        return aim
    step = np.reshape(pace, (-1, 1))
    weights = np.empty_like(aim)
    before = np.zeros(scores.shape[1:])
    for k in range(len(scores)):
        before = _shared(np.where(known[k], before, 0.0), aim[k])
        before = weights[k] = (1.0 - step) * before + step * aim[k]
    return weights


def _shared(parts: FloatArray, instead: FloatArray) -> FloatArray:
    """Parts (..., L) that sum to 1, or those of ``instead`` where there are none."""
    total = parts.sum(axis=-1, keepdims=True)
    shared: FloatArray = np.divide(parts, total, out=instead.copy(), where=total > 0)
    return shared


@dataclass(frozen=True, slots=True)
class Blend:
    """Rule of :func:`rotation.rules.blend`: weights that follow the scores smoothly.

    Parameters
    ----------
    sharpness : per unit of the score, at least 0, where 0 gives equal weights
    pace : part of the way to the new weights that a decision goes, above 0 and at most 1
    """

    sharpness: float
    pace: float = 1.0

    def __post_init__(self) -> None:
        check_number("sharpness", self.sharpness, 0)
        if not (is_number(self.pace) and 0 < self.pace <= 1):
            raise ArgumentError(f"pace: want a part above 0, at most 1, got {self.pace!r}")
        keep_numbers(self, "sharpness", "pace")

    def weigh(self, scores: FloatArray) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L)."""
        return blend(scores, self.sharpness, self.pace)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        weights = self.weigh(scores[:, None, :])[:, 0]
        aim = blend(scores[:, None, :], self.sharpness)[:, 0]
        return [
            self._reason(scores[k], aim[k], weights[k - 1] if k else np.zeros(len(names)), names)
            for k in moves.tolist()
        ]

    def _reason(
        self, scores: FloatArray, aim: FloatArray, before: FloatArray, names: Sequence[str]
    ) -> str:
        known = ~np.isnan(scores)
        if not known.any():
            return "no layer has a score"
        best = int(np.nanargmax(scores))
        slow = self.pace < 1 and before[known].any()  # else it goes all the way
        way = f", {self.pace:.0%} of the way" if slow else ""
        gone = [names[i] for i in np.flatnonzero(~known & (before > 0)).tolist()]
        lost = f"; without a score: {', '.join(gone)}" if gone else ""
        score = f"best score: {names[best]} {scores[best]:+.4f}"
        return f"{score}, aims at {aim[best]:.1%} of it{way}{lost}"
