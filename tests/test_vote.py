"""A vote equals counting by hand, decision by decision."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.deciding import decide
from rotation.layers import open_history
from rotation.tables import read_prices
from rotation.vote import Vote, vote

DAYS = pd.bdate_range("2024-01-01", periods=8)
CLOSES = pd.DataFrame({"A": [1, 2, 3, 2, 1, 2, 3, 4.0], "B": [2, 2, 2, 3, 4, 4, 4, 4.0]}, DAYS)


def by_hand(votes, scores):
    """The rule as its docstring reads, for one strategy."""
    held, history = "nobody asked yet", []
    for cast, row in zip(np.transpose(votes), scores, strict=True):
        options = [n for n, score in enumerate(row) if score == score] + [-1]
        counts = {option: sum(each == option for each in cast) for option in options}
        most = max(counts.values())
        if most == 0:
            held = -1
        elif counts.get(held) != most:
            held = next(option for option in options if counts[option] == most)
        history.append(held)
    return history


@given(data=st.data())
def test_most_votes_win_and_a_tie_changes_nothing(data):
    voters, decisions, batch, layers = (data.draw(st.integers(1, n)) for n in (5, 9, 3, 4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    votes = rng.integers(-2, layers, (voters, decisions))
    scores = np.where(rng.random((decisions, batch, layers)) < 0.3, np.nan, 0.0)
    expected = [by_hand(votes, scores[:, s]) for s in range(batch)]
    np.testing.assert_array_equal(vote(votes, scores), np.transpose(expected))


def voter(days, every="D"):
    return rt.Strategy(rt.Momentum(days), rt.Switch(), rt.Schedule(every))


@given(market=markets.closes(sessions=(20, 60)), days=st.lists(st.integers(1, 9), min_size=2))
def test_each_voter_decides_as_it_would_alone(market, days):
    rule = Vote([voter(n) for n in days])
    alone = [decide(each, history(market)) for each in rule.strategies]
    both = decide(rt.Strategy(rt.Momentum(1), rule, rt.Schedule("D")), history(market))
    expected = by_hand([each.held for each in alone], both.scores)
    np.testing.assert_array_equal(both.held, expected)


def history(market):
    return open_history(market, read_prices(market), market.to_numpy())


def test_a_vote_of_one_mind_is_that_strategy_and_says_so():
    alone = rt.backtest(CLOSES, voter(1))
    agreed = rt.backtest(
        CLOSES, rt.Strategy(rt.Momentum(1), Vote([voter(1)] * 3), rt.Schedule("D"))
    )
    pd.testing.assert_series_equal(alone.value, agreed.value)
    assert agreed.switches["reason"].iloc[0] == "3 of 3 vote for A"


def test_the_newest_decision_of_each_counts():
    weekly, daily = voter(1, every=5), voter(1)
    rule = Vote([weekly, weekly, daily])
    decided = decide(rt.Strategy(rt.Momentum(1), rule, rt.Schedule("D")), history(CLOSES))
    held = decide(weekly, history(CLOSES)).held
    assert decided.held[4:].tolist() == [held[0]] * 3


def stubborn(*layers):
    """A voter that wants these layers, decision by decision, whatever the scores are."""

    class Stubborn:
        def decide(self, scores):
            return np.array(layers)[: len(scores), None]

    ready = rt.Schedule("D")
    return rt.Strategy(lambda close: np.zeros(close.shape), Stubborn(), ready)


def reasons(voters, scores):
    """Reasons of a vote for its decisions on scores (K, L) of the first sessions."""
    shown = history(CLOSES).deciding(np.arange(len(scores)))
    bound = Vote([stubborn(*[*each, *[-1] * 8][:7]) for each in voters]).bind(shown)
    return bound.reasons(np.array(scores), np.arange(len(scores)), ("A", "B"))


def test_reasons_say_which_votes_do_not_count():
    nan = np.nan
    voters = [[0, 0, 0, -1], [1, 1, 1, 1], [1, 1, 0, 1]]
    scores = [[0.0, 0.0], [0.0, nan], [0.0, nan], [nan, nan]]
    assert reasons(voters, scores) == [
        "2 of 3 vote for B",
        "1 of 3 vote for A; 2 for B, which has no score",
        "2 of 3 vote for A",
        "1 of 3 vote for cash; 2 for B, which has no score",
    ]
    assert reasons([[1], [0]], [[nan, nan]]) == [
        "no vote counts, so cash; 1 for A, which has no score; 1 for B, which has no score"
    ]


def test_reasons_say_how_a_tie_ended():
    voters = [[1, 1, 0, -1, 0], [0, 1, 1, 0, -1]]
    assert reasons(voters, np.zeros((5, 2))) == [
        "1 of 2 vote for A, as many as for B; A comes first",
        "2 of 2 vote for B",
        "1 of 2 vote for B, as many as for A; B stays",
        "1 of 2 vote for A, as many as for cash; A comes first",
        "1 of 2 vote for A, as many as for cash; A stays",
    ]


def test_reasons_say_who_has_not_decided():
    monthly = voter(1, every=5)
    shown = history(CLOSES).deciding(np.arange(2))
    bound = Vote([monthly, stubborn(*[0] * 7)]).bind(shown)
    assert (
        bound.reasons(np.zeros((2, 2)), np.arange(2), ("A", "B"))
        == ["1 of 2 vote for A; 1 yet to decide"] * 2
    )


def test_a_message_names_the_vote_and_not_the_ballot():
    rule = Vote([voter(1), voter(2)])
    assert repr(rule.bind(history(CLOSES))) == repr(rule)


@pytest.mark.parametrize(
    ("strategies", "message"),
    [
        (3, "want two or more strategies, got 3"),
        ([voter(1)], "want two or more, got 1"),
        ([voter(1), "B"], "want strategies, got 'B'"),
        (
            [voter(1), rt.Strategy(rt.Momentum(1), rt.Switch(), rt.Schedule("M", tranches=2))],
            "want one layer at a time, got tranches",
        ),
    ],
)
def test_strategies_are_checked(strategies, message):
    with pytest.raises(rt.ArgumentError, match=f"strategies: {message}"):
        Vote(strategies)


def test_a_strategy_of_weights_cannot_vote():
    class Halves:
        def weigh(self, scores):
            return np.where(np.isnan(scores), 0.0, 0.5)

    rule = Vote([voter(1), rt.Strategy(rt.Momentum(1), Halves(), rt.Schedule("D"))])
    with pytest.raises(rt.ArgumentError, match="strategies: want one layer at a time, got weights"):
        rt.backtest(CLOSES, rt.Strategy(rt.Momentum(1), rule, rt.Schedule("D")), check=False)
