"""How far a Sharpe ratio is to be believed, given its length, its moments and how many were tried.

Sharpe ratios are per session, never annualised, but where a function says otherwise: divide an
annual one by √periods, and the variance of annual ones by periods. Those of several strategies come
and go as arrays (S,).
"""

from math import erfc
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from rotation.arrays import FloatArray
from rotation.checks import check_number, check_positive, is_number
from rotation.errors import ArgumentError

__all__ = [
    "deflated_sharpe",
    "effective_trials",
    "expected_max_sharpe",
    "min_backtest_length",
    "min_track_record_length",
    "probabilistic_sharpe",
]

_STILL = 1e-12  # returns that differ by less are of one growth, but for rounding
_COUNTLESS = 1e300  # trials; their reciprocals are still numbers
_BLOCK = 256  # strategies standardised at once


def probabilistic_sharpe(
    sharpe: ArrayLike,
    n: float,
    *,
    skew: ArrayLike = 0.0,
    kurtosis: ArrayLike = 3.0,
    benchmark: ArrayLike = 0.0,
    variance: Literal["observed", "null"] = "observed",
) -> FloatArray:
    """Probability that the true Sharpe ratio exceeds a benchmark (Bailey and López de Prado 2012).

    Φ((SR - b) √(n - 1) / √(1 - skew SR + (kurtosis - 1) SR² / 4)), the variance of an estimate
    being that of Mertens (2002) for independent returns of any distribution. Under ``"null"`` it is
    taken at b in place of SR, and n stands in place of n - 1 (López de Prado, Lipton and Zoonekynd
    2025).

    Parameters
    ----------
    sharpe : () or (S,) Sharpe ratio per session
    n : sessions that it was measured over
    skew, kurtosis : () or (S,) of the returns, kurtosis raw (3 for a normal distribution)
    benchmark : () or (S,) Sharpe ratio per session to exceed
    variance : of the estimate at the ratio that was observed, or at the benchmark

    Returns
    -------
    () or (S,) probability; NaN where the Sharpe ratio or a moment is

    Raises
    ------
    ArgumentError
        If there are fewer than two sessions, if no distribution has this skew and kurtosis, as when
        the kurtosis is an excess, or if anything else is not as said above.

    Examples
    --------
    Two years of monthly returns, as in the paper:

    >>> round(float(probabilistic_sharpe(0.458, 24)), 3)
    0.982
    >>> round(float(probabilistic_sharpe(0.458, 24, skew=-2.448, kurtosis=10.164)), 3)
    0.913
    """
    check_number("n", n, 2, what="sessions")
    gap, spread, lost = _estimate(sharpe, benchmark, skew, kurtosis, variance)
    with np.errstate(divide="ignore", invalid="ignore"):  # two returns alone may leave no spread
        distance = np.where(gap == 0, 0.0, gap * np.sqrt(n - lost) / spread)
    return _normal(np.where(np.isnan(spread), np.nan, distance))


def expected_max_sharpe(trials: ArrayLike, variance: ArrayLike) -> FloatArray:
    """Best Sharpe ratio to expect of ``trials`` strategies without skill.

    √V ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), Z the quantile of the normal distribution and g the
    constant of Euler and Mascheroni, 0.5772 (Bailey and López de Prado 2014). It approximates the
    mean of the best of N independent draws: 8 % low at N = 2, 2.3 % high at 10, 0.4 % at 1,000.
    Below 1.3 trials, which an effective number may be, it would be negative and is zero.

    Parameters
    ----------
    trials : () or (S,) how many were tried, 1 or more; a fraction will do
    variance : () or (S,) variance of Sharpe ratios over the trials, in the square of their unit;
        a single trial needs none, NaN will do

    Returns
    -------
    () or (S,) Sharpe ratio, in the unit of √variance; 0 for a single trial

    Raises
    ------
    ArgumentError
        If there is less than one trial, if a variance is negative or infinite, or if the two have
        shapes that do not go together.

    Examples
    --------
    >>> expected_max_sharpe([1, 10, 1000], 1.0).round(4)
    array([0.    , 1.5746, 3.2551])
    """
    count, spread = _numbers(trials=trials, variance=variance)
    if not ((count >= 1) & (count < _COUNTLESS)).all():
        raise ArgumentError(f"trials: want 1 or more, got {trials!r}")
    if (spread < 0).any():
        raise ArgumentError(f"variance: want 0 or more, got {variance!r}")
    best = _upper(count) * (1 - np.euler_gamma) + _upper(count * np.e) * np.euler_gamma
    return _figure(np.where(count > 1, np.sqrt(spread) * np.maximum(best, 0.0), 0.0))


