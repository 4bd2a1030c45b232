"""Who does the blocks of a sweep changes nothing in it, and what goes wrong there is said here."""

import os
import re
import signal
import sys
import threading
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.blocks import work_through
from rotation.evaluation import Block

DAYS = pd.bdate_range("2015-01-01", periods=700)
STEPS = np.random.default_rng(5).normal(0.0003, 0.015, (700, 3))
CLOSES = pd.DataFrame(np.exp(STEPS.cumsum(axis=0)), DAYS, ["A", "B", "C"])
BASE = rt.Strategy(rt.Momentum(days=20), rt.Switch(), rt.Schedule("M"))
GRID = {"signal.days": [5, 20, 40, 60], "rule.margin": [0.0, 0.02], "schedule.offset": [0, 1, 4]}


def swept(signal=BASE.signal, grid=GRID, **options):
    options = {"progress": False, "block": 2, "check": False} | options
    return rt.sweep(CLOSES, rt.Strategy(signal, BASE.rule, BASE.schedule), grid, **options)


def same(one, other):
    np.testing.assert_array_equal(one.measures, other.measures)
    np.testing.assert_array_equal(one.which < 0, other.which < 0)
    mine, theirs = (each.switches.take(each.which[each.which >= 0]) for each in (one, other))
    for name in ("first", "row", "held"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@pytest.fixture(scope="module")
def alone():
    return swept()


def processes(many):
    """Made from scratch: a fork of a process with threads may hang."""
    return ProcessPoolExecutor(many, mp_context=get_context("spawn"))


@pytest.fixture(scope="module")
def pool():
    with processes(2) as pool:
        yield pool


class Watched(Executor):
    """An executor that counts what goes through it, and how often the strategies do."""

    def __init__(self, pool):
        self.pool, self.calls, self.whole = pool, 0, 0

    def submit(self, work, token, payload, *rest):
        self.calls += 1
        self.whole += payload is not None
        return self.pool.submit(work, token, payload, *rest)


class Here(Executor):
    """An executor that does some blocks when it is asked, and with the third after them ends."""

    def __init__(self, blocks=sys.maxsize, end=None):
        self.blocks, self.end, self.futures = blocks, end, []

    def submit(self, work, *given):
        future = Future()
        self.futures.append(future)
        if self.blocks > 0:
            answer = work(*given)
            self.blocks -= isinstance(answer, Block)
            future.set_result(answer)
        else:
            self.blocks -= 1
            if self.blocks == -3 and self.end is not None:
                future.set_exception(self.end)
        return future


def test_threads_give_the_very_same(alone):
    for jobs in (2, 5):
        same(swept(jobs=jobs), alone)
    same(swept(jobs=2, block=7), alone)
    with ThreadPoolExecutor(2) as pool:
        same(swept(executor=pool), alone)


def test_processes_give_the_very_same_and_are_sent_the_strategies_once(pool, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 16)  # so that much is asked for at once
    alone, watched = swept(start="2016-03"), Watched(pool)
    same(swept(executor=watched, block=1, start="2016-03"), alone)
    assert 1 <= watched.whole <= 4  # of 24 blocks; two, unless a process is kept waiting
    same(swept(executor=watched, block=5, start="2016-03"), alone)
    assert watched.whole <= 6


def test_parts_of_a_users_own_are_sent_too(pool):
    far = 3

    @dataclass(frozen=True)
    class Own:
        days: int

        def __call__(self, close):
            return np.vstack([np.full((self.days + far, 3), np.nan), close[self.days + far :]])

    rules = {"rule": [rt.Switch(), rt.Switch(0.02)], "signal.days": [1, 2, 3]}
    same(swept(Own(1), rules, executor=pool), swept(Own(1), rules))
    scored = {"signal": {"close": lambda close: close, "twice": lambda close: 2 * close}}
    same(swept(grid=scored, executor=pool), swept(grid=scored))


def test_strategies_that_cannot_be_sent_are_refused(pool, monkeypatch):
    @dataclass(frozen=True)
    class Locked:
        lock: object = field(default_factory=threading.Lock, compare=False)

        def __call__(self, close):
            return close

    with pytest.raises(rt.ArgumentError, match=r"executor: want strategies that can be .*lock"):
        swept(grid={"signal": [Locked()]}, executor=pool)
    with ThreadPoolExecutor(1) as threads:  # need not be sent anything
        assert len(swept(grid={"signal": [Locked()]}, executor=threads)) == 1
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(rt.ArgumentError, match=r"lambda.*in a module, or install cloudpickle"):
        swept(grid={"signal": {"close": lambda close: close}}, executor=pool)
    same(swept(executor=pool), swept())


def test_strategies_that_another_worker_took_are_sent_again(alone):
    class Late(Here):
        """A worker that does not get what is sent for it the first time."""

        sent = 0

        def submit(self, work, token, payload, *rest):
            self.sent += payload is not None
            if self.sent < 2 and payload is None:
                return super().submit(lambda: "late")
            return super().submit(work, token, payload, *rest)

    late = Late()
    same(swept(executor=late), alone)
    assert late.sent == 2


def test_a_worker_remembers_the_two_newest_sweeps():
    watched = Watched(Here())
    for start, sent in (("2016", 1), ("2017", 2), ("2016", 2), ("2016-06", 3), ("2016", 4)):
        swept(executor=watched, start=start)
        assert watched.whole == sent


def test_two_sweeps_may_share_workers(alone, pool):
    other = swept(start="2016")
    with ThreadPoolExecutor(2) as two:
        starts = (None, "2016") * 3
        found = list(two.map(lambda start: swept(executor=pool, start=start), starts))
    for each, want in zip(found, (alone, other) * 3, strict=True):
        same(each, want)


def test_more_is_asked_for_the_more_is_done(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    done, waiting, futures = [], [], []

    class Asked(Executor):
        def submit(self, *call):
            futures.append(pool.submit(*call))
            waiting.append((sum(not each.done() for each in futures), len(done)))
            return futures[-1]

    with ThreadPoolExecutor(1) as pool:
        work_through(
            swept().evaluation,
            1,
            executor=Asked(),
            progress=False,
            finished=lambda *_: done.append(1),
        )
    assert all(many <= 4 + finished for many, finished in waiting)
    assert max(many for many, _ in waiting) > 4


def failing(kind, *said, **options):
    class Fails:
        """A rule that never decides."""

        def decide(self, scores):
            raise kind(*said)

    grid = {"rule": [rt.Switch(), Fails()], "signal.days": range(1, 21)}
    return swept(grid=grid, **options)


def test_what_a_rule_raises_reaches_the_user():
    with ThreadPoolExecutor(1) as pool:
        for options in ({}, {"jobs": 2}, {"executor": pool}):
            with pytest.raises(KeyError, match="no such layer") as caught:
                failing(KeyError, "no such layer", **options)
            note = caught.value.__notes__[-1]
            assert re.search(r"^sweep: \d+ of 40 strategies were finished; with out=", note)


def test_what_a_rule_raises_in_another_process_reaches_the_user(pool, tmp_path):
    class Mine(Exception):
        """Of the user's own."""

    class Odd(Exception):
        """Which does not travel."""

        def __init__(self, why):
            super().__init__(why)
            self.lock = threading.Lock()

    class Far(Exception):
        """Which does not arrive."""

        def __init__(self, why, where):
            super().__init__(f"{why} in {where}")

    with pytest.raises(Mine, match="no such layer") as caught:
        failing(Mine, "no such layer", executor=pool)
    worker, said = caught.value.__notes__
    assert worker.startswith("in a worker:\nTraceback")
    assert "raise kind(*said)" in worker
    assert said.startswith("sweep: ")
    with pytest.raises(rt.RotationError, match=r"^Odd: no such layer"):
        failing(Odd, "no such layer", executor=pool)
    with pytest.raises(rt.RotationError, match=r"^Far: no layer in this table"):
        failing(Far, "no layer", "this table", executor=pool)
    out = tmp_path / "out"
    with pytest.raises(Mine) as caught:
        failing(Mine, executor=pool, out=out)
    said = caught.value.__notes__[-1]
    assert f" of 40 strategies are finished and kept in {out}; run the sweep again" in said
    same(swept(executor=pool), swept())  # nothing is broken by it


def test_a_pool_whose_process_is_killed_is_told_and_a_rerun_finishes(tmp_path):
    @dataclass(frozen=True)
    class Dies:
        """A rule that takes its process with it, the first time."""

        marker: Path

        def decide(self, scores):
            with suppress(FileExistsError):
                self.marker.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
            return rt.Switch().decide(scores)

    rules = [rt.Switch(0.01), Dies(tmp_path / "marker")]
    grid, out = {"rule": rules, "signal.days": range(1, 21)}, tmp_path / "out"
    with processes(2) as pool:
        with pytest.raises(
            rt.RotationError,
            match=r"executor: its workers are gone, or it takes no work \(A .*process.*\); "
            rf"\d+ of 40 strategies are finished and kept in {out}; run the sweep again",
        ) as caught:
            swept(grid=grid, executor=pool, out=out)
        assert isinstance(caught.value.__cause__, BrokenExecutor)
        with pytest.raises(rt.RotationError, match="its workers are gone"):
            swept(executor=pool)
    kept = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert f"{2 * len(kept)} of 40 strategies" in str(caught.value)
    with processes(1) as pool:
        same(swept(grid=grid, executor=pool, out=out), swept(grid=grid))
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    assert len(list(out.glob("part-*"))) == 20


def test_an_executor_that_takes_no_work_is_refused():
    pool = ProcessPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(
        rt.RotationError, match=r"takes no work \(cannot schedule .*\); 0 of 24 strategies were"
    ):
        swept(executor=pool)


@pytest.mark.parametrize("error", [BrokenExecutor("gone"), CancelledError()])
def test_what_was_not_begun_is_cancelled_when_workers_are_gone(error):
    here = Here(3, error)
    with pytest.raises(rt.RotationError, match=r"no work( \(gone\))?; 6 of 24 strategies were"):
        swept(executor=here)
    assert all(future.done() for future in here.futures)
    assert any(future.cancelled() for future in here.futures)


def test_an_interrupted_worker_leaves_what_is_finished(alone):
    here = Here(3, KeyboardInterrupt())
    with pytest.warns(UserWarning, match="interrupted; 6 of 24 strategies are finished"):
        found = swept(executor=here)
    pd.testing.assert_frame_equal(found.table, alone.table.iloc[:6])
    assert all(future.done() for future in here.futures)
    assert any(future.cancelled() for future in here.futures)


def test_what_goes_wrong_here_cancels_what_is_asked_for(alone):
    def full(start, stop):
        if start >= 4:
            raise OSError("no room left")

    here = Here(8)
    with pytest.raises(OSError, match="no room left") as caught:
        work_through(alone.evaluation, 2, executor=here, progress=False, finished=full)
    assert caught.value.__notes__[0].startswith("sweep: 4 of 24 strategies were finished")
    assert all(future.done() for future in here.futures)


def test_nothing_is_kept_that_is_not_counted(alone):
    counted = []

    def tell(*span):
        if len(counted) == 4:
            raise KeyboardInterrupt
        counted.append(span)

    done = work_through(alone.evaluation, 2, progress=False, finished=tell)
    assert [(0, 1), *((2 * n, 2 * n + 2) for n in done)] == counted


def test_a_client_is_no_executor_but_has_one():
    class Client:
        def submit(self, *call):
            """As Dask's."""

        def get_executor(self):
            """As Dask's."""

    with pytest.raises(rt.ArgumentError, match=r"got <.*Client.*>; client.get_executor\(\) makes"):
        swept(executor=Client())


def test_the_bar_shows_how_far_and_how_quick_and_no_bar_is_no_output(tmp_path, capfd):
    swept(out=tmp_path / "out")
    assert capfd.readouterr() == ("", "")
    (tmp_path / "out" / "part-00000003.parquet").unlink()
    swept(out=tmp_path / "out", progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "92%" in shown.err
    assert re.search(r"100%.*24.0/24.0 \[\d\d:\d\d<.*strategies(/s)?", shown.err)


def test_a_folder_of_the_same_closes_under_other_names_is_refused(tmp_path):
    strategy = rt.Strategy(BASE.signal, rt.rules.Refuge(rt.Switch(), to="C"), BASE.schedule)
    grid = {"signal.days": [5, 20]}
    rt.sweep(CLOSES, strategy, grid, out=tmp_path, progress=False)
    swapped = CLOSES.set_axis(["A", "C", "B"], axis=1)
    with pytest.raises(rt.ArgumentError, match="out: want a folder of this sweep"):
        rt.sweep(swapped, strategy, grid, out=tmp_path, progress=False)
