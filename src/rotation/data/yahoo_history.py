"""One ticker's history as Yahoo tells it, and what follows from it.

Yahoo divides prices and dividends by every split up to the day of asking and multiplies volume by
it; only its adjusted close takes dividends out too. What is kept is what Yahoo gave; all else is
derived from that, here.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray

__all__ = [
    "FIELDS",
    "TOLERANCE",
    "History",
    "as_traded",
    "disagreement",
    "extended",
    "lacking",
    "reinvested",
    "revised_volumes",
    "rewritten",
    "shares_now",
    "undivided",
]

FIELDS = ("open", "high", "low", "close", "adjusted", "volume", "dividends", "splits")
"""Columns of a history."""

TOLERANCE = 1e-3
"""How far Yahoo's adjusted close may be from its own closes and dividends, as a fraction."""

# Yahoo answers in single precision, and not always with the same last digit.
_SAME = 1e-5
_PRICES = ("close", "open", "high", "low")

_AROUND = 60  # sessions before and after a split that say what a usual move is
_QUIET = 0.01  # a usual move at least, as a logarithm: where nothing is traded most are 0
_LARGE = 8.0  # usual moves that a large one is


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What Yahoo has of a ticker, in the shares of the day of asking.

    Parameters
    ----------
    ticker : Yahoo's symbol
    rows : (T, 8) the :data:`FIELDS` by session of its exchange, finished sessions alone; prices
        are NaN where Yahoo has a session and no price
    currency : of prices, as Yahoo writes it: ``GBp`` is pence
    timezone : of the exchange
    fetched : when it was last asked for, ISO 8601 in UTC
    source : who asked
    later : shares that one share has become by splits after the last row, which are in its prices
    """

    ticker: str
    rows: pd.DataFrame
    currency: str
    timezone: str
    fetched: str
    source: str
    later: float = 1.0

    @property
    def first(self) -> pd.Timestamp:
        """The first session."""
        return pd.Timestamp(self.rows.index[0])

    @property
    def last(self) -> pd.Timestamp:
        """The last finished session."""
        return pd.Timestamp(self.rows.index[-1])


def shares_now(history: History) -> FloatArray:
    """Shares (T,) that one share of each session has become by the day of asking.

    Examples
    --------
    A split of 4 for 1 on the second day:

    >>> days = pd.to_datetime(["2024-06-07", "2024-06-10", "2024-06-11"])
    >>> rows = pd.DataFrame({"splits": [0.0, 4.0, 0.0]}, index=days)
    >>> shares_now(History("X", rows, "USD", "America/New_York", "", "")).tolist()
    [4.0, 1.0, 1.0]
    """
    split = _splits(history.rows)
    after = np.append(split[1:], history.later)
    shares: FloatArray = np.cumprod(after[::-1])[::-1]
    return shares


def as_traded(history: History) -> pd.DataFrame:
    """Rows (T, 8) in the money and shares of their own day; ``adjusted`` stays Yahoo's."""
    shares = shares_now(history)
    rows = history.rows.copy()
    for name in (*_PRICES, "dividends"):
        rows[name] = rows[name].to_numpy() * shares
    rows["volume"] = rows["volume"].to_numpy() / shares
    return rows


def reinvested(close: FloatArray, paid: FloatArray) -> FloatArray:
    """Total-return closes (T,): dividends buy shares at the close of their ex-date.

    So the return of a session is (C_t + D_t) / C_{t-1} - 1, as CRSP defines it. Yahoo takes
    C_t / (C_{t-1} - D_t) - 1, which buys at the close before, when nobody had the money yet.

    Parameters
    ----------
    close : (T,) closes without splits, NaN where unknown
    paid : (T,) dividends per share; lost where there is no close above 0

    Returns
    -------
    (T,) closes, the last as it was

    Examples
    --------
    >>> reinvested(np.array([100.0, 50.0, 60.0]), np.array([0.0, 10.0, 0.0])).tolist()
    [83.33333333333334, 50.0, 60.0]
    """
    bought = np.divide(paid, close, out=np.zeros(len(close)), where=close > 0)
    units = np.cumprod(1.0 + bought)
    closes: FloatArray = close * (units / units[-1])
    return closes


