"""Learning rates that change between epochs, as scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

LEAST = 1e-6
"""An adaptive rate that has come down to this ends training instead of becoming smaller."""
DIVISOR = 5.0


@dataclass(slots=True)
class Rate:
    """The same rate in every step.

    Attributes:
        value: the rate of the next steps.
    """

    value: float

    @property
    def changes_every_epoch(self) -> bool:
        """Whether the epochs of a run have rates of their own."""
        return False

    def after_epochs(self, samples: int) -> None:
        """Take note that so many samples have been read, all epochs together."""

    def goes_on(self) -> bool:
        """Return whether training goes on though it no longer becomes better; the rate may become smaller."""
        return False


@dataclass(slots=True)
class InverseScaling(Rate):
    """initial / (samples read so far + 1)^power.

    Example:
        >>> rate = InverseScaling(0.5, initial=0.5, power=0.5)
        >>> rate.after_epochs(99)
        >>> rate.value
        0.05
    """

    initial: float
    power: float

    @property
    def changes_every_epoch(self) -> bool:
        """Whether the epochs of a run have rates of their own."""
        return True

    def after_epochs(self, samples: int) -> None:
        """Make the rate smaller."""
        self.value = self.initial / (samples + 1) ** self.power


@dataclass(slots=True)
class Adaptive(Rate):
    """A fifth, each time training no longer becomes better, until the rate is 1e-6 or less.

    Example:
        >>> rate = Adaptive(0.1)
        >>> rate.goes_on(), rate.value
        (True, 0.02)
    """

    def goes_on(self) -> bool:
        """Return whether there is a smaller rate, and take it."""
        if self.value <= LEAST:
            return False
        self.value /= DIVISOR
        return True


RATES: Mapping[str, Callable[[float, float], Rate]] = {
    "constant": lambda initial, power: Rate(initial),
    "invscaling": lambda initial, power: InverseScaling(initial, initial, power),
    "adaptive": lambda initial, power: Adaptive(initial),
}
"""By scikit-learn's names: (first rate, power) -> rate. They are for the solver `sgd` alone."""
