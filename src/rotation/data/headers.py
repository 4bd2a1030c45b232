"""Names that columns of prices customarily have, in a dozen languages.

They are compared without case, accents, spaces and dashes, as :func:`plain` has them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = [
    "DATE",
    "FIELD",
    "FIELDS",
    "NUMBER",
    "TICKER",
    "is_known",
    "is_price",
    "plain",
    "shown",
    "sure_fields",
]

DATE = re.compile(
    "asof|asofdate|caldt|data|datadate|dates?|datetime|datum|day|fecha|opentime|pricedate|session"
    "|time|timestamp|tradedate|tradingdate|tradingday|windowstart|日付|日期|날짜"
)
TICKER = re.compile(
    "actsymbol|asset|code|cusip|figi|instrument|isin|name|permno|ric|secid|security|securityid"
    "|sedol|stock|stockcode|sym|symbols?|tic|tickers?|tscode|variable|代码|股票代码|证券代码"
)
FIELDS = {
    "close": re.compile(
        "c|chiusura|cierre|close|close/last|closeprice|closingprice|clot|slot|slotkoers|slutkurs|cloture|fechamento"
        "|priceclose|schluss|schlusskurs|zamkniecie|終値|收市|收盘|收盘价|收盤|收盤價|종가"
    ),
    "open": re.compile(
        "abertura|apertura|eroffn|eroffnung|eroffnungskurs|eroeffnung|erster|o|open|openen|openingprice"
        "|openprice|otwarcie|ouv|ouverture|priceopen|pxopen|ac[i\u0131]l[i\u0131]s|oppningskurs|откр|始値|开盘|开盘价|開盤|開盤價|시가"
    ),
    "high": re.compile(
        "alto|h|haut|high|highprice|hoch|hochst|hogstakurs|hoog|massimo|max|maximo|maxima|najwyzszy|plushaut"
        "|pricehigh|pxhigh|tageshoch|yuksek|макс|高|高値|最高|最高价|最高價|고가"
    ),
    "low": re.compile(
        "bajo|bas|baixa|dusuk|l|laag|lagstakurs|low|lowprice|min|minimo|minima|najnizszy|plusbas|pricelow|pxlow"
        "|tagestief|tief|tiefst|мин|低|低値|安値|最低|最低价|最低價|저가"
    ),
    "volume": re.compile(
        "accumulatedvolume|pxvolume|stuecke|stucke|v|vol|volum|volume|volumen|volumes|wolumen|объем"
        "|交易量|成交量|出来高|거래량"
    ),
    "dividends": re.compile("cashdividends?|div|divcash|dividendamount|dividends?|exdividend"),
    "splits": re.compile("splitcoefficient|splitfactor|splitratio|splits?|stocksplits?"),
}
NUMBER = re.compile(r"[+-]?[0-9.,']+(?:[eE][+-]?[0-9]+)?")
_PRICE = re.compile(
    "(?:adj|adjusted)close(?:price)?|(?:adj|adjusted)price|closeadj|cours|dernier|kurs|last"
    "|lastprice|letzter|nav|prc|precio|preco|preis|prezzo|price|prix|px|pxlast|settle|settlement"
    "|settlementprice|ultimo|value|simdi|zuletzt|цена|調整後終値|" + FIELDS["close"].pattern
)
_OTHER = re.compile(
    "(?:adj|adjusted)(?:high|low|open|volume)|amount|ask|askprice|bid|bidprice|capitalgains|change%?|changepercent|chg%?"
    "|closetime|count|currency|devise|numberoftrades|numberofshares|pctchange|pctchg|preclose"
    "|prevclose|previousclose|quotevolume|repaired[?]?|trades|transactions|turnover|umsatz"
    "|vwap|wahrung|[+]/%|%var|var%|variation%|涨跌幅|涨跌额|振幅|换手率|成交额|成交金额|昨收|前收盘"
    "|変化率%|변동%"
)
FIELD = re.compile(
    "actions?|fields?|fieldname|indicator|measure|metric|variable"
)  # their names in rows
# What may be a ticker or a field: C, LOW, OPEN and NAV are both; nothing listed is called VOL.
_EITHER = re.compile("(?!PRC|VOL|VWAP)[A-Z]{1,4}|[chlov]")


def plain(name: str) -> str:
    """A header without case, accents, spaces, dashes, and the brackets and stars of vendors."""
    if not name.isascii():
        parts = unicodedata.normalize("NFKD", name)
        name = "".join(each for each in parts if not unicodedata.combining(each))
        name = unicodedata.normalize("NFC", name)
    return re.sub(r"[\s_.\-<>*]+", "", name.casefold())


def is_known(name: str) -> bool:
    """Whether a header is a field's: a price, a volume, or what prices come with."""
    header = plain(name)
    return any(each.fullmatch(header) for each in (*FIELDS.values(), _PRICE, _OTHER))


def is_price(name: str) -> bool:
    """Whether a header is that of closes or other last prices."""
    return _PRICE.fullmatch(plain(name)) is not None


def sure_fields(names: Sequence[str]) -> list[str]:
    """Those of some names that can be no tickers, being what they are or where they are."""
    known = [name for name in names if is_known(name)]
    sure = {name for name in known if not _EITHER.fullmatch(name)}
    words = [name for name in known if len(name) > 1]
    kinds = {kind for kind, each in FIELDS.items() if any(each.fullmatch(plain(n)) for n in words)}
    if "high" in kinds and kinds & {"low", "open"}:  # LOW and OPEN are both listed
        sure |= set(words)
    letters = {name for name in names if re.fullmatch("[a-z]", name)}
    if letters <= set("ohlcv") and ({*"ohl"} <= letters or {*"hlc"} <= letters):
        sure |= letters
    return [name for name in known if name in sure]


def shown(names: Iterable[str]) -> str:
    """Names for a message, the first of many."""
    told = [*names]
    return ", ".join(map(repr, told[:8])) + ", ..." * (len(told) > 8)
