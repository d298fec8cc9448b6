"""Sequential: layers one behind another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape
from tiza.models.frozen_penalties import warn_of_frozen_penalties
from tiza.models.model import Model
from tiza.nn.layer import Layer, as_layer
from tiza.nn.layers import Input
from tiza.nn.network import Network, build_network, part_names


class Sequential(Model):
    """Layers one behind another.

    Args:
        layers: an optional `Input` first, then layers or plain functions of traced values.
        seed: of first weights, of the order of samples, of everything random.
        dtype: `float32` or `float64`.
        name: name of the model.

    Raises:
        ModelError: two layers do not fit; both are named.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((6,)), tz.layers.Dense(4), tz.layers.Dense(1)])
        >>> model.count_params()
        33
    """

    _batch_size: int | None = None

    def __init__(
        self,
        layers: Sequence[Input | Layer | Callable[[Tensor], Tensor]] = (),
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
        self.layers = [as_layer(_no_input(part)) for part in body]
        if first is not None:
            self._batch_size = first.batch_size
            self.build(first.shape)

    def build(self, sample_shape: Shape) -> None:
        """Make the weights for samples of `sample_shape`, without the batch.

        Raises:
            ModelError: two layers do not fit (both are named), or the loss does not fit the output.
        """
        network = self._network_for(sample_shape)
        if self._settings is not None:
            warn_of_frozen_penalties(network)
        self._assemble(network, self._settings, self._optimizer, {})

    def _layers_of(self, network: Network) -> list[Layer]:
        return [network.layers[one.place].layer for one in network.calls]

    def _network_for(self, sample_shape: Shape) -> Network:
        return build_network(self.layers, sample_shape, self.dtype, self._batch_size)

    def add(self, layer: Input | Layer | Callable[[Tensor], Tensor]) -> None:
        """Add a layer at the end; the weights of the others stay.

        Raises:
            ModelError: it does not fit behind the last layer; the model stays as it was.
        """
        if isinstance(layer, Input) and not self.layers and self._network is None:
            self._batch_size = layer.batch_size
            self.build(layer.shape)
            return
        layers = [*self.layers, as_layer(_no_input(layer))]
        given = layers[-1].given_name
        if given in part_names(self.layers):
            raise ModelError(f"layers: the name {given!r} is taken; names are paths, give another.")
        if self._network is not None:
            known = self._network
            network = build_network(layers, known.sample_shape, self.dtype, known.batch_size)
            self._assemble(network, self._settings, self._optimizer, self._weights_by_path())
        self.layers = layers


def _no_input(part: Input | Layer | Callable[[Tensor], Tensor]) -> Layer | Callable[[Tensor], Tensor]:
    if isinstance(part, Input):
        raise ModelError("layers: Input stands once, at the beginning.")
    return part
