"""What a training has come to: all that a further fit goes on from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tiza.sklearn.learning_rates import Rate
from tiza.sklearn.watch import Watch
from tiza.training.state import State


@dataclass(slots=True)
class Course:
    """What a training has come to.

    Attributes:
        state: weights, optimizer slots, step counter, seed.
        rate: the learning rate.
        watch: whether it still becomes better.
        best: the weights with the best validation score, by path; None if nothing is validated.
        samples: how many have been read, all epochs together.
        iterations: epochs, or iterations, of the last fit.
        history: a list a quantity, one number an epoch.
    """

    state: State
    rate: Rate
    watch: Watch = field(default_factory=Watch)
    best: State | None = None
    samples: int = 0
    iterations: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)

    def copied(self) -> Course:
        """Return a course that may go on without changing this one."""
        history = {name: list(values) for name, values in self.history.items()}
        return replace(
            self, state=dict(self.state), rate=replace(self.rate), watch=replace(self.watch), history=history
        )

    def record(self, **measured: Any) -> None:
        """Add the numbers of one epoch."""
        for name, value in measured.items():
            self.history.setdefault(name, []).append(float(value))
