"""Worlds have the truth that their recipe says: moments, leaders, echoes, breaks, listings.

Bounds are 4.42 standard errors, taken over worlds: a right figure is outside once in 100,000 draws.
Seeds are fixed, so it is outside always or never; each bound must be narrow, or it says nothing.
"""

from dataclasses import replace
from datetime import date
from itertools import product
from math import inf

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rotation as rt
from rotation.data.synthetic import (
    Break,
    Clusters,
    Echo,
    Leadership,
    Listing,
    Recipe,
    draw_world,
    draw_worlds,
    null_of,
)
from rotation.provenance import provenance

ERRORS = 4.42
STILL = {"volatility": 1e-6, "drift": 0.0, "correlation": 0.0}  # nothing but what is expected
ENDLESS = Recipe(drift=2.0, sessions=50_000, volatility=1e-3, periods=1)
FLAT = 3e-7  # more than a shock of such a world ever is


def near(each, truth, within):
    """Whether estimates (W, ...) of one truth (...) agree with it, closer than ``within``."""
    error = ERRORS * each.std(axis=0, ddof=1) / np.sqrt(len(each))
    assert np.max(error) < within
    assert (np.abs(each.mean(axis=0) - truth) <= error).all(), (each.mean(axis=0), truth, error)


def returns(worlds):
    """Simple returns (W, T - 1, L)."""
    return worlds.close[:, 1:] / worlds.close[:, :-1] - 1.0


def shocks(worlds):
    """What is left of returns without their drift, in units of their mean volatility a session."""
    truth = worlds.truth
    left = returns(worlds) - np.asarray(truth.drift) / truth.periods
    return left / (np.asarray(truth.volatility) / np.sqrt(truth.periods))


def products(x):
    """Mean over sessions of x x', (W, L, L)."""
    return np.einsum("wti,wtj->wij", x, x) / x.shape[1]


def expected(worlds, layer):
    """Edge that a layer has on each session (W, T - 1), read off still closes."""
    return returns(worlds)[..., layer] * worlds.truth.periods


class TestMoments:
    def test_mean_volatility_and_correlation(self):
        recipe = Recipe(drift=(0.3, -0.1), volatility=(0.2, 0.4), correlation=0.6)
        r = returns(draw_worlds(recipe, 300, 1))
        near(r.mean(axis=1) * 252, [0.3, -0.1], within=0.04)
        covariance = np.array([[0.04, 0.048], [0.048, 0.16]])
        near(products(r - np.array([0.3, -0.1]) / 252) * 252, covariance, within=0.002)

    def test_of_many_layers(self):
        recipe = Recipe(layers=("a", "b", "c", "d"), correlation=0.3)
        wanted = 0.7 * np.eye(4) + 0.3
        near(products(shocks(draw_worlds(recipe, 200, 2))), wanted, within=0.01)

    def test_of_another_year(self):
        recipe = Recipe(sessions=2000, drift=1.2, volatility=0.6, periods=12)
        r = returns(draw_worlds(recipe, 100, 3))
        near(r.mean(axis=1), [0.1, 0.1], within=0.003)
        near(((r - 0.1) ** 2).mean(axis=1), [0.03, 0.03], within=0.001)

    def test_tails_are_those_of_student(self):
        worlds = draw_worlds(Recipe(degrees=5.0, correlation=0.5), 500, 4)
        z = shocks(worlds)
        near(products(z), [[1, 0.5], [0.5, 1]], within=0.03)
        for beyond in (1.0, 2.0, 4.0):
            chance = 2 * stats.t.sf(beyond * np.sqrt(5 / 3), 5)
            near((np.abs(z) > beyond).mean(axis=1), [chance] * 2, within=0.1 * chance)

    def test_kurtosis_and_tails_that_come_together(self):
        z = shocks(draw_worlds(Recipe(degrees=12.0, correlation=0.0), 1000, 5))
        near((z**4).mean(axis=1), [3.75, 3.75], within=0.1)  # 3 + 6 / (12 - 4)
        near((z[..., 0] ** 2 * z[..., 1] ** 2).mean(axis=1), 1.25, within=0.03)  # (12-2) / (12-4)

    def test_normal_ones_are_normal(self):
        z = shocks(draw_worlds(Recipe(correlation=0.0), 200, 6))
        assert stats.kstest(z[:20].ravel(), "norm").pvalue > 1e-5
        near((z[..., 0] ** 2 * z[..., 1] ** 2).mean(axis=1), 1.0, within=0.02)


