"""Faults of single cells, of runs of them, and of columns."""

from collections.abc import Callable, Iterable

import numpy as np

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.data.quality.findings import Finding, Kind, Place, Runs, report, runs
from rotation.data.quality.reading import View
from rotation.data.quality.sessions import is_daily

__all__ = ["PARTED", "check_values", "living"]

PARTED = 60
"""Sessions without a price, about a quarter, that may part two companies."""

_STALE = 9  # sessions without a change, at least: ten equal closes, two weeks
_CHANCE = 1e-4  # of a run of that length somewhere in the table's rows, were zeros drawn alone
_AROUND = 250  # sessions on either side that tell how often the close stays anyway
_LEVEL = 3.0  # times the price before such a gap
_FILLED = 20  # sessions of the longest hole that filling is suggested for, four weeks
_TINY = 1e-4
_TICKS = 20  # a price of fewer: each step is 5 % or more


def check_values(view: View, allowed: BoolArray) -> list[Finding]:
    """Faults of the closes of a table.

    Parameters
    ----------
    view : the table
    allowed : (T, N) where the ticker's exchange has a session, or none is known
    """
    found = _impossible(view) + _no_data(view) + _small(view) + list(_twins(view))
    slow = _slow(view)
    found += [finding for _, finding in slow]
    off = np.zeros(len(view.names), dtype=np.bool_)
    off[[column for column, _ in slow]] = True
    told = off & np.isin(view.names, [each.ticker for _, each in slow if each.severity == "error"])
    found += _elsewhere(view, allowed) + _holes(view, allowed & ~told) + _stale(view, off)
    return found


def living(view: View) -> BoolArray:
    """Cells (T, N) from a ticker's first value to its last."""
    seen = ~np.isnan(view.close) | view.text
    begun = np.maximum.accumulate(seen, axis=0)
    alive: BoolArray = begun & np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    return alive


def _impossible(view: View) -> list[Finding]:
    """Values that are no prices, of closes and of the other prices of bars."""
    found = []
    for name, values in {"close": view.close, **view.fields}.items():
        if name not in ("close", "open", "high", "low"):
            continue
        for fault, wrong in (
            ("zero", values == 0),
            ("negative", values < 0),
            ("infinite", np.isposinf(values)),
        ):
            where = runs(wrong)
            figure = values[where.start, where.column]
            advice = "rt.clean(closes, drop='impossible') makes them holes"
            if fault == "negative":
                advice += "; dividends that were subtracted, not scaled out, give such closes"
            told = f"{name} of {{:g}}"
            found += report(
                Kind(fault, "error", advice),
                view.sessions,
                view.names,
                where,
                figure,
                lambda at, told=told: f"{told.format(at.figure)} {at.days}",  # type: ignore[misc]
            )
    return found


def _no_data(view: View) -> list[Finding]:
    empty = (np.isnan(view.close) & ~view.text).all(axis=0)
    advice = "rt.clean(closes, drop='empty tickers'); is it spelled as the source spells it?"
    return [
        Finding("no data", "error", "not one price", advice, view.names[column])
        for column in np.flatnonzero(empty)
    ]


def _small(view: View) -> list[Finding]:
    """Prices of which rounding has left little."""
    price = view.price
    found = []
    where = runs(price < _TINY)
    kind = Kind("tiny", "warning", "were dividends subtracted? take total-return closes instead")
    found += report(
        kind,
        view.sessions,
        view.names,
        where,
        price[where.start, where.column],
        lambda at: f"a close of {at.figure:g} {at.days}",
    )
    tick = np.full(price.shape[1], np.nan)
    for digits in (4, 3, 2):
        scaled = np.nan_to_num(price) * 10.0**digits
        tick[(np.abs(scaled - np.rint(scaled)) < 1e-6).all(axis=0)] = 10.0**-digits
    where = runs(price < _TICKS * tick)
    kind = Kind("coarse", "warning", "get closes with more digits")
    found += report(
        kind,
        view.sessions,
        view.names,
        where,
        price[where.start, where.column],
        lambda at: (
            f"closes rounded to steps of {tick[where.column[at.number]]:g} {at.days}, "
            f"at {at.figure:g}"
        ),
    )
    return found


def _twins(view: View) -> Iterable[Finding]:
    """Columns that are equal in every session; a column is named with its twin of lowest name."""
    held: dict[bytes, list[str]] = {}
    for column, name in enumerate(view.names):
        values = np.ascontiguousarray(view.close[:, column])
        if np.nanmax(values, initial=-np.inf) > np.nanmin(values, initial=np.inf):
            held.setdefault(values.tobytes(), []).append(name)
    for names in held.values():
        first, *others = sorted(names)
        for other in others:
            told = f"every close is that of {first}"
            yield Finding("identical", "warning", told, f"closes.drop(columns='{other}')", other)


