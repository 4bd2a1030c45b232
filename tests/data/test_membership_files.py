"""A file is read as it says, or refused by the line that cannot be right."""

from datetime import date

import pandas as pd
import pytest

import rotation as rt
from rotation.data.membership import Stay
from rotation.data.membership_files import read_membership, read_sectors

INDEX = """ticker,start_date,end_date
SUNW,1996-01-02,2010-01-27
FB,2013-12-23,2022-06-09
META,2022-06-09,
NA,1996-01-02,1996-01-03
AMD,2017-03-20,
AMD,1996-01-02,2013-09-23
"""
SECTORS = """ticker,sector,first_seen,last_seen
AMAT,Semiconductor Equipment,2019-11-16,2022-12-29
AMAT,Semiconductor Materials & Equipment,2023-04-13,2026-08-08
"ALB","Specialty Chemicals",2019-11-16,2026-08-08
"""


@pytest.fixture
def index(tmp_path):
    path = tmp_path / "index.csv"
    path.write_text(INDEX)
    return path


@pytest.fixture
def sectors(tmp_path):
    path = tmp_path / "sectors.csv"
    path.write_text(SECTORS)
    return path


def test_an_end_is_the_first_day_out(index):
    was = read_membership(index)
    assert list(map(str, was.stays)) == [
        "AMD in index (1996-01-02..2013-09-22)",
        "AMD in index (2017-03-20..)",
        "FB in index (2013-12-23..2022-06-08)",
        "META in index (2022-06-09..)",
        "NA in index (1996-01-02..1996-01-02)",
        "SUNW in index (1996-01-02..2010-01-26)",
    ]
    assert was.source == "index.csv"
    assert was.remarks == (
        "An end in index.csv is the first day out.",
        "The newest day in index.csv is 2022-06-09: what changed later is not in it.",
    )
    assert was.on(date(2022, 6, 9)) == ("AMD", "META")


def test_an_end_is_the_last_day_in_if_that_is_said(index):
    was = read_membership(index, end_included=True, group="S&P 500")
    assert str(was.stays[0]) == "AMD in S&P 500 (1996-01-02..2013-09-23)"
    assert was.on(date(2022, 6, 9)) == ("AMD", "FB", "META")
    assert was.remarks[0] == "An end in index.csv is the last day in."
    index.write_text("ticker,start_date,end_date\nX,1996-01-02,2010-01-27\n")
    newest = "The newest day in index.csv is 2010-01-27: what changed later is not in it."
    for end_included in (True, False):
        assert read_membership(index, end_included=end_included).remarks[1] == newest


def test_companies_that_changed_their_ticker_are_renamed(index):
    was = read_membership(index, rename={"FB": "META", "SUNW": "JAVA"})
    assert [str(m) for m in was.members()] == [
        "AMD (1996-01-02..2013-09-22)",
        "AMD (2017-03-20..)",
        "JAVA (1996-01-02..2010-01-26)",
        "META (2013-12-23..)",
        "NA (1996-01-02..1996-01-02)",
    ]


def test_a_rename_that_makes_two_of_one_is_refused(index):
    message = (
        r"index\.csv: want AMD in one place a day, got AMD in index \(1996-01-02\.\.2010-01-26\) "
        r"on line 2 and AMD in index \(1996-01-02\.\.2013-09-22\) on line 7; skip="
    )
    with pytest.raises(rt.DataError, match=message):
        read_membership(index, rename={"SUNW": "AMD"})
    with pytest.raises(rt.ArgumentError, match=r"rename: want tickers of .*, got 'GOOG'"):
        read_membership(index, rename={"GOOG": "GOOGL", "FB": "META"})
    with pytest.raises(rt.ArgumentError, match="rename: want tickers by those in the file, got"):
        read_membership(index, rename=["FB"])


def test_sightings_are_said_to_be_sightings(index, sectors):
    said = (
        "The newest day in {} is {}: what changed later is not in it.",
        "Days in {} are those on which somebody looked: a change came on that day or before it.",
        "Who leaves when last seen leaves before anybody could know.",
    )
    newest = "2026-08-08"
    whole = tuple(each.format("sectors.csv", newest) for each in said)
    assert read_sectors(sectors).remarks == whole
    assert read_sectors(sectors, seen=False).remarks == whole[:1]
    assert read_membership(index, seen=True).remarks[-1] == said[1].format("index.csv")


