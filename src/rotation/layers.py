"""A layer as one tradable total-return series.

A layer index is the account of one who holds the layer: members in their shares at each
rebalancing, drifting between, what rebalancing costs taken out. Buying in and selling out is the
holder's own cost and not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray, listing
from rotation.costs import Costs
from rotation.engine.market import Composition
from rotation.errors import ArgumentError, DataError
from rotation.hindsight import latest
from rotation.protocols import History, Members
from rotation.provenance import STAMP, provenance, read_stamp, stamp
from rotation.result import Result
from rotation.schedule import Schedule
from rotation.settlement import Decisions, settle_up
from rotation.tables import Prices, read_prices
from rotation.terms import Parts, Terms
from rotation.universe import Member, Universe
from rotation.weighting import Equal, Weighting

__all__ = ["Layers", "build_layers", "open_history", "open_table"]

_MONTHLY = Schedule("M", lag=0, same_close=True)


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Layer indices and what is in them.

    Parameters
    ----------
    index : DataFrame (T, L), 1 at a layer's first session, NaN before it and after its end
    universe : the layers' members
    accounts : Result of holding each layer, from its first session to its last, entry included
    prices : closes of all members (T, A)
    """

    index: pd.DataFrame
    universe: Universe
    accounts: Mapping[str, Result]
    prices: Prices

    def weights(self, name: str) -> pd.DataFrame:
        """Weights of a layer's members at each close of its life (t, n).

        Raises
        ------
        ArgumentError
            If there is no such layer.
        """
        held: pd.DataFrame = self._account(name).weights.drop(columns="cash")
        return held

    def attribution(self, name: str) -> pd.DataFrame:
        """What moved a layer's index, in its points: a column a member, and ``cost`` (t, n + 1).

        All that stands in a row adds up to the change of the index in that session.

        Raises
        ------
        ArgumentError
            If there is no such layer.
        """
        account = self._account(name)
        table: pd.DataFrame = account.contributions.drop(columns="cash") / account.value.iloc[0]
        table.iloc[0] = 0.0  # what was paid to get in is not in the index
        return table

    @property
    def members(self) -> tuple[Members, ...]:
        """Closes of each layer's members over all sessions, and when each belongs."""
        found = []
        for account in self.accounts.values():
            held = account.weights.drop(columns="cash").reindex(self.prices.sessions)
            closes = self.prices.table[list(held.columns)]
            found.append(Members(closes.to_numpy(dtype=np.float64), (held > 0).to_numpy()))
        return tuple(found)

    def parts(self, costs: Costs) -> Parts:
        """Members, and their weights in each layer where a switch at ``costs`` must know them."""
        tickers = [m.ticker for name in self.universe.layers for m in self.universe.members(name)]
        alone = len(set(tickers)) == len(tickers)
        known = _known(self.universe, read_stamp(self.prices.stamp).chosen_on)
        if alone and costs.uniform:
            return Parts(self.prices, None, known)
        weights, members = [], []
        for account in self.accounts.values():
            held = account.weights.drop(columns="cash")
            weights.append(held.reindex(self.prices.sessions).to_numpy())
            members.append(self.prices.columns.get_indexer(held.columns))
        assets = self.prices.close.shape[1]
        composition = Composition(tuple(weights), tuple(members), assets)
        return Parts(self.prices, composition, known)

    def _account(self, name: str) -> Result:
        if name not in self.accounts:
            raise ArgumentError(f"name: want one of {', '.join(self.accounts)}, got {name!r}")
        return self.accounts[name]


def open_table(
    closes: pd.DataFrame | Layers, costs: Costs
) -> tuple[pd.DataFrame, str, Parts | None]:
    """The price table of closes or layers, the note that goes with it, and what is behind it."""
    table = closes.index if isinstance(closes, Layers) else closes
    note = read_stamp(getattr(table, "attrs", {}).get(STAMP, "")).note
    return table, note, closes.parts(costs) if isinstance(closes, Layers) else None


def open_history(closes: pd.DataFrame | Layers, prices: Prices, seen: FloatArray) -> History:
    """What a strategy may look at, if ``seen`` (T, L) are the closes that it is shown."""
    return History(
        seen,
        prices.sessions.to_numpy().astype("datetime64[D]"),
        tuple(map(str, prices.columns)),
        closes.members if isinstance(closes, Layers) else None,
    )


