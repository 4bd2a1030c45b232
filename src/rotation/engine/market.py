"""What accounts live on: prices, what money earns and owes, and what trading costs.

Rows are sessions, oldest first; nothing here knows of dates or names.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray, delisted
from rotation.checks import check_flag, check_number, is_number, keep_numbers

__all__ = ["Band", "Composition", "Market", "Rates"]


@dataclass(frozen=True, slots=True)
class Market:
    """Prices of T sessions and N assets, and what cash and shorts cost to hold.

    Parameters
    ----------
    close : (T, N) closes, NaN where not listed
    fill : (T, N) prices of the trades; the closes themselves for trades at closes
    cash : (T,) what one unit of cash at row 0 has become
    debt : (T,) what one unit of negative cash has; None for the same
    short : (T, N) what one unit of an asset owed at row 0 has grown to by the fee for borrowing
        it; None for no fee
    dividend : (T, N) money paid on each unit held at the close before, into cash; None for none
    """

    close: FloatArray
    fill: FloatArray
    cash: FloatArray
    debt: FloatArray | None = None
    short: FloatArray | None = None
    dividend: FloatArray | None = None

    def between(self, start: int, stop: int) -> "Market":
        """The market of the rows from ``start`` to before ``stop``."""
        rows = slice(start, stop)
        parts = (self.debt, self.short, self.dividend)
        return Market(
            self.close[rows],
            self.fill[rows],
            self.cash[rows],
            *(None if part is None else part[rows] for part in parts),
        )

    def events(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """All rows on which an account that trades on ``rows`` changes hands or is paid.

        Parameters
        ----------
        rows : (K,) rows that trade, ascending, one at least

        Returns
        -------
        rows (E,) of the trades and of what comes between: forced sales at last closes and
        dividends, after the first trade; and (E,) number of the trade, -1 for what is none
        """
        last = delisted(self.close)
        between = last[last < len(self.close)]
        if self.dividend is not None:
            paid = np.flatnonzero((self.dividend != 0).any(axis=1))
            between = np.concatenate([between, paid])
        between = between[between > rows[0]]
        if not len(between):
            return rows, np.arange(len(rows))
        between = np.setdiff1d(between, rows)
        place = np.searchsorted(rows, between)
        return np.insert(rows, place, between), np.insert(np.arange(len(rows)), place, -1)


@dataclass(frozen=True, slots=True)
class Rates:
    """What trading costs.

    Parameters
    ----------
    buy, sell : rates as fractions, that broadcast to (T, N)
    impact : (T, N) coefficient over the square root of the money that the asset turns over in the
        session: trading x costs ``impact`` times |x| to the power 3/2; None for none
    """

    buy: float | FloatArray = 0.0
    sell: float | FloatArray = 0.0
    impact: FloatArray | None = None

    def at(self, rows: IntArray, shape: tuple[int, int]) -> list[float | FloatArray]:
        """Buy and sell rates of some rows of a table of that shape: numbers, or (N, E, 1)."""
        return [
            float(np.ravel(rate)[0])
            if np.size(rate) == 1
            else np.broadcast_to(rate, shape)[rows].T[:, :, None]
            for rate in (self.buy, self.sell)
        ]


@dataclass(frozen=True, slots=True)
class Band:
    """Tolerance around targets: a trade is made only if some weight is off by more.

    Parameters
    ----------
    absolute : of the weight, a fraction of the value
    relative : of the weight, a fraction of its target
    to_edge : move all weights towards their targets by one fraction, just so far that none is off
        by more than its band; otherwise all the way

    Raises
    ------
    ArgumentError
        If a band is not a number of 0 or more, or ``to_edge`` neither True nor False.

    Notes
    -----
    A weight is off by more than its band if it is by more than both. The first trade is made in
    full whatever the band, so an infinite band buys and holds; so is one on the row of the last
    close of something held. Moving all by one fraction keeps cash between what it was and what it
    should be, so it cannot become negative.
    """

    absolute: float = 0.0
    relative: float = 0.0
    to_edge: bool = True

    def __post_init__(self) -> None:
        for name in ("absolute", "relative"):
            got = getattr(self, name)
            if not (is_number(got) and got == np.inf):
                check_number(name, got, 0, what="a band")
        check_flag("to_edge", self.to_edge)
        keep_numbers(self, "absolute", "relative")

    def apply(self, held: FloatArray, wanted: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Weights to trade to, and which strategies trade at all.

        Parameters
        ----------
        held, wanted : (N + 1, ...) weights before the trade, and targets, cash last

        Returns
        -------
        (N + 1, ...) weights and (...) bool

        Examples
        --------
        >>> held, wanted = np.array([[0.6], [0.4], [0.0]]), np.array([[0.5], [0.5], [0.0]])
        >>> weights, trades = Band(absolute=0.02).apply(held, wanted)
        >>> weights.ravel().round(12).tolist(), trades.tolist()
        ([0.52, 0.48, 0.0], [True])
        """
        gap, target = held - wanted, np.abs(wanted[:-1])
        off = np.abs(gap[:-1])
        # An infinite relative band of a target of 0 is none.
        relative = np.multiply(self.relative, target, out=np.zeros_like(target), where=target > 0)
        within = np.maximum(self.absolute, relative)
        trades: BoolArray = np.asarray((off > within).any(axis=0))
        if not self.to_edge:
            return wanted, trades
        keep = np.divide(within, off, out=np.ones_like(off), where=off > within).min(axis=0)
        return wanted + keep * gap, trades


@dataclass(frozen=True, slots=True)
class Composition:
    """What layers are made of, so that a switch pays only for what changes hands.

    Parameters
    ----------
    weights : for each layer (T, n) weights of its members at each close, NaN outside its life
    members : for each layer (n,) numbers of its members among the A assets
    assets : A
    """

    weights: tuple[FloatArray, ...]
    members: tuple[IntArray, ...]
    assets: int

    def at(self, rows: IntArray) -> FloatArray:
        """Weights (E, L, A) of all assets in each layer on some rows."""
        found = np.zeros((len(rows), len(self.weights), self.assets))
        for layer, (weights, members) in enumerate(zip(self.weights, self.members, strict=True)):
            found[:, layer, members] = np.nan_to_num(weights[rows])
        return found
