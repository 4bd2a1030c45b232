"""Layers: who is a shovel and who an application.

A universe is a choice that somebody made on some day; it says when, or that nobody knows.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from rotation.days import read_date
from rotation.errors import ArgumentError
from rotation.whole import save

__all__ = ["Member", "Universe"]

_NAMED = 20  # members that a note names of each layer
_FIELDS = ("chosen_on", "source", "remarks", "layers")
_MEMBER = ("ticker", "start", "end")


@dataclass(frozen=True, slots=True)
class Member:
    """A ticker that belongs to a layer for a time.

    Parameters
    ----------
    ticker : name of its column of closes
    start : first day, such as "2025-01-31" or a ``datetime.date``; None for always
    end : last day, None for ever; it is sold at the close of the last session up to it
    """

    ticker: str
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        name = self.ticker
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError(f"ticker: want a text, got {name!r}")
        if name != name.strip() or name == "cash":
            raise ArgumentError(f"ticker: want no blanks around it, and not 'cash', got {name!r}")
        for name in ("start", "end"):
            got = getattr(self, name)
            if got is not None:
                object.__setattr__(self, name, read_date(name, got))
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
    source : who chose them, and where it is written
    remarks : what else whoever reads a figure must know: corrections, and what does not trade

    Raises
    ------
    ArgumentError
        If there is no layer, one is empty, is called ``cash`` or has a ticker twice at one time.

    Examples
    --------
    >>> universe = Universe({"shovels": ["NVDA", "AMD"], "applications": ["MSFT"]})
    >>> universe.tickers
    ('NVDA', 'AMD', 'MSFT')
    >>> Universe.from_toml(universe.to_toml()) == universe
    True
    """

    layers: Mapping[str, Sequence[str | Member]]
    chosen_on: date | None = None
    source: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.layers, Mapping) or not self.layers:
            raise ArgumentError(f"layers: want names with their tickers, got {self.layers!r}")
        kept = {name: _members(name, members) for name, members in self.layers.items()}
        object.__setattr__(self, "layers", MappingProxyType(kept))
        if self.chosen_on is not None:
            object.__setattr__(self, "chosen_on", read_date("chosen_on", self.chosen_on))
        if not isinstance(self.source, str):
            raise ArgumentError(f"source: want a text, got {self.source!r}")
        texts = isinstance(self.remarks, (list, tuple))
        if not texts or not all(isinstance(each, str) for each in self.remarks):
            raise ArgumentError(f"remarks: want a list of texts, got {self.remarks!r}")
        object.__setattr__(self, "remarks", tuple(self.remarks))

    def __hash__(self) -> int:
        return hash((frozenset(self.layers.items()), self.chosen_on, self.source, self.remarks))

    def __reduce__(self) -> tuple[Any, ...]:  # what guards the layers cannot be pickled itself
        return type(self), (dict(self.layers), self.chosen_on, self.source, self.remarks)

    @property
    def tickers(self) -> tuple[str, ...]:
        """Every ticker once, in the order of the layers."""
        return tuple(dict.fromkeys(m.ticker for name in self.layers for m in self.members(name)))

    def members(self, name: str) -> tuple[Member, ...]:
        """Members of a layer, each with its time."""
        return tuple(m if isinstance(m, Member) else Member(m) for m in self.layers[name])

    @property
    def hindsight(self) -> bool:
        """Whether a member may be held before the day it was chosen, known or not."""
        if self.chosen_on is None:
            return True
        starts = [member.start for name in self.layers for member in self.members(name)]
        return any(start is None or start < self.chosen_on for start in starts)

    @property
    def note(self) -> str:
        """What a reader of any figure of this universe must know: its members, and hindsight."""
        members = "; ".join(f"{name} are {_listed(each)}" for name, each in self.layers.items())
        source = f"Source: {self.source.rstrip('.')}." if self.source else ""
        said = [f"{members}.", self._said_of_hindsight(), source, *self.remarks]
        return " ".join(filter(None, said))

    def _said_of_hindsight(self) -> str:
        if self.chosen_on is None:
            return "Hindsight: nobody wrote down when they were chosen; trust no figure."
        if not self.hindsight:
            return f"They were chosen on {self.chosen_on}, and none is held before that day."
        return (
            f"Hindsight: they were chosen on {self.chosen_on}, knowing how "
            "they had done; every figure before that day is flattered by the choice."
        )

    def as_chosen(self) -> Self:
        """The universe with nobody held before the day it was chosen.

        Who belongs later comes later, and who was gone by then is left out. Of figures that rest on
        a choice these alone are free of its hindsight; of layers they have the day as their first.

        Raises
        ------
        ArgumentError
            If nobody knows the day, or a layer has nobody from it on.

        Examples
        --------
        >>> universe = Universe({"a": ["NVDA"]}, chosen_on=date(2025, 1, 31))
        >>> universe.hindsight, universe.as_chosen().hindsight
        (True, False)
        """
        day = self.chosen_on
        if day is None:
            raise ArgumentError("chosen_on: want the day of the choice, got None")
        later = {
            name: [
                replace(member, start=max(member.start or day, day))
                for member in self.members(name)
                if member.end is None or member.end >= day
            ]
            for name in self.layers
        }
        for name, members in later.items():
            if not members:
                raise ArgumentError(f"layers: want a member of {name} on {day} or later, got none")
        return replace(self, layers=later)

    def only(self, tickers: Iterable[str]) -> Self:
        """The universe without the members of which there are no closes, which a remark names.

        Parameters
        ----------
        tickers : those that may stay, as ``closes.columns``

        Raises
        ------
        ArgumentError
            If a layer would have nobody.

        Examples
        --------
        >>> Universe({"shovels": ["NVDA", "ARM"]}).only(["NVDA", "MSFT"]).remarks
        ('Left out, for want of closes: ARM.',)
        """
        there = set(tickers)
        absent = [ticker for ticker in self.tickers if ticker not in there]
        if not absent:
            return self
        kept = {
            name: [member for member in self.members(name) if member.ticker in there]
            for name in self.layers
        }
        for name, members in kept.items():
            if not members:
                raise ArgumentError(f"tickers: want one of {name} at least, got none")
        remark = f"Left out, for want of closes: {', '.join(absent)}."
        return replace(self, layers=kept, remarks=(*self.remarks, remark))

    def to_toml(self) -> str:
        """All of it as TOML, to be read and changed by hand.

        Examples
        --------
        >>> listed = Member("ARM", start=date(2023, 9, 14))
        >>> print(Universe({"shovels": ["NVDA", listed]}, chosen_on=date(2025, 1, 31)).to_toml())
        chosen_on = 2025-01-31
        <BLANKLINE>
        [layers]
        shovels = [
            "NVDA",
            { ticker = "ARM", start = 2023-09-14 },
        ]
        <BLANKLINE>
        """
        import tomli_w  # which importing the package need not cost

        table = {
            "chosen_on": self.chosen_on,
            "source": self.source,
            "remarks": self.remarks,
            "layers": {name: [_plain(m) for m in each] for name, each in self.layers.items()},
        }
        return tomli_w.dumps({name: each for name, each in table.items() if each})

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The universe that :meth:`to_toml`, or a hand, wrote.

        Raises
        ------
        ArgumentError
            Naming the place of what is wrong, as ``layers.shovels[1].start``.
        """
        if not isinstance(text, str):
            raise ArgumentError(f"text: want TOML, got {type(text).__name__}")
        try:
            data = tomllib.loads(text)
        except ValueError as error:  # what is no TOML, and numbers too long to read
            raise ArgumentError(f"text: want TOML, got what is none ({error})") from None
        except RecursionError:
            raise ArgumentError("text: want TOML, got lists or tables too deep to read") from None
        _check_keys(data, "", _FIELDS)
        layers = data.get("layers")
        if not isinstance(layers, dict):
            raise ArgumentError(f"layers: want a table of names and their tickers, got {layers!r}")
        read = {name: _read_layer(f"layers.{name}", each) for name, each in layers.items()}
        return cls(read, **{name: data[name] for name in _FIELDS[:3] if name in data})

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """The universe of a TOML file.

        Raises
        ------
        ArgumentError
            Naming the file, and the place in it, of what is wrong.
        """
        _check_path(path)
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")
        except (OSError, ValueError) as error:  # no file, no UTF-8, no name that a file can have
            raise ArgumentError(f"path: cannot read {path} ({error})") from None
        try:
            return cls.from_toml(text)
        except ArgumentError as error:
            raise ArgumentError(f"{path}: {error}") from None

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """:meth:`to_toml` into a file that is not there yet.

        Parameters
        ----------
        path : of the file; its folder must be there
        overwrite : whether a file that is there may be replaced

        Returns
        -------
        Path
            Of the file.

        Raises
        ------
        ArgumentError
            If the file is there, or cannot be written.
        """
        _check_path(path)
        return save(Path(path), self.to_toml(), overwrite=overwrite)


def _members(name: object, members: object) -> tuple[str | Member, ...]:
    """Members of a layer as they are kept: a text where there are no dates."""
    if not isinstance(name, str) or not name.strip():
        raise ArgumentError(f"layers: want names that are texts, got {name!r}")
    if name == "cash":
        raise ArgumentError("layers: 'cash' is what is not invested; name the layer else")
    if not isinstance(members, (list, tuple)) or not all(
        isinstance(m, (str, Member)) for m in members
    ):
        raise ArgumentError(f"layers: want a list of tickers in {name}, got {members!r}")
    if not members:
        raise ArgumentError(f"layers: want one ticker or more in {name}, got none")
    whole = [m if isinstance(m, Member) else Member(m) for m in members]
    by_time = sorted(whole, key=lambda m: (m.ticker, m.start or date.min))
    for one, other in pairwise(by_time):
        if one.ticker == other.ticker and (one.end or date.max) >= (other.start or date.min):
            raise ArgumentError(
                f"layers: want each ticker of {name} once at a time, got {one} and {other}"
            )
    return tuple(m.ticker if m.start is None and m.end is None else m for m in whole)


def _listed(members: Sequence[str | Member]) -> str:
    named = ", ".join(map(str, members[:_NAMED]))
    more = len(members) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _plain(member: str | Member) -> str | dict[str, str | date]:
    if isinstance(member, str):
        return member
    held = {name: getattr(member, name) for name in _MEMBER}
    return {name: each for name, each in held.items() if each is not None}


def _check_keys(table: Mapping[str, object], where: str, wanted: Sequence[str]) -> None:
    for name in table:
        if name not in wanted:
            raise ArgumentError(f"{where}{name}: want one of {', '.join(wanted)}, got {name!r}")


def _read_layer(where: str, members: object) -> list[str | Member]:
    if not isinstance(members, list):
        raise ArgumentError(f"{where}: want a list of tickers, got {members!r}")
    return [_read_member(f"{where}[{place}]", each) for place, each in enumerate(members)]


def _read_member(where: str, got: object) -> str | Member:
    if isinstance(got, str):
        return got
    if not isinstance(got, dict) or "ticker" not in got:
        raise ArgumentError(f'{where}: want a ticker or {{ ticker = "NVDA", ... }}, got {got!r}')
    _check_keys(got, f"{where}.", _MEMBER)
    try:
        return Member(**got)
    except ArgumentError as error:
        raise ArgumentError(f"{where}.{error}") from None


def _check_path(path: object) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path: want a path, got {path!r}")
