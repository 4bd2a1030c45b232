"""What is made of signals equals the same made of their scores, ours and a user's alike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.protocols import History, Members
from rotation.signals import (
    Breadth,
    Donchian,
    Drawdown,
    LeadLag,
    Listed,
    Momentum,
    Rank,
    Standardise,
    Sum,
    VolatilityRegime,
    Voted,
    Where,
    rank,
    voted,
)

REAL = rt.sample().loc["2010":"2014"]


def gain(close):
    """A user's own signal."""
    score = np.full(close.shape, np.nan)
    score[1:] = close[1:] / close[:-1] - 1
    return score


class Careless:
    """A user's signal that writes on what it is given and scores what is not there."""

    def __call__(self, close):
        close[:] = np.nan_to_num(close, nan=1e9)
        return close


@st.composite
def score_tables(draw):
    """Scores (T, L) on a coarse grid, so that ties happen, some of them missing."""
    shape = draw(st.tuples(st.integers(1, 30), st.integers(1, 10)))
    rng = np.random.default_rng(draw(markets.seeds()))
    scores = rng.integers(-3, 4, shape) / 4
    scores[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.8]))] = np.nan
    return scores


@given(scores=score_tables())
def test_ranks_are_those_of_pandas(scores):
    table = pd.DataFrame(scores)
    rivals = table.count(axis=1) - 1
    places = table.rank(axis=1).sub(1).div(rivals.where(rivals > 0), axis=0)
    np.testing.assert_array_equal(rank(scores), places.where(rivals > 0, 0.5).where(table.notna()))


def one_by_one(scores):
    """Votes as the docstring reads, session by session, in plain Python."""
    signals, rows, layers = scores.shape
    shares = np.full((rows, layers), np.nan)
    for row in range(rows):
        able = [i for i in range(layers) if not np.isnan(scores[:, row, i]).any()]
        winners = [max(able, key=lambda i: (scores[n, row, i], -i)) for n in range(signals) if able]
        for i in able:
            shares[row, i] = winners.count(i) / signals
    return shares


@given(tables=st.integers(1, 5), seed=markets.seeds(), missing=st.sampled_from([0.0, 0.2, 0.5]))
def test_votes_are_counted_one_by_one(tables, seed, missing):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 3, (tables, rng.integers(1, 20), rng.integers(1, 6))) / 4
    scores[rng.random(scores.shape) < missing] = np.nan
    shares = voted(scores)
    np.testing.assert_array_equal(shares, one_by_one(scores))
    race = ~np.isnan(shares).all(axis=1)
    np.testing.assert_allclose(np.nansum(shares[race], axis=1), 1.0)


@given(market=markets.closes(), days=st.integers(1, 10))
def test_combinations_are_those_of_the_scores(market, days):
    close = market.to_numpy()
    parts = [Momentum(days), gain, Drawdown(days)]
    scores = [part(close) for part in parts]
    weights = [0.5, -2.0, 3]
    expected = 0.5 * scores[0] - 2 * scores[1] + 3 * scores[2]
    np.testing.assert_allclose(Sum(parts, weights)(close), expected, rtol=1e-12)
    np.testing.assert_allclose(Sum(parts)(close), sum(scores), rtol=1e-12)
    np.testing.assert_array_equal(Voted(parts)(close), voted(np.stack(scores)))
    np.testing.assert_array_equal(Rank(gain)(close), rank(scores[1]))
    chosen = np.where(scores[0] > 0, scores[1], scores[2])
    expected = np.where(np.isnan(scores[0]), np.nan, chosen)
    np.testing.assert_array_equal(Where(*parts)(close), expected)


@given(market=markets.closes(), days=st.integers(2, 12))
def test_standardised_scores_are_over_their_own_past(market, days):
    score = pd.DataFrame(gain(market.to_numpy()))
    rolling = score.rolling(days)
    deviation = rolling.apply(np.std, raw=True, kwargs={"ddof": 1})
    expected = ((score - rolling.mean()) / deviation).mask(rolling.max() == rolling.min(), 0.0)
    got = Standardise(gain, days)(market.to_numpy())
    # pandas' rolling mean keeps a rounding of the jumps that have left it.
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


