"""Each trial counts once, whoever records it, in whatever order and however often."""

import sqlite3
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation import trials

WINDOW = "2000-01-03/2022-12-28"


@pytest.fixture(autouse=True)
def no_ledger_of_the_users(monkeypatch):
    monkeypatch.delenv(trials.LEDGER_VARIABLE, raising=False)


def fresh():
    """Data of which nothing is known yet."""
    return token_hex(16)


def keys(*numbers):
    """Keys (n, 2) of numbers of 128 bits."""
    return np.array([divmod(number, 2**64) for number in numbers], dtype=np.uint64).reshape(-1, 2)


def drawn(n, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (n, 2), dtype=np.uint64)


def rows(path):
    """What a ledger holds, read by nothing of ours: data, window, key as a number."""
    file = sqlite3.connect(path)
    found = file.execute(
        "SELECT data, sessions, strategy FROM trial JOIN setting ON setting.id = trial.setting"
    ).fetchall()
    file.close()
    return {(data, window, int.from_bytes(strategy, "big")) for data, window, strategy in found}


# Numbers with zero bytes at either end, in which fixed-width text could lose itself.
numbers = st.sampled_from([0, 1, 255, 256, 2**63, 2**64 - 1, 2**64, 2**120, 2**127, 2**128 - 1])
records = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["a", "b"]), st.lists(numbers, max_size=6), st.booleans()
    ),
    max_size=5,
)


@given(records=records)
def test_the_count_is_that_of_a_set(records):
    names, everything = (fresh(), fresh()), trials.count()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trials.sqlite"
        known, kept = set(), set()
        for which, window, some, in_file in records:
            data = names[which]
            where = {"path": path} if in_file else {}
            trials.record(keys(*some), data=data, window=window, **where)
            known |= {(data, window, number) for number in some}
            kept |= {(data, window, number) for number in some if in_file}
        assert (rows(path) if path.exists() else set()) == kept
        assert trials.count() - everything == len(known)
        assert trials.count(path=path) - everything == len(known)
        for data in (*names, None):
            for window in ("a", "b", None):
                mine = [
                    each
                    for each in known
                    if data in (None, each[0]) and window in (None, each[1]) and each[0] in names
                ]
                if data or window is None:
                    expected = len(mine) + (everything if data is None else 0)
                    assert trials.count(data=data, window=window) == expected
                    assert trials.count(data=data, window=window, path=path) == expected


def test_a_ledger_is_counted_with_what_other_processes_put_there(tmp_path):
    path, data = tmp_path / "trials.sqlite", fresh()
    record_elsewhere(path, data, start=0, blocks=1, size=300)
    trials.record(drawn(500)[200:], data=data, window=WINDOW)
    assert trials.count(data=data) == 300
    assert trials.count(data=data, path=path) == 500
    trials.record(drawn(500)[200:], data=data, window=WINDOW, path=path)
    assert trials.count(data=data, path=path) == 500
    assert trials.count(data=data, window=WINDOW, path=path) == 500
    assert trials.count(data=data, window="another", path=path) == 0
    assert len(rows(path)) == 500


def test_trials_that_never_went_into_a_ledger_count_beside_it(tmp_path):
    path, data = tmp_path / "trials.sqlite", fresh()
    record_elsewhere(path, data, start=0, blocks=1, size=300)
    trials.record(drawn(350)[250:], data=data, window=WINDOW, path=path)
    assert trials.count(data=data, path=path) == 350
    trials.record(drawn(500)[340:], data=data, window=WINDOW)
    assert trials.count(data=data, path=path) == 500
    assert trials.count(data=data, path=tmp_path / "another") == 250
    assert len(rows(path)) == 350


def test_many_more_than_a_ledger_takes_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "_AT_ONCE", 1000)
    path, data = tmp_path / "trials.sqlite", fresh()
    trials.record(drawn(4001), data=data, window=WINDOW, path=path)
    whole = {(data, WINDOW, int(high) << 64 | int(low)) for high, low in drawn(4001)}
    assert rows(path) == whole


def test_a_trial_takes_sixteen_bytes():
    data, some = fresh(), drawn(300_000)
    trials.record(some[:1], data=data, window=WINDOW)
    tracemalloc.start()
    for first in range(0, len(some), 10_000):
        trials.record(some[first : first + 10_000], data=data, window=WINDOW)
    assert trials.count(data=data) == len(some)
    assert tracemalloc.get_traced_memory()[0] < 17 * len(some)
    tracemalloc.stop()


