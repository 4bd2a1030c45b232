"""Every trade of an account: what moved, why, and what would have been without it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.engine import holdings
from rotation.engine.account import Account, run
from rotation.engine.market import Market
from rotation.engine.trading import is_trade
from rotation.tables import Prices
from rotation.terms import Terms

__all__ = ["Ledger"]


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Trades of one account, with dates, names and reasons.

    Parameters
    ----------
    prices : the closes (T, N) it was run on
    account : what the engine found, S = 1
    market : the prices it lived on
    decided : (K,) rows that decided
    reasons : why, a text for each decision
    terms : on which it traded
    """

    prices: Prices
    account: Account
    market: Market
    decided: IntArray
    reasons: tuple[str, ...]
    terms: Terms

    def table(self) -> pd.DataFrame:
        """A row per trade, oldest first, as ``Result.switches`` says."""
        account, names = self.account, list(map(str, self.prices.columns))
        money = holdings.before(account, self.market)
        before = np.divide(
            money, account.before, out=np.zeros_like(money), where=account.before > 0
        )
        traded = np.flatnonzero(is_trade(account.turnover[:, 0]))
        decided = np.where(account.decision < 0, account.rows, self.decided[account.decision])
        sessions = self.prices.sessions
        ledger = pd.DataFrame(
            {
                "decided": sessions[decided[traded]],
                "traded": sessions[account.rows[traded]],
                "from": [_describe(before[k], names) for k in traded],
                "to": [_describe(account.weights[k, 0], names) for k in traded],
                "turnover": account.turnover[traded, 0],
                "cost": (account.before - account.after)[traded, 0],
                "earned": self._earned(traded),
                "instead": self._instead(traded, before),
                "reason": [self._reason(int(k)) for k in traded],
            }
        ).astype({"from": str, "to": str, "reason": str})
        if account.deviation is not None:
            ledger.insert(6, "deviation", account.deviation[traded, 0])
        row = holdings.ruin_row(account)
        if row is not None:
            last = self._ruin(row, names)
            if account.deviation is not None:
                last = last.assign(deviation=0.0)
            ledger = pd.concat([ledger, last], ignore_index=True)
        return ledger

    def _ruin(self, row: int, names: list[str]) -> pd.DataFrame:
        session = self.prices.sessions[[row]]
        last = holdings.weights(self.account, self.market)[row - 1]
        return pd.DataFrame(
            {
                "decided": session,
                "traded": session,
                "from": _describe(last, names),
                "to": "nothing",
                "turnover": 0.0,
                "cost": 0.0,
                "earned": 0.0,
                "instead": 0.0,
                "reason": "ruined: nothing is left",
            }
        )

    def _reason(self, event: int) -> str:
        if self.account.decision[event] >= 0:
            return self.reasons[int(self.account.decision[event])]
        row = self.account.rows[event]
        gone = np.flatnonzero(delisted(self.market.close) == row)
        names = ", ".join(map(str, self.prices.columns[gone]))
        return f"delisted: {names} has no close after {self.prices.sessions[row]:%Y-%m-%d}"

    def _earned(self, traded: IntArray) -> FloatArray:
        """Return from after each of these events to before the next of them, or the end."""
        value = np.append(self.account.before[traded[1:], 0], self.account.value[-1, 0])[
            : len(traded)
        ]
        after = self.account.after[traded, 0]
        earned: FloatArray = np.divide(value, after, out=np.ones_like(after), where=after > 0) - 1.0
        return earned

    def _instead(self, traded: IntArray, before: FloatArray) -> FloatArray:
        """The same for the weights before each event (E, N), left alone and free of cost."""
        nexts = [*map(int, traded[1:]), None]
        found = [
            self._left_alone(before[k], int(k), to) for k, to in zip(traded, nexts, strict=False)
        ]
        return np.array(found)

    def _left_alone(self, before: FloatArray, event: int, to: int | None) -> float:
        """Return of weights (N,) from an event to just before another, or the last close.

        The event's own price may be a fill: that is taken to the close of its row first.
        """
        row, price = self.account.rows[event], self.account.price[event]
        close = np.nan_to_num(self.market.close[row])
        money = np.divide(before * close, price, out=np.zeros_like(before), where=before != 0)
        value = 1.0 - before.sum() + money.sum()
        if value <= 0:
            return -1.0
        stop = holdings.ruin_row(self.account) if to is None else int(self.account.rows[to])
        stop = len(self.prices.close) - 1 if stop is None else stop
        at_fill = to is not None and self.account.decision[to] >= 0
        market = self.market
        if self.terms.actions is not None and self.terms.fill is not None:
            market = self.terms.market(
                self.prices, np.array([stop] if at_fill else [], dtype=np.intp)
            )
        window = market.between(row, stop + 1)
        fill = window.close.copy()
        rows, targets = np.array([0]), (money / value)[None, None]
        if to is not None:
            rows, targets = np.array([0, stop - row]), np.vstack([targets, 0.0 * targets])
        if at_fill:
            fill[-1] = window.fill[-1]
        account = run(replace(window, fill=fill), rows, targets)
        found = account.value[-1, 0] if to is None else account.before[-1, 0]
        return float(value * found - 1.0)


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
