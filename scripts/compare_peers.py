"""Print the tables of docs/peers.md: what other packages make of the trades that we make.

    python scripts/compare_peers.py

Markets are random walks of ten assets, the same for everybody and in every run; what is compared
is the account alone. vectorbt and bt come with the extra ``dev``; cvxportfolio joins if it is
installed.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import rotation as rt
from rotation import measures

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from world import world  # type: ignore[import-not-found]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

CAPITAL = 1e6  # vectorbt takes cash and positions below 1e-12 for nothing
RATES = (0.001, 0.005)
SESSIONS, MARKETS = 5_040, 20  # twenty years of 252
BP = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Closes (T, N), rows that trade (K,), and targets (K, N): fractions of the value."""

    closes: pd.DataFrame
    rows: IntArray
    targets: FloatArray

    def table(self, lag: int = 0) -> pd.DataFrame:
        """Targets by the session ``lag`` before the trade."""
        dates = self.closes.index[self.rows - lag]
        return pd.DataFrame(self.targets, index=dates, columns=self.closes.columns)

    def posed(self, targets: FloatArray) -> "Orders":
        """Other targets on the same rows."""
        return Orders(self.closes, self.rows, targets)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An account of a capital of 1.

    Value (T,) after the trades of each session, weights (K, N) right after each trade, and how
    many trades lacked an order that was refused.
    """

    value: FloatArray
    weights: FloatArray
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """A package, how to run orders at a rate in it, and how to pose the very trades that we make.

    ``pose`` takes targets, weights before the trades (K, N), the share of the value that each
    trade keeps (K, 1), and the rate.
    """

    name: str
    run: Callable[[Orders, float], Answer]
    pose: Callable[[FloatArray, FloatArray, FloatArray, float], FloatArray]


def any_weights(seed: int, sessions: int) -> Orders:
    """All ten assets each month, weights drawn evenly from all that sum to 1."""
    scene = world(sessions, seed=seed)
    return Orders(scene.closes, scene.rows, scene.targets[:, 0])


def full_switches(seed: int, sessions: int) -> Orders:
    """One asset at a time, another in a quarter of the months."""
    scene = world(sessions, seed=seed)
    rng = np.random.default_rng([seed, 1])
    moves = rng.random(scene.rows.size) < 0.25
    moves[0] = True
    held = rng.integers(1, 10, moves.sum()).cumsum() % 10  # never the same asset again
    return Orders(scene.closes, scene.rows[moves], np.eye(10)[held])


def ours(orders: Orders, rate: float) -> rt.Result:
    """The account of this package."""
    return rt.simulate(orders.closes, orders.table(lag=1), costs=rt.Costs(rate, rate))


def vectorbt(orders: Orders, rate: float, call_seq: str = "auto") -> Answer:
    """``Portfolio.from_orders`` with targets as per cent of the value."""
    import vectorbt

    size = pd.DataFrame(np.nan, orders.closes.index, orders.closes.columns)
    size.iloc[orders.rows] = orders.targets
    portfolio = vectorbt.Portfolio.from_orders(
        orders.closes,
        size,
        size_type="targetpercent",
        fees=rate,
        init_cash=CAPITAL,
        cash_sharing=True,
        group_by=True,
        call_seq=call_seq,
        freq="1D",
        log=True,
    )
    value = portfolio.value().to_numpy()
    held = portfolio.asset_value(group_by=False).to_numpy()[orders.rows]
    log = portfolio.logs.records
    rejected = log["res_status"] == vectorbt.portfolio.enums.OrderStatus.Rejected
    refused = log["idx"][rejected].nunique()
    return Answer(value / CAPITAL, held / value[orders.rows, None], refused)


def bt(orders: Orders, rate: float) -> Answer:
    """``Rebalance`` to weights on their dates, positions that divide, commission by amount."""
    bt = import_module("bt")
    weights = orders.table()
    algos = [bt.algos.RunOnDate(*weights.index), bt.algos.WeighTarget(weights)]
    account = bt.Backtest(
        bt.Strategy("account", [*algos, bt.algos.Rebalance()]),
        orders.closes,
        initial_capital=CAPITAL,
        commissions=lambda quantity, price: abs(quantity) * price * rate,
        integer_positions=False,
    )
    account.run()
    value = account.strategy.data["value"].iloc[1:].to_numpy()  # bt puts a row before the first
    held = account.security_weights.reindex(columns=orders.closes.columns).fillna(0.0)
    return Answer(value / CAPITAL, held.iloc[1:].to_numpy()[orders.rows])


def cvxportfolio(orders: Orders, rate: float) -> Answer:
    """``FixedWeights``, a period from trade to trade; between them what it holds is marked here."""
    cvx = import_module("cvxportfolio")
    closes = orders.closes.to_numpy()
    rows = np.append(orders.rows, len(closes) - 1)
    grown = closes[rows[1:]] / closes[rows[:-1]] - 1.0
    returns = pd.DataFrame(
        np.vstack([grown, np.zeros(closes.shape[1])]), orders.closes.index[rows]
    ).set_axis(orders.closes.columns, axis="columns")
    returns["cash"] = 0.0
    market = cvx.UserProvidedMarketData(
        returns=returns, cash_key="cash", min_history=pd.Timedelta(0)
    )
    weights = orders.table()
    weights["cash"] = 1.0 - weights.sum(axis=1)
    simulator = cvx.MarketSimulator(
        market_data=market, costs=[cvx.TransactionCost(a=rate)], round_trades=False
    )
    found = simulator.backtest(cvx.FixedWeights(weights), initial_value=CAPITAL)
    held = found.h_plus.to_numpy()[: len(orders.rows)] / CAPITAL
    held[:, -1] -= found.costs["TransactionCost"].to_numpy()[: len(held)] / CAPITAL
    value = np.ones(len(closes))
    for row, stop, money in zip(rows[:-1], [*rows[1:-1], len(closes)], held, strict=True):
        value[row:stop] = closes[row:stop] / closes[row] @ money[:-1] + money[-1]
    return Answer(value, held[:, :-1] / held.sum(axis=1, keepdims=True))


def of_value_before(
    targets: FloatArray, before: FloatArray, kept: FloatArray, rate: float
) -> FloatArray:
    """Targets as fractions of the value before the trade."""
    return targets * kept


def with_fees(targets: FloatArray, before: FloatArray, kept: FloatArray, rate: float) -> FloatArray:
    """The same, and each order with its own fee in it, as bt takes amounts."""
    change = targets * kept - before
    return before + change * np.where(change > 0, 1.0 + rate, 1.0 - rate)


def peers() -> list[Peer]:
    """All that are installed."""
    known = [
        Peer("vectorbt", vectorbt, of_value_before),
        Peer("bt", bt, with_fees),
        Peer("cvxportfolio", cvxportfolio, of_value_before),
    ]
    return [peer for peer in known if find_spec(peer.name)]


def posed_as_ours(peer: Peer, orders: Orders, mine: rt.Result, rate: float) -> Orders:
    """Targets that make a peer do our trades."""
    growth = (orders.closes / orders.closes.shift()).to_numpy()[orders.rows]
    before = mine.weights.to_numpy()[orders.rows - 1]
    before[:, :-1] *= growth
    before /= before.sum(axis=1, keepdims=True)
    after = mine.value.to_numpy()[orders.rows]
    kept = after / (after + mine.switches["cost"].to_numpy())
    return orders.posed(peer.pose(orders.targets, before[:, :-1], kept[:, None], rate))


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a peer's account is from ours; differences are theirs less ours.

    Final value and what trades kept, as fractions of ours; figures; weights off their targets after
    a trade (sum over assets, mean over trades); least cash right after a trade, as a fraction of
    the value; and the part of the trades in which an order was refused.
    """

    final: float
    annual_return: float
    sharpe: float
    max_drawdown: float
    kept: float
    off: float
    cash: float
    refused: float


