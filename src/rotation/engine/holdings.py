"""What an account of one strategy held.

Units stay what they are between events; money follows from them and from prices.
"""

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.engine.account import Account
from rotation.engine.market import Market

__all__ = ["before", "held", "ruin_row", "weights"]


def held(account: Account, market: Market) -> FloatArray:
    """Money in each asset at each close (T, N) after the trades of the session."""
    close = np.nan_to_num(market.close)
    event = np.searchsorted(account.rows, np.arange(len(close)), side="right")
    units = np.vstack([np.zeros(close.shape[1]), _units(account)])[event]
    since = np.where(event > 0, account.rows[event - 1], 0)
    return units * close * _owed(market, since, units)


def weights(account: Account, market: Market) -> FloatArray:
    """Weights of each asset at each close (T, N) after the trades of the session."""
    money = held(account, market)
    return np.divide(money, account.value, out=np.zeros_like(money), where=account.value > 0)


def before(account: Account, market: Market) -> FloatArray:
    """Money in each asset just before each event (E, N)."""
    money = np.zeros((len(account.rows), market.close.shape[1]))
    units = _units(account)[:-1]
    money[1:] = units * account.price[1:]
    if market.short is not None:
        growth = market.short[account.rows[1:]] / market.short[account.rows[:-1]]
        money[1:] *= np.where(units < 0, growth, 1.0)
    return money


def ruin_row(account: Account) -> int | None:
    """Row on which nothing was left, None if there was none."""
    return None if account.ruined is None else int(account.ruined[0])


def _owed(market: Market, since: IntArray, units: FloatArray) -> FloatArray:
    """What one unit owed has grown to at each row (T, N) since an earlier one; 1 if held."""
    short = market.short
    if short is None:
        return np.ones_like(units)
    return np.where(units < 0, short / short[since], 1.0)


def _units(account: Account) -> FloatArray:
    """Units of each asset held from each event on (E, N)."""
    money = account.weights[:, 0] * account.after
    return np.divide(money, account.price, out=np.zeros_like(money), where=money != 0)
