"""The training loop: events and numbers, no printing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Engine, Rows, StepsDone
from tiza.engines.reference.evaluation import record
from tiza.errors import NonFiniteError
from tiza.graph.graph import Graph
from tiza.graph.node import topological_order
from tiza.graph.tensor_type import TensorType
from tiza.optimizers.optimizer import Optimizer
from tiza.training.order import shuffled_order
from tiza.training.state import ITERATIONS, SEED, Entry, State, training_entries, values_in_order
from tiza.training.step import Batch, Objective, step_graph

Array = np.ndarray[Any, Any]

SECONDS_A_RETURN = 0.05
"""How often an engine returns, so that progress shows and Ctrl-C is heard."""


@dataclass(frozen=True, slots=True)
class Data:
    """Checked training data: features, targets and perhaps weights, one row a sample."""

    features: Array
    targets: Array
    weights: Array | None = None

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.features.shape[0])

    @property
    def blocks(self) -> tuple[Array, ...]:
        """The arrays a step reads rows of."""
        both = (self.features, self.targets)
        return both if self.weights is None else (*both, self.weights)

    def batch(self, rows: int) -> Batch:
        """Return the types of a batch of `rows` samples."""
        features, targets = (
            TensorType((rows, *one.shape[1:]), one.dtype) for one in (self.features, self.targets)
        )
        return Batch(features, targets, self.weights is not None)


@dataclass(frozen=True, slots=True)
class StepsEvent:
    """Some steps of an epoch are done."""

    epoch: int
    done: int
    steps: int
    measured: dict[str, float]


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """An epoch is done."""

    epoch: int
    measured: dict[str, float]


@dataclass(slots=True)
class Means:
    """Running means of loss and metrics, every sample counted as its weight says."""

    names: tuple[str, ...]
    loss: float = 0.0
    rows: int = 0
    weight: float = 0.0
    sums: list[float] = field(default_factory=list)

    def add(self, result: list[float], rows: int) -> None:
        """Count one step: its mean loss, metric sums and sum of weights."""
        loss, *sums, weight = result
        self.loss += loss * rows
        self.rows += rows
        self.weight += weight
        self.sums = [old + new for old, new in zip(self.sums or [0.0] * len(sums), sums, strict=True)]

    def values(self) -> dict[str, float]:
        """Return the means by name."""
        weight = self.weight or 1.0
        metrics = {name: total / weight for name, total in zip(self.names, self.sums, strict=True)}
        return {"loss": self.loss / max(self.rows, 1), **metrics}


class Trainer:
    """Trains a network; programs are made once a number of rows and reused."""

    def __init__(self, objective: Objective, optimizer: Optimizer, engine: Engine) -> None:
        self.objective = objective
        self.optimizer = optimizer
        self.engine = engine
        self.entries: tuple[Entry, ...] = training_entries(objective.network, optimizer)
        self._graphs: dict[Batch, Graph] = {}
        self._programs: dict[Batch, Any] = {}

    def graph(self, batch: Batch) -> Graph:
        """Return the canonical graph of a step for batches of these types."""
        if batch not in self._graphs:
            self._graphs[batch] = step_graph(self.objective, self.optimizer, batch)
        return self._graphs[batch]

    def program(self, batch: Batch) -> Any:
        """Return the step for batches of these types, ready to run."""
        if batch not in self._programs:
            self._programs[batch] = self.engine.compile(simplify(self.graph(batch)).graph)
        return self._programs[batch]

    def train(
        self, state: State, data: Data, epochs: int, batch_size: int, shuffle: bool, learning_rate: float
    ) -> Iterator[StepsEvent | EpochEvent]:
        """Train, leaving the new state in `state` at every event.

        Raises:
            NonFiniteError: a value is not finite; `state` is as before the step where that happened.
        """
        batch_size = min(batch_size, data.samples)
        sizes = {min(batch_size, data.samples), data.samples % batch_size or batch_size}
        programs = {rows: self.program(data.batch(rows)) for rows in sizes}
        rate = np.asarray(learning_rate, dtype=self.objective.network.dtype)
        for epoch in range(epochs):
            yield from self._epoch(state, data, programs, epoch, batch_size, shuffle, rate)

    def _epoch(
        self,
        state: State,
        data: Data,
        programs: dict[int, Any],
        epoch: int,
        batch_size: int,
        shuffle: bool,
        rate: Array,
    ) -> Iterator[StepsEvent | EpochEvent]:
        rows = Rows(data.blocks, self._order(state, data.samples, shuffle), batch_size)
        means = Means(tuple(metric.name for metric in self.objective.metrics))
        step = 0
        while step < rows.steps:
            values = values_in_order(self.entries, state)
            done = self.engine.run_steps(programs, values, rows, (rate,), step, SECONDS_A_RETURN)
            for at, result in enumerate(done.results):
                means.add(result, len(rows.of_step(done.first + at)))
            self._keep_finite(state, data, rows, done, epoch, rate)
            step = done.next
            yield StepsEvent(epoch, step, rows.steps, means.values())
        yield EpochEvent(epoch, means.values())

    def _order(self, state: State, samples: int, shuffle: bool) -> Array:
        if not shuffle:
            return np.arange(samples)
        low, high = (int(word) for word in state[SEED])
        return shuffled_order(low + high * 2**32, int(state[ITERATIONS]), samples)

    def _keep_finite(
        self, state: State, data: Data, rows: Rows, done: StepsDone, epoch: int, rate: Array
    ) -> None:
        """Put the state after `done` into `state`, or the last sound one and raise."""
        if np.isfinite(done.results[-1][0]) and all(np.isfinite(one).all() for one in done.state):
            state.update(self._by_path(done.state))
            return
        before, bad = self._last_sound(state, data, rows, done, rate)
        state.update(self._by_path(before))
        node = self._first_non_finite(before, data, rows, bad, rate)
        raise NonFiniteError(
            f"epoch {epoch + 1}, step {bad + 1} of {rows.steps}: {node} is not finite; the weights "
            "are restored to those before that step. Try a smaller learning_rate, scaled inputs, or a "
            "stable loss (from_logits)."
        )

    def _by_path(self, values: list[Array]) -> State:
        return {one.path: np.asarray(value) for one, value in zip(self.entries, values, strict=True)}

    def _last_sound(
        self, state: State, data: Data, rows: Rows, done: StepsDone, rate: Array
    ) -> tuple[list[Array], int]:
        """Return the state before the first step that left something not finite, and that step.

        The steps since the last return are taken again one by one: they are few, and they repeat exactly.
        """
        current = values_in_order(self.entries, state)
        for step in range(done.first, done.next):
            chosen = rows.of_step(step)
            program = self.program(data.batch(len(chosen)))
            outputs = self.engine.run(program, [*current, *(block[chosen] for block in rows.blocks), rate])
            new = outputs[: len(current)]
            if not np.isfinite(outputs[len(current)]) or not all(np.isfinite(one).all() for one in new):
                return current, step
            current = new
        return done.before, done.next - 1

    def _first_non_finite(self, state: list[Array], data: Data, rows: Rows, step: int, rate: Array) -> str:
        """Return the name of the first value of a step that is not finite, found on the reference engine."""
        chosen = rows.of_step(step)
        graph = self.graph(data.batch(len(chosen)))
        values = record(graph, [*state, *(block[chosen] for block in rows.blocks), rate])
        loss = graph.outputs[len(state)]
        # the way to the loss first: what comes back from it is an effect
        for node in dict.fromkeys((*topological_order([loss]), *graph.nodes)):
            if isinstance(node.type, TensorType) and not np.isfinite(values[node]).all():
                place = node.provenance.label or node.primitive.name
                inside = f" in layer {node.provenance.layer}" if node.provenance.layer else ""
                return f"{place} ({node.primitive.name}{inside})"
        return "a value"
