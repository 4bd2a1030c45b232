"""Terms on which an account trades, and what they mean on given sessions and names.

They are the same for everything that is compared.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.checks import check_fraction, check_positive, is_number, keep_copies
from rotation.costs import Costs, Rate
from rotation.engine.lots import Lots
from rotation.engine.market import Band, Composition, Market, Rates
from rotation.errors import ArgumentError, DataError
from rotation.tables import (
    Prices,
    compound,
    read_fills,
    read_rate,
    read_table,
)

__all__ = ["Actions", "Borrowing", "Dividends", "Parts", "Terms"]

Dividends: TypeAlias = Literal["reinvest", "cash"]


@dataclass(frozen=True, slots=True, eq=False)
class Borrowing:
    """What it costs to owe.

    Parameters
    ----------
    cash : rate that negative cash pays per session, a fraction, or a Series of them by session;
        None for the rate that positive cash earns
    shorts : fee per session on the value of what is short: a number, a Series by name or by
        session, or a DataFrame (T, N); what is owed grows by it until it is bought back

    Raises
    ------
    ArgumentError
        If one is nothing of the kind; its numbers are checked beside the closes.
    """

    cash: float | pd.Series | None = None
    shorts: Rate = 0.0

    def __post_init__(self) -> None:
        if not (self.cash is None or is_number(self.cash) or isinstance(self.cash, pd.Series)):
            raise ArgumentError(f"cash: want a number or a Series, got {self.cash!r}")
        if not (is_number(self.shorts) or isinstance(self.shorts, (pd.Series, pd.DataFrame))):
            raise ArgumentError(
                f"shorts: want a number, a Series or a DataFrame, got {self.shorts!r}"
            )
        keep_copies(self, "cash", "shorts")


@dataclass(frozen=True, slots=True, eq=False)
class Actions:
    """Dividends and splits of unadjusted closes.

    Parameters
    ----------
    dividends : DataFrame, money per share (after a split of the same session) by ex-date and name;
        0 or NaN for none
    splits : DataFrame, shares that one share becomes by session and name; 0, 1 or NaN for none

    Raises
    ------
    ArgumentError
        If one is no DataFrame; its numbers are checked beside the closes.
    """

    dividends: pd.DataFrame | None = None
    splits: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for name in ("dividends", "splits"):
            got = getattr(self, name)
            if not (got is None or isinstance(got, pd.DataFrame)):
                raise ArgumentError(f"{name}: want a DataFrame, got {got!r}")
        keep_copies(self, "dividends", "splits")


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Members of the layers that an account holds.

    Parameters
    ----------
    prices : closes of all members (T, A)
    composition : weights of the members in each layer; None if no two layers share one and all
        members pay the same, so that a switch costs what it does of single assets
    chosen_on : day on which members held before it were picked; None if there are none, or nobody
        knows
    """

    prices: Prices
    composition: Composition | None
    chosen_on: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Costs, prices, cash and capital; the parameters of :func:`rotation.simulate`."""

    costs: Costs = Costs()
    band: Band | None = None
    fill: pd.DataFrame | None = None
    cash_rate: float | pd.Series = 0.0
    borrowing: Borrowing | None = None
    actions: Actions | None = None
    dividends: Dividends = "reinvest"
    lots: Lots | None = None
    haircut: float = 0.0
    capital: float = 1.0
    periods: float = 252

    def __post_init__(self) -> None:
        kinds: dict[str, tuple[type, bool]] = {
            "costs": (Costs, False),
            "band": (Band, True),
            "borrowing": (Borrowing, True),
            "actions": (Actions, True),
            "lots": (Lots, True),
        }
        for name, (kind, optional) in kinds.items():
            got = getattr(self, name)
            if not (isinstance(got, kind) or (optional and got is None)):
                raise ArgumentError(f"{name}: want {kind.__name__}, got {got!r}")
        if not isinstance(self.dividends, str) or self.dividends not in ("reinvest", "cash"):
            raise ArgumentError(f"dividends: want 'reinvest' or 'cash', got {self.dividends!r}")
        check_fraction("haircut", self.haircut)
        check_positive("capital", self.capital)
        check_positive("periods", self.periods)

    def market(self, prices: Prices, traded: IntArray) -> Market:
        """Prices to live on.

        Parameters
        ----------
        prices : closes, unadjusted if there are actions
        traded : (K,) rows that trade
        """
        close = prices.close
        fill = close if self.fill is None else read_fills(self.fill, prices)
        cash = compound("cash_rate", self.cash_rate, prices.sessions)
        debt = short = dividend = None
        if self.borrowing is not None:
            if self.borrowing.cash is not None:
                debt = compound("borrowing.cash", self.borrowing.cash, prices.sessions)
            fee = read_rate("borrowing.shorts", self.borrowing.shorts, prices)
            if np.any(fee > 0):
                each = np.broadcast_to(fee, close.shape).copy()
                each[0] = 0.0
                short = np.cumprod(1.0 + each, axis=0, dtype=np.float64)
        if self.actions is not None:
            close, fill, dividend = self._adjusted(prices, fill, traded)
        if self.haircut > 0:
            close = self._cut(close)
            fill = close if self.fill is None else fill
        return Market(close, fill, cash, debt, short, dividend)

    def _cut(self, close: FloatArray) -> FloatArray:
        """Closes (T, N) with the haircut taken off the last ones."""
        end, cut = delisted(close), close.copy()
        gone = np.flatnonzero(end < len(close))
        cut[end[gone], gone] *= 1.0 - self.haircut
        return cut

    def rates(self, prices: Prices) -> Rates:
        """Rates for the sessions and names of ``prices``."""
        slippage = read_rate("slippage", self.costs.slippage, prices)
        buy = read_rate("buy", self.costs.buy, prices) + slippage
        sell = read_rate("sell", self.costs.sell, prices) + slippage
        if np.any(buy >= 1) or np.any(sell >= 1):
            raise ArgumentError("slippage: want it below 1 together with buy and with sell")
        impact = None
        if self.costs.impact is not None:
            volume = read_table("impact.volume", self.costs.impact.volume, prices)
            coefficient = read_rate("impact.coefficient", self.costs.impact.coefficient, prices)
            dry = ~(volume > 0) & ~np.isnan(prices.close)
            if dry.any():
                row, column = np.argwhere(dry)[0]
                raise DataError(
                    f"impact.volume: want money above 0, got {volume[row, column]:g} for "
                    f"{prices.columns[column]} on {prices.sessions[row]:%Y-%m-%d}"
                )
            impact = coefficient / np.sqrt(np.where(volume > 0, volume, np.inf))
        return Rates(buy, sell, impact)

    def _adjusted(
        self, prices: Prices, fill: FloatArray, traded: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Closes and fills in units whose number never changes, and the dividends paid on them.

        A split multiplies the shares in a unit. So does a dividend that is reinvested at the close
        of its ex-date. Where a trade at another price falls on the ex-date, its holders sell
        before that close, so the dividend goes into the cash that the trade puts to work.
        """
        paid, split = self._paid_and_split(prices)
        at_close = np.zeros_like(paid)
        if self.dividends == "reinvest":
            at_close = paid.copy()
            if self.fill is not None:
                at_close[traded] = 0.0
        shares_before = np.cumprod(split, axis=0)  # of the splits, this session's included
        grown = np.cumprod(1.0 + np.nan_to_num(at_close / prices.close), axis=0)
        # The fill and the dividend come before the reinvestment at the close of the same session.
        opened = np.vstack([np.ones(grown.shape[1]), grown[:-1]])
        dividend = (paid - at_close) * shares_before * opened
        closes = prices.close * shares_before * grown
        fills = closes if self.fill is None else fill * shares_before * opened
        return closes, fills, dividend if dividend.any() else None

    def total_return(self, prices: Prices) -> FloatArray:
        """Closes (T, N) with every split taken out and every dividend reinvested at its close."""
        if self.actions is None:
            return prices.close
        paid, split = self._paid_and_split(prices)
        reinvested = 1.0 + np.nan_to_num(paid / prices.close)
        closes: FloatArray = prices.close * np.cumprod(split * reinvested, axis=0)
        return closes

    def shares(self, prices: Prices) -> FloatArray | None:
        """Shares (T, N) in a unit that holds one at the start, None if there are no splits."""
        if self.actions is None or self.actions.splits is None:
            return None
        return np.cumprod(self._paid_and_split(prices)[1], axis=0, dtype=np.float64)

    def _paid_and_split(self, prices: Prices) -> tuple[FloatArray, FloatArray]:
        """Dividends per share (T, N), 0 for none, and splits (T, N), 1 for none."""
        actions = self.actions or Actions()
        paid = np.zeros(prices.close.shape)
        split = np.ones(prices.close.shape)
        if actions.dividends is not None:
            paid = np.nan_to_num(read_table("dividends", actions.dividends, prices, sparse=True))
        if actions.splits is not None:
            split = np.nan_to_num(read_table("splits", actions.splits, prices, sparse=True))
            split[split == 0] = 1.0
        return paid, split
