"""Histories that begin as a true one does, and then end or go another way.

Each is one that could have been: a layer has closes without a gap from its listing to its
delisting, dates ascend, and the session after the last true one is when it was, for a calendar
tells that before.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rotation.arrays import FloatArray, IntArray, listing
from rotation.protocols import History, Members

__all__ = ["ended", "going_on", "mixed"]


def ended(history: History, stop: int) -> History:
    """The first ``stop`` rows of a history; names that join a layer later are not there."""
    members = []
    for each in history.members or ():
        known = np.any(each.belongs[:stop], axis=0)
        known |= not known.any()
        members.append(Members(each.close[:stop, known], each.belongs[:stop, known]))
    return replace(
        history,
        close=history.close[:stop].copy(),
        sessions=history.sessions[:stop].copy(),
        members=None if history.members is None else tuple(members),
    )


def going_on(
    history: History,
    past: int,
    length: int,
    rng: np.random.Generator,
    *,
    jump: float,
    calm: bool,
) -> History:
    """The first ``past`` rows of a history, and then others.

    Parameters
    ----------
    history : the true one, (T, L)
    past : rows to keep
    length : rows in all, more than ``past``; may be more than T
    rng : which future
    jump : log of what the layer that then gains most gains, and the one that loses most loses. If
        it is positive there are then no sessions for a while; if it is negative it goes the other
        way round, and all but one are delisted in time
    calm : keep sessions, listings, delistings and members: a future that more parts can take
    """
    true = np.minimum(np.arange(length), len(history.close) - 1)  # the last for all after it
    members = []
    for each in history.members or ():
        close = _another(each.close, past, true, rng, jump=jump, calm=calm)
        belongs = each.belongs[true]
        if not calm:
            belongs[past:] = (rng.random(belongs[past:].shape) < 0.5) & ~np.isnan(close[past:])
            later = ~belongs[:past].any(axis=0)  # who joins later is nobody yet
            drift = rng.normal(0.0, 0.05, close[:past, later].shape).cumsum(axis=0)
            close[:past, later] *= np.exp(drift)
        members.append(Members(close, belongs))
    days = history.sessions[true] + np.maximum(np.arange(length) - true, 0).astype("m8[D]")
    if not calm:
        gaps = rng.integers(1, 4, length - past - 1)
        gaps[:1] += 40 * (jump > 0)
        days[past + 1 :] = days[past] + gaps.cumsum().astype("m8[D]")
    return replace(
        history,
        close=_another(history.close, past, true, rng, jump=jump, calm=calm),
        sessions=days,
        members=None if history.members is None else tuple(members),
    )


def _another(
    close: FloatArray,
    past: int,
    true: IntArray,
    rng: np.random.Generator,
    *,
    jump: float,
    calm: bool,
) -> FloatArray:
    """Closes (T, N) at the rows ``true``, and from ``past`` on others, after a jump."""
    ahead, columns = len(true) - past, close.shape[1]
    begun = ~np.isnan(close[:past]).all(axis=0)
    here = begun & ~np.isnan(close[past - 1])
    first = close[listing(close)[0], np.arange(columns)]  # of those to come, which do at once
    base = np.where(here, close[past - 1], np.where(begun, np.nan, first))
    steps = rng.normal(0.0, 0.05, (ahead, columns)).cumsum(axis=0)
    path = base * np.exp(steps + jump * rng.permutation(np.linspace(1.0, -1.0, columns)))
    if calm:
        path[np.isnan(close[true[past:]])] = np.nan
    elif jump < 0:
        stop = rng.integers(0, ahead, (columns,))
        stop[rng.integers(columns)] = ahead
        path[here & (np.arange(ahead)[:, None] >= stop)] = np.nan
    return np.concatenate([close[:past], path])


def mixed(
    history: History, other: History, start: int, kind: str, layers: Sequence[int]
) -> History:
    """A history with one kind of input of some layers, from ``start`` on, taken from another.

    Parameters
    ----------
    history, other : (T, L) both, alike up to ``start``
    start : row
    kind : "closes", "members" (their closes), "belongs" (who is a member) or "sessions"
    layers : columns
    """
    if kind == "sessions":
        return replace(history, sessions=other.sessions)
    if kind == "closes":
        close = history.close.copy()
        close[:, layers] = other.close[:, layers]
        return replace(history, close=close)
    if history.members is None or other.members is None:
        return history
    members = list(history.members)
    for n in layers:
        mine, new = history.members[n], other.members[n]
        if kind == "members":
            members[n] = replace(mine, close=np.vstack([mine.close[:start], new.close[start:]]))
        else:
            close = np.vstack([new.close[:start], mine.close[start:]])  # of who is nobody yet
            members[n] = Members(close, new.belongs)
    return replace(history, members=tuple(members))
