"""A universe is checked when it is made, and cannot be changed after."""

from datetime import date

import pytest

import rotation as rt


def test_tickers_come_once_in_order():
    universe = rt.Universe({"internet": ["GOOG", "META"], "mega": ["MSFT", "GOOG"]})
    assert universe.tickers == ("GOOG", "META", "MSFT")


def test_later_changes_of_the_callers_lists_do_not_reach_it():
    names = ["NVDA"]
    universe = rt.Universe({"shovels": names})
    names.append("AMD")
    assert universe.layers == {"shovels": ("NVDA",)}


def test_it_says_when_it_was_chosen():
    dated = rt.Universe({"a": ["X"]}, chosen_on=date(2025, 1, 31))
    assert dated.note.startswith("a are X. Hindsight: they were chosen on 2025-01-31")
    assert "nobody wrote down when" in rt.Universe({"a": ["X"]}).note


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({}, "layers: want names with their tickers, got {}"),
        (["NVDA"], "layers: want names with their tickers, got"),
        ({"a": []}, "layers: want one ticker or more in a, got none"),
        ({"a": "NVDA"}, "layers: want a list of tickers in a, got 'NVDA'"),
        ({"a": [1]}, "layers: want a list of tickers in a"),
        ({"a": ["X", "X"]}, "layers: want each ticker of a once"),
        ({"cash": ["X"]}, "layers: 'cash' is what is not invested"),
    ],
)
def test_layers_are_checked(layers, message):
    with pytest.raises(rt.ArgumentError, match=message):
        rt.Universe(layers)


def test_chosen_on_is_a_date():
    with pytest.raises(rt.ArgumentError, match="chosen_on: want a date, got '2025'"):
        rt.Universe({"a": ["X"]}, chosen_on="2025")
