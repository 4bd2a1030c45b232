"""A close is in the currency asked for, by a rate of the right day and direction."""

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.data.alignment import align
from rotation.data.currencies import convert
from rotation.provenance import Provenance, provenance, stamp

DAYS = pd.to_datetime(["2025-01-23", "2025-01-24", "2025-01-27", "2025-01-28"])
CLOSES = pd.DataFrame(
    {
        "NVDA": [147.22, 142.62, 118.42, 128.99],
        "0700.HK": [np.nan, 390.0, 403.0, 400.0],
        "HSBA.L": [820.0, 825.0, 830.0, np.nan],
    },
    DAYS,
)
HELD = {"NVDA": "USD", "0700.HK": "HKD", "HSBA.L": "GBp"}
RATES = pd.DataFrame({"HKDUSD": [0.1284, 0.1285, 0.1283, 0.1284], "GBPUSD": 1.25}, DAYS)


def last(table, name="0700.HK"):
    return table[name].iloc[-1]


def test_each_close_by_the_rate_of_its_session():
    made = convert(CLOSES, RATES, HELD)
    pd.testing.assert_series_equal(made["NVDA"], CLOSES["NVDA"])
    pd.testing.assert_series_equal(
        made["0700.HK"], CLOSES["0700.HK"] * RATES["HKDUSD"], check_names=False
    )
    np.testing.assert_allclose(made["HSBA.L"], CLOSES["HSBA.L"] / 100 * 1.25, rtol=1e-15)


def test_a_pair_may_be_the_other_way_round():
    inverse = pd.DataFrame({"USDHKD": 1 / RATES["HKDUSD"], "USDGBP": 0.8})
    pd.testing.assert_frame_equal(convert(CLOSES, inverse, HELD), convert(CLOSES, RATES, HELD))


@pytest.mark.parametrize("name", ["HKD/USD", "HKD_USD", "HKDUSD=X"])
def test_other_spellings(name):
    spelt = RATES.rename(columns={"HKDUSD": name})
    pd.testing.assert_frame_equal(convert(CLOSES, spelt, HELD), convert(CLOSES, RATES, HELD))


@pytest.mark.parametrize(
    ("part", "whole"), [("GBp", "GBP"), ("GBX", "GBP"), ("ILA", "ILS"), ("ZAc", "ZAR")]
)
def test_a_hundred_parts_make_one(part, whole):
    one = CLOSES[["NVDA"]]
    made = convert(one, RATES.iloc[:, :0], part, to=whole)
    np.testing.assert_allclose(made, one / 100, rtol=1e-15)
    assert f"100 {part} a {whole}" in provenance(made).steps[-1]


def test_to_another_than_dollars():
    rates = pd.DataFrame({"EURUSD": [1.04, 1.05, 1.05, 1.04]}, DAYS)
    made = convert(CLOSES[["NVDA"]], rates, "USD", to="EUR")
    np.testing.assert_allclose(made["NVDA"], CLOSES["NVDA"] / rates["EURUSD"], rtol=1e-15)
    assert "USD to EUR by EURUSD inverted of the same day" in provenance(made).steps[-1]


def test_a_rate_that_was_not_fixed_yet_is_not_used():
    changed = RATES.copy()
    changed.loc["2025-01-28"] *= 1.02
    early = CLOSES.loc["2025-01-24":]
    made = [convert(early, each, HELD, behind=1) for each in (RATES, changed)]
    pd.testing.assert_frame_equal(*made)
    assert last(made[0]) == 400.0 * RATES["HKDUSD"]["2025-01-27"]
    assert made[0]["0700.HK"]["2025-01-27"] == 403.0 * RATES["HKDUSD"]["2025-01-24"]
    assert (
        "by HKDUSD of 1 days before, carried up to 2 days on 1 sessions"
        in (provenance(made[0]).steps[-1])
    )


def test_a_missing_rate_is_carried_and_said():
    for gap in (RATES.drop(DAYS[2]), RATES.assign(HKDUSD=RATES["HKDUSD"].drop(DAYS[2]))):
        made = convert(CLOSES, gap, HELD)
        assert made["0700.HK"][DAYS[2]] == 403.0 * RATES["HKDUSD"][DAYS[1]]
        assert (
            "HKDUSD of the same day, carried up to 3 days on 1 sessions"
            in (provenance(made).steps[-1])
        )
        with pytest.raises(
            rt.DataError,
            match="HKDUSD has no rate for 2025-01-27, where one is wanted that is 0 to 2 days old, "
            "and the last is of 2025-01-24",
        ):
            convert(CLOSES, gap, HELD, stale=2)
        convert(CLOSES, gap, HELD, stale=3)


