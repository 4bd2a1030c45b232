"""Charts of an account: tables in, plotly figures out.

A name has one colour in every chart, as a line, a band or an area. Names come from the user, and
plotly reads a little HTML: every one of them passes :func:`label` first.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray
from rotation.extra import load

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "drawdown_chart",
    "held_alone",
    "label",
    "mark_choice",
    "palette",
    "value_chart",
    "weights_chart",
]

# Okabe and Ito (2008), told apart with any kind of colour vision, without their black and yellow.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_INK, _EQUAL, _CASH, _OTHERS, _GRID = "#16191d", "#6b7280", "#c9ced6", "#8d939c", "#e4e7eb"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_ROUNDING = 1e-9  # weights closer than this are the same
_LONGEST = 24  # characters of a name that a chart has room for


def palette(weights: pd.DataFrame) -> dict[str, str]:
    """Colour of each name; of many, the six most held have one.

    Parameters
    ----------
    weights : DataFrame (T, N + 1), ``cash`` last

    Returns
    -------
    dict of colours by name, in the order of the columns

    Examples
    --------
    >>> palette(pd.DataFrame([[1.0, 0.0, 0.0]], columns=["A", "B", "cash"]))
    {'A': '#0072B2', 'B': '#D55E00'}
    """
    names = [str(name) for name in weights.columns[:-1]]
    size = weights.iloc[:, :-1].abs().mean().to_numpy()
    chosen = np.sort(np.argsort(-size, kind="stable")[: len(_COLOURS)])
    return dict(zip((names[n] for n in chosen), _COLOURS, strict=False))


def held_alone(weights: pd.DataFrame) -> pd.Series | None:
    """Name that was the whole account at each session (T,), or None if it ever was divided.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=2)
    >>> held_alone(pd.DataFrame({"A": [0.0, 1.0], "cash": [1.0, 0.0]}, index=days)).tolist()
    ['cash', 'A']
    """
    share = weights.to_numpy()
    column = share.argmax(axis=1)
    rest = share.copy()
    rest[np.arange(len(share)), column] -= 1.0
    if np.abs(rest).max() > _ROUNDING:
        return None
    names = np.array([str(name) for name in weights.columns], dtype=object)
    return pd.Series(names[column], index=weights.index, name="held")


def value_chart(
    values: pd.DataFrame, held: pd.Series | None, colours: Mapping[str, str]
) -> "go.Figure":
    """Value on a log axis, what was held as bands behind it, none for cash.

    Parameters
    ----------
    values : DataFrame (T, S) of values, 1 at the first session; the account comes first, what else
        could have been held after it
    held : (T,) name held by the account, None for no bands
    colours : of the names held alone; a column without one is a mix
    """
    go = load("plotly.graph_objects", "report", "report")
    figure = go.Figure(layout=_layout(values.index))
    if held is not None:
        for name, spans in _spans(held, colours).items():
            colour = colours.get(name, _OTHERS)
            figure.add_trace(_band(go, name, spans, colour, legend=name not in values))
    for trace in _lines(go, values, colours):
        figure.add_trace(trace.update(yaxis="y2"))
    account = figure.data[-1]
    account.hovertemplate = "%{y:,.4r}"
    if held is not None:
        account.update(text=[label(name) for name in held], hovertemplate="%{y:,.4r}, in %{text}")
    # Bands live on the first axis, because plotly draws what overlays it in front.
    figure.update_layout(
        yaxis={"range": [0, 1], "visible": False, "fixedrange": True},
        yaxis2={
            "type": "log",
            "overlaying": "y",
            "side": "left",
            "gridcolor": _GRID,
            "tickmode": "auto",
            "tickformat": ",.4~r",
            **_ticks(values),
        },
    )
    return figure


def drawdown_chart(drawdowns: pd.DataFrame, colours: Mapping[str, str]) -> "go.Figure":
    """Fall from the running peak, a fraction.

    Parameters
    ----------
    drawdowns : DataFrame (T, S), 0 or below; the account comes first
    colours : as in :func:`value_chart`
    """
    go = load("plotly.graph_objects", "report", "report")
    figure = go.Figure(layout=_layout(drawdowns.index))
    for trace in _lines(go, drawdowns, colours):
        figure.add_trace(trace)
    account = figure.data[-1]
    account.update(fill="tozeroy", fillcolor=_faint(_INK, 0.08), line_width=1.6)
    figure.update_layout(
        yaxis={"tickformat": ".0%", "hoverformat": ".1%", "gridcolor": _GRID, "zeroline": False}
    )
    return figure


def weights_chart(weights: pd.DataFrame, colours: Mapping[str, str]) -> "go.Figure":
    """Weights at each close as stacked areas; what is short, borrowed cash too, below zero.

    Parameters
    ----------
    weights : DataFrame (T, N + 1), ``cash`` last
    colours : of the names that have an area of their own; the others share one
    """
    go = load("plotly.graph_objects", "report", "report")
    figure = go.Figure(layout=_layout(weights.index))
    dates = _dates(weights.index)
    parts = _parts(weights, colours)
    for side in ("long", "short"):
        for name, (longs, shorts) in parts.items():
            share = longs if side == "long" else shorts
            if side == "short" and not (share < -_ROUNDING).any():
                continue
            colour = colours.get(name, _CASH if name == "cash" else _OTHERS)
            trace = go.Scatter(
                x=dates,
                y=_single(share),
                name=label(name) if side == "long" else f"{label(name)}, short",
                stackgroup=side,
                legendgroup=label(name),
                showlegend=side == "long",
                mode="lines",
                line={"width": 0, "shape": "hv", "color": colour},
                fillcolor=_faint(colour, 0.75 if side == "long" else 0.45),
            )
            figure.add_trace(trace)
    figure.update_layout(
        yaxis={
            "tickformat": ".0%",
            "hoverformat": ".1%",
            "gridcolor": _GRID,
            "zerolinecolor": _INK,
        }
    )
    return figure


def mark_choice(figure: "go.Figure", sessions: pd.DatetimeIndex, chosen_on: date | None) -> None:
    """Write into a chart what part of it was known when the names were picked.

    Parameters
    ----------
    figure : chart over ``sessions``, changed in place
    sessions : (T,)
    chosen_on : day of the choice, None if nobody knows
    """
    if chosen_on is None or sessions[0].date() >= chosen_on:
        return
    before = {"text": "in-sample by selection", "xanchor": "right", "xshift": -4}
    inside = chosen_on <= sessions[-1].date()
    at = f"{chosen_on:%Y-%m-%d}" if inside else _dates(sessions[-1:])[0]
    texts = [before]
    if inside:
        texts.append({"text": "after the choice", "xanchor": "left", "xshift": 4})
        line = {"color": _INK, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
    for text in texts:
        figure.add_annotation(
            **text, x=at, y=0, yref="paper", yanchor="bottom", showarrow=False, font={"size": 11}
        )


def label(name: object) -> str:
    """Text of a user's name for plotly, which reads tags and entities: shown as it is, cut if long.

    Examples
    --------
    >>> label("<b>S&P</b>")
    '&lt;b&gt;S&amp;P&lt;/b&gt;'
    """
    text = str(name)
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…", quote=False)


def _layout(sessions: pd.Index) -> dict[str, Any]:
    first, last = _dates(sessions[[0, -1]])
    return {
        "template": None,
        "font": {"family": _FONT, "size": 13, "color": _INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 58, "r": 12, "t": 36, "b": 32},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": _GRID, "namelength": -1},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "xaxis": {
            "type": "date",
            "range": [first, last],
            "hoverformat": "%Y-%m-%d",
            "gridcolor": _GRID,
            "showgrid": False,
            "ticks": "outside",
            "tickcolor": _GRID,
        },
    }


def _ticks(values: pd.DataFrame) -> dict[str, Any]:
    """Ticks at 1, 2 and 5; at powers of ten over a long way, as plotly likes over a short one."""
    decades = np.log10(values.to_numpy().max() / values.to_numpy().min())
    if decades < 0.8:
        return {}
    return {"dtick": "D2" if decades < 5 else 1}


def _lines(go: Any, table: pd.DataFrame, colours: Mapping[str, str]) -> Iterable[Any]:
    """A line for each column; the account, which comes first, is drawn last and so on top."""
    dates = _dates(table.index)
    for n in [*range(1, table.shape[1]), 0]:
        name = str(table.columns[n])
        own = {"color": colours.get(name, _EQUAL), "width": 1.4}
        if n and name not in colours:
            own["dash"] = "dash"
        yield go.Scatter(
            x=dates,
            y=_single(table.iloc[:, n].to_numpy()),
            name=label(name),
            mode="lines",
            line=own if n else {"color": _INK, "width": 2.4},
            legendrank=1000 + n,
        )


def _band(go: Any, name: str, spans: list[tuple[str, str]], colour: str, *, legend: bool) -> Any:
    """One trace for all the spans of a name: rectangles with gaps between."""
    return go.Scatter(
        x=[x for start, stop in spans for x in (start, start, stop, stop, None)],
        y=[0, 1, 1, 0, None] * len(spans),
        name=f"in {label(name)}",
        mode="lines",
        line={"width": 0, "color": colour},
        fill="toself",
        fillcolor=_faint(colour, 0.18),
        hoverinfo="skip",
        showlegend=legend,
        legendrank=2000,
    )


def _spans(held: pd.Series, colours: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """First session of each stretch and the one that ended it, by name; none of cash."""
    names = held.to_numpy()
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    stops = np.append(starts[1:], len(names) - 1)
    dates = _dates(held.index)
    spans: dict[str, list[tuple[str, str]]] = {}
    for start, stop in zip(starts, stops, strict=True):
        if names[start] != "cash":
            name = names[start] if names[start] in colours else "others"
            spans.setdefault(name, []).append((dates[start], dates[stop]))
    return spans


def _parts(
    weights: pd.DataFrame, colours: Mapping[str, str]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Long and short part (T,) of each name that has a colour, of the others together and cash."""
    names = np.array([str(name) for name in weights.columns])
    share = weights.to_numpy()
    columns = {name: np.flatnonzero(names == name) for name in colours}
    others = np.setdiff1d(np.arange(len(names) - 1), np.concatenate(list(columns.values())))
    if len(others):
        columns[f"{len(others)} others"] = others
    columns["cash"] = np.array([len(names) - 1])
    return {
        name: (
            np.maximum(share[:, own], 0.0).sum(axis=1),
            np.minimum(share[:, own], 0.0).sum(axis=1),
        )
        for name, own in columns.items()
    }


def _dates(sessions: pd.Index) -> list[str]:
    return list(pd.DatetimeIndex(sessions).strftime("%Y-%m-%d"))


def _single(values: FloatArray) -> FloatArray:
    """Seven digits of each number: more than a screen can show, at half the size."""
    return values.astype(np.float32)


def _faint(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
