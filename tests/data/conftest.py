"""A Yahoo on this machine, and a cache of each test's own."""

import pytest

from data.yahoo_server import Yahoo, led
from rotation.data import yahoo_request
from rotation.data.yahoo import YahooWarning, fetch_yahoo


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yahoo = Yahoo()
    with led(yahoo.port, tmp_path_factory.mktemp("yfinance")):
        yield yahoo
    yahoo.close()


@pytest.fixture
def yahoo(server, monkeypatch):
    server.reset()
    monkeypatch.setattr(yahoo_request, "_FIRST_WAIT", 0.001)
    return server


@pytest.fixture
def fetch(tmp_path):
    """fetch_yahoo with a cache of the test's own, silent unless a warning is expected."""

    def call(tickers, start="max", end=None, *, warns=None, **options):
        options = {"cache": tmp_path, "progress": False} | options
        if warns is None:
            return fetch_yahoo(tickers, start, end, **options)
        with pytest.warns(YahooWarning, match=warns) as record:
            found = fetch_yahoo(tickers, start, end, **options)
        assert len(record) == 1
        return found

    return call
