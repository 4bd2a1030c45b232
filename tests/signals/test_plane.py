"""The rotation plane equals its pandas definition, and goes round the way it should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.signals import RotationPlane, relative, rotation_plane, zscore

REAL = rt.sample().loc["2010":"2014"]


def coordinates(closes, days, change):
    """Strength and momentum in pandas, from relative prices."""
    level = closes.copy()
    level[:] = relative(closes.to_numpy())

    def spread(table):
        rolling = table.rolling(days)
        deviation = rolling.apply(np.std, raw=True, kwargs={"ddof": 1})
        return deviation.mask(rolling.max() == rolling.min(), 0.0)

    def over(distance, unit):
        return (distance / unit).mask((unit == 0) & (distance == 0), 0.0)

    gap = (level - level.rolling(days).mean()).mask(spread(level) == 0, 0.0)
    strength = over(gap, spread(level))
    step = strength - strength.shift(change)
    return strength, over(step, spread(step)).replace([np.inf, -np.inf], np.nan)


@given(market=markets.closes(), days=st.integers(3, 12), change=st.integers(1, 8))
def test_coordinates_are_strength_and_its_change(market, days, change):
    strength, momentum = rotation_plane(market.to_numpy(), days, change)
    expected = coordinates(market, days, change)
    np.testing.assert_allclose(strength, expected[0], atol=1e-7)
    # A change in units of changes that hardly differ is as unsure as they are.
    np.testing.assert_allclose(momentum, expected[1], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(strength, zscore(market.to_numpy(), days, sign=1))


def test_coordinates_of_real_closes():
    strength, momentum = rotation_plane(REAL.to_numpy(), 63, 10)
    expected = coordinates(REAL, 63, 10)
    np.testing.assert_allclose(strength, expected[0], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(momentum, expected[1], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("heading", [0, 30.0, 90, 135, -45.5, 400])
def test_a_heading_is_a_direction_on_the_plane(heading):
    close = REAL.to_numpy()
    x, y = rotation_plane(close, 63, 10)
    along = (x + 1j * y) * np.exp(-1j * np.deg2rad(heading))
    scores = RotationPlane(63, 10, heading)(close)
    known = ~np.isnan(scores)
    np.testing.assert_array_equal(known, ~np.isnan(x + y))
    np.testing.assert_allclose(scores[known], along.real[known], atol=1e-12)


def test_a_cycle_is_gone_round_clockwise():
    swing = np.sin(np.arange(400) * 2 * np.pi / 100) / 10
    close = np.exp(np.column_stack([swing, -swing]))
    strength, momentum = (each[250:, 0] for each in rotation_plane(close, 100, 5))
    angle = np.unwrap(np.arctan2(momentum, strength))
    assert (np.diff(angle) < 0).all()
    assert angle[100] - angle[0] == pytest.approx(-2 * np.pi, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 5), "days: want sessions, 2 or more, got 1"),
        ((20, 0), "change: want sessions, 1 or more, got 0"),
        ((20, 5, np.nan), "heading: want degrees, got nan"),
        ((20, 5, "north"), "heading: want degrees, got 'north'"),
    ],
)
def test_arguments_are_checked(given, message):
    with pytest.raises(rt.ArgumentError, match=message):
        RotationPlane(*given)
