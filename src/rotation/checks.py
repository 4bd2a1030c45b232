"""Plain numbers and flags as arguments: what is not what it should be is refused by name."""

from math import isfinite
from numbers import Real
from typing import Any, TypeGuard

import numpy as np

from rotation.errors import ArgumentError

__all__ = [
    "check_count",
    "check_flag",
    "check_fraction",
    "check_number",
    "check_positive",
    "is_number",
    "keep_copies",
    "keep_numbers",
    "kept",
]

_WHOLE = 1 << 53  # up to here a whole number and its float are the same


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is one number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _is_finite(value: object) -> TypeGuard[float]:
    try:
        return is_number(value) and isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def check_count(name: str, value: object, least: int, what: str = "sessions") -> None:
    """Refuse an argument that is not a whole number of ``what``, ``least`` or more.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ArgumentError(f"{name}: want {what}, {least} or more, got {value!r}")
    if value > np.iinfo(np.intp).max:
        raise ArgumentError(f"{name}: want {what} that can be counted, got a number beyond 2^63")


def check_flag(name: str, value: object) -> None:
    """Refuse an argument that is neither True nor False; a number is neither.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{name}: want True or False, got {value!r}")


def check_number(
    name: str, value: object, least: float = -np.inf, most: float = np.inf, what: str = "a number"
) -> None:
    """Refuse an argument that is not a finite number from ``least`` to ``most``.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if not (_is_finite(value) and least <= float(value) <= most):
        above = f", {least:g} or more" if least > -np.inf else ""
        below = f", {most:g} or less" if most < np.inf else ""
        raise ArgumentError(f"{name}: want {what}{above}{below}, got {value!r}")


def check_fraction(name: str, value: object) -> None:
    """Refuse an argument that is not a number in [0, 1).

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if not (is_number(value) and 0 <= value < 1):
        raise ArgumentError(f"{name}: want a fraction in [0, 1), got {value!r}")


def check_positive(name: str, value: object) -> None:
    """Refuse an argument that is not a finite number above 0.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    if not (_is_finite(value) and value > 0):
        raise ArgumentError(f"{name}: want a number above 0, got {value!r}")


def keep_numbers(part: object, *names: str) -> None:
    """Put floats in the place of numbers that numpy would not calculate with, once checked.

    A small whole number stays one, as whoever wrote it reads it in the part's repr.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from rotation.rules import Switch
    >>> Switch(Fraction(1, 50)).margin, Switch(1).margin
    (0.02, 1)
    """
    for name in names:
        value = getattr(part, name)
        if not (isinstance(value, int) and abs(value) <= _WHOLE):
            object.__setattr__(part, name, float(value))


def kept(value: Any) -> Any:
    """A copy of a user's table, who may change it later; anything else as it is."""
    return value.copy() if hasattr(value, "iloc") else value


def keep_copies(part: object, *names: str) -> None:
    """Put copies in the place of a user's tables."""
    for name in names:
        object.__setattr__(part, name, kept(getattr(part, name)))
