"""Target weights to an exact account.

After a trade to target weights the account is those weights of its value, whatever that was: so
what a trade costs follows from the weights before and after it alone, a whole block of trades is
solved at once, and value is a product of growths and kept shares. What links one trade to the
next (tolerance bands, impact, forced sales, dividends) is solved one event at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray, delisted
from rotation.costs import root
from rotation.engine.market import Band, Composition, Market, Rates

__all__ = ["Account", "ruined", "run"]

_BLOCK = 1 << 16  # numbers in a scratch array, so that the few of a block stay in a core's cache
_ROWS = 1 << 10  # rows of prices that one strategy is taken over at a time, likewise


@dataclass(frozen=True, slots=True)
class Account:
    """What became of S strategies; its E events are trades, forced sales and dividends.

    Parameters
    ----------
    value : (T, S) after the trades of each row, account currency; 0 from ruin on
    rows : (E,) row of each event, oldest first
    decision : (E,) number of the decision that a trade carries out, -1 if it is no trade
    price : (E, N) price of each asset at the event, 0 where not listed
    weights : (E, S, N) weights of the value right after each event
    before, after : (E, S) value just before and after each event, account currency
    turnover : (E, S) Σ|Δw| over assets
    ruined : (S,) row on which nothing was left, T for never; None if that befell none
    deviation : (E, S) Σ|w - target| that whole shares leave; None where shares divide
    """

    value: FloatArray
    rows: IntArray
    decision: IntArray
    price: FloatArray
    weights: FloatArray
    before: FloatArray
    after: FloatArray
    turnover: FloatArray
    ruined: IntArray | None = None
    deviation: FloatArray | None = None


def run(
    market: Market,
    rows: IntArray,
    targets: FloatArray,
    *,
    rates: Rates = Rates(),
    band: Band | None = None,
    composition: Composition | None = None,
    capital: float = 1.0,
) -> Account:
    """Account of S strategies that trade on the same rows.

    Parameters
    ----------
    market : prices of T sessions and N assets
    rows : (K,) rows that trade, ascending, one at least
    targets : (K, S, N) weights of the value after each trade, the rest is cash; 0 for an asset
        that is not listed yet
    rates : what trading costs; of the A assets of ``composition`` if there is one
    band : tolerance within which weights are left alone; None to trade to the targets
    composition : what the N assets, which are layers then, are made of
    capital : cash at the start

    Returns
    -------
    Account

    Notes
    -----
    Until its trade a row earns on what was held overnight, cash, interest and dividends included;
    from ``fill`` to the close it earns on the new holdings. An asset is sold at its last close if
    the table goes on after it; a trade on that row or later leaves that part of its target in
    cash. An account that is worth nothing, or could not pay for leaving, is ruined: it stays at 0.

    Examples
    --------
    >>> close = np.array([[1.0], [2.0], [4.0]])
    >>> account = run(Market(close, close, np.ones(3)), np.array([1]), np.array([[[0.5]]]))
    >>> account.value.ravel().tolist()
    [1.0, 1.0, 1.5]
    """
    rows, decision = market.events(rows)
    end, trades = delisted(market.close), decision >= 0
    one_by_one = ~trades | (band is not None) | (rates.impact is not None)
    weights = _placed(targets, rows, decision, end, copy=bool(one_by_one.any()))
    events, strategies = weights.shape[:2]
    price = np.nan_to_num(np.where(trades[:, None], market.fill[rows], market.close[rows]))
    worth = _Worth.of(market, rows, price)
    trade = _Trade(rows, end, rates, band, composition, market.close.shape)
    before, after, turnover = (np.empty((events, strategies)) for _ in range(3))
    value = np.empty((len(market.close), strategies))
    value[: rows[0]] = capital * market.cash[: rows[0], None]
    level = np.full(strategies, float(capital))
    owned = np.zeros((price.shape[1] + 1, 1, strategies))
    owned[-1] = 1.0  # all is cash before the first trade
    owes = False
    size = max(1, _BLOCK // (trade.assets * strategies))
    for block in _blocks(one_by_one, size):
        # Assets come first in here, cash last of them: numpy adds long rows fastest.
        held = _after(owned, weights[block])
        wanted = held[:, 1:]
        with np.errstate(all="ignore"):  # after ruin there is nothing sound to compute
            drifted, grown = worth.drift(held[:, :-1], block)
            if trades[block.start]:
                past = turnover[: block.start]
                left, turnover[block] = trade.make(drifted, wanted, grown, level, block, past)
            else:
                left, turnover[block] = trade.leave(drifted, wanted, grown, block)
            left[left <= 0] = np.nan  # it could not pay for leaving what it holds
            after[block] = level * np.cumprod(left, axis=0)
            before[block] = after[block] / (left / grown)  # never below what it leaves
        if one_by_one[block.start]:
            weights[block] = wanted[:-1].transpose(1, 2, 0)
        owes |= bool(wanted.min() < 0)
        owned, level = wanted[:, -1:].copy(), after[block.stop - 1]
        worth.fill(value, np.multiply(wanted, after[block], out=wanted), block)
    account = Account(value, rows, decision, price, weights, before, after, turnover)
    # What owes nothing and pays for its trades is always worth something.
    safe = not owes and bool((after > 0).all())
    return account if safe or (value > 0).all() else ruined(account)


@dataclass(frozen=True, slots=True)
class _Worth:
    """What money put into each asset, or cash (last), at an event is worth until the next.

    Where it costs to owe, negative money has a worth of its own.
    """

    rows: IntArray  # (E,)
    stop: IntArray  # (E,) row of the next event
    held: "_Side"
    owed: "_Side | None"

    @classmethod
    def of(cls, market: Market, rows: IntArray, price: FloatArray) -> "_Worth":
        close = market.close
        if np.isnan(close).any():
            close = np.nan_to_num(close)
        held, owed = _Side.of(rows, price, close, market.cash, market.dividend), None
        if market.short is not None or market.debt is not None:
            short = np.ones_like(close) if market.short is None else market.short
            debt = market.cash if market.debt is None else market.debt
            dividend = None if market.dividend is None else market.dividend * short
            owed = _Side.of(rows, price * short[rows], close * short, debt, dividend)
        return cls(rows, np.append(rows[1:], len(close)), held, owed)

    def drift(self, owned: FloatArray, block: slice) -> tuple[FloatArray, FloatArray]:
        """What weights (N + 1, B, S) an event earlier have become, and their sum (B, S)."""
        if self.owed is None:
            drifted = self.held.drift(owned, block)
        else:
            drifted = self.held.drift(np.maximum(owned, 0), block)
            drifted += self.owed.drift(np.minimum(owned, 0), block)
        grown = drifted.sum(axis=0)
        grown[grown <= 0] = np.nan  # ruin: no trade can bring that value back
        return drifted, grown

    def fill(self, value: FloatArray, money: FloatArray, block: slice) -> None:
        """Write values (T, S) from each event to the next, of ``money`` (N + 1, B, S) put in."""
        starts, stops = self.rows[block], self.stop[block]
        part = value[starts[0] : stops[-1]]
        if self.owed is None:
            self.held.fill(part, money, block, starts, stops)
            return
        self.held.fill(part, np.maximum(money, 0), block, starts, stops)
        owed = np.empty_like(part)
        self.owed.fill(owed, np.minimum(money, 0), block, starts, stops)
        part += owed


@dataclass(frozen=True, slots=True)
class _Side:
    """Worth of what is held, or of what is owed."""

    close: FloatArray  # (T, N)
    cash: FloatArray  # (T,)
    since: FloatArray  # (E, N + 1) price of each, and of cash, at the event
    growth: FloatArray  # (N + 1, E, 1) from the event before; at the first, from row 0
    income: FloatArray | None  # (N + 1, E, 1) dividends since the event before

    @classmethod
    def of(
        cls,
        rows: IntArray,
        price: FloatArray,
        close: FloatArray,
        cash: FloatArray,
        dividend: FloatArray | None,
    ) -> "_Side":
        at = np.column_stack([price, cash[rows]])
        growth = np.zeros_like(at)
        growth[0, -1] = at[0, -1] / cash[0]
        np.divide(at[1:], at[:-1], out=growth[1:], where=at[:-1] > 0)
        income = None
        if dividend is not None:
            income = np.zeros_like(at)
            np.divide(dividend[rows[1:]], price[:-1], out=income[1:, :-1], where=price[:-1] > 0)
            income = income.T[:, :, None]
        since = np.where(at > 0, at, 1.0)  # nothing is held of what has no price
        return cls(close, cash, since, growth.T[:, :, None], income)

    def drift(self, owned: FloatArray, block: slice) -> FloatArray:
        """What weights (N + 1, B, S) an event earlier have become, dividends in cash."""
        drifted = owned * self.growth[:, block]
        if self.income is not None:
            drifted[-1] += (owned * self.income[:, block]).sum(axis=0)
        return drifted

    def fill(
        self,
        value: FloatArray,
        money: FloatArray,
        block: slice,
        starts: IntArray,
        stops: IntArray,
    ) -> None:
        """Write what ``money`` (N + 1, B, S) is worth (t, S) until the next event."""
        first, lengths, since = starts[0], stops - starts, self.since[block]
        if value.shape[1] == 1:  # hundreds of tiny matrix products take longer than a few wide sums
            units = money[:, :, 0].T / since
            step = max(1, _ROWS * len(units) // len(value))
            for k in range(0, len(units), step):
                held = np.repeat(units[k : k + step], lengths[k : k + step], axis=0)
                rows = slice(starts[k], starts[k] + len(held))
                worth = np.einsum("tn,tn->t", self.close[rows], held[:, :-1])
                worth += self.cash[rows] * held[:, -1]
                value[rows.start - first : rows.stop - first, 0] = worth
            return
        rows = slice(first, stops[-1])
        path = np.column_stack([self.close[rows], self.cash[rows]])
        path /= np.repeat(since, lengths, axis=0)
        for k, end in enumerate(np.cumsum(lengths).tolist()):
            start = end - lengths[k]
            np.matmul(path[start:end], money[:, k], out=value[start:end])


@dataclass(frozen=True, slots=True)
class _Trade:
    """Settles events: what is left of the value an event earlier, and turnover, both (B, S)."""

    rows: IntArray
    end: IntArray
    rates: Rates
    band: Band | None
    composition: Composition | None
    shape: tuple[int, int]

    @property
    def assets(self) -> int:
        """Number of assets that change hands, A; of layers, their members."""
        return self.shape[1] if self.composition is None else self.composition.assets

    def make(
        self,
        drifted: FloatArray,
        wanted: FloatArray,
        grown: FloatArray,
        level: FloatArray,
        block: slice,
        past: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Trade to the targets ``wanted`` (N + 1, B, S), or within the band towards them.

        What is then held instead is written into ``wanted``. ``past`` is the turnover so far.
        """
        trades = None
        if self.band is not None:
            held = drifted / grown
            weights, trades = self.band.apply(held, wanted)
            gone = self.end == self.rows[block.start]
            # The first trade is made in full, and so is one that must sell what has its last close.
            must = (held[:-1][gone] != 0).any(axis=0) | (past == 0).all(axis=0)
            wanted[:], trades = np.where(must, wanted, weights), trades | must
        buy, sell = self._rates(block)
        gives, takes = self._members(drifted, block), self._members(wanted, block)
        bend = None
        if self.rates.impact is not None:
            bend = self.rates.impact[self.rows[block]].T[:, :, None] * np.sqrt(level)
        left = root(grown, gives, takes, buy, sell, bend)
        if bend is not None:  # with impact there may be no root: no value pays for its own trade
            traded = takes * left - gives
            size = np.abs(traded)
            paid = (np.where(traded > 0, buy, sell) * size + bend * size**1.5).sum(axis=0)
            left = np.where(left + paid - grown < 1e-9 * grown, left, np.nan)
        moved = takes * grown
        moved -= gives
        turnover = np.abs(moved, out=moved).sum(axis=0) / grown
        if trades is None:
            return left, turnover
        wanted[:] = np.where(trades, wanted, held)
        return np.where(trades, left, grown), np.where(trades, turnover, 0.0)

    def leave(
        self, drifted: FloatArray, wanted: FloatArray, grown: FloatArray, block: slice
    ) -> tuple[FloatArray, FloatArray]:
        """Sell what has its last close; what stays gains weight by the cost, untraded."""
        buy, sell = self._rates(block)
        sold = np.zeros_like(drifted)
        gone = np.flatnonzero(self.end == self.rows[block.start])
        sold[gone] = drifted[gone]
        gives = self._members(sold, block)
        paid = (np.maximum(gives, 0.0) * sell - np.minimum(gives, 0.0) * buy).sum(axis=0)
        left = grown - paid
        wanted[:] = drifted / left
        wanted[gone] = 0.0
        wanted[-1] = 1.0 - wanted[:-1].sum(axis=0)
        return left, np.abs(gives).sum(axis=0) / grown

    def _rates(self, block: slice) -> list[float | FloatArray]:
        return self.rates.at(self.rows[block], (self.shape[0], self.assets))

    def _members(self, weights: FloatArray, block: slice) -> FloatArray:
        """Weights (A, B, S) of assets, cash left out; of layers, those of their members."""
        if self.composition is None:
            return weights[:-1]
        parts = self.composition.at(self.rows[block])
        found: FloatArray = np.einsum("lbs,bla->abs", weights[:-1], parts)
        return found


