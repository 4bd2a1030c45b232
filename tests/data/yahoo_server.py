"""A server on this machine that answers as Yahoo does, and yfinance's own code led to it.

A :class:`Listing` is the truth: what was traded and paid. The server makes of it what Yahoo makes
of that: everything divided by later splits, in single precision, and an adjusted close.
"""

import json
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd

CONSENT = (
    '<html><form><input name="csrfToken" value="t"/><input name="sessionId" value="s"/></form>'
)
RANGES = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]


@dataclass
class Listing:
    """What was traded: rows by date with open, high, low, close, volume, dividends, splits."""

    rows: pd.DataFrame
    zone: str = "America/New_York"
    opens: str = "09:30"
    hours: float = 6.5
    currency: str = "USD"
    kind: str = "EQUITY"
    going_on: bool = False  # the last row is of a session that is on just now
    ahead: int = -5  # seconds from now to the time of its last trade
    traded: float | None = None  # hours before its end at which the last trade was
    undivided: tuple = ()  # rows of splits that are listed and not taken out of anything yet

    def stamps(self):
        """Unix times (T,) of the sessions' openings."""
        local = (self.rows.index + pd.Timedelta(self.opens + ":00")).tz_localize(self.zone)
        return (local.as_unit("s").asi8).astype(np.int64)

    def yahoo(self):
        """The rows as Yahoo makes them, every split of the table taken out."""
        rows = self.rows.copy()
        split = rows["splits"].where(rows["splits"] > 0, 1.0).to_numpy(copy=True)
        split[list(self.undivided)] = 1.0
        shares = np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)
        for name in ("open", "high", "low", "close", "dividends"):
            rows[name] = rows[name] / shares
        rows["volume"] = (rows["volume"] * shares).round()
        kept, running, before = np.ones(len(rows)), 1.0, rows["close"].ffill().shift().to_numpy()
        for at in range(len(rows) - 1, 0, -1):
            if paid := rows["dividends"].iloc[at]:
                running *= 1.0 - paid / before[at]
            kept[at - 1] = running
        rows["adjusted"] = rows["close"] * kept
        for name in ("open", "high", "low", "close", "adjusted"):
            rows[name] = rows[name].astype("float32").astype("float64")
        return rows

    def meta(self, symbol):
        stamps = self.stamps()
        length = int(self.hours * 3600)
        start = int(stamps[-1])
        if self.going_on:
            start = int(time.time()) - length // 2
        end = start + length
        last = int(time.time()) if self.going_on else end
        if self.traded is not None:
            last = end - int(self.traded * 3600)
        offset = int(pd.Timestamp.now(self.zone).utcoffset().total_seconds())
        period = {"timezone": "X", "start": start, "end": end, "gmtoffset": offset}
        return {
            "currency": self.currency,
            "symbol": symbol,
            "exchangeName": "XXX",
            "fullExchangeName": "Exchange",
            "instrumentType": self.kind,
            "firstTradeDate": int(stamps[0]),
            "regularMarketTime": last,
            "hasPrePostMarketData": True,
            "gmtoffset": offset,
            "timezone": "X",
            "exchangeTimezoneName": self.zone,
            "regularMarketPrice": 1.0,
            "chartPreviousClose": 1.0,
            "priceHint": 2,
            "currentTradingPeriod": {
                "pre": {**period, "end": start, "start": start - 3600},
                "regular": period,
                "post": {**period, "start": end, "end": end + 3600},
            },
            "dataGranularity": "1d",
            "range": "",
            "validRanges": [*RANGES],
        }

    def chart(self, symbol, begin, end):
        """The answer to a question for Unix times ``begin`` to ``end``; None if there are none."""
        rows, stamps = self.yahoo(), self.stamps()
        if self.going_on:
            stamps[-1] = int(time.time()) + self.ahead
        inside = (stamps >= begin) & (stamps <= end)
        if not inside.any():
            return None
        rows, stamps = rows[inside], stamps[inside]
        events = defaultdict(dict)
        for stamp, paid, split in zip(
            stamps.tolist(), rows["dividends"], rows["splits"], strict=True
        ):
            if paid:
                events["dividends"][str(stamp)] = {"amount": paid, "date": stamp}
            if split:
                over = 1 if split >= 1 else round(1 / split)
                events["splits"][str(stamp)] = {
                    "date": stamp,
                    "numerator": split * over,
                    "denominator": over,
                    "splitRatio": f"{split * over:g}:{over}",
                }
        values = {
            name: [None if np.isnan(each) else each for each in rows[name].tolist()]
            for name in ("open", "high", "low", "close", "volume", "adjusted")
        }
        adjusted = values.pop("adjusted")
        result = {
            "meta": self.meta(symbol),
            "timestamp": stamps.tolist(),
            "indicators": {"quote": [values], "adjclose": [{"adjclose": adjusted}]},
        }
        if events:
            result["events"] = events
        return {"chart": {"result": [result], "error": None}}


