"""Numbers out of cells, in the way of writing them that all cells of a file agree on.

What is missing is one of a few known marks; any other text that is no number is refused.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from math import inf, nan
from typing import TypeAlias

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray
from rotation.data.sheets import Sheet, Strange
from rotation.errors import DataError

__all__ = ["MISSING", "Style", "guess_style", "read_numbers"]

Style: TypeAlias = tuple[str, str]
"""The decimal sign, and the sign between thousands or ""."""

_NONE = "-|.|#N/A|#N/A N/A|N/A|n/a|NA|na|NaN|nan|NAN|NULL|Null|null|None|none"
MISSING = frozenset(["", *_NONE.split("|")])
"""Texts that stand for no number."""

_CHARACTERS = re.compile(r"[0-9.eE+-]*")
_GROUPS = r"[+-]?[1-9][0-9]{{0,2}}(?:{t}[0-9]{{3}})+"

_SPACED = re.compile(
    r"[+-]?[0-9]{1,3}(?P<t>['\u2019 \u00a0\u202f])[0-9]{3}(?:(?P=t)[0-9]{3})*(?:[.,][0-9]+)?"
)
_UNPARTED = re.compile(r"[+-]?[0-9]{4}")


def read_numbers(sheet: Sheet, position: int, style: Style) -> FloatArray:
    """The numbers of a column.

    Parameters
    ----------
    sheet : of the file
    position : of the column
    style : decimal sign, and sign between thousands

    Returns
    -------
    (T,) floats, NaN where a mark of :data:`MISSING` stands

    Raises
    ------
    DataError
        If a cell is neither a number nor such a mark, naming it.
    """
    cells = sheet.columns[position]
    if isinstance(cells, (Strange, pd.DatetimeIndex)):
        got = cells.kind if isinstance(cells, Strange) else "dates"
        raise DataError(
            f"{sheet.file}: want numbers in column {sheet.heading(position)}, got {got}"
        )
    if isinstance(cells, list):
        cells = _floats(cells, style, lambda row: sheet.place(row, position))
    if np.isinf(cells).any():
        row = int(np.isinf(cells).argmax())
        raise DataError(f"{sheet.place(row, position)}: want a number, got infinity")
    return cells


def _floats(cells: list[str], style: Style, place: Callable[[int], str]) -> FloatArray:
    plain = cells if style == (".", "") else [_plain(cell, style) for cell in cells]
    if _CHARACTERS.fullmatch("".join(cell for cell in plain if cell not in MISSING)):
        try:
            return np.array([nan if cell in MISSING else float(cell) for cell in plain])
        except ValueError:
            pass
    for row, cell in enumerate(plain):
        if cell not in MISSING and not _is_plain(cell):
            raise DataError(
                f"{place(row)}: want a number or a mark of none, as NA, got {cells[row]!r}"
                + _hint(cells[row], style[1])
            )
    raise AssertionError(cells)  # pragma: no cover


def _hint(cell: str, thousands: str = "") -> str:
    """The way out for thousands that are parted as nobody guesses them to be."""
    match = _SPACED.fullmatch(cell)
    return "" if match is None or match["t"] == thousands else f"; say thousands={match['t']!r}"


def _is_plain(cell: str) -> bool:
    """Whether it is a number with a point; float() also takes "1_0", "inf" and other digits."""
    try:
        return _CHARACTERS.fullmatch(cell) is not None and abs(float(cell)) <= inf
    except ValueError:
        return False


def _plain(cell: str, style: Style) -> str:
    """A number of that style with a point and without thousands; what is none, spoilt."""
    decimal, thousands = style
    if cell in MISSING:
        return cell
    if thousands and thousands in cell:
        pattern = _GROUPS.format(t=re.escape(thousands)) + f"(?:{re.escape(decimal)}[0-9]*)?"
        if not re.fullmatch(pattern, cell):
            return "?"
        cell = cell.replace(thousands, "")
    if decimal == ".":
        return cell
    # A lone point is a mark of none, and must not become one here.
    return "?" if "." in cell or cell == decimal else cell.replace(decimal, ".")


def guess_style(
    sheet: Sheet,
    positions: Iterable[int],
    decimal: str | None = None,
    thousands: str | None = None,
) -> Style:
    """How the numbers of a file are written.

    Thousands are believed to be parted only if a number has both signs, or one of them twice, and
    no number of four digits is without; "1,234" or "1.234" alone could be either.

    Parameters
    ----------
    sheet : of the file
    positions : of the columns of numbers
    decimal, thousands : what is known, None for what is not

    Raises
    ------
    DataError
        If there are two ways to read them, or none.
    """
    if decimal is not None and thousands is not None:
        return decimal, thousands
    texts = [(n, cells) for n in positions if isinstance(cells := sheet.columns[n], list)]
    comma = any("," in cell for _, cells in texts for cell in cells)
    # No comma stands in a cell between commas: a point there is the decimal sign.
    points = not comma and (sheet.delimiter in ("", ",") or not _all_grouped(texts))
    if points and decimal in (None, ".") and thousands in (None, ""):
        return ".", ""
    signs = (".", ",") if decimal is None else (decimal,)
    parts = ("", ",", ".") if thousands is None else (thousands,)
    styles = [(sign, part) for sign in signs for part in parts if sign != part]
    able = [style for style in styles if _fits(texts, style, told=thousands is not None)]
    if len(able) > 1 and not any(
        sign in cell for _, cells in texts for cell in cells for sign in signs
    ):
        able = able[:1]  # whole numbers read alike in all of them
    unsure = decimal is None and thousands is None and able in ([(".", "")], [(",", "")])
    if len(able) == 1 and not (unsure and _all_grouped(texts, able[0][0])):
        return able[0]
    _refuse_style(sheet, texts, able)
    raise AssertionError(able)  # pragma: no cover


def _all_grouped(texts: Sequence[tuple[int, list[str]]], sign: str = ".") -> bool:
    """Whether every number with that sign could have it between thousands, and one has."""
    pattern = re.compile(_GROUPS.format(t=re.escape(sign)))
    signed = (cell for _, cells in texts for cell in cells if sign in cell and cell not in MISSING)
    first = next(signed, None)
    return first is not None and all(map(pattern.fullmatch, (first, *signed)))


def _fits(texts: Sequence[tuple[int, list[str]]], style: Style, *, told: bool) -> bool:
    """Whether all numbers are written so, with proof of its thousands unless they are told."""
    decimal, thousands = style
    proof = told
    for _, cells in texts:
        for cell in cells:
            plain = _plain(cell, style)
            if plain not in MISSING and not _is_plain(plain):
                return False
            if thousands and thousands in cell:
                proof = proof or decimal in cell or cell.count(thousands) > 1
            elif thousands and not told and _UNPARTED.match(cell):
                return False
    return proof or not thousands


def _refuse_style(
    sheet: Sheet, texts: Sequence[tuple[int, list[str]]], able: Sequence[Style]
) -> None:
    styles: list[Style] = [(".", ""), (",", ""), (".", ","), (",", ".")]
    out = "say how, as decimal=',' or decimal='.', and thousands='.' or ','"
    shown = ""
    for position, cells in texts:
        for row, cell in enumerate(cells):
            if cell in MISSING:
                continue
            if not any(_is_plain(_plain(cell, style)) for style in styles):
                raise DataError(
                    f"{sheet.place(row, position)}: want a number or a mark of none, as NA, "
                    f"got {cell!r}{_hint(cell)}"
                )
            if not shown and ("," in cell or (not able and "." in cell) or "." in cell):
                shown = f"{sheet.place(row, position)}: "
                first = cell
            if shown and not able and ("," in cell) != ("," in first):
                raise DataError(f"{shown}got {first!r} and then {cell!r}: want one way; {out}")
    raise DataError(f"{shown}want a number that reads one way, got {first!r}; {out}")