def _placed(
    targets: FloatArray, rows: IntArray, decision: IntArray, end: IntArray, *, copy: bool
) -> FloatArray:
    """Targets (E, S, N) of all events, 0 for what is no trade and for what is delisted by then."""
    placed = targets
    if copy:
        placed = np.zeros((len(rows), *targets.shape[1:]))
        placed[decision >= 0] = targets
    late = rows[:, None] >= end
    return np.where(late[:, None, :], 0.0, placed) if late.any() else placed


def _blocks(one_by_one: BoolArray, size: int) -> Iterator[slice]:
    """Events in order: each that must be solved by itself, and runs of at most ``size`` others."""
    start = 0
    while start < len(one_by_one):
        rest = one_by_one[start + 1 : start + size]
        plain = len(rest) if not rest.any() else int(rest.argmax())
        stop = start + 1 + (0 if one_by_one[start] else plain)
        yield slice(start, stop)
        start = stop


def _after(owned: FloatArray, weights: FloatArray) -> FloatArray:
    """Weights (N + 1, B + 1, S), cash last: ``owned``, and then those (B, S, N) after events."""
    held = np.empty((len(owned), len(weights) + 1, owned.shape[2]))
    held[:, :1] = owned
    held[:-1, 1:] = weights.transpose(2, 0, 1)
    np.subtract(1.0, held[:-1, 1:].sum(axis=0), out=held[-1, 1:])
    return held


def ruined(account: Account) -> Account:
    """The account with nothing left from the first row on which it is not above 0."""
    sound = account.value > 0
    end = np.where(sound.all(axis=0), len(sound), sound.argmin(axis=0))
    gone = np.arange(len(sound))[:, None] >= end
    # A trade earlier in the row of ruin was made; one that found nothing left was not.
    never = (account.rows[:, None] > end) | ((account.rows[:, None] == end) & ~(account.after > 0))
    return replace(
        account,
        value=np.where(gone, 0.0, account.value),
        weights=np.where(never[:, :, None], 0.0, account.weights),
        before=np.where(never, 0.0, account.before),
        after=np.where(never, 0.0, account.after),
        turnover=np.where(never, 0.0, account.turnover),
        ruined=end,
    )
