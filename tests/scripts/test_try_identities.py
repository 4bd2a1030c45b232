"""The script that tries identities on many drawn markets."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import rotation as rt

PATH = Path(__file__).parents[2] / "scripts" / "try_identities.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("try_identities", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_market_can_be_drawn_again(script):
    one, other = (script.draw(np.random.default_rng([7, 11])) for _ in range(2))
    assert one.closes.equals(other.closes)
    assert one.weights.equals(other.weights)


def test_a_few_markets_hold(script):
    worst, ruined = script.batch(0, seed=1, markets=40)
    assert set(worst) == {"change", "cost", "weights", "returns", "ledger", "growth", "trades"}
    assert max(residual for residual, _ in worst.values()) < 1e-12
    assert 0 <= ruined <= 40


def test_what_does_not_add_up_is_seen(script):
    numbers = range(40)
    draws = [script.draw(np.random.default_rng([1, number])) for number in numbers]
    drawn = next(each for each in draws if each.options["fill"] is None and len(each.closes) > 9)
    result = rt.simulate(drawn.closes, drawn.weights, **drawn.options)
    assert max(script.residuals(result, drawn).values()) < 1e-12
    drawn.options["cash_rate"] = 0.5
    assert script.residuals(result, drawn)["growth"] > 1e-6


def test_the_last_word_is_the_exit_code(script, monkeypatch, capsys):
    class Here:
        """An executor that stays in this process."""

        def __init__(self, workers):
            assert workers == 2

        def __enter__(self):
            return self

        def __exit__(self, *ended):
            return None

        map = staticmethod(map)

    monkeypatch.setattr(script, "ProcessPoolExecutor", Here)
    assert script.main(["--markets", "3"]) == 0
    assert capsys.readouterr().out.startswith("3 markets, ")
    assert script.main(["--markets", "3", "--bound", "-1"]) == 1
