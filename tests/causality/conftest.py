"""The market on which what looks ahead is to be caught."""

import numpy as np
import pandas as pd
import pytest

import rotation as rt


@pytest.fixture(scope="session")
def closes():
    """Three years of four layers: C is listed in the first, D delisted in the last."""
    steps = np.random.default_rng(7).normal(0.0003, 0.015, (750, 4))
    days = pd.bdate_range("2020-01-01", periods=750)
    table = pd.DataFrame(np.exp(steps.cumsum(axis=0)), index=days, columns=list("ABCD"))
    table.loc[: days[119], "C"] = np.nan
    table.loc[days[640] :, "D"] = np.nan
    return table


@pytest.fixture(scope="session")
def layers(closes):
    """Two layers of two members and more; E joins the second when it has been listed for long."""
    closes = closes.assign(E=closes["A"] * 2 + closes["B"], F=closes["B"] * 3 + 1)
    joins = closes.index[430].date()
    second = ["B", "F", rt.Member("E", start=joins)]
    return rt.build_layers(closes, rt.Universe({"first": ["A", "C", "D"], "second": second}))


@pytest.fixture(scope="session")
def refused(closes):
    """Whether check_causal and backtest both refuse a strategy, and how."""

    def refuse(part, strategy, market=closes):
        with pytest.raises(rt.LookAheadError) as alone:
            rt.check_causal(part, market)
        with pytest.raises(rt.LookAheadError) as inside:
            rt.backtest(market, strategy)
        rt.backtest(market, strategy, check=False)
        return str(alone.value), str(inside.value)

    return refuse
