"""A file makes a strategy or is refused by name and place; nothing that it names is run."""

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parts
import rotation as rt
from rotation.digest import content_hash
from rotation.notation import from_plain, from_toml, known_parts, to_plain, to_toml

KNOWN = known_parts(parts.OWN)
GOOD = """
[signal]
type = "Momentum"
days = 126

[rule]
type = "Refuge"
rule = { type = "Switch", margin = 0.02 }

[schedule]
every = "M"
"""
GOT_FIELDS = "margin, confirm, min_hold"


def read(text):
    return from_toml(text, KNOWN, rt.Strategy)


def refused(message, text):
    with pytest.raises(rt.ArgumentError, match=f"^{re.escape(message)}"):
        read(text)


def test_the_file_that_the_others_spoil_is_good():
    assert read(GOOD).rule == rt.rules.Refuge(rt.Switch(0.02))


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ('"Momentum"', '"Momentun"', "signal.type: want one of Blend, "),
        ('type = "Momentum"\n', "", "signal.type: want one of Blend, "),
        ('"Momentum"', "5", "signal.type: want one of Blend, "),
        ('"Momentum"', '["Momentum"]', "signal.type: want one of Blend, "),
        ('"Switch"', '"TopL"', "rule.rule.type: want one of Blend, "),
        ("days", "dyas", "signal.dyas: Momentum has days, skip; got 'dyas'"),
        ("days = 126\n", "", "signal.days: Momentum wants one, got none"),
        ("margin", "margn", f"rule.rule.margn: Switch has {GOT_FIELDS}; got 'margn'"),
        ("126", "0", "signal.days: want sessions, 1 or more, got 0"),
        ("126", '"126"', "signal.days: want sessions, 1 or more, got '126'"),
        ("126", "126.0", "signal.days: want sessions, 1 or more, got 126.0"),
        ("126", "true", "signal.days: want sessions, 1 or more, got True"),
        ("126", "[126]", "signal.days: want sessions, 1 or more, got (126,)"),
        ("126", '{ type = "Switch" }', "signal.days: want sessions, 1 or more, got Switch("),
        ("126", "{ days = 126 }", "signal.days.type: want one of Blend, "),
        ("126", "2024-01-31", "signal.days: want sessions, 1 or more, got datetime.date("),
        ("126", "12:30:00", "signal.days: want sessions, 1 or more, got datetime.time("),
        ("0.02", "nan", "rule.rule.margin: want a lead, 0 or more, got nan"),
        ("0.02", "-1e-9", "rule.rule.margin: want a lead, 0 or more, got -1e-09"),
        ('"M"', '"X"', "schedule.every: want one of D W M Q Y"),
        (
            '"M"',
            "[2024-01-31T10:00:00]",
            "schedule.every: want a date, as 2025-01-31, without a time of day",
        ),
        ('every = "M"', "", "schedule.every: Schedule wants one, got none"),
        ("[schedule]", "[[schedule]]", "schedule: want a table, got ["),
        ('[schedule]\nevery = "M"', "", "schedule: Strategy wants one, got none"),
        ("[signal]", "[signal]\nskip = {}", "signal.skip.type: want one of "),
        ("[signal]", "extra = 1\n[signal]", "extra: Strategy has signal, rule, schedule; got 'ex"),
        ("[signal]", 'type = "Switch"\n[signal]', "type: want Strategy, got Switch"),
        ("[schedule]", '[schedule]\ntype = "Switch"', "schedule.type: want Schedule, got Switch"),
        ('"Momentum"\ndays = 126', '"Switch"', "signal: want a function of closes"),
        ('"Refuge"\nrule = ', '"Switch"\nmargin = ', "rule.margin: want a lead, 0 or more, got Sw"),
        ('{ type = "Switch", margin = 0.02 }', '"Switch"', "rule.rule: want an object with decide"),
        ("[signal]", "[signal", "text: want TOML, got what is none (Expected ']' at the end"),
        ("days = 126", "days = 126\ndays = 127", "text: want TOML, got what is none (Cannot over"),
        ("126", "[" * 100_000, "text: want TOML, got lists or tables too deep to read"),
        ("126", "1" * 5_000, "text: want TOML, got what is none (Exceeds the limit"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(was, now, message):
    assert was in GOOD
    refused(message, GOOD.replace(was, now, 1))


def test_a_schedule_is_a_table():
    top = GOOD.replace('[schedule]\nevery = "M"', "")
    refused("schedule: want a table, got 'M'", f'schedule = "M"\n{top}')
    refused("signal: want a function of closes", 'rule={type="Switch"}\nsignal=1\nschedule.every=1')


def test_an_unknown_type_lists_those_known_and_says_how_to_add_more():
    with pytest.raises(rt.ArgumentError) as error:
        read(GOOD.replace("Switch", "Mime"))
    assert ", ".join(sorted(KNOWN)) in str(error.value)
    assert str(error.value).endswith("or one of your own handed over as parts; got 'Mime'")
    assert {"Mine", "Switch", "Strategy", "Schedule", "Vote"} <= set(KNOWN)
    assert not {"History", "Signal", "Rule", "momentum"} & set(KNOWN)


@pytest.mark.parametrize(
    "name",
    ["os.system", "__import__('os')", "antigravity", "this", "builtins.eval", "eval", "object",
     "rotation.signals.Momentum", "__class__", "Decided", "History", "exec"],
)  # fmt: skip
def test_nothing_that_a_file_names_is_imported_or_called(name):
    before = set(sys.modules)
    refused("signal.type: want one of", GOOD.replace("Momentum", name))
    refused(f"signal.{name}: Momentum has days, skip", GOOD.replace("days", f'"{name}"'))
    assert {"antigravity", "this"} & (set(sys.modules) - before) == set()


@pytest.mark.parametrize("data", [None, 1, "x", [], [("type", "Strategy")], rt.Momentum(5)])
def test_data_is_a_table(data):
    with pytest.raises(rt.ArgumentError, match="data: want a table, got"):
        from_plain(data, KNOWN, rt.Strategy)


def test_what_is_read_is_of_the_kind_that_was_asked_for():
    data = {"type": "Momentum", "days": 5}
    assert from_plain(data, KNOWN, object) == from_plain(data, KNOWN, rt.Momentum)
    for kind in (rt.Switch, rt.Strategy, int):
        with pytest.raises(rt.ArgumentError, match=f"type: want {kind.__name__}, got Momentum"):
            from_plain(data, KNOWN, kind)


@pytest.mark.parametrize("text", [None, 1, b"x = 1", {}])
def test_toml_is_text(text):
    refused("text: want TOML, got ", text)


@pytest.mark.parametrize("value", [rt.Momentum(5), object(), {1, 2}, 1j, b"", len])
def test_data_is_plain(value):
    data = {"type": "Kept", "what": [1, value]}
    with pytest.raises(rt.ArgumentError, match=r"^what\[1\]: want plain data, got"):
        from_plain(data, KNOWN, object)


@pytest.mark.parametrize("each", [int, object, "Switch", None, lambda close: close, Any])
def test_parts_are_dataclasses(each):
    for classes in ([each], {"Other": each}):
        with pytest.raises(rt.ArgumentError, match="parts: want classes that are frozen dataclass"):
            known_parts(classes)


@pytest.mark.parametrize("classes", [5, "Kept", parts.Kept, None], ids=repr)
def test_parts_are_several(classes):
    with pytest.raises(rt.ArgumentError, match="parts: want classes, or a mapping of them by name"):
        known_parts(classes)


def test_a_name_means_one_class():
    @dataclass(frozen=True)
    class Momentum:
        days: int

        def __call__(self, close):
            return close

    for classes in ([Momentum], {"Momentum": Momentum}, {"Strategy": parts.Kept}):
        with pytest.raises(rt.ArgumentError, match="parts: want another name than"):
            known_parts(classes)
    with pytest.raises(rt.ArgumentError, match="parts: want another name than Mine"):
        known_parts([parts.Mine, type("Mine", (parts.Mine,), {})])
    strategy = rt.Strategy(Momentum(5), rt.Switch(), rt.Schedule("M"))
    with pytest.raises(rt.ArgumentError, match="signal: want a class of another name than Moment"):
        to_plain(strategy)


class Colour(StrEnum):
    RED = "red"


class Pair(NamedTuple):
    one: int
    other: int


@pytest.mark.parametrize(
    "value",
    [len, lambda close: close, parts.Kept, object(), [1, 2], {"a": 1}, {1}, 1j, b"x", None,
     np.arange(3.0), pd.Series([1.0]), datetime(2024, 1, 31), pd.Timestamp("2024-01-31"), pd.NaT,
     np.datetime64("NaT"), np.datetime64("2024-01-31", "ns"), np.timedelta64(5, "ns"),
     np.timedelta64(5, "D"), np.longdouble(0.1), np.complex128(1), Colour.RED, Pair(1, 2)],
)  # fmt: skip
def test_what_is_not_plain_cannot_be_written(value):
    with pytest.raises(rt.ArgumentError, match=r"^what\[0\]: want text, a number, a date or a tup"):
        to_plain(parts.Kept((value,)))
    with pytest.raises(rt.ArgumentError, match=r"^what\.nested\[0\]: want text, a number, a da"):
        to_toml(parts.Kept(parts.Mine(parts.Bounds(0, 1), 1, nested=(value,))))


@pytest.mark.parametrize("part", [len, 5, None, parts.Kept, {"type": "Momentum"}])
def test_only_a_dataclass_can_be_written(part):
    with pytest.raises(rt.ArgumentError, match="part: want a frozen dataclass to write down, got"):
        to_plain(part)


def test_a_function_for_a_signal_is_named():
    strategy = rt.Strategy(np.log, rt.Switch(), rt.Schedule("M"))
    with pytest.raises(
        rt.ArgumentError, match=r"^signal: want .* as a frozen dataclass; got <ufunc"
    ):
        to_toml(strategy)


@dataclass(frozen=True)
class Capped:
    needed: Any
    cap: float | None = 0.5

    def __post_init__(self):
        if self.cap == 7:
            raise KeyError("seven")
        if isinstance(self.cap, str):
            raise TypeError("cap: want no text")


def test_none_is_refused_where_leaving_it_out_means_something_else():
    with pytest.raises(rt.ArgumentError, match="cap: None cannot be written down, and it would be"):
        to_plain(Capped(1, None))
    with pytest.raises(rt.ArgumentError, match="needed: None cannot be written down, and it is ne"):
        to_plain(Capped(None))
    assert to_plain(Capped(1)) == {"type": "Capped", "needed": 1, "cap": 0.5}


def test_whatever_a_users_class_raises_refuses_the_file():
    known = known_parts([Capped])
    data = {"type": "Voted", "signals": [{"type": "Capped", "needed": 1, "cap": 7}]}
    with pytest.raises(
        rt.ArgumentError, match=r"^signals\[0\]: Capped cannot be made of this \('s"
    ):
        from_plain(data, known, object)
    data["signals"][0]["cap"] = "x"
    with pytest.raises(rt.ArgumentError, match=r"^signals\[0\]\.cap: want no text"):
        from_plain(data, known, object)


def test_a_field_called_type_cannot_be_told_from_the_class():
    typed = dataclass(frozen=True)(type("Typed", (), {"__annotations__": {"type": int}}))
    with pytest.raises(rt.ArgumentError, match="type: want a field of another name"):
        to_plain(typed(1))


names = st.sampled_from(["type", "signal", "rule", "schedule", "days", "margin", "every", "x", ""])
types = st.sampled_from(sorted(KNOWN))
junk = st.recursive(
    parts.anything | types | st.none() | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=6,
)


def spoilt(draw, data):
    """Data with one place, at any depth, changed for something else."""
    if isinstance(data, (dict, list)) and data and draw(st.integers(0, 9)) < 9:
        key = draw(st.sampled_from(list(data) if isinstance(data, dict) else range(len(data))))
        inner = spoilt(draw, data[key])
        if isinstance(data, dict):
            return {**data, key: inner}
        return [*data[:key], inner, *data[key + 1 :]]
    return draw(st.integers(1, 300) | junk)


@given(data=st.data())
def test_any_data_makes_a_strategy_or_is_refused(data):
    plain = to_plain(data.draw(parts.user_strategies | parts.strategies))
    try:
        strategy = from_plain(spoilt(data.draw, plain), KNOWN, rt.Strategy)
    except rt.ArgumentError:
        return
    assert isinstance(strategy, rt.Strategy)
    assert len(content_hash(strategy)) == 64
