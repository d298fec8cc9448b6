"""Sequential: layers one behind another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape
from tiza.models.frozen_penalties import warn_of_frozen_penalties
from tiza.models.model import Model
from tiza.models.nesting import applied, on_other_inputs, weights_of_parts
from tiza.nn.connection import Scope, Symbol
from tiza.nn.layer import Layer, as_layer
from tiza.nn.layers import Input
from tiza.nn.network import Network, behind, checked_sample_shape, network_of, part_names

Part: TypeAlias = Layer | Model


class Sequential(Model):
    """Layers one behind another.

    A model may stand among them, as in `tz.Sequential([base, tz.layers.Dense(1)])`; it lends its layers and
    its weights of that moment.

    Args:
        layers: an optional `Input` first, then layers, models, or plain functions of traced values.
        seed: of first weights, of the order of samples, of everything random.
        dtype: `float32` or `float64`.
        name: name of the model.

    Raises:
        ModelError: two layers do not fit (both are named), or a model among them is not built.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((6,)), tz.layers.Dense(4), tz.layers.Dense(1)])
        >>> model.count_params()
        33
    """

    _batch_size: int | None = None
    _parts: tuple[Part, ...] = ()
    """What it is made of, until it is built."""

    def __init__(
        self,
        layers: Sequence[Input | Layer | Model | Callable[[Tensor], Tensor]] = (),
        seed: int = 0,
        dtype: str = "float32",
        name: str | None = None,
    ) -> None:
        if not isinstance(layers, Iterable):
            raise ModelError(f"layers: got {layers!r}, expected a list, such as [{layers!r}].")
        parts = list(layers)
        first = parts[0] if parts and isinstance(parts[0], Input) else None
        body = parts if first is None else parts[1:]
        self._begin(seed, dtype, name)
        self._keep(tuple(_part(one) for one in body))
        if first is not None:
            self._batch_size = first.batch_size
            self.build(first.shape)
        elif self._parts and isinstance(self._parts[0], Model):
            self._begin_as(self._parts[0].network)

    def _keep(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts
        self.layers = [layer for one in parts for layer in (one.layers if isinstance(one, Model) else [one])]

    def _begin_as(self, first: Network) -> None:
        """Build for the samples that the first part, a model, takes."""
        self._batch_size = first.batch_size
        self.build(first.sample_shape)

    def build(self, sample_shape: Shape) -> None:
        """Make the weights for samples of `sample_shape`, without the batch.

        Raises:
            ModelError: two layers do not fit (both are named), or the loss does not fit the output.
        """
        network = self._network_for(sample_shape)
        if self._settings is not None:
            warn_of_frozen_penalties(network)
        self._assemble(network, self._settings, self._optimizer, weights_of_parts(network))

    def _layers_of(self, network: Network) -> list[Layer]:
        return [network.layers[one.place].layer for one in network.calls]

    def _network_for(self, sample_shape: Shape) -> Network:
        first = Input(checked_sample_shape(sample_shape), batch_size=self._batch_size)
        if self._network is not None:
            return network_of((first,), on_other_inputs(self._network, [first]), self.dtype)
        last: Symbol = first
        for part in self._parts:
            last = _drawn(last, part)
        return network_of((first,), (last,), self.dtype)

    def add(self, layer: Input | Layer | Model | Callable[[Tensor], Tensor]) -> None:
        """Add a layer, or a model, at the end; the weights of the others stay.

        Raises:
            ModelError: it does not fit behind the last layer; the model stays as it was.
        """
        if isinstance(layer, Input) and not self.layers and self._network is None:
            self._batch_size = layer.batch_size
            self.build(layer.shape)
            return
        part = _part(layer)
        self._check_name(part)
        if self._network is None:
            self._keep((*self._parts, part))
            if len(self._parts) == 1 and isinstance(part, Model):
                self._begin_as(part.network)
            return
        inputs, (last,) = self._network.drawing
        network = network_of(inputs, (_drawn(last, part),), self.dtype)
        kept = weights_of_parts(network) | self._weights_by_path()
        self._assemble(network, self._settings, self._optimizer, kept)
        self.layers = self._layers_of(network)

    def _check_name(self, part: Part) -> None:
        """Check that a layer's own name is not that of another one, which would get another path."""
        given = part.given_name if isinstance(part, Layer) else None
        if self._network is None:
            taken = set(part_names([_named(one) for one in self._parts]))
        else:
            taken = {one.path.partition(".")[0] for one in self._network.layers}
        if given in taken:
            raise ModelError(f"layers: the name {given!r} is taken; names are paths, give another.")


def _part(part: Input | Layer | Model | Callable[[Tensor], Tensor]) -> Part:
    """Return what can stand behind another part.

    Raises:
        ModelError: it is an input, or a model that is not built.
    """
    if isinstance(part, Input):
        raise ModelError("layers: Input stands once, at the beginning.")
    if not isinstance(part, Model):
        return as_layer(part)
    if not part.is_built:
        raise ModelError(f"layers: the model {part.name!r} is not built; put tz.Input(...) first in it.")
    return part


def _named(part: Part) -> Layer | Scope:
    return Scope(part.name, part) if isinstance(part, Model) else part


def _drawn(last: Symbol, part: Part) -> Symbol:
    """Return what a part gives for a symbol.

    Raises:
        ModelError: it gives several values, or takes several.
    """
    if not isinstance(part, Model):
        return behind(last, part)
    given = applied(part, part.network, part.name, [last])
    if len(given) > 1:
        raise ModelError(
            f"layers: the model {part.name!r} gives {len(given)} values, and the layer behind it takes one; "
            "join layers by calling them, and make a tz.Model."
        )
    return given[0]
