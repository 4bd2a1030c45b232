"""Fields of which the rows of a long file are, as one of its columns names them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from rotation.data.dates import read_dates
from rotation.data.file_format import FileFormat
from rotation.data.headers import (
    FIELD,
    FIELDS,
    NUMBER,
    is_known,
    is_price,
    plain,
    shown,
    sure_fields,
)
from rotation.data.sheets import Sheet
from rotation.errors import DataError

__all__ = ["by_row", "find_fields", "holds_fields", "learn_order", "take_field"]

_MOST_FIELDS = 100  # that a file may name in its rows


def holds_fields(sheet: Sheet, position: int, name: str = "") -> bool:
    """Whether a column's cells name fields, not tickers; C and V do below the name "variable"."""
    cells = sheet.columns[position]
    if not isinstance(cells, list):
        return False
    held = [*dict.fromkeys(cells)]
    return (
        len(held) <= _MOST_FIELDS
        and all(map(is_known, held))
        and (bool(sure_fields(held)) or FIELD.fullmatch(plain(name)) is not None)
    )


def find_fields(sheet: Sheet, how: FileFormat, others: Sequence[int]) -> int | None:
    """The column of a long file that says of which field a row is, None if there is none."""
    found = []
    for n in others:
        cells = sheet.columns[n]
        if not isinstance(cells, list):
            continue
        named = FIELD.fullmatch(plain(sheet.names[n])) and len({*cells}) > 1
        if holds_fields(sheet, n, sheet.names[n]) or (
            named and not any(map(NUMBER.fullmatch, cells))
        ):
            found.append(n)
    found = [n for n in found if not _in_columns(sheet, how, others, n)]
    if len(found) > 1:
        got = shown(sheet.names[n] for n in found)
        raise DataError(f"{sheet.file}: want one column of fields in the rows, got {got}")
    return found[0] if found else None


def _in_columns(sheet: Sheet, how: FileFormat, others: Sequence[int], told: int) -> bool:
    """Whether columns are the fields, and what seems to name them says what happened on a day."""
    cells = sheet.columns[told]
    assert isinstance(cells, list)
    held = {*cells}
    names = [sheet.names[n] for n in others if n != told]
    if how.price in names and how.price not in held:
        return True
    prices = [each for each in names if is_price(each)]
    fields = [each for each in names if each in prices or _is_field(plain(each))]
    wanted = how.price in held and how.price not in names
    if prices and len(fields) > 1 and not wanted and not any(map(_is_quote, held)):
        return True
    values = prices or names
    words = {plain(each) for each in values if len(each) > 1}
    if len(values) == 1 and len(fields) < 2:  # "close" may be the values of rows of "close"
        words -= {plain(each) for each in held}
    return any(map(_is_field, words))


def _is_field(header: str) -> bool:
    return any(each.fullmatch(header) for each in FIELDS.values())


def _is_quote(cell: str) -> bool:
    """Whether a cell names a field, but no dividend and no split, which happen on a day."""
    happened = FIELDS["dividends"], FIELDS["splits"]
    return is_known(cell) and not any(each.fullmatch(plain(cell)) for each in happened)


def by_row(sheet: Sheet, others: Sequence[int], told: int) -> dict[str, dict[str, int]]:
    """The fields that the rows of a long file name, each with the column of values."""
    values = [n for n in others if n != told]
    if len(values) > 1:
        values = [n for n in values if is_price(sheet.names[n])]
    if len(values) != 1:
        got = shown(sheet.names[n] for n in others if n != told)
        raise DataError(
            f"{sheet.file}: want one column of values beside the fields in "
            f"{sheet.names[told]!r}, got {got}"
        )
    cells = sheet.columns[told]
    assert isinstance(cells, list)
    return {each: {"": values[0]} for each in dict.fromkeys(cells)}


def learn_order(sheet: Sheet, how: FileFormat, date: int) -> FileFormat:
    """What is known, and whether days stand before months, which rows of other fields may show."""
    if how.dates is None:
        with suppress(DataError):  # only the rows that are taken must have dates
            form = read_dates(sheet, date, None, how.zone)[1]
            if form.startswith(("%d", "%m")):
                return replace(how, dates=form)
    return how


def take_field(
    sheet: Sheet, how: FileFormat, columns: dict[str, dict[str, int]], told: int
) -> tuple[Sheet, dict[str, dict[str, int]], tuple[str, ...]]:
    """The rows of the price that is wanted, its column, and the fields of the other rows."""
    price = how.price
    if price is None:
        found = [each for each in columns if is_price(each)]
        if len(found) != 1:
            way = f"price={(found or [*filter(None, columns)])[0]!r}"
            if not found:
                value = next(iter(columns.values()))[""]
                way += f", or price={sheet.names[value]!r} for that of every row"
            raise DataError(
                f"{sheet.file}: want one price in the rows, got {shown(found or columns)} in "
                f"column {sheet.heading(told)}; say which, as {way}"
            )
        price = found[0]
    elif price not in columns:
        raise DataError(f"{sheet.file}: price: want one of {shown(columns)}, got {price!r}")
    cells = sheet.columns[told]
    assert isinstance(cells, list)
    rows = [row for row, cell in enumerate(cells) if cell == price]
    left = tuple(each for each in columns if each != price)
    return sheet.take(rows), {price: columns[price]}, left
