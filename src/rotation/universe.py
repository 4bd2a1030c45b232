"""Layers: who is a shovel and who an application.

A universe is a choice that somebody made on some day; it says when, or that nobody knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from rotation.errors import ArgumentError

__all__ = ["Member", "Universe"]


@dataclass(frozen=True, slots=True)
class Member:
    """A ticker that belongs to a layer for a time.

    Parameters
    ----------
    ticker : name of its column of closes
    start : first day, None for always
    end : last day, None for ever; it is sold at the close of the last session up to it
    """

    ticker: str
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.ticker, str):
            raise ArgumentError(f"ticker: want a text, got {self.ticker!r}")
        for name in ("start", "end"):
            got = getattr(self, name)
            if got is not None and (not isinstance(got, date) or got != got):
                raise ArgumentError(f"{name}: want a date, got {got!r}")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ArgumentError(f"end: want it after {self.start}, got {self.end}")

    def __str__(self) -> str:
        if self.start is None and self.end is None:
            return self.ticker
        return f"{self.ticker} ({self.start or ''}..{self.end or ''})"


@dataclass(frozen=True, slots=True)
class Universe:
    """Named layers and the tickers in each.

    Parameters
    ----------
    layers : name of each layer and its tickers; a ticker may be in several layers; a Member
        belongs for a time, and several of one ticker for several times
    chosen_on : day on which the names were picked; what they earned before is hindsight

    Raises
    ------
    ArgumentError
        If there is no layer, one is empty, is called ``cash`` or has a ticker twice at one time.

    Examples
    --------
    >>> Universe({"shovels": ["NVDA", "AMD"], "applications": ["MSFT"]}).tickers
    ('NVDA', 'AMD', 'MSFT')
    """

    layers: Mapping[str, Sequence[str | Member]]
    chosen_on: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.layers, Mapping) or not self.layers:
            raise ArgumentError(f"layers: want names with their tickers, got {self.layers!r}")
        for name, members in self.layers.items():
            if name == "cash":
                raise ArgumentError("layers: 'cash' is what is not invested; name the layer else")
            if not isinstance(members, (list, tuple)) or not all(
                isinstance(m, (str, Member)) for m in members
            ):
                raise ArgumentError(f"layers: want a list of tickers in {name}, got {members!r}")
            if not members:
                raise ArgumentError(f"layers: want one ticker or more in {name}, got none")
            _refuse_twice(name, members)
        day = self.chosen_on
        if day is not None and (not isinstance(day, date) or day != day):  # NaT is not itself
            raise ArgumentError(f"chosen_on: want a date, got {self.chosen_on!r}")
        frozen = {name: tuple(members) for name, members in self.layers.items()}
        object.__setattr__(self, "layers", frozen)

    @property
    def tickers(self) -> tuple[str, ...]:
        """Every ticker once, in the order of the layers."""
        return tuple(dict.fromkeys(m.ticker for name in self.layers for m in self.members(name)))

    def members(self, name: str) -> tuple[Member, ...]:
        """Members of a layer, each with its time."""
        return tuple(m if isinstance(m, Member) else Member(m) for m in self.layers[name])

    @property
    def note(self) -> str:
        """What a reader of any figure of this universe must know: its members, and hindsight."""
        members = "; ".join(
            f"{name} are {', '.join(map(str, each))}" for name, each in self.layers.items()
        )
        if self.chosen_on is None:
            return (
                f"{members}. Hindsight: nobody wrote down when they were chosen; trust no figure."
            )
        return (
            f"{members}. Hindsight: they were chosen on {self.chosen_on:%Y-%m-%d}, knowing how "
            "they had done; every figure before that day is flattered by the choice."
        )


def _refuse_twice(name: str, members: Sequence[str | Member]) -> None:
    whole = [m if isinstance(m, Member) else Member(m) for m in members]
    for one, other in combinations(whole, 2):
        begins = max(one.start or date.min, other.start or date.min)
        ends = min(one.end or date.max, other.end or date.max)
        if one.ticker == other.ticker and begins <= ends:
            raise ArgumentError(
                f"layers: want each ticker of {name} once at a time, got {one} and {other}"
            )
