"""Finished blocks of a sweep on disk: a folder of Parquet parts under one manifest.

A part is there whole or it is missing: each carries a SHA-256 of all its bytes, of the sweep and of
its number, checked before anything in it is read. What a crash, another sweep or a bad disk left is
done again; nothing of it is ever read as a result.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import IntArray
from rotation.checks import check_count
from rotation.errors import ArgumentError, DataError
from rotation.extra import load
from rotation.seal import BLANK, is_sealed, seal
from rotation.whole import write_whole

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove a file that another holds open
    fcntl = None  # type: ignore[assignment]

__all__ = ["Column", "Ragged", "Store"]

_MANIFEST = "_manifest.json"
_LEFTOVER = re.compile(r"\.(_manifest\.json|part-\d{8,}\.parquet)\.[0-9a-f]{16}\.tmp")
_DTYPES = frozenset(np.dtype(each) for each in "?bhilqBHILQfd")


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """A column that holds a list for each strategy.

    Parameters
    ----------
    values : (total,) all lists, one after the other
    offsets : (m + 1,) where each begins in ``values``, and the end of the last

    Examples
    --------
    >>> rows = Ragged(np.array([20, 41, 20], np.int32), np.array([0, 2, 2, 3]))
    >>> [rows.values[a:b].tolist() for a, b in zip(rows.offsets, rows.offsets[1:])]
    [[20, 41], [], [20]]
    """

    values: NDArray[Any]
    offsets: IntArray


Column: TypeAlias = NDArray[Any] | Ragged
"""(m,) booleans, integers or floats, a row for each strategy of a block; or lists of them."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of finished blocks; :meth:`open` makes one or goes on with it.

    Threads and processes may use one folder at once: a part or manifest appears whole, by a single
    renaming, and whoever saves a block a second time puts the same in its place.

    Parameters
    ----------
    folder : where parts and manifest are
    sweep : what all parts belong to
    recorded : what the folder was begun with, and may differ, as versions

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> sweep = {"strategies": 5, "block": 2, "grid": "3f2a", "data": "91c0"}
    >>> with TemporaryDirectory() as out:
    ...     store = Store.open(out, sweep, recorded={"numpy": np.__version__})
    ...     store.save(0, {"sharpe": np.array([0.5, 0.7])})
    ...     store.save(2, {"sharpe": np.array([0.6])})
    ...     Store.open(out, sweep).missing(), store.load(2)["sharpe"].tolist()
    ([1], [0.6])
    """

    folder: Path
    sweep: Mapping[str, str | int]
    recorded: Mapping[str, str | int]

    @classmethod
    def open(
        cls,
        out: str | os.PathLike[str],
        manifest: Mapping[str, str | int],
        *,
        recorded: Mapping[str, str | int] | None = None,
    ) -> Self:
        """The store in a folder that is new, empty, or of this very sweep.

        What writers that were killed left half-written is removed; what living ones write, not.

        Parameters
        ----------
        out : folder, made if there is none
        manifest : what must agree; ``strategies`` and ``block`` among it, both at least 1
        recorded : written down when the folder is begun, not compared

        Raises
        ------
        ArgumentError
            If the folder holds another sweep, or files but no manifest, or cannot be used.
        MissingExtraError
            Without pyarrow; nothing is touched.
        """
        if not isinstance(out, (str, os.PathLike)):
            raise ArgumentError(f"out: want a folder, got {out!r}")
        for name in ("strategies", "block"):
            check_count(name, manifest.get(name), 1, name)
        load("pyarrow", "parquet", "out"), load("pyarrow.parquet", "parquet", "out")
        folder, path = Path(out), Path(out) / _MANIFEST
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Listed before the manifest is looked for: what another process adds after its
            # manifest must not be taken for foreign.
            names = sorted(each.name for each in folder.iterdir())
            begun = path.exists()
        except (OSError, ValueError) as error:
            raise ArgumentError(f"out: want a folder, got {folder} ({error})") from error
        if not begun:
            foreign = [name for name in names if not _LEFTOVER.fullmatch(name)]
            if foreign:
                raise ArgumentError(
                    f"out: want a new or empty folder, or one with the {_MANIFEST} of this sweep, "
                    f"got {folder} with {', '.join(foreign[:3])}{', ...' * (len(foreign) > 3)}"
                )
            held = {"sweep": dict(manifest), "recorded": dict(recorded or {})}
            _write(path, json.dumps(held, indent=2).encode() + b"\n")
        held = _held(path)
        _check_same(folder, held["sweep"], manifest)
        for name in filter(_LEFTOVER.fullmatch, names):
            _remove_left(folder / name)
        return cls(folder, held["sweep"], held["recorded"])

    @property
    def blocks(self) -> int:
        """How many blocks the sweep has."""
        return -(-int(self.sweep["strategies"]) // int(self.sweep["block"]))

    def size(self, number: int) -> int:
        """How many strategies a block has: the last may have fewer."""
        check_count("number", number, 0, "the number of a block")
        if number >= self.blocks:
            raise ArgumentError(f"number: want a block before {self.blocks}, got {number}")
        block = int(self.sweep["block"])
        return min(block, int(self.sweep["strategies"]) - number * block)

    def missing(self) -> list[int]:
        """Numbers of the blocks that are not there, or not as they were saved, ascending."""
        return [number for number in range(self.blocks) if self._sealed(number) is None]

    def save(self, number: int, columns: Mapping[str, Column]) -> None:
        """Keep a finished block, in place of whatever is there under its number.

        Parameters
        ----------
        number : of the block, from 0
        columns : by name, each of :meth:`size` rows

        Raises
        ------
        ArgumentError
            If a column does not fit, or the part cannot be written (disk full, folder read-only);
            nothing is left half-written then, and other parts stay.
        """
        pa, parquet = load("pyarrow", "parquet", "out"), load("pyarrow.parquet", "parquet", "out")
        size = self.size(number)
        arrays = [_to_arrow(pa, name, column, size) for name, column in columns.items()]
        fields = [
            pa.field(name, array.type, nullable=False)
            for name, array in zip(columns, arrays, strict=True)
        ]
        schema = pa.schema(fields, metadata={"seal": BLANK})
        sink = pa.BufferOutputStream()
        parquet.write_table(
            pa.Table.from_arrays(arrays, schema=schema),
            sink,
            compression="zstd",
            use_dictionary=False,  # figures hardly repeat: half the time, and no larger
        )
        data = seal(sink.getvalue().to_pybytes(), self._about(number))
        _write(self._path(number), data)

    def load(self, number: int) -> dict[str, Column]:
        """Columns of a block as they were saved, to the bit; not to be written into.

        Raises
        ------
        DataError
            If the block is missing or not whole.
        """
        pa, parquet = load("pyarrow", "parquet", "out"), load("pyarrow.parquet", "parquet", "out")
        self.size(number)
        data = self._sealed(number)
        if data is None:
            raise DataError(
                f"out: {self._path(number)} is missing or not as it was saved; "
                "run the sweep again with the same folder, which redoes what is not whole"
            )
        table = parquet.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        names = table.column_names
        return {name: _from_arrow(table.column(name).combine_chunks()) for name in names}

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:08d}.parquet"

    def _sealed(self, number: int) -> bytes | None:
        """The bytes of a part if they are those that were saved."""
        try:
            data = self._path(number).read_bytes()
        except OSError:  # what cannot be read is done again
            return None
        return data if is_sealed(data, self._about(number)) else None

    def _about(self, number: int) -> bytes:
        """What the seal of a part is of, besides its bytes."""
        return json.dumps([dict(self.sweep), number], sort_keys=True).encode()


def _write(path: Path, data: bytes | bytearray) -> None:
    """Write a file whole or not at all, and show meanwhile that its writer lives."""
    try:
        for _ in range(9):
            # Another process may take a temporary file for a leftover before it is locked.
            with suppress(FileNotFoundError):
                write_whole(path, data, begin=_hold)
                return
        write_whole(path, data, begin=_hold)
    except OSError as error:
        raise ArgumentError(
            f"out: cannot write {path} ({error.strerror}); finished blocks stay: "
            "mend that and run the sweep again with the same folder"
        ) from error


def _hold(file: BinaryIO) -> None:
    with suppress(OSError):  # a file system without locks
        _lock(file)


def _lock(file: BinaryIO) -> None:
    """Show that its writer lives: the lock goes with the process, however it ends."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_left(temporary: Path) -> None:
    with suppress(OSError):  # its writer lives, it is gone, or the folder can only be read
        with temporary.open("rb") as file:
            _lock(file)
        temporary.unlink()


