"""Who belonged to an index or a sector, and when.

Nobody belongs on a day that the table does not give; what is narrowed or left out is in a remark.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Self

import pandas as pd

from rotation.days import read_date
from rotation.errors import ArgumentError, DataError
from rotation.universe import Member, Universe

__all__ = ["Membership", "Stay"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """A time that a ticker spent in a group.

    Parameters
    ----------
    ticker : name of its column of closes
    group : index or sector
    start : first day
    end : last day, None while it is still in
    """

    ticker: str
    group: str
    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        for name in ("ticker", "group"):
            got = getattr(self, name)
            # A blank before or after is another name that looks the same.
            if not isinstance(got, str) or not got.isprintable() or got.strip() != got or not got:
                raise ArgumentError(f"{name}: want a name without blanks around it, got {got!r}")
        object.__setattr__(self, "start", read_date("start", self.start))
        if self.end is not None:
            object.__setattr__(self, "end", read_date("end", self.end))
            if self.end < self.start:
                raise ArgumentError(f"end: want it on {self.start} or later, got {self.end}")

    def __str__(self) -> str:
        return f"{self.ticker} in {self.group} ({self.start}..{self.end or ''})"


@dataclass(frozen=True, slots=True)
class Membership:
    """Stays of tickers in groups; none of a ticker in a group while it is there already.

    Parameters
    ----------
    stays : in any order; kept by ticker, then start
    source : where they come from
    remarks : what else whoever reads a figure must know

    Raises
    ------
    DataError
        If there is none, or two of a ticker in a group share a day.

    Examples
    --------
    >>> was = Membership([Stay("SUNW", "S&P 500", date(1996, 1, 2), date(2010, 1, 26))])
    >>> was.on(date(2000, 3, 10)), was.on(date(2025, 1, 31))
    (('SUNW',), ())
    """

    stays: Sequence[Stay]
    source: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.stays, (list, tuple)) or not all(
            isinstance(stay, Stay) for stay in self.stays
        ):
            raise ArgumentError(f"stays: want a list of stays, got {self.stays!r:.60}")
        if not self.stays:
            raise DataError("stays: want one or more, got none")
        by_group = sorted(self.stays, key=lambda stay: (stay.ticker, stay.group, stay.start))
        for one, other in pairwise(by_group):
            same = (one.ticker, one.group) == (other.ticker, other.group)
            if same and other.start <= (one.end or date.max):
                raise DataError(f"stays: want {one.ticker} in once a day, got {one} and {other}")
        kept = tuple(sorted(self.stays, key=lambda stay: (stay.ticker, stay.start, stay.group)))
        object.__setattr__(self, "stays", kept)
        texts = isinstance(self.remarks, (list, tuple)) and (self.source, *self.remarks)
        if not texts or not all(isinstance(each, str) for each in texts):
            raise ArgumentError(
                f"remarks: want texts, and the source one, got {self.remarks!r}, {self.source!r}"
            )
        object.__setattr__(self, "remarks", tuple(self.remarks))

    @property
    def tickers(self) -> tuple[str, ...]:
        """Everybody who ever belonged, by name."""
        return tuple(dict.fromkeys(stay.ticker for stay in self.stays))

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group, by name."""
        return tuple(sorted({stay.group for stay in self.stays}))

    @property
    def table(self) -> pd.DataFrame:
        """A row for each stay: ticker, group, start, end (its last day, NaT while still in)."""
        rows = [(stay.ticker, stay.group, stay.start, stay.end) for stay in self.stays]
        table = pd.DataFrame(rows, columns=["ticker", "group", "start", "end"])
        days = {name: table[name].astype("datetime64[s]") for name in ("start", "end")}
        return table.assign(**days)

    def on(self, day: date, *groups: str) -> tuple[str, ...]:
        """Tickers of some groups, or of all, on a day.

        Raises
        ------
        ArgumentError
            If it is no date, or a group is not known.
        """
        day = read_date("day", day)
        there = [s.ticker for s in self._of(groups) if s.start <= day <= (s.end or date.max)]
        return tuple(dict.fromkeys(there))

    def members(self, *groups: str) -> tuple[Member, ...]:
        """Members of some groups, or of all, taken together; times that touch are made one.

        Raises
        ------
        ArgumentError
            If a group is not known.
        """
        return tuple(Member(*each) for each in _joined(self._of(groups)))

    def universe(
        self, layers: Mapping[str, Sequence[str]], *, chosen_on: date | None = None
    ) -> Universe:
        """Layers of whole groups, each ticker in them for as long as it was in the groups.

        Parameters
        ----------
        layers : name of each layer and its groups
        chosen_on : day on which somebody chose the groups

        Raises
        ------
        ArgumentError
            If a group is not known.

        Examples
        --------
        >>> was = Membership([Stay("A", "Chips", date(2013, 2, 10)),
        ...                   Stay("B", "Software", date(2013, 2, 10), date(2016, 7, 6))])
        >>> print(*was.universe({"shovels": ["Chips"]}).members("shovels"))
        A (2013-02-10..)
        """
        if not isinstance(layers, Mapping) or not all(
            isinstance(groups, (list, tuple)) and groups for groups in layers.values()
        ):
            raise ArgumentError(f"layers: want names with lists of groups, got {layers!r}")
        members = {name: self.members(*groups) for name, groups in layers.items()}
        made_of = "; ".join(f"{name} of {', '.join(groups)}" for name, groups in layers.items())
        remarks = (f"Members came and went as the table says: {made_of}.", *self.remarks)
        return Universe(members, chosen_on, self.source, remarks)

    def within(self, other: "Membership") -> "Membership":
        """The stays, each for as long as its ticker was in any group of another table too.

        The groups are its own: sectors within an index are the index by sector. A ticker of the
        index is in no layer on days on which it has none. From the first day of the groups to
        their last, a remark says how many never have one, how many lack it on some of their days
        (longest first), and on which day most do. It is often one company under two tickers, which
        ``rename`` of the readers is for.

        Raises
        ------
        DataError
            If that leaves nobody.
        """
        if not isinstance(other, Membership):
            raise ArgumentError(f"other: want a Membership, got {other!r}")
        outer: dict[str, list[tuple[date, date | None]]] = {}
        for ticker, start, end in _joined(other.stays):
            outer.setdefault(ticker, []).append((start, end))
        stays = [
            replace(stay, start=max(stay.start, start), end=_earlier(stay.end, end))
            for stay in self.stays
            for start, end in outer.get(stay.ticker, ())
            if start <= (stay.end or date.max) and stay.start <= (end or date.max)
        ]
        if not stays:
            raise DataError("other: want one that shares a ticker and a day with this, got none")
        begin = min(stay.start for stay in self.stays)
        until = max(stay.end or date.max for stay in self.stays)
        said = _said_of_strangers(other, stays, begin, until)
        remarks = (*self.remarks, *other.remarks, *said)
        source = ", within ".join(filter(None, [self.source, other.source]))
        return Membership(stays, source, tuple(dict.fromkeys(remarks)))

    def only(self, tickers: Iterable[str]) -> Self:
        """The stays of some tickers, as of those with closes; a remark says who is left out.

        Raises
        ------
        DataError
            If that leaves nobody.
        """
        if isinstance(tickers, str):
            raise ArgumentError(f"tickers: want several, got {tickers!r}")
        wanted = set(tickers)
        stays = [stay for stay in self.stays if stay.ticker in wanted]
        if not stays:
            raise DataError("tickers: want some that are in the table, got none of them")
        out = [ticker for ticker in self.tickers if ticker not in wanted]
        if not out:
            return self
        remark = f"Of {len(self.tickers)} tickers, {_some(out)} left out by the user."
        return replace(self, stays=stays, remarks=(*self.remarks, remark))

    def _of(self, groups: tuple[str, ...]) -> Sequence[Stay]:
        for group in groups:
            if group not in self.groups:
                known = ", ".join(self.groups)
                raise ArgumentError(f"groups: want some of {known}, got {group!r}")
        return [stay for stay in self.stays if not groups or stay.group in groups]


