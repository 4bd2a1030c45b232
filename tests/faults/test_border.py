"""Bad input is refused at the border, by name, date and want; nothing of it gets inside."""

import re

import numpy as np
import pandas as pd
import pytest

import rotation as rt

DAYS = pd.DatetimeIndex(
    ["2024-03-01", "2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"]
)
CLOSES = pd.DataFrame(
    {"NVDA": [10.0, 11, 12, 11, 13, 14], "MSFT": [50.0, 51, 50, 52, 53, 52]}, index=DAYS
)
STRATEGY = rt.Strategy(rt.Momentum(days=1), rt.Switch(), rt.Schedule("D"))
HALF = pd.DataFrame({"NVDA": 0.5, "MSFT": 0.5}, index=DAYS[:1])


def changed(row, column, value):
    table = CLOSES.copy()
    table.loc[row, column] = value
    return table


def entrances(closes):
    """Every way in for a price table."""
    yield lambda: rt.simulate(closes, HALF)
    yield lambda: rt.backtest(closes, STRATEGY)
    yield lambda: rt.build_layers(closes, rt.Universe({"shovels": ["NVDA"]}))
    yield lambda: rt.check_causal(STRATEGY, closes)


TABLES = {
    "unsorted": (
        CLOSES.iloc[[0, 2, 1, 3]],
        "closes: want strictly increasing dates, got 2024-03-04 after 2024-03-05",
    ),
    "twice": (
        CLOSES.iloc[[0, 1, 1, 2]],
        "closes: want strictly increasing dates, got 2024-03-04 twice",
    ),
    "tz-aware": (
        CLOSES.tz_localize("America/New_York"),
        "closes: want tz-naive session dates, got time zone America/New_York; "
        "see tz_localize(None)",
    ),
    "times of day": (
        CLOSES.shift(freq="16h"),
        "closes: want dates without a time of day, got 2024-03-01 16:00:00; see normalize()",
    ),
    "no date": (
        CLOSES.set_axis(DAYS[:5].append(pd.DatetimeIndex([pd.NaT]))),
        "closes: want a date in every row, got NaT",
    ),
    "text dates": (
        CLOSES.set_axis(DAYS.strftime("%Y-%m-%d")),
        "closes: want an index of session dates (DatetimeIndex), got str; see pandas.to_datetime",
    ),
    "numbered": (
        CLOSES.reset_index(drop=True),
        "closes: want an index of session dates (DatetimeIndex), got int; see pandas.to_datetime",
    ),
    "strings": (
        CLOSES.astype({"MSFT": str}),
        "closes: want numbers, got str in MSFT",
    ),
    "objects": (
        CLOSES.astype({"MSFT": object}),
        "closes: want numbers, got object in MSFT",
    ),
    "zero": (
        changed("2024-03-05", "NVDA", 0.0),
        "closes: want positive prices, got 0 for NVDA on 2024-03-05",
    ),
    "negative": (
        changed("2024-03-06", "MSFT", -52.0),
        "closes: want positive prices, got -52 for MSFT on 2024-03-06",
    ),
    "infinite": (
        changed("2024-03-08", "MSFT", np.inf),
        "closes: want positive prices, got inf for MSFT on 2024-03-08",
    ),
    "minus infinite": (
        changed("2024-03-08", "MSFT", -np.inf),
        "closes: want positive prices, got -inf for MSFT on 2024-03-08",
    ),
    "hole": (
        changed("2024-03-05", "NVDA", np.nan),
        "closes: NVDA has no price on 2024-03-05, between 2024-03-04 and 2024-03-06; "
        "drop the session or fill it before",
    ),
    "long hole": (
        changed(slice("2024-03-05", "2024-03-07"), "NVDA", np.nan),
        "closes: NVDA has no price on 2024-03-05, between 2024-03-04 and 2024-03-08; "
        "drop the session or fill it before",
    ),
    "nothing in a column": (
        CLOSES.assign(AMD=np.nan),
        "closes: AMD has no price at all; drop the column",
    ),
    "same column twice": (
        CLOSES[["NVDA", "MSFT", "NVDA"]],
        "closes: want each column once, got NVDA twice",
    ),
    "same text twice": (
        CLOSES.set_axis([1, "1"], axis=1),
        "closes: want each column once, got 1 twice",
    ),
    "a column called cash": (
        CLOSES.assign(cash=1.0),
        "closes: 'cash' is what is not invested; rename the column",
    ),
    "no rows": (CLOSES.iloc[:0], "closes: want sessions and columns, got shape (0, 2)"),
    "no columns": (CLOSES[[]], "closes: want sessions and columns, got shape (6, 0)"),
    "no table": (CLOSES["NVDA"], "closes: want a DataFrame, got Series"),
}


