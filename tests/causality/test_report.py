"""What is said of a part that was tried, and of one that was caught."""

import re

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.causality import CausalReport, only_ours
from rotation.signals import Drawdown, Sum, Where

DAYS = pd.bdate_range("2023-01-02", periods=120)
RNG = np.random.default_rng(1)
CLOSES = pd.DataFrame(
    np.exp(RNG.normal(0, 0.02, (120, 3)).cumsum(axis=0)), index=DAYS, columns=["A", "B", "C"]
)


def tomorrow(close):
    return np.vstack([close[1:], close[-1:]]) / close


def of_b_tomorrow(close):
    score = close.copy()
    score[:, 0] = tomorrow(close)[:, 1]
    return score


def by_outcome(close):
    return np.broadcast_to(close[-1] / close[0], close.shape)


def length(close):
    return np.full(close.shape, float(len(close)))


def in_a_week(close):
    return np.vstack([close[5:], close[-1:].repeat(5, axis=0)]) / close


def tomorrow_on_one_row(close):
    """Honest but for one row in the middle."""
    scores = close.copy()
    if len(close) > 61:
        scores[60] = close[61]
    return scores


def spread(close):
    return np.vstack([close[1:], close[-1:]]).sum(axis=1, keepdims=True) / close


class NextDecision:
    def decide(self, scores):
        return np.nan_to_num(np.vstack([scores[1:], scores[-1:]]), nan=-9.0).argmax(axis=2)


@pytest.mark.parametrize(
    ("leak", "message"),
    [
        (tomorrow, "2023-01-02 changes with closes as late as 2023-01-03, those of A, B and C"),
        (of_b_tomorrow, "2023-01-02 changes with closes as late as 2023-01-03, those of B"),
        (in_a_week, "2023-01-02 changes with closes as late as 2023-01-09, those of A, B and C"),
        (by_outcome, "2023-01-02 changes with closes as late as 2023-06-16, those of A, B and C"),
        (length, "2023-01-02 changes with how long the history goes on after it"),
        # A rule is given momentum over twenty sessions, which the 21st is the first to have.
        (
            NextDecision(),
            "2023-01-27 changes with closes as late as 2023-01-30, those of A, B and C",
        ),
    ],
)
def test_the_first_row_and_the_input_are_named(leak, message):
    with pytest.raises(rt.LookAheadError) as caught:
        rt.check_causal(leak, CLOSES)
    assert str(caught.value) == f"{leak!r}: its output of {message}"


@pytest.mark.parametrize("seed", range(8))
def test_the_first_decision_is_named_though_few_decisions_move(seed):
    steps = np.random.default_rng(seed).normal(0, 0.02, (500, 3))
    days = pd.bdate_range("2020-01-01", periods=500)
    closes = pd.DataFrame(np.exp(steps.cumsum(axis=0)), index=days, columns=["A", "B", "C"])
    schedule = rt.Schedule(4)
    first, second = days[schedule.rows(days)[[5, 6]]]  # the first without a score, and with one
    with pytest.raises(rt.LookAheadError) as caught:
        rt.check_causal(rt.Strategy(rt.Momentum(24), NextDecision(), schedule), closes)
    message = f"its output of {first:%Y-%m-%d} changes with closes as late as {second:%Y-%m-%d}"
    assert message in str(caught.value)


def test_one_row_in_the_middle_is_found_if_all_are_tried():
    message = "output of 2023-03-27 changes with closes as late as 2023-03-28, those of A, B and C"
    with pytest.raises(rt.LookAheadError, match=message):
        rt.check_causal(tomorrow_on_one_row, CLOSES, cuts=119)


def test_of_many_layers_some_are_named():
    many = pd.concat([CLOSES.add_suffix(n) for n in "12"], axis=1)
    with pytest.raises(rt.LookAheadError, match=r"those of A1, B1, C1 and 3 more$"):
        rt.check_causal(spread, many)
    with pytest.raises(rt.LookAheadError, match=r"those of A1, B1, C1 and A2$"):
        rt.check_causal(spread, many.iloc[:, :4])


