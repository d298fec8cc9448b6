"""The state: all that persists between steps, one ordered mapping from path to array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.nn.initializers import Constant, Initializer, Zeros
from tiza.nn.network import Network, weight_provenance
from tiza.ops.random import Key, key
from tiza.optimizers.optimizer import Optimizer

Array = np.ndarray[Any, Any]
State = dict[str, Array]

ITERATIONS = "optimizer.iterations"
SEED = "random.seed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One array of the state.

    Attributes:
        path: its path, such as `dense.kernel` or `optimizer.m.dense.kernel`.
        type: shape and dtype.
        provenance: which quantity it is.
        initializer: first values.
        trainable: whether the optimizer changes it.
    """

    path: str
    type: TensorType
    provenance: Provenance
    initializer: Initializer
    trainable: bool = False


def network_entries(network: Network) -> tuple[Entry, ...]:
    """Return the entries of a network's weights, in order."""
    return tuple(
        Entry(
            path,
            TensorType(tuple(weight.shape), network.dtype),
            weight_provenance(path, weight),
            weight.initializer,
            weight.trainable,
        )
        for path, weight in network.weights().items()
    )


def training_entries(network: Network, optimizer: Optimizer) -> tuple[Entry, ...]:
    """Return the entries of everything that training keeps: weights, slots, step counter, seed."""
    weights = network_entries(network)
    slots = tuple(
        Entry(
            slot_path(slot.name, one.path),
            TensorType((), one.type.dtype) if slot.scalar else one.type,
            Provenance(layer=one.provenance.layer, role=Role.SLOT, name=slot.name, of=one.provenance),
            Constant(slot.initial),
        )
        for one in weights
        if one.trainable
        for slot in optimizer.kept_slots()
    )
    counter = Entry(
        ITERATIONS, TensorType((), as_dtype("int32")), Provenance(role=Role.STATE, name="iterations"), Zeros()
    )
    seed = Entry(
        SEED, TensorType((2,), as_dtype("uint32")), Provenance(role=Role.STATE, name="seed"), Zeros()
    )
    return (*weights, *slots, counter, seed)


def slot_path(slot: str, path: str) -> str:
    """Return the path of an optimizer's slot for the weight at `path`."""
    return f"optimizer.{slot}.{path}"


def initial_values(entries: tuple[Entry, ...], seed: int) -> State:
    """Return first values; each entry draws from the key of its own path, so no entry shifts another's."""
    root = key(seed)
    tensors = [
        one.initializer.values(one.type.shape, one.type.dtype, _key_of(root, one.path)) for one in entries
    ]
    arrays = evaluate_graph(Graph((), tuple(one.node for one in tensors)), ())
    state = {one.path: np.array(array) for one, array in zip(entries, arrays, strict=True)}
    if SEED in state:
        state[SEED] = np.array([seed % 2**32, seed // 2**32], dtype="uint32")
    return state


def _key_of(root: Key, path: str) -> Key:
    return root.fold_in_text(f"initial {path}")


def values_in_order(entries: tuple[Entry, ...], state: Mapping[str, Array]) -> list[Array]:
    """Return the arrays of `state` in the order of `entries`."""
    return [state[one.path] for one in entries]
