"""What a sweep goes through: a strategy for every combination of values, numbered and not made.

Each distinct part is made once, and only if some strategy has it; which parts a strategy has
follows from its place among the combinations by arithmetic.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import prod
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rotation.arrays import BoolArray, IntArray
from rotation.checks import check_count
from rotation.costs import Costs
from rotation.digest import content_hash
from rotation.errors import ArgumentError
from rotation.protocols import Rule, Signal, WeightRule
from rotation.schedule import Schedule
from rotation.strategy import Strategy

__all__ = ["Grid", "LatinHypercube", "Where", "strategy_key"]

Where: TypeAlias = Callable[[pd.DataFrame], "pd.Series[bool] | BoolArray"]
"""Which combinations to keep: of a frame, a column an axis, True or False for each row."""

_PARTS = ("signal", "rule", "schedule")
_KINDS = (*_PARTS, "costs")
_CHUNK = 200_000  # combinations that `where` sees at once: tens of megabytes
_LISTED = 10_000_000  # combinations of which all are looked at for a sample: about a second
_SEEN = 1_000_000_000  # combinations of which all are looked at for a grid: minutes
_HELD = 10_000_000  # values of an axis, or parts of a kind: gigabytes
_SHOWN = 20  # values that a message lists
_ITSELF = ""  # in a tree of names: a part, not one of its fields


@dataclass(frozen=True, slots=True)
class LatinHypercube:
    """A sample that spreads over all the values of every axis.

    Over the draws each axis takes every value in equal numbers, give or take one; if it has more
    values than there are draws, one from each of as many stretches of them. Which go together is
    random (McKay, Beckman and Conover 1979, with values for intervals). A combination that is drawn
    twice counts once and one that ``where`` drops is not drawn again, so fewer may be left.

    Parameters
    ----------
    draws : combinations to draw, at least 1

    Examples
    --------
    >>> from rotation import Momentum, Schedule, Strategy, Switch
    >>> base = Strategy(Momentum(126), Switch(), Schedule("M"))
    >>> axes = {"signal.days": range(1, 100), "rule.margin": [0.0, 0.01]}
    >>> grid = Grid.of(base, axes, sample=LatinHypercube(4))
    >>> sorted(margin for _, margin in grid.index())
    [0.0, 0.0, 0.01, 0.01]
    """

    draws: int

    def __post_init__(self) -> None:
        check_count("draws", self.draws, 1, "combinations")

    def digits(self, values: int, rng: np.random.Generator) -> IntArray:
        """Which of so many values each draw takes, (draws,)."""
        # Every values-th of the whole numbers below draws * values, of which each value has as many
        # as there are draws: so each is taken as often as any other, or once more.
        steps = np.arange(self.draws, dtype=np.intp) * values + rng.integers(values)
        return rng.permutation(steps // self.draws)


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
    _product: "_Product"
    _numberings: tuple["_Numbering", ...]
    _chosen: IntArray | None  # places in the product, ascending; None for all
    _words: dict[str, NDArray[np.uint64]] = field(default_factory=dict)  # filled when first needed

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
        product = _Product.of([_Axis.of(name, values) for name, values in axes.items()])
        _check_names(strategy, product.axes)
        if not (where is None or callable(where)):
            raise ArgumentError(f"where: want a function of a DataFrame, got {where!r}")
        check_count("seed", seed, 0, "a whole number")
        chosen = _choose(product, where, sample, np.random.default_rng(seed))
        made = [_make(strategy, product, kind, chosen) for kind in _KINDS]
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
        axis = _Axis.of("strategy", strategies)
        for label, each in strategies.items():
            if not isinstance(each, Strategy):
                raise ArgumentError(f"strategies: want a Strategy for {label!r}, got {each!r}")
        made = [_distinct([getattr(each, kind) for each in axis.choices]) for kind in _PARTS]
        (signals, rules, schedules), numbers = zip(*made, strict=True)
        first: dict[tuple[int, ...], object] = {}
        triples = map(tuple, np.stack(numbers, axis=1).tolist())
        for label, triple in zip(axis.labels, triples, strict=True):
            if first.setdefault(triple, label) is not label:
                raise ArgumentError(
                    f"strategies: want each once, got {first[triple]!r} and {label!r} alike"
                )
        numberings = (*(_Numbering((0,), None, each) for each in numbers), _Numbering.none())
        return cls(signals, rules, schedules, (), _Product.of([axis]), numberings, None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes, in the user's order."""
        return tuple(axis.name for axis in self._product.axes)

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
        parts = zip(_PARTS, (self.signals, self.rules, self.schedules), strict=True)
        words = [self._words_of(kind, made) for kind, made in parts]
        return _keys([each[numbers[:, kind]] for kind, each in enumerate(words)])

    def _words_of(self, kind: str, parts: tuple[object, ...]) -> NDArray[np.uint64]:
        if kind not in self._words:
            self._words[kind] = _words(parts)
        return self._words[kind]

    def _places(self, start: int, stop: int | None) -> IntArray:
        start, stop, _ = slice(start, stop).indices(len(self))
        return _some(self._chosen, start, stop)

    def _place(self, number: int) -> int:
        check_count("number", number, 0, "the number of a strategy")
        if number >= len(self):
            raise ArgumentError(f"number: want {len(self) - 1} or less, got {number}")
        return int(number if self._chosen is None else self._chosen[number])


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
    key: NDArray[np.uint64] = _keys([_words([getattr(strategy, kind)]) for kind in _PARTS])[0]
    return key


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """Values of one name, in the user's order.

    Parameters
    ----------
    name : as "signal.days"
    choices : (n,)
    labels : (n,) what the index calls them: themselves, or names that the user gave
    digits : place of each label
    level : labels without None, sorted if they can be, as pandas wants the level of an index
    codes : (n,) place of each label in ``level``, -1 for None
    """

    name: str
    choices: tuple[Any, ...]
    labels: tuple[Any, ...]
    digits: Mapping[Any, int]
    level: "pd.Index[Any]"
    codes: IntArray

    @classmethod
    def of(cls, name: str, given: Any) -> Self:
        """An axis of a sequence, or of a mapping of labels to values."""
        listed = isinstance(given, (Sequence, Mapping, pd.Index, pd.Series))
        text = isinstance(given, (str, bytes))
        if text or not (listed or (isinstance(given, np.ndarray) and given.ndim == 1)):
            raise ArgumentError(f"{name}: want a sequence of values, got {given!r}")
        if not 1 <= len(given) <= _HELD:
            raise ArgumentError(f"{name}: want 1 to {_HELD:,} values, got {len(given):,}")
        labels = tuple(map(_plain, given))
        choices = tuple(map(_plain, given.values())) if isinstance(given, Mapping) else labels
        digits: dict[Any, int] = {}
        for place, label in enumerate(labels):
            _check_label(name, label)
            if digits.setdefault(label, place) != place:
                raise ArgumentError(f"{name}: want each value once, got {label!r} twice")
        return cls(name, choices, labels, digits, *_level(labels))

    def place(self, label: object) -> int:
        """Place of a label among the others."""
        try:
            return self.digits[label]
        except (KeyError, TypeError):  # TypeError: it cannot be hashed
            shown = ", ".join(map(repr, self.labels[:_SHOWN]))
            more = f" and {len(self.labels) - _SHOWN} more" if len(self.labels) > _SHOWN else ""
            raise ArgumentError(f"{self.name}: want one of {shown}{more}; got {label!r}") from None


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """All combinations of the values of axes, of which the last changes fastest.

    Parameters
    ----------
    axes : at least one
    steps : places from one value of an axis to its next
    size : combinations
    """

    axes: tuple[_Axis, ...]
    steps: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, axes: Sequence[_Axis]) -> Self:
        counts = [len(axis.choices) for axis in axes]
        size, most = prod(counts), np.iinfo(np.intp).max
        if size > most:
            raise ArgumentError(f"axes: want at most {most:,} combinations, got {size:,}")
        return cls(tuple(axes), tuple(prod(counts[i + 1 :]) for i in range(len(axes))), size)

    def digits(self, number: int, places: IntArray) -> IntArray:
        """Which of the values of an axis, by number, places (S,) have."""
        return places // self.steps[number] % len(self.axes[number].choices)

    def code(self, mine: tuple[int, ...], places: IntArray) -> IntArray:
        """Place among the combinations of some of the axes, ascending, of places (S,) among all."""
        code = np.zeros(len(places), dtype=np.intp)
        for number in mine:
            code *= len(self.axes[number].choices)
            code += self.digits(number, places)
        return code

    def index(self, places: IntArray) -> pd.MultiIndex:
        """Labels at places (S,)."""
        codes: Any = [axis.codes[self.digits(i, places)] for i, axis in enumerate(self.axes)]
        levels: Any = [axis.level for axis in self.axes]
        return pd.MultiIndex(
            levels=levels,
            codes=codes,
            names=[axis.name for axis in self.axes],
            verify_integrity=False,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Numbering:
    """Which part of a kind each combination has.

    Parameters
    ----------
    mine : axes of this kind, ascending
    codes : (C,) combinations of their values that are in use, ascending; None for all
    numbers : (C,) number of the part of each
    """

    mine: tuple[int, ...]
    codes: IntArray | None
    numbers: IntArray

    @classmethod
    def none(cls) -> Self:
        """Number 0 whatever the combination."""
        return cls((), None, np.zeros(1, dtype=np.intp))

    def of(self, product: _Product, places: IntArray) -> IntArray:
        """Number of the part at places (S,)."""
        code = product.code(self.mine, places)
        return self.numbers[code if self.codes is None else np.searchsorted(self.codes, code)]


def _plain(value: object) -> object:
    """A number of numpy's as one of Python's."""
    if not isinstance(value, np.generic):
        return value
    item = value.item()
    # Of a time to the nanosecond numpy makes a number, and of none None.
    timed = isinstance(value, (np.datetime64, np.timedelta64))
    return value if timed and (item is None or isinstance(item, int)) else item


def _check_label(name: str, label: Any) -> None:
    try:
        hash(label)
    except TypeError:
        raise ArgumentError(
            f"{name}: want values that can be hashed, as a tuple or a frozen dataclass can, "
            f"or a mapping of names to them; got {label!r}"
        ) from None
    if label is not None and pd.api.types.is_scalar(label) and pd.isna(label):
        raise ArgumentError(f"{name}: want values that equal themselves, got {label!r}")


def _level(labels: tuple[Any, ...]) -> tuple["pd.Index[Any]", IntArray]:
    """Level of an index for labels, and the place of each in it, -1 for None."""
    known = [label for label in labels if label is not None]
    kinds = set(map(type, labels))
    level = pd.Index(known) if kinds <= {int, float} or kinds in ({bool}, {str}) else None
    if level is None or level.tolist() != known:  # whole numbers too large to be floats
        held = np.empty(len(known), dtype=object)
        for place, label in enumerate(known):  # one by one: numpy would take tuples apart
            held[place] = label
        level = pd.Index(held, dtype=object, tupleize_cols=False)
    try:
        order = level.argsort()
    except (TypeError, ValueError):  # they have no order
        order = np.arange(len(known))
    rank = np.empty(len(known), dtype=np.intp)
    rank[order] = np.arange(len(known))
    codes = np.full(len(labels), -1, dtype=np.intp)
    codes[[label is not None for label in labels]] = rank
    return level.take(order), codes


def _some(chosen: IntArray | None, start: int, stop: int) -> IntArray:
    return np.arange(start, stop, dtype=np.intp) if chosen is None else chosen[start:stop]


def _choose(
    product: _Product,
    where: Where | None,
    sample: int | LatinHypercube | None,
    rng: np.random.Generator,
) -> IntArray | None:
    """Places that ``where`` keeps and the sample takes, ascending; None for all."""
    if isinstance(sample, LatinHypercube):
        digits = [sample.digits(len(axis.choices), rng) for axis in product.axes]
        steps = zip(digits, product.steps, strict=True)
        drawn = np.unique(np.sum([each * step for each, step in steps], axis=0, dtype=np.intp))
        return drawn if where is None else _kept(product, where, drawn)
    if sample is not None:
        check_count("sample", sample, 1, "strategies")
    if where is not None and (sample is None or product.size <= max(_LISTED, 20 * sample)):
        if product.size > _SEEN:
            raise ArgumentError(
                f"where: want at most {_SEEN:,} combinations to look at, or a sample; "
                f"got {product.size:,}"
            )
        kept = _kept(product, where, None)
        return kept if sample is None else np.sort(kept[_draw(len(kept), sample, rng)])
    if sample is None:
        return None
    if where is None:
        return np.sort(_draw(product.size, sample, rng))
    return _sift(product, where, sample, rng)


def _draw(size: int, sample: int, rng: np.random.Generator) -> IntArray:
    if sample > size:
        raise ArgumentError(f"sample: want at most the {size:,} that there are, got {sample:,}")
    return rng.choice(size, sample, replace=False, shuffle=False).astype(np.intp)


def _sift(product: _Product, where: Where, sample: int, rng: np.random.Generator) -> IntArray:
    """A sample of those that ``where`` keeps of more than can be looked at."""
    kept, waiting, drawn = np.empty(0, dtype=np.intp), [], 0
    while drawn < 1000 * sample + _LISTED:
        places = rng.integers(product.size, size=_CHUNK, dtype=np.intp)
        drawn += _CHUNK
        waiting.append(places[_allowed(product, where, places)])
        if len(kept) + sum(map(len, waiting)) >= sample:
            kept, waiting = np.concatenate([kept, *waiting]), []
            # The first of each: what draws without replacement would have given.
            kept = kept[np.sort(np.unique(kept, return_index=True)[1])]
        if len(kept) >= sample:
            return np.sort(kept[:sample])
    found = len(np.unique(np.concatenate([kept, *waiting])))
    raise ArgumentError(
        f"where: want it to keep {sample:,} of {drawn:,} combinations drawn, got {found:,}; "
        "take a smaller sample, or axes of which it keeps more"
    )


def _kept(product: _Product, where: Where, among: IntArray | None) -> IntArray:
    """Those that ``where`` keeps of some places, or of all."""
    count = product.size if among is None else len(among)
    pieces = []
    for start in range(0, count, _CHUNK):
        places = _some(among, start, min(start + _CHUNK, count))
        pieces.append(places[_allowed(product, where, places)])
    kept = np.concatenate(pieces)
    if not len(kept):
        raise ArgumentError("where: want one combination left or more, got none")
    return kept


def _allowed(product: _Product, where: Where, places: IntArray) -> BoolArray:
    """Whether ``where`` keeps each of places (S,)."""
    said = where(product.index(places).to_frame(index=False))
    moved = isinstance(said, pd.Series) and not said.index.equals(pd.RangeIndex(len(places)))
    allowed = np.asarray(said)
    if moved or allowed.shape != places.shape or allowed.dtype != np.bool_:
        raise ArgumentError(
            f"where: want True or False for each of {len(places)} rows, in their order, "
            f"got {allowed.dtype} of shape {allowed.shape}{' in another order' if moved else ''}"
        )
    return allowed


def _fields(part: object) -> dict[str, Any]:
    """What can be replaced in a part, by name: fields of a dataclass, positions of a tuple."""
    if type(part) is tuple:
        return {str(place): each for place, each in enumerate(part)}
    if is_dataclass(part) and not isinstance(part, type):
        return {each.name: getattr(part, each.name) for each in fields(part) if each.init}
    return {}


def _names(part: object, name: str) -> Iterator[str]:
    """Names of a part and of all in it; not of positions in a tuple of plain values."""
    yield name
    inner = _fields(part)
    if type(part) is tuple and not any(map(_fields, part)):
        return
    for field_name, each in inner.items():
        yield from _names(each, f"{name}.{field_name}")


def _has(part: object, path: Sequence[str]) -> bool:
    inner = _fields(part)
    return not path or (path[0] in inner and _has(inner[path[0]], path[1:]))


def _check_names(strategy: Strategy, axes: Sequence[_Axis]) -> None:
    """Refuse a name of nothing in the strategy, nor in a part that an axis puts in its place."""
    base = {kind: getattr(strategy, kind, None) for kind in _KINDS}
    for axis in axes:
        kind, *path = str(axis.name).split(".")
        if kind in base and _has(base[kind], path):
            continue
        above = [other for other in axes if str(axis.name).startswith(f"{other.name}.")]
        rests = [(other, str(axis.name)[len(other.name) + 1 :].split(".")) for other in above]
        if any(_has(value, rest) for other, rest in rests for value in other.choices):
            continue
        known = [name for kind, part in base.items() for name in _names(part, kind)]
        known += [
            name for other in above for value in other.choices for name in _names(value, other.name)
        ]
        raise ArgumentError(
            f"axes: want names among {', '.join(dict.fromkeys(known))}; got {axis.name!r}"
        )


def _make(
    strategy: Strategy, product: _Product, kind: str, chosen: IntArray | None
) -> tuple[tuple[Any, ...], _Numbering]:
    """Distinct parts of a kind that are in use, and which each combination has."""
    mine = tuple(i for i, axis in enumerate(product.axes) if axis.name.split(".")[0] == kind)
    if not mine:
        return (() if kind == "costs" else (getattr(strategy, kind),)), _Numbering.none()
    axes = [product.axes[i] for i in mine]
    counts = [len(axis.choices) for axis in axes]
    codes = None if chosen is None else np.unique(product.code(mine, chosen))
    used = prod(counts) if codes is None else len(codes)
    if used > _HELD:
        raise ArgumentError(
            f"axes: want at most {_HELD:,} combinations of {kind} alone, got {used:,}; "
            "take a sample"
        )
    digits = np.unravel_index(np.arange(used) if codes is None else codes, counts)
    tree = _tree([axis.name.split(".")[1:] for axis in axes])
    picks = zip(*(each.tolist() for each in digits), strict=True)
    parts, numbers = _distinct([_part(strategy, kind, axes, tree, pick) for pick in picks])
    return parts, _Numbering(mine, codes, numbers)


_Tree: TypeAlias = dict[str, Any]  # number of an axis by name of a field, or a tree of such


def _tree(paths: Sequence[Sequence[str]]) -> _Tree:
    """Fields within fields, with the number of the axis that sets each under "itself"."""
    tree: _Tree = {}
    for axis, path in enumerate(paths):
        inner = tree
        for name in path:
            inner = inner.setdefault(name, {})
        inner[_ITSELF] = axis
    return tree


def _part(
    strategy: Strategy, kind: str, axes: Sequence[_Axis], tree: _Tree, pick: tuple[int, ...]
) -> Any:
    """The part of a strategy that these values of axes make."""
    values = [axis.choices[digit] for axis, digit in zip(axes, pick, strict=True)]
    try:
        part = _changed(getattr(strategy, kind, None), tree, values)
        if kind != "costs":
            replace(strategy, **{kind: part})  # which refuses what is no such part
        elif not isinstance(part, Costs):
            raise ArgumentError(f"costs: want Costs, as Costs.bps(10), got {part!r}")
    except Exception as error:  # whatever a user's class raises says that the values are wrong
        labels = [axis.labels[digit] for axis, digit in zip(axes, pick, strict=True)]
        said = ", ".join(f"{axis.name}={label!r}" for axis, label in zip(axes, labels, strict=True))
        raise ArgumentError(f"{said}: {error}") from error
    return part


def _changed(part: Any, tree: _Tree, values: Sequence[Any]) -> Any:
    """A part with other values: first itself, then all its fields at once."""
    if _ITSELF in tree:
        part = values[tree[_ITSELF]]
    wanted = {name: inner for name, inner in tree.items() if name != _ITSELF}
    if not wanted:
        return part
    held = _fields(part)
    for name in wanted:
        if name not in held:
            raise ArgumentError(f"{part!r} has {', '.join(held) or 'no fields'}; got {name!r}")
    set_to = {name: _changed(held[name], inner, values) for name, inner in wanted.items()}
    return tuple({**held, **set_to}.values()) if type(part) is tuple else replace(part, **set_to)


def _distinct(parts: Sequence[Any]) -> tuple[tuple[Any, ...], IntArray]:
    """Parts without those equal to an earlier one, and which of them each was."""
    first: dict[object, int] = {}
    distinct: list[Any] = []
    numbers = np.empty(len(parts), dtype=np.intp)
    for place, part in enumerate(parts):
        number = numbers[place] = first.setdefault(_identity(part), len(first))
        if number == len(distinct):
            distinct.append(part)
    return tuple(distinct), numbers


def _identity(part: object) -> object:
    """What equal parts share, and no others; of a part that cannot be hashed its digest."""
    try:
        hash(part)
    except TypeError:
        return content_hash(part)
    return type(part), part  # a named tuple equals others of its values


def _words(parts: Sequence[object]) -> NDArray[np.uint64]:
    """128 bits of the digest of each part, (n, 2)."""
    digests = map(content_hash, parts)
    words = [(int(digest[:16], 16), int(digest[16:32], 16)) for digest in digests]
    return np.array(words, dtype=np.uint64)


def _keys(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
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
