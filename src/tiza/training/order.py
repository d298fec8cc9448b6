"""The order in which rows are read: a permutation that follows from the seed and the step it starts at."""

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
from tiza.ops.random import Key, bits

Array = np.ndarray[Any, Any]


def shuffled_order(seed: int, iteration: int, rows: int, engine: Engine) -> Array:
    """Return a permutation of 0..rows-1; the same seed and iteration give the same one on every machine.

    Rows are sorted by random bits (64 less those that tell rows apart), so ties practically do not happen;
    position breaks them.

    Example:
        >>> from tiza.engines.reference.engine import ReferenceEngine
        >>> shuffled_order(0, 0, 5, ReferenceEngine()).tolist()
        [4, 1, 0, 2, 3]
    """
    program = _bits_of_rows(rows, engine.name, engine.compile)
    words = [np.asarray(word, "uint32") for word in (seed % 2**32, seed // 2**32, iteration)]
    low, high = engine.run(program, words)
    places = np.uint64((1 << max(rows - 1, 1).bit_length()) - 1)
    keys = (low.astype("uint64") << np.uint64(32)) | high
    # the row stands in the lowest bits: sorting the keys is faster than sorting rows by their keys
    keys = (keys & ~places) | np.arange(rows, dtype="uint64")
    keys.sort()
    order: Array = (keys & places).astype("int64")
    return order


@lru_cache(maxsize=8)
def _bits_of_rows(rows: int, _engine: str, compile_: Callable[[Graph], Any]) -> Any:
    """Return the program from the words of the seed and the iteration to two words of bits a row."""
    word = TensorType((), as_dtype("uint32"))
    low, high, iteration = (Tensor(input_node(name, word)) for name in ("low", "high", "iteration"))
    stream = Key(low, high).fold_in_text("order").fold_in(iteration)
    nodes = tuple(bits(stream, (rows,), word=place).node for place in (0, 1))
    return compile_(Graph((low.node, high.node, iteration.node), nodes))
