"""vectorbt against the account, wherever the two can be posed the same trade.

A full switch is one: vectorbt sells all it holds and spends all of the cash, fees included, on the
next asset, which leaves V (1 - s) / (1 + b) in both. Any other trade becomes one once the targets
are shrunk to fractions of the value before it (`peers` says why). The fee of each order stands in
the table that vectorbt takes, so that buying and selling may cost different rates.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import rotation as rt
from peers import vectorbt_answer
from world import World, world

EXACT = 1e-12
ENGINES = ["numba", "rust"]
RATES = st.floats(0.0, 0.02).filter(lambda rate: rate == 0 or rate > 1e-6)  # its tolerance is 1e-9


def switches(scene: World, held: NDArray[np.intp]) -> World:
    """The scene with all of the value in asset ``held[k]`` after trade k, -1 is cash."""
    targets = (held[:, None, None] == np.arange(scene.closes.shape[1])).astype(float)
    return World(scene.closes, scene.rows, targets)


def fees(scene: World, buy: float, sell: float) -> NDArray[np.float64]:
    """Rate of each order of full switches, (T, N): whatever is not bought on a row is sold."""
    rates = np.full(scene.closes.shape, sell)
    rates[scene.rows] = np.where(scene.targets[:, 0] > 0, buy, sell)
    return rates


def vectorbt_value(
    scene: World, rate: float | NDArray[np.float64], engine: str
) -> NDArray[np.float64]:
    """Value by session, (T,)."""
    return vectorbt_answer(scene.closes, scene.rows, scene.targets, rate, engine).value[:, 0]


@settings(deadline=None)  # the first call compiles
@given(engine=st.sampled_from(ENGINES), seed=st.integers(0, 2**32 - 1), buy=RATES, sell=RATES)
def test_switches_between_single_assets_and_cash(
    engine: str, seed: int, buy: float, sell: float
) -> None:
    rng = np.random.default_rng(seed)
    scene = world(sessions=260, assets=4, seed=seed)
    scene = switches(scene, rng.integers(-1, 4, scene.rows.size))
    ours = rt.simulate(scene.closes, scene.weights(), costs=rt.Costs(buy, sell)).value
    theirs = vectorbt_value(scene, fees(scene, buy, sell), engine)
    np.testing.assert_allclose(ours, theirs, rtol=EXACT)


def leaders(closes: pd.DataFrame, rows: NDArray[np.intp], days: int, margin: float) -> list[int]:
    """Momentum with a margin, one decision at a time: the asset held after each, -1 is cash."""
    held, chosen = -1, []
    for row in rows:
        if row >= days:
            score = np.log(closes.to_numpy()[row] / closes.to_numpy()[row - days])
            best = int(score.argmax())
            if held < 0 or score[best] > score[held] + margin:
                held = best
        chosen.append(held)
    return chosen


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_backtest_of_a_switching_strategy(engine: str, seed: int) -> None:
    scene = world(sessions=750, assets=3, seed=seed)
    days, margin, rate = 63, 0.02, 0.003
    held = leaders(scene.closes, scene.rows - 1, days, margin)
    assert len(set(held)) == 4, "the strategy has to hold everything once, and cash"
    strategy = rt.Strategy(
        signal=rt.Momentum(days), rule=rt.Switch(margin), schedule=rt.Schedule("M")
    )
    ours = rt.backtest(scene.closes, strategy, costs=rt.Costs(rate, rate)).value
    theirs = vectorbt_value(switches(scene, np.array(held)), rate, engine)
    np.testing.assert_allclose(ours, theirs, rtol=EXACT)


@settings(deadline=None)
@given(engine=st.sampled_from(ENGINES), seed=st.integers(0, 2**32 - 1), rate=RATES)
def test_any_weights_as_fractions_of_the_value_before_the_trade(
    engine: str, seed: int, rate: float
) -> None:
    scene = world(sessions=260, assets=4, seed=seed)
    result = rt.simulate(scene.closes, scene.weights(), costs=rt.Costs(rate, rate))
    after = result.value.to_numpy()[scene.rows]
    kept = after / (after + result.switches["cost"].to_numpy())
    same = World(scene.closes, scene.rows, scene.targets * kept[:, None, None])
    np.testing.assert_allclose(result.value, vectorbt_value(same, rate, engine), rtol=EXACT)
