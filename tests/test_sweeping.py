"""A sweep is its backtests, on one window, whoever does the work."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation import evaluation, measures
from rotation.engine.switching import MEASURES

DAYS = pd.bdate_range("2015-01-01", periods=700)
STEPS = np.random.default_rng(3).normal(0.0003, 0.015, (700, 3))
CLOSES = pd.DataFrame(np.exp(STEPS.cumsum(axis=0)), DAYS, ["A", "B", "C"])
BASE = rt.Strategy(rt.Momentum(days=20), rt.Switch(), rt.Schedule("M"))
GRID = {
    "signal.days": [5, 20, 60],
    "rule.margin": [0.0, 0.02],
    "rule.confirm": [1, 2],
    "schedule.offset": [0, 4],
}


def swept(closes=CLOSES, strategy=BASE, grid=GRID, **options):
    return rt.sweep(closes, strategy, grid, progress=False, **options)


def of_account(result, start, end, benchmark):
    """Figures of a Result from the close of ``start`` to that of ``end``."""
    value = result.value.loc[start:end].to_numpy()
    returns = value[1:] / value[:-1] - 1
    first, last = map(result.value.index.get_loc, (start, end))
    later = (result.account.rows > first) & (result.account.rows <= last)
    turnover = result.account.turnover[later, 0]
    kept = (result.account.after / result.account.before)[later, 0]
    found = measures.figures(returns) | {
        "information_ratio": measures.information_ratio(returns, benchmark),
        "annual_turnover": turnover.sum() * 252 / len(returns),
        "switches": (turnover > 1e-12).sum(),
        "cost": 1 - kept.prod(),
    }
    return [float(found[name]) for name in MEASURES]


def by_backtests(found, closes, strategies, window=None, **options):
    """The table that backtests of the same strategies make."""
    start, end = window or (found.start, found.end)
    first, last = map(found.evaluation.prices.sessions.get_loc, (start, end))
    benchmark = found.evaluation.benchmark[first + 1 : last + 1]
    return np.array(
        [
            of_account(rt.backtest(closes, each, **options), start, end, benchmark)
            for each in strategies
        ]
    )


@st.composite
def terms(draw, closes):
    """Options of a sweep, which are those of a backtest."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    options = {"costs": draw(st.sampled_from([rt.Costs(), rt.Costs(buy=0.002, sell=0.001)]))}
    if draw(st.booleans()):
        options["costs"] = rt.Costs(
            buy=pd.DataFrame(rng.random(closes.shape) / 50)
            .set_axis(closes.columns, axis=1)
            .set_axis(closes.index)
        )
    if draw(st.booleans()):
        options["cash_rate"] = 0.0001
    if draw(st.booleans()):
        options["haircut"] = 0.2
    if draw(st.booleans()):
        options["fill"] = closes * np.exp(rng.normal(0, 0.01, closes.shape))
    return options


@given(data=st.data())
def test_every_strategy_of_a_sweep_is_its_backtest(data):
    closes = data.draw(markets.closes(sessions=(60, 150)))
    options = data.draw(terms(closes))
    grid = {
        "signal.days": data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True)),
        "rule.margin": [0.0, 0.01],
        "rule.min_hold": data.draw(st.sampled_from([[1], [1, 3]])),
        "schedule": data.draw(
            st.sampled_from(
                [[rt.Schedule("W"), rt.Schedule(7, offset=2)], [rt.Schedule("D", lag=2)]]
            )
        ),
    }
    try:
        found = swept(closes, BASE, grid, **options)
    except rt.DataError:  # too short for one of them
        return
    each = [found.evaluation.grid.strategy(n) for n in range(len(found))]
    want = by_backtests(found, closes, each, **options)
    steady = want[:, MEASURES.index("annual_volatility")] < 1e-6
    np.testing.assert_allclose(found.measures[~steady], want[~steady], rtol=1e-10, atol=1e-10)


