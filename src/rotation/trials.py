"""Every trial counted: one strategy, tried on one table of closes, over one window of it.

No trial counts twice and none is lost: the process counts all that it tried, and a ledger (a SQLite
file) keeps the count for every process that names it.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from re import fullmatch
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.checks import check_number
from rotation.digest import content_hash
from rotation.errors import ArgumentError, DataError
from rotation.provenance import provenance
from rotation.tables import read_prices

__all__ = ["LEDGER_VARIABLE", "count", "data_hash", "ledger_at", "origins", "record"]

LEDGER_VARIABLE = "ROTATION_TRIALS"
"""The environment variable that names a ledger where no ``path`` does."""

_Setting: TypeAlias = tuple[str, str]  # data and window: what strategies compete on
_Keys: TypeAlias = NDArray[np.bytes_]  # (n,) of 16 bytes, which sort as a ledger sorts its blobs

_APPLICATION = int.from_bytes(b"rota")  # tells a ledger from other programs' databases
_SCHEMA = 2
_TABLES = (
    "CREATE TABLE setting (id INTEGER PRIMARY KEY, data TEXT NOT NULL, sessions TEXT NOT NULL, "
    "trials INTEGER NOT NULL DEFAULT 0, UNIQUE (data, sessions))",
    "CREATE TABLE trial (setting INTEGER NOT NULL REFERENCES setting, "
    "strategy BLOB NOT NULL CHECK (length(strategy) = 16), "
    "PRIMARY KEY (setting, strategy)) WITHOUT ROWID",
    "CREATE TABLE origin (data TEXT PRIMARY KEY, said TEXT NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_SCHEMA}",
)
_FROM_FIRST = (  # to the second schema, which keeps how many trials were written
    "ALTER TABLE setting ADD COLUMN trials INTEGER NOT NULL DEFAULT 0",
    "UPDATE setting SET trials = (SELECT count(*) FROM trial WHERE setting = id)",
    "CREATE TABLE IF NOT EXISTS origin (data TEXT PRIMARY KEY, said TEXT NOT NULL)",
    f"PRAGMA user_version = {_SCHEMA}",
)
_INSERT = """
    INSERT OR IGNORE INTO trial
    WITH RECURSIVE each(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n + 1 < ?3)
    SELECT ?1, substr(?2, 16 * n + 1, 16) FROM each
