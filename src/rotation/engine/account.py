"""Any target weights to an exact account.

After a trade to target weights the account is those weights of its value, whatever that was: so
what a trade costs follows from the targets before and after it alone, a whole block of trades is
solved at once, and value is a product of growths and cost factors.
"""

from dataclasses import dataclass

import numpy as np

from rotation.arrays import FloatArray, IntArray, delisted
from rotation.costs import root

__all__ = ["Account", "Market", "run"]

_BLOCK = 1 << 15  # numbers in a scratch array, so that the few of a block stay in a core's cache


@dataclass(frozen=True, slots=True)
class Market:
    """Prices that accounts live on.

    Parameters
    ----------
    close : (T, N) closes, NaN where not listed
    fill : (T, N) prices of the trades; the closes themselves for trades at closes
    cash : (T,) what one unit of cash at row 0 has become
    """

    close: FloatArray
    fill: FloatArray
    cash: FloatArray


@dataclass(frozen=True, slots=True)
class Account:
    """What became of S strategies; its E events are their trades and forced sales, oldest first.

    Parameters
    ----------
    value : (T, S) after the trades of each row, account currency
    rows : (E,) row of each event
    decision : (E,) number of the decision that a trade carries out, -1 for a forced sale
    targets : (E, S, N) weights of the value right after each event
    before, after : (E, S) value just before and after each event, account currency
    turnover : (E, S) Σ|Δw| over assets
    """

    value: FloatArray
    rows: IntArray
    decision: IntArray
    targets: FloatArray
    before: FloatArray
    after: FloatArray
    turnover: FloatArray


def run(
    market: Market,
    rows: IntArray,
    targets: FloatArray,
    *,
    buy: float = 0.0,
    sell: float = 0.0,
    capital: float = 1.0,
) -> Account:
    """Account of S strategies that trade on the same rows.

    Parameters
    ----------
    market : prices of T sessions and N assets
    rows : (K,) rows that trade, ascending, one at least
    targets : (K, S, N) weights of the value after each trade, the rest is cash; 0 for an asset
        that is not listed yet
    buy, sell : rates, fractions
    capital : cash at the start

    Returns
    -------
    Account
        Its value is not above 0, or NaN, on the first row on which shorts or leverage have lost
        everything, and means nothing after it.

    Notes
    -----
    Until its trade a row earns on what was held overnight, cash included; from ``fill`` to the
    close it earns on the new holdings. An asset is sold at its last close if the table goes on
    after it; a trade on that row or later leaves that part of its target in cash.

    Examples
    --------
    >>> close = np.array([[1.0], [2.0], [4.0]])
    >>> account = run(Market(close, close, np.ones(3)), np.array([1]), np.array([[[0.5]]]))
    >>> account.value.ravel().tolist()
    [1.0, 1.0, 1.5]
    """
    rows, decision, price, targets = _with_forced_sales(market, rows, targets, buy, sell)
    events, strategies, assets = targets.shape
    growth, cash_growth = _growth(price), _growth(market.cash[rows])
    cash_growth[0] = market.cash[rows[0]]
    before, after, turnover = (np.empty((events, strategies)) for _ in range(3))
    value = np.empty((len(market.close), strategies))
    value[: rows[0]] = capital * market.cash[: rows[0], None]
    worth = np.column_stack([np.nan_to_num(market.close), market.cash])
    stop = np.append(rows[1:], len(value))
    level = np.full(strategies, capital)

    size = max(1, _BLOCK // (assets * strategies))
    for block in (slice(k, min(k + size, events)) for k in range(0, events, size)):
        # Assets come first in here: numpy adds long rows fastest.
        wanted = _assets_first(targets, block.start, block.stop)
        owned = _assets_first(targets, block.start - 1, block.stop - 1)
        with np.errstate(all="ignore"):  # after ruin there is nothing sound to compute
            held, grown = _drift(owned, growth[block], cash_growth[block])
            kept = root(np.ones_like(grown), held, wanted, buy, sell)
            after[block] = level * np.cumprod(grown * kept, axis=0)
            before[block] = after[block] / kept
            # A forced sale moves what it sells; what stays gains weight by the cost, untraded.
            stays = (decision[block] < 0)[:, None] & (wanted != 0)
            turnover[block] = np.abs(np.where(stays, 0.0, wanted - held)).sum(axis=0)
            units = _units(wanted, after[block], price[block], market.cash[rows[block]])
        level = after[block.stop - 1]
        for k in range(block.start, block.stop):
            path = slice(rows[k], stop[k])
            np.matmul(worth[path], units[:, k - block.start], out=value[path])
    return Account(value, rows, decision, targets, before, after, turnover)


def _with_forced_sales(
    market: Market, rows: IntArray, targets: FloatArray, buy: float, sell: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Events (E,), the decisions they carry out (E,), prices (E, N) and targets (E, S, N)."""
    end = delisted(market.close)
    late = rows[:, None] >= end
    if late.any():
        targets = np.where(late[:, None, :], 0.0, targets)
    decision, price = np.arange(len(rows)), market.fill[rows]
    sales = np.setdiff1d(end[(end > rows[0]) & (end < len(market.close))], rows)
    if len(sales):
        place = np.searchsorted(rows, sales)
        rows, decision = np.insert(rows, place, sales), np.insert(decision, place, -1)
        price = np.insert(price, place, market.close[sales], axis=0)
        targets = np.insert(targets, place, 0.0, axis=0)
        growth, cash_growth = _growth(price), _growth(market.cash[rows])
        with np.errstate(all="ignore"):
            for k in np.flatnonzero(decision < 0):
                held, _ = _drift(targets[k - 1].T[:, None], growth[[k]], cash_growth[[k]])
                sold = np.where(end == rows[k], held[:, 0].T, 0.0)
                paid = (np.maximum(sold, 0.0) * sell + np.maximum(-sold, 0.0) * buy).sum(axis=1)
                targets[k] = (held[:, 0].T - sold) / (1.0 - paid[:, None])
    return rows, decision, price, targets


def _growth(price: FloatArray) -> FloatArray:
    """Price over the one an event earlier, axis 0 (E): 0 where not listed, 1 at the first."""
    growth = np.ones_like(price)
    growth[1:] = np.nan_to_num(price[1:] / price[:-1])
    return growth


def _assets_first(targets: FloatArray, start: int, stop: int) -> FloatArray:
    """Targets (N, B, S) of the events from start to stop; before the first all is cash."""
    block = np.zeros((targets.shape[2], stop - start, targets.shape[1]))
    first = max(start, 0)
    block[:, first - start :] = targets[first:stop].transpose(2, 0, 1)
    return block


def _drift(
    owned: FloatArray, growth: FloatArray, cash_growth: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weights (N, B, S) before each event and growth (B, S), from the weights an event earlier."""
    held = owned * growth.T[:, :, None]
    grown = held.sum(axis=0) + (1.0 - owned.sum(axis=0)) * cash_growth[:, None]
    grown[grown <= 0] = np.nan  # ruin: no trade can bring that value back
    return held / grown, grown


def _units(
    wanted: FloatArray, value: FloatArray, price: FloatArray, cash: FloatArray
) -> FloatArray:
    """Units (N + 1, B, S) of each asset, and of cash last, that ``value`` (B, S) is put into."""
    units = np.empty((len(wanted) + 1, *value.shape))
    listed = np.where(np.isnan(price), 1.0, price).T[:, :, None]
    np.multiply(wanted, value, out=units[:-1])
    units[:-1] /= listed
    units[-1] = (1.0 - wanted.sum(axis=0)) * value / cash[:, None]
    return units
