"""What looks ahead is caught and named; what does not is left alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.causality import CausalReport

DAYS = pd.bdate_range("2023-01-02", periods=120)
RNG = np.random.default_rng(1)
CLOSES = pd.DataFrame(
    np.exp(RNG.normal(0, 0.02, (120, 3)).cumsum(axis=0)), index=DAYS, columns=["A", "B", "C"]
)


def tomorrow(close):
    return np.vstack([close[1:], close[-1:]]) / close


def centred(close):
    padded = np.pad(close, ((5, 5), (0, 0)), mode="edge")
    return np.stack([padded[k : k + len(close)] for k in range(11)]).mean(axis=0)


def full_sample(close):
    return (close - close.mean(axis=0)) / close.std(axis=0)


def by_outcome(close):
    return np.broadcast_to(close[-1] / close[0], close.shape)


def rank_of_all(close):
    return close.argsort(axis=0).argsort(axis=0).astype(float)


def empty_until_known(close):
    return np.vstack([close[1:] / close[:-1], np.full((1, close.shape[1]), np.nan)])


def length(close):
    return np.full(close.shape, float(len(close)))


def back_filled(close):
    monthly = np.where((np.arange(len(close)) % 20 == 19)[:, None], close, np.nan)
    return pd.DataFrame(monthly).bfill().ffill().to_numpy()


class PeeksOnce:
    """Honest but for one row in the middle."""

    def __call__(self, close):
        scores = close.copy()
        if len(close) > 61:
            scores[60] = close[61]
        return scores


class BestInTheEnd:
    """A rule that holds whatever wins in the end."""

    def decide(self, scores):
        last = np.nan_to_num(scores[-1], nan=-np.inf)
        return np.broadcast_to(last.argmax(axis=1), scores.shape[:2])


class AveragesForward:
    """A rule of weights that smooths both ways."""

    def weigh(self, scores):
        best = np.nan_to_num(scores)
        return (best + np.roll(best, -1, axis=0)) / 2


LEAKS = [
    tomorrow,
    empty_until_known,
    centred,
    full_sample,
    by_outcome,
    rank_of_all,
    length,
    back_filled,
]


@pytest.mark.parametrize("leak", [*LEAKS, BestInTheEnd(), AveragesForward()])
def test_leaks_are_caught(leak):
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(leak, CLOSES)


@pytest.mark.parametrize("leak", LEAKS)
def test_leaks_are_caught_inside_a_strategy(leak):
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(rt.Strategy(leak, Half(), rt.Schedule("W")), CLOSES)


class Half:
    """A rule whose weights are proportional to the scores, so that any change shows."""

    def weigh(self, scores):
        return np.nan_to_num(scores) / 10


def test_the_first_row_and_the_latest_close_it_felt_are_named():
    with pytest.raises(
        rt.LookAheadError, match=r"output of 2023-03-27 changes with closes as late as 2023-03-28"
    ):
        rt.check_causal(PeeksOnce(), CLOSES, cuts=118)
    with pytest.raises(
        rt.LookAheadError, match="2023-01-02 changes with closes as late as 2023-01-03"
    ):
        rt.check_causal(tomorrow, CLOSES)
    with pytest.raises(
        rt.LookAheadError, match="2023-01-02 changes with closes as late as 2023-06-16"
    ):
        rt.check_causal(by_outcome, CLOSES)
    with pytest.raises(rt.LookAheadError, match="changes with how long the history goes on"):
        rt.check_causal(length, CLOSES)


@given(
    market=markets.closes(sessions=(12, 60)),
    days=st.integers(1, 5),
    margin=st.sampled_from([0.0, 0.02]),
    every=st.sampled_from("DWMQ") | st.integers(1, 9),
    offset=st.integers(0, 3),
)
def test_what_exists_is_causal(market, days, margin, every, offset):
    strategy = rt.Strategy(
        rt.Momentum(days, skip=1), rt.Switch(margin), rt.Schedule(every, offset=offset)
    )
    for part in (strategy, strategy.signal, strategy.rule):
        assert isinstance(rt.check_causal(part, market), CausalReport)


def test_a_part_that_needs_a_longer_history_is_tried_on_the_scrambled_ones():
    def needs_fifty(close):
        if len(close) < 50:
            raise IndexError("too short for me")
        return close

    report = rt.check_causal(needs_fifty, CLOSES)
    assert 0 < report.too_short < len(report.cuts)
    assert "is causal as far as" in str(report)


def test_a_part_may_write_on_what_it_is_given():
    def greedy(close):
        close[:] = np.where(np.isnan(close), 0.0, close) * 2
        return close

    rt.check_causal(greedy, CLOSES)
    before = CLOSES.copy()
    rt.backtest(CLOSES, rt.Strategy(greedy, rt.Switch(), rt.Schedule("W")))
    pd.testing.assert_frame_equal(CLOSES, before)


def test_layers_do_as_well_as_closes():
    layers = rt.build_layers(CLOSES, rt.Universe({"ab": ["A", "B"], "c": ["C"]}))
    strategy = rt.Strategy(rt.Momentum(days=3), rt.Switch(), rt.Schedule("M"))
    report = rt.check_causal(strategy, layers, cuts=np.int64(3))
    assert len(report.cuts) == 3
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(tomorrow, layers)


def test_arguments_are_checked():
    with pytest.raises(rt.ArgumentError, match="obj: want a signal, a rule or a Strategy, got 3"):
        rt.check_causal(3, CLOSES)
    with pytest.raises(rt.ArgumentError, match="obj: want an output for each of 120 sessions"):
        rt.check_causal(lambda close: close[0].sum(), CLOSES)
    with pytest.raises(rt.ArgumentError, match="cuts: want rows, 1 or more, got 0"):
        rt.check_causal(tomorrow, CLOSES, cuts=0)
