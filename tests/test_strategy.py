"""A strategy is data: a dictionary, a file, a constructor call, a digest; all say the same."""

import datetime
import json
import tomllib

import numpy as np
import pytest
from hypothesis import given

import parts
import rotation as rt
from rotation.digest import content_hash
from rotation.notation import known_parts

PLAIN = rt.Strategy(rt.Momentum(126), rt.Switch(margin=0.02), rt.Schedule("M"))


@given(strategy=parts.strategies)
def test_a_strategy_survives_every_way_of_writing_it(strategy):
    names = {**known_parts(), "datetime": datetime}
    for back in (
        rt.Strategy.from_dict(strategy.to_dict()),
        rt.Strategy.from_toml(strategy.to_toml()),
        rt.Strategy.from_dict(json.loads(json.dumps(strategy.to_dict(), default=str))),
        eval(repr(strategy), {"__builtins__": {}}, names),
    ):
        assert back == strategy
        assert repr(back) == repr(strategy)
        assert back.hash == strategy.hash
    assert tomllib.loads(strategy.to_toml()) == strategy.to_dict()


@given(strategy=parts.user_strategies)
def test_parts_of_the_users_own_are_handed_over(strategy):
    for given_parts in (parts.OWN, {each.__name__: each for each in parts.OWN}):
        assert rt.Strategy.from_dict(strategy.to_dict(), parts=given_parts) == strategy
        assert rt.Strategy.from_toml(strategy.to_toml(), parts=given_parts) == strategy


def test_a_users_part_that_is_not_handed_over_is_unknown():
    strategy = rt.Strategy(rt.Momentum(126), parts.Kept(), rt.Schedule("M"))
    with pytest.raises(rt.ArgumentError, match=r"^rule\.type: want one of Blend, .* got 'Kept'$"):
        rt.Strategy.from_toml(strategy.to_toml())
    with pytest.raises(rt.ArgumentError, match="parts: want classes that are frozen dataclasses"):
        rt.Strategy.from_toml(strategy.to_toml(), parts=["Kept"])


def test_a_dictionary_has_a_table_for_each_part():
    assert list(PLAIN.to_dict()) == ["signal", "rule", "schedule"]
    assert PLAIN.to_dict()["signal"] == {"type": "Momentum", "days": 126, "skip": 0}


def test_another_kind_of_part_is_no_strategy():
    with pytest.raises(rt.ArgumentError, match="type: want Strategy, got Momentum"):
        rt.Strategy.from_dict({"type": "Momentum", "days": 126})


def test_the_hash_is_that_of_the_content_whatever_its_types():
    same = rt.Strategy(rt.Momentum(np.int64(126)), rt.Switch(np.float64(0.02)), rt.Schedule("M"))
    assert same.hash == PLAIN.hash == content_hash(PLAIN)
    assert rt.Strategy(rt.Momentum(127), PLAIN.rule, PLAIN.schedule).hash != PLAIN.hash


def test_functions_have_a_hash_though_they_cannot_be_written():
    strategy = rt.Strategy(lambda close: close, PLAIN.rule, PLAIN.schedule)
    assert strategy.hash != PLAIN.hash
    with pytest.raises(rt.ArgumentError, match=r"^signal: want .* as a frozen dataclass"):
        strategy.to_toml()


@pytest.mark.parametrize(
    ("signal", "rule", "argument"),
    [
        (rt.rules.Hold("A"), rt.Switch(), "signal"),
        (rt.Momentum, rt.Switch(), "signal"),
        (rt.Vote, rt.Switch(), "signal"),
        (rt.Momentum(5), rt.Switch, "rule"),
        (rt.Momentum(5), rt.signals.Published(["2020-01-01"], [1.0]), "rule"),
        (rt.Momentum(5), rt.Momentum(5), "rule"),
    ],
)
def test_a_part_in_the_place_of_another_is_refused_at_once(signal, rule, argument):
    with pytest.raises(rt.ArgumentError, match=f"^{argument}: want"):
        rt.Strategy(signal, rule, rt.Schedule("M"))
