"""Files of the cache that are damaged, cannot be written or are held by another.

What came is always given; what is held is whole or is not read.
"""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from data.yahoo_server import Listing, Yahoo, days, led, traded
from rotation.data import yahoo_update
from rotation.data.cache import Cache
from rotation.data.yahoo import YahooWarning, fetch_yahoo
from rotation.data.yahoo_history import FIELDS, History

NOBODY = 65534
TESTS = Path(__file__).parents[1]


def history(ticker="AAA", rows=12):
    index = pd.date_range("2024-01-01", periods=rows, name="date").as_unit("us")
    values = np.random.default_rng(0).normal(100, 1, (rows, 8))
    frame = pd.DataFrame(values, index=index, columns=list(FIELDS))
    return History(ticker, frame, "USD", "America/New_York", "2024-02-01T00:00:00Z", "yfinance")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yahoo = Yahoo()
    with led(yahoo.port, tmp_path_factory.mktemp("yfinance")):
        yahoo.listings = {name: Listing(traded(days(250), n)) for n, name in enumerate("ABC")}
        yield yahoo
    yahoo.close()


def fetch(cache, **options):
    return fetch_yahoo(["A", "B", "C"], "max", cache=cache, progress=False, **options)


def test_a_file_cut_or_spoilt_anywhere_is_never_read(tmp_path):
    store = Cache.open(tmp_path)
    store.write(history())
    path = store.path("AAA")
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for at in range(0, len(good), 19):
        spoilt = bytearray(good)
        spoilt[at] ^= rng.integers(1, 256)
        for data in (good[:at], bytes(spoilt)):
            path.write_bytes(data)
            with pytest.raises(rt.DataError, match=f"^cache: {path} is damaged, not as it was"):
                store.read("AAA")
    for data in (good + b"\0", b"\0" + good, good * 2, b"PAR1PAR1", b"rotation sha256 "):
        path.write_bytes(data)
        with pytest.raises(rt.DataError, match="is damaged"):
            store.read("AAA")
    path.write_bytes(good)
    assert store.read("AAA") is not None


def test_a_file_of_another_ticker_or_program_is_never_read(tmp_path):
    store = Cache.open(tmp_path)
    store.write(history("BBB"))
    shutil.copy(store.path("BBB"), store.path("AAA"))
    with pytest.raises(rt.DataError, match="is of another format or ticker"):
        store.read("AAA")
    history("BBB").rows.to_parquet(store.path("AAA"))
    with pytest.raises(rt.DataError, match="is damaged"):
        store.read("AAA")
    store.path("AAA").unlink()
    store.path("AAA").mkdir()
    with pytest.raises(rt.DataError, match=r"^cache: cannot read .* \(Is a directory\)$"):
        store.read("AAA")


def test_a_damaged_file_is_said_and_asked_for_again(server, tmp_path):
    before = fetch(tmp_path)
    path = Cache.open(tmp_path).path("B")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    text = f"cache: {path} is damaged, not as it was written"
    offline = f"^B: {text}; delete it or fetch it again without offline$"
    with pytest.warns(YahooWarning, match=offline):
        found = fetch(tmp_path, offline=True)
    assert list(found.closes) == ["A", "C"]
    assert isinstance(found.missing["B"], rt.DataError)
    with pytest.raises(rt.DataError, match="nothing came; " + offline[1:]):
        fetch_yahoo("B", "max", cache=tmp_path, offline=True)
    with pytest.warns(YahooWarning, match=f"^B: {text}; asked for again$"):
        found = fetch(tmp_path)
    assert f"note: B: {text}; asked for again" in str(found)
    pd.testing.assert_frame_equal(found.closes, before.closes, check_exact=True)
    fetch(tmp_path, offline=True)