def test_real_closes():
    close = REAL.to_numpy()
    trend = np.log(REAL / REAL.shift(126))
    slow = np.log(REAL / REAL.shift(252))
    blend = Sum([Rank(Momentum(126)), Rank(Momentum(252))], [0.5, 0.5])
    ranks = [each.rank(axis=1).sub(1).div(each.count(axis=1) - 1, axis=0) for each in (trend, slow)]
    assert ranks[1]["META"].notna().any()
    np.testing.assert_allclose(blend(close), ranks[0] / 2 + ranks[1] / 2, atol=1e-15)

    both = trend.where(trend.notna() & slow.notna()), slow.where(trend.notna() & slow.notna())
    votes = sum(each.eq(each.max(axis=1), axis=0).astype(float) for each in both) / 2
    got = Voted([Momentum(126), Momentum(252)])(close)
    np.testing.assert_array_equal(got, votes.where(both[0].notna()))

    rolling = trend.rolling(63)
    expected = (trend - rolling.mean()) / rolling.std()
    np.testing.assert_allclose(Standardise(Momentum(126), 63)(close), expected, rtol=1e-7)

    calm = VolatilityRegime(21, 252)
    regime = pd.DataFrame(calm(close), index=REAL.index, columns=REAL.columns)
    expected = (-trend).where(regime > 0, trend).where(regime.notna())
    got = Where(calm, Sum([Momentum(126)], [-1.0]), Momentum(126))(close)
    np.testing.assert_array_equal(got, expected)


def test_what_has_no_regime_has_no_score():
    def regime(close):
        return np.broadcast_to([[1.0], [0.0], [-1.0], [np.nan]], close.shape)

    def two(close):
        return np.full(close.shape, 2.0)

    scores = Where(regime, two, Listed())(np.ones((4, 1))).ravel()
    np.testing.assert_array_equal(scores, [2.0, 0.0, 0.0, np.nan])


def test_a_careless_part_harms_no_other():
    close = np.array([[np.nan, 3.0, 4.0], [1.0, 3.0, 4.0]])
    before = close.copy()
    careless = Careless()
    np.testing.assert_array_equal(Rank(careless)(close), [[np.nan, 0.0, 1.0], [0.0, 0.5, 1.0]])
    np.testing.assert_array_equal(Sum([careless, Listed()])(close), before)
    np.testing.assert_array_equal(Voted([careless, careless])(close)[0], [np.nan, 0.0, 1.0])
    assert np.isnan(Where(careless, careless, careless)(close)[0, 0])
    np.testing.assert_array_equal(close, before)


def test_what_is_inside_is_shown_the_history():
    close = np.exp(np.random.default_rng(2).normal(0, 0.02, (80, 2)).cumsum(axis=0))
    members = tuple(Members(close[:, [k]], np.full((80, 1), True)) for k in (0, 1))
    days = np.datetime64("2024-01-01") + np.arange(80)
    history = History(close, days, ("a", "b"), members)
    wide, lead = Breadth(5), LeadLag("b", 1, 20)
    scores = [part.bind(history)(close) for part in (wide, lead)]
    for nested, expected in [
        (Sum([wide, lead]), scores[0] + scores[1]),
        (Voted([wide, lead]), voted(np.stack(scores))),
        (Rank(lead), rank(scores[1])),
        (Where(wide, lead, Rank(Sum([lead]))), np.where(scores[0] > 0, scores[1], rank(scores[1]))),
        (Where(Listed(), lead, wide), scores[0]),
        (Where(Drawdown(), lead, wide), scores[0]),
        (Standardise(lead, 7), Standardise(lambda _: scores[1], 7)(close)),
    ]:
        with pytest.raises(rt.ArgumentError, match=r"signal: Breadth needs|leader: 'b' is a name"):
            nested(close)
        got = nested.bind(history)(close)
        assert np.isfinite(got[40:]).all()
        np.testing.assert_array_equal(got[40:], expected[40:])


def tomorrow(close):
    """A user's signal that peeks."""
    return np.vstack([close[1:], close[-1:]]) / close


