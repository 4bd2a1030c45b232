"""The self-financing trade: published vectors, bisection, and what must hold of any root."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import rotation as rt
from markets import rates, seeds
from oracles.ledger import root
from rotation.costs import settle

# value, holdings, targets, buy, sell, value after: solved from the direction of every trade.
VECTORS = {
    "equal rates": (1, [0.5, 0.5], [0.6, 0.4], 0.01, 0.01, 0.998003992015968),
    "unequal rates": (1, [0.5, 0.5], [0.6, 0.4], 0.01, 0.02, 0.996993987975952),
    "from cash": (1, [0, 0], [0.6, 0.4], 0.001, 0.001, 0.999000999000999),
    "full switch": (1, [1, 0], [0, 1], 0.001, 0.001, 0.998001998001998),
    "a direction that flips": (
        1,
        [0.6, 0.2999, 0.1001],
        [0.3, 0.3, 0.4],
        0.05,
        0.05,
        0.969707070707071,
    ),
    "into a short": (1, [0, 0], [1.3, -0.3], 0.005, 0.005, 0.992063492063492),
    "out of a short": (1, [1.3, -0.3], [0.5, 0.5], 0.002, 0.003, 0.9959979989995),
    "cash before and after": (1, [0.7, 0.1], [0.2, 0.5], 0.001, 0.002, 0.998600139986001),
}


@pytest.mark.parametrize("name", VECTORS)
def test_settle_gives_the_vectors(name):
    value, holdings, targets, buy, sell, after = VECTORS[name]
    got = settle(value, np.array(holdings), np.array(targets), buy=buy, sell=sell)
    assert_allclose(got, after, rtol=2e-15)


@pytest.mark.parametrize("name", VECTORS)
def test_the_oracle_gives_the_vectors(name):
    value, holdings, targets, buy, sell, after = VECTORS[name]
    got = bisected(value, holdings, targets, [buy] * len(holdings), [sell] * len(holdings))
    assert_allclose(got, after, rtol=2e-15)


def test_a_full_switch_keeps_what_both_rates_leave():
    got = settle(250.0, np.array([250.0, 0.0]), np.array([0.0, 1.0]), buy=0.01, sell=0.03)
    assert_allclose(got, 250.0 * 0.97 / 1.01, rtol=1e-15)


def bisected(value, holdings, targets, buy, sell):
    """The oracle's root for lists."""
    named = [dict(enumerate(map(float, part))) for part in (holdings, targets, buy, sell)]
    return root(float(value), named[0], named[1], buy=named[2], sell=named[3])


def cases(rng, size, n, *, highest=0.2):
    """Values (K,), holdings, targets and rates (K, N), with shorts and cash, λ above 0.1."""
    value = 10 ** rng.uniform(-3, 6, size)
    holdings = value[:, None] * rng.normal(0.0, 1.0, (size, n)) * (rng.random((size, n)) < 0.7)
    targets = rng.normal(0.0, 0.7, (size, n)) * (rng.random((size, n)) < 0.7)
    kept = rng.random((size, n)) < 0.1  # nothing to trade, up to the costs of the others
    targets[kept] = (holdings / value[:, None])[kept]
    gross = np.abs(targets).sum(axis=1, keepdims=True)
    targets *= np.minimum(1.0, 4.0 / np.maximum(gross, 1e-9))
    buy, sell = rng.uniform(0.0, highest, (2, size, n)) * (rng.random((2, size, n)) < 0.8)
    return value, holdings, targets, buy, sell


