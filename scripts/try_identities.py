"""Try what must add up in every account on many drawn markets, and print how far off the worst is.

    python scripts/try_identities.py --markets 100000

Market n is drawn by numpy from the seed and n, so a bad one can be drawn again. Each identity is
computed from the tables that went in and from what a Result says, never from the engine; residuals
are fractions of all that was at stake so far, shorts and debts without their signs.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import rotation as rt
from rotation.arrays import BoolArray, FloatArray

NAMES = ("ASH", "BAY", "ELM", "FIG", "OAK")
BATCH = 250


@dataclass(frozen=True, slots=True)
class Drawn:
    """A market, targets, and how they are traded."""

    closes: pd.DataFrame
    weights: pd.DataFrame
    options: dict[str, Any]


def residuals(result: rt.Result, drawn: Drawn) -> dict[str, float]:
    """How far off each identity is.

    Parameters
    ----------
    result : the account
    drawn : what it was made of

    Returns
    -------
    dict by identity. ``change``: contributions add up to every change in value. ``cost``: what
    they say of costs is what the ledger says. ``weights`` add up to 1 and ``returns`` compound to
    the value. ``ledger``: costs and what was ``earned`` lead from the capital to the last value.
    For trades at closes also ``growth``: each name, and cash, contributed what its price, dividend,
    fee or rate made of what was held the close before; and ``trades``: these and the costs by the
    equation of the trade, on the weights that came of it, lead to the next value.
    """
    capital = drawn.options["capital"]
    value = result.value.to_numpy()
    parts = result.contributions
    held = result.weights.to_numpy() * value[:, None]
    before = np.append(capital, value[:-1])
    stake = np.maximum.accumulate(np.maximum(np.abs(held).sum(axis=1), capital))
    ledger = result.switches
    by_session = ledger.groupby("traded")["cost"].sum().reindex(result.value.index, fill_value=0.0)

    first = ledger["traded"].iloc[0] if len(ledger) else result.value.index[-1]
    money = capital + parts["cash"].loc[:first].sum()
    for cost, earned in zip(ledger["cost"], ledger["earned"], strict=True):
        money = (money - cost) * (1.0 + earned)

    off = {
        "change": np.abs(parts.sum(axis=1) - (value - before)) / stake,
        # On the day of ruin leaving would have cost all that was left, and no trade was made.
        "cost": np.abs(parts["cost"] + by_session)[value > 0] / stake[value > 0],
        "weights": np.abs(held.sum(axis=1) - value) / stake,
        "returns": np.abs(before * (1.0 + result.returns) - value) / stake,
        "ledger": np.abs(money - value[-1]) / stake[-1],
    }
    if drawn.options.get("fill") is None:
        off |= _at_closes(result, drawn, held, stake)
    return {name: float(np.max(each)) for name, each in off.items()}


def _at_closes(
    result: rt.Result, drawn: Drawn, held: FloatArray, stake: FloatArray
) -> dict[str, FloatArray]:
    """Growth and trades, both (T - 1,), where nothing is traded but at closes."""
    closes, options = drawn.closes, drawn.options
    alive = np.ones(len(closes), dtype=bool)
    if result.ruined is not None:
        alive[closes.index.get_indexer(pd.DatetimeIndex([result.ruined]))[0] :] = False
    grown, reinvested = _growth(drawn, held[:-1, :-1])
    owed = options["borrowing"]
    credit = _wide(options["cash_rate"], closes)[1:, 0]
    debit = credit if owed is None or owed.cash is None else _wide(owed.cash, closes)[1:, 0]
    interest = held[:-1, -1] * np.where(held[:-1, -1] < 0.0, debit, credit)
    earned = np.column_stack([grown - held[:-1, :-1], interest])
    said = result.contributions.iloc[1:, : held.shape[1]].to_numpy()

    value = result.value.to_numpy()
    cost = _cost(drawn, reinvested, held[1:, :-1])
    after = value[:-1] + earned.sum(axis=1) - cost
    parted = _leaves(closes)[1:].any(axis=1) & (options["band"] is not None)
    sound = alive[1:] & ~parted  # a band may let a trade sell a part and the last close the rest
    return {
        "growth": np.where(alive[1:], np.abs(said - earned).max(axis=1), 0.0) / stake[1:],
        "trades": np.where(sound, np.abs(after - value[1:]), 0.0) / stake[1:],
    }


def _growth(drawn: Drawn, held: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Holdings (T - 1, N) a session later, with all dividends and with those reinvested alone."""
    closes, options = drawn.closes, drawn.options
    price = np.nan_to_num(closes.to_numpy(), nan=0.0)
    kept = _kept(drawn)
    split, paid = np.ones(price.shape), np.zeros(price.shape)
    if options["actions"] is not None:
        split = _events(options["actions"].splits, closes, 1.0)
        paid = _events(options["actions"].dividends, closes, 0.0)
    fee = np.zeros(price.shape)
    if options["borrowing"] is not None:
        fee = _wide(options["borrowing"].shorts, closes)
    units = np.divide(held, price[:-1], out=np.zeros(held.shape), where=price[:-1] > 0.0)
    units = units * np.where(units < 0.0, 1.0 + fee[1:], 1.0) * split[1:]
    if options["dividends"] == "cash":
        left = units * price[1:] * kept[1:]
        return left + units * paid[1:], left
    bought = units * (price[1:] + paid[1:]) * kept[1:]
    return bought, bought