@pytest.mark.parametrize("every", ["D", "W", "M"])
def test_of_a_strategy_the_part_that_looks_ahead_is_named(every):
    schedule = rt.Schedule(every)
    with pytest.raises(rt.LookAheadError) as caught:
        rt.check_causal(rt.Strategy(tomorrow, rt.Switch(), schedule), CLOSES)
    assert str(caught.value).startswith(f"{tomorrow!r}: its output of 2023-01-02 ")
    rule = NextDecision()
    with pytest.raises(rt.LookAheadError) as caught:
        rt.check_causal(rt.Strategy(rt.Momentum(3), rule, schedule), CLOSES)
    assert str(caught.value).startswith(f"{rule!r}: its output of ")


def averaged_by_fft(close):
    """An average of the newest ten sessions, which rounds by all that it is given."""
    window = np.where(np.arange(len(close)) < 10, 0.1, 0.0)[:, None]
    waves = np.fft.rfft(close, axis=0) * np.fft.rfft(window, axis=0)
    average = np.fft.irfft(waves, n=len(close), axis=0)
    average[:9] = np.nan
    return average


def test_by_how_little_it_moves_is_said_if_that_is_rounding_alone():
    for strategy in (False, True):
        part = averaged_by_fft
        if strategy:
            part = rt.Strategy(part, rt.Switch(), rt.Schedule("W"))
        with pytest.raises(rt.LookAheadError) as caught:
            rt.check_causal(part, CLOSES)
        said = r", but by (\d)e-1(\d) of its size: it rounds otherwise, as an FFT does$"
        assert re.search(said, str(caught.value)), str(caught.value)
    with pytest.raises(rt.LookAheadError, match=r"those of A, B and C$"):
        rt.check_causal(lambda close: averaged_by_fft(close) + 1e-6 * tomorrow(close), CLOSES)
    with pytest.raises(rt.LookAheadError, match=r"those of A, B and C$"):
        rt.check_causal(lambda close: np.where(tomorrow(close) > 1, np.nan, close), CLOSES)


def test_what_was_tried_is_reported():
    report = rt.check_causal(rt.Momentum(days=3), CLOSES, cuts=24)
    assert isinstance(report, CausalReport)
    assert report.part == repr(rt.Momentum(days=3))
    assert len(report.cuts) == 24
    assert list(report.cuts) == sorted(set(report.cuts))
    assert report.cuts[-1] == DAYS[-2]
    assert set(report.cuts) <= set(DAYS)
    assert report.inputs == ("closes", "sessions", "length")
    assert report.histories == 24 + 12
    assert report.refused == 0
    assert str(report) == (
        f"{report.part} is causal as far as 36 histories tell that change after one of 24 sessions "
        f"from {report.cuts[0]:%Y-%m-%d} to 2023-06-15"
    )


@pytest.mark.parametrize("cuts", [1, 2, 8, np.int64(3), 119, 500])
def test_as_many_sessions_are_cut_at_as_was_asked(cuts):
    report = rt.check_causal(lambda close: close, CLOSES, cuts=cuts)
    assert len(report.cuts) == min(cuts, 119)


def test_what_happens_and_what_is_decided_is_cut_at():
    closes = CLOSES.copy()
    closes.loc[: DAYS[33], "B"] = np.nan
    closes.loc[DAYS[77] :, "C"] = np.nan
    report = rt.check_causal(lambda close: np.where(np.isnan(close), -1.0, close), closes, cuts=12)
    assert {DAYS[33], DAYS[76]} <= set(report.cuts)
    schedule = rt.Schedule(11)
    decided = DAYS[schedule.rows(DAYS)]
    strategy = rt.Strategy(rt.Momentum(3), rt.Switch(), schedule)
    assert len(decided.intersection(rt.check_causal(strategy, CLOSES).cuts)) > len(decided) // 2
    months = DAYS.to_period("M")
    ends = np.flatnonzero(months[1:] != months[:-1])
    report = rt.check_causal(rt.Momentum(3), CLOSES)
    assert {*DAYS[ends], *DAYS[ends + 1]} <= set(report.cuts)


