"""From a recipe and a seed to arrays: leaders, volatilities and closes.

Each kind of luck of each world has a stream of its own, drawn session by session: so a world does
not depend on how many are drawn beside it, and a longer one begins with the shorter.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.synthetic.parts import BURN, Clusters
from rotation.data.synthetic.recipe import Recipe
from rotation.errors import ArgumentError

__all__ = ["Drawn", "draw"]

_LEADERS, _INNOVATIONS, _TAILS, _ANEW, _COINS = range(5)
_DEEP = -0.5  # a return below which a price is kept from reaching zero


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Several worlds of one recipe.

    Parameters
    ----------
    close : (W, T, L) closes, 100 on the first session, NaN where not listed
    states : (W, T) column of the leader, -1 if nobody leads
    volatility : (W, T, L) of shocks into that session, a year
    bent : (W,) returns below -1/2, which were bent to stay above -1
    """

    close: FloatArray
    states: IntArray
    volatility: FloatArray
    bent: IntArray


def draw(recipe: Recipe, seed: int, numbers: range) -> Drawn:
    """The worlds with these numbers (W,) of a seed.

    Loops over sessions for all of them at once where volatility clusters, and nowhere else.

    Raises
    ------
    ArgumentError
        If a close is beyond what floats can hold.
    """
    shape = (len(numbers), recipe.sessions, len(recipe.layers))
    states = _states(recipe, seed, numbers)
    sigma, shocks = _shocks(recipe, seed, numbers)
    returns = np.empty(shape)
    returns[:] = _drift(recipe)
    if recipe.leadership is not None:
        leads = _anew(recipe, seed, numbers) if recipe.null else states
        returns += (leads[..., None] == np.arange(shape[2])) * _edge(recipe)[:, None]
    returns += shocks[:, BURN:]
    returns += _echoes(recipe, seed, numbers, shocks)
    returns[:, 0] = 0.0
    listed = _listed(recipe)
    deep = (returns[:, 1:] < _DEEP) & listed[1:] & listed[:-1]
    with np.errstate(over="ignore", under="ignore"):
        close = 100.0 * _growth(returns).cumprod(axis=1)
    if not (close.min() > 0 and close.max() < inf):
        raise ArgumentError("recipe: want closes that floats can hold, got 0 or infinity")
    close[:, ~listed] = np.nan
    return Drawn(close, states, sigma[:, BURN:], bent=deep.sum(axis=(1, 2)))


def _growth(returns: FloatArray) -> FloatArray:
    """1 + r, but above 0: below r = -1/2 it goes on as an exponential of the same slope."""
    growth = 1.0 + returns
    deep = returns < _DEEP
    growth[deep] = 0.5 * np.exp(2.0 * returns[deep] + 1.0)
    return growth


def _stream(seed: int, number: int, kind: int) -> np.random.Generator:
    sequence = np.random.SeedSequence(seed, spawn_key=(number, kind))
    return np.random.Generator(np.random.PCG64(sequence))


def _states(recipe: Recipe, seed: int, numbers: range) -> IntArray:
    """Leader (W, T): a sum of steps round the ring of layers, so that no loop is needed."""
    count = len(recipe.layers)
    if recipe.leadership is None:
        return np.full((len(numbers), recipe.sessions), -1)
    first = np.empty(len(numbers))
    luck = np.empty((len(numbers), recipe.sessions, 2))
    for w, number in enumerate(numbers):
        stream = _stream(seed, number, _LEADERS)
        first[w] = stream.random()
        stream.random(out=luck[w])
    passes = luck[..., 0] < 1.0 / recipe.leadership.duration
    steps = passes * (1 + (luck[..., 1] * (count - 1)).astype(np.intp))
    steps[:, 0] = (first * count).astype(np.intp)
    walked = steps.cumsum(axis=1)
    states: IntArray = walked % count
    for each in recipe.breaks:
        if each.leader is not None:
            row = recipe.row(each.on)
            since = walked[:, row:] - walked[:, row : row + 1]
            states[:, row:] = (recipe.column(each.leader) + since) % count
    return states


def _anew(recipe: Recipe, seed: int, numbers: range) -> IntArray:
    """Layer (W, T) that has the edge in a null world, drawn for each session alone."""
    luck = np.stack([_stream(seed, n, _ANEW).random(recipe.sessions) for n in numbers])
    bounds = recipe.shares.cumsum()[:-1]
    found: IntArray = np.searchsorted(bounds, luck, side="right")
    return found