class TestClusters:
    RECIPE = Recipe(clusters=Clusters(alpha=0.1, beta=0.8), correlation=0.4, sessions=1500)

    def test_variance_kurtosis_and_memory_of_garch(self):
        z = shocks(draw_worlds(self.RECIPE, 800, 7))
        kurtosis = 3 * (1 - 0.9**2) / (1 - 0.9**2 - 2 * 0.1**2)
        near((z**2).mean(axis=1), [1, 1], within=0.02)
        near((z**4).mean(axis=1), [kurtosis] * 2, within=0.15)
        first = 0.1 * (1 - 0.1 * 0.8 - 0.8**2) / (1 - 2 * 0.1 * 0.8 - 0.8**2)
        for lag in (1, 2, 10):
            wanted = 1 + first * 0.9 ** (lag - 1) * (kurtosis - 1)
            near((z[:, lag:] ** 2 * z[:, :-lag] ** 2).mean(axis=1), [wanted] * 2, within=0.06)
        near((z[:, 1:] * z[:, :-1]).mean(axis=1), [0, 0], within=0.01)

    def test_they_were_there_before_the_first_session(self):
        worlds = draw_worlds(replace(self.RECIPE, sessions=2), 4000, 8)
        h = worlds.volatility[:, 1] ** 2 / 0.25**2
        assert h.min() >= 0.1 / (1 - 0.8)
        near(h, [1, 1], within=0.04)
        square = 1 + 2 * 0.1**2 / (1 - 0.9**2 - 2 * 0.1**2)
        near(h**2, [square] * 2, within=0.1)

    def test_slow_ones_have_their_mean_from_the_first_session(self):
        slow = replace(self.RECIPE, sessions=2, clusters=Clusters(alpha=0.02, beta=0.979))
        near(draw_worlds(slow, 4000, 34).volatility[:, 1] ** 2 / 0.25**2, [1, 1], within=0.05)

    def test_shocks_are_of_the_volatility_that_is_told(self):
        worlds = draw_worlds(self.RECIPE, 200, 9)
        z = shocks(worlds) * 0.25 / worlds.volatility[:, 1:]
        near(products(z), [[1, 0.4], [0.4, 1]], within=0.02)
        near((z[:, 1:] ** 2 * z[:, :-1] ** 2).mean(axis=1), [1, 1], within=0.03)
        assert stats.kstest(z[:20].ravel(), "norm").pvalue > 1e-5

    def test_without_them_it_is_constant(self):
        assert (draw_world(Recipe(volatility=(0.1, 0.3))).volatility == [0.1, 0.3]).all().all()

    def test_with_tails_too(self):
        both = replace(self.RECIPE, degrees=30.0)
        z = shocks(draw_worlds(both, 400, 10))
        fourth = 3 + 6 / 26
        kurtosis = fourth * (1 - 0.9**2) / (1 - 0.9**2 - (fourth - 1) * 0.1**2)
        near((z**4).mean(axis=1), [kurtosis] * 2, within=0.25)


