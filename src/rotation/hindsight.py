"""What part of a window was known when the names in it were picked.

Figures of that part are in-sample by selection, however the strategy was found.
"""

from datetime import date

import pandas as pd

__all__ = ["chosen_row", "in_sample", "latest"]


def chosen_row(sessions: pd.DatetimeIndex, chosen_on: date) -> int:
    """Row of the last session up to the day of choosing, -1 if there is none.

    Examples
    --------
    >>> chosen_row(pd.bdate_range("2025-01-30", periods=4), date(2025, 2, 1))
    1
    """
    return int(sessions.searchsorted(pd.Timestamp(chosen_on), side="right")) - 1


def latest(*days: date | None) -> date | None:
    """The last of some days of choosing, None if none is known: names of all are known after it.

    Examples
    --------
    >>> latest(None, date(2025, 1, 31), date(2024, 1, 1)), latest(None)
    (datetime.date(2025, 1, 31), None)
    """
    return max((day for day in days if day is not None), default=None)


def in_sample(sessions: pd.DatetimeIndex, start: int, chosen_on: date | None) -> str:
    """One sentence on how many returns of a window were known, "" if none or if nobody knows.

    Parameters
    ----------
    sessions : (T,)
    start : row from whose close on figures count
    chosen_on : day on which the names were picked

    Examples
    --------
    >>> in_sample(pd.bdate_range("2025-01-27", "2025-02-07"), 0, date(2025, 1, 31))
    'In-sample by selection: 4 of 9 returns, those up to 2025-01-31.'
    """
    if chosen_on is None:
        return ""
    known, returns = chosen_row(sessions, chosen_on) - start, len(sessions) - 1 - start
    if known <= 0:
        return ""
    if known == returns:
        return f"In-sample by selection: all {returns:,} returns; the names were picked after them."
    return (
        f"In-sample by selection: {known:,} of {returns:,} returns, those up to "
        f"{chosen_on:%Y-%m-%d}."
    )
