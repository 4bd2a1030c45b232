"""One HTML file that shows an account to somebody who doubts it.

It asks the network for nothing, and its content security policy lets it ask for nothing; the same
result gives the same bytes.
"""

import os
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rotation.comparison import Comparison, compare
from rotation.costs import Costs, Rate
from rotation.errors import ArgumentError
from rotation.extra import load
from rotation.report.figures import (
    drawdown_chart,
    held_alone,
    mark_choice,
    palette,
    value_chart,
    weights_chart,
)
from rotation.result import Result
from rotation.simulation import alternatives
from rotation.whole import save

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Chart", "charts", "compared", "render", "write_page"]

_COLUMNS = {
    "annual_return": ("Return a year", "{:z.1%}"),
    "annual_volatility": ("Volatility", "{:z.1%}"),
    "sharpe": ("Sharpe", "{:z.2f}"),
    "sortino": ("Sortino", "{:z.2f}"),
    "max_drawdown": ("Max drawdown", "{:z.1%}"),
    "calmar": ("Calmar", "{:z.2f}"),
    "ulcer": ("Ulcer", "{:z.1%}"),
    "value_at_risk": ("VaR 95 %", "{:z.1%}"),
    "conditional_value_at_risk": ("CVaR 95 %", "{:z.1%}"),
    "skew": ("Skew", "{:z.2f}"),
    "kurtosis": ("Kurtosis", "{:z.1f}"),
    "annual_turnover": ("Turnover a year", "{:z.2f}"),
    "switches": ("Trades", "{:.0f}"),
    "cost": ("Cost", "{:z.2%}"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and the words around it.

    Parameters
    ----------
    id : of its element
    title, caption : plain text
    figure : plotly figure
    height : pixels
    """

    id: str
    title: str
    caption: str
    figure: "go.Figure"
    height: int


def write_page(result: Result, path: str | os.PathLike[str]) -> None:
    """Write the page of ``result`` to one file, whole or not at all.

    Parameters
    ----------
    result : account to show
    path : file to write, ending in ``.html``; replaced if it is there

    Raises
    ------
    ArgumentError
        If ``path`` cannot be such a file, or cannot be written; what was there stays as it was.
    DataError
        If there are fewer than two returns to take figures from.
    MissingExtraError
        Without the extra ``report``.
    """
    save(_target(path), render(result))


def render(result: Result) -> str:
    """Text of the page.

    Parameters
    ----------
    result : account to show

    Raises
    ------
    DataError
        If there are fewer than two returns to take figures from.
    MissingExtraError
        Without the extra ``report``.
    """
    jinja2, offline, markup = (
        load(module, "report", "report") for module in ("jinja2", "plotly.offline", "markupsafe")
    )
    comparison = compared(result)
    script = _source("page.js")
    plotly = offline.get_plotlyjs()
    drawn = [
        (chart, markup.Markup(chart.figure.to_json(engine="json")))
        for chart in charts(result, comparison)
    ]
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page: str = environment.from_string(_source("page.html.jinja")).render(
        title=_title(_names(result)),
        comparison=comparison,
        cautions=comparison.cautions,
        terms=_terms(result, comparison),
        headings=[heading for heading, _ in _COLUMNS.values()],
        tables=_tables(comparison),
        conventions=comparison.conventions,
        charts=drawn,
        ledger=_ledger(result.switches),
        ledger_caption=_ledger_caption(result.switches, comparison.start),
        script=markup.Markup(script),
        plotly=markup.Markup(plotly),
        allowed=" ".join(map(_digest, (plotly, script))),
    )
    return page


def charts(result: Result, comparison: Comparison) -> list[Chart]:
    """Charts of the page, all on the window of the comparison.

    Parameters
    ----------
    result : account to show
    comparison : of it, which comes first, with what else could have been held
    """
    weights = result.weights.set_axis([*_names(result), "cash"], axis=1).loc[comparison.start :]
    colours, held = palette(weights), held_alone(weights)
    mine, *others = comparison.results
    drawn = [mine, *(name for name in others if name in colours or name not in weights)]
    values = pd.DataFrame({name: comparison.results[name].value for name in drawn})
    values = values.loc[comparison.start :] / values.loc[comparison.start]
    falls = values / values.cummax() - 1.0

    rebased = f"Logarithmic; 1 at the close of {comparison.start:%Y-%m-%d}, after costs. "
    few = _few(len(colours), len(weights.columns) - 1)
    drop = f"{few} have a line; the table has them all. " if few else ""
    bands = ""
    if held is not None:
        white = ", white for cash" if (held == "cash").any() else ""
        bands = f"The background has the colour of what the strategy was in{white}. "
    found = [
        Chart(
            "value",
            "Value",
            rebased + bands + drop,
            value_chart(values, held, colours),
            460,
        ),
        Chart(
            "drawdown",
            "Drawdown",
            "Value below its highest so far, in the same window.",
            drawdown_chart(falls, colours),
            300,
        ),
    ]
    if held is None:
        caption = "Share of the value at each close; what is short or borrowed is below zero. "
        caption += f"{few} have a colour. " if few else ""
        figure = weights_chart(weights, colours)
        found.append(Chart("weights", "What was held", caption, figure, 340))
    window = result.prices.sessions[result.prices.sessions >= comparison.start]
    for chart in found:
        mark_choice(chart.figure, window, comparison.chosen_on)
    return found


def compared(result: Result) -> Comparison:
    """The result against what else could have been held; its own name is nobody else's."""
    held = alternatives(result)
    if len(held) == 2 and result.closes.shape[1] == 1:
        held.pop("equal parts", None)  # of one asset: the asset
    name = "strategy"
    while name in held:
        name = f"the {name}"
    return compare({name: result, **held})


def _few(shown: int, names: int) -> str:
    return f"Of {names} names the {shown} most held" if shown < names else ""


def _title(names: list[str]) -> str:
    if len(names) == 1:
        return f"In and out of {names[0]}"
    if len(names) > 5:
        return f"Rotation among {len(names)} names"
    return f"Rotation between {', '.join(names[:-1])} and {names[-1]}"


def _names(result: Result) -> list[str]:
    return [str(name) for name in result.closes.columns]


def _terms(result: Result, comparison: Comparison) -> dict[str, str]:
    terms, cash = result.terms, result.market.cash[result.start_row :]
    returns = len(cash) - 1
    earned = (cash[-1] / cash[0]) ** (terms.periods / returns) - 1.0
    return {
        "Period": f"{comparison.start:%Y-%m-%d} to {comparison.end:%Y-%m-%d}, {returns:,} returns",
        "Costs": _costs(terms.costs),
        "Trades": _delay(result),
        "Cash": f"earned {earned:z.2%} a year",
        "Capital": f"{terms.capital:,.10g}",
        "Alternatives": _instead(_names(result), list(comparison.results)[1:]),
        "Data": str(result.provenance),
    }


def _costs(costs: Costs) -> str:
    text = f"{_points(costs.buy)} of what is bought, {_points(costs.sell)} of what is sold"
    if np.any(np.asarray(costs.slippage) > 0):
        text += f", and {_points(costs.slippage)} slippage on both"
    return text if costs.impact is None else f"{text}, and square-root impact"


def _points(rate: Rate) -> str:
    rates = np.asarray(rate, dtype=np.float64) * 10_000
    if rates.ndim == 0 or rates.min() == rates.max():
        return f"{rates.min():.6g} bp"
    return f"{rates.min():.6g} to {rates.max():.6g} bp"


def _delay(result: Result) -> str:
    lag = result.start_row - int(result.decided[0])
    if lag == 0:
        return "at the very close that decides"
    at = "at its close" if result.terms.fill is None else "at the fill prices given for it"
    return f"{lag} session{'s' * (lag > 1)} after the decision, {at}"


def _instead(names: list[str], held: list[str]) -> str:
    """What was held instead, and what could not be."""
    alone = [name for name in held if name in names]
    mixes = [f"{name} restored at month ends" for name in held if name not in names]
    each = [alone[0] if len(alone) == 1 else "each name alone"] if alone else []
    text = f"{' and '.join(each + mixes)}, from the same session on the same terms"
    late = [name for name in names if name not in held]
    if late:
        more = f" and {len(late) - 8} more" if len(late) > 8 else ""
        text += f"; not listed then, so not held alone: {', '.join(late[:8])}{more}"
    return text


def _tables(comparison: Comparison) -> list[tuple[str, str, dict[str, list[str]]]]:
    """Id, title and rows of the table of figures, and of that of what came after the choice."""
    found = [("figures", "Figures", _figures(comparison.table))]
    if comparison.since_chosen is not None:
        title = f"Figures since the names were chosen, {comparison.chosen_on:%Y-%m-%d}"
        found.append(("since", title, _figures(comparison.since_chosen)))
    return found


def _figures(table: pd.DataFrame) -> dict[str, list[str]]:
    return {
        str(name): [_say(form, row[figure]) for figure, (_, form) in _COLUMNS.items()]
        for name, row in table.iterrows()
    }


def _say(form: str, number: float) -> str:
    return form.format(number) if np.isfinite(number) else "n/a"


def _ledger(switches: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows of text; costs have the digits that show five of the largest."""
    largest = switches["cost"].max() if len(switches) else 0.0
    digits = int(np.clip(4 - np.floor(np.log10(largest)), 2, 10)) if largest > 0 else 2
    day = "{:%Y-%m-%d}".format
    columns = [
        switches["decided"].map(day),
        switches["traded"].map(day),
        switches["from"],
        switches["to"],
        switches["turnover"].map("{:.2f}".format),
        switches["cost"].map(f"{{:z,.{digits}f}}".format),
        switches["reason"],
    ]
    return list(zip(*columns, strict=True))


def _ledger_caption(switches: pd.DataFrame, start: pd.Timestamp) -> str:
    if not len(switches):
        return "No trade was made: the account was in cash from the first session to the last."
    early = int((switches["traded"] <= start).sum())
    before = f", {early:,} of them before the figures, by the close of {start:%Y-%m-%d}"
    return (
        f"{len(switches):,} trade{'s' * (len(switches) > 1)}{before * (early > 0)}; "
        f"{switches['cost'].sum():,.6g} paid in costs. "
        "Turnover is two-sided, cost in the currency of the account."
    )


def _target(path: str | os.PathLike[str]) -> Path:
    """The file behind ``path``, or a refusal of what cannot be one."""
    try:
        target = Path(path)
    except TypeError:
        raise ArgumentError(f"path: want the name of a file, got {path!r}") from None
    if target.suffix.lower() != ".html":
        raise ArgumentError(f"path: want a file that ends in .html, got {str(path)!r}")
    with suppress(OSError):  # where nothing may be looked at, writing says so
        if target.is_dir():
            raise ArgumentError(f"path: want a file, got the folder {str(path)!r}")
        if not target.parent.is_dir():
            raise ArgumentError(f"path: there is no folder {str(target.parent)!r}")
    return target


def _source(name: str) -> str:
    return files("rotation.report").joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """What a content security policy calls a script by."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
