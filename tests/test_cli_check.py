"""`rotation check` as a shell sees it."""

import json
import sys

import pytest

import rotation as rt
from rotation import cli


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The current folder, with three files and a ledger of its own."""
    monkeypatch.setenv("ROTATION_TRIALS", str(tmp_path / "trials.sqlite"))
    monkeypatch.chdir(tmp_path)
    closes = rt.sample().loc["2024-01":"2024-12", ["NVDA"]].assign(AMD=100.0)
    closes["AMD"] += closes["NVDA"] / 10
    closes.to_csv("clean.csv")
    closes.assign(AMD=closes["AMD"].where(closes.index != "2024-03-05", 0.0)).to_csv("zero.csv")
    raw = closes["NVDA"].where(closes.index >= "2024-06-10", closes["NVDA"] * 10)
    raw.to_frame().to_csv("raw.csv")
    (tmp_path / "actions.csv").write_text("date,ticker,dividends,splits\n2024-06-10,NVDA,,10\n")
    return tmp_path


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["rotation", "check", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code or 0, *capsys.readouterr()


def test_a_clean_file_is_quiet(monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, "clean.csv", "--calendar", "XNYS")
    assert (code, err) == (0, "")
    assert out == (
        "252 sessions of 2 tickers, check_prices with XNYS: 0 errors, 0 warnings, 0 notes\n"
    )


def test_an_error_is_exit_code_1(monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, "zero.csv")
    assert (code, err) == (1, "")
    assert "error: zero\n    2024-03-05 AMD close of 0 on 2024-03-05\n" in out


def test_a_warning_alone_is_not(monkeypatch, capsys, folder):
    lines = (folder / "clean.csv").read_text().splitlines(keepends=True)
    (folder / "short.csv").write_text("".join(lines[:100] + lines[101:]))
    code, out, _ = run(monkeypatch, capsys, "short.csv", "--calendar", "XNYS")
    assert code == 0
    assert "warning: missing session" in out


def test_json(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "zero.csv", "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["ok"], found["tickers"]) == (False, 2)
    assert [row["fault"] for row in found["findings"]] == ["zero"]


def test_actions_explain_a_split(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "raw.csv")
    assert code == 1
    assert "error: scale\n    2024-06-10 NVDA" in out
    code, out, _ = run(monkeypatch, capsys, "raw.csv", "--actions", "actions.csv")
    assert code == 0
    assert "0 errors, 0 warnings" in out


def test_bars_are_looked_at_whole(monkeypatch, capsys, folder):
    (folder / "NVDA.csv").write_text(
        "Date,Open,High,Low,Close,Volume\n"
        "2024-01-02,10,11,9,10.5,100\n2024-01-03,10,11,9,10.6,100\n2024-01-04,10,11,9,11.5,100\n"
    )
    code, out, _ = run(monkeypatch, capsys, "NVDA.csv")
    assert code == 1
    assert "error: close outside\n    2024-01-04 NVDA" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv"], "rotation: path: want a file, got nowhere.csv"),
        (["clean.csv", "--calendar", "XNYQ"], "rotation: calendar: want an exchange that"),
        (["raw.csv", "--actions", "raw.csv"], "rotation: raw.csv: want one column of tickers"),
        (["raw.csv", "--actions", "long.csv"], "rotation: long.csv: want a column of dividends"),
        (["twice.csv"], "rotation: twice.csv: "),
        (["empty.csv"], "rotation: empty.csv: "),
        (["clean.csv", "--calender", "XNYS"], "rotation: No such option: --calender"),
        ([], "rotation: Missing argument"),
    ],
    ids=["none", "calendar", "actions", "no actions", "twice", "empty", "option", "no file"],
)
def test_bad_input_is_one_line_and_exit_2(monkeypatch, capsys, folder, arguments, message):
    long = "date,ticker,close\n2024-01-02,NVDA,10\n2024-01-03,NVDA,11\n"
    (folder / "long.csv").write_text(long)
    (folder / "twice.csv").write_text(f"{long}2024-01-03,NVDA,12\n")
    (folder / "empty.csv").write_text("")
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_help_has_an_example(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "--help")
    assert code == 0
    assert "Example: rotation check prices.csv --calendar XNYS" in out


def test_a_shell_says_what_a_file_is_as_the_error_tells_it(monkeypatch, capsys, folder):
    files = {
        "two.csv": ("Date,Close,Adj Close\n03/04/2024,10,9\n04/04/2024,11,10\n", "'%d/%m/%Y'"),
        "own.csv": ("date,open,high,low,x\n2024-01-30,10,11,9,10.5\n", "'x'"),
        "swiss.csv": ("date,A\n2024-01-30,1'234.50\n", '"\'"'),
        "thin.csv": ("date;A\n2024-01-30;1\u202f234,50\n", "$'\\u202f'"),
        "when.csv": ("date,A\n2024-01-30T05:00:00Z,5\n", "'America/New_York'"),
        "firm.csv": ("date,close,firm\n2024-01-30,10,A\n2024-01-30,11,B\n", "'firm'"),
        "cv.csv": ("date,C,V\n2024-01-30,10,11\n", "'wide'"),
        "latin.csv": ("date,\xe9\n2024-01-30,5\n", "'latin-1'"),
        "bars.csv": ("a;date,b|c;d\n2024-01-30;7,b|c;d\n", "';'"),
    }
    options = {}
    for name, (text, said) in files.items():
        (folder / name).write_bytes(text.encode("latin-1" if "latin" in name else "utf-8"))
        code, _, err = run(
            monkeypatch, capsys, name, *(["--name", "X"] if name == "two.csv" else [])
        )
        assert code == 2
        assert f"={said}" not in err
        told = [each for each in err.split("--")[1:] if each.split(" ", 1)[1].startswith(said)]
        options[name] = ["--" + told[0].split(" ", 1)[0]] if told else []
    assert options == {
        "two.csv": ["--dates"], "own.csv": ["--price"], "swiss.csv": ["--thousands"],
        "thin.csv": ["--thousands"], "when.csv": ["--zone"], "firm.csv": ["--ticker"],
        "cv.csv": ["--layout"], "latin.csv": ["--encoding"], "bars.csv": ["--delimiter"],
    }  # fmt: skip
    more = {
        "two.csv": ["--price", "Close", "--dates", "%d/%m/%Y", "--name", "X"],
        "own.csv": ["--price", "x", "--name", "X"],
        "swiss.csv": ["--thousands", "'", "--decimal", "."],
        "thin.csv": ["--thousands", "\u202f"],
        "when.csv": ["--zone", "America/New_York", "--date", "date"],
        "firm.csv": ["--ticker", "firm"],
        "cv.csv": ["--layout", "wide"],
        "latin.csv": ["--encoding", "latin-1"],
    }
    for name, said in more.items():
        code, out, err = run(monkeypatch, capsys, name, *said, "--json")
        assert (code, err) == (code and 1, ""), (name, err)
        assert json.loads(out)["tickers"] == 1 + (name in ("cv.csv", "firm.csv"))
    code, _, err = run(monkeypatch, capsys, "cv.csv", "--layout", "tall")
    assert (code, err[:31]) == (2, "rotation: layout: want one of (")


def test_a_shell_says_what_a_file_of_actions_is_as_the_error_tells_it(monkeypatch, capsys, folder):
    files = {
        "short.csv": ("date,ticker,split\n10/06/2024,NVDA,10\n", "dates='%d/%m/%Y'"),
        "sym.csv": ("date,of,firm,split\n2024-06-10,NVDA,Nvidia,10\n", "ticker='of'"),
        "day.csv": ("on,ticker,at,split\nx,NVDA,2024-06-10,10\n", "date='at'"),
        "paid.csv": ("date,ticker,split\n2024-06-10,NVDA,\"10,000\"\n", "decimal=','"),
        "late.csv": ("date,ticker,split\n2024-06-10T04:00:00Z,NVDA,10\n",
                     "zone='America/New_York'"),
        "latin.csv": ("date,ticker,split,note\n2024-06-10,NVDA,10,\xe9\n", "encoding='latin-1'"),
    }  # fmt: skip
    for name, (text, said) in files.items():
        (folder / name).write_bytes(text.encode("latin-1"))
        code, out, err = run(monkeypatch, capsys, "raw.csv", "--actions", name)
        assert (code, out) == (2, "")
        key = said.split("=")[0]
        assert f"--actions-format {key}=" in err, err
        assert err.count(f"{key}=") == err.count(f"--actions-format {key}=")
        told = ["--actions-format", said.replace("'", "")]
        code, out, err = run(monkeypatch, capsys, "raw.csv", "--actions", name, *told)
        assert (code, err) == (0, ""), name
        assert "0 errors, 0 warnings" in out


def test_what_is_said_of_the_prices_is_not_said_of_the_actions(monkeypatch, capsys, folder):
    lines = (folder / "raw.csv").read_text().splitlines()
    told = [f"{row[8:10]}/{row[5:7]}/{row[:4]}{row[10:]}" for row in lines[1:]]
    (folder / "raw.csv").write_text("\n".join([lines[0], *told]))
    said = ("--actions", "actions.csv", "--dates", "%d/%m/%Y")
    code, out, err = run(monkeypatch, capsys, "raw.csv", *said)
    assert (code, err) == (0, "")
    assert "0 errors, 0 warnings" in out


@pytest.mark.parametrize("said", ["layout=wide", "price=x", "ticker", "day=at"])
def test_what_cannot_be_said_of_actions_is_refused(monkeypatch, capsys, said):
    code, _, err = run(
        monkeypatch, capsys, "raw.csv", "--actions", "actions.csv", "--actions-format", said
    )
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("rotation: --actions-format: want NAME=VALUE, a name of date, ticker, ")
    assert err.endswith(f"; got {said!r}\n")


def test_a_value_that_no_format_has_is_refused_by_the_option(monkeypatch, capsys):
    said = ("--actions", "actions.csv", "--actions-format", "decimal=xx")
    code, _, err = run(monkeypatch, capsys, "raw.csv", *said)
    assert code == 2
    assert err.startswith("rotation: --actions-format decimal: want one of")


def test_a_format_of_no_actions_is_refused(monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, "raw.csv", "--actions-format", "ticker=sym")
    assert (code, err) == (
        2, "rotation: --actions-format: want the file that it is of, as --actions FILE\n"
    )  # fmt: skip
