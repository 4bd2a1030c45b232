"""What a user asks, and what the answer is.

The answer is a report of what was tried, or an error that names what looked ahead.
"""

from dataclasses import dataclass

import pandas as pd

from rotation.causality.parts import held_within
from rotation.causality.probe import Probe
from rotation.checks import check_count
from rotation.errors import ArgumentError
from rotation.layers import Layers, open_history
from rotation.protocols import History, Rule, Signal, WeightRule
from rotation.strategy import Strategy
from rotation.tables import read_prices

__all__ = ["CausalReport", "check_causal", "check_history"]


@dataclass(frozen=True, slots=True)
class CausalReport:
    """What was tried without finding a look ahead.

    Parameters
    ----------
    part : what was tried
    cuts : sessions after which the history was cut off or went on another way
    inputs : what was changed after them
    histories : how many changed histories the part was asked for
    refused : how many of them it could not take
    """

    part: str
    cuts: tuple[pd.Timestamp, ...]
    inputs: tuple[str, ...]
    histories: int
    refused: int

    def __str__(self) -> str:
        more = f"; {self.refused} more it could not take" if self.refused else ""
        return (
            f"{self.part} is causal as far as {self.histories - self.refused} histories tell that "
            f"change after one of {len(self.cuts)} sessions from {self.cuts[0]:%Y-%m-%d} to "
            f"{self.cuts[-1]:%Y-%m-%d}{more}"
        )


def check_causal(
    obj: Signal | Rule | WeightRule | Strategy, closes: pd.DataFrame | Layers, *, cuts: int = 24
) -> CausalReport:
    """Try to catch a signal, rule or strategy looking ahead.

    Parameters
    ----------
    obj : a signal or strategy, tried on ``closes``; or a rule, tried on momentum scores of them
    closes : DataFrame (T, L) of closes, or Layers
    cuts : rows after which the history is changed, at least 1

    Returns
    -------
    CausalReport

    Raises
    ------
    LookAheadError
        Naming the first row whose output changes, and the input with the latest row that it feels.

    Notes
    -----
    After each of the rows the history ends, and after some it goes on another way, for as long as
    before or not: with other closes, listings and delistings of layers and of their members, other
    members, and other dates from the session after the next one on. When the next session is may be
    known: a schedule must know it. A history that ends is put to a part that has seen the whole,
    any other to a copy that has seen none; both are bound to it anew.

    What a row up to there gives must be what it was: to the last bit if the history is as long as
    before, else within 1e-9, for sums over more or fewer rows may round differently.

    A part of the user's own that a part of the package holds, as a voter does in a ``Vote``, is
    first tried alone. The report counts the histories that the whole was asked for.

    What passes may still look ahead

    - on few rows, or for few kinds of future, so that nothing that was tried shows it: more
      ``cuts`` show more;
    - by what it brings along: a table of what came later, or parameters, layers and names that were
      chosen because of how they did;
    - by what was fitted once and kept where no copy of an object has its own, as in a global of
      its module, a variable around a function or an attribute of its class.

    Examples
    --------
    >>> import numpy as np
    >>> from rotation import Momentum, sample
    >>> closes = sample().loc["2020":, ["NVDA", "MSFT"]]
    >>> print(check_causal(Momentum(days=126), closes))  # doctest: +ELLIPSIS
    Momentum(days=126...) is causal as far as 36 histories tell that change after one of
    24 sessions from 2020-01-31 to 2025-02-13
    >>> def tomorrow(close):
    ...     return np.roll(close, -1, axis=0) / close
    >>> check_causal(tomorrow, closes)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rotation.errors.LookAheadError: <function tomorrow ...: its output of ... changes with ...
    """
    prices = read_prices(closes.index if isinstance(closes, Layers) else closes)
    return check_history(obj, open_history(closes, prices, prices.close), cuts=cuts)


def check_history(
    obj: Signal | Rule | WeightRule | Strategy, history: History, *, cuts: int = 24
) -> CausalReport:
    """:func:`check_causal` of a history that was checked."""
    check_count("cuts", cuts, 1, "rows")
    if len(history.close) < 3:
        raise ArgumentError(f"closes: want 3 sessions or more, got {len(history.close)}")
    probe = Probe.of(obj, history)
    for part in held_within(obj):
        alone = Probe.alone(part, history)
        if alone is not None:
            alone.search(alone.places(int(cuts)))
    at = probe.places(int(cuts))
    histories, refused = probe.search(at)
    members = () if probe.history.members is None else ("members' closes", "membership")
    return CausalReport(
        repr(obj),
        tuple(pd.DatetimeIndex(history.sessions[at])),
        ("closes", *members, "sessions", "length"),
        histories,
        refused,
    )
