"""Clean bars, and ways to spoil them at a drawn place: what must be found, and where."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import rotation as rt
from rotation.data.bars import Bars
from rotation.data.calendars import closings

NAMES = ("ASH", "BAY", "ELM", "FIG", "OAK")
WHOLE = ("ASH", "FIG", "OAK")
T = 260
PRICES = ("close", "open", "high", "low")


@dataclass(frozen=True, slots=True)
class Planted:
    """A spoilt table.

    `also` are faults that come with it by nature.
    """

    data: pd.DataFrame | Bars
    ticker: str
    date: pd.Timestamp | None
    options: dict[str, Any] = field(default_factory=dict)
    also: frozenset[str] = frozenset()


@cache
def sessions() -> pd.DatetimeIndex:
    """Of New York, two years and a half."""
    return pd.DatetimeIndex(closings("XNYS", "2021-01-04", "2023-06-30").index.to_numpy())


def clean_bars(rng: np.random.Generator) -> Bars:
    """Five tickers over about a year: fat tails, a late listing, an early end."""
    start = int(rng.integers(len(sessions()) - T))
    days, n = sessions()[start : start + T], len(NAMES)
    swing = rng.choice([0.008, 0.015, 0.03], n)
    growth = np.clip(rng.standard_t(5, (T, n)) * swing, -0.15, 0.15)
    close = 10 ** rng.uniform(1, 2.5, n) * np.exp(np.cumsum(growth, axis=0))
    close[: rng.integers(20, 60), 1] = np.nan
    close[-rng.integers(20, 60) :, 2] = np.nan
    before = np.vstack([close[:1], close[:-1]])
    opened = np.where(np.isnan(before), close, before) * np.exp(rng.normal(0, swing / 3, (T, n)))
    spread = np.exp(np.abs(rng.normal(0, swing / 2, (2, T, n))))
    values = {
        "close": close,
        "open": opened,
        "high": np.maximum(close, opened) * spread[0],
        "low": np.minimum(close, opened) / spread[1],
        "volume": np.where(np.isnan(close), np.nan, np.rint(rng.lognormal(14, 0.3, (T, n)))),
    }
    return Bars(**{name: pd.DataFrame(each, days, list(NAMES)) for name, each in values.items()})


def edit(bars: Bars, **changes: Callable[[pd.DataFrame], pd.DataFrame]) -> Bars:
    """Bars with some tables changed."""
    return replace(bars, **{name: how(getattr(bars, name).copy()) for name, how in changes.items()})


def every(bars: Bars, how: Callable[[pd.DataFrame], pd.DataFrame]) -> Bars:
    """All tables changed in the same way."""
    return edit(bars, **dict.fromkeys((*PRICES, "volume"), how))


def place(rng: np.random.Generator, bars: Bars, names: tuple[str, ...] = NAMES) -> tuple[int, str]:
    """A row 70 from either end at least, and a ticker that lives around it."""
    return int(rng.integers(70, T - 70)), str(rng.choice(names))


def setting(row, name, value, rows=1):
    """Changes cells of one ticker."""

    def change(table):
        table.iloc[row : row + rows, table.columns.get_loc(name)] = value
        return table

    return change


def scaling(row, name, factor, stop=None):
    """Multiplies a ticker from a row on."""

    def change(table):
        table.iloc[row:stop, table.columns.get_loc(name)] *= factor
        return table

    return change


def duplicate(rng, bars):
    row, _ = place(rng, bars)
    rows = [*range(row + 1), *range(row, T)]
    return Planted(every(bars, lambda table: table.iloc[rows]), "", bars.close.index[row])


def order(rng, bars):
    row, _ = place(rng, bars)
    rows = [*range(row), row + 1, row, *range(row + 2, T)]
    return Planted(every(bars, lambda table: table.iloc[rows]), "", bars.close.index[row])


def missing_session(rng, bars):
    row, _ = place(rng, bars)
    gone = bars.close.index[row]
    found = every(bars, lambda table: table.drop(index=gone))
    return Planted(found, "", gone, {"calendar": "XNYS"})


def _extra(bars, day):
    def change(table):
        before = table.loc[:day].iloc[-1]
        return pd.concat([table, before.to_frame(day).T]).sort_index()

    return every(bars, change)


def holiday(rng, bars):
    days = pd.bdate_range(bars.close.index[80], bars.close.index[-80])
    day = rng.choice(days.difference(bars.close.index).to_numpy())
    return Planted(_extra(bars, pd.Timestamp(day)), "", pd.Timestamp(day), {"calendar": "XNYS"})


def weekend(rng, bars):
    row, _ = place(rng, bars)
    day = bars.close.index[row]
    day += pd.Timedelta(days=int(5 - day.day_of_week + rng.integers(2)))
    options = {"calendar": "XNYS"} if rng.random() < 0.5 else {}
    return Planted(_extra(bars, day), "", day, options)


def gap(rng, bars):
    row, _ = place(rng, bars)
    found = every(bars, lambda table: table.drop(index=table.index[row : row + 12]))
    return Planted(found, "", bars.close.index[row - 1])


def hole(rng, bars):
    row, name = place(rng, bars, WHOLE)
    size = int(rng.integers(1, 30))
    return Planted(edit(bars, close=setting(row, name, np.nan, size)), name, bars.close.index[row])


def empty_row(rng, bars):
    row, _ = place(rng, bars)

    def change(table):
        table.iloc[row] = np.nan
        return table

    return Planted(every(bars, change), "", bars.close.index[row])


def repeated_row(rng, bars):
    row, _ = place(rng, bars)

    def change(table):
        table.iloc[row] = table.iloc[row - 1]
        return table

    options = {"calendar": "XNYS"} if rng.random() < 0.5 else {}
    return Planted(every(bars, change), "", bars.close.index[row], options)


def mixed_units(rng, bars):
    _, name = place(rng, bars, WHOLE)
    share = rng.uniform(0.2, 0.8)
    units = rng.choice([1.0, 10.0, 100.0, 1000.0], T, p=[share, *[(1 - share) / 3] * 3])
    if rng.random() < 0.5:
        units = np.where(rng.random(T) < share, 100.0, 1.0)
    table = bars.close.copy()
    first = np.flatnonzero(units[1:] != units[:-1])[0] + 1
    table[name] /= units
    return Planted(table, name, table.index[first])


def stretch_in_pence(rng, bars):
    row, name = place(rng, bars, WHOLE)
    unit = float(rng.choice([10, 100, 1000])) ** rng.choice([-1, 1])
    stop = row + int(rng.integers(2, 40))
    # But for the unit the closes move by 2 % at most on both days: 90 for 100 is another company's.
    table = scaling(row, name, unit / _day(bars, row, name), stop)(bars.close.copy())
    still = _day(bars, row, name) * _day(bars, stop, name)
    table = scaling(stop, name, 1 / still)(table)
    return Planted(table, name, bars.close.index[row])


def bad_stretch(rng, bars):
    row, name = place(rng, bars, WHOLE)
    size = int(rng.integers(2, 9))
    table = bars.close.copy()
    column = table.columns.get_loc(name)
    table.iloc[row : row + size + 1, column] = table[name].iloc[row - 1] * 1.001 ** np.arange(
        size + 1
    )
    end = row + size + 1
    table = scaling(end, name, table[name].iloc[end - 1] / bars.close[name].iloc[end - 1])(table)
    table = scaling(row, name, float(rng.choice([0.3, 0.55, 1.9, 2.6])), row + size)(table)
    return Planted(table, name, bars.close.index[row])


def stale(rng, bars):
    row, name = place(rng, bars, WHOLE)
    size = int(rng.integers(10, 40))
    value = bars.close[name].iloc[row - 1]
    found = bars.close.pipe(lambda table: setting(row, name, value, size)(table.copy()))
    return Planted(found, name, bars.close.index[row])


def filled_end(rng, bars):
    last = int(np.flatnonzero(bars.close["ELM"].notna())[-1])
    value = bars.close["ELM"].iloc[last]
    table = setting(last + 1, "ELM", value, T)(bars.close.copy())
    return Planted(table, "ELM", bars.close.index[last + 1])


def zero(rng, bars):
    row, name = place(rng, bars)
    field = str(rng.choice(PRICES))
    return Planted(edit(bars, **{field: setting(row, name, 0.0)}), name, bars.close.index[row])


def negative(rng, bars):
    row, name = place(rng, bars)
    return Planted(edit(bars, close=setting(row, name, -1.5)), name, bars.close.index[row])


def infinite(rng, bars):
    row, name = place(rng, bars)
    return Planted(edit(bars, close=setting(row, name, np.inf)), name, bars.close.index[row])


def text(rng, bars):
    row, name = place(rng, bars)
    value = rng.choice(["n/a", "12,5", "-", "halted"])

    def change(table):
        table[name] = table[name].astype(object)
        return setting(row, name, value)(table)

    return Planted(edit(bars, close=change), name, bars.close.index[row])


def _day(bars, row, name):
    """What a row's own return has beyond 2 %, to be taken out so that the ratio is clear."""
    ratio = bars.close[name].iloc[row] / bars.close[name].iloc[row - 1]
    return ratio / np.clip(ratio, 0.98, 1.02)