@dataclass
class Fault:
    """What is done in place of an answer, or to it."""

    status: int = 200
    body: str | None = None
    headers: dict = field(default_factory=dict)
    cut: int | None = None  # bytes of the answer that are sent
    honest: bool = True  # its length is said to be what is sent
    delay: float = 0.0


class Yahoo:
    """The server; what it holds and does may be changed while it runs."""

    def __init__(self):
        self.listings, self.asked, self.open, self.most = {}, [], [], 0
        self.faults = defaultdict(list)
        self.always = {}
        self.crumbs = 200  # status with which they are given
        self.lock = threading.Lock()
        yahoo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                yahoo.answer(self)

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                yahoo.send(self, 200, "ok")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def reset(self):
        self.listings, self.asked, self.always = {}, [], {}
        self.faults.clear()
        self.crumbs = 200
        self.open, self.most = [], 0  # what an earlier test left waiting does not count

    def charts(self, ticker=None):
        """Questions for prices that came, of one ticker or of all."""
        return [query for name, query in self.asked if ticker is None or name == ticker]

    def answer(self, request):
        host = request.headers["Host"].partition(":")[0]
        where = urlsplit(request.path)
        if host == "fc.yahoo.com":
            until = datetime.now(UTC) + timedelta(days=300)
            cookie = f"A3=a; Domain=.yahoo.com; Path=/; Expires={until:%a, %d %b %Y %H:%M:%S} GMT"
            return self.send(request, 404, "", {"Set-Cookie": cookie})
        if where.path == "/v1/test/getcrumb":
            return self.send(request, self.crumbs, "crumb")
        if host in ("guce.yahoo.com", "consent.yahoo.com"):
            return self.send(request, 200, CONSENT)
        if not where.path.startswith("/v8/finance/chart/"):
            return self.send(request, 404, "{}")
        ticker = unquote(where.path.rpartition("/")[2])
        query = {name: each[0] for name, each in parse_qs(where.query).items()}
        with self.lock:
            self.asked.append((ticker, query))
            waiting = self.faults[ticker]
            fault = waiting.pop(0) if waiting else self.always.get(ticker, Fault())
            opened = self.open
            opened.append(ticker)
            self.most = max(self.most, len(self.open))
        time.sleep(fault.delay)
        with self.lock:
            opened.remove(ticker)
        return self.chart(request, ticker, query, fault)

    def chart(self, request, ticker, query, fault):
        if fault.status != 200 or fault.body is not None:
            return self.send(request, fault.status, fault.body or "", fault.headers)
        listing = self.listings.get(ticker)
        if listing is None:
            return self.fail(request, 404, "Not Found", "No data found, symbol may be delisted")
        chart = listing.chart(ticker, int(query["period1"]), int(query["period2"]))
        if chart is None:
            text = f"Data doesn't exist for startDate = {query['period1']}, endDate = 0"
            return self.fail(request, 400, "Bad Request", text)
        return self.send(request, 200, json.dumps(chart), {}, fault.cut, fault.honest)

    def fail(self, request, status, code, text):
        error = {"code": code, "description": text}
        self.send(request, status, json.dumps({"chart": {"result": None, "error": error}}))

    def send(self, request, status, text, headers=None, cut=None, honest=True):
        body = text.encode()
        sent = body if cut is None else body[:cut]
        try:
            request.send_response(status)
            for name, each in (headers or {}).items():
                request.send_header(name, each)
            request.send_header("Content-Length", str(len(sent if honest else body)))
            request.end_headers()
            request.wfile.write(sent)
        except OSError:  # who asked did not wait
            pass
        if not honest:
            request.close_connection = True