def test_a_sector_ends_on_the_day_it_was_last_seen(sectors):
    was = read_sectors(sectors)
    assert [str(m) for m in was.members()] == [
        "ALB (2019-11-16..2026-08-08)",
        "AMAT (2019-11-16..2022-12-29)",
        "AMAT (2023-04-13..2026-08-08)",
    ]
    assert was.on(date(2023, 1, 3)) == ("ALB",)


def test_a_sector_that_is_carried_lasts_until_the_next(sectors):
    was = read_sectors(sectors, carry=True)
    assert [str(stay) for stay in was.stays] == [
        "ALB in Specialty Chemicals (2019-11-16..)",
        "AMAT in Semiconductor Equipment (2019-11-16..2023-04-12)",
        "AMAT in Semiconductor Materials & Equipment (2023-04-13..)",
    ]
    assert was.remarks[2] == "A group lasts until the ticker is in another one."
    assert [str(m) for m in was.members()] == ["ALB (2019-11-16..)", "AMAT (2019-11-16..)"]


def test_two_sectors_at_once_are_refused_until_a_line_is_left_out(sectors):
    with sectors.open("a") as file:
        file.write("ALB,Specialty Bust Chemicals,2024-03-27,2024-04-04\n")
        file.write("AMAT,Banks,2022-12-29,2022-12-29\n")
    message = r"want ALB in one place a day, got ALB in Specialty Chemicals .* on line 4 and ALB "
    with pytest.raises(rt.DataError, match=message + r"in .* on line 5; and 1 more such pairs; sk"):
        read_sectors(sectors)
    was = read_sectors(sectors, skip=(6, 5))
    assert was.groups == ("Semiconductor Equipment",
                          "Semiconductor Materials & Equipment", "Specialty Chemicals")  # fmt: skip
    assert "Left out of sectors.csv by the user: lines 5, 6." in was.remarks


@pytest.mark.parametrize("skip", [[1], [9], 5, "2", [2.5], [[2]], None])
def test_lines_to_leave_out_are_there(index, skip):
    assert len(read_membership(index, skip={2, 3}).stays) == 4
    with pytest.raises(rt.ArgumentError, match=r"skip: want lines of .* with a row, got"):
        read_membership(index, skip=skip)


def test_a_line_that_is_left_out_may_be_wrong(index):
    index.write_text(INDEX + "IBM,yesterday,\n")
    with pytest.raises(rt.DataError, match=r"line 8 \('IBM'\): start_date: want a date as 2025-01"):
        read_membership(index)
    assert "IBM" not in read_membership(index, skip=[8]).tickers


@pytest.mark.parametrize("end", ["", "9999-12-31"])
def test_an_end_that_never_comes_is_none(tmp_path, end):
    path = tmp_path / "any.csv"
    path.write_text(f"ticker,start_date,end_date\nA,2020-01-05,{end}\n")
    assert read_membership(path).stays == (Stay("A", "index", date(2020, 1, 5)),)
    path.write_text(f"ticker,sector,first_seen,last_seen\nA,Banks,2020-01-05,{end}\n")
    assert read_sectors(path).stays == (Stay("A", "Banks", date(2020, 1, 5)),)


def test_columns_go_by_name(tmp_path):
    path = tmp_path / "sub.csv"
    path.write_text(
        "n,out,sub,in,who\n"
        '3,,"Software, Systems",2019-11-20,NOW\n\n'
        "1,2020-01-05,Banks,2020-01-05,FITB\n"
    )
    was = read_sectors(path, columns=("who", "sub", "in", "out"))
    assert was.stays == (
        Stay("FITB", "Banks", date(2020, 1, 5), date(2020, 1, 5)),
        Stay("NOW", "Software, Systems", date(2019, 11, 20)),
    )
    assert len(read_membership(path, columns=("who", "in", "out"), end_included=True).stays) == 2