@pytest.mark.parametrize("fault", TABLES)
def test_a_price_table_that_is_not_sound_enters_nowhere(fault):
    closes, message = TABLES[fault]
    for enter in entrances(closes):
        with pytest.raises(rt.DataError, match=f"^{re.escape(message)}$"):
            enter()


def test_a_sound_table_enters_everywhere():
    for enter in entrances(CLOSES):
        enter()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            HALF.rename(columns={"MSFT": "MSFTT"}),
            "weights: 'MSFTT' is not a column of closes; those are NVDA, MSFT",
        ),
        (
            HALF[["NVDA"]],
            "weights: want every column of closes, 'MSFT' is missing; give it 0, "
            "or pass closes[weights.columns]",
        ),
        (
            HALF.set_axis(pd.DatetimeIndex(["2024-03-02"])),
            "weights: 2024-03-02 is not a session of closes",
        ),
        (
            HALF.assign(MSFT=np.nan),
            "weights: want finite weights, 0 for none, got nan for MSFT on 2024-03-01",
        ),
        (
            HALF.assign(MSFT=np.inf),
            "weights: want finite weights, 0 for none, got inf for MSFT on 2024-03-01",
        ),
        (HALF * np.nan, "weights: want one decision or more, got NaN in every row"),
        (HALF.astype(str), "weights: want numbers, got str in NVDA"),
        (
            pd.concat([HALF, HALF]),
            "weights: want strictly increasing dates, got 2024-03-01 twice",
        ),
        (HALF.to_numpy(), "weights: want a DataFrame, got ndarray"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(rt.DataError, match=f"^{re.escape(message)}$"):
        rt.simulate(CLOSES, weights)


def test_a_weight_before_listing_is_refused():
    closes = changed("2024-03-01", "MSFT", np.nan)
    with pytest.raises(
        rt.DataError,
        match=r"weights: want 0 while there is no close, got 0\.5 for MSFT on 2024-03-01",
    ):
        rt.simulate(closes, HALF)


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("rate", [1.0, 10, -0.001, np.nan, np.inf, "0.1", None])
def test_rates_are_fractions(side, rate):
    with pytest.raises(rt.ArgumentError, match=f"^{side}: want "):
        rt.Costs(**{side: rate})


@pytest.mark.parametrize("points", [10_000, -1, np.nan, "10", None, [10], True, np.array([10.0])])
def test_basis_points_are_a_number_below_one(points):
    with pytest.raises(rt.ArgumentError, match=r"^(bps|buy): want "):
        rt.Costs.bps(points)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lag": 0}, "lag: 0 trades at the close that decides"),
        ({"lag": -1}, "lag: want sessions, 0 or more, got -1"),
        ({"lag": 1.5}, "lag: want sessions, 0 or more, got 1.5"),
        ({"same_close": True}, "same_close: goes with lag=0 alone, got lag=1"),
        ({"costs": 0.001}, "costs: want Costs, got 0.001"),
        ({"capital": 0}, "capital: want a number above 0, got 0"),
        ({"capital": np.inf}, "capital: want a number above 0, got inf"),
        ({"capital": "1"}, "capital: want a number above 0, got '1'"),
        ({"periods": -252}, "periods: want a number above 0, got -252"),
        ({"cash_rate": "low"}, "cash_rate: want a number or a Series, got 'low'"),
        ({"cash_rate": -1.0}, "cash_rate: want a return per session above -1 .*, got -1 on"),
        (
            {"cash_rate": pd.Series(0.0, index=DAYS[:3])},
            "cash_rate: want a return per session .*, got nan on 2024-03-06",
        ),
        (
            {"cash_rate": pd.Series(0.0, index=DAYS[[0, 1, 1, 2, 3, 4, 5]])},
            "cash_rate: want each session once",
        ),
        ({"lag": 0, "same_close": True, "fill": CLOSES}, "fill: a trade at the deciding close"),
        ({"fill": CLOSES.iloc[1:]}, "fill: want the 6 sessions of closes, got other dates"),
        ({"fill": CLOSES[["NVDA"]]}, "fill: want every column of closes, 'MSFT' is missing"),
        ({"fill": -CLOSES}, "fill: want positive prices, got -10 for NVDA on 2024-03-01"),
        (
            {"fill": changed("2024-03-01", "MSFT", np.nan)},
            "fill: MSFT has no price on 2024-03-01, though closes has",
        ),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(rt.RotationError, match=f"^{message}"):
        rt.simulate(CLOSES, HALF, **options)


def test_a_first_session_needs_no_cash_rate():
    rate = pd.Series(0.01, index=DAYS[1:])
    cash = rt.simulate(CLOSES, HALF * 0, cash_rate=rate).value
    np.testing.assert_allclose(cash, 1.01 ** np.arange(6))


def test_leverage_beyond_what_a_trade_can_pay_for_is_refused():
    with pytest.raises(
        rt.ArgumentError, match=r"weights: want 1 - sum\(w\+ sell \+ w- buy\) above 0"
    ):
        rt.simulate(CLOSES, HALF * 30, costs=rt.Costs.bps(1000))


def test_ruin_ends_the_account_and_is_in_the_ledger():
    closes = CLOSES.assign(NVDA=[10.0, 10, 10, 31, 10, 10])
    short = HALF.assign(NVDA=-0.5, MSFT=0.0)
    result = rt.simulate(closes, short)
    assert result.ruined == DAYS[3]
    assert result.value.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert result.weights.iloc[-1].tolist() == [0.0, 0.0, 1.0]
    assert result.switches["reason"].iloc[-1] == "ruined: nothing is left"
    assert result.switches["from"].iloc[-1] == "NVDA -50.0%"
    assert result.summary()["annual_return"] == -1.0
    assert result.contributions.sum().sum() == pytest.approx(-1.0)
    assert result.contributions["forgiven"].sum() == pytest.approx(0.05)


def test_a_window_too_short_to_trade_score_or_measure():
    late = HALF.set_axis(DAYS[-1:])
    with pytest.raises(rt.DataError, match="closes: too short; want a decision with 1 sessions"):
        rt.simulate(CLOSES, late)
    with pytest.raises(rt.DataError, match="closes: too short; want a decision for which Mom"):
        rt.backtest(CLOSES, rt.Strategy(rt.Momentum(days=10), rt.Switch(), rt.Schedule("D")))
    with pytest.raises(rt.DataError, match="closes: too short; want two returns or more after"):
        rt.simulate(CLOSES, HALF.set_axis(DAYS[-3:-2])).summary()
    with pytest.raises(rt.ArgumentError, match="closes: want 3 sessions or more, got 2"):
        rt.check_causal(STRATEGY, CLOSES.iloc[:2])


def test_all_errors_are_value_errors_of_one_family():
    for name in ("ArgumentError", "DataError", "LookAheadError", "MissingExtraError"):
        assert issubclass(getattr(rt, name), rt.RotationError)
    assert issubclass(rt.RotationError, ValueError)
    assert issubclass(rt.MissingExtraError, ImportError)