def _echoes(recipe: Recipe, seed: int, numbers: range, shocks: FloatArray) -> FloatArray:
    """What each layer's return has of earlier shocks (BURN + T), (W, T, L)."""
    echoes = np.zeros((len(numbers), recipe.sessions, len(recipe.layers)))
    for each in recipe.echoes:
        heard = shocks[:, BURN - each.sessions : -each.sessions, recipe.column(each.leader)]
        echoes[..., recipe.column(each.follower)] += each.share * heard
    if recipe.null and recipe.echoes:
        # One coin for all echoes of a session keeps the covariance between layers that hear one
        # shock. As innovations are symmetric, what is heard is as likely with either sign.
        luck = np.stack([_stream(seed, n, _COINS).random(recipe.sessions) for n in numbers])
        echoes *= np.where(luck < 0.5, -1.0, 1.0)[..., None]
    return echoes


def _shocks(recipe: Recipe, seed: int, numbers: range) -> tuple[FloatArray, FloatArray]:
    """Volatility a year and shocks a session, (W, BURN + T, L) both."""
    z = np.stack([_innovations(recipe, seed, number) for number in numbers])
    sigma = np.broadcast_to(_volatility(recipe), z.shape)
    if recipe.clusters is not None:
        sigma = sigma * _clustered(z, recipe.clusters)
    z *= sigma
    z /= np.sqrt(recipe.periods)
    return sigma, z


def _innovations(recipe: Recipe, seed: int, number: int) -> FloatArray:
    """Innovations (BURN + T, L) of unit variance: a common factor and each layer's own."""
    rows, rho = BURN + recipe.sessions, recipe.correlation
    normal = _stream(seed, number, _INNOVATIONS).standard_normal((rows, 1 + len(recipe.layers)))
    z: FloatArray = np.sqrt(rho) * normal[:, :1] + np.sqrt(1.0 - rho) * normal[:, 1:]
    if recipe.degrees != inf:
        # A t is a normal number over the root of its own mean square; unit variance by df - 2.
        square = 2.0 * _stream(seed, number, _TAILS).standard_gamma(recipe.degrees / 2.0, rows)
        z *= np.sqrt((recipe.degrees - 2.0) / square)[:, None]
    return z


def _clustered(z: FloatArray, clusters: Clusters) -> FloatArray:
    """√h (W, T, L) of innovations (W, T, L), h of GARCH(1, 1) with a mean of 1."""
    squares = np.ascontiguousarray(np.moveaxis(z * z, 1, 0))  # a session's worlds side by side
    h = np.empty_like(squares)
    h[0] = 1.0
    squares *= clusters.alpha
    squares += clusters.beta
    rest = 1.0 - clusters.alpha - clusters.beta
    for t in range(1, len(h)):
        np.multiply(h[t - 1], squares[t - 1], out=h[t])
        h[t] += rest
    sigma: FloatArray = np.sqrt(np.moveaxis(h, 0, 1))
    return sigma


def _drift(recipe: Recipe) -> FloatArray:
    """Drift a session (T, L)."""
    drift = np.empty((recipe.sessions, len(recipe.layers)))
    drift[:] = recipe.drift
    for each in recipe.breaks:
        drift[recipe.row(each.on) :] += each.drift
    drift /= recipe.periods
    return drift


def _edge(recipe: Recipe) -> FloatArray:
    """Edge of the leader a session (T,)."""
    edge = np.zeros(recipe.sessions)
    if recipe.leadership is not None:
        edge[:] = recipe.leadership.edge
    for each in recipe.breaks:
        if each.edge is not None:
            edge[recipe.row(each.on) :] = each.edge
    edge /= recipe.periods
    return edge


def _volatility(recipe: Recipe) -> FloatArray:
    """Mean volatility a year (BURN + T, L)."""
    volatility = np.empty((BURN + recipe.sessions, len(recipe.layers)))
    volatility[:] = recipe.volatility
    for each in recipe.breaks:
        volatility[BURN + recipe.row(each.on) :] *= each.volatility
    return volatility


def _listed(recipe: Recipe) -> BoolArray:
    """Whether each layer has a close (T, L)."""
    listed = np.ones((recipe.sessions, len(recipe.layers)), dtype=bool)
    for each in recipe.listings:
        column = recipe.column(each.layer)
        if each.start is not None:
            listed[: recipe.row(each.start), column] = False
        if each.end is not None:
            listed[recipe.row(pd.Timestamp(each.end) + pd.Timedelta(days=1)) :, column] = False
    return listed
