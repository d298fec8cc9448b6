"""Sequential: layers one behind another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.models.model import Model
from tiza.nn.layer import Layer, as_layer
from tiza.nn.layers import Input


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
        parts = list(layers)
        shape = parts[0].shape if parts and isinstance(parts[0], Input) else None
        body = parts[1:] if shape is not None else parts
        if any(isinstance(part, Input) for part in body):
            raise ModelError("layers: Input stands once, at the beginning.")
        super().__init__(
            [as_layer(part) for part in body if not isinstance(part, Input)], shape, seed, dtype, name
        )

    def add(self, layer: Input | Layer | Callable[[Tensor], Tensor]) -> None:
        """Add a layer at the end; weights are made anew.

        Raises:
            ModelError: it does not fit behind the last layer; the model stays as it was.
        """
        if isinstance(layer, Input):
            if self.layers or self._network is not None:
                raise ModelError("layers: Input stands once, at the beginning.")
            self.build(layer.shape)
            return
        self.layers.append(as_layer(layer))
        if self._network is None:
            return
        try:
            self.build(self._network.sample_shape)
        except ModelError:
            self.layers.pop()
            raise
