"""Distinct parts of the strategies of a grid, each made once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from math import prod
from typing import Any, Self, TypeAlias

import numpy as np

from rotation.arrays import IntArray
from rotation.costs import Costs
from rotation.digest import content_hash
from rotation.errors import ArgumentError
from rotation.grid.axes import MOST, Axis, Product
from rotation.strategy import Strategy

__all__ = ["KINDS", "PARTS", "Numbering", "check_names", "distinct", "make_parts"]

PARTS = ("signal", "rule", "schedule")
KINDS = (*PARTS, "costs")
_ITSELF = ""  # in a tree of names: a part, not one of its fields


@dataclass(frozen=True, slots=True, eq=False)
class Numbering:
    """Which part of a kind each combination has.

    Parameters
    ----------
    mine : axes of this kind, ascending
    codes : (C,) combinations of their values that are in use, ascending; None for all
    numbers : (C,) number of the part of each
    """

    mine: tuple[int, ...]
    codes: IntArray | None
    numbers: IntArray

    @classmethod
    def none(cls) -> Self:
        """Number 0 whatever the combination."""
        return cls((), None, np.zeros(1, dtype=np.intp))

    def of(self, product: Product, places: IntArray) -> IntArray:
        """Number of the part at places (S,)."""
        code = product.code(self.mine, places)
        return self.numbers[code if self.codes is None else np.searchsorted(self.codes, code)]


def _fields(part: object) -> dict[str, Any]:
    """What can be replaced in a part, by name: fields of a dataclass, positions of a tuple."""
    if type(part) is tuple:
        return {str(place): each for place, each in enumerate(part)}
    if is_dataclass(part) and not isinstance(part, type):
        return {each.name: getattr(part, each.name) for each in fields(part) if each.init}
    return {}


def _names(part: object, name: str) -> Iterator[str]:
    """Names of a part and of all in it; not of positions in a tuple of plain values."""
    yield name
    inner = _fields(part)
    if type(part) is tuple and not any(map(_fields, part)):
        return
    for field_name, each in inner.items():
        yield from _names(each, f"{name}.{field_name}")


def _has(part: object, path: Sequence[str]) -> bool:
    inner = _fields(part)
    return not path or (path[0] in inner and _has(inner[path[0]], path[1:]))


def check_names(strategy: Strategy, axes: Sequence[Axis]) -> None:
    """Refuse a name of nothing in the strategy, nor in a part that an axis puts in its place."""
    base = {kind: getattr(strategy, kind, None) for kind in KINDS}
    for axis in axes:
        kind, *path = str(axis.name).split(".")
        if kind in base and _has(base[kind], path):
            continue
        above = [other for other in axes if str(axis.name).startswith(f"{other.name}.")]
        rests = [(other, str(axis.name)[len(other.name) + 1 :].split(".")) for other in above]
        if any(_has(value, rest) for other, rest in rests for value in other.choices):
            continue
        known = [name for kind, part in base.items() for name in _names(part, kind)]
        known += [
            name for other in above for value in other.choices for name in _names(value, other.name)
        ]
        raise ArgumentError(
            f"axes: want names among {', '.join(dict.fromkeys(known))}; got {axis.name!r}"
        )


def make_parts(
    strategy: Strategy, product: Product, kind: str, chosen: IntArray | None
) -> tuple[tuple[Any, ...], Numbering]:
    """Distinct parts of a kind that are in use, and which each combination has."""
    mine = tuple(i for i, axis in enumerate(product.axes) if axis.name.split(".")[0] == kind)
    if not mine:
        return (() if kind == "costs" else (getattr(strategy, kind),)), Numbering.none()
    axes = [product.axes[i] for i in mine]
    counts = [len(axis.choices) for axis in axes]
    codes = None if chosen is None else np.unique(product.code(mine, chosen))
    used = prod(counts) if codes is None else len(codes)
    if used > MOST:
        raise ArgumentError(
            f"axes: want at most {MOST:,} combinations of {kind} alone, got {used:,}; take a sample"
        )
    digits = np.unravel_index(np.arange(used) if codes is None else codes, counts)
    tree = _tree([axis.name.split(".")[1:] for axis in axes])
    picks = zip(*(each.tolist() for each in digits), strict=True)
    parts, numbers = distinct([_part(strategy, kind, axes, tree, pick) for pick in picks])
    return parts, Numbering(mine, codes, numbers)


_Tree: TypeAlias = dict[str, Any]  # number of an axis by name of a field, or a tree of such


def _tree(paths: Sequence[Sequence[str]]) -> _Tree:
    """Fields within fields, with the number of the axis that sets each under "itself"."""
    tree: _Tree = {}
    for axis, path in enumerate(paths):
        inner = tree
        for name in path:
            inner = inner.setdefault(name, {})
        inner[_ITSELF] = axis
    return tree


def _part(
    strategy: Strategy, kind: str, axes: Sequence[Axis], tree: _Tree, pick: tuple[int, ...]
) -> Any:
    """The part of a strategy that these values of axes make."""
    values = [axis.choices[digit] for axis, digit in zip(axes, pick, strict=True)]
    try:
        part = _changed(getattr(strategy, kind, None), tree, values)
        if kind != "costs":
            replace(strategy, **{kind: part})  # which refuses what is no such part
        elif not isinstance(part, Costs):
            raise ArgumentError(f"costs: want Costs, as Costs.bps(10), got {part!r}")
    except Exception as error:  # whatever a user's class raises says that the values are wrong
        labels = [axis.labels[digit] for axis, digit in zip(axes, pick, strict=True)]
        said = ", ".join(f"{axis.name}={label!r}" for axis, label in zip(axes, labels, strict=True))
        raise ArgumentError(f"{said}: {error}") from error
    return part


def _changed(part: Any, tree: _Tree, values: Sequence[Any]) -> Any:
    """A part with other values: first itself, then all its fields at once."""
    if _ITSELF in tree:
        part = values[tree[_ITSELF]]
    wanted = {name: inner for name, inner in tree.items() if name != _ITSELF}
    if not wanted:
        return part
    held = _fields(part)
    for name in wanted:
        if name not in held:
            raise ArgumentError(f"{part!r} has {', '.join(held) or 'no fields'}; got {name!r}")
    set_to = {name: _changed(held[name], inner, values) for name, inner in wanted.items()}
    return tuple({**held, **set_to}.values()) if type(part) is tuple else replace(part, **set_to)


def distinct(parts: Sequence[Any]) -> tuple[tuple[Any, ...], IntArray]:
    """Parts without those equal to an earlier one, and which of them each was."""
    first: dict[object, int] = {}
    distinct: list[Any] = []
    numbers = np.empty(len(parts), dtype=np.intp)
    for place, part in enumerate(parts):
        number = numbers[place] = first.setdefault(_identity(part), len(first))
        if number == len(distinct):
            distinct.append(part)
    return tuple(distinct), numbers


def _identity(part: object) -> object:
    """What equal parts share, and no others; of a part that cannot be hashed its digest."""
    try:
        hash(part)
    except TypeError:
        return content_hash(part)
    return type(part), part  # a named tuple equals others of its values
