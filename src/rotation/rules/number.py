"""Numbers that a rule was given, kept as numbers that arrays can be calculated with."""

__all__ = ["keep_numbers"]

_WHOLE = 1 << 53  # up to here a whole number and its float are the same


def keep_numbers(rule: object, *names: str) -> None:
    """Put floats in the place of numbers that numpy would not calculate with, once checked.

    A small whole number stays one, as whoever wrote it reads it in the rule's repr.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from rotation.rules import Switch
    >>> Switch(Fraction(1, 50)).margin, Switch(1).margin
    (0.02, 1)
    """
    for name in names:
        value = getattr(rule, name)
        if not (isinstance(value, int) and abs(value) <= _WHOLE):
            object.__setattr__(rule, name, float(value))