def test_nothing_is_held_before_there_is_a_score():
    @dataclass(frozen=True)
    class Always:
        """A rule that would hold a layer whatever its score."""

        def decide(self, scores):
            return np.ones(scores.shape[:2], dtype=int)

    strategy = rt.Strategy(rt.Momentum(20), Always(), rt.Schedule("M"))
    found = swept(strategy=strategy, grid={"signal.days": [5, 60]})
    first = [found.evaluation.result(n).account.rows[0] for n in range(2)]
    assert found.switches.row[found.switches.first[found.which]].tolist() == first
    assert first[0] < first[1]


OTHERS = {
    "top two": rt.Strategy(rt.Momentum(20), rt.rules.TopK(2), rt.Schedule("M")),
    "tranches": rt.Strategy(rt.Momentum(20), rt.Switch(), rt.Schedule("W", tranches=4)),
    "refuge": rt.Strategy(rt.Momentum(20), rt.rules.Refuge(rt.Switch(), to="C"), rt.Schedule("M")),
    "calm": rt.Strategy(
        rt.Momentum(20), rt.rules.VolTarget(rt.Switch(), 0.1, 20), rt.Schedule("M")
    ),
    "vote": rt.Strategy(
        rt.Momentum(20),
        rt.Vote([BASE, rt.Strategy(rt.Momentum(60), rt.Switch(), BASE.schedule)]),
        rt.Schedule("M"),
    ),
}


@pytest.mark.parametrize(
    "options",
    [
        {"costs": rt.Costs.bps(10)},
        {"band": rt.Band(absolute=0.1), "costs": rt.Costs.bps(50)},
        {"borrowing": rt.Borrowing(cash=0.0002)},
        {
            "costs": rt.Costs(
                impact=rt.Impact(pd.DataFrame(1e6, CLOSES.index, CLOSES.columns), 0.1)
            ),
            "capital": 1e5,
        },
        {
            "actions": rt.Actions(dividends=pd.DataFrame(0.01, DAYS[[300, 400]], CLOSES.columns)),
            "dividends": "cash",
        },
        {"lots": rt.Lots(minimum=1.0), "capital": 1e4},
    ],
    ids=["plain", "band", "borrowing", "impact", "dividends", "lots"],
)
def test_strategies_of_every_kind_on_all_terms_are_their_backtests(options):
    found = swept(CLOSES, OTHERS, None, block=2, **options)
    want = by_backtests(found, CLOSES, OTHERS.values(), **options)
    np.testing.assert_allclose(found.measures, want, rtol=1e-9, atol=1e-10)
    assert found.table.index.get_level_values(0).tolist() == list(OTHERS)
    window = "2016-01-04", "2016-12-30"
    want = by_backtests(found, CLOSES, OTHERS.values(), window, **options)
    np.testing.assert_allclose(found.window(*window), want, rtol=1e-9, atol=1e-10)


def test_another_window_of_weights_keeps_the_order_of_the_grid():
    costs = {"free": rt.Costs(), "dear": rt.Costs.bps(50)}
    grid = {
        "rule": [rt.Switch(), rt.rules.TopK(2)],
        "schedule.tranches": [1, 2],
        "signal.days": [5, 20],
        "costs": costs,
    }
    found = swept(grid=grid)
    window = "2016-01-04", "2016-12-30"
    table = found.window(*window)
    for n, name in enumerate(table.index.get_level_values("costs")):
        each = [found.evaluation.grid.strategy(n)]
        [want] = by_backtests(found, CLOSES, each, window, costs=costs[name])
        np.testing.assert_allclose(table.iloc[n], want, rtol=1e-9, atol=1e-10)


def test_costs_are_an_axis_and_change_no_decision():
    costs = {"free": rt.Costs(), "dear": rt.Costs.bps(50)}
    found = swept(grid={"signal.days": [5, 20], "costs": costs})
    for (days, name), row in found.table.iterrows():
        alone = swept(grid={"signal.days": [days]}, costs=costs[name], start=found.start)
        pd.testing.assert_series_equal(
            row.drop("information_ratio"),
            alone.table.iloc[0].drop("information_ratio"),
            check_names=False,
        )
    assert found.table["switches"].groupby("signal.days").nunique().max() == 1


