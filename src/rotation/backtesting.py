"""A strategy over closes to a Result: decide, then settle.

Only the decisions that move a one-layer account reach it, each with the reason its rule gives.
"""

import os

import numpy as np
import pandas as pd

from rotation.causality import check_history, only_ours
from rotation.checks import check_flag, kept
from rotation.costs import Costs
from rotation.deciding import Decided, decide
from rotation.engine.lots import Lots
from rotation.engine.market import Band
from rotation.errors import ArgumentError, DataError
from rotation.grid import strategy_key
from rotation.layers import Layers, open_history, open_table
from rotation.result import Result
from rotation.settlement import Decisions, settle_up
from rotation.strategy import Strategy
from rotation.tables import read_prices
from rotation.terms import Actions, Borrowing, Dividends, Terms
from rotation.trials import data_hash, ledger_at, record

__all__ = ["backtest", "moves"]


def backtest(
    closes: pd.DataFrame | Layers,
    strategy: Strategy,
    *,
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
    trials: str | os.PathLike[str] | None = None,
    check: bool = True,
) -> Result:
    """Account of one strategy over closes.

    Parameters
    ----------
    closes : Layers, or a DataFrame (T, L) of total-return closes with a column a layer
    strategy : what decides
    costs, band, fill, cash_rate, borrowing : as in :func:`rotation.simulate`
    actions, dividends, lots, haircut, capital, periods : likewise; a signal sees closes adjusted
        for ``actions``, with dividends reinvested
    trials : SQLite file that counts the trials of many processes and days; None for the one that
        the environment variable ROTATION_TRIALS names, or for this process alone
    check : first try a signal or rule that is not this package's for looking ahead

    Returns
    -------
    Result
        Its figures start with the first session on which the strategy can have traded: ``lag``
        sessions after the first decision for which a layer has a score.

    Raises
    ------
    DataError
        If a table is not sound, or too short for a score and a trade.
    ArgumentError
        If an option, or what the strategy's parts give back, is not what it should be.
    LookAheadError
        If a part of the strategy looks ahead.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Switch, sample
    >>> closes = sample().loc["2000":"2022", ["NVDA", "MSFT"]]
    >>> strategy = Strategy(signal=Momentum(days=126), rule=Switch(), schedule=Schedule("M"))
    >>> result = backtest(closes, strategy, costs=Costs.bps(10))
    >>> result.switches[["traded", "to"]].head(2)
          traded    to
    0 2000-08-01  NVDA
    1 2000-12-01  MSFT
    """
    if not isinstance(strategy, Strategy):
        raise ArgumentError(f"strategy: want a Strategy, got {strategy!r}")
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
    check_flag("check", check)
    ledger = ledger_at(trials, "trials")
    table, note, parts = open_table(closes, costs)
    prices = read_prices(table)
    seen = terms.total_return(prices)
    history = open_history(closes, prices, seen)
    if check and not only_ours(strategy):
        check_history(strategy, history, cuts=8)
    decided = decide(strategy, history)
    scored = np.flatnonzero((~np.isnan(decided.scores)).any(axis=1))
    if not len(scored):
        raise DataError(
            f"closes: too short; want a decision for which {strategy.signal!r} gives a score, "
            f"got {len(prices.close)} sessions with {len(decided.rows)} decisions"
        )
    wanted = moves(decided, int(scored[0]), history.names)
    result = settle_up(prices, wanted, strategy.schedule.lag, terms, note=note, parts=parts)
    window = f"{result.start:%Y-%m-%d}/{prices.sessions[-1]:%Y-%m-%d}"
    record(
        strategy_key(strategy)[None],
        data=data_hash(table),
        window=window,
        path=ledger,
        closes=table if parts is None else parts.prices.table,
    )
    return result


def moves(decided: Decided, first: int, names: tuple[str, ...]) -> Decisions:
    """Decisions from the ``first`` on; of a rule that holds one layer only those that move."""
    held = decided.held
    moved = np.ones(len(decided.rows) - first, dtype=bool)
    if held is not None:
        moved[1:] = held[first + 1 :] != held[first:-1]
    keep = first + np.flatnonzero(moved)
    return Decisions(decided.rows[keep], decided.targets[keep], decided.reasons(keep, names))
