"""Figures against Bacon's published example, against definitions, and at their edges."""

from inspect import signature

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rotation as rt
from rotation import measures

# 24 monthly returns of Bacon, Practical Portfolio Performance Measurement and Attribution (2008).
PER_MILLE = "3 26 11 -10 15 25 16 67 -14 40 -5 81 40 -37 -61 17 -49 -22 70 58 -65 24 -5 -9"
BACON = np.array(PER_MILLE.split(), dtype=float) / 1000


@pytest.mark.parametrize(
    ("figure", "published"),
    [
        (measures.max_drawdown(BACON), -0.1446729557),
        (measures.ulcer(BACON), 0.0611842873),
        (measures.sortino(BACON, periods=1, rate=0.005), 0.1566370757),
        (measures.omega(BACON, rate=0.005) - 1, 1.2917933131 - 1),
        (measures.omega(BACON), 1.7797833935),
        (measures.skew(BACON), -0.0825624552),
        (measures.kurtosis(BACON), 2.4324537941),
    ],
)
def test_bacon(figure, published):
    assert float(figure) == pytest.approx(published, abs=1e-10)


def test_annual_figures_by_hand():
    returns = np.array([0.1, -0.05, 0.02])
    assert float(measures.annual_return(returns, periods=12)) == pytest.approx(
        (1.1 * 0.95 * 1.02) ** 4 - 1
    )
    assert float(measures.annual_volatility(returns, periods=12)) == pytest.approx(
        returns.std(ddof=1) * 12**0.5
    )
    excess = returns - 0.01
    assert float(measures.sharpe(returns, periods=12, rate=0.01)) == pytest.approx(
        excess.mean() / excess.std(ddof=1) * 12**0.5
    )
    assert float(measures.calmar(returns, periods=12)) == pytest.approx(
        ((1.1 * 0.95 * 1.02) ** 4 - 1) / 0.05
    )
    other = np.array([0.08, 0.0, 0.0])
    gap = returns - other
    assert float(measures.information_ratio(returns, other, periods=12)) == pytest.approx(
        gap.mean() / gap.std(ddof=1) * 12**0.5
    )


def test_value_at_risk_is_a_return_and_the_tail_lies_below_it():
    returns = np.arange(-10, 11) / 100
    assert float(measures.value_at_risk(returns, level=0.9)) == pytest.approx(-0.08)
    assert float(measures.conditional_value_at_risk(returns, level=0.9)) == pytest.approx(-0.09)


def test_the_starting_value_counts_as_a_peak():
    assert float(measures.max_drawdown([-0.3, 0.1])) == pytest.approx(-0.3)


def test_a_rate_for_each_session_is_taken_from_every_strategy():
    returns = np.array([[0.01, 0.02], [0.03, 0.01], [0.0, 0.02]])
    rate = np.array([0.001, 0.002, 0.003])
    each = [measures.sharpe(returns[:, s], rate=rate) for s in range(2)]
    np.testing.assert_allclose(measures.sharpe(returns, rate=rate), each)


SINGLE = [
    measures.annual_return,
    measures.annual_volatility,
    measures.sharpe,
    measures.sortino,
    measures.max_drawdown,
    measures.calmar,
    measures.ulcer,
    measures.omega,
    measures.value_at_risk,
    measures.conditional_value_at_risk,
    measures.skew,
    measures.kurtosis,
]


BATCHES = st.tuples(st.integers(2, 30), st.integers(1, 4))


@given(basis_points=arrays(np.int64, BATCHES, elements=st.integers(-5000, 5000)))
def test_a_batch_is_its_columns(basis_points):
    returns = basis_points / 10_000
    for measure in SINGLE:
        columns = [measure(returns[:, s]) for s in range(returns.shape[1])]
        np.testing.assert_allclose(measure(returns), columns, rtol=1e-9, atol=1e-12)


def test_all_figures_at_once_are_each_by_itself():
    together = measures.figures(BACON, periods=12)
    assert list(together) == [measure.__name__ for measure in SINGLE]
    for measure in SINGLE:
        options = {"periods": 12} if "periods" in signature(measure).parameters else {}
        assert float(together[measure.__name__]) == float(measure(BACON, **options))


@pytest.mark.parametrize("measure", [measures.sharpe, measures.skew, measures.kurtosis])
def test_what_never_varies_has_no_ratio(measure):
    assert np.isnan(measure(np.full(7, 0.1 + 0.2)))


