"""Layers in layers: the weights of the inner one under its name, and its call within the outer one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tiza.graph.provenance import layer_scope
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.layer import Context, Layer, Weight


def weights_within(layer: Layer, name: str, inputs: TensorType | Sequence[TensorType]) -> tuple[Weight, ...]:
    """Return the weights of a layer that stands in another one, as `name.kernel`."""
    found = layer.weights(inputs)  # type: ignore[arg-type]  # those that join inputs take several
    return tuple(
        replace(one, name=f"{name}.{one.name}", trainable=one.trainable and layer.trains(one.name))
        for one in found
    )


def called_within(
    layer: Layer,
    name: str,
    inputs: Tensor | Sequence[Tensor],
    context: Context,
    masks: tuple[Tensor | None, ...],
) -> tuple[Tensor, ...]:
    """Return what a layer that stands in another one gives; its new state is left in the outer context."""
    start = f"{name}."
    own: dict[str, Tensor] = {
        path.removeprefix(start): context.updates.get(path, value)
        for path, value in context.weights.items()
        if path.startswith(start)
    }
    key = None if context.key is None else context.key.fold_in_text(name)
    inner = Context(own, context.training, key, masks=masks)
    given: Any = inputs
    with layer_scope(name):
        found = layer.call(given, inner)
    context.updates.update({f"{start}{path}": value for path, value in inner.updates.items()})
    return found if isinstance(found, tuple) else (found,)
