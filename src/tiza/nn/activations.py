"""Activations: functions from what a unit receives to what it sends, with formulas and derivatives.

A row of `RECORDS` states everything once. Formulas are texts that `tiza.calculus.expression` reads, in
terms of x, the input. Softmax and its logarithm look along an axis; there s is the sum of exp(x) over the
axis, y the input of the unit that the derivative is taken with respect to, and d is 1 if that is the same
unit, else 0.

A derivative that does not exist at a point has a value all the same, which a network trains with: that of
relu at 0 is 0. The record states them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from tiza.calculus.expression import Expression, parse_expression
from tiza.graph.tensor import Tensor, TensorLike, as_tensor, constant
from tiza.nn.registry import find
from tiza.ops.axes import normalize_axis
from tiza.ops.composite import log_softmax, relu, softmax
from tiza.ops.elementwise import (
    arctan,
    cast,
    erf,
    exp,
    expm1,
    identity,
    maximum,
    minimum,
    sigmoid,
    softplus,
    tanh,
    where,
)
from tiza.ops.layout import broadcast_to, expand_dims
from tiza.ops.reduction import max as maximum_over
from tiza.ops.reduction import sum as total

ActivationFunction: TypeAlias = Callable[[Tensor], Tensor]


def binary_step(x: TensorLike) -> Tensor:
    """Return 1 where x >= 0, else 0; its derivative is 0, so what feeds it does not learn."""
    value = as_tensor(x)
    return cast(value >= 0.0, value.dtype)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Return x where x > 0, else `negative_slope` x; Maas, Hannun and Ng (2013)."""
    value = as_tensor(x)
    return where(value > 0.0, value, negative_slope * value)


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Return x where x > 0, else alpha (exp(x) - 1); Clevert, Unterthiner and Hochreiter (2016)."""
    value = as_tensor(x)
    # the minimum keeps exp from overflowing in the branch that is not taken
    return where(value > 0.0, value, alpha * expm1(minimum(value, 0.0)))


SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def selu(x: TensorLike) -> Tensor:
    """Return 1.0507... elu(x, 1.6732...); Klambauer et al. (2017)."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """Return x P(X <= x) for X of N(0, 1), or its approximation by tanh; Hendrycks and Gimpel (2016)."""
    value = as_tensor(x)
    if approximate:
        inner = math.sqrt(2.0 / math.pi) * (value + 0.044715 * value**3)
        return value * (1.0 + tanh(inner)) * 0.5
    return value * (1.0 + erf(value * math.sqrt(0.5))) * 0.5


def silu(x: TensorLike) -> Tensor:
    """Return x / (1 + exp(-x)), also called swish; Elfwing, Uchibe and Doya (2018)."""
    value = as_tensor(x)
    return value * sigmoid(value)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """Return x / 6 + 1/2, limited to [0, 1]; Keras 3's and PyTorch's slope."""
    return minimum(1.0, maximum(0.0, as_tensor(x) / 6.0 + 0.5))


def hard_tanh(x: TensorLike) -> Tensor:
    """Return x limited to [-1, 1]."""
    return minimum(1.0, maximum(-1.0, as_tensor(x)))


def hard_silu(x: TensorLike) -> Tensor:
    """Return x hard_sigmoid(x), also called hard swish; Howard et al. (2019)."""
    value = as_tensor(x)
    return value * hard_sigmoid(value)


def relu6(x: TensorLike) -> Tensor:
    """Return x limited to [0, 6]."""
    return minimum(6.0, maximum(0.0, as_tensor(x)))


def softsign(x: TensorLike) -> Tensor:
    """Return x / (1 + |x|)."""
    value = as_tensor(x)
    return value / (1.0 + abs(value))


def exponential(x: TensorLike) -> Tensor:
    """Return exp(x)."""
    return exp(x)


@dataclass(frozen=True)
class ActivationRecord:
    """What is known of an activation.

    Attributes:
        name: its name.
        function: from traced values to traced values of the same shape.
        formula: the value, as text.
        derivative_formula: the derivative, as text.
        kinks: points where the derivative does not exist, with the value it is given there.
        other_names: further names, as Keras has them.
        arguments: arguments of the function that this row is about, where they are not the defaults.
        along_axis: whether a result depends on the other values along an axis.

    Example:
        >>> import tiza as tz
        >>> row = tz.activations.record("relu")
        >>> row.formula, row.derivative_formula, row.kinks
        ('max(0, x)', 'max(0, sign(x))', {0.0: 0.0})
        >>> tz.evaluate(row.derivative([-1.0, 0.0, 2.0]))
        array([0., 0., 1.])
    """

    name: str
    function: Callable[..., Tensor]
    formula: str
    derivative_formula: str
    kinks: Mapping[float, float] = field(default_factory=dict)
    other_names: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    along_axis: bool = False

    @cached_property
    def _expression(self) -> Expression:
        return parse_expression(self.formula)

    @cached_property
    def _derivative(self) -> Expression:
        return parse_expression(self.derivative_formula)

    def apply(self, x: TensorLike) -> Tensor:
        """Return the function of x with this row's arguments."""
        return self.function(x, **self.arguments)

    def by_formula(self, x: TensorLike) -> Tensor:
        """Return the value that the formula's text gives, worked out in float64; along the last axis."""
        value = as_tensor(x)
        return _worked_out(self._expression, self._quantities(value), value)

    def derivative(self, x: TensorLike) -> Tensor:
        """Return the derivative at x, worked out in float64 from its formula.

        Shapes: that of x; for functions along the last axis of `(..., n)`, the matrix `(..., n, n)` of the
        derivatives of result j with respect to input k.
        """
        value = as_tensor(x)
        if not self.along_axis:
            return _worked_out(self._derivative, {"x": cast(value, "float64")}, value)
        known = self._quantities(value)
        column, row = (expand_dims(known["x"], axis) for axis in (-1, -2))
        size = value.shape[-1]
        quantities = {
            "x": column,
            "y": row,
            "s": expand_dims(known["s"], -1),
            "d": constant(np.eye(size)),
        }
        return _worked_out(
            self._derivative, quantities, broadcast_to(expand_dims(value, -1), (*value.shape, size))
        )

    def _quantities(self, value: Tensor) -> dict[str, Tensor]:
        x = cast(value, "float64")
        if not self.along_axis:
            return {"x": x}
        at = normalize_axis(-1, x.ndim)
        # the formulas do not change when one number is taken from every input
        shifted = x - maximum_over(x, at, keepdims=True)
        return {"x": shifted, "s": total(exp(shifted), at, keepdims=True)}


