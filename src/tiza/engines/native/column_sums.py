"""Column sums: what adds up all rows of a large value is made beside a product that reads the same rows.

The gradient of a bias is such a sum, and that of its kernel such a product: the rows are then read once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiza.engines.native.affine import Affine, counter, row_major
from tiza.engines.native.expression import Load
from tiza.engines.native.kernels import Kernel, Loop
from tiza.engines.native.lowering import Resolver, own_indices
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import FAR, tile_of
from tiza.graph.node import Node, topological_order


def sum_beside_products(
    kernels: Sequence[Kernel | Loop], stored: set[Node], target: Target
) -> list[Kernel | Loop]:
    """Return kernels of which no one sums the columns of what a product reads far away: the product does.

    What followed such a sum is a kernel of its own.
    """
    products = [kernel for kernel in kernels if isinstance(kernel, Kernel) and tile_of(kernel, target)]
    found: list[Kernel | Loop] = []
    for kernel in kernels:
        product = _product_beside(kernel, products, target) if isinstance(kernel, Kernel) else None
        if product is None:
            found.append(kernel)
            continue
        assert isinstance(kernel, Kernel)
        product.beside = kernel.head
        if kernel.values:
            found.append(_what_follows(kernel, stored))
    return found


def _product_beside(kernel: Kernel, products: Sequence[Kernel], target: Target) -> Kernel | None:
    """Return a product that reads the rows that a kernel sums, and nothing that is made of their sum."""
    if kernel.head is None or not _sums_far_columns(kernel):
        return None
    assert isinstance(kernel.body, Load)
    rows = kernel.body.buffer
    for product in products:
        tile = tile_of(product, target)
        assert tile is not None
        if product.beside is not None or len(product.shape) < 2:
            continue
        alike = tile.neighbours.buffer is rows and _is_every_row(tile.neighbours, product)
        if alike and kernel.head not in topological_order(product.made):
            return product
    return None


def _sums_far_columns(kernel: Kernel) -> bool:
    """Return whether a kernel sums the columns of a value that is not near."""
    load = kernel.body
    if kernel.reduction != "sum" or len(kernel.shape) != 1 or not isinstance(load, Load):
        return False
    if load.conditions or load.dtype.kind != "f" or kernel.head in kernel.parts:
        return False
    usual = math.prod(kernel.usual_reduced) * kernel.shape[0] * load.dtype.itemsize
    return usual >= FAR and _is_every_row(load, kernel)


def _is_every_row(load: Load, kernel: Kernel) -> bool:
    """Return whether the loops of a reduction go through all rows of what is loaded, one after another."""
    first, columns = len(kernel.shape), kernel.shape[-1]
    sizes = (*kernel.reduced, columns)
    counters = [counter(first + depth) for depth in range(len(kernel.reduced))]
    place: Affine = row_major([*counters, counter(first - 1)], sizes)
    return load.place == place and math.prod(sizes) == load.buffer.tensor_type.size


def _what_follows(kernel: Kernel, stored: set[Node]) -> Kernel:
    """Return what a kernel computes after its sum, which is in memory."""
    rest = Kernel(kernel.shape, parts=kernel.parts, samples=kernel.samples)
    for node, _ in kernel.values:
        resolver = Resolver(stored - {node}, kernel.shape, rest.made)
        rest.values.append((node, resolver.computed(node, own_indices(node.tensor_type.shape))))
    return rest
