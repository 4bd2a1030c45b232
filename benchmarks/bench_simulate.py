"""The account against vectorbt's two engines, bt, and the copy of its own result.

S = 1 is what a user types, tables in and figures out; S = 1,000 is the engine on arrays, to all
value paths. Peers size trades by the value before fees (see `peers`), so each answer is compared
as posed, to 0.5%, and posed as the very same trade, to 1e-10.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

import rotation as rt
from peers import Answer, bt_answer, vectorbt_answer, vectorbt_blocks
from rotation import measures
from rotation.engine import account
from rotation.engine.market import Market, Rates
from world import World, world

# ffn, which makes bt's figures, asks pandas for the frequency of an index in the way of old.
pytestmark = pytest.mark.filterwarnings(
    "ignore:A future version of pandas will return a BaseOffset:DeprecationWarning:ffn"
)

RATE = 0.001
SMALL, LARGE = 1_250, 5_000
FEW = 4  # strategies that bt does of many

Race = Callable[..., dict[str, Any]]
FloatArray = NDArray[np.float64]


def accounts(scene: World, rate: float) -> account.Account:
    """All strategies of a scene through the engine."""
    close = scene.closes.to_numpy()
    market = Market(close, close, np.ones(len(close)))
    return account.run(market, scene.rows, scene.targets, rates=Rates(rate, rate))


def shrunk(scene: World, ran: account.Account) -> FloatArray:
    """Targets as fractions of the value before the trade: what vectorbt takes them for."""
    return scene.targets * (ran.after / ran.before)[..., None]


def check(value: FloatArray, answer: Answer, tolerance: float, start: int = 0) -> None:
    """Hold a peer's answer against our value (T, S); its Sharpe ratio begins at ``start``."""
    returns = np.diff(value, axis=0, prepend=1.0) / np.vstack([np.ones_like(value[:1]), value[:-1]])
    np.testing.assert_allclose(answer.value, value, rtol=tolerance)
    np.testing.assert_allclose(1 + answer.total_return, value[-1], rtol=tolerance)
    for figure, ours in [
        (answer.max_drawdown, measures.max_drawdown(returns)),
        (answer.sharpe, measures.sharpe(returns[start:])),
    ]:
        np.testing.assert_allclose(figure, ours, rtol=tolerance, atol=tolerance)


def check_summary(summary: pd.Series, value: FloatArray) -> None:
    """Hold our figures against a peer's value (T,) from the first trade on."""
    returns = value[1:] / value[:-1] - 1
    figures = {
        "annual_return": (value[-1] / value[0]) ** (252 / returns.size) - 1,
        "sharpe": returns.mean() / returns.std(ddof=1) * np.sqrt(252),
        "max_drawdown": (value / np.maximum.accumulate(value)).min() - 1,
    }
    np.testing.assert_allclose(summary[list(figures)], list(figures.values()), rtol=1e-10)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Compile numba and load everything before any clock starts."""
    small = world(60)
    for engine in ("numba", "rust"):
        vectorbt_answer(small.closes, small.rows, small.targets, RATE, engine)
    bt_answer(small.closes, small.rows, small.targets, RATE)


@pytest.mark.benchmark(group="one backtest, tables to value path and summary")
@pytest.mark.parametrize("sessions", [SMALL, LARGE])
def test_one(race: Race, sessions: int) -> None:
    """`simulate` of ten assets, monthly, with `summary`."""
    scene = world(sessions)
    weights = scene.weights()
    posed = (scene.closes, scene.rows, scene.targets)
    first = int(scene.rows[0])

    def ours() -> tuple[FloatArray, pd.Series]:
        result = rt.simulate(scene.closes, weights, costs=rt.Costs(RATE, RATE))
        return result.value.to_numpy()[:, None], result.summary()

    answers = race(
        ours,
        rounds=15,
        warm=True,
        vectorbt_numba=lambda: vectorbt_answer(*posed, RATE, "numba"),
        vectorbt_rust=lambda: vectorbt_answer(*posed, RATE, "rust"),
        bt=lambda: bt_answer(*posed, RATE),
    )

    value, summary = answers["rotation"]
    for name, start in [("vectorbt_numba", 0), ("vectorbt_rust", 0), ("bt", first)]:
        check(value, answers[name], 5e-3, start)
    free = rt.simulate(scene.closes, weights, costs=rt.Costs(0, 0)).value.to_numpy()[:, None]
    check(free, bt_answer(*posed, 0.0), 1e-10, first)
    same = shrunk(scene, accounts(scene, RATE))
    for engine in ("numba", "rust"):
        check(free, vectorbt_answer(*posed, 0.0, engine), 1e-10)
        exact = vectorbt_answer(scene.closes, scene.rows, same, RATE, engine)
        check(value, exact, 1e-10)
        check_summary(summary, exact.value[first:, 0])


@pytest.mark.benchmark(group="many strategies, arrays to all value paths")
@pytest.mark.parametrize(("sessions", "strategies"), [(SMALL, 1_000), (LARGE, 250), (LARGE, 1_000)])
def test_many(race: Race, benchmark: BenchmarkFixture, sessions: int, strategies: int) -> None:
    """The engine on ten assets, monthly: value (T, S). With timing off peers do the first 50.

    bt runs one strategy after another, so it does a few, and its time for all is that many times
    theirs.
    """
    scene = world(sessions, strategies)
    posed = scene.targets if benchmark.enabled else scene.targets[:, :50]
    finished = accounts(scene, RATE).value

    answers = race(
        lambda: accounts(scene, RATE),
        rounds=5,
        shares={"bt": FEW / strategies},
        vectorbt_numba=lambda: vectorbt_blocks(scene.closes, scene.rows, posed, RATE, "numba"),
        vectorbt_rust=lambda: vectorbt_blocks(scene.closes, scene.rows, posed, RATE, "rust"),
        bt=lambda: bt_answer(scene.closes, scene.rows, posed[:, :FEW], RATE),
        copy=finished.copy,
    )

    ran = answers["rotation"]
    some = posed.shape[1]
    for name in ("vectorbt_numba", "vectorbt_rust"):
        check(ran.value[:, :some], answers[name], 5e-3)
    check(ran.value[:, :FEW], answers["bt"], 5e-3, int(scene.rows[0]))
    same = shrunk(scene, ran)[:, :50]
    for engine in ("numba", "rust"):
        exact = vectorbt_answer(scene.closes, scene.rows, same, RATE, engine)
        check(ran.value[:, :50], exact, 1e-10)
