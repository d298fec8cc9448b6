"""A step as one graph: (state, batch, weights, scalars) -> (new state, loss, metric sums)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from tiza.calculus.emission import zeros_of
from tiza.calculus.reverse import gradients_beside
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
from tiza.optimizers.clipping import norm_of, squared_norm
from tiza.optimizers.optimizer import Optimizer, Progress, term
from tiza.training.masked_losses import sample_losses
from tiza.training.means import Means, Part
from tiza.training.state import ITERATIONS, SEED, Entry, network_entries, slot_path, training_entries

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Objective:
    """What is trained and measured.

    Attributes:
        network: the layers.
        losses: what is made small, one an output.
        metrics: what is measured besides, of each output.
        loss_weights: how much each loss counts.
    """

    network: Network
    losses: tuple[Loss, ...]
    metrics: tuple[tuple[Metric, ...], ...]
    loss_weights: tuple[float, ...] = (1.0,)

    def means(self) -> Means:
        """Return running means of nothing yet; with several outputs, names begin with the output's."""
        names = self.network.output_names
        several = len(names) > 1
        parts = [_mean_part(f"{name}_loss") for name in names] if several else []
        for name, metrics, outputs in zip(names, self.metrics, self.network.outputs, strict=True):
            prefix = f"{name}_" if several else ""
            parts += [
                Part(len(one.parts(outputs)), (prefix + one.name,), partial(_metric_by_name, prefix, one))
                for one in metrics
            ]
        if self.network.is_penalized:
            parts.append(_mean_part("penalty"))
        return Means(tuple(parts))


def _mean_part(name: str) -> Part:
    return Part(1, (name,), partial(_mean_by_name, name))


def _mean_by_name(name: str, sums: Array, _weight: float, samples: float) -> dict[str, float]:
    return {name: float(sums[0]) / samples}


def _metric_by_name(
    prefix: str, metric: Metric, sums: Array, weight: float, _samples: float
) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in metric.measured(sums, weight).items()}


@dataclass(frozen=True, slots=True)
class Batch:
    """Types of one batch: features of each input, targets of each output, weights if samples have them."""

    features: tuple[TensorType, ...]
    targets: tuple[TensorType, ...]
    weighted: bool = False

    @property
    def rows(self) -> int:
        """Number of samples."""
        return self.features[0].shape[0]

    @property
    def blocks(self) -> int:
        """Number of arrays that a step reads rows of."""
        return len(self.features) + len(self.targets) + self.weighted

    def inputs(self, network: Network) -> list[Node]:
        """Return new graph inputs for a batch: `x`; of several each its own name, else `x_0`, and so on."""
        nodes = [
            *_named_inputs(_feature_names(network), Role.INPUT, self.features),
            *_named_inputs(_numbered("y", len(self.targets)), Role.TARGET, self.targets),
        ]
        if self.weighted:
            known = Provenance(role=Role.SAMPLE_WEIGHT, name="sample_weight")
            nodes.append(input_node("sample_weight", TensorType((self.rows,), network.dtype), known))
        return nodes


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}_{number}" for number in range(count)]


def _feature_names(network: Network) -> list[str]:
    """Return what features are called; of several inputs those that have a name keep it."""
    inputs, _ = network.drawing
    names = _numbered("x", len(inputs))
    if len(inputs) == 1:
        return names
    return [
        one.name if one.name and one.name.isidentifier() else name
        for one, name in zip(inputs, names, strict=True)
    ]