def test_the_marks_of_a_spreadsheet_are_read_over(index):
    plain = read_membership(index)
    index.write_bytes(b"\xef\xbb\xbf" + INDEX.replace("\n", "\r\n").encode())
    assert read_membership(index) == plain
    assert read_membership(str(index)) == plain


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",2001-01-02,", "line 8 (''): ticker: want a name without blanks around it, got ''"),
        (" IBM,2001-01-02,", "line 8 (' IBM'): ticker: want a name without blanks around it"),
        ("IBM,,", "line 8 ('IBM'): start_date: want a date as 2025-01-31, got ''"),
        ("IBM,02/01/2001,", "start_date: want a date as 2025-01-31, got '02/01/2001'"),
        ("IBM,20010102,", "start_date: want a date as 2025-01-31, got '20010102'"),
        ("IBM,2001-W01-2,", "start_date: want a date as 2025-01-31, got '2001-W01-2'"),
        ("IBM,2001-02-30,", "start_date: want a date as 2025-01-31, got '2001-02-30'"),
        ("IBM,2001-01-02 ,", "start_date: want a date as 2025-01-31, got '2001-01-02 '"),
        ("IBM,\uff12001-01-02,", "start_date: want a date as 2025-01-31, got"),
        ("IBM,2001-01-02,nan", "end_date: want a date as 2025-01-31, got 'nan'"),
        ("IBM,2001-01-02,2001-01-02", "end_date: want it after 2001-01-02, got 2001-01-02"),
        ("IBM,0001-01-01,0001-01-01", "end_date: want it after 0001-01-01, got 0001-01-01"),
        ("IBM,2001-01-02,2001-01-01", "end_date: want it after 2001-01-02, got 2001-01-01"),
        ("IBM,2001-01-02", "line 8: want 3 cells, got 2"),
        ("IBM,2001-01-02,,", "line 8: want 3 cells, got 4"),
        ('"IBM,2001-01-02,', "line 8: want CSV, got unexpected end of data"),
        ('"IBM"x,2001-01-02,', "line 8: want CSV, got ',' expected after '\"'"),
        ("META,2022-06-09,", "want META in one place a day, got META in index (2022-06-09..) on"),
        ("AMD,2013-09-22,2014-01-02", "on line 7 and AMD in index (2013-09-22..2014-01-01) on "),
        ("IBM\0,2001-01-02,", "ticker: want a name without blanks around it, got 'IBM\\x00'"),
        ("I" * 200_000 + ",2001-01-02,", "line 8: want CSV, got field larger than field limit"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_by_its_line(index, row, message):
    index.write_text(f"{INDEX}{row}\n", encoding="utf-8")
    with pytest.raises(rt.DataError) as error:
        read_membership(index)
    assert str(error.value).startswith(str(index))
    assert message in str(error.value)


def test_an_end_that_is_included_may_be_the_first_day(index):
    index.write_text(INDEX + "IBM,2001-01-02,2001-01-02\n")
    assert "IBM" in read_membership(index, end_included=True).on(date(2001, 1, 2))
    index.write_text(INDEX + "IBM,2001-01-02,2001-01-01\n")
    with pytest.raises(
        rt.DataError, match=r"line 8 \('IBM'\): end: want it on 2001-01-02 or later"
    ):
        read_membership(index, end_included=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "want one column 'ticker' between commas, got none"),
        (
            "ticker,start_date\n",
            "want one column 'end_date' between commas, got ticker, start_date",
        ),
        (
            "ticker,start_date,end_date,ticker\n",
            "want one column 'ticker' between commas, got ticker, start",
        ),
        (
            "ticker;start_date;end_date\n",
            "want one column 'ticker' between commas, got ticker;start_date;end",
        ),
        ("ticker,start_date,end_date\n\n", "want a row or more below the header, got none"),
        ("ticker,start_date,end_date\nA,2001-01-02,\n\xff", "want text in UTF-8, got 'utf-8' cod"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    path = tmp_path / "index.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(rt.DataError) as error:
        read_membership(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_path_is_one_of_a_file(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path, "a\0b"):
        with pytest.raises(rt.ArgumentError, match="path: cannot read "):
            read_membership(path)
    for path in (None, 5, pd.DataFrame()):
        with pytest.raises(rt.ArgumentError, match="path: want a path, got"):
            read_sectors(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ("a", "b")}, "columns: want 3 names, got"),
        ({"columns": "abc"}, "columns: want 3 names, got 'abc'"),
        ({"columns": ("a", "b", "b")}, "columns: want 3 names, got"),
        ({"columns": ("a", "b", 3)}, "columns: want 3 names, got"),
        ({"end_included": "no"}, "end_included: want True or False, got 'no'"),
        ({"seen": 1}, "seen: want True or False, got 1"),
        ({"group": 5}, "group: want a name without blanks around it, got 5"),
    ],
)
def test_options_are_checked(index, options, message):
    with pytest.raises(rt.RotationError, match=message):
        read_membership(index, **options)


def test_options_of_sectors_are_checked(sectors):
    with pytest.raises(rt.ArgumentError, match="carry: want True or False, got 'yes'"):
        read_sectors(sectors, carry="yes")
    with pytest.raises(rt.ArgumentError, match="columns: want 4 names, got"):
        read_sectors(sectors, columns=("a", "b", "c"))
