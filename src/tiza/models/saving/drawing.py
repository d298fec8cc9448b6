"""A network's drawing as JSON, and back: inputs, layers, and which layer is called on what.

Values have numbers: the inputs come first, then what each call gives, which may be several.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from tiza.errors import ModelError
from tiza.models.saving.refusing import REMEDY, fields_of, list_of, number_of, text_of, yes_or_no_of
from tiza.models.saving.values import Json, decode_part, encode
from tiza.nn.connection import Connection, Input, Result, Scope, Symbol, call_of, in_order
from tiza.nn.layer import Layer
from tiza.nn.network import Network

Drawing: TypeAlias = tuple[tuple[Input, ...], tuple[Symbol, ...]]

MOST_CALLS = 10_000
"""Calls of layers that a file may hold."""

MOST_ELEMENTS = 2**40
"""Elements that a sample may have."""


def encode_drawing(network: Network) -> Json:
    """Return how a network is drawn, as JSON.

    Raises:
        ModelError: a layer is not Tiza's own; it is named by its path.
    """
    inputs, outputs = network.drawing
    connections = [one for one in in_order(outputs) if isinstance(one, Connection)]
    if len(connections) > MOST_CALLS:
        raise ModelError(f"network: got {len(connections)} calls of layers, expected at most {MOST_CALLS}.")
    numbers = _value_numbers(inputs, connections)
    scopes = {id(scope): scope for one in connections for scope in one.scopes}
    layers = {id(one.layer): one.layer for one in connections}
    scope_numbers, layer_numbers = _numbered(scopes), _numbered(layers)
    paths = {id(one.layer): one.path for one in network.layers}
    return {
        "inputs": [_encode_input(one) for one in inputs],
        "layers": [encode(one, f"layer {paths[key]!r}") for key, one in layers.items()],
        "scopes": [one.name for one in scopes.values()],
        "calls": [
            {
                "layer": layer_numbers[id(one.layer)],
                "operands": [_number(operand, numbers) for operand in one.operands],
                "joined": one.joined,
                "scopes": [scope_numbers[id(scope)] for scope in one.scopes],
            }
            for one in connections
        ],
        "outputs": [_number(one, numbers) for one in outputs],
    }


def _value_numbers(inputs: Sequence[Input], connections: Sequence[Connection]) -> dict[int, int]:
    """Return the number of each input, and of the first value of each call."""
    numbers: dict[int, int] = {}
    taken = 0
    for one in (*inputs, *connections):
        numbers[id(one)] = taken
        taken += one.layer.results if isinstance(one, Connection) else 1
    return numbers


def _number(symbol: Symbol, numbers: Mapping[int, int]) -> int:
    return numbers[id(call_of(symbol))] + (symbol.position if isinstance(symbol, Result) else 0)


def _encode_input(given: Input) -> Json:
    document = {"shape": list(given.shape), "name": given.name}
    return document if given.batch_size is None else {**document, "batch_size": given.batch_size}


def _numbered(keys: Iterable[int]) -> dict[int, int]:
    return {key: number for number, key in enumerate(keys)}


def decode_drawing(document: Json, owner: object) -> Drawing:
    """Return inputs and outputs of the network that JSON describes, drawn anew.

    Args:
        document: the JSON.
        owner: the model that will have the weights, those of the models within it too.

    Raises:
        ModelError: it is nothing that `encode_drawing` makes; whatever else a layer's constructor raises.
    """
    names = ("inputs", "layers", "scopes", "calls", "outputs")
    given, parts, named, calls, results = (
        list_of(one, f"network: {name}")
        for name, one in zip(names, fields_of(document, "network", *names), strict=True)
    )
    inputs = tuple(_decode_input(one, f"input {number}") for number, one in enumerate(given))
    layers = [decode_part(one, f"layer {number}", Layer) for number, one in enumerate(parts)]
    scopes = [Scope(text_of(one, f"scope {number}"), owner) for number, one in enumerate(named)]
    if len(calls) > MOST_CALLS:
        raise ModelError(f"network: got {len(calls)} calls of layers, expected at most {MOST_CALLS}.")
    symbols: list[Symbol] = list(inputs)
    for number, one in enumerate(calls):
        call = _decode_call(one, f"call {number}", layers, scopes, symbols)
        symbols += [call, *(Result(call, position) for position in range(1, call.layer.results))]
    outputs = tuple(symbols[number_of(one, "output", len(symbols))] for one in results)
    if not inputs or not outputs:
        raise ModelError(f"network: got no {'outputs' if inputs else 'inputs'}, expected some; {REMEDY}.")
    return inputs, outputs


def _decode_input(document: Json, where: str) -> Input:
    fixed = isinstance(document, dict) and "batch_size" in document
    shape, name, *rest = fields_of(document, where, "shape", "name", *["batch_size"] * fixed)
    found = Input(list_of(shape, where), None if name is None else text_of(name, where), *rest)
    if math.prod(found.shape) > MOST_ELEMENTS:
        raise ModelError(
            f"{where}: got the shape {found.shape!r:.60}, expected at most {MOST_ELEMENTS} elements."
        )
    return found


def _decode_call(
    document: Json, where: str, layers: list[Layer], scopes: list[Scope], symbols: list[Symbol]
) -> Connection:
    layer, operands, joined, inside = fields_of(document, where, "layer", "operands", "joined", "scopes")
    chosen = tuple(symbols[number_of(one, where, len(symbols))] for one in list_of(operands, where))
    if not chosen or (len(chosen) > 1 and not joined):
        raise ModelError(
            f"{where}: got {len(chosen)} operands, expected one, or several that are joined; {REMEDY}."
        )
    return Connection(
        layers[number_of(layer, where, len(layers))],
        chosen,
        yes_or_no_of(joined, where),
        tuple(scopes[number_of(one, where, len(scopes))] for one in list_of(inside, where)),
    )