def _said_of_strangers(
    index: Membership, grouped: Sequence[Stay], begin: date, until: date
) -> tuple[str, ...]:
    """A remark on who of an index is in no group, and when; none if nobody ever is."""
    spans = [
        (ticker, max(start, begin).toordinal(), min(end or date.max, until).toordinal() + 1)
        for ticker, start, end in _joined(index.stays)
        if start <= until and begin <= (end or date.max)
    ]
    taken: dict[str, list[tuple[int, int]]] = {}
    for ticker, start, end in _joined(grouped):
        times = taken.setdefault(ticker, [])
        times.append((start.toordinal(), (end or date.max).toordinal() + 1))
    gaps = [
        (ticker, *gap)
        for ticker, start, stop in spans
        for gap in _gaps(start, stop, taken.get(ticker, ()))
    ]
    if not gaps:
        return ()
    lacking = Counter[str]()
    for ticker, first, stop in gaps:
        lacking[ticker] += stop - first
    never = sorted(lacking.keys() - taken.keys())
    partly = sorted(lacking.keys() & taken.keys(), key=lambda ticker: (-lacking[ticker], ticker))
    told = [f"{_some(never)} without a group"] if never else []
    if partly:
        told.append(f"{_some(partly)} without {'one' if never else 'a group'} on some days")
    without = _counts(gaps, [start for _, start, _ in gaps])
    worst = min(without, key=lambda day: (-without[day], day))
    of = f"{len({ticker for ticker, _, _ in spans})} tickers of {index.source or 'the other table'}"
    most = f"{without[worst]} of {_counts(spans, [worst])[worst]} on {date.fromordinal(worst)}"
    return (f"Of {of} since {begin}, {' and '.join(told)}; at worst {most}.",)


def _gaps(start: int, stop: int, taken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What others, in order and apart, leave of the days from ``start`` to before ``stop``."""
    edges = [start, *(min(max(day, start), stop) for each in taken for day in each), stop]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(begin, end) for begin, end in pairs if begin < end]


def _counts(spans: Sequence[tuple[str, int, int]], days: Iterable[int]) -> dict[int, int]:
    """How many times hold each of some days."""
    starts, stops = sorted(each[1] for each in spans), sorted(each[2] for each in spans)
    return {day: bisect_right(starts, day) - bisect_right(stops, day) for day in days}


def _joined(stays: Iterable[Stay]) -> list[tuple[str, date, date | None]]:
    """Ticker and time of stays whatever their group; those that touch or share a day made one."""
    joined: list[tuple[str, date, date | None]] = []
    for stay in sorted(stays, key=lambda stay: (stay.ticker, stay.start)):
        if joined and joined[-1][0] == stay.ticker:
            _, start, end = joined[-1]
            if end is None or (stay.start - _DAY if stay.start > date.min else stay.start) <= end:
                later = None if end is None or stay.end is None else max(end, stay.end)
                joined[-1] = (stay.ticker, start, later)
                continue
        joined.append((stay.ticker, stay.start, stay.end))
    return joined


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(filter(None, (one, other)), default=None)


def _some(tickers: Sequence[str]) -> str:
    """How many, and the first of them, with what a sentence goes on with."""
    more = ", ..." if len(tickers) > 5 else ""
    return f"{len(tickers)} ({', '.join(tickers[:5])}{more}) {'are' if tickers[1:] else 'is'}"
