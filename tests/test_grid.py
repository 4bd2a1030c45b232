"""A grid numbers strategies as itertools.product orders them, and never makes one it need not."""

import itertools
import pickle
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parts
import rotation as rt
from rotation import rules, signals
from rotation.grid import Grid, LatinHypercube, strategy_key
from rotation.signals import Crossover, ZScore

BASE = rt.Strategy(rt.Momentum(126), rt.Switch(0.02), rt.Schedule("M"))
HUGE = {
    "signal.days": range(1, 1001),
    "rule.margin": np.arange(1000) / 1000,
    "schedule.offset": range(1000),
    "costs": [rt.Costs.bps(bps) for bps in range(1000)],
}
MANY = [*HUGE, "signal.skip", "rule.confirm", "rule.min_hold"]


@dataclass(frozen=True)
class Both:
    """A user's part that is signal and rule at once."""

    name: str
    size: int = field(init=False, default=0)

    def __call__(self, close):
        return close

    def decide(self, scores):
        return np.zeros(scores.shape[:2], dtype=np.intp)


class Pair(NamedTuple):
    """A user's signal that equals the tuple of its values."""

    one: int

    def __call__(self, close):
        return close


class Couple(NamedTuple):
    one: int

    def __call__(self, close):
        return close


def values(least, most):
    return st.lists(st.integers(least, most), min_size=1, max_size=4, unique=True)


AXES = {
    "signal.days": values(1, 99),
    "signal.skip": values(0, 99),
    "rule.margin": st.lists(
        st.floats(0, 1) | st.integers(0, 2), min_size=1, max_size=3, unique=True
    ),
    "rule.confirm": values(1, 5),
    "schedule.every": st.lists(st.sampled_from(["D", "W", "M", 5, 21]), min_size=1, unique=True),
    "schedule.lag": values(1, 5),
    "costs": values(0, 50).map(lambda bps: [rt.Costs.bps(each) for each in bps]),
}


@st.composite
def drawn_axes(draw):
    names = draw(st.lists(st.sampled_from(sorted(AXES)), min_size=1, max_size=4, unique=True))
    return {name: draw(AXES[name]) for name in names}


def made(params):
    """The strategy of parameters, in the plainest way."""
    strategy = BASE
    for name, value in params.items():
        if name != "costs":
            kind, field = name.split(".")
            part = replace(getattr(strategy, kind), **{field: value})
            strategy = replace(strategy, **{kind: part})
    return strategy


def check(grid, rows):
    """Whether a grid has exactly these parameters, in order, and all it says of each agrees."""
    assert len(grid) == len(rows)
    index, numbers, keys = grid.index(), grid.numbers(), grid.keys()
    assert isinstance(index, pd.MultiIndex)
    assert index.names == list(grid.names)
    assert numbers.shape == (len(rows), 4)
    assert index.tolist() == [tuple(row.values()) for row in rows]
    for number, row in enumerate(rows):
        assert grid.params(number) == row
        assert grid.find(row) == number
        signal, rule, schedule, costs = numbers[number]
        strategy = rt.Strategy(grid.signals[signal], grid.rules[rule], grid.schedules[schedule])
        assert grid.strategy(number) == strategy == made(row)
        assert (keys[number] == strategy_key(strategy)).all()
        assert grid.costs[costs] == row["costs"] if "costs" in row else costs == 0
    for column, held in enumerate((grid.signals, grid.rules, grid.schedules, grid.costs)):
        assert len(set(held)) == len(held)
        assert set(numbers[:, column]) == set(range(max(len(held), 1)))


def product(axes):
    return [dict(zip(axes, row, strict=True)) for row in itertools.product(*axes.values())]


@given(axes=drawn_axes())
def test_a_grid_is_the_product_of_its_axes(axes):
    check(Grid.of(BASE, axes), product(axes))