class TestLeadership:
    RECIPE = Recipe(layers=("a", "b", "c"), leadership=Leadership(edge=0.6, duration=40))

    def test_each_leads_as_often_and_as_long_as_it_should(self):
        states = draw_worlds(self.RECIPE, 400, 11).states
        one_hot = states[..., None] == np.arange(3)
        near(one_hot.mean(axis=1), [1 / 3] * 3, within=0.02)
        near(one_hot[:, 0].astype(float), [1 / 3] * 3, within=0.12)
        passes = states[:, 1:] != states[:, :-1]
        near(passes.mean(axis=1), 1 / 40, within=0.001)
        old = np.stack([(states[:, n : n - 21] == states[:, :-21]) for n in range(20)]).all(axis=0)
        forgetful = passes[:, 19:-1] & old
        near(forgetful.sum(axis=1) / np.maximum(old.sum(axis=1), 1), 1 / 40, within=0.002)
        steps = (states[:, 1:] - states[:, :-1]) % 3
        near((steps == 1).mean(axis=1) - (steps == 2).mean(axis=1), 0.0, within=0.001)

    def test_two_take_turns_and_one_may_stay(self):
        turns = replace(Recipe(), leadership=Leadership(duration=1))
        assert (np.diff(draw_world(turns).states) != 0).all()
        stays = replace(Recipe(), leadership=Leadership(duration=inf))
        assert len({tuple(np.unique(s)) for s in draw_worlds(stays, 20, 12).states}) == 2

    def test_who_foresees_it_earns_the_edge_and_none_in_a_null_world(self):
        wild = replace(self.RECIPE, degrees=6.0, clusters=Clusters(), correlation=0.7)
        lasts = 1 - (3 / 2) / 40  # of what one knows of the leader, a session later
        for recipe, edge in ((wild, 0.6), (null_of(wild), 0.0)):
            worlds = draw_worlds(recipe, 400, 13)
            active = returns(worlds)
            active = (active - active.mean(axis=2, keepdims=True)) * 252
            for known, share in ((worlds.states[:, 1:], 1.0), (worlds.states[:, :-1], lasts)):
                earned = np.take_along_axis(active, known[..., None], axis=2).mean(axis=(1, 2))
                near(earned, edge * share * 2 / 3, within=0.04)

    def test_it_is_earned_by_an_account_too(self):
        world = draw_world(replace(self.RECIPE, volatility=1e-6), 14)
        ahead = pd.get_dummies(world.states).astype(float).shift(-2).iloc[:-2]
        ahead.columns = list(world.closes)
        result = rt.simulate(world.closes, ahead)
        assert float(result.returns.iloc[3:].mean() * 252) == pytest.approx(0.65, abs=1e-4)

    def test_nobody_leads_without_it(self):
        world = draw_world(Recipe(**STILL))
        assert set(world.states) == {-1}
        assert world.closes.iloc[-1].to_numpy() == pytest.approx(100, abs=1e-3)


LEADS = Recipe(
    layers=("a", "b", "c"),
    sessions=1000,
    volatility=(0.2, 0.3, 0.25),
    drift=(0.1, 0.0, -0.1),
    degrees=12.0,
    clusters=Clusters(alpha=0.1, beta=0.8),
    leadership=Leadership(edge=2.0, duration=50),
    echoes=(Echo("a", "b", 1, 0.5), Echo("a", "c", 1, 0.4), Echo("b", "a", 3, -0.6)),
)


@pytest.fixture(scope="module")
def pair():
    """Returns of worlds and of their null worlds, in units of a volatility of 0.25 a year."""
    both = (draw_worlds(each, 500, 15) for each in (LEADS, null_of(LEADS)))
    return [returns(worlds) * np.sqrt(252) / 0.25 for worlds in both]


