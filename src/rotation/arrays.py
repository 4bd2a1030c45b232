"""Plain arrays inside the house: dtypes and the axes they share.

Axes always stand in one order, oldest first: T sessions, K decisions, S strategies, L layers,
N assets.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "FloatArray", "IntArray", "delisted", "listing"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]


def listing(close: FloatArray) -> tuple[IntArray, IntArray]:
    """First and last row on which each asset has a close.

    Parameters
    ----------
    close : (T, N) closes, NaN before listing and after delisting, each asset with one at least

    Returns
    -------
    first, last : (N,) rows

    Examples
    --------
    >>> first, last = listing(np.array([[1.0, np.nan], [1.1, 5.0], [np.nan, 5.1]]))
    >>> first.tolist(), last.tolist()
    ([0, 1], [1, 2])
    """
    listed = ~np.isnan(close)
    first = listed.argmax(axis=0)
    last = len(close) - 1 - listed[::-1].argmax(axis=0)
    return first, last


def delisted(close: FloatArray) -> IntArray:
    """Row of each asset's last close if the table goes on after it, else T, (N,).

    Examples
    --------
    >>> delisted(np.array([[1.0, 5.0], [1.1, 5.1], [np.nan, 5.1]])).tolist()
    [1, 3]
    """
    end = np.full(close.shape[1], len(close))
    gone = np.isnan(close[-1])
    if gone.any():
        end[gone] = listing(close[:, gone])[1]
    return end
