"""A recipe: all that is true of a world but its luck.

Two worlds of one recipe and seed are the same to the last bit; two of one seed, a recipe and its
null, have the same shocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray
from rotation.checks import (
    check_count,
    check_flag,
    check_fraction,
    check_number,
    check_positive,
)
from rotation.data.synthetic.parts import MOST, Break, Clusters, Echo, Leadership, Listing
from rotation.errors import ArgumentError
from rotation.tables import read_day

__all__ = ["Recipe", "null_of"]

_LONGEST = 50_000  # sessions; the calendar of pandas ends in 2262


@dataclass(frozen=True, slots=True)
class Recipe:
    """How closes of layers come about.

    The simple return of layer l into session t is

        (drift + edge [l leads at t]) / periods + its echoes + volatility / √periods · √h z

    with z of unit variance, correlated between layers, and h 1 in the mean. A return below -1/2 is
    bent to stay above -1, and the world says how many were: of 10,000 worlds of ten years about
    six have such a return with ``degrees=5``, and some forty with clusters besides.

    Parameters
    ----------
    layers : names, two or more
    sessions : T, how many; business days, without holidays
    start : day of the first, or the weekend before it
    drift : mean return a year of a layer that does not lead; one for all or one each
    volatility : of shocks, a year, in the mean; one for all or one each
    correlation : of innovations between any two layers, by a factor they share; that of shocks is
        this too without clusters, and a little less with them (Bollerslev 1990)
    degrees : of freedom of Student's t, above 2; extremes come to all layers at once (a
        multivariate t); infinite for normal innovations
    clusters : of volatility, None for a constant one
    leadership : None if nobody leads
    echoes, breaks, listings : as many as wanted; breaks in any order
    null : the same without rotation, see :func:`null_of`
    periods : sessions of a year

    Raises
    ------
    ArgumentError
        If a value is not what it should be, or a part names a layer or day that is not there.

    Examples
    --------
    >>> recipe = Recipe(leadership=Leadership(edge=0.3, duration=63), clusters=Clusters())
    >>> recipe.layers
    ('shovels', 'applications')
    """

    layers: Sequence[str] = ("shovels", "applications")
    sessions: int = 2520
    start: date | str = date(2000, 1, 3)
    drift: float | Sequence[float] = 0.05
    volatility: float | Sequence[float] = 0.25
    correlation: float = 0.5
    degrees: float = inf
    clusters: Clusters | None = None
    leadership: Leadership | None = None
    echoes: Sequence[Echo] = ()
    breaks: Sequence[Break] = ()
    listings: Sequence[Listing] = ()
    null: bool = False
    periods: float = 252

    def __post_init__(self) -> None:
        self._check_names()
        check_count("sessions", self.sessions, 2)
        if self.sessions > _LONGEST:
            raise ArgumentError(f"sessions: want {_LONGEST:,} or less, got {self.sessions!r}")
        first = pd.Timestamp(read_day("start", self.start)).date()
        if not 1800 <= first.year <= 2050:
            raise ArgumentError(f"start: want a day from 1800 to 2050, got {first}")
        object.__setattr__(self, "start", first)
        check_positive("periods", self.periods)
        self._each("drift", -MOST)
        self._each("volatility", 1e-6)
        check_fraction("correlation", self.correlation)
        if self.degrees != inf:
            check_number("degrees", self.degrees, 2.001, what="degrees of freedom")
        check_flag("null", self.null)
        for name, kind in (("clusters", Clusters), ("leadership", Leadership)):
            got = getattr(self, name)
            if got is not None and not isinstance(got, kind):
                raise ArgumentError(f"{name}: want {kind.__name__} or None, got {got!r}")
        for name, part in (("echoes", Echo), ("breaks", Break), ("listings", Listing)):
            self._all(name, part)
        self._check_parts()

    @property
    def index(self) -> pd.DatetimeIndex:
        """The sessions (T,)."""
        days = pd.bdate_range(self.start, periods=self.sessions)
        return pd.DatetimeIndex(days.to_numpy(), name="date")

    def row(self, day: date | str) -> int:
        """First row that is on ``day`` or after it; T or more if there is none."""
        return int(np.busday_count(self.start, pd.Timestamp(day).date()))

    def column(self, layer: str) -> int:
        """Column of a layer."""
        return tuple(self.layers).index(layer)

    @property
    def shares(self) -> FloatArray:
        """How often each layer is expected to lead over all the sessions (L,), by the edge then.

        1 / L without a break of the leader. The lead after one is forgotten at a rate of
        1 - L / ((L - 1) duration) a session.
        """
        count = len(self.layers)
        if self.leadership is None:
            return np.full(count, 1.0 / count)
        forgets = 1.0 - count / ((count - 1) * self.leadership.duration)
        chance = np.full((self.sessions, count), 1.0 / count)
        edge = np.full(self.sessions, float(self.leadership.edge))
        for each in self.breaks:
            row = self.row(each.on)
            if each.leader is not None:
                sure = np.arange(count) == self.column(each.leader)
                since = np.arange(self.sessions - row)[:, None]
                chance[row:] = 1.0 / count + (sure - 1.0 / count) * forgets**since
            if each.edge is not None:
                edge[row:] = each.edge
        total = edge[1:].sum()  # into the first session there is no return
        if total == 0:
            return np.full(count, 1.0 / count)
        shares: FloatArray = edge[1:] @ chance[1:] / total
        return shares

    def _check_names(self) -> None:
        names = self.layers
        if isinstance(names, str) or not isinstance(names, Sequence) or len(names) < 2:
            raise ArgumentError(f"layers: want two names or more, got {names!r}")
        if not all(isinstance(name, str) and name for name in names) or "cash" in names:
            raise ArgumentError(f"layers: want names, none of them 'cash', got {names!r}")
        if len(set(names)) < len(names):
            raise ArgumentError(f"layers: want each name once, got {names!r}")
        object.__setattr__(self, "layers", tuple(names))

    def _each(self, name: str, least: float) -> None:
        """Refuse what is not a number for all layers or one each."""
        got = getattr(self, name)
        if isinstance(got, (Sequence, np.ndarray)) and not isinstance(got, str):
            if len(got) != len(self.layers):
                raise ArgumentError(
                    f"{name}: want one for all or {len(self.layers)}, got {len(got)}"
                )
            object.__setattr__(self, name, tuple(got))
            for each in got:
                check_number(name, each, least, MOST, "a figure a year")
        else:
            check_number(name, got, least, MOST, "a figure a year")

    def _all(self, name: str, kind: type) -> None:
        got = getattr(self, name)
        if not isinstance(got, Sequence) or not all(isinstance(each, kind) for each in got):
            raise ArgumentError(f"{name}: want {kind.__name__}s in a list, got {got!r}")
        held = sorted(got, key=lambda each: each.on) if kind is Break else got
        object.__setattr__(self, name, tuple(held))

    def _check_parts(self) -> None:
        """Refuse parts that name what is not there."""
        for echo in self.echoes:
            self._known("leader", echo.leader)
            self._known("follower", echo.follower)
        days = self.index
        for each in self.breaks:
            leads = each.leader is not None or each.edge is not None
            if leads and self.leadership is None:
                raise ArgumentError(f"leadership: want one for the break on {each.on}, got None")
            if each.leader is not None:
                self._known("leader", each.leader)
            self._within("on", each.on, days)
        listed = [each.layer for each in self.listings]
        for name in listed:
            self._known("layer", name)
            if listed.count(name) > 1:
                raise ArgumentError(f"listings: want each layer once, got {name!r} twice")
        for listing in self.listings:
            begins, ends = listing.start or days[0], listing.end or days[-1]
            self._within("start", begins, days)
            self._within("end", ends, days)
            first, stop = days.slice_locs(pd.Timestamp(begins), pd.Timestamp(ends))
            if first >= stop:
                raise ArgumentError(f"end: want a session of {listing.layer} up to it, got {ends}")

    def _known(self, name: str, layer: str) -> None:
        if layer not in self.layers:
            raise ArgumentError(f"{name}: want one of {', '.join(self.layers)}, got {layer!r}")

    @staticmethod
    def _within(name: str, day: date | str, days: pd.DatetimeIndex) -> None:
        if not days[0] <= pd.Timestamp(day) <= days[-1]:
            raise ArgumentError(
                f"{name}: want a day from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, got {day}"
            )


def null_of(recipe: Recipe) -> Recipe:
    """The same world without rotation: as many leads and echoes, of which none can be foreseen.

    The edge goes to a layer drawn anew for each session, by how often each is expected to lead;
    and a coin tossed each session says whether its echoes keep their sign. So nothing known at a
    close says which layer will earn more by the next. What is the same, by construction:

    - the mean of each layer, over all the sessions;
    - the covariance of one session's returns between all layers, and indeed their distribution, if
      no break names a leader;
    - shocks and volatility: with one seed they are the same numbers, tails, clusters and all;
    - drift, breaks of drift and volatility, listings; and the states, which now say nothing.

    What is not: the autocovariance of returns, of a layer or between two, which is zero here but
    for breaks of drift and edge. Of layers with drifts of their own one is still the better; only
    it never changes.

    Parameters
    ----------
    recipe : of a world with rotation; a null is its own null

    Examples
    --------
    >>> null_of(Recipe(leadership=Leadership())).null
    True
    """
    if not isinstance(recipe, Recipe):
        raise ArgumentError(f"recipe: want a Recipe, got {recipe!r}")
    return replace(recipe, null=True)
