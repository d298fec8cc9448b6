"""Sequential: layers one behind another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.models.model import Model
from tiza.nn.layer import Layer, as_layer
from tiza.nn.layers import Input
from tiza.nn.network import build_network, layer_paths


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
        shape = parts[0].shape if parts and isinstance(parts[0], Input) else None
        body = parts if shape is None else parts[1:]
        super().__init__([_no_input(part) for part in body], shape, seed, dtype, name)

    def add(self, layer: Input | Layer | Callable[[Tensor], Tensor]) -> None:
        """Add a layer at the end; the weights of the others stay.

        Raises:
            ModelError: it does not fit behind the last layer; the model stays as it was.
        """
        if isinstance(layer, Input) and not self.layers and self._network is None:
            self.build(layer.shape)
            return
        layers = [*self.layers, as_layer(_no_input(layer))]
        if layers[-1].name in layer_paths(self.layers):
            raise ModelError(f"layers: the name {layers[-1].name!r} is taken; names are paths, give another.")
        if self._network is not None:
            network = build_network(layers, self._network.sample_shape, self.dtype)
            self._assemble(network, self._settings, self._optimizer, self._weights_by_path())
        self.layers = layers


def _no_input(part: Input | Layer | Callable[[Tensor], Tensor]) -> Layer | Callable[[Tensor], Tensor]:
    if isinstance(part, Input):
        raise ModelError("layers: Input stands once, at the beginning.")
    return part