class TestNull:
    """The same moments: with one seed the shocks are the same, so a difference is seen at once."""

    def test_means(self, pair):
        led, null = pair
        near((null - led).mean(axis=1), [0] * 3, within=0.02)
        mean = (np.array([0.1, 0.0, -0.1]) + 2.0 / 3) / 252 * np.sqrt(252) / 0.25
        near(null.mean(axis=1), mean, within=0.02)

    def test_covariance_between_all_layers(self, pair):
        led, null = (products(r) for r in pair)
        near(null - led, np.zeros((3, 3)), within=0.06)
        assert np.abs(led.mean(axis=0)).min() > 0.2  # an echo or edge too few would be seen

    def test_tails(self, pair):
        led, null = ((r**4).mean(axis=1) for r in pair)
        near((null - led) / led.mean(axis=0), [0] * 3, within=0.1)
        led, null = ((r**3).mean(axis=1) for r in pair)
        near(null - led, [0] * 3, within=0.25)

    def test_but_the_past_says_nothing(self, pair):
        led, null = (r - r.mean(axis=(0, 1)) for r in pair)
        for lag in (1, 2, 3):
            past = np.einsum("wti,wtj->wij", null[:, :-lag], null[:, lag:]) / null.shape[1]
            near(past, np.zeros((3, 3)), within=0.05)
        past = np.einsum("wti,wtj->wij", led[:, :-1], led[:, 1:]) / led.shape[1]
        assert past.mean(axis=0)[0, 1] > 0.2  # the echo
        assert past.mean(axis=0)[0, 0] > 0.05  # the lead goes on

    @pytest.mark.parametrize("follow", [np.argmax, np.argmin])
    def test_so_no_rule_that_follows_it_earns_more_than_equal_parts(self, follow):
        even = replace(LEADS, drift=0.0)
        earned = []
        for recipe in (even, null_of(even)):
            r = returns(draw_worlds(recipe, 500, 35))
            known = r.cumsum(axis=1)
            past = known[:, 10:-1] - known[:, :-11]
            held = follow(past, axis=2).astype(int)
            r = r[:, 11:]
            active = np.take_along_axis(r, held[..., None], axis=2)[..., 0] - r.mean(axis=2)
            earned.append(active.mean(axis=1) * 252)
        assert abs(earned[0].mean()) > 0.2
        near(earned[1], 0.0, within=0.03)

    def test_a_break_of_the_leader_keeps_the_means_over_all_the_sessions(self):
        breaks = (
            Break("2000-06-01", leader="shovels"),
            Break("2001-03-01", leader="applications", edge=0.2),
            Break("2001-06-01", leader="shovels", edge=2.0, drift=0.5),
        )
        leads = Recipe(
            sessions=500, breaks=breaks, leadership=Leadership(edge=0.5, duration=60), **STILL
        )
        led, null = (
            returns(draw_worlds(each, 1000, 16)).mean(axis=1) * 252
            for each in (leads, null_of(leads))
        )
        near(null - led, [0, 0], within=0.05)
        assert null[:, 0].mean() - null[:, 1].mean() > 0.1  # were it by halves, there were none

    def test_it_draws_by_how_often_each_is_expected_to_lead(self):
        leads = Leadership(edge=0.5, duration=inf)
        recipe = Recipe(sessions=401, leadership=leads, **STILL)
        assert recipe.shares.tolist() == [0.5, 0.5]
        half = replace(recipe, breaks=[Break(recipe.index[201].date(), leader="shovels")])
        assert half.shares.tolist() == [0.75, 0.25]
        heavier = replace(half, breaks=[*half.breaks, Break(recipe.index[301].date(), edge=1.5)])
        assert heavier.shares == pytest.approx([(100 + 100 + 300) / 600, 100 / 600])
        assert replace(recipe, leadership=Leadership(edge=0)).shares.tolist() == [0.5, 0.5]
        assert replace(recipe, leadership=None).shares.tolist() == [0.5, 0.5]


class TestEchoes:
    def test_a_regression_finds_their_share_at_their_delay(self):
        echo = Echo("shovels", "applications", sessions=5, share=0.3)
        recipe = Recipe(echoes=[echo], volatility=(0.3, 0.2), correlation=0.4, sessions=1500)
        for each, share in ((recipe, 0.3), (null_of(recipe), 0.0)):
            r = returns(draw_worlds(each, 300, 17))
            r = r - r.mean(axis=1, keepdims=True)
            square = (r[:, :, 0] ** 2).sum(axis=1)
            for delay in (4, 5, 6):
                slope = (r[:, :-delay, 0] * r[:, delay:, 1]).sum(axis=1) / square
                near(slope, share if delay == 5 else 0.0, within=0.01)

    def test_they_are_heard_from_the_first_session(self):
        echo = Echo("shovels", "applications", sessions=500, share=2.0)
        recipe = Recipe(echoes=[echo], correlation=0.0, sessions=600)
        plain, heard = (draw_world(each, 18) for each in (replace(recipe, echoes=()), recipe))
        plain, heard = (world.closes.pct_change().iloc[1:] for world in (plain, heard))
        assert np.array_equal(plain["shovels"], heard["shovels"])
        more = (heard - plain)["applications"].to_numpy()
        assert np.abs(more[:400]).min() > 0
        late = 2 * (plain["shovels"].to_numpy()[:99] - 0.05 / 252)
        np.testing.assert_allclose(more[500:], late, rtol=0, atol=1e-15)


