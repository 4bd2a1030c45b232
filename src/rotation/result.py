"""What a backtest found: an account with its dates and names.

Every figure takes the returns after ``start``, the first session on which the strategy can have
traded; what it paid to get in stands in the ledger.
"""

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rotation import measures
from rotation.arrays import FloatArray, IntArray, delisted
from rotation.engine.account import Account, Market
from rotation.errors import ArgumentError, DataError
from rotation.tables import Prices
from rotation.terms import Terms

__all__ = ["Result", "figures"]

_NOTHING = 1e-12  # turnover that is rounding, not a trade


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
    """

    prices: Prices
    account: Account
    market: Market
    decided: IntArray
    reasons: tuple[str, ...]
    start_row: int
    terms: Terms
    note: str = ""

    def __repr__(self) -> str:
        return (
            f"<Result {self.start:%Y-%m-%d} to {self.prices.sessions[-1]:%Y-%m-%d}, "
            f"{len(self.switches)} trades, value {self.account.value[-1, 0]:.6g}>"
        )

    @property
    def closes(self) -> pd.DataFrame:
        """The price table (T, N) it was run on."""
        return self.prices.table

    @property
    def start(self) -> pd.Timestamp:
        """Session from which figures count: the first on which it can have traded."""
        return self.prices.sessions[self.start_row]

    @property
    def value(self) -> pd.Series:
        """Value of the account after the trades of each session (T,), account currency."""
        return pd.Series(self.account.value[:, 0], index=self.prices.sessions, name="value")

    @property
    def returns(self) -> pd.Series:
        """Simple return of each session (T,), the first against the capital."""
        return pd.Series(self._returns(), index=self.prices.sessions, name="returns")

    def _returns(self) -> FloatArray:
        value = self.account.value[:, 0]
        returns: FloatArray = value / np.concatenate([[self.terms.capital], value[:-1]]) - 1.0
        return returns

    @property
    def weights(self) -> pd.DataFrame:
        """Weights at each close (T, N + 1) after the trades of the session, ``cash`` last."""
        event = (
            np.searchsorted(self.account.rows, np.arange(len(self.prices.close)), side="right") - 1
        )
        units = np.vstack([np.zeros(self.prices.close.shape[1]), self._units()])[event + 1]
        weights = units * np.nan_to_num(self.market.close) / self.account.value
        cash = 1.0 - weights.sum(axis=1)
        return pd.DataFrame(
            np.column_stack([weights, cash]),
            index=self.prices.sessions,
            columns=[*self.prices.table.columns, "cash"],
        )

    @property
    def switches(self) -> pd.DataFrame:
        """Ledger, a row per trade: decided, traded, from, to, turnover, cost, reason.

        ``from`` and ``to`` say what was held before and after; ``turnover`` is Σ|Δw| over assets,
        ``cost`` is in account currency. A forced sale at a last close decided itself, and its
        turnover is what was sold.
        """
        account, names = self.account, list(self.prices.table.columns)
        before = np.zeros((len(account.rows), len(names)))
        before[1:] = self._units()[:-1] * self._price()[1:] / account.before[1:]
        traded = np.flatnonzero(account.turnover[:, 0] > _NOTHING)
        decided = np.where(account.decision < 0, account.rows, self.decided[account.decision])
        return pd.DataFrame(
            {
                "decided": self.prices.sessions[decided[traded]],
                "traded": self.prices.sessions[account.rows[traded]],
                "from": [_describe(before[k], names) for k in traded],
                "to": [_describe(account.targets[k, 0], names) for k in traded],
                "turnover": account.turnover[traded, 0],
                "cost": (account.before - account.after)[traded, 0],
                "reason": [self._reason(k) for k in traded],
            }
        ).astype({"from": str, "to": str, "reason": str})

    def _reason(self, event: np.intp) -> str:
        if self.account.decision[event] >= 0:
            return self.reasons[int(self.account.decision[event])]
        row = self.account.rows[event]
        gone = np.flatnonzero(delisted(self.market.close) == row)
        names = ", ".join(map(str, self.prices.table.columns[gone]))
        return f"delisted: {names} has no close after {self.prices.sessions[row]:%Y-%m-%d}"

    def _price(self) -> FloatArray:
        """Price of each event (E, N), 0 where not listed."""
        rows, forced = self.account.rows, self.account.decision[:, None] < 0
        return np.nan_to_num(np.where(forced, self.market.close[rows], self.market.fill[rows]))

    def _units(self) -> FloatArray:
        """Units of each asset held from each event on (E, N)."""
        money = self.account.targets[:, 0] * self.account.after
        return np.divide(money, self._price(), out=np.zeros_like(money), where=money != 0)

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
            self, start, benchmark=_benchmark_returns(closes, self.prices.sessions[start:])
        )

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write one HTML page that opens offline: figures, value, what was held, every switch.

        Parameters
        ----------
        path : file to write, ending in ``.html``; replaced if it is there

        Raises
        ------
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
    account = result.account
    later = account.rows > start_row
    found = {
        "annual_return": measures.annual_return(returns, periods=periods),
        "annual_volatility": measures.annual_volatility(returns, periods=periods),
        "sharpe": measures.sharpe(returns, periods=periods),
        "sortino": measures.sortino(returns, periods=periods),
        "max_drawdown": measures.max_drawdown(returns),
        "calmar": measures.calmar(returns, periods=periods),
        "ulcer": measures.ulcer(returns),
        "omega": measures.omega(returns),
        "value_at_risk": measures.value_at_risk(returns),
        "conditional_value_at_risk": measures.conditional_value_at_risk(returns),
        "skew": measures.skew(returns),
        "kurtosis": measures.kurtosis(returns),
        "annual_turnover": account.turnover[later, 0].sum() * periods / len(returns),
        "switches": (account.turnover[later, 0] > _NOTHING).sum(),
        "cost": 1.0 - np.prod((account.after / account.before)[later, 0]),
    }
    if benchmark is not None:
        gap = returns - benchmark
        theirs = measures.annual_return(benchmark, periods=periods)
        found["benchmark_annual_return"] = theirs
        found["annual_excess_return"] = found["annual_return"] - theirs
        found["annual_tracking_error"] = measures.annual_volatility(gap, periods=periods)
        found["information_ratio"] = measures.information_ratio(returns, benchmark, periods=periods)
    return pd.Series(found, dtype=np.float64)


def _benchmark_returns(closes: pd.Series, sessions: pd.DatetimeIndex) -> FloatArray:
    close = closes.reindex(sessions).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(close > 0) | np.isinf(close)
    if wrong.any():
        raise DataError(
            f"benchmark: want a positive close on every session from {sessions[0]:%Y-%m-%d}, "
            f"got {close[wrong][0]:g} on {sessions[wrong][0]:%Y-%m-%d}"
        )
    returns: FloatArray = close[1:] / close[:-1] - 1.0
    return returns


def _describe(weights: FloatArray, names: list[str]) -> str:
    """``NVDA`` for all in one, ``cash`` for none, else shares, largest first."""
    whole = np.flatnonzero(np.abs(weights - 1.0) < 1e-9)
    if len(whole):
        return str(names[whole[0]])
    parts = [
        f"{names[n]} {weights[n]:.1%}"
        for n in np.argsort(-np.abs(weights), kind="stable")
        if abs(weights[n]) >= 5e-4
    ]
    return ", ".join(parts) or "cash"
