"""Layer indices, by hand; tests/oracles/test_ledger.py has them against the slow ledger."""

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


def test_an_unknown_ticker_is_named_with_its_layer():
    with pytest.raises(rt.DataError, match="universe: NVDX of shovels is not a column of closes"):
        rt.build_layers(table(A=[1.0, 2.0]), rt.Universe({"shovels": ["A", "NVDX"]}))


def test_a_layer_without_members_for_a_while_is_refused():
    nan = np.nan
    closes = table(A=[1.0, 1.0, nan, nan], B=[nan, nan, nan, 1.0], C=[1.0, 1.0, 1.0, 1.0])
    with pytest.raises(rt.DataError, match="universe: ab has no member left after 2024-01-02"):
        rt.build_layers(closes, rt.Universe({"ab": ["A", "B"]}))
