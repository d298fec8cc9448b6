"""A network drawn again with other layers in the same places, under the same paths."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

from tiza.nn.activations import activation as find_activation
from tiza.nn.connection import Connection, Result, Symbol, in_order
from tiza.nn.initializers import Zeros
from tiza.nn.initializers import initializer as find_initializer
from tiza.nn.layer import Layer
from tiza.nn.layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from tiza.nn.network import Network, network_of

ACTIVATION_LAYERS = (ReLU, LeakyReLU, PReLU, ELU, Softmax)
"""Layers that are an activation, without saying so by an argument."""


def redrawn(network: Network, renewed: Callable[[str, Layer], Layer]) -> Network:
    """Return the network with each layer replaced by what `renewed` makes of its path and itself."""
    inputs, outputs = network.drawing
    layers = {id(one.layer): renewed(one.path, one.layer) for one in network.layers}
    drawn: dict[int, Symbol] = {id(one): one for one in inputs}
    for one in in_order(outputs):
        if isinstance(one, Connection):
            operands = tuple(drawn[id(operand)] for operand in one.operands)
            drawn[id(one)] = replace(one, layer=layers[id(one.layer)], operands=operands)
        elif isinstance(one, Result):
            giver = drawn[id(one.connection)]
            assert isinstance(giver, Connection)
            drawn[id(one)] = Result(giver, one.position)
    return network_of(inputs, tuple(drawn[id(one)] for one in outputs), network.dtype)


def with_activation(path: str, layer: Layer, name: str) -> Layer:
    """Return a layer with another activation; one that has none stays."""
    if isinstance(layer, ACTIVATION_LAYERS):
        return Activation(name, name=path.rpartition(".")[2])
    if not hasattr(layer, "activation"):
        return layer
    other = copy.copy(layer)
    other.activation = find_activation(name)
    return other


def with_initializer(layer: Layer, name: str) -> Layer:
    """Return a layer whose kernel starts otherwise, its bias from 0; one without a kernel stays."""
    if not hasattr(layer, "kernel_initializer"):
        return layer
    other = copy.copy(layer)
    other.kernel_initializer = find_initializer(name)
    if hasattr(layer, "bias_initializer"):
        other.bias_initializer = Zeros()  # type: ignore[attr-defined]  # it has one
    return other
