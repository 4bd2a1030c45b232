"""Figures of a return series.

Each takes simple returns per session, (T,) or (T, S), and reduces axis 0; nothing is annualised
but what says so or has ``periods`` sessions a year among its parameters.
"""

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from rotation.arrays import BoolArray, FloatArray
from rotation.checks import is_number
from rotation.errors import ArgumentError

__all__ = [
    "annual_return",
    "annual_volatility",
    "calmar",
    "conditional_value_at_risk",
    "conventions",
    "drawdown",
    "figures",
    "information_ratio",
    "kurtosis",
    "max_drawdown",
    "omega",
    "sharpe",
    "skew",
    "sortino",
    "ulcer",
    "value_at_risk",
]

_ROUNDING = 1e-14  # of returns, whatever made them


def annual_return(returns: ArrayLike, *, periods: float = 252) -> FloatArray:
    """Geometric return a year: growth over n sessions to the power periods / n, less 1.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year

    Returns
    -------
    () or (S,) fraction a year

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``periods`` is not a number above 0.

    Examples
    --------
    >>> round(float(annual_return([0.1, 0.1], periods=1)), 12)
    0.1
    """
    r = _returns(returns)
    return _figure(np.prod(1.0 + r, axis=0) ** (_periods(periods) / len(r)) - 1.0)


def annual_volatility(returns: ArrayLike, *, periods: float = 252) -> FloatArray:
    """Standard deviation (ddof 1) times √periods.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year

    Returns
    -------
    () or (S,) fraction a year; NaN for a single return

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``periods`` is not a number above 0.
    """
    return _figure(_deviation(_returns(returns)) * np.sqrt(_periods(periods)))


def sharpe(returns: ArrayLike, *, periods: float = 252, rate: ArrayLike = 0.0) -> FloatArray:
    """Sharpe ratio (Sharpe 1994): mean excess over its standard deviation (ddof 1), times √periods.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year
    rate : what cash earns per session, a number, (T,) or (T, S)

    Returns
    -------
    () or (S,) annualised ratio; NaN where the excess never varies

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, ``periods`` is not a number above 0, or
        ``rate`` does not fit them.

    Examples
    --------
    >>> round(float(sharpe([0.01, 0.03], periods=1)), 6)
    1.414214
    """
    excess = _excess(_returns(returns), rate)
    return _ratio(np.mean(excess, axis=0), _deviation(excess), periods)


def sortino(returns: ArrayLike, *, periods: float = 252, rate: ArrayLike = 0.0) -> FloatArray:
    """Sortino ratio: mean excess over √mean(min(r - rate, 0)²), all n in the mean, times √periods.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year
    rate : minimum acceptable return per session, a number, (T,) or (T, S)

    Returns
    -------
    () or (S,) annualised ratio; NaN where no return falls short

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, ``periods`` is not a number above 0, or
        ``rate`` does not fit them.
    """
    excess = _excess(_returns(returns), rate)
    downside = np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2, axis=0))
    return _ratio(np.mean(excess, axis=0), downside, periods)


def drawdown(returns: ArrayLike) -> FloatArray:
    """Value over its running peak, less 1, at each session; the starting value counts as a peak.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns

    Returns
    -------
    (T,) or (T, S) fractions, zero or negative

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more.

    Examples
    --------
    >>> drawdown([0.25, -0.2, 0.0]).round(4).tolist()
    [0.0, -0.2, -0.2]
    """
    value = np.cumprod(1.0 + _returns(returns), axis=0)
    return value / np.maximum(np.maximum.accumulate(value, axis=0), 1.0) - 1.0


def max_drawdown(returns: ArrayLike) -> FloatArray:
    """Deepest :func:`drawdown`.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns

    Returns
    -------
    () or (S,) fraction, zero or negative

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more.
    """
    return _deepest(drawdown(returns))


def calmar(returns: ArrayLike, *, periods: float = 252) -> FloatArray:
    """Geometric annual return over the max drawdown without its sign (Young 1991).

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year

    Returns
    -------
    () or (S,) ratio; NaN without a drawdown

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``periods`` is not a number above 0.
    """
    return _ratio(annual_return(returns, periods=periods), _fall(max_drawdown(returns)), 1)


