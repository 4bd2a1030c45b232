"""Whatever ends a sweep before its time, what is finished is kept and the rest comes out the same.

Run as a script, this file is the sweep that is killed or interrupted.
"""

import os
import signal
import struct
import subprocess
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rotation as rt

STEPS = np.random.default_rng(2).normal(0.0003, 0.015, (900, 3))
DAYS = pd.bdate_range("2015-01-01", periods=900)
CLOSES = pd.DataFrame(np.exp(STEPS.cumsum(axis=0)), DAYS, ["A", "B", "C"])
BASE = rt.Strategy(rt.Momentum(days=20), rt.Switch(), rt.Schedule("W"))
GRID = {"signal.days": range(5, 35), "rule.margin": [0.0, 0.01, 0.02], "rule.confirm": [1, 2]}
WAYS = {
    "alone": dict,
    "threads": lambda: {"jobs": 2},
    "processes": lambda: {"executor": ProcessPoolExecutor(2)},
}


@dataclass(frozen=True)
class Torn:
    """A rule whose process is killed, the first time, when half of an answer is in the pipe.

    Where Python sends answers, this sends what Python would: a length, and part of what it says.
    """

    marker: Path

    def decide(self, scores):
        with suppress(FileExistsError):
            self.marker.touch(exist_ok=False)
            frame = sys._getframe()
            while "result_queue" not in frame.f_locals:
                frame = frame.f_back
            queue = frame.f_locals["result_queue"]
            queue._wlock.acquire()
            os.write(queue._writer.fileno(), struct.pack("!i", 100_000) + bytes(50_000))
            os.kill(os.getpid(), signal.SIGKILL)
        return rt.Switch().decide(scores)


@dataclass(frozen=True)
class Waits:
    """A rule that says that it began, and does not end before it is told to."""

    begun: Path
    end: Path

    def decide(self, scores):
        self.begun.touch()
        while not self.end.exists():
            time.sleep(0.01)
        return rt.Switch().decide(scores)


def waiting(folder):
    """Twenty strategies that are soon done, and forty that are not."""
    rules = [rt.Switch(), Waits(folder / "begun", folder / "end"), rt.Switch(0.1)]
    return {"rule": rules, "signal.days": range(5, 25)}


def swept(grid=GRID, **options):
    return rt.sweep(CLOSES, BASE, grid, block=2, check=False, **{"progress": False} | options)


def killed(folder, way):
    """Sweep as far as it is let."""
    swept(out=folder / "out", **way)


def interrupted(folder, way):
    """Sweep until Ctrl-C, show what there is, and go on."""
    # What a shell starts in the background ignores Ctrl-C, and so does all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with warnings.catch_warnings(record=True) as caught:
        found = swept(waiting(folder), out=folder / "out", progress=True, **way)
    (folder / "end").touch()
    np.save(folder / "found.npy", found.table)
    print(len(found), found.best().trials, caught[0].message)
    np.save(folder / "whole.npy", swept(waiting(folder), out=folder / "out").table)


def torn(folder, way):
    """Sweep until a process is killed in the middle of an answer, and go on."""
    grid = {"rule": [rt.Switch(), Torn(folder / "marker")], "signal.days": range(5, 35)}
    try:
        with way["executor"] as pool:
            swept(grid, executor=pool, out=folder / "out")
    except rt.RotationError as error:
        print(parts(folder), error)
    np.save(folder / "whole.npy", swept(grid, out=folder / "out").table)


@contextmanager
def begun(what, folder, way):
    """This file as another process, in a group of its own, all of which is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, __file__, what.__name__, str(folder), way],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def parts(folder):
    return len(list((folder / "out").glob("part-*.parquet")))


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    np.testing.assert_array_equal(one.which < 0, other.which < 0)
    mine, theirs = (each.switches.take(each.which[each.which >= 0]) for each in (one, other))
    for name in ("first", "row", "held"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_any_moment_a_sweep_goes_on_to_the_same_table(tmp_path, way):
    counts = [0]
    for delay in np.random.default_rng(11).uniform(0, 0.1, 3):
        with begun(killed, tmp_path, way) as process:
            while process.poll() is None and parts(tmp_path) <= counts[-1]:
                time.sleep(0.002)
            time.sleep(delay)
        counts.append(parts(tmp_path))
    assert counts == sorted(counts)
    assert counts[1] > 0
    same(swept(out=tmp_path / "out"), swept())
    assert parts(tmp_path) == 90


@pytest.mark.parametrize("way", WAYS)
def test_control_c_leaves_what_is_finished(tmp_path, way):
    with begun(interrupted, tmp_path, way) as process:
        while parts(tmp_path) < 10 or not (tmp_path / "begun").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # to all processes, as a terminal sends it
        said, shown = process.communicate(timeout=60)
    assert process.returncode == 0, shown
    n, trials, message = said.rstrip().split(" ", 2)
    assert int(n) in {18, 20}  # the tenth block may have been about to be kept
    assert trials == n
    assert message == f"sweep: interrupted; {n} of 60 strategies are finished"
    whole = swept(waiting(tmp_path)).table.to_numpy()
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), whole[: int(n)])
    np.testing.assert_array_equal(np.load(tmp_path / "whole.npy"), whole)


def test_a_process_killed_in_the_middle_of_an_answer_ends_the_sweep_and_a_rerun_finishes(tmp_path):
    with begun(torn, tmp_path, "processes") as process:
        said, shown = process.communicate(timeout=60)
    assert process.returncode == 0, shown
    kept, said = said.split(" ", 1)
    assert said.startswith("executor: its workers are gone, or it takes no work (A process in the")
    assert f"; {2 * int(kept)} of 60 strategies are finished and kept in {tmp_path}" in said
    assert int(kept) < 30
    whole = swept(
        {"rule": {"one": rt.Switch(), "other": rt.Switch()}, "signal.days": range(5, 35)}
    ).table
    np.testing.assert_array_equal(np.load(tmp_path / "whole.npy"), whole)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]), WAYS[sys.argv[3]]())
