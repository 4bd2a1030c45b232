"""Whole lots, one order at a time, in plain Python.

Targets are weights of the value that would be left if shares divided and only rates and fees per
share were paid, rounded down to lots. Sells come first; one that would cost more than it brings is
not made. If cash does not reach for all buys, all are cut by one fraction, as little as will do.
What leaves the market is sold whatever that costs, but for no more than it brings.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from oracles.root import root

ROUNDING = 1e-9  # of a lot: 0.3 buys three shares at 0.1


@dataclass(frozen=True, slots=True)
class Lots:
    """Shares in a lot, and what an order costs beside its rate."""

    size: float = 1.0
    per_share: float = 0.0
    fixed: float = 0.0
    minimum: float = 0.0

    def fee(self, shares: float, price: float, rate: float) -> float:
        """What one order costs, rate included."""
        if shares == 0.0:
            return 0.0
        return max(self.minimum, rate * shares * price + self.per_share * shares + self.fixed)

    def exact(self, shares: float) -> Fraction:
        """Lots in so many shares; a split can leave part of one."""
        lots = shares / self.size
        return Fraction(round(lots)) if abs(lots - round(lots)) < ROUNDING else Fraction(lots)

    def below(self, shares: float) -> int:
        """Whole lots in so many shares."""
        return math.floor(shares / self.size + ROUNDING)


def trade(
    cash: float,
    shares: Mapping[str, float],
    prices: Mapping[str, float | None],
    targets: Mapping[str, float],
    *,
    lots: Lots,
    buy: Mapping[str, float],
    sell: Mapping[str, float],
    leaving: Collection[str] = (),
) -> tuple[float, dict[str, float]]:
    """Cash and shares after all orders of one session."""
    names = [name for name in shares if shares[name] != 0.0 or targets[name] != 0.0]
    wanted = ideal(cash, shares, prices, targets, names, lots=lots, buy=buy, sell=sell)
    after = dict(shares)
    for name in names:
        sold = shares[name] - wanted[name]
        if sold > 0.0:
            brings = sold * prices[name]
            fee = lots.fee(sold, prices[name], sell[name])
            if name in leaving:
                fee = min(fee, brings)
            if fee <= brings:
                cash += brings - fee
                after[name] = wanted[name]

    orders = {name: lots.exact(wanted[name] - shares[name]) for name in names}
    orders = {name: order for name, order in orders.items() if order >= 1}

    def bought(part: Fraction) -> dict[str, float]:
        """Shares to buy if all buys are cut to a part of themselves."""
        return {name: math.floor(part * order) * lots.size for name, order in orders.items()}

    def reaches(part: Fraction) -> bool:
        """Whether cash pays for them."""
        parts = []
        for name, number in bought(part).items():
            parts.append(number * prices[name] + lots.fee(number, prices[name], buy[name]))
        return math.fsum(parts) <= cash * (1.0 + 1e-12)

    for name, number in bought(largest(orders.values(), reaches)).items():
        after[name] += number
        cash -= number * prices[name] + lots.fee(number, prices[name], buy[name])
    return cash, after


def ideal(cash, shares, prices, targets, names, *, lots, buy, sell) -> dict[str, float]:
    """Shares to hold, whole lots, if cash reaches."""
    holdings = {name: shares[name] * prices[name] for name in names}
    left = root(
        cash + math.fsum(holdings.values()),
        holdings,
        targets,
        buy={name: buy[name] + lots.per_share / prices[name] for name in names},
        sell={name: sell[name] + lots.per_share / prices[name] for name in names},
    )
    return {name: lots.below(targets[name] * left / prices[name]) * lots.size for name in names}


def largest(orders: Collection[Fraction], reaches: Callable[[Fraction], bool]) -> Fraction:
    """The largest part that cash reaches for; if it is not all, it makes some order whole lots."""
    if reaches(Fraction(1)):
        return Fraction(1)
    best = Fraction(0)
    for order in orders:
        low, high = 0, math.floor(order) + 1
        while high - low > 1:
            middle = (low + high) // 2
            if middle <= order and reaches(middle / order):
                low = middle
            else:
                high = middle
        best = max(best, low / order)
    return best