def test_a_rate_is_wanted_from_the_first_close_on():
    late = RATES.iloc[1:]
    made = convert(CLOSES[["NVDA", "0700.HK"]], late, HELD)
    assert made["0700.HK"].notna().tolist() == [False, True, True, True]
    with pytest.raises(rt.DataError, match=r"GBPUSD has no rate for 2025-01-23, .* there is none"):
        convert(CLOSES, late, HELD)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"HKDUSD": 7.78}, "HKDUSD is 7.78 on 2025-01-23, but HKD .* so much .*like USDHKD"),
        ({"USDHKD": 0.1285}, "USDHKD is 0.1285 on 2025-01-23, but USD .* so little .*like HKDUSD"),
        ({"HKDUSD": 0.1285, "USDHKD": 8.2}, "HKDUSD times USDHKD is 1.0537 on 2025-01-23, want 1"),
        ({"GBPUSD": 1.25, "USDGBP": 1.25}, "GBPUSD times USDGBP is 1.5625 on 2025-01-23"),
    ],
)
def test_the_wrong_way_round(rates, message):
    with pytest.raises(rt.DataError, match=message):
        convert(CLOSES[["0700.HK"]], pd.DataFrame(rates, DAYS), "HKD")
    both = RATES.assign(USDHKD=1.001 / RATES["HKDUSD"])
    pd.testing.assert_frame_equal(convert(CLOSES, both, HELD), convert(CLOSES, RATES, HELD))


def test_what_no_figure_can_tell_is_believed():
    one = CLOSES[["NVDA"]]
    for rate in (0.7, 1.4):
        made = convert(one, pd.DataFrame({"CADUSD": rate}, DAYS), "CAD")
        np.testing.assert_allclose(made, one * rate, rtol=1e-15)
    old = pd.DataFrame({"A": [10.0]}, pd.to_datetime(["1980-01-02"]))  # 1.5 yuan a dollar, then
    convert(old, pd.DataFrame({"CNYCHF": 1.06}, old.index), "CNY", to="CHF")


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (RATES["HKDUSD"], "rates: want a DataFrame, got Series"),
        (RATES[["GBPUSD"]], "rates: want HKDUSD or USDHKD, got GBPUSD"),
        (RATES.iloc[:, :0], "rates: want HKDUSD or USDHKD, got none"),
        (RATES.rename(columns={"HKDUSD": "HKD=X"}), "got 'HKD=X'; is it USDHKD or HKDUSD?"),
        (RATES.rename(columns={"HKDUSD": "HKD"}), "got 'HKD'; is it USDHKD or HKDUSD?"),
        (RATES.rename(columns={"HKDUSD": "USDUSD"}), "rates: want a pair as 'HKDUSD'"),
        (RATES.rename(columns={"HKDUSD": 3}), "rates: want a pair as 'HKDUSD', got 3"),
        (RATES.rename(columns={"HKDUSD": "GBP/USD"}), "rates: want each pair once, got GBPUSD"),
        (-RATES, "rates: want positive prices, got -0.1284 for HKDUSD on 2025-01-23"),
        (RATES[::-1], "rates: want strictly increasing dates"),
        (RATES.reset_index(drop=True), "rates: want an index of session dates"),
        (RATES.tz_localize("UTC"), "rates: want tz-naive session dates"),
        (RATES * np.nan, "rates: want sessions and columns"),
        (RATES.astype(str), "rates: want numbers"),
    ],
    ids=range(14),
)
def test_rates_are_checked(rates, message):
    with pytest.raises(rt.DataError, match=message):
        convert(CLOSES, rates, HELD)


