"""The root of the self-financing equation at its worst: high rates, many assets, near-ties."""

import numpy as np
import pytest

from rotation import costs

RATES = [0.005, 0.02, 0.1, 0.3, 0.5]


class Counting:
    """numpy that counts its calls of `where`, of which the root makes one a step."""

    def __init__(self):
        self.steps = 0

    def __getattr__(self, name):
        return getattr(np, name)

    def where(self, *arguments):
        self.steps += 1
        return np.where(*arguments)


def worst(rng, kind, assets, buy, sell, cases=200):
    """Holdings and targets (N, cases) that sum to 1, close to where assets change side."""
    wanted = rng.dirichlet(np.full(assets, 0.3), cases).T
    if kind == "far":
        held = rng.dirichlet(np.full(assets, 0.3), cases).T
    elif kind == "staggered":
        # Each asset is held a little less than wanted, so that one after the other turns to a sale.
        held = wanted * (1 - np.sort(rng.uniform(0, max(buy, sell), (assets, cases)), axis=0))
    else:
        kept = rng.uniform(0.6, 1.0, cases)
        held = wanted * kept * (1 + rng.normal(0, 1e-13, (assets, cases)))
        held[0] += 1 - held.sum(axis=0)
    return held, wanted


@pytest.mark.parametrize("kind", ["far", "staggered", "near ties"])
@pytest.mark.parametrize("assets", [2, 10, 200])
def test_it_ends_in_under_32_steps_and_leaves_nothing(kind, assets, monkeypatch):
    rng = np.random.default_rng(assets)
    for buy in RATES:
        for sell in RATES:
            held, wanted = worst(rng, kind, assets, buy, sell)
            counting = Counting()
            monkeypatch.setattr(costs, "np", counting)
            value = np.ones(held.shape[1])
            after = costs.root(value, held, wanted, buy, sell)
            monkeypatch.undo()
            traded = wanted * after - held
            paid = np.where(traded > 0, buy * traded, -sell * traded)
            assert np.abs(after + paid.sum(axis=0) - value).max() < 1e-14
            assert counting.steps < 32


@pytest.mark.parametrize("assets", [2, 200])
def test_with_impact_too(assets, monkeypatch):
    rng = np.random.default_rng(assets)
    for rate in RATES:
        held, wanted = worst(rng, "far", assets, rate, rate)
        impact = rng.uniform(0, 0.5, held.shape)
        counting = Counting()
        monkeypatch.setattr(costs, "np", counting)
        after = costs.root(np.ones(held.shape[1]), held, wanted, rate, rate, impact)
        monkeypatch.undo()
        traded = np.abs(wanted * after - held)
        paid = rate * traded + impact * traded**1.5
        assert np.abs(after + paid.sum(axis=0) - 1).max() < 1e-14
        assert counting.steps < 32
