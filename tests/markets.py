"""Markets, targets and terms of trade for the tests, drawn by hypothesis.

A strategy draws the shape, a seed and the edges (which are what a failing example should show);
numpy fills the rest, so that an example is cheap and shrinks to few sessions and few assets.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import rotation as rt

NAMES = ("ASH", "BAY", "ELM", "FIG", "OAK", "YEW")
EDGES = (
    "late",
    "gone",
    "brief",
    "same day",
    "flat",
    "twins",
    "jumps",
    "far apart",
    "long gap",
    "weekends",
)
"""late and gone: listings and delistings; brief: the last close is the last row but one; same day:
all list, and all are delisted, on one row; flat: a price that stays; twins: two equal columns;
jumps: 20 to 30 % in a day; far apart: from 1e-3 to 1e6; long gap: weeks without a session;
weekends: sessions on every day of the week."""


Rate = float | pd.Series | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms targets are traded: everything `simulate` takes besides closes and weights."""

    buy: Rate
    sell: Rate
    lag: int
    fill: pd.DataFrame | None
    cash_rate: float | pd.Series
    capital: float
    slippage: Rate = 0.0
    impact: rt.Impact | None = None
    band: rt.Band | None = None
    borrowing: rt.Borrowing | None = None
    actions: rt.Actions | None = None
    dividends: str = "reinvest"
    lots: rt.Lots | None = None
    haircut: float = 0.0

    @property
    def options(self) -> dict[str, Any]:
        """What `simulate` is called with."""
        return {
            "lag": self.lag,
            "same_close": self.lag == 0,
            "costs": rt.Costs(self.buy, self.sell, self.slippage, self.impact),
            "fill": self.fill,
            "cash_rate": self.cash_rate,
            "capital": self.capital,
            "band": self.band,
            "borrowing": self.borrowing,
            "actions": self.actions,
            "dividends": self.dividends,
            "lots": self.lots,
            "haircut": self.haircut,
        }


def seeds() -> st.SearchStrategy[int]:
    """Seeds for numpy."""
    return st.integers(0, 2**32 - 1)


def rates(highest: float = 0.2) -> st.SearchStrategy[float]:
    """Proportional costs, 0 included."""
    return st.sampled_from((0.0, 0.001, 0.002, 0.05)) | st.floats(0.0, highest)


@st.composite
def closes(
    draw: st.DrawFn,
    *,
    sessions: tuple[int, int] = (3, 60),
    assets: tuple[int, int] = (1, len(NAMES)),
    whole: bool = False,
    always: Set[str] = frozenset(),
    swings: tuple[float, ...] = (0.003, 0.02, 0.1),
) -> pd.DataFrame:
    """Closes (T, N) on business days with gaps: NaN before a listing and after a delisting only.

    Every row has a price and every asset has two closes at least. With ``whole`` nothing is listed
    late and nothing is delisted; the edges ``always`` are there in every draw; ``swings`` are the
    daily volatilities to choose from.
    """
    t = draw(st.integers(*sessions), label="sessions")
    n = draw(st.integers(*assets), label="assets")
    edges = draw(st.sets(st.sampled_from(EDGES)), label="edges") | always
    rng = np.random.default_rng(draw(seeds(), label="seed"))

    swing = rng.choice(swings)
    growth = np.clip(rng.normal(0.0, swing, (t, n)), -0.3, 0.3)
    if "jumps" in edges:
        jumps = rng.random((t, n)) < 0.1
        growth[jumps] = rng.choice([-1.0, 1.0], jumps.sum()) * rng.uniform(0.2, 0.3, jumps.sum())
    if "flat" in edges:
        growth[:, rng.integers(n)] = 0.0
    low, high = (-3, 6) if "far apart" in edges else (0, 2)
    table = 10 ** rng.uniform(low, high, n) * np.cumprod(1.0 + growth, axis=0)
    if "twins" in edges and n > 1:
        table[:, 1] = table[:, 0]
    if not whole:
        _lives(table, edges, rng)
    return pd.DataFrame(table, index=_sessions(t, edges, rng), columns=list(NAMES[:n]))


def _lives(table: np.ndarray, edges: Set[str], rng: np.random.Generator) -> None:
    """Cut the columns to their lives, in place; one column keeps the whole."""
    t, n = table.shape
    whole = rng.integers(n)
    shared_start, shared_stop = int(rng.integers(0, t - 1)), int(rng.integers(2, t + 1))
    for i in range(n):
        if i == whole:
            continue
        start, stop = 0, t
        if "late" in edges and rng.random() < 0.7:
            start = shared_start if "same day" in edges else int(rng.integers(0, t - 1))
        if "gone" in edges and rng.random() < 0.9:
            stop = shared_stop if "same day" in edges else int(rng.integers(2, t + 1))
        if "brief" in edges and rng.random() < 0.3:
            stop = t - 1
        if stop - start < 2:
            start = max(stop - 2, 0)
        table[:start, i] = np.nan
        table[stop:, i] = np.nan


