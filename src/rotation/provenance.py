"""Where a table of prices comes from, and whether it still is what came from there.

A stamp travels in ``DataFrame.attrs`` as one text. It holds a hash of each column's observations,
so what was cut, filled or changed since does not pass for what was stamped.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import pandas as pd

from rotation.errors import DataError

__all__ = ["STAMP", "Provenance", "provenance", "stamp"]

STAMP = "rotation"
"""Key of the stamp in ``DataFrame.attrs``."""

_UNKNOWN = "a table of the user's, of unknown source"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a table comes from.

    Parameters
    ----------
    source : who gave it, a file's name or a service
    adjustment : what was taken out of the prices, as "splits and dividends"; "unknown" if nobody
        said
    fetched : when it was got, ISO 8601 in UTC; None if unknown
    currency : of all prices, or by column; "" if unknown
    columns : hash of each column's observations
    checks : what was checked, with what was found
    steps : what was done to it since, oldest first
    altered : columns that are no longer what was stamped, as :func:`provenance` finds them
    """

    source: str = _UNKNOWN
    adjustment: str = "unknown"
    fetched: str | None = None
    currency: str | Mapping[str, str] = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """One hash of all columns, whatever their order: 64 hexadecimal digits."""
        return sha256(json.dumps(dict(self.columns), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, object]:
        """All of it and the hash, fit for JSON."""
        return {**asdict(self), "hash": self.hash}

    def __str__(self) -> str:
        when = f", fetched {self.fetched}" if self.fetched else ""
        lines = [f"{self.source}{when}; adjusted for: {self.adjustment}; hash {self.hash[:12]}"]
        if self.currency:
            held = self.currency
            by_name = (
                held if isinstance(held, str) else ", ".join(f"{k} {v}" for k, v in held.items())
            )
            lines.append(f"currency: {by_name}")
        lines += [f"then: {step}" for step in self.steps]
        if self.altered:
            lines.append(f"changed since by the user: {', '.join(self.altered)}")
        lines += [f"checked: {check}" for check in self.checks] or ["checked: nothing"]
        return "\n".join(lines)


def stamp(
    table: pd.DataFrame, origin: Provenance, *, step: str = "", check: str = ""
) -> pd.DataFrame:
    """The table with a stamp: ``origin``, the hashes of its columns as they are now.

    Parameters
    ----------
    table : (T, N) prices, index dates
    origin : what is known of it; a step's is that of the table it was made from
    step : what was just done to it
    check : what was just checked, with what was found

    Returns
    -------
    DataFrame
        A shallow copy; the user's keeps its own stamp.
    """
    made = replace(
        origin,
        columns=_hashes(table),
        steps=origin.steps + ((step,) if step else ()),
        checks=origin.checks + ((check,) if check else ()),
        altered=(),
    )
    if origin.altered:
        names = ", ".join(origin.altered)
        before = (*origin.steps, f"changed by the user: {names}")
        made = replace(made, steps=before + ((step,) if step else ()))
    copy = table.copy(deep=False)
    copy.attrs = {**table.attrs, STAMP: json.dumps(asdict(made))}
    return copy


def provenance(table: pd.DataFrame) -> Provenance:
    """What is known of where a table comes from.

    Parameters
    ----------
    table : (T, N) prices; one without a stamp is of unknown source

    Returns
    -------
    Provenance
        With the hashes of its columns as they are now; those that are not what was stamped, and
        those that were never stamped, are ``altered``.

    Examples
    --------
    >>> import rotation as rt
    >>> found = provenance(rt.sample()[["NVDA", "AMD"]])
    >>> found.altered
    ()
    """
    text = table.attrs.get(STAMP)
    now = _hashes(table)
    if text is None:
        return Provenance(columns=now)
    try:
        held = json.loads(text)
        for name in ("checks", "steps", "altered"):
            held[name] = tuple(held[name])
        stamped = Provenance(**held)
    except (TypeError, ValueError, KeyError) as error:
        raise DataError(
            f"closes: want a stamp of this package in attrs[{STAMP!r}], got {text!r:.60}; delete it"
        ) from error
    differing = tuple(name for name in now if stamped.columns.get(name) != now[name])
    return replace(stamped, columns=now, altered=differing)


def now() -> str:
    """The time, as ``fetched`` wants it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _hashes(table: pd.DataFrame) -> dict[str, str]:
    """Hash of each column's dates and values where it has one; gaps do not count."""
    days = table.index.to_numpy()
    if days.dtype.kind == "M":
        days = days.astype("datetime64[us]").view("<i8")
    found = {}
    for position, name in enumerate(table.columns):
        values = table.iloc[:, position].to_numpy(dtype="<f8", na_value=np.nan)
        seen = ~np.isnan(values)
        digest = sha256(np.ascontiguousarray(days[seen]).tobytes())
        digest.update(values[seen].tobytes())
        found[str(name)] = digest.hexdigest()
    return found
