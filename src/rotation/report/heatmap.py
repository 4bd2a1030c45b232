"""A figure of a sweep over two of its parameters."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rotation.errors import ArgumentError
from rotation.extra import load
from rotation.report.figures import label

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["heatmap"]


def heatmap(
    table: pd.DataFrame, by: str, x: str | None = None, y: str | None = None, *, caution: str = ""
) -> "go.Figure":
    """Median of a figure over all strategies that share two values, a cell for each pair.

    Parameters
    ----------
    table : of a sweep, with a level of the index for each parameter
    by : figure, a column of the table
    x, y : parameters; None for those with the most values
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
    go = load("plotly.graph_objects", "report", "plot")
    figure = go.Figure(
        go.Heatmap(
            z=cells.to_numpy(dtype=np.float64),
            x=[label(str(value)) for value in cells.columns],
            y=[label(str(value)) for value in cells.index],
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