@given(axes=drawn_axes(), kept=st.randoms(use_true_random=False), data=st.data())
def test_what_where_keeps_and_a_sample_takes_stays_in_order(axes, kept, data):
    rows = product(axes)
    wanted = [row for row in rows if kept.random() < 0.7] or rows[:1]

    def where(frame):
        assert list(frame) == list(axes)
        return np.array([row in wanted for row in frame.to_dict("records")])

    grid = Grid.of(BASE, axes, where=where)
    check(grid, wanted)
    count = data.draw(st.integers(1, len(wanted)))
    some = Grid.of(BASE, axes, where=where, sample=count, seed=data.draw(st.integers(0, 99)))
    places = [wanted.index(some.params(number)) for number in range(len(some))]
    assert len(some) == count
    assert places == sorted(set(places))
    check(some, [wanted[place] for place in places])
    plain = Grid.of(BASE, axes, sample=count)
    places = [rows.index(plain.params(number)) for number in range(count)]
    assert places == sorted(set(places))


@given(axes=drawn_axes(), bounds=st.tuples(st.integers(-9, 99), st.none() | st.integers(-9, 99)))
def test_any_stretch_is_a_slice(axes, bounds):
    grid = Grid.of(BASE, axes)
    for each in (grid.numbers, grid.index, grid.keys):
        assert np.array_equal(each(*bounds), each()[slice(*bounds)])


def test_a_million_million_strategies_are_a_few_thousand_parts():
    grid = Grid.of(BASE, HUGE)
    assert len(grid) == 10**12
    assert len(grid.signals) == len(grid.rules) == len(grid.schedules) == len(grid.costs) == 1000
    last = {"signal.days": 1000, "rule.margin": 0.999, "schedule.offset": 999}
    assert grid.strategy(10**12 - 1) == made(last)
    assert grid.numbers(10**12 - 2).tolist() == [[999, 999, 999, 998], [999, 999, 999, 999]]
    assert grid.index(123_456_789_012, 123_456_789_013)[0][:3] == (124, 0.456, 789)
    assert grid.find({**last, "costs": rt.Costs.bps(12)}) == 999_999_999_012
    assert repr(grid).startswith("<Grid of 1,000,000,000,000 strategies: signal.days (1000), rule")


def test_an_axis_may_be_any_sequence_and_its_values_become_pythons_own():
    days = [20, 40]
    table = pd.Series(days, index=[7, 3])
    for given_days in (
        days, tuple(days), range(20, 60, 20), np.array(days, dtype=np.int8), pd.Index(days), table,
        [np.int64(20), 40],
    ):  # fmt: skip
        grid = Grid.of(BASE, {"signal.days": given_days})
        assert [each.days for each in grid.signals] == days
        assert all(type(each.days) is int for each in grid.signals)
        assert grid.index().tolist() == [(20,), (40,)]
        assert grid.index().levels[0].dtype == np.int64
    mixed = Grid.of(BASE, {"rule.margin": [2**60 + 1, 0.5], "schedule.every": ["W", "M"]}).index()
    assert mixed.levels[0].tolist() == [0.5, 2**60 + 1]
    assert mixed.levels[1].dtype == pd.Index(["M", "W"]).dtype
    dates = np.array(["2024-01-31"], dtype="datetime64[D]")
    event = rt.Strategy(BASE.signal, rules.EventSwitch([date(2020, 1, 1)], "A", "B"), BASE.schedule)
    assert Grid.of(event, {"rule.dates.0": dates}).rules[0].dates == (date(2024, 1, 31),)


def test_an_index_keeps_the_users_order_and_looks_values_up():
    axes = {"rule.margin": [0.05, 0, 0.01], "schedule.every": ["W", 5, "M"]}
    table = pd.Series(range(9), index=Grid.of(BASE, axes).index())
    assert table.index.get_level_values("rule.margin").unique().tolist() == [0.05, 0.0, 0.01]
    assert table[0.01, "M"] == 8
    assert table.xs(5, level="schedule.every").tolist() == [1, 4, 7]


def test_parts_and_costs_and_none_are_values():
    held = [rt.Momentum(63), ZScore(63), parts.Mine(parts.Bounds(1, 2), 0.5), np.sin]
    costs = [rt.Costs.bps(10), rt.Costs()]
    grid = Grid.of(BASE, {"signal": held, "costs": costs})
    assert grid.index().tolist() == list(itertools.product(held, costs))
    assert grid.signals == tuple(held)
    assert grid.costs == tuple(costs)
    assert grid.find({"signal": ZScore(63), "costs": rt.Costs()}) == 3
    drawdown = rt.Strategy(signals.Drawdown(), BASE.rule, BASE.schedule)
    grid = Grid.of(drawdown, {"signal.days": [63, None, 2]}, where=lambda p: p["signal.days"] != 2)
    assert [each.days for each in grid.signals] == [63, None]
    assert grid.index().isin([(63,)]).tolist() == [True, False]
    assert np.isnan(grid.index()[1][0])
    assert grid.find(signal__days=None) == 1
    assert [grid.find(dict(zip(grid.names, row, strict=True))) for row in grid.index()] == [0, 1]


