"""Whatever a crash, a bad disk or another process leaves behind, no wrong block is ever read."""

import contextlib
import fcntl
import inspect
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.store import Ragged, Store

SWEEP = {"strategies": 38, "block": 4, "grid": "3f2a"}
LONG = SWEEP | {"strategies": 120_000, "block": 1000}
NOBODY = 65534


def columns(number, size):
    """A block that is made of its number alone, so that any two writers save the same."""
    rng = np.random.default_rng(number)
    offsets = np.r_[0, np.cumsum(rng.integers(0, 9, size))]
    return {
        "sharpe": rng.normal(size=size),
        "rows": Ragged(rng.integers(0, 5000, offsets[-1]).astype(np.int32), offsets),
    }


def fill(out, sweep, order):
    store = Store.open(out, sweep)
    print("open", flush=True)
    for number in store.missing()[::order]:
        store.save(number, columns(number, store.size(number)))


def writer(out, sweep, order=1):
    """Another process that fills a folder, once it has opened it."""
    script = "import numpy as np\nfrom rotation.store import Ragged, Store\n"
    script += inspect.getsource(columns) + inspect.getsource(fill)
    script += f"fill({str(out)!r}, {sweep!r}, {order})"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process.stdout:
        assert process.stdout.readline() == "open\n"
    return process


def filled(out, sweep=SWEEP):
    store = Store.open(out, sweep)
    for number in store.missing():
        store.save(number, columns(number, store.size(number)))
    return store


def same(one, other):
    def bits(column):
        flat = isinstance(column, np.ndarray)
        return column.tobytes() if flat else (column.values.tobytes(), column.offsets.tolist())

    return list(one) == list(other) and all(bits(one[name]) == bits(other[name]) for name in one)


def is_whole(store):
    return store.missing() == [] and all(
        same(store.load(number), columns(number, store.size(number)))
        for number in range(store.blocks)
    )


def names(out):
    return sorted(path.name for path in Path(out).iterdir())


def whole(out):
    return [name for name in names(out) if not name.endswith(".tmp")]


