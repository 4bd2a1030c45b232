"""Layers: who is a shovel and who an application.

A universe is a choice that somebody made on some day; it says when, or that nobody knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rotation.errors import ArgumentError

__all__ = ["Universe"]


@dataclass(frozen=True, slots=True)
class Universe:
    """Named layers and the tickers in each.

    Parameters
    ----------
    layers : name of each layer and its tickers; a ticker may be in several layers
    chosen_on : day on which the names were picked; what they earned before is hindsight

    Raises
    ------
    ArgumentError
        If there is no layer, one is empty, is called ``cash`` or names a ticker twice.

    Examples
    --------
    >>> Universe({"shovels": ["NVDA", "AMD"], "applications": ["MSFT"]}).tickers
    ('NVDA', 'AMD', 'MSFT')
    """

    layers: Mapping[str, Sequence[str]]
    chosen_on: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.layers, Mapping) or not self.layers:
            raise ArgumentError(f"layers: want names with their tickers, got {self.layers!r}")
        for name, members in self.layers.items():
            if name == "cash":
                raise ArgumentError("layers: 'cash' is what is not invested; name the layer else")
            if isinstance(members, str) or not all(isinstance(each, str) for each in members):
                raise ArgumentError(f"layers: want a list of tickers in {name}, got {members!r}")
            if not members:
                raise ArgumentError(f"layers: want one ticker or more in {name}, got none")
            if len(set(members)) < len(members):
                raise ArgumentError(f"layers: want each ticker of {name} once, got {members!r}")
        if self.chosen_on is not None and not isinstance(self.chosen_on, date):
            raise ArgumentError(f"chosen_on: want a date, got {self.chosen_on!r}")
        frozen = {name: tuple(members) for name, members in self.layers.items()}
        object.__setattr__(self, "layers", frozen)

    @property
    def tickers(self) -> tuple[str, ...]:
        """Every ticker once, in the order of the layers."""
        return tuple(dict.fromkeys(each for members in self.layers.values() for each in members))

    @property
    def note(self) -> str:
        """What a reader of any figure of this universe must know: its members, and hindsight."""
        members = "; ".join(f"{name} are {', '.join(each)}" for name, each in self.layers.items())
        if self.chosen_on is None:
            return (
                f"{members}. Hindsight: nobody wrote down when they were chosen; trust no figure."
            )
        return (
            f"{members}. Hindsight: they were chosen on {self.chosen_on:%Y-%m-%d}, knowing how "
            "they had done; every figure before that day is flattered by the choice."
        )
