"""The best few layers in equal parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count

__all__ = ["TopK", "ranks", "top_k"]


def ranks(scores: FloatArray) -> IntArray:
    """Rank (K, S, L) of each layer by score, 1 is best; ties to the earlier column, NaN last.

    Examples
    --------
    >>> ranks(np.array([[[0.1, np.nan, 0.3, 0.1]]])).tolist()
    [[[2, 4, 1, 3]]]
    """
    order = np.argsort(-scores, axis=2, kind="stable")
    rank = np.empty(scores.shape, dtype=np.intp)
    np.put_along_axis(rank, order, np.arange(1, scores.shape[2] + 1), axis=2)
    return rank


def top_k(scores: FloatArray, k: int | IntArray, buffer: int | IntArray = 0) -> FloatArray:
    """Equal weights on the ``k`` best layers; one that is held may fall ``buffer`` ranks further.

    A layer that is held stays while its rank is k + buffer or better; the places that are free go
    to the best of the others. Each layer held has the weight 1 / k: while fewer than k have a
    score, the rest is cash. The buffer is the buy/hold spread of Novy-Marx and Velikov (2016):
    harder to get in than to stay.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    k : layers to hold, at least 1; one number for all strategies or one for each (S,)
    buffer : ranks below the k-th at which a layer held stays, at least 0, likewise

    Returns
    -------
    (K, S, L) weights

    Examples
    --------
    >>> scores = np.array([[[0.3, 0.2, 0.1]], [[0.1, 0.2, 0.3]], [[0.1, 0.3, 0.2]]])
    >>> top_k(scores, k=1).argmax(axis=2).ravel().tolist()
    [0, 2, 1]
    >>> top_k(scores, k=1, buffer=1).argmax(axis=2).ravel().tolist()
    [0, 2, 2]
    """
    rank, known = ranks(scores), ~np.isnan(scores)
    places = np.reshape(k, (-1, 1))
    if np.all(np.equal(buffer, 0)):
        equal: FloatArray = (known & (rank <= places)) / places
        return equal
    layers = scores.shape[2]
    weights = np.empty(scores.shape)
    held: BoolArray = np.zeros(scores.shape[1:], dtype=np.bool_)
    last = places + np.reshape(buffer, (-1, 1))
    cut = np.broadcast_to(np.minimum(places, layers) - 1, (scores.shape[1], 1))
    for row in range(len(scores)):
        # Those that stay go before all others.
        stays = held & known[row] & (rank[row] <= last)
        turn = np.where(stays, rank[row] - layers, rank[row])
        final = np.take_along_axis(np.sort(turn, axis=1), cut, axis=1)
        held = known[row] & (turn <= final)
        weights[row] = held / places
    return weights


@dataclass(frozen=True, slots=True)
class TopK:
    """Rule of :func:`rotation.rules.top_k`: equal weights on the best few layers.

    Parameters
    ----------
    k : layers to hold, at least 1
    buffer : ranks below the k-th at which a layer held stays, at least 0
    """

    k: int
    buffer: int = 0

    def __post_init__(self) -> None:
        check_count("k", self.k, 1, "layers")
        check_count("buffer", self.buffer, 0, "ranks")

    def weigh(self, scores: FloatArray) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L)."""
        return top_k(scores, self.k, self.buffer)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        held = self.weigh(scores[:, None, :])[:, 0] > 0
        before = np.zeros_like(held)
        before[1:] = held[:-1]
        rank = np.where(np.isnan(scores), 0, ranks(scores[:, None, :])[:, 0])
        return [_reason(before[m], held[m], rank[m], names) for m in moves.tolist()]


def _reason(before: BoolArray, after: BoolArray, rank: IntArray, names: Sequence[str]) -> str:
    if not rank.any():
        return "no layer has a score"
    moved = [("in", after & ~before), ("out", before & ~after)]
    said = [f"{way}: {_listed(which, rank, names)}" for way, which in moved if which.any()]
    return "; ".join(said) or f"stay: {_listed(after, rank, names)}"


def _listed(which: BoolArray, rank: IntArray, names: Sequence[str]) -> str:
    """Layers with their ranks, the best first and those without a score last."""
    layers = sorted(np.flatnonzero(which).tolist(), key=lambda i: (rank[i] == 0, rank[i]))
    return ", ".join(f"{names[i]} ({f'rank {rank[i]}' if rank[i] else 'no score'})" for i in layers)