def test_the_same_trials_again_take_no_more():
    data, some = fresh(), drawn(1000)
    trials.record(some, data=data, window=WINDOW)
    tracemalloc.start()
    for _ in range(300):
        trials.record(some, data=data, window=WINDOW)
    assert tracemalloc.get_traced_memory()[0] < 20 * 16 * len(some)
    tracemalloc.stop()
    assert trials.count(data=data) == 1000


def test_threads_record_at_once(tmp_path):
    path, data, some = tmp_path / "trials.sqlite", fresh(), drawn(3000)

    def work(thread):
        for first in range(0, 1000, 100):  # each overlaps with its neighbours
            at = 250 * thread + first
            trials.record(some[at : at + 100], data=data, window=WINDOW, path=path)
            trials.record(some[at : at + 1], data=data, window="one by one", path=path)
            assert trials.count(data=data) >= 100

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    here = trials.count(data=data, window=WINDOW)
    assert here == 2750
    assert trials.count(data=data) == trials.count(data=data, path=path) == len(rows(path))
    assert len(rows(path)) - here == len(
        {250 * thread + 100 * k for thread in range(8) for k in range(10)}
    )


def test_threads_that_take_turns_lose_nothing(tmp_path):
    path, data, some = tmp_path / "trials.sqlite", fresh(), drawn(480)

    def work(thread):
        for at in range(60 * thread, 60 * thread + 60):
            trials.record(some[at : at + 1], data=data, window=WINDOW, path=path)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
    finally:
        sys.setswitchinterval(before)
    assert len(rows(path)) == trials.count(data=data, path=path) == 480


ELSEWHERE = """
import sys
import numpy as np
from rotation import trials

path, data, start, blocks, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
some = np.random.default_rng(0).integers(0, 2**64, (start + blocks * size, 2), dtype=np.uint64)
for first in range(start, len(some), size):
    trials.record(some[first : first + size], data=data, window="2000-01-03/2022-12-28", path=path)
print(trials.count(data=data))
"""


def begin_elsewhere(path, data, *, start, blocks, size):
    arguments = [str(path), data, *map(str, (start, blocks, size))]
    return subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, *arguments], stdout=subprocess.PIPE, text=True
    )


def record_elsewhere(path, data, **blocks):
    process = begin_elsewhere(path, data, **blocks)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return int(said)


def test_processes_record_at_once(tmp_path):
    path, data = tmp_path / "trials.sqlite", fresh()
    at_work = [
        begin_elsewhere(path, data, start=start, blocks=30, size=50) for start in (0, 500, 1000)
    ]
    for process in at_work:
        assert process.communicate(timeout=120)[0] == "1500\n"  # its own; all it knows of in memory
        assert process.returncode == 0
    assert trials.count(data=data) == 0
    assert trials.count(data=data, path=path) == len(rows(path)) == 2500


def test_the_environment_names_a_ledger(tmp_path, monkeypatch):
    data, named, given_ = fresh(), tmp_path / "named", tmp_path / "given"
    monkeypatch.setenv("ROTATION_TRIALS", str(named))
    trials.record(drawn(3), data=data, window=WINDOW)
    assert len(rows(named)) == 3
    trials.record(drawn(5)[3:], data=data, window=WINDOW, path=given_)
    assert len(rows(named)) == 3
    assert len(rows(given_)) == 2
    assert trials.count(data=data) == 5
    monkeypatch.setenv("ROTATION_TRIALS", "")
    trials.record(drawn(1, seed=1), data=data, window=WINDOW)
    assert len(rows(named)) == 3
    assert trials.count(data=data) == 6


def test_names_of_ledgers_are_those_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, found in [
        ("~/home.sqlite", "home.sqlite"),
        (":memory:", ":memory:"),
        ("file:a?mode=ro", "file:a?mode=ro"),
        (Path("plain é #%"), "plain é #%"),
    ]:
        trials.record(drawn(2), data=fresh(), window=WINDOW, path=name)
        assert len(rows(tmp_path / found)) == 2


