"""What share of a layer each member gets.

A weighting is asked at the rebalancing rows alone and knows closes up to each; shares are positive
and sum to 1 over the members that are there.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count, is_number, keep_numbers
from rotation.errors import ArgumentError, DataError
from rotation.tables import Prices, read_shares

__all__ = ["Capped", "Equal", "Given", "InverseVolatility", "Weighting"]


class Weighting(Protocol):
    """Anything that shares a layer out among its members."""

    def __call__(self, prices: Prices, rows: IntArray, live: BoolArray, /) -> FloatArray:
        """Shares (K, N) at ``rows`` (K,) among the members that are ``live`` (K, N)."""
        ...


@dataclass(frozen=True, slots=True)
class Equal:
    """Equal shares."""

    def __call__(self, prices: Prices, rows: IntArray, live: BoolArray) -> FloatArray:  # noqa: ARG002
        """Shares (K, N) of the live members."""
        return _shared(live.astype(np.float64))


@dataclass(frozen=True, slots=True)
class InverseVolatility:
    """Shares inverse to the volatility of recent daily log returns.

    Parameters
    ----------
    days : returns to look back, at least 2; a member with fewer gets the mean of the others'
        inverse volatilities, so that one that has just been listed has an average share
    """

    days: int = 63

    def __post_init__(self) -> None:
        check_count("days", self.days, 2, "returns")

    def __call__(self, prices: Prices, rows: IntArray, live: BoolArray) -> FloatArray:
        """Shares (K, N) of the live members."""
        returns = np.diff(np.log(prices.close), axis=0, prepend=np.nan)
        inverse = np.full(live.shape, np.nan)
        for k, row in enumerate(rows):
            window = returns[max(row + 1 - self.days, 0) : row + 1]
            if len(window) == self.days:
                spread = np.std(window, axis=0, ddof=1)
                np.divide(1.0, spread, out=inverse[k], where=spread > 0)
        inverse[~live] = np.nan
        known = ~np.isnan(inverse)
        total, count = np.where(known, inverse, 0.0).sum(axis=1), known.sum(axis=1)
        mean = np.where(count > 0, total / np.maximum(count, 1), 1.0)
        return _shared(np.where(live, np.where(known, inverse, mean[:, None]), 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Shares from a table of market values, or of any weights, point in time.

    Parameters
    ----------
    table : DataFrame by date and ticker of numbers of 0 or more; a rebalancing uses the newest
        row that is not after it
    """

    table: pd.DataFrame

    def __call__(self, prices: Prices, rows: IntArray, live: BoolArray) -> FloatArray:
        """Shares (K, N) of the live members.

        Raises
        ------
        DataError
            If a live member has no number at a rebalancing, or all have 0.
        """
        given = read_shares("table", self.table, prices.columns)
        place = given.index.searchsorted(prices.sessions[rows], side="right") - 1
        if (place < 0).any():
            first = prices.sessions[rows[0]]
            raise DataError(f"table: want a row by {first:%Y-%m-%d}, the first rebalancing")
        values = given.to_numpy()[place]
        missing = live & np.isnan(values)
        if missing.any():
            k, column = np.argwhere(missing)[0]
            raise DataError(
                f"table: {prices.columns[column]} has no number for "
                f"{prices.sessions[rows[k]]:%Y-%m-%d}"
            )
        return _shared(np.where(live, np.nan_to_num(values), 0.0))


@dataclass(frozen=True, slots=True)
class Capped:
    """Another weighting with no share above a cap; what is cut goes to the rest in proportion.

    Parameters
    ----------
    weighting : to cap
    cap : highest share, above 0 and at most 1; with fewer than 1 / cap members all are equal

    Raises
    ------
    ArgumentError
        If there is no weighting to cap, or the cap is no such share.
    """

    weighting: Weighting
    cap: float

    def __post_init__(self) -> None:
        if not callable(self.weighting) or isinstance(self.weighting, type):
            raise ArgumentError(f"weighting: want a Weighting, got {self.weighting!r}")
        if not (is_number(self.cap) and 0 < self.cap <= 1):
            raise ArgumentError(f"cap: want a share above 0 and at most 1, got {self.cap!r}")
        keep_numbers(self, "cap")

    def __call__(self, prices: Prices, rows: IntArray, live: BoolArray) -> FloatArray:
        """Shares (K, N) of the live members."""
        shares = self.weighting(prices, rows, live)
        cap = np.maximum(self.cap, 1.0 / live.sum(axis=1, keepdims=True))
        capped = np.zeros_like(live)
        for _ in range(live.shape[1]):  # each round caps one member more, or none and ends
            over = live & ~capped & (shares > cap)
            if not over.any():
                break
            capped |= over
            free = np.where(capped, 0.0, shares)
            # Where the rest have no share to be in proportion to, they have equal ones.
            none = free.sum(axis=1, keepdims=True) == 0
            free = np.where(none & live & ~capped, 1.0, free)
            left = 1.0 - np.where(capped, cap, 0.0).sum(axis=1, keepdims=True)
            total = free.sum(axis=1, keepdims=True)
            scale = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
            # Rows that are done stay as they are to the last bit, whatever later rows still need.
            again = over.any(axis=1, keepdims=True)
            shares = np.where(again, np.where(capped, cap, free * scale), shares)
        return _shared(shares)


def _shared(values: FloatArray) -> FloatArray:
    total = values.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise DataError("weighting: want a share above 0 for one member at least, got none")
    shares: FloatArray = values / total
    return shares
