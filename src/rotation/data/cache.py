"""Histories on disk: a Parquet file for each ticker, whole or not there.

A file carries a SHA-256 of all its other bytes, compared before anything in it is read; what a
crash, a bad disk or another format left is never read as prices.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pandas as pd

from rotation.data.yahoo_history import FIELDS, History
from rotation.errors import ArgumentError, DataError
from rotation.extra import load
from rotation.seal import BLANK, is_sealed, seal
from rotation.whole import write_whole

__all__ = ["Cache"]

_FORMAT = 1
_ENVIRONMENT = "ROTATION_CACHE"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of histories; several threads and processes may use it at once.

    Parameters
    ----------
    folder : where the files are; made by the first write
    """

    folder: Path

    @classmethod
    def open(cls, cache: str | os.PathLike[str] | None = None) -> Self:
        """The cache in a folder.

        Parameters
        ----------
        cache : folder; None for the one that the environment variable ROTATION_CACHE names, or
            else the user's own cache folder

        Raises
        ------
        ArgumentError
            If it is not a path, or names a file.
        """
        if cache is not None and not isinstance(cache, (str, os.PathLike)):
            raise ArgumentError(f"cache: want a folder, got {cache!r}")
        named = cache if cache is not None else os.environ.get(_ENVIRONMENT)
        if not named:
            named = load("platformdirs", "yahoo", "cache").user_cache_dir("rotation")
        folder = Path(named).expanduser()
        if folder.exists() and not folder.is_dir():
            raise ArgumentError(f"cache: want a folder, got the file {folder}")
        return cls(folder / "yahoo")

    def path(self, ticker: str) -> Path:
        """File of a ticker; what a name of a file may not hold is written as %2F."""
        return self.folder / f"{quote(ticker, safe='^=')}.parquet"

    def read(self, ticker: str) -> History | None:
        """The history of a ticker as it was written; None if there is none.

        Raises
        ------
        DataError
            If there is a file that is not as it was written.
        """
        path = self.path(ticker)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"cache: cannot read {path} ({error.strerror})") from error
        if not is_sealed(data):
            raise DataError(f"cache: {path} is damaged, not as it was written")
        pa, parquet = load("pyarrow", "yahoo", "cache"), load("pyarrow.parquet", "yahoo", "cache")
        table = parquet.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        held = json.loads(table.schema.metadata[b"history"])
        if held.pop("format") != _FORMAT or held["ticker"] != ticker:
            raise DataError(f"cache: {path} is of another format or ticker")
        columns = {name: table.column(name).to_numpy() for name in FIELDS}
        days = pd.DatetimeIndex(table.column("date").to_numpy(), name="date")
        return History(rows=pd.DataFrame(columns, index=days), **held)

    def write(self, history: History) -> None:
        """Keep a history in place of what was there, in one step; an empty one is never kept.

        Raises
        ------
        OSError
            If it cannot be written, as on a full disk; what was there stays then.
        """
        if history.rows.empty:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(history.ticker)
        # Only the holder of the lock writes, so whoever left these was killed.
        for left in self.folder.glob(f".{path.name}.*.tmp"):
            left.unlink(missing_ok=True)
        write_whole(path, _parquet(history))

    @contextmanager
    def lock(self, ticker: str, patience: float) -> Iterator[None]:
        """Be the only one, of all threads and processes, to ask for a ticker and write it.

        A folder that cannot be written is not locked, for nothing will be written to it.

        Parameters
        ----------
        ticker : to be locked
        patience : seconds to wait for another's lock

        Raises
        ------
        DataError
            If another still has it after that time.
        """
        filelock = load("filelock", "yahoo", "cache")
        path = self.path(ticker).with_suffix(".lock")
        lock = filelock.FileLock(path, timeout=patience)
        locked = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            locked = True
        except filelock.Timeout as error:
            raise DataError(
                f"cache: another process has held {path} for {patience:g} s; "
                "wait until it is done, or give another cache"
            ) from error
        except OSError:  # a disk that is full or may only be read
            pass
        try:
            yield
        finally:
            if locked:
                lock.release()


def _parquet(history: History) -> bytes:
    """Bytes of a file, sealed."""
    pa, parquet = load("pyarrow", "yahoo", "cache"), load("pyarrow.parquet", "yahoo", "cache")
    rows = history.rows
    held = {
        "format": _FORMAT,
        "ticker": history.ticker,
        "currency": history.currency,
        "timezone": history.timezone,
        "fetched": history.fetched,
        "source": history.source,
        "later": history.later,
    }
    columns = {"date": pa.array(rows.index.to_numpy().astype("datetime64[us]"))}
    columns |= {name: pa.array(rows[name].to_numpy(dtype="f8")) for name in FIELDS}
    table = pa.table(columns).replace_schema_metadata({"history": json.dumps(held), "seal": BLANK})
    sink: Any = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    return seal(sink.getvalue().to_pybytes())
