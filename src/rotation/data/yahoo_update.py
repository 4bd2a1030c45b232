"""A ticker's history, out of the cache and up to date.

What is held is not believed but compared: if Yahoo now says anything else of its newest sessions,
all of it is asked for again. Nothing that came is lost because it cannot be kept, and nothing that
is held because Yahoo gives less.
"""

from dataclasses import dataclass, replace

import pandas as pd

from rotation.data.cache import Cache
from rotation.data.yahoo_history import (
    History,
    extended,
    lacking,
    revised_volumes,
    rewritten,
    undivided,
)
from rotation.data.yahoo_request import Answer, Asking
from rotation.errors import DataError, DelistedError, OutageError, UnknownTickerError

__all__ = ["Found", "Update", "held"]

_OVERLAP = 10  # sessions that are asked for again, to see whether they still are what they were
_PATIENCE = 300.0  # seconds to wait for a process that asks for the same ticker


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A ticker's history.

    Parameters
    ----------
    answer : the history, and the session that is on
    alarms : what must be said aloud
    notes : what belongs into a report
    """

    answer: Answer
    alarms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """Brings one ticker at a time up to date, by asking Yahoo.

    Parameters
    ----------
    store : where histories are kept
    asking : how Yahoo is asked
    end : up to which day it is wanted; nothing is asked if the cache goes as far; None for now
    """

    store: Cache
    asking: Asking
    end: pd.Timestamp | None

    def __call__(self, name: str) -> Found:
        """The history of a ticker.

        Raises
        ------
        OutageError, UnknownTickerError, DelistedError
            If Yahoo does not give it, or not all that is held of it.
        DataError
            If another process does not let go of the ticker's lock.
        """
        with self.store.lock(name, _PATIENCE):
            held, alarms = None, []
            try:
                held = self.store.read(name)
            except DataError as error:
                alarms.append(f"{error}; asked for again")
            doubtful = held is not None and bool(undivided(held.rows, held.first))
            if held is not None and self.end is not None and self.end <= held.last and not doubtful:
                return Found(Answer(held, held.rows.iloc[:0]))
            if held is None:
                found = Found(self.asking.ask(name))
            else:
                found = self._newer(name, held, doubtful=doubtful)
            history, live = found.answer.history, found.answer.unfinished
            # Whether it is divided by a split of today shows in today's price alone, never kept.
            if len(history.rows) and undivided(pd.concat([history.rows, live]), history.last):
                return replace(found, alarms=(*alarms, *found.alarms))
            try:
                self.store.write(history)
            except OSError as error:
                alarms.append(
                    f"cannot write {self.store.path(name)} ({error.strerror}); "
                    "not kept for the next time"
                )
            return replace(found, alarms=(*alarms, *found.alarms))

    def _newer(self, name: str, held: History, *, doubtful: bool) -> Found:
        """What is held with what is new, or all of it again if it is not what it was."""
        known = held.rows.index[held.rows["close"].notna()]
        since = known[-_OVERLAP:][0] if len(known) else held.first
        why, explained = "a split by which nothing was divided", True
        try:
            if not doubtful:
                answer = self.asking.ask(name, since)
                newer = answer.history
                if newer.rows.empty:
                    why, explained = "Yahoo has nothing of it any more", False
                else:
                    why, explained = rewritten(held, newer, answer.unfinished)
                if not why:
                    revised = revised_volumes(held, newer)
                    notes = (f"Yahoo revised the volume of {revised} sessions",) if revised else ()
                    return Found(replace(answer, history=extended(held, newer)), (), notes)
            said = (f"{why}; all of it was asked for again",)
            whole = self.asking.ask(name)
        except (UnknownTickerError, DelistedError) as error:
            raise DelistedError(
                f"{error}, though it had it up to {held.last:%Y-%m-%d}: delisted, renamed, or a "
                "slip of Yahoo's; offline=True gives what the cache holds"
            ) from error
        except OutageError as error:
            raise OutageError(
                f"{error}; the cache holds it up to {held.last:%Y-%m-%d}: offline=True gives that"
            ) from error
        gone = lacking(held, whole.history)
        if len(gone):
            raise OutageError(
                f"{said[0]}, and of the {len(known)} closes that {self.store.path(name)} holds "
                f"Yahoo gives no more {len(gone)}, {gone[0]:%Y-%m-%d} to {gone[-1]:%Y-%m-%d}: half "
                "an answer, a slip of Yahoo's or another's history; offline=True gives what is "
                "held; move the file away to take what Yahoo has now"
            )
        return Found(whole, notes=said) if explained else Found(whole, alarms=said)


def held(store: Cache, name: str) -> Found:
    """The history of a ticker as the cache has it.

    Raises
    ------
    DataError
        If it does not have it, or it is damaged.
    """
    try:
        history = store.read(name)
    except DataError as error:
        raise DataError(f"{error}; delete it or fetch it again without offline") from error
    if history is None:
        raise DataError(f"cache: {store.folder} does not hold it; fetch it without offline")
    return Found(Answer(history, history.rows.iloc[:0]))
