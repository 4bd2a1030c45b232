"""A universe is checked when it is made, and cannot be changed after."""

import copy
import pickle
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import rotation as rt
from rotation.digest import content_hash


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
        with pytest.raises(rt.ArgumentError, match=f"chosen_on: want a date, as .*, got {day!r}"):
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
        ({"ticker": "A", "start": "2001"}, "start: want a date, as .*, got '2001'"),
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


def test_a_ticker_belongs_twice_one_time_after_the_other():
    early, late = rt.Member("X", end=date(2001, 1, 1)), rt.Member("X", date(2001, 1, 2))
    assert rt.Universe({"a": [late, early]}).members("a") == (late, early)
    inside = rt.Member("X", date(2000, 1, 1), date(2000, 1, 2))
    with pytest.raises(rt.ArgumentError, match="layers: want each ticker of a once at a time"):
        rt.Universe({"a": [inside, "Y", early]})


def test_a_member_without_dates_is_its_ticker():
    assert rt.Universe({"a": [rt.Member("X")]}) == rt.Universe({"a": ["X"]})


def test_a_text_is_its_date():
    member = rt.Member("ARM", start="2023-09-14")
    assert member == rt.Member("ARM", start=date(2023, 9, 14))
    assert rt.Universe({"a": [member]}, "2025-01-31").chosen_on == date(2025, 1, 31)


