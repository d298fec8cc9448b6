"""What a page is made from: the step's canonical graph in float64, with the value of every node."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tiza.blackboard.names import Names, is_quantity, names_of
from tiza.blackboard.sharing import shared
from tiza.calculus.emission import derivative_provenance, renamed, zeros_of
from tiza.calculus.loops import carried, unroll
from tiza.calculus.reverse import gradients
from tiza.engines.reference.evaluation import evaluate_graph, record
from tiza.errors import DTypeError, ModelError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, rebuild, topological_order
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor import constant
from tiza.ops.elementwise import RANDOM_BITS
from tiza.training.state import State, network_entries, training_entries
from tiza.training.step import Batch, Objective, prediction_graph, step_graph
from tiza.training.trainer import Data, Trainer

Array = Any


@dataclass(frozen=True)
class Plan:
    """The graphs that pages for one type of batch are made from.

    Attributes:
        step: one training step, and after its outputs those of the network.
        outputs: what the network gives; nothing, if what is derived is a function of one value.
        loss: the loss of the step, on the same inputs.
        names: names of the quantities of `step`.
        loss_node: the loss within `step`.
        weights: paths of the weights, in order.
        state: paths of the state, in order.
        dtype: what it computes in.
        differs_in_use: whether a step computes otherwise than `predict`: it draws, or has the batch's means.
    """

    step: Graph
    outputs: tuple[Node, ...]
    loss: Graph
    names: Names
    loss_node: Node
    weights: tuple[str, ...]
    state: tuple[str, ...]
    dtype: Any
    differs_in_use: bool


@dataclass(frozen=True)
class Setting:
    """A plan with the numbers of one network and one batch.

    Attributes:
        plan: the graphs.
        inputs: values of the inputs of the plan's step.
        stored: the dtype that the network's own numbers come from.
    """

    plan: Plan
    inputs: tuple[Array, ...]
    stored: Any

    def record(self, outputs: Sequence[Node]) -> Mapping[Node, Array]:
        """Return the values of `outputs` and of everything they are computed from."""
        return record(Graph(self.plan.step.inputs, tuple(outputs)), list(self.inputs))

    def loss_after_step(self) -> float:
        """Return the loss of the same batch, drawn alike, with all weights as the step leaves them."""
        new = evaluate_graph(
            Graph(self.plan.step.inputs, self.plan.step.outputs[: len(self.plan.weights)]), list(self.inputs)
        )
        return float(evaluate_graph(self.plan.loss, [*new, *self.inputs[len(new) :]])[0])

    def loss_with(self, node: Node, index: tuple[int, ...], value: float) -> float:
        """Return the step's loss with another value of one element of a weight; nothing else is changed."""
        at = self.plan.step.inputs.index(node)
        changed = np.array(self.inputs[at])
        changed[index] = value
        values = [*self.inputs[:at], changed, *self.inputs[at + 1 :]]
        return float(evaluate_graph(self.plan.loss, values)[0])


_PLANS: weakref.WeakKeyDictionary[Trainer, dict[Batch, Plan]] = weakref.WeakKeyDictionary()


def setting_of(trainer: Trainer, state: State, data: Data, learning_rate: float) -> Setting:
    """Return a network, a batch and a learning rate, ready to be explained in float64.

    Weights in float32 are exact in float64, and so are the data.
    """
    plans = _PLANS.setdefault(trainer, {})
    batch = data.batch(data.samples)
    if batch not in plans:
        plans[batch] = _plan(trainer, batch)
    plan = plans[batch]
    values = [*(state[path] for path in plan.state), *data.blocks, np.asarray(learning_rate)]
    inputs = tuple(_fitted(value, node) for value, node in zip(values, plan.step.inputs, strict=True))
    return Setting(plan, inputs, trainer.objective.network.dtype)


def _fitted(value: Array, node: Node) -> Array:
    return np.asarray(value, dtype=node.tensor_type.dtype)


def _plan(trainer: Trainer, batch: Batch) -> Plan:
    """Return the plan in float64, or in the network's own dtype where a part of it is tied to that."""
    own = replace(trainer.objective, metrics=((),) * len(trainer.objective.metrics))
    try:
        wide = own.network.with_dtype("float64")
        return _plan_of(trainer, replace(own, network=wide), _widened(batch, wide.dtype))
    except (DTypeError, ModelError):
        return _plan_of(trainer, own, batch)


def _widened(batch: Batch, dtype: Any) -> Batch:
    features, targets = (
        tuple(one.with_dtype(dtype) if one.is_float else one for one in types)
        for types in (batch.features, batch.targets)
    )
    return replace(batch, features=features, targets=targets)


def _plan_of(trainer: Trainer, objective: Objective, batch: Batch) -> Plan:
    step = step_graph(objective, trainer.optimizer, batch)
    state = tuple(one.path for one in training_entries(objective.network, trainer.optimizer))
    weights = tuple(one.path for one in network_entries(objective.network))
    slopes = _slopes_by_inputs(step, step.outputs[len(state)])
    step = unroll(Graph(step.inputs, (*step.outputs, *slopes, *carried(step))))
    predicting = unroll(prediction_graph(objective.network, batch.features))
    outputs = _outputs(predicting, step, len(weights), len(state))
    merged = shared((*step.outputs, *outputs))
    whole = Graph(step.inputs, merged)
    loss = merged[len(state)]
    return Plan(
        whole,
        merged[len(step.outputs) :],
        Graph(step.inputs, (loss,)),
        names_of(dict.fromkeys((*step.inputs, *topological_order(whole.outputs))), batch.rows),
        loss,
        weights,
        state,
        objective.network.dtype,
        _differs_in_use(step, step.outputs[len(state)], predicting),
    )


def _differs_in_use(step: Graph, loss: Node, predicting: Graph) -> bool:
    """Return whether the loss is drawn, or a prediction reads kept numbers that the loss does not."""
    reached, read = set(topological_order([loss])), set(topological_order(predicting.outputs))
    return any(one.primitive is RANDOM_BITS for one in reached) or any(
        known in read and own not in reached
        for known, own in zip(predicting.inputs, step.inputs, strict=False)
        if known.provenance.role is Role.STATE
    )


def _slopes_by_inputs(step: Graph, loss: Node) -> tuple[Node, ...]:
    """Return the derivatives of the loss by the features, where it has any."""
    features = [one for one in step.inputs if one.provenance.role is Role.INPUT and one.tensor_type.is_float]
    _, found = gradients(loss, features, constant(1, loss.tensor_type.dtype))
    nothing = [renamed(zeros_of(one), derivative_provenance(one, Role.GRADIENT, "")) for one in features]
    return tuple((none if one is None else one).node for one, none in zip(found, nothing, strict=True))


def _outputs(predicting: Graph, step: Graph, weights: int, states: int) -> tuple[Node, ...]:
    """Return the network's outputs on the inputs of `step`, made of its nodes as far as they go.

    Of an output that is made stable together with the loss, the step itself has no node.
    """
    features = len(predicting.inputs) - weights
    inputs = (*step.inputs[:weights], *step.inputs[states : states + features])
    same: dict[Node, Node] = dict(zip(predicting.inputs, inputs, strict=True))
    known: dict[tuple[Provenance, Any], list[Node]] = {}
    for node in step.nodes:
        if is_quantity(node):
            known.setdefault((node.provenance, node.type), []).append(node)
    for node in predicting.nodes:
        there = known.get((node.provenance, node.type), [])
        if node not in same and is_quantity(node) and len(there) == 1:
            same[node] = there[0]
    outputs, _ = rebuild(predicting.outputs, same)
    return outputs
