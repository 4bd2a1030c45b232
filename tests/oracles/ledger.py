"""The slow, obvious account: one session and one asset at a time, in plain Python.

It is written from the design of the account, never from the engine, and shares no code with it:
numbers are floats, tables are lists of dicts (a row per session, oldest first; None where there is
no price), and the self-financing trade is found by bisection.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

from oracles import lots as whole
from oracles.root import root

Row = dict[str, float | None]
Table = list[Row]
Rate = float | Mapping[str, float] | Sequence["float | Mapping[str, float]"]
"""A number for all, or by name, or by session, or by session and name."""

NOTHING = 1e-12  # turnover below it is rounding, not a trade


class Frame(Protocol):
    """As much of a DataFrame as the border needs."""

    def to_dict(self, orient: str) -> list[dict[str, float]]: ...


def table(frame: Frame) -> Table:
    """Rows of a DataFrame as dicts, None for NaN."""
    return [
        {name: None if math.isnan(x) else float(x) for name, x in row.items()}
        for row in frame.to_dict("records")
    ]


def at(rate: Rate, t: int, name: str) -> float:
    """What a rate is for one name in one session."""
    if isinstance(rate, Sequence):
        rate = rate[t]
    return rate[name] if isinstance(rate, Mapping) else rate


@dataclass(frozen=True, slots=True)
class Band:
    """How far a weight may be off."""

    absolute: float = 0.0
    relative: float = 0.0
    to_edge: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """How the account trades.

    Parameters
    ----------
    lag : sessions between decision and trade
    buy, sell, slippage : rates; slippage is on top of both
    coefficient, volume : of impact; for layers of their members, like the rates
    band : within which nothing is traded, None for none
    fill : the prices at which trades are made, the closes if None
    cash_rate : interest on cash, row 0 is not used
    debit_rate : interest on negative cash, None for the same
    short_fee : by which what is owed of a short grows
    dividend, split : money per share after the split; shares that one becomes
    to_cash : dividends stay in cash
    lots : whole lots, None for shares that divide
    haircut : part of a last close that is lost
    capital : cash at the start
    shares : for layers, what each is made of at every close: a trade pays for what changes hands
    """

    lag: int
    buy: Rate = 0.0
    sell: Rate = 0.0
    slippage: Rate = 0.0
    coefficient: Rate = 0.0
    volume: Rate = math.inf
    band: Band | None = None
    fill: Table | None = None
    cash_rate: Rate = 0.0
    debit_rate: Rate | None = None
    short_fee: Rate = 0.0
    dividend: Rate = 0.0
    split: Rate = 1.0
    to_cash: bool = False
    lots: whole.Lots | None = None
    haircut: float = 0.0
    capital: float = 1.0
    shares: Mapping[str, Sequence[Mapping[str, float]]] | None = None


@dataclass(slots=True)
class State:
    """Cash, and units by name."""

    cash: float
    units: dict[str, float]

    def copy(self) -> "State":
        return State(self.cash, dict(self.units))

    def holdings(self, prices: Row) -> dict[str, float]:
        return {name: worth(units, prices[name]) for name, units in self.units.items()}

    def value(self, prices: Row) -> float:
        return self.cash + math.fsum(self.holdings(prices).values())

    def gross(self, prices: Row) -> float:
        return abs(self.cash) + math.fsum(abs(x) for x in self.holdings(prices).values())


@dataclass(slots=True)
class Entry:
    """One trade: rows of decision (None if forced) and trade, turnover, cost in currency.

    Two are the same if these are. Besides: how far whole lots stay from the targets, what was
    earned until the next trade, what would have been earned ``instead`` by what was held before,
    and for that the account before the trade, its value then and after, and whether it was made at
    fill prices.
    """

    decided: int | None
    traded: int
    turnover: float
    cost: float
    deviation: float = field(default=0.0, compare=False)
    earned: float = field(default=math.nan, compare=False)
    instead: float = field(default=math.nan, compare=False)
    before: State | None = field(default=None, compare=False, repr=False)
    value: float = field(default=math.nan, compare=False, repr=False)
    at_fill: bool = field(default=False, compare=False, repr=False)


@dataclass(slots=True)
class Book:
    """What the account was worth and held at the close of every session, and its trades.

    ``parts`` is what each session's change in value came from: every asset, ``cash``, ``cost`` and
    ``forgiven``, what was owed beyond all that there was. ``gross`` is the sum of all positions
    without their signs, and ``strain`` the highest it was over the value: how much of the value
    cancels, so how many digits any other account may lose. ``ruined`` is the row on which all was
    lost.
    """

    value: list[float] = field(default_factory=list)
    weights: list[dict[str, float]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    gross: list[float] = field(default_factory=list)
    strain: float = 1.0
    ruined: int | None = None


class Ruin(Exception):
    """All is lost."""


def ledger(closes: Table, decisions: Mapping[int, Mapping[str, float]], **terms) -> Book:
    """Run the account through every session.

    Parameters
    ----------
    closes : closes by session
    decisions : target weights by the row that decides; a name left out has weight 0
    terms : see Terms
    """
    on = Terms(**terms)
    state = State(on.capital, dict.fromkeys(closes[0], 0.0))
    book = Book()
    for t in range(len(closes)):
        parts = dict.fromkeys([*closes[0], "cash", "cost", "forgiven"], 0.0)
        if book.ruined is None:
            try:
                session(state, closes, t, decisions, on, parts, book)
            except Ruin:
                before = book.value[-1] if book.value else on.capital
                parts["forgiven"] = -before - math.fsum(parts.values())
                book.ruined = t
                state = State(0.0, dict.fromkeys(closes[0], 0.0))
        value = state.value(closes[t])
        if book.ruined is None:
            row = {name: x / value for name, x in state.holdings(closes[t]).items()}
            book.weights.append({**row, "cash": state.cash / value})
        else:
            book.weights.append({**dict.fromkeys(closes[0], 0.0), "cash": 1.0})
        book.value.append(value)
        book.gross.append(state.gross(closes[t]))
        book.parts.append(parts)
    look_back(book, closes, on)
    return book


def session(
    state: State,
    closes: Table,
    t: int,
    decisions: Mapping[int, Mapping[str, float]],
    on: Terms,
    parts: dict[str, float],
    book: Book,
) -> None:
    """One session from the close before to its own: ``state``, ``parts`` and ``book`` change."""
    marked = state.holdings(closes[t - 1]) if t else dict.fromkeys(state.units, 0.0)

    close = brought(closes, t, on.haircut)

    def mark(prices: Row) -> float:
        """Write down what each asset has earned, and give the value."""
        for name, now in state.holdings(prices).items():
            parts[name] += now - marked[name]
            marked[name] = now
        value = state.value(prices)
        survive(value, state.gross(prices), book)
        return value

    def trade(to: State, value: float, after: float) -> None:
        """Pay, with all that there is if that is too little."""
        parts["cost"] += max(after, 0.0) - value
        survive(after, to.gross(prices), book)
        state.cash, state.units = to.cash, to.units
        marked.update(to.holdings(prices))

    weights = None
    into_cash = on.to_cash
    prices = close
    if t - on.lag in decisions:
        asked = decisions[t - on.lag]
        gone = {
            name for name, price in closes[t].items() if price is None or leaves(closes, name, t)
        }
        targets = {name: 0.0 if name in gone else asked.get(name, 0.0) for name in state.units}
        if on.fill is not None:
            prices = on.fill[t]
        trial = state.copy()
        wake(trial, closes, t, on, into_cash=on.to_cash or on.fill is not None)
        first = all(entry.decided is None for entry in book.entries)
        leaving = any(units != 0.0 for name, units in state.units.items() if name in gone)
        full = first or leaving
        weights = targets if full else within_band(trial, prices, targets, on.band)
        into_cash = on.to_cash or on.fill is not None

    paid = wake(state, closes, t, on, into_cash=into_cash)
    for name, amount in paid.items():
        parts[name] += amount

    if weights is not None:
        value = mark(prices)
        to, after, turnover = traded(state, prices, t, weights, value, on, gone)
        entry = Entry(t - on.lag, t, turnover, value - after, before=state.copy(), value=value)
        entry.at_fill = on.fill is not None
        trade(to, value, after)
        if on.lots is not None:
            held = to.holdings(prices)
            entry.deviation = math.fsum(abs(held[n] / after - targets[n]) for n in held)
        if turnover > NOTHING:
            book.entries.append(entry)

    prices = close
    value = mark(prices)
    leaving = [n for n, units in state.units.items() if units != 0.0 and leaves(closes, n, t)]
    if leaving:
        before, to = state.copy(), state.copy()
        amounts = {name: marked[name] for name in leaving}
        if on.shares is not None:
            amounts = within(amounts, on.shares, t)
        cost = math.fsum(exit_cost(state, name, x, t, on) for name, x in amounts.items())
        turnover = math.fsum(abs(x) for x in amounts.values()) / value
        to.cash += math.fsum(marked[name] for name in leaving) - cost
        to.units.update(dict.fromkeys(leaving, 0.0))
        trade(to, value, value - cost)
        book.entries.append(Entry(None, t, turnover, cost, before=before, value=value))


def wake(state: State, closes: Table, t: int, on: Terms, *, into_cash: bool) -> dict[str, float]:
    """Interest, fees of shorts, splits and dividends of a session; what each name paid in cash."""
    if t == 0:
        return {}
    owing = state.cash < 0.0 and on.debit_rate is not None
    paid = {"cash": state.cash * at(on.debit_rate if owing else on.cash_rate, t, "cash")}
    for name, units in state.units.items():
        if units == 0.0:
            continue
        if units < 0.0:
            units *= 1.0 + at(on.short_fee, t, name)
        units *= at(on.split, t, name)
        dividend = units * at(on.dividend, t, name)
        if into_cash:
            paid[name] = dividend
        elif dividend != 0.0:
            units += dividend / closes[t][name]
        state.units[name] = units
    state.cash += math.fsum(paid.values())
    return paid


def within_band(
    state: State, prices: Row, targets: Mapping[str, float], band: Band | None
) -> dict[str, float] | None:
    """The weights to trade to, None for no trade."""
    if band is None:
        return dict(targets)
    value = state.value(prices)
    if value <= 0.0:
        return dict(targets)  # ruin, in a moment
    drifted = {name: x / value for name, x in state.holdings(prices).items()}
    part = 1.0  # of the way from the target to the drifted weight
    for name, weight in targets.items():
        off = abs(drifted[name] - weight)
        tolerance = band.absolute
        if weight != 0.0:
            tolerance = max(tolerance, band.relative * abs(weight))
        if off > tolerance:
            part = min(part, tolerance / off)
    if part == 1.0:
        return None
    if not band.to_edge:
        return dict(targets)
    return {name: weight + part * (drifted[name] - weight) for name, weight in targets.items()}


def traded(
    state: State,
    prices: Row,
    t: int,
    weights: Mapping[str, float],
    value: float,
    on: Terms,
    gone: Collection[str],
) -> tuple[State, float, float]:
    """The account after a trade to ``weights``, its value then, and the turnover."""
    holdings = state.holdings(prices)
    if on.lots is not None:
        buy = {name: at(on.buy, t, name) + at(on.slippage, t, name) for name in holdings}
        sell = {name: at(on.sell, t, name) + at(on.slippage, t, name) for name in holdings}
        cash, units = whole.trade(
            state.cash,
            state.units,
            prices,
            weights,
            lots=on.lots,
            buy=buy,
            sell=sell,
            leaving=gone,
        )
        to = State(cash, units)
        after = to.value(prices)
        now = to.holdings(prices)
        moved = [name for name in units if units[name] != state.units[name]]
        turnover = math.fsum(abs(now[n] / after - holdings[n] / value) for n in moved)
        return to, after, turnover

    sold, bought = holdings, dict(weights)
    if on.shares is not None:
        sold, bought = within(holdings, on.shares, t), within(weights, on.shares, t)
        every = list(dict.fromkeys([*sold, *bought]))
        sold = {name: sold.get(name, 0.0) for name in every}
        bought = {name: bought.get(name, 0.0) for name in every}
    impact = None
    if on.volume != math.inf:
        impact = {
            name: at(on.coefficient, t, name) / math.sqrt(at(on.volume, t, name))
            for name in sold
            if sold[name] != 0.0 or bought[name] != 0.0
        }
        sold = {name: sold[name] for name in impact}
        bought = {name: bought[name] for name in impact}
    after = root(
        value,
        sold,
        bought,
        buy={name: at(on.buy, t, name) + at(on.slippage, t, name) for name in sold},
        sell={name: at(on.sell, t, name) + at(on.slippage, t, name) for name in sold},
        impact=impact,
    )
    if after <= 0.0:
        return state, after, 0.0
    units = {n: 0.0 if w == 0.0 else w * after / prices[n] for n, w in weights.items()}
    cash = after * (1.0 - math.fsum(weights.values()))
    turnover = math.fsum(abs(bought[name] - sold[name] / value) for name in sold)
    return State(cash, units), after, turnover


def exit_cost(state: State, name: str, amount: float, t: int, on: Terms) -> float:
    """What it costs to leave one position for good; in lots no more than it brings."""
    rate = at(on.sell if amount > 0.0 else on.buy, t, name) + at(on.slippage, t, name)
    if on.lots is None:
        return rate * abs(amount)
    shares = state.units[name]
    return min(amount, on.lots.fee(shares, amount / shares, rate))


def look_back(book: Book, closes: Table, on: Terms) -> None:
    """Write into every entry what was earned until the next one, or the ruin, or the end."""
    for entry, later in zip_longest(book.entries, book.entries[1:]):
        row = len(closes) - 1 if book.ruined is None else book.ruined
        at_fill, value = False, book.value[row]
        if later is not None:
            row, at_fill, value = later.traded, later.at_fill, later.value
        entry.earned = value / (entry.value - entry.cost) - 1.0
        entry.instead = left_alone(entry, row, closes, on, book, at_fill=at_fill) / entry.value - 1


def left_alone(
    entry: Entry, stop: int, closes: Table, on: Terms, book: Book, *, at_fill: bool
) -> float:
    """What the account before a trade is worth at ``stop`` if it never trades and never pays."""
    state = entry.before.copy()
    t = entry.traded
    prices = brought(closes, t, on.haircut)
    while True:
        book.strain = max(book.strain, state.gross(prices) / entry.value)
        if state.value(prices) <= 0.0:
            return 0.0
        if t == stop:
            return state.value(prices)
        for name, units in state.units.items():
            if leaves(closes, name, t) and units != 0.0:
                state.cash += units * prices[name]
                state.units[name] = 0.0
        t += 1
        filled = at_fill and t == stop
        wake(state, closes, t, on, into_cash=on.to_cash or filled)
        prices = on.fill[t] if filled else brought(closes, t, on.haircut)


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


def brought(closes: Table, t: int, haircut: float) -> Row:
    """What a unit of each brings at the close: a last close less the haircut."""
    return {
        name: price * (1.0 - haircut) if leaves(closes, name, t) else price
        for name, price in closes[t].items()
    }


def leaves(closes: Table, name: str, t: int) -> bool:
    """Whether row t has the last close of an asset that is delisted before the data end."""
    last_row = len(closes) - 1
    return t < last_row and closes[t][name] is not None and closes[t + 1][name] is None


def survive(value: float, gross: float, book: Book) -> None:
    """Raise Ruin unless the account is worth something; note the strain."""
    book.strain = max(book.strain, gross / abs(value) if value != 0.0 else math.inf)
    if value <= 0.0:
        raise Ruin
