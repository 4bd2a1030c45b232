"""A digest within a file, of all its other bytes.

Parquet has checksums of its pages alone: a flipped byte in a footer can change values unnoticed. So
our own files are compared with their seal before Arrow sees them.
"""

from hashlib import sha256

__all__ = ["BLANK", "is_sealed", "seal"]

_MARK = b"rotation sha256 "
_DIGITS = 64
BLANK = _MARK + b"0" * _DIGITS
"""What a file holds, once, before it is sealed."""


def seal(data: bytes, about: bytes = b"") -> bytes:
    """The file with the digest in place of the zeros of its last :data:`BLANK`.

    Parameters
    ----------
    data : all of the file
    about : what else the digest is to be of, such as a file's place among others

    Examples
    --------
    >>> whole = seal(b"prices" + BLANK + b"the end")
    >>> is_sealed(whole), is_sealed(whole.replace(b"end", b"And")), is_sealed(b"another file")
    (True, False, None)
    """
    at = data.rindex(BLANK) + len(_MARK)
    return data[:at] + _digest(data, at, about) + data[at + _DIGITS :]


def is_sealed(data: bytes, about: bytes = b"") -> bool | None:
    """Whether a file is as it was sealed, None if it has no seal."""
    at = data.rfind(_MARK)
    if at < 0:
        return None
    at += len(_MARK)
    return data[at : at + _DIGITS] == _digest(data, at, about)


def _digest(data: bytes, at: int, about: bytes) -> bytes:
    view = memoryview(data)
    digest = sha256(about)
    digest.update(view[:at])
    digest.update(view[at + _DIGITS :])
    return digest.hexdigest().encode()
