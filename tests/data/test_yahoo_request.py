import io
import json
import logging
import re
import socket
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rotation as rt
from data.yahoo_server import Fault, Listing, act, days, eventful, lead, led, traded
from rotation.data import yahoo_request
from rotation.data.yahoo import YahooWarning, _each, fetch_yahoo
from rotation.data.yahoo_request import Asking
from rotation.errors import OutageError

JSON_500 = json.dumps(
    {"chart": {"result": None, "error": {"code": "Internal Server Error", "description": "oh"}}}
)
REFUSED = (
    '{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}'
)
FAULTS = {
    "429": (Fault(status=429, body="Too Many Requests"), "Yahoo limits the rate of requests"),
    "500": (Fault(status=500, body="<html>"), "Yahoo answers with error 500"),
    "502": (Fault(status=502), "Yahoo answers with error 502"),
    "500 in JSON": (Fault(status=500, body=JSON_500), r"Yahoo gives no prices \(oh\)"),
    "refused": (Fault(status=401, body=REFUSED), r"Yahoo refuses the request \(Invalid Crumb\)"),
    "refused bare": (Fault(status=401), r"Yahoo refuses the request \(error 401\)"),
    "forbidden": (Fault(status=403, body="<html>"), r"Yahoo refuses the request \(error 403\)"),
    "truncated": (Fault(cut=700), r"Yahoo's answer cannot be read \(.*JSONDecodeError"),
    "broken off": (Fault(cut=700, honest=False), "the connection to Yahoo broke"),
    "slow": (Fault(delay=2.0), "Yahoo does not answer in time"),
    "half": (Fault(body='{"chart":{"result":[{"meta":{}}]}}'), "Yahoo's answer cannot be read"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_passes_costs_nothing(yahoo, fetch, kind):
    fault, _ = FAULTS[kind]
    rows = traded(days(60))
    yahoo.listings = {"AAA": Listing(rows), "BBB": Listing(rows)}
    twice = 2 if fault.status >= 400 else 1  # yfinance asks again by itself after an error
    yahoo.faults["AAA"] = [fault] * (2 * twice)
    timeout = 0.8 if fault.delay else 10.0
    found = fetch(["AAA", "BBB"], timeout=timeout, retries=2)
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"], rtol=1e-6)
    assert len(yahoo.charts("AAA")) == 2 * twice + 1


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_stays_is_an_outage_of_one_ticker(yahoo, fetch, kind):
    fault, text = FAULTS[kind]
    rows = traded(days(60))
    yahoo.listings = {name: Listing(rows) for name in ("AAA", "BBB", "CCC")}
    yahoo.always["AAA"] = fault
    timeout = 0.8 if fault.delay else 10.0
    warns = f"^AAA: {text}.*, asked 3 times$"
    found = fetch(["AAA", "BBB", "CCC"], timeout=timeout, retries=2, warns=warns)
    assert list(found.closes) == ["BBB", "CCC"]
    assert isinstance(found.missing["AAA"], OutageError)
    twice = 2 if fault.status >= 400 else 1
    assert len(yahoo.charts("AAA")) == 3 * twice


class Waits:
    """Stands for the event that a round waits on, and only writes down how long."""

    def __init__(self):
        self.waited = []

    def wait(self, seconds):
        if seconds:
            self.waited.append(seconds)


@pytest.mark.parametrize("status", [429, 503])
def test_waits_double_and_are_as_long_as_yahoo_asks(yahoo, monkeypatch, status):
    monkeypatch.setattr(yahoo_request, "_FIRST_WAIT", 1.0)
    monkeypatch.setattr(yahoo_request.time, "monotonic", lambda: 0.0)
    yahoo.listings["AAA"] = Listing(traded(days(30)))
    asking = Asking(5.0, 4)
    asking._stopped = Waits()
    plain, polite = Fault(status=status), Fault(status=status, headers={"Retry-After": "33"})
    yahoo.faults["AAA"] = [plain, plain, plain, plain, polite, polite, plain, plain]
    with yahoo_request.undisturbed():
        assert len(asking.ask("AAA").history.rows) == 30
    waited = asking._stopped.waited
    if status == 429:  # all tickers wait, until a time that only moves on
        assert len(waited) == 4
        assert waited[2] == waited[3] == 33.0
    else:
        assert waited[2] == 33.0
        assert 4.0 <= waited[3] <= 12.0
    assert 0.5 <= waited[0] <= 1.5
    assert 1.0 <= waited[1] <= 3.0


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_wait_for_long_gives_up_and_says_so(yahoo, fetch, status):
    yahoo.always["AAA"] = Fault(status=status, headers={"Retry-After": "3600"})
    with pytest.raises(OutageError) as error:
        fetch("AAA")
    assert len(yahoo.charts("AAA")) == 2
    assert status != 429 or "and asks to wait 3600 s" in str(error.value)


def test_when_yahoo_fails_for_all_the_rest_is_not_asked_for(yahoo, fetch):
    names = [f"T{n}" for n in range(40)]
    yahoo.always = {name: Fault(status=429) for name in names}
    with pytest.raises(OutageError, match="Yahoo limits the rate"):
        fetch(names, retries=1)
    assert len({name for name, _ in yahoo.asked}) <= 12


def test_a_network_that_is_down_is_one_clear_line_at_once(tmp_path, fetch, yahoo, capfd):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with (
            led(unused.getsockname()[1], tmp_path / "yfinance"),
            pytest.raises(OutageError) as error,
        ):
            fetch([f"T{n}" for n in range(50)], progress=False)
    assert re.fullmatch(
        r"tickers: nothing came; T0, .*, T49: Yahoo cannot be reached \(curl: .*\)",
        str(error.value),
    )
    assert capfd.readouterr() == ("", "")


@pytest.fixture(autouse=True)
def _led_again(request):
    """Back to the module's server for the next test."""
    yield
    if "tmp_path" in request.fixturenames and "yahoo" in request.fixturenames:
        server = request.getfixturevalue("server")
        factory = request.getfixturevalue("tmp_path_factory")
        lead(server.port, factory.getbasetemp() / "yfinance-again")


def test_the_user_hears_it_once_and_from_us(yahoo, fetch, capfd, caplog):
    import yfinance

    yahoo.listings = {name: Listing(eventful(days(250))) for name in ("AAA", "BAD")}
    yahoo.always = {"LIM": Fault(status=429), "BAD": Fault(cut=100)}
    before = list(warnings.filters)
    with caplog.at_level(logging.DEBUG, "yfinance"):
        fetch(["AAA", "NOPE", "LIM", "BAD"], retries=0, warns="^NOPE: .*\nLIM: .*\nBAD: [^\n]*$")
        assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
        logging.getLogger("yfinance").warning("the user's own")
        assert caplog.records[-1].message == "the user's own"
    assert capfd.readouterr() == ("", "")
    assert yfinance.config.debug.hide_exceptions is True
    assert warnings.filters == before
    yfinance.config.debug.hide_exceptions = False
    try:
        fetch("AAA")
        assert yfinance.config.debug.hide_exceptions is False
    finally:
        yfinance.config.debug.hide_exceptions = True


def test_no_complaint_of_yfinance_is_shown_while_pandas_lets_all_through(recwarn):
    """As it does, for all threads, while it looks at a dtype in one of them."""
    from yfinance import utils

    shows = warnings.showwarning
    with yahoo_request.undisturbed(), warnings.catch_warnings():
        warnings.simplefilter("always")
        for name, file in (("yfinance.utils", utils.__file__), ("mine", "mine.py")):
            warnings.warn_explicit("old", DeprecationWarning, file, 1, name)
    assert [each.filename for each in recwarn] == ["mine.py"]
    assert warnings.showwarning is shows


def test_without_a_crumb_prices_come_all_the_same(yahoo, fetch, tmp_path, capfd, caplog):
    lead(yahoo.port, tmp_path / "yfinance")  # which has none yet
    yahoo.crumbs = 429
    yahoo.listings["AAA"] = Listing(traded(days(30)))
    with caplog.at_level(logging.DEBUG, "yfinance"):
        fetch("AAA")
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "crumb" not in yahoo.charts()[0]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_counts_tickers_unless_told_not_to(yahoo, fetch, monkeypatch, progress):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    yahoo.listings["AAA"] = Listing(traded(days(30)))
    fetch("AAA", progress=progress)
    assert ("1/1" in stream.getvalue()) is progress


def test_no_more_than_four_questions_are_open_at_once(yahoo, fetch):
    names = [f"T{n}" for n in range(12)]
    for name in names:
        yahoo.listings[name] = Listing(traded(days(30)))
    yahoo.always = {name: Fault(delay=0.02) for name in names}
    assert list(fetch(names).closes) == names
    assert 1 < yahoo.most <= 4


def test_an_interruption_is_passed_on_at_once():
    stopped, begun = [], []

    def work(name):
        begun.append(name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _each(list("ABCDEFGH"), work, 1, progress=False, stop=lambda: stopped.append(True))
    assert stopped == [True]
    assert begun[0] == "A"


def test_an_interruption_ends_a_round(yahoo):
    asking = Asking(5.0, 4)
    asking.stop()
    with pytest.raises(OutageError, match="not asked for any more"):
        asking.ask("AAA")
    assert yahoo.asked == []


def broken(kind):
    """A chart with something in it that cannot be."""
    rows = traded(days(30)) if kind == "date" else act(traded(days(30)), 20, split=2.0)
    chart = Listing(rows).chart("AAA", -(2**40), 2**40)
    result = chart["chart"]["result"][0]
    if kind == "date":
        result["timestamp"][3] = None
    else:
        (split,) = result["events"]["splits"].values()
        split["denominator"] = kind
    return json.dumps(chart)


@pytest.mark.parametrize("kind", ["date", 0, -1, 1e-9])
def test_a_date_or_split_that_cannot_be_is_refused(yahoo, fetch, kind):
    yahoo.always["AAA"] = Fault(body=broken(kind))
    text = "a session without a date" if kind == "date" else "no sound dividend or split on 20"
    with pytest.raises(OutageError, match=f"AAA: Yahoo's answer has {text}"):
        fetch("AAA")


JUNK = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats() | st.text(max_size=3)
JUNK |= st.sampled_from(["[]", "{}", "[null]", '{"error": "x"}']).map(json.loads)


@given(data=st.data())
def test_whatever_yahoo_answers_it_is_prices_or_an_error_of_ours(server, tmp_path_factory, data):
    rows = act(act(traded(days(12)), 5, dividend=0.4), 7, split=2.0)
    answer = Listing(rows).chart("AAA", -(2**40), 2**40)
    for _ in range(data.draw(st.integers(1, 2))):
        node = answer
        while True:
            places = list(node) if isinstance(node, dict) else range(len(node))
            place = data.draw(st.sampled_from(places))
            deeper = isinstance(node[place], (dict, list)) and len(node[place])
            if not deeper or data.draw(st.integers(0, 4)) == 0:
                break
            node = node[place]
        if isinstance(node, dict) and data.draw(st.booleans()):
            del node[place]
        else:
            node[place] = data.draw(JUNK)
        if not answer:
            break
    server.always["AAA"] = Fault(body=json.dumps(answer))
    cache = tmp_path_factory.mktemp("junk")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", YahooWarning)
        for offline in (False, False, True):
            try:
                found = fetch_yahoo(
                    "AAA", "max", cache=cache, retries=0, progress=False, offline=offline
                )
            except rt.DataError:
                continue
            assert len(found.closes) > 0