def test_layers_that_share_members_are_swept_too():
    universe = rt.Universe({"one": ["A", "B"], "two": ["B", "C"]})
    layers = rt.build_layers(CLOSES, universe)
    grid = {"signal.days": [5, 20], "rule.margin": [0.0, 0.02]}
    found = swept(layers, grid=grid, costs=rt.Costs.bps(20))
    each = [found.evaluation.grid.strategy(n) for n in range(len(found))]
    want = by_backtests(found, layers, each, costs=rt.Costs.bps(20))
    np.testing.assert_allclose(found.measures, want, rtol=1e-9, atol=1e-11)


def test_another_window_is_the_same_accounts_on_it():
    found = swept()
    window = found.window("2016-01-04", "2016-12-30")
    first, last = (
        found.evaluation.prices.sessions.get_loc(each) for each in ("2016-01-04", "2016-12-30")
    )
    for number in range(len(found)):
        value = found.evaluation.result(number).value.iloc[first : last + 1].to_numpy()
        returns = value[1:] / value[:-1] - 1
        np.testing.assert_allclose(window["sharpe"].iloc[number], measures.sharpe(returns))
        np.testing.assert_allclose(
            window["max_drawdown"].iloc[number], measures.max_drawdown(returns)
        )
    whole = found.window(found.start, found.end)
    np.testing.assert_array_equal(whole.to_numpy(), found.measures)


