"""Terms on which an account trades.

They are the same for everything that is compared.
"""

from dataclasses import dataclass

import pandas as pd

from rotation.costs import Costs
from rotation.errors import ArgumentError
from rotation.tables import check_positive

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Costs, prices, cash and capital.

    Parameters
    ----------
    costs : proportional rates
    fill : DataFrame (T, N) with the prices of the trades; None for the closes
    cash_rate : return of cash per session, a fraction or a Series of them
    capital : cash at the start, account currency
    periods : sessions a year, for the figures
    """

    costs: Costs
    fill: pd.DataFrame | None
    cash_rate: float | pd.Series
    capital: float
    periods: float

    def __post_init__(self) -> None:
        if not isinstance(self.costs, Costs):
            raise ArgumentError(f"costs: want Costs, as Costs.bps(10), got {self.costs!r}")
        check_positive("capital", self.capital)
        check_positive("periods", self.periods)
