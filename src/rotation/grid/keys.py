"""What tells a strategy from any other, in every grid and process."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rotation.digest import content_hash
from rotation.grid.making import PARTS
from rotation.strategy import Strategy

__all__ = ["digest_words", "mix", "strategy_key"]


def strategy_key(strategy: Strategy) -> NDArray[np.uint64]:
    """A number of 128 bits that tells a strategy from any other, in every grid and process.

    It is mixed from the :func:`rotation.digest.content_hash` of its signal, rule and schedule, so
    equal strategies have equal keys; costs are no part of it. Among n strategies some two share a
    key with a chance of n² / 2¹²⁹: one in 10²¹ for a thousand million of them.

    Returns
    -------
    (2,) words of 64 bits

    Notes
    -----
    The mixing is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), on each half by itself.

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> [f"{word:016x}" for word in strategy_key(Strategy(Momentum(126), Switch(), Schedule("M")))]
    ['fae579d851f31ff3', '1e48999ad7727b68']
    """
    key: NDArray[np.uint64] = mix([digest_words([getattr(strategy, kind)]) for kind in PARTS])[0]
    return key


def digest_words(parts: Sequence[object]) -> NDArray[np.uint64]:
    """128 bits of the digest of each part, (n, 2)."""
    digests = map(content_hash, parts)
    words = [(int(digest[:16], 16), int(digest[16:32], 16)) for digest in digests]
    return np.array(words, dtype=np.uint64)


def mix(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Keys (S, 2) of the words (S, 2) of signals, rules and schedules."""
    key = np.zeros_like(words[0])
    for each in words:
        key ^= each
        key += np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(30)
        key *= np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(27)
        key *= np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return key
