"""EventSwitch equals a slow loop over decisions and dates, and names the event."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.rules import EventSwitch, History, event_switch
from rules import tables

FIRST = date(2025, 1, 24)
backs = st.sampled_from([None, 1, 2, 3])


def one_at_a_time(scores, sessions, dates, start, to, back_after):
    """The rule as its docstring reads, for one strategy, in plain Python."""
    left, newest, seen, history = sorted(dates), None, 0, []
    for k, (row, today) in enumerate(zip(scores, sessions, strict=True)):
        while seen < len(left) and left[seen] <= today:
            newest, seen = k, seen + 1
        away = newest is not None and (back_after is None or k - newest < back_after)
        wanted = to if away else start
        history.append(wanted if wanted in tables.known(row) else -1)
    return history


def history(days, names=("a", "b", "c")):
    """A history that decides on these days from FIRST on, and has others between."""
    sessions = np.datetime64(FIRST) - 3 + np.arange(max(days, default=0) + 9)
    closes = np.ones((len(sessions), len(names)))
    return History(closes, sessions, tuple(names), rows=np.array(days, dtype=int) + 3)


@given(
    scores=tables.scores(layers=(3, 3)),
    gaps=st.lists(st.integers(1, 4), min_size=14, max_size=14),
    events=st.lists(st.integers(-5, 40), min_size=1, max_size=4),
    start=st.sampled_from([0, 1, "cash"]),
    back_after=backs,
)
def test_it_equals_a_loop_over_decisions_and_strategies(scores, gaps, events, start, back_after):
    days = np.cumsum(gaps[: len(scores)]).tolist()
    dates = [FIRST + timedelta(days=each) for each in events]
    rule = EventSwitch(dates, start, "c", back_after).bind(history(days))
    sessions = [FIRST + timedelta(days=each) for each in days]
    column = -1 if start == "cash" else start
    expected = [
        one_at_a_time(scores[:, s], sessions, dates, column, 2, back_after)
        for s in range(scores.shape[1])
    ]
    np.testing.assert_array_equal(rule.decide(scores), np.transpose(expected))


@given(
    scores=tables.scores(layers=(3, 3)),
    start=tables.one_each(st.integers(-1, 2)),
    back_after=tables.one_each(st.sampled_from([1.0, 2.0, np.inf])),
    seed=st.integers(0, 99),
)
def test_each_strategy_may_have_parameters_and_events_of_its_own(scores, start, back_after, seed):
    k, n = scores.shape[:2]
    came = np.random.default_rng(seed).random((k, n)) < 0.3
    held = event_switch(scores, came, start[:n], 1, back_after[:n])
    for s in range(n):
        alone = event_switch(scores[:, s : s + 1], came[:, s], start[s], 1, back_after[s])
        np.testing.assert_array_equal(held[:, s : s + 1], alone)


@given(market=markets.closes(sessions=(6, 50)), back_after=backs, data=st.data())
def test_events_do_not_let_it_look_ahead(market, back_after, data):
    dates = data.draw(st.lists(st.sampled_from(list(market.index)), min_size=1, max_size=3))
    rt.check_causal(EventSwitch(dates, market.columns[0], "cash", back_after), market, cuts=8)


def test_an_event_comes_with_the_first_decision_on_its_date_or_later():
    days, scores = [0, 3, 4], np.zeros((3, 1, 3))
    on = EventSwitch(["2025-01-27"], 0, 1).bind(history(days))
    after = EventSwitch(["2025-01-25"], 0, 1).bind(history(days))
    late = EventSwitch(["2025-01-28"], 0, 1).bind(history(days))
    assert on.decide(scores).ravel().tolist() == [0, 1, 1]
    assert after.decide(scores).ravel().tolist() == [0, 1, 1]
    assert late.decide(scores).ravel().tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "dates",
    [
        ["2025-01-27", "2025-01-06"],
        [date(2025, 1, 27), date(2025, 1, 6), date(2025, 1, 6)],
        pd.DatetimeIndex(["2025-01-06", "2025-01-27"]),
        np.array(["2025-01-27", "2025-01-06"], dtype="datetime64[D]"),
        (datetime(2025, 1, 6), "2025-01-27"),
    ],
)
def test_dates_are_kept_sorted_and_once(dates):
    rule = EventSwitch(dates, "a", "b")
    assert rule.dates == (date(2025, 1, 6), date(2025, 1, 27))
    assert (
        eval(repr(rule), {"EventSwitch": EventSwitch, "datetime": __import__("datetime")}) == rule
    )


@pytest.mark.parametrize(
    ("dates", "match"),
    [
        ("2025-01-27", "dates: want a list of dates, got '2025-01-27'"),
        (date(2025, 1, 27), "dates: want a list of dates, got datetime"),
        (["2025-01-27", "20250127"], "dates: want a date, as 2025-01-31, .*, got '20250127'"),
        (np.array(5), "dates: want a list of dates, got array"),
        ([None], "dates: want a date, as 2025-01-31, .*, got None"),
        ([], "dates: want one date or more, got"),
    ],
)
def test_dates_must_be_dates(dates, match):
    with pytest.raises(rt.ArgumentError, match=match):
        EventSwitch(dates, "a", "b")


@pytest.mark.parametrize("back_after", [0, -1, 1.5, True, "2"])
def test_back_after_must_be_decisions(back_after):
    with pytest.raises(rt.ArgumentError, match="back_after: want decisions, 1 or more, got"):
        EventSwitch(["2025-01-27"], "a", "b", back_after)


def test_the_layers_must_be_two():
    with pytest.raises(rt.ArgumentError, match="to: want another layer than start, got 'a'"):
        EventSwitch(["2025-01-27"], "a", "a")
    with pytest.raises(rt.ArgumentError, match="start: want one of a, b, c, got 'd'"):
        EventSwitch(["2025-01-27"], "d", "a").bind(history([0]))


def test_before_it_is_bound_it_knows_no_dates():
    with pytest.raises(rt.ArgumentError, match="EventSwitch needs the dates of its decisions"):
        EventSwitch(["2025-01-27"], 0, 1).decide(np.zeros((1, 1, 2)))


def test_reasons_name_the_event():
    scores = np.zeros((5, 2))
    scores[2, 1] = np.nan
    names = ("shovels", "applications")
    rule = EventSwitch(["2025-01-27"], "shovels", "applications", back_after=3)
    bound = rule.bind(history([0, 3, 4, 5, 6], names))
    assert bound.reasons(scores, np.arange(5), names) == [
        "no event yet: shovels",
        "event of 2025-01-27: from shovels to applications",
        "event of 2025-01-27: applications has no score",
        "event of 2025-01-27: applications, which has a score now",
        "3 decisions after the event of 2025-01-27: from applications back to shovels",
    ]
    cash = EventSwitch(["2025-01-26", "2025-01-27"], "shovels", "cash", back_after=1)
    bound = cash.bind(history([0, 3, 4], names))
    assert bound.reasons(scores[:3], np.arange(1, 3), names) == [
        "event of 2025-01-27: from shovels to cash",
        "1 decision after the event of 2025-01-27: from cash back to shovels",
    ]


def test_reasons_name_the_layer_it_turns_from_only_if_that_was_held():
    nan, names = np.nan, ("shovels", "applications")
    rule = EventSwitch(["2025-01-27"], "shovels", "applications", back_after=2)
    silent = np.array([[nan, nan], [0.0, nan], [nan, 0.0], [0.0, nan], [nan, 0.0], [0.0, nan]])
    bound = rule.bind(history([0, 1, 3, 4, 5, 6], names))
    assert bound.reasons(silent, np.arange(6), names) == [
        "no event yet: shovels has no score",
        "no event yet: shovels",
        "event of 2025-01-27: from shovels to applications",
        "event of 2025-01-27: applications has no score",
        "2 decisions after the event of 2025-01-27: shovels has no score",
        "3 decisions after the event of 2025-01-27: shovels, which has a score now",
    ]
    late = rule.bind(history([3, 4, 5, 6], names))
    scores = np.array([[0.0, 0.0], [0.0, nan], [0.0, 0.0], [0.0, 0.0]])
    assert late.reasons(scores, np.arange(4), names) == [
        "event of 2025-01-27: applications",
        "event of 2025-01-27: applications has no score",
        "2 decisions after the event of 2025-01-27: shovels",
        "3 decisions after the event of 2025-01-27: shovels",
    ]
    cash = EventSwitch(["2025-01-27"], "cash", "applications").bind(history([0, 3, 4, 5], names))
    scores = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, nan], [0.0, 0.0]])
    assert cash.reasons(scores, np.arange(4), names) == [
        "no event yet: cash",
        "event of 2025-01-27: from cash to applications",
        "event of 2025-01-27: applications has no score",
        "event of 2025-01-27: applications, which has a score now",
    ]
