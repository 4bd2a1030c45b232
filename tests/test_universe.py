"""A universe is checked when it is made, and cannot be changed after."""

from datetime import date

import pandas as pd
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
        ({"a": 3}, "layers: want a list of tickers in a, got 3"),
        ({"a": (name for name in "XY")}, "layers: want a list of tickers in a"),
        ({"a": ["X", "X"]}, "layers: want each ticker of a once"),
        ({"cash": ["X"]}, "layers: 'cash' is what is not invested"),
    ],
)
def test_layers_are_checked(layers, message):
    with pytest.raises(rt.ArgumentError, match=message):
        rt.Universe(layers)


def test_chosen_on_is_a_date():
    for day in ("2025", pd.NaT):
        with pytest.raises(rt.ArgumentError, match=f"chosen_on: want a date, got {day!r}"):
            rt.Universe({"a": ["X"]}, chosen_on=day)


def test_a_member_has_its_time():
    member = rt.Member("NVDA", start=date(2001, 11, 30))
    universe = rt.Universe({"a": [rt.Member("NVDA", end=date(2001, 1, 1)), member, "AMD"]})
    assert universe.tickers == ("NVDA", "AMD")
    assert universe.members("a")[2] == rt.Member("AMD")
    assert "a are NVDA (..2001-01-01), NVDA (2001-11-30..), AMD. " in universe.note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ticker": 5}, "ticker: want a text, got 5"),
        ({"ticker": "A", "start": "2001"}, "start: want a date, got '2001'"),
        (
            {"ticker": "A", "start": date(2001, 1, 2), "end": date(2001, 1, 1)},
            "end: want it after 2001-01-02, got 2001-01-01",
        ),
    ],
)
def test_a_member_is_checked(options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        rt.Member(**options)


def test_a_ticker_belongs_once_at_a_time():
    with pytest.raises(rt.ArgumentError, match="layers: want each ticker of a once at a time"):
        rt.Universe({"a": [rt.Member("X", end=date(2001, 1, 1)), rt.Member("X", date(2001, 1, 1))]})