def ulcer(returns: ArrayLike) -> FloatArray:
    """Ulcer index (Martin and McCann 1989): root mean square drawdown.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns

    Returns
    -------
    () or (S,) fraction

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more.
    """
    return _root_mean_square(drawdown(returns))


def omega(returns: ArrayLike, *, rate: ArrayLike = 0.0) -> FloatArray:
    """Gains above ``rate`` over losses below it (Keating and Shadwick 2002).

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    rate : threshold per session, a number, (T,) or (T, S)

    Returns
    -------
    () or (S,) ratio; NaN where nothing falls short

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``rate`` does not fit them.
    """
    excess = _excess(_returns(returns), rate)
    gains = np.sum(np.maximum(excess, 0.0), axis=0)
    return _ratio(gains, -np.sum(np.minimum(excess, 0.0), axis=0), 1)


def value_at_risk(returns: ArrayLike, *, level: float = 0.95) -> FloatArray:
    """Historical value at risk: the (1 - level) quantile of returns.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    level : confidence, above 0 and below 1

    Returns
    -------
    () or (S,) return, negative for a loss

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``level`` is not between 0 and 1.
    """
    if not (isinstance(level, Real) and 0 < level < 1):
        raise ArgumentError(f"level: want a probability between 0 and 1, got {level!r}")
    return _figure(np.quantile(_returns(returns), 1.0 - level, axis=0))


def conditional_value_at_risk(returns: ArrayLike, *, level: float = 0.95) -> FloatArray:
    """Mean of the returns at or below :func:`value_at_risk`.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    level : confidence, above 0 and below 1

    Returns
    -------
    () or (S,) return, negative for a loss

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``level`` is not between 0 and 1.
    """
    return _tail_mean(_returns(returns), value_at_risk(returns, level=level))


def information_ratio(
    returns: ArrayLike, benchmark: ArrayLike, *, periods: float = 252
) -> FloatArray:
    """Mean difference to the benchmark over its standard deviation (ddof 1), times √periods.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    benchmark : (T,) or (T, S) simple returns of the same sessions
    periods : sessions a year

    Returns
    -------
    () or (S,) annualised ratio; NaN where the two differ by no more than rounding

    Raises
    ------
    ArgumentError
        If returns or the benchmark are not finite numbers of -1 or more, their shapes do not fit,
        or ``periods`` is not a number above 0.
    """
    r, other = _returns(returns), _returns(benchmark, "benchmark")
    gap = r - _fitted(other, r, "benchmark: want ")
    risk = _deviation(gap)
    risk = np.where(risk > np.maximum(1e-13 * np.abs(other).max(), 1e-15), risk, 0.0)
    return _ratio(np.mean(gap, axis=0), risk, periods)


def skew(returns: ArrayLike) -> FloatArray:
    """Third standardised moment of the population.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns

    Returns
    -------
    () or (S,); NaN where returns never vary

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more.
    """
    return _moment(_returns(returns), 3)


def kurtosis(returns: ArrayLike) -> FloatArray:
    """Fourth standardised moment of the population, raw: 3 for a normal distribution.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns

    Returns
    -------
    () or (S,); NaN where returns never vary

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more.
    """
    return _moment(_returns(returns), 4)


def figures(returns: ArrayLike, *, periods: float = 252) -> dict[str, FloatArray]:
    """All figures that need nothing but returns, by name, at less than the cost of each by itself.

    Parameters
    ----------
    returns : (T,) or (T, S) simple returns
    periods : sessions a year

    Returns
    -------
    dict of () or (S,), with rates of 0 and a level of 0.95

    Raises
    ------
    ArgumentError
        If returns are not finite numbers of -1 or more, or ``periods`` is not a number above 0.

    Examples
    --------
    >>> {name: round(float(figure), 4) for name, figure in figures([0.1, -0.1]).items()}["ulcer"]
    0.0707
    """
    r = _returns(returns)
    depth, grown, risk = drawdown(r), annual_return(r, periods=periods), value_at_risk(r)
    return {
        "annual_return": grown,
        "annual_volatility": annual_volatility(r, periods=periods),
        "sharpe": sharpe(r, periods=periods),
        "sortino": sortino(r, periods=periods),
        "max_drawdown": _deepest(depth),
        "calmar": _ratio(grown, _fall(_deepest(depth)), 1),
        "ulcer": _root_mean_square(depth),
        "omega": omega(r),
        "value_at_risk": risk,
        "conditional_value_at_risk": _tail_mean(r, risk),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
    }


