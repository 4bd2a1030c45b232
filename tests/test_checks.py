"""A number is a finite one, whatever type holds it."""

from fractions import Fraction

import numpy as np
import pytest

import rotation as rt
from rotation.checks import check_count, check_flag, check_number, check_positive


@pytest.mark.parametrize("value", [1, 0.5, Fraction(1, 50), np.float32(0.5), np.int64(3)])
def test_numbers_of_any_type_pass(value):
    check_number("x", value, 0)
    check_positive("x", value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 10**400, True, "1", None, [1], 1j])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(rt.ArgumentError, match="x: want a number, 0 or more, got"):
        check_number("x", value, 0)
    with pytest.raises(rt.ArgumentError, match="x: want a number above 0, got"):
        check_positive("x", value)


@pytest.mark.parametrize("value", [-1, 1.0, True, "1", None])
def test_what_is_no_count_is_refused(value):
    with pytest.raises(rt.ArgumentError, match="x: want sessions, 0 or more, got"):
        check_count("x", value, 0)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_flags_pass(value):
    check_flag("x", value)


@pytest.mark.parametrize("value", [0, 1, "no", None, np.array([True])])
def test_what_is_no_flag_is_refused(value):
    with pytest.raises(rt.ArgumentError, match="x: want True or False, got"):
        check_flag("x", value)
