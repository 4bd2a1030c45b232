"""Results side by side, on one window.

All figures start with the latest of the starts, or ratios of different windows would be compared.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rotation.arrays import delisted
from rotation.errors import ArgumentError, DataError
from rotation.hindsight import chosen_row, in_sample
from rotation.measures import conventions
from rotation.provenance import Provenance
from rotation.result import Result, figures
from rotation.tables import Prices

__all__ = ["Comparison", "compare"]


def _ratio(number: float) -> str:
    return f"{number:.2f}" if np.isfinite(number) else "none"


# The figures that a table in a terminal has room for.
_SHOWN = {
    "annual_return": "{:.1%}".format,
    "annual_volatility": "{:.1%}".format,
    "sharpe": _ratio,
    "max_drawdown": "{:.1%}".format,
    "calmar": _ratio,
    "annual_turnover": "{:.2f}".format,
    "switches": "{:.0f}".format,
    "cost": "{:.2%}".format,
}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Comparison:
    """Figures of several results over the same sessions; the first is measured against the rest.

    Parameters
    ----------
    results : by name
    start, end : sessions whose closes bound the returns in all figures
    table : DataFrame, a row a result, a column a figure
    """

    results: Mapping[str, Result]
    start: pd.Timestamp
    end: pd.Timestamp
    table: pd.DataFrame

    @property
    def verdict(self) -> str:
        """One sentence: whether the first beat each of the others, by return and Sharpe ratio."""
        mine, *theirs = (self.table.loc[name] for name in self.table.index)
        return f"{_earned(mine)} " + ", ".join(_against(mine, each) for each in theirs) + "."

    @property
    def chosen_on(self) -> date | None:
        """Last day on which members of layers in it were picked, None if of any nobody knows."""
        days = [each.chosen_on for each in self.results.values()]
        return max(day for day in days if day is not None) if all(days) else None

    @property
    def since_chosen(self) -> pd.DataFrame | None:
        """The table of what was earned after the names were picked.

        None if of any result nobody knows when they were, if it is the whole table, or if fewer
        than two returns came after.
        """
        if self.chosen_on is None:
            return None
        sessions = self._sessions
        row = chosen_row(sessions, self.chosen_on)
        if sessions[max(row, 0)] <= self.start or row > len(sessions) - 3:
            return None
        return _table(self.results, row)

    @property
    def data(self) -> tuple[str, ...]:
        """Where the closes come from, and what was done to them and checked."""
        return tuple(map(str, self._origins))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know of the data and of luck."""
        own = dict.fromkeys(result.note for result in self.results.values() if result.note)
        start = max(each.start_row for each in self.results.values())
        known = {
            name: in_sample(self._sessions, start, each.chosen_on)
            for name, each in self.results.items()
        }
        if len(set(known.values())) == 1:
            own |= dict.fromkeys(filter(None, known.values()))
        else:
            own |= dict.fromkeys(f"{name}: {text}" for name, text in known.items() if text)
        gone = [text for each in self.results.values() for text in _gone(each.prices)]
        return (
            *own,
            *dict.fromkeys(gone),
            "Luck is not tested here: each row is one rule, and rules tried before it and not "
            "written down are not counted.",
        )

    @property
    def conventions(self) -> str:
        """How the figures are defined."""
        return conventions(next(iter(self.results.values())).terms.periods)

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and texts, ready for JSON; a figure that does not exist is None."""
        return {
            "start": f"{self.start:%Y-%m-%d}",
            "end": f"{self.end:%Y-%m-%d}",
            "table": _plain(self.table),
            "verdict": self.verdict,
            "chosen_on": None if self.chosen_on is None else f"{self.chosen_on:%Y-%m-%d}",
            "since_chosen": _plain(self.since_chosen),
            "cautions": list(self.cautions),
            "data": [each.to_dict() for each in self._origins],
            "conventions": self.conventions,
        }

    @property
    def _origins(self) -> list[Provenance]:
        found = [each.provenance for each in self.results.values()]
        return list({str(each): each for each in found}.values())

    @property
    def _sessions(self) -> pd.DatetimeIndex:
        return next(iter(self.results.values())).prices.sessions

    def __str__(self) -> str:
        window = f"From the close of {self.start:%Y-%m-%d} to that of {self.end:%Y-%m-%d}."
        texts = [f"{window} {self.verdict}", *self.cautions]
        since, tables = self.since_chosen, []
        if since is not None:
            tables = [f"Since the names were chosen, {self.chosen_on:%Y-%m-%d}:\n{_shown(since)}"]
        texts += [f"Data: {text}" for text in self.data]
        texts.append(self.conventions)
        filled = [textwrap.fill(text, width=100) for text in texts]
        return "\n\n".join([_shown(self.table), *tables, *filled])

    __repr__ = __str__


def _gone(prices: Prices) -> list[str]:
    return [
        f"{name} has no close after {prices.sessions[row]:%Y-%m-%d}: from then on whoever held "
        "it has cash."
        for name, row in zip(prices.columns, delisted(prices.close), strict=True)
        if row < len(prices.close)
    ]


def _shown(table: pd.DataFrame) -> str:
    columns = {name.replace("_", " "): table[name].map(form) for name, form in _SHOWN.items()}
    return pd.DataFrame(columns).to_string()


def _plain(table: pd.DataFrame | None) -> dict[str, object] | None:
    if table is None:
        return None
    plain = table.astype(object).where(table.notna(), None)
    return {str(name): row.to_dict() for name, row in plain.iterrows()}


def _table(results: Mapping[str, Result], start: int) -> pd.DataFrame:
    return pd.DataFrame({name: figures(each, start) for name, each in results.items()}).T


def compare(results: Mapping[str, Result]) -> Comparison:
    """Put results side by side on the window that all of them share.

    Parameters
    ----------
    results : by name, over the same sessions; the first is the one to judge

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If the sessions differ, or fewer than two returns are shared.
    ArgumentError
        If there are not two results, or their sessions a year differ.

    Examples
    --------
    >>> from rotation import alternatives, sample, simulate
    >>> closes = sample().loc["2014":"2022", ["NVDA", "MSFT"]]
    >>> half = simulate(closes, pd.DataFrame(0.5, closes.index[:1], closes.columns))
    >>> compare({"left alone": half, **alternatives(half)}).table["sharpe"].round(2).to_dict()
    {'left alone': 1.08, 'NVDA': 1.12, 'MSFT': 0.96, '50/50': 1.17}
    """
    if not isinstance(results, Mapping) or len(results) < 2:
        raise ArgumentError(f"results: want two by name or more, got {results!r}")
    odd = [name for name, each in results.items() if not isinstance(each, Result)]
    if odd:
        raise ArgumentError(f"results: want a Result for {odd[0]!r}, got {results[odd[0]]!r}")
    first, *others = results.values()
    for each in others:
        if not each.prices.sessions.equals(first.prices.sessions):
            raise DataError("results: want all of them over the same sessions")
        if each.terms.periods != first.terms.periods:
            raise ArgumentError(
                f"results: want one number of sessions a year, got {first.terms.periods:g} and "
                f"{each.terms.periods:g}"
            )
    start = max(each.start_row for each in results.values())
    sessions = first.prices.sessions
    return Comparison(dict(results), sessions[start], sessions[-1], _table(results, start))


def _earned(figures: pd.Series) -> str:
    return (
        f"{figures.name} ({figures['annual_return']:.1%} a year, "
        f"Sharpe {_ratio(figures['sharpe'])})"
    )


def _against(mine: pd.Series, theirs: pd.Series) -> str:
    richer = mine["annual_return"] > theirs["annual_return"]
    safer = mine["sharpe"] > theirs["sharpe"]
    if np.isnan(mine["sharpe"] + theirs["sharpe"]):
        return f"{'beat' if richer else 'did not beat'} {_earned(theirs)} by return"
    if richer == safer:
        return f"{'beat' if richer else 'did not beat'} {_earned(theirs)}"
    won, lost = ("return", "Sharpe ratio") if richer else ("Sharpe ratio", "return")
    return f"beat {_earned(theirs)} by {won} but not by {lost}"
