"""The slow, obvious account: one session and one asset at a time, in plain Python.

It is written from the design of the account, never from the engine, and shares no code with it:
numbers are floats, tables are lists of dicts (a row per session, oldest first; None where there is
no price), and the self-financing trade is found by bisection.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

Row = dict[str, float | None]
Table = list[Row]


class Frame(Protocol):
    """As much of a DataFrame as the border needs."""

    def to_dict(self, orient: str) -> list[dict[str, float]]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One trade: rows of decision (None if forced) and trade, turnover, cost in currency."""

    decided: int | None
    traded: int
    turnover: float
    cost: float


@dataclass(slots=True)
class Book:
    """What the account was worth and held at the close of every session, and its trades.

    ``strain`` is the highest gross of all positions, cash included, over the value: how much of the
    value cancels, so how many digits any other account may lose.
    """

    value: list[float] = field(default_factory=list)
    weights: list[dict[str, float]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    strain: float = 1.0


class Ruin(Exception):
    """The account is worth nothing at row ``row``; ``book`` ends the row before."""

    def __init__(self, row: int, book: Book) -> None:
        super().__init__(f"ruined at row {row}")
        self.row = row
        self.book = book


def table(frame: Frame) -> Table:
    """Rows of a DataFrame as dicts, None for NaN."""
    return [
        {name: None if math.isnan(x) else float(x) for name, x in row.items()}
        for row in frame.to_dict("records")
    ]


def ledger(
    closes: Table,
    decisions: Mapping[int, Mapping[str, float]],
    *,
    lag: int,
    buy: Mapping[str, float],
    sell: Mapping[str, float],
    cash_rate: Sequence[float] | None = None,
    fill: Table | None = None,
    capital: float = 1.0,
    shares: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> Book:
    """Run the account through every session.

    Parameters
    ----------
    closes : closes by session
    decisions : target weights by the row that decides; a name left out has weight 0
    lag : sessions between decision and trade
    buy, sell : rates by name
    cash_rate : interest on cash by session, row 0 is not used
    fill : the prices at which trades are made, the closes if None
    capital : cash at the start
    shares : for layers, what each is made of at every close: a trade pays for what changes hands
    """
    names = list(closes[0])
    cash = capital
    units = dict.fromkeys(names, 0.0)
    book = Book()
    for t in range(len(closes)):
        if t > 0 and cash_rate is not None:
            cash += cash * cash_rate[t]

        decided = t - lag
        if decided in decisions:
            prices = closes[t] if fill is None else fill[t]
            targets = {}
            for name in names:
                gone = closes[t][name] is None or leaves(closes, name, t)
                targets[name] = 0.0 if gone else decisions[decided].get(name, 0.0)
            holdings = {name: worth(units[name], prices[name]) for name in names}
            before = cash + math.fsum(holdings.values())
            survive(t, before, cash, holdings, book)
            sold, bought = holdings, targets
            if shares is not None:
                sold = within(holdings, shares, t)
                bought = {**dict.fromkeys(sold, 0.0), **within(targets, shares, t)}
                sold = {**dict.fromkeys(bought, 0.0), **sold}
            after = root(before, sold, bought, buy=buy, sell=sell)
            survive(t, after, cash, holdings, book)
            turnover = math.fsum(abs(bought[name] - sold[name] / before) for name in sold)
            for name in names:
                price = prices[name]
                units[name] = 0.0 if targets[name] == 0.0 else targets[name] * after / price
            cash = after * (1.0 - math.fsum(targets.values()))
            book.entries.append(Entry(decided, t, turnover, before - after))

        holdings = {name: worth(units[name], closes[t][name]) for name in names}
        before = cash + math.fsum(holdings.values())
        survive(t, before, cash, holdings, book)
        for name in names:
            if leaves(closes, name, t) and units[name] != 0.0:
                parts = {name: holdings[name]}
                if shares is not None:
                    parts = within(parts, shares, t)
                cost = math.fsum(
                    sell[part] * amount if amount > 0.0 else -buy[part] * amount
                    for part, amount in parts.items()
                )
                cash += holdings[name] - cost
                book.entries.append(Entry(None, t, abs(holdings[name]) / before, cost))
                holdings[name] = units[name] = 0.0

        value = cash + math.fsum(holdings.values())
        survive(t, value, cash, holdings, book)
        book.value.append(value)
        row = {name: holdings[name] / value for name in names}
        book.weights.append({**row, "cash": cash / value})
    return book


def root(
    value: float,
    holdings: Mapping[str, float],
    targets: Mapping[str, float],
    *,
    buy: Mapping[str, float],
    sell: Mapping[str, float],
) -> float:
    """Value after a trade: the v that makes ``value`` with its costs, bisected to the last bit."""

    def used(v: float) -> float:
        parts = [v]
        for name, held in holdings.items():
            change = targets[name] * v - held
            parts.append(buy[name] * change if change > 0.0 else -sell[name] * change)
        return math.fsum(parts)

    high = value  # no trade pays: used(value) >= value
    step = abs(value) or 1.0
    while used(value - step) > value:
        step *= 2.0
    low = value - step
    for _ in range(2000):
        middle = low + (high - low) / 2.0
        if middle in (low, high):
            break
        if used(middle) > value:
            high = middle
        else:
            low = middle
    return high


def worth(units: float, price: float | None) -> float:
    """Money in one position."""
    if units == 0.0:
        return 0.0
    assert price is not None, "a position without a price"
    return units * price


def within(
    amounts: Mapping[str, float], shares: Mapping[str, Sequence[Mapping[str, float]]], t: int
) -> dict[str, float]:
    """Amounts in layers as amounts in their members at row t."""
    total: dict[str, float] = {}
    for layer, amount in amounts.items():
        if amount != 0.0:
            for name, share in shares[layer][t].items():
                total[name] = total.get(name, 0.0) + amount * share
    return total


def leaves(closes: Table, name: str, t: int) -> bool:
    """Whether row t has the last close of an asset that is delisted before the data end."""
    last_row = len(closes) - 1
    return t < last_row and closes[t][name] is not None and closes[t + 1][name] is None


def lists(closes: Table, name: str, t: int) -> bool:
    """Whether row t has the first close of an asset."""
    return closes[t][name] is not None and (t == 0 or closes[t - 1][name] is None)


def survive(t: int, value: float, cash: float, holdings: Mapping[str, float], book: Book) -> None:
    """Raise Ruin unless the account is worth something; note the strain."""
    gross = abs(cash) + math.fsum(abs(x) for x in holdings.values())
    strain = gross / abs(value) if value != 0.0 else math.inf
    book.strain = max(book.strain, strain)
    if value <= 0.0:
        raise Ruin(t, book)


# The strategy: scores, the choice, the rows that decide.


def momentum(closes: Table, name: str, t: int, days: int, skip: int = 0) -> float | None:
    """Log return over ``days`` sessions that ended ``skip`` sessions before row t.

    An asset without a close on row t has no score, whatever the skip: it cannot be chosen.
    """
    newest, oldest = t - skip, t - skip - days
    if oldest < 0 or closes[t][name] is None:
        return None
    ends, starts = closes[newest][name], closes[oldest][name]
    if ends is None or starts is None:
        return None
    return math.log(ends / starts)


def switch(scores: Mapping[str, float | None], held: str | None, margin: float) -> str | None:
    """The name to hold: the held one unless a rival leads by more than the margin; None is cash."""
    best: str | None = None
    top = -math.inf
    for name, score in scores.items():
        if score is not None and score > top:
            best, top = name, score
    own = None if held is None else scores[held]
    if best is None or own is None:
        return best
    return best if top - own > margin else held


def period(day: date, letter: str) -> tuple[int, ...]:
    """The calendar period that a session lies in; weeks run from Monday to Sunday."""
    if letter == "D":
        return (day.year, day.month, day.day)
    if letter == "W":
        return tuple(day.isocalendar())[:2]
    if letter == "M":
        return (day.year, day.month)
    if letter == "Q":
        return (day.year, (day.month - 1) // 3)
    if letter == "Y":
        return (day.year,)
    raise ValueError(letter)


def deciding_rows(days: Sequence[date], every: str | int, offset: int = 0) -> list[int]:
    """Rows that end a period, with a later session to show it, moved by the offset."""
    rows = []
    for t in range(len(days) - 1):
        if isinstance(every, int):
            ends = t // every != (t + 1) // every
        else:
            ends = period(days[t], every) != period(days[t + 1], every)
        if ends and t + offset < len(days):
            rows.append(t + offset)
    return rows


def switching(
    closes: Table, rows: Iterable[int], *, days: int, skip: int, margin: float
) -> dict[int, dict[str, float]]:
    """Decisions of momentum and switch, one row at a time: everything in the chosen name.

    A row that keeps what is held decides nothing.
    """
    held: str | None = None
    decisions: dict[int, dict[str, float]] = {}
    for t in rows:
        scores = {name: momentum(closes, name, t, days, skip) for name in closes[t]}
        before, held = held, switch(scores, held, margin)
        if held != before:
            decisions[t] = {} if held is None else {held: 1.0}
    return decisions


# A layer as one series.


class Gap(Exception):
    """A layer lost its last member, and then another one lists."""


@dataclass(slots=True)
class Basket:
    """A layer's index, and each member's share of it at every close, after the row's trades."""

    index: list[float | None] = field(default_factory=list)
    shares: list[dict[str, float]] = field(default_factory=list)


def basket(
    closes: Table,
    members: Sequence[str],
    rows: Iterable[int],
    *,
    buy: Mapping[str, float],
    sell: Mapping[str, float],
) -> Basket:
    """Equal weights among the living, restored on ``rows`` and when a member lists or leaves.

    The first purchase is free, and so is the end: when no member is left the index stops at its
    last close, and whoever holds the layer pays for the sale.
    """
    restored = set(rows)
    units: dict[str, float] = {}
    layer = Basket()
    started = False
    for t in range(len(closes)):
        joined = [name for name in members if lists(closes, name, t)]
        left = [name for name in members if leaves(closes, name, t)]
        living = [name for name in members if closes[t][name] is not None and name not in left]
        targets = {name: 1.0 / len(living) if name in living else 0.0 for name in members}
        if not started and joined:
            started = True
            value = 1.0
            units = {name: targets[name] / closes[t][name] for name in living}
        elif units:
            holdings = {name: worth(units.get(name, 0.0), closes[t][name]) for name in members}
            value = math.fsum(holdings.values())
            if living and (joined or left or t in restored):
                value = root(value, holdings, targets, buy=buy, sell=sell)
                units = {name: targets[name] * value / closes[t][name] for name in living}
        elif joined:
            raise Gap(f"the layer has no member before row {t}, and had some earlier")
        else:
            layer.index.append(None)
            layer.shares.append({})
            continue
        layer.index.append(value)
        layer.shares.append({n: u * closes[t][n] / value for n, u in units.items()})
        if not living:
            units = {}
    return layer
