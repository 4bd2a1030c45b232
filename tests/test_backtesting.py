"""Strategies decide on their schedule, trade after their lag and say why."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.deciding import decide
from rotation.protocols import History

DAYS = pd.bdate_range("2024-01-01", periods=12)
CLOSES = pd.DataFrame(
    {"A": [1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6], "B": [1, 1, 1, 1, 1, 1, 2, 4, 8, 8, 8, 8]},
    index=DAYS,
    dtype=float,
)
LEADER = rt.Strategy(rt.Momentum(days=1), rt.Switch(), rt.Schedule("D"))


@dataclass(frozen=True)
class Always:
    """A user's rule: one layer, whatever the scores."""

    layer: int

    def decide(self, scores):
        return np.full(scores.shape[:2], self.layer)


@dataclass(frozen=True)
class Halves:
    """A user's rule of weights."""

    def weigh(self, scores):
        return np.full(scores.shape, 1 / scores.shape[2])


def test_the_leader_is_held_from_the_session_after_it_shows():
    result = rt.backtest(CLOSES, LEADER)
    ledger = result.switches
    assert ledger["to"].tolist() == ["A", "B"]
    assert ledger["decided"].tolist() == [DAYS[1], DAYS[6]]
    assert ledger["traded"].tolist() == [DAYS[2], DAYS[7]]
    assert ledger["reason"].tolist() == [
        "best score: A +0.6931",
        "B leads A by 0.6931, more than 0",
    ]
    assert result.value.iloc[-1] == pytest.approx(6 / 3 * 8 / 4)
    assert result.start == DAYS[2]


def test_the_delay_belongs_to_the_schedule():
    late = rt.Strategy(rt.Momentum(days=1), rt.Switch(), rt.Schedule("D", lag=2))
    assert rt.backtest(CLOSES, late).switches["traded"].tolist() == [DAYS[3], DAYS[8]]


def test_it_equals_simulate_with_the_same_weights():
    strategy = rt.Strategy(rt.Momentum(days=2), rt.Switch(margin=0.1), rt.Schedule(2))
    result = rt.backtest(CLOSES, strategy, costs=rt.Costs.bps(30), capital=5, cash_rate=0.001)
    wanted = result.weights[["A", "B"]].round(12)
    rows = result.prices.sessions.get_indexer(result.switches["traded"])
    same = rt.simulate(
        CLOSES,
        wanted.iloc[rows].set_axis(DAYS[rows - 1]),
        costs=rt.Costs.bps(30),
        capital=5,
        cash_rate=0.001,
    )
    np.testing.assert_allclose(result.value, same.value, rtol=1e-13)


def test_a_users_rule_needs_ten_lines_and_no_registration():
    held = rt.backtest(CLOSES, rt.Strategy(rt.Momentum(days=1), Always(1), rt.Schedule("D")))
    assert held.switches["to"].tolist() == ["B"]
    assert held.switches["reason"].tolist() == ["decided by Always(layer=1)"]
    parts = rt.backtest(CLOSES, rt.Strategy(rt.Momentum(days=1), Halves(), rt.Schedule("W")))
    assert parts.weights.loc[parts.start].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert parts.switches["reason"].iloc[0] == "decided by Halves()"


def test_a_rule_that_stays_in_cash_makes_an_account_that_never_trades():
    result = rt.backtest(CLOSES, rt.Strategy(rt.Momentum(days=1), Always(-1), rt.Schedule("D")))
    assert (result.value == 1.0).all()
    assert result.switches.empty
    assert np.isnan(result.summary()["sharpe"])


def test_figures_start_when_any_layer_has_a_score():
    closes = CLOSES.copy()
    closes.loc[: DAYS[4], "B"] = np.nan
    assert rt.backtest(closes, LEADER).start == DAYS[2]
    assert rt.backtest(closes, LEADER).switches["to"].tolist() == ["A", "B"]


def test_a_delisted_layer_is_left_by_force_and_then_by_rule():
    closes = CLOSES.copy()
    closes.loc[DAYS[9] :, "B"] = np.nan
    ledger = rt.backtest(closes, LEADER).switches
    assert ledger["to"].tolist() == ["A", "B", "cash", "A"]
    assert ledger["reason"].tolist()[2:] == [
        "delisted: B has no close after 2024-01-11",
        "B has no score; best of the rest: A",
    ]


