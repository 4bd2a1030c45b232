"""Decisions to a Result: everything that trades goes through here, once.

What is not sound is refused before anything is computed; nothing here looks at a signal.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.costs import headroom
from rotation.engine.account import run
from rotation.engine.lots import run_lots
from rotation.engine.market import Rates
from rotation.errors import ArgumentError, DataError
from rotation.result import Result
from rotation.tables import Prices
from rotation.terms import Parts, Terms

__all__ = ["Decisions", "refuse_unfit", "refuse_unpayable", "settle_up"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Rows (K,) that decide, the weights (K, N) they want, and why."""

    rows: IntArray
    targets: FloatArray
    reasons: tuple[str, ...]


def settle_up(
    prices: Prices,
    wanted: Decisions,
    lag: int,
    terms: Terms,
    *,
    note: str = "",
    parts: Parts | None = None,
) -> Result:
    """Run decisions through the account.

    Parameters
    ----------
    prices : the price table
    wanted : decisions, the first of which can be traded on
    lag : sessions from decision to trade
    terms : costs, fills, cash and capital
    note : for the readers of the result
    parts : what the columns are made of, if they are layers

    Raises
    ------
    DataError
        If no decision trades within the sessions, or a table of the terms is not sound.
    ArgumentError
        If a trade could not pay for itself, or terms do not go together.
    """
    in_time = wanted.rows + lag < len(prices.close)
    if not in_time.any():
        raise DataError(
            f"closes: too short; want a decision with {lag} sessions after it, "
            f"got {len(wanted.rows)} decisions and sessions to {prices.sessions[-1]:%Y-%m-%d}"
        )
    rows, targets = wanted.rows[in_time], wanted.targets[in_time]
    refuse_unfit(terms, parts, lag)
    rates = terms.rates(prices if parts is None else parts.prices)
    market = terms.market(prices, rows + lag)
    if terms.lots is None:
        refuse_unpayable(prices, rows, targets, rates)
        account = run(
            market,
            rows + lag,
            targets[:, None, :],
            rates=rates,
            band=terms.band,
            composition=None if parts is None else parts.composition,
            capital=terms.capital,
        )
    else:
        _refuse_for_lots(prices, rows, targets)
        account = run_lots(
            market,
            rows + lag,
            targets[:, None, :],
            lots=terms.lots,
            rates=rates,
            shares=terms.shares(prices),
            capital=terms.capital,
        )
    return Result(
        prices=prices,
        account=account,
        market=market,
        decided=rows,
        reasons=_with_delistings(wanted.reasons[: len(rows)], targets, rows + lag, prices),
        start_row=int(rows[0]) + lag,
        terms=terms,
        note=note,
        parts=parts,
    )


def refuse_unpayable(prices: Prices, rows: IntArray, targets: FloatArray, rates: Rates) -> None:
    """Refuse targets (K, ..., N) of rows (K,) whose trade could not pay for itself.

    Raises
    ------
    ArgumentError
        Naming the first.
    """
    buy, sell = float(np.max(rates.buy)), float(np.max(rates.sell))
    room = headroom(np.moveaxis(targets, -1, 0), buy, sell).reshape(len(rows), -1).min(axis=1)
    if (room <= 0).any():
        k = int((room <= 0).argmax())
        raise ArgumentError(
            "weights: want 1 - sum(w+ sell + w- buy) above 0, so that the trade can pay for "
            f"itself, got {room[k]:.6g} on {prices.sessions[rows[k]]:%Y-%m-%d}"
        )


def refuse_unfit(terms: Terms, parts: Parts | None, lag: int) -> None:
    """Refuse terms that do not go together, or with layers, or with a delay.

    Raises
    ------
    ArgumentError
        Naming the term.
    """
    if parts is not None and (terms.actions is not None or terms.lots is not None):
        raise ArgumentError("closes: layers have no shares, so neither lots nor actions")
    if terms.fill is not None:
        if lag == 0:
            raise ArgumentError("fill: a trade at the deciding close (lag 0) has no other price")
        if parts is not None and parts.composition is not None:
            raise ArgumentError(
                "fill: layers that share members, or whose members pay different rates, "
                "trade at closes"
            )
    if terms.lots is None:
        return
    for name, got in (
        ("band", terms.band),
        ("borrowing", terms.borrowing),
        ("impact", terms.costs.impact),
    ):
        if got is not None:
            raise ArgumentError(f"lots: do not go with {name}")
    if terms.actions is not None and terms.dividends == "reinvest":
        raise ArgumentError("lots: whole shares cannot reinvest dividends; pass dividends='cash'")


def _refuse_for_lots(prices: Prices, rows: IntArray, targets: FloatArray) -> None:
    wrong = (targets < 0).any(axis=1) | (targets.sum(axis=1) > 1 + 1e-9)
    if wrong.any():
        raise ArgumentError(
            "lots: want weights of 0 or more that sum to 1 at most, got "
            f"{targets[wrong][0].tolist()} on {prices.sessions[rows[wrong][0]]:%Y-%m-%d}"
        )


def _with_delistings(
    reasons: tuple[str, ...], targets: FloatArray, traded: IntArray, prices: Prices
) -> tuple[str, ...]:
    """The reasons, and what of each decision could not be bought any more."""
    gone = (targets != 0) & (traded[:, None] >= delisted(prices.close))
    if not gone.any():
        return reasons
    names = np.array([str(name) for name in prices.columns])
    said = [f"; {', '.join(names[n])} was delisted by then" if n.any() else "" for n in gone]
    return tuple(reason + more for reason, more in zip(reasons, said, strict=True))
