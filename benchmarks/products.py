"""Matrix products of the native engine, as a share of one core's peak, on one thread and on two.

Each product is a step of a training loop in machine code whose new state is A B: what is timed is the product
and the loop, without Python. A peak is measured next to each product. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from peak import Peak
from tiza.engines.engine import Rows, StepLayout
from tiza.engines.native.engine import NativeEngine
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.contraction import einsum

SINGLE = as_dtype("float32")
SHAPES = {
    "(128,512,512)": (128, 512, 512, False),
    "(128,784,128)": (128, 784, 128, False),
    "(784,128,128), A transposed": (784, 128, 128, True),
}


class Product:
    """C = A B, rows x inner x columns; `transposed`: A is stored with its rows as columns."""

    def __init__(self, rows: int, inner: int, columns: int, transposed: bool) -> None:
        self.operations = 2 * rows * inner * columns
        shape = (inner, rows) if transposed else (rows, inner)
        generator = np.random.default_rng(0)
        self.a = generator.random(shape, dtype=np.float32)
        self.b = generator.random((inner, columns), dtype=np.float32)
        self.state = [np.zeros((rows, columns), np.float32)]
        self.pattern = "km,kn->mn" if transposed else "mk,kn->mn"
        # not by a call of BLAS, whose threads would go on looking for work beside what is timed
        self.expected = np.einsum(self.pattern, self.a, self.b)
        types = [TensorType(one.shape, SINGLE) for one in (self.state[0], np.zeros((1, 1)), self.a, self.b)]
        old, unused, a, b = (input_node(name, one) for name, one in zip("cxab", types, strict=True))
        new = einsum(self.pattern, Tensor(a), Tensor(b)).node
        outputs = (new, constant(0.0, SINGLE).node)
        self.program = NativeEngine().compile(Graph((old, unused, a, b), outputs), StepLayout(1, 1))

    def seconds(self, threads: int, steps: int) -> float:
        """Return the time of one product, of `steps` one after another."""
        rows, blocks = Rows(np.arange(steps)[None], 1), (np.zeros((steps, 1), np.float32),)
        engine = NativeEngine(threads)
        session = engine.session({1: self.program}, self.state, blocks, (self.a, self.b))
        start = time.perf_counter()
        done = session.run(rows, 0, 3600.0)
        taken = time.perf_counter() - start
        assert np.allclose(done.state[0], self.expected, rtol=1e-4), "the product is wrong"
        return taken / steps


def measure(repeats: int, milliseconds: float) -> dict[str, dict[str, list[float]]]:
    """Return, by shape, operations a second of the peak and of each product, on one thread and on two."""
    peak = Peak()
    found = {}
    for name, shape in SHAPES.items():
        product = Product(*shape)
        steps = max(2, int(milliseconds * 1e-3 / product.seconds(1, 20)))
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
