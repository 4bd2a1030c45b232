"""A world, or many of one recipe: closes, and what is true of them.

One seed is one world, to the last bit with one version of numpy.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray
from rotation.checks import check_count
from rotation.data.synthetic.drawing import draw
from rotation.data.synthetic.recipe import Recipe
from rotation.errors import ArgumentError
from rotation.provenance import Provenance, stamp

__all__ = ["World", "Worlds", "draw_world", "draw_worlds"]

_AT_ONCE = 128  # worlds whose scratch arrays are held together


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Closes with their truth.

    Parameters
    ----------
    closes : (T, L) closes, 100 on the first session, NaN where not listed; stamped
    states : (T,) column of the layer that leads into the session, -1 if nobody does; in a null
        world the returns do not follow it
    volatility : (T, L) of each layer's shock into the session, a year, known the session before
    bent : returns below -1/2, which were bent to stay above -1
    truth : recipe that it is drawn from
    seed, number : which of its worlds; :func:`draw_world` gives it again
    """

    closes: pd.DataFrame
    states: pd.Series
    volatility: pd.DataFrame
    bent: int
    truth: Recipe
    seed: int
    number: int = 0

    @property
    def null(self) -> bool:
        """Whether there is no rotation in it."""
        return self.truth.null


@dataclass(frozen=True, slots=True, eq=False)
class Worlds:
    """Many worlds of one recipe, as arrays.

    Parameters
    ----------
    close : (W, T, L) closes, 100 on the first session, NaN where not listed
    states : (W, T) column of the leader, -1 if nobody leads
    volatility : (W, T, L) of shocks, a year
    bent : (W,) returns below -1/2, which were bent to stay above -1
    truth : recipe that they are drawn from
    seed : of all; the number of each is its place
    """

    close: FloatArray
    states: IntArray
    volatility: FloatArray
    bent: IntArray
    truth: Recipe
    seed: int

    @property
    def null(self) -> bool:
        """Whether there is no rotation in them."""
        return self.truth.null

    def __len__(self) -> int:
        return len(self.close)

    def __getitem__(self, number: int) -> World:
        if not -len(self) <= number < len(self):
            raise IndexError(f"number: want a world from 0 to {len(self) - 1}, got {number}")
        number %= len(self)
        return _world(self, number, number)

    def __iter__(self) -> Iterator[World]:
        return (self[number] for number in range(len(self)))


def draw_world(recipe: Recipe, seed: int | np.random.Generator = 0, *, number: int = 0) -> World:
    """One world of a recipe.

    Parameters
    ----------
    recipe : what is true of it
    seed : 0 or more; a generator gives one, which the world keeps
    number : which of the worlds of that seed

    Examples
    --------
    >>> from rotation.data.synthetic import Leadership
    >>> world = draw_world(Recipe(sessions=4, leadership=Leadership(duration=2)), seed=4)
    >>> world.closes.round(2)
                shovels  applications
    date
    2000-01-03   100.00        100.00
    2000-01-04    98.09        100.71
    2000-01-05    98.79        101.75
    2000-01-06   101.12        104.92
    >>> world.states.tolist()
    [1, 0, 0, 0]
    """
    check_count("number", number, 0, "a number of a world")
    return _world(_draw(recipe, seed, range(number, number + 1)), 0, number)


def draw_worlds(recipe: Recipe, count: int, seed: int | np.random.Generator = 0) -> Worlds:
    """Many worlds of a recipe: those that ``draw_world`` gives by their numbers from 0 on.

    Parameters
    ----------
    recipe : what is true of them
    count : W, how many
    seed : 0 or more; a generator gives one, which the worlds keep

    Examples
    --------
    >>> draw_worlds(Recipe(sessions=250), 3).close.shape
    (3, 250, 2)
    """
    check_count("count", count, 1, "worlds")
    return _draw(recipe, seed, range(count))


def _draw(recipe: Recipe, seed: int | np.random.Generator, numbers: range) -> Worlds:
    if not isinstance(recipe, Recipe):
        raise ArgumentError(f"recipe: want a Recipe, got {recipe!r}")
    if isinstance(seed, np.random.Generator):
        seed = int(seed.integers(2**63))
    check_count("seed", seed, 0, "a whole number")
    shape = (len(numbers), recipe.sessions, len(recipe.layers))
    close, volatility = np.empty(shape), np.empty(shape)
    states, bent = np.empty(shape[:2], dtype=np.intp), np.empty(shape[:1], dtype=np.intp)
    for first in range(0, len(numbers), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        drawn = draw(recipe, int(seed), numbers[some])
        close[some], states[some] = drawn.close, drawn.states
        volatility[some], bent[some] = drawn.volatility, drawn.bent
    return Worlds(close, states, volatility, bent, truth=recipe, seed=int(seed))


def _world(worlds: Worlds, place: int, number: int) -> World:
    """One of them, as tables of its own."""
    truth, seed = worlds.truth, worlds.seed
    index, names = truth.index, list(truth.layers)
    text = f"synthetic: {truth!r}, seed {seed}, world {number}"
    origin = Provenance(source=text, adjustment="nothing: no dividends, no splits")
    return World(
        closes=stamp(pd.DataFrame(worlds.close[place].copy(), index, names), origin),
        states=pd.Series(worlds.states[place].copy(), index, name="leader"),
        volatility=pd.DataFrame(worlds.volatility[place].copy(), index, names),
        bent=int(worlds.bent[place]),
        truth=truth,
        seed=seed,
        number=number,
    )
