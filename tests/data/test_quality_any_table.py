"""Whatever the table holds: findings, never another error, and none only if it is sound."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from markets import seeds
from rotation.data.bars import Bars
from rotation.data.quality import check_prices
from rotation.tables import read_prices, read_table

NOW = pd.Timestamp("2024-01-02T22:00Z")
CELLS = (1.0, 2.5, 0.0, -3.0, np.inf, -np.inf, np.nan, 1e308, 1e-320, 100.0, 10, 7)
ODD = (
    "",
    "n/a",
    "12,5",
    "7",
    None,
    True,
    Decimal("1.5"),
    3 + 4j,
    pd.NaT,
    pd.NA,
    b"x",
    (1, 2),
    10**400,
    Decimal("sNaN"),
    Decimal("1e999"),
)
FAR = np.timedelta64(365 * 1900, "D")
DAYS = pd.bdate_range("2021-03-01", periods=80)


def columns(rng, t):
    """Values of any kind, most of them numbers."""
    kind = rng.integers(12)
    steady = 50 * np.exp(np.cumsum(rng.normal(0, 0.01, t)))
    some = rng.random(t) < rng.choice([0.05, 0.5, 1.0])
    cells = np.array([CELLS[k] for k in rng.integers(len(CELLS), size=t)])
    mixed = np.where(some, cells, steady)
    if kind < 6:
        return mixed
    if kind == 6:
        odd = [ODD[k] for k in rng.integers(len(ODD), size=t)]
        return pd.Series([o if s else v for o, s, v in zip(odd, some, steady, strict=True)],
                         dtype=object)  # fmt: skip
    if kind == 7:
        return pd.array(np.where(some, np.nan, steady), dtype="Float64")
    if kind == 8:
        return rng.integers(0, 5, t)
    if kind == 9:
        return rng.random(t) < 0.5
    if kind == 10:
        return pd.Categorical(rng.choice(["a", "1.5"], t))
    return [DAYS[:t].to_numpy(), mixed + 0j, steady.astype(np.float32)][rng.integers(3)]


def indices(rng, t):
    """Dates of any kind, most of them sound."""
    kind = rng.integers(14)
    if kind < 5 or t == 0:
        return DAYS[:t]
    days = DAYS[:t].to_numpy().copy()
    if kind == 5:
        return pd.DatetimeIndex(rng.choice(days, t))
    if kind == 6:
        days[rng.random(t) < 0.3] = np.datetime64("NaT")
        return pd.DatetimeIndex(days)
    if kind == 7:
        return pd.DatetimeIndex(days).tz_localize(str(rng.choice(["UTC", "Asia/Tokyo"])))
    hours = pd.to_timedelta(rng.integers(0, 2000, t), unit="h")
    return [
        pd.DatetimeIndex(days) + hours,
        pd.DatetimeIndex(np.r_[days[1:], days[:1]].astype("datetime64[us]") - FAR * (t % 3 - 1)),
        pd.RangeIndex(t),
        pd.Index(np.arange(20240101, 20240101 + t)),
        pd.DatetimeIndex(days).strftime(str(rng.choice(["%d.%m.%Y", "%m/%d/%y", "%Y%m%d"]))),
        pd.DatetimeIndex(days).strftime("%Y-%m-%d"),
        pd.DatetimeIndex(days).to_period("M"),
        pd.Index(rng.choice(["x", "2021-01-01", ""], t).astype(object)),
        pd.MultiIndex.from_arrays([days, np.arange(t)]),
    ][rng.integers(9)]


@given(seed=seeds(), t=st.integers(0, 80), n=st.integers(0, 5))
def test_any_table_gives_findings_and_without_an_error_is_sound(seed, t, n):
    rng = np.random.default_rng(seed)
    table = pd.concat(
        [pd.Series(columns(rng, t)).reset_index(drop=True) for _ in range(n)] or [pd.Series()],
        axis=1,
    ).iloc[:t, :n]
    table.columns = rng.choice(["A", "B", "C", "cash", "1", 1], n, replace=rng.random() < 0.3)
    table.index = indices(rng, len(table))
    calendar = str(rng.choice(["", "XNYS", "XSHG"])) or None
    found = check_prices(table, calendar=calendar, now=NOW)
    assert len(json.loads(found.to_json())["findings"]) == len(found.table)
    assert f"{len(table)} session" in str(found)
    if found.ok:
        read_prices(table)


@given(seed=seeds(), t=st.integers(1, 60))
def test_any_bars_give_findings(seed, t):
    rng = np.random.default_rng(seed)
    index = indices(rng, t)
    names = ["close", "open", "high", "low", "volume", "dividends", "splits"]
    fields = {
        name: pd.DataFrame({k: pd.Series(columns(rng, t)).to_numpy() for k in "AB"}, index)
        for name in names
        if name == "close" or rng.random() < 0.6
    }
    found = check_prices(Bars(**fields), now=NOW)
    json.loads(found.to_json())
    if found.ok:
        read_prices(fields["close"])


@given(seed=seeds(), t=st.integers(1, 60))
def test_any_actions_give_findings(seed, t):
    rng = np.random.default_rng(seed)
    closes = pd.DataFrame({k: 50 + rng.random(60) for k in "AB"}, DAYS[:60])
    names = "ABX" if rng.random() < 0.3 else "AB"
    tables = [
        pd.DataFrame({k: pd.Series(columns(rng, t)).to_numpy() for k in names}, indices(rng, t))
        for _ in range(2)
    ]
    found = check_prices(closes, rt.Actions(*tables), now=NOW)
    json.loads(found.to_json())
    if found.ok:
        for name, table in zip(("dividends", "splits"), tables, strict=True):
            read_table(name, table, read_prices(closes), sparse=True)