def test_tuples_are_values_too():
    voted = rt.Strategy(signals.Voted([rt.Momentum(5)]), BASE.rule, BASE.schedule)
    pairs = [(rt.Momentum(1), rt.Momentum(2)), (rt.Momentum(3), ZScore(4))]
    grid = Grid.of(voted, {"signal.signals": pairs})
    assert [each.signals for each in grid.signals] == pairs
    assert grid.index().tolist() == [(pair,) for pair in pairs]
    days = [("2024-01-02", "2024-02-01"), ("2024-01-03", "2024-02-02")]
    assert Grid.of(BASE, {"schedule.every": days}).index().tolist() == [(each,) for each in days]


def test_values_may_have_names_instead():
    costs = rt.Costs(buy=pd.Series({"A": 0.1, "B": 0.2}))
    with pytest.raises(rt.ArgumentError, match=r"^costs: want values that can be .* or a map"):
        Grid.of(BASE, {"costs": [costs]})
    named = {"fund": costs, "none": rt.Costs()}
    grid = Grid.of(
        BASE,
        {"costs": named, "signal": {"up": np.sin, "down": np.cos}},
        where=lambda p: (p["costs"] == "fund") | (p["signal"] == "up"),
    )
    assert grid.index().tolist() == [("fund", "up"), ("fund", "down"), ("none", "up")]
    assert grid.costs[0] is costs
    assert grid.signals == (np.sin, np.cos)
    assert grid.find(costs="none", signal="up") == 2


def test_names_reach_into_parts_of_parts():
    inner = signals.Sum([rt.Momentum(5), signals.Where(ZScore(9), rt.Momentum(6), ZScore(7))])
    refuge = rules.Refuge(rt.Switch(0.5), floor=0.0)
    deep = rt.Strategy(inner, refuge, BASE.schedule)
    axes = {
        "signal.signals.1.regime.days": [10, 11],
        "rule.rule.margin": [0.1],
        "rule.floor": [0.2],
    }
    grid = Grid.of(deep, axes)
    assert [each.signals[1].regime for each in grid.signals] == [ZScore(10), ZScore(11)]
    assert [replace(each, signals=inner.signals) for each in grid.signals] == [inner] * 2
    assert grid.rules == (rules.Refuge(rt.Switch(0.1), floor=0.2),)
    assert Grid.of(deep, {"rule.rule": [rules.Hold("A")]}).rules[0].rule == rules.Hold("A")


