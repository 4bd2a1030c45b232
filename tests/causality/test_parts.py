"""What looks ahead inside a part of the package is caught, and named, however well it is hidden."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation import rules, signals
from rotation.causality.parts import held_within
from rotation.vote import Vote

MONTHLY, SWITCH = rt.Schedule("M"), rt.Switch()


def next_week(close):
    ahead = np.full(close.shape, np.nan)
    ahead[:-5] = np.log(close[5:] / close[:-5])
    return ahead


def last_week(close):
    """Honest."""
    return -next_week(close[::-1])[::-1]


class Peek:
    """What is best the next time."""

    def decide(self, scores):
        return np.nan_to_num(np.vstack([scores[1:], scores[-1:]]), nan=-9.0).argmax(axis=2)


class FitsOnce:
    mean = None

    def __call__(self, close):
        if self.mean is None:
            self.mean = np.nanmean(close, axis=0)
        return close / self.mean


@dataclass
class Ranked:
    """A user's own wrapper."""

    signal: object

    def __call__(self, close):
        return pd.DataFrame(self.signal(close)).rank(axis=1).to_numpy()


@dataclass
class StepByStep:
    """A user's own wrapper, which shows its signal no more than it may know."""

    signal: object

    def __call__(self, close):
        return np.stack([self.signal(close[: row + 1])[-1] for row in range(len(close))])


def share_of_the_mean(close):
    """Honest as long as all that it is shown is the past."""
    return close / close.mean(axis=0)


def monthly(signal, rule=SWITCH):
    return rt.Strategy(signal, rule, MONTHLY)


def outvoted(strategy):
    return Vote([strategy, *(monthly(rt.Momentum(days)) for days in (40, 63, 90, 126))])


PEEK, FITS_ONCE, RANKED = Peek(), FitsOnce(), Ranked(next_week)
TWELVE = rt.Momentum(12)
HIDDEN = {
    "voter's signal": (monthly(TWELVE, outvoted(monthly(next_week))), next_week),
    "voter's rule": (monthly(TWELVE, outvoted(monthly(TWELVE, PEEK))), PEEK),
    "wrapped rule of a voter": (
        monthly(TWELVE, outvoted(monthly(TWELVE, rules.Refuge(PEEK, 0.02)))),
        PEEK,
    ),
    "voter of a voter": (
        monthly(TWELVE, outvoted(monthly(TWELVE, outvoted(monthly(next_week))))),
        next_week,
    ),
    "high floor": (monthly(TWELVE, rules.Refuge(PEEK, 9.0)), PEEK),
    "small target": (monthly(TWELVE, rules.VolTarget(PEEK, target=0.2, days=700)), PEEK),
    "small weight": (monthly(signals.Sum([TWELVE, next_week], [1.0, 0.0])), next_week),
    "rank": (monthly(signals.Rank(FITS_ONCE)), FITS_ONCE),
    "vote of signals": (monthly(signals.Voted([TWELVE, TWELVE, FITS_ONCE])), FITS_ONCE),
    "deep": (
        monthly(signals.Where(TWELVE, TWELVE, signals.Sum([signals.Rank(next_week)]))),
        next_week,
    ),
    "a user's wrapper": (monthly(TWELVE, outvoted(monthly(RANKED))), RANKED),
}


@pytest.mark.parametrize(("strategy", "leak"), HIDDEN.values(), ids=list(HIDDEN))
def test_the_part_itself_is_caught_and_named(strategy, leak, closes):
    market = closes[["A", "B"]]
    for asked in (rt.check_causal, lambda strategy, market: rt.backtest(market, strategy)):
        with pytest.raises(rt.LookAheadError) as caught:
            asked(strategy, market)
        assert str(caught.value).startswith(f"{leak!r}: its output of ")


def test_a_signal_or_a_rule_is_looked_into_without_a_strategy(closes):
    market = closes[["A", "B"]]
    for part in (rules.Refuge(PEEK, 9.0), signals.Sum([TWELVE, next_week], [1.0, 0.0])):
        with pytest.raises(rt.LookAheadError, match=r"Peek|next_week"):
            rt.check_causal(part, market)


