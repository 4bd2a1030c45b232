"""What a signal and a rule are, and the history they may look at.

A part that needs more than closes or scores has ``bind(history)``, which gives one that does not:
it is bound anew to each history, so that what it knows can be cut off and scrambled too.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Bindable", "History", "Members", "Rule", "Signal", "WeightRule", "bind", "holds_one"]


class Signal(Protocol):
    """Anything that turns closes into scores; a function will do."""

    def __call__(self, close: FloatArray, /) -> FloatArray:
        """Scores (T, L) of closes (T, L); higher is better, NaN where it knows too little."""
        ...


@runtime_checkable
class Rule(Protocol):
    """Anything that decides which one layer to hold.

    It may also have ``reasons(scores, moves, names)``: a text for each of the decisions ``moves``
    (M,), given the scores (K, L) of all and the names (L,) of the layers.
    """

    def decide(self, scores: FloatArray, /) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L), NaN where a layer has none."""
        ...


@runtime_checkable
class WeightRule(Protocol):
    """Anything that decides what weight each layer gets; it may have ``reasons`` like a Rule."""

    def weigh(self, scores: FloatArray, /) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L); what is left of 1 is cash."""
        ...


@runtime_checkable
class Bindable(Protocol):
    """A signal or a rule that has to be shown the history first."""

    def bind(self, history: "History", /) -> Any:
        """The signal or rule that knows what it needs to of this history."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """What a layer is made of.

    Parameters
    ----------
    close : (T, n) closes of all that ever belong, before they did too, NaN where not listed
    belongs : (T, n) whether each is held right after the close
    """

    close: FloatArray
    belongs: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """All that a strategy may look at.

    Parameters
    ----------
    close : (T, L) closes of the layers, NaN where not listed
    sessions : (T,) dates, ``datetime64[D]``
    names : (L,) of the layers
    members : of each layer (L,); None for closes that are not made of members
    rows : (K,) rows that decide, ascending
    """

    close: FloatArray
    sessions: NDArray[np.datetime64]
    names: tuple[str, ...]
    members: tuple[Members, ...] | None = None
    rows: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    def deciding(self, rows: IntArray) -> Self:
        """The same history with these rows (K,) to decide on."""
        return replace(self, rows=rows)


def bind(part: Any, history: History) -> Any:
    """The part itself, or what it gives when it is shown the history."""
    return part.bind(history) if hasattr(part, "bind") else part


def holds_one(rule: object) -> TypeGuard[Rule]:
    """Whether a rule holds one layer at most; one that wraps another may have either face.

    Such a rule has the other as its field ``rule``, and ``decide`` as well as ``weigh``.
    """
    inner = getattr(rule, "rule", None)
    return isinstance(rule, Rule) and (inner is None or holds_one(inner))
