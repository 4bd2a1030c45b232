"""Closes in one currency.

A rate has a direction and a date, and both are said: by the name of its pair, and by how many days
it comes behind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray
from rotation.checks import check_count, check_number
from rotation.errors import ArgumentError, DataError
from rotation.provenance import provenance, stamp
from rotation.tables import Prices, read_prices

__all__ = ["convert"]

# Parts of a currency in which some exchanges quote, and how many make one.
_PARTS = {
    "GBp": ("GBP", 100),
    "GBX": ("GBP", 100),
    "ILA": ("ILS", 100),
    "ZAc": ("ZAR", 100),
    "ZAC": ("ZAR", 100),
}
# One of the small was worth less than one of the large on every day since 1990: a rate that says
# otherwise is the wrong way round. Of others, as the Canadian dollar, no figure can tell.
_LARGE = frozenset({"USD", "EUR", "GBP", "CHF"})
_SMALL = frozenset(
    {"CNH", "CNY", "CZK", "DKK", "HKD", "HUF", "IDR", "ILS", "INR", "JPY"}
    | {"KRW", "MXN", "NOK", "PHP", "SEK", "THB", "TWD", "ZAR"}
)
_SINCE = pd.Timestamp("1990-01-01")
_APART = 0.02  # by which a pair and its inverse may differ: they may be of other hours


@dataclass(frozen=True, slots=True, eq=False)
class _Rate:
    """Units of one currency for one of another (R,), by day, and how to say it."""

    pair: str
    days: pd.DatetimeIndex
    rate: FloatArray


def convert(
    closes: pd.DataFrame,
    rates: pd.DataFrame,
    currencies: Mapping[str, str] | str | None = None,
    *,
    to: str = "USD",
    behind: int = 0,
    stale: int = 7,
) -> pd.DataFrame:
    """Closes in one currency, each by the rate that was known on its session.

    Parameters
    ----------
    closes : (T, N) prices, total-return closes too
    rates : (R, P) index dates; columns pairs, and their order is the direction: "HKDUSD" is US
        dollars for one Hong Kong dollar, "USDHKD" the inverse, and either serves; "HKD/USD" and
        "HKDUSD=X" are read alike; NaN for a day without a rate
    currencies : of each ticker, or one of all; None for what the stamp of ``closes`` says. Parts
        have names of their own: GBp or GBX (pence), ILA (agorot), ZAc (cents)
    to : the currency wanted
    behind : days by which a session's rate is older than the session, 31 at the most. 0 for a
        rate fixed on its day before the session closes; 1 for one fixed later in the day
    stale : days by which a rate may be older than that, where one is missing

    Returns
    -------
    DataFrame
        (T, N) closes times rate; the stamp says which rates, and how often one was carried.

    Raises
    ------
    ArgumentError
        If a currency is missing, unknown or not what the stamp says, or an option is wrong.
    DataError
        If a pair is missing, too old on a session that needs it, not positive, or the wrong way
        round as far as figures can tell.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-01-27", "2025-01-28"])
    >>> closes = pd.DataFrame({"0700.HK": [390.0, 403.0], "HSBA.L": [820.0, 825.0]}, days)
    >>> rates = pd.DataFrame({"USDHKD": [7.8, 7.8], "GBPUSD": [1.25, 1.24]}, days)
    >>> convert(closes, rates, {"0700.HK": "HKD", "HSBA.L": "GBp"}).round(2)
                0700.HK  HSBA.L
    2025-01-27    50.00   10.25
    2025-01-28    51.67   10.23
    """
    prices = read_prices(closes)
    _check_code("to", to)
    check_count("behind", behind, 0, "days")
    check_number("behind", behind, most=31, what="days")
    check_count("stale", stale, 0, "days")
    held = _currencies(closes, currencies)
    pairs = _pairs(rates)
    factor, said = np.ones(prices.close.shape), []
    for currency in dict.fromkeys(held):
        if currency == to:
            continue
        columns = np.array([each == currency for each in held])
        wanted = np.asarray(~np.isnan(prices.close[:, columns]).all(axis=1), dtype=np.bool_)
        whole, parts = _PARTS.get(currency, (currency, 1))
        rate, how = _rate(pairs, whole, to, prices, wanted, (behind, stale))
        factor[:, columns] = (rate / parts)[:, None]
        said.append(f"{currency} to {to}{how}" + (f", {parts} {currency} a {whole}" * (parts > 1)))
    step = "converted: " + ("; ".join(said) or f"nothing, all was in {to}")
    table = pd.DataFrame(prices.close * factor, closes.index, closes.columns)
    return stamp(table, replace(provenance(closes), currency=to), step=step)


def _check_code(name: str, code: object) -> None:
    if not isinstance(code, str) or not (code in _PARTS or re.fullmatch("[A-Z]{3}", code)):
        raise ArgumentError(f"{name}: want a currency as 'USD' or 'GBp', got {code!r}")
    if name == "to" and code in _PARTS:
        raise ArgumentError(f"to: want a whole currency, got {code!r}; that is {_PARTS[code][0]}")


def _currencies(closes: pd.DataFrame, given: Mapping[str, str] | str | None) -> list[str]:
    """Currency of each column, checked against what the stamp of the table says."""
    origin = provenance(closes)
    known = origin.currency
    stamped = {str(c): known for c in closes.columns} if isinstance(known, str) else dict(known)
    for name in origin.altered:  # of what was changed or added since the stamp says nothing
        stamped.pop(name, None)
    if given is None:
        given = {name: code for name, code in stamped.items() if code}
    if not isinstance(given, (str, Mapping)):
        raise ArgumentError(f"currencies: want one, or one by ticker, got {given!r}")
    held = []
    for name in map(str, closes.columns):
        code = given if isinstance(given, str) else given.get(name)
        if code is None:
            raise ArgumentError(
                f"currencies: want one for every ticker, {name} has none"
                + (" since it was changed after its stamp" if name in origin.altered else "")
            )
        _check_code(f"currencies: {name}", code)
        said = stamped.get(name) or code
        if _PARTS.get(said, said) != _PARTS.get(code, code):
            raise ArgumentError(
                f"currencies: {name} is in {said} as its table is stamped, got {code}"
            )
        held.append(code)
    return held


def _pairs(rates: pd.DataFrame) -> dict[str, _Rate]:
    """Every column of rates by its pair."""
    if not isinstance(rates, pd.DataFrame):
        raise DataError(f"rates: want a DataFrame, got {type(rates).__name__}")
    pairs: dict[str, _Rate] = {}
    for position, column in enumerate(rates.columns):
        found = re.fullmatch(r"([A-Z]{3})[/_]?([A-Z]{3})(=X)?", str(column))
        if found is None or found[1] == found[2]:
            short = re.fullmatch(r"([A-Z]{3})(=X)?", str(column))
            hint = f"; is it USD{short[1]} or {short[1]}USD?" if short else ""
            raise DataError(f"rates: want a pair as 'HKDUSD', got {column!r}{hint}")
        one, other = found[1], found[2]
        pair = f"{one}{other}"
        if pair in pairs:
            raise DataError(f"rates: want each pair once, got {pair} twice")
        # A day without a rate may be left out; the border then holds for the others.
        sound = read_prices(rates.iloc[:, [position]].dropna(), "rates")
        rate = sound.close[:, 0]
        pairs[pair] = _Rate(pair, sound.sessions, rate)
    for each in pairs.values():
        _refuse_inverted(each, pairs)
    return pairs


def _refuse_inverted(found: _Rate, pairs: Mapping[str, _Rate]) -> None:
    """Refuse rates that are the wrong way round, as far as figures can tell."""
    one, other = found.pair[:3], found.pair[3:]
    low = one in _SMALL and other in _LARGE
    wrong = (found.rate >= 1) if low else (found.rate <= 1)
    wrong = wrong & (found.days >= _SINCE)
    if (low or (one in _LARGE and other in _SMALL)) and wrong.any():
        raise DataError(
            f"rates: {found.pair} is {found.rate[wrong][0]:g} on {found.days[wrong][0]:%Y-%m-%d}, "
            f"but {one} was never worth so {'much' if low else 'little'} in {other}; "
            f"it looks like {other}{one}"
        )
    inverse = pairs.get(other + one)
    if inverse is not None:
        both = found.days.intersection(inverse.days)
        mine, theirs = (pd.Series(each.rate, each.days)[both] for each in (found, inverse))
        apart = (mine * theirs - 1).abs() > _APART
        if apart.any():
            raise DataError(
                f"rates: {found.pair} times {other}{one} is {(mine * theirs)[apart].iloc[0]:g} on "
                f"{both[apart][0]:%Y-%m-%d}, want 1; drop the one that is wrong"
            )


def _rate(
    pairs: Mapping[str, _Rate],
    one: str,
    other: str,
    prices: Prices,
    wanted: BoolArray,
    limits: tuple[int, int],
) -> tuple[FloatArray, str]:
    """Units of ``other`` for one of ``one`` on each session (T,), and how it was found."""
    if one == other:
        return np.ones(len(wanted)), ""
    direct, inverse = pairs.get(one + other), pairs.get(other + one)
    found = direct or inverse
    if found is None:
        known = ", ".join(pairs) or "none"
        raise DataError(f"rates: want {one}{other} or {other}{one}, got {known}")
    behind, stale = limits
    limit = prices.sessions - pd.Timedelta(days=behind)
    at = found.days.searchsorted(limit, side="right") - 1
    age = (limit - found.days[np.maximum(at, 0)]).days.to_numpy()
    short = wanted & ((at < 0) | (age > stale))
    if short.any():
        row = int(short.argmax())
        last = f"the last is of {found.days[at[row]]:%Y-%m-%d}" if at[row] >= 0 else "there is none"
        raise DataError(
            f"rates: {found.pair} has no rate for {prices.sessions[row]:%Y-%m-%d}, where one is "
            f"wanted that is {behind} to {behind + stale} days old, and {last}"
        )
    rate = np.where(at >= 0, found.rate[np.maximum(at, 0)], np.nan)
    carried = wanted & (age > 0)
    how = f" by {found.pair}" + (" inverted" if direct is None else "")
    how += f" of {behind} days before" if behind else " of the same day"
    if carried.any():
        how += f", carried up to {int(age[carried].max())} days on {int(carried.sum()):,} sessions"
    return (rate if direct is not None else 1.0 / rate), how