def misses(store, number, path, data):
    """Whether a part of these bytes is missing, is not read, and is mended by saving it."""
    path.write_bytes(data)
    missed = store.missing() == [number]
    with pytest.raises(rt.DataError, match=f"^out: {path} is missing or not as it was saved; run"):
        store.load(number)
    return missed


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A sweep of three blocks, the path of the second, and its bytes."""
    store = filled(tmp_path_factory.mktemp("one"), SWEEP | {"strategies": 12})
    path = store.folder / "part-00000001.parquet"
    return store, path, path.read_bytes()


def test_a_part_cut_at_any_byte_is_missing(one):
    store, path, data = one
    assert 500 < len(data) < 5000
    for length in range(len(data)):
        assert misses(store, 1, path, data[:length]), length


def test_a_part_with_any_byte_changed_is_missing(one):
    store, path, data = one
    rng = np.random.default_rng(0)
    for at in range(len(data)):
        spoilt = bytearray(data)
        spoilt[at] ^= rng.integers(1, 256)
        assert misses(store, 1, path, spoilt), at


@given(data=st.data())
def test_a_part_spoilt_in_several_places_is_missing(one, data):
    store, path, good = one
    start = data.draw(st.integers(0, len(good) - 1))
    put = data.draw(st.binary(max_size=80))
    spoilt = good[:start] + put + good[start + data.draw(st.integers(0, 80)) :]
    if spoilt != good:
        assert misses(store, 1, path, spoilt)


def test_a_part_with_something_after_or_before_it_is_missing(one):
    store, path, data = one
    for spoilt in (data + b"\0", b"\0" + data, data + data, data + data[-8:], data * 2):
        assert misses(store, 1, path, spoilt)


@pytest.mark.parametrize("text", [b"", b"PAR1", b"PAR1PAR1", b"\0" * 4096, b"rotation sha256 "])
def test_what_is_no_part_at_all_is_missing(one, text):
    store, path, _ = one
    assert misses(store, 1, path, text)


def test_a_part_of_another_number_is_missing(one):
    store, path, _ = one
    assert misses(store, 1, path, (store.folder / "part-00000000.parquet").read_bytes())


@pytest.mark.parametrize(
    "other", [{"grid": "3f2b"}, {"strategies": 13}, {"strategies": 24, "block": 4}, {"more": 1}]
)
def test_a_part_of_another_sweep_is_missing(one, tmp_path, other):
    store, path, data = one
    foreign = filled(tmp_path, store.sweep | other).folder / path.name
    assert misses(store, 1, path, foreign.read_bytes())
    path.write_bytes(data)
    assert store.missing() == []


@pytest.mark.parametrize("rows", [3, 4, 5])
def test_a_table_that_this_package_did_not_write_is_missing(one, rows):
    store, path, data = one
    for metadata in (
        None,
        {"seal": "rotation sha256 " + "0" * 64},
        pq.read_metadata(path).metadata,
    ):
        table = pa.table({"sharpe": np.zeros(rows)}).replace_schema_metadata(metadata)
        pq.write_table(table, path)
        assert misses(store, 1, path, path.read_bytes())
        path.write_bytes(data)


def test_what_was_spoilt_is_mended_by_saving_it_again(tmp_path):
    store = filled(tmp_path)
    for number, data in ((0, b""), (7, b"PAR1"), (9, None)):
        path = tmp_path / f"part-{number:08d}.parquet"
        path.write_bytes(data) if data is not None else path.unlink()
    assert store.missing() == [0, 7, 9]
    assert is_whole(filled(tmp_path))


def test_a_folder_in_the_place_of_a_part_is_missing_and_cannot_be_saved_over(tmp_path):
    store = filled(tmp_path)
    path = tmp_path / "part-00000003.parquet"
    path.unlink()
    path.mkdir()
    assert store.missing() == [3]
    with pytest.raises(rt.ArgumentError, match=f"^out: cannot write {path} \\(Is a directory\\)"):
        store.save(3, columns(3, 4))
    assert names(tmp_path) == whole(tmp_path)


def test_a_folder_that_is_gone_is_said_so(tmp_path):
    store = filled(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    assert store.missing() == list(range(10))
    with pytest.raises(rt.ArgumentError, match=r"parquet \(No such file or directory\); finished"):
        store.save(3, columns(3, 4))


@pytest.mark.parametrize(("how", "rounds"), [(signal.SIGKILL, 6), (signal.SIGINT, 3)])
def test_killed_at_any_moment_a_sweep_goes_on_to_the_same_end(tmp_path, how, rounds):
    done = set()
    for delay in np.random.default_rng().uniform(0, 0.05, rounds):
        process = writer(tmp_path, LONG)
        while process.poll() is None and len(whole(tmp_path)) <= 1 + len(done):
            pass
        time.sleep(delay)
        process.send_signal(how)
        process.wait()
        if how == signal.SIGINT:  # who could tidy up did
            assert names(tmp_path) == whole(tmp_path)
        store = Store.open(tmp_path, LONG)
        assert names(tmp_path) == whole(tmp_path)
        before, done = done, set(range(120)) - set(store.missing())
        assert before < done or len(done) == 120
        for number in done:
            assert same(store.load(number), columns(number, 1000))
    assert is_whole(filled(tmp_path, LONG))
    assert len(names(tmp_path)) == 121


def test_processes_that_share_a_folder_leave_it_whole(tmp_path):
    writers = [writer(tmp_path, SWEEP, order) for order in (1, -1, 1)]
    while any(process.poll() is None for process in writers):
        store = Store.open(tmp_path, SWEEP)  # which must not remove what the others are writing
        for number in set(range(10)) - set(store.missing()):
            assert same(store.load(number), columns(number, store.size(number)))
    assert [process.wait() for process in writers] == [0, 0, 0]
    assert is_whole(Store.open(tmp_path, SWEEP))
    assert len(names(tmp_path)) == 11


def test_threads_that_save_and_open_at_once_leave_a_folder_whole(tmp_path):
    failed = []

    def work():
        try:
            for number in range(10):
                store = Store.open(tmp_path, SWEEP)
                store.save(number, columns(number, store.size(number)))
        except rt.RotationError as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert is_whole(Store.open(tmp_path, SWEEP))
    assert len(names(tmp_path)) == 11


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    store = filled(tmp_path)
    before = names(tmp_path)
    dead = [f".{name}.{secrets.token_hex(8)}.tmp" for name in ("_manifest.json", before[-1])]
    living = tmp_path / f".part-00000001.parquet.{secrets.token_hex(8)}.tmp"
    for name in dead:
        (tmp_path / name).write_bytes(b"PAR1")
    with living.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(rt.ArgumentError, match="with another's"):
            Store.open(tmp_path, SWEEP | {"grid": "other"})
        assert names(tmp_path) == sorted([*before, *dead, living.name])
        assert Store.open(tmp_path, SWEEP).missing() == []
        assert names(tmp_path) == sorted([*before, living.name])
    assert is_whole(Store.open(tmp_path, SWEEP))
    assert names(tmp_path) == before
    assert store.missing() == []


def test_what_a_stopped_process_was_writing_stays(tmp_path):
    process = writer(tmp_path, LONG)
    stayed = 0
    while process.poll() is None and stayed < 3:
        time.sleep(0.001)  # or it would be stopped again before it has done anything
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if writing := set(names(tmp_path)) - set(whole(tmp_path)):
            Store.open(tmp_path, LONG)
            stayed += writing <= set(names(tmp_path))
        process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()
    assert stayed > 0  # but for an instant before the file is locked, all


def test_a_folder_with_nothing_but_leftovers_is_empty(tmp_path):
    (tmp_path / f"._manifest.json.{secrets.token_hex(8)}.tmp").touch()
    Store.open(tmp_path, SWEEP)
    assert names(tmp_path) == ["_manifest.json"]


@contextlib.contextmanager
def full_disk(size):
    """No file can grow beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_so_and_leaves_nothing_half_written(tmp_path):
    store = filled(tmp_path / "out")
    path = tmp_path / "out" / "part-00000003.parquet"
    before, held = names(tmp_path / "out"), path.read_bytes()
    for size in (0, 1, 500):
        with full_disk(size), pytest.raises(rt.ArgumentError) as error:
            store.save(3, columns(3, 4))
        assert str(error.value) == (
            f"out: cannot write {path} (File too large); finished blocks stay: "
            "mend that and run the sweep again with the same folder"
        )
        assert names(tmp_path / "out") == before
        assert path.read_bytes() == held
    with full_disk(5), pytest.raises(rt.ArgumentError, match=r"manifest\.json \(File too large\)"):
        Store.open(tmp_path / "new", SWEEP)
    assert names(tmp_path / "new") == []
    store.save(3, columns(3, 4))
    assert is_whole(store)


