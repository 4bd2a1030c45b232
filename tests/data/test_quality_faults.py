"""Every planted fault is found where it was planted; a table without one is left in peace."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markets import seeds
from planting import PLANTS, T, clean_bars, hole, reused, scale, spike, split, stale, zero
from rotation.data.quality import check_prices
from rotation.data.quality.findings import FAULTS
from rotation.tables import read_prices

NOW = pd.Timestamp("2024-01-02T22:00Z")
OF_A_TICKER = (hole, reused, scale, spike, split, stale, zero)
WHERE = ["fault", "severity", "ticker", "date", "until"]


def look(planted):
    return check_prices(planted.data, **{"now": NOW, **planted.options}).table


def grave(table):
    return table[table["severity"] != "note"]


def places(table):
    return sorted(table[WHERE].astype(str).itertuples(index=False, name=None))


def test_every_kind_of_fault_is_planted():
    assert sorted(set(PLANTS.values())) == sorted(FAULTS)
    assert len(FAULTS) > 20


@pytest.mark.parametrize(
    ("plant", "fault"), PLANTS.items(), ids=[plant.__name__ for plant in PLANTS]
)
@given(seed=seeds())
@settings(max_examples=20)
def test_a_planted_fault_is_found_in_its_place_and_nothing_else(plant, fault, seed):
    rng = np.random.default_rng(seed)
    bars = clean_bars(rng)
    planted = plant(rng, bars)
    found = look(planted)
    assert set(found["fault"]) <= set(FAULTS)
    here = (found["fault"] == fault) & (found["ticker"] == planted.ticker)
    if planted.date is not None:
        here &= found["date"] == planted.date
    assert here.sum() == 1, found.to_string()
    others = grave(found[~here])
    assert set(others["fault"]) <= planted.also, others.to_string()


@given(seed=seeds(), calendar=st.sampled_from((None, "XNYS")))
def test_a_clean_table_has_no_error_and_no_warning(seed, calendar):
    bars = clean_bars(np.random.default_rng(seed))
    found = check_prices(bars, calendar=calendar, now=NOW)
    assert grave(found.table).empty, str(found)
    assert found.ok
    assert found.worst in (None, "note")


@given(seed=seeds(), plant=st.sampled_from(OF_A_TICKER))
@settings(max_examples=60)
def test_another_clean_ticker_adds_no_finding(seed, plant):
    rng = np.random.default_rng(seed)
    planted = plant(rng, clean_bars(rng))
    table = getattr(planted.data, "close", planted.data)
    walk = np.exp(np.cumsum(np.clip(rng.normal(0, 0.01, T), -0.1, 0.1)))
    more = table.assign(YEW=50 * walk)
    assert places(check_prices(more, now=NOW).table) == places(check_prices(table, now=NOW).table)


@given(seed=seeds(), plant=st.sampled_from(tuple(PLANTS)))
@settings(max_examples=60)
def test_the_order_of_the_columns_does_not_matter(seed, plant):
    rng = np.random.default_rng(seed)
    planted = plant(rng, clean_bars(rng))
    table = getattr(planted.data, "close", planted.data)
    other = table.iloc[:, rng.permutation(table.shape[1])]
    options = {"now": NOW, **planted.options}
    one, two = check_prices(table, **options), check_prices(other, **options)
    pd.testing.assert_frame_equal(one.table, two.table)


@given(seed=seeds(), plant=st.sampled_from(OF_A_TICKER), power=st.integers(-3, 12))
@settings(max_examples=60)
def test_the_currency_does_not_matter(seed, plant, power):
    rng = np.random.default_rng(seed)
    planted = plant(rng, clean_bars(rng))
    table = getattr(planted.data, "close", planted.data)
    one = check_prices(table, now=NOW).table
    two = check_prices(table * 2.0**power, now=NOW).table
    assert places(one) == places(two)


@given(seed=seeds(), plant=st.sampled_from(tuple(PLANTS)))
@settings(max_examples=60)
def test_without_an_error_a_backtest_takes_the_closes(seed, plant):
    rng = np.random.default_rng(seed)
    planted = plant(rng, clean_bars(rng))
    table = getattr(planted.data, "close", planted.data)
    before = table.copy()
    found = check_prices(table, **{"now": NOW, **planted.options})
    pd.testing.assert_frame_equal(table, before)
    if found.ok:
        read_prices(table)
