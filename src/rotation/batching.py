"""Many strategies decided together, each as if alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rotation.arrays import FloatArray, IntArray
from rotation.causality import is_ours, only_ours
from rotation.deciding import Wanted, want
from rotation.errors import ArgumentError
from rotation.protocols import History, Rule, WeightRule
from rotation.schedule import Schedule

__all__ = ["Batch", "batches", "decide_together"]

_TOGETHER = 1024  # strategies decided at once
_SCORES = 1 << 23  # scores of all of them, at the most


@dataclass(frozen=True, slots=True)
class Batch:
    """Strategies that share a schedule.

    Parameters
    ----------
    schedule : number of the schedule
    place : (m,) of the strategies among all
    column : (m,) which of the pairs each has
    signals, rules : (C,) numbers of distinct pairs of a signal and a rule, by signal
    """

    schedule: int
    place: IntArray
    column: IntArray
    signals: IntArray
    rules: IntArray


def batches(numbers: IntArray, scores: Callable[[int], int]) -> list[Batch]:
    """Strategies by their numbers (n, 4) of signal, rule, schedule and costs.

    Parameters
    ----------
    numbers : of the strategies
    scores : how many one strategy decides by, from the number of its schedule
    """
    found = []
    for schedule in np.unique(numbers[:, 2]).tolist():
        here = np.flatnonzero(numbers[:, 2] == schedule)
        rules = int(numbers[here, 1].max()) + 1
        codes, again = np.unique(numbers[here, 0] * rules + numbers[here, 1], return_inverse=True)
        many = max(1, min(_TOGETHER, _SCORES // max(1, scores(schedule))))
        for start in range(0, len(codes), many):
            some = codes[start : start + many]
            mine = np.flatnonzero((again >= start) & (again < start + many))
            found.append(Batch(schedule, here[mine], again[mine] - start, *np.divmod(some, rules)))
    return found


def decide_together(
    rules: Sequence[Rule | WeightRule],
    scores: FloatArray,
    rule: IntArray,
    signal: IntArray,
    schedule: Schedule,
    history: History,
) -> list[tuple[IntArray, Wanted]]:
    """What strategies want that have some of the rules and some of the scores (K, D, L) each.

    Parameters
    ----------
    rules : distinct rules
    scores : (K, D, L) on the deciding rows of the history
    rule, signal : (C,) with which of them each strategy decides
    schedule : of all
    history : what the rules are shown

    Returns
    -------
    what is wanted, for some columns (c,) of the strategies at a time, ascending; without a rule
    where many rules decided at once

    Raises
    ------
    ArgumentError
        As :func:`rotation.deciding.want`, or if a rule of a user's own wants something else of a
        strategy when others are beside it.
    """
    found = []
    for some, together in _alike(rules, schedule.tranches):
        columns = np.flatnonzero(np.isin(rule, some))
        if together is not None:
            each = np.searchsorted(some, rule[columns])
            held = together([rules[n] for n in some], scores, each, signal[columns])
            found.append((columns, Wanted(held, None, ())))
            continue
        one, here = rules[some[0]], scores[:, signal[columns]]
        made = want(one, here, schedule, history)
        if not only_ours(one):
            for s in {0, len(columns) // 2, len(columns) - 1}:
                _check_batch(one, made, want(one, here[:, s : s + 1], schedule, history), s)
        found.append((columns, made))
    return found


def _alike(
    rules: Sequence[Any], tranches: int
) -> list[tuple[list[int], Callable[..., IntArray] | None]]:
    """Numbers of rules that can decide together, ascending, and how: of a kind that says it can."""
    groups: dict[object, list[int]] = {}
    for number, rule in enumerate(rules):
        # A class of ours says it of itself: one made from it may decide otherwise.
        together = is_ours(rule) and "decide_each" in vars(type(rule)) and tranches == 1
        groups.setdefault(type(rule) if together else number, []).append(number)
    return [(some, getattr(kind, "decide_each", None)) for kind, some in groups.items()]


def _check_batch(rule: object, many: Wanted, one: Wanted, s: int) -> None:
    """Refuse a user's rule that wants something else of a strategy when others are beside it."""
    for all_of_them, alone in ((many.held, one.held), (many.weights, one.weights)):
        if all_of_them is None:
            continue
        if not np.array_equal(all_of_them[:, s : s + 1], np.asarray(alone)):
            raise ArgumentError(
                f"rule: {rule!r} decides otherwise when scores (K, S, L) hold more than one "
                "strategy; want each column of S decided as if alone"
            )
