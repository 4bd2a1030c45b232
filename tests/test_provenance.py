"""A stamp tells what a table was when it was made, and does not outlive a change of it."""

import io
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation import trials
from rotation.provenance import STAMP, Provenance, provenance, stamp

ORIGIN = Provenance(source="a test", adjustment="splits", fetched="2026-01-02T03:04:05+00:00")
DAYS = pd.bdate_range("2019-06-03", "2023-03-31")
PLAIN = pd.DataFrame(
    np.exp(np.random.default_rng(3).normal(0, 0.01, (len(DAYS), 3)).cumsum(axis=0)),
    index=DAYS,
    columns=["A", "B", "C"],
)
STAMPED = stamp(PLAIN, ORIGIN)
STRATEGY = rt.Strategy(rt.Momentum(21), rt.Switch(), rt.Schedule("M"))


def layers(closes, chosen_on=None):
    return rt.build_layers(closes, rt.Universe({"a": ["A", "B"], "c": ["C"]}, chosen_on))


def test_the_users_table_keeps_its_own_stamp():
    assert PLAIN.attrs == {}
    again = stamp(STAMPED, provenance(STAMPED), step="nothing was done")
    assert provenance(again).steps == ("nothing was done",)
    assert provenance(STAMPED).steps == ()


def test_a_table_without_a_stamp_is_of_unknown_source():
    found = provenance(PLAIN)
    assert "unknown source" in str(found)
    assert found.altered == ()
    assert found.hash == provenance(STAMPED).hash


@given(
    start=st.integers(0, 500),
    stop=st.integers(510, len(DAYS)),
    names=st.permutations(["A", "B", "C"]).flatmap(
        lambda order: st.integers(1, 3).map(lambda n: order[:n])
    ),
)
def test_what_is_cut_or_reordered_is_not_changed(start, stop, names):
    cut = STAMPED.iloc[start:stop][names]
    assert provenance(cut).altered == ()
    whole = (start, stop) == (0, len(DAYS))
    assert provenance(cut).steps == (
        () if whole else (f"cut by the user to {cut.index[0]:%Y-%m-%d}..{cut.index[-1]:%Y-%m-%d}",)
    )
    gaps = cut.reindex(pd.date_range(cut.index[0], cut.index[-1]))
    assert provenance(gaps).columns == provenance(cut).columns


@st.composite
def lives(draw):
    """A stamped table whose columns begin and end when they like, and one lives throughout."""
    closes = PLAIN.assign(D=PLAIN["A"] * 2)
    for name in "ABC":
        start, stop = sorted(draw(st.tuples(*[st.integers(0, len(DAYS))] * 2)))
        closes.iloc[:start, closes.columns.get_loc(name)] = np.nan
        closes.iloc[stop:, closes.columns.get_loc(name)] = np.nan
    return stamp(closes, ORIGIN)


@given(
    closes=lives(),
    names=st.permutations("ABCD").flatmap(
        lambda order: st.integers(1, 4).map(lambda n: list(order[:n]))
    ),
    rows=st.tuples(*[st.integers(0, len(DAYS))] * 2).map(sorted),
    how=st.sampled_from(["", "any", "all"]),
    order=st.sampled_from(["", "reversed", "shuffled"]),
    wider=st.booleans(),
)
def test_a_cut_of_lives_of_any_length_is_not_a_change(closes, names, rows, how, order, wider):
    cut = closes.iloc[slice(*rows)][names]
    cut = cut.dropna(how=how) if how else cut
    if order:
        cut = cut[::-1] if order == "reversed" else cut.sample(frac=1, random_state=1)
    cut = cut.reindex(DAYS) if wider and cut.notna().any(axis=None) else cut
    found = provenance(cut)
    assert found.altered == ()
    days = cut.index[cut.notna().any(axis=1)]
    if found.steps and len(days):
        assert found.steps == (f"cut by the user to {days.min():%Y-%m-%d}..{days.max():%Y-%m-%d}",)
    held = closes[names]
    assert bool(found.steps) == any(cut[n].count() < held[n].count() for n in names)


