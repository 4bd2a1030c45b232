"""A ledger that fails says so with the way out; no trial is lost, none is half written."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation import trials

WINDOW = "2000-01-03/2022-12-28"
KEPT = "; the trials are counted in this process, and go into the file with its next record for it"


@pytest.fixture(autouse=True)
def no_ledger_of_the_users(monkeypatch):
    monkeypatch.delenv(trials.LEDGER_VARIABLE, raising=False)


def drawn(n, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (n, 2), dtype=np.uint64)


def rows(path):
    """How many trials a ledger holds, read by nothing of ours; it must be sound."""
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    (number,) = file.execute("SELECT count(*) FROM trial").fetchone()
    file.close()
    return number


def ledger(path):
    """A sound one with three settings of 700 trials."""
    for seed in range(3):
        trials.record(drawn(700, seed), data=f"{seed:x}", window=WINDOW, path=path)


def database(path, *statements):
    file = sqlite3.connect(path)
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()


def text(path):
    path.write_text("date,NVDA\n2024-03-01,82.28\n" * 100)


def notes(path):
    database(path, "CREATE TABLE note (text)")


def browser(path):
    database(path, "PRAGMA application_id = 252006674")


def later(path):
    ledger(path)
    database(path, "PRAGMA user_version = 3")


def cut_short(path):
    ledger(path)
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path):
    ledger(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 3 * 4096)


def without_tables(path):
    ledger(path)
    database(path, "DROP TABLE trial")


def no_text(path):
    ledger(path)
    path.write_bytes(path.read_bytes().replace(b"CHECK (", b"CHECK \x81"))


def unwritable(path):
    ledger(path)
    trigger = "CREATE TRIGGER no BEFORE INSERT ON trial BEGIN SELECT raise(ABORT, 'no'); END"
    database(path, trigger)


FAULTS = {
    no_text: "is damaged: bring back a copy of it, or move it away to begin another (SQLite: "
    "'utf-8' codec can't decode byte 0x81 in position 42: invalid start byte)",
    text: "is no ledger of trials: name another file (SQLite: file is not a database)",
    Path.mkdir: "cannot be opened: name a file in a folder that is there and may be written in "
    "(SQLite: unable to open database file)",
    notes: "is another program's database: name another file",
    browser: "is another program's database: name another file",
    later: "has schema 3, and this version of rotation knows 2: use the version that wrote it, "
    "or name another file",
    cut_short: "is damaged: bring back a copy of it, or move it away to begin another "
    "(SQLite: database disk image is malformed)",
    overwritten: "is damaged: bring back a copy of it, or move it away to begin another "
    "(SQLite: database disk image is malformed)",
    without_tables: "is damaged: bring back a copy of it, or move it away to begin another "
    "(SQLite: no such table: trial)",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_is_no_ledger_is_left_alone_and_no_trial_is_lost(fault, tmp_path):
    path, data = tmp_path / "trials.sqlite", token_hex(16)
    fault(path)
    before = path.read_bytes() if path.is_file() else sorted(path.iterdir())
    message = f"trials: {path} {FAULTS[fault]}"
    for seed in range(2):
        with pytest.raises(rt.DataError, match=f"^{re.escape(message + KEPT)}$"):
            trials.record(drawn(5, seed), data=data, window=WINDOW, path=path)
    with pytest.raises(rt.DataError, match=f"^{re.escape(message)}$"):
        trials.count(path=path)
    assert trials.count(data=data) == 10
    assert (path.read_bytes() if path.is_file() else sorted(path.iterdir())) == before

    path.rename(tmp_path / "aside")
    trials.record(drawn(3, seed=2), data=data, window=WINDOW, path=path)
    assert rows(path) == trials.count(data=data, path=path) == trials.count(data=data) == 13
    assert sorted(each.name for each in tmp_path.iterdir()) == ["aside", "trials.sqlite"]


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path):
    path, data = tmp_path / "trials.sqlite", token_hex(16)
    unwritable(path)
    with pytest.raises(rt.DataError, match=r"is damaged: .* \(SQLite: no\); the trials are count"):
        trials.record(drawn(5), data=data, window=WINDOW, path=path)
    assert rows(path) == 2100
    assert trials.count(data=data, path=path) == 5
    database(path, "DROP TRIGGER no")
    trials.record(drawn(1), data=data, window=WINDOW, path=path)
    assert rows(path) == 2105


def test_a_ledger_of_the_first_schema_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "trials.sqlite"
    ledger(path)
    database(
        path,
        "ALTER TABLE setting DROP COLUMN trials",
        "DROP TABLE origin",
        "PRAGMA user_version = 1",
    )
    monkeypatch.setattr(trials, "_here", {})
    assert trials.count(path=path) == trials.count(path=path) == 2100
    assert trials.origins(path=path) == {}
    trials.record(drawn(5, seed=9), data="1", window=WINDOW, path=path)
    assert trials.count(path=path) == rows(path) == 2105
    database(path, "DELETE FROM setting WHERE data = '0'")
    with pytest.raises(rt.DataError, match="is damaged"):
        trials.count(path=path)


def test_a_key_that_is_none_is_damage(tmp_path):
    path = tmp_path / "trials.sqlite"
    ledger(path)
    odd = "INSERT INTO trial SELECT id, x'00' FROM setting WHERE data = '1'"
    written = "UPDATE setting SET trials = trials + 1 WHERE data = '1'"
    database(path, "PRAGMA ignore_check_constraints = ON", odd, written)
    trials.record(drawn(1, seed=9), data="1", window=WINDOW)
    with pytest.raises(
        rt.DataError, match=r"is damaged: .* \(SQLite: a key that is not of 16 bytes"
    ):
        trials.count(data="1", path=path)


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM trial WHERE setting = 2 AND strategy > x'f0'",
        "DELETE FROM trial WHERE setting = 3",
        "DELETE FROM setting WHERE id = 1",
        "UPDATE trial SET setting = 1 WHERE strategy IN (SELECT min(strategy) FROM trial)",
    ],
)
def test_trials_that_a_file_has_lost_are_missed(loss, tmp_path):
    path = tmp_path / "trials.sqlite"
    ledger(path)
    database(path, loss)
    for asked in (None, "0", "fa15e"):  # also by those who ask for others
        with pytest.raises(
            rt.DataError, match=r"is damaged: .* trials are there where [\d,]+ were"
        ):
            trials.count(data=asked, path=path)


@pytest.mark.parametrize("name", ["none/trials.sqlite", "file/trials.sqlite", "a" * 300])
def test_a_place_where_no_file_can_be(name, tmp_path):
    (tmp_path / "file").touch()
    data = token_hex(16)
    with pytest.raises(rt.DataError, match="cannot be opened: name a file in a folder that is"):
        trials.record(drawn(5), data=data, window=WINDOW, path=tmp_path / name)
    assert trials.count(data=data) == 5
    (tmp_path / "none").mkdir()
    if name.startswith("none"):
        trials.record(drawn(5), data=data, window=WINDOW, path=tmp_path / name)
        assert rows(tmp_path / name) == 5


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_ledger_keeps_nobody_waiting_for_ever(lock, tmp_path):
    path, data = tmp_path / "trials.sqlite", token_hex(16)
    trials.record(drawn(5), data=data, window=WINDOW, path=path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(f"BEGIN {lock}")
    want = "is locked: let the program that holds it end, or name another file"
    message = f"trials: {path} {want} (SQLite: database is locked)"
    began = time.monotonic()
    with pytest.raises(rt.DataError, match=f"^{re.escape(message + KEPT)}$"):
        trials.record(drawn(5, seed=1), data=data, window=WINDOW, path=path, patience=0.2)
    assert 0.2 <= time.monotonic() - began < 4
    assert trials.count(data=data) == 10
    if lock == "EXCLUSIVE":
        with pytest.raises(rt.DataError, match=f"^{re.escape(message)}$"):
            trials.count(data=data, path=path, patience=0)
    else:  # readers may read; what is owed to the ledger counts too
        assert trials.count(data=data, path=path, patience=0) == 10
    other.execute("ROLLBACK")
    other.close()
    trials.record(drawn(1, seed=2), data=data, window=WINDOW, path=path)
    assert rows(path) == trials.count(data=data, path=path) == 11


def test_a_ledger_that_is_locked_for_a_while_is_waited_for(tmp_path):
    path = tmp_path / "trials.sqlite"
    ledger(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.4, other.execute, ["ROLLBACK"])
    release.start()
    trials.record(drawn(5, seed=9), data="9", window=WINDOW, path=path)
    release.join()
    other.close()
    assert rows(path) == 2105


WRITER = """
import sys
import numpy as np
from rotation import trials

