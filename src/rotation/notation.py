"""How a part is written down: as plain data, and back.

What is written is read back as an equal part, or is refused. Nothing that a file names is imported
or run: its types are looked up among those of this package and those that the user hands over.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, time
from typing import Any, TypeVar

import numpy as np
import tomli_w

from rotation import rules, signals
from rotation.errors import ArgumentError
from rotation.protocols import History
from rotation.schedule import Schedule
from rotation.strategy import Strategy
from rotation.vote import Vote

__all__ = ["OwnParts", "from_plain", "from_toml", "known_parts", "to_plain", "to_toml"]

_Part = TypeVar("_Part")
OwnParts = Mapping[str, type] | Iterable[type]
"""Classes of the user's own by the names that files give them, or to be named as they are."""


def to_plain(part: object, kind: type | None = None) -> dict[str, Any]:
    """A part as a dictionary: its ``type`` by name, then every field, in the order of its class.

    A part inside is a dictionary in turn, a tuple a list, a date stays one, a number of numpy's
    becomes one of Python's. None is left out, for TOML has no word for it; ``type`` is left out
    where it is certain: where an annotation names that very class.

    Parameters
    ----------
    part : an instance of a dataclass
    kind : its class, if whoever reads it back knows that; leaves out ``type``

    Raises
    ------
    ArgumentError
        If something in it is not plain: a function, an array, a list (which would come back as a
        tuple), or None where leaving it out would mean something else.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> to_plain(Momentum(days=126))
    {'type': 'Momentum', 'days': 126, 'skip': 0}
    >>> to_plain(Strategy(Momentum(126), Switch(), Schedule("M")))["schedule"]
    {'every': 'M', 'offset': 0, 'lag': 1, 'same_close': False, 'tranches': 1}
    """
    return _written(part, "", kind)


def from_plain(data: object, known: Mapping[str, type], kind: type[_Part]) -> _Part:
    """The part that :func:`to_plain` wrote.

    Parameters
    ----------
    data : a dictionary
    known : classes by name, from :func:`known_parts`
    kind : what it must be; ``object`` for any part

    Raises
    ------
    ArgumentError
        Naming the place, as ``rule.margin``: a type or field that is not known, a field that is
        missing, something that is not plain data, or what the class itself refuses.

    Examples
    --------
    >>> from_plain({"type": "Momentum", "days": 126}, known_parts(), object)
    Momentum(days=126, skip=0)
    """
    part = _read(data, "", known, kind if is_dataclass(kind) else None)
    if not isinstance(part, kind):
        raise ArgumentError(f"type: want {kind.__name__}, got {type(part).__name__}")
    return part


def to_toml(part: object, kind: type | None = None) -> str:
    """:func:`to_plain` as TOML.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> print(to_toml(Strategy(Momentum(126), Switch(0.02), Schedule("M")), Strategy))
    [signal]
    type = "Momentum"
    days = 126
    skip = 0
    <BLANKLINE>
    [rule]
    type = "Switch"
    margin = 0.02
    confirm = 1
    min_hold = 1
    <BLANKLINE>
    [schedule]
    every = "M"
    offset = 0
    lag = 1
    same_close = false
    tranches = 1
    <BLANKLINE>
    """
    return tomli_w.dumps(to_plain(part, kind))


def from_toml(text: str, known: Mapping[str, type], kind: type[_Part]) -> _Part:
    r""":func:`from_plain` of TOML.

    Examples
    --------
    >>> from_toml('type = "Momentum"\ndays = 126', known_parts(), object)
    Momentum(days=126, skip=0)
    """
    if not isinstance(text, str):
        raise ArgumentError(f"text: want TOML, got {type(text).__name__}")
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # what is no TOML, and numbers too long to read
        raise ArgumentError(f"text: want TOML, got what is none ({error})") from None
    except RecursionError:
        raise ArgumentError("text: want TOML, got lists or tables too deep to read") from None
    return from_plain(data, known, kind)


def known_parts(parts: OwnParts = ()) -> dict[str, type]:
    """Classes that data may name: all parts of this package, and those of the user's own.

    Parameters
    ----------
    parts : the user's, dataclasses all

    Raises
    ------
    ArgumentError
        If a part of the user's is no dataclass, or has a name that is taken.

    Examples
    --------
    >>> known_parts()["Switch"]
    <class 'rotation.rules.switch.Switch'>
    """
    known = {each.__name__: each for each in _package()}
    given = parts.items() if isinstance(parts, Mapping) else _named(parts)
    for name, each in given:
        if not (isinstance(each, type) and is_dataclass(each)):
            raise ArgumentError(f"parts: want classes that are frozen dataclasses, got {each!r}")
        if known.get(name, each) is not each:
            raise ArgumentError(f"parts: want another name than {name}, which {known[name]!r} has")
        known[name] = each
    return known


def _named(parts: Iterable[type]) -> list[tuple[str, type]]:
    if isinstance(parts, (str, type)) or not isinstance(parts, Iterable):
        raise ArgumentError(f"parts: want classes, or a mapping of them by name, got {parts!r}")
    return [(getattr(each, "__name__", ""), each) for each in parts]