class TestBreaks:
    RECIPE = Recipe(sessions=600, leadership=Leadership(edge=0.5, duration=inf), **STILL)
    ROW = 300

    def broken(self, **change):
        return replace(self.RECIPE, breaks=[Break(self.RECIPE.index[self.ROW].date(), **change)])

    def test_of_the_leader(self):
        worlds = draw_worlds(self.broken(leader="applications"), 20, 19)
        assert (worlds.states[:, self.ROW :] == 1).all()
        assert set(worlds.states[:, 0]) == {0, 1}
        assert (worlds.states[:, : self.ROW] == worlds.states[:, :1]).all()
        leads = worlds.states[:, 1:] == 1
        np.testing.assert_allclose(expected(worlds, 1), 0.5 * leads, atol=252 * FLAT)

    def test_of_the_leader_on_the_first_session(self):
        first = Break(self.RECIPE.index[0].date(), leader="applications")
        assert (draw_worlds(replace(self.RECIPE, breaks=[first]), 20, 20).states == 1).all()

    def test_the_chain_goes_on_from_it(self):
        on = replace(
            self.broken(leader="applications"), leadership=Leadership(edge=0.5, duration=20)
        )
        states = draw_worlds(on, 2000, 21).states
        near((states[:, self.ROW + 10] == 1).astype(float), 0.5 + 0.5 * 0.9**10, within=0.05)
        assert (states[:, self.ROW] == 1).all()

    def test_of_the_edge(self):
        worlds = draw_worlds(self.broken(edge=1.5), 5, 22)
        wanted = np.where(np.arange(1, 600) < self.ROW, 0.5, 1.5) * (worlds.states[:, 1:] == 0)
        np.testing.assert_allclose(expected(worlds, 0), wanted, atol=252 * FLAT)

    def test_of_drift(self):
        still = replace(self.broken(drift=-0.3), drift=(0.1, 0.2), leadership=None)
        worlds = draw_worlds(still, 2, 23)
        fallen = np.where(np.arange(1, 600) < self.ROW, 0.0, -0.3)
        np.testing.assert_allclose(expected(worlds, 0)[0], 0.1 + fallen, atol=252 * FLAT)
        np.testing.assert_allclose(expected(worlds, 1)[1], 0.2 + fallen, atol=252 * FLAT)

    def test_of_volatility_is_found_where_it_is(self):
        on = Recipe(sessions=600, breaks=[Break(self.RECIPE.index[self.ROW].date(), volatility=4)])
        world = draw_world(on, 24)
        assert (world.volatility.iloc[: self.ROW] == 0.25).all().all()
        assert (world.volatility.iloc[self.ROW :] == 1.0).all().all()
        square = (world.closes.pct_change().iloc[1:] ** 2).mean(axis=1).to_numpy()
        cuts = np.arange(20, 580)
        before, after = (np.array([f(square, n).mean() for n in cuts]) for f in (head, tail))
        badness = cuts * np.log(before) + (599 - cuts) * np.log(after)
        assert abs(cuts[badness.argmin()] + 1 - self.ROW) <= 3

    def test_several_add_up_whatever_their_order(self):
        days = [self.RECIPE.index[n].date() for n in (100, 200)]
        breaks = [Break(days[1], volatility=3, drift=0.2), Break(days[0], volatility=2, drift=0.1)]
        recipe = replace(self.RECIPE, breaks=breaks, leadership=None)
        assert [each.on for each in recipe.breaks] == days
        world = draw_world(recipe)
        assert world.volatility["shovels"].iloc[[0, 99, 100, 199, 200]].to_numpy() == (
            pytest.approx(np.array([1, 1, 2, 2, 6]) * 1e-6)
        )
        drift = world.closes["shovels"].pct_change().iloc[[50, 150, 250]] * 252
        assert drift.to_numpy() == pytest.approx([0, 0.1, 0.3], abs=1e-3)

    def test_on_a_day_off_is_on_the_next_session(self):
        sunday = Break("2000-01-09", drift=1.0)
        world = draw_world(Recipe(sessions=20, breaks=[sunday], **STILL))
        grown = world.closes["shovels"].pct_change() > 1e-3
        assert grown.idxmax() == pd.Timestamp("2000-01-10")


def head(values, count):
    return values[:count]


def tail(values, count):
    return values[count:]


