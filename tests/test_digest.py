"""Equal parts have equal digests in every process; whatever differs has another."""

import enum
import functools
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parts
import rotation as rt
from rotation import digest
from rotation.digest import content_hash
from rotation.signals import momentum

PLAIN = rt.Strategy(rt.Momentum(126), rt.Switch(0.02), rt.Schedule("M"))


def alike(*values):
    """Whether all have one digest."""
    return len({content_hash(value) for value in values}) == 1


def apart(*values):
    """Whether each has a digest of its own; if not, pytest shows those that share one."""
    digests = [content_hash(value) for value in values]
    twins = [value for value, each in zip(values, digests, strict=True) if digests.count(each) > 1]
    assert twins == []
    return True


def test_the_digest_is_that_of_a_text_anyone_can_write():
    text = '{"fields":{"days":["number","7e/1"],"skip":["number","0/1"]},"type":"Momentum"}'
    assert content_hash(rt.Momentum(126)) == sha256(text.encode()).hexdigest()

    @dataclass(frozen=True)
    class Dated:
        days: tuple[date, ...]
        name: str

    Dated.__module__, Dated.__qualname__ = "mine", "Dated"
    text = '{"fields":{"days":["list",["date","2024-01-31"]],"name":"\\u20ac"},"type":"mine.Dated"}'
    part = Dated((date(2024, 1, 31),), "€")
    assert content_hash(part) == sha256(text.encode()).hexdigest()


@given(data=st.data())
def test_strategies_have_one_digest_if_and_only_if_they_are_equal(data):
    drawn = parts.strategies | parts.user_strategies
    one, other = data.draw(drawn), data.draw(drawn)
    assert alike(one, other) == (one == other)
    assert alike(one, replace(one))


@pytest.mark.parametrize("name", parts.DRAWN)
@given(data=st.data())
def test_any_field_changes_the_digest(name, data):
    one, other = data.draw(parts.DRAWN[name]), data.draw(parts.DRAWN[name])
    for each in fields(one):
        try:
            changed = replace(one, **{each.name: getattr(other, each.name)})
        except rt.ArgumentError:
            continue
        assert alike(one, changed) == (one == changed)


@pytest.mark.parametrize(
    "path",
    [
        "signal.days",
        "signal.skip",
        "rule.margin",
        "rule.confirm",
        "rule.min_hold",
        "schedule.every",
        "schedule.offset",
        "schedule.lag",
        "schedule.tranches",
    ],
)
def test_any_field_of_a_strategy_changes_its_digest(path):
    name, inner = path.split(".")
    part = getattr(PLAIN, name)
    value = 2 if inner == "every" else getattr(part, inner) + 1
    assert apart(PLAIN, replace(PLAIN, **{name: replace(part, **{inner: value})}))


def test_a_default_that_changes_makes_another_part():
    now = type("Switch", (), {"__annotations__": {"margin": float}, "margin": 0.0})
    then = type("Switch", (), {"__annotations__": {"margin": float}, "margin": 0.1})
    assert apart(dataclass(now)(), dataclass(then)())


def test_parts_of_another_type_or_place_are_others():
    @dataclass(frozen=True)
    class Momentum:
        days: int
        skip: int = 0

    assert apart(rt.Momentum(5), Momentum(5), rt.signals.RiskAdjustedMomentum(5))
    assert apart(parts.Bounds(1, 2), parts.Bounds(2, 1))
    assert apart(parts.Kept(what="a"), parts.Kept(note="a"))


