"""A layer as an argument: its name, its column, or cash.

A name means a column once the history is known; until then what has one cannot score or decide.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.errors import ArgumentError

__all__ = [
    "CASH",
    "Layer",
    "check_layer",
    "column",
    "name_of",
    "numbered",
    "one_hot",
    "where_scored",
]

CASH = "cash"
Layer: TypeAlias = str | int


def check_layer(argument: str, value: object, *, cash: bool = True) -> None:
    """Refuse what is neither a name nor a column; ``cash`` says whether "cash" will do.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    name = isinstance(value, str) and value != "" and (cash or value != CASH)
    number = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 0
    if not (name or number):
        also = f" or {CASH!r}" if cash else ""
        raise ArgumentError(f"{argument}: want the name or column of a layer{also}, got {value!r}")


def numbered(argument: str, value: Layer, names: Sequence[str]) -> Layer:
    """The column of a layer (L,) that is named; a column and "cash" as they are.

    Raises
    ------
    ArgumentError
        If there is no such layer.

    Examples
    --------
    >>> numbered("to", "BND", ("SPY", "BND"))
    1
    """
    known = value == CASH or (value in names if isinstance(value, str) else value < len(names))
    if not known:
        raise ArgumentError(f"{argument}: want one of {', '.join(names)}, got {value!r}")
    return names.index(value) if isinstance(value, str) and value != CASH else value


def column(argument: str, value: Layer, layers: int) -> int:
    """The column of a layer among ``layers``, -1 for cash.

    Raises
    ------
    ArgumentError
        If it is a name, or there is no such column.
    """
    if value == CASH:
        return -1
    if isinstance(value, str):
        raise ArgumentError(
            f"{argument}: {value!r} is a name, which only a history tells; bind it to one, "
            "or want the number of a column"
        )
    if value >= layers:
        raise ArgumentError(f"{argument}: want a column below {layers}, got {value!r}")
    return int(value)


def name_of(layer: int, names: Sequence[str]) -> str:
    """What a layer held is called, -1 is cash."""
    return CASH if layer < 0 else names[layer]


def one_hot(held: IntArray, layers: int) -> FloatArray:
    """Weights (..., L) of layers held (...): 1 for the one, none for cash, -1.

    Examples
    --------
    >>> one_hot(np.array([1, -1]), 2).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    weights: FloatArray = (held[..., None] == np.arange(layers)).astype(np.float64)
    return weights


def where_scored(scores: FloatArray, wanted: int | IntArray) -> IntArray:
    """The layers ``wanted`` where they have a score, else cash.

    Parameters
    ----------
    scores : (K, S, L), NaN for no score
    wanted : layer or layers that broadcast to (K, S), -1 for cash

    Returns
    -------
    (K, S) layer held, -1 for cash
    """
    wanted = np.broadcast_to(wanted, scores.shape[:2]).astype(np.intp)
    own = np.take_along_axis(scores, np.maximum(wanted, 0)[:, :, None], axis=2)[:, :, 0]
    return np.where(np.isnan(own), -1, wanted)
