"""What is written down is read back as it was, to the last bit and in any nesting."""

import datetime
import json
import tomllib
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parts
import rotation as rt
from rotation.notation import from_plain, from_toml, known_parts, to_plain, to_toml

KNOWN = known_parts(parts.OWN)
PLAIN = rt.Strategy(rt.Momentum(126, skip=21), rt.Switch(0.02), rt.Schedule("M", offset=1))


def same(one, other):
    """Equal, and of the same types and signs, which equality does not tell: 1, 1.0, -0.0."""
    return one == other and repr(one) == repr(other)


def test_every_part_is_drawn():
    assert set(parts.DRAWN) == set(known_parts())


@given(strategy=parts.strategies | parts.user_strategies)
def test_a_strategy_survives_a_dictionary_and_toml(strategy):
    plain = to_plain(strategy, rt.Strategy)
    assert same(from_plain(plain, KNOWN, rt.Strategy), strategy)
    text = to_toml(strategy, rt.Strategy)
    assert same(from_toml(text, KNOWN, rt.Strategy), strategy)
    assert tomllib.loads(text) == plain


@given(strategy=parts.strategies)
def test_a_strategy_survives_json_with_dates_as_texts(strategy):
    text = json.dumps(to_plain(strategy), default=str)
    assert same(from_plain(json.loads(text), KNOWN, rt.Strategy), strategy)


@pytest.mark.parametrize("name", parts.DRAWN)
@given(data=st.data())
def test_every_part_survives_alone(name, data):
    part = data.draw(parts.DRAWN[name])
    plain = to_plain(part)
    assert list(plain) == ["type", *(f.name for f in fields(part) if plain.get(f.name) is not None)]
    assert plain["type"] == name
    assert same(from_plain(plain, known_parts(), object), part)
    assert same(from_toml(to_toml(part), known_parts(), type(part)), part)


@given(strategy=parts.strategies)
def test_repr_is_the_constructor_call(strategy):
    names = {**known_parts(), "datetime": datetime}
    assert same(eval(repr(strategy), {"__builtins__": {}}, names), strategy)


def test_toml_is_a_table_for_each_part():
    assert to_toml(PLAIN, rt.Strategy).startswith(
        '[signal]\ntype = "Momentum"\ndays = 126\nskip = 21\n\n[rule]\ntype = "Switch"\n'
    )
    assert to_toml(PLAIN, rt.Strategy).endswith(
        '\n[schedule]\nevery = "M"\noffset = 1\nlag = 1\nsame_close = false\ntranches = 1\n'
    )


def test_a_file_may_leave_defaults_out_and_say_types_that_are_certain():
    text = """
        type = "Strategy"
        schedule = { type = "Schedule", every = [2024-01-31, 2024-02-29] }
        rule = { type = "Switch" }
        signal = { type = "Momentum", days = 126 }
    """
    assert from_toml(text, KNOWN, rt.Strategy) == rt.Strategy(
        rt.Momentum(126), rt.Switch(), rt.Schedule(["2024-01-31", "2024-02-29"])
    )


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(7), 7),
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("cash"), "cash"),
        (np.datetime64("2024-01-31"), datetime.date(2024, 1, 31)),
        ((np.int8(1), (np.float64(2.0),)), [1, [2.0]]),
    ],
)
def test_numbers_of_numpy_become_those_of_python(value, plain):
    got = to_plain(parts.Kept(value))["what"]
    assert got == plain
    assert repr(got) == repr(plain)


def test_infinities_zeros_and_the_smallest_number_keep_their_signs_and_bits():
    values = (np.inf, -np.inf, -0.0, 5e-324, 0.1, 1e16, 1 / 3)
    part = parts.Kept(values)
    assert same(from_toml(to_toml(part), KNOWN, parts.Kept), part)
    assert np.isnan(from_toml(to_toml(parts.Kept(np.nan)), KNOWN, parts.Kept).what)


def test_none_is_left_out_where_that_means_the_same():
    assert "what" not in to_plain(parts.Kept(None))
    assert from_plain({"what": None}, KNOWN, parts.Kept) == parts.Kept(None)


def test_parts_are_classes_or_classes_by_name():
    data = {"type": "Old", "what": 1}
    assert from_plain(data, known_parts({"Old": parts.Kept}), object) == parts.Kept(1)
    assert known_parts([parts.Kept])["Kept"] is known_parts({"Kept": parts.Kept})["Kept"]
    assert set(known_parts(iter([parts.Kept, parts.Kept, rt.Switch]))) == {*known_parts(), "Kept"}


def test_what_is_read_leaves_the_data_as_it_was():
    plain = to_plain(PLAIN)
    before = json.dumps(plain)
    from_plain(plain, KNOWN, rt.Strategy)
    assert json.dumps(plain) == before