@given(
    closes=lives(),
    name=st.sampled_from("ABC"),
    rows=st.tuples(*[st.integers(0, len(DAYS))] * 2).map(sorted),
    cut=st.tuples(st.integers(0, 300), st.integers(600, len(DAYS))),
)
def test_what_is_blanked_while_others_go_on_is_a_change(closes, name, rows, cut):
    table = closes.iloc[slice(*cut)].copy()
    blanked = table.index.isin(DAYS[slice(*rows)])
    gone = table.index[blanked & table[name].notna()]
    table.loc[blanked, name] = np.nan
    inside = gone[(gone >= cut_month(table, 0, 1)) & (gone < cut_month(table, -1, 0))]
    assert provenance(table).altered == ((name,) if len(inside) else ())


def cut_month(table, end, later):
    """First day of the month in which a table begins or ends, or of one later."""
    return (table.index[end].to_period("M") + later).start_time


@pytest.mark.parametrize("blank", [slice("2021", None), slice(None, "2021"), slice(None)])
def test_a_life_that_is_erased_is_a_change_though_its_ends_are_all_that_is_gone(blank):
    closes = STAMPED.copy()
    closes.loc[blank, "B"] = np.nan
    assert provenance(closes).altered == ("B",)
    assert provenance(closes).steps == ()
    assert provenance(closes[["B", "C"]]).altered == ("B",)
    assert provenance(closes.loc["2020":]).altered == ("B",)


def test_a_table_of_no_rows_is_cut_to_nothing():
    assert provenance(STAMPED.iloc[:0]).steps == ("cut by the user to no session",)
    assert provenance(STAMPED.iloc[:0]).altered == ()
    blank = STAMPED * np.nan
    assert provenance(blank).altered == ("A", "B", "C")
    assert provenance(stamp(blank, ORIGIN)).altered == ()


def test_a_column_of_the_users_own_does_not_make_a_cut_of_the_others_a_change():
    wider = STAMPED.loc["2021":"2022-06"].reindex(DAYS).assign(own=1.0)
    assert provenance(wider).altered == ("own",)
    assert provenance(wider).steps == ("cut by the user to 2021-01-01..2022-06-30",)


@pytest.mark.parametrize("order", [slice(None, None, -1), slice(None, None, 1)])
def test_a_cut_is_told_from_its_first_day_to_its_last(order):
    cut = STAMPED.loc["2021-02-03":"2022-11-30"].iloc[order]
    assert provenance(cut).steps == ("cut by the user to 2021-02-03..2022-11-30",)
    assert provenance(cut).altered == ()


@given(row=st.integers(0, len(DAYS) - 1), name=st.sampled_from("ABC"), cut=st.booleans())
def test_a_changed_value_is_seen(row, name, cut):
    closes = STAMPED.iloc[40:-40].copy() if cut else STAMPED.copy()
    row = min(row, len(closes) - 1)
    closes.loc[closes.index[row], name] *= 1 + 1e-15
    ends = {f"{closes.index[end]:%Y-%m}" for end in (0, -1)}
    if not cut or f"{closes.index[row]:%Y-%m}" not in ends:
        assert provenance(closes).altered == (name,)
        assert f"changed since by the user: {name}" in str(provenance(closes))
        restamped = stamp(closes, provenance(closes), step="divided by 2")
        assert provenance(restamped).steps[-2:] == (f"changed by the user: {name}", "divided by 2")
        assert provenance(restamped).altered == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda closes: closes.drop(closes.index[closes.index.year == 2021]),
        lambda closes: closes.loc["2021-02":"2022-11"] * 100,
        lambda closes: closes.loc["2021-02":"2021-08"].resample("W").last(),
        lambda closes: closes.loc["2020":"2021"].resample("ME").last(),
        lambda closes: closes.iloc[::2],
        lambda closes: closes.drop(closes.index[[100, 101]]),
        lambda closes: closes.drop(closes.index[400]),
        lambda closes: closes.shift(1),
        lambda closes: closes.set_axis(closes.index + pd.Timedelta(days=1)),
        lambda closes: closes.rename(columns={"A": "D"}),
    ],
    ids=[
        "a year dropped",
        "scaled",
        "weeks",
        "months",
        "every other",
        "two sessions dropped",
        "a session dropped",
        "shifted",
        "redated",
        "renamed",
    ],
)
def test_what_is_no_cut_is_a_change(change):
    assert provenance(change(STAMPED)).altered


def test_the_stamp_goes_through_parquet():
    file = io.BytesIO()
    STAMPED.to_parquet(file)
    assert provenance(pd.read_parquet(file)) == provenance(STAMPED)