def _slow(view: View) -> list[tuple[int, Finding]]:
    """Columns of weekly or monthly prices in a table of days."""
    if not is_daily(view.sessions) or len(view.sessions) < 30:
        return []
    seen, alive = ~np.isnan(view.close), living(view)
    held, span = seen.sum(axis=0), alive.sum(axis=0)
    sparse = (held >= 6) & (held < 0.35 * span)
    before = np.vstack([np.full((1, seen.shape[1]), np.nan), view.close[:-1]])
    moved = seen & ~np.isnan(before) & (view.close != before)
    still = (moved.sum(axis=0) >= 6) & (moved.sum(axis=0) < 0.3 * held)
    fresh = np.r_[True, np.diff(view.sessions.month) != 0]
    found = []
    for column in np.flatnonzero(sparse | still).tolist():
        rows = np.flatnonzero(seen[:, column] if sparse[column] else moved[:, column])
        steps = np.diff(rows)
        usual = float(np.median(steps))
        if not (usual >= 4 and steps.max() <= 2 * usual and steps.min() >= usual / 2):
            continue
        first, last = view.sessions[rows[0]], view.sessions[rows[-1]]
        told = f"a new price every {usual:.0f} sessions, in a table of days"
        if fresh[rows].mean() > 0.9 and usual >= 15:
            told += ", on the first of a month: the price of its end, known too early?"
        severity = Kind("", "error" if sparse[column] else "warning", "").severity
        advice = "get daily closes, or ask for decisions no more often than the prices change"
        found.append(
            (
                column,
                Finding(
                    "mixed periods", severity, told, advice, view.names[column], first, last, usual
                ),
            )
        )
    return found


def _elsewhere(view: View, allowed: BoolArray) -> list[Finding]:
    """Cells without a price because the ticker's exchange was closed and another one open."""
    off = view.blank(~allowed)
    if not off.any():
        return []
    days = view.sessions[np.flatnonzero(off.any(axis=1))]
    told = f"{len(days)} rows are sessions of some exchanges and holidays of others"
    advice = "rt.data.align puts them on common decision days; rows with holes are refused"
    return [
        Finding("several exchanges", "error", told, advice, "", days[0], days[-1], float(len(days)))
    ]


def _holes(view: View, allowed: BoolArray) -> list[Finding]:
    """Sessions without a price within a life; long ones may separate two companies."""
    blank = view.blank(allowed)
    alive = living(view)
    count, of_all = blank.sum(axis=1), alive.sum(axis=1)
    blank[(count == of_all) & (count > 0)] = False  # an empty row is told as one
    shared = (count >= 3) & (2 * count >= of_all) & (count < of_all)
    where = runs(blank)
    long = where.length >= PARTED
    found = _parted(view, where.take(long))
    for start, stop, column in zip(
        where.start[long], where.stop[long], where.column[long], strict=True
    ):
        blank[start:stop, column] = False
    # What is filled is the whole hole of a ticker, which may go on beyond the rows that are told.
    whole = runs(blank)
    length = np.zeros(blank.shape, dtype=np.int64)
    for start, stop, column in zip(whole.start, whole.stop, whole.column, strict=True):
        length[start:stop, column] = stop - start
    found += _open(
        view,
        Runs.of_rows(shared),
        length,
        lambda row: f"no price of {count[row]} tickers of {of_all[row]} {{}}",
        count,
    )
    where = runs(blank & ~shared[:, None])
    return found + _open(view, where, length, lambda _: "no price {}, within its life", None)


def _open(
    view: View, where: Runs, length: IntArray, told: Callable[[int], str], count: IntArray | None
) -> list[Finding]:
    """Findings of holes, with what can be done about each.

    Parameters
    ----------
    view : the table
    where : the holes
    length : (T, N) sessions of the hole that a cell is in, 0 for none
    told : of the row in which one begins
    count : (T,) the figure by row; None for the length
    """
    found = []
    longest = np.array(
        [
            length[start:stop, column if column >= 0 else slice(None)].max()
            for start, stop, column in zip(where.start, where.stop, where.column, strict=True)
        ],
        dtype=np.int64,
    )
    for each in np.unique(longest):
        advice = f"rt.clean(closes, fill='previous', limit={each})"
        if each > _FILLED:
            advice = "too long to fill: drop the ticker, or cut its rows before or after"
        part = where.take(longest == each)
        found += report(
            Kind("hole", "error", advice + ", or rt.clean(closes, drop='incomplete rows')"),
            view.sessions,
            view.names,
            part,
            part.length if count is None else count[part.start],
            lambda at, part=part: told(part.start[at.number]).format(at.days),  # type: ignore[misc]
        )
    return found