def _sessions(t: int, edges: Set[str], rng: np.random.Generator) -> pd.DatetimeIndex:
    """Days from somewhere in three decades, a tenth of them missing, weekends too unless asked."""
    first = np.datetime64("1990-01-01") + rng.integers(0, 11_000)
    steps = 1 + (rng.random(t) < 0.1)
    if "long gap" in edges:
        steps[rng.integers(t)] += rng.integers(20, 90)
    week = "1111111" if "weekends" in edges else "1111100"
    days = np.busday_offset(first, np.cumsum(steps), roll="forward", weekmask=week)
    return pd.DatetimeIndex(days.astype("datetime64[ns]"))


@st.composite
def sessions(draw: st.DrawFn) -> pd.DatetimeIndex:
    """Session dates alone, more of them than a market has."""
    edges = draw(st.sets(st.sampled_from(("long gap", "weekends"))), label="edges")
    rng = np.random.default_rng(draw(seeds(), label="seed"))
    return _sessions(draw(st.integers(1, 600), label="sessions"), edges, rng)


@st.composite
def targets(draw: st.DrawFn, closes: pd.DataFrame, *, gross: float | None = None) -> pd.DataFrame:
    """Target weights for some rows of ``closes``, its columns in another order.

    Long only and at most fully invested, or with ``gross`` both signs up to that sum of absolute
    weights. Only what has a close on the deciding row has a weight; some rows, never the first,
    say nothing (NaN), some repeat, some go to cash, some are one name alone.
    """
    rng = np.random.default_rng(draw(seeds(), label="targets"))
    t, n = closes.shape
    rows = np.flatnonzero(rng.random(t) < rng.choice([0.05, 0.15, 0.4, 1.0]))
    if not rows.size:
        rows = np.array([rng.integers(t)])
    listed = closes.notna().to_numpy()[rows]

    weights = rng.exponential(size=(rows.size, n)) * (rng.random((rows.size, n)) < 0.7) * listed
    if gross is not None:
        weights *= rng.choice([-1.0, 1.0], (rows.size, n))
    total = np.abs(weights).sum(axis=1, keepdims=True)
    size = rng.choice([0.5, 1.0], (rows.size, 1)) * (1.0 if gross is None else gross)
    weights *= np.divide(size, total, out=np.zeros_like(total), where=total > 0)

    kinds = ["as drawn", "alone", "cash", "repeat", "nothing"]
    for k in range(rows.size):
        kind = rng.choice(kinds, p=[0.4, 0.3, 0.1, 0.1, 0.1])
        if kind == "alone" and listed[k].any():
            weights[k] = 0.0
            weights[k, rng.choice(np.flatnonzero(listed[k]))] = 1.0
        elif kind == "cash":
            weights[k] = 0.0
        elif kind == "repeat" and k and not np.isnan(weights[k - 1]).any():
            weights[k] = np.where(listed[k], weights[k - 1], 0.0)
        elif kind == "nothing" and k:
            weights[k] = np.nan
    order = rng.permutation(n)
    return pd.DataFrame(weights[:, order], index=closes.index[rows], columns=closes.columns[order])


@st.composite
def terms(
    draw: st.DrawFn, closes: pd.DataFrame, *, fills: bool = True, by_name: bool = False
) -> Terms:
    """Two rates, a lag, with a lag perhaps fill prices, perhaps interest on cash, a capital.

    With ``by_name`` the rates may be a Series, one for each column.
    """
    rng = np.random.default_rng(draw(seeds(), label="terms"))
    fill = None
    lag = draw(st.integers(0, 3), label="lag")
    if fills and lag and draw(st.booleans(), label="fill"):
        fill = closes * np.exp(rng.normal(0.0, 0.02, closes.shape))
    cash_rate: float | pd.Series = draw(st.sampled_from((0.0, 0.0, 0.0002, -0.0001, 0.01)))
    if draw(st.booleans(), label="a rate for each session"):
        cash_rate = pd.Series(rng.uniform(-0.001, 0.003, len(closes)), index=closes.index)
    buy, sell = draw(rates(), label="buy"), draw(rates(), label="sell")
    if by_name and draw(st.booleans(), label="a rate for each name"):
        buy, sell = (
            pd.Series(rate * rng.uniform(0.0, 1.0, closes.shape[1]), index=closes.columns)
            for rate in (buy, sell)
        )
    return Terms(
        buy=buy,
        sell=sell,
        lag=lag,
        fill=fill,
        cash_rate=cash_rate,
        capital=draw(st.sampled_from((1.0, 100.0, 1e6, 1e-3)), label="capital"),
    )


FEATURES = ("rates", "slippage", "impact", "band", "borrowing", "actions", "haircut", "lots")
"""What `simulate` can do beyond two rates, fill prices and interest."""