def test_a_broken_stamp_is_refused():
    undated = STAMPED.attrs[STAMP].replace('"chosen_on": null', '"chosen_on": "soon"')
    assert undated != STAMPED.attrs[STAMP]
    for broken in ("", "{}", "[1]", '{"source": 1, "colour": 2}', 7, undated):
        table = PLAIN.copy()
        table.attrs[STAMP] = broken
        with pytest.raises(rt.DataError, match=r"closes: want a stamp .* delete it"):
            provenance(table)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: provenance(None), rt.DataError, "closes: want a DataFrame, got NoneType"),
        (lambda: provenance([1]), rt.DataError, "closes: want a DataFrame, got list"),
        (lambda: provenance(STAMPED["A"]), rt.DataError, "closes: want a DataFrame, got Series"),
        (lambda: stamp("a", ORIGIN), rt.DataError, "closes: want a DataFrame, got str"),
        (lambda: stamp(PLAIN, "x"), rt.ArgumentError, "origin: want a Provenance, got 'x'"),
        (lambda: stamp(PLAIN, ORIGIN, step=1), rt.ArgumentError, "step: want a text, got 1"),
        (lambda: stamp(PLAIN, ORIGIN, check=["a"]), rt.ArgumentError, "check: want a text, got "),
        (lambda: Provenance(source=None), rt.ArgumentError, "source: want a text, got None"),
        (lambda: Provenance(adjustment=1), rt.ArgumentError, "adjustment: want a text, got 1"),
        (lambda: Provenance(fetched=DAYS[0]), rt.ArgumentError, "fetched: want a text in ISO 8601"),
        (lambda: Provenance(currency=["A"]), rt.ArgumentError, "currency: want a text, or texts"),
        (
            lambda: Provenance(currency={"A": 1}),
            rt.ArgumentError,
            "currency: .*, got {'A': 1}",
        ),
        (lambda: Provenance(columns={"A": 1}), rt.ArgumentError, "columns: want texts by column"),
        (
            lambda: Provenance(chosen_on="31.1.2025"),
            rt.ArgumentError,
            "chosen_on: want a date, as",
        ),
        (lambda: Provenance(note=None), rt.ArgumentError, "note: want a text, got None"),
        (lambda: Provenance(steps="cut"), rt.ArgumentError, "steps: want texts, got 'cut'"),
    ],
)
def test_what_is_no_table_or_no_provenance_is_refused(make, kind, text):
    with pytest.raises(kind, match=text):
        make()
    assert Provenance(checks=["sound"]).checks == ("sound",)


def test_it_says_all_that_is_known():
    told = replace(ORIGIN, currency={"A": "HKD"}, checks=("sound",), steps=("cut",))
    text = str(told)
    for part in ("a test", "2026-01-02", "adjusted for: splits", "A HKD", "cut", "checked: sound"):
        assert part in text
    assert json.loads(json.dumps(told.to_dict()))["hash"] == told.hash


def test_it_reaches_results_sweeps_and_pages(tmp_path):
    for closes in (STAMPED, layers(STAMPED)):
        result = rt.backtest(closes, STRATEGY)
        sweep = rt.sweep(closes, STRATEGY, {"signal.days": [21, 42]}, progress=False)
        kept = rt.compare({"switch": result, **rt.alternatives(result)})
        found = [result.provenance, sweep.provenance, sweep.best("sharpe").result.provenance]
        assert all(each == provenance(STAMPED) for each in found)
        assert kept.data == (str(result.provenance),)
        assert kept.to_dict()["data"] == [result.provenance.to_dict()]
        result.report(tmp_path / "page.html")
        assert "a test, fetched 2026-01-02" in (tmp_path / "page.html").read_text()
    assert rt.simulate(STAMPED, PLAIN.iloc[:1] * 0).provenance == provenance(STAMPED)


def test_it_reaches_the_ledger(tmp_path):
    ledger = tmp_path / "trials.sqlite"
    assert trials.origins(path=ledger) == {}
    rt.backtest(PLAIN, STRATEGY)
    rt.backtest(STAMPED, STRATEGY, trials=ledger)
    rt.sweep(layers(STAMPED), [STRATEGY], trials=ledger, progress=False)
    told = provenance(STAMPED).to_dict()
    found = trials.origins(path=ledger)
    assert len(found) == 2
    assert found[trials.data_hash(PLAIN)] == json.loads(json.dumps(told))


