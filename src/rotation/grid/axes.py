"""Values by name, and all combinations of them.

A combination is a place, a whole number: nothing of it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Self

import numpy as np
import pandas as pd

from rotation.arrays import IntArray
from rotation.errors import ArgumentError

__all__ = ["MOST", "Axis", "Product"]

MOST = 10_000_000  # values of an axis, or parts of a kind: gigabytes
_SHOWN = 20  # values that a message lists


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Values of one name, in the user's order.

    Parameters
    ----------
    name : as "signal.days"
    choices : (n,)
    labels : (n,) what the index calls them: themselves, or names that the user gave
    digits : place of each label
    level : labels without None, sorted if they can be, as pandas wants the level of an index
    codes : (n,) place of each label in ``level``, -1 for None
    """

    name: str
    choices: tuple[Any, ...]
    labels: tuple[Any, ...]
    digits: Mapping[Any, int]
    level: "pd.Index[Any]"
    codes: IntArray

    @classmethod
    def of(cls, name: str, given: Any) -> Self:
        """An axis of a sequence, or of a mapping of labels to values."""
        listed = isinstance(given, (Sequence, Mapping, pd.Index, pd.Series))
        text = isinstance(given, (str, bytes))
        if text or not (listed or (isinstance(given, np.ndarray) and given.ndim == 1)):
            raise ArgumentError(f"{name}: want a sequence of values, got {given!r}")
        if not 1 <= len(given) <= MOST:
            raise ArgumentError(f"{name}: want 1 to {MOST:,} values, got {len(given):,}")
        labels = tuple(map(_plain, given))
        choices = tuple(map(_plain, given.values())) if isinstance(given, Mapping) else labels
        digits: dict[Any, int] = {}
        for place, label in enumerate(labels):
            _check_label(name, label)
            if digits.setdefault(label, place) != place:
                raise ArgumentError(f"{name}: want each value once, got {label!r} twice")
        return cls(name, choices, labels, digits, *_level(labels))

    def place(self, label: object) -> int:
        """Place of a label among the others; NaN, as an index writes it, is None."""
        absent = isinstance(label, float) and label != label and None in self.digits
        try:
            return self.digits[None if absent else label]
        except (KeyError, TypeError):  # TypeError: it cannot be hashed
            shown = ", ".join(map(repr, self.labels[:_SHOWN]))
            more = f" and {len(self.labels) - _SHOWN} more" if len(self.labels) > _SHOWN else ""
            raise ArgumentError(f"{self.name}: want one of {shown}{more}; got {label!r}") from None


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """All combinations of the values of axes, of which the last changes fastest.

    Parameters
    ----------
    axes : at least one
    steps : places from one value of an axis to its next
    size : combinations
    """

    axes: tuple[Axis, ...]
    steps: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, axes: Sequence[Axis]) -> Self:
        """The product of axes."""
        counts = [len(axis.choices) for axis in axes]
        size, most = prod(counts), np.iinfo(np.intp).max
        if size > most:
            raise ArgumentError(f"axes: want at most {most:,} combinations, got {size:,}")
        return cls(tuple(axes), tuple(prod(counts[i + 1 :]) for i in range(len(axes))), size)

    def digits(self, number: int, places: IntArray) -> IntArray:
        """Which of the values of an axis, by number, places (S,) have."""
        return places // self.steps[number] % len(self.axes[number].choices)

    def code(self, mine: tuple[int, ...], places: IntArray) -> IntArray:
        """Place among the combinations of some of the axes, ascending, of places (S,) among all."""
        code = np.zeros(len(places), dtype=np.intp)
        for number in mine:
            code *= len(self.axes[number].choices)
            code += self.digits(number, places)
        return code

    def index(self, places: IntArray) -> pd.MultiIndex:
        """Labels at places (S,)."""
        codes: Any = [axis.codes[self.digits(i, places)] for i, axis in enumerate(self.axes)]
        levels: Any = [axis.level for axis in self.axes]
        return pd.MultiIndex(
            levels=levels,
            codes=codes,
            names=[axis.name for axis in self.axes],
            verify_integrity=False,
        )


def _plain(value: object) -> object:
    """A number of numpy's as one of Python's."""
    if not isinstance(value, np.generic):
        return value
    item = value.item()
    # Of a time to the nanosecond numpy makes a number, and of none None.
    timed = isinstance(value, (np.datetime64, np.timedelta64))
    return value if timed and (item is None or isinstance(item, int)) else item


def _check_label(name: str, label: Any) -> None:
    try:
        hash(label)
    except TypeError:
        raise ArgumentError(
            f"{name}: want values that can be hashed, as a tuple or a frozen dataclass can, "
            f"or a mapping of names to them; got {label!r}"
        ) from None
    if label is not None and pd.api.types.is_scalar(label) and pd.isna(label):
        raise ArgumentError(f"{name}: want values that equal themselves, got {label!r}")


def _level(labels: tuple[Any, ...]) -> tuple["pd.Index[Any]", IntArray]:
    """Level of an index for labels, and the place of each in it, -1 for None."""
    known = [label for label in labels if label is not None]
    kinds = set(map(type, labels))
    level = pd.Index(known) if kinds <= {int, float} or kinds in ({bool}, {str}) else None
    if level is None or level.tolist() != known:  # whole numbers too large to be floats
        held = np.empty(len(known), dtype=object)
        for place, label in enumerate(known):  # one by one: numpy would take tuples apart
            held[place] = label
        level = pd.Index(held, dtype=object, tupleize_cols=False)
    try:
        order = level.argsort()
    except (TypeError, ValueError):  # they have no order
        order = np.arange(len(known))
    rank = np.empty(len(known), dtype=np.intp)
    rank[order] = np.arange(len(known))
    codes = np.full(len(labels), -1, dtype=np.intp)
    codes[[label is not None for label in labels]] = rank
    return level.take(order), codes
