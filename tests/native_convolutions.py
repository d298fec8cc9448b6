"""Random convolutions and poolings with their gradients, for the native engine."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from tiza.calculus.reverse import gradients
from tiza.calculus.simplification import simplify
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.ops.convolution import convolution, depthwise_convolution
from tiza.ops.elementwise import tanh
from tiza.ops.pooling import average_pooling, max_pooling

Array = Any
CHANNELS = (1, 2, 3, 4, 8, 17)
FILTERS = (1, 3, 4, 16, 17, 33)
LENGTHS = (5, 6, 9, 13, 14, 20)
WINDOWS = (1, 2, 3, 3, 4, 5, 8)


def random_convolution(source: Random, samples: int | None = None) -> tuple[str, Graph, list[Array]]:
    """Return a name, a graph of a convolution or pooling with all its gradients, and inputs for it."""
    axes = source.choice((1, 2, 2))
    lengths = [source.choice(LENGTHS) for _ in range(axes)]
    sizes = [source.choice([one for one in WINDOWS if one <= length]) for length in lengths]
    strides = [source.choice((1, 2, 3)) for _ in range(axes)] if source.random() < 0.4 else [1] * axes
    padding = source.choice(("valid", "same"))
    batch = samples or source.choice((1, 2, 3, 5))
    kind = source.choice(("convolution", "convolution", "convolution", "depthwise", "max", "average"))
    channels, inner = source.choice(CHANNELS), source.random() < 0.5
    name = f"{kind} {batch}x{lengths}x{channels} {sizes} strides {strides} {padding}"
    if kind in ("max", "average"):
        pool = max_pooling if kind == "max" else average_pooling
        x = _input("x", (batch, *lengths, channels))
        return name, *_with_gradients(pool(_inside(x, inner), sizes, strides, padding), [x], source)
    dilations = [1] * axes
    if strides == dilations:
        fitting = [2 if (size - 1) * 2 < length else 1 for size, length in zip(sizes, lengths, strict=True)]
        dilations = fitting if source.random() < 0.3 else dilations
    groups = source.choice((1, 1, 1, 2)) if kind == "convolution" else 1
    x = _input("x", (batch, *lengths, channels * groups))
    if kind == "convolution":
        kernel = _input("kernel", (*sizes, channels, source.choice(FILTERS) * groups))
        result = convolution(_inside(x, inner), kernel, strides, padding, dilations, groups)
    else:
        kernel = _input("kernel", (*sizes, channels, source.choice((1, 2))))
        result = depthwise_convolution(_inside(x, inner), kernel, strides, padding, dilations)
    name += f" dilations {dilations} groups {groups} kernel {kernel.shape}"
    return name, *_with_gradients(result, [x, kernel], source)


def convolution_graph(x: Shape, kernel: Shape, seed: int, **options: Any) -> tuple[Graph, list[Array]]:
    """Return a graph of a convolution with its gradients, and inputs for it."""
    images, filters = _input("x", x), _input("kernel", kernel)
    return _with_gradients(convolution(images, filters, **options), [images, filters], Random(seed))


def activated_graph(x: Shape, kernel: Shape, seed: int, **options: Any) -> tuple[Graph, list[Array]]:
    """Return a graph of tanh of a convolution with its gradients, and inputs for it."""
    images, filters = _input("x", x), _input("kernel", kernel)
    return _with_gradients(tanh(convolution(images, filters, **options)), [images, filters], Random(seed))


def pooling_graph(pool: Any, x: Shape, window: Shape) -> tuple[Graph, list[Array]]:
    """Return a graph of a pooling with its gradient, windows side by side, and inputs for it."""
    images = _input("x", x)
    return _with_gradients(pool(images, window, window), [images], Random(0))


def _input(name: str, shape: Shape) -> Tensor:
    return Tensor(input_node(name, TensorType(tuple(shape), as_dtype("float32"))))


def _inside(x: Tensor, inner: bool) -> Tensor:
    """Return x, or a value that is computed from it."""
    return tanh(x) if inner else x


def _with_gradients(result: Tensor, operands: list[Tensor], source: Random) -> tuple[Graph, list[Array]]:
    inputs = [one.node for one in operands]
    seed = _input("seed", result.shape)
    value, found = gradients(result.node, inputs, seed)
    outputs = (value, *(one.node for one in found if one is not None))
    graph = simplify(Graph((*inputs, seed.node), outputs)).graph
    generator = np.random.default_rng(source.randrange(2**32))
    return graph, [generator.normal(size=node.tensor_type.shape).astype("float32") for node in graph.inputs]
