"""What one layer's past return says about the others' next one."""

from dataclasses import dataclass, replace

import numpy as np

from rotation.arrays import FloatArray
from rotation.checks import check_count
from rotation.columns import Layer, check_layer, column, numbered
from rotation.protocols import History
from rotation.rolling import lagged, rolling_cov, rolling_mean
from rotation.signals.momentum import momentum

__all__ = ["LeadLag", "lead_lag"]


def lead_lag(close: FloatArray, leader: int, days: int, window: int) -> FloatArray:
    """Forecast of each layer's log return over the next ``days`` sessions from the leader's last.

    A layer's log return over ``days`` sessions is regressed on that of the leader over the ``days``
    before them, least squares with a constant, over the newest ``window`` such pairs, which overlap
    and end no later than this session. The leader's newest return goes into the line found. Small
    firms follow large ones (Lo and MacKinlay 1990), most of all in their industry (Hou 2007).

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    leader : column of the layer that leads
    days : sessions of a return, at least 1
    window : pairs in the regression, at least 3

    Returns
    -------
    (T, L) log return, NaN too where the leader's past return was always the same

    Examples
    --------
    >>> leader = np.array([0.1, 0.3, -0.2, 0.0, 0.4])
    >>> follower = np.array([0.0, 0.05, 0.15, -0.1, 0.0])
    >>> close = np.exp(np.column_stack([leader, follower]).cumsum(axis=0))
    >>> lead_lag(close, leader=0, days=1, window=3)[-1, 1].round(3)
    np.float64(0.2)
    """
    growth = momentum(close, days)
    newest = growth[..., leader : leader + 1]
    past = lagged(newest, days)
    scatter = rolling_cov(past, past, window)
    slope = rolling_cov(past, growth, window) / np.where(scatter == 0, np.nan, scatter)
    ahead = newest - rolling_mean(past, window)
    return rolling_mean(growth, window) + slope * ahead


@dataclass(frozen=True, slots=True)
class LeadLag:
    """Signal of :func:`rotation.signals.lead_lag`.

    Parameters
    ----------
    leader : name of the layer that leads, or its column
    days : sessions of a return, at least 1
    window : pairs in the regression, at least 3
    """

    leader: Layer
    days: int
    window: int

    def __post_init__(self) -> None:
        check_layer("leader", self.leader, cash=False)
        check_count("days", self.days, 1)
        check_count("window", self.window, 3, "pairs")

    def bind(self, history: History) -> "LeadLag":
        """The same with the leader's column."""
        return replace(self, leader=numbered("leader", self.leader, history.names))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        leader = column("leader", self.leader, close.shape[-1])
        return lead_lag(close, leader, self.days, self.window)
