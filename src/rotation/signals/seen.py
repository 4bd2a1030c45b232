"""Scores of a signal that has seen all it needs."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.errors import ArgumentError

__all__ = ["Seen"]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Signal of scores that were worked out from the history it was bound to.

    Parameters
    ----------
    scores : (T, L)
    """

    scores: FloatArray

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L), NaN where there is no close."""
        rows, layers = self.scores.shape
        if (len(close), close.shape[-1]) != (rows, layers):
            raise ArgumentError(
                f"close: want the {rows} sessions and {layers} layers of the history that the "
                f"signal was bound to, got shape {close.shape}"
            )
        batch = [1] * (close.ndim - 2)
        return np.where(np.isnan(close), np.nan, self.scores.reshape(rows, *batch, layers))
