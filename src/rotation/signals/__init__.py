"""Closes to scores.

A score is what a signal gives each layer at a close, higher is better, NaN where it knows too
little; row t depends on what was known at close t alone.
"""

from rotation.protocols import History, Signal
from rotation.signals.momentum import Momentum, momentum

__all__ = ["History", "Momentum", "Signal", "momentum"]
