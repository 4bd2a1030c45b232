"""A block is read as it was saved, to the bit, or it is missing; a folder holds one sweep."""

import pickle
import sys
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rotation as rt
from rotation.store import Ragged, Store

SWEEP = {"strategies": 25, "block": 10, "grid": "3f2a", "data": "91c0"}


def columns(number, size=10):
    """A block like those of a sweep, another for each number."""
    rng = np.random.default_rng(number)
    offsets = np.r_[0, np.cumsum(rng.integers(0, 5, size))]
    return {
        "sharpe": rng.normal(size=size),
        "switches": rng.integers(0, 99, size),
        "rows": Ragged(rng.integers(0, 5000, offsets[-1]).astype(np.int32), offsets),
        "held": Ragged(rng.integers(-1, 2, offsets[-1]).astype(np.int16), offsets),
    }


def filled(out, sweep=SWEEP):
    store = Store.open(out, sweep)
    for number in store.missing():
        store.save(number, columns(number, store.size(number)))
    return store


def bits(column):
    if isinstance(column, Ragged):
        return bits(column.values), column.offsets.tolist()
    return column.dtype.str, column.shape, column.tobytes()


def same(one, other):
    return list(one) == list(other) and all(bits(one[name]) == bits(other[name]) for name in one)


def flat(size):
    """Arrays of any type, with any bits: floats with every sign, infinity and NaN."""
    kind = st.sampled_from(["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
    return kind.flatmap(
        lambda kind: (
            arrays(f"u{kind[1]}", size).map(lambda got: got.view(kind))
            if kind.startswith("f")
            else arrays(kind, size)
        )
    )


@st.composite
def ragged(draw, size):
    counts = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    return Ragged(draw(flat(sum(counts))), np.r_[0, np.cumsum(counts)].astype(np.intp))


blocks = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            flat(size) | ragged(size),
            min_size=1,
            max_size=5,
        ),
    )
)


@given(block=blocks)
def test_a_block_is_read_as_it_was_saved(block):
    size, saved = block
    with TemporaryDirectory() as out:
        store = Store.open(out, {"strategies": size, "block": size})
        store.save(0, saved)
        assert store.missing() == []
        assert same(store.load(0), saved)


def test_zeros_infinities_and_nans_keep_their_bits(tmp_path):
    odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324, 0.1])
    odd = np.concatenate([odd, np.array([0x7FF0000000000001], np.uint64).view(float)])
    store = Store.open(tmp_path, {"strategies": 9, "block": 9})
    store.save(0, {"odd": odd, "again": odd[::-1]})
    assert store.load(0)["odd"].tobytes() == odd.tobytes()
    assert store.load(0)["again"].tobytes() == odd[::-1].tobytes()


def test_arrays_may_lie_in_memory_in_any_way(tmp_path):
    grid = np.arange(40.0).reshape(4, 10)
    store = Store.open(tmp_path, {"strategies": 4, "block": 4})
    kept = {"column": grid[:, 3], "back": grid[::-1, 0], "flags": (grid > 5)[:, 1]}
    store.save(0, kept)
    assert same(store.load(0), kept)


def test_blocks_come_in_order_and_the_last_may_be_shorter(tmp_path):
    store = filled(tmp_path)
    assert store.blocks == 3
    assert [store.size(number) for number in range(3)] == [10, 10, 5]
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "_manifest.json", "part-00000000.parquet", "part-00000001.parquet", "part-00000002.parquet",
    ]  # fmt: skip
    for number, size in enumerate([10, 10, 5]):
        assert same(store.load(number), columns(number, size))


@pytest.mark.parametrize(("strategies", "sizes"), [(1, [1]), (10, [10]), (11, [10, 1]), (9, [9])])
def test_every_strategy_is_in_one_block(tmp_path, strategies, sizes):
    store = Store.open(tmp_path, {**SWEEP, "strategies": strategies})
    assert [store.size(number) for number in range(store.blocks)] == sizes


def test_a_column_is_not_taken_for_one_whose_name_begins_alike(tmp_path):
    store = Store.open(tmp_path, {"strategies": 1, "block": 1})
    alike = {"rule.margin": np.ones(1), "rule": np.zeros(1), "rule.list.element": np.ones(1)}
    store.save(0, alike)
    assert same(store.load(0), alike)


def test_a_part_is_a_table_for_other_readers(tmp_path):
    filled(tmp_path)
    table = pd.read_parquet(tmp_path / "part-00000001.parquet")
    assert table["sharpe"].tolist() == columns(1)["sharpe"].tolist()
    assert [len(each) for each in table["rows"]] == np.diff(columns(1)["rows"].offsets).tolist()


def test_a_rerun_misses_only_what_is_not_there(tmp_path):
    store = Store.open(tmp_path / "deep" / "down", SWEEP)
    assert store.missing() == [0, 1, 2]
    store.save(1, columns(1))
    again = Store.open(str(tmp_path / "deep" / "down"), dict(reversed(SWEEP.items())))
    assert again.missing() == [0, 2]
    assert same(again.load(1), columns(1))
    again.save(0, columns(0))
    assert store.missing() == [2]


def test_a_block_saved_again_takes_the_place_of_the_first(tmp_path):
    store = filled(tmp_path)
    store.save(1, columns(7))
    assert same(store.load(1), columns(7))
    assert len(list(tmp_path.iterdir())) == 4


