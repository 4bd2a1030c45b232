"""What must hold of every made-up world, whatever its recipe."""

import datetime
from dataclasses import replace
from math import inf

from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

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
from rotation.tables import read_prices

NAMES = ("a", "b", "c", "d")
SEEDS = st.integers(0, 2**63 - 2)


def between(least, most):
    return st.floats(least, most, allow_subnormal=False)


def leaderships():
    return st.builds(
        Leadership, edge=between(0, 1), duration=st.one_of(between(1, 50), st.just(inf))
    )


def clusters():
    return st.builds(lambda a, b: Clusters(a, b * (1 - a)), between(0, 0.5), between(0, 0.9))


@st.composite
def recipes(draw, *, listings=True, leaders=True):
    """A recipe with any of the parts; breaks and listings on some of the first 20 sessions."""
    layers = NAMES[: draw(st.integers(2, 4))]
    plain = Recipe(
        layers=layers,
        sessions=draw(st.integers(20, 60)),
        start=draw(st.dates(datetime.date(1900, 1, 1), datetime.date(2040, 1, 1))),
        drift=draw(between(-0.5, 0.5)),
        volatility=tuple(draw(between(0.01, 0.6)) for _ in layers),
        correlation=draw(between(0, 0.95)),
        degrees=draw(st.one_of(between(2.5, 30), st.just(inf))),
        clusters=draw(st.none() | clusters()),
        leadership=draw(st.none() | leaderships()),
        periods=draw(st.sampled_from((12, 52, 252))),
        null=draw(st.booleans()),
    )
    days = st.sampled_from([day.date() for day in plain.index[:20]])
    names = st.sampled_from(layers)
    pairs = st.permutations(layers).map(lambda order: order[:2])
    echoes = st.builds(
        lambda pair, k, b: Echo(*pair, k, b), pairs, st.integers(1, 30), between(-1, 1)
    )
    led = leaders and plain.leadership is not None
    breaks = st.builds(
        Break,
        on=days,
        leader=st.none() | names if led else st.none(),
        edge=st.none() | between(0, 1) if led else st.none(),
        drift=between(-0.5, 0.5).filter(bool),
        volatility=between(0.3, 3),
    )
    listed = st.builds(Listing, layer=names, start=st.none() | days)
    return replace(
        plain,
        echoes=draw(st.lists(echoes, max_size=2)),
        breaks=draw(st.lists(breaks, max_size=2)),
        listings=draw(st.lists(listed, max_size=2, unique_by=lambda one: one.layer))
        if listings
        else (),
    )


def same(one, other):
    """Whether two worlds are the same to the last bit."""
    return (
        one.closes.equals(other.closes)
        and one.states.equals(other.states)
        and one.volatility.equals(other.volatility)
        and one.bent == other.bent
    )


@given(recipes(), SEEDS)
def test_a_world_is_a_sound_table_with_its_truth(recipe, seed):
    world = draw_world(recipe, seed)
    prices = read_prices(world.closes)
    assert prices.close.shape == (recipe.sessions, len(recipe.layers))
    assert world.closes.index.day_of_week.max() < 5
    assert provenance(world.closes).altered == ()
    leaders = {-1} if recipe.leadership is None else set(range(len(recipe.layers)))
    assert set(world.states) <= leaders
    assert (world.volatility > 0).all().all()


@given(recipes(), SEEDS)
def test_the_same_seed_gives_the_same_world_and_another_another(recipe, seed):
    world = draw_world(recipe, seed)
    assert same(world, draw_world(recipe, seed))
    assert not world.closes.equals(draw_world(recipe, seed + 1).closes)


@given(recipes(), SEEDS)
def test_what_the_stamp_says_is_enough_to_draw_it_again(recipe, seed):
    world = draw_world(recipe, seed, number=2)
    text = provenance(world.closes).source
    said = text.removeprefix("synthetic: ").removesuffix(f", seed {seed}, world 2")
    parts = {part.__name__: part for part in (Break, Clusters, Echo, Leadership, Listing, Recipe)}
    again = eval(said, {"datetime": datetime, "inf": inf, **parts})
    assert again == recipe
    assert same(world, draw_world(again, seed, number=2))


