"""A Result against a Book of the slow ledger: the same terms for both, and the comparison."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import rotation as rt
from markets import Terms
from oracles.choice import deciding_rows, switching
from oracles.ledger import Band, Book, Rate, ledger, table
from oracles.lots import Lots

CLOSE = 1e-10
WORN = 1e5  # gross over value: beyond it, floats have no 1e-10 left to compare

Decisions = dict[int, dict[str, float]]
EVERY = st.sampled_from(("D", "W", "M", "Q", "Y")) | st.integers(1, 9)


def days(index: pd.DatetimeIndex) -> list[date]:
    """Sessions as dates."""
    return [stamp.date() for stamp in index]


def plain(rate: float | pd.Series | pd.DataFrame) -> Rate:
    """A rate as the ledger takes it."""
    if isinstance(rate, pd.DataFrame):
        return table(rate)
    if isinstance(rate, pd.Series):
        return rate.tolist() if isinstance(rate.index, pd.DatetimeIndex) else rate.to_dict()
    return rate


def plain_terms(on: Terms, market: pd.DataFrame) -> dict[str, Any]:
    """Drawn terms as the ledger takes them."""
    more: dict[str, Any] = {}
    if on.impact is not None:
        more["coefficient"] = plain(on.impact.coefficient)
        more["volume"] = table(on.impact.volume)
    if on.band is not None:
        more["band"] = Band(on.band.absolute, on.band.relative, on.band.to_edge)
    if on.borrowing is not None:
        more["short_fee"] = plain(on.borrowing.shorts)
        if on.borrowing.cash is not None:
            more["debit_rate"] = plain(on.borrowing.cash)
    if on.actions is not None:
        for name, events, none in (
            ("dividend", on.actions.dividends, 0.0),
            ("split", on.actions.splits, 1.0),
        ):
            if events is not None:
                full = events.reindex(index=market.index, columns=market.columns).fillna(none)
                more[name] = table(full)
        more["to_cash"] = on.dividends == "cash"
    if on.lots is not None:
        more["lots"] = Lots(on.lots.size, on.lots.per_share, on.lots.fixed, on.lots.minimum)
    return more | {
        "lag": on.lag,
        "buy": plain(on.buy),
        "sell": plain(on.sell),
        "slippage": plain(on.slippage),
        "cash_rate": plain(on.cash_rate),
        "fill": None if on.fill is None else table(on.fill),
        "haircut": on.haircut,
        "capital": on.capital,
    }


def slow(market: pd.DataFrame, decisions: Decisions, on: Terms, **more: Any) -> Book:
    """The ledger on drawn terms; draws whose account cancels away are passed over."""
    book = ledger(table(market), decisions, **plain_terms(on, market), **more)
    assume(book.strain < WORN)
    return book


def wanted(weights: pd.DataFrame, market: pd.DataFrame) -> Decisions:
    """A frame of target weights as decisions by row, rows that say nothing left out."""
    rows = market.index.get_indexer(weights.index)
    records = weights.to_dict("records")
    return {
        int(t): row
        for t, row in zip(rows, records, strict=True)
        if not all(np.isnan(x) for x in row.values())
    }


def strategy(rule: dict, lag: int) -> rt.Strategy:
    return rt.Strategy(
        signal=rt.Momentum(days=rule["days"], skip=rule["skip"]),
        rule=rt.Switch(margin=rule["margin"]),
        schedule=rt.Schedule(rule["every"], offset=rule["offset"], lag=lag, same_close=lag == 0),
    )


@st.composite
def strategies(draw: st.DrawFn) -> dict:
    """Parameters of momentum, switch and schedule."""
    return {
        "days": draw(st.integers(1, 8)),
        "skip": draw(st.integers(0, 3)),
        "margin": draw(st.sampled_from((0.0, 0.01, 0.05, 0.3))),
        "every": draw(EVERY),
        "offset": draw(st.sampled_from((0, 0, 1, 3))),
    }


def chosen(market: pd.DataFrame, rule: dict) -> dict[int, dict[str, float]]:
    rows = deciding_rows(days(market.index), rule["every"], rule["offset"])
    kept = {name: rule[name] for name in ("days", "skip", "margin")}
    return switching(table(market), rows, **kept)


def backtested(prices: pd.DataFrame | rt.Layers, rule: dict, on: Terms) -> rt.Result:
    options = {name: x for name, x in on.options.items() if name not in ("lag", "same_close")}
    return rt.backtest(prices, strategy(rule, on.lag), **options)


def assert_agree(market: pd.DataFrame, weights: pd.DataFrame, on: Terms) -> None:
    """`simulate` gives the account of the slow ledger."""
    decisions = wanted(weights, market)
    if min(decisions) + on.lag >= len(market):
        with pytest.raises(rt.DataError, match="too short"):
            rt.simulate(market, weights, **on.options)
        return
    result = rt.simulate(market, weights, **on.options)
    assert_same(result, slow(market, decisions, on), on.capital)


def assert_same(result: rt.Result, book: Book, capital: float) -> None:
    """All that a result says is in the book."""
    sessions = result.value.index
    assert sessions.equals(result.closes.index)
    assert result.ruined == (None if book.ruined is None else sessions[book.ruined])
    value = np.array(book.value)
    # Fees can take a million but for a trifle, of which floats know no ten digits.
    assert_allclose(result.value, value, rtol=CLOSE, atol=1e-14 * max(capital, value.max()))
    before = np.concatenate([[capital], value[:-1]])
    change = value / np.where(before > 0.0, before, 1.0) - (before > 0.0)
    assert_allclose(result.returns, change, rtol=0, atol=CLOSE * 10)

    assert list(result.weights.columns) == list(book.weights[0])
    assert_allclose(result.weights, cells(book.weights), rtol=CLOSE, atol=CLOSE)
    assert_same_parts(result, book, capital)
    assert_same_trades(result, book)


def cells(rows: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Rows of dicts as an array."""
    return np.array([list(row.values()) for row in rows])


