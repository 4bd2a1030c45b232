"""A digest of what a part is.

Equal parts have equal digests, in every process and on every platform; a part with another field
has another.
"""

import copyreg
import functools
import json
import sys
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from fractions import Fraction
from hashlib import sha256
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.errors import ArgumentError

__all__ = ["content_hash"]

_Holders = tuple[object, ...]  # what holds a value, from outside in
_KNOWN = {"rotation", "numpy", "pandas", *sys.stdlib_module_names}  # classes that have a version
_MADE = {  # methods that dataclasses make of fields, or that say nothing which the fields do not
    *("__init__", "__new__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__"),
    *("__hash__", "__setattr__", "__delattr__", "__getstate__", "__setstate__", "__replace__"),
}


def content_hash(part: object) -> str:
    """SHA-256 of a part's type and all its fields, defaults included, as 64 hexadecimal digits.

    A part of this package counts by the name of its type, a user's by module, name and the code of
    its class; a number by its value (126 is 126.0), a list as a tuple. A function counts by
    module, name, code, defaults and what it closes over, but not by the globals it reads. The
    digest of code is another under another version of Python. Arrays and tables count by shape,
    dtype and bytes; any other object by what pickle would keep of it, which is its type and
    attributes as a rule.

    Parameters
    ----------
    part : a signal, rule, schedule or strategy; a function or object of the user's own

    Raises
    ------
    ArgumentError
        If something in it cannot be told by what it holds, as an open file.

    Examples
    --------
    >>> from rotation import Momentum
    >>> content_hash(Momentum(days=126))[:12]
    '12a958633f36'
    >>> content_hash(Momentum(np.int64(126))) == content_hash(Momentum(days=126, skip=0))
    True
    """
    return sha256(_text(_canonical(part, ())).encode()).hexdigest()


def _text(canonical: object) -> str:
    return json.dumps(canonical, sort_keys=True, separators=(",", ":"))


