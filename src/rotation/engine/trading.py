"""What trading took of an account: how often, how much of it, and at what cost.

Figures of a window count the events after its first row, whose close is the baseline.
"""

import numpy as np

from rotation.arrays import BoolArray, FloatArray
from rotation.engine.account import Account

__all__ = ["is_trade", "trading"]

_NOTHING = 1e-12  # turnover that is rounding


def is_trade(turnover: FloatArray) -> BoolArray:
    """Whether turnover (...) is that of a trade, and not what rounding leaves."""
    return np.asarray(turnover > _NOTHING)


def trading(
    account: Account, start: int, stop: int | None = None, *, periods: float = 252
) -> dict[str, FloatArray]:
    """Turnover a year, number of trades, and the share of the value that they cost.

    Parameters
    ----------
    account : of S strategies over T sessions
    start : first row of the window, the baseline of its returns
    stop : the row after its last; None is T
    periods : sessions a year

    Returns
    -------
    dict of (S,), by the names that these figures have in every table

    Examples
    --------
    >>> from rotation.engine.account import run
    >>> from rotation.engine.market import Market, Rates
    >>> close = np.ones((5, 1))
    >>> in_and_out = np.array([1.0, 0.0])[:, None, None]
    >>> rates = Rates(np.array([0.0]), np.array([0.01]))
    >>> account = run(Market(close, close, np.ones(5)), np.array([0, 2]), in_and_out, rates=rates)
    >>> {name: each.round(4).tolist() for name, each in trading(account, 0, periods=4).items()}
    {'annual_turnover': [1.0], 'switches': [1], 'cost': [0.01]}
    """
    stop = len(account.value) if stop is None else stop
    inside = (account.rows > start) & (account.rows < stop)
    before, after, turnover = (
        each[inside] for each in (account.before, account.after, account.turnover)
    )
    kept = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    return {
        "annual_turnover": turnover.sum(axis=0) * periods / (stop - 1 - start),
        "switches": is_trade(turnover).sum(axis=0),
        "cost": 1.0 - kept.prod(axis=0),
    }
