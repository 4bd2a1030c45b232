"""A day is the same day wherever it is asked for, or none."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from rotation.days import read_date
from rotation.rules import EventSwitch
from rotation.signals import Published
from rotation.tables import read_day

READERS = {
    "Schedule": lambda day: rt.Schedule([day]).every[0],
    "EventSwitch": lambda day: EventSwitch([day], "a", "b").dates[0],
    "Published": lambda day: Published([day], [1.0]).dates[0],
    "Member": lambda day: rt.Member("A", start=day).start,
    "Universe": lambda day: rt.Universe({"a": ["A"]}, chosen_on=day).chosen_on,
}
everywhere = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@everywhere
@pytest.mark.parametrize(
    "day",
    [
        "2024-01-05",
        np.str_("2024-01-05"),
        date(2024, 1, 5),
        datetime(2024, 1, 5),
        np.datetime64("2024-01-05"),
        np.datetime64("2024-01-05T00:00"),
        pd.Timestamp("2024-01-05"),
        pd.Timestamp("2024-01-05").as_unit("ns").to_datetime64(),
    ],
    ids=repr,
)
def test_a_day_is_read_alike_everywhere(read, day):
    assert type(read(day)) is date
    assert read(day) == date(2024, 1, 5)


@everywhere
@pytest.mark.parametrize(
    "day",
    [
        "2024-02-30",
        "01/05/2024",
        "2024-1-5",
        "20240105",
        "2024-W01-5",
        "2024-01",
        "2024-01-05T00:00",
        "\uff12024-01-05",
        "soon",
        20240105,
        True,
        (2024, 1, 5),
        datetime(2024, 1, 5, 16, 30),
        datetime(2024, 1, 5, tzinfo=UTC),
        pd.Timestamp("2024-01-05", tz="America/New_York"),
        pd.Timestamp("2024-01-05 00:00:00.000000001"),
        np.datetime64("2024-01-05T16:00"),
        np.datetime64("2024-01-05T00:00:00.000000001"),
        np.datetime64("2024-01"),
        np.datetime64("2024"),
        np.datetime64("2024-01-05", "W"),
        np.datetime64("2024-01-05", "ps"),
        np.datetime64(10**15, "D"),
        np.datetime64("NaT"),
        np.datetime64("NaT", "D"),
        pd.NaT,
        pd.Period("2024-01-05"),
        date(224, 1, 5),
        date(3024, 1, 5),
    ],
    ids=repr,
)
def test_what_could_be_another_day_is_refused_everywhere(read, day):
    with pytest.raises(rt.ArgumentError, match=r"^(every|dates|start|chosen_on): want a .*, got "):
        read(day)


def test_what_is_no_day_is_refused_by_name():
    with pytest.raises(
        rt.ArgumentError,
        match=r"^on: want a date, as 2025-01-31, without a time of day or a time zone, got None$",
    ):
        read_date("on", None)


@pytest.mark.parametrize("day", ["2015", "2015-02", "2015-02-03"])
def test_the_start_of_a_window_may_be_a_month_or_a_year(day):
    assert read_day("start", day) == day


@pytest.mark.parametrize("day", ["03/02/2015", "20150203", "2015Q1", "Feb 2015", "2015-02-30", ""])
def test_the_start_of_a_window_is_no_text_that_could_be_another_day(day):
    with pytest.raises(rt.ArgumentError, match="start: want a date without a time zone, as 2025"):
        read_day("start", day)
