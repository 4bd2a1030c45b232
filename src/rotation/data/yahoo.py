"""Closes from Yahoo, through yfinance and a cache on disk.

Nothing is adjusted unless its name says so, and nothing goes unsaid: what did not come, what Yahoo
changed since, what is not over yet, and where Yahoo contradicts itself.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray
from rotation.checks import check_count, check_flag, check_positive
from rotation.data.bars import Bars
from rotation.data.cache import Cache
from rotation.data.yahoo_arguments import Window, read_tickers, read_window
from rotation.data.yahoo_history import (
    History,
    as_traded,
    disagreement,
    reinvested,
    undivided,
)
from rotation.data.yahoo_request import Asking, undisturbed
from rotation.data.yahoo_update import Found, Update, held
from rotation.errors import DataError, DelistedError, OutageError
from rotation.extra import load
from rotation.provenance import Provenance, stamp
from rotation.terms import Actions

__all__ = ["Download", "YahooWarning", "fetch_yahoo"]

_AT_ONCE = 4  # as many as a browser would open; Yahoo limits who asks for more
_ENDED = pd.Timedelta(days=15)  # without a session; Shanghai's holidays took eleven
_BARS = ("close", "open", "high", "low", "volume", "dividends", "splits")


class YahooWarning(UserWarning):
    """Something of a download is missing, or not what it was."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Download:
    """What came from Yahoo, in three adjustments, each stamped with where it comes from.

    Rows are the sessions of any of the exchanges, tz-naive dates of each exchange's own calendar;
    columns are the tickers that came, in the order asked for.

    Parameters
    ----------
    closes : (T, N) total-return closes: splits and dividends taken out, the last as traded
    split_adjusted : (T, N) closes with splits taken out, the last as traded
    bars : as traded, in the shares and money of their own day
    missing : tickers that did not come, each with its error
    currencies : of each ticker as Yahoo writes it; ``GBp`` is pence
    ended : tickers whose history ended, with their last session
    notes : what else a reader must know
    """

    closes: pd.DataFrame
    split_adjusted: pd.DataFrame
    bars: Bars
    missing: Mapping[str, DataError]
    currencies: Mapping[str, str]
    ended: Mapping[str, pd.Timestamp]
    notes: tuple[str, ...]

    @property
    def actions(self) -> Actions:
        """Dividends and splits for ``bars.close``, as ``backtest(..., actions=)`` takes them."""
        return Actions(dividends=self.bars.dividends, splits=self.bars.splits)

    @property
    def _extent(self) -> str:
        sessions, count = self.closes.index, self.closes.shape[1]
        return f"{count} tickers, {sessions[0]:%Y-%m-%d} to {sessions[-1]:%Y-%m-%d}"

    def __repr__(self) -> str:
        return f"<Download of {self._extent}>"

    def __str__(self) -> str:
        lines = [self._extent]
        said = {"missing": {name: (str(error),) for name, error in self.missing.items()}}
        said["ended"] = {n: (f"the last close is of {d:%Y-%m-%d}",) for n, d in self.ended.items()}
        for what, texts in said.items():
            lines += [f"{what}: {line}" for line in _told(texts)]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def fetch_yahoo(
    tickers: str | Iterable[str],
    start: object,
    end: object = None,
    *,
    offline: bool = False,
    cache: str | os.PathLike[str] | None = None,
    unfinished: bool = False,
    timeout: float = 10.0,
    retries: int = 4,
    progress: bool = True,
) -> Download:
    """Daily prices from Yahoo: as traded, and adjusted for what each table's name says.

    The whole history of each ticker is kept on disk, a Parquet file for each. Later calls ask
    for what is new and ten sessions before that; if those are not what they were, because of a
    split, a dividend or a correction since, all of it is asked for again; if Yahoo then gives less
    than is held, the file stays and the ticker is missing. With an ``end`` up to which the cache
    holds everything, nothing is asked, unless it has a split by which nothing was divided.

    Parameters
    ----------
    tickers : Yahoo's symbols, as ``["NVDA", "0700.HK", "^GSPC"]``, in any list, array, Series or
        Index; one of them may be a text alone
    start : first day, or ``"max"`` for all that there is; a date, or a text as ``"2026-01-31"``; a
        month, ``"2026-01"``, and a year, ``"2026"``, begin on their first day
    end : last day, itself included; a month and a year end on their last; None for the newest
        finished session
    offline : take what the cache holds and do not touch the network
    cache : folder, of which it uses the part ``yahoo``; None for what the environment variable
        ROTATION_CACHE names, or else the user's own cache folder
    unfinished : keep a session that is not over yet; it is never cached
    timeout : seconds to wait for an answer
    retries : how often a question is asked again after a rate limit, a timeout, an error of
        Yahoo's or an answer that breaks off; waits double from one second, or are as long as
        Yahoo asks for
    progress : show a bar

    Returns
    -------
    Download
        What came. What did not is in ``missing`` and in a ``YahooWarning``.

    Raises
    ------
    OutageError
        If nothing came because Yahoo does not answer, cannot be reached, limits or refuses
        requests, or gives less than the cache holds.
    UnknownTickerError
        If nothing came because Yahoo has none of the tickers.
    DelistedError
        If nothing came because all of them ended before ``start``.
    DataError
        If nothing came for several reasons, or offline and the cache does not hold it.
    ArgumentError
        If an argument is not what it should be.
    MissingExtraError
        Without yfinance, pyarrow, filelock or platformdirs.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:  # with nothing in it, and without a network
    ...     fetch_yahoo("NVDA", "2020-01-01", offline=True, cache=folder)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rotation.errors.DataError: tickers: nothing came; NVDA: cache: ... fetch it without offline
    """
    names = read_tickers(tickers)
    window = read_window(start, end)
    check_positive("timeout", timeout)
    check_count("retries", retries, 0, "retries")
    for option, flag in (("offline", offline), ("unfinished", unfinished), ("progress", progress)):
        check_flag(option, flag)
    store = Cache.open(cache)
    load("pyarrow", "yahoo", "cache")
    if offline:
        found = _each(names, lambda name: held(store, name), 1, progress=False)
    else:
        load("yfinance", "yahoo", "tickers"), load("filelock", "yahoo", "cache")
        asking = Asking(timeout, retries)
        work = Update(store, asking, window.end)
        with undisturbed():
            found = _each(names, work, _AT_ONCE, progress, stop=asking.stop)
    with np.errstate(all="ignore"):  # Yahoo's numbers may be anything; others judge them
        came = {name: _cut(each, window, unfinished) for name, each in found.items()}
    missing = {name: each for name, each in came.items() if isinstance(each, DataError)}
    cuts = {name: each for name, each in came.items() if isinstance(each, _Cut)}
    if not cuts:
        raise _nothing(missing)
    with np.errstate(all="ignore"):
        made = _assembled(cuts, missing)
    loud = _told({name: (str(error),) for name, error in missing.items()})
    loud += _told(
        {name: (*cut.alarms, cut.contradiction, *cut.undivided) for name, cut in cuts.items()}
    )
    if loud:
        warnings.warn("\n".join(loud), YahooWarning, stacklevel=2)
    return made


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A ticker in the window: (T, 8) as traded, and what there is to say.

    ``gap`` is how far Yahoo's adjusted close is from its own data, ``contradiction`` says so if it
    is too far; ``undivided`` has its splits that its prices do not show.
    """

    traded: pd.DataFrame
    history: History
    gap: float
    contradiction: str
    undivided: tuple[str, ...]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]


def _each(
    names: Sequence[str],
    work: Callable[[str], Found],
    threads: int,
    progress: bool,
    *,
    stop: Callable[[], None] = lambda: None,
) -> dict[str, Found | DataError]:
    """What comes of each ticker; the error of one is no other's."""
    from tqdm.auto import tqdm

    def one(name: str) -> Found | DataError:
        try:
            return work(name.upper())
        except DataError as error:
            return error

    with (
        ThreadPoolExecutor(min(threads, len(names))) as pool,
        tqdm(total=len(names), unit=" tickers", disable=not progress) as bar,
    ):
        found = {}
        try:
            for name, each in zip(names, pool.map(one, names), strict=True):
                found[name] = each
                bar.update()
        except BaseException:  # Ctrl-C: the rest is not begun
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