def assert_same_parts(result: rt.Result, book: Book, capital: float) -> None:
    """Contributions are those of the book, as exactly as what was at stake so far allows."""
    got = result.contributions
    parts = cells(book.parts)
    columns = list(book.parts[0])
    if book.ruined is None:
        assert not parts[:, -1].any()
        parts, columns = parts[:, :-1], columns[:-1]
    assert list(got.columns) == columns
    stake = np.maximum.accumulate(np.maximum(book.gross, capital))[:, None]
    assert_allclose(got / stake, parts / stake, rtol=0, atol=CLOSE)


def assert_same_trades(result: rt.Result, book: Book) -> None:
    """The ledgers agree to the last column, and to the row of the ruin."""
    sessions = result.value.index
    got = result.switches
    if book.ruined is not None:
        last = got.iloc[-1]
        assert last["reason"].startswith("ruined: ")
        assert last["decided"] == last["traded"] == sessions[book.ruined]
        assert last["earned"] == last["instead"] == 0.0
        got = got.iloc[:-1]
    forced = got["reason"].str.startswith("delisted: ").to_numpy(bool)
    assert not got["reason"].str.startswith("ruined").any()
    entries = book.entries
    assert [sessions[each.traded] for each in entries] == got["traded"].tolist()
    assert [each.decided is None for each in entries] == forced.tolist()
    decided = [each.traded if each.decided is None else each.decided for each in entries]
    assert [sessions[row] for row in decided] == got["decided"].tolist()

    def column(name: str, scale: Sequence[float] = ()) -> None:
        want = np.array([getattr(each, name) for each in entries])
        have = got[name].to_numpy(float)
        by = np.array(scale) if len(scale) else np.maximum(np.abs(want), 1.0)
        assert_allclose(have / by, want / by, rtol=0, atol=CLOSE, err_msg=name)

    if entries:
        column("turnover")
        column("cost", [each.value for each in entries])
        column("earned")
        column("instead")
        if "deviation" in got:
            column("deviation")
