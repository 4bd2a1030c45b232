"""The script that measures how often rotation is found."""

import importlib.util
import os
from pathlib import Path

import pytest

from rotation import trials
from rotation.data.synthetic import Leadership, Recipe, draw_world, draw_worlds

PATH = Path(__file__).parents[2] / "scripts" / "measure_size_and_power.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("measure_size_and_power", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_plain_is_found_and_what_is_not_there_seldom(script):
    plain = Recipe(sessions=1500, leadership=Leadership(edge=2.0, duration=250))
    assert script.rates(draw_worlds(plain, 3, seed=1)) == dict.fromkeys(script.COLUMNS, 1.0)
    null = script.cases(1500)["null, normal"]
    assert null.null
    assert script.rates(draw_worlds(null, 10, seed=1))["best, deflated"] <= 0.1


def test_what_takes_account_of_more_is_never_more_sure(script):
    closes = draw_world(Recipe(sessions=800), seed=2).closes
    found = script.verdicts(closes)
    assert set(found) == set(script.COLUMNS)
    assert found["best, plain"] >= found["one, plain"]
    assert found["best, plain"] >= found["best, effective"] >= found["best, deflated"]
    grid = len(script.DAYS) * len(script.MARGINS)
    assert trials.count(data=trials.data_hash(closes)) == grid  # the fixed rule is one of them


def test_the_plain_figure_is_that_of_a_rule_tried_alone(script, monkeypatch):
    closes = draw_world(Recipe(sessions=800), seed=3).closes
    monkeypatch.setattr(script, "DAYS", (126,))
    monkeypatch.setattr(script, "MARGINS", (0.02,))
    found = script.verdicts(closes)
    assert found["best, plain"] == pytest.approx(found["one, plain"], rel=1e-9)
    assert found["best, deflated"] == found["one, plain"]


def test_it_prints_a_row_a_recipe_and_counts_in_no_file(script, monkeypatch, capsys, tmp_path):
    ledger = tmp_path / "trials.sqlite"
    monkeypatch.setenv(trials.LEDGER_VARIABLE, str(ledger))
    assert script.main(["--worlds", "1", "--sessions", "600"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines[2:-2]]
    assert names == list(script.cases())
    assert lines[-1].startswith("Per cent of 1 worlds of 600 sessions each, seed 6;")
    assert not ledger.exists()
    assert os.environ[trials.LEDGER_VARIABLE] == str(ledger)


@pytest.mark.parametrize("bad", ["--worlds=0", "--sessions=300", "--seed=-1"])
def test_it_refuses_what_it_cannot_measure(script, bad, capsys):
    with pytest.raises(SystemExit, match="2"):
        script.main([bad])
    assert "want 1 world or more" in capsys.readouterr().err
