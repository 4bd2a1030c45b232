"""What a trade costs, and the exact self-financing trade.

The value after a trade is the one root of the equation of :func:`settle`: every cost is paid out
of the value itself, and nothing is left over.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from rotation.arrays import FloatArray
from rotation.checks import check_number, keep_copies
from rotation.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Costs", "Impact", "Rate", "headroom", "root", "settle"]


Rate: TypeAlias = "float | pd.Series | pd.DataFrame"
"""A rate for all, by name or session (Series), or by both (DataFrame)."""


@dataclass(frozen=True, slots=True, eq=False)
class Impact:
    """Square-root impact: trading x of an asset costs ``c |x| √(|x| / volume)``.

    Parameters
    ----------
    volume : DataFrame (T, N) of the money that each asset turns over in a session, account currency
    coefficient : c, what trading a whole session's volume would cost as a fraction; a number, a
        Series by name, as daily volatilities are, or a DataFrame

    Raises
    ------
    ArgumentError
        If the coefficient is no number of 0 or more, nor a table of them.

    Notes
    -----
    The square-root law of market impact (Torre 1997; Almgren, Thum, Hauptmann and Li 2005; Toth et
    al. 2011). It makes costs depend on the capital: only ``capital`` in money gives it a meaning.
    """

    volume: "pd.DataFrame"
    coefficient: Rate = 1.0

    def __post_init__(self) -> None:
        _check_rate("coefficient", self.coefficient, highest=np.inf)
        keep_copies(self, "volume", "coefficient")


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs, as fractions of the amount traded.

    Parameters
    ----------
    buy, sell : proportional rates, at least 0 and below 1; 0.001 is 10 basis points; a number, a
        Series by name or by session, or a DataFrame of both
    slippage : a further rate on both sides, for prices that are worse than the table's
    impact : square-root market impact

    Raises
    ------
    ArgumentError
        If a rate is none or outside [0, 1), or ``impact`` is no Impact.

    Examples
    --------
    >>> Costs.bps(10)
    Costs(buy=0.001, sell=0.001, slippage=0.0, impact=None)
    """

    buy: Rate = 0.0
    sell: Rate = 0.0
    slippage: Rate = 0.0
    impact: Impact | None = None

    def __post_init__(self) -> None:
        for side in ("buy", "sell", "slippage"):
            _check_rate(side, getattr(self, side))
        if not (self.impact is None or isinstance(self.impact, Impact)):
            raise ArgumentError(f"impact: want Impact, got {self.impact!r}")
        keep_copies(self, "buy", "sell", "slippage")

    @classmethod
    def bps(cls, both: float) -> Self:
        """Rate of ``both`` basis points on each side.

        Raises
        ------
        ArgumentError
            If it is not a number of basis points from 0 to below 10,000.
        """
        check_number("bps", both, 0, what="basis points")
        rate = float(both) / 10_000
        return cls(buy=rate, sell=rate)

    @property
    def uniform(self) -> bool:
        """Whether all names pay the same, whatever they trade."""
        return self.impact is None and all(
            np.ndim(rate) == 0 for rate in (self.buy, self.sell, self.slippage)
        )


def settle(
    value: ArrayLike,
    holdings: ArrayLike,
    targets: ArrayLike,
    *,
    buy: ArrayLike,
    sell: ArrayLike,
) -> FloatArray:
    r"""Value of an account after it has traded to its target weights and paid for it.

    The root :math:`v` of

    .. math:: v + \sum_i b_i (w_i v - h_i)^+ + s_i (h_i - w_i v)^+ = V.

    Parameters
    ----------
    value : (...) value before the trade V, account currency
    holdings : (..., N) money in each asset h; the rest of the value is cash
    targets : (..., N) wanted weights w of the value after the trade; the rest is cash
    buy, sell : (..., N) rates b and s, fractions in [0, 1)

    Returns
    -------
    (...) value after the trade v; positive if and only if selling everything would leave something

    Raises
    ------
    ArgumentError
        If a rate is outside [0, 1), if anything is not finite, if the shapes do not broadcast, or
        if :math:`1 - \sum (w^+ s + w^- b)` is not positive, so that no single root exists.

    Notes
    -----
    The left side is convex and piecewise linear in v, so Newton's method from v = V falls
    monotonically; each asset changes side at most once, so it ends in at most N + 1 steps.

    Examples
    --------
    A full switch from the first asset to the second keeps (1 - s) / (1 + b):

    >>> round(float(settle(1.0, [1.0, 0.0], [0.0, 1.0], buy=0.001, sell=0.001)), 12)
    0.998001998002
    """
    before, *rest = (
        _finite(name, each)
        for name, each in [
            ("value", value),
            ("holdings", holdings),
            ("targets", targets),
            ("buy", buy),
            ("sell", sell),
        ]
    )
    _check_fractions("buy", rest[2])
    _check_fractions("sell", rest[3])
    try:
        held, wanted, bought, sold = (
            np.moveaxis(each, -1, 0)
            for each in np.broadcast_arrays(*map(np.atleast_1d, rest), before[..., None])[:4]
        )
    except ValueError:
        shapes = ", ".join(str(each.shape) for each in (before, *rest))
        raise ArgumentError(
            "settle: want shapes (...), (..., N), (..., N), (..., N), (..., N) that broadcast, "
            f"got {shapes}"
        ) from None
    if not np.all(headroom(wanted, bought, sold) > 0):
        raise ArgumentError(
            "targets: want 1 - sum(w+ sell + w- buy) above 0, so that the trade can pay for "
            f"itself, got {np.min(headroom(wanted, bought, sold)):.6g}"
        )
    return root(np.broadcast_to(before, held.shape[1:]), held, wanted, bought, sold)


