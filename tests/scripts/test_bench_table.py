"""The script that writes the benchmarks as tables."""

import doctest
import importlib.util
import json
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "scripts" / "bench_table.py"

REPORT = {
    "machine_info": {"python_version": "3.11.7", "packages": {"numpy": "2.4.6", "bt": "1.4.1"}},
    "benchmarks": [
        {
            "group": "one backtest",
            "params": {"sessions": sessions},
            "stats": {"median": 0.002},
            "extra_info": {
                "peers": {
                    "vectorbt_rust": {"seconds": 0.03, "ratio": 15.0},
                    "copy": {"seconds": 0.0005, "ratio": 0.25},
                }
            },
        }
        for sessions in (1_250, 5_000)
    ]
    + [
        {
            "group": "import",
            "params": {"statement": "import rotation"},
            "stats": {"median": 1.25},
            "extra_info": {"peers": {"pandas": {"seconds": 1.0, "ratio": 0.8}}},
        }
    ],
}

TABLES = """\
### One backtest

| size | contender | time | against rotation |
|---|---|---:|---|
| 1,250 sessions | **rotation** | 2 ms |  |
|  | vectorbt rust | 30 ms | 15 times slower |
|  | copy | 0.5 ms | 4 times faster |
| 5,000 sessions | **rotation** | 2 ms |  |
|  | vectorbt rust | 30 ms | 15 times slower |
|  | copy | 0.5 ms | 4 times faster |

### Import

| size | contender | time | against rotation |
|---|---|---:|---|
| `import rotation` | **rotation** | 1.25 s |  |
|  | pandas | 1 s | 1.2 times faster |

Python 3.11.7, numpy 2.4.6, bt 1.4.1
"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("bench_table", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examples(script):
    results = doctest.testmod(script)
    assert results.attempted
    assert not results.failed


def test_a_table_for_each_group(script, tmp_path, capsys):
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(REPORT))
    assert script.main([str(path)]) == 0
    assert capsys.readouterr().out == TABLES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("not json", "not a report of these benchmarks"),
        ("{}", "not a report of these benchmarks"),
        (json.dumps(REPORT).replace("peers", "others"), "not a report of these benchmarks"),
    ],
)
def test_one_line_on_bad_input(script, tmp_path, capsys, content, reason):
    path = tmp_path / "bench.json"
    if content is not None:
        path.write_text(content)
    assert script.main([str(path)]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith(f"bench_table: {path}: {reason}")
    assert heard.err.count("\n") == 1


def test_wants_one_argument(script, capsys):
    with pytest.raises(SystemExit, match="2"):
        script.main([])
    assert "required: report" in capsys.readouterr().err