@pytest.mark.parametrize(
    ("currencies", "options", "message"),
    [
        (None, {}, "currencies: want one for every ticker, NVDA has none"),
        ({"NVDA": "USD"}, {}, "currencies: want one for every ticker, 0700.HK has none"),
        (["USD"], {}, "currencies: want one, or one by ticker, got"),
        ("dollars", {}, "currencies: NVDA: want a currency as 'USD' or 'GBp', got 'dollars'"),
        ({**HELD, "HSBA.L": "GBx"}, {}, "currencies: HSBA.L: want a currency"),
        (HELD, {"to": "usd"}, "to: want a currency as 'USD' or 'GBp', got 'usd'"),
        (HELD, {"to": None}, "to: want a currency"),
        (HELD, {"to": "GBp"}, "to: want a whole currency, got 'GBp'; that is GBP"),
        (HELD, {"behind": -1}, "behind: want days, 0 or more"),
        (HELD, {"behind": 10**12}, "behind: want days, 31 or less"),
        (HELD, {"stale": 1.5}, "stale: want days, 0 or more"),
    ],
    ids=range(11),
)
def test_arguments_are_checked(currencies, options, message):
    with pytest.raises(rt.ArgumentError, match=message):
        convert(CLOSES, RATES, currencies, **options)


def test_closes_are_checked():
    with pytest.raises(rt.DataError, match="closes: want positive prices"):
        convert(-CLOSES, RATES, HELD)


def test_the_stamp_of_the_closes_knows_the_currency():
    closes = stamp(CLOSES, Provenance("a file", currency=HELD))
    made = convert(closes, RATES)
    pd.testing.assert_frame_equal(made, convert(CLOSES, RATES, HELD))
    assert provenance(made).currency == "USD"
    assert provenance(made).source == "a file"
    assert provenance(made).steps == (
        "converted: HKD to USD by HKDUSD of the same day; GBp to USD by GBPUSD of the same day, "
        "100 GBp a GBP",
    )
    with pytest.raises(
        rt.ArgumentError, match=r"currencies: 0700.HK is in HKD as its table is stamped, got CNY"
    ):
        convert(closes, RATES, {**HELD, "0700.HK": "CNY"})
    with pytest.raises(
        rt.ArgumentError, match=r"HSBA.L is in GBp as its table is stamped, got GBP"
    ):
        convert(closes, RATES, {**HELD, "HSBA.L": "GBP"})
    convert(closes, RATES, {**HELD, "HSBA.L": "GBX"})  # pence by either name
    again = convert(made, RATES.iloc[:, :0])
    pd.testing.assert_frame_equal(again, made)
    assert provenance(again).steps[-1] == "converted: nothing, all was in USD"


def test_several_exchanges_in_one_currency():
    york = stamp(CLOSES[["NVDA"]], Provenance("A", currency="USD"))
    others = stamp(CLOSES[["HSBA.L"]], Provenance("B", currency={"HSBA.L": "GBp"}))
    known = align({"XNYS": york, "XLON": others}, to="XNYS").closes
    made = convert(known, RATES)
    # London had a session on the 28th and HSBA.L none, so it ends.
    assert made["HSBA.L"].tolist()[:3] == (CLOSES["HSBA.L"] * (1.25 / 100)).tolist()[:3]
    assert [step.split()[0] for step in provenance(made).steps] == ["aligned", "converted:"]
    assert provenance(made).source == "XNYS: A; XLON: B"
    with pytest.raises(rt.ArgumentError, match="NVDA is in USD as its table is stamped, got HKD"):
        convert(known, RATES, "HKD")


def test_inputs_are_untouched():
    before = CLOSES.copy(), RATES.copy()
    convert(CLOSES, RATES, HELD)
    pd.testing.assert_frame_equal(CLOSES, before[0])
    pd.testing.assert_frame_equal(RATES, before[1])
    assert not CLOSES.attrs


def test_the_stamp_says_nothing_of_what_was_added_or_changed_since():
    closes = rt.sample().loc["2024-01":"2024-03", ["NVDA"]]
    rates = pd.DataFrame({"USDHKD": 7.8}, closes.index)
    more = closes.assign(**{"0700.HK": 390.0})
    with pytest.raises(rt.ArgumentError, match=r"want one for every ticker, 0700.HK has none"):
        convert(more, rates)
    found = convert(more, rates, {"NVDA": "USD", "0700.HK": "HKD"})
    assert found["0700.HK"].to_numpy() == pytest.approx(50.0)
    with pytest.raises(rt.ArgumentError, match=r"NVDA has none since it was changed after its st"):
        convert(closes * 7.8, rates)