class TestListings:
    def test_closes_are_missing_before_and_after_and_nothing_else_changes(self):
        recipe = Recipe(layers=("a", "b", "c"), sessions=100, degrees=4.0, clusters=Clusters())
        listed = [Listing("b", start="2000-02-01"), Listing("c", end="2000-03-05")]
        whole, some = draw_world(recipe, 25), draw_world(replace(recipe, listings=listed), 25)
        closes = some.closes
        assert closes["b"].first_valid_index() == pd.Timestamp("2000-02-01")
        assert closes["c"].last_valid_index() == pd.Timestamp("2000-03-03")  # the 5th is a Sunday
        kept = closes.notna()
        assert kept.sum().tolist() == [100, 100 - 21, 45]
        assert closes.equals(whole.closes.where(kept))
        assert rt.simulate(closes, kept.iloc[:1].astype(float)).value.notna().all()

    def test_both_ends(self):
        one = Listing("shovels", date(2000, 1, 5), date(2000, 1, 5))
        closes = draw_world(Recipe(sessions=10, listings=[one])).closes
        assert closes["shovels"].notna().tolist() == [False] * 2 + [True] + [False] * 7

    def test_who_leads_unlisted_leads_unseen(self):
        late = Recipe(
            sessions=500,
            leadership=Leadership(edge=1.0, duration=30),
            listings=[Listing("shovels", start="2001-01-01")],
            **STILL,
        )
        world = draw_world(late, 26)
        assert set(world.states[:"2000-12-31"]) == {0, 1}


class TestDeepFalls:
    RECIPE = Recipe(degrees=2.1, volatility=2.0, sessions=5000)

    def test_they_are_bent_and_counted(self):
        worlds = draw_worlds(self.RECIPE, 10, 27)
        assert worlds.close.min() > 0
        deep = (returns(worlds) < -0.5).sum(axis=(1, 2))
        assert deep.tolist() == worlds.bent.tolist()
        assert deep.sum() > 0
        assert worlds[3].bent == worlds.bent[3]

    def test_the_bend_begins_where_the_line_ends(self):
        from rotation.data.synthetic.drawing import _growth

        r = np.array([0.3, -0.5, -0.5 - 1e-9, -0.75, -20.0])
        wanted = [1.3, 0.5, 0.5 - 1e-9, 0.5 * np.exp(-0.5), 0.5 * np.exp(-39)]
        assert _growth(r) == pytest.approx(wanted, rel=1e-12)

    def test_none_elsewhere(self):
        assert draw_worlds(Recipe(), 20, 28).bent.sum() == 0

    def test_what_no_listed_price_shows_is_not_counted(self):
        day = self.RECIPE.index[1].date()
        few = [Listing(name, end=day) for name in self.RECIPE.layers]
        assert draw_worlds(replace(self.RECIPE, listings=few), 10, 27).bent.sum() == 0