@pytest.mark.parametrize(
    "signal",
    [
        Sum([Listed(), tomorrow]),
        Voted([Momentum(5), tomorrow]),
        Rank(tomorrow),
        Standardise(tomorrow, 5),
        Where(Momentum(5), Listed(), tomorrow),
    ],
    ids=lambda signal: type(signal).__name__,
)
def test_a_leak_inside_is_found(signal):
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(signal, REAL, cuts=6)


def test_parts_are_kept_as_plain_tuples():
    blend = Sum([Momentum(5), gain], [1, 2])
    assert blend == Sum((Momentum(5), gain), (1, 2))
    assert hash(blend) == hash(Sum((Momentum(5), gain), (1, 2)))
    assert blend != Sum((Momentum(5), gain), (1, 3))
    assert Voted([Donchian(5)]) == Voted((Donchian(5),))
    assert repr(Sum([Momentum(5)])) == "Sum(signals=(Momentum(days=5, skip=0),), weights=None)"


@pytest.mark.parametrize(
    ("build", "given", "message"),
    [
        (Sum, ([],), r"signals: want one or more in a sequence, got \[\]"),
        (Sum, (Momentum(5),), r"signals: want one or more in a sequence, got Momentum\(days=5"),
        (Voted, ([Momentum(5), 3],), "signals: want a function of closes to scores, got 3"),
        (Voted, ([Momentum],), "signals: want a function of closes to scores, got <class"),
        (Sum, ([gain], [1.0, 2.0]), r"weights: want one for each of 1 signals, got \[1.0, 2.0\]"),
        (Sum, ([gain], 2.0), "weights: want one for each of 1 signals, got 2.0"),
        (Sum, ([gain], [np.inf]), "weights: want a number for each signal, got inf"),
        (Sum, ([gain], ["all"]), "weights: want a number for each signal, got 'all'"),
        (Rank, (None,), "signal: want a function of closes to scores, got None"),
        (Standardise, (None, 5), "signal: want a function of closes to scores, got None"),
        (Standardise, (gain, 1), "days: want sessions, 2 or more, got 1"),
        (Where, (1, gain, gain), "regime: want a function of closes to scores, got 1"),
        (Where, (gain, 1, gain), "above: want a function of closes to scores, got 1"),
        (Where, (gain, gain, 1), "otherwise: want a function of closes to scores, got 1"),
    ],
)
def test_arguments_are_checked(build, given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        build(*given)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (lambda close: close[:-1], r"signal: .* gives shape \(1257, 8\); want \(1258, 8\)"),
        (lambda close: close.astype(str), "signal: .* gives <U32; want float64"),
    ],
    ids=["shape", "kind"],
)
@pytest.mark.parametrize("around", [Rank, lambda part: Sum([gain, part])], ids=["Rank", "Sum"])
def test_what_is_no_score_is_refused(around, part, message):
    with pytest.raises(rt.ArgumentError, match=message):
        around(part)(REAL.to_numpy())


@pytest.mark.parametrize(
    "make",
    [
        Rank,
        lambda signal: Standardise(signal, 2),
        lambda signal: Sum([signal, Momentum(1)]),
        lambda signal: Voted([signal]),
        lambda signal: Where(signal, Momentum(1), Momentum(1)),
        lambda signal: Where(Momentum(1), Momentum(1), signal),
    ],
    ids=["Rank", "Standardise", "Sum", "Voted", "regime", "chosen"],
)
@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_an_infinite_score_within_is_refused_as_it_is_alone(make, infinite):
    def boundless(close):
        return np.where(close == 3.0, infinite, close)

    closes = pd.DataFrame({"A": [1.0, 2.0, 3.0, 4.0]}, pd.bdate_range("2024-01-01", periods=4))
    match = r"signal: <function .*boundless.* gives an infinite score in row 2; want NaN"
    for signal in (boundless, make(boundless)):
        with pytest.raises(rt.ArgumentError, match=match):
            rt.backtest(closes, rt.Strategy(signal, rt.Switch(), rt.Schedule("D")), check=False)
