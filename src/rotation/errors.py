"""What can go wrong, by kind.

Every message names the argument, what it wants and what it got; every kind is a ``ValueError`` too.
"""

__all__ = [
    "ArgumentError",
    "DataError",
    "DelistedError",
    "LookAheadError",
    "MissingExtraError",
    "OutageError",
    "RotationError",
    "UnknownTickerError",
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


class OutageError(DataError):
    """Yahoo, or the way to it, does not answer, or not with what can be used; later it may."""


class UnknownTickerError(DataError):
    """Yahoo has no such ticker."""


class DelistedError(DataError):
    """Yahoo had the ticker, and its history has ended."""
