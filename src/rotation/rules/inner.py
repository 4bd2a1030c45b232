"""The rule that another one wraps, whichever kind it is."""

from collections.abc import Sequence

from rotation.answers import check_held, check_reasons, check_weights
from rotation.arrays import FloatArray, IntArray
from rotation.columns import one_hot
from rotation.errors import ArgumentError
from rotation.protocols import Rule, WeightRule, holds_one

__all__ = ["check_rule", "held_of", "reasons_of", "weights_of"]


def check_rule(argument: str, rule: object) -> None:
    """Refuse what is no rule, nor becomes one when it is bound to a history.

    Raises
    ------
    ArgumentError
        Naming the argument.
    """
    sound = isinstance(rule, (Rule, WeightRule)) or hasattr(rule, "bind")
    if not sound or isinstance(rule, type):
        raise ArgumentError(
            f"{argument}: want an object with decide(scores) or weigh(scores), got {rule!r}"
        )


def held_of(rule: Rule, scores: FloatArray) -> IntArray:
    """Layer held (K, S), -1 for cash, by a rule that holds one, given scores (K, S, L).

    Raises
    ------
    ArgumentError
        If it gives no such layers.
    """
    return check_held(rule, rule.decide(scores.copy()), scores)


def weights_of(rule: Rule | WeightRule, scores: FloatArray) -> FloatArray:
    """Weights (K, S, L) that a rule wants, given scores (K, S, L); one layer's is 1.

    Raises
    ------
    ArgumentError
        If it gives no such layers or weights, or is no rule.

    Examples
    --------
    >>> import numpy as np
    >>> from rotation.rules import Switch
    >>> weights_of(Switch(), np.array([[[0.1, 0.3]], [[np.nan, np.nan]]])).tolist()
    [[[0.0, 1.0]], [[0.0, 0.0]]]
    """
    if holds_one(rule):
        return one_hot(held_of(rule, scores), scores.shape[2])
    if isinstance(rule, WeightRule):
        return check_weights(rule, rule.weigh(scores.copy()), scores)
    raise ArgumentError(f"rule: want decide(scores) or weigh(scores) of {rule!r}, got neither")


def reasons_of(
    rule: object, scores: FloatArray, moves: IntArray, names: Sequence[str]
) -> list[str]:
    """Why a rule wants what it wants at the decisions ``moves`` (M,), given scores (K, L).

    Raises
    ------
    ArgumentError
        If it does not give one reason for each.
    """
    if not hasattr(rule, "reasons"):
        return [f"decided by {rule!r}"] * len(moves)
    return check_reasons(rule, rule.reasons(scores.copy(), moves, names), len(moves))
