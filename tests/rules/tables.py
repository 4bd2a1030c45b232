"""Score tables for the tests of rules, drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st

import markets


@st.composite
def scores(
    draw: st.DrawFn,
    *,
    decisions: tuple[int, int] = (1, 14),
    layers: tuple[int, int] = (1, 4),
    distinct: bool = False,
) -> np.ndarray:
    """Scores (K, S, L) on a coarse grid, so that ties and exact margins happen; NaN for none.

    With ``distinct`` no two scores of a row are equal.
    """
    shape = (
        draw(st.integers(*decisions), label="decisions"),
        draw(st.integers(1, 3), label="strategies"),
        draw(st.integers(*layers), label="layers"),
    )
    rng = np.random.default_rng(draw(markets.seeds(), label="seed"))
    table = rng.integers(-2, 3, shape) / 4
    if distinct:
        table = rng.permuted(np.broadcast_to(np.arange(shape[2]) / 4 - 0.5, shape), axis=2)
    table[rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.3, 0.7]), label="silent")] = np.nan
    return table


def one_each(draw_from: st.SearchStrategy) -> st.SearchStrategy[np.ndarray]:
    """Three parameters, for the first, second and third strategy of a table."""
    return st.lists(draw_from, min_size=3, max_size=3).map(np.array)


def known(row: np.ndarray) -> dict[int, float]:
    """Scores of the layers that have one, by column."""
    return {layer: score for layer, score in enumerate(row.tolist()) if score == score}


def best(row: np.ndarray) -> list[int]:
    """Columns that have a score, the best first and of equal ones the earlier first."""
    return sorted(known(row), key=lambda layer: (-known(row)[layer], layer))
