"""Dividends and splits from files."""

import os
from dataclasses import replace
from typing import Final

from rotation.data.file_format import FileFormat
from rotation.data.files import read_closes
from rotation.data.guessing import Plan, find_field, plan_columns
from rotation.data.headers import is_price, plain
from rotation.data.sheets import read_sheet
from rotation.errors import ArgumentError, DataError
from rotation.terms import Actions

__all__ = ["KNOWN", "read_actions"]

KNOWN: Final = (
    "date",
    "ticker",
    "dates",
    "zone",
    "decimal",
    "thousands",
    "delimiter",
    "encoding",
)
"""What may be known of such a file, of the fields of FileFormat."""


def read_actions(path: str | os.PathLike[str], how: FileFormat | None = None) -> Actions:
    r"""Dividends and splits of a file with a row for each date and ticker.

    Parameters
    ----------
    path : CSV or Parquet with columns of dates, of tickers, and of dividends or splits, named as
        they usually are, or of values and of which of the two they are; an empty cell, or a date
        or ticker that is not there, is none
    how : what is known of it, but for ``layout`` and ``price``

    Raises
    ------
    ArgumentError
        If there is no such file.
    DataError
        If it has no such columns, or what is in them is not what it should be.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "actions.csv"
    ...     _ = path.write_text("date,ticker,split\n2024-06-10,NVDA,10\n")
    ...     read_actions(path).splits
                NVDA
    date
    2024-06-10  10.0
    """
    if how is not None and not isinstance(how, FileFormat):
        raise ArgumentError(f"how: want a FileFormat, got {how!r}")
    how = replace(how or FileFormat(), layout="long", price=None)
    sheet = read_sheet(path, delimiter=how.delimiter, encoding=how.encoding)
    plan = plan_columns(sheet, how, every_field=True)
    called = {name: find_field(plan, name) for name in ("dividends", "splits")}
    if not any(called.values()):
        raise DataError(f"{plan.sheet.file}: want a column of dividends or of splits, got none")
    _refuse_prices(plan, *filter(None, called.values()))
    return Actions(
        **{
            name: read_closes(path, replace(how, price=column))
            for name, column in called.items()
            if column is not None
        }
    )


def _refuse_prices(plan: Plan, *fields: str) -> None:
    """Refuse prices as values of rows that name dividends or splits, but beside rows of prices."""
    for name in fields:
        header = plan.sheet.names[plan.columns[name][""]]
        priced = header != name and is_price(header) and plain(header) != "value"
        if priced and not any(map(is_price, plan.columns)):
            raise DataError(
                f"{plan.sheet.file}: want the values of rows of {name!r}, got {header!r}, which "
                "may be the price on the day; call the column 'value' if it holds them"
            )
