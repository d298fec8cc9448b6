"""Convolutions of the native engine and their gradients, as a share of one core's peak, on 1 and 2 threads.

The convolution is that of 128 images of 13x13 pixels and 32 channels with 64 filters of 3x3. Each product is
a step of a training loop in machine code whose new state is the result, as in `products.py`; operations are
those of the sum that defines it. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from peak import Peak
from tiza.calculus.reverse import gradients
from tiza.calculus.simplification import simplify
from tiza.engines.engine import Rows, StepLayout
from tiza.engines.native.engine import NativeEngine
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.convolution import convolution

SINGLE = as_dtype("float32")
IMAGES, KERNEL = (128, 13, 13, 32), (3, 3, 32, 64)
NAMES = ("forward", "gradient of the images", "gradient of the kernel")


class Convolution:
    """A convolution, or one of its gradients."""

    def __init__(self, name: str) -> None:
        images, kernel = (
            input_node(one, TensorType(shape, SINGLE)) for one, shape in (("x", IMAGES), ("k", KERNEL))
        )
        result = convolution(Tensor(images), Tensor(kernel)).node
        cotangent = input_node("cotangent", result.type)
        self.operations = 2 * result.tensor_type.size * int(np.prod(KERNEL[:3]))
        new, operands = result, (images, kernel)
        if name != NAMES[0]:
            wanted, other = (images, kernel) if name == NAMES[1] else (kernel, images)
            _, (found,) = gradients(result, [wanted], Tensor(cotangent))
            assert found is not None
            new, operands = found.node, (cotangent, other)
        generator = np.random.default_rng(0)
        self.values = [generator.random(one.tensor_type.shape, np.float32) for one in operands]
        self.state = [np.zeros(new.tensor_type.shape, np.float32)]
        self.expected = evaluate_graph(Graph(operands, (new,)), self.values)[0]
        self.program = NativeEngine().compile(_step(new, operands), StepLayout(1, 1))

    def seconds(self, threads: int, steps: int) -> float:
        """Return the time of one result, of `steps` one after another."""
        rows, blocks = Rows(np.arange(steps)[None], 1), (np.zeros((steps, 1), np.float32),)
        session = NativeEngine(threads).session({1: self.program}, self.state, blocks, self.values)
        start = time.perf_counter()
        done = session.run(rows, 0, 3600.0)
        taken = time.perf_counter() - start
        assert np.allclose(done.state[0], self.expected, rtol=1e-4), "the convolution is wrong"
        return taken / steps


def _step(new: Node, operands: tuple[Node, ...]) -> Graph:
    """Return a training step whose state becomes `new`."""
    old, unused = input_node("old", new.type), input_node("row", TensorType((1, 1), SINGLE))
    return simplify(Graph((old, unused, *operands), (new, constant(0.0, SINGLE).node))).graph


def measure(repeats: int, milliseconds: float) -> dict[str, dict[str, list[float]]]:
    """Return, by name, operations a second of the peak and of each product, on one thread and on two."""
    peak = Peak()
    found = {}
    for name in NAMES:
        product = Convolution(name)
        steps = max(2, int(milliseconds * 1e-3 / product.seconds(1, 3)))
        rates: dict[str, list[float]] = {"peak": [], "1": [], "2": []}
        for _ in range(repeats):
            rates["peak"].append(peak.flops_a_second())
            for threads in (1, 2):
                rates[str(threads)].append(product.operations / product.seconds(threads, steps))
        found[name] = rates
    return found


if __name__ == "__main__":
    tiny = "tiny" in sys.argv[1:]
    print(json.dumps(measure(1, 1) if tiny else measure(9, 120)))
