"""Target weights to a Result: the user's own, and what could have been held instead.

Weights come in as a table with a row a decision; nothing here looks at a signal.
"""

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray
from rotation.checks import kept
from rotation.costs import Costs
from rotation.engine.lots import Lots
from rotation.engine.market import Band
from rotation.errors import ArgumentError
from rotation.layers import Layers, open_table
from rotation.result import Result
from rotation.schedule import Schedule, check_delay
from rotation.settlement import Decisions, settle_up
from rotation.tables import Prices, read_prices, read_weights
from rotation.terms import Actions, Borrowing, Dividends, Parts, Terms

__all__ = ["alternatives", "hold", "simulate"]


def simulate(
    closes: pd.DataFrame | Layers,
    weights: pd.DataFrame,
    *,
    lag: int = 1,
    same_close: bool = False,
    costs: Costs = Costs(),
    band: Band | None = None,
    fill: pd.DataFrame | None = None,
    cash_rate: float | pd.Series = 0.0,
    borrowing: Borrowing | None = None,
    actions: Actions | None = None,
    dividends: Dividends = "reinvest",
    lots: Lots | None = None,
    haircut: float = 0.0,
    capital: float = 1.0,
    periods: float = 252,
) -> Result:
    """Account of target weights that the user decided.

    Parameters
    ----------
    closes : DataFrame (T, N) of total-return closes, or Layers; NaN before listing and after
        delisting alone
    weights : DataFrame, a row per decision at a session of ``closes``, the same columns; a row of
        NaN is no decision; what is left of 1 is cash, and may be negative
    lag : sessions from the decision to the trade; 0 needs ``same_close=True`` too
    same_close : trade at the very close that decides
    costs : rates, slippage and impact
    band : tolerance within which weights are left alone; None to trade to the targets
    fill : DataFrame like ``closes`` with the prices of the trades, such as opens; closes otherwise
    cash_rate : return of cash per session, a fraction; a Series holds at each session what cash
        earned since the one before
    borrowing : what negative cash and shorts cost; None for ``cash_rate`` and nothing
    actions : dividends and splits, if ``closes`` and ``fill`` are not adjusted for them
    dividends : ``"reinvest"`` them at the close of the ex-date, free of cost, or leave them in
        ``"cash"``
    lots : trade whole lots of shares and pay a broker's fees; None for shares that divide
    haircut : part of its last close that a delisted asset does not bring, a fraction below 1
    capital : cash at the start, account currency
    periods : sessions a year, for the figures

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If a table is not sound or does not fit, or no decision comes early enough to trade.
    ArgumentError
        If an option is not what it should be.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=4)
    >>> closes = pd.DataFrame({"A": [1.0, 2.0, 2.0, 3.0]}, index=days)
    >>> simulate(closes, pd.DataFrame({"A": [1.0]}, index=days[:1])).value.tolist()
    [1.0, 1.0, 1.0, 1.5]
    """
    check_delay(lag, same_close=same_close)
    terms = Terms(
        costs=costs,
        band=band,
        fill=kept(fill),
        cash_rate=kept(cash_rate),
        borrowing=borrowing,
        actions=actions,
        dividends=dividends,
        lots=lots,
        haircut=haircut,
        capital=capital,
        periods=periods,
    )
    table, note, parts = open_table(closes, costs)
    prices = read_prices(table)
    rows, targets = read_weights(weights, prices)
    wanted = Decisions(rows, targets, ("target",) * len(rows))
    return settle_up(prices, wanted, lag, terms, note=note, parts=parts)


def alternatives(result: Result) -> dict[str, Result]:
    """What could have been held instead: each asset alone, and equal parts of all.

    Parameters
    ----------
    result : account to find alternatives to

    Returns
    -------
    dict of Results by name
        From the first decision of ``result`` and on its terms. Equal parts (``50/50`` of two) of
        what is listed are restored at month ends; what is not listed at that first decision is
        not held alone.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=4)
    >>> closes = pd.DataFrame({"A": [1.0, 2.0, 2.0, 3.0], "B": 1.0}, index=days)
    >>> result = simulate(closes, pd.DataFrame({"A": 1.0, "B": 0.0}, index=days[:1]))
    >>> {name: float(each.value.iloc[-1]) for name, each in alternatives(result).items()}
    {'A': 1.5, 'B': 1.0, '50/50': 1.25}
    """
    if not isinstance(result, Result):
        raise ArgumentError(f"result: want a Result, got {result!r}")
    prices, names = result.prices, result.prices.columns
    first, lag = int(result.decided[0]), result.start_row - int(result.decided[0])
    listed = ~np.isnan(prices.close)
    share = {
        str(name): np.arange(len(names)) == n for n, name in enumerate(names) if listed[first, n]
    }
    equal = "50/50" if len(names) == 2 else "equal parts"
    share[f"{equal} of all" if equal in share else equal] = np.ones(len(names), dtype=bool)
    return {
        name: hold(
            prices, parts, first, lag, result.terms, name=name, note=result.note, parts=result.parts
        )
        for name, parts in share.items()
    }


def hold(
    prices: Prices,
    wanted: BoolArray,
    first: int,
    lag: int,
    terms: Terms,
    *,
    name: str,
    note: str = "",
    parts: Parts | None = None,
) -> Result:
    """Account of equal parts of some assets (N,), restored at month ends among those listed.

    Parameters
    ----------
    prices : of all assets
    wanted : (N,) whether each is held
    first, lag : row that decides first, and sessions until it trades
    terms, note, parts : as for :func:`rotation.settlement.settle_up`
    name : for the reasons in the ledger
    """
    month_ends = Schedule("M").rows(prices.sessions)
    rows = np.append(first, month_ends[month_ends > first])
    held = wanted & ~np.isnan(prices.close[rows])
    targets = held / np.maximum(held.sum(axis=1, keepdims=True), 1)
    decisions = Decisions(rows, targets, (f"hold {name}",) * len(rows))
    return settle_up(prices, decisions, lag, terms, note=note, parts=parts)