def split(rng, bars):
    row, name = place(rng, bars)
    ratio = float(rng.choice([2, 3, 4, 5, 7, 8, 15, 20, 25, 50]))
    factor = ratio if rng.random() < 0.3 else 1 / ratio
    factor /= _day(bars, row, name)
    return Planted(scaling(row, name, factor)(bars.close.copy()), name, bars.close.index[row])


def scale(rng, bars):
    row, name = place(rng, bars)
    unit = float(rng.choice([10, 100, 1000])) ** rng.choice([-1, 1])
    stop = None if rng.random() < 0.5 else row + 1
    unit /= _day(bars, row, name)
    return Planted(scaling(row, name, unit, stop)(bars.close.copy()), name, bars.close.index[row])


def spike(rng, bars):
    row, name = place(rng, bars)
    table = bars.close.copy()
    around = table[name].iloc[[row - 1, row + 1]].mean()
    table.iloc[row + 1, table.columns.get_loc(name)] = table[name].iloc[row - 1] * 1.001
    value = around * rng.choice([0.4, 0.6, 1.6, 2.7])
    after = scaling(row + 2, name, table[name].iloc[row + 1] / bars.close[name].iloc[row + 1])
    return Planted(after(setting(row, name, value)(table)), name, bars.close.index[row])