def lead(port, folder):
    """Lead every request of yfinance in this process to the server, and its files to a folder.

    Its own session sends them over the wire; only name and port of the other end are changed, so
    cookies are as with the real one.
    """
    import yfinance as yf
    from curl_cffi import CurlOpt, requests
    from yfinance.data import YfData

    names = ["fc", "guce", "consent", "query1.finance", "query2.finance", "finance"]
    places = [f"{name}.yahoo.com:{port}:127.0.0.1" for name in names]

    class Led(requests.Session):
        def request(self, method, url, *args, **kwargs):
            there = urlsplit(url)
            assert there.hostname.endswith(".yahoo.com")
            led = there._replace(scheme="http", netloc=f"{there.hostname}:{port}")
            return super().request(method, led.geturl(), *args, **kwargs)

    yf.set_tz_cache_location(str(folder))
    data = YfData(session=Led(impersonate="chrome", curl_options={CurlOpt.RESOLVE: places}))
    data._cookie, data._crumb, data._cookie_strategy = None, None, "basic"


@contextmanager
def led(port, folder):
    """The same for a while."""
    from yfinance._http import new_session
    from yfinance.data import YfData

    lead(port, Path(folder))
    try:
        yield
    finally:
        YfData(session=new_session())


def days(count, last=1):
    """The newest ``count`` weekdays that ended ``last`` days ago."""
    end = pd.Timestamp.now("UTC").tz_localize(None).normalize() - pd.Timedelta(days=last)
    return pd.bdate_range(end=end, periods=count).as_unit("us")


def traded(index, seed=0, price=100.0):
    """A random truth on given days, without dividends and splits."""
    rng = np.random.default_rng(seed)
    close = (price * np.exp(np.cumsum(rng.normal(0.0005, 0.02, len(index))))).round(2)
    opens = (close * rng.uniform(0.99, 1.01, len(index))).round(2)
    return pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, close) + 0.5,
            "low": np.minimum(opens, close) - 0.5,
            "close": close,
            "volume": rng.integers(1e5, 1e6, len(index)).astype(float) * 100,
            "dividends": 0.0,
            "splits": 0.0,
        },
        index=pd.DatetimeIndex(index, name="date"),
    )


def act(rows, at, *, dividend=0.0, split=0.0):
    """The same truth with an action on row ``at``: prices fall by a split from there on."""
    rows = rows.copy()
    day = rows.index[at]
    if dividend:
        rows.loc[day, "dividends"] = dividend
    if split:
        rows.loc[day, "splits"] = split
        rows.loc[day:, ["open", "high", "low", "close"]] /= split
        rows.loc[day:, "volume"] *= split
    return rows


def midday_zone():
    """A time zone where it is about noon, so that today is one date for hours before and after."""
    offset = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def eventful(index, seed=0):
    """A truth with a split, a reverse split and dividends."""
    rows = act(traded(index, seed), 60, dividend=0.8)
    rows = act(act(rows, 100, split=4.0), 100, dividend=0.25)
    return act(act(rows, 150, split=0.125), 180, dividend=1.5)


def same(one, other):
    """Whether two downloads hold the same, to the bit."""
    tables = [(one.closes, other.closes), (one.split_adjusted, other.split_adjusted)]
    tables += [(getattr(one.bars, n), getattr(other.bars, n)) for n in one.bars.__slots__]
    for mine, yours in tables:
        pd.testing.assert_frame_equal(mine, yours, check_exact=True, obj="table")
    return True


def on_now(price=50.0, **options):
    """A session that is on, with yesterday's and earlier ones before it."""
    zone = midday_zone()
    today = pd.Timestamp.now(zone).tz_localize(None).normalize()
    index = pd.date_range(end=today, periods=40).as_unit("us")
    return traded(index, price=price), {"zone": zone, "going_on": True, **options}
