"""A layer as one series, in plain Python: who is in it, at what shares, and what each one adds."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from oracles.ledger import Rate, Table, at, brought, worth
from oracles.root import root

Stay = tuple[str, date | None, date | None]
"""A name, and the first and the last day on which it belongs; None for always."""

Weigh = Callable[[Table, int, Sequence[str]], Mapping[str, float]]
"""Numbers for some names at a row of closes, to be shares once they are made to sum to 1."""


class Gap(Exception):
    """A layer lost its last member, and then another one enters."""


@dataclass(slots=True)
class Basket:
    """A layer's index; at every close, after the row's trades, each member's share of it.

    ``parts`` says what moved the index: its members, and ``cost``.
    """

    index: list[float | None] = field(default_factory=list)
    shares: list[dict[str, float]] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)


def equal(closes: Table, t: int, names: Sequence[str]) -> dict[str, float]:
    """The same for all."""
    return dict.fromkeys(names, 1.0)


def basket(
    closes: Table,
    members: Sequence[str | Stay],
    rows: Iterable[int],
    *,
    buy: Rate,
    sell: Rate,
    slippage: Rate = 0.0,
    days: Sequence[date] | None = None,
    weigh: Weigh = equal,
    haircut: float = 0.0,
) -> Basket:
    """Shares among those that are there, restored on ``rows`` and whenever one enters or leaves.

    The first purchase is free, and so is the end: when no member is left the index stops at its
    last close, and whoever holds the layer pays for the sale and loses the haircut.
    """
    stays = [(each, None, None) if isinstance(each, str) else each for each in members]
    names = list(dict.fromkeys(name for name, _, _ in stays))
    restored = set(rows)
    layer = Basket()
    units: dict[str, float] = {}
    before: list[str] = []
    started = False
    for t, row in enumerate(closes):
        there = present(closes, days, stays, t)
        parts = dict.fromkeys([*names, "cost"], 0.0)
        if not before and not there:
            layer.index.append(None)
            layer.shares.append({})
            layer.parts.append(parts)
            continue
        if not before:
            if started:
                raise Gap(f"the layer has no member before row {t}, and had some earlier")
            started = True
            value = 1.0
            units = {n: share / row[n] for n, share in sharing(weigh, closes, t, there).items()}
        else:
            earlier = closes[t - 1]
            if there:
                row = brought(closes, t, haircut)
            for name in before:
                parts[name] = units[name] * (row[name] - earlier[name])
            value = math.fsum(units[name] * row[name] for name in before)
            if there and (there != before or t in restored):
                targets = sharing(weigh, closes, t, there)
                both = [name for name in names if name in before or name in there]
                after = root(
                    value,
                    {name: worth(units.get(name, 0.0), row[name]) for name in both},
                    {name: targets.get(name, 0.0) for name in both},
                    buy={name: at(buy, t, name) + at(slippage, t, name) for name in both},
                    sell={name: at(sell, t, name) + at(slippage, t, name) for name in both},
                )
                parts["cost"] = after - value
                value = after
                units = {name: targets[name] * value / row[name] for name in there}
        layer.index.append(value)
        layer.shares.append({name: u * row[name] / value for name, u in units.items()})
        layer.parts.append(parts)
        before = there
    return layer


def present(closes: Table, days: Sequence[date] | None, stays: Sequence[Stay], t: int) -> list[str]:
    """Names that are in the layer from the close of row t to the next."""
    found = []
    for name, start, end in stays:
        if closes[t][name] is None:
            continue
        if start is not None and days[t] < start:
            continue
        if end is not None and days[t] > end:
            continue
        if t + 1 < len(closes):
            if closes[t + 1][name] is None:
                continue
            if end is not None and days[t + 1] > end:
                continue
        found.append(name)
    return found


def sharing(weigh: Weigh, closes: Table, t: int, names: Sequence[str]) -> dict[str, float]:
    """What is weighed, made to sum to 1."""
    numbers = weigh(closes, t, names)
    total = math.fsum(numbers.values())
    return {name: numbers[name] / total for name in names}


def inverse_volatility(days: int) -> Weigh:
    """One over the deviation of ``days`` log returns; who has none that can be inverted: average.

    It has none if it has too few returns, or a price that does not move.
    """

    def weigh(closes: Table, t: int, names: Sequence[str]) -> dict[str, float]:
        known = {}
        for name in names:
            recent = [row[name] for row in closes[max(t - days, 0) : t + 1]]
            if len(recent) == days + 1 and None not in recent:
                returns = [math.log(new / old) for old, new in pairwise(recent)]
                deviation = statistics.stdev(returns)
                if deviation > 0.0:
                    known[name] = 1.0 / deviation
        average = statistics.fmean(known.values()) if known else 1.0
        return {name: known.get(name, average) for name in names}

    return weigh


def given(days: Sequence[date], table: Sequence[tuple[date, Mapping[str, float]]]) -> Weigh:
    """The newest numbers of a table that are not after the day."""

    def weigh(closes: Table, t: int, names: Sequence[str]) -> dict[str, float]:
        newest = {}
        for day, numbers in table:
            if day <= days[t]:
                newest = numbers
        return {name: newest[name] for name in names}

    return weigh


def capped(other: Weigh, cap: float) -> Weigh:
    """Shares of at most ``cap``; what is cut goes to the rest in proportion."""

    def weigh(closes: Table, t: int, names: Sequence[str]) -> dict[str, float]:
        if len(names) * cap <= 1.0:
            return dict.fromkeys(names, 1.0)
        shares = sharing(other, closes, t, names)
        cut: set[str] = set()
        while over := {name for name in names if name not in cut and shares[name] > cap}:
            cut |= over
            rest = [name for name in names if name not in cut]
            left = 1.0 - cap * len(cut)
            total = math.fsum(shares[name] for name in rest)
            for name in rest:
                shares[name] = left * (shares[name] / total if total > 0.0 else 1.0 / len(rest))
            for name in cut:
                shares[name] = cap
        return shares

    return weigh
