"""Terms that are not sound, or do not go together, are refused by name."""

import re

import numpy as np
import pandas as pd
import pytest

import rotation as rt

DAYS = pd.bdate_range("2024-03-01", periods=6)
CLOSES = pd.DataFrame(
    {"A": [10.0, 11, 12, 11, 13, 14], "B": [50.0, 51, 50, 52, 53, 52]}, index=DAYS
)
HALF = pd.DataFrame({"A": 0.5, "B": 0.5}, index=DAYS[:1])
TABLE = CLOSES * 0 + 0.001


def refused(message, weights=HALF, closes=CLOSES, **options):
    with pytest.raises(rt.RotationError, match=f"^{re.escape(message)}"):
        rt.simulate(closes, weights, **options)


@pytest.mark.parametrize("name", ["buy", "sell", "slippage"])
def test_rates_by_name_or_session_must_cover_what_is_traded(name):
    def costs(rate):
        return {"costs": rt.Costs(**{name: rate})}

    refused(f"{name}: want a rate of 0 or more, got nan for B", **costs(pd.Series({"A": 0.1})))
    refused(
        f"{name}: want a rate of 0 or more, got nan for 2024-03-08",
        **costs(pd.Series(0.001, index=DAYS[:5])),
    )
    refused(
        f"{name}: want each name or session once",
        **costs(pd.Series([0.1, 0.1, 0.1], index=["A", "B", "A"])),
    )
    refused(f"{name}: want every column of closes, 'B' is missing", **costs(TABLE[["A"]]))
    refused(
        f"{name}: want a number of 0 or more wherever closes has one, got nan for A on 2024-03-08",
        **costs(TABLE.iloc[:5]),
    )
    with pytest.raises(rt.ArgumentError, match=f"{name}: want a rate as a fraction"):
        rt.Costs(**{name: pd.Series({"A": 0.1, "B": 1.0})})
    with pytest.raises(rt.ArgumentError, match=f"{name}: want a number, a Series or a DataFrame"):
        rt.Costs(**{name: [0.1, 0.2]})


def test_rates_of_every_shape_say_the_same():
    values = [
        rt.simulate(CLOSES, HALF, costs=rt.Costs(buy=rate, sell=rate)).value
        for rate in (0.001, pd.Series({"B": 0.001, "A": 0.001}), pd.Series(0.001, DAYS), TABLE)
    ]
    for value in values[1:]:
        np.testing.assert_allclose(value, values[0], rtol=1e-15)


def test_slippage_adds_to_both_sides():
    one = rt.simulate(CLOSES, HALF, costs=rt.Costs(buy=0.003, sell=0.004))
    other = rt.simulate(CLOSES, HALF, costs=rt.Costs(buy=0.001, sell=0.002, slippage=0.002))
    np.testing.assert_allclose(one.value, other.value, rtol=1e-15)
    refused(
        "slippage: want it below 1 together with buy and with sell",
        costs=rt.Costs(buy=0.6, slippage=0.5),
    )


def test_impact_needs_a_volume_wherever_there_is_a_close():
    refused(
        "impact.volume: want money above 0, got 0 for A on 2024-03-01",
        costs=rt.Costs(impact=rt.Impact(TABLE * 0)),
    )
    refused(
        "impact.volume: want a number of 0 or more",
        costs=rt.Costs(impact=rt.Impact(TABLE.iloc[:3])),
    )
    with pytest.raises(rt.ArgumentError, match="impact: want Impact, got"):
        rt.Costs(impact=0.1)
    with pytest.raises(rt.ArgumentError, match="coefficient: want a rate as a fraction"):
        rt.Impact(TABLE, coefficient=-1.0)


