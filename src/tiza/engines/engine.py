"""What an engine promises: to compile a graph and to run it, once or for many training steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tiza.graph.graph import Graph
from tiza.graph.tensor_type import Shape

Array = Any


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows steps read.

    Attributes:
        orders: the samples of each epoch, in the order they are read, `(epochs, samples)`.
        batch: samples a step; the last step of an epoch takes what remains.
    """

    orders: Array
    batch: int

    @property
    def samples(self) -> int:
        """Number of samples of an epoch."""
        return int(self.orders.shape[1])

    @property
    def steps_an_epoch(self) -> int:
        """Number of steps that read every sample once."""
        return -(-self.samples // self.batch)

    @property
    def steps(self) -> int:
        """Number of steps of all epochs."""
        return self.steps_an_epoch * len(self.orders)

    def of_step(self, step: int) -> Array:
        """Return the rows that `step` (from 0, counted through the epochs) reads."""
        epoch, place = divmod(step, self.steps_an_epoch)
        return self.orders[epoch, place * self.batch : (place + 1) * self.batch]

    def sizes(self, first: int, until: int) -> Array:
        """Return the number of samples that each step from `first` to before `until` reads."""
        steps, sizes = self.steps_an_epoch, np.full(until - first, self.batch)
        # the last of each epoch takes what remains
        sizes[(-first - 1) % steps :: steps] = self.samples - (steps - 1) * self.batch
        return sizes


@dataclass(frozen=True, slots=True)
class StepsDone:
    """What some steps left.

    Attributes:
        state: the state after them, in arrays of its own.
        first: number of the first step done.
        results: each step's further outputs (loss, metric sums), `(steps, outputs)`.
        sound: whether the last step's loss, and the numbers that it read, are finite.
    """

    state: list[Array]
    first: int
    results: Array
    sound: bool

    @property
    def next(self) -> int:
        """Number of the step that comes next."""
        return self.first + len(self.results)


@dataclass(frozen=True, slots=True)
class StepLayout:
    """What the inputs and outputs of a training step's graph are.

    Inputs are the state, a batch of rows of each block of data, then scalars. Outputs are the new state, then
    results: the loss, and sums.

    Attributes:
        state: entries of the state.
        blocks: blocks of data.
    """

    state: int
    blocks: int


RUN_ONCE = StepLayout(0, 0)
"""The layout of a graph that is no training step."""


@dataclass(frozen=True, slots=True)
class Samples:
    """How many samples a graph is for.

    Attributes:
        count: their number, the first axis of every batch.
        usual: the number that code is laid out for. A program for the rest of an epoch, laid out as that of a
            whole batch, can be the same code.
    """

    count: int
    usual: int

    def usual_shape(self, shape: Shape) -> Shape:
        """Return a shape with the usual number of samples."""
        return (self.usual, *shape[1:]) if shape and shape[0] == self.count else shape


ANY_SAMPLES = Samples(1, 1)
"""What a graph is for whose sizes mean nothing else."""


class Session(Protocol):
    """A state in an engine's memory that steps change."""

    def run(self, rows: Rows, first: int, seconds: float) -> StepsDone:
        """Run steps from `first` on, for about `seconds`, and return at a step's boundary.

        It stops early after a step whose loss is not finite, or that reads a number that is not.
        """


class Engine(Protocol):
    """Something that runs graphs."""

    name: str

    def compile(self, graph: Graph, layout: StepLayout = RUN_ONCE, samples: Samples = ANY_SAMPLES) -> Any:
        """Return `graph` ready to run, or to be a session's steps if it has the layout of one.

        Graphs that differ in their number of samples alone may be one code if they name the same usual one.
        """

    def run(self, program: Any, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""

    def session(
        self,
        programs: Mapping[int, Any],
        state: Sequence[Array],
        blocks: Sequence[Array],
        scalars: Sequence[Array],
    ) -> Session:
        """Return a session that starts from `state`.

        A step program takes (state, rows of each block, scalars) and gives (state, loss, sums).

        Args:
            programs: step program by number of rows.
            state: values of the state, in the programs' order.
            blocks: arrays whose first axis is the sample: features, targets, perhaps weights.
            scalars: run-time numbers, such as the learning rate. Steps read them where they stand: between
                two runs they may be written to.
        """