def test_a_part_is_put_in_place_before_its_fields_whatever_the_order():
    fields = {"signal.days": [5, 6], "signal.signal": [ZScore(3)], "signal.signal.days": [8, 9]}
    whole = {"signal": [signals.Standardise(np.sin, 2), signals.Standardise(np.cos, 3)]}
    grid = Grid.of(BASE, {**fields, **whole})
    assert set(grid.signals) == {
        signals.Standardise(ZScore(inner), days) for inner in (8, 9) for days in (5, 6)
    }
    assert len(grid) == 8
    assert grid.numbers()[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert (grid.keys()[::2] == grid.keys()[1::2]).all()


def test_fields_of_one_part_are_set_together():
    crossed = rt.Strategy(Crossover(50, 100), BASE.rule, BASE.schedule)
    axes = {"signal.fast": [10, 150, 200], "signal.slow": [120, 180]}
    grid = Grid.of(crossed, axes, where=lambda p: p["signal.fast"] < p["signal.slow"])
    wanted = (Crossover(10, 120), Crossover(10, 180), Crossover(150, 180))
    assert grid.signals == wanted
    with pytest.raises(rt.ArgumentError, match=r"^signal.fast=150, signal.slow=120: \w+: want"):
        Grid.of(crossed, axes)


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"signal.dayz": [1]},
         r"^axes: want names among signal, signal.days, signal.skip, rule, rule.margin, "
         r"rule.confirm, rule.min_hold, schedule, .*, costs; got 'signal.dayz'$"),
        ({"momentum": [1]}, "got 'momentum'"),
        ({"signal.days.0": [1]}, "got 'signal.days.0'"),
        ({"costs.buy": [0.1]}, "got 'costs.buy'"),
        ({"hash": [1]}, "got 'hash'"),
        ({5: [1]}, "got 5"),
        ({"signal": [rt.Momentum(1)], "signal.sign": [1]}, "got 'signal.sign'"),
        ({"signal.dayz": [rt.Momentum(1)]}, "got 'signal.dayz'"),
        ({"signal": [ZScore(5), rt.Momentum(1)], "signal.sign": [1]},
         r"^signal=Momentum\(days=1, skip=0\), signal.sign=1: Momentum.* has days, skip; got 's"),
        ({"signal": [np.sin, rt.Momentum(1)], "signal.days": [1]},
         "^signal=<ufunc 'sin'>, signal.days=1: .* has no fields; got 'days'$"),
        ({}, "^axes: want values by name"),
        ([("signal.days", [1])], "^axes: want values by name"),
        ({"signal.days": []}, "^signal.days: want 1 to 10,000,000 values, got 0$"),
        ({"signal.days": 5}, "^signal.days: want a sequence of values, got 5$"),
        ({"schedule.every": "WM"}, "^schedule.every: want a sequence of values, got 'WM'$"),
        ({"signal.days": {1, 2}}, "^signal.days: want a sequence of values"),
        ({"signal.days": (n for n in (1, 2))}, "^signal.days: want a sequence of values"),
        ({"signal.days": np.array([[1, 2]])}, "^signal.days: want a sequence of values"),
        ({"signal.days": [5, 6, 5.0]}, "^signal.days: want each value once, got 5.0 twice$"),
        ({"signal": [rt.Momentum(5), rt.Momentum(5)]}, "^signal: want each value once, got Mom"),
        ({"schedule.every": [["2024-01-02"]]}, "^schedule.every: want values that can be hashed"),
        ({"rule.margin": [0.1, np.nan]}, "^rule.margin: want values that equal themselves"),
        ({"signal.days": np.array(["NaT"], dtype="M8[D]")}, "want values that equal themselves"),
        ({"signal.days": [5, 0]}, "^signal.days=0: days: want sessions, 1 or more, got 0$"),
        ({"signal.days": {"none": 0}}, "^signal.days='none': days: want sessions, 1 or more"),
        ({"signal": [rt.Momentum(5), 7]}, "^signal=7: signal: want a function"),
        ({"rule": [rt.Momentum(5)]}, r"^rule=Momentum\(.*\): rule: want an object"),
        ({"schedule": ["M"]}, "^schedule='M': schedule: want a Schedule"),
        ({"costs": [0.001]}, "^costs=0.001: costs: want Costs"),
        ({"signal.days": range(10**10)}, "^signal.days: want 1 to 10,000,000 values, got 10,000,"),
        (dict.fromkeys(MANY, range(1000)), "^axes: want at most .* combinations, got 1,000,000,"),
        ({"signal.days": range(5000), "signal.skip": range(5000)},
         "^axes: want at most 10,000,000 combinations of signal alone, got 25,000,000"),
    ],
)  # fmt: skip
def test_axes_that_are_none_are_refused(axes, said):
    with pytest.raises(rt.ArgumentError, match=said):
        Grid.of(BASE, axes)


def test_known_names_are_those_that_can_be_set_without_every_date():
    event = rules.EventSwitch([date(2020, 1, 1)], "A", "B")
    voted = signals.Voted([Both("a"), ZScore(5)])
    known = (
        "signal, signal.signals, signal.signals.0, signal.signals.0.name, signal.signals.1, "
        "signal.signals.1.days, signal.signals.1.sign, rule, rule.dates, rule.start, rule.to, "
        "rule.back_after, schedule, schedule.every, schedule.offset, schedule.lag, "
        "schedule.same_close, schedule.tranches, costs"
    )
    for name in ("signal.signals.0.size", "signal.signals.2", "rule.dates.1"):
        with pytest.raises(rt.ArgumentError) as refused:
            Grid.of(rt.Strategy(voted, event, BASE.schedule), {name: [1]})
        assert str(refused.value) == f"axes: want names among {known}; got {name!r}"


