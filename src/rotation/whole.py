"""Files that appear whole or not at all.

Whatever stops the writing, what was there before stays, and nothing else is left behind.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from rotation.errors import ArgumentError

__all__ = ["save", "there", "write_whole"]


def save(path: Path, data: bytes | str, *, overwrite: bool = True) -> Path:
    """:func:`write_whole` of the file that an argument ``path`` names.

    Parameters
    ----------
    path : of the file; a link is followed
    data : all of it; a text is written as UTF-8
    overwrite : whether a file that is there may be replaced

    Returns
    -------
    Path
        Of the file, as given.

    Raises
    ------
    ArgumentError
        If the file is there and may not be replaced, or cannot be written.
    """
    try:
        whole = data.encode() if isinstance(data, str) else data
        write_whole(path, whole, overwrite=overwrite)
    except FileExistsError:
        raise there(path) from None
    except (OSError, ValueError) as error:  # ValueError of what UTF-8 or a name cannot hold
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(
            f"path: cannot write {path} ({reason}); what was there stays as it was"
        ) from error
    return path


def there(path: Path) -> ArgumentError:
    """What a file that may not be replaced is refused with."""
    return ArgumentError(f"path: {path} is there already; pass overwrite=True to replace it")


def write_whole(
    path: Path,
    data: bytes | bytearray,
    *,
    overwrite: bool = True,
    begin: Callable[[BinaryIO], None] | None = None,
) -> None:
    """Write a file by way of another beside it, which takes its place in one step.

    Parameters
    ----------
    path : of the file; a link is followed
    data : all of it
    overwrite : whether a file that is there may be replaced
    begin : is given the other file before anything is written, as to lock it

    Raises
    ------
    FileExistsError
        If there is one that may not be, even one that came meanwhile.
    OSError, ValueError
        If it cannot be written, as on a full disk, or is no name that a file can have.
    """
    target = Path(os.path.realpath(path))
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(path)
    temporary = target.with_name(f".{target.name[:60]}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            if begin is not None:
                begin(file)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _put(temporary, target, overwrite)
    finally:  # Ctrl-C too
        with suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)


def _put(temporary: Path, target: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            target.hardlink_to(temporary)  # which fails if another has come meanwhile
        except OSError:  # it has, or the file system has no links
            if os.path.lexists(target):
                raise FileExistsError(target) from None
        else:
            return
    temporary.replace(target)
