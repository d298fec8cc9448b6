"""What an engine promises: to compile a graph and to run it, once or for many training steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tiza.graph.graph import Graph

Array = Any


@dataclass(frozen=True, slots=True)
class Rows:
    """The data that steps read.

    Attributes:
        blocks: arrays whose first axis is the sample: features, targets, perhaps weights.
        order: which samples, in the order they are read.
        batch: samples a step; the last step takes what remains.
    """

    blocks: tuple[Array, ...]
    order: Array
    batch: int

    @property
    def steps(self) -> int:
        """Number of steps that read every row once."""
        return -(-len(self.order) // self.batch)

    def of_step(self, step: int) -> Array:
        """Return the rows that `step` (from 0) reads."""
        return self.order[step * self.batch : (step + 1) * self.batch]


@dataclass(slots=True)
class StepsDone:
    """What some steps left.

    Attributes:
        state: the state after them.
        before: the state before the last of them.
        first: number of the first step done.
        results: each step's further outputs (loss, metric sums).
    """

    state: list[Array]
    before: list[Array]
    first: int
    results: list[list[float]] = field(default_factory=list)

    @property
    def next(self) -> int:
        """Number of the step that comes next."""
        return self.first + len(self.results)


class Engine(Protocol):
    """Something that runs graphs."""

    name: str

    def compile(self, graph: Graph) -> Any:
        """Return `graph` ready to run."""

    def run(self, program: Any, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""

    def run_steps(
        self,
        programs: dict[int, Any],
        state: Sequence[Array],
        rows: Rows,
        scalars: Sequence[Array],
        first: int,
        seconds: float,
    ) -> StepsDone:
        """Run steps from `first` on, for about `seconds`, and return at a step's boundary.

        A step program takes (state, rows of each block, scalars) and gives (state, loss, sums).
        It stops early after a step whose loss is not finite.

        Args:
            programs: step program by number of rows.
            state: values of the state, in the programs' order.
            rows: data and its order.
            scalars: run-time numbers, such as the learning rate.
            first: number of the first step.
            seconds: how long to run before returning.
        """
