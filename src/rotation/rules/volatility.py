"""Less of another rule's weights when they swing more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_count, check_positive, keep_numbers
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, WeightRule, bind
from rotation.rules.inner import check_rule, reasons_of, weights_of

__all__ = ["VolTarget", "realised_volatility", "target_volatility"]

_CELLS = 1 << 20  # returns looked at in one go


def realised_volatility(
    weights: FloatArray, close: FloatArray, rows: IntArray, days: int, *, periods: float = 252
) -> FloatArray:
    """Annualised volatility that weights would have had over the newest ``days`` returns.

    It is the sample standard deviation of the daily simple returns of one who had held these
    weights on each of the days, times the root of ``periods``.

    Parameters
    ----------
    weights : (K, S, L)
    close : (T, L) closes, NaN where not listed
    rows : (K,) rows of the closes at which the weights are wanted; later rows do not matter
    days : returns to look back, at least 2
    periods : sessions a year

    Returns
    -------
    (K, S), NaN where a layer with a weight has fewer returns than ``days``

    Examples
    --------
    >>> close = np.array([[1.0], [1.01], [1.0], [1.01]])
    >>> realised_volatility(np.ones((1, 1, 1)), close, np.array([3]), days=3).round(4)
    array([[0.1824]])
    """
    volatility = np.full(weights.shape[:2], np.nan)
    whole = np.flatnonzero(rows >= days)
    if not len(whole):
        return volatility
    windows = sliding_window_view(close[1:] / close[:-1] - 1.0, days, axis=0)  # (T - days, L, days)
    size = max(1, _CELLS // (days * close.shape[1]))
    for start in range(0, len(whole), size):
        some = whole[start : start + size]
        returns: FloatArray = windows[rows[some] - days]
        mean = returns.mean(axis=2)
        unknown = np.isnan(mean)
        off = returns - mean[:, :, None]
        off[unknown] = 0.0
        covariance = off @ off.swapaxes(1, 2) / (days - 1)
        held = weights[some]
        variance = (held @ covariance * held).sum(axis=2)
        known = ~(unknown[:, None, :] & (held != 0)).any(axis=2)
        # The variance of opposite weights may round to below 0.
        root = np.sqrt(np.maximum(variance, 0.0) * periods)
        volatility[some] = np.where(known, root, np.nan)
    return volatility


def target_volatility(
    weights: FloatArray,
    volatility: FloatArray,
    target: float | FloatArray,
    most: float | FloatArray = 1.0,
) -> FloatArray:
    """Weights scaled to a volatility, by ``most`` at the most.

    Where the volatility is not known nothing is held; where it is 0 the scale is ``most``. Barroso
    and Santa-Clara (2015) scale momentum like this; Harvey and others (2018) whole markets.

    Parameters
    ----------
    weights : (K, S, L)
    volatility : (K, S) of the weights, NaN where not known
    target : volatility wanted, in the same unit, above 0; one for all strategies or one for each
        (S,)
    most : largest scale, above 0, likewise; above 1 it may borrow

    Returns
    -------
    (K, S, L) weights

    Examples
    --------
    >>> target_volatility(np.array([[[0.5, 0.5]]]), np.array([[0.2]]), target=0.1)
    array([[[0.25, 0.25]]])
    """
    scale = np.full(volatility.shape, np.inf)
    np.divide(target, volatility, out=scale, where=volatility > 0)
    scale = np.where(np.isnan(volatility), 0.0, np.minimum(scale, most))
    scaled: FloatArray = weights * scale[:, :, None]
    return scaled


@dataclass(frozen=True, slots=True)
class VolTarget:
    """Another rule's weights scaled so that their recent volatility meets a target.

    The scale is target / volatility, by ``most`` at the most, and the rest is cash. The
    volatility is that of the weights wanted, over the newest ``days`` daily returns up to the
    decision, each layer's own; see :func:`rotation.rules.realised_volatility`. While a layer
    that the rule wants has fewer returns, nothing is held.

    Parameters
    ----------
    rule : of either kind
    target : annualised volatility, a fraction such as 0.15, above 0
    days : daily returns to look back, at least 2
    periods : sessions a year
    most : largest scale, above 0; above 1 it may borrow

    Examples
    --------
    >>> from rotation.rules import Switch
    >>> VolTarget(Switch(margin=0.02), target=0.15, days=63).most
    1.0
    """

    rule: Rule | WeightRule
    target: float
    days: int
    periods: float = 252
    most: float = 1.0

    def __post_init__(self) -> None:
        check_rule("rule", self.rule)
        check_positive("target", self.target)
        check_count("days", self.days, 2, "returns")
        check_positive("periods", self.periods)
        check_positive("most", self.most)
        keep_numbers(self, "target", "periods", "most")

    def bind(self, history: History) -> WeightRule:
        """The rule for the closes and decisions of a history."""
        inner = replace(self, rule=bind(self.rule, history))
        return _Measured(inner, history.close, history.rows)

    def weigh(self, scores: FloatArray) -> FloatArray:  # noqa: ARG002
        """Nothing before it is bound.

        Raises
        ------
        ArgumentError
            Always.
        """
        raise ArgumentError("rule: VolTarget needs closes; bind it to a history")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Measured:
    """A volatility target, the closes (T, L) that it looks at and the rows (K,) that decide."""

    plan: VolTarget
    close: FloatArray
    rows: IntArray

    def __repr__(self) -> str:
        return repr(self.plan)

    def weigh(self, scores: FloatArray) -> FloatArray:
        """Weights (K, S, L) from scores (K, S, L)."""
        weights = weights_of(self.plan.rule, scores)
        return target_volatility(
            weights, self._volatility(weights), self.plan.target, self.plan.most
        )

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """Why each of the decisions ``moves`` (M,) wants what it wants, given scores (K, L)."""
        weights = weights_of(self.plan.rule, scores[:, None, :])
        volatility = self._volatility(weights)
        scale = target_volatility(
            np.ones((*volatility.shape, 1)), volatility, self.plan.target, self.plan.most
        )[:, 0, 0]
        said = reasons_of(self.plan.rule, scores, moves, names)
        held, known = weights[:, 0].any(axis=1), ~np.isnan(volatility[:, 0])
        enters = np.zeros(len(scores), dtype=bool)  # what the inner rule has held for longer
        enters[1:] = np.logical_and(held, known)[1:] & np.greater(held, known)[:-1]
        entry = f"enter, for {self.plan.days} returns are known; the rule inside: "
        return [
            (entry if enters[k] else "")
            + text
            + self._scaled(weights[k, 0], float(volatility[k, 0]), float(scale[k]))
            for k, text in zip(moves.tolist(), said, strict=True)
        ]

    def _volatility(self, weights: FloatArray) -> FloatArray:
        plan = self.plan
        return realised_volatility(weights, self.close, self.rows, plan.days, periods=plan.periods)

    def _scaled(self, weights: FloatArray, volatility: float, scale: float) -> str:
        if not weights.any():
            return ""
        if np.isnan(volatility):
            return f"; fewer than {self.plan.days} returns, so none of it"
        return f"; volatility {volatility:.1%} a year, so {scale:.1%} of it"