path, seed, size = sys.argv[1], *map(int, sys.argv[2:])
rng = np.random.default_rng(seed)
for block in range(1000):
    some = rng.integers(0, 2**64, (size, 2), dtype=np.uint64)
    trials.record(some, data="aa", window="2000-01-03/2022-12-28", path=path)
    print(block, flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_whole_records(tmp_path):
    path, journal, size = tmp_path / "trials.sqlite", tmp_path / "trials.sqlite-journal", 200_000
    before, cut = 0, 0
    for seed, blocks in enumerate((0, 1, 2)):
        arguments = [sys.executable, "-c", WRITER, str(path), str(seed), str(size)]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        for _ in range(blocks):
            process.stdout.readline()
        until = time.monotonic() + 60
        while not journal.exists() and time.monotonic() < until:
            pass
        time.sleep(0.02 * seed)
        process.send_signal(signal.SIGKILL)
        said = blocks + len(process.communicate(timeout=60)[0].split())
        cut += journal.exists()
        after = trials.count(data="aa", path=path)
        assert after - before in (said * size, (said + 1) * size)
        assert after == 0 or rows(path) == after  # 0: not even its tables were there yet
        before = after
    assert cut  # or none was killed while it wrote
    trials.record(drawn(7, seed=99), data="aa", window=WINDOW, path=path)
    assert rows(path) == before + 7


def run(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


CROWDED = """
import json, resource, sys
import numpy as np
from rotation import DataError, trials

where = {"data": "aa", "window": "2000-01-03/2022-12-28", "path": sys.argv[1]}
some = np.random.default_rng(0).integers(0, 2**64, (30_000, 2), dtype=np.uint64)
said = []
trials.record(some[:1000], **where)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, unlimited[1]))
try:
    trials.record(some[1000:], **where)
except DataError as error:
    said.append(str(error))
said += [trials.count(data="aa"), trials.count(data="aa", path=sys.argv[1])]
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
trials.record(some[:1], **where)
said.append(trials.count(data="aa", path=sys.argv[1]))
print(json.dumps(said))
"""


def test_a_disk_without_room(tmp_path):
    path = tmp_path / "trials.sqlite"
    message, *counts = run(CROWDED, path)
    assert message.startswith(
        f"trials: {path} cannot be read or written: see that its disk is sound and has room "
        "(SQLite: disk I/O error); the trials are counted"
    )
    assert counts == [30_000, 30_000, 30_000]
    assert rows(path) == 30_000


FORBIDDEN = """
import json, os, sys
from pathlib import Path
import numpy as np
from rotation import DataError, trials

folder, said = Path(sys.argv[1]), {}
if os.geteuid() == 0:
    os.setuid(65534)  # root may do anything
some = np.arange(4, dtype=np.uint64).reshape(2, 2)
for name in ("readable", "unreadable", "new", "closed/trials"):
    for call in (trials.record, trials.count):
        try:
            arguments = (some,) if call is trials.record else ()
            got = call(*arguments, data=sys.argv[2], window="all", path=folder / name)
        except DataError as error:
            got = str(error).replace(str(folder), "")
        said[f"{call.__name__} {name}"] = got
print(json.dumps(said))
"""


def test_what_may_not_be_written_or_read():
    with TemporaryDirectory() as name:  # pytest's own is closed to other users
        folder = Path(name)
        (folder / "closed").mkdir()
        for each in ("readable", "unreadable", "closed/trials"):
            trials.record(drawn(5), data="aa", window="all", path=folder / each)
        modes = {"readable": 0o444, "unreadable": 0, "closed": 0, ".": 0o555}
        for each, mode in modes.items():
            (folder / each).chmod(mode)
        said = run(FORBIDDEN, folder, "aa")
        for each in reversed(modes):
            (folder / each).chmod(0o755)
        assert rows(folder / "readable") == 5
    unopened = (
        "cannot be opened: name a file in a folder that is there and may be written in "
        "(SQLite: unable to open database file)"
    )
    assert said == {
        "record readable": "trials: /readable may not be written: change its permissions, or name "
        f"another file (SQLite: attempt to write a readonly database){KEPT}",
        "count readable": 7,
        "record unreadable": f"trials: /unreadable {unopened}{KEPT}",
        "count unreadable": f"trials: /unreadable {unopened}",
        "record new": f"trials: /new {unopened}{KEPT}",
        "count new": 2,
        "record closed/trials": f"trials: /closed/trials {unopened}{KEPT}",
        "count closed/trials": f"trials: /closed/trials {unopened}",
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "trials.sqlite"
    ledger(path)
    return path.read_bytes()


@given(data=st.data())
def test_any_damage_is_an_error_or_does_no_harm(data, sound):
    spoilt = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4), label="places")):
        place = data.draw(st.integers(0, 200) | st.integers(0, len(sound) - 1), label="place")
        some = data.draw(st.binary(min_size=1, max_size=40), label="bytes")
        spoilt[place : place + len(some)] = some
    size = data.draw(st.just(len(spoilt)) | st.integers(0, len(spoilt)), label="size")
    with TemporaryDirectory() as folder:
        path, name, said = Path(folder) / "trials.sqlite", token_hex(16), []
        path.write_bytes(spoilt[:size])
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(rt.DataError):
            patch.setattr(trials, "_here", {})  # as another process, which has only the file
            assert trials.count(path=path) == (2100 if size else 0)
        for call in (
            lambda: trials.count(path=path),
            lambda: trials.record(drawn(3), data=name, window=WINDOW, path=path),
            lambda: trials.record(drawn(5), data="1", window=WINDOW, path=path),
            lambda: trials.count(path=path),
        ):
            try:
                call()
            except rt.DataError as error:
                said.append(str(error))
        assert all(each.startswith(f"trials: {path} ") for each in said)
        assert trials.count(data=name) == 3
