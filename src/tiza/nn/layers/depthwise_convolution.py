"""Convolutions that look at each channel by itself, and then, if separable, at all channels of a pixel."""

from __future__ import annotations

from collections.abc import Collection

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.checks import whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, LayerExample, Weight
from tiza.nn.layers.filtering import Filtering
from tiza.nn.layers.spatial import PerAxis
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.convolution import convolution, depthwise_convolution


class DepthwiseConv2D(Filtering):
    """Kernels for each channel alone: a = f(z), z[p,q,(c,m)] = sum x[p s + i d, q s + j d, c] W[i,j,c,m] + b.

    The sum goes over i and j. Shapes: x `(batch, height, width, channels)`, kernel W `(*kernel_size,
    channels, depth_multiplier)`, bias b `(channels * depth_multiplier,)`, result `(batch, positions,
    positions, channels * depth_multiplier)`; s is `strides`, d `dilation_rate`.

    Args:
        kernel_size: height and width of the patch that each output sees.
        strides: from one position to the next.
        padding: `valid`, or `same` with zeros around: ceil(size / s) positions an axis.
        depth_multiplier: kernels for each channel.
        data_format: None or `channels_last`.
        dilation_rate: from one place that is seen to the next.
        activation: name or function; None leaves z.
        use_bias: whether there is a bias.
        depthwise_initializer: first values of W.
        bias_initializer: first values of b.
        depthwise_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, strides and dilation are both above 1, or
            `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or the kernel does not fit.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((28, 28, 3)), tz.layers.DepthwiseConv2D(3, depth_multiplier=2)])
        >>> model.output_shape, model.count_params()
        ((None, 26, 26, 6), 60)
    """

    examples = (
        LayerExample({"kernel_size": (2, 3), "depth_multiplier": 3, "activation": "relu"}, ((4, 5, 2),)),
        LayerExample({"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}, ((5, 6, 2),)),
        LayerExample({"kernel_size": 2, "dilation_rate": (2, 1), "depth_multiplier": 2}, ((5, 4, 3),)),
    )

    def __init__(
        self,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            name=name,
            trainable=trainable,
        )
        self.depth_multiplier = whole_number("DepthwiseConv2D: depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializer(depthwise_initializer)
        self.depthwise_regularizer = regularizer(depthwise_regularizer)

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        channels = self.checked_channels(inputs)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        kernel = Weight("kernel", shape, self.depthwise_initializer, regularizer=self.depthwise_regularizer)
        return self.with_bias(kernel, channels=channels * self.depth_multiplier)

    def filtered(self, inputs: Tensor, context: Context) -> Tensor:
        """Return each channel's own sums."""
        return depthwise_convolution(
            inputs, context["kernel"], self.strides, self.padding, self.dilation_rate
        )


class SeparableConv2D(Filtering):
    """Each channel's patches by themselves, then every pixel's channels together: a = f(u V + b).

    u[p,q,(c,m)] = sum over i, j of x[p s + i d, q s + j d, c] U[i,j,c,m]. Shapes: x `(batch, height, width,
    channels)`, depthwise kernel U `(*kernel_size, channels, depth_multiplier)`, pointwise kernel V `(1, 1,
    channels * depth_multiplier, filters)`, bias b `(filters,)`, result `(batch, positions, positions,
    filters)`; s is `strides`, d `dilation_rate`. Chollet (2017).

    Args:
        filters: number of outputs at each position.
        kernel_size: height and width of the patch that each channel is seen in.
        strides: from one position to the next.
        padding: `valid`, or `same` with zeros around: ceil(size / s) positions an axis.
        data_format: None or `channels_last`.
        dilation_rate: from one place that is seen to the next.
        depth_multiplier: kernels for each channel.
        activation: name or function; None leaves u V + b.
        use_bias: whether there is a bias.
        depthwise_initializer: first values of U.
        pointwise_initializer: first values of V.
        bias_initializer: first values of b.
        depthwise_regularizer: penalty on U that is added to the loss.
        pointwise_regularizer: penalty on V.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, strides and dilation are both above 1, or
            `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or the kernel does not fit.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((28, 28, 3)), tz.layers.SeparableConv2D(8, 3)])
        >>> model.output_shape, model.count_params()
        ((None, 26, 26, 8), 59)
    """

    examples = (
        LayerExample(
            {"filters": 4, "kernel_size": (2, 3), "depth_multiplier": 2, "activation": "relu"}, ((4, 5, 2),)
        ),
        LayerExample(
            {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same", "use_bias": False}, ((5, 4, 3),)
        ),
        LayerExample({"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, ((4, 4, 2),)),
    )

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        depth_multiplier: int = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        pointwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        pointwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            name=name,
            trainable=trainable,
        )
        self.filters = whole_number("SeparableConv2D: filters", filters)
        self.depth_multiplier = whole_number("SeparableConv2D: depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializer(depthwise_initializer)
        self.pointwise_initializer = initializer(pointwise_initializer)
        self.depthwise_regularizer = regularizer(depthwise_regularizer)
        self.pointwise_regularizer = regularizer(pointwise_regularizer)

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return both kernels and the bias."""
        channels = self.checked_channels(inputs)
        depthwise = Weight(
            "depthwise_kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
        )
        pointwise = Weight(
            "pointwise_kernel",
            (1, 1, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
        )
        return self.with_bias(depthwise, pointwise, channels=self.filters)

    def filtered(self, inputs: Tensor, context: Context) -> Tensor:
        """Return u V."""
        seen = depthwise_convolution(
            inputs, context["depthwise_kernel"], self.strides, self.padding, self.dilation_rate
        )
        return convolution(mark(seen, Role.ACTIVATION, "depthwise"), context["pointwise_kernel"])
