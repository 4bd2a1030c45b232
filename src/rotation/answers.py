"""What a signal or a rule gave back, if it is what it should give.

Whoever asks one that may be a user's own looks at the answer here, so a wrong one is refused in the
same words wherever the signal or the rule stands.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray
from rotation.errors import ArgumentError

__all__ = ["check_array", "check_held", "check_reasons", "check_scores", "check_weights"]

_Kind = TypeVar("_Kind", bound=np.generic)


def check_array(
    what: str, given: object, shape: tuple[int, ...], kind: type[_Kind]
) -> NDArray[_Kind]:
    """An array of that shape and kind, of what a part of a strategy gave.

    Raises
    ------
    ArgumentError
        Naming the part, if it gave something else.
    """
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = None
    if array is None or given is None:
        raise ArgumentError(f"{what} gives {given!r}; want an array of shape {shape}")
    if array.shape != shape:
        raise ArgumentError(f"{what} gives shape {array.shape}; want {shape}")
    if not np.can_cast(array.dtype, kind, casting="same_kind"):
        raise ArgumentError(f"{what} gives {array.dtype}; want {kind.__name__}")
    return array.astype(kind)


def check_scores(signal: object, given: object, close: FloatArray) -> FloatArray:
    """Scores (T, L), of what a signal gave closes (T, L); none where there is no close.

    Raises
    ------
    ArgumentError
        Naming the signal, if it gave something else or an infinite score.

    Examples
    --------
    >>> check_scores("mine", [[1, 2]], np.array([[100.0, np.nan]]))
    array([[ 1., nan]])
    """
    scores = check_array(f"signal: {signal!r}", given, close.shape, np.float64)
    if np.isinf(scores).any():
        row = int(np.argwhere(np.isinf(scores))[0, 0])
        raise ArgumentError(f"signal: {signal!r} gives an infinite score in row {row}; want NaN")
    scores[np.isnan(close)] = np.nan
    return scores


def check_held(rule: object, given: object, scores: FloatArray) -> IntArray:
    """Layers held (K, S), of what a rule decided on scores (K, S, L).

    Raises
    ------
    ArgumentError
        Naming the rule, if it gave something else or a layer that does not exist.

    Examples
    --------
    >>> check_held("mine", [[0], [-1]], np.zeros((2, 1, 3))).tolist()
    [[0], [-1]]
    """
    layers = scores.shape[2]
    held = check_array(f"rule: {rule!r}", given, scores.shape[:2], np.intp)
    wrong = (held < -1) | (held >= layers)
    if wrong.any():
        raise ArgumentError(
            f"rule: {rule!r} holds layer {held[wrong][0]}; want 0 to {layers - 1}, or -1 for cash"
        )
    return held


def check_weights(rule: object, given: object, scores: FloatArray) -> FloatArray:
    """Weights (K, S, L), of what a rule gave scores (K, S, L).

    Raises
    ------
    ArgumentError
        Naming the rule, if it gave something else or a weight that is not finite.
    """
    weights = check_array(f"rule: {rule!r}", given, scores.shape, np.float64)
    if not np.isfinite(weights).all():
        raise ArgumentError(f"rule: {rule!r} gives a weight that is not finite; want 0 for none")
    return weights


def check_reasons(rule: object, given: object, count: int) -> list[str]:
    """Reasons (M,), of what a rule gave for ``count`` decisions.

    Raises
    ------
    ArgumentError
        Naming the rule, if it gave something else or not one for each.
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != count:
        raise ArgumentError(
            f"rule: want a list of {count} reasons, one for each decision, of {rule!r}, "
            f"got {given!r}"
        )
    return list(map(str, given))