def deflated_sharpe(
    sharpe: ArrayLike,
    n: float,
    *,
    trials: ArrayLike,
    variance: ArrayLike,
    skew: ArrayLike = 0.0,
    kurtosis: ArrayLike = 3.0,
) -> FloatArray:
    """Probability that the true Sharpe ratio is above zero, given that it is the best of many.

    ``probabilistic_sharpe`` with ``expected_max_sharpe`` of the trials as its benchmark
    (Bailey and López de Prado 2014).

    Parameters
    ----------
    sharpe : () or (S,) Sharpe ratio per session
    n : sessions that it was measured over
    trials : () or (S,) how many were tried, or :func:`effective_trials`
    variance : () or (S,) variance over the trials of Sharpe ratios per session
    skew, kurtosis : () or (S,) of the returns, kurtosis raw (3 for a normal distribution)

    Returns
    -------
    () or (S,) probability

    Raises
    ------
    ArgumentError
        As :func:`probabilistic_sharpe` and :func:`expected_max_sharpe`.

    Examples
    --------
    Five years of daily returns at an annual 2.5, the best of 100, as in the paper:

    >>> best = deflated_sharpe(
    ...     2.5 / 250**0.5, 1250, trials=100, variance=0.5 / 250, skew=-3, kurtosis=10
    ... )
    >>> round(float(best), 3)
    0.9
    """
    luck = expected_max_sharpe(trials, variance)
    return probabilistic_sharpe(sharpe, n, skew=skew, kurtosis=kurtosis, benchmark=luck)


