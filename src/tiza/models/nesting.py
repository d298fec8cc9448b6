"""Models in models: layers of one called on symbols of another, and the weights that they bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tiza.errors import ModelError
from tiza.nn.connection import Connection, Result, Scope, Symbol, in_order
from tiza.nn.network import Network, PlacedLayer
from tiza.training.state import State

if TYPE_CHECKING:
    from tiza.models.model import Model


def applied(model: Model, network: Network, name: str, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return what a model's layers give for symbols.

    Raises:
        ModelError: the model has another number of inputs.
    """
    expected = len(network.sample_shapes)
    if len(symbols) != expected:
        raise ModelError(f"{name}: got {len(symbols)} inputs, expected {expected}.")
    return _redrawn(network, symbols, (Scope(name, model),))


def on_other_inputs(network: Network, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return what a network gives for other inputs of its own, as many as it has."""
    return _redrawn(network, symbols, ())


def _redrawn(network: Network, symbols: Sequence[Symbol], scopes: tuple[Scope, ...]) -> list[Symbol]:
    inputs, outputs = network.drawing
    found: dict[int, Symbol] = {id(old): new for old, new in zip(inputs, symbols, strict=True)}
    for one in in_order(outputs):
        if isinstance(one, Connection):
            operands = tuple(found[id(operand)] for operand in one.operands)
            found[id(one)] = Connection(one.layer, operands, one.joined, (*scopes, *one.scopes))
        elif isinstance(one, Result):
            giver = found[id(one.connection)]
            assert isinstance(giver, Connection)
            found[id(one)] = Result(giver, one.position)
    return [found[id(one)] for one in outputs]


def weights_of_parts(network: Network) -> State:
    """Return the weights that the models within a network have now, by their paths, in its dtype."""
    kept: State = {}
    for placed in network.layers:
        if not placed.scopes:
            continue
        model = placed.scopes[0].model
        for inner in model.network.layers:
            if inner.layer is placed.layer:
                _check_same_shapes(placed, inner)
                values = model.state
                kept |= {
                    f"{placed.path}.{weight.name}": np.asarray(
                        values[f"{inner.path}.{weight.name}"], network.dtype
                    )
                    for weight in placed.weights
                }
    return kept


def _check_same_shapes(placed: PlacedLayer, inner: PlacedLayer) -> None:
    for ours, theirs in zip(placed.weights, inner.weights, strict=True):
        if ours.shape != theirs.shape:
            raise ModelError(
                f"{placed.path}.{ours.name}: got shape {theirs.shape} from {placed.scopes[0].name!r}, "
                f"expected {ours.shape}: the model is called on samples of another shape than its own."
            )
