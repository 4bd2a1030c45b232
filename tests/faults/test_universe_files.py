"""A file makes the universe or table that it says, or is refused by its name and place."""

import csv
import re
import resource
import tomllib
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from rotation.data.membership_files import read_membership, read_sectors

GOOD = """\
chosen_on = 2025-01-31
source = "an article"
remarks = ["Canva does not trade."]

[layers]
shovels = ["NVDA", { ticker = "ARM", start = 2023-09-14 }]
software = ["ADBE", { ticker = "ACQ", start = 2001-01-02, end = 2010-01-26 }]
"""
TABLE = """\
ticker,start_date,end_date
SUNW,1996-01-02,2010-01-27
AMD,1996-01-02,2013-09-23
AMD,2017-03-20,
META,2013-12-23,
"""
DATE = "want a date, as 2025-01-31, without a time of day or a time zone, got"


def refused(path, text, message):
    path.write_bytes(text.encode())
    with pytest.raises(rt.ArgumentError) as error:
        rt.Universe.read(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_the_file_that_the_others_spoil_is_good(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    arm = rt.Member("ARM", start=date(2023, 9, 14))
    acquired = rt.Member("ACQ", date(2001, 1, 2), date(2010, 1, 26))
    assert rt.Universe.read(path) == rt.Universe(
        {"shovels": ["NVDA", arm], "software": ["ADBE", acquired]},
        date(2025, 1, 31),
        "an article",
        ("Canva does not trade.",),
    )
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert rt.Universe.read(path) == rt.Universe.from_toml(GOOD)
    quoted = GOOD.replace("2025-01-31", '"2025-01-31"').replace("2023-09-14", '"2023-09-14"')
    assert rt.Universe.from_toml(quoted) == rt.Universe.from_toml(GOOD)


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("chosen_on", "choosen_on", "choosen_on: want one of chosen_on, source, remarks, layers, "),
        ("[layers]", "[layer]", "layer: want one of chosen_on, source, remarks, layers, got 'lay"),
        ("start", "from", "layers.shovels[1].from: want one of ticker, start, end, got 'from'"),
        ("2025-01-31", '"31.01.2025"', f"chosen_on: {DATE} '31.01.2025'"),
        ("2025-01-31", "2025", f"chosen_on: {DATE} 2025"),
        ("2025-01-31", "2025-01-31T16:00:00", f"chosen_on: {DATE} datetime.datetime(2025, 1, 31"),
        ("2025-01-31", "12:30:00", f"chosen_on: {DATE} datetime.time(12, 30)"),
        ("2025-01-31", "2025-02-30", "text: want TOML, got what is none (Invalid date"),
        ("2023-09-14", '"14/09/2023"', f"layers.shovels[1].start: {DATE} '14/09/2023'"),
        ("2010-01-26", "2010-01-26 10:00:00", f"layers.software[1].end: {DATE} datetime.datetime("),
        ("2010-01-26", "2000-01-26", "layers.software[1].end: want it after 2001-01-02, got 2000-"),
        ('"an article"', '["an article"]', "source: want a text, got ['an article']"),
        ('["Canva does not trade."]', '"Canva"', "remarks: want a list of texts, got 'Canva'"),
        ('"Canva does not trade."', "1", "remarks: want a list of texts, got [1]"),
        ('"NVDA"', "5", 'layers.shovels[0]: want a ticker or { ticker = "NVDA", ... }, got 5'),
        ('"NVDA"', "[]", 'layers.shovels[0]: want a ticker or { ticker = "NVDA", ... }, got []'),
        ('"NVDA"', "{}", 'layers.shovels[0]: want a ticker or { ticker = "NVDA", ... }, got {}'),
        ('"NVDA"', '""', "ticker: want a text, got ''"),
        (
            '"NVDA"',
            '"ARM"',
            "layers: want each ticker of shovels once at a time, got ARM and ARM (",
        ),
        ('"ARM"', "7", "layers.shovels[1].ticker: want a text, got 7"),
        ('ticker = "ARM", ', "", "layers.shovels[1]: want a ticker or { ticker"),
        ("shovels =", "cash =", "layers: 'cash' is what is not invested"),
        ("shovels =", '"" =', "layers: want names that are texts, got ''"),
        ("\nsource", "\rsource", "text: want TOML, got what is none ("),
        ("software =", "shovels =", "text: want TOML, got what is none (Cannot overwrite a value"),
        (
            "shovels = [",
            "shovels = []\nother = [",
            "layers: want one ticker or more in shovels, go",
        ),
        (
            'shovels = ["',
            'shovels = "NVDA"\nother = ["',
            "layers.shovels: want a list of tickers, ",
        ),
        ("[layers]", "[layers]\nx = {}", "layers.x: want a list of tickers, got {}"),
        ("[layers]", "[layers", "text: want TOML, got what is none (Expected ']' at the end"),
        ("[layers]", "[[layers]]", "layers: want a table of names and their tickers, got [{"),
        ("2025-01-31", "9" * 5_000, "text: want TOML, got what is none (Exceeds the limit"),
        ("2025-01-31", "[" * 100_000, "text: want TOML, got lists or tables too deep to read"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_place(tmp_path, was, now, message):
    assert was in GOOD
    refused(tmp_path / "mine.toml", GOOD.replace(was, now, 1), message)


def test_a_file_without_layers_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    refused(path, "", "layers: want a table of names and their tickers, got None")
    refused(path, "[layers]", "layers: want names with their tickers, got {}")
    refused(path, "layers = 5", "layers: want a table of names and their tickers, got 5")


@pytest.mark.parametrize("text", [None, 1, b"layers = 1", {}])
def test_toml_is_text(text):
    with pytest.raises(rt.ArgumentError, match="text: want TOML, got "):
        rt.Universe.from_toml(text)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'source = "\xe9"')
    for path in (tmp_path / "none.toml", tmp_path, "a\0b", tmp_path / "latin.toml"):
        with pytest.raises(rt.ArgumentError, match="path: cannot read "):
            rt.Universe.read(path)
    for path in (None, 5):
        with pytest.raises(rt.ArgumentError, match="path: want a path, got "):
            rt.Universe.read(path)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    universe = rt.Universe({"a": ["X"]})
    for path in (tmp_path / "none" / "a.toml", tmp_path / ("a" * 300), "a\0b", ""):
        with pytest.raises(
            rt.ArgumentError, match=r"path: cannot write |path: .* is there already"
        ):
            universe.write(path)
    with pytest.raises(rt.ArgumentError, match="path: cannot write"):
        universe.write(tmp_path, overwrite=True)
    with pytest.raises(rt.ArgumentError, match=r"path: cannot write .*surrogates not allowed"):
        rt.Universe({"a": ["\ud800"]}).write(tmp_path / "a.toml")
    with pytest.raises(rt.ArgumentError, match="path: want a path, got None"):
        universe.write(None)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def little_room():
    """No file may grow beyond ten bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_stays_as_it_was_if_there_is_no_room(tmp_path, little_room):
    path = tmp_path / "mine.toml"
    path.write_text("small")
    with pytest.raises(rt.ArgumentError, match=r"path: cannot write .*File too large"):
        rt.Universe.from_toml(GOOD).write(path, overwrite=True)
    assert path.read_text() == "small"
    assert list(tmp_path.iterdir()) == [path]


SCRAPS = [
    *(b"\n", b"\r", b'"', b"'", b",", b"[", b"]", b"{", b"}", b"=", b"#", b".", b"-", b"0", b" "),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\x0b", b"nan", b"true", b"9999-12-31", b"0001-01-01"),
]


def spoilt(rng, good):
    """A file with up to three words or signs dropped, doubled, swapped, cut or put in."""
    words = re.findall(rb"\d+-\d+-\d+|\w+|\W", good.encode())
    for _ in range(rng.integers(1, 4)):
        one, other = rng.integers(0, len(words), 2)
        kind = rng.integers(6)
        if kind == 0:
            words[one : one + 1] = [words[one]] * rng.integers(0, 3)
        elif kind <= 2:
            alike = [n for n, word in enumerate(words) if len(word) == len(words[one]) > 1]
            other = rng.choice(alike or [other])
            words[one], words[other] = words[other], words[one]
        elif kind == 3:
            words[one] = SCRAPS[rng.integers(len(SCRAPS))]
        elif kind == 4:
            words.insert(one, SCRAPS[rng.integers(len(SCRAPS))])
        else:
            words[one] = words[one][: rng.integers(0, len(words[one]) + 1)]
    return b"".join(words)


FILES = 25
"""Files that each example spoils: 5,000 in 200 examples."""


def plain(member):
    return (member, None, None) if isinstance(member, str) else tuple(
        member.get(key) for key in ("ticker", "start", "end")
    )  # fmt: skip


@given(seed=st.integers(0, 2**32 - 1))
def test_any_toml_makes_the_universe_that_it_says_or_is_refused(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    path = tmp_path_factory.getbasetemp() / "spoilt.toml"
    for _ in range(FILES):
        data = spoilt(rng, GOOD)
        path.write_bytes(data)
        try:
            universe = rt.Universe.read(path)
        except rt.ArgumentError:
            continue
        said = tomllib.loads(data.decode("utf-8-sig"))
        assert set(said) <= {"chosen_on", "source", "remarks", "layers"}
        assert universe.chosen_on == said.get("chosen_on")
        assert universe.source == said.get("source", "")
        assert list(universe.remarks) == said.get("remarks", [])
        assert list(universe.layers) == list(said["layers"])
        for name, members in said["layers"].items():
            held = [(m.ticker, m.start, m.end) for m in universe.members(name)]
            assert held == [plain(member) for member in members]
        assert rt.Universe.from_toml(universe.to_toml()) == universe


def rows(data):
    """Cells of a file without quotes, the slow and plain way; None where there are quotes."""
    text = data.decode("utf-8-sig")
    if '"' in text:
        return None
    lines = [line.split(",") for line in re.split("\r\n|\r|\n", text) if line]
    places = [lines[0].index(name) for name in ("ticker", "start_date", "end_date")]
    found = [[line[place] for place in places] for line in lines[1:]]
    return [[*others, "" if end == "9999-12-31" else end] for *others, end in found]


@given(seed=st.integers(0, 2**32 - 1))
def test_any_csv_makes_the_table_that_it_says_or_is_refused(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    path = tmp_path_factory.getbasetemp() / "spoilt.csv"
    for _ in range(FILES):
        data = spoilt(rng, TABLE)
        path.write_bytes(data)
        try:
            was = read_membership(path, group="g")
        except rt.DataError:
            continue
        want = rows(data)
        if want is None:
            continue
        got = [
            [stay.ticker, f"{stay.start}", f"{stay.end + timedelta(1)}" if stay.end else ""]
            for stay in was.stays
        ]
        assert got == sorted(want)


@pytest.mark.parametrize("cut", range(len(TABLE)))
def test_a_table_that_was_cut_short_is_refused_or_lacks_what_was_cut(tmp_path, cut):
    path = tmp_path / "cut.csv"
    path.write_text(TABLE[:cut])
    try:
        was = read_membership(path)
    except rt.DataError:
        return
    whole = list(csv.reader(TABLE[:cut].splitlines()))[1:]
    assert len(was.stays) == len(whole)


def test_sectors_are_refused_by_line_too(tmp_path):
    path = tmp_path / "sectors.csv"
    path.write_text("ticker,sector,first_seen,last_seen\nA,,2019-11-16,2022-12-29\n")
    with pytest.raises(rt.DataError, match=r"line 2 \('A'\): group: want a name without blanks"):
        read_sectors(path)
    path.write_text("ticker,sector,first_seen,last_seen\nA,x,2019-11-16,2018-12-29\n")
    with pytest.raises(rt.DataError, match=r"line 2 \('A'\): end: want it on 2019-11-16 or later"):
        read_sectors(path)