@pytest.mark.parametrize("every", ["D", "W", "M"])
@pytest.mark.parametrize("columns", ["ABCD", "ABD"])
def test_the_rule_is_not_blamed_for_its_signal(columns, every, closes):
    """Where the first way that moves the signal does not move its first row."""
    signal = Ranked(FitsOnce())
    with pytest.raises(rt.LookAheadError) as caught:
        rt.backtest(closes[list(columns)], rt.Strategy(signal, rt.Switch(), rt.Schedule(every)))
    assert str(caught.value).startswith(f"{signal!r}: its output of 2020-01-01 ")


def test_honest_parts_within_others_are_left_alone(closes):
    market = closes[["A", "B"]]
    by_step = StepByStep(share_of_the_mean)
    voters = outvoted(monthly(signals.Rank(last_week), rules.Refuge(rt.Switch(), 0.01)))
    for signal in (signals.Rank(by_step), signals.Sum([last_week, by_step])):
        rt.check_causal(rt.Strategy(signal, voters, MONTHLY), market, cuts=4)
    rt.backtest(market, monthly(TWELVE, voters))


def test_what_only_its_holder_can_ask_is_tried_inside_it(closes):
    """A rule that takes no scores but those that its wrapper leaves."""

    class Positive:
        def decide(self, scores):
            if (scores <= 0.5).any():
                raise ValueError("want scores above a half")
            return np.nan_to_num(scores, nan=-9.0).argmax(axis=2)

    class PositivePeek(Positive):
        def decide(self, scores):
            return np.vstack([super().decide(scores)[1:], np.zeros((1, scores.shape[1]), int)])

    market = closes[["A", "B"]]
    signal = signals.Rank(TWELVE)
    rt.check_causal(monthly(signal, rules.Refuge(rules.Refuge(Positive(), 0.5), 0.2)), market)
    with pytest.raises(rt.LookAheadError, match="PositivePeek"):
        rt.check_causal(monthly(signal, rules.Refuge(PositivePeek(), 0.5)), market)


def test_what_is_held_is_listed_once_and_innermost_first():
    inner = rules.Refuge(PEEK, 0.1)
    voter = monthly(signals.Rank(next_week), inner)
    strategy = monthly(signals.Sum([next_week, abs]), rules.Refuge(Vote([voter, voter])))
    assert held_within(strategy) == [next_week, abs, monthly(voter.signal, PEEK)]
    assert held_within(inner) == [PEEK]
    assert held_within(monthly(next_week, PEEK)) == []  # its own output shows them
    assert held_within(Ranked(next_week)) == []
    assert held_within(monthly(TWELVE, Vote([monthly(TWELVE), monthly(TWELVE)]))) == []


def asked_to_name(part, rule, market):
    """How often a signal was asked before it was refused."""
    count = 0

    def counted(close):
        nonlocal count
        count += 1
        return part(close)

    with pytest.raises(rt.LookAheadError):
        rt.backtest(market, rt.Strategy(*rule(counted), rt.Schedule("D")))
    return count


def test_to_name_what_a_vote_hides_takes_little_more_than_to_name_it_bare(closes):
    market, daily = closes[["A", "B"]], rt.Schedule("D")

    def bare(signal):
        return signal, rt.Switch()

    def in_a_vote(signal):
        voters = [rt.Strategy(each, rt.Switch(), daily) for each in (signal, rt.Momentum(63))]
        return rt.Momentum(63), Vote(voters)

    alone = asked_to_name(next_week, bare, market)

    class Ballot:
        """A user's own, which hides the vote too, so that its decisions alone show anything."""

        def __init__(self, vote):
            self.bind = vote.bind

    def in_a_ballot(signal):
        first, vote = in_a_vote(signal)
        return first, Ballot(vote)

    assert asked_to_name(next_week, in_a_vote, market) <= alone + 8
    assert asked_to_name(next_week, in_a_ballot, market) < 130
