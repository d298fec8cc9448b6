"""Connections: a network drawn before any number is known, as in x = Input((4,)); y = Dense(3)(x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from tiza.errors import ModelError
from tiza.graph.tensor_type import Shape, as_dtype
from tiza.nn.checks import whole_number
from tiza.nn.known_arguments import check_arguments

if TYPE_CHECKING:
    from tiza.nn.layer import Layer


@dataclass(frozen=True, init=False, eq=False)
class Input:
    """Shape of one sample, without the batch; a number of features stands for `(features,)`.

    Layers called on it draw a network; two inputs of one shape are two inputs.

    Args:
        shape: sizes of a sample's axes.
        name: its name.
        batch_size: samples of every batch, where a layer is stateful; None for any number.
        dtype: taken as in Keras, and changes nothing: what is read as ids stays whole, all else becomes the
            model's dtype.

    Raises:
        ModelError: a size is not a whole number of at least 1.
        DTypeError: `dtype` is none.

    Example:
        >>> Input((784,)).shape
        (784,)
    """

    shape: Shape
    name: str | None
    batch_size: int | None

    def __new__(cls, *_: object, **given: object) -> Self:
        """Return an input that is not set up yet; arguments that it does not have are refused by name."""
        check_arguments(cls, given)
        return super().__new__(cls)

    def __init__(
        self,
        shape: int | Sequence[int],
        name: str | None = None,
        batch_size: int | None = None,
        dtype: object = None,
    ) -> None:
        if dtype is not None:
            as_dtype(dtype)
        sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
        if None in sizes:
            raise ModelError(
                f"Input: shape: got {shape!r}, expected whole numbers of at least 1: sizes are fixed. Make "
                "sequences equally long with tz.data.pad_sequences, bring images to one size; the batch is "
                "left out."
            )
        object.__setattr__(self, "shape", tuple(whole_number("Input: shape", size) for size in sizes))
        object.__setattr__(self, "name", name)
        fixed = None if batch_size is None else whole_number("Input: batch_size", batch_size)
        object.__setattr__(self, "batch_size", fixed)


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
    """What a layer gives for some inputs; of a layer that gives several values, the first.

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


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """A further value that a layer gives.

    Attributes:
        connection: the layer's call, which stands for the first value.
        position: which value it is, from 1.
    """

    connection: Connection
    position: int


Symbol: TypeAlias = Input | Connection | Result


def results_of(connection: Connection) -> Any:
    """Return all values that a layer gives for some inputs: the connection itself, if it is the only one."""
    further = [Result(connection, position) for position in range(1, connection.layer.results)]
    return [connection, *further] if further else connection


def operands_of(symbol: Symbol) -> tuple[Symbol, ...]:
    """Return what a symbol is made of."""
    if isinstance(symbol, Result):
        return (symbol.connection,)
    return () if isinstance(symbol, Input) else symbol.operands


def call_of(symbol: Symbol) -> Input | Connection:
    """Return the layer's call that gives a symbol, or the input that it is."""
    return symbol.connection if isinstance(symbol, Result) else symbol


def connect(layer: Layer, inputs: object) -> Connection:
    """Return what `layer` gives for a symbol, or for a list of them.

    Raises:
        ModelError: they are no symbols.
    """
    return Connection(layer, checked_symbols(type(layer).__name__, inputs), isinstance(inputs, list | tuple))


def checked_symbols(owner: str, inputs: object) -> tuple[Symbol, ...]:
    """Return what a layer of the class `owner` is called on.

    Raises:
        ModelError: they are no symbols.
    """
    operands = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    wrong = [one for one in operands if not isinstance(one, Symbol)]
    if wrong or not operands:
        got = (
            f"{type(wrong[0]).__name__} {' '.join(repr(wrong[0]).split()):.60}" if wrong else "an empty list"
        )
        raise ModelError(
            f"{owner}: got {got}, expected tz.Input(...) or what another layer gives; numbers go through a "
            "model: model.predict(x)."
        )
    return operands


def in_order(outputs: Sequence[Symbol]) -> list[Symbol]:
    """Return the symbols that `outputs` are made of, operands before what reads them."""
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
        pending.extend((operand, False) for operand in reversed(operands_of(one)))
    return list(found.values())
