"""The preset: semiconductors against software and internet, over the embedded history.

It is a demonstration and cannot be a verdict: the days on which all its names have closes end
before the events that the thesis is about, and the names were chosen by those who knew how they had
done.
"""

from datetime import date

import pandas as pd

from rotation.backtesting import backtest
from rotation.comparison import Comparison, compare
from rotation.costs import Costs
from rotation.data.sample import sample
from rotation.layers import build_layers
from rotation.rules import Switch
from rotation.schedule import Schedule
from rotation.signals import Momentum
from rotation.simulation import alternatives
from rotation.strategy import Strategy
from rotation.universe import Universe

__all__ = [
    "CAVEAT",
    "HALF_YEAR_LEADER",
    "SHOVELS_AND_APPLICATIONS",
    "demonstrate",
    "demonstration_closes",
]

CAVEAT = (
    "A demonstration, no verdict: the closes that all of its names have end in 2022, before the "
    "events of 2025 that the thesis is about."
)

SHOVELS_AND_APPLICATIONS = Universe(
    {"shovels": ["NVDA", "AMD"], "applications": ["MSFT", "AMZN", "GOOG", "META", "NFLX"]},
    chosen_on=date(2025, 1, 31),
)
"""Names of the embedded history, chosen on the day of the article that tells the thesis."""

HALF_YEAR_LEADER = Strategy(
    signal=Momentum(days=126), rule=Switch(margin=0.02), schedule=Schedule("M")
)
"""Each month end, the layer with the better half year, if its log return leads by over 0.02."""


def demonstration_closes() -> pd.DataFrame:
    """Closes of the preset's names, from the first of NVDA to the last that all of them have."""
    closes = sample()[list(SHOVELS_AND_APPLICATIONS.tickers)]
    return closes.loc[closes["NVDA"].first_valid_index() : closes.dropna().index[-1]]


def demonstrate(costs: Costs = Costs.bps(10)) -> Comparison:
    """The main job: switch between the layers, hold each, hold both; after costs, on one window.

    Examples
    --------
    >>> list(demonstrate().table.index)
    ['switch', 'shovels', 'applications', '50/50']
    """
    layers = build_layers(demonstration_closes(), SHOVELS_AND_APPLICATIONS, costs=costs)
    switch = backtest(layers, HALF_YEAR_LEADER, costs=costs)
    return compare({"switch": switch, **alternatives(switch)})
