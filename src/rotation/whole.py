"""Files that appear whole or not at all.

Whatever stops the writing, what was there before stays, and nothing else is left behind.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes | bytearray, *, overwrite: bool = True) -> None:
    """Write a file by way of another beside it, which takes its place in one step.

    Parameters
    ----------
    path : of the file; a link is followed
    data : all of it
    overwrite : whether a file that is there may be replaced

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
