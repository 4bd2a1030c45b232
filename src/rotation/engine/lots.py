"""Whole shares and the fees of a broker.

Orders are whole lots, sells come before buys, and cash is never below zero: what cannot be bought
stays in cash.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray, delisted
from rotation.checks import check_number, check_positive, keep_numbers
from rotation.costs import root
from rotation.engine.account import Account, ruined
from rotation.engine.market import Market, Rates

__all__ = ["Lots", "run_lots"]

_WHOLE = 1e-9  # a lot that rounding misses by less is whole


@dataclass(frozen=True, slots=True)
class Lots:
    """Whole lots, and what an order costs beside its rate.

    Parameters
    ----------
    size : shares in a lot, above 0
    per_share : fee for each share, account currency
    fixed : fee for each order
    minimum : least that an order costs, rate and fees together

    Raises
    ------
    ArgumentError
        If one is not a finite number of 0 or more, or the size is 0.
    """

    size: float = 1.0
    per_share: float = 0.0
    fixed: float = 0.0
    minimum: float = 0.0

    def __post_init__(self) -> None:
        check_positive("size", self.size)
        for name in ("per_share", "fixed", "minimum"):
            check_number(name, getattr(self, name), 0)
        keep_numbers(self, "size", "per_share", "fixed", "minimum")

    def fees(self, shares: FloatArray, price: FloatArray, rate: FloatArray) -> FloatArray:
        """Cost of orders of so many ``shares``, account currency; none for no shares."""
        cost = np.maximum(shares * (rate * price + self.per_share) + self.fixed, self.minimum)
        return np.where(shares > 0, cost, 0.0)

    def whole(self, shares: FloatArray) -> FloatArray:
        """Shares rounded down to lots."""
        return np.floor(shares / self.size + _WHOLE) * self.size


def run_lots(
    market: Market,
    rows: IntArray,
    targets: FloatArray,
    *,
    lots: Lots,
    rates: Rates = Rates(),
    shares: FloatArray | None = None,
    capital: float = 1.0,
) -> Account:
    """Account of S strategies in whole shares, without shorts or leverage.

    Parameters
    ----------
    market : prices of T sessions and N assets, without costs of borrowing
    rows : (K,) rows that trade, ascending, one at least
    targets : (K, S, N) weights of the value after each trade, 0 or more, at most 1 together
    lots : size of a lot and fees
    rates : proportional costs, on top of the fees
    shares : (T, N) shares that one unit of ``market`` consists of, which splits change; None for 1
    capital : cash at the start

    Returns
    -------
    Account
        With ``deviation``: how far its weights stay from the targets.

    Notes
    -----
    Targets are weights of the value that would be left if shares divided and only rates and fees
    per share were paid, rounded down to lots. If cash does not reach for all buys, all are cut by
    one fraction, as little as will do. A sale that would bring nothing
    after its fees is not made.

    Examples
    --------
    >>> close = np.array([[30.0], [30.0], [40.0]])
    >>> market = Market(close, close, np.ones(3))
    >>> account = run_lots(market, np.array([1]), np.ones((1, 1, 1)), lots=Lots(), capital=100.0)
    >>> account.value.ravel().tolist()
    [100.0, 100.0, 130.0]
    """
    end = delisted(market.close)
    rows, decision = market.events(rows)
    price = np.where((decision >= 0)[:, None], market.fill[rows], market.close[rows])
    price = np.nan_to_num(price)
    events, strategies, assets = len(rows), targets.shape[1], targets.shape[2]
    buy, sell = (
        np.broadcast_to(rate, (assets, events, 1)) for rate in rates.at(rows, market.close.shape)
    )
    weights = np.zeros((events, strategies, assets))
    before, after, turnover, deviation = (np.empty((events, strategies)) for _ in range(4))
    value = np.empty((len(market.close), strategies))
    value[: rows[0]] = capital * market.cash[: rows[0], None]
    close, stop = np.nan_to_num(market.close), np.append(rows[1:], len(value))
    cash = np.full(strategies, capital / market.cash[0])  # in units of what cash becomes
    units = np.zeros((assets, strategies))
    for k, row in enumerate(rows):
        pays = market.cash[row]
        money = cash * pays
        if market.dividend is not None:
            money += market.dividend[row] @ units
        at, each = price[k][:, None], 1.0 if shares is None else shares[row][:, None]
        before[k] = money + (units * at).sum(axis=0)
        held, owned = _part(units * at, before[k]), units * each
        share_price = at / each
        if decision[k] >= 0:
            target = np.where(row < end, targets[decision[k]], 0.0).T
            order = _Order(lots, share_price, buy[:, k], sell[:, k])
            owned, money = order.fill(owned, money, target, before[k], row >= end)
        else:
            sold = np.where((end == row)[:, None], owned, 0.0)
            fees = lots.fees(sold, share_price, sell[:, k])
            money = money + np.maximum(sold * share_price - fees, 0.0).sum(axis=0)
            owned = owned - sold
        traded = owned != units * each
        units, cash = owned / each, money / pays
        after[k] = money + (units * at).sum(axis=0)
        weights[k] = _part(units * at, after[k]).T
        turnover[k] = np.where(traded, np.abs(weights[k].T - held), 0.0).sum(axis=0)
        deviation[k] = np.abs(weights[k].T - target).sum(axis=0) if decision[k] >= 0 else 0.0
        path = slice(row, stop[k])
        value[path] = close[path] @ units + market.cash[path, None] * cash
    account = Account(
        value, rows, decision, price, weights, before, after, turnover, deviation=deviation
    )
    return account if (value > 0).all() else ruined(account)


def _part(money: FloatArray, value: FloatArray) -> FloatArray:
    """Money over value, 0 where fees have left nothing."""
    return np.divide(money, value, out=np.zeros_like(money), where=value > 0)


@dataclass(frozen=True, slots=True)
class _Order:
    """Orders of one session: prices of a share and rates, (N, 1)."""

    lots: Lots
    price: FloatArray
    buy: FloatArray
    sell: FloatArray

    def fill(
        self,
        owned: FloatArray,
        cash: FloatArray,
        target: FloatArray,
        value: FloatArray,
        must: BoolArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Shares (N, S) and cash (S,) after selling and then buying towards targets (N, S).

        What ``must`` (N,) go is sold whatever it costs.
        """
        listed = np.where(self.price > 0, self.price, np.inf)
        more = self.lots.per_share / listed
        left = root(value, owned * self.price, target, self.buy + more, self.sell + more)
        wanted = self.lots.whole(target * left / listed)
        sold = np.maximum(owned - wanted, 0.0)
        brings = sold * self.price - self.lots.fees(sold, self.price, self.sell)
        sold = np.where((brings > 0) | must[:, None], sold, 0.0)
        cash = cash + np.where(sold > 0, np.maximum(brings, 0.0), 0.0).sum(axis=0)
        bought = self._affordable(np.maximum(wanted - owned, 0.0), cash)
        fees = self.lots.fees(bought, self.price, self.buy)
        spent = (bought * self.price + fees).sum(axis=0)
        return owned - sold + bought, np.maximum(cash - spent, 0.0)

    def _affordable(self, shares: FloatArray, cash: FloatArray) -> FloatArray:
        """Of the shares (N, S) wanted, the largest part in whole lots that cash (S,) can pay."""
        count = shares / self.lots.size
        count = np.where(np.abs(count - np.rint(count)) < _WHOLE, np.rint(count), count)

        def cost(part: FloatArray) -> FloatArray:
            some = np.floor(part * count) * self.lots.size
            fees = self.lots.fees(some, self.price, self.buy)
            total: FloatArray = (some * self.price + fees).sum(axis=0)
            return total

        high = np.ones_like(cash)
        low = np.where(cost(high) <= cash, 1.0, 0.0)
        for _ in range(53):  # halvings that a float can tell apart
            if (low == high).all():
                break
            middle = (low + high) / 2
            fits = cost(middle) <= cash
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        return np.floor(low * count) * self.lots.size