@pytest.mark.parametrize(
    "values",
    [
        (1, 1.0, True, np.int8(1), np.float32(1), np.bool_(True), np.longdouble(1), Fraction(1)),
        (0, 0.0, -0.0, False),
        (0.5, np.float64(0.5), Fraction(1, 2)),
        (2**53 + 1, Fraction(2**53 + 1)),
        (np.inf, np.float32(np.inf)),
        (np.nan, float("nan"), np.float64("nan")),
        ("a", np.str_("a")),
        ((1, 2), [1, 2]),
        (date(2024, 1, 31), np.datetime64("2024-01-31")),
        (datetime(2024, 1, 31), pd.Timestamp("2024-01-31"), np.datetime64("2024-01-31", "s")),
        (datetime(2024, 1, 31, 5, tzinfo=UTC),
         datetime(2024, 1, 31, 7, tzinfo=timezone(timedelta(hours=2)))),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        ({3, 1, 2}, frozenset([2, 1, 3])),
    ],
)  # fmt: skip
def test_equal_values_have_one_digest(values):
    assert alike(*map(parts.Kept, values))


def test_values_that_differ_have_digests_of_their_own():
    values = [
        None, 0, 1, -1, 0.1, float(np.nextafter(0.1, 1)), np.float32(0.1),
        2**53 + 1, 2.0**53, 1e300, np.inf, -np.inf, np.nan, Fraction(1, 10), 10**400, 1j,
        "", "0", "1", "None", "nan", b"", b"1", (), ((),), (1,), ("1",), (1, 2), ((1,), 2), (2, 1),
        {}, {1: 2}, {2: 1}, {"1": 2}, set(), {1}, {1, 2},
        date(2024, 1, 31), "2024-01-31", datetime(2024, 1, 31), pd.NaT,
        timedelta(1), np.timedelta64(1, "D"), np.timedelta64(1, "ns"), np.datetime64("2024", "ns"),
        ["date", "2024-01-31"], ["number", "1/1"], {"type": "Bounds"},
        int, float, np, np.log, np.exp, len, parts.Kept,
    ]  # fmt: skip
    assert apart(*map(parts.Kept, values))


def test_a_field_that_equality_ignores_is_ignored():
    @dataclass(frozen=True)
    class Labelled:
        days: int
        label: str = field(compare=False, default="")

    assert alike(Labelled(1, "a"), Labelled(1, "b"))
    assert apart(Labelled(1), Labelled(2))


def plus(number, *, also=0):
    def signal(close, scale=1.0):
        return (close + number) * scale + also

    return signal


def test_a_function_is_its_code_its_defaults_and_what_it_closes_over():
    assert alike(plus(1), plus(1), plus(1.0))
    assert apart(plus(1), plus(2), plus(1, also=1), plus(len), plus(plus(1)), plus)
    made = [eval(text) for text in (
        "lambda c: c + 1", "lambda c: c + 2", "lambda c: c - 1", "lambda c, d=1: c + 1",
        "lambda c, d=2: c + 1", "lambda c, *, d=1: c + 1", "lambda c, *, d=2: c + 1",
        "lambda c, /: c + 1", "lambda d: d + 1", "lambda c: c.min()", "lambda c: c.max()",
        "lambda c: (lambda: c + 1)()", "lambda c: (lambda: c + 2)()",
        "lambda c: c + 1.0", "lambda c, *d: c + 1", "lambda c, **d: c + 1",
        "lambda c: '1'", "lambda c: 1",
    )]  # fmt: skip
    assert apart(*made)


def test_what_a_function_catches_is_part_of_its_code():
    bodies = ["try:\n  a(c)\n  b(c)\n except E:\n  pass", "a(c)\n try:\n  b(c)\n except E:\n  pass"]
    spaces = [{}, {}]
    for body, space in zip(bodies, spaces, strict=True):
        exec(f"def f(c):\n {body}", space)
    assert apart(*(space["f"] for space in spaces))


def test_running_a_function_or_moving_it_in_its_file_changes_nothing():
    text = "def f(c):\n    return [each in {'a', 'b'} for each in c]"
    spaces = [{"__name__": "mine"}, {"__name__": "mine"}, {"__name__": "other"}]
    exec(text, spaces[0])
    exec("\n\n# moved\n" + text, spaces[1])
    exec(text, spaces[2])
    one, moved, other = (space["f"] for space in spaces)
    before = content_hash(one)
    for _ in range(1000):
        one("abc")
    assert content_hash(one) == before
    assert alike(one, moved)
    assert apart(one, other)


