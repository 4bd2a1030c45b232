"""What a world may have: leaders that change, echoes, clusters, breaks and listings.

Each part is checked by itself here; what needs the names and sessions is checked by the recipe.
"""

from dataclasses import dataclass
from datetime import date
from math import inf

import pandas as pd

from rotation.checks import check_count, check_number, check_positive
from rotation.errors import ArgumentError
from rotation.tables import read_day

__all__ = ["Break", "Clusters", "Echo", "Leadership", "Listing"]

MOST = 2.0
"""Mean return or volatility a year that is still taken for one, and not for per cent."""
BURN = 500
"""Sessions drawn before the first, so that no cluster and no echo begins with it."""


@dataclass(frozen=True, slots=True)
class Leadership:
    """One layer leads at a time, and earns more for it (a Markov chain; Hamilton 1989).

    On each session the lead passes on with a chance of 1 / ``duration``, to any other layer alike:
    in the long run each leads as often as any other, and a lead lasts ``duration`` sessions in the
    mean, a geometric time.

    Parameters
    ----------
    edge : mean return a year that the leader has beyond its own drift, from 0 to 2
    duration : mean sessions of a lead, 1 or more; infinite if only a break ends it
    """

    edge: float = 0.2
    duration: float = 126.0

    def __post_init__(self) -> None:
        check_number("edge", self.edge, 0, MOST, "a mean return a year")
        if self.duration != inf:
            check_number("duration", self.duration, 1, what="mean sessions")


@dataclass(frozen=True, slots=True)
class Clusters:
    """Calm and wild times: each layer's variance is GARCH(1, 1) (Bollerslev 1986).

    h(t) = 1 - alpha - beta + alpha e²(t-1) + beta h(t-1), e = √h z the shock in units of its mean
    volatility, z the innovation of unit variance.

    Parameters
    ----------
    alpha : weight of the last squared shock, 0 or more
    beta : weight of the last variance, 0 or more; alpha + beta is below 1
    """

    alpha: float = 0.08
    beta: float = 0.9

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, 0, 1, "a weight")
        check_number("beta", self.beta, 0, 1, "a weight")
        if self.alpha + self.beta >= 1:
            raise ArgumentError(
                f"beta: want alpha + beta below 1, got {self.alpha:g} + {self.beta:g}"
            )


@dataclass(frozen=True, slots=True)
class Echo:
    """A layer's return has a share of another's shock of some sessions before.

    Parameters
    ----------
    leader, follower : names of two layers
    sessions : from the shock to its echo, from 1 to 500
    share : of the leader's shock, which is its return less drift, edge and what it echoes itself
    """

    leader: str
    follower: str
    sessions: int = 1
    share: float = 0.2

    def __post_init__(self) -> None:
        check_count("sessions", self.sessions, 1)
        if self.sessions > BURN:
            raise ArgumentError(f"sessions: want {BURN} or less, got {self.sessions}")
        check_number("share", self.share, -MOST, MOST, "a share of the shock")
        if self.leader == self.follower:
            raise ArgumentError(f"follower: want another layer than the leader {self.leader!r}")


@dataclass(frozen=True, slots=True)
class Break:
    """What changes on one session, for good.

    Parameters
    ----------
    on : day; the first session from it on is the first with the new truth
    leader : layer that takes the lead; the chain goes on from there; None for no change
    edge : of the leader from now on, mean return a year; None for no change
    drift : added to the drift of every layer, mean return a year
    volatility : factor on that of every layer, on top of earlier breaks
    """

    on: date | str
    leader: str | None = None
    edge: float | None = None
    drift: float = 0.0
    volatility: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", _day("on", self.on))
        if self.edge is not None:
            check_number("edge", self.edge, 0, MOST, "a mean return a year")
        check_number("drift", self.drift, -MOST, MOST, "a mean return a year")
        check_positive("volatility", self.volatility)
        stays = self.leader is None and self.edge is None
        if stays and self.drift == 0 and self.volatility == 1:
            raise ArgumentError(f"Break: want something that changes on {self.on}")


@dataclass(frozen=True, slots=True)
class Listing:
    """When a layer has closes; it may lead unseen when it has none.

    Parameters
    ----------
    layer : its name
    start : day from which it has closes, None for the first session
    end : last day on which it has, None for the last session
    """

    layer: str
    start: date | str | None = None
    end: date | str | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            day = getattr(self, name)
            if day is not None:
                object.__setattr__(self, name, _day(name, day))


def _day(name: str, day: object) -> date:
    return pd.Timestamp(read_day(name, day)).date()
