"""Asking Yahoo, through yfinance, with patience, and each failure by its name.

What Yahoo gives is passed on as it is: nothing is adjusted, repaired or rounded on the way.
"""

import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import SystemRandom
from traceback import walk_tb
from typing import Any

import numpy as np
import pandas as pd

from rotation.data.yahoo_history import FIELDS, History
from rotation.errors import DataError, DelistedError, OutageError, UnknownTickerError
from rotation.extra import load
from rotation.provenance import now

__all__ = ["Answer", "Asking", "undisturbed"]

_FIRST_WAIT = 1.0  # seconds before the first retry, doubled by each
_LONGEST_WAIT = 60.0  # seconds; who is told to wait longer gives up
_LARGEST_SPLIT = 1e6  # new shares for one, beyond which it is none
_LOST = 3  # tickers given up one after the other until no more are asked for
_SETTLING = pd.Timedelta(hours=1)  # after the close, until quotes that come late have come

_REFUSALS = {401: "Unauthorized", 403: "Forbidden"}

_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adjusted",
    "Volume": "volume",
    "Dividends": "dividends",
    "Stock Splits": "splits",
}
_PRICES = ["open", "high", "low", "close"]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What Yahoo says of a ticker.

    Parameters
    ----------
    history : its finished sessions
    unfinished : (0 or 1, 8) a session that is not over, in the same shares
    """

    history: History
    unfinished: pd.DataFrame


@dataclass(slots=True)
class Asking:
    """One round of asking, shared by the threads that take part in it.

    When Yahoo asks one to wait all wait; when it cannot be reached, or several tickers one after
    the other were given up, the rest is not asked for.

    Parameters
    ----------
    timeout : seconds for an answer
    retries : how often a question is asked again
    """

    timeout: float
    retries: int
    _resume: float = 0.0
    _lost: int = 0
    _over: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask no more, and do not wait."""
        self._over = self._over or "not asked for any more: interrupted"
        self._stopped.set()

    def ask(self, ticker: str, since: pd.Timestamp | None = None) -> Answer:
        """The history of a ticker.

        Parameters
        ----------
        ticker : Yahoo's symbol
        since : first day wanted, None for all that there is

        Raises
        ------
        OutageError
            If no usable answer came, with the retries.
        UnknownTickerError
            If Yahoo has no such ticker.
        DelistedError
            If Yahoo knows it and has no prices.
        """
        asked = 0
        while True:
            if self._over:
                raise OutageError(self._over)
            self._stopped.wait(max(0.0, self._resume - time.monotonic()))
            try:
                asked += 1
                answer = _answer(ticker, *_history(ticker, since, self.timeout))
                self._lost = 0
                return answer
            except DataError:  # said already
                raise
            except Exception as error:  # whatever yfinance, curl or a parser inside them raises
                trouble = _understood(error)
                if trouble.error is not OutageError:
                    self._lost = 0  # Yahoo answers
                    raise trouble.error(trouble.text) from error
                wait = _FIRST_WAIT * 2 ** (asked - 1) * SystemRandom().uniform(0.5, 1.5)
                wait = max(wait, trouble.wait)
                if not trouble.again or asked > self.retries or wait > _LONGEST_WAIT:
                    raise OutageError(self._give_up(trouble, asked)) from error
                if trouble.limited:
                    with self._lock:
                        self._resume = max(self._resume, time.monotonic() + wait)
                else:
                    self._stopped.wait(wait)

    def _give_up(self, trouble: "_Trouble", asked: int) -> str:
        text = f"{trouble.text}, asked {asked} times" if asked > 1 else trouble.text
        with self._lock:
            self._lost += 1
            if not trouble.again:
                self._over = self._over or text
            elif self._lost >= _LOST:
                self._over = self._over or f"not asked for any more: {text}"
        return text


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why an attempt failed, and whether the next may fare better."""

    text: str
    error: type[DataError] = OutageError
    again: bool = True
    limited: bool = False
    wait: float = 0.0


def _understood(error: Exception) -> _Trouble:
    """What an exception out of yfinance means. Its kinds are told by name: curl's differ."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    said = " ".join(str(error).split()).partition(". See http")[0]
    answer, content = _left_behind(error)
    status = getattr(answer, "status_code", 0)
    if "YFRateLimitError" in kinds or status == 429:
        wait = _retry_after(answer)
        told = f" and asks to wait {wait:g} s" if wait else ""
        return _Trouble(f"Yahoo limits the rate of requests{told}", limited=True, wait=wait)
    if status >= 500:
        return _Trouble(f"Yahoo answers with error {status}", wait=_retry_after(answer))
    if "YFPricesMissingError" in kinds and content:
        return _without_prices(content, said)
    if status in _REFUSALS:
        return _Trouble(f"Yahoo refuses the request (error {status})")
    if "YFPricesMissingError" in kinds:
        return _without_prices(content, said)
    if "Timeout" in kinds or "TimeoutError" in kinds:
        return _Trouble("Yahoo does not answer in time")
    if {"DNSError", "ProxyError", "SSLError"} & kinds or "Failed to connect" in said:
        reason = said.removeprefix("Failed to perform, ")
        return _Trouble(f"Yahoo cannot be reached ({reason})", again=False)
    if "RequestException" in kinds and "JSONDecodeError" not in kinds:
        return _Trouble(f"the connection to Yahoo broke ({said:.100})")
    if "PeeweeException" in kinds:  # the database in which it keeps its cookie
        way = "yfinance.set_tz_cache_location(folder) gives it another"
        return _Trouble(f"yfinance cannot use its own cache ({said:.100}); {way}")
    return _Trouble(f"Yahoo's answer cannot be read ({type(error).__name__}: {said:.80})")