class TestNouns:
    RECIPE = Recipe(sessions=30, leadership=Leadership(duration=5))

    def test_a_world_says_what_it_is(self):
        world = draw_world(self.RECIPE, 29, number=3)
        assert (world.truth, world.seed, world.number, world.null) == (self.RECIPE, 29, 3, False)
        assert draw_world(null_of(self.RECIPE)).null
        found = provenance(world.closes)
        assert found.source == f"synthetic: {self.RECIPE!r}, seed 29, world 3"
        assert (found.altered, found.fetched, found.steps) == ((), None, ())
        assert provenance(draw_world(self.RECIPE, 29, number=4).closes).hash != found.hash
        assert world.closes.iloc[0].tolist() == [100, 100]
        for table in (world.closes, world.states, world.volatility):
            assert table.index.equals(self.RECIPE.index)
        assert list(world.closes) == list(world.volatility) == ["shovels", "applications"]

    def test_sessions_are_business_days(self):
        assert Recipe(start="2000-01-01", sessions=6).index.equals(
            pd.DatetimeIndex(pd.bdate_range("2000-01-03", "2000-01-10"), freq=None)
        )

    def test_worlds_are_a_row_of_them(self):
        worlds = draw_worlds(self.RECIPE, 4, 30)
        assert len(worlds) == 4
        assert [world.number for world in worlds] == [0, 1, 2, 3]
        assert worlds[-1].closes.equals(worlds[3].closes)
        assert worlds[-1].number == 3
        assert not worlds.null
        with pytest.raises(IndexError, match="want a world from 0 to 3, got 4"):
            worlds[4]

    def test_it_does_not_matter_how_many_are_drawn_at_once(self):
        few, many = (draw_worlds(null_of(LEADS), count, 33) for count in (129, 300))
        assert np.array_equal(few.close, many.close[:129])
        assert np.array_equal(few.states, many.states[:129])
        assert np.array_equal(few.volatility, many.volatility[:129])
        for number in (127, 128, 299):
            alone = draw_world(null_of(LEADS), 33, number=number)
            assert alone.closes.equals(many[number].closes)

    def test_a_table_of_one_is_a_copy(self):
        worlds = draw_worlds(self.RECIPE, 2, 31)
        kept = worlds.close.copy()
        world = worlds[0]
        world.closes.iloc[3, 0] = 1.0
        world.volatility.iloc[3, 0] = 1.0
        assert np.array_equal(worlds.close, kept)
        assert provenance(world.closes).altered == ("shovels",)

    def test_a_generator_gives_a_seed_that_is_kept(self):
        rng = np.random.default_rng(32)
        one, other = draw_world(self.RECIPE, rng), draw_world(self.RECIPE, rng)
        assert one.seed != other.seed
        assert draw_world(self.RECIPE, one.seed).closes.equals(one.closes)
        again = draw_worlds(self.RECIPE, 2, np.random.default_rng(32))
        assert again.seed == one.seed

    def test_no_two_kinds_of_luck_share_a_stream(self):
        from rotation.data.synthetic.drawing import _stream

        seeds = (0, 1, 2, 2**32, 2**32 + 1, 2**33, 2**63 - 1)
        cube = product(seeds, (0, 1, 2, 3, 2**32), range(5))
        first = [_stream(*each).random() for each in cube]
        assert len(set(first)) == len(first) == 175

    def test_worlds_and_seeds_have_nothing_in_common(self):
        recipe = Recipe(correlation=0.0, sessions=1000, leadership=Leadership(duration=2))
        z = np.concatenate([shocks(draw_worlds(recipe, 5, seed)) for seed in (0, 1)])
        z = np.moveaxis(z, 1, 2).reshape(20, -1)
        off = np.corrcoef(z)[np.triu_indices(20, 1)]
        assert np.abs(off).max() < 5.2 / np.sqrt(z.shape[1])  # 1 in 25,000 of 190 pairs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": "ab"}, "layers: want two names or more, got 'ab'"),
        ({"layers": ("a",)}, "layers: want two names or more"),
        ({"layers": ("a", 3)}, "layers: want names, none of them 'cash'"),
        ({"layers": ("a", "cash")}, "layers: want names, none of them 'cash'"),
        ({"layers": ("a", "a")}, "layers: want each name once"),
        ({"sessions": 1}, "sessions: want sessions, 2 or more, got 1"),
        ({"sessions": 60_000}, "sessions: want 50,000 or less, got 60000"),
        ({"start": "soon"}, "start: want a date without a time zone, as .*, got 'soon'"),
        ({"start": "1700-01-01"}, "start: want a day from 1800 to 2050, got 1700-01-01"),
        ({"periods": 0}, "periods: want a number above 0, got 0"),
        ({"drift": 5}, "drift: want a figure a year, -2 or more, 2 or less, got 5"),
        ({"drift": (0.1, np.nan)}, "drift: want a figure a year"),
        ({"drift": "x"}, "drift: want a figure a year"),
        ({"volatility": 0}, "volatility: want a figure a year, 1e-06 or more"),
        ({"volatility": 25}, "volatility: want a figure a year, .* 2 or less, got 25"),
        ({"volatility": [0.1, 0.2, 0.3]}, "volatility: want one for all or 2, got 3"),
        ({"correlation": 1}, r"correlation: want a fraction in \[0, 1\), got 1"),
        ({"correlation": -0.1}, "correlation: want a fraction"),
        ({"degrees": 2}, "degrees: want degrees of freedom, 2.001 or more, got 2"),
        ({"clusters": 0.1}, "clusters: want Clusters or None, got 0.1"),
        ({"leadership": 0.1}, "leadership: want Leadership or None, got 0.1"),
        ({"echoes": Echo("shovels", "applications")}, "echoes: want Echos in a list"),
        ({"breaks": ["2001"]}, "breaks: want Breaks in a list"),
        ({"listings": 3}, "listings: want Listings in a list"),
        ({"null": 1}, "null: want True or False, got 1"),
        ({"echoes": [Echo("x", "shovels")]}, "leader: want one of shovels, applications, got 'x'"),
        ({"echoes": [Echo("shovels", "x")]}, "follower: want one of shovels"),
        ({"breaks": [Break("2001-01-01", edge=0.1)]}, "leadership: want one for the break on 2001"),
        (
            {"breaks": [Break("2001", leader="x")], "leadership": Leadership()},
            "leader: want one of shovels, applications, got 'x'",
        ),
        (
            {"breaks": [Break("2030-01-01", drift=0.1)]},
            "on: want a day from 2000-01-03 to 2009-08-28, got 2030-01-01",
        ),
        ({"listings": [Listing("x")]}, "layer: want one of shovels"),
        ({"listings": [Listing("shovels")] * 2}, "listings: want each layer once, got 'shovels'"),
        ({"listings": [Listing("shovels", start="1999-01-01")]}, "start: want a day from 2000"),
        ({"listings": [Listing("shovels", end="2030-01-01")]}, "end: want a day from 2000"),
        (
            {"listings": [Listing("shovels", "2001-01-06", "2001-01-07")]},
            "end: want a session of shovels up to it, got 2001-01-07",
        ),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(change, message):
    with pytest.raises(rt.ArgumentError, match=message):
        Recipe(**change)


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (Leadership, {"edge": -0.1}, "edge: want a mean return a year, 0 or more"),
        (Leadership, {"edge": 20}, "edge: want a mean return a year, .* 2 or less, got 20"),
        (Leadership, {"duration": 0.5}, "duration: want mean sessions, 1 or more, got 0.5"),
        (Leadership, {"duration": -inf}, "duration: want mean sessions, 1 or more"),
        (Clusters, {"alpha": -0.1}, "alpha: want a weight, 0 or more"),
        (Clusters, {"beta": 1.1}, "beta: want a weight"),
        (Clusters, {"alpha": 0.1, "beta": 0.9}, r"beta: want alpha \+ beta below 1, got 0.1 \+"),
        (Echo, {"leader": "b"}, "follower: want another layer than the leader 'b'"),
        (Echo, {"sessions": 0}, "sessions: want sessions, 1 or more, got 0"),
        (Echo, {"sessions": 501}, "sessions: want 500 or less, got 501"),
        (Echo, {"share": inf}, "share: want a share of the shock"),
        (Break, {}, "Break: want something that changes on 2001-01-01"),
        (Break, {"on": None, "drift": 0.1}, "on: want a date without a time zone, got None"),
        (Break, {"edge": -1}, "edge: want a mean return a year, 0 or more"),
        (Break, {"volatility": 0}, "volatility: want a number above 0"),
        (Break, {"drift": 3}, "drift: want a mean return a year"),
        (Listing, {"end": 3}, "end: want a date without a time zone, got 3"),
        (null_of, {"recipe": "x"}, "recipe: want a Recipe, got 'x'"),
        (draw_world, {"recipe": "x"}, "recipe: want a Recipe, got 'x'"),
        (draw_world, {"seed": -1}, "seed: want a whole number, 0 or more, got -1"),
        (draw_world, {"seed": 1.5}, "seed: want a whole number"),
        (draw_world, {"number": -1}, "number: want a number of a world, 0 or more"),
        (draw_worlds, {"count": 0}, "count: want worlds, 1 or more, got 0"),
        (draw_world, {"recipe": ENDLESS}, "recipe: want closes that floats can hold"),
    ],
)
def test_a_part_or_a_draw_that_cannot_be_is_refused(make, given, message):
    least = {
        Echo: {"leader": "a", "follower": "b"},
        Break: {"on": "2001-01-01"},
        Listing: {"layer": "a"},
        draw_world: {"recipe": Recipe()},
        draw_worlds: {"recipe": Recipe()},
    }
    with pytest.raises(rt.ArgumentError, match=message):
        make(**{**least.get(make, {}), **given})
