"""The scripts that hold a run of the benchmarks against the runs before, and draw them all."""

import doctest
import importlib
import json
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def report(date="2026-03-05", machine="Abacus 7", copies=(0.004, 0.004), **units):
    """A report as pytest-benchmark writes it, as far as it is read: units by benchmark."""
    return {
        "datetime": f"{date}T10:20:30.123456+00:00",
        "commit_info": {"id": "0123456789abcdef", "dirty": True},
        "machine_info": {
            "packages": {"rotation": "0.1.0"},
            "cpu": {"brand_raw": machine, "count": 2},
        },
        "benchmarks": [
            {
                "name": f"test_{name}",
                "params": {"sessions": 5_000},
                "extra_info": {
                    "units": took,
                    "calibration": {"copy": copies[number % 2], "product": 0.009},
                    "peers": {
                        "bt": {"ratio": 90.0},
                        "vectorbt_rust": {"ratio": 25.0},
                        "copy": {"ratio": 0.1},
                    },
                },
            }
            for number, (name, took) in enumerate(units.items())
        ],
    }


@pytest.fixture(scope="module")
def scripts():
    """Import a script by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module


@pytest.fixture
def bench(scripts, tmp_path, capsys):
    """Run the script on a report and a history of its own: status, output, complaints."""

    def run(content, *options):
        path = tmp_path / "bench.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        history = ["--history", str(tmp_path / "history.csv")]
        status = scripts("bench_compare").main([str(path), *history, *options])
        return status, *capsys.readouterr()

    return run


def test_examples(scripts):
    results = doctest.testmod(scripts("bench_compare"))
    assert results.attempted
    assert not results.failed


def test_keeps_a_run_as_it_was(bench, tmp_path):
    assert bench(report(one=12.3456, many=2000), "--keep") == (0, "", "")
    assert (tmp_path / "history.csv").read_text() == (
        "date,commit,version,machine,benchmark,size,units,peer,ratio\n"
        '2026-03-05T10:20:30Z,0123456789+,0.1.0,Abacus 7 x 2,one,"5,000 sessions",12.35,'
        "vectorbt rust,25.0\n"
        '2026-03-05T10:20:30Z,0123456789+,0.1.0,Abacus 7 x 2,many,"5,000 sessions",2000.0,'
        "vectorbt rust,25.0\n"
    )


def test_keeps_runs_in_the_order_they_came(bench, tmp_path):
    for day in ("2026-03-05", "2026-03-06"):
        assert bench(report(day, one=10), "--keep")[0] == 0
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert [line[:10] for line in lines[1:]] == ["2026-03-05", "2026-03-06"]


def test_keeps_no_run_twice(bench, tmp_path):
    bench(report(one=10), "--keep")
    before = (tmp_path / "history.csv").read_bytes()
    status, out, err = bench(report(one=10), "--keep")
    assert (status, out) == (2, "")
    assert "has the run of 2026-03-05T10:20:30Z already" in err
    assert (tmp_path / "history.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("units", "options", "status"),
    [
        (10, (), 0),
        (5, (), 0),
        (12.5, (), 0),  # a quarter more, and not more than that
        (12.51, (), 1),
        (12.51, ("--loss", "0.5"), 0),
        (11.01, ("--loss", "0.1"), 1),
    ],
)
def test_fails_on_a_quarter_more(bench, units, options, status):
    bench(report(one=10), "--keep")
    assert bench(report("2026-03-06", one=units), *options)[0] == status


def test_says_which_and_by_how_much(bench):
    bench(report(one=10, many=40), "--keep")
    status, out, err = bench(report("2026-03-06", "Babbage 1", one=10.1, many=60))
    assert status == 1
    assert out == (
        "| benchmark | stored | units then | now | change |\n"
        "|---|---|---:|---:|---:|\n"
        "| one | 2026-03-05 0123456789+ | 10 | 10.1 | +1% |\n"
        "| many | 2026-03-05 0123456789+ | 40 | 60 | +50% |\n"
    )
    assert err == (
        "bench_compare: slower: many (5,000 sessions): +50%, from 40 to 60 units since "
        "2026-03-05, on Abacus 7 x 2; vectorbt rust was 25 times slower then, vectorbt rust is "
        "25 times slower now\n"
    )


def test_compares_with_the_last_stored(bench):
    for day, units in (("2026-03-05", 10), ("2026-03-06", 20)):
        bench(report(day, one=units), "--keep")
    assert bench(report("2026-03-07", one=22))[0] == 0
    assert bench(report("2026-03-07", one=26))[0] == 1


def test_names_what_is_new_and_what_was_not_run(bench):
    bench(report(one=10, gone=3), "--keep")
    status, out, err = bench(report("2026-03-06", one=10, fresh=7))
    assert (status, err) == (0, "")
    assert "| fresh | | | 7 | new |\n" in out
    assert "| gone | 2026-03-05 | | | not run |\n" in out


def test_says_if_the_yardstick_was_not_steady(bench):
    quiet = report(one=10, many=40, copies=(0.004, 0.004 * 1.6))
    assert bench(quiet, "--keep") == (0, "", "")
    restless = report("2026-03-06", one=10, many=40, copies=(0.004, 0.016))
    status, _, err = bench(restless)
    assert status == 0
    assert err.startswith("bench_compare: the machine was busy: a unit took from 6 ms to 12 ms")
    assert bench(restless, "--keep")[2] == err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not json", "not a report of these benchmarks"),
        ("{}", "not a report of these benchmarks"),
        (json.dumps(report(one=1)).replace("units", "others"), "not a report"),
    ],
)
def test_one_line_on_a_bad_report(bench, tmp_path, content, reason):
    status, out, err = bench(content, "--keep")
    assert (status, out) == (2, "")
    assert err.startswith(f"bench_compare: {tmp_path / 'bench.json'}: {reason}")
    assert err.count("\n") == 1
    assert not (tmp_path / "history.csv").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no run is stored"),
        ("", "not a history of benchmarks"),
        ("date,units\n2026-03-05,10\n", "not a history of benchmarks"),
        (
            "date,commit,version,machine,benchmark,size,units,peer,ratio\na,b,c,d,e,f,much,h,2\n",
            "could not convert",
        ),
        ("date,commit,version,machine,benchmark,size,units,peer,ratio\na,b\n", ""),
    ],
)
def test_one_line_on_a_bad_history(bench, tmp_path, content, reason):
    if content is not None:
        (tmp_path / "history.csv").write_text(content)
    status, out, err = bench(report(one=1))
    assert (status, out) == (2, "")
    assert err.startswith(f"bench_compare: {tmp_path / 'history.csv'}: {reason}")
    assert err.count("\n") == 1


def test_one_line_on_no_report(scripts, tmp_path, capsys):
    path = tmp_path / "none.json"
    assert scripts("bench_compare").main([str(path)]) == 2
    assert capsys.readouterr().err == f"bench_compare: {path}: No such file or directory\n"


def test_draws_the_same_picture_of_the_same_runs(scripts, bench, tmp_path):
    bench(report(one=10), "--keep")
    bench(report("2026-03-06", one=9, many=40), "--keep")
    runs = scripts("bench_compare").history(tmp_path / "history.csv")
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        scripts("draw_bench_history").draw(runs, picture)
    one, two = (picture.read_text() for picture in pictures)
    assert one == two
    for text in (
        "one: 5,000 sessions",
        "9; vectorbt rust 25 times slower",
        "many: 5,000 sessions",
        "40; vectorbt rust 25 times slower",
        "2026-03-05",
        "2026-03-06",
    ):
        assert text in one


def test_the_stored_history_can_be_read(scripts):
    compare = scripts("bench_compare")
    runs = compare.history(compare.HISTORY)
    assert runs
    assert all(score.units > 0 and score.ratio > 0 for score in runs)
