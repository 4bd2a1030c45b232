"""Which layers there are."""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray

__all__ = ["Listed", "listed"]


def listed(close: FloatArray) -> FloatArray:
    """0 for every layer that has a close.

    Parameters
    ----------
    close : (T, L) closes, NaN where not listed

    Returns
    -------
    (T, L) 0, NaN where not listed

    Examples
    --------
    >>> listed(np.array([[np.nan, 3.0]]))
    array([[nan,  0.]])
    """
    return np.where(np.isnan(close), np.nan, 0.0)


@dataclass(frozen=True, slots=True)
class Listed:
    """Signal of :func:`rotation.signals.listed`, for rules that want no score."""

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return listed(close)
