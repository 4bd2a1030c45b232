"""What is known of how a file holds its prices."""

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

from rotation.data.sheets import DELIMITERS
from rotation.errors import ArgumentError

__all__ = ["FileFormat", "Layout"]

Layout: TypeAlias = Literal["wide", "long", "single", "double"]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """What is known of how a file holds its prices; None is guessed.

    Parameters
    ----------
    layout : "wide" is a column for each ticker; "long" a row for each date and ticker; "single" the
        open, high, low, close of one ticker; "double" two header rows, of fields and of tickers
    date : header of the column of dates
    ticker : header of the column of tickers, if long
    price : header of the prices wanted, as "Adj Close", if not wide
    name : ticker of a single file; else the file's name, if it looks like one
    dates : how dates are written, in the letters of ``strptime``, as "%d/%m/%Y"; "as written" takes
        the day that is written, whatever the time beside it
    zone : time zone of the exchange, as "Asia/Hong_Kong", for times of another zone, as UTC
    decimal : decimal sign, "." or ","
    thousands : sign between thousands, "" for none
    delimiter : between cells
    encoding : of the text, as "latin-1"

    Raises
    ------
    ArgumentError
        If one of them cannot be.

    Examples
    --------
    >>> FileFormat(price="Adj Close", dates="%d/%m/%Y")
    FileFormat(price='Adj Close', dates='%d/%m/%Y')
    """

    layout: Layout | None = None
    date: str | None = None
    ticker: str | None = None
    price: str | None = None
    name: str | None = None
    dates: str | None = None
    zone: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            got = getattr(self, each.name)
            if got is not None and not isinstance(got, str):
                raise ArgumentError(f"{each.name}: want a text or None, got {got!r}")
        for name, allowed in (
            ("layout", get_args(Layout)),
            ("decimal", (".", ",")),
            ("thousands", ("", ",", ".", "'", "\u2019", " ", "\u00a0", "\u202f")),
            ("delimiter", DELIMITERS),
        ):
            got = getattr(self, name)
            if got is not None and got not in allowed:
                raise ArgumentError(f"{name}: want one of {allowed}, got {got!r}")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ArgumentError(f"thousands: want another sign than decimal, got {self.decimal!r}")

    def __repr__(self) -> str:
        told = [(each.name, getattr(self, each.name)) for each in fields(self)]
        said = ", ".join(f"{name}={got!r}" for name, got in told if got is not None)
        return f"FileFormat({said})"