def reused(rng, bars):
    row, name = place(rng, bars, WHOLE)
    table = bars.close.copy()
    if rng.random() < 0.5:
        table = setting(row, name, np.nan, 62)(table)
        return Planted(scaling(row, name, 580.0)(table), name, bars.close.index[row])
    factor = 580.0 ** rng.choice([-1, 1])
    return Planted(scaling(row, name, factor)(table), name, bars.close.index[row])


def _none(bars):
    return pd.DataFrame(0.0, bars.close.index, bars.close.columns)


def jump(rng, bars):
    row, name = place(rng, bars)
    factor = float(rng.choice([0.28, 3.5, 12.0])) / _day(bars, row, name)
    table = scaling(row, name, factor)(bars.close.copy())
    actions = rt.Actions(dividends=_none(bars))
    return Planted(table, name, bars.close.index[row], {"actions": actions})


def _split_actions(bars, row, name, ratio):
    splits = _none(bars)
    splits.loc[bars.close.index[row], name] = ratio
    return rt.Actions(splits=splits)


def split_not_in_prices(rng, bars):
    row, name = place(rng, bars)
    ratio = float(rng.choice([2, 3, 10, 0.1, 20]))
    actions = _split_actions(bars, row, name, ratio)
    return Planted(bars.close, name, bars.close.index[row], {"actions": actions})


def action_misplaced(rng, bars):
    row, name = place(rng, bars)
    ratio = float(rng.choice([4, 5, 10, 0.1]))
    off = int(rng.choice([-3, -2, -1, 1, 2, 3]))
    table = scaling(row, name, 1 / ratio)(bars.close.copy())
    actions = _split_actions(bars, row + off, name, ratio)
    return Planted(table, name, bars.close.index[row + off], {"actions": actions})


def action_inverted(rng, bars):
    row, name = place(rng, bars)
    ratio = float(rng.choice([4, 5, 10]))
    table = scaling(row, name, 1 / ratio)(bars.close.copy())
    actions = _split_actions(bars, row, name, 1 / ratio)
    return Planted(table, name, bars.close.index[row], {"actions": actions})