def same(one, other):
    np.testing.assert_array_equal(one.measures, other.measures)
    np.testing.assert_array_equal(one.which < 0, other.which < 0)
    mine, theirs = (each.switches.take(each.which[each.which >= 0]) for each in (one, other))
    for name in ("first", "row", "held"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


def test_threads_and_blocks_of_any_size_give_the_very_same():
    alone = swept(block=5)
    same(swept(block=5, jobs=3), alone)
    same(swept(block=7), alone)
    with ThreadPoolExecutor(2) as pool:
        same(swept(block=5, executor=pool), alone)


def test_the_result_of_one_is_its_backtest():
    found = swept(costs=rt.Costs.bps(10))
    values = {"signal.days": 60, "rule.margin": 0.02, "rule.confirm": 2, "schedule.offset": 4}
    strategy = rt.Strategy(rt.Momentum(60), rt.Switch(0.02, confirm=2), rt.Schedule("M", offset=4))
    pd.testing.assert_series_equal(
        found.result(values).value, rt.backtest(CLOSES, strategy, costs=rt.Costs.bps(10)).value
    )


def test_a_rule_that_mixes_strategies_up_is_refused():
    strategy = rt.Strategy(rt.Momentum(20), Last(), rt.Schedule("M"))
    rt.backtest(CLOSES, strategy)
    with pytest.raises(rt.ArgumentError, match="decides otherwise when scores"):
        swept(
            CLOSES, rt.Strategy(rt.Momentum(20), Last(), rt.Schedule("M")), {"signal.days": [5, 60]}
        )


@dataclass(frozen=True)
class Last:
    """A rule that holds what the last of the strategies should."""

    def decide(self, scores):
        best = np.nan_to_num(scores[:, -1]).argmax(axis=1)
        return np.broadcast_to(best[:, None], scores.shape[:2])


def test_a_rule_of_a_users_own_is_swept_and_one_that_peeks_is_refused():
    @dataclass(frozen=True)
    class Best:
        def decide(self, scores):
            best = np.nan_to_num(scores, nan=-9).argmax(axis=2)
            return np.where(np.isnan(scores).all(axis=2), -1, best)

    grid = {"signal.days": [5, 20, 60]}
    own = swept(CLOSES, rt.Strategy(rt.Momentum(20), Best(), rt.Schedule("M")), grid)
    np.testing.assert_array_equal(own.measures, swept(grid=grid).measures)

    def ahead(close):
        return np.roll(close, -1, axis=0) / close

    with pytest.raises(rt.LookAheadError):
        swept(CLOSES, rt.Strategy(ahead, rt.Switch(), rt.Schedule("M")), {"rule.margin": [0, 0.1]})


def test_the_best_carries_its_correction():
    found = swept()
    best = found.best()
    assert best.figures["sharpe"] == found.table["sharpe"].max()
    assert best.trials == len(found) == 24
    assert best.all_trials >= 24
    assert 1 <= best.effective_trials <= best.all_trials
    assert 0 <= best.deflated_sharpe <= best.deflated_sharpe_effective <= 1
    assert best.result.value.iloc[-1] > 0
    assert "24 strategies in this sweep" in str(best)
    assert found.best("max_drawdown").figures["max_drawdown"] == found.table["max_drawdown"].max()
    assert found.best("cost").figures["cost"] == found.table["cost"].min()
    with pytest.raises(rt.ArgumentError, match="by: want one of annual_return"):
        found.best("luck")


def test_more_trials_on_the_same_closes_make_the_best_less_likely():
    closes = CLOSES * 1.5  # other data than those of other tests
    few = swept(closes, grid={"signal.days": [20, 60]}).best()
    many = swept(closes, grid={"signal.days": range(5, 65)}).best()
    again = swept(closes, grid={"signal.days": [20, 60]}).best()
    assert few.all_trials == 2
    assert many.all_trials >= 60
    assert again.all_trials == many.all_trials or again.window != many.window
    assert again.expected_best >= few.expected_best


def test_options_are_checked():
    for options, message in [
        ({"block": 0}, "block: want strategies, 1 or more, got 0"),
        ({"jobs": 0}, "jobs: want threads, 1 or more, got 0"),
        ({"executor": 3}, "executor: want a concurrent.futures.Executor, got 3"),
        ({"start": "2015-01-05"}, "start: want a session from"),
        ({"start": "2030-01-05"}, "start: want a session from"),
    ]:
        with pytest.raises(rt.ArgumentError, match=message):
            swept(**options)
    with pytest.raises(rt.ArgumentError, match="grid: goes with one strategy"):
        swept(CLOSES, [BASE], GRID)
    with pytest.raises(rt.DataError, match="closes: too short"):
        swept(CLOSES.iloc[:50])


def test_a_finished_folder_is_read_and_not_done_again(tmp_path):
    alone = swept(block=5)
    same(swept(block=5, out=tmp_path / "sweep"), alone)
    (tmp_path / "sweep" / "part-00000002.parquet").write_bytes(b"spoilt")
    same(swept(block=5, out=tmp_path / "sweep"), alone)
    with pytest.raises(rt.ArgumentError, match="out: want a folder of this sweep"):
        swept(block=5, out=tmp_path / "sweep", costs=rt.Costs.bps(1))


def test_an_interrupted_sweep_keeps_what_is_finished(monkeypatch):
    from rotation.evaluation import Evaluation

    block, calls = Evaluation.block, []

    def tired(self, start, stop):
        calls.append(start)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return block(self, start, stop)

    whole = swept(block=5)
    monkeypatch.setattr(Evaluation, "block", tired)
    with pytest.warns(UserWarning, match="10 of 24 strategies are finished"):
        part = swept(block=5)
    assert len(part) == 10
    pd.testing.assert_frame_equal(part.table, whole.table.iloc[:10])
    assert part.best().trials == 10


def test_a_rule_that_knows_the_first_strategy_alone_is_refused():
    class First:
        def decide(self, scores):
            held = np.full(scores.shape[:2], -1)
            for k in range(len(scores)):
                held[k] = np.nan_to_num(scores[k, 0], nan=-9).argmax()
            return held

    strategy = rt.Strategy(rt.Momentum(20), First(), rt.Schedule("M"))
    rt.backtest(CLOSES, strategy)
    with pytest.raises(rt.ArgumentError, match="decides otherwise when scores"):
        swept(CLOSES, strategy, {"signal.days": [5, 60]})


def test_a_leak_among_honest_signals_is_found_wherever_it_stands():
    def honest(close):
        return np.log(close)

    def leak(close):
        ahead = np.full(close.shape, np.nan)
        ahead[:-20] = np.log(close[20:] / close[:-20])
        return ahead

    signals = {"a": honest, "leak": leak, "b": rt.Momentum(5)}
    grid = {"rule.margin": np.arange(7) / 100, "signal": signals}
    with pytest.raises(rt.LookAheadError, match="leak"):
        swept(CLOSES, rt.Strategy(honest, rt.Switch(), rt.Schedule("M")), grid)


def test_more_own_parts_than_are_tried_are_told():
    @dataclass(frozen=True)
    class Own:
        days: int

        def __call__(self, close):
            return rt.Momentum(self.days)(close)

    grid = {"signal": [Own(days) for days in range(2, 40)]}
    with pytest.warns(UserWarning, match="check: 32 of 38 signals and rules"):
        swept(CLOSES, BASE, grid)


def test_sweeping_the_winner_again_does_not_undo_the_deflation():
    closes = CLOSES * 1.25  # other data than those of other tests
    start = CLOSES.index[150]
    many = swept(closes, grid={"signal.days": range(5, 65)}, start=start).best()
    days = many.params["signal.days"]
    for grid in ({"signal.days": [days]}, {"signal.days": [days, 99]}):
        again = swept(closes, grid=grid, start=start).best()
        assert again.all_trials >= 60
        assert again.effective_trials >= 59
        assert again.deflated_sharpe <= many.deflated_sharpe


def test_costs_are_no_trials():
    closes = CLOSES * 1.75
    costs = {"costs": [rt.Costs.bps(n) for n in range(10)]}
    best = swept(closes, grid=costs).best()
    assert best.trials == best.all_trials == 1
    assert str(best).startswith("The best by sharpe of 1 strategy in this sweep")


def test_what_has_no_ratio_has_no_probability():
    rules = {"cash": rt.rules.Hold("cash"), "switch": rt.Switch()}
    best = swept(grid={"rule": rules}).best("max_drawdown")
    assert best.params == {"rule": "cash"}
    assert np.isnan(best.deflated_sharpe)
    assert "rule cash: max_drawdown 0 and no Sharpe ratio from 2015" in str(best)
    assert "probability" not in str(best)


def test_a_row_of_the_table_leads_to_its_result():
    found = swept()
    row = found.table["sharpe"].idxmax()
    assert found.result(row).value.iloc[-1] == found.best().result.value.iloc[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"benchmark": "NVDA"}, "benchmark: want a Result or a Series of closes, got str$"),
        ({"benchmark": CLOSES[["A"]]}, "benchmark: want a Result or .*, got DataFrame$"),
        ({"start": "junk"}, "start: want a date without a time zone, as .*, got 'junk'"),
        ({"start": 2016}, "start: want a date without a time zone, got 2016"),
        ({"trials": 3}, "trials: want the path of a file, got 3"),
        ({"trials": ""}, "trials: want the path of a file, got ''"),
        ({"progress": 1}, "progress: want True or False, got 1"),
        ({"check": "no"}, "check: want True or False, got 'no'"),
        ({"strategy": None}, "strategy: want a Strategy, or several, got None"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, message):
    wanted = {"closes": CLOSES, "strategy": BASE, "grid": GRID, "progress": False, **options}
    with pytest.raises(rt.ArgumentError, match=message):
        rt.sweep(wanted.pop("closes"), wanted.pop("strategy"), wanted.pop("grid"), **wanted)


