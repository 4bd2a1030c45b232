"""What holds for every signal: it cannot peek, batches are loops, absent layers have no score."""

import datetime
import re
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation import signals
from rotation.causality import CausalReport
from rotation.protocols import History, Members, bind
from rotation.signals import Breadth, LeadLag, Momentum, Published


def upside(close):
    """A user's own signal, of closes (T, L)."""
    growth = np.zeros(close.shape)
    growth[1:] = close[1:] / close[:-1] - 1
    return np.maximum(growth, 0.0)


DATES = [f"{year}-{month:02}-15" for year in range(1989, 2026) for month in (1, 4, 7, 10)]
RELEASE = Published(DATES, np.random.default_rng(8).normal(size=len(DATES)), lag=20)
PLAIN = [
    signals.Momentum(5, 2),
    signals.RiskAdjustedMomentum(6, 1),
    signals.MovingAverageGap(7),
    signals.Crossover(3, 9),
    signals.Donchian(4),
    signals.ZScore(8),
    signals.Drawdown(),
    signals.Drawdown(6),
    signals.LeadLag(0, 2, 7),
    signals.RotationPlane(6, 2),
    signals.VolatilityRegime(4, 9),
    signals.Listed(),
    signals.Sum([Momentum(3), signals.ZScore(4)], [1.0, 0.2]),
    signals.Voted([Momentum(1), Momentum(3), Momentum(8)]),
    signals.Rank(Momentum(4)),
    signals.Standardise(Momentum(4), 6),
    signals.Where(signals.VolatilityRegime(3, 5), signals.ZScore(5), Momentum(5)),
]
BOUND = [
    signals.Breadth(3),
    signals.LeadLag("ASH", 1, 5),
    RELEASE,
    signals.Sum([Breadth(4), signals.Rank(LeadLag("ASH", 1, 4)), RELEASE]),
    signals.Where(RELEASE, Breadth(3), upside),
    signals.Voted([upside, Breadth(2)]),
]


def shown(signal):
    """A signal's repr without the place of its functions in memory."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(signal))[:60]


EVERY = pytest.mark.parametrize("signal", [*PLAIN, *BOUND], ids=shown)


@st.composite
def histories(draw):
    """A market, each of its columns a layer of itself and one other."""
    market = draw(markets.closes())
    close, layers = market.to_numpy(), market.shape[1]
    pairs = [[k, (k + 1) % layers] for k in range(layers)]
    members = tuple(Members(close[:, pair], ~np.isnan(close[:, pair])) for pair in pairs)
    sessions = market.index.to_numpy().astype("datetime64[D]")
    return History(close, sessions, tuple(market.columns), members)


def scores(signal, history):
    """Scores of a signal that was shown the history."""
    return bind(signal, history)(history.close.copy())


def until(history, row):
    """The history that had been seen at the close before that row."""
    members = tuple(Members(each.close[:row], each.belongs[:row]) for each in history.members)
    return replace(
        history, close=history.close[:row], sessions=history.sessions[:row], members=members
    )


def test_every_signal_is_tried():
    classes = {each for each in vars(signals).values() if isinstance(each, type)}
    tried = {type(each) for each in [*PLAIN, *BOUND]}
    assert classes - {signals.History, signals.Signal} == tried


@EVERY
@given(history=histories(), row=st.integers(1, 60))
def test_a_row_is_the_same_to_the_last_bit_whatever_comes_after(signal, history, row):
    whole = scores(signal, history)
    np.testing.assert_array_equal(scores(signal, until(history, row)), whole[:row])
    other = np.random.default_rng(row).lognormal(0.0, 1.0, history.close.shape)
    other[:row] = 1.0
    pairs = [[k, (k + 1) % len(history.names)] for k in range(len(history.names))]
    members = tuple(
        replace(each, close=each.close * other[:, pair])
        for each, pair in zip(history.members, pairs, strict=True)
    )
    another = replace(history, close=history.close * other, members=members)
    np.testing.assert_array_equal(scores(signal, another)[:row], whole[:row])


@EVERY
@given(history=histories())
def test_scores_are_finite_where_listed_and_absent_where_not(signal, history):
    got = scores(signal, history)
    assert got.dtype == np.float64
    assert got.shape == history.close.shape
    assert not np.isinf(got).any()
    assert np.isnan(got[np.isnan(history.close)]).all()


@EVERY
@given(history=histories(), batch=st.integers(1, 4))
def test_a_batch_is_a_loop(signal, history, batch):
    signal = bind(signal, history)
    factors = np.random.default_rng(batch).lognormal(0.0, 0.02, (len(history.close), batch, 1))
    close = history.close[:, None, :] * factors.cumprod(axis=0)
    together = signal(close)
    for s in range(batch):
        np.testing.assert_array_equal(together[:, s], signal(close[:, s].copy()))


@EVERY
@given(history=histories())
def test_closes_are_left_as_they_are(signal, history):
    signal, close = bind(signal, history), history.close.copy()
    close.flags.writeable = False
    signal(close)


@pytest.mark.parametrize("signal", PLAIN, ids=shown)
@given(history=histories())
def test_the_unit_of_a_price_does_not_matter(signal, history):
    scaled = history.close * 2.0 ** np.arange(-3, history.close.shape[1] - 3)
    np.testing.assert_array_equal(signal(scaled), signal(history.close))


@EVERY
def test_a_signal_is_frozen_and_equals_its_copy(signal):
    assert replace(signal) == signal
    assert hash(replace(signal)) == hash(signal)
    for each in fields(signal):
        with pytest.raises(FrozenInstanceError):
            setattr(signal, each.name, None)


@pytest.mark.parametrize("signal", [*PLAIN, *BOUND[:4]], ids=shown)
def test_its_repr_builds_it_again(signal):
    assert eval(repr(signal), {**vars(signals), "datetime": datetime}) == signal


@pytest.mark.parametrize("signal", [*PLAIN, RELEASE, LeadLag("NVDA", 5, 60)], ids=shown)
def test_real_closes_find_no_peeking(signal):
    closes = rt.sample().loc["2011":"2013"]
    assert isinstance(rt.check_causal(signal, closes, cuts=6), CausalReport)