"""  # all keys as one blob: three times as quick as a row each from Python
_LOOSE = 1 << 14  # keys that are kept as they came; ordering them takes a tenth of a sweep
_AT_ONCE = 1 << 20  # keys in such a blob; SQLite takes no more than a gigabyte
_WAYS_OUT = {
    sqlite3.SQLITE_BUSY: "is locked: let the program that holds it end, or name another file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: name a file in a folder that is there and may be "
    "written in",
    sqlite3.SQLITE_FULL: "has no room left: make room on its disk, or name a file on another",
    sqlite3.SQLITE_IOERR: "cannot be read or written: see that its disk is sound and has room",
    sqlite3.SQLITE_NOTADB: "is no ledger of trials: name another file",
    sqlite3.SQLITE_PERM: "may not be opened: change its permissions, or name another file",
    sqlite3.SQLITE_READONLY: "may not be written: change its permissions, or name another file",
}
_DAMAGED = "is damaged: bring back a copy of it, or move it away to begin another"


def record(
    keys: NDArray[np.uint64],
    *,
    data: str,
    window: str,
    path: str | os.PathLike[str] | None = None,
    patience: float = 60.0,
    closes: pd.DataFrame | None = None,
) -> None:
    """Count strategies that were tried on one table of closes over one window.

    All go into the ledger in one transaction, or none; several processes and threads may record at
    once. Each such call waits for the disk (some hundredths of a second), so a sweep records its
    strategies in one or a few. What a ledger would not take stays counted in this process, and goes
    into it with the next record for the same path.

    Parameters
    ----------
    keys : (n, 2) uint64, a strategy a row: 128 bits of its content hash
    data : content hash of the closes (:func:`data_hash`), hexadecimal digits
    window : first and last session, as in ``"2000-01-03/2022-12-28"``
    path : ledger, made if it is not there; None is the one that the environment variable
        ROTATION_TRIALS names, or no ledger
    patience : seconds to wait while another process writes in it
    closes : prices behind the data; a ledger keeps where they come from, see :func:`origins`

    Raises
    ------
    ArgumentError
        If an argument is not what it should be; nothing is counted.
    DataError
        If the ledger is locked for longer, damaged, another program's, or may not be written; the
        message has the way out. The trials are counted in this process.

    Examples
    --------
    >>> tried = np.array([[0, 1], [0, 2], [0, 1]], dtype=np.uint64)
    >>> record(tried, data="c0ffee", window="2000-01-03/2022-12-28")
    >>> count(data="c0ffee")
    2
    """
    _check_setting(data, window)
    check_number("patience", patience, 0, 86_400, "seconds")
    packed, ledger = _packed(keys), ledger_at(path)
    if not len(packed):
        return
    origin = ""
    if ledger is not None and closes is not None:
        origin = json.dumps(provenance(closes).to_dict())
    with _lock:
        tried = _here.setdefault((data, window), _Tried())
        tried.add(packed, ledger)
        if ledger is None:
            return
        _owed.setdefault(ledger, []).append(_Owed((data, window), _distinct(packed), origin))
    with _writing:
        _settle(ledger, patience)


def count(
    *,
    data: str | None = None,
    window: str | None = None,
    path: str | os.PathLike[str] | None = None,
    patience: float = 60.0,
) -> int:
    """Distinct trials known here: those of this process, and those in the ledger if there is one.

    The count on some data is that of distinct pairs of strategy and window. Each gave a figure that
    could have been picked, so each is a trial in the sense of the deflated Sharpe ratio; one rule
    over several windows counts several times, which errs on the strict side. Closes with one more
    session are other data: their count begins anew.

    Parameters
    ----------
    data : content hash of the closes; None is all
    window : first and last session; None is all
    path : ledger, which need not be there; None is the one that the environment variable
        ROTATION_TRIALS names, or no ledger
    patience : seconds to wait while another process writes in it

    Raises
    ------
    ArgumentError
        If an argument is not what it should be.
    DataError
        If the ledger cannot be read; the message has the way out.

    Examples
    --------
    >>> tried = np.array([[0, 1]], dtype=np.uint64)
    >>> for years in ("1990/1999", "2000/2009"):
    ...     record(tried, data="decade", window=years)
    >>> count(data="decade"), count(data="decade", window="1990/1999")
    (2, 1)
    """
    _check_setting("0" if data is None else data, "all" if window is None else window)
    check_number("patience", patience, 0, 86_400, "seconds")
    ledger = ledger_at(path)
    with _lock:
        asked = {
            at: tried
            for at, tried in _here.items()
            if data in (None, at[0]) and window in (None, at[1])
        }
        here = {at: tried.distinct() for at, tried in asked.items()}
        settled = not _owed.get(ledger) if ledger else False
        kept = {at for at, tried in asked.items() if settled and ledger in (tried.ledgers or ())}
    if ledger is None or _missing(ledger):
        return sum(map(len, here.values()))
    total = 0
    with _opened(ledger, patience) as file:
        for number, at, size in _settings(file, data, window):
            mine = here.pop(at, None)
            if mine is None or at in kept:
                total += max(size, 0 if mine is None else len(mine))
            else:
                total += len(_distinct(mine, _strategies(file, number, size)))
    return total + sum(map(len, here.values()))


def origins(
    *, path: str | os.PathLike[str] | None = None, patience: float = 60.0
) -> dict[str, dict[str, Any]]:
    """Where the data in a ledger come from: what their tables said, by content hash of the data.

    Parameters
    ----------
    path : ledger; None is the one that the environment variable ROTATION_TRIALS names
    patience : seconds to wait while another process writes in it

    Returns
    -------
    dict
        Of each data the ``Provenance.to_dict``, as it last was; none of
        data that were recorded without.

    Raises
    ------
    DataError
        If the ledger cannot be read; the message has the way out.
    """
    check_number("patience", patience, 0, 86_400, "seconds")
    ledger = ledger_at(path)
    if ledger is None or _missing(ledger):
        return {}
    with _opened(ledger, patience) as file:
        file.execute("BEGIN")
        if _is_empty(file):
            return {}
        return {data: json.loads(said) for data, said in file.execute("SELECT * FROM origin")}


def data_hash(closes: pd.DataFrame) -> str:
    """SHA-256 of closes, their dates and names, as 64 hexadecimal digits.

    Equal tables have equal hashes on every platform, however they lie in memory and whatever unit
    their dates are kept in; another order of columns, or another last digit, is other data.

    Parameters
    ----------
    closes : (T, N) positive prices, NaN before listing and after delisting

    Raises
    ------
    DataError
        If it is no sound table of prices.

    Examples
    --------
    >>> days = pd.bdate_range("2024-03-01", periods=2, name="date")
    >>> data_hash(pd.DataFrame({"NVDA": [82.28, 85.24]}, index=days))[:12]
    '086cf17dd4bd'
    """
    prices = read_prices(closes)
    close = prices.close
    close[np.isnan(close)] = np.nan  # of which there are many, told apart by their bits
    dates = prices.sessions.to_numpy(dtype="datetime64[ns]")
    return content_hash((prices.columns.tolist(), dates, close))


@dataclass(slots=True)
class _Tried:
    """Strategies tried in one setting in this process: 16 bytes each."""

    ordered: _Keys = field(default_factory=lambda: np.empty(0, "S16"))
    loose: bytearray = field(default_factory=bytearray)
    """Keys since then as they came; ordering at every backtest would cost as much as a sweep."""
    ledgers: set[Path | None] | None = None
    """Where all of them went: what each record named, intersected."""

    def add(self, keys: _Keys, ledger: Path | None) -> None:
        self.ledgers = {ledger} if self.ledgers is None else self.ledgers & {ledger}
        self.loose += keys.tobytes()
        if len(self.loose) > 16 * max(_LOOSE, len(self.ordered) // 4):
            self.distinct()

    def distinct(self) -> _Keys:
        if self.loose:
            self.ordered = _distinct(self.ordered, np.frombuffer(bytes(self.loose), "S16"))
            self.loose.clear()
        return self.ordered


@dataclass(frozen=True, slots=True, eq=False)
class _Owed:
    """Strategies that a ledger has yet to take, with where their data come from, "" if unsaid."""

    setting: _Setting
    keys: _Keys
    origin: str


_here: dict[_Setting, _Tried] = {}
_owed: dict[Path, list[_Owed]] = {}  # what each ledger has not taken yet
_lock = Lock()  # over both
_writing = Lock()  # one thread at a time writes in a ledger, for all that wait with it


def _check_setting(data: str, window: str) -> None:
    if not (isinstance(data, str) and fullmatch("[0-9a-f]+", data)):
        raise ArgumentError(f"data: want a hash in hexadecimal digits, got {data!r}")
    if not (isinstance(window, str) and window and window.isprintable()):
        raise ArgumentError(f"window: want its first and last session as text, got {window!r}")


def _packed(keys: NDArray[np.uint64]) -> _Keys:
    """Keys (n, 2) as they are kept."""
    if not (isinstance(keys, np.ndarray) and keys.dtype == np.uint64 and keys.shape[1:] == (2,)):
        got = f"{keys.dtype} {keys.shape}" if isinstance(keys, np.ndarray) else repr(keys)
        raise ArgumentError(f"keys: want an array of uint64 (n, 2), got {got}")
    packed: _Keys = np.ascontiguousarray(keys, dtype=">u8").view("S16")[:, 0]
    return packed


def _distinct(*parts: _Keys) -> _Keys:
    """All keys in order, each once; quickest where most of them are in order already."""
    keys = np.sort(np.concatenate(parts), kind="stable")
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys


def ledger_at(path: str | os.PathLike[str] | None, name: str = "path") -> Path | None:
    """The ledger in force, where it is now; None if there is none.

    Raises
    ------
    ArgumentError
        If the argument of that name is no path.
    """
    if path is None:
        path = os.environ.get(LEDGER_VARIABLE) or None
    if path is None:
        return None
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path) or "\0" in str(path):
        raise ArgumentError(f"{name}: want the path of a file, got {path!r}")
    return Path(path).expanduser().absolute()


def _missing(ledger: Path) -> bool:
    try:
        ledger.stat()
    except FileNotFoundError:
        return True
    except OSError:  # opening it will say what is wrong
        return False
    return False


def _settle(ledger: Path, patience: float) -> None:
    """Write all that is owed to a ledger."""
    with _lock:
        owed = list(_owed[ledger])
    if not owed:
        return
    try:
        with _opened(ledger, patience) as file:
            file.execute("BEGIN IMMEDIATE")
            if _is_empty(file):
                for statement in _TABLES:
                    file.execute(statement)
            for each in owed:
                _insert(file, each)
            file.execute("COMMIT")
    except DataError as error:
        raise DataError(
            f"{error}; the trials are counted in this process, and go into the file with its next "
            "record for it"
        ) from None
    written = set(map(id, owed))
    with _lock:
        _owed[ledger] = [each for each in _owed[ledger] if id(each) not in written]


def _insert(file: sqlite3.Connection, owed: _Owed) -> None:
    file.execute("INSERT OR IGNORE INTO setting (data, sessions) VALUES (?, ?)", owed.setting)
    where = "SELECT id FROM setting WHERE data = ? AND sessions = ?"
    (number,) = file.execute(where, owed.setting).fetchone()
    for first in range(0, len(owed.keys), _AT_ONCE):
        some = owed.keys[first : first + _AT_ONCE]
        new = file.execute(_INSERT, (number, some.tobytes(), len(some))).rowcount
        file.execute("UPDATE setting SET trials = trials + ? WHERE id = ?", (new, number))
    if owed.origin:
        file.execute("INSERT OR REPLACE INTO origin VALUES (?, ?)", (owed.setting[0], owed.origin))


def _settings(
    file: sqlite3.Connection, data: str | None, window: str | None
) -> list[tuple[int, _Setting, int]]:
    """Number, data and window, and trials of each setting asked for, if none in all is lost."""
    file.execute("BEGIN")
    if _is_empty(file):
        return []
    rows = file.execute("SELECT id, data, sessions, trials FROM setting").fetchall()
    written = {number: trials for number, _, _, trials in rows if trials}
    there = dict(file.execute("SELECT setting, count(*) FROM trial GROUP BY setting"))
    if there != written:
        raise sqlite3.DatabaseError(
            f"{sum(there.values()):,} trials are there where {sum(written.values()):,} were written"
        )
    return [
        (number, (on, over), size)
        for number, on, over, size in rows
        if data in (None, on) and window in (None, over)
    ]


def _strategies(file: sqlite3.Connection, number: int, size: int) -> _Keys:
    rows = file.execute("SELECT strategy FROM trial WHERE setting = ?", (number,))
    joined = b"".join(strategy for (strategy,) in rows)
    if len(joined) != 16 * size:
        raise sqlite3.DatabaseError("a key that is not of 16 bytes")
    return np.frombuffer(joined, "S16")


def _is_empty(file: sqlite3.Connection) -> bool:
    """Whether nothing is in it yet, in a transaction; refuses what is no ledger of this schema."""
    application, schema = (
        file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application == _APPLICATION:
        if schema == 1:  # undone after reading, kept with the next record
            for statement in _FROM_FIRST:
                file.execute(statement)
        if schema in (1, _SCHEMA):
            return False
        raise DataError(
            f"has schema {schema}, and this version of rotation knows {_SCHEMA}: use the version "
            "that wrote it, or name another file"
        )
    if application or file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise DataError("is another program's database: name another file")
    (name,) = file.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
    if Path(name).stat().st_size:  # SQLite takes what is less than a page for nothing
        raise sqlite3.DatabaseError("less than a database")
    return True


@contextmanager
def _opened(ledger: Path, patience: float) -> Iterator[sqlite3.Connection]:
    """A connection for one transaction; what it did not commit is undone. Errors have a way out."""
    try:
        with closing(sqlite3.connect(ledger, timeout=patience, isolation_level=None)) as file:
            yield file
    except (sqlite3.Error, UnicodeDecodeError) as error:  # names in a damaged file may be no text
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        raise DataError(
            f"trials: {ledger} {_WAYS_OUT.get(code, _DAMAGED)} (SQLite: {error})"
        ) from None
    except DataError as error:
        raise DataError(f"trials: {ledger} {error}") from None
