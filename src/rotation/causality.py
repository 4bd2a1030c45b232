"""Proof that a part knows no more than it could have.

Changing anything after a row must leave every output up to that row as it was: the future is cut
off and scrambled at many rows, and what moved before them is named.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.errors import ArgumentError, LookAheadError
from rotation.layers import Layers
from rotation.rules import Rule, WeightRule
from rotation.signals import Signal, momentum
from rotation.strategy import Strategy, decide
from rotation.tables import Prices, read_prices

__all__ = ["CausalReport", "check_causal"]

# From closes (T, L) and their sessions to what is known at each row (T, ...).
_Output = Callable[[FloatArray, pd.DatetimeIndex], FloatArray]


@dataclass(frozen=True, slots=True)
class CausalReport:
    """What was tried without finding a look ahead.

    Parameters
    ----------
    part : what was tried
    cuts : sessions after which the future was cut off and scrambled
    too_short : how many of the histories cut off there the part could not take
    """

    part: str
    cuts: tuple[pd.Timestamp, ...]
    too_short: int

    def __str__(self) -> str:
        return (
            f"{self.part} is causal as far as {len(self.cuts)} cuts from "
            f"{self.cuts[0]:%Y-%m-%d} to {self.cuts[-1]:%Y-%m-%d} can tell"
        )


def check_causal(
    obj: Signal | Rule | WeightRule | Strategy, closes: pd.DataFrame | Layers, *, cuts: int = 24
) -> CausalReport:
    """Try to catch a signal, rule or strategy looking ahead.

    Parameters
    ----------
    obj : a signal or strategy, tried on ``closes``; or a rule, tried on momentum scores of them
    closes : DataFrame (T, L) of closes, or Layers
    cuts : rows at which the future is cut off and scrambled, at least 1

    Returns
    -------
    CausalReport

    Raises
    ------
    LookAheadError
        Naming the first row whose output changes, and the latest row whose change it feels.

    Examples
    --------
    >>> from rotation import sample
    >>> closes = sample()[["NVDA", "MSFT"]]
    >>> def centred(close):
    ...     ahead = np.roll(close, -1, axis=0)
    ...     return ahead / close
    >>> check_causal(centred, closes)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rotation.errors.LookAheadError: <function centred ...: its output of ... changes with ...
    """
    prices = read_prices(closes.index if isinstance(closes, Layers) else closes)
    if not isinstance(cuts, (int, np.integer)) or isinstance(cuts, bool) or cuts < 1:
        raise ArgumentError(f"cuts: want 1 or more, got {cuts!r}")
    if len(prices.close) < 3:
        raise ArgumentError(f"closes: want 3 sessions or more, got {len(prices.close)}")
    every = np.arange(len(prices.close) - 1)
    if not isinstance(obj, Strategy):
        return _Probe.of(obj, prices, every).search(int(cuts))
    # What a strategy decides moves only on rows that decide, and seldom; its signal always does.
    rows = obj.schedule.rows(prices.sessions)
    rows = rows[rows < len(prices.close) - 1]
    _Probe.of(obj.signal, prices, every).search(int(cuts))
    return _Probe.of(obj, prices, rows if len(rows) else every).search(int(cuts))


@dataclass(frozen=True, slots=True)
class _Probe:
    """A part's output on the true closes, and on those whose future was tampered with.

    The newest decision of a strategy may be missing: its schedule cannot know yet whether that
    session ends a period.
    """

    part: object
    output: _Output
    prices: Prices
    rows: IntArray  # after which the future can be tampered with
    truth: FloatArray

    @classmethod
    def of(cls, part: object, prices: Prices, rows: IntArray) -> "_Probe":
        output = _output(part, len(prices.close))
        truth = output(prices.close, prices.sessions)
        if truth.ndim == 0 or len(truth) != len(prices.close):
            raise ArgumentError(
                f"obj: want an output for each of {len(prices.close)} sessions of {part!r}, "
                f"got shape {truth.shape}"
            )
        return cls(part, output, prices, rows, truth)

    def search(self, cuts: int) -> CausalReport:
        """Tamper with the future after some rows, and name the first that feels it."""
        places = np.linspace(0, len(self.rows) - 1, cuts + 1).round().astype(int)[1:]
        at = np.unique(self.rows[places]).tolist()
        for cut in at:
            row = self.first_moved(cut)
            if row is not None:
                row = self.earliest(cut, row)
                raise LookAheadError(
                    f"{self.part!r}: its output of {self.prices.sessions[row]:%Y-%m-%d} changes "
                    f"with {self.what_moves(row)}"
                )
        short = sum(self.cut_off(cut) is None for cut in at)
        return CausalReport(repr(self.part), tuple(self.prices.sessions[at]), short)

    def first_moved(self, cut: int) -> int | None:
        """First row up to ``cut`` that feels what comes after it."""
        moved = [self._moved(self.scrambled(cut + 1), cut)]
        short = self.cut_off(cut)
        if short is not None:
            # Sums over fewer rows may round differently: a last digit is no look ahead.
            same = np.isclose(short, self.truth[: cut + 1], rtol=1e-9, atol=0, equal_nan=True)
            if isinstance(self.part, Strategy):
                same[-1] |= np.isnan(short[-1])
            moved.append(_first(~same))
        return min((row for row in moved if row is not None), default=None)

    def earliest(self, cut: int, row: int) -> int:
        """First row that looks ahead if all after it do, given that ``row`` feels after ``cut``."""
        low, high = -1, int(np.searchsorted(self.rows, cut))
        while high - low > 1:
            middle = (low + high) // 2
            moved = self.first_moved(int(self.rows[middle]))
            low, high, row = (middle, high, row) if moved is None else (low, middle, moved)
        return row

    def what_moves(self, row: int) -> str:
        """The latest close that the output of ``row`` feels."""
        low, high = row, len(self.truth)  # it feels a change from row low + 1 on, none from high on
        while high - low > 1:
            middle = (low + high) // 2
            felt = self._moved(self.scrambled(middle), row) is not None
            low, high = (middle, high) if felt else (low, middle)
        if low == row:
            return "how long the history goes on after it"
        return f"closes as late as {self.prices.sessions[low]:%Y-%m-%d}"

    def scrambled(self, start: int) -> FloatArray:
        """Output when closes from row ``start`` on go another way."""
        rng = np.random.default_rng(start)
        other = self.prices.close.copy()
        steps = rng.normal(0.0, 0.05, other[start:].shape).cumsum(axis=0)
        other[start:] *= np.exp(steps + rng.normal(0.0, 0.5, other.shape[1]))
        return self.output(other, self.prices.sessions)

    def cut_off(self, cut: int) -> FloatArray | None:
        """Output when the history ends with row ``cut``, None if the part cannot take that."""
        close, sessions = self.prices.close[: cut + 1], self.prices.sessions[: cut + 1]
        try:
            short = self.output(close.copy(), sessions)
        except Exception:  # whatever a user's part raises on a short history is no look ahead
            return None
        return short if short.shape == self.truth[: cut + 1].shape else None

    def _moved(self, output: FloatArray, cut: int) -> int | None:
        same = (output == self.truth) | (np.isnan(output) & np.isnan(self.truth))
        return _first(~same[: cut + 1])


def _first(moved: BoolArray) -> int | None:
    rows = np.flatnonzero(moved.reshape(len(moved), -1).any(axis=1))
    return int(rows[0]) if len(rows) else None


def _output(obj: object, length: int) -> _Output:
    if isinstance(obj, Strategy):
        return lambda close, sessions: _decided(obj, close, sessions)
    days = max(1, min(20, length // 4))  # of the momentum that a rule is tried on
    if isinstance(obj, Rule):
        return lambda close, _: _plain(obj.decide(momentum(close, days)[:, None, :]))
    if isinstance(obj, WeightRule):
        return lambda close, _: _plain(obj.weigh(momentum(close, days)[:, None, :]))
    if callable(obj):
        return lambda close, _: _plain(obj(close.copy()))
    raise ArgumentError(f"obj: want a signal, a rule or a Strategy, got {obj!r}")


def _plain(output: ArrayLike) -> FloatArray:
    return np.array(output, dtype=np.float64)


def _decided(strategy: Strategy, close: FloatArray, sessions: pd.DatetimeIndex) -> FloatArray:
    """Weights wanted (T, L), NaN on rows that do not decide."""
    decided = decide(strategy, close, sessions)
    wanted = np.full(close.shape, np.nan)
    wanted[decided.rows] = decided.targets
    return wanted