@pytest.mark.parametrize("end", ["2016", "2016-12", "2016-12-30", pd.Timestamp("2016-12-30")])
def test_a_window_ends_where_pandas_would_end_it(end):
    found = swept()
    pd.testing.assert_frame_equal(
        found.window("2016-01-04", end), found.window("2016-01-04", "2016-12-30")
    )


def test_a_ledger_that_cannot_be_written_is_known_before_the_work(tmp_path):
    with pytest.raises(rt.DataError, match="nowhere"):
        swept(trials=tmp_path / "nowhere" / "trials.sqlite")


@dataclass(frozen=True)
class Never(rt.Switch):
    """What is made from a rule of ours may decide otherwise."""

    def decide(self, scores):
        return np.full(scores.shape[:2], -1)


def test_a_rule_made_from_another_is_asked_itself():
    found = swept(
        strategy=rt.Strategy(rt.Momentum(20), Never(), rt.Schedule("M")),
        grid={"rule.margin": [0.0, 0.02]},
    )
    assert (found.table["switches"] == 0).all()


@pytest.mark.parametrize("jump", [2, 10, 1000])
def test_a_leap_of_a_layer_that_is_not_held_costs_no_digits(jump):
    steps = np.random.default_rng(1).normal(0, 0.01, (1250, 2))
    closes = pd.DataFrame(
        100 * np.exp(steps.cumsum(axis=0)), pd.bdate_range("2015", periods=1250), ["A", "B"]
    )
    closes.iloc[600:, 1] *= jump
    best = np.where(np.arange(1250)[:, None] < 1100, [1.0, 0.0], [0.0, 1.0])
    strategy = rt.Strategy(lambda close: best[: len(close)], rt.Switch(), rt.Schedule("M"))
    found = rt.sweep(closes, [strategy], progress=False)
    returns = rt.backtest(closes, strategy).returns[found.start :].iloc[1:].to_numpy()
    for name in ("skew", "kurtosis"):
        want = getattr(rt.measures, name)(returns)
        assert found.table[name].iloc[0] == pytest.approx(want, rel=1e-12)


