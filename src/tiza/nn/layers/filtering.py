"""What convolutions share: where the windows of a kernel lie, then a bias and an activation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import ClassVar

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import switch
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, Weight
from tiza.nn.layers.activation import activated
from tiza.nn.layers.spatial import (
    PerAxis,
    channels_last,
    check_fit,
    check_not_both,
    check_positions,
    checked_padding,
    per_axis,
)
from tiza.nn.regularizers import Regularizer, regularizer


class Filtering(Layer):
    """A layer whose kernels meet every window of its inputs: a = f(z), z their sum and a bias."""

    axes: ClassVar[int] = 2
    """Axes between batch and channels."""

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        *,
        kernel_size: PerAxis,
        strides: PerAxis,
        padding: str,
        data_format: str | None,
        dilation_rate: PerAxis,
        activation: str | ActivationFunction | None,
        use_bias: bool,
        bias_initializer: str | Initializer,
        bias_regularizer: str | Regularizer | None,
        name: str | None,
        trainable: bool | Collection[str],
    ) -> None:
        owner = type(self).__name__
        self.kernel_size = per_axis(owner, "kernel_size", kernel_size, self.axes)
        self.strides = per_axis(owner, "strides", strides, self.axes)
        self.padding = checked_padding(owner, padding, self.paddings)
        self.data_format = channels_last(owner, data_format)
        self.dilation_rate = per_axis(owner, "dilation_rate", dilation_rate, self.axes)
        self.activation = find_activation(activation)
        self.use_bias = switch(owner, "use_bias", use_bias)
        self.bias_initializer = initializer(bias_initializer)
        self.bias_regularizer = regularizer(bias_regularizer)
        self.name = name
        self.trainable = trainable
        check_not_both(owner, self.strides, self.dilation_rate)

    @abstractmethod
    def filtered(self, inputs: Tensor, context: Context) -> Tensor:
        """Return z before the bias, `(batch, *positions, channels)`."""

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(z)."""
        z = self.filtered(inputs, context)
        if self.use_bias:
            z = z + context["bias"]
        return activated(mark(z, Role.PRE_ACTIVATION), self.activation)

    def checked_channels(self, inputs: TensorType) -> int:
        """Return how many channels the inputs have.

        Raises:
            ShapeError: they have other axes, or a window does not fit into them.
        """
        owner = type(self).__name__
        check_positions(owner, inputs.shape, self.axes)
        check_fit(owner, "kernel_size", inputs.shape, self.kernel_size, self.padding, self.dilation_rate)
        return inputs.shape[-1]

    def with_bias(self, *kernels: Weight, channels: int) -> tuple[Weight, ...]:
        """Return the kernels, and behind them the bias of so many channels, if there is one."""
        bias = Weight("bias", (channels,), self.bias_initializer, regularizer=self.bias_regularizer)
        return (*kernels, bias) if self.use_bias else kernels
