"""The reference has every public name, and none twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

import rotation as rt
from rotation import measures

REFERENCE = Path(__file__).parents[1] / "docs" / "reference" / "index.md"


def listed() -> Counter[str]:
    """Full names in the autosummary tables, and how often each is there."""
    names, module = Counter(), ""
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.fullmatch(r" {3}([A-Za-z_][\w.]*)", line):
            names[f"{module}.{found[1]}"] += 1
    return names


@pytest.mark.parametrize("name", rt.__all__)
def test_every_public_name_is_in_the_reference(name):
    assert f"rotation.{name}" in listed()


@pytest.mark.parametrize("name", [*measures.__all__, "settle"])
def test_so_are_the_figures_and_the_trade(name):
    home = "costs" if name == "settle" else "measures"
    assert f"rotation.{home}.{name}" in listed()


def test_no_name_is_in_the_reference_twice():
    assert set(listed().values()) == {1}
