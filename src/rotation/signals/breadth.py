"""How many of a layer's members take part in what it does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.errors import ArgumentError
from rotation.protocols import History, Members
from rotation.rolling import rolling_mean
from rotation.signals.seen import Seen

__all__ = ["Breadth", "breadth"]

_NEEDS = "signal: Breadth needs layers that are made of members; pass Layers"


def breadth(members: Sequence[Members], days: int) -> FloatArray:
    """Share of each layer's members that close above their own moving average.

    Practitioners call it market breadth. A member counts while it belongs and its average is known,
    from closes before it belonged too.

    Parameters
    ----------
    members : of each layer (L,)
    days : sessions in the average, this one included, at least 2

    Returns
    -------
    (T, L) fraction, NaN where no member counts

    Examples
    --------
    >>> close = np.array([[1.0, 1.0], [2.0, 0.5], [3.0, 0.6]])
    >>> breadth([Members(close, np.full((3, 2), True))], days=2).ravel()
    array([nan, 0.5, 1. ])
    """
    close = np.concatenate([each.close for each in members], axis=1)
    belongs = np.concatenate([each.belongs for each in members], axis=1)
    first = np.cumsum([0, *(each.close.shape[1] for each in members)])[:-1]
    average = rolling_mean(close, days)
    counts = belongs & ~np.isnan(average)
    of = np.add.reduceat(counts, first, axis=1, dtype=np.intp)
    above = np.add.reduceat(counts & (close > average), first, axis=1, dtype=np.intp)
    return np.where(of == 0, np.nan, above / np.maximum(of, 1))


@dataclass(frozen=True, slots=True)
class Breadth:
    """Signal of :func:`rotation.signals.breadth`; it needs Layers.

    Parameters
    ----------
    days : sessions in the average, at least 2
    """

    days: int

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)

    def bind(self, history: History) -> Seen:
        """The breadth of the history's layers."""
        if history.members is None:
            raise ArgumentError(_NEEDS)
        return Seen(breadth(history.members, self.days))

    def __call__(self, _close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        raise ArgumentError(_NEEDS)
