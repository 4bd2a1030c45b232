"""Strategies of every part there is, drawn by hypothesis, and parts such as a user writes.

A part of the package that is missing here fails `test_every_part_is_drawn`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from hypothesis import strategies as st

import rotation as rt
from rotation import rules, signals
from rotation.vote import Vote

Drawn = st.SearchStrategy[Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A part that is neither a signal nor a rule, inside one."""

    low: float
    high: float = float("inf")


@dataclass(frozen=True, slots=True)
class Mine:
    """A user's own signal, with a field of every kind that can be written down."""

    bounds: Bounds
    weight: float
    names: tuple[str, ...] = ()
    nested: tuple[Any, ...] = ()
    day: date | None = None
    inner: object = None
    checked: bool = False

    def __call__(self, close):
        return close


@dataclass(frozen=True, slots=True)
class Panel:
    """A user's own rule that holds whole strategies."""

    strategies: tuple[rt.Strategy, ...]
    other: rt.Strategy | None = None
    leader: Any = None

    def weigh(self, scores):
        return np.zeros(scores.shape)


@dataclass(frozen=True, slots=True)
class Kept:
    """A user's own rule that may hold anything at all."""

    what: Any = None
    note: str = ""

    def decide(self, scores):
        return np.zeros(scores.shape[:2], dtype=np.intp)


def _pairs(key: Drawn, value: Drawn, **options: Any) -> Drawn:
    return st.lists(st.tuples(key, value), min_size=1, max_size=3, **options)


days = st.integers(2, 260)
counts = st.integers(1, 9)
numbers = st.floats(-10, 10) | st.integers(-3, 3) | st.sampled_from([-0.0, 1e-300, 0.1 + 0.2])
leads = numbers.map(abs)
above = st.floats(1e-6, 10) | counts
dates = st.dates(date(1990, 1, 1), date(2030, 1, 1))
texts = st.text(max_size=5) | st.sampled_from(['"', "'''", "a\nb\r\n", "\\", "\x7f\x00", "é", "€"])
layers = texts.filter(lambda name: name not in ("", "cash")) | st.integers(0, 3)
maybe_cash = layers | st.just("cash")
every = st.sampled_from("DWMQY") | st.integers(1, 99) | st.lists(dates, min_size=1, max_size=3)


def _schedules(most: int) -> Drawn:
    tranches = st.integers(1, most)
    later = st.builds(rt.Schedule, every, st.integers(0, 5), st.integers(1, 5), tranches=tranches)
    at_once = st.builds(rt.Schedule, every, lag=st.just(0), same_close=st.just(True))
    return later | at_once


schedules = _schedules(3)
anything = numbers | texts | dates | st.booleans() | st.sampled_from([np.inf, -np.inf, 2**70])


def _apart(part: type, one: str, other: str, **fields: Drawn) -> Drawn:
    """A part whose two fields may not be the same layer."""
    drawn = st.fixed_dictionaries(fields)
    return drawn.filter(lambda got: got[one] != got[other]).map(lambda got: part(**got))


@st.composite
def _published(draw: st.DrawFn) -> signals.Published:
    named = draw(st.booleans())
    figures = draw(
        _pairs(
            st.tuples(dates, texts if named else st.just("")),
            numbers,
            unique_by=lambda pair: pair[0],
        )
    )
    keys, values = zip(*figures, strict=True)
    names = [name for _, name in keys] if named else ()
    return signals.Published([day for day, _ in keys], values, draw(st.integers(0, 90)), names)


