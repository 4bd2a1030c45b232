"""The command line as a shell sees it."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from rotation import cli
from rotation.thesis import shovels

ROOT = Path(__file__).parents[1]


TOLD = r"Strategies tried on these closes: [1-9]\d*, by {}\n"


@pytest.fixture(autouse=True)
def ledger(monkeypatch, tmp_path):
    """A ledger of its own for each test."""
    path = tmp_path / "trials.sqlite"
    monkeypatch.setenv("ROTATION_TRIALS", str(path))
    return path


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["rotation", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code or 0, *capsys.readouterr()


def test_demo_prints_the_table_and_what_it_is_not(monkeypatch, capsys, ledger):
    code, out, err = run(monkeypatch, capsys, "demo")
    assert code == 0
    assert out == f"{shovels.demonstrate()}\n\n{shovels.CAVEAT}\n"
    assert "Hindsight: they were chosen on" in out
    assert re.fullmatch(TOLD.format(re.escape(str(ledger))), err)


def test_trials_are_counted_beside_the_project(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("ROTATION_TRIALS")
    monkeypatch.chdir(tmp_path)
    _, _, err = run(monkeypatch, capsys, "demo")
    assert re.fullmatch(TOLD.format("rotation-trials.sqlite"), err)
    assert (tmp_path / "rotation-trials.sqlite").exists()


def test_without_a_ledger_trials_are_those_of_this_run(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("ROTATION_TRIALS", "")
    monkeypatch.chdir(tmp_path)
    _, _, err = run(monkeypatch, capsys, "demo")
    assert re.fullmatch(TOLD.format("this run alone"), err)
    assert not list(tmp_path.iterdir())


def test_the_example_prints_the_same_table(capsys):
    runpy.run_path(str(ROOT / "examples/semis_to_software.py"))
    assert capsys.readouterr().out.startswith(str(shovels.demonstrate()))


def test_demo_as_json(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "demo", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found["table"]) == ["switch", "shovels", "applications", "50/50"]
    assert found["caveat"] == shovels.CAVEAT


def test_demo_writes_the_page(monkeypatch, capsys, tmp_path, ledger):
    page = tmp_path / "demo.html"
    code, _, err = run(monkeypatch, capsys, "demo", "--page", str(page))
    assert code == 0
    told = TOLD.format(re.escape(str(ledger)))
    assert re.fullmatch(f"{told}The page is {re.escape(str(page))}\n", err)
    assert page.read_text().lower().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--pgae", "x.html"], "rotation: No such option: --pgae"),
        (["dmo"], "rotation: No such command 'dmo'"),
        (["demo", "--page"], "rotation: Option '--page' requires an argument."),
        (["demo", "--page", "x.pdf"], "rotation: path: want"),
        (["demo", "--page", "/proc/x.html"], "rotation: path: cannot write /proc/x.html (No such"),
        (["demo", "extra"], "rotation: Got unexpected extra argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(monkeypatch, capsys, arguments, message):
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_help_has_an_example(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "demo", "--help")
    assert code == 0
    assert "Example: rotation demo --page semis_to_software.html" in out
    assert "Try: rotation demo" in run(monkeypatch, capsys)[1]


def test_without_typer_it_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "typer", None)
    code, _, err = run(monkeypatch, capsys, "demo")
    assert code == 2
    assert err == 'rotation: the command line needs typer; run pip install "rotation[cli]"\n'


def test_the_console_script_is_installed():
    command = Path(sys.executable).with_name("rotation")
    done = subprocess.run([command, "demo"], capture_output=True, text=True, check=True)
    assert "50/50" in done.stdout
