"""The order in which rows are read: a permutation an epoch, made of the seed and the step it starts at."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from tiza.engines.engine import Engine
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.elementwise import random_bits
from tiza.ops.random import Key

Array = np.ndarray[Any, Any]

BLOCK = 8192
"""Rows whose bits are made at once, so that one program serves any number of rows and epochs."""


MANY_ROWS = 2**13
"""Rows whose keys are sorted in two rounds."""


def shuffled_orders(seed: int, iterations: Array, rows: int, engine: Engine) -> Array:
    """Return a permutation of 0..rows-1 for each of `iterations`, `(epochs, rows)`.

    The same seed and iteration give the same one on every machine. Rows are sorted by random bits (64 less
    those that tell rows apart), so ties practically do not happen; position breaks them.

    Example:
        >>> import numpy as np
        >>> from tiza.engines.reference.engine import ReferenceEngine
        >>> shuffled_orders(0, np.array([0]), 5, ReferenceEngine()).tolist()
        [[4, 1, 0, 2, 3]]
    """
    places = np.uint64((1 << max(rows - 1, 1).bit_length()) - 1)
    low, high = _bits(seed, iterations, rows, engine)
    keys = low.astype("uint64")
    keys <<= np.uint64(32)
    keys |= high
    keys &= ~places
    keys = keys.reshape(-1, rows)
    # the row stands in the lowest bits: sorting the keys is faster than sorting rows by their keys
    keys |= np.arange(rows, dtype="uint64")
    keys = np.array([_sorted(one) for one in keys]) if rows >= MANY_ROWS else np.sort(keys, axis=1)
    keys &= places
    orders: Array = keys.view("int64")
    return orders


def _sorted(keys: Array) -> Array:
    """Return random keys in order.

    Sixteen bits are sorted by counting, which leaves little to do: a third of the time of one sort where
    processors are slow to store compressed vectors.
    """
    nearly = keys[np.argsort((keys >> np.uint64(48)).astype("uint16"), kind="stable")]
    nearly.sort(kind="stable")
    return nearly


def _bits(seed: int, iterations: Array, rows: int, engine: Engine) -> Array:
    """Return two words of bits for each row of each epoch, `(2, epochs * rows)`."""
    program = _bits_program(engine.name, engine.compile)
    count = len(iterations) * rows
    words = [np.asarray(word, "uint32") for word in (seed % 2**32, seed // 2**32)]
    # what stands behind the last row makes bits that nobody reads
    counters = np.zeros((2, -(-count // BLOCK) * BLOCK), "uint32")
    iteration, row = (one[:count].reshape(-1, rows) for one in counters)
    iteration[...] = iterations[:, None]
    row[...] = np.arange(rows)
    found = np.empty_like(counters)
    for start in range(0, count, BLOCK):
        part = slice(start, start + BLOCK)
        found[0, part], found[1, part] = engine.run(program, [*words, *counters[:, part]])
    return found[:, :count]


@lru_cache(maxsize=8)
def _bits_program(_engine: str, compile_: Callable[[Graph], Any]) -> Any:
    """Return the program from the words of the seed, iterations and rows to two words of bits a row."""
    word = as_dtype("uint32")
    shapes = {"low": (), "high": (), "iteration": (BLOCK,), "row": (BLOCK,)}
    low, high, iteration, row = (
        Tensor(input_node(name, TensorType(shape, word))) for name, shape in shapes.items()
    )
    stream = Key(low, high).fold_in_text("order").fold_in(iteration)
    nodes = tuple(random_bits(stream.first, stream.second, 0, row, word=place).node for place in (0, 1))
    return compile_(Graph(tuple(one.node for one in (low, high, iteration, row)), nodes))
