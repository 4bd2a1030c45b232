"""The yardstick: how long a fixed copy and a fixed matrix product take on this machine just now.

Results in units of it compare between machines, and between hours on one. Its sizes never change:
what `history.csv` keeps is counted in them.

The copy is larger than the caches, so it is bound by memory. A product of 64 by 64 is small enough
for BLAS to do in one thread, so it is bound by one core, however many there are; a large one would
measure how many are idle. The work that is timed here lies between the two, so a unit is their
geometric mean: halve the time of either, and every result is counted in units shorter by the same
factor, whatever sizes were chosen. A sum would be mostly the one that happens to be longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import median
from time import perf_counter

import numpy as np

COPIED = 1 << 26  # bytes, twice the last cache of a large processor
SIZE, PRODUCTS = 64, 512
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that the copy and the products took."""

    copy: float
    product: float

    @property
    def unit(self) -> float:
        """Seconds that all results are counted in."""
        return sqrt(self.copy * self.product)

    @property
    def bandwidth(self) -> float:
        """Bytes a second, of which a copy reads as many as it writes."""
        return 2 * COPIED / self.copy


class Kernel:
    """Both pieces of work, with their memory at hand: call it for the pace of the moment."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._source = rng.random(COPIED // 8)
        self._target = np.empty_like(self._source)
        self._factors = rng.random((PRODUCTS, SIZE, SIZE))
        self._products = np.empty_like(self._factors)
        self()  # the first touch of the memory is no copy

    def __call__(self) -> Pace:
        return Pace(
            copy=_seconds(lambda: np.copyto(self._target, self._source)),
            product=_seconds(lambda: np.matmul(self._factors, self._factors, out=self._products)),
        )


def _seconds(work: Callable[[], object]) -> float:
    """Median time of a few runs."""
    taken = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return median(taken)
