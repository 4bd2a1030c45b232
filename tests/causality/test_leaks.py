"""Signals and rules that look ahead in many ways: each is caught, alone and in a backtest."""

import inspect

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation import rules, signals

# Signals: closes (T, L) to scores (T, L).


def change(close, days=1):
    return np.vstack([np.full((days, close.shape[1]), np.nan), close[days:] / close[:-days] - 1])


def tomorrow(close):
    return np.vstack([close[1:], close[-1:]]) / close


def tomorrow_where_there_is_one(close):
    return pd.DataFrame(close).pct_change(fill_method=None).shift(-1).to_numpy()


def centred_window(close):
    return close / pd.DataFrame(close).rolling(21, center=True).mean().to_numpy()


def zscore_of_all(close):
    return (close - np.nanmean(close, axis=0)) / np.nanstd(close, axis=0)


def back_filled(close):
    seldom = np.where((np.arange(len(close)) % 20 == 19)[:, None], close, np.nan)
    return change(pd.DataFrame(seldom).bfill().ffill().to_numpy(), 5)


def by_outcome(close):
    last = pd.DataFrame(close).ffill().to_numpy()[-1]
    first = pd.DataFrame(close).bfill().to_numpy()[0]
    return np.broadcast_to(last / first, close.shape)


def rank_over_the_future(close):
    return pd.DataFrame(close).rank().to_numpy()


def share_of_the_highest(close):
    return close / np.nanmax(close, axis=0)


def until_its_peak(close):
    """Argmax over the full path."""
    peak = np.nanargmax(close, axis=0)
    return np.where(np.arange(len(close))[:, None] < peak, 1.0, -1.0)


def above_the_lowest_to_come(close):
    return close / pd.DataFrame(close)[::-1].cummin()[::-1].to_numpy()


def detrended(close):
    out = np.full(close.shape, np.nan)
    for column in range(close.shape[1]):
        there = np.flatnonzero(~np.isnan(close[:, column]))
        log = np.log(close[there, column])
        out[there, column] = log - np.polyval(np.polyfit(there, log, 1), there)
    return out


def seasonally_adjusted(close):
    daily = pd.DataFrame(change(close))
    return (daily - daily.groupby(np.arange(len(close)) % 5).transform("mean")).to_numpy()


def through_one_layer(close):
    score = change(close, 20)
    score[:, 1] = tomorrow_where_there_is_one(close)[:, 1]
    return score


def filled_before_the_listing(close):
    return pd.DataFrame(close).bfill().to_numpy()


def survivors_alone(close):
    return np.where(np.isnan(close[-1]), np.nan, change(close, 20))


def before_a_listing(close):
    """How soon others will be listed."""
    first = (~np.isnan(close)).argmax(axis=0)
    soon = (first - np.arange(len(close))[:, None]).max(axis=1, keepdims=True)
    return np.where(soon > 0, 1.0 / np.maximum(soon, 1), 0.0) * [[1.0, -1.0, 0.0, 0.0]]


def share_of_the_history(close):
    """No close is ahead, but how many there are is."""
    return np.broadcast_to(np.arange(len(close))[:, None] / len(close), close.shape).copy()


def quits_in_the_end(close):
    """Shows only where the history ends."""
    score = change(close, 20)
    score[-1] = -np.nan_to_num(score[-1])
    return score


def gradient(close):
    return np.gradient(np.log(close), axis=0)


def smoothed_both_ways(close):
    there = pd.DataFrame(close).ewm(span=10).mean()
    return there[::-1].ewm(span=10).mean()[::-1].to_numpy() / close


def out_before_a_crash(close):
    """On one row in twenty or thirty."""
    ahead = tomorrow_where_there_is_one(close)
    return np.where(ahead < -0.028, -1.0, change(close, 20))


def in_the_last_digits(close):
    return change(close, 20) + 1e-13 * np.nan_to_num(tomorrow_where_there_is_one(close))


def fitted_on_all(close):
    """What a day follows from the one before by one regression over the whole history."""
    daily = np.nan_to_num(change(close))
    slope = (daily[1:] * daily[:-1]).sum(axis=0) / (daily**2).sum(axis=0)
    return daily * slope


def principal_component(close):
    daily = np.nan_to_num(change(close))
    _, _, axes = np.linalg.svd(daily, full_matrices=False)
    return daily * axes[0]


def best_lag(close):
    """A look-back chosen because it did best."""
    ahead = np.nan_to_num(tomorrow_where_there_is_one(close))
    tried = [change(close, days) for days in range(3, 60)]
    return max(tried, key=lambda score: np.nansum(np.sign(score) * ahead))


class Where:
    """A user's own combinator, honest in itself."""

    def __init__(self, regime, this, that):
        self.regime, self.this, self.that = regime, this, that

    def __call__(self, close):
        return np.where(self.regime(close), self.this(close), self.that(close))


def falling(close):
    return change(close, 60)[:, :1] < 0


SIGNALS = [
    *(
        leak
        for name, leak in list(globals().items())
        if inspect.isfunction(leak) and name not in ("change", "falling")
    ),
    Where(falling, tomorrow, change),
]


def named(part):
    return getattr(part, "__name__", type(part).__name__)


