"""The universes of the thesis say what its page says of them."""

from datetime import date
from importlib.resources import files

import pytest

import rotation as rt
from rotation.data.preset_universes import preset, presets
from rotation.data.sample import sample

CHOSEN = date(2025, 1, 31)
LAYERS = {
    "shovels": "NVDA AVGO AMD INTC MU QCOM TXN AMAT LRCX KLAC ADI MRVL ASML TSM ARM",
    "infrastructure": "VRT ETN GEV CEG VST",
    "data_centres": "VNET EQIX DLR",
    "hyperscalers": "AMZN MSFT GOOGL META AAPL ORCL",
    "software": "MSFT ADBE CRM NOW INTU GTLB ORCL",
    "internet": "GOOGL META AMZN NFLX EBAY",
    "china_applications": "0700.HK 1810.HK 688111.SS 002230.SZ KC",
    "magnificent_seven": "AAPL MSFT GOOGL AMZN NVDA META TSLA",
}
FUNDS = {
    "shovels": "SMH SOXX",
    "infrastructure": "XLU",
    "software": "IGV WCLD",
    "internet": "FDN PNQI",
    "china_applications": "KWEB",
}
FIRST = {
    "ARM": date(2023, 9, 14),
    "GTLB": date(2021, 10, 14),
    "META": date(2012, 5, 18),
    "VRT": date(2020, 2, 10),
    "GEV": date(2024, 4, 2),
    "GOOGL": date(2004, 8, 19),
    "TSLA": date(2010, 6, 29),
}


def some(*names):
    return {name: LAYERS[name] for name in names}


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("layers", LAYERS),
        ("shovels_and_applications", some("shovels", "software", "internet")),
        ("etf_proxies", FUNDS),
        ("magnificent_seven", some("magnificent_seven")),
        ("china_applications", some("china_applications")),
    ],
)
def test_a_preset_has_the_members_of_the_layers_table(name, layers):
    universe = preset(name)
    tickers = {layer: [m.ticker for m in universe.members(layer)] for layer in universe.layers}
    assert tickers == {layer: each.split() for layer, each in layers.items()}
    assert list(tickers) == list(layers)


@pytest.mark.parametrize("name", presets())
def test_a_preset_says_where_it_comes_from_and_when(name):
    universe = preset(name)
    assert universe.chosen_on == CHOSEN
    assert universe.hindsight
    assert "Hindsight: they were chosen on 2025-01-31" in universe.note
    assert "Source: digest of a financial-press article of 2025-01-31" in universe.note
    assert "28 January, which is Beijing's date: the session is New York's 27" in universe.note
    assert not universe.as_chosen().hindsight


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_written_as_it_is_read(name):
    universe = preset(name)
    again = rt.Universe.from_toml(universe.to_toml())
    assert again == universe
    assert list(again.layers) == list(universe.layers)


@pytest.mark.parametrize("name", ["layers", "shovels_and_applications"])
def test_what_the_article_got_wrong_is_said(name):
    note = preset(name).note
    assert "ADBE trades since 1986-08-13, GTLB since 2021-10-14" in note
    assert "Canva, which the article names, does not trade; nor do ByteDance, Moonshot and" in note


def test_what_nobody_can_trade_is_in_no_layer():
    tickers = {ticker for name in presets() for ticker in preset(name).tickers}
    assert {"ADBE", "GTLB", "ARM"} <= tickers
    assert not {name for name in tickers if name.startswith(("CANV", "BYTE", "MOON", "DEEP"))}


def test_a_ticker_starts_alike_in_every_preset_and_before_it_was_chosen():
    starts = {}
    for name in presets():
        universe = preset(name)
        for layer in universe.layers:
            for member in universe.members(layer):
                assert starts.setdefault(member.ticker, member.start) == member.start
                assert member.start is None or date(1990, 1, 2) < member.start < CHOSEN
                assert member.end is None
    assert {ticker: starts[ticker] for ticker in FIRST} == FIRST


def test_starts_are_the_first_closes_of_the_embedded_history():
    closes = sample()
    starts = {m.ticker: m.start for m in preset("layers").members("magnificent_seven")}
    for ticker in ("AMZN", "META", "NVDA"):
        assert closes[ticker].first_valid_index().date() == starts[ticker]


def test_each_call_reads_the_file_and_none_else_is_there():
    assert preset("layers") == preset("layers")
    folder = files("rotation.data").joinpath("universes")
    assert sorted(each.name for each in folder.iterdir()) == [f"{name}.toml" for name in presets()]


@pytest.mark.parametrize("name", ["layer", "", "layers.toml", "../presets", "Layers", None, 5, []])
def test_an_unknown_name_lists_those_known(name):
    with pytest.raises(
        rt.ArgumentError, match="name: want one of china_applications, etf_proxies,"
    ):
        preset(name)