def _cost(drawn: Drawn, before: FloatArray, after: FloatArray) -> FloatArray:
    """Costs (T - 1,) of what changed hands between two holdings (T - 1, N)."""
    closes, options = drawn.closes, drawn.options
    costs, lots = options["costs"], options["lots"]
    change = after - before
    if lots is not None:
        # What was not ordered changed by rounding alone.
        change = np.where(np.abs(change) < 1e-9 * np.maximum(np.abs(after), 1e-300), 0.0, change)
    slippage = _wide(costs.slippage, closes)[1:]
    buy, sell = (_wide(rate, closes)[1:] + slippage for rate in (costs.buy, costs.sell))
    paid = np.where(change > 0.0, buy, sell) * np.abs(change)
    if lots is not None:
        price = (closes.to_numpy() * _kept(drawn))[1:]
        shares = np.abs(change) / np.where(np.isnan(price), 1.0, price)
        fees = np.maximum(paid + lots.per_share * shares + lots.fixed, lots.minimum)
        # A sale at a last close costs no more than it brings.
        paid = np.where(change < 0.0, np.minimum(fees, -change), np.where(change > 0.0, fees, 0.0))
    if costs.impact is not None:
        volume = _wide(costs.impact.volume, closes)[1:]
        deep = np.where(np.isnan(volume), np.inf, volume)
        forced = _leaves(closes)[1:] & ~_decides(drawn)[1:, None]
        coefficient = np.where(forced, 0.0, _wide(costs.impact.coefficient, closes)[1:])
        paid = paid + coefficient * np.abs(change) ** 1.5 / np.sqrt(deep)
    total: FloatArray = paid.sum(axis=1)
    return total


def _leaves(closes: pd.DataFrame) -> BoolArray:
    """Last closes (T, N) of what is delisted before the data end."""
    listed = closes.notna().to_numpy()
    last: BoolArray = listed & ~np.vstack([listed[1:], listed[-1:]])
    return last


def _kept(drawn: Drawn) -> FloatArray:
    """What a close brings of itself (T, N): a last one less the haircut."""
    return np.where(_leaves(drawn.closes), 1.0 - drawn.options["haircut"], 1.0)


def _decides(drawn: Drawn) -> BoolArray:
    """Rows (T,) on which a decision trades."""
    rows = drawn.closes.index.get_indexer(drawn.weights.dropna(how="all").index)
    trades = np.zeros(len(drawn.closes), dtype=bool)
    trades[[row for row in rows + drawn.options["lag"] if row < len(trades)]] = True
    return trades