def test_counting_makes_no_file(tmp_path):
    path = tmp_path / "none" / "trials.sqlite"
    assert trials.count(data=fresh(), path=path) == 0
    trials.record(keys(), data=fresh(), window=WINDOW, path=path)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_was_taken_away_takes_nothing_from_the_count(tmp_path):
    path, data = tmp_path / "trials.sqlite", fresh()
    trials.record(drawn(5), data=data, window=WINDOW, path=path)
    path.unlink()
    assert trials.count(data=data, path=path) == 5
    record_elsewhere(path, data, start=3, blocks=1, size=1)
    assert trials.count(data=data, path=path) == 5
    path.write_bytes(b"")
    assert trials.count(data=data, path=path) == 5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"keys": [[1, 2]]}, "keys: want an array of uint64 (n, 2), got [[1, 2]]"),
        ({"keys": np.zeros((2, 2))}, "keys: want an array of uint64 (n, 2), got float64 (2, 2)"),
        ({"keys": drawn(2)[0]}, "keys: want an array of uint64 (n, 2), got uint64 (2,)"),
        ({"keys": drawn(3).T}, "keys: want an array of uint64 (n, 2), got uint64 (2, 3)"),
        ({"data": "xyz"}, "data: want a hash in hexadecimal digits, got 'xyz'"),
        ({"data": ""}, "data: want a hash in hexadecimal digits, got ''"),
        ({"data": b"aa"}, "data: want a hash in hexadecimal digits, got b'aa'"),
        ({"window": ""}, "window: want its first and last session as text, got ''"),
        ({"window": "a\0"}, "window: want its first and last session as text, got 'a\\x00'"),
        ({"window": 2000}, "window: want its first and last session as text, got 2000"),
        ({"path": 5}, "path: want the path of a file, got 5"),
        ({"path": "a\0b"}, "path: want the path of a file, got 'a\\x00b'"),
        ({"path": b"trials"}, "path: want the path of a file, got b'trials'"),
        ({"patience": -1}, "patience: want seconds, 0 or more, 86400 or less, got -1"),
        ({"patience": 1e9}, "patience: want seconds, 0 or more, 86400 or less, got 1000000000.0"),
    ],
)
def test_what_is_refused_counts_nothing(changed, message):
    before = trials.count()
    arguments = {"keys": drawn(2), "data": fresh(), "window": WINDOW, **changed}
    with pytest.raises(rt.ArgumentError) as refused:
        trials.record(arguments.pop("keys"), **arguments)
    assert str(refused.value) == message
    assert trials.count() == before
    if "keys" not in changed:
        with pytest.raises(rt.ArgumentError) as refused:
            trials.count(**changed)
        assert str(refused.value) == message


def test_a_caller_may_change_the_keys_afterwards():
    data, some = fresh(), keys(1, 2)
    trials.record(some, data=data, window=WINDOW)
    some[:] = 7
    trials.record(keys(1, 2), data=data, window=WINDOW)
    assert trials.count(data=data) == 2
    assert some.tolist() == [[7, 7], [7, 7]]


# ---- The hash of the data

DAYS = pd.DatetimeIndex(["2024-03-01", "2024-03-04", "2024-03-05"])
CLOSES = pd.DataFrame({"NVDA": [82.28, 85.24, 85.96], "RDDT": [np.nan, 46.0, 50.44]}, index=DAYS)


def test_equal_closes_have_one_hash():
    bits = CLOSES.to_numpy(copy=True)
    bits.view(np.uint64)[0, 1] = 0xFFF8000000000123  # a NaN with a sign and a number of its own
    whole = CLOSES.round()
    alike = [
        CLOSES,
        pd.DataFrame(np.array(CLOSES, order="F"), DAYS, ["NVDA", "RDDT"]),
        pd.DataFrame(np.array(CLOSES, order="C"), DAYS, ["NVDA", "RDDT"]),
        CLOSES[["RDDT", "NVDA"]][["NVDA", "RDDT"]],
        CLOSES.set_axis(DAYS.as_unit("s")),
        CLOSES.set_axis(DAYS.as_unit("us").rename("date")),
        CLOSES.set_axis(CLOSES.columns.astype(object), axis=1),
        pd.DataFrame(bits, DAYS, ["NVDA", "RDDT"]),
    ]
    assert {trials.data_hash(each) for each in alike} == {trials.data_hash(CLOSES)}
    assert trials.data_hash(whole[["NVDA"]]) == trials.data_hash(whole[["NVDA"]].astype(int))
    assert np.isnan(CLOSES.iloc[0, 1])


def test_other_closes_have_another_hash():
    digit = CLOSES.copy()
    digit.iloc[1, 0] = np.nextafter(digit.iloc[1, 0], 100)
    others = [
        CLOSES,
        digit,
        CLOSES[["RDDT", "NVDA"]],
        CLOSES[["NVDA"]],
        CLOSES.iloc[:2],
        CLOSES.rename(columns={"NVDA": "nvda"}),
        CLOSES.set_axis(DAYS[:2].append(pd.DatetimeIndex(["2024-03-06"]))),
        CLOSES.rename(columns={"NVDA": "RDDT", "RDDT": "NVDA"}),
        CLOSES.bfill(),
    ]
    assert len({trials.data_hash(each) for each in others}) == len(others)


def test_a_hash_is_of_closes():
    with pytest.raises(rt.DataError, match="closes: want a DataFrame, got ndarray"):
        trials.data_hash(CLOSES.to_numpy())