def _held(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_bytes())
        return {name: dict(held[name]) for name in ("sweep", "recorded")}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArgumentError(
            f"out: want a folder with the {_MANIFEST} of a sweep, got {path}, which cannot be "
            "read; choose another folder, or delete this one"
        ) from error


def _check_same(folder: Path, held: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    differing = [
        f"{name} {held.get(name, 'none')} (wanted {manifest.get(name, 'none')})"
        for name in sorted({*held, *manifest})
        if held.get(name) != manifest.get(name)
    ]
    if differing:
        raise ArgumentError(
            f"out: want a folder of this sweep, got {folder} with another's: "
            f"{', '.join(differing)}; choose another folder, or delete this one"
        )


def _to_arrow(pa: Any, name: str, column: Column, size: int) -> Any:
    values = column.values if isinstance(column, Ragged) else column
    if not (isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype in _DTYPES):
        raise ArgumentError(f"{name}: want a (m,) array of booleans, integers or floats")
    flat = pa.array(values)
    if not isinstance(column, Ragged):
        if len(values) != size:
            raise ArgumentError(f"{name}: want a row for each of {size}, got {len(values)}")
        return flat
    offsets = column.offsets
    if len(offsets) != size + 1 or offsets[0] != 0 or offsets[-1] != len(values):
        raise ArgumentError(f"{name}: want {size + 1} offsets from 0 to {len(values)}")
    if (offsets[1:] < offsets[:-1]).any() or offsets[-1] > np.iinfo(np.int32).max:
        raise ArgumentError(f"{name}: want offsets that never fall, below 2**31")
    kind = pa.list_(pa.field("element", flat.type, nullable=False))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat, type=kind)


def _from_arrow(array: Any) -> Column:
    if not hasattr(array, "offsets"):
        return np.asarray(array.to_numpy(zero_copy_only=False))
    offsets = array.offsets.to_numpy().astype(np.intp)
    return Ragged(array.flatten().to_numpy(zero_copy_only=False), offsets - offsets[0])
