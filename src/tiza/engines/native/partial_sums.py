"""Partial sums: a product over all samples is made for a few at a time, where they were just computed.

The gradient of a convolution's kernel is such a product. Each few samples have a sum of their own, and a
kernel adds those up: threads can take samples without the sums depending on who takes which.
"""

from __future__ import annotations

from collections.abc import Sequence

from tiza.engines.engine import Samples
from tiza.engines.native.affine import Affine, counter, row_major
from tiza.engines.native.expression import Load
from tiza.engines.native.kernels import Kernel, Loop, Place, size_in_bytes
from tiza.engines.native.phases import is_own_row
from tiza.engines.native.strips import LARGE_SAMPLE
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import tile_of
from tiza.graph.node import input_node
from tiza.graph.tensor_type import TensorType

GROUP = 4
"""Samples of a partial sum."""

MOST_BYTES = 2**16
"""Bytes of a partial sum up to which it stays near beside the samples."""


def with_partial_sums(kernels: Sequence[Kernel | Loop], target: Target) -> list[Kernel | Loop]:
    """Return kernels of which those that sum products of large samples do so for a few at a time."""
    found: list[Kernel | Loop] = []
    for kernel in kernels:
        if isinstance(kernel, Kernel) and _is_sum_of_large_samples(kernel, target):
            found += _in_two(kernel)
        else:
            found.append(kernel)
    return found


def _is_sum_of_large_samples(kernel: Kernel, target: Target) -> bool:
    samples = kernel.samples
    if kernel.reduced[:1] != (samples.count,) or samples.usual < 2 * GROUP or kernel.beside is not None:
        return False
    if tile_of(kernel, target) is None or kernel.head is None or kernel.head in kernel.parts:
        return False
    if size_in_bytes(kernel.head) > MOST_BYTES:
        return False
    product = _in_groups(kernel)
    operands = dict.fromkeys(load.buffer for load in product.loads)
    of_a_sample = sum(map(size_in_bytes, operands)) // samples.count
    alike = all(is_own_row(product, load.buffer, load.place, load.conditions) for load in product.loads)
    return alike and of_a_sample >= LARGE_SAMPLE


def _in_groups(kernel: Kernel) -> Kernel:
    """Return a kernel's sum alone, made for each group of samples."""
    return Kernel(
        kernel.shape, kernel.reduced, "sum", kernel.head, kernel.body, samples=kernel.samples, group=GROUP
    )


def _in_two(kernel: Kernel) -> tuple[Kernel, Kernel]:
    """Return the kernel that makes the partial sums, and the one that adds them up and goes on."""
    head = kernel.head
    assert head is not None
    first = _in_groups(kernel)
    sums = Samples(first.groups, -(-kernel.samples.usual // GROUP))
    dtype = head.tensor_type.dtype
    partial = input_node("partial sums", TensorType((sums.count, *kernel.shape), dtype))
    own = [*map(counter, range(len(kernel.shape)))]
    first.parts = {head: Place(partial, row_major(own, kernel.shape))}
    place: Affine = row_major([counter(len(own)), *own], partial.tensor_type.shape)
    body = Load(partial, place, (), dtype)
    second = Kernel(
        kernel.shape, (sums.count,), "sum", head, body, kernel.values, parts=kernel.parts, samples=sums
    )
    return first, second