def test_impact_costs_what_its_law_says():
    volume = CLOSES * 0 + 1e6
    costs = rt.Costs(impact=rt.Impact(volume, coefficient=0.5))
    result = rt.simulate(CLOSES, HALF.assign(B=0.0), costs=costs, capital=1e5)
    bought = 0.5 * result.value.iloc[1]
    cost = 0.5 * bought * np.sqrt(bought / 1e6)
    assert result.switches["cost"].tolist() == pytest.approx([cost])
    small = rt.simulate(CLOSES, HALF.assign(B=0.0), costs=costs, capital=1.0)
    assert small.switches["cost"].iloc[0] < 1e-3 * cost / 1e5 * 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"band": 0.05}, "band: want Band, got 0.05"),
        ({"borrowing": 0.05}, "borrowing: want Borrowing, got 0.05"),
        ({"actions": TABLE}, "actions: want Actions, got"),
        ({"lots": 100}, "lots: want Lots, got 100"),
        ({"dividends": TABLE}, "dividends: want 'reinvest' or 'cash', got"),
        ({"capital": np.array([1.0])}, "capital: want a number above 0, got array([1.])"),
        ({"cash_rate": pd.Series(True, DAYS)}, "cash_rate: want numbers, got a Series of bool"),
        ({"cash_rate": pd.Series("x", DAYS)}, "cash_rate: want numbers, got a Series of"),
        ({"haircut": 1.0}, "haircut: want a fraction in [0, 1), got 1.0"),
        ({"haircut": "half"}, "haircut: want a fraction in [0, 1), got 'half'"),
        ({"dividends": "hold"}, "dividends: want 'reinvest' or 'cash', got 'hold'"),
        (
            {"borrowing": rt.Borrowing(shorts=pd.Series({"A": 0.1}))},
            "borrowing.shorts: want a rate of 0 or more, got nan for B",
        ),
        (
            {"borrowing": rt.Borrowing(shorts=-0.1)},
            "borrowing.shorts: want a rate of 0 or more, got -0.1",
        ),
        (
            {"actions": rt.Actions(dividends=TABLE.rename(columns={"B": "C"}))},
            "dividends: 'C' is not a column of closes",
        ),
        (
            {"actions": rt.Actions(splits=TABLE.set_axis(DAYS + pd.Timedelta(days=1)))},
            "splits: 2024-03-02 is not a session of closes",
        ),
        (
            {"actions": rt.Actions(dividends=-TABLE)},
            "dividends: want a number of 0 or more wherever closes has one, got -0.001 for A",
        ),
        ({"lots": rt.Lots(), "band": rt.Band(0.1)}, "lots: do not go with band"),
        ({"lots": rt.Lots(), "borrowing": rt.Borrowing()}, "lots: do not go with borrowing"),
        (
            {"lots": rt.Lots(), "costs": rt.Costs(impact=rt.Impact(TABLE))},
            "lots: do not go with impact",
        ),
        (
            {"lots": rt.Lots(), "actions": rt.Actions(dividends=TABLE)},
            "lots: whole shares cannot reinvest dividends; pass dividends='cash'",
        ),
    ],
)
def test_terms_are_checked(options, message):
    refused(message, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rt.Borrowing(cash="dear"), "cash: want a number or a Series, got 'dear'"),
        (lambda: rt.Borrowing(cash=True), "cash: want a number or a Series, got True"),
        (lambda: rt.Borrowing(cash=TABLE), "cash: want a number or a Series, got "),
        (lambda: rt.Borrowing(shorts=None), "shorts: want a number, a Series or a DataFrame"),
        (lambda: rt.Borrowing(shorts=[0.1]), "shorts: want a number, a Series or a DataFrame, got"),
        (lambda: rt.Actions(dividends=5), "dividends: want a DataFrame, got 5"),
        (lambda: rt.Actions(splits=TABLE["A"]), "splits: want a DataFrame, got "),
    ],
)
def test_terms_are_of_their_kind_when_they_are_made(make, message):
    with pytest.raises(rt.ArgumentError, match=f"^{message}"):
        make()


def test_whole_shares_know_neither_shorts_nor_leverage():
    short = HALF.assign(A=-0.5)
    refused("lots: want weights of 0 or more that sum to 1 at most", short, lots=rt.Lots())
    refused("lots: want weights of 0 or more that sum to 1 at most", HALF * 3, lots=rt.Lots())


def test_layers_have_no_shares_and_trade_at_closes_where_members_are_shared():
    universe = rt.Universe({"one": ["A", "B"], "other": ["B"]})
    layers = rt.build_layers(CLOSES, universe)
    weights = pd.DataFrame({"one": 1.0, "other": 0.0}, index=DAYS[:1])
    refused("closes: layers have no shares", weights, layers, lots=rt.Lots())
    refused("closes: layers have no shares", weights, layers, actions=rt.Actions())
    refused("fill: layers that share members", weights, layers, fill=layers.index)
    apart = rt.build_layers(CLOSES, rt.Universe({"one": ["A"], "other": ["B"]}))
    assert rt.simulate(apart, weights, fill=apart.index).value.iloc[-1] > 0


def test_what_is_not_listed_needs_no_rate():
    closes = CLOSES.copy()
    closes.loc[: DAYS[2], "B"] = np.nan
    rates = TABLE.where(closes.notna())
    first = HALF.assign(B=0.0)
    some, all_of_them = (
        rt.simulate(closes, first, costs=rt.Costs(buy=table)).value for table in (rates, TABLE)
    )
    np.testing.assert_array_equal(some, all_of_them)
    refused(
        "buy: want a number of 0 or more wherever closes has one, got nan for B on 2024-03-01",
        costs=rt.Costs(buy=rates),
    )


def test_a_table_of_no_dividends_pays_none():
    none = TABLE.iloc[:0]
    actions = rt.Actions(dividends=none, splits=none)
    with_none = rt.simulate(CLOSES, HALF, actions=actions, dividends="cash").value
    pd.testing.assert_series_equal(with_none, rt.simulate(CLOSES, HALF).value)


@pytest.mark.parametrize("name", ["buy", "sell", "slippage"])
def test_rates_that_are_words_are_refused_by_name(name):
    for words in (pd.Series("dear", DAYS), TABLE.astype(object).assign(B="dear")):
        with pytest.raises(rt.ArgumentError, match=f"^{name}: want numbers, got"):
            rt.Costs(**{name: words})