@pytest.mark.parametrize("leak", SIGNALS, ids=named)
def test_a_signal_that_looks_ahead_is_refused(leak, refused):
    strategy = rt.Strategy(leak, rt.Switch(), rt.Schedule("W"))
    for message in refused(leak, strategy):
        assert message.startswith(f"{leak!r}: its output of ")


SHOWN_BY_LENGTH_ALONE = (share_of_the_history, quits_in_the_end)


@pytest.mark.parametrize(
    "leak", [leak for leak in SIGNALS if leak not in SHOWN_BY_LENGTH_ALONE], ids=named
)
def test_a_signal_that_takes_no_shorter_history_is_refused_too(leak, closes):
    def stubborn(close):
        if len(close) < len(closes):
            raise IndexError("too short for me")
        return leak(close)

    with pytest.raises(rt.LookAheadError):
        rt.check_causal(stubborn, closes)


def test_a_signal_that_knows_who_lasts_is_refused_where_all_do(closes):
    def stubborn(close):
        if len(close) < len(closes):
            raise IndexError("too short for me")
        return survivors_alone(close)

    with pytest.raises(rt.LookAheadError, match=r"those of [AB]$"):
        rt.check_causal(stubborn, closes[["A", "B"]])


# Rules: scores (K, S, L) to layers held (K, S), or to weights (K, S, L).


def known(scores):
    return np.nan_to_num(scores, nan=-9.0)


class BestInTheEnd:
    def decide(self, scores):
        return np.broadcast_to(known(scores[-1]).argmax(axis=1), scores.shape[:2])


class BestOnTheWhole:
    def decide(self, scores):
        return np.broadcast_to(known(scores).sum(axis=0).argmax(axis=1), scores.shape[:2])


class BestNextTime:
    def decide(self, scores):
        return known(np.vstack([scores[1:], scores[-1:]])).argmax(axis=2)


class SmoothsBothWays:
    def weigh(self, scores):
        best = known(scores) == known(scores).max(axis=2, keepdims=True)
        return (np.roll(best, 1, axis=0) + 2.0 * best + np.roll(best, -1, axis=0)) / 8


class SellsInTheEnd:
    """It knows which decision is its last."""

    def decide(self, scores):
        held = known(scores).argmax(axis=2)
        held[-1] = -1
        return held


class RanksAllDecisions:
    def decide(self, scores):
        ranks = known(scores).argsort(axis=0).argsort(axis=0)
        return ranks.argmax(axis=2)


class Confirmed:
    """A user's own wrapper: what the inner rule wants, if it still wants that the next time."""

    def __init__(self, rule):
        self.rule = rule

    def decide(self, scores):
        held = self.rule.decide(scores)
        stays = np.vstack([held[1:] == held[:-1], np.ones((1, held.shape[1]), dtype=bool)])
        return np.where(stays, held, -1)


class LeavesBeforeAFall:
    def decide(self, scores):
        lowest = known(scores).min(axis=2)
        falls = np.vstack([lowest[1:], lowest[-1:]]) < lowest - 0.03
        return np.where(falls, -1, known(scores).argmax(axis=2))


class ScalesByAll:
    def weigh(self, scores):
        above = np.maximum(np.nan_to_num(scores), 0.0)
        return above / max(above.sum(axis=2).max(), 1e-9)


RULES = [
    BestInTheEnd(),
    BestOnTheWhole(),
    BestNextTime(),
    SmoothsBothWays(),
    SellsInTheEnd(),
    RanksAllDecisions(),
    Confirmed(rt.Switch()),
    LeavesBeforeAFall(),
    ScalesByAll(),
]


@pytest.mark.parametrize("every", ["D", "M"])
@pytest.mark.parametrize("leak", RULES, ids=named)
def test_a_rule_that_looks_ahead_is_refused(leak, every, closes, refused):
    whole = closes[["A", "B"]]
    strategy = rt.Strategy(rt.Momentum(days=5), leak, rt.Schedule(every))
    for message in refused(leak, strategy, whole):
        assert message.startswith(f"{leak!r}: its output of ")
    with pytest.raises(rt.LookAheadError, match=named(leak)):
        rt.check_causal(strategy, whole)


def test_that_a_decision_is_the_newest_is_no_news(closes):
    """Every session decides, the newest one too, what was known the session before."""
    strategy = rt.Strategy(rt.Momentum(days=5), SellsInTheEnd(), rt.Schedule("D", offset=1))
    with pytest.raises(rt.LookAheadError, match="SellsInTheEnd"):
        rt.check_causal(strategy, closes[["A", "B"]])


@pytest.mark.parametrize(
    ("signal", "rule"),
    [
        (signals.Where(rt.Momentum(60), tomorrow, rt.Momentum(5)), rt.Switch()),
        (signals.Sum([signals.Rank(centred_window), rt.Momentum(5)], [0.5, 0.5]), rt.Switch()),
        (rt.Momentum(5), rules.Refuge(BestNextTime())),
        (rt.Momentum(5), rules.VolTarget(rules.Refuge(SmoothsBothWays()), target=0.2, days=20)),
    ],
)
def test_it_is_refused_inside_parts_of_the_package_too(signal, rule, closes, refused):
    strategy = rt.Strategy(signal, rule, rt.Schedule("W"))
    refused(strategy, strategy, closes[["A", "B"]])
