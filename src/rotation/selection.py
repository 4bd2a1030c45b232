"""The best of many, which never comes without how many there were.

A figure that was picked is larger than one that was not: what is said of it takes the number of
trials into account, those of earlier sweeps over the same closes too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rotation.result import Result

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Selection:
    """One strategy of a sweep, picked because a figure of it was the best.

    Parameters
    ----------
    by : the figure
    ratio : what is deflated: ``sharpe``, or ``information_ratio`` if it was picked by that
    params : what sets it apart from the others
    result : its whole account
    figures : its row of the sweep's table
    trials : strategies in the sweep
    all_trials : distinct strategies and windows that were tried on these closes, those included
    effective_trials : independent ones that all of them amount to, by their mean correlation
    expected_best : ratio a year that the best of all of them has by luck alone
    deflated_sharpe : probability that the true ratio is above 0, given all the trials (Bailey and
        López de Prado 2014)
    deflated_sharpe_effective : the same given the effective number, which is more lenient
    window : first and last session of its figures
    note : what a reader of its figures must know, such as hindsight
    in_sample : how many returns of the window were known when the members of layers were picked
    """

    by: str
    ratio: str
    params: Mapping[str, Any]
    result: Result
    figures: pd.Series
    trials: int
    all_trials: int
    effective_trials: float
    expected_best: float
    deflated_sharpe: float
    deflated_sharpe_effective: float
    window: tuple[pd.Timestamp, pd.Timestamp]
    note: str
    in_sample: str

    def __str__(self) -> str:
        params = ", ".join(f"{name} {value}" for name, value in self.params.items())
        first, last = self.window
        name = self.ratio.replace("_", " ").replace("sharpe", "Sharpe ratio")
        own = "" if self.by == self.ratio else f"{self.by} {self.figures[self.by]:.4g} and "
        text = (
            f"The best by {self.by} of {self.trials:,} strategies in this sweep, and of "
            f"{self.all_trials:,} tried on these closes, is {params}: {own}{name} "
            f"{self.figures[self.ratio]:.2f} a year from {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"where the best of so many has {self.expected_best:.2f} by luck alone; the "
            "probability that "
            f"the true {name} is above 0 is {_share(self.deflated_sharpe)} if all trials were "
            f"independent, and {_share(self.deflated_sharpe_effective)} if they amount to "
            f"{self.effective_trials:,.0f}, as their correlation says."
        )
        if self.ratio == "sharpe":
            text += f" Its information ratio is {self.figures['information_ratio']:.2f}."
        return " ".join(filter(None, [text, self.note, self.in_sample]))

    __repr__ = __str__


def _share(probability: float) -> str:
    if probability != probability:
        return "unknown"
    if 0.01 <= probability <= 0.99:
        return f"{probability:.0%}"
    return "above 99%" if probability > 0.5 else "below 1%"