def _canonical(value: object, above: _Holders) -> Any:
    """What JSON can say of a value: text as it is, all else in a list or table that names a kind.

    Equal values give equal JSON, whatever their types.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, np.datetime64) and isinstance(value.item(), date):
        value = value.item()
    if isinstance(value, datetime):
        return ["datetime", (value.astimezone(UTC) if value.tzinfo else value).isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    number = isinstance(value, (int, float, Fraction, np.bool_, np.integer, np.floating))
    if number and not isinstance(value, np.timedelta64):  # which numpy counts among integers
        return _number(value)
    for depth, holder in enumerate(above):
        if holder is value:
            return ["again", depth]
    return _container(value, (*above, value))


def _number(value: Any) -> list[str]:
    if isinstance(value, (np.bool_, np.integer)):
        value = value.item()
    try:
        above, below = value.as_integer_ratio()
    except (OverflowError, ValueError):  # inf, -inf, nan
        return ["number", str(value)]
    return ["number", f"{above:x}/{below:x}"]


def _container(value: object, above: _Holders) -> Any:
    """:func:`_canonical` of what holds other values, itself the last of ``above``."""
    if isinstance(value, type):
        return ["named", _class(value, above[:-1])]
    if isinstance(value, ModuleType):
        return ["named", _name(value)]
    if is_dataclass(value):
        held = {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
        inner = {name: _canonical(each, above) for name, each in held.items()}
        return {"type": _class(type(value), above), "fields": inner}
    if type(value) in (tuple, list):
        return ["list", *_each(value, above)]
    if type(value) in (set, frozenset):
        return ["set", *sorted(_each(value, above), key=_text)]
    if isinstance(value, (dict, MappingProxyType)) and type(value) in (dict, MappingProxyType):
        return ["mapping", *sorted(_each(value.items(), above), key=_text)]
    if isinstance(value, FunctionType):
        return _function(value, above)
    if isinstance(value, CodeType):
        return _code(value, above)
    if type(value) is np.ndarray:
        return _array(value, above)
    if isinstance(value, (pd.Index, pd.Series, pd.DataFrame)):
        return _table(value, above)
    return _object(value, above)


def _each(values: Any, above: _Holders) -> list[Any]:
    return [_canonical(each, above) for each in values]


def _function(function: FunctionType, above: _Holders) -> list[Any]:
    held = [_cell(cell) for cell in function.__closure__ or ()]
    kept = (function.__code__, function.__defaults__, function.__kwdefaults__, held)
    return ["function", _name(function), *_each(kept, above)]


def _cell(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is filled later
        return None


def _code(code: CodeType, above: _Holders) -> list[Any]:
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    named = code.co_varnames[: counts[0] + counts[2]]  # other names of its own change nothing
    types = [type(each).__name__ for each in code.co_consts]  # 1 and 1.0 are not alike in code
    kept = (counts, named, code.co_names, types, code.co_consts)
    return ["code", code.co_code.hex(), code.co_exceptiontable.hex(), *_each(kept, above)]


def _array(array: NDArray[Any], above: _Holders) -> list[Any]:
    if array.dtype.hasobject:
        return ["array", list(array.shape), *_each(array.ravel().tolist(), above)]
    little = array.astype(array.dtype.newbyteorder("<"))  # as most machines order bytes
    digest = sha256(little.tobytes()).hexdigest()
    return ["array", list(array.shape), repr(little.dtype.descr), digest]


def _table(table: pd.Index | pd.Series | pd.DataFrame, above: _Holders) -> list[Any]:
    if isinstance(table, pd.DataFrame):
        columns = [table.iloc[:, column] for column in range(table.shape[1])]
        return ["DataFrame", *_each((table.columns, table.index, columns), above)]
    names, index = (table.name, table.index) if isinstance(table, pd.Series) else (table.names, ())
    kind = "Series" if isinstance(table, pd.Series) else "Index"
    return [kind, str(table.dtype), *_each((names, index, np.asarray(table)), above)]


def _object(value: object, above: _Holders) -> list[Any]:
    """By what pickle would keep: a name to find it by, or what makes it, of what, and its state."""
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        reduced = reduce(value) if reduce else value.__reduce_ex__(4)
    except Exception as error:  # whatever an object raises that cannot be kept
        raise ArgumentError(
            f"part: want something that can be told by what it holds, got {value!r} ({error})"
        ) from None
    if isinstance(reduced, str):  # a cached function has another behind it
        behind = _canonical(getattr(value, "__wrapped__", None), above)
        return ["named", f"{getattr(value, '__module__', None)}.{reduced}", behind]
    maker, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    kept = (arguments, state, list(items or ()), dict(pairs or ()))
    kind = _class(type(value), above)
    made_by = _name(maker) if isinstance(kind, str) else [_name(maker), kind]
    return ["object", made_by, *_each(kept, above)]


def _class(kind: type, above: _Holders) -> Any:
    """Its name, and of a user's the code and the constants that it and those above it name.

    A class that code refers to counts by its name alone, an enumeration too.
    """
    if issubclass(kind, Enum) or any(isinstance(each, type) for each in above):
        return _name(kind)
    own = [each for each in kind.__mro__ if _top(each) not in _KNOWN]
    pairs = [(name, held) for each in own for name, held in vars(each).items()]
    said = [(name, _code_of(name, held)) for name, held in pairs]
    said = [pair for pair in said if pair[1] is not None]
    return [_name(kind), *_each(said, (*above, kind))] if said else _name(kind)


def _code_of(name: str, held: object) -> object:
    """What an attribute of a class does, or the constant that it is; None for all else.

    What may change while a program runs, such as a list of what was seen, is no part of a class.
    """
    if name.startswith("__"):
        return held if isinstance(held, FunctionType) and name not in _MADE else None
    if isinstance(held, (staticmethod, classmethod)):
        return _code_of(name, held.__func__)
    if isinstance(held, property):
        return _code_of(name, held.fget)
    if isinstance(held, functools.cached_property):
        return held.func
    if isinstance(held, (functools.partial, functools.partialmethod)):
        return held.func, held.args, held.keywords
    if isinstance(held, functools._lru_cache_wrapper):
        return held.__wrapped__
    return held if isinstance(held, FunctionType) or _is_constant(held) else None


def _is_constant(value: object) -> bool:
    if type(value) in (tuple, frozenset):
        return all(map(_is_constant, value))  # type: ignore[call-overload]
    return type(value) in (str, bytes, int, float, bool)


def _top(what: Any) -> str:
    return str(getattr(what, "__module__", None)).split(".")[0]


def _name(what: Any) -> str:
    """Where it is found; what is ours by its own name, wherever in the package it lives."""
    module = getattr(what, "__module__", None)
    name = getattr(what, "__qualname__", getattr(what, "__name__", ""))
    return str(name) if _top(what) == "rotation" else f"{module}.{name}"
