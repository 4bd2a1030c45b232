"""A layer as one tradable total-return series.

A layer index is the account of one who holds the layer: members weighted equally at each
rebalancing, drifting between, what rebalancing costs taken out. Buying in and selling out is the
holder's own cost and not in it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray, listing
from rotation.costs import Costs
from rotation.engine.account import Market, run
from rotation.errors import DataError
from rotation.schedule import Schedule
from rotation.tables import read_prices
from rotation.universe import Universe

__all__ = ["Layers", "build_layers"]

_MONTHLY = Schedule("M", lag=0, same_close=True)


@dataclass(frozen=True, slots=True)
class Layers:
    """Layer indices and what they were built from.

    Parameters
    ----------
    index : DataFrame (T, L), 1 at a layer's first session, NaN before it and after its end
    universe : the layers' members
    """

    index: pd.DataFrame
    universe: Universe


def build_layers(
    closes: pd.DataFrame,
    universe: Universe,
    *,
    schedule: Schedule = _MONTHLY,
    costs: Costs = Costs(),
) -> Layers:
    """Equal-weight index of each layer.

    Parameters
    ----------
    closes : DataFrame (T, N) of total-return closes, one column a ticker
    universe : layers of tickers
    schedule : when members are set back to equal weights; at the closes of month ends by default
    costs : of rebalancing

    Returns
    -------
    Layers

    Raises
    ------
    DataError
        If ``closes`` is not sound, a ticker is not in it, or a layer has no member for a while.

    Notes
    -----
    A member enters at its first close and leaves at its last if others go on: the layer is
    rebalanced among those that stay. The layer ends with its last member.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=3)
    >>> closes = pd.DataFrame({"A": [1.0, 2.0, 2.0], "B": [5.0, 5.0, 10.0]}, index=days)
    >>> build_layers(closes, Universe({"both": ["A", "B"]})).index["both"].tolist()
    [1.0, 1.5, 2.0]
    """
    prices = read_prices(closes)
    due = schedule.rows(prices.sessions) + schedule.lag
    index = {}
    for name, members in universe.layers.items():
        unknown = [ticker for ticker in members if ticker not in closes.columns]
        if unknown:
            raise DataError(f"universe: {unknown[0]} of {name} is not a column of closes")
        own = prices.close[:, closes.columns.get_indexer(pd.Index(members))]
        index[name] = _layer_index(name, prices.sessions, own, due, costs)
    return Layers(pd.DataFrame(index, index=closes.index), universe)


def _layer_index(
    name: str, sessions: pd.DatetimeIndex, close: FloatArray, due: IntArray, costs: Costs
) -> FloatArray:
    first, last = listing(close)
    begin, end = first.min(), last.max()
    leaving = last[last < end]
    open_end = end + (end == len(close) - 1)  # who leaves is not rebalanced, who goes on is
    rows = np.unique(np.concatenate([due[(due > begin) & (due < open_end)], first, leaving]))
    live = (first <= rows[:, None]) & ((rows[:, None] < last) | (last == end))
    if not live.any(axis=1).all():
        gap = sessions[rows[~live.any(axis=1)][0]]
        raise DataError(f"universe: {name} has no member left after {gap:%Y-%m-%d}, and then again")
    held = close[begin : end + 1]
    account = run(
        Market(held, held, np.ones(len(held))),
        rows - begin,
        (live / live.sum(axis=1, keepdims=True))[:, None, :],
        buy=costs.buy,
        sell=costs.sell,
    )
    index = np.full(len(close), np.nan)
    index[begin : end + 1] = account.value[:, 0] / account.value[0, 0]
    return index
