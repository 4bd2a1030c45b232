"""Nobody belongs on a day that the table does not give."""

from datetime import date

import pandas as pd
import pytest

import rotation as rt
from rotation.data.membership import Membership, Stay


def day(number, month=1):
    return date(2020, month, number)


INDEX = Membership(
    [
        Stay("B", "index", day(1)),
        Stay("A", "index", day(5), day(9)),
        Stay("A", "index", day(20)),
        Stay("D", "index", day(1), day(9)),
    ],
    "index.csv",
    ("An end is the last day in.",),
)
SECTORS = Membership(
    [
        Stay("A", "Chips", day(1), day(6)),
        Stay("A", "Software", day(7)),
        Stay("B", "Software", day(3), day(10)),
        Stay("C", "Chips", day(1)),
    ],
    "sectors.csv",
    ("An end is the last day in.", "Days are sightings."),
)


def test_who_is_in_on_a_day():
    assert INDEX.on(day(4)) == ("B", "D")
    assert INDEX.on(day(5)) == INDEX.on(day(9)) == ("A", "B", "D")
    assert INDEX.on(day(10)) == ("B",)
    assert INDEX.on(pd.Timestamp("2030-01-01")) == ("A", "B")
    assert INDEX.on(date(2019, 12, 31)) == ()


def test_who_is_in_some_groups_on_a_day():
    assert SECTORS.on(day(7)) == ("A", "B", "C")
    assert SECTORS.on(day(7), "Chips") == ("C",)
    assert SECTORS.on(day(7), "Software", "Chips") == ("A", "B", "C")


def test_names_come_once_in_order():
    assert SECTORS.tickers == ("A", "B", "C")
    assert SECTORS.groups == ("Chips", "Software")
    assert INDEX.tickers == ("A", "B", "D")


def test_members_of_several_groups_are_taken_together():
    assert SECTORS.members("Chips") == (rt.Member("A", day(1), day(6)), rt.Member("C", day(1)))
    assert SECTORS.members()[:2] == (rt.Member("A", day(1)), rt.Member("B", day(3), day(10)))
    assert INDEX.members()[:2] == (rt.Member("A", day(5), day(9)), rt.Member("A", day(20)))
    inside = Membership([Stay("A", "x", day(1)), Stay("A", "y", day(3), day(4))])
    assert inside.members() == (rt.Member("A", day(1)),)


def test_a_table_holds_the_stays():
    table = INDEX.table
    assert list(table.columns) == ["ticker", "group", "start", "end"]
    assert table["ticker"].tolist() == ["A", "A", "B", "D"]
    assert table["start"].tolist() == [pd.Timestamp(2020, 1, n) for n in (5, 20, 1, 1)]
    assert table["end"].isna().tolist() == [False, True, True, False]
    assert table["end"].dropna().tolist() == [pd.Timestamp(2020, 1, 9)] * 2
    forever = Membership([Stay("A", "x", day(1))]).table
    assert forever.dtypes.tolist() == table.dtypes.tolist()


def test_within_narrows_each_stay():
    both = SECTORS.within(INDEX)
    assert list(map(str, both.stays)) == [
        "A in Chips (2020-01-05..2020-01-06)",
        "A in Software (2020-01-07..2020-01-09)",
        "A in Software (2020-01-20..)",
        "B in Software (2020-01-03..2020-01-10)",
    ]
    assert both.source == "sectors.csv, within index.csv"
    assert both.remarks == (
        "An end is the last day in.",
        "Days are sightings.",
        "Of 3 tickers of index.csv since 2020-01-01, 1 (D) is without a group and 1 (B) is without "
        "one on some days; at worst 2 of 2 on 2020-01-01.",
    )


def test_within_does_not_count_those_who_were_gone_before_the_groups_begin():
    later = Membership([Stay("B", "Chips", day(10))]).within(INDEX)
    said = (
        "Of 2 tickers of index.csv since 2020-01-10, 1 (A) is without a group; "
        "at worst 1 of 2 on 2020-01-20."
    )
    assert later.remarks == ("An end is the last day in.", said)
    index = Membership(INDEX.stays)
    earlier = Membership([Stay("B", "Chips", day(9))]).within(index)
    said = (
        "Of 3 tickers of the other table since 2020-01-09, 2 (A, D) are without a group; "
        "at worst 2 of 3 on 2020-01-09."
    )
    assert (earlier.remarks, earlier.source) == ((said,), "")
    assert index.within(Membership(INDEX.stays)).remarks == ()


def test_within_counts_those_who_have_a_group_on_other_days_alone():
    index = Membership([Stay(name, "index", date(2013, 12, 23)) for name in ("META", "X")])
    trap = [
        Stay("FB", "Media", date(2013, 12, 23), date(2022, 6, 9)),
        Stay("META", "Media", date(2022, 6, 10)),
        Stay("X", "Steel", date(2014, 1, 1)),
    ]
    (said,) = Membership(trap).within(index).remarks
    assert said == (
        "Of 2 tickers of the other table since 2013-12-23, 2 (META, X) are without a group on some "
        "days; at worst 2 of 2 on 2013-12-23."
    )
    assert Membership([Stay("X", "Steel", date(2013, 12, 23))]).within(
        index.only(["X"])
    ).remarks == ("Of 2 tickers, 1 (META) is left out by the user.",)


