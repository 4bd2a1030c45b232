"""What a trade costs, and the exact self-financing trade.

The value after a trade is the one root of the equation of :func:`settle`: every cost is paid out
of the value itself, and nothing is left over.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from rotation.arrays import FloatArray
from rotation.errors import ArgumentError

__all__ = ["Costs", "headroom", "root", "settle"]


@dataclass(frozen=True, slots=True)
class Costs:
    """Proportional rates, as fractions of the amount traded.

    Parameters
    ----------
    buy, sell : at least 0 and below 1; 0.001 is 10 basis points

    Examples
    --------
    >>> Costs.bps(10)
    Costs(buy=0.001, sell=0.001)
    """

    buy: float = 0.0
    sell: float = 0.0

    def __post_init__(self) -> None:
        for side in ("buy", "sell"):
            rate = getattr(self, side)
            if np.ndim(rate) != 0:
                raise ArgumentError(f"{side}: want one rate, got {rate!r}")
            _check_rate(side, rate)

    @classmethod
    def bps(cls, both: float) -> Self:
        """Rate of ``both`` basis points on each side."""
        try:
            rate = both / 10_000
        except TypeError:
            raise ArgumentError(f"bps: want a number of basis points, got {both!r}") from None
        return cls(buy=rate, sell=rate)


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
    _check_rate("buy", rest[2])
    _check_rate("sell", rest[3])
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
) -> FloatArray:
    """:func:`settle` for checked arrays with the assets on axis 0, where numpy adds fastest.

    Parameters
    ----------
    value : (...), and holdings, targets, buy, sell : (N, ...), broadcast to one another

    Returns
    -------
    (...) value after the trade
    """
    after = value
    while True:
        # On the line that is active at `after`, an asset that is bought costs its buy rate and
        # one that is sold its sell rate: slope and height of that line follow from the sides.
        side = np.where(targets * after > holdings, buy, np.negative(sell))
        lower = (value + (side * holdings).sum(axis=0)) / (1.0 + (side * targets).sum(axis=0))
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


def _check_rate(name: str, rate: ArrayLike) -> None:
    array = _finite(name, rate)
    wrong = (array < 0) | (array >= 1)
    if np.any(wrong):
        raise ArgumentError(
            f"{name}: want a rate as a fraction in [0, 1), 0.001 for 10 bp, got {array[wrong][0]:g}"
        )