@contextlib.contextmanager
def small_disk(folder, size):
    """A folder with room for ``size`` bytes, or where no file can grow beyond that."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes=64", "rotation", str(folder)]
    can = os.geteuid() == 0 and shutil.which("mount") is not None
    if can and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            yield "No space left on device"
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 4, hard))
    try:
        yield "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_loses_nothing_that_came(server, tmp_path):
    whole = fetch(tmp_path / "whole")
    size = Cache.open(tmp_path / "whole").path("A").stat().st_size
    room = -(-size // 4096) * 4096 * 2  # for two of three files, or half of one
    with small_disk(tmp_path / "disk", room) as reason:
        text = rf"cannot write .*parquet \({reason}\); not kept for the next time"
        for _ in range(2):
            with pytest.warns(YahooWarning, match=text):
                found = fetch(tmp_path / "disk")
            pd.testing.assert_frame_equal(found.closes, whole.closes, check_exact=True)
            assert found.missing == {}
            assert "not kept for the next time" in str(found)
        folder = tmp_path / "disk" / "yahoo"
        assert not list(folder.glob(".*.tmp"))
        for path in folder.glob("*.parquet"):
            assert Cache.open(tmp_path / "disk").read(path.stem).last == whole.closes.index[-1]


def test_a_full_disk_leaves_what_was_there(tmp_path):
    with small_disk(tmp_path / "disk", 64 * 1024) as reason:
        store = Cache.open(tmp_path / "disk")
        store.write(history(rows=12))
        before = store.path("AAA").read_bytes()
        with pytest.raises(OSError, match=reason):
            store.write(history(rows=3000))
        assert store.path("AAA").read_bytes() == before
        assert [p.name for p in store.folder.iterdir()] == ["AAA.parquet"]


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


@pytest.mark.parametrize("filled", [True, False])
def test_a_folder_that_may_only_be_read_serves_and_is_not_written(server, filled):
    home = Path(tempfile.mkdtemp())
    try:
        whole = fetch(home / ("cache" if filled else "other"))
        (home / "cache" / "yahoo").mkdir(parents=True, exist_ok=True)
        for path in (home / "cache" / "yahoo", home / "cache", home):
            path.chmod(0o555)
        with no_rights():
            with pytest.warns(YahooWarning, match=r"cannot write .* \(Permission denied\); not"):
                found = fetch(home / "cache")
            assert list(found.closes) == ["A", "B", "C"]
            pd.testing.assert_frame_equal(found.closes, whole.closes, check_exact=True)
            if filled:
                again = fetch(home / "cache", offline=True)
                pd.testing.assert_frame_equal(again.closes, whole.closes, check_exact=True)
    finally:
        for path in (home, home / "cache", home / "cache" / "yahoo"):
            path.chmod(0o755)
        shutil.rmtree(home)


HOLD = """
import sys, time
from rotation.data.cache import Cache
with Cache.open(sys.argv[1]).lock("B", 5):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_ticker_that_another_process_holds_is_named_and_the_rest_comes(
    server, tmp_path, monkeypatch
):
    monkeypatch.setattr(yahoo_update, "_PATIENCE", 0.2)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        text = r"^B: cache: another process has held .*B\.lock for 0\.2 s; wait until it is done"
        with pytest.warns(YahooWarning, match=text):
            found = fetch(tmp_path)
        assert list(found.closes) == ["A", "C"]
    finally:
        holder.kill()
        holder.communicate()
    assert list(fetch(tmp_path).closes) == ["A", "B", "C"]  # the dead hold nothing


def test_what_the_dead_left_half_written_goes_with_the_next_write(tmp_path):
    store = Cache.open(tmp_path)
    store.write(history())
    left = store.folder / ".AAA.parquet.0123456789abcdef.tmp"
    other = store.folder / ".BBB.parquet.0123456789abcdef.tmp"
    for path in (left, other):
        path.write_bytes(b"PAR1")
    store.write(history(rows=13))
    assert not left.exists()
    assert other.exists()  # its writer may live
    assert len(store.read("AAA").rows) == 13


def test_locks_exclude_threads_and_give_way(tmp_path):
    store = Cache.open(tmp_path)
    with store.lock("AAA", 1.0):
        began = time.monotonic()
        with pytest.raises(rt.DataError, match="another process has held"), store.lock("AAA", 0.1):
            pass
        assert time.monotonic() - began >= 0.1
        with store.lock("BBB", 0.1):
            pass
    with store.lock("AAA", 0.1):
        pass


FETCH = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from data.yahoo_server import lead
from rotation.data import yahoo, yahoo_request
from rotation.errors import OutageError
yahoo_request._FIRST_WAIT = 0.001
port, yfinance, cache = sys.argv[1:]
lead(int(port), yfinance)
try:
    yahoo.fetch_yahoo("A", "max", cache=cache, retries=1, progress=False)
except OutageError as error:
    print(error)
"""


def test_a_cache_of_yfinances_own_that_is_broken_is_said_so(server, tmp_path):
    for name in ("cookies.db", "tkr-tz.db"):
        (tmp_path / name).write_text("this is no database" * 100)
    done = subprocess.run(
        [sys.executable, "-c", FETCH, str(server.port), str(tmp_path), str(tmp_path / "cache")],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    text = "tickers: nothing came; A: yfinance cannot use its own cache (file is not a database); "
    assert done.stdout.startswith(text + "yfinance.set_tz_cache_location(folder) gives it another")