def test_sums_of_many_schedules_and_windows_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(evaluation, "_KEPT", 1 << 20)
    strategy = rt.Strategy(rt.Momentum(20), rt.Switch(), rt.Schedule(5))
    grid = {"schedule.every": range(1, 9), "schedule.offset": range(8)}
    found = swept(strategy=strategy, grid=grid, block=8)
    for start in range(40, 240):
        found.window(found.evaluation.prices.sessions[start], found.end)
    assert found.evaluation._sums_memory._size <= 1 << 20


LAYERS = rt.build_layers(
    CLOSES, rt.Universe({"x": ["A", "B"], "y": ["B", "C"]}), schedule=rt.Schedule("Q")
)
APART = rt.build_layers(CLOSES, rt.Universe({"x": ["A"], "y": ["B", "C"]}))
BY_MEMBER = rt.Costs(buy=pd.Series({"A": 0.01, "B": 0.02, "C": 0.001}))
AT_ONCE = rt.Schedule("M", lag=0, same_close=True)
UNFIT = {
    "fill at the deciding close": (CLOSES, {"schedule": AT_ONCE}, {"fill": CLOSES}),
    "fill of shared members": (LAYERS, {}, {"fill": LAYERS.index}),
    "fill of rates by member": (APART, {"costs": BY_MEMBER}, {"fill": APART.index}),
    "actions of layers": (LAYERS, {}, {"actions": rt.Actions(CLOSES[:0])}),
    "lots of layers": (LAYERS, {}, {"lots": rt.Lots()}),
    "lots and a band": (CLOSES, {}, {"lots": rt.Lots(), "band": rt.Band(0.1)}),
    "lots and debt": (CLOSES, {}, {"lots": rt.Lots(), "borrowing": rt.Borrowing(0.1)}),
    "lots and dividends": (CLOSES, {}, {"lots": rt.Lots(), "actions": rt.Actions(CLOSES[:0])}),
}


