"""Strategies by number.

No strategy is made until it is asked for: numbers of parts and keys follow by arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.arrays import IntArray
from rotation.checks import check_count
from rotation.costs import Costs
from rotation.errors import ArgumentError
from rotation.grid.axes import Axis, Product
from rotation.grid.choosing import LatinHypercube, Where, choose, some_of
from rotation.grid.keys import digest_words, mix
from rotation.grid.making import KINDS, PARTS, Numbering, check_names, distinct, make_parts
from rotation.protocols import Rule, Signal, WeightRule
from rotation.schedule import Schedule
from rotation.strategy import Strategy

__all__ = ["Grid"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Grid:
    """Strategies by number; made by ``Grid.of`` or ``Grid.of_list``.

    Parameters
    ----------
    signals, rules, schedules : distinct parts of all the strategies; equal ones are one
    costs : distinct costs, none if they are not an axis

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> base = Strategy(Momentum(126), Switch(), Schedule("M"))
    >>> axes = {"signal.days": range(20, 260, 5), "rule.margin": [0, 0.01, 0.02, 0.05]}
    >>> grid = Grid.of(base, axes)
    >>> len(grid), len(grid.signals), len(grid.rules)
    (192, 48, 4)
    >>> grid.strategy(5)
    Strategy(signal=Momentum(days=25, skip=0), rule=Switch(margin=0.01, confirm=1, min_hold=1),
    schedule=Schedule(every='M', offset=0, lag=1, same_close=False, tranches=1))
    >>> grid.find(signal__days=25, rule__margin=0.01)
    5
    """

    signals: tuple[Signal, ...]
    rules: tuple[Rule | WeightRule, ...]
    schedules: tuple[Schedule, ...]
    costs: tuple[Costs, ...]
    _product: "Product"
    _numberings: tuple["Numbering", ...]
    _chosen: IntArray | None  # places in the product, ascending; None for all
    _digests: dict[str, NDArray[np.uint64]] = field(default_factory=dict)  # made when needed

    @classmethod
    def of(
        cls,
        strategy: Strategy,
        axes: Mapping[str, object],
        *,
        where: Where | None = None,
        sample: int | LatinHypercube | None = None,
        seed: int = 0,
    ) -> Self:
        """A strategy with every combination of other values, in the order of itertools.product.

        Combinations that make equal strategies have rows and numbers of their own, and share parts
        and :meth:`keys`.

        Parameters
        ----------
        strategy : what the axes do not name stays as it is here
        axes : values in their order, by what they take the place of: a field of a part, as
            "signal.days", "rule.rule.margin" or "signal.signals.0.days" (position 0 of a tuple); a
            part, as "rule" or "rule.rule", in which fields are then set if they are axes too; or
            "costs". Values are a sequence, or a mapping of names to values, and then the names are
            what the index has, ``where`` sees and :meth:`find` takes. None is NaN in an index.
        where : which combinations to keep, row by row: it is called on one piece of the grid after
            another, as in ``lambda p: p["signal.skip"] < p["signal.days"]``. What it drops is never
            made. Of up to 10⁹ combinations; more need a sample.
        sample : a number of strategies to draw without replacement from those that ``where`` keeps,
            all with the same chance; or a :class:`LatinHypercube`. In the order of the product.
            Of more than 10⁷ combinations (and twenty times the sample) ``where`` sees as many
            draws as it takes, and must keep about one in a thousand.
        seed : of the sample; the same gives the same strategies

        Raises
        ------
        ArgumentError
            If there is no such name, a value is refused by the part that should have it, nothing is
            left, or the sample is larger than what there is.
        """
        if not isinstance(strategy, Strategy):
            raise ArgumentError(f"strategy: want a Strategy, got {strategy!r}")
        if not isinstance(axes, Mapping) or not axes:
            raise ArgumentError(f'axes: want values by name, as "signal.days", got {axes!r}')
        product = Product.of([Axis.of(name, values) for name, values in axes.items()])
        check_names(strategy, product.axes)
        if not (where is None or callable(where)):
            raise ArgumentError(f"where: want a function of a DataFrame, got {where!r}")
        check_count("seed", seed, 0, "a whole number")
        chosen = choose(product, where, sample, np.random.default_rng(seed))
        made = [make_parts(strategy, product, kind, chosen) for kind in KINDS]
        (signals, rules, schedules, costs), numberings = zip(*made, strict=True)
        return cls(signals, rules, schedules, costs, product, numberings, chosen)

    @classmethod
    def of_list(cls, strategies: Sequence[Strategy] | Mapping[Any, Strategy]) -> Self:
        """Strategies as they are, by name or by position.

        Parameters
        ----------
        strategies : each once; the index has their names, or positions, as its level "strategy"

        Raises
        ------
        ArgumentError
            If there is none, one is no strategy, or two are equal.
        """
        if not isinstance(strategies, (Sequence, Mapping)) or not len(strategies):
            raise ArgumentError(f"strategies: want one strategy or more, got {strategies!r}")
        if not isinstance(strategies, Mapping):
            strategies = dict(enumerate(strategies))
        axis = Axis.of("strategy", strategies)
        for label, each in strategies.items():
            if not isinstance(each, Strategy):
                raise ArgumentError(f"strategies: want a Strategy for {label!r}, got {each!r}")
        made = [distinct([getattr(each, kind) for each in axis.choices]) for kind in PARTS]
        (signals, rules, schedules), numbers = zip(*made, strict=True)
        first: dict[tuple[int, ...], object] = {}
        triples = map(tuple, np.stack(numbers, axis=1).tolist())
        for label, triple in zip(axis.labels, triples, strict=True):
            if first.setdefault(triple, label) is not label:
                raise ArgumentError(
                    f"strategies: want each once, got {first[triple]!r} and {label!r} alike"
                )
        numberings = (*(Numbering((0,), None, each) for each in numbers), Numbering.none())
        return cls(signals, rules, schedules, (), Product.of([axis]), numberings, None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes, in the user's order."""
        return tuple(axis.name for axis in self._product.axes)

    @property
    def labels(self) -> dict[str, tuple[Any, ...]]:
        """What the index calls the values of each axis, in the user's order."""
        return {axis.name: axis.labels for axis in self._product.axes}

    def __len__(self) -> int:
        return self._product.size if self._chosen is None else len(self._chosen)

    def __repr__(self) -> str:
        axes = ", ".join(f"{axis.name} ({len(axis.choices)})" for axis in self._product.axes)
        return f"<Grid of {len(self):,} strategies: {axes}>"

    def numbers(self, start: int = 0, stop: int | None = None) -> IntArray:
        """Number of the signal, rule, schedule and costs of each strategy.

        Parameters
        ----------
        start, stop : strategies, as in a slice

        Returns
        -------
        (S, 4) places in ``signals``, ``rules``, ``schedules`` and ``costs``, 0 if those are no axis
        """
        places = self._places(start, stop)
        return np.stack([each.of(self._product, places) for each in self._numberings]).T

    def index(self, start: int = 0, stop: int | None = None) -> pd.MultiIndex:
        """Values of each strategy, a level an axis; ``start`` and ``stop`` as in a slice."""
        return self._product.index(self._places(start, stop))

    def params(self, number: int) -> dict[str, Any]:
        """Values of one strategy by name, as they were given; :meth:`find` goes back."""
        place = self._place(number)
        digits = np.unravel_index(place, [len(axis.choices) for axis in self._product.axes])
        pairs = zip(self._product.axes, digits, strict=True)
        return {axis.name: axis.labels[digit] for axis, digit in pairs}

    def strategy(self, number: int) -> Strategy:
        """The strategy of a number, 0 to len - 1."""
        self._place(number)
        signal, rule, schedule, _ = self.numbers(number, number + 1)[0].tolist()
        return Strategy(self.signals[signal], self.rules[rule], self.schedules[schedule])

    def find(self, values: Mapping[str, object] | None = None, /, **named: object) -> int:
        """Number of the strategy with these values, one for each axis.

        Parameters
        ----------
        values : by name, as ``{"signal.days": 126}``
        **named : the same as keywords, two underscores for each dot: ``signal__days=126``

        Raises
        ------
        ArgumentError
            If a name is not known or missing, or if there is no such value or no such strategy;
            with those that there are.
        """
        if not isinstance(values, Mapping | None):
            raise ArgumentError(f"values: want a mapping of names to values, got {values!r}")
        keywords = {name.replace(".", "__"): name for name in self.names}
        given = dict(values or {})
        for word, value in named.items():
            name = keywords.get(word, word)
            if name in given:
                raise ArgumentError(f"{name}: want one value, got {given[name]!r} and {value!r}")
            given[name] = value
        if set(given) != set(self.names):
            raise ArgumentError(
                f"values: want one for each of {', '.join(self.names)}, "
                f"got {', '.join(map(str, given)) or 'none'}"
            )
        product = self._product
        place = sum(
            axis.place(given[axis.name]) * step
            for axis, step in zip(product.axes, product.steps, strict=True)
        )
        if self._chosen is None:
            return place
        number = int(np.searchsorted(self._chosen, place))
        if number == len(self) or self._chosen[number] != place:
            said = ", ".join(f"{name}={value!r}" for name, value in given.items())
            raise ArgumentError(f"values: want some that where and sample kept, got {said}")
        return number

    def keys(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint64]:
        """``strategy_key`` of each strategy, (S, 2); ``start`` and ``stop`` as in a slice."""
        numbers = self.numbers(start, stop)
        parts = zip(PARTS, (self.signals, self.rules, self.schedules), strict=True)
        words = [self._digests_of(kind, made) for kind, made in parts]
        return mix([each[numbers[:, kind]] for kind, each in enumerate(words)])

    def _digests_of(self, kind: str, parts: tuple[object, ...]) -> NDArray[np.uint64]:
        if kind not in self._digests:
            self._digests[kind] = digest_words(parts)
        return self._digests[kind]

    def _places(self, start: int, stop: int | None) -> IntArray:
        start, stop, _ = slice(start, stop).indices(len(self))
        return some_of(self._chosen, start, stop)

    def _place(self, number: int) -> int:
        check_count("number", number, 0, "the number of a strategy")
        if number >= len(self):
            raise ArgumentError(f"number: want {len(self) - 1} or less, got {number}")
        return int(number if self._chosen is None else self._chosen[number])
