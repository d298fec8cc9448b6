"""Which steps of a sequence count: Masking finds out, and a mask travels beside the values.

A mask is boolean, `(batch, time)`: True for a step that counts. `Masking` and `Embedding(mask_zero=True)`
make it. Layers with `supports_masking` hand it on, all others drop it, as in Keras; recurrent layers hold
their state where it is False.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tiza.errors import ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.checks import finite_number, shape_text
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.ops.elementwise import cast, where
from tiza.ops.layout import broadcast_to, reshape
from tiza.ops.reduction import max as maximum_over


class Masking(Layer):
    """Steps of a sequence that do not count: those whose features all equal `mask_value`; a = 0 there.

    Shapes: x `(batch, time, features)`, result the same; its mask is `(batch, time)`. Of x
    `(batch, features)` the mask is `(batch,)`: the samples that count.

    Args:
        mask_value: the number that stands for nothing.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `mask_value` is no finite number.

    Example:
        >>> import tiza as tz
        >>> rnn = tz.layers.SimpleRNN(1, None, kernel_initializer="ones", recurrent_initializer="ones")
        >>> model = tz.Sequential([tz.Input((3, 1)), tz.layers.Masking(-1.0), rnn])
        >>> model.predict([[[1.0], [2.0], [-1.0]]])
        array([[3.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample({}, ((4, 3),)),
        LayerExample({"mask_value": 0.5}, ((4, 3),)),
    )

    def __init__(
        self, mask_value: float = 0.0, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        self.mask_value = finite_number("Masking", "mask_value", mask_value)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the inputs, with 0 at steps that do not count."""
        counted = broadcast_to(reshape(self._counted(inputs), (*inputs.shape[:-1], 1)), inputs.shape)
        return mark(where(counted, inputs, 0.0), Role.ACTIVATION, note="masking")

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return which steps count."""
        assert isinstance(inputs, Tensor)
        return (self._counted(inputs),)

    def _counted(self, inputs: Tensor) -> Tensor:
        """Return whether any feature of a step differs from `mask_value`."""
        if inputs.ndim < 2:
            raise ShapeError(
                f"Masking: got inputs of shape {shape_text(inputs.shape)}, expected (batch, time, features)."
            )
        return maximum_over(cast(inputs != self.mask_value, inputs.dtype), -1) > 0.0