@given(recipes(), SEEDS, st.integers(1, 5))
def test_a_world_does_not_depend_on_those_beside_it(recipe, seed, count):
    worlds = draw_worlds(recipe, count, seed)
    for number, world in enumerate(worlds):
        assert same(world, draw_world(recipe, seed, number=number))


@given(recipes(), recipes(leaders=False), SEEDS, st.integers(1, 30))
def test_a_longer_world_begins_with_the_shorter(with_leader, without, seed, more):
    # A null spreads a break of the leader over all sessions, so those it has matter.
    for recipe in (replace(with_leader, null=False), without):
        short = draw_world(recipe, seed)
        long = draw_world(replace(recipe, sessions=recipe.sessions + more), seed)
        for name in ("closes", "states", "volatility"):
            assert getattr(long, name).iloc[: recipe.sessions].equals(getattr(short, name))


@given(recipes(), SEEDS)
def test_a_null_has_the_same_states_volatility_and_listings(recipe, seed):
    world, null = (
        draw_world(each, seed) for each in (replace(recipe, null=False), null_of(recipe))
    )
    assert null.null
    assert not world.null
    assert null_of(null.truth) == null.truth
    assert null.states.equals(world.states)
    assert null.volatility.equals(world.volatility)
    assert null.closes.isna().equals(world.closes.isna())


@given(recipes(), SEEDS)
def test_without_leaders_and_echoes_a_null_is_the_world(recipe, seed):
    still = [replace(each, leader=None, edge=None) for each in recipe.breaks]
    plain = replace(recipe, leadership=None, echoes=(), breaks=still)
    world, null = (draw_world(each, seed) for each in (replace(plain, null=False), null_of(plain)))
    assert same(world, null)


@given(recipes(listings=False), SEEDS, st.integers(1, 19))
def test_a_break_changes_nothing_before_it(recipe, seed, row):
    recipe = replace(recipe, null=False)
    extra = Break(recipe.index[row].date(), volatility=2.0, drift=0.1)
    if recipe.leadership is not None:
        extra = replace(extra, leader="b", edge=0.7)
    broken = replace(recipe, breaks=[*recipe.breaks, extra])
    one, other = draw_world(recipe, seed), draw_world(broken, seed)
    for name in ("closes", "states", "volatility"):
        assert getattr(one, name).iloc[:row].equals(getattr(other, name).iloc[:row])
    assert not one.closes.iloc[row].equals(other.closes.iloc[row])
    assert (other.volatility.iloc[row:] == 2 * one.volatility.iloc[row:]).all().all()


@given(recipes(listings=False), SEEDS, between(0.1, 3))
def test_shocks_and_echoes_grow_with_volatility(recipe, seed, factor):
    calm = replace(recipe, drift=0.0, leadership=None, breaks=(), volatility=0.01)
    wild = replace(calm, volatility=0.01 * factor)
    calm, wild = draw_world(calm, seed), draw_world(wild, seed)
    assume(not calm.bent and not wild.bent)
    one, other = (world.closes.pct_change().iloc[1:] for world in (calm, wild))
    assert_allclose(other, factor * one, rtol=1e-9, atol=1e-13)


@given(recipes(listings=False), SEEDS)
def test_an_echo_of_nothing_is_none(recipe, seed):
    silent = [replace(echo, share=0.0) for echo in recipe.echoes]
    one = draw_world(replace(recipe, echoes=()), seed)
    assert same(one, draw_world(replace(recipe, echoes=silent), seed))


@given(recipes(), SEEDS)
def test_a_rule_can_be_tried_on_it(recipe, seed):
    strategy = rt.Strategy(signal=rt.Momentum(days=2), rule=rt.Switch(), schedule=rt.Schedule(3))
    world = draw_world(replace(recipe, listings=()), seed)
    result = rt.backtest(world.closes, strategy)
    assert (result.value > 0).all()
