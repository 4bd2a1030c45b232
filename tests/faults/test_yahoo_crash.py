"""Processes that fetch at once, or are killed while they write: the cache stays whole."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data.yahoo_server import Fault, Listing, Yahoo, days, led, traded
from rotation.data.cache import Cache
from rotation.data.yahoo import fetch_yahoo

TESTS = Path(__file__).parents[1]
NAMES = [f"T{n:02d}" for n in range(12)]

FETCH = f"""
import sys, warnings
sys.path.insert(0, {str(TESTS)!r})
warnings.simplefilter("error")
from data.yahoo_server import lead
from rotation.data.yahoo import fetch_yahoo
port, yfinance, cache, *names = sys.argv[1:]
lead(int(port), yfinance)
print("ready", flush=True)
sys.stdin.readline()
found = fetch_yahoo(names, "max", cache=cache, progress=False)
assert list(found.closes) == names and not found.notes, str(found)
print(repr(float(found.closes.to_numpy().sum())))
"""

WRITE = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from data.yahoo_server import Listing, traded
import pandas as pd
from rotation.data.cache import Cache
from rotation.data.yahoo_history import FIELDS, History
store = Cache.open(sys.argv[1])
rows = Listing(traded(pd.bdate_range("2000-01-03", periods=3000))).yahoo()[list(FIELDS)]
print("ready", flush=True)
for n in range(10**9):
    rows["close"] = float(n)
    with store.lock("AAA", 10):
        store.write(History("AAA", rows, "USD", "UTC", str(n), "yfinance"))
"""


@pytest.fixture(scope="module")
def yahoo():
    server = Yahoo()
    yield server
    server.close()


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_that_fetch_the_same_at_once_agree(yahoo, tmp_path):
    yahoo.reset()
    yahoo.listings = {name: Listing(traded(days(500), n)) for n, name in enumerate(NAMES)}
    yahoo.always = {name: Fault(delay=0.005) for name in NAMES}
    arguments = (yahoo.port, tmp_path / "yfinance", tmp_path / "cache")
    orders = (NAMES, NAMES[::-1])
    both = [start(FETCH, *arguments, *names) for names in orders]
    for process in both:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    sums = []
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        out, complaints = process.communicate(timeout=60)
        assert (process.returncode, complaints) == (0, "")
        sums.append(float(out))
    assert sums[0] == pytest.approx(sums[1], rel=1e-12)
    for name in NAMES:  # the second to come asked only for what was new
        starts = sorted(int(query["period1"]) for query in yahoo.charts(name))
        assert len(starts) == 2
        assert starts[0] < 0 < starts[1]
    with led(yahoo.port, tmp_path / "yfinance-here"):
        found = fetch_yahoo(NAMES, "max", cache=tmp_path / "cache", progress=False)
    assert float(found.closes.to_numpy().sum()) == pytest.approx(sums[0], rel=1e-12)
    left = {path.suffix for path in (tmp_path / "cache" / "yahoo").iterdir()}
    assert left <= {".parquet", ".lock"}


def test_killed_at_any_moment_a_writer_leaves_a_whole_file(tmp_path):
    store, newest = Cache.open(tmp_path), -1
    rng = np.random.default_rng()
    for _ in range(6):
        process = start(WRITE, tmp_path)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        while store.read("AAA") is None:
            assert process.poll() is None
        time.sleep(rng.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        held = store.read("AAA")  # a DataError if it were not whole
        newest = int(held.fetched)
        assert (held.rows["close"] == newest).all()
        assert len(held.rows) == 3000
    assert newest >= 0
    with store.lock("AAA", 1.0):
        store.write(held)
    assert not list(store.folder.glob(".*.tmp"))


def test_a_reader_beside_a_writer_sees_whole_files_alone(tmp_path):
    store = Cache.open(tmp_path)
    process = start(WRITE, tmp_path)
    try:
        seen = set()
        while len(seen) < 10:
            assert process.poll() is None
            held = store.read("AAA")
            if held is not None:
                assert (held.rows["close"] == int(held.fetched)).all()
                seen.add(held.fetched)
    finally:
        process.kill()
        process.communicate()


def test_killed_while_it_fetches_a_process_leaves_what_had_come(yahoo, tmp_path):
    yahoo.reset()
    yahoo.listings = {name: Listing(traded(days(500), n)) for n, name in enumerate(NAMES)}
    yahoo.always = {name: Fault(delay=0.05) for name in NAMES}
    process = start(FETCH, yahoo.port, tmp_path / "yfinance", tmp_path / "cache", *NAMES)
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    process.stdin.write("\n")
    process.stdin.flush()
    store = Cache.open(tmp_path / "cache")
    while not list(store.folder.glob("*.parquet")):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    whole = {path.stem for path in store.folder.glob("*.parquet")}
    assert 0 < len(whole) < len(NAMES)
    yahoo.asked.clear()
    with led(yahoo.port, tmp_path / "yfinance-here"):
        found = fetch_yahoo(NAMES, "max", cache=tmp_path / "cache", progress=False)
    assert list(found.closes) == NAMES
    assert found.notes == ()
    first = {name for name, query in yahoo.asked if int(query["period1"]) < 0}
    assert first == set(NAMES) - whole
    assert found.closes.index.equals(days(500))
