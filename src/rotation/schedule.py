"""Which sessions decide, and the delay until the trade.

A delay is applied nowhere else. Whether a session ends its period is known from the next session
of the index alone, so the newest session of an index never ends one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import IntArray
from rotation.checks import check_count, check_flag
from rotation.days import read_dates
from rotation.errors import ArgumentError

__all__ = ["Every", "Schedule", "check_delay"]

_LETTERS = ("D", "W", "M", "Q", "Y")
Every: TypeAlias = str | int | Sequence[str | date]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sessions on which a strategy decides, and when it trades.

    Parameters
    ----------
    every : a period letter (D W M Q Y: the last session of each period), a number n (the last of
        every n sessions, counted from the first of the index), or explicit session dates, such as
        "2025-01-31" or a ``datetime.date``
    offset : sessions by which each decision comes later, at least 0
    lag : sessions from the decision to the trade; 0 trades at the very close that decides
    same_close : must be True for lag 0 and only then
    tranches : m parts of equal weight that take turns: each decision renews one of them, and holds
        the others as they last decided (Jegadeesh and Titman 1993)

    Raises
    ------
    ArgumentError
        If ``every`` is none of these, a number is not whole or too low, or ``lag`` and
        ``same_close`` do not go together.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-29", "2024-03-04")
    >>> days[Schedule("M").rows(days)].strftime("%m-%d").tolist()
    ['01-31', '02-29']
    """

    every: Every
    offset: int = 0
    lag: int = 1
    same_close: bool = False
    tranches: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.every, str):
            if self.every not in _LETTERS:
                raise ArgumentError(
                    f"every: want one of {' '.join(_LETTERS)}, a number of sessions or dates, "
                    f"got {self.every!r}"
                )
        elif isinstance(self.every, (int, np.integer)):
            check_count("every", self.every, 1)
        else:
            object.__setattr__(self, "every", read_dates("every", self.every))
        check_count("offset", self.offset, 0)
        check_delay(self.lag, same_close=self.same_close)
        check_count("tranches", self.tranches, 1, "parts")

    def rows(self, index: pd.DatetimeIndex) -> IntArray:
        """Rows of ``index`` that decide, (K,), ascending.

        Raises
        ------
        ArgumentError
            If an explicit date lies within the index but is not one of its sessions.
        """
        if isinstance(self.every, str):
            group = index.to_period(self.every).asi8
        elif isinstance(self.every, (int, np.integer)):
            group = np.arange(len(index)) // self.every
        else:
            return self._later(_find(pd.DatetimeIndex(list(self.every)), index), len(index))
        return self._later(np.flatnonzero(group[1:] != group[:-1]), len(index))

    def _later(self, rows: IntArray, sessions: int) -> IntArray:
        moved = rows + self.offset
        return moved[moved < sessions]


def check_delay(lag: int, *, same_close: bool) -> None:
    """Refuse a delay that is no number of sessions, or a trade at the deciding close by accident.

    Raises
    ------
    ArgumentError
        If ``lag`` is negative or no integer, or if ``lag=0`` and ``same_close`` do not go together.
    """
    check_count("lag", lag, 0)
    check_flag("same_close", same_close)
    if lag == 0 and not same_close:
        raise ArgumentError(
            "lag: 0 trades at the close that decides, which few can; "
            "ask for it with same_close=True as well, or want 1 or more"
        )
    if lag > 0 and same_close:
        raise ArgumentError(f"same_close: goes with lag=0 alone, got lag={lag}")


def _find(dates: pd.DatetimeIndex, index: pd.DatetimeIndex) -> IntArray:
    # Dates outside the index have not come yet or came before it; one inside must be a session.
    inside = dates[(dates >= index[0]) & (dates <= index[-1])]
    rows = index.get_indexer(inside)
    if (rows < 0).any():
        raise ArgumentError(f"every: {inside[rows < 0][0]:%Y-%m-%d} is not a session of the closes")
    return rows
