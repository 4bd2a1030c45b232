"""Results side by side stand on one window and are told apart in words."""

import json

import numpy as np
import pandas as pd
import pytest

import rotation as rt

DAYS = pd.bdate_range("2024-01-01", periods=60)
RNG = np.random.default_rng(8)
CLOSES = pd.DataFrame(
    np.exp(RNG.normal([0.004, 0.001], [0.01, 0.02], (60, 2)).cumsum(axis=0)),
    index=DAYS,
    columns=["good", "poor"],
)


def held(name, row=0, **options):
    weights = pd.DataFrame(0.0, index=DAYS[[row]], columns=CLOSES.columns)
    weights[name] = 1.0
    return rt.simulate(CLOSES, weights, **options)


def test_all_figures_start_with_the_latest_start():
    early, late = held("good"), held("poor", row=20)
    comparison = rt.compare({"early": early, "late": late})
    assert comparison.start == late.start == DAYS[21]
    assert comparison.end == DAYS[-1]
    growth = CLOSES["good"].iloc[-1] / CLOSES["good"].iloc[21]
    assert comparison.table.loc["early", "annual_return"] == pytest.approx(growth ** (252 / 38) - 1)
    pd.testing.assert_series_equal(
        comparison.table.loc["early"], early.summary(late).iloc[:15], check_names=False
    )


def test_the_verdict_says_who_beat_whom_by_what():
    good, poor = held("good"), held("poor")
    assert " beat poor (" in rt.compare({"good": good, "poor": poor}).verdict
    assert " did not beat good (" in rt.compare({"poor": poor, "good": good}).verdict
    half = pd.DataFrame({"good": 0.5, "poor": 0.0}, index=DAYS[:1])
    lower = rt.simulate(CLOSES, half, cash_rate=0.001)
    assert rt.compare({"half": lower, "good": good}).verdict.endswith(
        "by Sharpe ratio but not by return."
    )
    assert rt.compare({"good": good, "half": lower}).verdict.endswith(
        "by return but not by Sharpe ratio."
    )


def test_text_and_json_carry_window_notes_and_conventions():
    comparison = rt.compare({"good": held("good", periods=260), "poor": held("poor", periods=260)})
    text = str(comparison)
    assert "From the close of 2024-01-02 to that of 2024-03-22." in text
    assert "260 sessions a year" in text
    assert "Luck is not tested here" in text
    assert repr(comparison) == text
    plain = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert plain["start"] == "2024-01-02"
    assert plain["table"]["good"]["switches"] == 0
    flat = rt.compare({"flat": held("good"), "cash": rt.simulate(CLOSES, CLOSES.iloc[:1] * 0)})
    assert flat.to_dict()["table"]["cash"]["sharpe"] is None
    assert flat.verdict.endswith(" beat cash (0.0% a year, Sharpe none) by return.")


def test_results_must_be_comparable():
    with pytest.raises(rt.ArgumentError, match="results: want two by name or more"):
        rt.compare({"good": held("good")})
    with pytest.raises(rt.ArgumentError, match="results: want a Result for 'poor', got 1"):
        rt.compare({"good": held("good"), "poor": 1})
    with pytest.raises(rt.ArgumentError, match="want one number of sessions a year, got 252"):
        rt.compare({"good": held("good"), "poor": held("poor", periods=12)})
    other = rt.simulate(CLOSES.iloc[:50], CLOSES.iloc[:1] * 0)
    with pytest.raises(rt.DataError, match="results: want all of them over the same sessions"):
        rt.compare({"good": held("good"), "other": other})


def test_an_equal_is_not_beaten():
    assert " did not beat same (" in rt.compare({"one": held("good"), "same": held("good")}).verdict


def test_a_column_that_ends_before_the_window_is_a_caution():
    closes = CLOSES.copy()
    closes.loc[DAYS[40] :, "good"] = np.nan
    first = pd.DataFrame({"good": 1.0, "poor": 0.0}, index=DAYS[:1])
    result = rt.simulate(closes, first)
    told = rt.compare({"one": result, **rt.alternatives(result)}).cautions
    assert f"good has no close after {DAYS[39]:%Y-%m-%d}: from then on" in told[0]


def test_a_column_of_any_result_that_ends_is_a_caution_once():
    ended = CLOSES.assign(gone=CLOSES["good"].where(CLOSES.index < DAYS[40]))
    two = {
        name: rt.simulate(
            ended[["poor", "gone"]], pd.DataFrame({"poor": part, "gone": 0.5}, DAYS[:1])
        )
        for name, part in {"half": 0.5, "less": 0.2}.items()
    }
    told = rt.compare({"other columns": held("good"), **two}).cautions
    assert [text.split(":")[0] for text in told[:-1]] == [
        f"gone has no close after {DAYS[39]:%Y-%m-%d}"
    ]