def _without_prices(content: Mapping[str, Any], said: str) -> _Trouble:
    """What an answer means that is well formed and has no prices."""
    chart = _mapping(content.get("chart") or content.get("finance"))
    problem = _mapping(chart.get("error"))
    reason = str(problem.get("description") or "")
    if problem.get("code") == "Not Found" or "No data found, symbol may be delisted" in said:
        return _Trouble("Yahoo has no such ticker, or has struck it off", UnknownTickerError)
    if problem.get("code") in _REFUSALS.values():
        return _Trouble(f"Yahoo refuses the request ({reason or problem['code']})")
    if "'meta'" in str(chart.get("result")) or reason.startswith("Data doesn't exist"):
        return _Trouble("Yahoo knows the ticker and has no prices of it", DelistedError)
    return _Trouble(f"Yahoo gives no prices ({reason or 'and no reason'})")


def _mapping(content: object) -> Mapping[str, Any]:
    return content if isinstance(content, dict) else {}


def _left_behind(error: Exception) -> tuple[Any, Mapping[str, Any]]:
    """The answer that yfinance stumbled over and its content, as far as known.

    It passes neither on, and the frames that it left still hold them.
    """
    answer, content = getattr(error, "response", None), {}
    for frame, _ in walk_tb(error.__traceback__):
        for name in ("response", "data"):
            held = frame.f_locals.get(name)
            if isinstance(held, dict):
                content = held
            elif hasattr(held, "status_code") and hasattr(held, "headers"):
                answer = held
    return answer, content


def _retry_after(answer: Any) -> float:
    """Seconds that an answer asks to wait, 0 if it does not say so in seconds."""
    try:
        return max(0.0, float(answer.headers.get("Retry-After")))
    except (AttributeError, TypeError, ValueError):
        return 0.0


def _history(ticker: str, since: pd.Timestamp | None, timeout: float) -> tuple[pd.DataFrame, Any]:
    """A table and its description, as yfinance gives them.

    The end is to come: prices are divided by all splits up to now, so all of them must be known;
    yfinance drops what is newer than the end, as a session that is on may be; and it remembers
    answers, bad ones too, to questions that end in the past.
    """
    yf = load("yfinance", "yahoo", "tickers")
    _ours.asking = True
    try:
        source = yf.Ticker(ticker)
        # Spares a request for the time zone, which the answer has too, and with it a guess:
        # without a time zone yfinance takes whatever went wrong for a ticker that is gone.
        source._tz = "UTC"
        window = {"period": "max"} if since is None else {"start": since.to_pydatetime()}
        frame = source.history(
            **window,
            end=datetime.now(UTC) + timedelta(days=2),
            interval="1d",
            auto_adjust=False,
            back_adjust=False,
            actions=True,
            repair=False,
            keepna=True,
            rounding=False,
            timeout=timeout,
        )
        return frame, source.get_history_metadata()
    finally:
        _ours.asking = False