def test_a_part_that_needs_a_longer_history_is_tried_on_those_that_go_on():
    def needs_fifty(close):
        if len(close) < 50:
            raise IndexError("too short for me")
        return close

    report = rt.check_causal(needs_fifty, CLOSES)
    assert 0 < report.refused < len(report.cuts)
    assert str(report).endswith(f"; {report.refused} more it could not take")

    def peeks(close):
        return needs_fifty(close) + tomorrow(close) * (np.arange(len(close)) < 40)[:, None]

    with pytest.raises(rt.LookAheadError):
        rt.check_causal(peeks, CLOSES)


def test_a_part_may_write_on_what_it_is_given():
    def greedy(close):
        close[:] = np.where(np.isnan(close), 0.0, close) * 2
        return close

    def destroys(close):
        scores = close.copy()
        close[:] = np.nan
        return scores

    rt.check_causal(greedy, CLOSES)
    rt.check_causal(rt.Strategy(destroys, rt.Switch(), rt.Schedule("W")), CLOSES)
    with pytest.raises(rt.LookAheadError, match="NextDecision"):
        rt.check_causal(rt.Strategy(destroys, NextDecision(), rt.Schedule("W")), CLOSES)
    before = CLOSES.copy()
    rt.backtest(CLOSES, rt.Strategy(greedy, rt.Switch(), rt.Schedule("W")))
    pd.testing.assert_frame_equal(CLOSES, before)


def test_layers_do_as_well_as_closes():
    layers = rt.build_layers(CLOSES, rt.Universe({"ab": ["A", "B"], "c": ["C"]}))
    strategy = rt.Strategy(rt.Momentum(days=3), rt.Switch(), rt.Schedule("M"))
    assert len(rt.check_causal(strategy, layers, cuts=3).cuts) == 3
    with pytest.raises(rt.LookAheadError, match=r"those of ab and c$"):
        rt.check_causal(tomorrow, layers)


def test_what_a_part_warns_of_on_other_histories_is_not_heard():
    def careless(close):
        with np.errstate(all="warn"):
            return close / (np.float64(1.0) if len(close) == 120 else close - close)

    with pytest.raises(rt.LookAheadError):
        rt.check_causal(careless, CLOSES)


def test_arguments_are_checked():
    with pytest.raises(rt.ArgumentError, match="obj: want a signal, a rule or a Strategy, got 3"):
        rt.check_causal(3, CLOSES)
    with pytest.raises(rt.ArgumentError, match="obj: want an output for each of 120 sessions"):
        rt.check_causal(lambda close: close[0].sum(), CLOSES)
    with pytest.raises(rt.ArgumentError, match="obj: want an output for each of 120 sessions"):
        rt.check_causal(lambda close: close[1:], CLOSES)
    with pytest.raises(rt.ArgumentError, match="cuts: want rows, 1 or more, got 0"):
        rt.check_causal(tomorrow, CLOSES, cuts=0)
    with pytest.raises(rt.ArgumentError, match="closes: want 3 sessions or more, got 2"):
        rt.check_causal(tomorrow, CLOSES[:2])


@pytest.mark.parametrize(
    ("part", "ours"),
    [
        (rt.Momentum(5), True),
        (rt.Strategy(rt.Momentum(5), rt.Switch(), rt.Schedule("M")), True),
        (Where(Drawdown(5), Sum([rt.Momentum(5)], [1.0]), rt.Momentum(3)), True),
        (Where(Drawdown(5), Sum([tomorrow], [1.0]), rt.Momentum(3)), False),
        (tomorrow, False),
        (NextDecision(), False),
        (rt.Strategy(rt.Momentum(5), NextDecision(), rt.Schedule("M")), False),
    ],
)
def test_a_users_part_is_told_from_ours_however_deep_it_is(part, ours):
    assert only_ours(part) is ours
