"""Layer indices, by hand; tests/oracles/test_ledger.py has them against the slow ledger."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import rotation as rt


def table(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.bdate_range("2024-01-01", periods=length))


def index(closes, **options):
    universe = rt.Universe({"all": list(closes.columns)})
    return rt.build_layers(closes, universe, **options).index["all"].tolist()


def test_members_start_equal_and_drift():
    closes = table(A=[1.0, 2.0, 2.0], B=[1.0, 1.0, 2.0])
    assert index(closes) == [1.0, 1.5, 2.0]


def test_equal_weights_come_back_on_schedule_at_its_cost():
    closes = table(A=[1.0, 2.0, 2.0, 4.0], B=[1.0, 1.0, 1.0, 1.0])
    twice = rt.Schedule(2, lag=0, same_close=True)  # decides at rows 1
    assert index(closes, schedule=twice)[-1] == pytest.approx(1.5 * 1.5)
    # At row 1 the holdings are 1 and 0.5 of 1.5: 0.25 less what it costs moves each way.
    after = rt.costs.settle(1.5, [1.0, 0.5], [0.5, 0.5], buy=0.01, sell=0.02)
    assert index(closes, schedule=twice, costs=rt.Costs(buy=0.01, sell=0.02))[-1] == pytest.approx(
        float(after) * 1.5
    )


def test_a_schedule_with_a_lag_rebalances_later():
    closes = table(A=[1.0, 2.0, 2.0, 4.0], B=[1.0, 1.0, 1.0, 1.0])
    assert index(closes, schedule=rt.Schedule(2, lag=1))[-1] == pytest.approx(1.5 * 1.5)
    late = table(A=[1.0, 2.0, 4.0, 4.0], B=[1.0, 1.0, 1.0, 1.0])
    assert index(late, schedule=rt.Schedule(2, lag=1))[-1] == pytest.approx(2.5)


def test_a_member_enters_on_its_first_close_and_leaves_after_its_last():
    nan = np.nan
    closes = table(A=[1.0, 1.0, 2.0, 2.0, 2.0], B=[nan, 7.0, 7.0, 14.0, nan])
    # Row 1: half B. Row 2: A doubles: 1.5. Row 3: B doubles, 0.5 more, and leaves at its close.
    assert index(closes) == pytest.approx([1.0, 1.0, 1.5, 2.0, 2.0])


def test_the_layer_starts_with_its_first_member_and_ends_with_its_last():
    nan = np.nan
    closes = table(A=[nan, 1.0, 2.0, nan], B=[1.0, 1.0, 1.0, 1.0])
    layers = rt.build_layers(closes, rt.Universe({"a": ["A"], "b": ["B"]}), costs=rt.Costs.bps(50))
    np.testing.assert_array_equal(layers.index["a"], [nan, 1.0, 2.0, nan])
    assert layers.universe.tickers == ("A", "B")


def test_the_index_has_every_session_even_before_the_first_layer():
    nan = np.nan
    closes = table(A=[nan, 1.0, 2.0], B=[nan, nan, 1.0], C=[1.0, 1.0, 1.0])
    got = rt.build_layers(closes, rt.Universe({"a": ["A"], "b": ["B"]})).index
    assert got.index.equals(closes.index)
    np.testing.assert_array_equal(got, closes[["A", "B"]])


def test_unknown_tickers_are_named_and_can_be_left_out():
    closes, universe = table(A=[1.0, 2.0]), rt.Universe({"shovels": ["A", "NVDX"], "b": ["A", "Q"]})
    with pytest.raises(rt.DataError, match=r"NVDX, Q are no columns; see Universe\.only"):
        rt.build_layers(closes, universe)
    layers = rt.build_layers(closes, universe.only(closes.columns))
    assert "want of closes: NVDX, Q." in layers.universe.note
    assert universe.only(["A", "NVDX", "Q"]) is universe
    with pytest.raises(rt.ArgumentError, match="tickers: want one of b at least"):
        universe.only(["NVDX"])


def test_the_index_says_what_it_is_made_of():
    closes = table(A=[1.0, 2.0], B=[1.0, 1.5])
    layers = rt.build_layers(closes, rt.Universe({"both": ["A", "B"]}))
    made = rt.data.provenance(layers.index)
    assert made.steps == ("made into layers both",)
    assert made.note.startswith("both are A, B. Hindsight: nobody wrote down")


def test_what_is_known_of_the_closes_is_known_of_their_layers():
    known = rt.data.Provenance(chosen_on="2019-06-03", note="Hindsight: of the closes.")
    closes = rt.data.stamp(table(A=[1.0, 2.0], B=[1.0, 1.5]), known)
    one = rt.build_layers(closes, rt.Universe({"a": ["A"], "b": ["B"]}, chosen_on="2019-01-01"))
    both = rt.simulate(one, one.index.iloc[:1] / 2, lag=0, same_close=True)
    assert both.note.startswith("a are A; b are B. Hindsight: they were chosen on 2019-01-01")
    assert both.note.endswith("Hindsight: of the closes.")
    assert both.chosen_on == one.parts(rt.Costs()).chosen_on == date(2019, 6, 3)
    unknown = rt.build_layers(closes, rt.Universe({"a": ["A"], "b": ["B"]}))
    assert unknown.parts(rt.Costs()).chosen_on is None
    assert rt.data.provenance(unknown.index).chosen_on is None


@pytest.mark.parametrize("gap", [1, 2])
def test_a_layer_without_members_for_a_while_is_refused(gap):
    nan = np.nan
    closes = table(A=[1.0, 1.0] + [nan] * gap, B=[nan] * (gap + 1) + [1.0], C=[1.0] * (gap + 2))
    with pytest.raises(rt.DataError, match="universe: ab has no member left after 2024-01-02"):
        rt.build_layers(closes, rt.Universe({"ab": ["A", "B"]}))


def test_a_layer_goes_on_if_one_member_comes_at_the_close_at_which_the_other_leaves():
    nan = np.nan
    closes = table(A=[1.0, 2.0, nan], B=[nan, 1.0, 3.0], C=[1.0, 1.0, 1.0])
    layers = rt.build_layers(closes, rt.Universe({"ab": ["A", "B"]}))
    assert layers.index["ab"].tolist() == pytest.approx([1.0, 2.0, 6.0])


DAYS = pd.bdate_range("2024-01-01", periods=5)
PAIR = pd.DataFrame({"A": [1.0, 2.0, 4.0, 4.0, 8.0], "B": [1.0, 1.0, 1.0, 2.0, 2.0]}, index=DAYS)


def test_a_member_belongs_from_its_start_to_its_end():
    member = rt.Member("A", start=DAYS[1].date(), end=DAYS[3].date())
    layers = rt.build_layers(PAIR, rt.Universe({"all": [member, "B"]}))
    # B alone to row 1; half A from there, which doubles; A goes at row 3, B has doubled by then.
    assert layers.index["all"].tolist() == pytest.approx([1.0, 1.0, 1.5, 2.0, 2.0])
    held = layers.weights("all")
    assert held["A"].tolist() == pytest.approx([0.0, 0.5, 2 / 3, 0.0, 0.0])


def test_a_member_may_come_back():
    stays = [rt.Member("A", end=DAYS[1].date()), rt.Member("A", start=DAYS[3].date()), "B"]
    held = rt.build_layers(PAIR, rt.Universe({"all": stays})).weights("all")["A"]
    assert (held > 0).tolist() == [True, False, False, True, True]


def test_ends_between_sessions_fall_on_the_session_before():
    saturday = pd.Timestamp("2024-01-06").date()
    closes = PAIR.set_axis(
        pd.DatetimeIndex(["2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"])
    )
    universe = rt.Universe({"all": [rt.Member("A", end=saturday), "B"]})
    held = rt.build_layers(closes, universe).weights("all")["A"]
    assert (held > 0).tolist() == [True, True, False, False, False]


def test_a_layer_whose_members_never_are_there_is_refused():
    early = rt.Universe({"all": [rt.Member("A", end=pd.Timestamp("2020-01-01").date())]})
    with pytest.raises(rt.DataError, match="universe: no member of all has a close while it"):
        rt.build_layers(PAIR, early)


def test_attribution_adds_up_to_the_change_of_the_index():
    costs, daily = rt.Costs.bps(50), rt.Schedule("D", lag=0, same_close=True)
    layers = rt.build_layers(PAIR, rt.Universe({"all": ["A", "B"]}), schedule=daily, costs=costs)
    parts = layers.attribution("all")
    assert list(parts.columns) == ["A", "B", "cost"]
    np.testing.assert_allclose(
        parts.sum(axis=1), layers.index["all"].diff().fillna(0.0), atol=1e-15
    )
    assert (parts["cost"].iloc[1:3] < 0).all()
    assert parts.iloc[0].tolist() == [0.0, 0.0, 0.0]
    assert layers.accounts["all"].switches["reason"].unique().tolist() == ["rebalanced"]


def test_a_layer_that_is_not_there_is_told_with_those_that_are():
    layers = rt.build_layers(PAIR, rt.Universe({"a": ["A"], "b": ["B"]}))
    for ask in (layers.weights, layers.attribution):
        with pytest.raises(rt.ArgumentError, match=r"^name: want one of a, b, got 'c'$"):
            ask("c")


def test_a_layer_that_begins_late_is_rebalanced_on_the_days_of_the_schedule():
    nan = np.nan
    closes = table(A=[nan, 1.0, 2.0, 4.0, 4.0, 4.0], B=[nan, 1.0, 1.0, 1.0, 1.0, 2.0], C=[1.0] * 6)
    thirds = rt.Schedule(3, lag=0, same_close=True)  # decides at row 2
    layers = rt.build_layers(closes, rt.Universe({"ab": ["A", "B"], "c": ["C"]}), schedule=thirds)
    # Halves at row 1; A doubles; halves of 1.5 at row 2; A doubles, then B.
    assert layers.index["ab"].tolist()[1:] == pytest.approx([1.0, 1.5, 2.25, 2.25, 3.0])
    held = layers.weights("ab")["A"].tolist()
    assert held == pytest.approx([0.5, 0.5, 2 / 3, 2 / 3, 0.5])


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_layer_is_not_rebalanced_at_its_last_close(after):
    nan = np.nan
    closes = table(
        A=[1.0, 3.0] + [nan] * after, B=[1.0, 1.0] + [nan] * after, C=[1.0] * (2 + after)
    )
    daily = rt.Schedule("D", lag=0, same_close=True)
    universe = rt.Universe({"ab": ["A", "B"], "c": ["C"]})
    layers = rt.build_layers(closes, universe, schedule=daily, costs=rt.Costs.bps(1000))
    assert layers.index["ab"].tolist()[:2] == pytest.approx([1.0, 2.0])
    assert layers.index["ab"].isna().sum() == after


def test_a_rebalancing_that_falls_after_the_newest_close_has_to_wait():
    assert index(PAIR[:2], schedule=rt.Schedule("D", lag=2)) == pytest.approx([1.0, 1.5])


def test_a_layer_may_live_for_one_session():
    brief = rt.Universe({"a": [rt.Member("A", end=DAYS[0].date())], "b": ["B"]})
    index = rt.build_layers(PAIR, brief).index["a"]
    assert index.iloc[0] == 1.0
    assert index.iloc[1:].isna().all()


def test_a_weighting_sees_the_closes_and_the_rows_of_its_layer():
    given = pd.DataFrame({"A": [3.0, 1.0], "B": [1.0, 1.0]}, index=DAYS[[0, 2]])
    options = {"weighting": rt.Given(given), "schedule": rt.Schedule(3, lag=0, same_close=True)}
    # 3 to 1 at row 0, A goes 1 2 4; 1 to 1 at row 2, B doubles, then A.
    assert index(PAIR, **options) == pytest.approx([1.0, 1.75, 3.25, 4.875, 6.5])


def test_a_switch_between_layers_that_share_a_member_pays_for_what_changes_hands():
    closes = PAIR.assign(C=[1.0, 1.0, 2.0, 2.0, 2.0])
    layers = rt.build_layers(closes, rt.Universe({"ab": ["A", "B"], "bc": ["B", "C"]}))
    weights = pd.DataFrame({"ab": [1.0, 0.0], "bc": [0.0, 1.0]}, index=DAYS[[0, 2]])
    result = rt.simulate(layers, weights, costs=rt.Costs(buy=0.01, sell=0.02))
    # At row 3 ab holds 4 parts of A and 2 of B, bc 2 parts of each: 2/3 of A is sold, and of
    # what that leaves some B and half of all in C is bought.
    kept = float(rt.costs.settle(1.0, [2 / 3, 1 / 3, 0], [0, 0.5, 0.5], buy=0.01, sell=0.02))
    switch = result.switches.iloc[1]
    before = result.value.iloc[3] / kept
    assert switch["cost"] == pytest.approx(before * (1 - kept))
    assert switch["turnover"] == pytest.approx(2 / 3 + 1 / 6 + 1 / 2)


def test_members_pay_their_own_rates():
    layers = rt.build_layers(PAIR, rt.Universe({"a": ["A"], "b": ["B"]}))
    weights = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=DAYS[[0, 1]])
    costs = rt.Costs(buy=pd.Series({"A": 0.01, "B": 0.03}), sell=pd.Series({"A": 0.02, "B": 0.9}))
    result = rt.simulate(layers, weights, costs=costs)
    assert result.value.iloc[2] == pytest.approx(2.0 / 1.01 * 0.98 / 1.03)


def test_a_universe_is_wanted():
    with pytest.raises(rt.ArgumentError, match="universe: want a Universe, got"):
        rt.build_layers(PAIR, {"a": ["A"]})
    pair = rt.Universe({"a": ["A"]})
    with pytest.raises(rt.ArgumentError, match="schedule: want a Schedule, got 'M'"):
        rt.build_layers(PAIR, pair, schedule="M")
    with pytest.raises(rt.ArgumentError, match="weighting: want a Weighting, got 'equal'"):
        rt.build_layers(PAIR, pair, weighting="equal")


def test_a_weighting_knows_what_came_before_the_layer():
    closes = PAIR.assign(A=[1.0, 1.1, 1.0, 1.1, 1.0], B=[1.0, 1.3, 1.0, 1.3, 1.0])
    start = DAYS[3].date()
    members = [rt.Member("A", start=start), rt.Member("B", start=start)]
    layers = rt.build_layers(
        closes, rt.Universe({"all": members}), weighting=rt.InverseVolatility(days=3)
    )
    assert layers.weights("all").iloc[0]["A"] > 0.6


def test_a_weighting_of_a_layer_that_begins_late_is_of_that_day():
    nan = np.nan
    closes = table(A=[nan, nan, 1.0, 2.0], B=[nan, nan, 1.0, 1.0], C=[1.0] * 4)
    given = pd.DataFrame({"A": [1.0, 3.0, 1.0], "B": 1.0}, index=DAYS[[0, 2, 3]])
    layers = rt.build_layers(
        closes, rt.Universe({"ab": ["A", "B"], "c": ["C"]}), weighting=rt.Given(given.assign(C=1.0))
    )
    assert layers.index["ab"].tolist()[2:] == pytest.approx([1.0, 1.75])


def test_the_gap_in_a_layer_is_told_with_what_would_close_it():
    nan = np.nan
    closes = table(A=[1.0, 1.0, nan, nan], B=[nan, nan, nan, 1.0], C=[1.0] * 4)
    message = (
        "universe: ab has no member left after 2024-01-02, and then again; "
        "the next one must start on that session at the latest"
    )
    with pytest.raises(rt.DataError, match=f"^{message}$"):
        rt.build_layers(closes, rt.Universe({"ab": ["A", "B"]}))


class Company:
    """Signal: how many members a layer has."""

    def bind(self, history):
        counts = [each.belongs.sum(axis=1).astype(float) for each in history.members]
        return lambda close: np.stack(counts, axis=1)[: len(close)]


def test_a_signal_may_look_at_the_members_of_layers():
    leaves = rt.Member("A", end=DAYS[1].date())
    layers = rt.build_layers(PAIR.assign(C=1.0), rt.Universe({"most": [leaves, "B"], "one": ["C"]}))
    daily = rt.Schedule("D", lag=0, same_close=True)
    result = rt.backtest(layers, rt.Strategy(Company(), rt.Switch(), daily))
    # B is alone from row 1 on, and doubles at row 3; nothing else moves while it is held.
    assert result.switches["to"].tolist() == ["most"]
    np.testing.assert_array_equal(result.weights["most"], 1.0)
