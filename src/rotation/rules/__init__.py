"""Scores to decisions.

A decision is what a rule wants to hold at a close; it depends on the scores of that and earlier
decisions alone. Layers are numbered by column, -1 is cash.
"""

from rotation.protocols import History, Rule, WeightRule
from rotation.rules.switch import Switch, switch

__all__ = ["History", "Rule", "Switch", "WeightRule", "switch"]
