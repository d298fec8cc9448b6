"""The elements of each sample in another shape."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.nn.checks import whole_number
from tiza.nn.layer import Context, Layer, LayerExample


class Reshape(Layer):
    """The elements of each sample in another shape; one size may be -1.

    Raises:
        ModelError: the shape is not made of whole numbers of at least 1 and at most one -1.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2, 3)), tz.layers.Reshape((-1, 2))]).output_shape
        (None, 3, 2)
    """

    examples = (
        LayerExample({"target_shape": (3, 2)}, ((2, 3),)),
        LayerExample({"target_shape": (6,)}, ((2, 3),)),
        LayerExample({"target_shape": (-1, 2)}, ((2, 3),)),
        LayerExample({"target_shape": (2, -1, 1)}),
    )

    def __init__(
        self,
        target_shape: Sequence[int],
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        sizes = tuple(target_shape) if isinstance(target_shape, Sequence) else (target_shape,)
        self.target_shape = tuple(
            one if one == -1 else whole_number("Reshape: target_shape", one) for one in sizes
        )
        if self.target_shape.count(-1) > 1:
            raise ModelError(f"Reshape: got target_shape={target_shape!r}, expected one -1 at most.")
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the samples reshaped."""
        known = math.prod(one for one in self.target_shape if one != -1)
        rest = math.prod(inputs.shape[1:]) // known
        sizes = (rest if one == -1 else one for one in self.target_shape)
        return inputs.reshape((inputs.shape[0], *sizes))


class Flatten(Layer):
    """Each sample as one vector, row by row.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((28, 28)), tz.layers.Flatten()]).output_shape
        (None, 784)
    """

    examples = (LayerExample({}, ((2, 3),)), LayerExample(), LayerExample({}, ((),)))

    def __init__(self, name: str | None = None, trainable: bool | Collection[str] = True) -> None:
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the samples as vectors, `(batch, features)`."""
        return inputs.reshape((inputs.shape[0], math.prod(inputs.shape[1:])))
