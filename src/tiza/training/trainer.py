"""The training loop: events and numbers, no printing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Engine, Rows, Samples, Session, StepLayout, StepsDone
from tiza.engines.reference.evaluation import record
from tiza.errors import DataError, NonFiniteError
from tiza.graph.graph import Graph
from tiza.graph.node import topological_order
from tiza.graph.tensor_type import TensorType
from tiza.nn.targets import check_finite
from tiza.optimizers.optimizer import Optimizer
from tiza.training.means import Means, terms
from tiza.training.order import shuffled_orders
from tiza.training.state import ITERATIONS, SEED, Entry, State, training_entries, values_in_order
from tiza.training.step import Batch, Objective, step_graph

Array = np.ndarray[Any, Any]

SECONDS_A_RETURN = 0.1
"""How often an engine returns, so that progress shows and Ctrl-C is heard."""

FEWEST_ROWS_TOGETHER, MOST_ROWS_TOGETHER = 2**13, 2**20
"""Rows whose order is made at once, at first and later, when epochs are short."""


@dataclass(frozen=True, slots=True)
class Data:
    """Checked data, one row a sample: features of each input, targets of each output, perhaps weights."""

    features: tuple[Array, ...]
    targets: tuple[Array, ...]
    weights: Array | None = None

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.features[0].shape[0])

    @property
    def blocks(self) -> tuple[Array, ...]:
        """The arrays a step reads rows of."""
        both = (*self.features, *self.targets)
        return both if self.weights is None else (*both, self.weights)

    def batch(self, rows: int) -> Batch:
        """Return the types of a batch of `rows` samples."""
        features, targets = (
            tuple(TensorType((rows, *one.shape[1:]), one.dtype) for one in arrays)
            for arrays in (self.features, self.targets)
        )
        return Batch(features, targets, self.weights is not None)

    def part(self, rows: slice | Array) -> Data:
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        features, targets = (tuple(one[rows] for one in arrays) for arrays in (self.features, self.targets))
        return Data(features, targets, weights)

    def check_features(self) -> None:
        """Check that all features are finite.

        Raises:
            DataError: one is not; the first is named.
        """
        for number, one in enumerate(self.features):
            check_finite("x" if len(self.features) == 1 else f"x[{number}]", one)


class Returns(Enum):
    """Where training returns besides every 100 ms: the state is true there, and may be changed."""

    ANYWHERE = "anywhere"
    EPOCHS = "epochs"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Epochs:
    """Which epochs are trained, and how they read the data.

    Attributes:
        until: the number of the last epoch and 1.
        batch_size: samples a step.
        shuffle: whether each pass over the data has an order of its own.
        first: the number of the first epoch.
        steps: steps an epoch; None for a whole pass. A pass is divided into epochs of so many steps, the last
            of which takes what remains.
        returns: where training returns.
    """

    until: int
    batch_size: int
    shuffle: bool = True
    first: int = 0
    steps: int | None = None
    returns: Returns = Returns.ANYWHERE


@dataclass(frozen=True, slots=True)
class StepsEvent:
    """Some steps of an epoch are done.

    Attributes:
        epoch: its number, from 0.
        done: how many of its steps are done.
        steps: how many it has.
        measured: means of loss and metrics over the steps done.
        iterations: how many steps the optimizer has taken by then, in its life.
    """

    epoch: int
    done: int
    steps: int
    measured: dict[str, float]
    iterations: int = 0

    @property
    def ends_epoch(self) -> bool:
        """Whether the epoch is done."""
        return self.done == self.steps


@dataclass(slots=True)
class Run:
    """A state in an engine's memory, the data that its steps read, and where it was last seen.

    Attributes:
        data: the data.
        programs: step program by number of rows.
        batch_size: samples a step.
        rate: the learning rate, which steps read where it stands: writing to it changes the next step.
        session: the state in the engine's memory.
        known: the state as it was last put outside; what was replaced since then was replaced by others.
    """

    data: Data
    programs: dict[int, Any]
    batch_size: int
    rate: Array
    session: Session
    known: list[Array]

    def inputs(self, state: list[Array], chosen: Array) -> list[Array]:
        """Return the inputs of the step that reads the rows `chosen`."""
        return [*state, *(block[chosen] for block in self.data.blocks), self.rate]


class Recorder(Protocol):
    """What is told of every return of a training; steps are counted by how many were taken before."""

    def depart(self, step: int, values: list[Array], rate: float) -> None:
        """Take note of the state and the learning rate that a step begins with; arrays are not written to."""

    def arrive(self, step: int, values: list[Array]) -> None:
        """Take note of the state before a step, which training came to."""


class Trainer:
    """Trains a network; programs are made once a number of rows and reused."""

    def __init__(self, objective: Objective, optimizer: Optimizer, engine: Engine) -> None:
        self.objective = objective
        self.optimizer = optimizer
        self.engine = engine
        self.entries: tuple[Entry, ...] = training_entries(objective.network, optimizer)
        self._mean_parts = objective.means().parts
        self._graphs: dict[Batch, Graph] = {}
        self._programs: dict[tuple[Batch, int], Any] = {}

    def graph(self, batch: Batch) -> Graph:
        """Return the canonical graph of a step for batches of these types."""
        if batch not in self._graphs:
            self._graphs[batch] = step_graph(self.objective, self.optimizer, batch)
        return self._graphs[batch]

    def program(self, batch: Batch, usual: int) -> Any:
        """Return the step for batches of these types, ready to run, laid out for the usual number of rows."""
        key = batch, usual
        if key not in self._programs:
            step = simplify(self.graph(batch)).graph
            samples = Samples(batch.rows, usual)
            self._programs[key] = self.engine.compile(step, self.layout(batch), samples)
        return self._programs[key]

    def layout(self, batch: Batch) -> StepLayout:
        """Return what the inputs and outputs of a step are."""
        return StepLayout(len(self.entries), batch.blocks)

    def train(
        self,
        state: State,
        data: Data,
        epochs: Epochs,
        learning_rate: Callable[[], float],
        settled: list[StepsEvent] | None = None,
        recorder: Recorder | None = None,
    ) -> Iterator[StepsEvent]:
        """Train, leaving the new state in `state` at every event.

        Who gets an event may replace entries of `state`, where training returns: it goes on from them.
        Features are looked at while they are read, which costs nothing; the rest of `data` is checked.

        Args:
            state: all that persists.
            data: checked data.
            epochs: which epochs.
            learning_rate: gives the rate of the next steps.
            settled: gets the events of each return before the state does: where training is interrupted,
                those are true whose `iterations` the state has reached.
            recorder: is told of each return before the state is put outside.

        Raises:
            DataError: a feature is not finite; `state` is as it was at the beginning.
            NonFiniteError: a value is not finite; `state` is as before the step where that happened.
        """
        before = dict(state)
        try:
            run = self.begin(state, data, epochs.batch_size)
            for epoch, rows in self._parts(state, data.samples, replace(epochs, batch_size=run.batch_size)):
                yield from self._steps(
                    state, run, rows, epoch, epochs.returns, learning_rate, settled, recorder
                )
        except DataError:
            state.update(before)
            raise

    def begin(self, state: State, data: Data, batch_size: int) -> Run:
        """Return a run of steps that starts from a state."""
        size = min(batch_size, data.samples)
        sizes = {size, data.samples % size or size}
        programs = {rows: self.program(data.batch(rows), size) for rows in sizes}
        rate = np.zeros((), dtype=self.objective.network.dtype)
        known = values_in_order(self.entries, state)
        return Run(
            data, programs, size, rate, self.engine.session(programs, known, data.blocks, (rate,)), known
        )

    def _parts(self, state: State, samples: int, epochs: Epochs) -> Iterator[tuple[int, Rows]]:
        """Yield the rows of all epochs, several together where that is allowed, with the first's number."""
        size, epoch, together = epochs.batch_size, epochs.first, max(1, FEWEST_ROWS_TOGETHER // samples)
        if epochs.returns is not Returns.ANYWHERE:
            together = 1
        rows_an_epoch = samples if epochs.steps is None else epochs.steps * size
        while epoch < epochs.until:
            count = min(together, epochs.until - epoch) if rows_an_epoch >= samples else 1
            orders = self.orders(state, samples, size, epochs.shuffle, count)
            started = time.perf_counter()
            for start in range(0, samples, rows_an_epoch):
                if epoch < epochs.until:
                    yield epoch, Rows(orders[:, start : start + rows_an_epoch], size)
                    epoch += count
            # epochs shorter than a return are taken several at a time
            if (
                epochs.returns is Returns.ANYWHERE
                and time.perf_counter() - started < SECONDS_A_RETURN / 2
                and count * samples < MOST_ROWS_TOGETHER
            ):
                together = 2 * count

    def _steps(
        self,
        state: State,
        run: Run,
        rows: Rows,
        epoch: int,
        returns: Returns,
        learning_rate: Callable[[], float],
        settled: list[StepsEvent] | None,
        recorder: Recorder | None,
    ) -> Iterator[StepsEvent]:
        """Take all steps of some epochs."""
        means = self._means()
        step = 0
        while step < rows.steps:
            self._take_over(state, run)
            taken, rate = int(state[ITERATIONS]), learning_rate()
            run.rate[...] = rate
            if recorder is not None:
                recorder.depart(taken, run.known, rate)
            done = run.session.run(rows, step, 0.0 if returns is Returns.STEPS else SECONDS_A_RETURN)
            values, sound, fault = self._last_sound_state(state, run, rows, done, epoch)
            events = []
            for until, part in _terms_by_epoch(rows, done, sound):
                means.add(part)
                place, one = (until - 1) % rows.steps_an_epoch, (until - 1) // rows.steps_an_epoch
                measured, steps = means.values(), rows.steps_an_epoch
                events.append(StepsEvent(epoch + one, place + 1, steps, measured, taken + until - step))
                if events[-1].ends_epoch:
                    means = self._means()
            if settled is not None:
                settled[:] = events
            reached = values_in_order(self.entries, values)
            if recorder is not None:
                recorder.arrive(int(values[ITERATIONS]), reached)
            state.update(values)
            run.known = reached
            yield from events
            step = sound
            if fault is not None:
                raise fault

    def _take_over(self, state: State, run: Run) -> None:
        """Go on from the state if somebody has replaced a part of it since it was last put there."""
        present = values_in_order(self.entries, state)
        if any(one is not other for one, other in zip(present, run.known, strict=True)):
            run.session = self.engine.session(run.programs, present, run.data.blocks, (run.rate,))
            run.known = present

    def _means(self) -> Means:
        return Means(self._mean_parts)

    def orders(self, state: State, samples: int, batch_size: int, shuffle: bool, count: int) -> Array:
        """Return the order of rows of `count` epochs from a state on, `(count, samples)`."""
        if not shuffle:
            return np.broadcast_to(np.arange(samples), (count, samples))
        low, high = (int(word) for word in state[SEED])
        steps = -(-samples // batch_size)
        first = int(state[ITERATIONS])
        return shuffled_orders(low + high * 2**32, first + steps * np.arange(count), samples, self.engine)

    def _last_sound_state(
        self, state: State, run: Run, rows: Rows, done: StepsDone, epoch: int
    ) -> tuple[State, int, NonFiniteError | None]:
        """Return the last sound state, the step after it, and the fault that ended it, if any."""
        if done.sound and all(np.isfinite(one).all() for one in done.state):
            return self._by_path(done.state), done.next, None
        run.data.check_features()
        before, bad = self._last_sound(state, run, rows, done)
        node = self._first_non_finite(before, run, rows, bad)
        steps = rows.steps_an_epoch
        fault = NonFiniteError(
            f"epoch {epoch + bad // steps + 1}, step {bad % steps + 1} of {steps}: {node} is not finite; the "
            "weights are restored to those before that step. Try a smaller learning_rate, scaled inputs, or "
            "a stable loss (from_logits)."
        )
        return self._by_path(before), bad, fault

    def _by_path(self, values: list[Array]) -> State:
        return {one.path: np.asarray(value) for one, value in zip(self.entries, values, strict=True)}

    def _last_sound(self, state: State, run: Run, rows: Rows, done: StepsDone) -> tuple[list[Array], int]:
        """Return the state before the first step that left something not finite, and that step.

        The steps since the last return are taken again one by one: they are few, and they repeat exactly.
        """
        current = values_in_order(self.entries, state)
        for step in range(done.first, done.next):
            chosen = rows.of_step(step)
            program = self.program(run.data.batch(len(chosen)), run.batch_size)
            outputs = self.engine.run(program, run.inputs(current, chosen))
            new = outputs[: len(current)]
            if not np.isfinite(outputs[len(current)]) or not all(np.isfinite(one).all() for one in new):
                return current, step
            current = new
        raise AssertionError("the steps did not repeat exactly")

    def _first_non_finite(self, state: list[Array], run: Run, rows: Rows, step: int) -> str:
        """Return the name of the first value of a step that is not finite, found on the reference engine."""
        chosen = rows.of_step(step)
        graph = self.graph(run.data.batch(len(chosen)))
        values = record(graph, run.inputs(state, chosen))
        loss = graph.outputs[len(state)]
        # the way to the loss first: what comes back from it is an effect
        for node in dict.fromkeys((*topological_order([loss]), *graph.nodes)):
            if isinstance(node.type, TensorType) and not np.isfinite(values[node]).all():
                place = node.provenance.label or node.primitive.name
                inside = f" in layer {node.provenance.layer}" if node.provenance.layer else ""
                return f"{place} ({node.primitive.name}{inside})"
        return "a value"


def _terms_by_epoch(rows: Rows, done: StepsDone, sound: int) -> Iterator[tuple[int, Array]]:
    """Yield, for each epoch that steps up to `sound` belong to, the step after them and their terms."""
    if sound == done.first:
        return
    steps = rows.steps_an_epoch
    starts = [done.first, *range((done.first // steps + 1) * steps, sound, steps)]
    every = terms(done.results[: sound - done.first], rows.sizes(done.first, sound))
    for start, until in pairwise([*starts, sound]):
        yield until, every[start - done.first : until - done.first]
