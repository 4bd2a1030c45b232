"""Sharpe ratios against the papers' own figures, luck against draws of it, and laws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.validation import (
    deflated_sharpe,
    effective_trials,
    expected_max_sharpe,
    min_backtest_length,
    min_track_record_length,
    probabilistic_sharpe,
)

# The example of the papers of 2012 and 2025.
MONTHS, SKEWED = 24, {"skew": -2.448, "kurtosis": 10.164}

ratios = st.floats(-0.5, 0.5)
skews = st.floats(-3, 3)
KINDS = ["observed", "null"]


@st.composite
def moments(draw):
    """Skew and a raw kurtosis that some distribution has with it."""
    skew = draw(skews)
    return {"skew": skew, "kurtosis": 1 + skew * skew + draw(st.floats(0, 20))}


@pytest.mark.parametrize(
    ("shape", "published", "exact"),
    [({}, 0.982, 0.9816749190910771), (SKEWED, 0.913, 0.913361083860933)],
)
def test_bailey_and_lopez_de_prado_2012(shape, published, exact):
    found = float(probabilistic_sharpe(0.458, MONTHS, **shape))
    assert found == pytest.approx(published, abs=5e-4)
    assert found == pytest.approx(exact, rel=1e-12)


def test_lopez_de_prado_lipton_and_zoonekynd_2025():
    sharpe = 0.036 / 0.079  # mean over deviation, per month
    shape = {**SKEWED, "variance": "null"}
    assert float(probabilistic_sharpe(sharpe, MONTHS, **shape)) == pytest.approx(0.987, abs=5e-4)
    above = probabilistic_sharpe(sharpe, MONTHS, benchmark=0.1, **shape)
    assert float(above) == pytest.approx(0.939, abs=5e-4)
    assert float(min_track_record_length(sharpe, **shape)) == pytest.approx(13.029, abs=5e-4)


@pytest.mark.parametrize(
    ("trials", "shape", "luck", "deflated"),
    [
        (100, {"skew": -3, "kurtosis": 10}, 0.1131720019, 0.9003968345),
        (46, {"skew": -3, "kurtosis": 10}, 0.1003623706, 0.9505017069),
        (88, {}, 0.1111457618, 0.9504908167),
    ],
)
def test_bailey_and_lopez_de_prado_2014(trials, shape, luck, deflated):
    # Five years of 250 days, an annual ratio of 2.5, annual ratios of the trials with variance 0.5.
    variance = 0.5 / 250
    assert float(expected_max_sharpe(trials, variance)) == pytest.approx(luck, rel=1e-9)
    found = deflated_sharpe(2.5 / 250**0.5, 1250, trials=trials, variance=variance, **shape)
    assert float(found) == pytest.approx(deflated, rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "sharpe", "error", "years"),
    [
        ({"skew": -0.225, "kurtosis": 2.957}, 0.7079, 0.1028, 0.7152),
        ({"skew": -1.4455, "kurtosis": 7.0497}, 0.8183, 0.1550, 1.1593),
    ],
)
def test_the_error_of_a_ratio_and_the_track_record_it_asks_for(shape, sharpe, error, years):
    # Bailey and López de Prado 2012: 134 months of hedge fund indices.
    one_error_up = probabilistic_sharpe(sharpe, 134, benchmark=sharpe - error, **shape)
    assert float(one_error_up) == pytest.approx(0.841345, abs=2e-4)  # Φ(1)
    assert float(min_track_record_length(sharpe, **shape)) / 12 == pytest.approx(years, abs=1e-4)


@pytest.mark.parametrize(("trials", "years"), [(10, 2.479), (45, 4.998087), (100, 6.404)])
def test_bailey_borwein_lopez_de_prado_and_zhu_2014(trials, years):
    assert float(min_backtest_length(trials)) == pytest.approx(years, abs=1e-3)
    assert float(min_backtest_length(trials, sharpe=2)) == pytest.approx(years / 4, abs=1e-3)


# Formula of the paper, and the mean of the greatest of N normal numbers by quadrature.
@pytest.mark.parametrize(
    ("trials", "formula", "exact"),
    [
        (10, 1.5746, 1.53875),
        (45, 2.23564, 2.20772),
        (100, 2.5306, 2.50759),
        (1000, 3.25512, 3.24144),
    ],
)
def test_the_best_of_many_by_luck(trials, formula, exact):
    found = float(expected_max_sharpe(trials, 1.0))
    assert found == pytest.approx(formula, abs=1e-4)
    assert 0 < found / exact - 1 < 0.024


@pytest.mark.parametrize("trials", [5, 50, 500])
def test_the_best_of_many_as_drawn(trials):
    rng = np.random.default_rng(20140731)
    best = 0.05 * rng.standard_normal((4000, trials)).max(axis=1)
    assert float(expected_max_sharpe(trials, 0.05**2)) == pytest.approx(best.mean(), rel=0.04)


@pytest.mark.parametrize("common", [0.0, 0.6, 0.9])
def test_luck_alone_seldom_passes(common):
    rng = np.random.default_rng(20140415)
    sessions, trials, draws = 250, 50, 200
    passed = 0
    for _ in range(draws):
        own = rng.standard_normal((sessions, trials)) * np.sqrt(1 - common)
        returns = own + rng.standard_normal((sessions, 1)) * np.sqrt(common)
        each = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
        variance = each.var(ddof=1)
        passed += deflated_sharpe(each.max(), sessions, trials=trials, variance=variance) > 0.95
    assert passed / draws <= 0.08


@given(sharpe=ratios, shape=moments(), n=st.integers(2, 5000), kind=st.sampled_from(KINDS))
def test_a_ratio_exceeds_itself_with_even_odds(sharpe, shape, n, kind):
    found = probabilistic_sharpe(sharpe, n, benchmark=sharpe, variance=kind, **shape)
    assert float(found) == 0.5


@given(sharpe=ratios, shape=moments(), benchmarks=st.lists(ratios, min_size=2, max_size=5))
def test_a_higher_benchmark_is_never_likelier_to_be_exceeded(sharpe, shape, benchmarks):
    found = probabilistic_sharpe(sharpe, 100, benchmark=sorted(benchmarks), **shape)
    assert (np.diff(found) <= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@given(sharpe=ratios, shape=moments(), benchmark=ratios, kind=st.sampled_from(KINDS))
def test_length_makes_sure(sharpe, shape, benchmark, kind):
    found = [
        float(probabilistic_sharpe(sharpe, n, benchmark=benchmark, variance=kind, **shape))
        for n in (10, 100, 1000)
    ]
    steps = [after - before for before, after in pairwise(found)]
    assert all(step * np.sign(sharpe - benchmark) >= 0 for step in steps)


@given(
    sharpe=ratios, shape=moments(), variance=st.floats(0, 0.1),
    trials=st.lists(st.floats(1, 1e9), min_size=2, max_size=6),
)  # fmt: skip
def test_more_trials_never_raise_a_deflated_ratio(sharpe, shape, variance, trials):
    found = deflated_sharpe(sharpe, 500, trials=sorted(trials), variance=variance, **shape)
    assert (np.diff(found) <= 0).all()
    assert (found <= probabilistic_sharpe(sharpe, 500, **shape)).all()


@given(trials=st.floats(1, 1e12), variances=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_luck_grows_with_the_spread_of_trials(trials, variances):
    luck = expected_max_sharpe(trials, sorted(variances))
    assert (np.diff(luck) >= 0).all()
    np.testing.assert_allclose(luck, np.sqrt(sorted(variances)) * expected_max_sharpe(trials, 1.0))


def test_a_single_trial_has_no_luck_to_correct():
    assert float(expected_max_sharpe(1, 0.5)) == 0.0
    assert float(expected_max_sharpe(1, np.nan)) == 0.0  # the variance of one ratio
    alone = deflated_sharpe(0.1, 250, trials=1, variance=np.nan, **SKEWED)
    assert float(alone) == float(probabilistic_sharpe(0.1, 250, **SKEWED))


def test_luck_is_never_negative_and_grows_without_end():
    trials = np.append(np.linspace(1, 2, 101), 10.0 ** np.arange(1, 100))
    luck = expected_max_sharpe(trials, 1.0)
    assert (np.diff(luck) >= 0).all()
    assert luck[0] == 0
    assert (np.diff(luck[101:]) > 0.05).all()  # to trials whose reciprocal 1 - 1/N would not show


@given(
    benchmark=ratios, gap=st.floats(0.001, 0.2), shape=moments(), kind=st.sampled_from(KINDS),
    confidence=st.floats(0.9, 0.999),
)  # fmt: skip
def test_the_least_track_record_reaches_its_confidence(benchmark, gap, shape, kind, confidence):
    options = {"benchmark": benchmark, "variance": kind, **shape}
    least = min_track_record_length(benchmark + gap, confidence=confidence, **options)
    if least >= 2:
        found = probabilistic_sharpe(benchmark + gap, float(least), **options)
        assert float(found) == pytest.approx(confidence, rel=1e-9)


def test_no_track_record_is_long_enough_for_what_is_not_there():
    found = min_track_record_length([0.1, 0.2, 0.3, np.nan], benchmark=0.2)
    np.testing.assert_array_equal(np.isinf(found), [True, True, False, False])
    assert np.isnan(found[3])


def test_a_batch_is_its_strategies():
    rng = np.random.default_rng(3)
    sharpe, benchmark = rng.normal(0.05, 0.05, (2, 7))
    skew = rng.normal(0, 1, 7)
    shapes = {"skew": skew, "kurtosis": 2 + skew**2}
    each = [{"skew": shapes["skew"][s], "kurtosis": shapes["kurtosis"][s]} for s in range(7)]
    np.testing.assert_array_equal(
        probabilistic_sharpe(sharpe, 60, benchmark=benchmark, **shapes),
        [probabilistic_sharpe(sharpe[s], 60, benchmark=benchmark[s], **each[s]) for s in range(7)],
    )
    np.testing.assert_array_equal(
        deflated_sharpe(sharpe, 60, trials=9, variance=0.01, **shapes),
        [deflated_sharpe(sharpe[s], 60, trials=9, variance=0.01, **each[s]) for s in range(7)],
    )
    np.testing.assert_array_equal(
        min_track_record_length(sharpe, **shapes),
        [min_track_record_length(sharpe[s], **each[s]) for s in range(7)],
    )
    assert isinstance(probabilistic_sharpe(0.1, 60), float)


def test_far_tails_keep_their_digits():
    assert float(probabilistic_sharpe(-1.0, 1001)) == pytest.approx(2.0e-148, rel=0.1)
    assert float(probabilistic_sharpe(1.0, 1001)) == 1.0


def test_two_values_alone_leave_a_ratio_no_spread():
    # Returns of 3 and 1 with equal odds: mean 2, deviation 1, skew 0, kurtosis 1.
    coin = {"skew": 0.0, "kurtosis": 1.0}
    assert float(probabilistic_sharpe(2.0, 10, **coin)) == pytest.approx(1.0, abs=1e-8)
    edge = {"skew": 1.5, "kurtosis": 1 + 1.5**2}  # its variance is (1 - 1.5 SR / 2)²
    found = probabilistic_sharpe(4 / 3, 10, benchmark=[1.0, 4 / 3, 2.0], **edge)
    assert found.tolist() == [1.0, 0.5, 0.0]
    rounded = {"skew": 0.01, "kurtosis": 1 + 0.01**2}  # (1 - 0.01 SR / 2)², and rounding below it
    assert float(probabilistic_sharpe(200.0, 10, benchmark=100.0, **rounded)) == 1.0


def test_what_is_not_known_stays_unknown():
    assert np.isnan(probabilistic_sharpe(np.nan, 10))
    assert np.isnan(probabilistic_sharpe(0.1, 10, skew=np.nan, kurtosis=np.nan))
    found = probabilistic_sharpe([0.1, np.nan], 10, benchmark=[0.1, np.nan], skew=[np.nan, 0.0])
    assert np.isnan(found).all()
    assert np.isnan(expected_max_sharpe(2, np.nan))


# ---- How many trials correlated ones amount to


def naive(returns, trials):
    table = np.corrcoef(returns.T)
    mean = (table.sum() - len(table)) / (len(table) * (len(table) - 1))
    return mean + (1 - mean) * trials


def orthogonal(sessions, strategies, seed=0):
    """Returns (T, S) of strategies that are exactly uncorrelated."""
    drawn = np.random.default_rng(seed).standard_normal((sessions, strategies))
    return 0.01 * np.linalg.qr(drawn - drawn.mean(axis=0))[0]


@pytest.mark.parametrize("strategies", [2, 255, 256, 257, 600])
def test_the_number_is_that_of_the_table_of_correlations(strategies):
    rng = np.random.default_rng(strategies)
    own = rng.normal(0.0, 0.01, (40, strategies)) * rng.uniform(0.1, 10, strategies)
    returns = own + rng.normal(0.0, 0.01, (40, 1)) + 0.001
    expected = naive(returns, strategies)
    assert 1 < expected < strategies
    assert effective_trials(returns) == pytest.approx(expected, rel=1e-9)
    assert effective_trials(np.asfortranarray(returns)) == pytest.approx(expected, rel=1e-9)


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_clusters_of_copies_count_as_one_or_more_each(sizes, seed):
    rng = np.random.default_rng(seed)
    returns = np.repeat(orthogonal(30, len(sizes), seed), sizes, axis=1)
    returns = returns * rng.uniform(0.1, 10, len(returns.T)) + rng.normal(0, 0.01)
    found = effective_trials(returns)
    assert len(sizes) * (1 - 1e-9) <= found <= sum(sizes)
    if len(sizes) == 1 or max(sizes) == 1:
        assert found == pytest.approx(len(sizes))


@given(seed=st.integers(0, 999), strategies=st.integers(1, 9), sessions=st.integers(1, 5))
def test_the_number_is_from_one_to_all(seed, strategies, sessions):
    returns = np.random.default_rng(seed).normal(0, 0.01, (sessions, strategies))
    assert 1 <= effective_trials(returns) <= strategies


def test_mirror_images_do_not_count_for_more_than_there_are():
    one = orthogonal(10, 1)
    assert effective_trials(np.hstack([one, -one])) == 2.0


def test_what_never_varies_is_no_trial():
    moving = orthogonal(50, 3)
    accrued = np.diff(np.cumprod(np.full(51, 1.0001))) / np.cumprod(np.full(50, 1.0001))
    assert 0 < np.ptp(accrued) < 1e-14  # cash, but for rounding
    still = np.column_stack([np.zeros(50), np.full(50, 0.1 + 0.2), accrued])
    assert effective_trials(np.hstack([moving, still])) == pytest.approx(3)
    assert effective_trials(still) == 1.0
    assert effective_trials(np.hstack([moving[:, :1], still])) == 1.0
    assert effective_trials(np.hstack([moving, still]), trials=600) == pytest.approx(300)


def test_a_sample_stands_for_all():
    rng = np.random.default_rng(8)
    returns = rng.normal(0, 0.01, (300, 40)) + rng.normal(0, 0.01, (300, 1))
    assert effective_trials(returns, trials=1e6) == pytest.approx(naive(returns, 1e6), rel=1e-9)
    assert effective_trials(returns, trials=40) == effective_trials(returns)


# ---- What is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: probabilistic_sharpe(0.1, 1), "n: want sessions, 2 or more, got 1"),
        (lambda: probabilistic_sharpe(0.1, np.nan), "n: want sessions, 2 or more, got nan"),
        (lambda: probabilistic_sharpe("x", 9), "sharpe: want numbers, got 'x'"),
        (lambda: probabilistic_sharpe(np.inf, 9), "sharpe: want finite numbers, got inf"),
        (
            lambda: probabilistic_sharpe(0.1, 9, kurtosis=0.0),
            "kurtosis: want a raw one (3 for a normal distribution), 1 + skew² or more, got 0.0 "
            "with skew 0.0",
        ),
        (
            lambda: probabilistic_sharpe(0.1, 9, skew=2.0),
            "kurtosis: want a raw one (3 for a normal distribution), 1 + skew² or more, got 3.0 "
            "with skew 2.0",
        ),
        (
            lambda: probabilistic_sharpe(0.1, 9, variance="nul"),
            "variance: want 'observed' or 'null', got 'nul'",
        ),
        (
            lambda: probabilistic_sharpe([0.1, 0.2], 9, skew=[0.0, 0.0, 0.0]),
            "sharpe, benchmark, skew, kurtosis: want () or (S,) of one S, got (2,), (), (3,), ()",
        ),
        (lambda: expected_max_sharpe(0, 1.0), "trials: want 1 or more, got 0"),
        (lambda: expected_max_sharpe([2, np.nan], 1.0), "trials: want 1 or more, got [2, nan]"),
        (lambda: expected_max_sharpe(np.inf, 1.0), "trials: want finite numbers, got inf"),
        (lambda: expected_max_sharpe(10**305, 1.0), "trials: want 1 or more, got 1000000"),
        (lambda: expected_max_sharpe(5, -1.0), "variance: want 0 or more, got -1.0"),
        (lambda: expected_max_sharpe(5, np.inf), "variance: want finite numbers, got inf"),
        (
            lambda: min_track_record_length(0.1, confidence=1.0),
            "confidence: want a probability from 0.5 and below 1, got 1.0",
        ),
        (
            lambda: min_track_record_length(0.1, confidence="95%"),
            "confidence: want a probability from 0.5 and below 1, got '95%'",
        ),
        (lambda: min_backtest_length(5, 0), "sharpe: want a number above 0, got 0"),
        (
            lambda: effective_trials([0.1, 0.2]),
            "returns: want (T, S), T and S at least 1, got shape (2,)",
        ),
        (
            lambda: effective_trials(np.empty((3, 0))),
            "returns: want (T, S), T and S at least 1, got shape (3, 0)",
        ),
        (lambda: effective_trials([[0.1, np.nan]]), "returns: want finite numbers, got nan"),
        (
            lambda: effective_trials(orthogonal(5, 3), trials=2),
            "trials: want as many as there are returns, 3 or more, got 2",
        ),
    ],
)
def test_what_is_refused_is_named(call, message):
    with pytest.raises(rt.ArgumentError) as refused:
        call()
    assert str(refused.value).startswith(message)


def test_measured_moments_pass_though_rounding_puts_them_past_the_bound():
    returns = np.array([0.01, 0.01, 0.01, -0.02])  # two values: kurtosis is 1 + skew², but rounded
    skew, kurtosis = rt.measures.skew(returns), rt.measures.kurtosis(returns)
    assert kurtosis == pytest.approx(1 + skew**2, rel=1e-12)
    below = np.nextafter(np.float64(1 + skew**2), 0)
    assert 0 < float(probabilistic_sharpe(0.1, 9, skew=skew, kurtosis=below)) < 1
