"""Bars: what an exchange or a vendor says of each session, one table a field.

All tables have the same sessions and tickers.
"""

from dataclasses import dataclass, fields

import pandas as pd

from rotation.errors import DataError

__all__ = ["Bars"]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Prices, volumes and actions of N tickers over T sessions.

    Parameters
    ----------
    close : (T, N) prices
    open, high, low : (T, N) prices, None if unknown
    volume : (T, N) shares, None if unknown
    dividends : (T, N) money per share on the ex-date, 0 or NaN for none; None if unknown
    splits : (T, N) new shares for one, 0 or NaN for none; None if unknown

    Raises
    ------
    DataError
        If a field does not have the sessions and tickers of ``close``.
    """

    close: pd.DataFrame
    open: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    low: pd.DataFrame | None = None
    volume: pd.DataFrame | None = None
    dividends: pd.DataFrame | None = None
    splits: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            table = getattr(self, each.name)
            if table is None and each.name != "close":
                continue
            if not isinstance(table, pd.DataFrame):
                raise DataError(f"{each.name}: want a DataFrame, got {type(table).__name__}")
            same = table.index.equals(self.close.index) and table.columns.equals(self.close.columns)
            if not same:
                raise DataError(f"{each.name}: want the sessions and tickers of close")