def disagreement(history: History, start: pd.Timestamp, end: pd.Timestamp) -> tuple[float, str]:
    """How far Yahoo's adjusted close is from what its own closes and dividends give.

    Both are taken from the last session on backwards, by Yahoo's own formula: each close before
    an ex-date times 1 - D / (the close before the ex-date).

    Parameters
    ----------
    history : of a ticker
    start : first day compared
    end : last day compared

    Returns
    -------
    worst : largest relative difference, a fraction; 0 for fewer than two closes
    since : newest session that is beyond :data:`TOLERANCE`, "" if none is
    """
    rows = history.rows.loc[start:end]
    rows = rows[(rows["close"] > 0) & rows["adjusted"].notna()]
    if len(rows) < 2:
        return 0.0, ""
    close, paid = rows["close"].to_numpy(), rows["dividends"].to_numpy()
    kept = np.ones(len(rows))
    with np.errstate(all="ignore"):  # what an infinite price gives is a difference too
        kept[:-1] = np.cumprod((1.0 - paid[1:] / close[:-1])[::-1])[::-1]
        ratio = rows["adjusted"].to_numpy() / (close * kept)
        gap = np.nan_to_num(np.abs(ratio / ratio[-1] - 1.0), nan=np.inf)
    wrong = np.flatnonzero(gap > TOLERANCE)
    since = f"{rows.index[wrong[-1]]:%Y-%m-%d}" if len(wrong) else ""
    return float(gap.max()), since


def undivided(rows: pd.DataFrame, first: pd.Timestamp) -> tuple[str, ...]:
    """Splits that are listed, and by which the closes before them look not to be divided.

    Where all is divided a close moves across a split as on any day. What is told is a move that is
    large beside those around it and nearer to the split's own ratio than to none.

    Parameters
    ----------
    rows : (T, 8) sessions, one that is on among them
    first : session whose shares, and those of later ones, are asked for

    Returns
    -------
    A sentence for each such split, oldest first.

    Examples
    --------
    >>> days = pd.bdate_range("2024-06-05", periods=4)
    >>> rows = pd.DataFrame({"close": [99.0, 100.0, 25.5, 26.0], "splits": [0, 0, 4.0, 0]}, days)
    >>> undivided(rows, days[0])  # doctest: +ELLIPSIS
    ('Yahoo lists a split of 4 for one on 2024-06-07, where its close goes to 0.255 of ...
    """
    split, close = _splits(rows), rows["close"].to_numpy(dtype=np.float64)
    known = np.flatnonzero((close > 0) & np.isfinite(close))
    moves = np.diff(np.log(close[known]))
    told = []
    for at in np.flatnonzero((split != 1.0) & (rows.index > first)).tolist():
        across = int(np.searchsorted(known, at)) - 1  # the move that goes over it
        if not 0 <= across < len(moves):
            continue
        move, begin = moves[across], max(0, across - _AROUND)
        others = np.delete(moves[begin : across + _AROUND], across - begin)
        usual = max(_QUIET, float(np.median(np.abs(others))) if len(others) else 0.0)
        if abs(move) > _LARGE * usual and abs(move + np.log(split[at])) < abs(move) / 2:
            told.append(
                f"Yahoo lists a split of {split[at]:g} for one on {rows.index[at]:%Y-%m-%d}, where "
                f"its close goes to {np.exp(move):.4g} of the last, as if nothing were divided by "
                f"it yet: prices as traded before it would be {split[at]:g} times what they were, "
                "and returns across it wrong; leave it out, or fetch it again when Yahoo has done "
                "so"
            )
    return tuple(told)


