"""After a fall: buy, or wait.

Both rules take a score for how far a layer has fallen, call a score at or below -depth a fall, and
count decisions from the newest one. With one layer and the same depth and count, one of them holds
it exactly while the other does not: before costs and without interest, what they make of 1 is,
multiplied, what the layer makes of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_count, check_positive, keep_numbers
from rotation.columns import CASH, Layer, check_layer, column, numbered, where_scored
from rotation.errors import ArgumentError
from rotation.protocols import History

__all__ = ["DipBuyer", "Wait", "buy_dips", "wait_out"]


def buy_dips(
    scores: FloatArray, depth: float | FloatArray, hold: int | IntArray, rest: int = -1
) -> IntArray:
    """Buy a layer when it has fallen by ``depth``, and hold it for ``hold`` decisions.

    The time runs from the newest decision on which the score of the layer held is at or below
    -depth. Until it is over no other layer is bought, however far it falls. A layer that loses its
    score is left at once, and its falls until then are forgotten. Of several that have fallen, the
    one with the lowest score is bought, of equal ones that of the earlier column. A fall is bought
    at the decision that sees it or not at all. The layer to rest in is never bought as a dip.

    Parameters
    ----------
    scores : (K, S, L), as drawdowns or past returns, NaN for no score
    depth : that a score must have fallen below 0, above 0; one for all strategies or one for each
        (S,)
    hold : decisions, at least 1, likewise
    rest : column of the layer held otherwise, -1 for cash, which it also is without a score

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> scores = np.array([[[-0.05]], [[-0.2]], [[-0.1]], [[0.0]]])
    >>> buy_dips(scores, depth=0.15, hold=2).ravel().tolist()
    [-1, 0, 0, -1]
    """
    dips = _dips(scores, depth, hold, rest)
    return np.where(dips < 0, where_scored(scores, rest), dips)


def wait_out(
    scores: FloatArray,
    layer: int,
    depth: float | FloatArray,
    wait: int | IntArray,
    rest: int = -1,
) -> IntArray:
    """Leave a layer when it has fallen by ``depth``, and come back after ``wait`` decisions.

    They are counted from the newest decision on which its score is at or below -depth. While it
    has no score it is not held, and its falls until then are forgotten. This is a stop-loss rule,
    as Kaminski and Lo (2014) study them, with a fixed time to come back.

    Parameters
    ----------
    scores : (K, S, L), as drawdowns or past returns, NaN for no score
    layer : column of the layer
    depth, wait : as ``depth`` and ``hold`` of :func:`rotation.rules.buy_dips`
    rest : column of the layer held while it waits, or while the layer itself has no score; -1 for
        cash, which it also is without a score

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> scores = np.array([[[-0.05]], [[-0.2]], [[-0.1]], [[0.0]]])
    >>> wait_out(scores, layer=0, depth=0.15, wait=2).ravel().tolist()
    [0, -1, -1, 0]
    """
    own = scores[:, :, layer]
    out = _since(own, depth) < wait
    return where_scored(scores, np.where(out | np.isnan(own), rest, layer))


def _dips(
    scores: FloatArray, depth: float | FloatArray, hold: int | IntArray, rest: int
) -> IntArray:
    """Dip held (K, S), -1 for none."""
    fallen = scores <= -np.reshape(depth, (-1, 1))
    if rest >= 0:
        fallen[:, :, rest] = False
    lasting = _since(scores, np.reshape(depth, (-1, 1))) < np.reshape(hold, (-1, 1))
    deepest = np.where(fallen, scores, np.inf).argmin(axis=2)
    found = np.where(fallen.any(axis=2), deepest, -1)
    every = np.arange(scores.shape[1])
    dips = np.empty(scores.shape[:2], dtype=np.intp)
    before = np.full(scores.shape[1], -1, dtype=np.intp)
    for k in range(len(scores)):
        stays = (before >= 0) & lasting[k, every, before]
        before = dips[k] = np.where(stays, before, found[k])
    return dips


def _since(scores: FloatArray, depth: float | FloatArray) -> FloatArray:
    """Decisions since the newest fall (K, ...), infinite if there is none or it is forgotten."""
    rows = np.arange(len(scores), dtype=np.float64).reshape(-1, *[1] * (scores.ndim - 1))
    fall = np.maximum.accumulate(np.where(scores <= np.negative(depth), rows, -np.inf), axis=0)
    gone = np.maximum.accumulate(np.where(np.isnan(scores), rows, -np.inf), axis=0)
    return np.where(gone > fall, np.inf, rows - fall)


@dataclass(frozen=True, slots=True)
class DipBuyer:
    """Rule of :func:`rotation.rules.buy_dips`: buy what has fallen, hold it for some time.

    Parameters
    ----------
    depth : of a fall, in units of the score (log return for momentum), above 0
    hold : decisions that a dip is held from its newest fall on, at least 1
    rest : name or column of the layer held otherwise, or "cash"
    """

    depth: float
    hold: int
    rest: Layer = CASH

    def __post_init__(self) -> None:
        check_positive("depth", self.depth)
        check_count("hold", self.hold, 1, "decisions")
        check_layer("rest", self.rest)
        keep_numbers(self, "depth")

    def bind(self, history: History) -> Self:
        """The same with the column of the layer to rest in, in place of its name."""
        return replace(self, rest=numbered("rest", self.rest, history.names))

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        rest = column("rest", self.rest, scores.shape[2])
        return buy_dips(scores, self.depth, self.hold, rest)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        rest = column("rest", self.rest, len(names))
        dips = _dips(scores[:, None, :], self.depth, self.hold, rest)[:, 0].tolist()
        since = _since(scores, self.depth)
        said = []
        for k in moves.tolist():
            dip, before = dips[k], dips[k - 1] if k else -1
            if dip >= 0:
                said.append(_state(names[dip], scores[k, dip], since[k, dip], self.depth))
                continue
            if before < 0:
                fallen = rest >= 0 and scores[k, rest] <= -self.depth
                but = f" but {names[rest]}" if fallen else ""
                text = f"no layer{but} at or below {-self.depth:g}"
            else:
                text = _state(names[before], scores[k, before], since[k, before], self.depth)
            said.append(text + _resting(scores[k], rest, names))
        return said


@dataclass(frozen=True, slots=True)
class Wait:
    """Rule of :func:`rotation.rules.wait_out`: leave what has fallen, come back after some time.

    Parameters
    ----------
    depth : of a fall, in units of the score (log return for momentum), above 0
    wait : decisions without a fall before it comes back, at least 1
    layer : name or column of the layer to hold
    rest : name or column of the layer held while it waits, or "cash"
    """

    depth: float
    wait: int
    layer: Layer
    rest: Layer = CASH

    def __post_init__(self) -> None:
        check_positive("depth", self.depth)
        check_count("wait", self.wait, 1, "decisions")
        check_layer("layer", self.layer, cash=False)
        check_layer("rest", self.rest)
        if self.layer == self.rest:
            raise ArgumentError(f"rest: want another layer than layer, got {self.rest!r}")
        keep_numbers(self, "depth")

    def bind(self, history: History) -> Self:
        """The same with the layers' columns in place of their names."""
        layer = numbered("layer", self.layer, history.names)
        return replace(self, layer=layer, rest=numbered("rest", self.rest, history.names))

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        layer = column("layer", self.layer, scores.shape[2])
        rest = column("rest", self.rest, scores.shape[2])
        return wait_out(scores, layer, self.depth, self.wait, rest)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        layer = column("layer", self.layer, len(names))
        rest = column("rest", self.rest, len(names))
        own, since = scores[:, layer], _since(scores[:, layer], self.depth)
        said = []
        for k in moves.tolist():
            text = _state(names[layer], own[k], since[k], self.depth)
            away = np.isnan(own[k]) or since[k] < self.wait
            said.append(text + _resting(scores[k], rest, names) if away else text)
        return said


def _state(name: str, score: float, since: float, depth: float) -> str:
    """How a layer stands, ``since`` decisions after its newest fall."""
    if np.isnan(score):
        return f"{name} has no score"
    if since == 0:
        return f"{name} at {score:+.4f}, at or below {-depth:g}"
    if np.isinf(since):
        return f"no fall of {name} to {-depth:g} or below to wait out"
    decisions = "decision" if since == 1 else "decisions"
    return f"{since:.0f} {decisions} since {name} was at or below {-depth:g}"


def _resting(scores: FloatArray, rest: int, names: Sequence[str]) -> str:
    """That the layer to rest in cannot be held, if that is so."""
    return f"; {names[rest]} has no score" if rest >= 0 and np.isnan(scores[rest]) else ""
