"""Target weights to a Result: the user's own, and what could have been held instead.

All that decides when and at what an account trades comes in here as a decision table, a delay and
terms; nothing looks at a signal.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.costs import Costs, headroom
from rotation.engine.account import Market, run
from rotation.errors import ArgumentError, DataError, RuinError
from rotation.layers import Layers
from rotation.result import Result
from rotation.schedule import Schedule, check_delay
from rotation.tables import (
    Prices,
    cash_growth,
    read_fills,
    read_prices,
    read_weights,
)
from rotation.terms import Terms

__all__ = ["Decisions", "alternatives", "open_table", "settle_up", "simulate"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Rows (K,) that decide, the weights (K, N) they want, and why."""

    rows: IntArray
    targets: FloatArray
    reasons: tuple[str, ...]


def simulate(
    closes: pd.DataFrame | Layers,
    weights: pd.DataFrame,
    *,
    lag: int = 1,
    same_close: bool = False,
    costs: Costs = Costs(),
    fill: pd.DataFrame | None = None,
    cash_rate: float | pd.Series = 0.0,
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
    costs : proportional rates
    fill : DataFrame like ``closes`` with the prices of the trades, such as opens; closes otherwise
    cash_rate : return of cash per session, a fraction; a Series holds at each session what cash
        earned since the one before; negative cash pays the same
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
    RuinError
        If shorts or leverage lose everything.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=4)
    >>> closes = pd.DataFrame({"A": [1.0, 2.0, 2.0, 3.0]}, index=days)
    >>> simulate(closes, pd.DataFrame({"A": [1.0]}, index=days[:1])).value.tolist()
    [1.0, 1.0, 1.0, 1.5]
    """
    check_delay(lag, same_close=same_close)
    terms = Terms(costs, fill, cash_rate, capital, periods)
    table, note = open_table(closes)
    prices = read_prices(table)
    rows, targets = read_weights(weights, prices)
    wanted = Decisions(rows, targets, ("target",) * len(rows))
    return settle_up(prices, wanted, lag, terms, note=note)


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
    prices, names = result.prices, result.prices.table.columns
    listed = ~np.isnan(prices.close)
    first, lag = int(result.decided[0]), result.start_row - int(result.decided[0])
    month_ends = Schedule("M").rows(prices.sessions)
    rows = np.append(first, month_ends[month_ends > first])
    share = {
        str(name): listed[rows] & (np.arange(len(names)) == n)
        for n, name in enumerate(names)
        if listed[first, n]
    }
    equal = "50/50" if len(names) == 2 else "equal parts"
    share[f"{equal} of all" if equal in share else equal] = listed[rows]
    held = {}
    for name, parts in share.items():
        targets = parts / np.maximum(parts.sum(axis=1, keepdims=True), 1)
        wanted = Decisions(rows, targets, (f"hold {name}",) * len(rows))
        held[name] = settle_up(prices, wanted, lag, result.terms, note=result.note)
    return held


def open_table(closes: pd.DataFrame | Layers) -> tuple[pd.DataFrame, str]:
    """The price table of closes or layers, and the note that goes with it."""
    if isinstance(closes, Layers):
        return closes.index, closes.universe.note
    return closes, ""


def settle_up(
    prices: Prices, wanted: Decisions, lag: int, terms: Terms, *, note: str = ""
) -> Result:
    """Run decisions through the account.

    Parameters
    ----------
    prices : the price table
    wanted : decisions, the first of which can be traded on
    lag : sessions from decision to trade
    terms : costs, fills, cash and capital
    note : for the readers of the result

    Raises
    ------
    DataError
        If no decision trades within the sessions.
    ArgumentError
        If a trade could not pay for itself.
    RuinError
        If the value falls to 0 or below.
    """
    sessions, in_time = prices.sessions, wanted.rows + lag < len(prices.close)
    if not in_time.any():
        raise DataError(
            f"closes: too short; want a decision with {lag} sessions after it, "
            f"got {len(wanted.rows)} decisions and sessions to {sessions[-1]:%Y-%m-%d}"
        )
    rows, targets = wanted.rows[in_time], wanted.targets[in_time]
    buy, sell = terms.costs.buy, terms.costs.sell
    room = headroom(targets.T, buy, sell)
    if (room <= 0).any():
        k = int((room <= 0).argmax())
        raise ArgumentError(
            "weights: want 1 - sum(w+ sell + w- buy) above 0, so that the trade can pay for "
            f"itself, got {room[k]:.6g} on {sessions[rows[k]]:%Y-%m-%d}"
        )
    market = Market(
        close=prices.close,
        fill=prices.close if terms.fill is None else _fills(terms.fill, prices, lag),
        cash=cash_growth(terms.cash_rate, sessions),
    )
    account = run(
        market, rows + lag, targets[:, None, :], buy=buy, sell=sell, capital=terms.capital
    )
    ruined = ~(account.value[:, 0] > 0)
    if ruined.any():
        raise RuinError(
            f"weights: shorts or leverage lost everything on {sessions[ruined][0]:%Y-%m-%d}"
        )
    return Result(
        prices=prices,
        account=account,
        market=market,
        decided=rows,
        reasons=_with_delistings(wanted.reasons[: len(rows)], targets, rows + lag, prices),
        start_row=int(rows[0]) + lag,
        terms=terms,
        note=note,
    )


def _with_delistings(
    reasons: tuple[str, ...], targets: FloatArray, traded: IntArray, prices: Prices
) -> tuple[str, ...]:
    """The reasons, and what of each decision could not be bought any more."""
    gone = (targets != 0) & (traded[:, None] >= delisted(prices.close))
    if not gone.any():
        return reasons
    names = prices.table.columns
    return tuple(
        f"{reason}; {', '.join(map(str, names[lost]))} was delisted by then"
        if lost.any()
        else reason
        for reason, lost in zip(reasons, gone, strict=True)
    )


def _fills(fill: pd.DataFrame, prices: Prices, lag: int) -> FloatArray:
    if lag == 0:
        raise ArgumentError("fill: a trade at the deciding close (lag 0) has no other price")
    return read_fills(fill, prices)