SIGNALS: dict[str, Drawn] = {
    "Breadth": st.builds(signals.Breadth, days),
    "Crossover": st.builds(lambda fast, more: signals.Crossover(fast, fast + more), days, counts),
    "Donchian": st.builds(signals.Donchian, days),
    "Drawdown": st.builds(signals.Drawdown, st.none() | days),
    "LeadLag": st.builds(signals.LeadLag, layers, days, st.integers(3, 99)),
    "Listed": st.builds(signals.Listed),
    "Momentum": st.builds(signals.Momentum, days, st.integers(0, 21)),
    "MovingAverageGap": st.builds(signals.MovingAverageGap, days),
    "Published": _published(),
    "RiskAdjustedMomentum": st.builds(signals.RiskAdjustedMomentum, days, st.integers(0, 21)),
    "RotationPlane": st.builds(signals.RotationPlane, days, counts, numbers),
    "VolatilityRegime": st.builds(signals.VolatilityRegime, days, days),
    "ZScore": st.builds(signals.ZScore, days, st.sampled_from([-1, 1])),
}
RULES: dict[str, Drawn] = {
    "Blend": st.builds(rules.Blend, leads, st.floats(0.01, 1)),
    "DipBuyer": st.builds(rules.DipBuyer, above, counts, maybe_cash),
    "EventSwitch": _apart(
        rules.EventSwitch,
        "start",
        "to",
        dates=st.lists(dates, min_size=1, max_size=3),
        start=maybe_cash,
        to=maybe_cash,
        back_after=st.none() | counts,
    ),
    "Hold": st.builds(rules.Hold, maybe_cash),
    "Switch": st.builds(rules.Switch, leads, counts, counts),
    "TopK": st.builds(rules.TopK, counts, st.integers(0, 3)),
    "Wait": _apart(
        rules.Wait, "layer", "rest", depth=above, wait=counts, layer=layers, rest=maybe_cash
    ),
}


def _sum(inner: Drawn) -> Drawn:
    plain = st.builds(signals.Sum, st.lists(inner, min_size=1, max_size=2))
    return plain | _pairs(inner, numbers).map(lambda pairs: signals.Sum(*zip(*pairs, strict=True)))


OF_SIGNALS = {
    "Rank": lambda inner: st.builds(signals.Rank, inner),
    "Standardise": lambda inner: st.builds(signals.Standardise, inner, days),
    "Sum": _sum,
    "Voted": lambda inner: st.builds(signals.Voted, st.lists(inner, min_size=1, max_size=2)),
    "Where": lambda inner: st.builds(signals.Where, inner, inner, inner),
}
OF_RULES = {
    "Refuge": lambda inner: st.builds(rules.Refuge, inner, numbers, maybe_cash),
    "VolTarget": lambda inner: st.builds(rules.VolTarget, inner, above, days, above, above),
}


def _grown(leaves: dict[str, Drawn], wrappers: dict[str, Any]) -> Drawn:
    return st.recursive(
        st.one_of(*leaves.values()),
        lambda inner: st.one_of(*(wrap(inner) for wrap in wrappers.values())),
        max_leaves=4,
    )


own_signals = _grown(SIGNALS, OF_SIGNALS)
_voters = st.builds(rt.Strategy, own_signals, _grown(RULES, OF_RULES), _schedules(1))
RULES["Vote"] = st.builds(Vote, st.lists(_voters, min_size=2, max_size=3).map(tuple))
own_rules = _grown(RULES, OF_RULES)
strategies = st.builds(rt.Strategy, own_signals, own_rules, schedules)
"""Of the package's parts alone."""

mine = st.builds(
    Mine,
    st.builds(Bounds, anything, anything),
    anything,
    st.lists(texts, max_size=2).map(tuple),
    st.recursive(
        anything | own_signals, lambda inner: st.lists(inner, max_size=2).map(tuple), max_leaves=5
    ).map(lambda each: (each,)),
    st.none() | dates,
    st.none() | own_rules | anything,
    st.booleans(),
)
panels = st.builds(
    Panel,
    st.lists(strategies, max_size=2).map(tuple),
    st.none() | strategies,
    st.none() | mine | strategies,
)
user_strategies = st.builds(rt.Strategy, mine | own_signals, panels | own_rules, schedules)
"""With parts of the user's own, which `OWN` lists."""

OWN = (Bounds, Mine, Panel, Kept)
DRAWN = {
    **SIGNALS,
    **RULES,
    **{name: wrap(own_signals) for name, wrap in OF_SIGNALS.items()},
    **{name: wrap(own_rules) for name, wrap in OF_RULES.items()},
    "Schedule": schedules,
    "Strategy": strategies,
}
"""A part of each class of the package, by its name."""