def test_other_arguments_are_refused_too():
    axes = {"signal.days": [1, 2, 3]}
    for options, said in (
        ({"where": "signal.days > 1"}, "^where: want a function"),
        ({"where": lambda p: p["signal.days"] > 3}, "^where: want one combination left or more"),
        ({"where": lambda p: True}, "^where: want True or False for each of 3 rows"),
        ({"where": lambda p: p["signal.days"]}, "got int64 of shape"),
        ({"where": lambda p: [True, False]}, r"got bool of shape \(2,\)$"),
        ({"where": lambda p: p > 1}, r"got bool of shape \(3, 1\)$"),
        ({"where": lambda p: (p["signal.days"] > 1)[::-1]}, "in another order$"),
        ({"sample": 0}, "^sample: want strategies, 1 or more, got 0$"),
        ({"sample": True}, "^sample: want"),
        ({"sample": 4}, "^sample: want at most the 3 that there are, got 4$"),
        ({"sample": 3, "where": lambda p: p["signal.days"] > 1}, "at most the 2 that there are"),
        ({"sample": LatinHypercube(3), "where": lambda p: p["signal.days"] > 3}, "left or more"),
        ({"seed": -1}, "^seed: want"),
        ({"seed": 0.5}, "^seed: want"),
    ):
        with pytest.raises(rt.ArgumentError, match=said):
            Grid.of(BASE, axes, **options)
    with pytest.raises(rt.ArgumentError, match=r"^strategy: want a Strategy, got Momentum"):
        Grid.of(rt.Momentum(5), axes)
    with pytest.raises(rt.ArgumentError, match=r"^draws: want combinations, 1 or more"):
        LatinHypercube(0)
    with pytest.raises(rt.ArgumentError, match=r"^where: want at most 1,000,000,000 combinations"):
        Grid.of(BASE, HUGE, where=lambda p: p["signal.days"] > 1)
    for number in (3, -1, 1.0):
        with pytest.raises(rt.ArgumentError, match=r"^number: want"):
            Grid.of(BASE, axes).strategy(number)


def test_where_is_told_the_parameters_when_it_asks_for_another():
    said = "where: want it to look at signal.days, rule.margin, got 'signal.day'"
    with pytest.raises(rt.ArgumentError, match=said):
        Grid.of(
            BASE,
            {"signal.days": [5, 20], "rule.margin": [0.0]},
            where=lambda p: p["signal.day"] > 5,
        )


def test_where_sees_a_large_grid_in_pieces():
    seen = []

    def where(frame):
        seen.append(len(frame))
        return frame["signal.days"] * 1000 + frame["schedule.offset"] >= 449_998

    grid = Grid.of(BASE, {"signal.days": range(450), "schedule.offset": range(1000)}, where=where)
    assert (max(seen), sum(seen)) == (200_000, 450_000)
    assert grid.index().tolist() == [(449, 998), (449, 999)]


def test_find_says_what_there_is():
    axes = {"signal.days": range(1, 50), "rule.margin": [0.0, 0.1]}
    grid = Grid.of(BASE, axes, where=lambda p: p["signal.days"] != 7)
    days, margin = {"signal.days": 8}, {"rule.margin": 0.1}
    assert grid.find({**days, **margin}) == grid.find(signal__days=8, rule__margin=0.1) == 13
    assert grid.find(days, rule__margin=0.1) == grid.find({**margin, **days}) == 13
    assert grid.find(signal__days=np.int64(8), rule__margin=np.float64(0.1)) == 13
    named = r"^values: want one for each of signal.days, rule.margin, got "
    for values, keywords, said in (
        (None, {}, named + "none$"),
        (days, {}, named + "signal.days$"),
        (days, {"margin": 0.1}, named + "signal.days, margin$"),
        ({**days, **margin, "rule.confirm": 1}, {}, named),
        (days, {"signal__days": 8}, "^signal.days: want one value, got 8 and 8$"),
        ([8, 0.1], {}, "^values: want a mapping"),
        (days, {"rule__margin": 0.2}, "^rule.margin: want one of 0.0, 0.1; got 0.2$"),
        (
            margin,
            {"signal__days": 50},
            "^signal.days: want one of 1, 2, .*, 20 and 29 more; got 50$",
        ),
        (margin, {"signal__days": [8]}, r"; got \[8\]$"),
        (margin, {"signal__days": 7}, "^values: want some that where and sample kept, got rule.ma"),
        ({"signal.days": 49}, {"rule__margin": 0.1, "x": 1}, named),
    ):
        with pytest.raises(rt.ArgumentError, match=said):
            grid.find(values, **keywords)
    with pytest.raises(rt.ArgumentError, match=r"^values: want some that where and sample kept"):
        Grid.of(BASE, axes, where=lambda p: p["signal.days"] < 9).find(margin, signal__days=49)


