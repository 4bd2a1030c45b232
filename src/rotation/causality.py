"""Proof that a part knows no more than it could have.

Changing anything after a row must leave every output up to that row as it was: the future is cut
off and scrambled at many rows, and what moved before them is named.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.checks import check_count
from rotation.errors import ArgumentError, LookAheadError
from rotation.layers import Layers, open_history
from rotation.protocols import History, Members, Rule, Signal, WeightRule, bind, holds_one
from rotation.signals import momentum
from rotation.strategy import Strategy, decide
from rotation.tables import read_prices

__all__ = ["CausalReport", "check_causal", "check_history"]

_Output = Callable[[History], FloatArray]  # what is known at each row (T, ...)


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
    return check_history(obj, open_history(closes, prices, prices.close), cuts=cuts)


def check_history(
    obj: Signal | Rule | WeightRule | Strategy, history: History, *, cuts: int = 24
) -> CausalReport:
    """:func:`check_causal` of a history that was checked."""
    check_count("cuts", cuts, 1, "rows")
    if len(history.close) < 3:
        raise ArgumentError(f"closes: want 3 sessions or more, got {len(history.close)}")
    every = np.arange(len(history.close) - 1)
    if not isinstance(obj, Strategy):
        return _Probe.of(obj, history, every).search(int(cuts))
    # What a strategy decides moves only on rows that decide, and seldom; its signal always does.
    rows = obj.schedule.rows(pd.DatetimeIndex(history.sessions))
    rows = rows[rows < len(history.close) - 1]
    _Probe.of(obj.signal, history, every).search(int(cuts))
    return _Probe.of(obj, history, rows if len(rows) else every).search(int(cuts))


@dataclass(frozen=True, slots=True)
class _Probe:
    """A part's output on the true closes, and on those whose future was tampered with.

    The newest decision of a strategy may be missing: its schedule cannot know yet whether that
    session ends a period.
    """

    part: object
    output: _Output
    history: History
    rows: IntArray  # after which the future can be tampered with
    truth: FloatArray

    @classmethod
    def of(cls, part: object, history: History, rows: IntArray) -> "_Probe":
        output = _output(part, len(history.close))
        truth = output(history)
        if truth.ndim == 0 or len(truth) != len(history.close):
            raise ArgumentError(
                f"obj: want an output for each of {len(history.close)} sessions of {part!r}, "
                f"got shape {truth.shape}"
            )
        return cls(part, output, history, rows, truth)

    def search(self, cuts: int) -> CausalReport:
        """Tamper with the future after some rows, and name the first that feels it."""
        places = np.linspace(0, len(self.rows) - 1, cuts + 1).round().astype(int)[1:]
        at = np.unique(self.rows[places]).tolist()
        for cut in at:
            row = self.first_moved(cut)
            if row is not None:
                row = self.earliest(cut, row)
                raise LookAheadError(
                    f"{self.part!r}: its output of {self.history.sessions[row]} changes "
                    f"with {self.what_moves(row)}"
                )
        short = sum(self.cut_off(cut) is None for cut in at)
        return CausalReport(
            repr(self.part), tuple(pd.DatetimeIndex(self.history.sessions[at])), short
        )

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
        return f"closes as late as {self.history.sessions[low]}"

    def scrambled(self, start: int) -> FloatArray:
        """Output when closes from row ``start`` on go another way."""
        rng = np.random.default_rng(start)
        history = self.history
        members = history.members
        if members is not None:
            members = tuple(replace(m, close=_another(m.close, start, rng)) for m in members)
        other = _another(history.close, start, rng)
        return self.output(replace(history, close=other, members=members))

    def cut_off(self, cut: int) -> FloatArray | None:
        """Output when the history ends with row ``cut``, None if the part cannot take that."""
        try:
            short = self.output(_ended(self.history, cut + 1))
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
    days = max(1, min(20, length // 4))  # of the momentum that a rule is tried on

    def output(history: History) -> FloatArray:
        if isinstance(obj, Strategy):
            return _decided(obj, history)
        part = bind(obj, history.deciding(np.arange(len(history.close))))
        scores = momentum(history.close, days)[:, None, :]
        if holds_one(part):
            return _plain(part.decide(scores))
        if isinstance(part, WeightRule):
            return _plain(part.weigh(scores))
        if callable(part):
            return _plain(part(history.close.copy()))
        raise ArgumentError(f"obj: want a signal, a rule or a Strategy, got {obj!r}")

    return output


def _another(close: FloatArray, start: int, rng: np.random.Generator) -> FloatArray:
    """Closes that go another way from row ``start`` on."""
    other = close.copy()
    steps = rng.normal(0.0, 0.05, other[start:].shape).cumsum(axis=0)
    other[start:] *= np.exp(steps + rng.normal(0.0, 0.5, other.shape[1]))
    return other


def _ended(history: History, stop: int) -> History:
    """The first ``stop`` rows of a history."""
    members = history.members
    if members is not None:
        members = tuple(Members(m.close[:stop], m.belongs[:stop]) for m in members)
    return replace(
        history, close=history.close[:stop], sessions=history.sessions[:stop], members=members
    )


def _plain(output: ArrayLike) -> FloatArray:
    return np.array(output, dtype=np.float64)


def _decided(strategy: Strategy, history: History) -> FloatArray:
    """Weights wanted (T, L), NaN on rows that do not decide."""
    decided = decide(strategy, history)
    wanted = np.full(history.close.shape, np.nan)
    wanted[decided.rows] = decided.targets
    return wanted
