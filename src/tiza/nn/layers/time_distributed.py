"""TimeDistributed: one layer at every step of a sequence."""

from __future__ import annotations

from collections.abc import Collection

from tiza.errors import ModelError, ShapeError
from tiza.graph.provenance import Role, provenance
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.checks import shape_text
from tiza.nn.layer import Context, Layer, LayerExample, Weight, checked_mask
from tiza.nn.layers.dense import Dense
from tiza.nn.layers.normalization import BatchNormalization
from tiza.nn.layers.reshaping import Flatten
from tiza.nn.layers.wrapping import called_within, weights_within
from tiza.ops.layout import reshape, stack


class TimeDistributed(Layer):
    """One layer, with one set of weights, at every step of a sequence: a_t = layer(x_t).

    Shapes: x `(batch, time, ...)`, result `(batch, time, ...)`. All steps are computed at once, as so many
    samples more; a layer that updates its state in training, such as `BatchNormalization`, goes from step
    to step.

    Args:
        layer: the layer.
        name: name of this layer.
        trainable: whether the weights are trained, or the names of those that are.

    Raises:
        ModelError: `layer` is no layer, is stateful, or gives several values.
        ShapeError: inputs have no time axis, or a mask has another shape.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((5, 3)), tz.layers.TimeDistributed(tz.layers.Dense(2))])
        >>> model.output_shape, model.weight_paths
        ((None, 5, 2), ['time_distributed.dense.kernel', 'time_distributed.dense.bias'])
    """

    supports_masking = True

    examples = (
        LayerExample({"layer": Dense(4, activation="tanh")}, ((5, 3),)),
        LayerExample({"layer": Dense(2, use_bias=False)}, ((5, 3),), masked=True),
        LayerExample({"layer": Flatten()}, ((2, 3, 2),)),
        LayerExample({"layer": BatchNormalization(momentum=0.5)}, ((3, 4),)),
    )

    def __init__(
        self, layer: Layer, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        if not isinstance(layer, Layer):
            raise ModelError(
                f"TimeDistributed: got {layer!r:.80}, expected a layer, such as Dense(10); of a model, put "
                "each layer into one: TimeDistributed(Conv2D(...)), TimeDistributed(Flatten()), ..."
            )
        if layer.results > 1 or layer.keeps_state:
            what = "gives several values" if layer.results > 1 else "is stateful"
            raise ModelError(
                f"TimeDistributed: got {type(layer).__name__}, which {what}; expected a layer that gives one "
                "value and keeps nothing between batches."
            )
        self.layer = layer
        self.name = name
        self.trainable = trainable

    @property
    def vocabulary(self) -> int | None:
        """That of the layer."""
        return self.layer.vocabulary

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return the weights of the layer."""
        return weights_within(self.layer, self.layer.base_name, _of_a_step(inputs))

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return what the layer gives at every step."""
        steps = _of_a_step(inputs.type)
        checked_mask("TimeDistributed", context.mask, inputs.shape[:2])
        updates = any(one.role is Role.STATE for one in self.layer.weights(steps))
        found = self._in_turn(inputs, context) if updates else self._at_once(inputs, context)
        return mark(found, Role.ACTIVATION, note="time_distributed")

    def _at_once(self, inputs: Tensor, context: Context) -> Tensor:
        both = reshape(inputs, (-1, *inputs.shape[2:]))
        (found,) = called_within(self.layer, self.layer.base_name, both, context, (None,))
        return reshape(found, (*inputs.shape[:2], *found.shape[1:]))

    def _in_turn(self, inputs: Tensor, context: Context) -> Tensor:
        given: list[Tensor] = []
        for time in range(inputs.shape[1]):
            with provenance(time=time):
                given += called_within(self.layer, self.layer.base_name, inputs[:, time], context, (None,))
        return stack(given, 1)


def _of_a_step(inputs: TensorType) -> TensorType:
    """Return the type of one step of sequences.

    Raises:
        ShapeError: they have no time axis, nothing behind it, or no step.
    """
    if inputs.rank < 3 or not inputs.shape[1]:
        raise ShapeError(
            f"TimeDistributed: got inputs of shape {shape_text(inputs.shape)}, expected "
            "(batch, time, features, ...) with at least one step; for steps of one feature add the axis: "
            "x[..., None]."
        )
    return inputs.with_shape((inputs.shape[0], *inputs.shape[2:]))
