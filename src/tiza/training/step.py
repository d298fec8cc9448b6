"""A step as one graph: (state, batch, weights, scalars) -> (new state, loss, metric sums)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiza.calculus.emission import zeros_of
from tiza.calculus.reverse import gradients
from tiza.calculus.stabilization import stabilize
from tiza.errors import ModelError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.provenance import Provenance, Role, provenance
from tiza.graph.tensor import Tensor, constant, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses import Loss
from tiza.nn.metrics import Metric
from tiza.nn.network import Network
from tiza.ops.elementwise import cast
from tiza.ops.random import Key
from tiza.ops.reduction import sum as total
from tiza.optimizers.optimizer import Optimizer, Progress
from tiza.training.state import ITERATIONS, SEED, Entry, network_entries, slot_path, training_entries


@dataclass(frozen=True, slots=True)
class Objective:
    """What is trained and measured.

    Attributes:
        network: the layers.
        loss: what is made small.
        metrics: what is measured besides.
    """

    network: Network
    loss: Loss
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Types of one batch: features, targets, and weights if samples are weighted."""

    features: TensorType
    targets: TensorType
    weighted: bool = False

    @property
    def rows(self) -> int:
        """Number of samples."""
        return self.features.shape[0]

    def inputs(self, network: Network) -> list[Node]:
        """Return new graph inputs for a batch."""
        nodes = [
            input_node("x", self.features, Provenance(role=Role.INPUT, name="x")),
            input_node("y", self.targets, Provenance(role=Role.TARGET, name="y")),
        ]
        if self.weighted:
            known = Provenance(role=Role.SAMPLE_WEIGHT, name="sample_weight")
            nodes.append(input_node("sample_weight", TensorType((self.rows,), network.dtype), known))
        return nodes


@dataclass(frozen=True, slots=True)
class Measured:
    """The forward pass of one batch, traced.

    Attributes:
        loss: mean over the batch.
        sums: sum over the batch of each metric (weighted), then the sum of weights.
        outputs: the network's output.
        updates: new values of layers' state, by path.
    """

    loss: Node
    sums: tuple[Node, ...]
    outputs: Node
    updates: dict[str, Node]


def state_inputs(entries: Sequence[Entry]) -> dict[str, Node]:
    """Return a new graph input for each entry of the state, by path."""
    return {one.path: input_node(one.path, one.type, one.provenance) for one in entries}


def measure(
    objective: Objective,
    state: dict[str, Node],
    batch: Sequence[Node],
    training: bool,
    key: Key | None = None,
) -> Measured:
    """Trace forward pass, loss and metrics of a batch, logarithms made stable."""
    features, targets, *weights = (Tensor(node) for node in batch)
    weight = weights[0] if weights else None
    values = {path: Tensor(node) for path, node in state.items()}
    outputs, updates = objective.network.call(features, values, training, key)
    rows = float(features.shape[0])
    with provenance(layer="", role=Role.INTERMEDIATE):
        losses = objective.loss.call(targets, outputs)
        loss = mark(
            total(losses if weight is None else losses * weight) / rows,
            Role.LOSS,
            "loss",
            note=objective.loss.name,
        )
        sums = [
            _weighted_sum(metric.call(targets, outputs), weight, metric.name) for metric in objective.metrics
        ]
    count = total(weight) if weight is not None else constant(rows, outputs.dtype)
    updated = list(updates)
    nodes = [loss, *sums, count, outputs, *(updates[path] for path in updated)]
    stable = list(stabilize([one.node for one in nodes]))
    last = 2 + len(sums)
    return Measured(
        stable[0], tuple(stable[1:last]), stable[last], dict(zip(updated, stable[last + 1 :], strict=True))
    )


def _weighted_sum(values: Tensor, weight: Tensor | None, name: str) -> Tensor:
    return mark(total(values if weight is None else values * weight), Role.METRIC, name)


def gradient_nodes(
    measured: Measured, state: dict[str, Node], entries: Sequence[Entry]
) -> tuple[Node, dict[str, Tensor]]:
    """Return the loss and the gradient of each trainable entry, by path."""
    trained = [one for one in entries if one.trainable]
    wrt = [state[one.path] for one in trained]
    seed = constant(1, measured.loss.tensor_type.dtype)
    value, found = gradients(measured.loss, wrt, seed)
    return value, {
        one.path: part if part is not None else zeros_of(node)
        for one, node, part in zip(trained, wrt, found, strict=True)
    }


