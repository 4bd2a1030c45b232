"""Every example runs as it stands, and shows something."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_runs(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()


@pytest.fixture(scope="module")
def ways():
    """Table and accounts of the ways to pay."""
    return runpy.run_path(str(next(path for path in EXAMPLES if path.stem == "pay_your_way")))


def test_dearer_ways_to_pay_cost_more(ways):
    cost, entry = ways["table"]["cost"], ways["table"]["entry"]
    assert cost["no costs"] == entry["no costs"] == 0
    for dear in ("whole shares, 2,000", "impact, 100 million"):
        assert cost[dear] > cost["10 bp"]
        assert entry[dear] > 0.99 * entry["10 bp"]


def test_a_band_trades_less(ways):
    turnover, cost = ways["table"]["annual_turnover"], ways["table"]["cost"]
    assert turnover["10 bp, band of 5 %"] < 0.5 * turnover["10 bp"]
    assert 0 < cost["10 bp, band of 5 %"] < cost["10 bp"]
