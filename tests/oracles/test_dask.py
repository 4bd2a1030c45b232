"""A Dask cluster of two processes gives the tables that one thread gives, whatever befalls it."""

import logging
import os
import re
import runpy
import signal
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import rotation as rt
from rotation.blocks import work_through

SCRIPT = Path(__file__).parents[2] / "scripts" / "sweep_on_dask.py"
DAYS = pd.bdate_range("2015-01-01", periods=700)
STEPS = np.random.default_rng(8).normal(0.0003, 0.015, (700, 3))
CLOSES = pd.DataFrame(np.exp(STEPS.cumsum(axis=0)), DAYS, ["A", "B", "C"])
BASE = rt.Strategy(rt.Momentum(days=20), rt.Switch(), rt.Schedule("M"))
GRID = {"signal.days": range(5, 65, 5), "rule.margin": [0.0, 0.02], "schedule.offset": [0, 4]}


def swept(grid=GRID, **options):
    return rt.sweep(CLOSES, BASE, grid, progress=False, block=2, check=False, **options)


def same(one, other):
    np.testing.assert_array_equal(one.measures, other.measures)
    np.testing.assert_array_equal(one.which < 0, other.which < 0)
    mine, theirs = (each.switches.take(each.which[each.which >= 0]) for each in (one, other))
    for name in ("first", "row", "held"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


class Watched(Executor):
    """An executor that counts how often the strategies go through it."""

    def __init__(self, pool):
        self.pool, self.whole = pool, 0

    def submit(self, work, token, payload, *rest):
        self.whole += payload is not None
        return self.pool.submit(work, token, payload, *rest)


def test_workers_give_the_very_same_and_are_sent_the_strategies_once(client, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 16)  # so that much is asked for at once
    watched = Watched(client.get_executor())
    same(swept(executor=watched), swept())
    first = watched.whole
    # Two workers, 24 blocks: Dask may give to one of them what was meant for the other.
    assert 1 <= first <= 12
    same(swept(executor=watched), swept())
    assert watched.whole - first <= 6


def test_two_sweeps_at_once_and_the_same_one_twice(client):
    starts = (None, "2016", None)
    with ThreadPoolExecutor(3) as three:
        found = list(three.map(lambda n: swept(executor=client.get_executor(), start=n), starts))
    for each, start in zip(found, starts, strict=True):
        same(each, swept(start=start))


def test_an_interrupted_sweep_may_be_run_again_at_once(client):
    def tired(start, stop):
        if start > 4:
            raise KeyboardInterrupt

    want = swept()
    for _ in range(3):
        done = work_through(
            want.evaluation,
            2,
            executor=client.get_executor(),
            progress=False,
            finished=tired,
        )
        assert len(done) < 24
        same(swept(executor=client.get_executor()), want)


def test_what_a_notebook_defines_reaches_the_workers(client):
    high = 0.02

    @dataclass(frozen=True)
    class Own:
        margin: float

        def decide(self, scores):
            return rt.Switch(self.margin + high).decide(scores)

    grid = {"rule": [Own(0.0), Own(0.01)], "signal": [lambda close: close, rt.Momentum(20)]}
    same(swept(grid, executor=client.get_executor()), swept(grid))


def test_a_worker_killed_mid_sweep_is_made_up_for(client, tmp_path):
    @dataclass(frozen=True)
    class Dies:
        """A rule that takes its process with it, the first time."""

        marker: Path

        def decide(self, scores):
            with suppress(FileExistsError):
                self.marker.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
            return rt.Switch(0.01).decide(scores)

    before = set(client.run(os.getpid).values())
    marker = tmp_path / "marker"
    grid = {"rule": [rt.Switch(), Dies(marker), rt.Switch(0.02)], "signal.days": range(5, 25)}
    found = swept(grid, executor=client.get_executor())
    assert marker.exists()
    same(found, swept(grid))
    client.wait_for_workers(2)
    after = set(client.run(os.getpid).values())
    assert len(before & after) == 1


def test_what_a_rule_raises_in_a_worker_reaches_the_user(client):
    class Mine(Exception):
        """Of the user's own."""

    class Fails:
        def decide(self, scores):
            raise Mine("no such layer")

    with pytest.raises(Mine, match="no such layer") as caught:
        swept({"rule": [rt.Switch(), Fails()]}, executor=client.get_executor())
    worker, said = caught.value.__notes__
    assert worker.startswith("in a worker:\nTraceback")
    assert said.startswith("sweep: ")


def test_a_client_is_refused_and_so_is_one_that_is_closed(client):
    with pytest.raises(rt.ArgumentError, match=r"got <Client.*; client.get_executor\(\) makes one"):
        swept(executor=client)
    with Client(client.scheduler.address) as other:
        pool = other.get_executor()
    with pytest.raises(rt.RotationError, match=r"or it takes no work \(.*\); 0 of 48 strategies"):
        swept(executor=pool)


def test_a_cluster_that_goes_away_is_told(client):
    other = Client(client.scheduler.address)
    with pytest.raises(rt.RotationError, match=r"workers are gone.*; \d+ of 48 strategies were"):
        work_through(
            swept().evaluation,
            2,
            executor=other.get_executor(),
            progress=False,
            finished=lambda *_: other.close(),
        )


def test_the_script_of_the_docs_runs_and_goes_on(client, tmp_path, capsys):
    main = runpy.run_path(str(SCRIPT))["main"]
    arguments = ["--sample", "300", "--scheduler", client.scheduler.address]
    arguments += ["--out", str(tmp_path / "out"), "--trials", str(tmp_path / "trials.sqlite")]
    for _ in range(2):
        assert main(arguments) == 0
        said = capsys.readouterr().out
        assert re.match(r"<Sweep of 300 strategies, .*> in [\d.]+ s\nThe best by inf", said)
        assert "information_ratio of 300 strategies in this sweep" in said
