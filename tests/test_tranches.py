"""Tranches are strategies of their own that decide in turn, and share the account equally."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.deciding import decide
from rotation.layers import open_history
from rotation.tables import read_prices


def decided(market, schedule, margin=0.01, rule=None):
    strategy = rt.Strategy(rt.Momentum(2), rule or rt.Switch(margin), schedule)
    return decide(strategy, open_history(market, read_prices(market), market.to_numpy()))


@given(
    market=markets.closes(sessions=(12, 60)), every=st.sampled_from("DW"), parts=st.integers(2, 5)
)
def test_each_tranche_decides_on_its_own_dates_as_if_alone(market, every, parts):
    rows = rt.Schedule(every).rows(market.index)
    together = decided(market, rt.Schedule(every, tranches=parts))
    np.testing.assert_array_equal(together.rows, rows)
    newest = {}
    alone = {}
    for part in range(parts):
        dates = market.index[rows[part::parts]]
        if len(dates):
            alone[part] = decided(market, rt.Schedule(list(dates)))
    for k, row in enumerate(rows):
        part = k % parts
        newest[part] = alone[part].targets[k // parts]
        listed = market.iloc[row].notna()
        expected = np.mean(list(newest.values()), axis=0) * listed
        np.testing.assert_allclose(together.targets[k], expected, atol=1e-15)


@given(market=markets.closes(sessions=(12, 60)))
def test_one_tranche_is_none(market):
    plain, one = (decided(market, rt.Schedule("W", tranches=n)) for n in (1, 1))
    np.testing.assert_array_equal(plain.targets, one.targets)
    assert one.held is not None


def test_the_ledger_says_whose_turn_it_was():
    days = pd.bdate_range("2024-01-01", periods=9)
    closes = pd.DataFrame({"A": 1.1 ** np.arange(9), "B": 1.0}, days)
    strategy = rt.Strategy(rt.Momentum(1), rt.Switch(), rt.Schedule(2, tranches=3))
    reasons = rt.backtest(closes, strategy).switches["reason"]
    assert reasons.iloc[0] == "tranche 1 of 3: best score: A +0.0953"


@pytest.mark.parametrize("tranches", [0, 1.5, True, "2"])
def test_tranches_are_counted(tranches):
    with pytest.raises(rt.ArgumentError, match="tranches: want parts, 1 or more, got"):
        rt.Schedule("M", tranches=tranches)