def test_a_ledger_of_old_takes_it_too(tmp_path):
    ledger = tmp_path / "trials.sqlite"
    keys = np.array([[0, 1]], dtype=np.uint64)
    trials.record(keys, data="01d1ed9e4", window="a/b", path=ledger)
    assert trials.origins(path=ledger) == {}
    trials.record(keys, data="01d1ed9e4", window="a/b", path=ledger, closes=STAMPED)
    assert list(trials.origins(path=ledger)) == ["01d1ed9e4"]
    ledger.write_bytes(b"no ledger of anything" * 100)
    with pytest.raises(rt.DataError, match="name another file"):
        trials.origins(path=ledger)


@pytest.mark.parametrize("form", ["page", "text", "json", "selection", "sweep"])
def test_the_day_of_choosing_marks_what_was_known(form, tmp_path):
    marks = {
        date(2018, 1, 1): None,
        date(2022, 1, 15): "those up to 2022-01-15.",
        date(2024, 1, 1): "all",
    }
    for chosen_on, mark in marks.items():
        built = layers(PLAIN, chosen_on)
        result = rt.backtest(built, STRATEGY)
        if form == "page":
            result.report(tmp_path / "page.html")
            text = (tmp_path / "page.html").read_text()
            drawn = ">in-sample by selection" in text or '"in-sample by selection"' in text
            assert drawn == (mark is not None)
            assert ("after the choice" in text) == (mark == "those up to 2022-01-15.")
        elif form in ("selection", "sweep"):
            sweep = rt.sweep(built, STRATEGY, {"signal.days": [21, 42]}, progress=False)
            text = str(sweep.best("sharpe")) if form == "selection" else sweep.in_sample
        else:
            comparison = rt.compare({"switch": result, **rt.alternatives(result)})
            text = str(comparison) if form == "text" else json.dumps(comparison.to_dict())
        assert ("In-sample by selection: " in text) == (mark is not None)
        assert mark is None or mark in text.partition("In-sample by selection: ")[2]


@pytest.mark.parametrize("day", [14, 15])  # a session, and the Saturday after it
def test_what_came_after_the_choice_has_figures_of_its_own(day):
    result = rt.backtest(layers(PLAIN, date(2022, 1, day)), STRATEGY)
    comparison = rt.compare({"switch": result, **rt.alternatives(result)})
    since = comparison.since_chosen
    growth = result.value.iloc[-1] / result.value["2022-01-14"]
    returns = len(PLAIN["2022-01-15":])
    assert since.loc["switch", "annual_return"] == pytest.approx(growth ** (252 / returns) - 1)
    assert list(since.index) == list(comparison.table.index)
    assert str(since.loc["switch", "sharpe"].round(2)) in str(comparison)
    assert comparison.to_dict()["since_chosen"]["a"]["sharpe"] == since.loc["a", "sharpe"]


@pytest.mark.parametrize("chosen_on", [None, date(2018, 1, 1), date(2023, 3, 31)])
def test_without_a_part_that_nobody_knew_there_is_no_second_table(chosen_on):
    result = rt.backtest(layers(PLAIN, chosen_on), STRATEGY)
    comparison = rt.compare({"switch": result, **rt.alternatives(result)})
    assert comparison.since_chosen is None
    assert comparison.to_dict()["since_chosen"] is None


CHOICES = [None, date(2018, 1, 1), date(2022, 1, 15), date(2024, 1, 1)]


@pytest.mark.parametrize("chosen_on", CHOICES)
def test_the_day_of_choosing_goes_with_the_plain_table_of_layers(chosen_on, tmp_path):
    built = layers(STAMPED, chosen_on)
    grid = {"signal.days": [21, 42]}
    plain, whole = (
        rt.sweep(closes, STRATEGY, grid, progress=False) for closes in (built.index, built)
    )
    assert plain.note == whole.note == built.universe.note
    assert plain.in_sample == whole.in_sample
    for best in (plain.best(), whole.best()):
        assert str(best).count("Hindsight: ") == 1
        assert str(best).endswith(whole.in_sample or built.universe.note)
    result, held = rt.backtest(built.index, STRATEGY), rt.backtest(built, STRATEGY)
    assert (result.chosen_on, result.in_sample) == (held.chosen_on, held.in_sample)
    weights = pd.DataFrame(0.5, DAYS[:1], built.index.columns)
    assert rt.simulate(built.index, weights).chosen_on == chosen_on
    (one, other) = (rt.compare({"a": each, **rt.alternatives(each)}) for each in (result, held))
    assert str(one).count("Hindsight: ") == 1
    assert (one.since_chosen is None) == (other.since_chosen is None)
    assert ("In-sample by selection" in str(one)) == bool(held.in_sample)
    result.report(tmp_path / "page.html")
    drawn = "in-sample by selection" in (tmp_path / "page.html").read_text().lower()
    assert drawn == bool(held.in_sample)