def conventions(periods: float = 252) -> str:
    """Sentence that every table of figures carries.

    Parameters
    ----------
    periods : sessions a year
    """
    return (
        f"Simple returns per session after costs, {periods:g} sessions a year: annual return "
        "geometric; volatility ddof 1; Sharpe arithmetic mean over volatility; Sortino over all "
        "sessions; both, and Omega, against a rate of 0; drawdown from the running peak, start "
        "included; Calmar annual return over max drawdown; skew and raw kurtosis of the "
        "population; VaR and CVaR historical at 95 %; turnover two-sided; cost the share of final "
        "value that trading took."
    )


def _returns(returns: ArrayLike, name: str = "returns") -> FloatArray:
    r = _numbers(returns, name)
    if r.ndim not in (1, 2) or r.size == 0:
        raise ArgumentError(f"{name}: want (T,) or (T, S) with T at least 1, got shape {r.shape}")
    sound = np.isfinite(r) & (r >= -1.0)
    if not sound.all():
        raise ArgumentError(
            f"{name}: want finite numbers of -1 or more, got {r[~sound][0]} "
            f"in row {int(np.argwhere(~sound)[0, 0])}"
        )
    return r


def _numbers(values: ArrayLike, name: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name}: want numbers, got {values!r}") from None


def _excess(returns: FloatArray, rate: ArrayLike) -> FloatArray:
    r = _numbers(rate, "rate")
    if not np.isfinite(r).all():
        raise ArgumentError(f"rate: want finite numbers, got {rate!r}")
    return returns - (_fitted(r, returns, "rate: want a number, ") if r.ndim else r)


def _fitted(values: FloatArray, returns: FloatArray, want: str) -> FloatArray:
    """Values of the same sessions, for all series (T,) or for each (T, S), as they broadcast."""
    shapes = dict.fromkeys([returns.shape[:1], returns.shape])
    if values.shape not in shapes:
        raise ArgumentError(f"{want}{' or '.join(map(str, shapes))}, got shape {values.shape}")
    return values[:, None] if values.ndim < returns.ndim else values


def _fall(drawdown: FloatArray) -> FloatArray:
    """A drawdown (...) without its sign, 0 where it is what rounding leaves of a steady rise."""
    return np.where(drawdown < -1e-12, -drawdown, 0.0)


def _deepest(depth: FloatArray) -> FloatArray:
    return _figure(np.min(depth, axis=0))


def _root_mean_square(depth: FloatArray) -> FloatArray:
    return _figure(np.sqrt(np.mean(depth * depth, axis=0)))


def _tail_mean(returns: FloatArray, risk: FloatArray) -> FloatArray:
    tail = returns <= risk
    return _figure(np.sum(np.where(tail, returns, 0.0), axis=0) / np.sum(tail, axis=0))


def _deviation(values: FloatArray) -> FloatArray:
    """Standard deviation, exactly 0 where nothing varies though rounding says 1e-16."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    return np.where(_varies(values), np.std(values, axis=0, ddof=1), 0.0)


def _varies(values: FloatArray) -> BoolArray:
    """Whether returns differ by more than a ratio of two values may be rounded."""
    high, low = np.max(values, axis=0), np.min(values, axis=0)
    return np.asarray(high - low > _ROUNDING * np.maximum(1.0, np.maximum(high, -low)))


def _ratio(mean: FloatArray, risk: FloatArray, periods: float) -> FloatArray:
    risk = np.where(risk > 0, risk, np.nan)
    return _figure(mean / risk * np.sqrt(_periods(periods)))


def _moment(returns: FloatArray, order: int) -> FloatArray:
    gap = returns - np.mean(returns, axis=0)
    square = gap * gap
    spread = np.where(_varies(returns), np.sqrt(np.mean(square, axis=0)), np.nan)
    power = square * (gap if order == 3 else square)  # numpy's ** is twenty times slower
    return _figure(np.mean(power, axis=0) / spread**order)


def _periods(periods: float) -> float:
    if not (is_number(periods) and 0 < periods < np.inf):
        raise ArgumentError(f"periods: want sessions a year above 0, got {periods!r}")
    return periods


def _figure(values: FloatArray) -> FloatArray:
    """Scalar for one series, array for many."""
    figure: FloatArray = np.asarray(values)[()]
    return figure
