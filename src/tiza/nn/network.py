"""A network: layers in a row with their paths, the weights they need, and their call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiza.errors import ModelError, ShapeError, TizaError
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance, layer_scope
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import FLOAT_DTYPES, DType, Shape, TensorType, as_dtype
from tiza.nn.layer import Context, Layer, Weight, as_layer
from tiza.ops.elementwise import cast
from tiza.ops.random import Key

TRIAL_BATCH = 3
"""Samples that layers are tried with when they are placed: more than one, so that a lost batch is noticed."""


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with its path and the types around it (with a batch of TRIAL_BATCH)."""

    path: str
    layer: Layer
    weights: tuple[Weight, ...]
    inputs: TensorType
    outputs: TensorType


@dataclass(frozen=True, slots=True)
class Network:
    """Layers in a row, with shapes known.

    Attributes:
        layers: the layers, placed.
        dtype: dtype of weights and computation.
        sample_shape: shape of one input sample.
        output: type of the output for a batch of TRIAL_BATCH.
    """

    layers: tuple[PlacedLayer, ...]
    dtype: DType
    sample_shape: Shape
    output: TensorType

    def weights(self) -> dict[str, Weight]:
        """Return every weight by its path, `layer.name`, in order."""
        return {f"{one.path}.{weight.name}": weight for one in self.layers for weight in one.weights}

    def call(
        self, inputs: Tensor, values: Mapping[str, Tensor], training: bool = False, key: Key | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the output, and the new values of the state that layers updated, by path.

        Args:
            inputs: `(batch, *sample_shape)`; integers and booleans become the network's dtype.
            values: weights by path.
            training: whether this is part of a training step.
            key: random key of the step.
        """
        updates: dict[str, Tensor] = {}
        current = inputs if inputs.dtype == self.dtype else cast(inputs, self.dtype)
        for one in self.layers:
            own = {weight.name: values[f"{one.path}.{weight.name}"] for weight in one.weights}
            context = Context(own, training, key.fold_in_text(one.path) if key else None)
            current = _call(one.path, one.layer, current, context)
            updates.update({f"{one.path}.{name}": value for name, value in context.updates.items()})
        return current, updates


def build_network(
    parts: Sequence[Layer | Callable[[Tensor], Tensor]], sample_shape: Shape, dtype: object
) -> Network:
    """Return the layers placed behind one another for samples of `sample_shape`.

    Raises:
        ModelError: two layers do not fit; both are named.
    """
    number = as_dtype(dtype)
    if number not in FLOAT_DTYPES:
        raise ModelError(f"dtype: got {number}, expected float32 or float64.")
    layers = [as_layer(part) for part in parts]
    current = TensorType((TRIAL_BATCH, *checked_sample_shape(sample_shape)), number)
    placed: list[PlacedLayer] = []
    before = f"the input {sample_shape}"
    for path, layer in zip(layer_paths(layers), layers, strict=True):
        try:
            one = _placed(path, layer, current)
        except TizaError as error:
            raise ModelError(
                f"layer {path!r} ({type(layer).__name__}) does not fit behind {before}, "
                f"whose samples have shape {current.shape[1:]}: {error}"
            ) from None
        placed.append(one)
        current, before = one.outputs, f"layer {path!r} ({type(layer).__name__})"
    return Network(tuple(placed), number, checked_sample_shape(sample_shape), current)


def checked_sample_shape(shape: Shape) -> Shape:
    """Return the shape of one sample.

    Raises:
        ModelError: it is not made of whole numbers of at least 1.
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in sizes):
        raise ModelError(f"sample shape: got {shape!r}, expected whole numbers of at least 1, as (784,).")
    return sizes


def layer_paths(layers: Sequence[Layer]) -> list[str]:
    """Return a path for every layer: `dense`, `dense_1`, ... as Keras numbers them within a model.

    Raises:
        ModelError: two layers were given the same name.
    """
    taken: set[str] = set()
    for name in (layer.name for layer in layers if layer.name):
        if name in taken:
            raise ModelError(f"layers: the name {name!r} is given twice; names are paths, give another.")
        if set(name) & set(".[]"):
            raise ModelError(f"layers: got the name {name!r}, expected one without '.', '[' and ']'.")
        taken.add(name)
    paths = []
    for layer in layers:
        path, number = layer.base_name, 0
        while path in taken and not layer.name:
            number += 1
            path = f"{layer.base_name}_{number}"
        taken.add(path)
        paths.append(path)
    return paths


def _placed(path: str, layer: Layer, inputs: TensorType) -> PlacedLayer:
    weights = layer.weights(inputs)
    seeds = {
        weight.name: Tensor(input_node(weight.name, TensorType(tuple(weight.shape), inputs.dtype)))
        for weight in weights
    }
    result = _call(path, layer, Tensor(input_node("x", inputs)), Context(seeds))
    if not isinstance(result, Tensor):
        raise ModelError(f"its call returned {result!r}, expected a traced value.")
    if not result.shape or result.shape[0] != inputs.shape[0]:
        raise ShapeError(f"it returns shape {result.shape}, expected the batch as first axis.")
    if result.dtype != inputs.dtype:
        raise ModelError(f"it returns {result.dtype}, expected {inputs.dtype}; convert with .astype(...).")
    return PlacedLayer(path, layer, weights, inputs, result.type)


def _call(path: str, layer: Layer, inputs: Tensor, context: Context) -> Tensor:
    with layer_scope(path):
        result = layer.call(inputs, context)
    if isinstance(result, Tensor) and result.shape[:1] != inputs.shape[:1]:
        raise ShapeError(
            f"layer {path!r}: its call made {result.shape} of shape {inputs.shape}, expected the batch to "
            "stay the first axis; a layer computes each sample by itself."
        )
    return result


def weight_provenance(path: str, weight: Weight) -> Provenance:
    """Return the provenance of the graph input that holds a weight."""
    layer, _, _ = path.rpartition(".")
    return Provenance(layer=layer, role=weight.role, name=weight.name)
