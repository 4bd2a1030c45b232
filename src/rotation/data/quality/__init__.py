"""What is wrong with a table of prices, or may be; nothing here changes one."""

from rotation.data.quality.checking import check_prices
from rotation.data.quality.outcome import Quality

__all__ = ["Quality", "check_prices"]
