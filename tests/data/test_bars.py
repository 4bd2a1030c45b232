"""Bars have one shape in all their fields."""

import pandas as pd
import pytest

import rotation as rt
from rotation.data.bars import Bars

CLOSE = pd.DataFrame(
    {"A": [1.0, 2.0], "B": [3.0, 4.0]}, index=pd.bdate_range("2024-01-01", periods=2)
)


def test_what_is_unknown_is_none():
    assert Bars(CLOSE, volume=CLOSE).high is None


@pytest.mark.parametrize(
    "other", [CLOSE.iloc[:1], CLOSE[["B", "A"]], CLOSE.shift(freq="D"), CLOSE["A"], None]
)
def test_a_field_of_another_shape_is_refused(other):
    with pytest.raises(rt.DataError, match=r"^(close: want a DataFrame|low: want)"):
        Bars(CLOSE, low=other) if other is not None else Bars(None)
