"""What can go wrong, by kind.

Every message names the argument, what it wants and what it got; every kind is a ``ValueError`` too.
"""

__all__ = [
    "ArgumentError",
    "DataError",
    "LookAheadError",
    "MissingExtraError",
    "RotationError",
]


class RotationError(ValueError):
    """Base of all errors of this package."""


class ArgumentError(RotationError):
    """An argument is not what the function takes."""


class DataError(RotationError):
    """A table of prices or weights cannot be used as it is."""


class LookAheadError(RotationError):
    """A signal, rule or strategy used what it could not have known."""


class MissingExtraError(RotationError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""