def split_ratio(rng, bars):
    row, name = place(rng, bars)
    pairs = [(3, 5), (2, 1.25), (4, 2), (10, 2), (8, 5), (0.1, 0.2)]
    real, listed = pairs[rng.integers(len(pairs))]
    own = bars.close[name].iloc[row] / bars.close[name].iloc[row - 1]
    table = scaling(row, name, 1 / real / own)(bars.close.copy())
    actions = _split_actions(bars, row, name, listed)
    return Planted(table, name, bars.close.index[row], {"actions": actions})


def impossible_action(rng, bars):
    row, name = place(rng, bars)
    table = _none(bars)
    table.loc[bars.close.index[row], name] = rng.choice([-4.0, -0.5, np.inf, -np.inf])
    field = str(rng.choice(["dividends", "splits"]))
    if rng.random() < 0.5:
        found = replace(bars, **{field: table})
        return Planted(found, name, bars.close.index[row])
    actions = rt.Actions(**{field: table})
    return Planted(bars.close, name, bars.close.index[row], {"actions": actions})


def unknown_ticker(rng, bars):
    splits = _none(bars).rename(columns={"OAK": "OAKS"})
    splits.iloc[place(rng, bars)[0], 4] = 2.0
    return Planted(bars.close, "OAKS", None, {"actions": rt.Actions(splits=splits)})


def no_session(rng, bars):
    row, name = place(rng, bars)
    table = bars.close.drop(index=bars.close.index[row])
    paid = _none(bars)
    paid.loc[bars.close.index[row], name] = 0.01
    return Planted(table, name, bars.close.index[row], {"actions": rt.Actions(dividends=paid)})


def dividend_not_in_prices(rng, bars):
    row, name = place(rng, bars)
    table = setting(row, name, bars.close[name].iloc[row - 1])(bars.close.copy())
    paid = _none(bars)
    paid.loc[bars.close.index[row], name] = 0.4 * table[name].iloc[row]
    return Planted(table, name, bars.close.index[row], {"actions": rt.Actions(dividends=paid)})


def large_dividend(rng, bars):
    row, name = place(rng, bars)
    paid = _none(bars)
    paid.loc[bars.close.index[row], name] = 100 * 0.02 * bars.close[name].iloc[row - 1]
    return Planted(bars.close, name, bars.close.index[row], {"actions": rt.Actions(dividends=paid)})


def high_below_low(rng, bars):
    row, name = place(rng, bars)
    value = bars.low[name].iloc[row] * rng.uniform(0.9, 0.999)
    return Planted(edit(bars, high=setting(row, name, value)), name, bars.close.index[row])


def close_outside(rng, bars):
    row, name = place(rng, bars)
    side = rng.random() < 0.5
    value = bars.high[name].iloc[row] * 1.002 if side else bars.low[name].iloc[row] * 0.998
    return Planted(edit(bars, close=setting(row, name, value)), name, bars.close.index[row])


def open_outside(rng, bars):
    row, name = place(rng, bars)
    value = bars.high[name].iloc[row] * 1.01
    return Planted(edit(bars, open=setting(row, name, value)), name, bars.close.index[row])


def wide_range(rng, bars):
    row, name = place(rng, bars)
    factor = float(rng.choice([3, 8, 10, 100, 1000]))
    if rng.random() < 0.5:
        found = edit(bars, high=scaling(row, name, factor, row + 1))
    else:
        found = edit(bars, low=scaling(row, name, 1 / factor, row + 1))
    return Planted(found, name, bars.close.index[row])


def missing_field(rng, bars):
    row, name = place(rng, bars, WHOLE)
    field = str(rng.choice(["open", "high", "low", "volume"]))
    size = int(rng.integers(1 + (field == "volume"), 30))
    found = edit(bars, **{field: setting(row, name, np.nan, size)})
    return Planted(found, name, bars.close.index[row])


def basis(rng, bars):
    name = str(rng.choice(NAMES))
    return Planted(edit(bars, close=scaling(0, name, 0.7)), name, bars.close.index[0])