def min_track_record_length(
    sharpe: ArrayLike,
    *,
    skew: ArrayLike = 0.0,
    kurtosis: ArrayLike = 3.0,
    benchmark: ArrayLike = 0.0,
    confidence: float = 0.95,
    variance: Literal["observed", "null"] = "observed",
) -> FloatArray:
    """Sessions from which ``probabilistic_sharpe`` is at least ``confidence``.

    1 + (1 - skew SR + (kurtosis - 1) SR² / 4) (Z(confidence) / (SR - b))², Z the quantile of the
    normal distribution (Bailey and López de Prado 2012); under ``"null"`` with b in place of SR in
    the first bracket, and without the 1.

    Parameters
    ----------
    sharpe : () or (S,) Sharpe ratio per session
    skew, kurtosis : () or (S,) of the returns, kurtosis raw (3 for a normal distribution)
    benchmark : () or (S,) Sharpe ratio per session to exceed
    confidence : probability to reach, from 0.5 and below 1
    variance : as of ``probabilistic_sharpe``

    Returns
    -------
    () or (S,) sessions, with a fraction; infinite where the ratio does not exceed the benchmark

    Raises
    ------
    ArgumentError
        If ``confidence`` is not from 0.5 and below 1, if no distribution has this skew and
        kurtosis, or if anything else is not as said above.

    Examples
    --------
    >>> months = min_track_record_length(0.458, skew=-2.448, kurtosis=10.164)
    >>> round(float(months), 2)
    34.56
    """
    if not (is_number(confidence) and 0.5 <= confidence < 1):
        raise ArgumentError(
            f"confidence: want a probability from 0.5 and below 1, got {confidence!r}"
        )
    gap, spread, lost = _estimate(sharpe, benchmark, skew, kurtosis, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        length = lost + (spread * NormalDist().inv_cdf(confidence) / gap) ** 2
    return _figure(np.where(gap > 0, length, np.where(np.isnan(gap), np.nan, np.inf)))


def min_backtest_length(trials: ArrayLike, sharpe: float = 1.0) -> FloatArray:
    """Length below which luck is expected to show a Sharpe ratio as good as this.

    (E[max] / SR)², E[max] that of ``expected_max_sharpe`` at a variance of 1: over y years the
    annual Sharpe ratio of a strategy without skill has a variance of about 1 / y (Bailey, Borwein,
    López de Prado and Zhu 2014, theorem 1).

    Parameters
    ----------
    trials : () or (S,) how many were tried, 1 or more
    sharpe : Sharpe ratio above 0, annual for years, per session for sessions

    Returns
    -------
    () or (S,) years or sessions

    Raises
    ------
    ArgumentError
        If there is less than one trial, or ``sharpe`` is not one number above 0.

    Examples
    --------
    After 45 trials five years are too few to believe in an annual Sharpe ratio of 1:

    >>> round(float(min_backtest_length(45)), 2)
    5.0
    """
    check_positive("sharpe", sharpe)
    return _figure((expected_max_sharpe(trials, 1.0) / sharpe) ** 2)


def effective_trials(returns: ArrayLike, *, trials: float | None = None) -> float:
    """Number of independent trials that correlated ones amount to.

    r + (1 - r) N, r the mean correlation of two strategies (Bailey and López de Prado 2014,
    appendix): N where they are uncorrelated, 1 where they are copies of each other.

    In between it is strict about clusters: of N strategies in uncorrelated clusters of copies it
    never makes fewer than there are clusters, but it may make many more (two clusters of N/2 count
    as N/2 + 1), and the more so where negative correlations hide positive ones in the mean. It is
    lenient where one thing common to all explains their correlation, for that also narrows the
    variance of their Sharpe ratios, and the two together correct too little: of 100 strategies
    without skill, correlated by 0.9, the best had a :func:`deflated_sharpe` above 0.95 in 7 % of
    draws, and in 5 % by their plain number. So the plain number is the strict one, and this stands
    beside it. The participation ratio of the eigenvalues, (Σλ)² / Σλ², another estimate in use, let
    20 % pass, and 27 % at a correlation of 0.6.

    Parameters
    ----------
    returns : (T, S) simple returns
    trials : N, if ``returns`` are those of a random sample of them; None is S

    Returns
    -------
    float
        From 1 to N.

    Raises
    ------
    ArgumentError
        If returns are not a table of finite numbers, or there are fewer ``trials`` than strategies.

    Examples
    --------
    >>> one, other = np.array([0.01, -0.01, 0.01, -0.01]), np.array([0.01, 0.01, -0.01, -0.01])
    >>> effective_trials(np.column_stack([one, other]))
    2.0
    >>> effective_trials(np.column_stack([one, one, one]))
    1.0
    """
    (r,) = _numbers(returns=returns)
    if r.ndim != 2 or r.size == 0:
        raise ArgumentError(f"returns: want (T, S), T and S at least 1, got shape {r.shape}")
    if np.isnan(r).any():
        raise ArgumentError("returns: want finite numbers, got nan")
    strategies = r.shape[1]
    if trials is not None:
        check_number("trials", trials, strategies, what="as many as there are returns")
    total, varying = _sum_of_standardised(r)
    if varying < 2:
        return 1.0
    number = (strategies if trials is None else trials) * varying / strategies
    # The squared length of the sum of unit vectors is the sum of all their correlations.
    mean = (total @ total - varying) / (varying * (varying - 1))
    return float(np.clip(mean + (1 - mean) * number, 1.0, number))


def _sum_of_standardised(returns: FloatArray) -> tuple[FloatArray, int]:
    """Sum over strategies of their returns about the mean at unit length, (T,), and their number.

    Those that never vary are left out. A table of all correlations would be (S, S).
    """
    total, varying = np.zeros(len(returns)), 0
    for first in range(0, returns.shape[1], _BLOCK):
        some = returns[:, first : first + _BLOCK]
        gap = some - some.mean(axis=0)
        length = np.sqrt(np.einsum("ts,ts->s", gap, gap))
        varies = np.ptp(some, axis=0) > _STILL
        total += gap @ np.divide(1.0, length, out=np.zeros_like(length), where=varies)
        varying += int(varies.sum())
    return total, varying


def _estimate(
    sharpe: ArrayLike,
    benchmark: ArrayLike,
    skew: ArrayLike,
    kurtosis: ArrayLike,
    variance: Literal["observed", "null"],
) -> tuple[FloatArray, FloatArray, int]:
    """Gap to the benchmark, standard deviation of an estimate times √(n - lost), and lost."""
    observed, null, third, fourth = _numbers(
        sharpe=sharpe, benchmark=benchmark, skew=skew, kurtosis=kurtosis
    )
    least = (1 + third * third) * (1 - 1e-9)  # measured moments may miss it by rounding
    if (fourth < least).any():
        raise ArgumentError(
            "kurtosis: want a raw one (3 for a normal distribution), 1 + skew² or more, got "
            f"{kurtosis!r} with skew {skew!r}"
        )
    if variance not in ("observed", "null"):
        raise ArgumentError(f"variance: want 'observed' or 'null', got {variance!r}")
    at, lost = (observed, 1) if variance == "observed" else (null, 0)
    square = 1 - third * at + (fourth - 1) / 4 * at * at
    return observed - null, np.sqrt(np.maximum(square, 0.0)), lost


def _numbers(**values: ArrayLike) -> list[FloatArray]:
    """Arrays of finite numbers or NaN, which go together."""
    arrays = []
    for name, each in values.items():
        try:
            array = np.asarray(each, dtype=np.float64)
        except (TypeError, ValueError):
            raise ArgumentError(f"{name}: want numbers, got {each!r}") from None
        if np.isinf(array).any():
            raise ArgumentError(f"{name}: want finite numbers, got {each!r}")
        arrays.append(array)
    try:
        np.broadcast(*arrays)
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ArgumentError(
            f"{', '.join(values)}: want () or (S,) of one S, got {shapes}"
        ) from None
    return arrays


def _normal(distance: FloatArray) -> FloatArray:
    """Normal distribution function; by erfc, which is exact far below zero as well."""
    tails = np.frompyfunc(erfc, 1, 1)(-distance / np.sqrt(2.0))
    return _figure(np.asarray(tails, dtype=np.float64) / 2.0)


def _upper(count: FloatArray) -> FloatArray:
    """Quantile of the normal distribution that one of ``count`` exceeds, count above 1."""
    exceeded = np.frompyfunc(NormalDist().inv_cdf, 1, 1)(
        1.0 / np.maximum(count, np.nextafter(1, 2))
    )
    return -np.asarray(exceeded, dtype=np.float64)  # of 1/N: 1 - 1/N would lose digits


def _figure(values: FloatArray) -> FloatArray:
    """Scalar for one, array for many."""
    figure: FloatArray = np.asarray(values)[()]
    return figure