def _named_inputs(names: Sequence[str], role: Role, types: Sequence[TensorType]) -> list[Node]:
    return [
        input_node(one, type_, Provenance(role=role, name=one))
        for one, type_ in zip(names, types, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Measured:
    """The forward pass of one batch, traced.

    Attributes:
        loss: mean over the batch, with the penalties on weights.
        sums: sums over the batch: each output's loss if there are several, the metrics' parts (weighted), the
            penalty times the number of samples if there is one, the sum of weights.
        outputs: the network's outputs.
        updates: new values of layers' state, by path.
    """

    loss: Node
    sums: tuple[Node, ...]
    outputs: tuple[Node, ...]
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
    network = objective.network
    given = [Tensor(node) for node in batch]
    inputs, outputs_end = len(network.sample_shapes), len(network.sample_shapes) + len(network.results)
    features, targets, weights = given[:inputs], given[inputs:outputs_end], given[outputs_end:]
    weight = weights[0] if weights else None
    values = {path: Tensor(node) for path, node in state.items()}
    passed = network.call_all(features, values, training, key)
    outputs, updates = passed.outputs, passed.updates
    rows = features[0].shape[0]
    with provenance(layer="", role=Role.INTERMEDIATE):
        parts = [
            loss.over_batch.batch(sample_losses(loss, target, output, mask), weight)
            for loss, target, output, mask in zip(
                objective.losses, targets, outputs, passed.masks, strict=True
            )
        ]
        penalty = _penalty(network, values, rows)
        loss, own = _whole_loss(objective, parts, penalty)
        sums = [one * float(rows) for one in own]
        for metrics, target, output in zip(objective.metrics, targets, outputs, strict=True):
            sums += [one for metric in metrics for one in metric.sums(target, output, weight)]
    if penalty is not None:
        sums.append(penalty * float(rows))
    count = total(weight) if weight is not None else constant(float(rows), network.dtype)
    updated = list(updates)
    nodes = [loss, *sums, count, *outputs, *(updates[path] for path in updated)]
    stable = list(stabilize([one.node for one in nodes]))
    first, last = 2 + len(sums), 2 + len(sums) + len(outputs)
    return Measured(
        stable[0],
        tuple(stable[1:first]),
        tuple(stable[first:last]),
        dict(zip(updated, stable[last:], strict=True)),
    )


def _whole_loss(
    objective: Objective, parts: Sequence[Tensor], penalty: Tensor | None
) -> tuple[Tensor, list[Tensor]]:
    """Return the loss that is made small, and each output's own if there are several outputs."""
    notes = [loss.name for loss in objective.losses]
    if len(parts) == 1 and penalty is None and objective.loss_weights == (1.0,):
        return mark(parts[0], Role.LOSS, "loss", note=notes[0]), []
    names = ["data_loss"] if len(parts) == 1 else [f"{name}_loss" for name in objective.network.output_names]
    own = [
        mark(part, Role.LOSS, name, note=note) for part, name, note in zip(parts, names, notes, strict=True)
    ]
    terms = [
        one if factor == 1.0 else one * factor
        for one, factor in zip(own, objective.loss_weights, strict=True)
    ]
    whole = reduce(add, terms if penalty is None else [*terms, penalty])
    return mark(whole, Role.LOSS, "loss", note=" + ".join(dict.fromkeys(notes))), own if len(own) > 1 else []


def _penalty(network: Network, values: Mapping[str, Tensor], samples: int) -> Tensor | None:
    """Return the sum of the penalties on weights; None if there is none."""
    found = None
    for path, weight in network.weights().items():
        if weight.regularizer is None:
            continue
        with provenance(of=values[path].node.provenance):
            one = mark(weight.regularizer.penalty(values[path], samples), Role.PENALTY, "penalty")
        found = one if found is None else found + one
    return None if found is None else mark(found, Role.PENALTY, "penalty")


def gradient_nodes(
    measured: Measured, state: dict[str, Node], entries: Sequence[Entry]
) -> tuple[Measured, dict[str, Tensor]]:
    """Return what was measured, by loops that keep what is needed, and the gradients of trainable entries."""
    trained = [one for one in entries if one.trainable]
    wrt = [state[one.path] for one in trained]
    seed = constant(1, measured.loss.tensor_type.dtype)
    others = (*measured.sums, *measured.outputs, *measured.updates.values())
    loss, beside, found = gradients_beside(measured.loss, others, wrt, seed)
    sums, outputs = len(measured.sums), len(measured.sums) + len(measured.outputs)
    updates = dict(zip(measured.updates, beside[outputs:], strict=True))
    renewed = Measured(loss, tuple(beside[:sums]), tuple(beside[sums:outputs]), updates)
    return renewed, {
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
        "learning_rate",
        TensorType((), network.dtype),
        Provenance(
            role=Role.SCALAR, name="initial_learning_rate" if optimizer.is_scheduled else "learning_rate"
        ),
    )
    completed = Tensor(state[ITERATIONS])
    counter = completed + 1
    seed = Tensor(state[SEED])
    key = Key(seed[0], seed[1]).fold_in(counter)
    measured = measure(objective, state, batch_inputs, training=True, key=key)
    measured, found = gradient_nodes(measured, state, entries)
    new = dict(state) | measured.updates
    new[ITERATIONS] = counter.node
    trained = [one for one in network_entries(network) if one.trainable]
    progress = Progress(
        optimizer.rate_at(Tensor(rate), cast(completed, network.dtype)),
        cast(counter, network.dtype),
        _gradient_norm(trained, found) if optimizer.global_clipnorm is not None and trained else None,
    )
    for one in trained:
        new.update(_updated(optimizer, one, state, found[one.path], progress))
    outputs = (*(new[one.path] for one in entries), measured.loss, *measured.sums)
    return Graph((*state.values(), *batch_inputs, rate), outputs)


def _gradient_norm(trained: Sequence[Entry], found: dict[str, Tensor]) -> Tensor:
    """Return the norm of the gradients of all weights together."""
    squares = []
    for one in trained:
        with provenance(layer=one.provenance.layer, of=one.provenance):
            squares.append(term(squared_norm(found[one.path]), "squares"))
    return term(norm_of(squares), "gradient_norm")


def _updated(
    optimizer: Optimizer, entry: Entry, state: dict[str, Node], gradient: Tensor, progress: Progress
) -> dict[str, Node]:
    """Return the new value of one weight and of its slots, by path."""
    parameter = Tensor(state[entry.path])
    kept = [slot.name for slot in optimizer.kept_slots()]
    slots = {slot: Tensor(state[slot_path(slot, entry.path)]) for slot in kept}
    with provenance(layer=entry.provenance.layer, of=entry.provenance):
        value, new_slots = optimizer.step(parameter, gradient, slots, progress)
        value = mark(value, Role.UPDATE, "new")
    if value.type != parameter.type:
        raise ModelError(
            f"optimizer: the update of {entry.path!r} gave {value.type!r}, expected {parameter.type!r}."
        )
    types = {slot: tensor.type for slot, tensor in slots.items()}
    given = {slot: tensor.type for slot, tensor in new_slots.items()}
    if given != types:
        raise ModelError(f"optimizer: the update of {entry.path!r} gave slots {given!r}, expected {types!r}.")
    new = {slot_path(slot, entry.path): tensor.node for slot, tensor in new_slots.items()}
    return {entry.path: value.node, **new}


def evaluation_graph(objective: Objective, batch: Batch) -> Graph:
    """Return the graph of one batch of evaluation: (weights, batch) -> (loss, sums, kept states)."""
    state = state_inputs(network_entries(objective.network))
    inputs = batch.inputs(objective.network)
    measured = measure(objective, state, inputs, training=False)
    kept = (measured.updates[path] for path in objective.network.kept_states)
    return Graph((*state.values(), *inputs), (measured.loss, *measured.sums, *kept))


def gradient_step_graph(objective: Objective, batch: Batch) -> Graph:
    """Return the graph (weights, batch) -> (loss, gradient of each trainable weight)."""
    entries = network_entries(objective.network)
    state = state_inputs(entries)
    inputs = batch.inputs(objective.network)
    measured = measure(objective, state, inputs, training=True)
    measured, found = gradient_nodes(measured, state, entries)
    return Graph(
        (*state.values(), *inputs),
        (measured.loss, *(found[one.path].node for one in entries if one.trainable)),
    )


def prediction_graph(network: Network, features: Sequence[TensorType]) -> Graph:
    """Return the graph (weights, each x) -> outputs."""
    whole = stateful_prediction_graph(network, features)
    return Graph(whole.inputs, whole.outputs[: len(network.results)])


def stateful_prediction_graph(network: Network, features: Sequence[TensorType]) -> Graph:
    """Return the graph (weights, each x) -> (outputs, kept states)."""
    state = state_inputs(network_entries(network))
    inputs = _named_inputs(_feature_names(network), Role.INPUT, features)
    values = {path: Tensor(node) for path, node in state.items()}
    passed = network.call_all([Tensor(one) for one in inputs], values)
    given = (*passed.outputs, *(passed.updates[path] for path in network.kept_states))
    return Graph((*state.values(), *inputs), tuple(one.node for one in given))


def output_activations(network: Network) -> list[str]:
    """Return the name of the activation that each output comes from; empty if it is linear.

    A function of the user's own may be anything: its name is `?`.
    """
    types = network.input_types(network.batch_size or 1)
    return [_activation_of(node.provenance) for node in prediction_graph(network, types).outputs]


def _activation_of(known: Provenance) -> str:
    if known.role is Role.ACTIVATION:
        return known.note
    return "" if known.role in (Role.PRE_ACTIVATION, Role.INPUT) else "?"