def test_within_counts_no_day_after_the_groups_are_known():
    seen = Membership([Stay("A", "Chips", day(5), day(8)), Stay("B", "Chips", day(5), day(6))])
    index = Membership([Stay("A", "index", day(1)), Stay("B", "index", day(1), day(7))])
    (said,) = seen.within(index).remarks
    assert said == (
        "Of 2 tickers of the other table since 2020-01-05, 1 (B) is without a group on some days; "
        "at worst 1 of 2 on 2020-01-07."
    )
    late = Membership([*index.stays, Stay("C", "index", day(9))])
    assert seen.within(late).remarks == (said,)


def test_within_wants_somebody_to_be_left():
    with pytest.raises(rt.DataError, match="other: want one that shares a ticker and a day with"):
        SECTORS.within(Membership([Stay("B", "index", day(11))]))
    with pytest.raises(rt.ArgumentError, match="other: want a Membership, got 'index'"):
        SECTORS.within("index")


def test_only_says_who_is_left_out():
    some = SECTORS.only(iter(["B", "Z"]))
    assert some.tickers == ("B",)
    assert some.remarks[-1] == "Of 3 tickers, 2 (A, C) are left out by the user."
    assert some.source == "sectors.csv"
    many = Membership([Stay(f"T{n}", "x", day(1)) for n in range(8)]).only(["T0", "T1"])
    assert many.remarks == ("Of 8 tickers, 6 (T2, T3, T4, T5, T6, ...) are left out by the user.",)
    assert SECTORS.only("ABC"[n] for n in range(3)) == SECTORS
    with pytest.raises(rt.DataError, match="tickers: want some that are in the table, got none"):
        SECTORS.only(["Z"])
    with pytest.raises(rt.ArgumentError, match="tickers: want several, got 'AB'"):
        SECTORS.only("AB")


def test_a_universe_is_made_of_groups():
    universe = SECTORS.universe(
        {"shovels": ["Chips"], "all": ["Software", "Chips"]}, chosen_on=day(31)
    )
    assert universe.members("shovels") == SECTORS.members("Chips")
    assert universe.members("all") == SECTORS.members()
    assert (universe.chosen_on, universe.source) == (day(31), "sectors.csv")
    assert universe.remarks == (
        "Members came and went as the table says: shovels of Chips; all of Software, Chips.",
        *SECTORS.remarks,
    )
    assert SECTORS.universe({"a": ["Chips"]}).chosen_on is None


def test_groups_are_known():
    for call in (SECTORS.members, lambda name: SECTORS.on(day(1), name)):
        with pytest.raises(rt.ArgumentError, match="groups: want some of Chips, Software, got 'c"):
            call("chips")
    with pytest.raises(rt.ArgumentError, match="groups: want some of Chips, Software, got 5"):
        SECTORS.universe({"a": [5]})
    for layers in ({"a": "Chips"}, {"a": []}, ["Chips"], {"a": 5}):
        with pytest.raises(rt.ArgumentError, match="layers: want names with lists of groups, got"):
            SECTORS.universe(layers)
    with pytest.raises(rt.ArgumentError, match=r"layers: want names with their tickers, got \{\}"):
        SECTORS.universe({})


def test_a_day_is_a_date():
    with pytest.raises(rt.ArgumentError, match=r"day: want a date, as .*, got '2020'"):
        INDEX.on("2020")
    assert INDEX.on("2020-01-01") == INDEX.on(date(2020, 1, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ticker": ""}, "ticker: want a name without blanks around it, got ''"),
        ({"ticker": " A"}, "ticker: want a name without blanks around it, got ' A'"),
        ({"ticker": "A\n"}, "ticker: want a name without blanks around it, got"),
        ({"ticker": None}, "ticker: want a name without blanks around it, got None"),
        ({"group": "x\t"}, "group: want a name without blanks around it, got"),
        ({"start": None}, "start: want a date, as .*, got None"),
        ({"start": pd.NaT}, "start: want a date, as .*, got NaT"),
        ({"end": "2020"}, "end: want a date, as .*, got '2020'"),
        ({"end": date(2019, 12, 31)}, "end: want it on 2020-01-01 or later, got 2019-12-31"),
    ],
)
def test_a_stay_is_checked(options, message):
    assert Stay("A", "x", day(1), day(1)).end == day(1)
    with pytest.raises(rt.ArgumentError, match=message):
        Stay(**{"ticker": "A", "group": "x", "start": day(1), **options})


def test_a_membership_is_checked():
    with pytest.raises(rt.DataError, match="stays: want one or more, got none"):
        Membership([])
    for stays in (None, "A", [("A", "x", day(1))], iter([])):
        with pytest.raises(rt.ArgumentError, match="stays: want a list of stays, got"):
            Membership(stays)
    for options in ({"remarks": "one"}, {"remarks": [1]}, {"source": None}):
        with pytest.raises(rt.ArgumentError, match="remarks: want texts, and the source one, got"):
            Membership(INDEX.stays, **options)


def test_a_ticker_is_in_a_group_once_a_day():
    first, second = Stay("A", "x", day(1), day(5)), Stay("A", "x", day(5))
    with pytest.raises(
        rt.DataError, match=r"want A in once a day, got A in x \(2020-01-01\.\.2020"
    ):
        Membership([second, first])
    with pytest.raises(rt.DataError, match="want A in once a day"):
        Membership([first, first])
    Membership([first, Stay("A", "y", day(5)), Stay("A", "x", day(6))])


def test_it_cannot_be_changed_and_can_be_a_key():
    stays = list(INDEX.stays)
    same = Membership(stays, "index.csv", ["An end is the last day in."])
    stays.clear()
    assert {INDEX: 1}[same] == 1
    assert same != Membership(INDEX.stays)