def step_graph(objective: Objective, optimizer: Optimizer, batch: Batch) -> Graph:
    """Return the graph of one training step.

    Inputs: the entries of `training_entries`, x, y, weights if any, learning rate.
    Outputs: the same entries, loss, the sum of each metric, the sum of sample weights.
    """
    network = objective.network
    entries = training_entries(network, optimizer)
    state = state_inputs(entries)
    batch_inputs = batch.inputs(network)
    rate = input_node(
        "learning_rate", TensorType((), network.dtype), Provenance(role=Role.SCALAR, name="learning_rate")
    )
    counter = Tensor(state[ITERATIONS]) + 1
    seed = Tensor(state[SEED])
    key = Key(seed[0], seed[1]).fold_in(counter)
    measured = measure(objective, state, batch_inputs, training=True, key=key)
    loss, found = gradient_nodes(measured, state, entries)
    new = dict(state) | measured.updates
    new[ITERATIONS] = counter.node
    progress = Progress(Tensor(rate), cast(counter, network.dtype))
    for one in network_entries(network):
        if one.trainable:
            new.update(_updated(optimizer, one, state, found[one.path], progress))
    outputs = (*(new[one.path] for one in entries), loss, *measured.sums)
    return Graph((*state.values(), *batch_inputs, rate), outputs)


def _updated(
    optimizer: Optimizer, entry: Entry, state: dict[str, Node], gradient: Tensor, progress: Progress
) -> dict[str, Node]:
    """Return the new value of one weight and of its slots, by path."""
    parameter = Tensor(state[entry.path])
    slots = {slot: Tensor(state[slot_path(slot, entry.path)]) for slot in optimizer.slots}
    with provenance(layer=entry.provenance.layer, of=entry.provenance):
        value, new_slots = optimizer.update(parameter, gradient, slots, progress)
        value = mark(value, Role.UPDATE, "new")
    if value.type != parameter.type:
        raise ModelError(
            f"optimizer: the update of {entry.path!r} gave {value.type!r}, expected {parameter.type!r}."
        )
    new = {slot_path(slot, entry.path): tensor.node for slot, tensor in new_slots.items()}
    return {entry.path: value.node, **new}


def evaluation_graph(objective: Objective, batch: Batch) -> Graph:
    """Return the graph of one batch of evaluation: (weights, batch) -> (loss, sums)."""
    state = state_inputs(network_entries(objective.network))
    inputs = batch.inputs(objective.network)
    measured = measure(objective, state, inputs, training=False)
    return Graph((*state.values(), *inputs), (measured.loss, *measured.sums))


def gradient_step_graph(objective: Objective, batch: Batch) -> Graph:
    """Return the graph (weights, batch) -> (loss, gradient of each trainable weight)."""
    entries = network_entries(objective.network)
    state = state_inputs(entries)
    inputs = batch.inputs(objective.network)
    measured = measure(objective, state, inputs, training=True)
    loss, found = gradient_nodes(measured, state, entries)
    return Graph(
        (*state.values(), *inputs), (loss, *(found[one.path].node for one in entries if one.trainable))
    )


def prediction_graph(network: Network, features: TensorType) -> Graph:
    """Return the graph (weights, x) -> output."""
    state = state_inputs(network_entries(network))
    x = input_node("x", features, Provenance(role=Role.INPUT, name="x"))
    outputs, _ = network.call(Tensor(x), {path: Tensor(node) for path, node in state.items()})
    return Graph((*state.values(), x), (outputs.node,))


def output_activation(network: Network) -> str:
    """Return the name of the activation that the network's output comes from; empty if it is linear.

    A function of the user's own may be anything: its name is `?`.
    """
    graph = prediction_graph(network, TensorType((1, *network.sample_shape), network.dtype))
    known = graph.outputs[0].provenance
    if known.role is Role.ACTIVATION:
        return known.note
    return "" if known.role in (Role.PRE_ACTIVATION, Role.INPUT) else "?"