def _worked_out(formula: Expression, quantities: Mapping[str, Tensor], like: Tensor) -> Tensor:
    """Return a formula of float64 values in the shape and dtype of `like`."""
    result = formula(*(quantities[name] for name in formula.names))
    return cast(broadcast_to(cast(result, "float64"), like.shape), like.dtype)


_POSITIVE = "max(0, sign(x))"
"""1 where x > 0, else 0."""

RECORDS: tuple[ActivationRecord, ...] = (
    ActivationRecord("identity", identity, "x", "1", other_names=("linear",)),
    ActivationRecord("binary_step", binary_step, "floor(1 + sign(x)/2)", "0", {0.0: 0.0}),
    ActivationRecord("sigmoid", sigmoid, "1/(1 + exp(-x))", "sigmoid(x)*(1 - sigmoid(x))"),
    ActivationRecord("tanh", tanh, "2/(1 + exp(-2*x)) - 1", "1 - tanh(x)^2"),
    ActivationRecord("arctan", arctan, "arctan(x)", "1/(x^2 + 1)"),
    ActivationRecord("relu", relu, "max(0, x)", _POSITIVE, {0.0: 0.0}),
    ActivationRecord(
        "leaky_relu",
        leaky_relu,
        "max(0, x) + 0.2*min(0, x)",
        f"{_POSITIVE} + 0.2*(1 - {_POSITIVE})",
        {0.0: 0.2},
    ),
    ActivationRecord(
        "leaky_relu",
        leaky_relu,
        "max(0, x) + 0.01*min(0, x)",
        f"{_POSITIVE} + 0.01*(1 - {_POSITIVE})",
        {0.0: 0.01},
        arguments={"negative_slope": 0.01},
    ),
    ActivationRecord("elu", elu, "max(0, x) + exp(min(0, x)) - 1", "exp(min(0, x))"),
    ActivationRecord(
        "elu",
        elu,
        "max(0, x) + 2*(exp(min(0, x)) - 1)",
        f"{_POSITIVE} + 2*exp(min(0, x))*(1 - {_POSITIVE})",
        {0.0: 2.0},
        arguments={"alpha": 2.0},
    ),
    ActivationRecord(
        "selu",
        selu,
        f"{SELU_SCALE}*(max(0, x) + {SELU_ALPHA}*(exp(min(0, x)) - 1))",
        f"{SELU_SCALE}*({_POSITIVE} + {SELU_ALPHA}*exp(min(0, x))*(1 - {_POSITIVE}))",
        {0.0: SELU_SCALE * SELU_ALPHA},
    ),
    ActivationRecord("softplus", softplus, "log(1 + exp(x))", "1/(1 + exp(-x))"),
    ActivationRecord("softmax", softmax, "exp(x)/s", "exp(x)/s*(d - exp(y)/s)", along_axis=True),
    ActivationRecord("log_softmax", log_softmax, "x - log(s)", "d - exp(y)/s", along_axis=True),
    ActivationRecord(
        "gelu",
        gelu,
        "x*(1 + erf(x/sqrt(2)))/2",
        "(1 + erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)",
    ),
    ActivationRecord(
        "gelu",
        gelu,
        "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2",
        "(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2"
        " + x*(1 - tanh(sqrt(2/pi)*(x + 0.044715*x^3))^2)*sqrt(2/pi)*(1 + 0.134145*x^2)/2",
        arguments={"approximate": True},
    ),
    ActivationRecord(
        "silu", silu, "x/(1 + exp(-x))", "sigmoid(x)*(1 + x*(1 - sigmoid(x)))", other_names=("swish",)
    ),
    ActivationRecord(
        "hard_sigmoid",
        hard_sigmoid,
        "max(0, min(1, x/6 + 0.5))",
        "max(0, sign(3 - abs(x)))/6",
        {-3.0: 0.0, 3.0: 0.0},
    ),
    ActivationRecord(
        "hard_tanh", hard_tanh, "max(-1, min(1, x))", "max(0, sign(1 - abs(x)))", {-1.0: 0.0, 1.0: 0.0}
    ),
    ActivationRecord(
        "hard_silu",
        hard_silu,
        "x*max(0, min(1, x/6 + 0.5))",
        "max(0, min(1, x/6 + 0.5)) + x*max(0, sign(3 - abs(x)))/6",
        {-3.0: 0.0, 3.0: 1.0},
        other_names=("hard_swish",),
    ),
    ActivationRecord(
        "relu6", relu6, "min(6, max(0, x))", f"{_POSITIVE}*max(0, sign(6 - x))", {0.0: 0.0, 6.0: 0.0}
    ),
    ActivationRecord("softsign", softsign, "x/(1 + abs(x))", "1/(1 + abs(x))^2"),
    ActivationRecord("exponential", exponential, "exp(x)", "exp(x)"),
)
"""Every activation; a name with other arguments has a further row."""

_BY_NAME: dict[str, ActivationRecord] = {
    name: one for one in RECORDS if not one.arguments for name in (one.name, *one.other_names)
}
ACTIVATIONS: dict[str, ActivationFunction] = {name: one.function for name, one in _BY_NAME.items()}


def record(name: str) -> ActivationRecord:
    """Return what is known of the activation of this name.

    Raises:
        NameNotFoundError: no activation has that name.
    """
    return find("activation", name, _BY_NAME)


def activation(name_or_function: str | ActivationFunction | None) -> ActivationFunction:
    """Return an activation by name, or the function itself; None is the identity.

    Raises:
        NameNotFoundError: no activation has that name.

    Example:
        >>> activation("relu").__name__
        'relu'
    """
    if name_or_function is None:
        return identity
    if callable(name_or_function):
        return name_or_function
    return find("activation", name_or_function, ACTIVATIONS)


def activation_name(function: ActivationFunction) -> str:
    """Return the name of an activation."""
    return getattr(function, "__name__", type(function).__name__)
