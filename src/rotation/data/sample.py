"""The embedded history: eight real names, 1990 to 2025, for demonstrations without a network.

Every close is one that ``scripts/build_sample.py`` put there; nothing is filled or made up.
"""

from importlib.resources import files

import pandas as pd

from rotation.provenance import Provenance, stamp

_ORIGIN = Provenance(
    source="the history embedded in rotation, see NOTICE",
    adjustment="splits and dividends",
    currency="USD",
)


def sample() -> pd.DataFrame:
    """Real daily closes of eight US technology names, adjusted for splits and dividends.

    The ends are ragged, and the names are survivors chosen in hindsight: fit for a demonstration
    and for the dot-com years, not for a verdict on 2025. Sources and licences are in NOTICE.

    Returns
    -------
    DataFrame (T, N)
        Closes in US dollars, NaN before a name's first and after its last. The index ``date``
        holds the sessions of New York, tz-naive; the columns are AAPL, AMD, AMZN, GOOG, META,
        MSFT, NFLX and NVDA. Each call gives a fresh table.

    Examples
    --------
    >>> closes = sample()
    >>> closes.shape
    (8847, 8)
    >>> closes.loc["2025-01-24":"2025-01-31", "NVDA"]
    date
    2025-01-24    142.62
    2025-01-27    118.42
    2025-01-28    128.99
    2025-01-29    123.70
    2025-01-30    124.65
    2025-01-31    120.07
    Name: NVDA, dtype: float64
    """
    with files("rotation.data").joinpath("sample.csv.gz").open("rb") as archive:
        closes = pd.read_csv(archive, compression="gzip", index_col="date", parse_dates=True)
    return stamp(closes, _ORIGIN)