def test_a_store_goes_to_another_process(tmp_path):
    store = pickle.loads(pickle.dumps(filled(tmp_path)))
    assert same(store.load(2), columns(2, 5))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"data": "77aa"}, "data 91c0 (wanted 77aa)"),
        ({"block": 5}, "block 10 (wanted 5)"),
        ({"strategies": 26, "grid": "0"}, "grid 3f2a (wanted 0), strategies 25 (wanted 26)"),
        ({"terms": "ab"}, "terms none (wanted ab)"),
    ],
)
def test_a_folder_of_another_sweep_is_refused(tmp_path, other, said):
    filled(tmp_path)
    with pytest.raises(rt.ArgumentError) as error:
        Store.open(tmp_path, SWEEP | other)
    assert str(error.value) == (
        f"out: want a folder of this sweep, got {tmp_path} with another's: {said}; "
        "choose another folder, or delete this one"
    )
    assert Store.open(tmp_path, SWEEP).missing() == []


def test_a_sweep_that_says_less_is_another(tmp_path):
    Store.open(tmp_path, SWEEP)
    with pytest.raises(rt.ArgumentError, match=r"another's: grid 3f2a \(wanted none\); choose"):
        Store.open(tmp_path, {name: SWEEP[name] for name in ("strategies", "block", "data")})


def test_what_is_only_recorded_may_differ_and_stays_as_it_was(tmp_path):
    Store.open(tmp_path, SWEEP, recorded={"numpy": "2.0.0"})
    for recorded in ({"numpy": "2.4.6"}, {}, None):
        assert Store.open(tmp_path, SWEEP, recorded=recorded).recorded == {"numpy": "2.0.0"}


def test_a_folder_with_files_of_others_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("all of it")
    (tmp_path / "part-00000000.parquet").touch()
    with pytest.raises(rt.ArgumentError) as error:
        Store.open(tmp_path, SWEEP)
    assert str(error.value) == (
        "out: want a new or empty folder, or one with the _manifest.json of this sweep, "
        f"got {tmp_path} with part-00000000.parquet, thesis.tex"
    )
    assert len(list(tmp_path.iterdir())) == 2
    for name in "abcd":
        (tmp_path / name).touch()
    with pytest.raises(rt.ArgumentError, match=r"with a, b, c, \.\.\.$"):
        Store.open(tmp_path, SWEEP)


def test_files_of_others_that_come_later_are_left_alone(tmp_path):
    filled(tmp_path)
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".notes.txt.0123456789abcdef.tmp").touch()
    assert Store.open(tmp_path, SWEEP).missing() == []
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (5, r"want a folder, got 5$"),
        (None, r"want a folder, got None$"),
        ("file", r"want a folder, got .*file \(.*File exists"),
        ("file/below", r"want a folder, got .*below \(.*Not a directory"),
        ("nul\0", r"want a folder, got .* \(embedded null byte"),
        ("x" * 999, r"want a folder, got .* \(.*name too long"),
    ],
)
def test_what_cannot_be_a_folder_is_refused(tmp_path, monkeypatch, out, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(rt.ArgumentError, match=f"^out: {said}"):
        Store.open(out, SWEEP)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "5", '{"sweep": 5, "recorded": {}}', '{"sweep": {}}', "\xff"]
)
def test_a_manifest_that_cannot_be_read_is_refused_and_left(tmp_path, text):
    path = tmp_path / "_manifest.json"
    path.write_bytes(text.encode("latin1"))
    with pytest.raises(rt.ArgumentError, match=r"json, which cannot be read; choose another fold"):
        Store.open(tmp_path, SWEEP)
    assert path.read_bytes() == text.encode("latin1")


@pytest.mark.parametrize("name", ["strategies", "block"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "9", None, True])
def test_a_sweep_has_strategies_in_blocks(tmp_path, name, value):
    with pytest.raises(rt.ArgumentError, match=f"^{name}: want {name}, 1 or more, got"):
        Store.open(tmp_path, SWEEP | {name: value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [-1, 3, 1.0, "1", None])
def test_a_block_has_a_number(tmp_path, number):
    store = filled(tmp_path)
    for use in (store.size, store.load, lambda number: store.save(number, columns(0))):
        with pytest.raises(rt.ArgumentError, match=r"^number: want "):
            use(number)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (np.zeros(9), "want a row for each of 10, got 9"),
        (np.zeros(11), "want a row for each of 10, got 11"),
        (np.zeros((10, 1)), "want a (m,) array of booleans, integers or floats"),
        ([0.0] * 10, "want a (m,) array of"),
        (np.zeros(10, ">f8"), "want a (m,) array of"),
        (np.zeros(10, complex), "want a (m,) array of"),
        (np.zeros(10, object), "want a (m,) array of"),
        (np.array(["a"] * 10), "want a (m,) array of"),
        (Ragged(np.zeros((2, 2)), np.arange(11)), "want a (m,) array of"),
        (Ragged(np.zeros(10), np.arange(10)), "want 11 offsets from 0 to 10"),
        (Ragged(np.zeros(10), np.arange(1, 12)), "want 11 offsets from 0 to 10"),
        (Ragged(np.zeros(11), np.arange(11)), "want 11 offsets from 0 to 11"),
        (Ragged(np.zeros(2), np.r_[0, 2, np.ones(8, int), 2]), "want offsets that never fall"),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(tmp_path, column, said):
    store = Store.open(tmp_path, SWEEP)
    with pytest.raises(rt.ArgumentError) as error:
        store.save(0, {"good": np.zeros(10), "bad": column})
    assert str(error.value).startswith(f"bad: {said}")
    assert [path.name for path in tmp_path.iterdir()] == ["_manifest.json"]


def test_without_pyarrow_the_extra_is_named_and_nothing_is_touched(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(rt.MissingExtraError, match=r'pip install "rotation\[parquet\]"'):
        Store.open(tmp_path / "new", SWEEP)
    assert list(tmp_path.iterdir()) == []
