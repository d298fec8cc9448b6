"""Connections: a network drawn before any number is known, as in x = Input((4,)); y = Dense(3)(x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tiza.errors import ModelError
from tiza.graph.tensor_type import Shape
from tiza.nn.checks import whole_number

if TYPE_CHECKING:
    from tiza.nn.layer import Layer


@dataclass(frozen=True, init=False, eq=False)
class Input:
    """Shape of one sample, without the batch; a number of features stands for `(features,)`.

    Layers called on it draw a network; two inputs of one shape are two inputs.

    Raises:
        ModelError: a size is not a whole number of at least 1.

    Example:
        >>> Input((784,)).shape
        (784,)
    """

    shape: Shape
    name: str | None

    def __init__(self, shape: int | Sequence[int], name: str | None = None) -> None:
        sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
        object.__setattr__(self, "shape", tuple(whole_number("Input: shape", size) for size in sizes))
        object.__setattr__(self, "name", name)


@dataclass(frozen=True, eq=False, slots=True)
class Scope:
    """A model that stands in another one as a part.

    Attributes:
        name: its name, under which its layers' paths stand.
        model: the model, whose weights are taken over.
    """

    name: str
    model: Any


@dataclass(frozen=True, eq=False, slots=True)
class Connection:
    """What a layer gives for some inputs.

    Attributes:
        layer: the layer.
        operands: inputs of the model, or what other layers give.
        joined: whether the layer takes them as a tuple.
        scopes: the models it is a part of, outermost first.
    """

    layer: Layer
    operands: tuple[Symbol, ...]
    joined: bool = False
    scopes: tuple[Scope, ...] = ()


Symbol: TypeAlias = Input | Connection


def connect(layer: Layer, inputs: object) -> Connection:
    """Return what `layer` gives for a symbol, or for a list of them.

    Raises:
        ModelError: they are no symbols.
    """
    joined = isinstance(inputs, list | tuple)
    operands = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    wrong = [one for one in operands if not isinstance(one, Input | Connection)]
    if wrong or not operands:
        got = (
            f"{type(wrong[0]).__name__} {' '.join(repr(wrong[0]).split()):.60}" if wrong else "an empty list"
        )
        raise ModelError(
            f"{type(layer).__name__}: got {got}, expected tz.Input(...) or what another layer gives; "
            "numbers go through a model: model.predict(x)."
        )
    return Connection(layer, operands, joined)


def in_order(outputs: Sequence[Symbol]) -> list[Symbol]:
    """Return inputs and connections that `outputs` are made of, operands before what reads them."""
    found: dict[int, Symbol] = {}
    pending = [(one, False) for one in reversed(outputs)]
    while pending:
        one, ready = pending.pop()
        if id(one) in found:
            continue
        if ready or isinstance(one, Input):
            found[id(one)] = one
            continue
        pending.append((one, True))
        pending.extend((operand, False) for operand in reversed(one.operands))
    return list(found.values())
