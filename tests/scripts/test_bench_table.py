"""The script that writes the benchmarks as tables."""

import doctest
import importlib.util
import json
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "scripts" / "bench_table.py"


def benchmark(group, params, seconds, units, peers, **more):
    """What pytest-benchmark writes of one, as far as it is read; peers by their seconds."""
    return {
        "group": group,
        "params": params,
        "stats": {"median": seconds},
        "extra_info": {
            "peers": {
                name: {"seconds": took, "ratio": took / seconds} for name, took in peers.items()
            },
            "units": units,
            "calibration": {"copy": 0.004, "product": 0.009},
            **more,
        },
    }


def report(*benchmarks):
    machine = {
        "python_version": "3.11.7",
        "packages": {"numpy": "2.4.6", "bt": "1.4.1"},
        "cpu": {"brand_raw": "Abacus 7", "count": 2},
    }
    return {"machine_info": machine, "benchmarks": list(benchmarks)}


RUN = """\
A unit took 6 ms; from 6 ms to 6 ms, by benchmark.

Abacus 7 x 2, Python 3.11.7, numpy 2.4.6, bt 1.4.1
"""

PLAIN = report(
    benchmark(
        "one bt or two", {"sessions": 5_000}, 0.002, 0.5, {"vectorbt_rust": 0.03, "copy": 0.0005}
    ),
    benchmark("import", {"statement": "import rotation"}, 1.25, 312.5, {"pandas": 1.0}),
)
PLAIN_TABLES = """\
### One bt or two

| size | contender | time | against rotation | units |
|---|---|---:|---|---:|
| 5,000 sessions | **rotation** | 2 ms |  | 0.5 |
|  | vectorbt rust | 30 ms | 15 times slower |  |
|  | copy | 500 µs | 4 times faster |  |

### Import

| size | contender | time | against rotation | units |
|---|---|---:|---|---:|
| `import rotation` | **rotation** | 1.25 s |  | 312 |
|  | pandas | 1 s | 1.2 times faster |  |

"""

SWEEPS = report(
    benchmark("sweep", {"strategies": 10, "threads": 1}, 0.01, 2.0, {"bt": 1.0}),
    benchmark(
        "sweep",
        {"strategies": 1_000, "threads": 1},
        0.1,
        20.0,
        {"bt": 100.0},
        memory={"before": 1 << 20, "peak": (1 << 20) + 5_000},
        profile={
            "signals": {"seconds": 0.03, "copy": 0.0002},
            "rest": {"seconds": 0.01, "copy": None},
        },
    ),
    benchmark("sweep", {"strategies": 1_000, "threads": 2}, 0.05, 10.0, {"bt": 100.0}),
    benchmark("often", {"every": "M"}, 0.1, 20.0, {"bt": 1.0}, axes={"decisions": 10}),
    benchmark("often", {"every": "D"}, 0.4, 80.0, {"bt": 1.0}, axes={"decisions": 40}),
)
SWEEP_TABLES = """\
### Sweep

| size | contender | time | a strategy | against rotation | units |
|---|---|---:|---:|---|---:|
| 10 strategies | **rotation** | 10 ms | 1 ms |  | 2 |
|  | bt | 1 s | 100 ms | 100 times slower |  |
| 1,000 strategies | **rotation** | 100 ms | 100 µs |  | 20 |
|  | bt | 100 s | 100 ms | 1,000 times slower |  |
|  | peak memory (1 MiB before it) | 1 MiB | 5 bytes |  |  |
| 1,000 strategies, 2 threads | **rotation** | 50 ms | 50 µs |  | 10 |
|  | bt | 100 s | 100 ms | 2,000 times slower |  |

| what grows | from, to | with | times | time, times | power |
|---|---|---|---:|---:|---:|
| strategies | 10 to 1,000 |  | 100 | 10 | 0.50 |
| threads | 1 to 2 | 1,000 strategies | 2 | 0.5 | -1.00 |

#### Where the time goes: 1,000 strategies

| part | time | share | its bytes at the speed of a copy |
|---|---:|---:|---:|
| signals | 30 ms | 75% | 200 µs |
| rest | 10 ms | 25% |  |
| all | 40 ms | 100% | 200 µs |

### Often

| size | contender | time | against rotation | units |
|---|---|---:|---|---:|
| 10 decisions | **rotation** | 100 ms |  | 20 |
|  | bt | 1 s | 10 times slower |  |
| 40 decisions | **rotation** | 400 ms |  | 80 |
|  | bt | 1 s | 2.5 times slower |  |

| what grows | from, to | with | times | time, times | power |
|---|---|---|---:|---:|---:|
| decisions | 10 to 40 |  | 4 | 4 | 1.00 |

"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("bench_table", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # doctest looks the module of a function up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def written(tmp_path):
    """Write a report to a file."""

    def write(content):
        path = tmp_path / "bench.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_examples(script):
    results = doctest.testmod(script)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize(("run", "tables"), [(PLAIN, PLAIN_TABLES), (SWEEPS, SWEEP_TABLES)])
def test_a_table_for_each_group(script, written, capsys, run, tables):
    assert script.main([str(written(run))]) == 0
    assert capsys.readouterr().out == tables + RUN


def test_takes_the_place_of_the_tables_on_a_page(script, written, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# Ours\n\n<!-- bench -->\nold \\1\n<!-- /bench -->\n\nThe end.\n")
    for _ in range(2):
        assert script.main([str(written(PLAIN)), "--page", str(page)]) == 0
        assert page.read_text() == (
            "# Ours\n\n<!-- bench -->\n\n" + PLAIN_TABLES + RUN + "\n<!-- /bench -->\n\nThe end.\n"
        )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("not json", "not a report of these benchmarks"),
        ("{}", "not a report of these benchmarks"),
        (json.dumps(PLAIN).replace("peers", "others"), "not a report of these benchmarks"),
        (json.dumps(PLAIN).replace("units", "others"), "not a report of these benchmarks"),
    ],
)
def test_one_line_on_bad_input(script, written, tmp_path, capsys, content, reason):
    path = tmp_path / "bench.json" if content is None else written(content)
    assert script.main([str(path)]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith(f"bench_table: {path}: {reason}")
    assert heard.err.count("\n") == 1


@pytest.mark.parametrize(
    ("page", "reason"),
    [(None, "No such file or directory"), ("# Ours\n", "no <!-- bench --> and <!-- /bench -->")],
)
def test_one_line_on_a_page_without_a_place(script, written, tmp_path, capsys, page, reason):
    path = tmp_path / "page.md"
    if page is not None:
        path.write_text(page)
    assert script.main([str(written(PLAIN)), "--page", str(path)]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith(f"bench_table: {path}: {reason}")
    assert heard.err.count("\n") == 1
    assert page is None or path.read_text() == page


def test_wants_one_argument(script, capsys):
    with pytest.raises(SystemExit, match="2"):
        script.main([])
    assert "required: report" in capsys.readouterr().err
