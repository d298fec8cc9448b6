"""The order in which rows are read: a permutation that follows from the seed and the step it starts at."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tiza.engines.reference.program import Program, compile_graph, run_program
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.random import Key, bits

Array = np.ndarray[Any, Any]


def shuffled_order(seed: int, iteration: int, rows: int) -> Array:
    """Return a permutation of 0..rows-1; the same seed and iteration give the same one on every machine.

    Rows are sorted by 64 random bits each, so ties practically do not happen (and are broken by position).

    Example:
        >>> shuffled_order(0, 0, 5).tolist() == shuffled_order(0, 0, 5).tolist()
        True
    """
    words = [np.asarray(word, "uint32") for word in (seed % 2**32, seed // 2**32, iteration)]
    low, high = run_program(_bits_of_rows(rows), words)
    both = (low.astype("uint64") << np.uint64(32)) | high
    return np.argsort(both, kind="stable").astype("int64")


@lru_cache(maxsize=8)
def _bits_of_rows(rows: int) -> Program:
    """Return the program from the words of the seed and the iteration to two words of bits a row."""
    word = TensorType((), as_dtype("uint32"))
    low, high, iteration = (Tensor(input_node(name, word)) for name in ("low", "high", "iteration"))
    stream = Key(low, high).fold_in_text("order").fold_in(iteration)
    nodes = tuple(bits(stream, (rows,), word=place).node for place in (0, 1))
    return compile_graph(Graph((low.node, high.node, iteration.node), nodes))
