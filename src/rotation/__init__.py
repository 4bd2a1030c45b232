"""Backtests of rotation strategies: exact accounts, honest counts, numpy speed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rotation import data as data
    from rotation import grid as grid
    from rotation import measures as measures
    from rotation import rules as rules
    from rotation import signals as signals
    from rotation import trials as trials
    from rotation import validation as validation
    from rotation.backtesting import backtest as backtest
    from rotation.causality import check_causal as check_causal
    from rotation.comparison import Comparison as Comparison
    from rotation.comparison import compare as compare
    from rotation.costs import Costs as Costs
    from rotation.costs import Impact as Impact
    from rotation.data.cleaning import clean as clean
    from rotation.data.quality import check_prices as check_prices
    from rotation.data.sample import sample as sample
    from rotation.data.yahoo import fetch_yahoo as fetch_yahoo
    from rotation.engine.lots import Lots as Lots
    from rotation.engine.market import Band as Band
    from rotation.errors import ArgumentError as ArgumentError
    from rotation.errors import DataError as DataError
    from rotation.errors import LookAheadError as LookAheadError
    from rotation.errors import MissingExtraError as MissingExtraError
    from rotation.errors import RotationError as RotationError
    from rotation.layers import Layers as Layers
    from rotation.layers import build_layers as build_layers
    from rotation.result import Result as Result
    from rotation.rules import Switch as Switch
    from rotation.schedule import Schedule as Schedule
    from rotation.selection import Selection as Selection
    from rotation.signals import Momentum as Momentum
    from rotation.simulation import alternatives as alternatives
    from rotation.simulation import simulate as simulate
    from rotation.strategy import Strategy as Strategy
    from rotation.sweeping import Sweep as Sweep
    from rotation.sweeping import sweep as sweep
    from rotation.terms import Actions as Actions
    from rotation.terms import Borrowing as Borrowing
    from rotation.universe import Member as Member
    from rotation.universe import Universe as Universe
    from rotation.vote import Vote as Vote
    from rotation.weighting import Capped as Capped
    from rotation.weighting import Equal as Equal
    from rotation.weighting import Given as Given
    from rotation.weighting import InverseVolatility as InverseVolatility

# Where each public name lives: its module is imported when the name is first asked for. No module
# here has a public name of its own, for importing it would put it in the name's place.
_HOME = {
    "Actions": "terms",
    "ArgumentError": "errors",
    "Band": "engine.market",
    "Borrowing": "terms",
    "Capped": "weighting",
    "Comparison": "comparison",
    "Costs": "costs",
    "DataError": "errors",
    "Equal": "weighting",
    "Given": "weighting",
    "Impact": "costs",
    "InverseVolatility": "weighting",
    "Layers": "layers",
    "LookAheadError": "errors",
    "Lots": "engine.lots",
    "Member": "universe",
    "MissingExtraError": "errors",
    "Momentum": "signals",
    "Result": "result",
    "RotationError": "errors",
    "Schedule": "schedule",
    "Selection": "selection",
    "Strategy": "strategy",
    "Sweep": "sweeping",
    "Switch": "rules",
    "Universe": "universe",
    "Vote": "vote",
    "alternatives": "simulation",
    "backtest": "backtesting",
    "build_layers": "layers",
    "check_causal": "causality",
    "check_prices": "data.quality",
    "clean": "data.cleaning",
    "compare": "comparison",
    "fetch_yahoo": "data.yahoo",
    "sample": "data.sample",
    "simulate": "simulation",
    "sweep": "sweeping",
}
__all__ = sorted(_HOME)

# Rooms with many names of their own, as in `rt.signals.ZScore`.
_ROOMS = ("data", "grid", "measures", "rules", "signals", "trials", "validation")


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"rotation.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'rotation' has no attribute {name!r}")
    return getattr(import_module(f"rotation.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
