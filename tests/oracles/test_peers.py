"""The script behind the page on other packages: they make our trades once they are posed them.

Whatever else the page says of a package is held to here, at a small size.
"""

import doctest
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "scripts" / "compare_peers.py"
SESSIONS = 520
EXACT = 1e-12


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("compare_peers", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        spec.loader.exec_module(module)
        yield module
    del sys.modules[spec.name]


@pytest.fixture(params=["vectorbt", "bt"])
def peer(script, request):
    return next(each for each in script.peers() if each.name == request.param)


@pytest.fixture(params=["any_weights", "full_switches"])
def orders(script, request):
    return getattr(script, request.param)(3, SESSIONS)


def test_examples(script):
    results = doctest.testmod(script)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.005])
def test_posed_our_trades_a_peer_makes_them(script, peer, orders, rate):
    mine = script.ours(orders, rate)
    assert script.difference(peer, orders, mine, rate) < EXACT


def test_without_costs_nothing_need_be_posed(script, peer, orders):
    found = script.gap(orders, peer.run(orders, 0.0), script.ours(orders, 0.0))
    assert abs(found.final) < EXACT
    assert found.off < EXACT


def test_the_largest_buy_of_vectorbt_absorbs_all_fees(script):
    orders, rate = script.any_weights(3, SESSIONS), 0.005
    answer = script.vectorbt(orders, rate)
    closes = orders.closes.to_numpy()[orders.rows]
    before = answer.weights[:-1] * closes[1:] / closes[:-1]
    before /= before.sum(axis=1, keepdims=True)
    bought = np.vstack([orders.targets[:1], orders.targets[1:] - before])
    short = answer.weights - orders.targets
    assert (short.argmin(axis=1) == bought.argmax(axis=1)).all()
    assert ((short < 0).sum(axis=1) == 1).all()
    assert answer.refused == 0


@pytest.mark.parametrize("rate", [0.001, 0.005])
def test_a_full_switch_of_vectorbt_is_ours_and_of_bt_overdraws(script, rate):
    orders = script.full_switches(3, SESSIONS)
    mine = script.ours(orders, rate)
    theirs = {
        peer.name: script.gap(orders, peer.run(orders, rate), mine) for peer in script.peers()
    }
    assert abs(theirs["vectorbt"].final) < EXACT
    assert theirs["vectorbt"].cash == pytest.approx(0.0, abs=EXACT)
    # The fee of the sale; what is bought takes its own.
    assert theirs["bt"].cash == pytest.approx(-rate, rel=0.05)


def test_by_column_vectorbt_loses_buys_without_a_word(script, orders):
    found = script.gap(
        orders, script.vectorbt(orders, 0.001, "default"), script.ours(orders, 0.001)
    )
    assert found.refused > 0.1
    assert found.cash >= -EXACT


def test_prints_every_table(script, capsys):
    assert script.main(["--sessions", "130", "--markets", "1"]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    installed = len(script.peers())
    assert len(rows) == 2 * (2 + 4 * installed) + 2 + 4
    assert "1 markets of 130 sessions. vectorbt " in printed
