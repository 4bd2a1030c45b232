"""Value after a trade that pays for itself, by bisection."""

import math
from collections.abc import Mapping


def root(
    value: float,
    holdings: Mapping[str, float],
    targets: Mapping[str, float],
    *,
    buy: Mapping[str, float],
    sell: Mapping[str, float],
    impact: Mapping[str, float] | None = None,
) -> float:
    """The highest v that with its costs makes ``value``, bisected to the last bit.

    ``impact`` is coefficient / √volume by name. With it the costs may be more than any v above 0
    can pay; then there is none, and the answer is -inf.
    """

    def used(v: float) -> float:
        parts = [v]
        for name, held in holdings.items():
            change = targets[name] * v - held
            parts.append(buy[name] * change if change > 0.0 else -sell[name] * change)
            if impact is not None:
                parts.append(impact[name] * abs(change) ** 1.5)
        return math.fsum(parts)

    high = value  # no trade pays: used(value) >= value
    if impact is None:
        step = abs(value) or 1.0
        while used(value - step) > value:
            step *= 2.0
        low = value - step
    else:
        low = lowest(used, 0.0, value)
        if used(low) > value:
            return -math.inf
    for _ in range(2000):
        middle = low + (high - low) / 2.0
        if middle in (low, high):
            break
        if used(middle) > value:
            high = middle
        else:
            low = middle
    return high


def lowest(convex, low: float, high: float) -> float:
    """Where a convex function is lowest between two points, by thirds."""
    for _ in range(200):
        third = (high - low) / 3.0
        if convex(low + third) > convex(high - third):
            low += third
        else:
            high -= third
    return low
