"""Is it skill? What luck alone would have shown, beside what a strategy did."""

from rotation.validation.sharpe import (
    deflated_sharpe,
    effective_trials,
    expected_max_sharpe,
    min_backtest_length,
    min_track_record_length,
    probabilistic_sharpe,
)

__all__ = [
    "deflated_sharpe",
    "effective_trials",
    "expected_max_sharpe",
    "min_backtest_length",
    "min_track_record_length",
    "probabilistic_sharpe",
]
