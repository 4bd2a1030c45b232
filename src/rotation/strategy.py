"""Strategy = signal + rule + schedule.

It is data: it decides nothing by itself, and two that are equal decide alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rotation.digest import content_hash
from rotation.errors import ArgumentError
from rotation.protocols import Bindable, Rule, Signal, WeightRule
from rotation.schedule import Schedule

if TYPE_CHECKING:
    from rotation.notation import OwnParts

__all__ = ["Strategy"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A signal, a rule and a schedule.

    Parameters
    ----------
    signal : gives every layer a score, as :class:`rotation.Momentum`; any function of closes (T, L)
        to scores (T, L)
    rule : turns scores into decisions, as :class:`rotation.Switch`; any object with ``decide`` or
        ``weigh``
    schedule : when it decides and how long until it trades

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> Strategy(signal=Momentum(days=126), rule=Switch(margin=0.02), schedule=Schedule("M")).rule
    Switch(margin=0.02, confirm=1, min_hold=1)
    """

    signal: Signal | Bindable
    rule: Rule | WeightRule | Bindable
    schedule: Schedule

    def __post_init__(self) -> None:
        # By name: a sweep makes thousands, and isinstance of a protocol takes forty times as long.
        parts = self.signal, self.rule
        decides = [hasattr(each, "decide") or hasattr(each, "weigh") for each in parts]
        binds = [hasattr(each, "bind") for each in parts]
        scores = callable(self.signal) or (binds[0] and not decides[0])
        if not scores or isinstance(self.signal, type):
            raise ArgumentError(
                f"signal: want a function of closes (T, L) to scores (T, L), got {self.signal!r}"
            )
        holds = decides[1] or (binds[1] and not callable(self.rule))
        if not holds or isinstance(self.rule, type):
            raise ArgumentError(
                f"rule: want an object with decide(scores) or weigh(scores), got {self.rule!r}"
            )
        if not isinstance(self.schedule, Schedule):
            raise ArgumentError(
                f'schedule: want a Schedule, as Schedule("M"), got {self.schedule!r}'
            )

    @property
    def hash(self) -> str:
        """SHA-256 of all that it is, in every process the same; by ``rotation.digest``."""
        return content_hash(self)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data; dates and numbers as they are."""
        from rotation.notation import to_plain

        return to_plain(self, Strategy)

    def to_toml(self) -> str:
        """All of it as TOML; a table for each part."""
        from rotation.notation import to_toml

        return to_toml(self, Strategy)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], parts: "OwnParts" = ()) -> Self:
        """The strategy that :meth:`to_dict` wrote.

        Parameters
        ----------
        data : its fields by name
        parts : classes of the user's own that it may name

        Raises
        ------
        ArgumentError
            Naming the place of what is wrong, as ``rule.margin``.
        """
        from rotation.notation import from_plain, known_parts

        return from_plain(data, known_parts(parts), cls)

    @classmethod
    def from_toml(cls, text: str, parts: "OwnParts" = ()) -> Self:
        """:meth:`from_dict` of TOML."""
        from rotation.notation import from_toml, known_parts

        return from_toml(text, known_parts(parts), cls)