@st.composite
def features(
    draw: st.DrawFn, closes: pd.DataFrame, on: Terms, wanted: Set[str] = frozenset(FEATURES)
) -> tuple[pd.DataFrame, Terms]:
    """Terms grown by the wanted features, and the closes that go with them.

    With ``actions`` the closes and the fill prices become unadjusted ones. Lots rule out band,
    borrowing and impact.
    """
    rng = np.random.default_rng(draw(seeds(), label="features"))
    more: dict[str, Any] = {}
    if "rates" in wanted:
        more["buy"] = rate(rng, closes, draw(rates(), label="buy"))
        more["sell"] = rate(rng, closes, draw(rates(), label="sell"))
    if "slippage" in wanted:
        more["slippage"] = rate(rng, closes, draw(rates(0.03), label="slippage") * 0.6)
    if "impact" in wanted:
        depth = draw(st.sampled_from((-1.0, 0.0, 1.0, 3.0)), label="depth of the market")
        volume = on.capital * 10 ** rng.uniform(depth, depth + 2.0, closes.shape)
        coefficient = rate(rng, closes, draw(st.sampled_from((0.0, 0.01, 0.1, 0.5))))
        table = pd.DataFrame(volume, closes.index, closes.columns)
        more["impact"] = rt.Impact(table.where(closes.notna()), coefficient)
    if "band" in wanted:
        more["band"] = draw(bands(), label="band")
    if "borrowing" in wanted:
        debit = draw(st.sampled_from((None, 0.0, 0.0003, 0.02)), label="rate of negative cash")
        if debit is not None and rng.random() < 0.5:
            debit = pd.Series(rng.uniform(0.0, debit, len(closes)), index=closes.index)
        fee = draw(st.sampled_from((0.0, 0.0001, 0.01, 0.1)), label="fee of shorts")
        more["borrowing"] = rt.Borrowing(cash=debit, shorts=rate(rng, closes, fee))
    if "haircut" in wanted:
        more["haircut"] = draw(st.sampled_from((0.0, 0.3, 0.99)), label="haircut")
    if "actions" in wanted:
        closes, more["fill"], more["actions"] = unadjusted(rng, closes, on.fill)
        more["dividends"] = draw(st.sampled_from(("reinvest", "cash")), label="dividends")
    if "lots" in wanted:
        fee = on.capital * draw(st.sampled_from((0.0, 0.0, 0.001, 0.02, 0.3)), label="fee")
        more["lots"] = rt.Lots(
            size=draw(st.sampled_from((1.0, 10.0, 0.5)), label="lot"),
            per_share=rng.choice([0.0, 0.001, 0.05]) * float(closes.min(axis=None)),
            fixed=fee * rng.choice([0.0, 1.0]),
            minimum=fee * rng.choice([0.0, 1.5]),
        )
        more["dividends"] = "cash" if "actions" in wanted else on.dividends
    return closes, replace(on, **more)


@st.composite
def bands(draw: st.DrawFn) -> rt.Band:
    """Tolerances from none to any."""
    width = st.sampled_from((0.0, 0.01, 0.05, 0.3))
    return rt.Band(
        absolute=draw(width | st.just(np.inf)), relative=draw(width), to_edge=draw(st.booleans())
    )


def rate(rng: np.random.Generator, closes: pd.DataFrame, highest: float) -> Rate:
    """A rate up to ``highest``: one for all, by name, by session, or by both."""
    by_both = pd.DataFrame(
        highest * rng.uniform(0.0, 1.0, closes.shape), index=closes.index, columns=closes.columns
    )
    return [highest, by_both.iloc[0], by_both.iloc[:, 0], by_both][rng.integers(4)]


def unadjusted(
    rng: np.random.Generator, closes: pd.DataFrame, fill: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame | None, rt.Actions]:
    """Closes and fill prices as they were quoted, with the dividends and splits that explain them.

    Dividends of up to a tenth of the close, on a tenth of the rows; fewer splits; both only where
    there was a close the day before. Their tables have no row where nothing happens.
    """
    held = (closes.notna() & closes.shift(1).notna()).to_numpy()
    happens = held & (rng.random(closes.shape) < 0.05)
    factor = np.where(happens, rng.choice([2.0, 3.0, 1.5, 0.1], closes.shape), 1.0)
    quoted = closes / np.cumprod(factor, axis=0)
    pays = held & (rng.random(closes.shape) < 0.1)
    money = (quoted * rng.uniform(0.0, 0.1, closes.shape)).where(pays, 0.0)
    splits = pd.DataFrame(factor, index=closes.index, columns=closes.columns)
    actions = rt.Actions(
        dividends=money[pays.any(axis=1)] if pays.any() else None,
        splits=splits[happens.any(axis=1)].replace(1.0, np.nan) if happens.any() else None,
    )
    return quoted, None if fill is None else fill / np.cumprod(factor, axis=0), actions