def test_a_layer_delisted_before_its_trade_is_not_bought():
    closes = CLOSES.copy()
    closes.loc[DAYS[7] :, "B"] = np.nan  # B leads at its last close, and is gone when it trades
    result = rt.backtest(closes, LEADER)
    assert result.switches["to"].tolist() == ["A", "cash", "A"]
    assert result.switches["reason"].iloc[1].endswith("; B was delisted by then")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("momentum", rt.Switch(), rt.Schedule("M")), "signal: want a function of closes"),
        ((rt.Momentum(1), max, rt.Schedule("M")), "rule: want an object with decide"),
        ((rt.Momentum(1), rt.Switch, rt.Schedule("M")), "rule: want an object with decide"),
        ((rt.Momentum(1), rt.Switch(), "M"), "schedule: want a Schedule"),
    ],
)
def test_parts_of_a_strategy_are_checked(parts, message):
    with pytest.raises(rt.ArgumentError, match=message):
        rt.Strategy(*parts)


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (lambda close: close[:-1], r"gives shape \(11, 2\); want \(12, 2\)"),
        (lambda close: close.astype(str), "gives <U32; want float64"),
        (lambda close: np.where(close > 5, np.inf, close), "gives an infinite score in row 5"),
        (lambda close: None, r"gives None; want an array of shape \(12, 2\)"),
    ],
)
def test_what_a_users_signal_gives_is_checked(signal, message):
    strategy = rt.Strategy(signal, rt.Switch(), rt.Schedule("D"))
    with pytest.raises(rt.ArgumentError, match=message):
        rt.backtest(CLOSES, strategy, check=False)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (np.full((11, 1), 2), "holds layer 2; want 0 to 1, or -1 for cash"),
        (np.full((11, 1), 0.5), "gives float64; want int"),
        (np.full(11, 0), r"gives shape \(11,\); want \(11, 1\)"),
    ],
)
def test_what_a_users_rule_decides_is_checked(held, message):
    rule = type("Rule", (), {"decide": lambda self, scores: held})()
    with pytest.raises(rt.ArgumentError, match=message):
        rt.backtest(CLOSES, rt.Strategy(rt.Momentum(1), rule, rt.Schedule("D")), check=False)


@pytest.mark.parametrize("tranches", [1, 2])
def test_a_rule_that_gives_reasons_may_write_into_the_scores_it_gets(tranches):
    class Careless(Always):
        def reasons(self, scores, moves, names):
            scores[:] = 9.0
            return ["because"] * len(moves)

    history = History(CLOSES.to_numpy(), DAYS.to_numpy().astype("datetime64[D]"), ("A", "B"))
    schedule = rt.Schedule("D", tranches=tranches)
    decided = decide(rt.Strategy(rt.Momentum(1), Careless(0), schedule), history)
    scores = decided.scores.copy()
    assert "because" in decided.reasons(np.arange(2), ("A", "B"))[0]
    np.testing.assert_array_equal(decided.scores, scores)


def test_weights_that_are_not_finite_and_layers_without_a_close_are_refused():
    closes = CLOSES.copy()
    closes.loc[: DAYS[4], "B"] = np.nan
    bad = type("Rule", (), {"weigh": lambda self, scores: scores * np.nan})()
    with pytest.raises(rt.ArgumentError, match="gives a weight that is not finite"):
        rt.backtest(closes, rt.Strategy(rt.Momentum(1), bad, rt.Schedule("D")), check=False)
    with pytest.raises(
        rt.ArgumentError, match=r"rule: .* holds B, which has no close on 2024-01-01"
    ):
        rt.backtest(closes, rt.Strategy(rt.Momentum(1), Always(1), rt.Schedule("D")))


def test_a_leak_makes_it_refuse_unless_told_otherwise():
    def tomorrow(close):
        return np.vstack([close[1:] / close[:-1], np.ones((1, close.shape[1]))])

    strategy = rt.Strategy(tomorrow, rt.Switch(), rt.Schedule("D"))
    with pytest.raises(rt.LookAheadError, match="tomorrow"):
        rt.backtest(CLOSES, strategy)
    assert rt.backtest(CLOSES, strategy, check=False).value.iloc[-1] > 1


def tomorrow(close):
    return np.vstack([close[1:] / close[:-1], np.ones((1, close.shape[1]))])


LEAKING = rt.Strategy(tomorrow, rt.Switch(), rt.Schedule("D"))


