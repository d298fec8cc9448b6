"""Convolution layers: the same kernel on every patch of a signal or of an image."""

from __future__ import annotations

from collections.abc import Collection

from tiza.errors import ModelError, ShapeError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.checks import whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, LayerExample, Weight
from tiza.nn.layers.filtering import Filtering
from tiza.nn.layers.spatial import PerAxis
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.convolution import convolution


class _Convolution(Filtering):
    """What convolutions along one axis and along two share."""

    filters: int
    groups: int
    kernel_initializer: Initializer
    kernel_regularizer: Regularizer | None

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        channels = self.checked_channels(inputs)
        if channels % self.groups:
            raise ShapeError(
                f"{type(self).__name__}: got {channels} channels and groups={self.groups}, expected groups "
                "that divide the channels."
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        kernel = Weight("kernel", shape, self.kernel_initializer, regularizer=self.kernel_regularizer)
        return self.with_bias(kernel, channels=self.filters)

    def filtered(self, inputs: Tensor, context: Context) -> Tensor:
        """Return x * W."""
        return convolution(
            inputs, context["kernel"], self.strides, self.padding, self.dilation_rate, self.groups
        )

    def _checked_groups(self, groups: int) -> int:
        owner = type(self).__name__
        number = whole_number(f"{owner}: groups", groups)
        if self.filters % number:
            raise ModelError(
                f"{owner}: got filters={self.filters} and groups={groups}, expected groups that divide "
                "filters."
            )
        return number


class Conv1D(_Convolution):
    """The same kernel at every step: a = f(z), z[p,o] = sum over i, c of x[p s + i d, c] W[i,c,o] + b[o].

    Shapes: x `(batch, steps, channels)`, kernel W `(kernel_size, channels / groups, filters)`, bias b
    `(filters,)`, result `(batch, positions, filters)`; s is `strides`, d `dilation_rate`.

    Args:
        filters: number of outputs at each position.
        kernel_size: steps that each output sees.
        strides: from one position to the next.
        padding: `valid`; `same` with zeros around, ceil(steps / s) positions; `causal` with zeros before, so
            that no output sees a later step.
        data_format: None or `channels_last`.
        dilation_rate: from one step that is seen to the next.
        groups: parts of the channels that have filters of their own.
        activation: name or function; None leaves z.
        use_bias: whether there is a bias.
        kernel_initializer: first values of W.
        bias_initializer: first values of b.
        kernel_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, `groups` does not divide `filters`, strides
            and dilation are both above 1, or `data_format` is another.
        ShapeError: the inputs are not `(batch, steps, channels)`, the kernel does not fit into them, or
            `groups` does not divide the channels.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((100, 8)), tz.layers.Conv1D(16, 5, padding="causal")]).output_shape
        (None, 100, 16)
    """

    axes = 1
    paddings = ("valid", "same", "causal")
    examples = (
        LayerExample({"filters": 4, "kernel_size": 3}, ((7, 2),)),
        LayerExample({"filters": 3, "kernel_size": 4, "padding": "same", "activation": "relu"}, ((6, 2),)),
        LayerExample({"filters": 2, "kernel_size": (3,), "padding": "causal", "dilation_rate": 2}, ((8, 3),)),
        LayerExample({"filters": 2, "kernel_size": 2, "padding": "causal", "strides": 3}, ((8, 1),)),
        LayerExample({"filters": 6, "kernel_size": 3, "groups": 2, "use_bias": False}, ((5, 4),)),
        LayerExample({"filters": 2, "kernel_size": 3, "dilation_rate": (3,), "padding": "same"}, ((4, 1),)),
    )

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        strides: PerAxis = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: PerAxis = 1,
        groups: int = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
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
        self.filters = whole_number(f"{type(self).__name__}: filters", filters)
        self.groups = self._checked_groups(groups)
        self.kernel_initializer = initializer(kernel_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)


class Conv2D(_Convolution):
    """The same kernel on every patch: a = f(z), z[p,q,o] = sum x[p s + i d, q s + j d, c] W[i,j,c,o] + b[o].

    The sum goes over i, j and c. Shapes: x `(batch, height, width, channels)`, kernel W `(*kernel_size,
    channels / groups, filters)`, bias b `(filters,)`, result `(batch, positions, positions, filters)`; s is
    `strides`, d `dilation_rate`.

    Args:
        filters: number of outputs at each position.
        kernel_size: height and width of the patch that each output sees.
        strides: from one position to the next.
        padding: `valid`, or `same` with zeros around: ceil(size / s) positions an axis.
        data_format: None or `channels_last`.
        dilation_rate: from one place that is seen to the next.
        groups: parts of the channels that have filters of their own.
        activation: name or function; None leaves z.
        use_bias: whether there is a bias.
        kernel_initializer: first values of W.
        bias_initializer: first values of b.
        kernel_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, `groups` does not divide `filters`, strides
            and dilation are both above 1, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, the kernel does not fit into them,
            or `groups` does not divide the channels.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((28, 28, 1)), tz.layers.Conv2D(32, 3, activation="relu")])
        >>> model.output_shape, model.count_params()
        ((None, 26, 26, 32), 320)
    """

    axes = 2
    examples = (
        LayerExample({"filters": 4, "kernel_size": 3}, ((6, 5, 2),)),
        LayerExample({"filters": 3, "kernel_size": (3, 2), "activation": "relu"}, ((5, 5, 1),)),
        LayerExample(
            {"filters": 2, "kernel_size": (4, 3), "strides": (2, 3), "padding": "same"}, ((7, 8, 1),)
        ),
        LayerExample({"filters": 2, "kernel_size": 2, "strides": (3, 2), "use_bias": False}, ((7, 6, 2),)),
        LayerExample({"filters": 2, "kernel_size": 3, "dilation_rate": 2}, ((6, 7, 2),)),
        LayerExample(
            {"filters": 2, "kernel_size": 2, "dilation_rate": (1, 3), "padding": "same"}, ((4, 5, 2),)
        ),
        LayerExample({"filters": 6, "kernel_size": 2, "groups": 2, "activation": "tanh"}, ((4, 4, 4),)),
        LayerExample({"filters": 4, "kernel_size": 3, "groups": 4, "padding": "same"}, ((3, 4, 4),)),
        LayerExample({"filters": 2, "kernel_size": (5, 1), "strides": 2, "padding": "same"}, ((3, 4, 1),)),
    )

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        groups: int = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
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
        self.filters = whole_number(f"{type(self).__name__}: filters", filters)
        self.groups = self._checked_groups(groups)
        self.kernel_initializer = initializer(kernel_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)