def test_a_timestamp_at_midnight_is_its_date():
    universe = rt.Universe(
        {"a": [rt.Member("X", pd.Timestamp("2001-01-02"))]}, pd.Timestamp("2025")
    )
    assert type(universe.chosen_on) is type(universe.members("a")[0].start) is date
    for day in (pd.Timestamp("2025-01-31 16:00"), pd.Timestamp("2025-01-31", tz="UTC")):
        with pytest.raises(rt.ArgumentError, match=r"chosen_on: want a date, as .*, got Timestamp"):
            rt.Universe({"a": ["X"]}, chosen_on=day)
        with pytest.raises(rt.ArgumentError, match=r"end: want a date, as .*, got Timestamp"):
            rt.Member("X", end=day)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": {1: ["X"]}}, "layers: want names that are texts, got 1"),
        ({"layers": {" ": ["X"]}}, "layers: want names that are texts, got ' '"),
        ({"layers": {"a": [""]}}, "ticker: want a text, got ''"),
        ({"source": 5}, "source: want a text, got 5"),
        ({"remarks": "one"}, "remarks: want a list of texts, got 'one'"),
        ({"remarks": ["one", 2]}, r"remarks: want a list of texts, got \['one', 2\]"),
    ],
)
def test_what_goes_with_the_layers_is_checked(options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        rt.Universe(**{"layers": {"a": ["X"]}, **options})


def test_it_cannot_be_changed_and_can_be_a_key():
    universe = rt.Universe({"a": ["X"], "b": ["Y"]}, remarks=["one"])
    with pytest.raises(TypeError, match="does not support item assignment"):
        universe.layers["a"] = ("Z",)
    same = rt.Universe({"b": ["Y"], "a": ["X"]}, remarks=("one",))
    assert {universe: 1}[same] == 1
    assert content_hash(universe) == content_hash(same)
    assert len({universe, replace(universe, source="me"), replace(universe, remarks=())}) == 3


def test_processes_can_hand_it_over():
    universe = rt.Universe({"a": [rt.Member("X", date(2001, 1, 2)), "Y"]}, date(2025, 1, 31), "me")
    for other in (pickle.loads(pickle.dumps(universe)), copy.deepcopy(universe)):
        assert other == universe


def test_the_note_ends_with_source_and_remarks():
    universe = rt.Universe({"a": ["X"]}, date(2025, 1, 31), "an article.", ["Y does not trade."])
    assert universe.note.endswith("by the choice. Source: an article. Y does not trade.")


def test_the_note_names_twenty_of_many():
    names = [f"T{number}" for number in range(23)]
    assert rt.Universe({"a": names}).note.startswith(f"a are {', '.join(names[:20])} and 3 more. ")
    assert "T19. Hindsight" in rt.Universe({"a": names[:20]}).note


def test_as_chosen_holds_nobody_before():
    chosen = date(2025, 1, 31)
    gone, back = rt.Member("G", end=date(2025, 1, 30)), rt.Member("G", date(2025, 3, 3))
    last = rt.Member("L", date(2001, 1, 2), chosen)
    universe = rt.Universe({"a": ["X", gone, back], "b": [last]}, chosen, "me", ("Y is not.",))
    held = universe.as_chosen()
    assert held.members("a") == (rt.Member("X", chosen), back)
    assert held.members("b") == (rt.Member("L", chosen, chosen),)
    assert (held.chosen_on, held.source, held.remarks) == (chosen, "me", ("Y is not.",))
    assert universe.hindsight
    assert not held.hindsight
    assert "Hindsight" not in held.note
    assert "chosen on 2025-01-31, and none is held before that day. Source" in held.note
    assert held.as_chosen() == held


def test_as_chosen_wants_a_day_and_members():
    with pytest.raises(rt.ArgumentError, match="chosen_on: want the day of the choice, got None"):
        rt.Universe({"a": ["X"]}).as_chosen()
    assert rt.Universe({"a": [rt.Member("X", date(2025, 1, 31))]}).hindsight
    gone = rt.Universe({"a": [rt.Member("X", end=date(2025, 1, 30))]}, date(2025, 1, 31))
    with pytest.raises(rt.ArgumentError, match="want a member of a on 2025-01-31 or later, got no"):
        gone.as_chosen()


def test_layers_of_the_choice_begin_on_its_day():
    days = pd.bdate_range("2025-01-29", periods=5)
    closes = pd.DataFrame({"X": [1.0, 2.0, 4.0, 8.0, 16.0]}, days)
    universe = rt.Universe({"a": ["X"]}, chosen_on=days[2])
    index = rt.build_layers(closes, universe.as_chosen()).index["a"]
    assert index.dropna().to_dict() == {days[2]: 1.0, days[3]: 2.0, days[4]: 4.0}


def test_toml_reads_as_a_hand_would_write_it():
    listed = rt.Member("ARM", start=date(2023, 9, 14))
    left = rt.Member("ACQ", date(2001, 1, 2), date(2010, 1, 26))
    universe = rt.Universe(
        {"shovels": ["NVDA", listed], "old & gone": [left]},
        date(2025, 1, 31),
        "an article",
        ["Canva does not trade."],
    )
    assert universe.to_toml() == (
        "chosen_on = 2025-01-31\n"
        'source = "an article"\n'
        "remarks = [\n"
        '    "Canva does not trade.",\n'
        "]\n"
        "\n"
        "[layers]\n"
        "shovels = [\n"
        '    "NVDA",\n'
        '    { ticker = "ARM", start = 2023-09-14 },\n'
        "]\n"
        '"old & gone" = [\n'
        '    { ticker = "ACQ", start = 2001-01-02, end = 2010-01-26 },\n'
        "]\n"
    )
    assert rt.Universe.from_toml(universe.to_toml()) == universe


def test_a_file_is_not_replaced_without_asking(tmp_path):
    path = tmp_path / "mine.toml"
    one, other = rt.Universe({"a": ["X"]}), rt.Universe({"b": ["Ü"]}, source="“me”")
    assert one.write(str(path)) == path
    with pytest.raises(rt.ArgumentError, match=r"path: .*mine\.toml is there already; pass overw"):
        other.write(path)
    assert rt.Universe.read(str(path)) == one
    other.write(str(path), overwrite=True)
    assert rt.Universe.read(path) == other
    assert [each.name for each in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize("day", [date(1025, 1, 31), date(2205, 1, 31)])
def test_a_day_of_another_age_is_a_slip(day):
    with pytest.raises(rt.ArgumentError, match="chosen_on: want a year from 1800 to 2200"):
        rt.Universe({"a": ["X"]}, chosen_on=day)


@pytest.mark.parametrize("ticker", ["NVDA ", " NVDA", "cash"])
def test_a_ticker_is_as_the_closes_have_it(ticker):
    with pytest.raises(rt.ArgumentError, match="ticker: want no blanks around it"):
        rt.Universe({"a": [ticker]})