def gap(orders: Orders, theirs: Answer, mine: rt.Result) -> Gap:
    """Compare two accounts from the first trade on, as our figures are."""
    start = orders.rows[0]
    own = Answer(mine.value.to_numpy(), mine.weights.to_numpy()[orders.rows, :-1])
    pair = [each.value[start + 1 :] / each.value[start:-1] - 1.0 for each in (theirs, own)]

    def differ(figure: Callable[[FloatArray], FloatArray]) -> float:
        return float(figure(pair[0]) - figure(pair[1]))

    return Gap(
        final=float(theirs.value[-1] / own.value[-1] - 1.0),
        annual_return=differ(measures.annual_return),
        sharpe=differ(measures.sharpe),
        max_drawdown=differ(measures.max_drawdown),
        kept=kept(orders, theirs) / kept(orders, own) - 1.0,
        off=float(np.abs(theirs.weights - orders.targets).sum(axis=1).mean()),
        cash=float((1.0 - theirs.weights.sum(axis=1)).min()),
        refused=theirs.refused / len(orders.rows),
    )


def kept(orders: Orders, account: Answer) -> float:
    """Part of the value that all trades together left."""
    closes, value = orders.closes.to_numpy()[orders.rows], account.value[orders.rows]
    grown = 1.0 + ((closes[1:] / closes[:-1] - 1.0) * account.weights[:-1]).sum(axis=1)
    return float(np.prod(value / np.append(1.0, value[:-1] * grown)))


