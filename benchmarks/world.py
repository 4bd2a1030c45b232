"""A random market and random monthly decisions: what every benchmark of the account runs on.

The same size and seed give the same world. Axes: T sessions, S strategies, N assets, K decisions.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class World:
    """Closes (T, N), rows of the trades (K,), targets (K, S, N): fractions of the value.

    A decision is taken at the last session of a month and traded at the next close: ``rows``.
    """

    closes: pd.DataFrame
    rows: NDArray[np.intp]
    targets: NDArray[np.float64]

    def weights(self, strategy: int = 0) -> pd.DataFrame:
        """Targets of one strategy by the session that decides, as `simulate` takes them."""
        dates = self.closes.index[self.rows - 1]
        return pd.DataFrame(self.targets[:, strategy], index=dates, columns=self.closes.columns)


def world(sessions: int, strategies: int = 1, assets: int = 10, seed: int = 20) -> World:
    """Geometric random walks at 24% a year, and weights drawn evenly from all that sum to 1."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2000-01-03", periods=sessions)
    growth = rng.normal(0.0003, 0.015, (sessions, assets)).cumsum(axis=0)
    columns = [f"A{asset}" for asset in range(assets)]
    closes = pd.DataFrame(100.0 * np.exp(growth), index=index, columns=columns)
    month = index.to_period("M")
    rows = 1 + np.flatnonzero(month[1:] != month[:-1])
    return World(closes, rows, rng.dirichlet(np.ones(assets), (rows.size, strategies)))