def build_layers(
    closes: pd.DataFrame,
    universe: Universe,
    *,
    weighting: Weighting = Equal(),
    schedule: Schedule = _MONTHLY,
    costs: Costs = Costs(),
    haircut: float = 0.0,
) -> Layers:
    """Index of each layer.

    Parameters
    ----------
    closes : DataFrame (T, N) of total-return closes, one column a ticker
    universe : layers of tickers
    weighting : what share each member gets when it is rebalanced; equal ones by default
    schedule : when members are set back to their shares; at the closes of month ends by default
    costs : of rebalancing
    haircut : part of its last close that a delisted member does not bring, a fraction below 1

    Returns
    -------
    Layers

    Raises
    ------
    DataError
        If ``closes`` is not sound, a ticker is not in it, or a layer has no member for a while.

    Notes
    -----
    A member enters at its first close, and at its start if that is later; it leaves at its last
    close or its end if others go on. Each time the layer is rebalanced among those that are there.
    The layer ends with its last member.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=3)
    >>> closes = pd.DataFrame({"A": [1.0, 2.0, 2.0], "B": [5.0, 5.0, 10.0]}, index=days)
    >>> build_layers(closes, Universe({"both": ["A", "B"]})).index["both"].tolist()
    [1.0, 1.5, 2.0]
    """
    read_prices(closes)
    for argument, got, kind in (("universe", universe, Universe), ("schedule", schedule, Schedule)):
        if not isinstance(got, kind):
            raise ArgumentError(f"{argument}: want a {kind.__name__}, got {got!r}")
    if not callable(weighting) or isinstance(weighting, type):
        raise ArgumentError(f"weighting: want a Weighting, got {weighting!r}")
    absent = [ticker for ticker in universe.tickers if ticker not in closes.columns]
    if absent:
        raise DataError(
            f"universe: want closes of all its tickers, {', '.join(absent)} "
            f"{'is no column' if len(absent) == 1 else 'are no columns'}; see Universe.only"
        )
    whole = read_prices(closes[list(universe.tickers)])
    terms = Terms(costs, haircut=haircut)
    accounts = {
        name: _account(name, whole, universe.members(name), weighting, schedule, terms)
        for name in universe.layers
    }
    index = pd.DataFrame(
        {name: each.value / each.value.iloc[0] for name, each in accounts.items()},
        index=whole.sessions,
    )
    origin = provenance(closes[list(universe.tickers)])
    note = " ".join(filter(None, [universe.note, origin.note]))
    origin = replace(origin, chosen_on=_known(universe, origin.chosen_on), note=note)
    index = stamp(index, origin, step=f"made into layers {', '.join(universe.layers)}")
    return Layers(index, universe, accounts, whole)


def _known(universe: Universe, before: date | None) -> date | None:
    """Day on which all that is held was picked, if prices were picked on another day ``before``."""
    if not universe.hindsight:
        return before
    return None if universe.chosen_on is None else latest(universe.chosen_on, before)


def _account(
    name: str,
    whole: Prices,
    members: tuple[Member, ...],
    weighting: Weighting,
    schedule: Schedule,
    terms: Terms,
) -> Result:
    tickers = list(dict.fromkeys(member.ticker for member in members))
    belongs = _belongs(whole, members, tickers)
    begin, end = _life(name, whole, belongs)
    life = slice(begin, end + 1)
    table = whole.table[tickers][life]
    # A member that has left or not come yet may have closes; one that never was has none to give.
    ever = belongs.any(axis=0)
    prices = read_prices(table[[tickers[n] for n in np.flatnonzero(ever)]])
    here = belongs[life][:, ever]
    due = schedule.rows(whole.sessions) + schedule.lag - begin
    open_end = len(here) - (end < len(whole.sessions) - 1)  # who leaves is not rebalanced
    changes = np.flatnonzero((here[1:] != here[:-1]).any(axis=1)) + 1
    rows = np.unique(np.concatenate([[0], due[(due > 0) & (due < open_end)], changes]))
    known = read_prices(whole.table[list(prices.columns)])  # with what came before
    shares = weighting(known, rows + begin, here[rows])
    wanted = Decisions(rows, shares, ("rebalanced",) * len(rows))
    return settle_up(prices, wanted, 0, terms)


def _belongs(whole: Prices, members: tuple[Member, ...], tickers: list[str]) -> BoolArray:
    """Whether each ticker is in the layer right after each close (T, n)."""
    columns = whole.columns.get_indexer(pd.Index([member.ticker for member in members]))
    first, last = (each[columns] for each in listing(whole.close))
    starts = [m.start or date.min for m in members]
    ends = [m.end or date.max for m in members]
    enters = np.maximum(first, _searched(whole, starts, "left"))
    leaves = np.minimum(last, _searched(whole, ends, "right") - 1)
    comes = enters <= leaves
    # Who leaves is not held after that close, unless there is nobody else to go on.
    stays = leaves + (leaves == leaves[comes].max(initial=-1))
    rows = np.arange(len(whole.close))[:, None]
    held = (enters <= rows) & (rows < stays) & comes
    belongs = np.zeros((len(rows), len(tickers)), dtype=bool)
    for column, member in enumerate(members):
        belongs[:, tickers.index(member.ticker)] |= held[:, column]
    return belongs


def _searched(whole: Prices, days: list[date], side: Literal["left", "right"]) -> IntArray:
    sessions = whole.sessions.to_numpy().astype("datetime64[D]")
    return np.searchsorted(sessions, np.array(days, dtype="datetime64[D]"), side=side)


def _life(name: str, whole: Prices, belongs: BoolArray) -> tuple[int, int]:
    """First and last row of a layer that always has a member."""
    rows = np.flatnonzero(belongs.any(axis=1))
    if not len(rows):
        raise DataError(f"universe: no member of {name} has a close while it belongs")
    gaps = np.flatnonzero(np.diff(rows) > 1)
    if len(gaps):
        gone = whole.sessions[rows[gaps[0]] + 1]
        raise DataError(
            f"universe: {name} has no member left after {gone:%Y-%m-%d}, and then again; "
            "the next one must start on that session at the latest"
        )
    return int(rows[0]), int(rows[-1])
