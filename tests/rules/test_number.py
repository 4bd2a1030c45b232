"""A rule's numbers are numbers: any kind that numpy calculates with, none that it does not."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import rotation as rt
from rotation.rules import (
    Blend,
    DipBuyer,
    EventSwitch,
    History,
    Hold,
    Refuge,
    Switch,
    TopK,
    VolTarget,
    Wait,
)
from rotation.rules.inner import weights_of

CLOSE = np.exp(np.random.default_rng(0).normal(0, 0.3, (9, 2)).cumsum(axis=0))
HISTORY = History(CLOSE, np.arange(9).astype("datetime64[D]"), ("a", "b"), rows=np.arange(9))
SCORES = np.random.default_rng(1).normal(size=(9, 1, 2))

REAL = {
    "Switch.margin": lambda number: Switch(number),
    "Refuge.floor": lambda number: Refuge(Switch(), number),
    "Blend.sharpness": lambda number: Blend(number),
    "Blend.pace": lambda number: Blend(1.0, number),
    "DipBuyer.depth": lambda number: DipBuyer(number, 2),
    "Wait.depth": lambda number: Wait(number, 2, 0),
    "VolTarget.target": lambda number: VolTarget(Switch(), number, 3),
    "VolTarget.periods": lambda number: VolTarget(Switch(), 0.1, 3, periods=number),
    "VolTarget.most": lambda number: VolTarget(Switch(), 0.1, 3, most=number),
}
WHOLE = {
    "Switch.confirm": lambda number: Switch(0.0, number),
    "Switch.min_hold": lambda number: Switch(0.0, 1, number),
    "TopK.k": lambda number: TopK(number),
    "TopK.buffer": lambda number: TopK(1, number),
    "DipBuyer.hold": lambda number: DipBuyer(0.1, number),
    "DipBuyer.rest": lambda number: DipBuyer(0.1, 2, number),
    "Wait.wait": lambda number: Wait(0.1, number, 0),
    "Wait.layer": lambda number: Wait(0.1, 2, number),
    "VolTarget.days": lambda number: VolTarget(Switch(), 0.1, number),
    "EventSwitch.back_after": lambda number: EventSwitch(["2024-01-02"], 0, 1, number),
    "EventSwitch.to": lambda number: EventSwitch(["2024-01-02"], 0, number),
    "Hold.layer": lambda number: Hold(number),
    "Refuge.to": lambda number: Refuge(Switch(), to=number),
}


def made(kinds):
    return pytest.mark.parametrize("make", kinds.values(), ids=kinds)


@made(REAL)
@pytest.mark.parametrize("number", [Fraction(1, 2), np.float32(0.5), np.float64(0.5)], ids=repr)
def test_a_number_of_any_kind_makes_the_same_rule(make, number):
    rule, plain = make(number), make(0.5)
    assert repr(rule) == repr(plain)
    assert rt.Strategy(rt.Momentum(1), rule, rt.Schedule("D")).hash == (
        rt.Strategy(rt.Momentum(1), plain, rt.Schedule("D")).hash
    )
    weights = weights_of(rt.protocols.bind(rule, HISTORY), SCORES)
    np.testing.assert_array_equal(
        weights, weights_of(rt.protocols.bind(plain, HISTORY), SCORES), strict=True
    )


def test_a_whole_number_beyond_those_of_numpy_calculates_too():
    assert Blend(10**30).weigh(np.array([[[0.0, 1.0]]])).tolist() == [[[0.0, 1.0]]]
    assert Switch(10**30).decide(SCORES).tolist() == Switch(1e30).decide(SCORES).tolist()


@made(REAL | WHOLE)
@pytest.mark.parametrize(
    "number",
    [float, int, np.array(1.0), np.array([1]), Decimal("0.5"), 0.5j, np.bool_(True), [0.5]],
    ids=repr,
)
def test_what_is_no_number_is_refused(make, number):
    with pytest.raises(rt.ArgumentError, match=r"^\w+: want "):
        make(number)


@made(REAL)
@pytest.mark.parametrize(
    "number", [10**400, -(10**400), Fraction(10**400)], ids=["up", "down", "f"]
)
def test_a_number_that_no_float_holds_is_refused(make, number):
    with pytest.raises(rt.ArgumentError, match=r"^\w+: want "):
        make(number)