@pytest.mark.parametrize("case", UNFIT)
@pytest.mark.parametrize("against", [None, CLOSES["A"]], ids=["", "benchmark"])
def test_a_sweep_refuses_what_a_backtest_refuses_wherever_it_stands(case, against):
    closes, axes, options = UNFIT[case]
    fit = {"schedule": BASE.schedule, "costs": rt.Costs()}
    alone = fit | axes
    strategy = rt.Strategy(BASE.signal, BASE.rule, alone["schedule"])
    with pytest.raises(rt.ArgumentError) as one:
        rt.backtest(closes, strategy, costs=alone["costs"], **options)
    for order in (1, -1):
        pairs = {name: [("fit", fit[name]), ("unfit", got)] for name, got in axes.items()}
        grid = {name: dict(both[::order]) for name, both in pairs.items()}
        for base in (BASE, OTHERS["top two"]):
            with pytest.raises(rt.ArgumentError) as many:
                swept(closes, base, {"signal.days": [5]} | grid, benchmark=against, **options)
            assert str(many.value) == str(one.value)


def test_the_benchmark_pays_the_costs_of_the_sweep_whatever_the_grid_has():
    found = swept(
        APART, grid={"costs": {"ten": rt.Costs.bps(10), "by": BY_MEMBER}}, costs=BY_MEMBER
    )
    alone = swept(APART, grid={"costs": {"by": BY_MEMBER}}, costs=BY_MEMBER)
    np.testing.assert_array_equal(found.measures[1], alone.measures[0])


def test_the_order_of_an_axis_changes_no_figure():
    one, other = (swept(grid={"schedule.lag": lags}).table for lags in ([1, 10], [10, 1]))
    pd.testing.assert_frame_equal(one, other.loc[one.index], check_exact=True)


def test_a_rule_of_a_users_own_may_have_any_method():
    @dataclass(frozen=True)
    class Mine:
        def decide(self, scores):
            return rt.Switch().decide(scores)

        def decide_each(self):
            raise AssertionError("nobody asked for it")

    grid = {"signal.days": [5, 20, 60]}
    own = swept(strategy=rt.Strategy(BASE.signal, Mine(), BASE.schedule), grid=grid)
    np.testing.assert_array_equal(own.measures, swept(grid=grid).measures)


def test_a_weight_is_refused_on_the_day_that_wants_it():
    @dataclass(frozen=True)
    class Far:
        def weigh(self, scores):
            return np.full(scores.shape, 20.0)

    strategy = rt.Strategy(BASE.signal, Far(), rt.Schedule("M"))
    for tried in (rt.backtest, lambda *given, **options: swept(*given, None, **options)):
        with pytest.raises(rt.ArgumentError, match=r"pay for itself, got .* on 2015-01-30"):
            tried(CLOSES, strategy, costs=rt.Costs.bps(200))


def test_values_in_order_are_no_more_than_there_are_names():
    found = swept(grid={"signal.days": [5, 20], "rule.margin": [0.0, 0.1]})
    assert found.result((5, 0.1)).value.equals(found.result(signal__days=5, rule__margin=0.1).value)
    with pytest.raises(rt.ArgumentError, match=r"values: want one for each of .*, got \(5, 0.1, 3"):
        found.result((5, 0.1, 3))
    with pytest.raises(rt.ArgumentError, match=r"values: want one for each of .*, got signal.days"):
        found.result((5,))


@pytest.mark.parametrize(
    ("strategy", "grid", "options", "said"),
    [
        (
            BASE,
            None,
            {"where": lambda p: p["a"] > 1},
            "where: goes with one strategy and a grid, got no",
        ),
        (BASE, None, {"sample": 5}, "sample: goes with one strategy and a grid, got no grid"),
        ([BASE], {"rule.margin": [0]}, {}, "grid: goes with one strategy and a grid, got \\[Str"),
        ("x", {"rule.margin": [0]}, {}, "strategy: want a Strategy, or several, got 'x'"),
        (BASE, GRID, {"trials": ""}, "trials: want the path of a file, got ''"),
        (BASE, GRID, {"trials": "a\0b"}, "trials: want the path of a file, got 'a"),
        (BASE, GRID, {"check": "no"}, "check: want True or False, got 'no'"),
        (
            BASE,
            {
                "signal.days": range(1, 1001),
                "rule.margin": np.linspace(0, 1, 1_000),
                "schedule.offset": range(200),
            },
            {},
            "grid: want 100,000,000 strategies or fewer in one sweep, got 200,000,000; pass sample",
        ),
    ],
)
def test_what_makes_no_sweep_is_refused_before_anything_is_tried(strategy, grid, options, said):
    before = rt.trials.count()
    with pytest.raises(rt.ArgumentError, match=said):
        swept(strategy=strategy, grid=grid, **options)
    assert rt.trials.count() == before


