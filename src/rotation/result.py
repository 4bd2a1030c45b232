"""What a backtest found: an account with its dates and names.

Every figure takes the returns after ``start``, the first session on which the strategy can have
traded; what it paid to get in stands in the ledger.
"""

import os
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rotation import measures
from rotation.arrays import FloatArray, IntArray
from rotation.engine import holdings
from rotation.engine.account import Account
from rotation.engine.market import Market
from rotation.engine.trading import is_trade, trading
from rotation.errors import ArgumentError, DataError
from rotation.hindsight import in_sample
from rotation.ledger import Ledger
from rotation.provenance import Provenance, provenance, read_stamp
from rotation.tables import Prices
from rotation.terms import Parts, Terms

__all__ = ["Result", "benchmark_returns", "figures"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Result:
    """One account over T sessions and N assets, as ``backtest`` and ``simulate`` make it.

    Parameters
    ----------
    prices : the closes (T, N) it was run on
    account : what the engine found, S = 1
    market : the prices it lived on
    decided : (K,) rows that decided
    reasons : why, a text for each decision
    start_row : first row on which it can have traded
    terms : on which it traded
    note : what a reader of its figures must know, such as hindsight
    parts : what the columns are made of, if they are layers
    """

    prices: Prices
    account: Account
    market: Market
    decided: IntArray
    reasons: tuple[str, ...]
    start_row: int
    terms: Terms
    note: str = ""
    parts: Parts | None = None

    def __repr__(self) -> str:
        return (
            f"<Result {self.start:%Y-%m-%d} to {self.prices.sessions[-1]:%Y-%m-%d}, "
            f"{is_trade(self.account.turnover).sum()} trades, "
            f"value {self.account.value[-1, 0]:.6g}>"
        )

    @property
    def closes(self) -> pd.DataFrame:
        """The price table (T, N) it was run on, a copy of the user's."""
        return self.prices.table

    @property
    def start(self) -> pd.Timestamp:
        """Session from which figures count: the first on which it can have traded."""
        return self.prices.sessions[self.start_row]

    @property
    def provenance(self) -> Provenance:
        """Where the closes come from; of layers, those of their members."""
        return provenance((self.prices if self.parts is None else self.parts.prices).table)

    @property
    def chosen_on(self) -> date | None:
        """Day on which what it holds, or members of it, were picked; None if nobody knows."""
        if self.parts is not None:
            return self.parts.chosen_on
        return read_stamp(self.prices.stamp).chosen_on

    @property
    def in_sample(self) -> str:
        """How many of its returns were known when the members of its layers were picked."""
        return in_sample(self.prices.sessions, self.start_row, self.chosen_on)

    @property
    def ruined(self) -> pd.Timestamp | None:
        """Session on which nothing was left, None if there was none."""
        row = holdings.ruin_row(self.account)
        return None if row is None else self.prices.sessions[row]

    @property
    def value(self) -> pd.Series:
        """Value of the account after the trades of each session (T,), account currency."""
        return pd.Series(self.account.value[:, 0].copy(), index=self.prices.sessions, name="value")

    @property
    def returns(self) -> pd.Series:
        """Simple return of each session (T,), the first against the capital; 0 after ruin."""
        return pd.Series(self._returns(), index=self.prices.sessions, name="returns")

    def _returns(self) -> FloatArray:
        value = self.account.value[:, 0]
        before = np.append(self.terms.capital, value[:-1])
        growth = np.divide(value, before, out=np.ones_like(value), where=before > 0)
        returns: FloatArray = growth - 1.0
        return returns

    @property
    def weights(self) -> pd.DataFrame:
        """Weights at each close (T, N + 1) after the trades of the session, ``cash`` last."""
        weights = holdings.weights(self.account, self.market)
        return self._table(weights, {"cash": 1.0 - weights.sum(axis=1)})

    @property
    def contributions(self) -> pd.DataFrame:
        """What each session's change in value came from (T, N + 2), account currency.

        A column for what was earned on each asset (dividends and borrowing fees included), one
        for the interest on ``cash``, one for ``cost``, which is negative. They add up to the change
        in value, the first session's against the capital. After ruin a column ``forgiven`` has
        what was owed beyond all that there was; if the costs of leaving were more than what was
        left, they took that.
        """
        account, market = self.account, self.market
        held, before = holdings.held(account, market), holdings.before(account, market)
        bought = np.zeros_like(held)
        np.add.at(bought, account.rows, account.weights[:, 0] * account.after - before)
        dividends = np.zeros_like(held)
        if market.dividend is not None:
            units = before / np.where(account.price > 0, account.price, 1.0)
            np.add.at(dividends, account.rows, units * market.dividend[account.rows])
        cost = np.zeros(len(held))
        np.add.at(cost, account.rows, (account.after - account.before)[:, 0])
        earned = np.diff(held, axis=0, prepend=0.0) - bought + dividends
        value = np.append(self.terms.capital, account.value[:, 0])
        cash = value - np.append(0.0, held.sum(axis=1))
        interest = np.append(0.0, cash[1:-1] * self._interest(cash[1:-1]))
        found = {"cash": interest, "cost": cost}
        row = holdings.ruin_row(self.account)
        if row is not None:
            earned[row + 1 :], interest[row + 1 :] = 0.0, 0.0
            rest = np.diff(value)[row] - earned[row].sum() - interest[row] - cost[row]
            cost[row] += min(rest, 0.0)  # leaving would have cost more than all that was left
            found["forgiven"] = np.zeros_like(cost)
            found["forgiven"][row] = max(rest, 0.0)
        return self._table(earned, found)

    def _interest(self, cash: FloatArray) -> FloatArray:
        """Rate that cash held over night earns or owes (T - 1,)."""
        earns = self.market.cash[1:] / self.market.cash[:-1] - 1.0
        if self.market.debt is None:
            return earns
        return np.where(cash < 0, self.market.debt[1:] / self.market.debt[:-1] - 1.0, earns)

    def _table(self, assets: FloatArray, more: dict[str, FloatArray]) -> pd.DataFrame:
        return pd.DataFrame(
            np.column_stack([assets, *more.values()]),
            index=self.prices.sessions,
            columns=[*self.prices.columns, *more],
        )

    @property
    def switches(self) -> pd.DataFrame:
        """Ledger, a row per trade, oldest first.

        ``decided`` and ``traded`` are sessions, ``from`` and ``to`` what was held before and after,
        ``turnover`` is Σ|Δw| over what changed hands, ``cost`` in account currency, ``reason`` why.
        ``earned`` is the return from after the trade to before the next (or the end), and
        ``instead`` what would have been earned had nothing been traded. ``deviation`` is how far
        whole shares stay from the target, Σ|w - target|, where shares are whole. A forced sale at
        a last close decided itself, and its turnover is what was sold.
        """
        ledger = Ledger(
            self.prices, self.account, self.market, self.decided, self.reasons, self.terms
        )
        return ledger.table()

    def summary(self, benchmark: "Result | pd.Series | None" = None) -> pd.Series:
        """Figures of the account after costs, by :mod:`rotation.measures`, with rates of 0.

        Parameters
        ----------
        benchmark : Result or Series of closes over the same sessions, to measure against

        Returns
        -------
        Series of figures; with a benchmark both are measured from the later of the two starts

        Raises
        ------
        ArgumentError
            If the benchmark is neither a Result nor a Series.
        DataError
            If fewer than two returns are left, or the benchmark does not cover them.
        """
        if benchmark is None:
            return figures(self, self.start_row)
        if isinstance(benchmark, Result):
            start, closes = max(self.start_row, benchmark.start_row), benchmark.value
        elif isinstance(benchmark, pd.Series):
            start, closes = self.start_row, benchmark
        else:
            got = type(benchmark).__name__
            raise ArgumentError(f"benchmark: want a Result or a Series of closes, got {got}")
        return figures(
            self, start, benchmark=benchmark_returns(closes, self.prices.sessions[start:])
        )

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write one HTML page that opens offline: figures, value, what was held, every switch.

        Parameters
        ----------
        path : file to write, ending in ``.html``; replaced if it is there

        Raises
        ------
        ArgumentError
            If ``path`` cannot be such a file, or cannot be written; what was there stays as it was.
        DataError
            If there are fewer than two returns to take figures from.
        MissingExtraError
            Without the extra ``report``.
        """
        from rotation.report.page import write_page

        write_page(self, path)


def figures(result: Result, start_row: int, *, benchmark: FloatArray | None = None) -> pd.Series:
    """Figures of ``result`` from the returns after row ``start_row``.

    Parameters
    ----------
    result : account of T sessions
    start_row : row whose close is the baseline
    benchmark : (T - 1 - start_row,) returns to measure against

    Raises
    ------
    DataError
        If fewer than two returns are left.
    """
    returns, periods = result._returns()[start_row + 1 :], result.terms.periods
    if len(returns) < 2:
        raise DataError(
            f"closes: too short; want two returns or more after the first session that can have "
            f"traded, {result.prices.sessions[start_row]:%Y-%m-%d}, got {len(returns)}"
        )
    traded = trading(result.account, start_row, periods=periods)
    found = measures.figures(returns, periods=periods) | {
        name: column[0] for name, column in traded.items()
    }
    if benchmark is not None:
        gap = returns - benchmark
        theirs = measures.annual_return(benchmark, periods=periods)
        found["benchmark_annual_return"] = theirs
        found["annual_excess_return"] = found["annual_return"] - theirs
        found["annual_tracking_error"] = measures.annual_volatility(gap, periods=periods)
        found["information_ratio"] = measures.information_ratio(returns, benchmark, periods=periods)
    return pd.Series(found, dtype=np.float64)


def benchmark_returns(closes: pd.Series, sessions: pd.DatetimeIndex) -> FloatArray:
    """Returns (T - 1,) of closes over these sessions (T,).

    Raises
    ------
    DataError
        If there is not one positive close on every session.
    """
    if not closes.index.is_unique or closes.dtype.kind not in "fiu":
        raise DataError("benchmark: want a number for each session, once")
    close = closes.reindex(sessions).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(close > 0) | np.isinf(close)
    if wrong.any():
        raise DataError(
            f"benchmark: want a positive close on every session from {sessions[0]:%Y-%m-%d}, "
            f"got {close[wrong][0]:g} on {sessions[wrong][0]:%Y-%m-%d}"
        )
    returns: FloatArray = close[1:] / close[:-1] - 1.0
    return returns
