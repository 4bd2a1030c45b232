"""The best of many, which never comes without how many there were.

A figure that was picked is larger than one that was not: what is said of it takes the number of
trials into account, those of earlier sweeps over the same closes too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rotation.arrays import FloatArray, IntArray
from rotation.engine.switching import MEASURES
from rotation.errors import ArgumentError, DataError
from rotation.evaluation import Evaluation
from rotation.measures import kurtosis, skew
from rotation.result import Result
from rotation.validation.sharpe import deflated_sharpe, effective_trials, expected_max_sharpe

__all__ = ["Selection", "pick"]

# Less of them is better.
_LOW = ("annual_volatility", "kurtosis", "annual_turnover", "switches", "cost")
_SAMPLE = 200  # strategies whose returns say how far the trials are correlated


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
        strategies = f"{self.trials:,} {'strategy' if self.trials == 1 else 'strategies'}"
        dates = f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        text = (
            f"The best by {self.by} of {strategies} in this sweep, and of "
            f"{self.all_trials:,} tried on these closes, is {params}: {own}"
        )
        if np.isnan(self.figures[self.ratio]):
            text += f"no {name} {dates}, by which it could be told from luck."
        else:
            text += (
                f"{name} {self.figures[self.ratio]:.2f} a year {dates}, where the best of so many "
                f"has {self.expected_best:.2f} by luck alone; the probability that the true {name} "
                f"is above 0 is {_share(self.deflated_sharpe)} if all trials were "
                f"independent, and {_share(self.deflated_sharpe_effective)} if they amount to "
                f"{self.effective_trials:,.0f}, as their correlation says."
            )
        if self.ratio == "sharpe":
            text += f" Its information ratio is {self.figures['information_ratio']:.2f}."
        return " ".join(filter(None, [text, self.note, self.in_sample]))

    __repr__ = __str__


def pick(
    evaluation: Evaluation,
    done: IntArray,
    measures: FloatArray,
    by: str,
    *,
    known: int,
    note: str,
    in_sample: str,
) -> Selection:
    """The strategy with the best figure.

    Parameters
    ----------
    evaluation : what was tried, and on what
    done : (n,) numbers of the strategies that are finished
    measures : (n, 12) their figures
    by : one of the figures
    known : distinct trials on these closes, as far as they are counted
    note, in_sample : for the readers of the selection

    Raises
    ------
    ArgumentError
        If there is no such figure.
    DataError
        If no strategy has it.
    """
    if not isinstance(by, str) or by not in MEASURES:
        raise ArgumentError(f"by: want one of {', '.join(MEASURES)}, got {by!r}")
    column = measures[:, MEASURES.index(by)]
    if np.isnan(column).all():
        raise DataError(f"by: no strategy has a {by}")
    row = int(np.nanargmin(column) if by in _LOW else np.nanargmax(column))
    ratio = "information_ratio" if by == "information_ratio" else "sharpe"
    year = float(np.sqrt(evaluation.terms.periods))
    own = np.unique(evaluation.grid.keys()[done], axis=0, return_index=True)[1]
    ratios = measures[own, MEASURES.index(ratio)] / year
    ratios = ratios[~np.isnan(ratios)]
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    few = np.random.default_rng(0).choice(done[own], size=min(len(own), _SAMPLE), replace=False)
    returns = np.column_stack([_active(evaluation, n, ratio) for n in np.sort(few).tolist()])
    effective = effective_trials(returns, trials=len(own))
    if known > len(own) or len(own) == 1:
        # Of the others neither spread nor correlation is known here: each counts for one, and
        # their ratios vary as those without skill do.
        variance = max(variance, 1.0 / (len(returns) - 1))
        effective += max(known - len(own), 0)
    known = max(known, len(own))
    figures = pd.Series(measures[row], index=list(MEASURES))
    active = _active(evaluation, int(done[row]), ratio)
    found = deflated_sharpe(
        figures[ratio] / year,
        len(active),
        trials=np.array([known, effective]),
        variance=variance,
        skew=skew(active),
        kurtosis=kurtosis(active),
    )
    sessions = evaluation.prices.sessions
    return Selection(
        by=by,
        ratio=ratio,
        params=evaluation.grid.params(int(done[row])),
        result=evaluation.result(int(done[row])),
        figures=figures,
        trials=len(own),
        all_trials=known,
        effective_trials=effective,
        expected_best=float(expected_max_sharpe(known, variance)) * year,
        deflated_sharpe=float(found[0]),
        deflated_sharpe_effective=float(found[1]),
        window=(sessions[evaluation.start], sessions[-1]),
        note=note,
        in_sample=in_sample,
    )


def _active(evaluation: Evaluation, number: int, ratio: str) -> FloatArray:
    """Returns (T',) over the window; above the benchmark's if it is the information ratio."""
    start = evaluation.start + 1
    returns = evaluation.result(number).returns.to_numpy()[start:]
    less = evaluation.benchmark[start:] if ratio == "information_ratio" else 0.0
    active: FloatArray = returns - less
    return active


def _share(probability: float) -> str:
    if 0.01 <= probability <= 0.99:
        return f"{probability:.0%}"
    return "above 99%" if probability > 0.5 else "below 1%"
