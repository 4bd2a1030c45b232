"""How strong each layer is against the others, and where it is going from there.

Strength to the right and its change upwards make a plane on which layers tend to go round
clockwise: they improve on the upper left, lead on the upper right, weaken on the lower right and
lag on the lower left.
"""

from dataclasses import dataclass
from math import cos, radians, sin

from rotation.arrays import FloatArray
from rotation.checks import check_count, check_number
from rotation.rolling import in_spreads, lagged, rolling_std, rolling_zscore
from rotation.signals.relative import relative

__all__ = ["RotationPlane", "rotation_plane"]


def rotation_plane(close: FloatArray, days: int, change: int) -> tuple[FloatArray, FloatArray]:
    """Coordinates of each layer: relative strength, and its change of late.

    Strength is the distance of the :func:`rotation.signals.relative` log price from its mean over
    ``days`` sessions, in its standard deviations. Momentum is what strength has changed over
    ``change`` sessions, in the standard deviation of such changes over ``days`` sessions; no mean
    is taken off, so that it is above 0 for what is getting stronger.

    Both are defined here: practitioners draw such planes, with definitions they keep to themselves.

    Parameters
    ----------
    close : (T, L) closes, positive, NaN where not listed
    days : sessions in means and deviations, at least 2
    change : sessions over which strength changes, at least 1

    Returns
    -------
    strength, momentum : (T, L) standard deviations

    Examples
    --------
    >>> import numpy as np
    >>> close = np.exp(np.array([[0.0, 0.0], [0.2, 0.0], [0.3, 0.0], [0.1, 0.0]]))
    >>> strength, momentum = rotation_plane(close, days=2, change=1)
    >>> strength[:, 0].round(2), momentum[:, 0].round(2)
    (array([  nan,  0.71,  0.71, -0.71]), array([  nan,   nan,   nan, -1.41]))
    """
    strength = rolling_zscore(relative(close), days)
    step = strength - lagged(strength, change)
    return strength, in_spreads(step, rolling_std(step, days))


@dataclass(frozen=True, slots=True)
class RotationPlane:
    """Signal: how far a layer has gone in one direction of :func:`rotation.signals.rotation_plane`.

    Parameters
    ----------
    days : sessions in means and deviations, at least 2
    change : sessions over which strength changes, at least 1
    heading : direction in degrees, counter-clockwise: 0 for strength alone, 45 for the corner of
        what is strong and still gaining, 90 for momentum alone, 135 for what is weak and gaining
    """

    days: int
    change: int
    heading: float = 45.0

    def __post_init__(self) -> None:
        check_count("days", self.days, 2)
        check_count("change", self.change, 1)
        check_number("heading", self.heading, what="degrees")

    def __call__(self, close: FloatArray) -> FloatArray:
        """Scores (T, L) of closes (T, L)."""
        strength, momentum = rotation_plane(close, self.days, self.change)
        angle = radians(self.heading)
        return cos(angle) * strength + sin(angle) * momentum
