"""Faults between the fields of bars: prices outside the day's range, ranges too wide, volumes."""

import numpy as np

from rotation.arrays import BoolArray, FloatArray
from rotation.data.quality.findings import Finding, Kind, Runs, Severity, report, runs
from rotation.data.quality.moves import usual
from rotation.data.quality.reading import View

__all__ = ["check_ranges"]

_ROUNDING = 1e-6  # relative: what single precision leaves
_BASIS = 0.2  # of a ticker's bars, 20 at least
_WIDE = float(np.log(2.0)), 10.0  # log distance and usual days of a high or low from open and close
_SURE = float(np.log(3.0)) - 1e-9  # of which no ticker has enough usual days


def check_ranges(view: View) -> list[Finding]:
    """Faults of open, high, low and volume; none if the table has none of them."""
    priced = {
        name: np.where((values > 0) & np.isfinite(values), values, np.nan)
        for name, values in {"close": view.close, **view.fields}.items()
        if name in ("close", "open", "high", "low")
    }
    found, told = [], np.zeros(view.close.shape, dtype=np.bool_)
    high, low = priced.get("high"), priced.get("low")
    if high is not None and low is not None:
        crossed = _above(low, high)
        told = crossed > 0
        found += _tell(
            view, "high below low", told, crossed, "high is below low by {:.3%}", "error"
        )
    for name, severity in (("close", "error"), ("open", "warning")):
        if name not in priced:
            continue
        beyond = np.zeros(view.close.shape)
        for outer, inner in ((priced[name], high), (low, priced[name])):
            if outer is not None and inner is not None:
                beyond = np.maximum(beyond, _above(outer, inner))
        both = ~np.isnan(priced[name]) & ~np.isnan(high if high is not None else beyond)
        wrong = (beyond > 0) & ~told
        of_all = (beyond > 0).sum(axis=0)
        other = (of_all >= 20) & (of_all > _BASIS * both.sum(axis=0))
        if name == "close":
            found += _basis(view, of_all, other)
        words = f"{name} is outside low and high by {{:.3%}}"
        found += _tell(view, f"{name} outside", wrong & ~other, beyond, words, severity)
    found += _wide(view, priced)
    if "volume" in view.fields:
        found += _volume(view, view.fields["volume"])
    return found


def _above(one: FloatArray, other: FloatArray) -> FloatArray:
    """By how much ``one`` is above ``other`` (T, N), as a fraction; 0 where it is not."""
    gap = np.nan_to_num(one / other - 1.0)
    return np.where(gap > _ROUNDING, gap, 0.0)


def _tell(
    view: View, fault: str, cells: BoolArray, gap: FloatArray, words: str, severity: str
) -> list[Finding]:
    where = Runs.cells(*np.nonzero(cells))
    kind = Kind(
        fault,
        "error" if severity == "error" else "warning",
        "compare {date} with another source; closes alone may still be right",
    )
    return report(
        kind,
        view.sessions,
        view.names,
        where,
        gap[where.start, where.column],
        lambda at: words.format(at.figure),
    )


def _wide(view: View, priced: dict[str, FloatArray]) -> list[Finding]:
    """Highs far above open and close, and lows far below."""
    close = priced["close"]
    opened = priced.get("open", close)
    found = []
    for name, sign, nearest in (
        ("high", 1.0, np.fmax(close, opened)),
        ("low", -1.0, np.fmin(close, opened)),
    ):
        if name not in priced:
            continue
        reach = sign * (np.log(priced[name]) - np.log(nearest))
        least, days = _WIDE
        size = np.nan_to_num(reach)
        far = size > np.clip(days * usual(reach), least, _SURE)
        sure = size >= _SURE
        grades: tuple[tuple[Severity, BoolArray], ...] = (("error", sure), ("warning", far & ~sure))
        for severity, cells in grades:
            where = runs(cells)
            found += report(
                Kind(
                    "wide range",
                    severity,
                    f"another unit, or a digit? compare the {name} of {{date}} with another "
                    "source; closes alone may still be right",
                ),
                view.sessions,
                view.names,
                where,
                np.exp(
                    [
                        size[start:stop, column].max()
                        for start, stop, column in zip(
                            where.start, where.stop, where.column, strict=True
                        )
                    ]
                ),
                lambda at, name=name: (  # type: ignore[misc]
                    f"{name} is {at.figure:.3g} times {'above' if name == 'high' else 'below'} "
                    f"open and close {at.days}"
                ),
            )
    return found


def _basis(view: View, count: FloatArray, other: BoolArray) -> list[Finding]:
    """Tickers whose close is adjusted for what high and low are not, or the reverse."""
    advice = "take closes and ranges that are adjusted for the same, both or neither"
    first, last = view.sessions[0], view.sessions[-1]
    return [
        Finding(
            "basis",
            "error",
            f"{count[column]} closes are outside low and high: adjusted for something else?",
            advice,
            view.names[column],
            first,
            last,
            float(count[column]),
        )
        for column in np.flatnonzero(other)
    ]


def _volume(view: View, volume: FloatArray) -> list[Finding]:
    where = runs((volume < 0) | np.isinf(volume))
    kind = Kind("negative volume", "error", "set it to NaN: no trade has such a volume")
    found = report(
        kind,
        view.sessions,
        view.names,
        where,
        volume[where.start, where.column],
        lambda at: f"a volume of {at.figure:g} {at.days}",
    )
    moved = np.zeros(volume.shape, dtype=np.bool_)
    moved[1:] = np.abs(view.price[1:] - view.price[:-1]) > 0
    counted = ~np.isnan(volume)
    none = 2 * ((volume == 0) & counted).sum(axis=0) > counted.sum(axis=0)  # an index has none
    silent = (volume == 0) & moved & ~none
    count, of_all = silent.sum(axis=1), (counted & ~none).sum(axis=1)
    shared = (count >= 3) & (2 * count >= of_all)
    advice = "get it from another source: impact is refused on a day without volume"
    kind = Kind("zero volume", "warning", advice)
    rows = Runs.of_rows(shared)
    found += report(
        kind,
        view.sessions,
        (),
        rows,
        count[rows.start],
        lambda at: f"no volume of {at.figure:.0f} tickers {at.days}, though closes moved",
    )
    where = runs(silent & ~shared[:, None])
    return found + report(
        kind,
        view.sessions,
        view.names,
        where,
        where.length,
        lambda at: f"no volume {at.days}, though the close moved",
    )