def _cut(found: Found | DataError, window: Window, unfinished: bool) -> _Cut | DataError:
    """The part of a history that was asked for, as traded."""
    if isinstance(found, DataError):
        return found
    history, live = found.answer.history, found.answer.unfinished
    notes, whole = found.notes, pd.concat([history.rows, live])
    if len(live) and window.end is not None and window.end < live.index[0]:
        pass  # nobody asked for it
    elif len(live) and unfinished:
        split = live["splits"].iloc[0]
        later = history.later / split if split > 0 else history.later
        history = replace(history, rows=whole, later=later)
        notes += (f"the session of {live.index[0]:%Y-%m-%d} is not over and is kept",)
    elif len(live):
        notes += (f"the session of {live.index[0]:%Y-%m-%d} is not over and is left out",)
    traded = as_traded(history).loc[window.start : window.end]
    if traded.empty:
        return _outside(history, window, on=len(live) > 0)
    first, last = traded.index[0], traded.index[-1]
    worst, since = disagreement(history, first, last)
    contradiction = ""
    if since:
        contradiction = (
            "Yahoo's adjusted close is not what its closes and dividends give, by up to "
            f"{worst:.2%}, on {since} and before"
        )
    return _Cut(
        traded,
        history,
        worst,
        contradiction,
        undivided(whole, first),
        found.alarms,
        notes + _holes(traded),
    )


def _holes(traded: pd.DataFrame) -> tuple[str, ...]:
    """Sessions that Yahoo lists without a close, and dividends that fall on them."""
    holes = traded[traded["close"].isna()]
    lost = traded[~(traded["close"] > 0) & (traded["dividends"] != 0)]
    notes = []
    if len(holes):
        notes.append(f"Yahoo has no close on {_days(holes)}")
    if len(lost):
        notes.append(f"total returns leave out the dividend of {_days(lost)}, without a price")
    return tuple(notes)