def lacking(held: History, asked: History) -> pd.DatetimeIndex:
    """Sessions that are held with a close, and have none in what was asked for."""
    had, has = (each.rows.index[each.rows["close"].notna()] for each in (held, asked))
    return pd.DatetimeIndex(had.difference(has))


def rewritten(held: History, asked: History, unfinished: pd.DataFrame) -> tuple[str, bool]:
    """Why what Yahoo says now does not go on from what is held.

    Parameters
    ----------
    held : history up to some session
    asked : newer history that should begin within it
    unfinished : (0 or 1, 8) the session after that, if it is on

    Returns
    -------
    why : in words, "" if it goes on
    explained : whether a split or a dividend since accounts for all of it
    """
    old, new = held.rows.loc[asked.first :], asked.rows.loc[: held.last]
    since = pd.concat([asked.rows.loc[held.last :].iloc[1:], unfinished])
    if old.empty:
        return f"nothing is left of the sessions up to {held.last:%Y-%m-%d}", False
    if not old.index.equals(new.index):
        odd = old.index.symmetric_difference(new.index)[0]
        return f"the session of {odd:%Y-%m-%d} came or went", False
    prices = _differing(old, new, _PRICES)
    if prices:
        split = float(np.prod(_splits(asked.rows.loc[held.last :].iloc[1:])))
        split *= asked.later / held.later
        if split != 1.0 and _scaled(old["close"], new["close"], 1.0 / split):
            return f"a split since {held.last:%Y-%m-%d}, {split:g} shares for one", True
        return prices, False
    actions = _differing(old, new, ("dividends", "splits"))
    if actions:
        return actions, False
    adjusted = _differing(old, new, ("adjusted",))
    paid = np.flatnonzero(since["dividends"])
    if adjusted and len(paid):
        before = np.append(new["close"].iloc[-1], since["close"])[paid]
        with np.errstate(all="ignore"):
            kept = float(np.prod(1.0 - since["dividends"].to_numpy()[paid] / before))
        if _scaled(old["adjusted"], new["adjusted"], kept):
            return f"a dividend since, on {since.index[paid[0]]:%Y-%m-%d}", True
    return adjusted, False


def extended(held: History, asked: History) -> History:
    """The history that is held up to where the one asked for begins, and that from there on."""
    before = held.rows[held.rows.index < asked.first]
    return replace(asked, rows=pd.concat([before, asked.rows]))


def revised_volumes(held: History, asked: History) -> int:
    """Sessions whose volume is not what it was: Yahoo completes it after the close."""
    old = held.rows["volume"].loc[asked.first :]
    new = asked.rows["volume"].loc[: held.last]
    return int((~np.isclose(old, new, rtol=_SAME, atol=0.0, equal_nan=True)).sum())


def _scaled(old: pd.Series, new: pd.Series, factor: float) -> bool:
    """Whether every value is ``factor`` of what it was."""
    return bool(np.allclose(new, old * factor, rtol=TOLERANCE, atol=0.0, equal_nan=True))


def _splits(rows: pd.DataFrame) -> FloatArray:
    """Splits (T,), 1 for none."""
    split = rows["splits"].to_numpy(dtype=np.float64)
    return np.where(split > 0, split, 1.0)


def _differing(old: pd.DataFrame, new: pd.DataFrame, fields: tuple[str, ...]) -> str:
    """The first of ``fields`` that is not what it was, in words; "" if all are."""
    for name in fields:
        was, now = old[name].to_numpy(), new[name].to_numpy()
        far = np.flatnonzero(~np.isclose(was, now, rtol=_SAME, atol=0.0, equal_nan=True))
        if len(far):
            at = far[-1]
            day = f"{old.index[at]:%Y-%m-%d}"
            return f"its {name} of {day} was {was[at]:.10g} and is {now[at]:.10g}"
    return ""
