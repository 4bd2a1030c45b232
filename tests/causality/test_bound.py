"""Parts that are shown the whole history, and what they must not make of it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.causality import check_history
from rotation.layers import open_history
from rotation.tables import read_prices


class Bound:
    """A signal that a function of the history gives."""

    def __init__(self, scores):
        self.scores = scores

    def __repr__(self):
        return self.scores.__name__

    def bind(self, history):
        made = self.scores(history)
        return lambda close: made


def of_members(history, each):
    return np.stack([each(m.close, m.belongs) for m in history.members], axis=1)


def mean_where(values, belongs):
    there = belongs & ~np.isnan(values)
    return np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def returns(close):
    return np.vstack([np.full((1, close.shape[1]), np.nan), close[1:] / close[:-1] - 1])


def members_tomorrow(history):
    def ahead(close, belongs):
        return mean_where(np.roll(returns(close), -1, axis=0), belongs)

    return of_members(history, ahead)


def members_of_one_layer_tomorrow(history):
    scores = history.close.copy()
    ahead = np.roll(returns(history.members[1].close), -1, axis=0)
    scores[:, 1] = mean_where(ahead, history.members[1].belongs)
    return scores


def all_that_ever_belong(history):
    def ever(close, belongs):
        return mean_where(returns(close), np.ones_like(belongs))

    return of_members(history, ever)


def how_many_ever_belong(history):
    return of_members(history, lambda close, belongs: np.full(len(close), belongs.shape[1]))


def who_joins_soon(history):
    def soon(close, belongs):
        return np.append(belongs[10:].sum(axis=1), np.full(10, belongs[-1].sum()))

    return of_members(history, soon)


def best_month(history):
    """The close that ends a month, known from its first session on."""
    months = pd.DatetimeIndex(history.sessions).to_period("M")
    return pd.DataFrame(history.close).groupby(months).transform("last").to_numpy()


def last_week_of_the_month(history):
    """How many sessions are left in the month, counted and not taken from a calendar."""
    months = pd.Series(pd.DatetimeIndex(history.sessions).to_period("M"))
    left = months.groupby(months).cumcount(ascending=False).to_numpy()
    return np.where(left < 5, 1.0, -1.0)[:, None] * np.array([1.0, -1.0])


def tomorrow_at_the_end_of_a_month(history):
    """On one row in twenty-one."""
    months = history.sessions.astype("M8[M]")
    ends = np.append(months[1:] != months[:-1], False)[:, None]
    ahead = np.roll(history.close, -1, axis=0)
    return np.where(ends, ahead, history.close) / history.close[0]


LEAKS = {
    members_tomorrow: r"closes as late as .*, those of the members of first and second$",
    members_of_one_layer_tomorrow: r"closes as late as .*, those of the members of second$",
    all_that_ever_belong: r"who belongs to second as late as ",
    how_many_ever_belong: r"how long the history goes on",
    who_joins_soon: r"who belongs to .* as late as ",
    best_month: r"closes as late as .*, those of first and second$",
    tomorrow_at_the_end_of_a_month: r"closes as late as .*, those of first and second$",
    last_week_of_the_month: r"the dates of sessions as late as ",
}


@pytest.mark.parametrize(("leak", "what"), LEAKS.items(), ids=[leak.__name__ for leak in LEAKS])
def test_what_it_may_not_know_of_the_history_is_named(leak, what, layers, refused):
    strategy = rt.Strategy(Bound(leak), rt.Switch(), rt.Schedule("M"))
    for message in refused(Bound(leak), strategy, layers):
        assert re.search(what, message), message


@pytest.mark.parametrize("leak", [leak for leak in LEAKS if leak is not how_many_ever_belong])
def test_it_is_named_too_if_no_shorter_history_will_do(leak, layers):
    def stubborn(history):
        if len(history.close) < len(layers.index):
            raise IndexError("too short for me")
        return leak(history)

    with pytest.raises(rt.LookAheadError, match=LEAKS[leak]):
        rt.check_causal(Bound(stubborn), layers)


class Foresight:
    """A rule that looks up closes after its decisions."""

    def bind(self, history):
        later = np.minimum(history.rows + 10, len(history.close) - 1)
        best = np.nan_to_num(history.close[later] / history.close[history.rows]).argmax(axis=1)
        rule = rt.Switch()
        return type("Told", (), {"decide": lambda self, scores: best[:, None], "rule": rule})()


class CountsDown:
    """A rule that leaves when few decisions are left."""

    def bind(self, history):
        left = len(history.rows) - np.arange(len(history.rows))

        def decide(scores):
            return np.where(left[:, None] > 5, np.nan_to_num(scores).argmax(axis=2), -1)

        return type("Told", (), {"decide": staticmethod(decide)})()


@pytest.mark.parametrize("rule", [Foresight(), CountsDown()])
def test_a_rule_that_looks_ahead_in_the_history_is_refused(rule, closes, refused):
    strategy = rt.Strategy(rt.Momentum(days=20), rule, rt.Schedule("W"))
    refused(rule, strategy, closes[["A", "B"]])


class TurnOfTheMonth:
    """Honest: a session ends its month if the next one lies in another, as in a Schedule."""

    def bind(self, history):
        months = history.sessions.astype("datetime64[M]")
        ends = np.append((months[1:] != months[:-1]).astype(float), np.nan)
        return lambda close: np.where(np.isnan(close), np.nan, ends[:, None] + np.arange(2))


class Breadth:
    """Honest: the share of those that belong above their own average of ten sessions."""

    def bind(self, history):
        def share(close, belongs):
            average = pd.DataFrame(close).rolling(10).mean().to_numpy()
            return mean_where(np.where(np.isnan(average), np.nan, close > average), belongs)

        made = of_members(history, share)
        return lambda close: made


class OnDates:
    """Honest: dates that were known before, some of them no sessions, one still to come."""

    dates = ("2020-06-13", "2021-03-05", "2022-02-01", "2099-01-01")

    def bind(self, history):
        count = np.searchsorted(np.array(self.dates, "M8[D]"), history.sessions[history.rows])
        return type("Told", (), {"decide": lambda self, scores: count[:, None] % 2})()


class OnSessions(OnDates):
    """Honest, but it refuses sessions that it does not know."""

    def bind(self, history):
        missing = set(np.array(["2021-03-05", "2022-02-01"], "M8[D]")) - set(history.sessions)
        if any(history.sessions[0] <= day <= history.sessions[-1] for day in missing):
            raise KeyError(missing)
        return super().bind(history)


@pytest.mark.parametrize("part", [TurnOfTheMonth(), Breadth(), OnDates(), OnSessions()])
def test_honest_parts_that_are_shown_the_history_are_left_alone(part, layers):
    report = rt.check_causal(part, layers, cuts=100)
    assert report.refused == 0
    assert report.histories == 2 * len(report.cuts)  # for what ends tells less of its newest row
    assert report.inputs == ("closes", "members' closes", "membership", "sessions", "length")
    signal, rule = part, rt.Switch()
    if isinstance(part, OnDates):
        signal, rule = rt.Momentum(days=20), part
    strategy = rt.Strategy(signal, rule, rt.Schedule("M"))
    assert rt.check_causal(strategy, layers, cuts=100).refused == 0
    rt.backtest(layers, strategy)


def test_nothing_of_the_true_history_is_changed(layers):
    """Not even by a part that writes on what it is shown."""

    class Greedy:
        def bind(self, history):
            for table in (history.close, *(m.close for m in history.members)):
                table[:] = 1.0
            for members in history.members:
                members.belongs[:] = True
            history.sessions[:] = history.sessions[0]
            return lambda close: close

    prices = read_prices(layers.index)
    history = open_history(layers, prices, prices.close)
    before = replace(history, close=history.close.copy(), sessions=history.sessions.copy())
    shown = [(m.close.copy(), m.belongs.copy()) for m in history.members]
    check_history(Greedy(), history)
    np.testing.assert_array_equal(history.close, before.close)
    np.testing.assert_array_equal(history.sessions, before.sessions)
    for members, (close, belongs) in zip(history.members, shown, strict=True):
        np.testing.assert_array_equal(members.close, close)
        np.testing.assert_array_equal(members.belongs, belongs)