def tally(draws, size):
    return np.bincount(np.concatenate(draws), minlength=size)


def test_a_sample_takes_each_with_the_same_chance():
    axes = {"signal.days": range(1, 7), "rule.margin": [0.0, 0.1]}
    odd = {"where": lambda p: p["signal.days"] % 2 == 1}
    for options, size in (({}, 12), (odd, 6)):
        whole = Grid.of(BASE, axes, **options)
        grids = [Grid.of(BASE, axes, sample=3, seed=seed, **options) for seed in range(600)]
        counts = tally([[whole.find(g.params(i)) for i in range(3)] for g in grids], size)
        chance = 3 / size
        spread = np.sqrt(600 * chance * (1 - chance))
        assert (abs(counts - 600 * chance) < 5 * spread).all()
        assert len({tuple(g.index()) for g in grids}) > 19  # of 20 or 220 sets


def test_the_same_seed_takes_the_same():
    keep = {"where": lambda p: p["signal.days"] > 500}
    for sample, options in itertools.product((50, LatinHypercube(50)), ({}, keep)):
        one, same, other = (
            Grid.of(BASE, HUGE, sample=sample, seed=seed, **options) for seed in (1, 1, 2)
        )
        assert one.index().equals(same.index())
        assert not one.index().equals(other.index())