@contextlib.contextmanager
def no_rights():
    """For root the rights of nobody; others have no more than their own."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def readable():
    """A folder of a sweep with one block missing, and an empty one, that may only be read."""
    out = Path(tempfile.mkdtemp())
    filled(out / "out")
    (out / "out" / "part-00000003.parquet").unlink()
    (out / "out" / f"._manifest.json.{secrets.token_hex(8)}.tmp").touch()
    (out / "empty").mkdir()
    for path in (out / "out", out / "empty", out):
        path.chmod(0o555)
    yield out
    for path in (out, out / "out", out / "empty"):
        path.chmod(0o755)
    shutil.rmtree(out)


def test_a_folder_that_may_only_be_read_is_read_and_not_written(readable):
    with no_rights():
        store = Store.open(readable / "out", SWEEP)
        assert store.missing() == [3]
        assert same(store.load(4), columns(4, 4))
        with pytest.raises(rt.ArgumentError, match=r"cannot write .*parquet \(Permission denied\)"):
            store.save(3, columns(3, 4))
        with pytest.raises(rt.ArgumentError, match=r"cannot write .*json \(Permission denied\)"):
            Store.open(readable / "empty", SWEEP)
        with pytest.raises(rt.ArgumentError, match=r"want a folder, got .*new \(.*Permission den"):
            Store.open(readable / "new", SWEEP)
