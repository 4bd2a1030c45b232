"""vectorbt's indicators against the rolling statistics and the signals that are made of them.

vectorbt's bands have population deviations (ddof 0), and so has its moving deviation unless told
otherwise; ours have ddof 1 in signals. Its rolling maximum, like ours, has the newest row in it.
"""

import numpy as np
import pandas as pd
import pytest
import vectorbt as vbt

import rotation as rt
from rotation.rolling import rolling_max, rolling_mean, rolling_min, rolling_std
from rotation.signals import (
    Crossover,
    Donchian,
    Drawdown,
    MovingAverageGap,
    RiskAdjustedMomentum,
    ZScore,
    relative,
)

CLOSES = rt.sample().loc["2010":"2014", ["NVDA", "MSFT", "META"]]  # META lists in 2012
CLOSE = CLOSES.to_numpy()
LEVEL = pd.DataFrame(relative(CLOSE), index=CLOSES.index, columns=CLOSES.columns)
GROWTH = np.log(CLOSES / CLOSES.shift(1))
WINDOWS = pytest.mark.parametrize("days", [5, 20, 200])


def average(table: pd.DataFrame, days: int) -> np.ndarray:
    """vectorbt's simple moving average."""
    return vbt.MA.run(table, window=days).ma.to_numpy()


def deviation(table: pd.DataFrame, days: int, ddof: int) -> np.ndarray:
    """vectorbt's moving standard deviation."""
    return vbt.MSTD.run(table, window=days, ddof=ddof).mstd.to_numpy()


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """The same figures, the listing of META included."""
    assert np.isfinite(ours[-1]).all()
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@WINDOWS
def test_moving_averages_and_deviations(days: int) -> None:
    agree(rolling_mean(CLOSE, days), average(CLOSES, days))
    agree(rolling_std(CLOSE, days, ddof=0), deviation(CLOSES, days, 0))
    agree(rolling_std(CLOSE, days, ddof=1), deviation(CLOSES, days, 1))


@WINDOWS
def test_bollinger_bands(days: int) -> None:
    bands = vbt.BBANDS.run(CLOSES, window=days, alpha=2)
    middle, spread = rolling_mean(CLOSE, days), rolling_std(CLOSE, days, ddof=0)
    agree(middle + 2 * spread, bands.upper.to_numpy())
    agree(middle - 2 * spread, bands.lower.to_numpy())


@WINDOWS
def test_channels(days: int) -> None:
    agree(rolling_max(CLOSE, days), CLOSES.vbt.rolling_max(days).to_numpy())
    agree(rolling_min(CLOSE, days), CLOSES.vbt.rolling_min(days).to_numpy())


@WINDOWS
def test_gap_and_crossover(days: int) -> None:
    agree(MovingAverageGap(days)(CLOSE), LEVEL.to_numpy() - average(LEVEL, days))
    agree(Crossover(3, days)(CLOSE), average(LEVEL, 3) - average(LEVEL, days))


@WINDOWS
def test_zscore_is_a_place_between_the_bands(days: int) -> None:
    share = vbt.BBANDS.run(LEVEL, window=days, alpha=2).percent_b.to_numpy()
    population = np.sqrt(days / (days - 1))  # from ddof 1 to 0
    agree(ZScore(days, sign=1)(CLOSE) * population, (share - 0.5) * 4)


@WINDOWS
def test_donchian_breakouts(days: int) -> None:
    top = LEVEL.vbt.rolling_max(days).vbt.fshift(1)
    bottom = LEVEL.vbt.rolling_min(days).vbt.fshift(1)
    entries, exits = (top < LEVEL).vbt.signals.clean(bottom > LEVEL)
    moves = entries.astype(float) - exits.astype(float)
    sides = moves.where(moves != 0).vbt.ffill().fillna(0.0)
    # vectorbt's clean signals begin with an entry: what breaks down first is no exit to it.
    begun = entries.cumsum() > 0
    ours = Donchian(days)(CLOSE)
    assert {-1.0, 1.0} <= set(ours[begun.to_numpy()])
    np.testing.assert_array_equal(ours[begun.to_numpy()], sides.to_numpy()[begun.to_numpy()])


@WINDOWS
def test_momentum_per_risk(days: int) -> None:
    risk = deviation(GROWTH, days, 1) * np.sqrt(days)
    agree(RiskAdjustedMomentum(days)(CLOSE), np.log(CLOSES / CLOSES.shift(days)).to_numpy() / risk)


def test_drawdown() -> None:
    agree(Drawdown()(CLOSE), (CLOSES / CLOSES.vbt.expanding_max() - 1).to_numpy())
    agree(Drawdown(60)(CLOSE), (CLOSES / CLOSES.vbt.rolling_max(60) - 1).to_numpy())
