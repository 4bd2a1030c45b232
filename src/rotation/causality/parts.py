"""Parts of a user's own that a part of the package holds, to be tried alone.

What a wrapper makes of a part may hide that the part looks ahead: other voters outvote it, a floor
or a rank lets little of it through.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from rotation.protocols import Bindable, Rule, WeightRule
from rotation.strategy import Strategy

__all__ = ["held_within", "is_ours", "only_ours"]


def only_ours(part: object) -> bool:
    """Whether a part, and all that it is made of, comes with this package.

    Examples
    --------
    >>> from rotation.signals import Momentum, Sum
    >>> only_ours(Sum([Momentum(63), Momentum(126)])), only_ours(Sum([Momentum(63), abs]))
    (True, False)
    """
    if isinstance(part, (tuple, list)):
        return all(map(only_ours, part))
    if not is_dataclass(part):
        return part is None or isinstance(part, (str, int, float, date, np.generic))
    return is_ours(part) and all(only_ours(getattr(part, each.name)) for each in fields(part))


def held_within(part: object) -> list[object]:
    """Parts of a user's own that a part of the package holds, each once, innermost first.

    Parameters
    ----------
    part : a signal, a rule or a strategy. The signal and the rule that a strategy itself is made of
        are not listed: its own output shows both. Nor is what a user's part holds: it may well give
        it no more than it may know

    Returns
    -------
    list
        Signals as they are. A rule in the strategy that it decides for, with its scores and its
        schedule; alone if there is none

    Examples
    --------
    >>> from rotation.signals import Momentum, Rank, Sum
    >>> held_within(Sum([Momentum(63), Rank(abs), abs]))
    [<built-in function abs>]
    """
    if isinstance(part, Strategy):
        found = [*_held(part.signal, None), *_held(part.rule, part)]
    else:
        found = list(_held(part, None))
    return list({_identity(each): each for each in found}.values())


def _held(part: object, strategy: Strategy | None) -> Iterator[object]:
    """What a part holds, if it is the package's; a rule decides for ``strategy``."""
    if isinstance(part, Strategy):
        yield from _all_of(part.signal, None)
        yield from _all_of(part.rule, part)
    elif isinstance(part, (tuple, list)):
        for each in part:
            yield from _all_of(each, strategy)
    elif is_dataclass(part) and is_ours(part):
        for each in fields(part):
            yield from _all_of(getattr(part, each.name), strategy)


def _all_of(part: Any, strategy: Strategy | None) -> Iterator[object]:
    """What a part holds, and the part if it is a user's."""
    yield from _held(part, strategy)
    if isinstance(part, (type, tuple, list)) or is_ours(part):
        return
    decides, binds = isinstance(part, (Rule, WeightRule)), isinstance(part, Bindable)
    if strategy is not None and (decides or (binds and not callable(part))):
        yield replace(strategy, rule=part)
    elif decides != callable(part) or binds:  # what could be either is tried as neither
        yield part


def is_ours(part: object) -> bool:
    """Whether a part comes with this package, whatever it is made of."""
    return type(part).__module__.startswith("rotation.")


def _identity(part: object) -> object:
    if isinstance(part, Strategy):
        return id(part.signal), id(part.rule), part.schedule
    return id(part)