def assert_roots(value, holdings, targets, buy, sell):
    got = settle(value, holdings, targets, buy=buy, sell=sell)
    want = [bisected(*case) for case in zip(value, holdings, targets, buy, sell, strict=True)]
    scale = value + np.abs(holdings).sum(axis=1)
    assert_allclose(got / scale, np.array(want) / scale, rtol=0, atol=1e-14)
    # And it is a root: what was not spent on costs is there.
    change = targets * got[:, None] - holdings
    costs = np.where(change > 0, buy * change, -sell * change).sum(axis=1)
    assert_allclose((got + costs) / scale, value / scale, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
def test_settle_equals_bisection_in_a_batch(n):
    assert_roots(*cases(np.random.default_rng(n), 300, n))


@given(seed=seeds(), n=st.integers(1, 8), size=st.integers(1, 4))
def test_settle_equals_bisection(seed, n, size):
    assert_roots(*cases(np.random.default_rng(seed), size, n))


@given(seed=seeds(), n=st.integers(1, 6), buy=rates(), sell=rates())
def test_long_only_at_one_rate_for_all(seed, n, buy, sell):
    rng = np.random.default_rng(seed)
    holdings, targets = rng.dirichlet(np.ones(n + 1), 2)[:, :-1] * rng.choice([0.0, 1.0], (2, 1))
    got = settle(1.0, holdings, targets, buy=buy, sell=sell)
    assert_allclose(got, bisected(1.0, holdings, targets, [buy] * n, [sell] * n), rtol=4e-15)
    assert (1.0 - sell) / (1.0 + buy) - 1e-15 <= got <= 1.0


@given(seed=seeds(), n=st.integers(1, 6))
def test_the_value_never_rises_with_a_rate(seed, n):
    rng = np.random.default_rng(seed)
    value, holdings, targets, buy, sell = cases(rng, 20, n, highest=0.1)
    more_buy = buy + rng.uniform(0.0, 0.1, buy.shape)
    more_sell = sell + rng.uniform(0.0, 0.1, sell.shape)
    cheap = settle(value, holdings, targets, buy=buy, sell=sell)
    slack = 1e-14 * (value + np.abs(holdings).sum(axis=1))
    assert (cheap <= value).all()
    assert (settle(value, holdings, targets, buy=more_buy, sell=sell) <= cheap + slack).all()
    assert (settle(value, holdings, targets, buy=buy, sell=more_sell) <= cheap + slack).all()


@given(seed=seeds(), n=st.integers(1, 6))
def test_scale_order_and_splits_of_assets_change_nothing(seed, n):
    rng = np.random.default_rng(seed)
    value, holdings, targets, buy, sell = cases(rng, 20, n)
    got = settle(value, holdings, targets, buy=buy, sell=sell)
    scale = value + np.abs(holdings).sum(axis=1)

    doubled = settle(4.0 * value, 4.0 * holdings, targets, buy=buy, sell=sell)
    assert_array_equal(doubled, 4.0 * got)

    order = rng.permutation(n)
    permuted = [part[:, order] for part in (holdings, targets, buy, sell)]
    turned = settle(value, permuted[0], permuted[1], buy=permuted[2], sell=permuted[3])
    assert_allclose(turned / scale, got / scale, rtol=0, atol=1e-14)

    part = rng.uniform(0.1, 0.9)
    split = [np.hstack([x * part, x * (1.0 - part)]) for x in (holdings, targets)]
    rates_twice = [np.hstack([x, x]) for x in (buy, sell)]
    halves = settle(value, split[0], split[1], buy=rates_twice[0], sell=rates_twice[1])
    assert_allclose(halves / scale, got / scale, rtol=0, atol=1e-14)


@given(seed=seeds(), n=st.integers(1, 6))
def test_no_rate_no_cost(seed, n):
    value, holdings, targets, *_ = cases(np.random.default_rng(seed), 5, n)
    assert_array_equal(settle(value, holdings, targets, buy=0.0, sell=0.0), value)


def test_what_is_held_already_costs_nothing():
    weights = np.array([0.25, 0.5, 0.125])
    assert settle(8.0, 8.0 * weights, weights, buy=0.1, sell=0.1) == 8.0


def test_a_liquidation_that_does_not_pay_its_costs_leaves_less_than_nothing():
    # Cash -9 against 10 of an asset sold at 20 %.
    got = settle(1.0, np.array([10.0]), np.array([0.0]), buy=0.2, sell=0.2)
    assert_allclose(got, -1.0, rtol=1e-15)


def test_shapes_broadcast_and_the_inputs_stay():
    rng = np.random.default_rng(1)
    value, holdings, targets, buy, sell = cases(rng, 12, 3)
    copies = [part.copy() for part in (value, holdings, targets, buy, sell)]
    want = settle(value, holdings, targets, buy=buy, sell=sell)
    assert want.shape == (12,)
    for part, copy in zip((value, holdings, targets, buy, sell), copies, strict=True):
        assert_array_equal(part, copy)

    block = [part.reshape(4, 3, *part.shape[1:]) for part in (value, holdings, targets, buy, sell)]
    got = settle(block[0], block[1], block[2], buy=block[3], sell=block[4])
    assert_allclose(got, want.reshape(4, 3), rtol=1e-14)

    # One holding, many targets; one value; rates by asset; a rate for all.
    grid = settle(1.0, holdings[0] / value[0], targets, buy=buy[0], sell=0.01)
    assert grid.shape == (12,)
    for k in range(12):
        alone = settle(1.0, holdings[0] / value[0], targets[k], buy=buy[0], sell=0.01)
        assert np.ndim(alone) == 0
        assert_allclose(grid[k], alone, rtol=1e-14)

    crossed = settle(value[:, None], holdings[:, None, :], targets[None, :4], buy=0.01, sell=0.02)
    assert crossed.shape == (12, 4)
    assert_allclose(
        crossed[5, 2], settle(value[5], holdings[5], targets[2], buy=0.01, sell=0.02), rtol=1e-14
    )


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("rate", [-0.001, 1.0, 1.5, np.nan, np.inf])
def test_rates_outside_zero_to_one_are_refused(side, rate):
    terms = {"buy": 0.01, "sell": 0.01, side: rate}
    with pytest.raises(rt.ArgumentError, match=f"^{side}: want "):
        settle(1.0, np.array([1.0, 0.0]), np.array([0.0, 1.0]), **terms)
    with pytest.raises(rt.ArgumentError, match=side):
        rt.Costs(**terms)


@pytest.mark.parametrize(
    ("targets", "rate"),
    [([2.0, 0.5], 0.4), ([-2.0, 0.5], 0.4), ([6.0, -5.0], 0.1)],
    ids=["exactly 0", "shorts count", "below 0"],
)
def test_targets_whose_costs_eat_every_unit_of_value_are_refused(targets, rate):
    with pytest.raises(rt.ArgumentError, match=r"^targets: want 1 - sum\(w\+ sell"):
        settle(1.0, np.zeros(2), np.array(targets), buy=rate, sell=rate)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("argument", ["value", "holdings", "targets"])
def test_numbers_that_are_none_are_refused(argument, bad):
    terms = {"value": 1.0, "holdings": np.zeros(2), "targets": np.array([0.5, 0.5])}
    terms[argument] = bad if argument == "value" else np.array([0.5, bad])
    with pytest.raises(rt.ArgumentError, match=f"^{argument}: want finite numbers, got {bad}"):
        settle(terms["value"], terms["holdings"], terms["targets"], buy=0.01, sell=0.01)


@pytest.mark.parametrize("argument", ["value", "holdings", "targets", "buy", "sell"])
def test_what_is_no_number_is_refused_by_its_name(argument):
    terms = {"value": 1.0, "holdings": [0.0], "targets": [1.0], "buy": 0.0, "sell": 0.0}
    terms[argument] = "much"
    with pytest.raises(rt.ArgumentError, match=f"^{argument}: want numbers, got 'much'"):
        settle(**terms)


def test_shapes_that_do_not_go_together_are_told():
    message = (
        "settle: want shapes (...), (..., N), (..., N), (..., N), (..., N) that broadcast, "
        "got (), (2,), (3,), (), (3,)"
    )
    with pytest.raises(rt.ArgumentError, match=f"^{re.escape(message)}$"):
        settle(1.0, np.zeros(2), np.zeros(3), buy=0.0, sell=np.zeros(3))


def test_many_values_of_one_account_that_comes_from_cash():
    got = settle([1.0, 2.0, 3.0], np.zeros(2), [0.5, 0.5], buy=0.25, sell=0.0)
    assert_allclose(got, [0.8, 1.6, 2.4], rtol=1e-15)


def test_basis_points():
    assert rt.Costs.bps(10) == rt.Costs(buy=0.001, sell=0.001)