def test_a_function_that_holds_itself_or_nothing_yet_has_a_digest():
    def again(n):
        return n and again(n - 1)

    def unfinished():
        return later

    assert len({content_hash(again), content_hash(unfinished)}) == 2
    later = 1
    assert unfinished() == later
    ring = []
    ring.append(ring)
    assert apart(ring, [[]])


class Plain:
    """A user's signal that is no dataclass."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __call__(self, close):
        return close


class Slotted:
    __slots__ = ("days",)

    def __init__(self, days):
        self.days = days

    def signal(self, close):
        return close


class Pair(NamedTuple):
    one: int
    other: int


class Couple(NamedTuple):
    one: int
    other: int


class Table(dict):
    """A mapping that does more."""


CLASS = """
from dataclasses import dataclass
from functools import cached_property

{decorator}
class Own:
    sign = {sign}

    def __init__(self):
        self.days = 5

    def __call__(self, close):
        return {called}

    @property
    def wait(self):
        return {wait}

    @staticmethod
    def some():
        return {some}

    @classmethod
    def other(cls):
        return {other}

    @cached_property
    def last(self):
        return {last}

class Made(Own):
    pass
"""
SAID = {"sign": 1, "called": "close", "wait": 1, "some": 2, "other": 3, "last": 4}


@pytest.mark.parametrize("decorator", ["", "@dataclass(init=False)"])
def test_a_class_of_a_user_is_its_code(decorator):
    def own(name, **changed):
        space = {"__name__": "own"}
        exec(CLASS.format(**SAID | changed, decorator=decorator), space)
        return space[name]()

    for name in ("Own", "Made"):
        assert alike(own(name), own(name))
        others = [
            own(name, **{said: value})
            for said, value in zip(SAID, (2, "-close", *"9999"), strict=True)
        ]
        assert apart(own(name), *others)
        assert apart(type(own(name)), type(own(name, sign=2)))


def clip(most):
    def deco(call):
        @functools.wraps(call)
        def clipped(*given):
            return min(most, call(*given))

        return clipped

    return deco


def clipping(most):
    class Clipping:
        if most == 1:

            def __getitem__(self, name):
                return 1

        else:

            def __getitem__(self, name):
                return 2

    class Called:
        @clip(most)
        def __call__(self, close):
            return close

    class Partly:
        some = functools.partialmethod(max, most)

    class Held:
        some = functools.partial(max, most)

    class Constant:
        days = (5, most)

    class Cached:
        some = functools.cache(plus(most))

    return [Clipping(), Called(), Partly(), Held(), Constant(), Cached()]


def test_a_class_is_told_by_what_wraps_its_code():
    for one, same, other in zip(clipping(1), clipping(1), clipping(2), strict=True):
        assert alike(one, same)
        assert apart(one, other)


class Side(enum.Flag):
    LONG = 1
    SHORT = 2


class Raising:
    def __getattr__(self, name):
        raise RuntimeError(name)


def test_what_a_class_keeps_while_it_runs_is_no_part_of_it():
    class Seen:
        seen = []  # noqa: RUF012
        lock = {"lock": threading.Lock()}  # noqa: RUF012
        odd = Raising()

        def __call__(self, close):
            self.seen.append(close)

    before = content_hash(Seen()), content_hash(parts.Kept(Side.LONG))
    Seen()(1)
    assert Side.LONG | Side.SHORT
    assert (content_hash(Seen()), content_hash(parts.Kept(Side.LONG))) == before
    assert apart(parts.Kept(Side.LONG), parts.Kept(Side.SHORT))


def test_a_class_that_calls_those_above_it_is_told_at_once():
    said = ["class C0:"] + [f"    def m{n}(self): return 1" for n in range(6)]
    for depth in range(1, 7):
        said += [f"class C{depth}(C{depth - 1}):"]
        said += [f"    def m{n}(self): return super().m{n}()" for n in range(6)]
    space = {"__name__": "own"}
    exec("\n".join(said), space)
    before = sum(1 for _ in digest._class(space["C6"], ()))
    assert before == 1 + 6 * 7


def test_an_object_is_its_type_and_attributes():
    assert alike(Plain(a=1, b=2), Plain(b=2, a=1))
    assert apart(Plain(), Plain(a=1), Plain(a=2), Plain(b=1), type("Other", (Plain,), {})(a=1))
    assert alike(Slotted(1), Slotted(1))
    assert apart(Slotted(1), Slotted(2), Slotted(1).signal, Slotted(2).signal)
    assert apart(Pair(1, 2), Pair(2, 1), Couple(1, 2))
    assert apart(Table(), Table(a=1), {"a": 1})


def test_wrapped_functions_are_told_by_what_they_wrap():
    partial = functools.partial
    assert alike(partial(momentum, days=5), partial(momentum, days=5))
    assert apart(partial(momentum, days=5), partial(momentum, days=6), partial(plus, days=5))
    assert apart(functools.cache(plus(1)), functools.cache(plus(2)))
    assert alike(functools.cache(plus(1)), functools.cache(plus(1)))


def test_an_array_is_its_shape_dtype_and_numbers():
    numbers = np.arange(6.0)
    table = numbers.reshape(2, 3)
    assert alike(table, table.copy(order="F"), np.arange(12.0).reshape(2, 6)[:, ::2] / 2)
    assert alike(table, table.astype(">f8"))
    assert apart(
        numbers, table, table.T, table.astype(np.float32), table.astype(np.int64),
        table.view(np.int64), numbers[:5], -numbers, np.array([]), np.array(0.0),
        np.array(["a", "b"]), np.array(["a", "c"]), np.array(["a", 1], dtype=object),
        np.array(["a", 2], dtype=object), np.array(["2024-01-31"], dtype="datetime64[D]"),
        np.ma.masked_array(numbers, numbers > 2), np.ma.masked_array(numbers, numbers > 3),
    )  # fmt: skip


def test_a_table_is_its_labels_and_numbers():
    days = pd.bdate_range("2024-01-01", periods=3)
    frame = pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": [1.0, np.nan, 3.0]}, index=days)
    assert alike(frame, frame.copy(), frame[["A"]].assign(B=frame["B"].to_numpy()))
    assert apart(
        frame, frame * 2, frame[["B", "A"]], frame.rename(columns={"A": "C"}), frame.iloc[:2],
        frame.shift(freq="D"), frame.astype({"A": int}), frame["A"], frame["B"], frame["A"] + 1,
        frame["A"].rename("C"), frame.index, frame.columns, frame.index.rename("day"),
        frame.set_axis(["A", "A"], axis=1), frame["A"].astype("category"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "value", [threading.Lock(), (each for each in ()), sys.stdout, sys._getframe()]
)
def test_what_cannot_be_told_is_refused(value):
    for part in (value, parts.Kept([value]), Plain(a={"b": value}), functools.partial(len, value)):
        with pytest.raises(rt.ArgumentError, match="part: want something that can be told by what"):
            content_hash(part)


def test_the_digest_is_the_same_in_every_process():
    code = (
        "import json, parts\n"
        "import rotation as rt\n"
        "from rotation.digest import content_hash\n"
        "def signal(close):\n"
        "    return close if 'a' in {'a', 'b', 'c'} else [c in {1, 'd', None} for c in close]\n"
        "named = frozenset(['x', 'y', 'z', 1, 2.5])\n"
        "made = [rt.Momentum(126), signal, parts.Kept(named), parts.Kept({'b': 1, 'a': named})]\n"
        "print(json.dumps([content_hash(each) for each in made]))"
    )
    said = set()
    for seed in ("0", "1", "2"):
        paths = os.pathsep.join(path for path in sys.path if path)
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
        )
        said.add(done.stdout)
    assert len(said) == 1
    assert json.loads(said.pop())[0] == content_hash(rt.Momentum(126))
