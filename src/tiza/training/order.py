"""The order in which rows are read: a permutation that follows from the seed and the step it starts at."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.ops.random import bits, key

Array = np.ndarray[Any, Any]


def shuffled_order(seed: int, iteration: int, rows: int) -> Array:
    """Return a permutation of 0..rows-1; the same seed and iteration give the same one on every machine.

    Rows are sorted by 64 random bits each, so ties practically do not happen (and are broken by position).

    Example:
        >>> shuffled_order(0, 0, 5).tolist() == shuffled_order(0, 0, 5).tolist()
        True
    """
    stream = key(seed).fold_in_text("order").fold_in(iteration)
    words = [bits(stream, (rows,), word=word).node for word in (0, 1)]
    low, high = evaluate_graph(Graph((), tuple(words)), ())
    return np.argsort(low.astype("uint64") << np.uint64(32) | high, kind="stable").astype("int64")
