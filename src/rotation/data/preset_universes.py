"""Universes of the thesis, as files that say who chose them, when and from what.

Every one is hindsight until 2025-01-31: :meth:`rotation.Universe.as_chosen` is what is not.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from rotation.errors import ArgumentError
from rotation.universe import Universe

__all__ = ["preset", "presets"]


def presets() -> tuple[str, ...]:
    """Names of the universes that ``preset`` knows.

    Examples
    --------
    >>> presets()
    ('china_applications', 'etf_proxies', 'layers', 'magnificent_seven', 'shovels_and_applications')
    """
    return tuple(sorted(_files()))


def preset(name: str) -> Universe:
    """A universe of the thesis.

    Parameters
    ----------
    name : one of :func:`presets`

    Raises
    ------
    ArgumentError
        If there is none of that name; the message lists those that are.

    Examples
    --------
    >>> preset("magnificent_seven").tickers
    ('AAPL', 'MSFT', 'GOOGL', 'AMZN', 'NVDA', 'META', 'TSLA')
    """
    known = _files()
    if not isinstance(name, str) or name not in known:
        raise ArgumentError(f"name: want one of {', '.join(sorted(known))}, got {name!r}")
    return Universe.from_toml(known[name].read_text(encoding="utf-8"))


def _files() -> dict[str, Traversable]:
    folder = files("rotation.data").joinpath("universes")
    return {
        each.name.removesuffix(".toml"): each
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }
