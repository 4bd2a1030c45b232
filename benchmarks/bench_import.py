"""What `import rotation` costs, against `import pandas`: fresh interpreters, turn by turn."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Race = Callable[..., dict[str, Any]]


def loaded(statement: str) -> set[str]:
    """Run one statement in a fresh interpreter: the top-level modules that are loaded then."""
    child = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    return {module.partition(".")[0] for module in json.loads(done.stdout)}


@pytest.mark.benchmark(group="import, in a fresh interpreter")
@pytest.mark.parametrize("statement", ["import rotation", "from rotation import simulate"])
def test_import(race: Race, statement: str) -> None:
    """The package alone, since its names load late, and its first name."""
    answers = race(
        lambda: loaded(statement),
        rounds=10,
        pandas=lambda: loaded("import pandas"),
        bare_interpreter=lambda: loaded("pass"),
    )
    assert "rotation" in answers["rotation"]
    assert answers["rotation"] - answers["pandas"] - sys.stdlib_module_names == {"rotation"}