def negative_volume(rng, bars):
    row, name = place(rng, bars)
    return Planted(edit(bars, volume=setting(row, name, -5.0)), name, bars.close.index[row])


def zero_volume(rng, bars):
    row, name = place(rng, bars)
    return Planted(edit(bars, volume=setting(row, name, 0.0)), name, bars.close.index[row])


def intraday(rng, bars):
    table = bars.close.copy()
    last = table.index[-1]
    if rng.random() < 0.5:
        table.index = [*table.index[:-1], last + pd.Timedelta(hours=int(rng.integers(10, 16)))]
        return Planted(table, "", last)
    now = closings("XNYS", last, last).iloc[0] - pd.Timedelta(minutes=int(rng.integers(1, 380)))
    return Planted(table, "", last, {"calendar": "XNYS", "now": now})


def sparse_last_row(rng, bars):
    table = bars.close.copy()
    lost = rng.choice([0, 1, 3, 4], 3, replace=False)
    table.iloc[-1, lost] = np.nan
    return Planted(table, "", table.index[-1])


def time_zone(rng, bars):
    zone = str(rng.choice(["America/New_York", "UTC", "Asia/Hong_Kong"]))
    return Planted(every(bars, lambda table: table.tz_localize(zone)), "", bars.close.index[0])


def time_of_day(rng, bars):
    hours = pd.Timedelta(hours=int(rng.integers(1, 23)))
    return Planted(
        every(bars, lambda table: table.set_axis(table.index + hours)), "", bars.close.index[0]
    )


def shifted_dates(rng, bars):
    off = int(rng.choice([-1, 1]))
    days = bars.close.index + pd.Timedelta(days=off)
    first = days[days.day_of_week == (6 if off < 0 else 5)][0]
    options = {"calendar": "XNYS"} if rng.random() < 0.5 else {}
    return Planted(every(bars, lambda table: table.set_axis(days)), "", first, options)


def look_ahead_label(rng, bars):
    monthly = rng.random() < 0.5
    table = bars.close[["ASH", "FIG", "OAK"]]
    rule = "MS" if monthly else "W-MON"
    if monthly:
        table = table.resample(rule).last()
        closed = table.index[:-1][
            (table.index[:-1].day_of_week >= 5) | (table.index[:-1].strftime("%m%d") == "0101")
        ]
    else:
        table = table.resample(rule, label="left", closed="left").last()
        days = table.index[:-1]
        closed = days[~days.isin(sessions())]
    return Planted(table, "", closed[0], {"calendar": "XNYS"}, frozenset({"calendar range"}))


def mixed_periods(rng, bars):
    kind = rng.integers(3)
    table = bars.close
    if kind == 0:  # a stretch of weeks
        row = int(rng.integers(20, 100))
        keep = np.r_[np.arange(row), np.arange(row + 4, row + 104, 5), np.arange(row + 104, T)]
        return Planted(table.iloc[keep], "", table.index[row - 1])
    if kind == 1:  # a ticker of months, held
        held = table["OAK"].resample("ME").last().reindex(table.index, method="ffill")
        moved = held[held.notna() & (held != held.shift()) & held.shift().notna()]
        return Planted(table.assign(OAK=held), "OAK", moved.index[0])
    weeks = table["FIG"].where(np.arange(T) % 5 == 2)  # a ticker of weeks, with holes between
    return Planted(table.assign(FIG=weeks), "FIG", table.index[2])


def row_between(rng, bars):
    table = bars.close[["ASH", "FIG", "OAK"]]
    ends = table.groupby(table.index.to_period("M")).tail(1).iloc[:-1]
    row = int(rng.integers(2, len(ends) - 2))
    day = table.index[table.index.get_loc(ends.index[row]) + 3]
    return Planted(pd.concat([ends, table.loc[[day]]]).sort_index(), "", day)


def identical(rng, bars):
    first, second = (str(each) for each in rng.choice(NAMES, 2, replace=False))
    return Planted(bars.close.assign(**{first: bars.close[second]}), max(first, second), None)


def future(rng, bars):
    row, _ = place(rng, bars)
    now = bars.close.index[row].tz_localize("UTC") - pd.Timedelta(hours=15)
    return Planted(bars, "", bars.close.index[row], {"now": now})