class _Hush(logging.Filter):
    """Keeps back what yfinance logs of our own questions: their failures are told once, by us."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 of the base class
        return not getattr(_ours, "asking", False)


_ours = threading.local()
_hush = _Hush()
_rounds: list[int] = []  # one entry for each round that is on
_rounds_lock = threading.Lock()
_before = ExitStack()  # makes all as it was before the first of them


def _shown_by_others(folder: str) -> Callable[..., None]:
    """What shows warnings, but for those of the code in a folder.

    Filters are those of all threads: while pandas looks at a dtype in one, it lets every
    deprecation through in all others.
    """
    show = warnings.showwarning

    def show_others(message: Any, category: Any, filename: str, *rest: Any) -> None:
        if not filename.startswith(folder):
            show(message, category, filename, *rest)

    return show_others


@contextmanager
def undisturbed() -> Iterator[None]:
    """For a round of asking: yfinance raises its errors, and its own complaints are not shown.

    Its settings are those of the whole process; when the last round is over they are as before.
    """
    yf = load("yfinance", "yahoo", "tickers")
    logger, debug = logging.getLogger("yfinance"), yf.config.debug
    with _rounds_lock:
        if not _rounds:
            _before.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"yfinance(\.|$)")
            warnings.showwarning = _shown_by_others(str(Path(yf.__file__).parent))
            _before.callback(setattr, debug, "hide_exceptions", debug.hide_exceptions)
            debug.hide_exceptions = False
            _before.callback(logger.removeFilter, _hush)
            logger.addFilter(_hush)
        _rounds.append(1)
    try:
        yield
    finally:
        with _rounds_lock:
            _rounds.pop()
            if not _rounds:
                _before.close()


def _answer(ticker: str, frame: pd.DataFrame, meta: Any) -> Answer:
    """Finished sessions and the unfinished one."""
    granularity = meta.get("dataGranularity", "1d")
    if granularity != "1d":
        raise OutageError(f"Yahoo gives steps of {granularity} in place of sessions")
    zone = str(meta.get("exchangeTimezoneName") or "UTC")
    rows = _rows(frame)
    priced = np.flatnonzero(rows[_PRICES].notna().any(axis=1))
    # Actions before the first price concern nobody; splits after the last are in the prices.
    begin, end = (priced[0], priced[-1] + 1) if len(priced) else (0, 0)
    if end > begin and _goes_on(rows.index[end - 1], meta, zone):
        end -= 1
        unfinished = rows.iloc[end : end + 1]
    else:
        unfinished = rows.iloc[:0]
    split = rows["splits"].to_numpy()[end:]
    history = History(
        ticker,
        rows.iloc[begin:end],
        currency=str(meta.get("currency") or ""),
        timezone=zone,
        fetched=now(),
        source=f"yfinance {load('yfinance', 'yahoo', 'tickers').__version__}",
        later=float(np.prod(split[split > 0])),
    )
    return Answer(history, unfinished)


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns by our names, the exchange's dates as index."""
    lacking = [name for name in _COLUMNS if name not in frame]
    if lacking:
        raise OutageError(f"Yahoo's answer has no {lacking[0]!r}")
    rows = frame[list(_COLUMNS)].rename(columns=_COLUMNS).astype("f8")
    days = pd.DatetimeIndex(frame.index)
    days = days if days.tz is None else days.tz_localize(None)
    if days.hasnans or not days.is_unique or not days.is_monotonic_increasing:
        raise OutageError("Yahoo's answer has a session without a date, or two of one")
    rows.index = days.normalize().as_unit("us").rename("date")
    # yfinance's 0 stands for a volume that is not known.
    rows["volume"] = rows["volume"].where(rows["close"].notna())
    sound = np.isfinite(rows["dividends"]) & rows["splits"].between(0.0, _LARGEST_SPLIT)
    if not sound.all():
        day = rows.index[~sound][0]
        raise OutageError(f"Yahoo's answer has no sound dividend or split on {day:%Y-%m-%d}")
    assert tuple(rows) == FIELDS
    return rows


def _goes_on(day: pd.Timestamp, meta: Any, zone: str) -> bool:
    """Whether a session is not over, or so newly that its close may still change."""
    clock = pd.Timestamp.now(zone)
    try:
        over = pd.Timestamp(meta["currentTradingPeriod"]["regular"]["end"])
        traded = pd.Timestamp(meta["regularMarketTime"])
        over, traded = over.tz_convert(zone), traded.tz_convert(zone)
    except (KeyError, TypeError, ValueError):
        return bool(day.date() >= clock.date())  # nothing is known but the date
    if day.date() != over.date():
        return bool(day.date() > over.date())
    return bool(traded < over and clock < over + _SETTLING)