@pytest.mark.parametrize(
    ("signal", "rule"),
    [
        (rt.signals.Sum((rt.Momentum(2), tomorrow)), rt.Switch()),
        (rt.signals.Where(rt.signals.Rank(tomorrow), rt.Momentum(1), rt.Momentum(2)), rt.Switch()),
        (rt.Momentum(1), rt.Vote([LEAKING, LEAKING])),
        (rt.Momentum(1), rt.rules.VolTarget(rt.Vote([LEAKING, LEAKING]), target=0.2, days=5)),
    ],
)
def test_a_leak_inside_a_part_of_ours_is_refused_too(signal, rule):
    steps = np.random.default_rng(0).normal(0, 0.02, (300, 2))
    closes = pd.DataFrame(
        np.exp(steps.cumsum(axis=0)), pd.bdate_range("2020-01-01", periods=300), ["A", "B"]
    )
    with pytest.raises(rt.LookAheadError):
        rt.backtest(closes, rt.Strategy(signal, rule, rt.Schedule("W")))


@pytest.mark.parametrize("every", ["D", "W", "M", "Q"])
@pytest.mark.parametrize("ahead", [1, 2, 10])
def test_a_leak_is_refused_however_seldom_it_decides(every, ahead):
    def clairvoyant(close):
        return np.vstack([close[ahead:], close[-1:].repeat(ahead, axis=0)]) / close

    for seed in range(10):
        steps = np.random.default_rng(seed).normal(0, 0.02, (600, 2))
        days = pd.bdate_range("2020-01-01", periods=600)
        closes = pd.DataFrame(np.exp(steps.cumsum(axis=0)), index=days, columns=["A", "B"])
        strategy = rt.Strategy(clairvoyant, rt.Switch(), rt.Schedule(every))
        with pytest.raises(rt.LookAheadError) as caught:
            rt.backtest(closes, strategy)
        assert (
            f"of {days[0]:%Y-%m-%d} changes with closes as late as {days[ahead]:%Y-%m-%d}"
            in str(caught.value)
        )


def test_a_rule_that_leaks_is_refused_too():
    class Foresight:
        def decide(self, scores):
            ahead = np.vstack([scores[1:], scores[-1:]])
            return np.nan_to_num(ahead, nan=-9.0).argmax(axis=2)

    steps = np.random.default_rng(5).normal(0, 0.02, (600, 2))
    days = pd.bdate_range("2020-01-01", periods=600)
    closes = pd.DataFrame(np.exp(steps.cumsum(axis=0)), index=days, columns=["A", "B"])
    with pytest.raises(rt.LookAheadError, match="Foresight"):
        rt.backtest(closes, rt.Strategy(rt.Momentum(days=5), Foresight(), rt.Schedule("M")))


def test_a_score_for_what_has_no_close_is_none():
    closes = CLOSES.copy()
    closes.loc[: DAYS[4], "B"] = np.nan
    always = rt.Strategy(
        lambda close: np.array([[0.0, 1.0]] * len(close)), rt.Switch(), LEADER.schedule
    )
    assert rt.backtest(closes, always).switches["to"].tolist() == ["A", "B"]


def test_a_part_that_writes_on_its_input_spoils_nothing():
    class Greedy:
        def decide(self, scores):
            held = rt.Switch().decide(scores)
            scores[:] = 99.0
            return held

    def doubling(close):
        close *= 2
        return close

    plain = rt.backtest(CLOSES, rt.Strategy(lambda close: close * 2, rt.Switch(), LEADER.schedule))
    greedy = rt.backtest(CLOSES, rt.Strategy(doubling, Greedy(), LEADER.schedule))
    pd.testing.assert_series_equal(plain.value, greedy.value)
    assert greedy.switches["turnover"].tolist() == plain.switches["turnover"].tolist()


def test_only_a_strategy_is_run():
    with pytest.raises(rt.ArgumentError, match="strategy: want a Strategy, got"):
        rt.backtest(CLOSES, rt.Switch())


@pytest.mark.parametrize("said", [None, ["one"], "a text"])
def test_reasons_are_a_list_of_as_many_as_there_are_decisions(said):
    class Says(rt.Switch):
        def reasons(self, scores, moves, names):
            return said

    strategy = rt.Strategy(rt.Momentum(days=1), Says(), rt.Schedule(1))
    with pytest.raises(rt.ArgumentError, match="rule: want a list of"):
        rt.backtest(CLOSES, strategy, check=False)
