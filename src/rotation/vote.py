"""Several strategies that vote on one layer to hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.columns import CASH
from rotation.deciding import decide
from rotation.errors import ArgumentError
from rotation.protocols import History
from rotation.strategy import Strategy

__all__ = ["Vote", "vote"]

_SILENT = -2


def vote(votes: IntArray, scores: FloatArray) -> IntArray:
    """Layer with most votes; one that is held stays as long as none has more.

    Parameters
    ----------
    votes : (V, K) layer that each voter wants, -1 for cash, -2 for no vote yet
    scores : (K, S, L); votes for a layer without a score do not count

    Returns
    -------
    (K, S) layer held, -1 for cash; of several with most votes the earlier column, cash last

    Examples
    --------
    >>> votes = np.array([[0, 0, 1], [0, 1, 1], [-1, 1, 0]])
    >>> vote(votes, np.zeros((3, 1, 2))).ravel().tolist()
    [0, 1, 1]
    """
    layers = scores.shape[2]
    counts = (votes[:, :, None] == np.append(np.arange(layers), -1)).sum(axis=0)  # (K, L + 1)
    known = np.concatenate([~np.isnan(scores), np.ones((*scores.shape[:2], 1), dtype=bool)], axis=2)
    counted = np.where(known, counts[:, None, :], -1)
    top = counted.max(axis=2)
    first = np.where(top > 0, counted.argmax(axis=2), layers)
    every = np.arange(scores.shape[1])
    held = np.full(scores.shape[:2], layers, dtype=np.intp)
    before = np.full(scores.shape[1], layers, dtype=np.intp)
    for k in range(len(scores)):
        stays = (counted[k, every, before] == top[k]) & (top[k] > 0) & (k > 0)
        before = held[k] = np.where(stays, before, first[k])
    return np.where(held == layers, -1, held)


@dataclass(frozen=True, slots=True)
class Vote:
    """Rule that holds what most of several strategies want.

    Parameters
    ----------
    strategies : two or more, each of which holds one layer at a time; each decides by its own
        schedule, and its newest decision counts whenever the vote is taken

    Notes
    -----
    Whoever has not decided yet has no vote, and a vote for cash counts like any other. When none
    has voted the vote is for cash. The lags of the voters' schedules do not matter.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Switch
    >>> voters = [Strategy(Momentum(days), Switch(), Schedule("M")) for days in (63, 126, 252)]
    >>> [voter.signal.days for voter in Vote(voters).strategies]
    [63, 126, 252]
    """

    strategies: Sequence[Strategy]

    def __post_init__(self) -> None:
        given = self.strategies
        if not isinstance(given, Iterable):
            raise ArgumentError(f"strategies: want two or more strategies, got {given!r}")
        object.__setattr__(self, "strategies", tuple(given))
        for each in self.strategies:
            if not isinstance(each, Strategy):
                raise ArgumentError(f"strategies: want strategies, got {each!r}")
            if each.schedule.tranches > 1:
                raise ArgumentError(
                    f"strategies: want one layer at a time, got tranches of {each!r}"
                )
        if len(self.strategies) < 2:
            raise ArgumentError(f"strategies: want two or more, got {len(self.strategies)}")

    def bind(self, history: History) -> "_Ballot":
        """The rule with the votes of all, for the decisions of ``history``."""
        return _Ballot.of(self, history)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Ballot:
    """A vote, and the votes (V, K) that were cast."""

    plan: Vote
    votes: IntArray

    def __repr__(self) -> str:
        return repr(self.plan)

    @classmethod
    def of(cls, rule: Vote, history: History) -> Self:
        votes = np.full((len(rule.strategies), len(history.rows)), _SILENT, dtype=np.intp)
        for voter, strategy in enumerate(rule.strategies):
            decided = decide(strategy, history)
            if decided.held is None:
                raise ArgumentError(
                    f"strategies: want one layer at a time, got weights of {strategy.rule!r}"
                )
            newest = np.searchsorted(decided.rows, history.rows, side="right") - 1
            cast = newest >= 0
            votes[voter, cast] = decided.held[newest[cast]]
        return cls(rule, votes)

    def decide(self, scores: FloatArray) -> IntArray:
        """Layer held (K, S), -1 for cash, from scores (K, S, L)."""
        return vote(self.votes, scores)

    def reasons(self, scores: FloatArray, moves: IntArray, names: Sequence[str]) -> list[str]:
        """How many voted for what, what does not count, and how a tie ended."""
        held = self.decide(scores[:, None, :])[:, 0].tolist()
        silent = np.append(np.isnan(scores), np.zeros((len(scores), 1), dtype=bool), axis=1)
        return [
            _count(self.votes[:, k].tolist(), silent[k], held[:k][-1:], held[k], names)
            for k in moves.tolist()
        ]


def _count(
    votes: list[int], silent: BoolArray, before: list[int], held: int, names: Sequence[str]
) -> str:
    """How the votes (V,) came to what is held; ``silent`` (L + 1,) are without a score."""
    called = [*names, CASH]  # -1 is cash
    options = [*range(len(names)), -1]
    most = votes.count(held)
    level = [called[each] for each in options if votes.count(each) == most and not silent[each]]
    text = f"{most} of {len(votes)} vote for {called[held]}"
    if not most:
        text = f"no vote counts, so {CASH}"
    elif len(level) > 1:
        level.remove(called[held])
        why = "stays" if before == [held] else "comes first"
        text += f", as many as for {', '.join(level)}; {called[held]} {why}"
    for each in options:
        if silent[each] and votes.count(each) >= max(most, 1):
            text += f"; {votes.count(each)} for {called[each]}, which has no score"
    undecided = votes.count(_SILENT)
    return f"{text}; {undecided} yet to decide" if undecided else text