def _parted(view: View, where: Runs) -> list[Finding]:
    """Long gaps: another company at the other end, if the level is another."""
    before = view.close[where.start - 1, where.column]
    after = view.close[where.stop, where.column]
    ratio = after / before
    other = (ratio > _LEVEL) | (ratio < 1 / _LEVEL)
    kind = Kind(
        "reused", "error", "keep one company: closes.loc[:'{date}', '{ticker}'] = numpy.nan"
    )
    found = report(
        kind,
        view.sessions,
        view.names,
        where.take(other),
        ratio[other],
        lambda at: f"no price {at.days}, then {at.figure:.3g} times the last: another company?",
    )
    kind = Kind("hole", "error", "two lives: name them apart, or cut one off")
    gap = where.take(~other)
    return found + report(
        kind,
        view.sessions,
        view.names,
        gap,
        gap.length,
        lambda at: f"no price {at.days}, {at.figure:.0f} sessions: the same company after?",
    )


def _stale(view: View, off: BoolArray) -> list[Finding]:
    """Runs of one close, longer than the ticker's habit explains."""
    price = view.price
    seen = ~np.isnan(price)
    same = np.zeros(price.shape, dtype=np.bool_)
    same[1:] = price[1:] == price[:-1]
    where = runs(same & ~off)
    where = where.take(where.length >= _STALE)
    if not len(where.start):
        return []
    often = _habit(same, seen & np.vstack([seen[:1] & False, seen[:-1]]), where)
    rare = where.length >= np.log(_CHANCE / len(price)) / np.log(often)
    where = where.take(rare)
    ends = where.stop == len(price) - np.argmax(seen[::-1], axis=0)[where.column]
    traded = _traded(view, where)
    found = []
    for fault, severity, keep, advice in (
        (
            "filled end",
            "warning",
            ends & (traded != 0),
            "rt.clean(closes, drop=found.of('filled end'))",
        ),
        (
            "stale",
            "warning",
            ~ends & (traded != 0),
            "compare with another source: no trade is possible at a filled close",
        ),
        ("stale", "note", traded == 0, "no trade is possible while it is halted"),
    ):
        part, volume = where.take(keep), traded[keep]

        def say(at: Place, volume: FloatArray = volume, fault: str = fault) -> str:
            shares = volume[at.number]
            told = f"the close stays for {at.figure:.0f} sessions {at.days}"
            if fault == "filled end":
                told += ", its last: filled after a delisting?"
            if shares == 0:
                return told + ", without volume: halted?"
            return told if np.isnan(shares) else told + f", though {shares:.3g} shares traded"

        kind = Kind(fault, "note" if severity == "note" else "warning", advice)
        found += report(kind, view.sessions, view.names, part, part.length, say)
    return found


def _habit(same: BoolArray, pairs: BoolArray, where: Runs) -> FloatArray:
    """Share of sessions around each run in which the close stayed (R,), never 0 or 1."""
    stayed = np.vstack([np.zeros((1, same.shape[1]), np.int64), np.cumsum(same, axis=0)])
    told = np.vstack([np.zeros((1, same.shape[1]), np.int64), np.cumsum(pairs, axis=0)])

    def around(total: IntArray) -> IntArray:
        low = np.maximum(where.start - _AROUND, 0)
        high = np.minimum(where.stop + _AROUND, len(same))
        at = where.column
        inside = total[where.stop, at] - total[where.start, at]
        return total[high, at] - total[low, at] - inside

    share: FloatArray = (around(stayed) + 0.5) / (around(told) + 1.0)
    return share.clip(1e-3, 0.95)


def _traded(view: View, where: Runs) -> FloatArray:
    """Shares traded in each run (R,), NaN if unknown."""
    volume = view.fields.get("volume")
    if volume is None:
        return np.full(len(where.start), np.nan)
    known = ~np.isnan(volume)
    total = np.vstack([np.zeros((1, volume.shape[1])), np.cumsum(np.nan_to_num(volume), axis=0)])
    counted = np.vstack([np.zeros((1, volume.shape[1])), np.cumsum(known, axis=0)])
    at = where.column
    shares = total[where.stop, at] - total[where.start, at]
    some = counted[where.stop, at] > counted[where.start, at]
    return np.where(some, shares, np.nan)
