"""Closes to scores.

A score is what a signal gives each layer at a close, higher is better, NaN where it knows too
little; row t depends on what was known at close t alone. The functions of closes (T, L) take
batches (T, ..., L) as well.
"""

from rotation.protocols import History, Signal
from rotation.signals.breadth import Breadth, breadth
from rotation.signals.channel import Donchian, Drawdown, donchian, drawdown
from rotation.signals.combine import Rank, Standardise, Sum, Voted, Where, rank, voted
from rotation.signals.leadlag import LeadLag, lead_lag
from rotation.signals.listed import Listed, listed
from rotation.signals.momentum import (
    Momentum,
    RiskAdjustedMomentum,
    momentum,
    risk_adjusted_momentum,
)
from rotation.signals.plane import RotationPlane, rotation_plane
from rotation.signals.published import Published, published
from rotation.signals.regime import VolatilityRegime, volatility_regime
from rotation.signals.relative import (
    Crossover,
    MovingAverageGap,
    ZScore,
    crossover,
    moving_average_gap,
    relative,
    zscore,
)

__all__ = [
    "Breadth",
    "Crossover",
    "Donchian",
    "Drawdown",
    "History",
    "LeadLag",
    "Listed",
    "Momentum",
    "MovingAverageGap",
    "Published",
    "Rank",
    "RiskAdjustedMomentum",
    "RotationPlane",
    "Signal",
    "Standardise",
    "Sum",
    "VolatilityRegime",
    "Voted",
    "Where",
    "ZScore",
    "breadth",
    "crossover",
    "donchian",
    "drawdown",
    "lead_lag",
    "listed",
    "momentum",
    "moving_average_gap",
    "published",
    "rank",
    "relative",
    "risk_adjusted_momentum",
    "rotation_plane",
    "volatility_regime",
    "voted",
    "zscore",
]
