"""Which of all combinations a sweep takes: those that a user keeps, or a sample of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, IntArray
from rotation.checks import check_count
from rotation.errors import ArgumentError
from rotation.grid.axes import Product

__all__ = ["LatinHypercube", "Where", "choose", "some_of"]

Where: TypeAlias = Callable[[pd.DataFrame], "pd.Series[bool] | BoolArray"]
"""Which combinations to keep: of a frame, a column an axis, True or False for each row."""

_CHUNK = 200_000  # combinations that `where` sees at once: tens of megabytes
_LISTED = 10_000_000  # combinations of which all are looked at for a sample: about a second
_SEEN = 1_000_000_000  # combinations of which all are looked at for a grid: minutes


@dataclass(frozen=True, slots=True)
class LatinHypercube:
    """A sample that spreads over all the values of every axis.

    Over the draws each axis takes every value in equal numbers, give or take one; if it has more
    values than there are draws, one from each of as many stretches of them. Which go together is
    random (McKay, Beckman and Conover 1979, with values for intervals). A combination that is drawn
    twice counts once and one that ``where`` drops is not drawn again, so fewer may be left.

    Parameters
    ----------
    draws : combinations to draw, at least 1

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> base = Strategy(Momentum(126), Switch(), Schedule("M"))
    >>> axes = {"signal.days": range(1, 100), "rule.margin": [0.0, 0.01]}
    >>> from rotation.grid import Grid
    >>> grid = Grid.of(base, axes, sample=LatinHypercube(4))
    >>> sorted(margin for _, margin in grid.index())
    [0.0, 0.0, 0.01, 0.01]
    """

    draws: int

    def __post_init__(self) -> None:
        check_count("draws", self.draws, 1, "combinations")

    def digits(self, values: int, rng: np.random.Generator) -> IntArray:
        """Which of so many values each draw takes, (draws,)."""
        # Every values-th of the whole numbers below draws * values, of which each value has as many
        # as there are draws: so each is taken as often as any other, or once more.
        steps = np.arange(self.draws, dtype=np.intp) * values + rng.integers(values)
        return rng.permutation(steps // self.draws)


def some_of(chosen: IntArray | None, start: int, stop: int) -> IntArray:
    """Places from the ``start``-th to before the ``stop``-th; of all, if none were chosen."""
    return np.arange(start, stop, dtype=np.intp) if chosen is None else chosen[start:stop]


def choose(
    product: Product,
    where: Where | None,
    sample: int | LatinHypercube | None,
    rng: np.random.Generator,
) -> IntArray | None:
    """Places that ``where`` keeps and the sample takes, ascending; None for all."""
    if isinstance(sample, LatinHypercube):
        digits = [sample.digits(len(axis.choices), rng) for axis in product.axes]
        steps = zip(digits, product.steps, strict=True)
        drawn = np.unique(np.sum([each * step for each, step in steps], axis=0, dtype=np.intp))
        return drawn if where is None else _kept(product, where, drawn)
    if sample is not None:
        check_count("sample", sample, 1, "strategies")
    if where is not None and (sample is None or product.size <= max(_LISTED, 20 * sample)):
        if product.size > _SEEN:
            raise ArgumentError(
                f"where: want at most {_SEEN:,} combinations to look at, or a sample; "
                f"got {product.size:,}"
            )
        kept = _kept(product, where, None)
        return kept if sample is None else np.sort(kept[_draw(len(kept), sample, rng)])
    if sample is None:
        return None
    if where is None:
        return np.sort(_draw(product.size, sample, rng))
    return _sift(product, where, sample, rng)


def _draw(size: int, sample: int, rng: np.random.Generator) -> IntArray:
    if sample > size:
        raise ArgumentError(f"sample: want at most the {size:,} that there are, got {sample:,}")
    return rng.choice(size, sample, replace=False, shuffle=False).astype(np.intp)


def _sift(product: Product, where: Where, sample: int, rng: np.random.Generator) -> IntArray:
    """A sample of those that ``where`` keeps of more than can be looked at."""
    kept, waiting, drawn = np.empty(0, dtype=np.intp), [], 0
    while drawn < 1000 * sample + _LISTED:
        places = rng.integers(product.size, size=_CHUNK, dtype=np.intp)
        drawn += _CHUNK
        waiting.append(places[_allowed(product, where, places)])
        if len(kept) + sum(map(len, waiting)) >= sample:
            kept, waiting = np.concatenate([kept, *waiting]), []
            # The first of each: what draws without replacement would have given.
            kept = kept[np.sort(np.unique(kept, return_index=True)[1])]
        if len(kept) >= sample:
            return np.sort(kept[:sample])
    found = len(np.unique(np.concatenate([kept, *waiting])))
    raise ArgumentError(
        f"where: want it to keep {sample:,} of {drawn:,} combinations drawn, got {found:,}; "
        "take a smaller sample, or axes of which it keeps more"
    )


def _kept(product: Product, where: Where, among: IntArray | None) -> IntArray:
    """Those that ``where`` keeps of some places, or of all."""
    count = product.size if among is None else len(among)
    pieces = []
    for start in range(0, count, _CHUNK):
        places = some_of(among, start, min(start + _CHUNK, count))
        pieces.append(places[_allowed(product, where, places)])
    kept = np.concatenate(pieces)
    if not len(kept):
        raise ArgumentError("where: want one combination left or more, got none")
    return kept


def _allowed(product: Product, where: Where, places: IntArray) -> BoolArray:
    """Whether ``where`` keeps each of places (S,)."""
    combinations = product.index(places).to_frame(index=False)
    try:
        said = where(combinations)
    except KeyError as error:
        names = ", ".join(map(str, combinations))
        raise ArgumentError(f"where: want it to look at {names}, got {error}") from error
    moved = isinstance(said, pd.Series) and not said.index.equals(pd.RangeIndex(len(places)))
    allowed = np.asarray(said)
    if moved or allowed.shape != places.shape or allowed.dtype != np.bool_:
        raise ArgumentError(
            f"where: want True or False for each of {len(places)} rows, in their order, "
            f"got {allowed.dtype} of shape {allowed.shape}{' in another order' if moved else ''}"
        )
    return allowed
