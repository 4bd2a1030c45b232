"""Dividends and splits: whether they fit the sessions, and whether the closes show them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.findings import Finding, Kind, Runs, Severity, report, runs
from rotation.data.quality.reading import View, read
from rotation.errors import ArgumentError
from rotation.terms import Actions

__all__ = ["Paid", "check_actions", "read_actions"]

_SPLIT = 0.1  # log of a split that is large enough to be seen
_YIELD = 0.05  # dividend as a fraction of the close before that is
_LARGE = 0.3
_APART = 3  # sessions by which a split may be listed too early or too late
_LEFT = 0.1, 6.0  # log change and usual days that a listed split leaves if it is of another ratio
_NEAR = 0.02, 0.06  # bounds of the log distance from that ratio, which is two and a half usual days
_BACK = 0.25  # share of what is left that the next change leaves of a bad close
_DOUBLE = float(np.log(2.0)) - 1e-9

_UP = (
    *((new, 1) for new in (*range(2, 11), 12, 15, 20, 25, 30, 40, 50, 100)),
    *((5, 4), (4, 3), (3, 2), (5, 3), (5, 2), (7, 2)),
)
_RATIOS: Final = np.array([*_UP, *((old, new) for new, old in _UP)])
"""Splits that are customary (R, 2): new shares for how many old."""


@dataclass(frozen=True, slots=True, eq=False)
class Paid:
    """What was paid and split.

    Parameters
    ----------
    dividend : (T, N) money per share, 0 for none
    split : (T, N) logarithm of new shares for one, 0 for none
    """

    dividend: FloatArray
    split: FloatArray


def read_actions(
    view: View, actions: Actions | None, adjusted: str
) -> tuple[Paid | None, list[Finding]]:
    """Actions on the sessions and tickers of a table.

    Parameters
    ----------
    view : the table
    actions : of the user; None for those in the bars
    adjusted : what the stamp says was taken out of the closes, so that they need not show it

    Returns
    -------
    the actions, None if there are none to be seen, and what does not fit
    """
    if actions is not None and not isinstance(actions, Actions):
        raise ArgumentError(f"actions: want rotation.Actions, got {actions!r:.80}")
    found: list[Finding] = []
    held: dict[str, FloatArray] = {}
    for name in ("dividends", "splits"):
        if actions is None:
            values = view.fields.get(name)
            if values is not None:
                found += _impossible(view, name, values)
            if name[:-1] in adjusted:
                values = None
        else:
            table = getattr(actions, name)
            values = None
            if table is not None:
                values, wrong = _fit(view, name, table)
                found += wrong
        if values is not None:
            held[name] = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    if not held:
        return None, found
    none = np.zeros(view.close.shape)
    split = held.get("splits", none)
    factor = np.log(np.where(split > 0, split, 1.0))
    return Paid(np.maximum(held.get("dividends", none), 0.0), factor), found


def _fit(view: View, name: str, table: pd.DataFrame) -> tuple[FloatArray | None, list[Finding]]:
    """Values (T, N) on the sessions and tickers of the closes."""
    if not isinstance(table, pd.DataFrame):
        raise ArgumentError(f"actions.{name}: want a DataFrame, got {type(table).__name__}")
    if not len(table):
        return None, []
    seen, found = read(table)
    found = [
        Finding(
            each.fault,
            each.severity,
            f"{name}: {each.message}",
            each.suggestion.replace("closes", name),
            each.ticker,
            each.date,
            each.until,
            each.figure,
        )
        for each in found
    ]
    if seen is None:
        return None, found
    happens = ~np.isnan(seen.close) & (seen.close != (0 if name == "dividends" else 1))
    happens &= seen.close != 0
    for wrong in np.flatnonzero(~np.isin(seen.names, view.names)):
        ticker = seen.names[wrong]
        told = f"{name}: the closes have no such ticker"
        found.append(
            Finding("unknown ticker", "error", told, f"{name}.drop(columns='{ticker}')", ticker)
        )
    inside = (seen.sessions >= view.sessions[0]) & (seen.sessions <= view.sessions[-1])
    astray = inside & ~seen.sessions.isin(view.sessions)
    where = Runs.cells(*np.nonzero(happens & astray[:, None]))
    kind = Kind("no session", "error", "move it to the session on which the price went ex")
    found += report(
        kind,
        seen.sessions,
        seen.names,
        where,
        seen.close[where.start, where.column],
        lambda at: f"{name}: {at.figure:g} {at.days}, a day without a row",
    )
    empty = Runs.of_rows(astray & ~happens.any(axis=1))
    advice = f"{name}.drop(index={name}.loc['{{date}}':'{{until}}'].index)"
    found += report(
        Kind("no session", "error", advice),
        seen.sessions,
        (),
        empty,
        empty.length,
        lambda at: f"{name}: nothing happens {at.days}, days without a row",
    )
    values = pd.DataFrame(seen.close, seen.sessions, list(seen.names))
    values = values.loc[:, ~values.columns.duplicated()]
    fitted = values.reindex(index=view.sessions, columns=list(view.names))
    held = fitted.to_numpy(dtype=np.float64)
    return held, found + _impossible(view, name, held)


def _impossible(view: View, name: str, values: FloatArray) -> list[Finding]:
    """Dividends or splits (T, N) that can be none."""
    where = runs((values < 0) | np.isinf(values))
    advice = (
        f"{name}.loc['{{date}}':'{{until}}', '{{ticker}}'] = numpy.nan, "
        "or what the company's notice says"
    )
    return report(
        Kind("impossible action", "error", advice),
        view.sessions,
        view.names,
        where,
        values[where.start, where.column],
        lambda at: f"{name}: want 0 or more, got {at.figure:g} {at.days}",
    )


def check_actions(
    view: View, paid: Paid, change: FloatArray, scale: FloatArray
) -> tuple[BoolArray, list[Finding]]:
    """Compare actions with the changes of the closes.

    Parameters
    ----------
    view : the table
    paid : its actions
    change : (T, N) log change of the closes as they are
    scale : (T, N) what a day usually does

    Returns
    -------
    cells (T, N) whose change is told here, and the findings
    """
    quiet, found = _splits(view, paid, change, scale)
    found += _dividends(view, paid, change, scale, quiet)
    return quiet, found


def _splits(
    view: View, paid: Paid, change: FloatArray, scale: FloatArray
) -> tuple[BoolArray, list[Finding]]:
    quiet = np.zeros(change.shape, dtype=np.bool_)
    row, column = np.nonzero((paid.split != 0) & ~np.isnan(change))
    factor, moved = paid.split[row, column], change[row, column]
    seen = np.abs(factor) > np.maximum(_SPLIT, 4 * scale[row, column])
    still = (np.abs(moved) < np.abs(factor) / 2) & (np.abs(moved + factor) > np.abs(factor) / 2)
    still &= seen
    offset = np.zeros(len(row), dtype=np.intp)
    for apart in (*range(_APART, 0, -1), *range(-_APART, 0)):
        other = row + apart
        near = (other >= 0) & (other < len(change))
        there = change[np.clip(other, 0, len(change) - 1), column]
        offset[near & (np.abs(there + factor) < 0.3 * np.abs(factor))] = apart
    turned = seen & (np.abs(moved - factor) < 0.3 * np.abs(factor))
    late = still & (offset != 0)
    nearest, another = _another(view, paid, change, scale, row, column)
    another &= ~late & ~turned
    still &= ~another
    done = still | turned | another
    quiet[row[done], column[done]] = True
    quiet[(row + offset)[late], column[late]] = True
    found = []
    # None shows at all: the closes are adjusted, and right without the actions.
    severity: Severity = "warning" if still[seen].all() and not late.any() else "error"
    told: tuple[tuple[str, Severity, BoolArray, str, str], ...] = (
        (
            "split not in prices",
            severity,
            still & (offset == 0),
            "a split of {:g} for one is listed, and the close does not move: taken out already?",
            "drop the split of {date}, or take closes from which it was not taken out",
        ),
        (
            "action misplaced",
            "error",
            late,
            "a split of {:g} for one is listed, and the close moves some sessions before or after",
            "move the split from {date} to the session on which the close moves",
        ),
        (
            "action inverted",
            "error",
            turned & ~still,
            "a split of {:g} for one is listed, and the close moves the other way",
            "list the split of {date} as new shares for one old",
        ),
    )
    for fault, degree, keep, words, advice in told:
        where = Runs.cells(row[keep], column[keep])
        ratio = np.exp(paid.split[where.start, where.column])
        found += report(
            Kind(fault, degree, advice),
            view.sessions,
            view.names,
            where,
            ratio,
            lambda at, words=words: words.format(at.figure),  # type: ignore[misc]
        )
    return quiet, found + _ratios(view, paid, row[another], column[another], nearest[another])


def _another(
    view: View, paid: Paid, change: FloatArray, scale: FloatArray, row: IntArray, column: IntArray
) -> tuple[IntArray, BoolArray]:
    """The customary split that each of C listed ones may be instead, a row of _RATIOS, and whether.

    What a listed split leaves of the close's move is weighed against the ticker's usual day.
    """
    paid_out = np.log1p(np.nan_to_num(paid.dividend / view.price))[row, column]
    moved, usual = change[row, column] + paid_out, scale[row, column]
    left = moved + paid.split[row, column]
    then = change[np.minimum(row + 1, len(change) - 1), column]
    bad = (row + 1 < len(change)) & (np.abs(left + then) <= _BACK * np.abs(left))
    apart = np.abs(moved[:, None] + np.log(_RATIOS[:, 0] / _RATIOS[:, 1]))
    least, days = _LEFT
    enough = np.maximum(least, days * usual)
    far = (np.abs(left) > enough) & (np.abs(moved) > enough) & ~bad
    return apart.argmin(axis=1), far & (apart.min(axis=1) < np.clip(2.5 * usual, *_NEAR))


def _ratios(
    view: View, paid: Paid, row: IntArray, column: IntArray, ratio: IntArray
) -> list[Finding]:
    """Splits that are listed with another ratio than the close shows."""
    listed = paid.split[row, column]
    double = np.abs(np.log(_RATIOS[ratio, 0] / _RATIOS[ratio, 1]) - listed) > _DOUBLE
    found = []
    grades: tuple[tuple[Severity, BoolArray], ...] = (("error", double), ("warning", ~double))
    for severity, grade in grades:
        for each in np.unique(ratio[grade]):
            new, old = _RATIOS[each].tolist()
            keep = grade & (ratio == each)
            where = Runs.cells(row[keep], column[keep])
            shares = f"{new} / {old}" if old > 1 else f"{new}"
            found += report(
                Kind(
                    "split ratio",
                    severity,
                    f"see the company's notice; if it says {new} for {old}: "
                    f"splits.loc['{{date}}', '{{ticker}}'] = {shares}",
                ),
                view.sessions,
                view.names,
                where,
                np.exp(paid.split[where.start, where.column]),
                lambda at, new=new, old=old: (  # type: ignore[misc]
                    f"a split of {at.figure:g} for one is listed, and the close moves as by one of "
                    f"{new} for {old}"
                ),
            )
    return found


def _dividends(
    view: View, paid: Paid, change: FloatArray, scale: FloatArray, quiet: BoolArray
) -> list[Finding]:
    before = view.close * np.exp(-change)
    share = np.nan_to_num(paid.dividend / before)
    beyond = share >= 1
    quiet |= beyond
    large = (share >= _LARGE) & ~beyond
    lost = np.log1p(np.minimum(share, 1.0))
    hidden = (share > np.maximum(_YIELD, 6 * scale)) & ~beyond & (np.abs(change) < 0.4 * lost)
    found = []
    for kind, cells, words in (
        (
            Kind("large dividend", "error", "is it in another unit, as pence? see the source"),
            beyond,
            "a dividend of {:.3g} times the close before",
        ),
        (
            Kind("large dividend", "note", "compare with the company's notice"),
            large & ~hidden,
            "a dividend of {:.3g} of the close before",
        ),
        (
            Kind("dividend not in prices", "warning", "are the closes adjusted for it already?"),
            hidden,
            "a dividend of {:.3g} of the close before, and the close does not fall",
        ),
    ):
        where = Runs.cells(*np.nonzero(cells))
        found += report(
            kind,
            view.sessions,
            view.names,
            where,
            share[where.start, where.column],
            lambda at, words=words: words.format(at.figure),  # type: ignore[misc]
        )
    return found