def _wide(rate: float | pd.Series | pd.DataFrame, closes: pd.DataFrame) -> FloatArray:
    """A rate as a table (T, N)."""
    if isinstance(rate, pd.DataFrame):
        wide = rate.reindex(index=closes.index, columns=closes.columns).to_numpy(float)
    elif isinstance(rate, pd.Series) and isinstance(rate.index, pd.DatetimeIndex):
        wide = np.repeat(rate.reindex(closes.index).to_numpy(float)[:, None], closes.shape[1], 1)
    elif isinstance(rate, pd.Series):
        wide = np.repeat(rate.reindex(closes.columns).to_numpy(float)[None], len(closes), 0)
    else:
        wide = np.full(closes.shape, float(rate))
    return wide


def _events(table: pd.DataFrame | None, closes: pd.DataFrame, none: float) -> FloatArray:
    if table is None:
        return np.full(closes.shape, none)
    wide = table.reindex(index=closes.index, columns=closes.columns).fillna(none)
    return wide.to_numpy(float)


def draw(rng: np.random.Generator) -> Drawn:
    """A market of up to 60 sessions and 5 names, and any of the ways to trade it."""
    t, n = int(rng.integers(4, 61)), int(rng.integers(1, len(NAMES) + 1))
    sessions = pd.bdate_range("2000-01-03", periods=t)
    growth = np.clip(rng.normal(0.0, rng.choice([0.003, 0.02, 0.1]), (t, n)), -0.4, 0.4)
    price = 10 ** rng.uniform(-1, 3, n) * np.cumprod(1.0 + growth, axis=0)
    for i in np.flatnonzero(rng.random(n) < 0.4)[: n - 1]:
        start, stop = np.sort(rng.choice(t + 1, 2, replace=False))
        if stop - start >= 2:
            price[:start, i], price[stop:, i] = np.nan, np.nan
    closes = pd.DataFrame(price, sessions, NAMES[:n])

    def maybe(share: float) -> bool:
        return bool(rng.random() < share)

    def rate(highest: float) -> float | pd.Series | pd.DataFrame:
        table = pd.DataFrame(highest * rng.random((t, n)), sessions, closes.columns)
        kinds: list[float | pd.Series | pd.DataFrame] = [
            highest,
            table.iloc[0],
            table.iloc[:, 0],
            table,
        ]
        return kinds[rng.integers(4)]

    whole = maybe(0.2)
    gross = 1.0 if whole or maybe(0.5) else float(rng.uniform(0.5, 4.0))
    capital = float(rng.choice([1e3, 1e6]))
    lag = int(rng.integers(0, 3))
    weights = _targets(rng, closes, gross, shorts=gross != 1.0)
    fill = closes * np.exp(rng.normal(0.0, 0.02, (t, n))) if lag and maybe(0.3) else None
    actions = None
    if maybe(0.3):
        closes, fill, actions = _unadjusted(rng, closes, fill)
    volume = pd.DataFrame(capital * 10 ** rng.uniform(-1, 3, (t, n)), sessions, closes.columns)
    impact = rt.Impact(volume, rate(0.5)) if not whole and maybe(0.3) else None
    options: dict[str, Any] = {
        "lag": lag,
        "same_close": lag == 0,
        "costs": rt.Costs(rate(0.05), rate(0.05), rate(0.01), impact),
        "fill": fill,
        "cash_rate": earning(rng, sessions, 0.001),
        "borrowing": None,
        "band": None,
        "actions": actions,
        "dividends": "cash" if whole or maybe(0.5) else "reinvest",
        "lots": None,
        "haircut": 0.3 if maybe(0.3) else 0.0,
        "capital": capital,
    }
    if whole:
        fee = capital * float(rng.choice([0.0, 0.001, 0.02]))
        options["lots"] = rt.Lots(per_share=0.001, fixed=fee, minimum=1.5 * fee)
    elif maybe(0.3):
        options["borrowing"] = rt.Borrowing(cash=earning(rng, sessions, 0.002), shorts=rate(0.01))
    if not whole and maybe(0.3):
        options["band"] = rt.Band(0.05 * rng.random(), 0.2 * rng.random(), to_edge=maybe(0.5))
    return Drawn(closes, weights, options)