def test_the_day_of_choosing_outlives_what_is_done_to_the_table():
    index = layers(STAMPED, date(2022, 1, 15)).index
    file = io.BytesIO()
    (index.loc["2020":] * 2).to_parquet(file)
    again = provenance(pd.read_parquet(file))
    assert (again.chosen_on, again.note) == (date(2022, 1, 15), provenance(index).note)
    assert again.to_dict()["chosen_on"] == "2022-01-15"
    held = rt.build_layers(index, rt.Universe({"one": ["a"], "two": ["c"]}, date(2020, 1, 1)))
    assert rt.backtest(held, STRATEGY).chosen_on == date(2022, 1, 15)
    assert rt.backtest(held.index, STRATEGY).chosen_on == date(2022, 1, 15)
    assert provenance(held.index).note.count("Hindsight: ") == 2


def test_of_a_table_of_their_own_users_say_when_its_names_were_chosen():
    mine = stamp(PLAIN, replace(ORIGIN, chosen_on=pd.Timestamp("2022-01-15")))
    assert "; names chosen on 2022-01-15; " in str(provenance(mine))
    assert rt.backtest(mine, STRATEGY).in_sample.endswith(" those up to 2022-01-15.")
    assert rt.backtest(PLAIN, STRATEGY).in_sample == ""


def test_who_held_nobody_before_the_choice_knew_nothing():
    chosen = rt.Universe({"a": ["A", "B"], "c": ["C"]}, chosen_on=date(2022, 1, 15)).as_chosen()
    result = rt.backtest(rt.build_layers(PLAIN, chosen), STRATEGY)
    assert result.chosen_on is None
    assert result.in_sample == ""
    plain = rt.sweep(rt.build_layers(PLAIN, chosen).index, [STRATEGY], progress=False)
    assert "none is held before that day" in str(plain.best())
    assert plain.in_sample == ""


def test_unsound_tables_have_a_stamp_too():
    days = pd.to_datetime(["2024-01-02", "2025-01-02", "2024-01-03", "2024-01-03"])
    odd = pd.DataFrame({"A": [1.0, 2.0, 3.0, 4.0], "none": np.nan}, index=days)
    stamped = stamp(odd, ORIGIN)
    assert provenance(stamped) == replace(provenance(stamped), altered=(), steps=())
    assert provenance(stamped).columns["none"] == ""
    undated = odd.set_axis([*odd.index[:3], pd.NaT])
    assert provenance(stamp(undated, ORIGIN)).altered == ()
    for row in range(4):
        other = stamped.copy()
        other.iloc[row, 0] += 1
        assert provenance(other).altered == ("A",)
    assert provenance(stamp(odd.tz_localize("Asia/Tokyo"), ORIGIN)).hash == provenance(odd).hash
    for hopeless in (PLAIN.reset_index(drop=True), PLAIN.astype(str) + "x"):
        with pytest.raises(rt.DataError, match="closes: want"):
            provenance(hopeless)


def test_what_is_said_of_a_selection_is_of_its_window():
    built = layers(PLAIN, date(2022, 1, 15))
    grid = {"signal.days": [21, 250], "rule.margin": [0, 0.01]}
    sweep = rt.sweep(built, STRATEGY, grid, progress=False)
    for found in (sweep, rt.sweep(built, [STRATEGY], start="2022-03", progress=False)):
        assert found.best("sharpe").in_sample == found.in_sample
    known = len(PLAIN[sweep.start : "2022-01-15"]) - 1
    assert f": {known} of {len(PLAIN[sweep.start :]) - 1} returns" in str(sweep.best("sharpe"))
    assert sweep.in_sample in sweep.plot().layout.title.subtitle.text


def test_of_a_choice_that_nobody_wrote_down_nothing_came_after():
    known, unknown = (
        rt.backtest(layers(PLAIN, day), STRATEGY) for day in (date(2022, 1, 15), None)
    )
    comparison = rt.compare({"known": known, "unknown": unknown})
    assert comparison.since_chosen is None
    assert any(text.startswith("known: In-sample") for text in comparison.cautions)
    assert not any(text.startswith("unknown: In-sample") for text in comparison.cautions)
