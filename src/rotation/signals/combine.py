"""Signals made of signals: ours, and functions of the user's own.

What a signal scores where there is no close is no score, here as in a strategy; each gets closes of
its own to look at, and is shown the history if it asks for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rotation.answers import check_scores
from rotation.arrays import FloatArray
from rotation.checks import check_count, check_number
from rotation.errors import ArgumentError
from rotation.protocols import History, Signal, bind
from rotation.rolling import rolling_zscore

__all__ = ["Rank", "Standardise", "Sum", "Voted", "Where", "rank", "voted"]


def rank(scores: FloatArray) -> FloatArray:
    """Place of each layer among those with a score: 0 for the worst, 1 for the best.

    Equal scores share the mean of their places; a layer alone is in the middle. Asness, Moskowitz
    and Pedersen (2013) weigh by ranks.

    Parameters
    ----------
    scores : (T, L), NaN for no score

    Returns
    -------
    (T, L) fraction

    Examples
    --------
    >>> rank(np.array([[0.3, -0.1, 0.3, np.nan, 9.0]]))
    array([[0.5, 0. , 0.5, nan, 1. ]])
    """
    order = np.argsort(scores, axis=-1)  # NaN comes last
    placed = np.take_along_axis(scores, order, axis=-1)
    places = np.arange(scores.shape[-1])
    better = np.ones((*placed.shape[:-1], len(places) + 1), dtype=bool)
    better[..., 1:-1] = placed[..., 1:] != placed[..., :-1]
    first = np.maximum.accumulate(np.where(better[..., :-1], places, 0), axis=-1)
    last = np.where(better[..., 1:], places, len(places))
    last = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
    rivals = (~np.isnan(scores)).sum(axis=-1, keepdims=True) - 1
    share = np.where(rivals > 0, (first + last) / 2 / np.maximum(rivals, 1), 0.5)
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, share, axis=-1)
    return np.where(np.isnan(scores), np.nan, ranks)


def voted(scores: FloatArray) -> FloatArray:
    """Share of the signals in which each layer has the best score.

    Parameters
    ----------
    scores : (N, T, L) of N signals, NaN for no score

    Returns
    -------
    (T, L) fraction. A layer for which some signal has no score is out of the race; ties go to the
    earlier column.

    Examples
    --------
    >>> voted(np.array([[[0.1, 0.2, 9.0]], [[0.3, 0.3, np.nan]]]))
    array([[0.5, 0.5, nan]])
    """
    out = np.isnan(scores).any(axis=0)
    best = np.where(out, -np.inf, scores).argmax(axis=-1)
    votes = (best[..., None] == np.arange(scores.shape[-1])).sum(axis=0)
    return np.where(out, np.nan, votes / len(scores))


@dataclass(frozen=True, slots=True)
class Sum:
    """Signal: several scores added up, each times its weight.

    With look-backs of momentum this is the blend of Hurst, Ooi and Pedersen (2017). Scores of
    different units want a :class:`Standardise` or :class:`Rank` around each. A layer has a score if
    all of the signals have one for it.

    Parameters
    ----------
    signals : one or more
    weights : a finite number each; 1 each if None

    Examples
    --------
    >>> from rotation.signals import Momentum
    >>> blend = Sum([Momentum(1), Momentum(2)], weights=[0.5, 0.25])
    >>> blend(np.exp([[0.0], [1.0], [2.0]]))[-1]
    array([1.])
    """

    signals: Sequence[Signal]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "signals", _signals(self.signals))
        if self.weights is None:
            return
        weights = tuple(self.weights) if isinstance(self.weights, Iterable) else ()
        if len(weights) != len(self.signals):
            raise ArgumentError(
                f"weights: want one for each of {len(self.signals)} signals, got {self.weights!r}"
            )
        for weight in weights:
            check_number("weights", weight, what="a number for each signal")
        object.__setattr__(self, "weights", tuple(map(float, weights)))

    def bind(self, history: History) -> "Sum":
        """The same of signals that were shown the history."""
        return replace(self, signals=_bound(self.signals, history))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        total = np.zeros(close.shape)
        weights = self.weights or (1.0,) * len(self.signals)
        for signal, weight in zip(self.signals, weights, strict=True):
            total += weight * _scores(signal, close)
        return total


@dataclass(frozen=True, slots=True)
class Voted:
    """Signal of :func:`rotation.signals.voted`: each signal has a vote for its best layer.

    Parameters
    ----------
    signals : one or more

    Examples
    --------
    >>> from rotation.signals import Momentum
    >>> lookbacks = Voted([Momentum(1), Momentum(2), Momentum(3)])
    >>> close = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 2.0], [1.5, 2.0]])
    >>> lookbacks(close)[-1].round(2)
    array([0.67, 0.33])
    """

    signals: Sequence[Signal]

    def __post_init__(self) -> None:
        object.__setattr__(self, "signals", _signals(self.signals))

    def bind(self, history: History) -> "Voted":
        """The same of signals that were shown the history."""
        return replace(self, signals=_bound(self.signals, history))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return voted(np.stack([_scores(each, close) for each in self.signals]))


@dataclass(frozen=True, slots=True)
class Rank:
    """Signal of :func:`rotation.signals.rank`: the place that another gives each layer.

    Parameters
    ----------
    signal : whose scores are ranked
    """

    signal: Signal

    def __post_init__(self) -> None:
        _check_signal("signal", self.signal)

    def bind(self, history: History) -> "Rank":
        """The same of a signal that was shown the history."""
        return replace(self, signal=bind(self.signal, history))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return rank(_scores(self.signal, close))


@dataclass(frozen=True, slots=True)
class Standardise:
    """Signal: another's scores less their mean of late, in their standard deviations (ddof 1).

    Each layer's scores are measured against its own of the newest ``days`` sessions, this one
    included; those that stood still are 0.

    Parameters
    ----------
    signal : whose scores are standardised
    days : sessions in the mean and the deviation, at least 2

    Examples
    --------
    >>> def doubled(close):
    ...     return 2 * close
    >>> Standardise(doubled, days=2)(np.array([[1.0], [2.0], [2.0]])).ravel().round(3)
    array([  nan, 0.707, 0.   ])
    """

    signal: Signal
    days: int

    def __post_init__(self) -> None:
        _check_signal("signal", self.signal)
        check_count("days", self.days, 2)

    def bind(self, history: History) -> "Standardise":
        """The same of a signal that was shown the history."""
        return replace(self, signal=bind(self.signal, history))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        return rolling_zscore(_scores(self.signal, close), self.days)


@dataclass(frozen=True, slots=True)
class Where:
    """Signal: one where a regime's score is above 0, else another; none where it has no score.

    Parameters
    ----------
    regime : whose scores choose, as :class:`rotation.signals.VolatilityRegime`
    above : signal where they are above 0
    otherwise : signal where they are not

    Examples
    --------
    >>> from rotation.signals import Drawdown, Momentum
    >>> calm = Where(Momentum(1), Momentum(1), Drawdown())
    >>> calm(np.array([[1.0], [2.0], [1.0]])).ravel().round(3)
    array([  nan, 0.693, -0.5  ])
    """

    regime: Signal
    above: Signal
    otherwise: Signal

    def __post_init__(self) -> None:
        for name in ("regime", "above", "otherwise"):
            _check_signal(name, getattr(self, name))

    def bind(self, history: History) -> "Where":
        """The same of signals that were shown the history."""
        return Where(*_bound((self.regime, self.above, self.otherwise), history))

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        regime, above, otherwise = (
            _scores(each, close) for each in (self.regime, self.above, self.otherwise)
        )
        return np.where(np.isnan(regime), np.nan, np.where(regime > 0, above, otherwise))


def _check_signal(name: str, signal: object) -> None:
    if isinstance(signal, type) or not (callable(signal) or hasattr(signal, "bind")):
        raise ArgumentError(f"{name}: want a function of closes to scores, got {signal!r}")


def _signals(given: Sequence[Signal]) -> tuple[Signal, ...]:
    signals = tuple(given) if isinstance(given, Sequence) else ()
    if not signals:
        raise ArgumentError(f"signals: want one or more in a sequence, got {given!r}")
    for signal in signals:
        _check_signal("signals", signal)
    return signals


def _bound(signals: Sequence[Signal], history: History) -> tuple[Signal, ...]:
    return tuple(bind(each, history) for each in signals)


def _scores(signal: Signal, close: FloatArray) -> FloatArray:
    return check_scores(signal, signal(close.copy()), close)
