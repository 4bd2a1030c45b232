"""Hypothesis profiles: `dev` is quick, `ci` is thorough and draws the same examples every time.

`mutants` is for running tests against thousands of mutants (`make mutants`): few examples, the same
every time, and none made smaller once one has failed.
"""

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, is_hypothesis_test, settings

settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "mutants",
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Drawn examples are not traced: to take coverage of them takes as long as they do."""
    trace = sys.gettrace()
    if is_hypothesis_test(getattr(item, "function", None)):
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(trace)
