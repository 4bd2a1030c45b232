"""What was made before, and need not be made again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

__all__ = ["Memory"]

_Made = TypeVar("_Made")


class Memory:
    """What was made before by its key, the oldest forgotten first; it does not travel.

    Parameters
    ----------
    room : bytes of what is kept

    Examples
    --------
    >>> memory = Memory(10)
    >>> memory.get("a", lambda: 1, size=6), memory.get("a", lambda: 2, size=6)
    (1, 1)
    >>> memory.get("b", lambda: 3, size=6), memory.get("a", lambda: 4, size=6)
    (3, 4)
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = Lock()
        self._made: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self._size = 0

    def __reduce__(self) -> tuple[type["Memory"], tuple[int]]:
        return Memory, (self._room,)

    def get(
        self, key: object, make: Callable[[], _Made], size: int | Callable[[_Made], int] = 0
    ) -> _Made:
        """What is kept under a key, made if it is not there; its bytes, or what tells them."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key][0]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            if key not in self._made:
                bytes_ = size if isinstance(size, int) else size(made)
                self._made[key] = made, bytes_
                self._size += bytes_
            while self._size > self._room:
                self._size -= self._made.popitem(last=False)[1][1]
        return made
