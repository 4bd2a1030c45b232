"""When strategies that hold one layer at a time switch, and to what.

Holdings are numbers: layers 0 to L - 1, and L for cash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray, delisted

__all__ = ["Switches", "follow", "once"]


@dataclass(frozen=True, slots=True)
class Switches:
    """When S strategies switch, and to what.

    Parameters
    ----------
    first : (S + 1,) number of each strategy's first switch, and of all
    row : (n,) strategy by strategy, ascending in each
    held : (n,) holding from then on; cash, L, before the first
    """

    first: IntArray
    row: NDArray[np.integer[Any]]
    held: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.first) - 1

    def take(self, strategies: IntArray) -> Self:
        """Those of some strategies, in their order."""
        lengths = np.diff(self.first)[strategies]
        first = np.append(0, np.cumsum(lengths))
        place = np.repeat(self.first[strategies] - first[:-1], lengths) + np.arange(first[-1])
        return type(self)(first, self.row[place], self.held[place])

    @classmethod
    def none(cls) -> Self:
        """Those of no strategy."""
        return cls(np.zeros(1, dtype=np.intp), np.empty(0, np.uint8), np.empty(0, np.uint8))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of one set of strategies after the other."""
        lengths = np.concatenate([np.diff(each.first) for each in parts])
        return cls(
            np.append(0, np.cumsum(lengths)),
            np.concatenate([each.row for each in parts]),
            np.concatenate([each.held for each in parts]),
        )


def once(held: IntArray) -> tuple[IntArray, IntArray]:
    """Decisions without those that are like their neighbour's, and which of them each has.

    Strategies that stand side by side often differ by too little to decide otherwise.

    Parameters
    ----------
    held : (K, S) layer wanted

    Returns
    -------
    (K, D) of which no column is like the one before it, and (S,) the number of each among them

    Examples
    --------
    >>> held, again = once(np.array([[0, 0, 0], [1, 1, 0]]))
    >>> held.tolist(), again.tolist()
    ([[0, 0], [1, 0]], [0, 0, 1])
    """
    other = np.ones(held.shape[1], dtype=bool)
    np.any(held[:, 1:] != held[:, :-1], axis=0, out=other[1:])
    return held.T[other].T, np.cumsum(other) - 1


def follow(held: IntArray, rows: IntArray, close: FloatArray) -> Switches:
    """When strategies switch whose decisions trade on some rows.

    Parameters
    ----------
    held : (K, S) layer wanted, -1 for cash
    rows : (K,) rows that trade, ascending
    close : (T, L) closes, NaN where not listed

    Returns
    -------
    Switches, those that a last close forces among them
    """
    sessions, layers = close.shape
    kind = np.min_scalar_type(layers + 1)
    after = held.T.astype(kind).T
    after += (held < 0) * kind.type(layers + 1)  # which is L for cash, -1
    end = np.append(delisted(close), sessions)
    if (end < sessions).any():
        after[rows[:, None] >= end[after]] = layers  # nobody sells it any more
        forced = np.setdiff1d(end[(end < sessions) & (end > rows[0])], rows)
        place = np.searchsorted(rows, forced)
        rows, after = np.insert(rows, place, forced), np.insert(after, place, layers, axis=0)
        for event in np.flatnonzero(np.isin(rows, forced)):
            before = after[event - 1]
            after[event] = np.where(end[before] == rows[event], layers, before)
    path = np.ascontiguousarray(after.T)
    moved = np.empty(path.shape, dtype=bool)
    moved[:, 0] = path[:, 0] != layers
    np.not_equal(path[:, 1:], path[:, :-1], out=moved[:, 1:])
    place, begin = np.flatnonzero(moved), np.arange(len(path) + 1) * len(rows)
    first = np.searchsorted(place, begin)
    at = place - np.repeat(begin[:-1], np.diff(first))
    row = rows.astype(np.min_scalar_type(sessions))
    return Switches(first, row.take(at), path.ravel().take(place))