def earning(
    rng: np.random.Generator, sessions: pd.DatetimeIndex, highest: float
) -> float | pd.Series:
    """A rate up to ``highest``, one for all sessions or one for each."""
    if rng.random() < 0.5:
        return float(highest * rng.random())
    return pd.Series(highest * rng.random(len(sessions)), sessions)


def _targets(
    rng: np.random.Generator, closes: pd.DataFrame, gross: float, *, shorts: bool
) -> pd.DataFrame:
    """Targets on some rows, the first one early enough to trade."""
    t, n = closes.shape
    rows = np.flatnonzero(rng.random(t) < rng.choice([0.05, 0.2, 1.0]))
    rows = np.union1d(rows[rows < t - 3], [rng.integers(max(t - 3, 1))])
    weights = rng.exponential(size=(len(rows), n)) * (rng.random((len(rows), n)) < 0.7)
    weights = np.where(closes.notna().to_numpy()[rows], weights, 0.0)
    if shorts:
        weights *= rng.choice([-1.0, 1.0], weights.shape)
    total = np.abs(weights).sum(axis=1, keepdims=True)
    share = rng.choice([0.5, 1.0], (len(rows), 1))
    weights *= np.divide(gross * share, total, out=np.zeros_like(total), where=total > 0.0)
    return pd.DataFrame(weights, closes.index[rows], closes.columns)


def _unadjusted(
    rng: np.random.Generator, closes: pd.DataFrame, fill: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame | None, rt.Actions]:
    """Prices as they were quoted, and the dividends and splits that explain them."""
    held = (closes.notna() & closes.shift(1).notna()).to_numpy()
    factor = np.where(held & (rng.random(closes.shape) < 0.05), rng.choice([2.0, 0.5]), 1.0)
    so_far = pd.DataFrame(np.cumprod(factor, axis=0), closes.index, closes.columns)
    quoted = closes / so_far
    paid = quoted.fillna(0.0) * np.where(held & (rng.random(closes.shape) < 0.1), 0.05, 0.0)
    splits = pd.DataFrame(factor, closes.index, closes.columns)
    filled = None if fill is None else fill / so_far
    return quoted, filled, rt.Actions(dividends=paid, splits=splits)


def one(seed: int, number: int) -> tuple[dict[str, float], bool]:
    """Residuals of one market, and whether its account was ruined."""
    drawn = draw(np.random.default_rng([seed, number]))
    result = rt.simulate(drawn.closes, drawn.weights, **drawn.options)
    return residuals(result, drawn), result.ruined is not None


def batch(first: int, seed: int, markets: int) -> tuple[dict[str, tuple[float, int]], int]:
    """Worst residual by identity, with the number of its market, and how many were ruined."""
    worst: dict[str, tuple[float, int]] = {}
    ruined = 0
    for number in range(first, min(first + BATCH, markets)):
        off, lost = one(seed, number)
        ruined += lost
        for name, residual in off.items():
            worst[name] = max(worst.get(name, (0.0, number)), (residual, number))
    return worst, ruined


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the worst of every identity; 1 if it is more than rounding."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--markets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bound", type=float, default=1e-10)
    options = parser.parse_args(arguments)

    began = time.perf_counter()
    work = partial(batch, seed=options.seed, markets=options.markets)
    worst: dict[str, tuple[float, int]] = {}
    ruined = 0
    with ProcessPoolExecutor(options.workers) as pool:
        for each, lost in pool.map(work, range(0, options.markets, BATCH)):
            ruined += lost
            for name, found in each.items():
                worst[name] = max(worst.get(name, (0.0, 0)), found)
    seconds = time.perf_counter() - began

    print(f"{options.markets:,} markets, {ruined:,} accounts ruined, {seconds:.0f} s")
    for name, (residual, number) in worst.items():
        print(f"{name:<8} {residual:.1e}  market {number}")
    return int(max(residual for residual, _ in worst.values()) > options.bound)


if __name__ == "__main__":
    sys.exit(main())
