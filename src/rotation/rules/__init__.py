"""Scores to decisions.

A decision is what a rule wants to hold at a close; it depends on the scores of that and earlier
decisions alone. Layers are numbered by column, -1 is cash.
"""

from rotation.protocols import History, Rule, WeightRule
from rotation.rules.blend import Blend, blend
from rotation.rules.dip import DipBuyer, Wait, buy_dips, wait_out
from rotation.rules.event import EventSwitch, event_switch
from rotation.rules.hold import Hold, hold
from rotation.rules.refuge import Refuge, candidates
from rotation.rules.switch import Switch, switch
from rotation.rules.topk import TopK, top_k
from rotation.rules.volatility import VolTarget, realised_volatility, target_volatility

__all__ = [
    "Blend",
    "DipBuyer",
    "EventSwitch",
    "History",
    "Hold",
    "Refuge",
    "Rule",
    "Switch",
    "TopK",
    "VolTarget",
    "Wait",
    "WeightRule",
    "blend",
    "buy_dips",
    "candidates",
    "event_switch",
    "hold",
    "realised_volatility",
    "switch",
    "target_volatility",
    "top_k",
    "wait_out",
]