def test_no_loss_has_no_ratio_to_losses():
    returns = [0.01, 0.02]
    for measure in (measures.sortino, measures.omega, measures.calmar):
        assert np.isnan(measure(returns))
    assert float(measures.max_drawdown(returns)) == 0.0
    assert np.isnan(measures.annual_volatility([0.01]))


@pytest.mark.parametrize("returns", [[], [[[0.1]]], 0.1])
def test_shapes_are_checked(returns):
    with pytest.raises(rt.ArgumentError, match=r"returns: want \(T,\) or \(T, S\)"):
        measures.sharpe(returns)


def test_a_hole_is_named():
    want = "want finite numbers of -1 or more, got"
    with pytest.raises(rt.ArgumentError, match=f"returns: {want} nan in row 1"):
        measures.ulcer([0.1, np.nan])
    with pytest.raises(rt.ArgumentError, match=f"returns: {want} -1.5 in row 0"):
        measures.max_drawdown([-1.5, 0.1])
    with pytest.raises(rt.ArgumentError, match=f"benchmark: {want} inf in row 0"):
        measures.information_ratio([0.1, 0.2], [np.inf, 0.1])


def test_options_are_checked():
    with pytest.raises(rt.ArgumentError, match="periods: want sessions a year above 0, got 0"):
        measures.annual_return([0.1], periods=0)
    with pytest.raises(rt.ArgumentError, match="returns: want numbers, got"):
        measures.sharpe(["x"])
    with pytest.raises(rt.ArgumentError, match="rate: want finite numbers, got nan"):
        measures.sharpe([0.1, 0.2], rate=np.nan)
    with pytest.raises(rt.ArgumentError, match="periods: want sessions a year above 0, got 'x'"):
        measures.sharpe([0.1, 0.2], periods="x")
    with pytest.raises(rt.ArgumentError, match="level: want a probability between 0 and 1, got 95"):
        measures.value_at_risk([0.1], level=95)
    with pytest.raises(rt.ArgumentError, match=r"rate: want a number, \(2,\), got shape \(3,\)"):
        measures.sharpe([0.1, 0.2], rate=[0.0, 0.0, 0.0])


def test_true_is_no_number_of_sessions():
    with pytest.raises(rt.ArgumentError, match="periods: want sessions a year above 0, got True"):
        measures.sharpe([0.1, 0.2], periods=True)


@pytest.mark.parametrize(
    ("returns", "benchmark", "want"),
    [
        ((5,), (4,), "(5,)"),
        ((5,), (5, 3), "(5,)"),
        ((5, 2), (5, 3), "(5,) or (5, 2)"),
        ((5, 2), (4, 2), "(5,) or (5, 2)"),
        ((5, 1), (5, 3), "(5,) or (5, 1)"),
    ],
)
def test_a_benchmark_of_other_returns_is_named(returns, benchmark, want):
    with pytest.raises(rt.ArgumentError) as error:
        measures.information_ratio(np.full(returns, 0.01), np.full(benchmark, 0.02))
    assert str(error.value) == f"benchmark: want {want}, got shape {benchmark}"


def test_a_rate_of_other_strategies_is_named():
    with pytest.raises(rt.ArgumentError, match=r"rate: want a number, \(2,\) or \(2, 3\), got sha"):
        measures.omega(np.full((2, 3), 0.01), rate=np.zeros((2, 2)))


def test_conventions_name_the_sessions_a_year():
    assert "252 sessions a year" in measures.conventions()
    assert "365 sessions a year" in measures.conventions(365)


def test_what_rounding_leaves_is_no_risk():
    days = pd.bdate_range("2024-01-01", periods=250)
    rng = np.random.default_rng(5)
    steady = pd.DataFrame({"A": np.exp(np.abs(rng.normal(0, 0.01, 250)).cumsum())}, index=days)
    held = rt.simulate(steady, pd.DataFrame({"A": [1.0]}, index=days[:1])).returns.to_numpy()[1:]
    assert measures.max_drawdown(held) == pytest.approx(0, abs=1e-12)
    assert np.isnan(measures.calmar(held))
    quiet = np.exp(rng.normal(0, 0.0005, (250, 200)).cumsum(axis=0))
    again = (3.0 * quiet)[1:] / (3.0 * quiet)[:-1] - 1
    returns = quiet[1:] / quiet[:-1] - 1
    for s in range(200):
        assert np.isnan(measures.information_ratio(returns[:, s], again[:, s]))