@pytest.mark.parametrize("step", [1, 100])
def test_a_sample_of_more_than_can_be_listed(step):
    grid = Grid.of(BASE, HUGE, sample=10_000, where=lambda p: p["signal.days"] % step == 1 % step)
    index = grid.index()
    assert len(grid) == 10_000
    assert index.is_unique
    assert index[:100].tolist() == sorted(index[:100], key=lambda row: (*row[:3], row[3].buy))
    assert set(index.get_level_values(0)) <= set(range(1, 1001, step))
    for codes in index.codes:  # values of each axis in ten groups, each as likely as the others
        counts = np.bincount(codes.astype(int) // 100, minlength=10)
        assert (abs(counts - 1000) < 5 * np.sqrt(900)).all()


def test_what_is_drawn_twice_counts_once():
    axes = {"signal.days": range(1, 1101), "schedule.offset": range(10_000)}
    grid = Grid.of(BASE, axes, sample=50_000, where=lambda p: p["signal.days"] <= 11)
    assert len(grid) == 50_000
    assert grid.index().is_unique
    assert set(grid.index().get_level_values(0)) == set(range(1, 12))


def test_a_sample_gives_up_where_next_to_nothing_is_kept():
    with pytest.raises(rt.ArgumentError, match=r"^where: want it to keep 9 of .* drawn, got 0; "):
        Grid.of(BASE, HUGE, sample=9, where=lambda p: p["signal.days"] > 1000)


@given(draws=st.integers(1, 200), values=st.integers(1, 300), seed=st.integers(0, 99))
def test_a_latin_hypercube_uses_all_values_alike(draws, values, seed):
    digits = LatinHypercube(draws).digits(values, np.random.default_rng(seed))
    counts = np.bincount(digits, minlength=values)
    assert digits.shape == (draws,)
    assert len(counts) == values
    assert counts.max() - counts.min() <= 1
    edges = np.arange(draws + 1) * values / draws  # of stretches, one for each draw
    assert (np.floor(edges[:-1]) <= np.sort(digits)).all()
    assert (np.sort(digits) < edges[1:]).all()


def test_a_latin_hypercube_spreads_over_every_axis():
    grid = Grid.of(BASE, HUGE, sample=LatinHypercube(500))
    assert len(grid) == 500
    for level in grid.index().codes:
        assert sorted(level // 2) == list(range(500))
    few = {"signal.days": [1, 2, 3], "rule.margin": [0.0, 0.1]}
    grid = Grid.of(BASE, few, sample=LatinHypercube(100))
    check(grid, product(few))
    some = Grid.of(BASE, few, sample=LatinHypercube(100), where=lambda p: p["signal.days"] > 1)
    check(some, product(few)[2:])


def test_a_latin_hypercube_prefers_no_value():
    draws = [LatinHypercube(3).digits(7, np.random.default_rng(seed)) for seed in range(700)]
    assert (abs(tally(draws, 7) - 300) < 5 * np.sqrt(300)).all()
    pairs = [draw[0] for draw in draws]
    assert (abs(np.bincount(pairs, minlength=7) - 100) < 5 * np.sqrt(100)).all()


@given(strategies=st.lists(parts.strategies | parts.user_strategies, min_size=1, max_size=8))
def test_a_list_is_a_grid_of_its_own(strategies):
    strategies = list(dict.fromkeys(strategies))
    named = {f"number {place}": each for place, each in enumerate(strategies)}
    for grid, labels in (
        (Grid.of_list(strategies), range(len(strategies))),
        (Grid.of_list(named), list(named)),
    ):
        assert grid.names == ("strategy",)
        assert grid.index().tolist() == [(label,) for label in labels]
        assert [grid.strategy(number) for number in range(len(grid))] == strategies
        assert [grid.find(strategy=label) for label in labels] == list(range(len(strategies)))
        assert np.array_equal(grid.keys(), [strategy_key(each) for each in strategies])
        assert grid.costs == ()
        assert len(grid.signals) == len({each.signal for each in strategies})
        assert (grid.numbers()[:, 3] == 0).all()


def test_parts_of_another_type_are_others_though_they_are_equal():
    pair, couple = (rt.Strategy(each(1), BASE.rule, BASE.schedule) for each in (Pair, Couple))
    assert pair == couple
    grid = Grid.of_list([pair, couple])
    assert [type(each) for each in grid.signals] == [Pair, Couple]
    assert (grid.keys()[0] != grid.keys()[1]).all()


def test_a_list_that_is_none_is_refused():
    array = rt.Strategy(parts.Mine(np.arange(3), 0.5), BASE.rule, BASE.schedule)
    alike = rt.Strategy(parts.Mine(np.arange(3), 0.5), BASE.rule, BASE.schedule)
    for strategies, said in (
        ([], "^strategies: want one strategy or more"),
        (BASE, "^strategies: want one strategy or more"),
        ([BASE, 5], "^strategies: want a Strategy for 1, got 5$"),
        ({"a": rt.Momentum(5)}, "^strategies: want a Strategy for 'a', got Momentum"),
        (
            [BASE, made({"signal.days": 5}), replace(BASE)],
            "^strategies: want each once, got 0 and 2",
        ),
        ({"a": array, "b": alike}, "^strategies: want each once, got 'a' and 'b' alike$"),
    ):
        with pytest.raises(rt.ArgumentError, match=said):
            Grid.of_list(strategies)


def test_keys_tell_strategies_apart_and_nothing_else():
    axes = {
        "signal.days": range(1, 51),
        "rule.margin": np.arange(40) / 40,
        "schedule.lag": range(1, 21),
    }
    keys = Grid.of(BASE, axes).keys()
    assert keys.shape == (40_000, 2)
    assert keys.dtype == np.uint64
    assert len(np.unique(keys)) == 80_000
    assert abs(np.unpackbits(keys.view(np.uint8)).mean() - 0.5) < 0.002
    backwards = {name: given[::-1] for name, given in reversed(axes.items())}
    turned = Grid.of(
        made({"rule.margin": 0.7}), {**backwards, "costs": [rt.Costs(), rt.Costs.bps(9)]}
    )
    assert np.array_equal(np.unique(turned.keys(), axis=0), np.unique(keys, axis=0))
    one, other = Both("one"), Both("other")
    swapped = [
        rt.Strategy(a, b, BASE.schedule) for a, b in ((one, other), (other, one), (one, one))
    ]
    assert len(np.unique(Grid.of_list(swapped).keys(), axis=0)) == 3


def test_a_grid_travels_to_another_process():
    grid = Grid.of(BASE, HUGE, sample=100)
    grid.keys()
    back = pickle.loads(pickle.dumps(grid))
    assert back.index().equals(grid.index())
    assert np.array_equal(back.numbers(), grid.numbers())
    assert np.array_equal(back.keys(), grid.keys())
