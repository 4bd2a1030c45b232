"""A figure of a sweep over two of its parameters."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rotation.errors import ArgumentError
from rotation.extra import load
from rotation.report.figures import label

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["heatmap"]


def heatmap(
    table: pd.DataFrame,
    by: str,
    x: str | None = None,
    y: str | None = None,
    *,
    order: Mapping[str, Sequence[Any]] | None = None,
    caution: str = "",
) -> "go.Figure":
    """Median of a figure over all strategies that share two values, a cell for each pair.

    Parameters
    ----------
    table : of a sweep, with a level of the index for each parameter
    by : figure, a column of the table
    x, y : parameters; None for those with the most values
    order : all values of each parameter, as they are to follow; None for that of the table
    caution : what a reader must know, below the title

    Raises
    ------
    ArgumentError
        If there are not two parameters, or no such parameter or figure.
    MissingExtraError
        Without the extra ``report``.
    """
    names = [str(name) for name in table.index.names]
    if not isinstance(by, str) or by not in table.columns:
        raise ArgumentError(f"by: want one of {', '.join(table.columns)}, got {by!r}")
    if len(names) < 2:
        raise ArgumentError(f"plot: want two parameters or more, got {', '.join(names)}")
    for axis, name in (("x", x), ("y", y)):
        if name is not None and name not in names:
            raise ArgumentError(f"{axis}: want one of {', '.join(names)}, got {name!r}")
    if x is not None and x == y:
        raise ArgumentError(f"y: want another parameter than x, got {y!r} for both")
    sizes = {name: table.index.get_level_values(name).nunique() for name in names}
    rest = sorted((name for name in names if name not in (x, y)), key=lambda name: -sizes[name])
    across = x if x is not None else rest.pop(0)
    up = y if y is not None else rest.pop(0)
    cells = table.pivot_table(by, up, across, aggfunc="median", sort=False, dropna=False)
    if order is not None:
        cells = cells.iloc[_ranks(cells.index, order[up]), _ranks(cells.columns, order[across])]
    go = load("plotly.graph_objects", "report", "plot")
    figure = go.Figure(
        go.Heatmap(
            z=cells.to_numpy(dtype=np.float64),
            x=_labels(cells.columns),
            y=_labels(cells.index),
            colorscale="Viridis",
            colorbar={"title": by.replace("_", " ")},
            hovertemplate=(
                f"{label(across)} %{{x}}<br>{label(up)} %{{y}}<br>%{{z:.3f}}<extra></extra>"
            ),
        )
    )
    others = len(names) - 2
    title = f"{by.replace('_', ' ')} of {len(table):,} strategies"
    if others:
        title += f", median over {others} other parameter{'s' * (others > 1)}"
    return figure.update_layout(
        title={"text": title, "subtitle": {"text": caution}},
        xaxis={"title": label(across), "type": "category"},
        yaxis={"title": label(up), "type": "category"},
        template="none",
    )


def _ranks(values: "pd.Index[Any]", order: Sequence[Any]) -> list[int]:
    """Where those values are that come first, second and so on; None is NaN among them."""
    place = {value: number for number, value in enumerate(order)}
    return sorted(range(len(values)), key=lambda n: place.get(values[n], place.get(None, 0)))


def _labels(values: "pd.Index[Any]") -> list[str]:
    """A text for each value; of equal ones plotly would draw one over the other."""
    texts = ["None" if value != value else str(value) for value in values]
    cut = [label(text) for text in texts]
    if len(set(cut)) == len(cut):
        return cut
    return [escape(f"{number}: {text}", quote=False) for number, text in enumerate(texts)]
