"""What an exercise may be made of: tables of kinds, activations, losses and optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiza.blackboard.expressions import (
    ONE,
    ZERO,
    Call,
    Element,
    Expression,
    Power,
    Reference,
    add,
    divide,
    multiply,
    negative,
    number,
)
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance
from tiza.graph.tensor_type import tensor_type
from tiza.language import translatable
from tiza.nn.losses.registry import ALIASES
from tiza.nn.registry import find
from tiza.optimizers.adagrad import Adagrad
from tiza.optimizers.adam import Adam
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rmsprop import RMSprop
from tiza.optimizers.sgd import SGD

FORWARD, BACKWARD, UPDATE, LOSS, COUNT = "forward", "backward", "update", "loss", "count"
KINDS: Mapping[str, str] = {
    FORWARD: translatable("forward pass"),
    BACKWARD: translatable("backpropagation"),
    UPDATE: translatable("one training step"),
    LOSS: translatable("the loss"),
    COUNT: translatable("number of parameters"),
}
"""Name of each kind, to be translated."""
STEPS = (FORWARD, BACKWARD, UPDATE)
"""Kinds that are about a step of a network."""

# activations

ARGUMENT = Reference(Element(input_node("z", tensor_type(0.0), Provenance()), ()))
"""What an activation is taken of, in a formula."""
_MINUS_EXP = Call("exp", (negative(ARGUMENT),))
_POSITIVE = Call("max", (ZERO, ARGUMENT))
_NEGATIVE = Call("min", (ZERO, ARGUMENT))


@dataclass(frozen=True)
class ActivationPart:
    """An activation that is worked out by hand.

    Attributes:
        formula: of `ARGUMENT`.
        most: sizes of z beyond it are not asked for: the unit would be saturated.
        is_kinked: whether some units are to be on and others off.
    """

    formula: Expression
    most: float
    is_kinked: bool = False


ACTIVATIONS: Mapping[str, ActivationPart] = {
    "tanh": ActivationPart(Call("tanh", (ARGUMENT,)), 1.6),
    "sigmoid": ActivationPart(divide(ONE, add(ONE, _MINUS_EXP)), 2.6),
    "relu": ActivationPart(_POSITIVE, 4.0, is_kinked=True),
    "leaky_relu": ActivationPart(add(_POSITIVE, multiply(number(0.2), _NEGATIVE)), 4.0, is_kinked=True),
    "elu": ActivationPart(add(_POSITIVE, Call("exp", (_NEGATIVE,)), negative(ONE)), 3.0, is_kinked=True),
    "softplus": ActivationPart(Call("log", (add(ONE, Call("exp", (ARGUMENT,))),)), 3.0),
    "silu": ActivationPart(divide(ARGUMENT, add(ONE, _MINUS_EXP)), 3.0),
    "arctan": ActivationPart(Call("arctan", (ARGUMENT,)), 2.0),
    "linear": ActivationPart(ARGUMENT, 4.0),
}
"""Activations of hidden units, by name."""
LINEAR, SOFTMAX = "linear", "softmax"
OUTPUTS: Mapping[str, float] = {LINEAR: 5.0, "sigmoid": 2.6, "tanh": 1.6, SOFTMAX: 2.6}
"""Activations of the output, each with the largest size of z."""

# losses

Pairs = Sequence[tuple[Expression, Expression]]
"""Output and target of each unit."""


def _difference(pair: tuple[Expression, Expression]) -> Expression:
    return add(pair[0], negative(pair[1]))


def _squares(pairs: Pairs) -> Expression:
    return add(*(Power(_difference(one), number(2)) for one in pairs))


def _half_squares(pairs: Pairs) -> Expression:
    return multiply(number(0.5), _squares(pairs))


def _mean_squares(pairs: Pairs) -> Expression:
    return divide(_squares(pairs), number(len(pairs)))


def _mean_sizes(pairs: Pairs) -> Expression:
    return divide(add(*(Call("abs", (_difference(one),)) for one in pairs)), number(len(pairs)))


def _binary(pairs: Pairs) -> Expression:
    terms = []
    for output, target in pairs:
        yes = multiply(target, Call("log", (output,)))
        no = multiply(add(ONE, negative(target)), Call("log", (add(ONE, negative(output)),)))
        terms.append(add(yes, no))
    return negative(divide(add(*terms), number(len(pairs))))


def _categorical(pairs: Pairs) -> Expression:
    return negative(add(*(multiply(target, Call("log", (output,))) for output, target in pairs)))


@dataclass(frozen=True)
class LossPart:
    """A loss that is worked out by hand.

    Attributes:
        formula: of the outputs and targets of one sample.
        term: what one output adds, as a text with `{p}` for the output and `{t}` for the target.
        outputs: the activations that it reads, the usual one first.
        means: whether it averages over outputs.
        adds: whether samples are added up, not averaged.
        is_differentiated: whether backpropagation is asked for with it.
    """

    formula: Callable[[Pairs], Expression]
    term: str
    outputs: tuple[str, ...] = (LINEAR, "sigmoid", "tanh")
    means: bool = False
    adds: bool = False
    is_differentiated: bool = True

    @property
    def is_of_classes(self) -> bool:
        """Whether targets are 0 or 1."""
        return self.outputs[0] != LINEAR


_BINARY_TERM = "-({t}*ln({p}) + (1 - {t})*ln(1 - {p}))"
LOSSES: Mapping[str, LossPart] = {
    "quadratic": LossPart(_half_squares, "0.5*({p} - {t})^2"),
    "half_squared_error": LossPart(_half_squares, "0.5*({p} - {t})^2", adds=True),
    "sum_squared_error": LossPart(_squares, "({p} - {t})^2", adds=True),
    "mean_squared_error": LossPart(_mean_squares, "({p} - {t})^2", means=True),
    "mean_absolute_error": LossPart(_mean_sizes, "abs({p} - {t})", means=True, is_differentiated=False),
    "binary_crossentropy": LossPart(_binary, _BINARY_TERM, ("sigmoid",), means=True),
    "categorical_crossentropy": LossPart(_categorical, "-{t}*ln({p})", (SOFTMAX,)),
}
"""Losses by name."""
USUAL_LOSS = "quadratic"


def loss_name(name: str) -> str:
    """Return a loss's full name.

    Raises:
        NameNotFoundError: exercises have no such loss; near names are listed.

    Example:
        >>> loss_name("mse")
        'mean_squared_error'
    """
    full = ALIASES.get(name.lower(), name)
    find("loss", full, LOSSES)
    return full


# optimizers


@dataclass(frozen=True)
class OptimizerPart:
    """An optimizer that is worked out by hand.

    Attributes:
        make: the optimizer for a learning rate.
        rates: learning rates to choose from.
        slots: what it keeps of a weight, each with the sizes to choose from.
        signed: slots that may be negative.
        counts: whether the number of the step matters.
        told: its constants, as they are written: name and number.
    """

    make: Callable[[float], Optimizer]
    rates: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5)
    slots: Mapping[str, tuple[float, ...]] | None = None
    signed: frozenset[str] = frozenset()
    counts: bool = False
    told: tuple[tuple[str, float], ...] = ()

    @property
    def kept(self) -> Mapping[str, tuple[float, ...]]:
        """What it keeps of a weight; nothing in plain gradient descent."""
        return self.slots or {}


_HUNDREDTHS = tuple(at / 100 for at in (2, 3, 4, 5, 6, 8, 12, 15, 16, 18, 24, 25, 32, 35))
_TENTHS = tuple(at / 10 for at in range(2, 10))

OPTIMIZERS: Mapping[str, OptimizerPart] = {
    "sgd": OptimizerPart(SGD),
    "momentum": OptimizerPart(
        lambda rate: SGD(rate, momentum=0.8),
        slots={"velocity": _HUNDREDTHS},
        signed=frozenset(("velocity",)),
        told=(("μ", 0.8),),
    ),
    "adagrad": OptimizerPart(lambda rate: Adagrad(rate, epsilon=0.0), slots={"accumulator": _TENTHS}),
    "rmsprop": OptimizerPart(
        lambda rate: RMSprop(rate, rho=0.9, epsilon=0.0), slots={"v": _HUNDREDTHS}, told=(("ρ", 0.9),)
    ),
    "adam": OptimizerPart(
        lambda rate: Adam(rate, beta_1=0.9, beta_2=0.99, epsilon=0.0),
        slots={"m": _HUNDREDTHS, "v": _HUNDREDTHS},
        signed=frozenset(("m",)),
        counts=True,
        told=(("β₁", 0.9), ("β₂", 0.99)),
    ),
}
"""Optimizers by name. What keeps a quotient from being one by 0 is left out: the numbers do without."""