def span(values: Iterable[float], form: str) -> str:
    """Least and greatest.

    Examples
    --------
    >>> span([0.25, -1.0, 3.0], "+.1f")
    '-1.0 to +3.0'
    """
    each = sorted(values)
    return f"{each[0]:{form}} to {each[-1]:{form}}"


FIGURES = ("annual return, bp", "final value, %", "Sharpe ratio", "max drawdown, bp")
TRADES = ("weights off, bp", "least cash, bp", "left by costs, %", "posed as ours")
BY_COLUMN = ("orders missing", "annual return, points", "final value, %")


def as_posed(sessions: int, markets: int) -> tuple[list[list[str]], list[list[str]]]:
    """Rows of the figures and of the trades of each peer, asked as a user would."""
    figures, trades = [], []
    for kind in KINDS:
        for rate in RATES:
            scenes = [kind(seed, sessions) for seed in range(markets)]
            pairs = [(scene, ours(scene, rate)) for scene in scenes]
            for peer in peers():
                gaps = [gap(scene, peer.run(scene, rate), mine) for scene, mine in pairs]
                head = [name_of(kind), f"{rate * BP:.0f} bp", peer.name]
                figures.append(
                    [
                        *head,
                        span((each.annual_return * BP for each in gaps), "+z.1f"),
                        span((each.final * 100 for each in gaps), "+z.2f"),
                        span((each.sharpe for each in gaps), "+z.4f"),
                        span((each.max_drawdown * BP for each in gaps), "+z.1f"),
                    ]
                )
                trades.append(
                    [
                        *head,
                        f"{np.mean([each.off for each in gaps]) * BP:.1f}",
                        f"{min(each.cash for each in gaps) * BP:z.1f}",
                        f"{np.mean([each.kept for each in gaps]) * 100:+z.2f}",
                        f"{max(difference(peer, *pair, rate) for pair in pairs):.0e}",
                    ]
                )
    return figures, trades


def difference(peer: Peer, orders: Orders, mine: rt.Result, rate: float) -> float:
    """Largest relative difference of value when a peer is posed our trades."""
    value = peer.run(posed_as_ours(peer, orders, mine, rate), rate).value
    return float(np.abs(value / mine.value.to_numpy() - 1.0).max())


def by_column(sessions: int, markets: int) -> list[list[str]]:
    """Rows of the table of vectorbt with orders in the order of the columns, its default."""
    rows = []
    for kind in KINDS:
        for rate in RATES:
            scenes = [kind(seed, sessions) for seed in range(markets)]
            gaps = [
                gap(scene, vectorbt(scene, rate, "default"), ours(scene, rate)) for scene in scenes
            ]
            rows.append(
                [
                    name_of(kind),
                    f"{rate * BP:.0f} bp",
                    f"{np.mean([each.refused for each in gaps]):.0%}",
                    span((each.annual_return * 100 for each in gaps), "+z.1f"),
                    span((each.final * 100 for each in gaps), "+z.0f"),
                ]
            )
    return rows


KINDS = (any_weights, full_switches)


def name_of(kind: Callable[[int, int], Orders]) -> str:
    """A kind of orders, in words."""
    return kind.__name__.replace("_", " ")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out as markdown.

    Examples
    --------
    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(line)} |" for line in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="of a market")
    parser.add_argument("--markets", type=int, default=MARKETS, help="random markets")
    options = parser.parse_args(arguments)
    size = (options.sessions, options.markets)
    figures, trades = as_posed(*size)
    head = ("trades", "rate", "package")
    print(f"### Figures\n\n{markdown((*head, *FIGURES), figures)}\n")
    print(f"### Trades\n\n{markdown((*head, *TRADES), trades)}\n")
    print(f"### Orders by column\n\n{markdown((*head[:2], *BY_COLUMN), by_column(*size))}\n")
    print(f"{options.markets} markets of {options.sessions:,} sessions. ", end="")
    names = [*(peer.name for peer in peers()), "numpy", "pandas"]
    print(", ".join(f"{name} {version(name)}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