def _days(rows: pd.DataFrame) -> str:
    """Dates of rows, the first three by name."""
    shown = ", ".join(f"{day:%Y-%m-%d}" for day in rows.index[:3])
    return shown + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")


def _outside(history: History, window: Window, *, on: bool) -> DataError:
    """Why a history has nothing in the window; ``on`` if a session is on."""
    if history.rows.empty and not on:
        return OutageError("Yahoo gives sessions of it, and no price on any")
    if history.rows.empty:
        return DataError("it has no finished session yet; unfinished=True keeps the one that is on")
    if window.start is not None and history.last < window.start:
        if _has_ended(history):
            return DelistedError(
                f"its history ended on {history.last:%Y-%m-%d}, delisted or suspended"
            )
        return DataError(f"it has no finished session after {history.last:%Y-%m-%d} yet")
    return DataError(f"its history begins on {history.first:%Y-%m-%d}, after end")


def _has_ended(history: History) -> bool:
    """Whether no session came for so long, at the time of asking, that none is to come."""
    asked = pd.Timestamp(history.fetched).tz_convert(history.timezone).tz_localize(None)
    return bool(asked - history.last > _ENDED)


def _ends(cut: _Cut) -> bool:
    """Whether the window goes to the end of a history that has ended."""
    return _has_ended(cut.history) and cut.history.last == cut.traded.index[-1]


def _assembled(cuts: Mapping[str, _Cut], missing: Mapping[str, DataError]) -> Download:
    """Tables of all tickers."""
    sessions = cuts[next(iter(cuts))].traded.index
    for cut in cuts.values():
        sessions = sessions.union(cut.traded.index)
    sessions = pd.DatetimeIndex(sessions.to_numpy(), name="date")  # of no guessed frequency
    fields = {name: np.full((len(sessions), len(cuts)), np.nan) for name in _BARS}
    split_adjusted, closes = (np.full((len(sessions), len(cuts)), np.nan) for _ in range(2))
    for column, cut in enumerate(cuts.values()):
        at = sessions.get_indexer(cut.traded.index)
        for name in _BARS:
            fields[name][at, column] = cut.traded[name]
        split = np.where(cut.traded["splits"] > 0, cut.traded["splits"], 1.0)
        shares = np.cumprod(split)
        level = shares / shares[-1]  # the last share in shares of each session
        close = cut.traded["close"].to_numpy() * level
        split_adjusted[at, column] = close
        closes[at, column] = reinvested(close, cut.traded["dividends"].to_numpy() * level)
    notes = _told({name: cut.alarms + cut.notes for name, cut in cuts.items()})
    zones = dict.fromkeys(cut.history.timezone for cut in cuts.values())
    if len(zones) > 1:
        notes.append(
            f"the exchanges are in {', '.join(zones)}: a date's closes are not of one time, and a "
            "session of one may be none of another; align them before use"
        )
    wrong = _told({name: (cut.contradiction, *cut.undivided) for name, cut in cuts.items()})
    gap = max((cut.gap for cut in cuts.values() if not cut.contradiction), default=None)
    right = "Yahoo's adjusted closes are what its closes and dividends give"
    makers = dict.fromkeys(cut.history.source for cut in cuts.values())
    origin = Provenance(
        source=f"Yahoo Finance, through {', '.join(makers)}",
        fetched=min(cut.history.fetched for cut in cuts.values()),
        currency={name: cut.history.currency for name, cut in cuts.items()},
        checks=(*wrong, *([] if gap is None else [f"{right}, within {gap:.1e}"])),
        steps=tuple(notes),
    )

    def table(values: FloatArray, adjustment: str, *, money: bool = True) -> pd.DataFrame:
        made = pd.DataFrame(values, index=sessions, columns=list(cuts))
        known = replace(origin, adjustment=adjustment)
        return stamp(made, known if money else replace(known, currency=""))

    bars = {
        name: table(values, "nothing, as traded", money=name not in ("volume", "splits"))
        for name, values in fields.items()
    }
    return Download(
        closes=table(closes, "splits and dividends"),
        split_adjusted=table(split_adjusted, "splits"),
        bars=Bars(**bars),
        missing=missing,
        currencies={name: cut.history.currency for name, cut in cuts.items()},
        ended={name: cut.history.last for name, cut in cuts.items() if _ends(cut)},
        notes=(*notes, *wrong),
    )


def _nothing(missing: Mapping[str, DataError]) -> DataError:
    """The error of a download of which nothing came: of one kind if all are."""
    kinds = {type(error) for error in missing.values()}
    kind = kinds.pop() if len(kinds) == 1 else DataError
    lines = _told({name: (str(error),) for name, error in missing.items()})
    return kind(f"tickers: nothing came; {'; '.join(lines)}")


def _told(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each text, with the tickers of which it is said."""
    said: dict[str, list[str]] = {}
    for name, each in texts.items():
        for text in filter(None, each):
            said.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in said.items()]