@pytest.mark.parametrize("options", [{"jobs": 0}, {"executor": 3}])
def test_a_sweep_that_is_refused_is_no_trial(options):
    closes = CLOSES * 3  # tried nowhere else
    with pytest.raises(rt.ArgumentError):
        swept(closes, **options)
    assert rt.trials.count(data=rt.trials.data_hash(closes)) == 0


def test_a_ledger_stays_where_it_was_when_the_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    swept(grid={"signal.days": [5, 6]}, trials="t.sqlite")
    monkeypatch.setattr(rt.trials, "_here", {})
    found = swept(grid={"signal.days": [7, 8]}, trials="t.sqlite")
    monkeypatch.chdir("/")
    assert found.best().all_trials == 4


def test_a_table_that_the_user_changes_afterwards_changes_nothing():
    rates, cash = CLOSES * 0 + 0.001, pd.Series(0.0001, DAYS)
    fill = CLOSES * 1.001
    found = swept(fill=fill, cash_rate=cash, costs=rt.Costs(buy=rates), grid={"signal.days": [5]})
    before = found.result(signal__days=5).value
    fill *= np.random.default_rng(0).uniform(0.9, 1.1, fill.shape)
    rates += 0.1
    cash += 0.1
    assert found.result(signal__days=5).value.equals(before)


@pytest.mark.parametrize("rate", [0.0001, 0.00013, 0.01])
def test_cash_that_never_varies_has_no_ratio(rate):
    rules = {"switch": rt.Switch(), "cash": rt.rules.Hold("cash")}
    found = swept(grid={"rule": rules, "schedule.tranches": [1, 3]}, cash_rate=rate)
    for name in ("sharpe", "sortino", "calmar", "skew", "kurtosis"):
        assert found.table.loc["cash", name].isna().all()
    assert (found.table.loc["cash", "annual_volatility"] == 0).all()
    assert found.best().params["rule"] == "switch"


LATE = rt.backtest(CLOSES, rt.Strategy(rt.Momentum(250), rt.Switch(), rt.Schedule("M")))


def test_figures_begin_when_the_benchmark_can_have_traded_too():
    found = swept(grid={"signal.days": [5, 20]}, benchmark=LATE)
    assert found.start == LATE.start > rt.backtest(CLOSES, BASE).start
    want = found.result(signal__days=20).summary(benchmark=LATE)
    assert found.table.loc[20, "information_ratio"].item() == pytest.approx(
        want["information_ratio"], abs=1e-10
    )
    with pytest.raises(rt.ArgumentError, match="window: want two returns or more from 2016"):
        found.window("2015-06-01", "2017")


def test_a_start_before_that_of_the_benchmark_is_refused():
    want = f"start: want a session from {LATE.start:%Y-%m-%d}, on which every strategy and the"
    with pytest.raises(rt.ArgumentError, match=want):
        swept(benchmark=LATE, start="2015-06-01")
    early = CLOSES.iloc[:255]
    with pytest.raises(rt.DataError, match="benchmark: want one that can have traded two"):
        swept(early, grid={"signal.days": [5, 20]}, benchmark=LATE)


@pytest.mark.parametrize(("field", "value"), [("lag", 698), ("offset", 5000), ("every", 699)])
def test_a_schedule_that_the_closes_are_too_short_for_is_named(field, value):
    with pytest.raises(rt.DataError, match=rf"closes: too short; .*Schedule\(.*{field}={value}\b"):
        swept(grid={f"schedule.{field}": [2, value]})
