"""What a holding did over any run of intervals is what its rows say."""

import numpy as np
import pytest

from rotation.engine.intervals import Intervals, Sums, Window
from rotation.engine.market import Market

ROWS = np.sort(np.random.default_rng(4).choice(np.arange(1, 200), 80, replace=False))
CLOSE = np.exp(np.random.default_rng(7).normal(0, 0.05, (200, 2)).cumsum(axis=0))
BENCHMARK = np.random.default_rng(8).normal(0, 0.01, 200)
SUMS = Sums.of(Market(CLOSE, CLOSE, np.linspace(1.0, 1.2, 200)), BENCHMARK)
WINDOWS = [(0, 200), (17, 190), (ROWS[40], ROWS[41])]


def cuts(start, stop):
    return np.concatenate([[start], ROWS[(start < ROWS) & (stop > ROWS)], [stop]])


def every_run(many):
    return np.array([(b, e) for b in range(many) for e in range(b + 1, many + 1)]).T


@pytest.mark.parametrize("window", WINDOWS)
def test_ranges_are_those_of_the_rows_between(window):
    intervals, at = Intervals.of(Window.of(SUMS, *window), ROWS), cuts(*window)
    np.testing.assert_array_equal(intervals.rows, at[:-1])
    begin, end = every_run(len(at) - 1)
    less_top, bottom, fall, _ = intervals.over(begin, end, np.ones_like(begin)).T
    level = np.log(CLOSE[:, 1] / CLOSE[window[0], 1])
    for n, (b, e) in enumerate(zip(begin, end, strict=True)):
        part = level[at[b] : at[e]]
        worst = (part - np.maximum.accumulate(part)).min()
        np.testing.assert_allclose(
            [-less_top[n], bottom[n], fall[n]], [part.max(), part.min(), worst], atol=1e-14
        )


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("held", [0, 1, 2])
def test_sums_are_those_of_the_rows_after_the_first(window, held):
    intervals, at = Intervals.of(Window.of(SUMS, *window), ROWS), cuts(*window)
    growth = np.column_stack([CLOSE, np.linspace(1.0, 1.2, 200)])
    r = np.append(0.0, growth[1:, held] / growth[:-1, held] - 1)
    parts = [np.log1p(r), r, r**2, r**3, r**4, np.minimum(r, 0) ** 2, (r - BENCHMARK) ** 2]
    begin, end = every_run(len(at) - 1)
    got = intervals.between(begin, end, np.full_like(begin, held))
    want = [
        [each[at[b] + 1 : at[e]].sum() for each in parts] for b, e in zip(begin, end, strict=True)
    ]
    np.testing.assert_allclose(got, want, atol=1e-14)


def test_no_interval_is_nothing():
    intervals = Intervals.of(Window.of(SUMS, 0, 200), ROWS)
    end = np.array([len(intervals.rows)])
    assert intervals.over(end, end, end * 0).tolist() == [[np.inf, np.inf, 0.0, 0.0]]
    assert not intervals.between(end, end, end * 0).any()
