"""A series of the user's own, each figure from the day it could be known.

No session sees a figure before its date and the publication lag have passed, whatever else the
series holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_count, check_number
from rotation.days import read_date
from rotation.errors import ArgumentError
from rotation.protocols import History
from rotation.signals.seen import Seen

__all__ = ["Published", "published"]


def published(
    sessions: NDArray[np.datetime64],
    usable: NDArray[np.datetime64],
    values: FloatArray,
    columns: IntArray,
    layers: int,
) -> FloatArray:
    """The newest figure that each session may use.

    What counts is when a figure was known and not what it is about, as in the vintages of Croushore
    and Stark (2001).

    Parameters
    ----------
    sessions : (T,) dates, ascending
    usable : (N,) first date on which each figure may be used, ascending
    values : (N,) figures
    columns : (N,) layer of each figure
    layers : number of layers L

    Returns
    -------
    (T, L) the newest figure of each layer with ``usable <= session``, NaN before the first

    Examples
    --------
    >>> sessions = np.array(["2024-01-05", "2024-01-08", "2024-01-09"], dtype="datetime64[D]")
    >>> usable = np.array(["2024-01-06", "2024-01-09"], dtype="datetime64[D]")
    >>> published(sessions, usable, np.array([1.5, 2.5]), np.array([0, 0]), 1).ravel()
    array([nan, 1.5, 2.5])
    """
    rows = np.searchsorted(sessions, usable, side="left")
    come = np.flatnonzero(rows < len(sessions))
    newest = np.full((len(sessions), layers), -1)
    np.maximum.at(newest, (rows[come], columns[come]), come)
    newest = np.maximum.accumulate(newest, axis=0)
    return np.where(newest < 0, np.nan, values[newest])


@dataclass(frozen=True, slots=True)
class Published:
    """Signal of figures that were published: capital spending, rates, a macro release.

    A figure may be used at the close of a session if ``date + lag <= session`` in calendar days,
    until one of a later date may be for the same layer. With ``lag=0`` it must have been known
    before the close of its own date.

    Parameters
    ----------
    dates : date of each figure, on which it became known or to which it refers, such as
        "2025-01-31" or a ``datetime.date``
    values : each figure, a finite number
    lag : calendar days from the date until the figure may be used, at least 0: 1 for what became
        known at some hour of its date, 45 or more for accounts dated with the end of their quarter
    names : layer of each figure; empty if all figures are for all layers alike

    Examples
    --------
    >>> spending = Published(["2024-06-30", "2024-03-31"], [0.21, 0.18], lag=45)
    >>> spending.values
    (0.18, 0.21)
    """

    dates: Sequence[str | date]
    values: Sequence[float]
    lag: int = 1
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_count("lag", self.lag, 0, "calendar days")
        dates = [read_date("dates", each) for each in _entries("dates", self.dates)]
        values = _entries("values", self.values)
        for value in values:
            check_number("values", value)
        names = _entries("names", self.names)
        for name in names:
            if not isinstance(name, str):
                raise ArgumentError(f"names: want names of layers, got {name!r}")
        if not dates or len(values) != len(dates) or len(names) not in (0, len(dates)):
            raise ArgumentError(
                "values: want a figure for each of one date or more, and a name for each or none, "
                f"got {len(dates)} dates, {len(values)} values, {len(names)} names"
            )
        keys = list(zip(dates, names or [""] * len(dates), strict=True))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        for one, following in pairwise(order):
            if keys[one] == keys[following]:
                day, name = keys[one]
                whose = f" of {name}" if names else ""
                raise ArgumentError(f"dates: want one figure for {day}, got two{whose}")
        object.__setattr__(self, "dates", tuple(dates[k] for k in order))
        object.__setattr__(self, "values", tuple(float(values[k]) for k in order))
        object.__setattr__(self, "names", tuple(names[k] for k in order if names))

    @classmethod
    def of(cls, table: Any, *, lag: int = 1) -> "Published":
        """Figures of a Series, for all layers, or of a DataFrame with a column a layer.

        Parameters
        ----------
        table : indexed by tz-naive dates; where it is NaN nothing was published
        lag : calendar days from the date until the figure may be used, at least 0

        Examples
        --------
        >>> import pandas as pd
        >>> days = pd.to_datetime(["2024-03-31", "2024-06-30"])
        >>> table = pd.DataFrame({"chips": [0.3, 0.4], "software": [0.1, None]}, index=days)
        >>> Published.of(table, lag=45).names
        ('chips', 'software', 'chips')
        """
        if not (hasattr(table, "index") and hasattr(table, "to_numpy")):
            raise ArgumentError(f"table: want a Series or a DataFrame of figures, got {table!r}")
        try:
            figures = np.asarray(table.to_numpy(), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"table: want figures, got something else ({error})") from None
        there = np.argwhere(~np.isnan(figures))
        dates = list(table.index)
        return cls(
            [dates[row] for row in there[:, 0]],
            figures[~np.isnan(figures)].tolist(),
            lag,
            [str(table.columns[at]) for at in there[:, 1]] if figures.ndim == 2 else (),
        )

    def bind(self, history: History) -> Seen:
        """What each session of the history may use of the figures."""
        unknown = sorted(set(self.names) - set(history.names))
        if unknown:
            raise ArgumentError(
                f"names: want layers among {', '.join(history.names)}, got {', '.join(unknown)}"
            )
        dates: NDArray[np.datetime64] = np.array(self.dates, dtype="datetime64[D]")
        usable = dates + np.timedelta64(int(self.lag), "D")
        column = {name: at for at, name in enumerate(history.names)}
        columns = np.array([column[name] for name in self.names] or [0] * len(self.dates))
        layers = len(column) if self.names else 1
        newest = published(history.sessions, usable, np.array(self.values), columns, layers)
        return Seen(np.broadcast_to(newest, history.close.shape))

    def __call__(self, _close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        raise ArgumentError("signal: Published needs the dates of sessions; bind it to a history")


def _entries(name: str, given: Any) -> list[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentError(f"{name}: want a sequence, got {given!r}")
    return list(given)