def _package() -> list[type]:
    """Every signal and rule that the package offers, and what they go with."""
    offered = [getattr(room, name) for room in (signals, rules) for name in room.__all__]
    parts = [each for each in offered if isinstance(each, type) and is_dataclass(each)]
    return [each for each in parts if each is not History] + [Schedule, Strategy, Vote]


def _written(part: object, where: str, kind: type | None) -> dict[str, Any]:
    if isinstance(part, type) or not is_dataclass(part):
        raise ArgumentError(f"part: want a frozen dataclass to write down, got {part!r}")
    own: Any = type(part)
    if any(each.__name__ == own.__name__ and each is not own for each in _package()):
        raise ArgumentError(
            f"{where or 'part'}: want a class of another name than {own.__name__}, "
            f"which is the package's, got {own!r}"
        )
    table: dict[str, Any] = {} if own is kind else {"type": own.__name__}
    for each in fields(own):
        value = getattr(part, each.name)
        place = _place(where, each.name)
        if each.name == "type":
            raise ArgumentError(
                f"{place}: want a field of another name, got one that tells classes"
            )
        if value is None:
            _check_left_out(each, place)
        elif each.init:
            table[each.name] = _plain(value, place, _certain(each))
    return table


def _plain(value: object, where: str, kind: type | None) -> Any:
    if isinstance(value, np.generic):
        item = value.item()
        # Of a time to the nanosecond numpy makes a number; only one to the day is a date.
        timed = isinstance(value, (np.datetime64, np.timedelta64))
        value = value if timed and type(item) is not date else item
    if type(value) in (bool, int, float, str, date):
        return value
    if type(value) is tuple:
        return [_plain(each, f"{where}[{i}]", None) for i, each in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return _written(value, where, kind)
    raise ArgumentError(
        f"{where}: want text, a number, a date or a tuple of them to write down, or write it as a "
        f"frozen dataclass; got {value!r}"
    )


def _check_left_out(each: Field[Any], where: str) -> None:
    default = each.default if each.default_factory is MISSING else each.default_factory()
    if each.init and default is not None:
        otherwise = "is needed" if default is MISSING else f"would be {default!r} if left out"
        raise ArgumentError(f"{where}: None cannot be written down, and it {otherwise}")


def _certain(each: Field[Any]) -> type | None:
    """The class of whatever stands in a field, if its annotation says so."""
    return each.type if isinstance(each.type, type) and is_dataclass(each.type) else None


def _place(where: str, name: object) -> str:
    return f"{where}.{name}" if where else str(name)


def _read(data: object, where: str, known: Mapping[str, type], kind: type | None) -> Any:
    if not isinstance(data, Mapping):
        raise ArgumentError(f"{where or 'data'}: want a table, got {data!r}")
    own = _class(data, where, known, kind)
    wanted = {each.name: each for each in fields(own) if each.init}
    for name in data:
        if name not in wanted and name != "type":
            names = ", ".join(wanted) or "no field at all"
            raise ArgumentError(f"{_place(where, name)}: {own.__name__} has {names}; got {name!r}")
    for name, each in wanted.items():
        if name not in data and each.default is MISSING and each.default_factory is MISSING:
            raise ArgumentError(f"{_place(where, name)}: {own.__name__} wants one, got none")
    values = {
        name: _value(data[name], _place(where, name), known, _certain(each))
        for name, each in wanted.items()
        if name in data
    }
    try:
        return own(**values)
    except Exception as error:  # whatever a user's class raises says that the values are wrong
        raise ArgumentError(_refusal(own, where, error)) from error


def _class(data: Mapping[Any, Any], where: str, known: Mapping[str, type], kind: Any) -> Any:
    name = data.get("type")
    if kind is not None and ("type" not in data or name == kind.__name__):
        return kind
    if not isinstance(name, str) or name not in known:
        raise ArgumentError(
            f"{_place(where, 'type')}: want one of {', '.join(sorted(known))}, or one of your own "
            f"handed over as parts; got {repr(name) if 'type' in data else 'none'}"
        )
    if kind is not None and not issubclass(known[name], kind):
        raise ArgumentError(f"{_place(where, 'type')}: want {kind.__name__}, got {name}")
    return known[name]


def _value(value: object, where: str, known: Mapping[str, type], kind: type | None) -> object:
    if isinstance(value, Mapping) or kind is not None:
        return _read(value, where, known, kind)
    if isinstance(value, (list, tuple)):
        return tuple(_value(each, f"{where}[{i}]", known, None) for i, each in enumerate(value))
    if value is None or isinstance(value, (bool, int, float, str, date, time, np.generic)):
        return value
    raise ArgumentError(f"{where}: want plain data, got {value!r}")


def _refusal(own: Any, where: str, error: Exception) -> str:
    """What the class said, and where: the house's messages begin with the name of a field."""
    said = str(error)
    if said.partition(":")[0] in {each.name for each in fields(own)}:
        return _place(where, said)
    return f"{where or 'data'}: {own.__name__} cannot be made of this ({said})"