def no_data(rng, bars):
    name = str(rng.choice(NAMES))
    gone = every(bars, lambda table: table.assign(**{name: np.nan}))
    return Planted(gone, name, None)


def name_twice(rng, bars):
    table = bars.close.rename(columns={"ASH": "OAK"})
    return Planted(table, "OAK", None)


def cash(rng, bars):
    return Planted(bars.close.rename(columns={"FIG": "cash"}), "cash", None)


def coarse(rng, bars):
    name = str(rng.choice(WHOLE))
    small = bars.close[name] / bars.close[name].max() * 0.15
    table = bars.close.assign(**{name: small.round(2)})
    also = frozenset({"spike", "split", "stale", "filled end"})
    return Planted(table, name, bars.close.index[0], also=also)


def tiny(rng, bars):
    name = place(rng, bars)[1]
    low = bars.close[name] * 1e-9
    first = low.first_valid_index()
    return Planted(bars.close.assign(**{name: low}), name, first)


def missing_date(rng, bars):
    row, _ = place(rng, bars)
    days = bars.close.index.to_numpy().copy()
    days[row] = np.datetime64("NaT")
    return Planted(bars.close.set_axis(pd.DatetimeIndex(days)), "", None)


def dates_as_text(rng, bars):
    return Planted(
        bars.close.set_axis(bars.close.index.strftime("%Y-%m-%d").astype(object)), "", None
    )


def no_dates(rng, bars):
    index = rng.choice([0, 1])
    wrong = [
        bars.close.reset_index(drop=True),
        bars.close.set_axis(bars.close.index.to_period("D")),
    ]
    return Planted(wrong[index], "", None)


def empty_table(rng, bars):
    return Planted(bars.close.iloc[:0] if rng.random() < 0.5 else bars.close[[]], "", None)


def several_exchanges(rng, bars):
    table = bars.close.drop(columns="ELM")
    first, last = table.index[0], table.index[-1]
    china = pd.DatetimeIndex(closings("XSHG", first, last).index.to_numpy())
    both = table.index.union(china)
    wide = table.reindex(both)
    wide["OAK"] = pd.Series(np.linspace(10, 20, len(china)), china)
    calendar = dict.fromkeys(("ASH", "BAY", "FIG"), "XNYS") | {"OAK": "XSHG"}
    inside = wide[["ASH", "FIG", "OAK"]].loc[max(first, china[0]) : min(last, china[-1])]
    date = inside.index[inside.isna().any(axis=1)][0]
    return Planted(wide, "", date, {"calendar": calendar})


def calendar_range(rng, bars):
    old = bars.close.index - pd.Timedelta(days=364 * 40)
    return Planted(bars.close.set_axis(old), "", None, {"calendar": "XSHG"})


_OTHERWISE = {
    look_ahead_label: "look-ahead label",
    row_between: "mixed periods",
    mixed_units: "scale",
    stretch_in_pence: "scale",
    bad_stretch: "spike",
}

PLANTS = {
    plant: _OTHERWISE.get(plant, plant.__name__.replace("_", " "))
    for plant in (
        duplicate,
        order,
        missing_session,
        holiday,
        weekend,
        gap,
        hole,
        empty_row,
        repeated_row,
        stale,
        filled_end,
        zero,
        negative,
        infinite,
        text,
        split,
        scale,
        mixed_units,
        stretch_in_pence,
        spike,
        bad_stretch,
        reused,
        jump,
        split_not_in_prices,
        action_misplaced,
        action_inverted,
        split_ratio,
        impossible_action,
        unknown_ticker,
        no_session,
        dividend_not_in_prices,
        large_dividend,
        high_below_low,
        close_outside,
        open_outside,
        wide_range,
        missing_field,
        basis,
        negative_volume,
        zero_volume,
        intraday,
        sparse_last_row,
        time_zone,
        time_of_day,
        shifted_dates,
        look_ahead_label,
        mixed_periods,
        row_between,
        identical,
        future,
        no_data,
        name_twice,
        cash,
        coarse,
        tiny,
        missing_date,
        dates_as_text,
        no_dates,
        empty_table,
        several_exchanges,
        calendar_range,
    )
}
"""What spoils, and the fault that it makes."""
