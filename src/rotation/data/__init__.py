"""Where closes come from, and what is wrong with them.

Each name is imported when it is first asked for, so that the embedded history costs no more than
pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rotation.data import synthetic as synthetic
    from rotation.data.action_files import read_actions as read_actions
    from rotation.data.alignment import Aligned as Aligned
    from rotation.data.alignment import Window as Window
    from rotation.data.alignment import align as align
    from rotation.data.alignment import common_window as common_window
    from rotation.data.bars import Bars as Bars
    from rotation.data.calendars import closings as closings
    from rotation.data.calendars import common_sessions as common_sessions
    from rotation.data.cleaning import Cleaned as Cleaned
    from rotation.data.currencies import convert as convert
    from rotation.data.file_format import FileFormat as FileFormat
    from rotation.data.files import Guess as Guess
    from rotation.data.files import inspect as inspect
    from rotation.data.files import read_bars as read_bars
    from rotation.data.files import read_closes as read_closes
    from rotation.data.membership import Membership as Membership
    from rotation.data.membership import Stay as Stay
    from rotation.data.membership_files import read_membership as read_membership
    from rotation.data.membership_files import read_sectors as read_sectors
    from rotation.data.preset_universes import preset as preset
    from rotation.data.preset_universes import presets as presets
    from rotation.data.quality import Quality as Quality
    from rotation.data.writing import write_bars as write_bars
    from rotation.data.writing import write_closes as write_closes
    from rotation.data.yahoo import Download as Download
    from rotation.data.yahoo import YahooWarning as YahooWarning
    from rotation.errors import DelistedError as DelistedError
    from rotation.errors import OutageError as OutageError
    from rotation.errors import UnknownTickerError as UnknownTickerError
    from rotation.provenance import Provenance as Provenance
    from rotation.provenance import provenance as provenance
    from rotation.provenance import stamp as stamp

_HOME = {
    "Aligned": "data.alignment",
    "Bars": "data.bars",
    "Cleaned": "data.cleaning",
    "DelistedError": "errors",
    "Download": "data.yahoo",
    "FileFormat": "data.file_format",
    "Guess": "data.files",
    "Membership": "data.membership",
    "OutageError": "errors",
    "Provenance": "provenance",
    "Quality": "data.quality",
    "Stay": "data.membership",
    "UnknownTickerError": "errors",
    "Window": "data.alignment",
    "YahooWarning": "data.yahoo",
    "align": "data.alignment",
    "closings": "data.calendars",
    "common_sessions": "data.calendars",
    "common_window": "data.alignment",
    "convert": "data.currencies",
    "inspect": "data.files",
    "preset": "data.preset_universes",
    "presets": "data.preset_universes",
    "provenance": "provenance",
    "read_actions": "data.action_files",
    "read_bars": "data.files",
    "read_closes": "data.files",
    "read_membership": "data.membership_files",
    "read_sectors": "data.membership_files",
    "stamp": "provenance",
    "write_bars": "data.writing",
    "write_closes": "data.writing",
    "synthetic": "data.synthetic",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'rotation.data' has no attribute {name!r}")
    module = import_module(f"rotation.{_HOME[name]}")
    return module if name == "synthetic" else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