def headroom(targets: FloatArray, buy: float | FloatArray, sell: float | FloatArray) -> FloatArray:
    """λ = 1 - Σ(w⁺ sell + w⁻ buy), reduced over axis 0 (N); a trade has one root if it is above 0.

    Examples
    --------
    >>> float(headroom(np.array([1.5, -0.5]), np.array([0.01, 0.01]), np.array([0.02, 0.02])))
    0.965
    """
    spent: FloatArray = np.where(targets > 0, targets * sell, -targets * buy).sum(axis=0)
    return 1.0 - spent


def root(
    value: FloatArray,
    holdings: FloatArray,
    targets: FloatArray,
    buy: float | FloatArray,
    sell: float | FloatArray,
    impact: FloatArray | None = None,
) -> FloatArray:
    """:func:`settle` for checked arrays with the assets on axis 0, where numpy adds fastest.

    Parameters
    ----------
    value : (...), and holdings, targets, buy, sell : (N, ...), broadcast to one another
    impact : (N, ...) k of a further cost of k |w v - h| to the power 3/2; convex too, but no longer
        linear, so that Newton falls until it rests, in ten steps or so

    Returns
    -------
    (...) value after the trade
    """
    if impact is not None:
        return _newton(value, holdings, targets, buy, sell, impact)
    traded = np.asarray(targets * value)
    traded -= holdings
    bought = traded > 0
    side = np.multiply(bought, np.add(buy, sell), dtype=np.float64)
    side -= sell
    cost, slope = (np.einsum("n...,n...->...", side, each) for each in (traded, targets))
    after = np.asarray(value - cost / (1.0 + slope))
    # Most often that ends it, for no asset changes side. Only the others go on.
    turned = ((np.multiply(targets, after, out=traded) > holdings) != bought).any(axis=0)
    if turned.any():
        few = [np.broadcast_to(rate, holdings.shape)[:, turned] for rate in (buy, sell)]
        after[turned] = _newton(value[turned], holdings[:, turned], targets[:, turned], *few)
    return after


def _newton(
    value: FloatArray,
    holdings: FloatArray,
    targets: FloatArray,
    buy: float | FloatArray,
    sell: float | FloatArray,
    impact: FloatArray | None = None,
) -> FloatArray:
    after, sell = value, np.negative(sell)
    while True:
        # On the line that touches at `after`, an asset that is bought costs its buy rate and one
        # that is sold its sell rate: height and slope of that line follow from the sides.
        bought = targets * after
        side = np.where(bought > holdings, buy, sell)
        height, slope = (side * holdings).sum(axis=0), (side * targets).sum(axis=0)
        if impact is not None:
            traded = bought - holdings
            sign, size = np.sign(traded), np.abs(traded)
            curve = impact * np.sqrt(size)
            slope = slope + (1.5 * sign * curve * targets).sum(axis=0)
            height = height + (curve * (0.5 * size + 1.5 * sign * holdings)).sum(axis=0)
        lower = (value + height) / (1.0 + slope)
        if not np.any(lower < after):
            return np.array(after)
        after = np.minimum(after, lower)


def _finite(name: str, values: ArrayLike) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise ArgumentError(f"{name}: want numbers, got {values!r}")
    if not np.all(np.isfinite(array)):
        raise ArgumentError(f"{name}: want finite numbers, got {array[~np.isfinite(array)][0]}")
    return array.astype(np.float64)


def _check_rate(name: str, rate: ArrayLike, *, highest: float = 1.0) -> None:
    if np.ndim(rate) and not hasattr(rate, "reindex"):
        raise ArgumentError(f"{name}: want a number, a Series or a DataFrame, got {rate!r}")
    if np.ndim(rate):  # what is not listed needs no rate: NaN is judged beside the closes
        rates = np.asarray(rate)
        rate = rates[~np.isnan(rates)] if rates.dtype.kind == "f" else rates
    _check_fractions(name, _finite(name, rate), highest)


def _check_fractions(name: str, rate: FloatArray, highest: float = 1.0) -> None:
    wrong = (rate < 0) | (rate >= highest)
    if np.any(wrong):
        raise ArgumentError(
            f"{name}: want a rate as a fraction in [0, {highest:g}), 0.001 for 10 bp, "
            f"got {rate[wrong][0]:g}"
        )
