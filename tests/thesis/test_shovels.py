"""The preset holds together. Whether switching wins is for its user to find out, not for a test."""

import pandas as pd

import rotation as rt
from rotation.thesis import shovels


def test_the_demonstration_runs_on_one_window_that_every_name_reaches():
    closes = shovels.demonstration_closes()
    assert closes.index[0] == pd.Timestamp("1999-01-22")
    assert closes.iloc[-1].notna().all()
    assert f"end in {closes.index[-1]:%Y}, before" in shovels.CAVEAT
    assert rt.sample()["NVDA"].last_valid_index() > closes.index[-1]  # it is not the history's end
    assert list(closes.columns) == list(shovels.SHOVELS_AND_APPLICATIONS.tickers)
    comparison = shovels.demonstrate()
    assert list(comparison.table.index) == ["switch", "shovels", "applications", "50/50"]
    assert {each.start for each in comparison.results.values()} == {comparison.start}


def test_costs_reach_the_strategy_and_the_layers():
    free, dear = (shovels.demonstrate(costs=rt.Costs.bps(points)) for points in (0, 50))
    lost = free.table["annual_return"] - dear.table["annual_return"]
    assert (lost > 0).all()
    assert lost.idxmax() == "switch"
