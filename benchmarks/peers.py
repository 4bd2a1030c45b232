"""The peers, posed the same trades: closes, rows and targets in, an `Answer` out.

Nothing here knows `rotation`. A peer is imported when it is called: vectorbt alone takes seconds.
Axes: T sessions, S strategies, N assets, K trades.

What "the same trade" takes. Peers size orders by the value V *before* the trade, we by the value v
after it:

* vectorbt wants w V of each asset, sales first, until the cash is gone: the last buy absorbs the
  fees;
* bt spends w V - h on each asset, fees included: each buy absorbs its own, and the fee of a closed
  position leaves the cash negative.

So at zero rates the trades are one and the same, and in vectorbt so is a full switch from one asset
to another at any rate. Otherwise the weights after a trade differ by about the fraction c that it
paid, and until the next trade the growths differ by c times the spread of the assets' growths, with
either sign. Monthly trades of ten assets at a rate of 0.1% walk about 0.1% of the value away from
one another in twenty years. Targets times v / V take the difference out of vectorbt, to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

CAPITAL = 1e6  # vectorbt takes cash and positions below 1e-12 for nothing


@dataclass(frozen=True, slots=True)
class Answer:
    """Value (T, S) of a capital of 1, and three figures (S,), as a peer counts them."""

    value: FloatArray
    total_return: FloatArray
    sharpe: FloatArray
    max_drawdown: FloatArray


def vectorbt_answer(
    closes: pd.DataFrame, rows: IntArray, targets: FloatArray, rate: ArrayLike, engine: str
) -> Answer:
    """All strategies in one portfolio, a group of columns each.

    Parameters
    ----------
    closes : (T, N)
    rows : (K,) rows of the trades
    targets : (K, S, N) fractions of the value
    rate : fraction of the amount traded: a number, or (T, S * N) by row and column
    engine : "numba" or "rust"
    """
    import vectorbt

    sessions, assets = closes.shape
    strategies = targets.shape[1]
    size = np.full((sessions, strategies * assets), np.nan)
    size[rows] = targets.reshape(rows.size, -1)
    portfolio = vectorbt.Portfolio.from_orders(
        np.tile(closes.to_numpy(), (1, strategies)),
        size,
        size_type="targetpercent",
        fees=rate,
        init_cash=CAPITAL,
        cash_sharing=True,
        group_by=np.repeat(np.arange(strategies), assets),
        call_seq="auto",
        freq="1D",
        engine=engine,
    )
    return Answer(
        portfolio.value().to_numpy().reshape(sessions, strategies) / CAPITAL,
        np.atleast_1d(portfolio.total_return()),
        np.atleast_1d(portfolio.sharpe_ratio(year_freq="252D")),
        np.atleast_1d(portfolio.max_drawdown()),
    )


def vectorbt_blocks(
    closes: pd.DataFrame, rows: IntArray, targets: FloatArray, rate: float, engine: str
) -> Answer:
    """`vectorbt_answer` by 25 strategies, its fastest here; 1,000 at once would fill the memory."""
    blocks = [
        vectorbt_answer(closes, rows, targets[:, first : first + 25], rate, engine)
        for first in range(0, targets.shape[1], 25)
    ]
    return join(blocks)


def bt_answer(closes: pd.DataFrame, rows: IntArray, targets: FloatArray, rate: float) -> Answer:
    """One backtest a strategy. Its Sharpe ratio begins with the session of the first trade."""
    return join([bt_account(closes, rows, targets[:, s], rate) for s in range(targets.shape[1])])


def bt_account(closes: pd.DataFrame, rows: IntArray, targets: FloatArray, rate: float) -> Answer:
    """`bt_answer` of one strategy, targets (K, N)."""
    import bt

    weights = pd.DataFrame(targets, index=closes.index[rows], columns=closes.columns)
    algos = (bt.algos.RunOnDate(*weights.index), bt.algos.WeighTarget(weights))
    account = bt.Backtest(
        bt.Strategy("account", [*algos, bt.algos.Rebalance()]),
        closes,
        initial_capital=CAPITAL,
        commissions=lambda quantity, price: abs(quantity) * price * rate,
        integer_positions=False,
    )
    figures = bt.run(account).stats["account"]
    value = account.strategy.data["value"].iloc[1:]  # bt puts a row before the first
    return Answer(
        value.to_numpy()[:, None] / CAPITAL,
        np.atleast_1d(figures["total_return"]),
        np.atleast_1d(figures["daily_sharpe"]),
        np.atleast_1d(figures["max_drawdown"]),
    )


def join(answers: Sequence[Answer]) -> Answer:
    """One answer about all their strategies."""
    names = [field.name for field in fields(Answer)]
    return Answer(
        *(np.concatenate([getattr(answer, name) for answer in answers], axis=-1) for name in names)
    )
