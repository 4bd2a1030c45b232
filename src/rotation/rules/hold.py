"""One layer, always."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.columns import CASH, Layer, check_layer, column, name_of, numbered, where_scored
from rotation.protocols import History

__all__ = ["Hold", "hold"]


def hold(scores: FloatArray, layer: int | IntArray) -> IntArray:
    """Hold a layer whenever it has a score, and cash when it has none.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    layer : a column, or one for each strategy (S,); -1 for cash

    Returns
    -------
    (K, S) layer held, -1 for cash

    Examples
    --------
    >>> hold(np.array([[[np.nan, 0.5]], [[-0.1, 0.5]]]), layer=0).ravel().tolist()
    [-1, 0]
    """
    return where_scored(scores, layer)


@dataclass(frozen=True, slots=True)
class Hold:
    """Rule of :func:`rotation.rules.hold`: what a rule that moves has to beat.

    Parameters
    ----------
    layer : its name or column, or "cash"
    """

    layer: Layer

    def __post_init__(self) -> None:
        check_layer("layer", self.layer)

    def bind(self, history: History) -> Self:
        """The same with the layer's column in place of its name."""
        return replace(self, layer=numbered("layer", self.layer, history.names))

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        return hold(scores, column("layer", self.layer, scores.shape[2]))

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        layer = column("layer", self.layer, len(names))
        if layer < 0:
            return [f"{CASH} always"] * len(moves)
        name, silent = name_of(layer, names), np.isnan(scores[moves, layer])
        return [f"{name} has no score" if none else f"{name} always" for none in silent.tolist()]
