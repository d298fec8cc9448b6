"""Strips: kernels over the same samples run for a few at a time: what one writes is near for the next.

Within a phase such kernels read of one another only rows that they compute themselves: all of them can run
for some rows before any runs for the next. It pays for large samples, beside operands that are small.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tiza.engines.engine import Samples
from tiza.engines.native.kernels import Kernel, Loop, kernel_buffers, size_in_bytes
from tiza.engines.native.phases import ANYWHERE, grain
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import tile_of
from tiza.graph.node import Node

NEAR = 2**18
"""Bytes that a processor keeps near."""

BESIDE = 2**19
"""Bytes of what every sample reads up to which a processor keeps it at hand while samples go by."""

LARGE_SAMPLE = 2**14
"""Bytes of a sample, in all that a strip reads and writes, from which on it pays."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Kernels that run together.

    Attributes:
        kernels: in the order they run.
        samples: for how many samples at a time.
    """

    kernels: tuple[Kernel, ...]
    samples: int


def in_strips(
    phase: Sequence[Kernel | Loop],
    target: Target,
    samples: Samples,
    overwritten: Mapping[Node, Node],
    alone: Kernel | None,
) -> list[Kernel | Loop | Strip]:
    """Return what runs in a phase, in order; a kernel `alone` is in no strip."""
    found: list[Kernel | Loop | Strip] = []
    strip: list[Kernel] = []
    for kernel in phase:
        if kernel is not alone and _is_of_large_samples(kernel, target, samples, overwritten):
            assert isinstance(kernel, Kernel)
            strip.append(kernel)
        elif all(_is_apart(kernel, one, overwritten) for one in strip):
            # it can as well run before
            found.append(kernel)
        else:
            found.extend(_strip_of(strip, samples))
            found.append(kernel)
            strip = []
    return [*found, *_strip_of(strip, samples)]


def handed_on(strip: Strip, kernels: Sequence[Kernel | Loop], outputs: Collection[Node]) -> list[Node]:
    """Return what nothing but a strip's kernels touch: each thread needs memory for some samples only."""
    own = set(map(id, strip.kernels))
    others = {node for kernel in kernels if id(kernel) not in own for node in _touched(kernel)}
    written = dict.fromkeys(node for kernel in strip.kernels for node in kernel.written)
    return [node for node in written if node not in others and node not in outputs]


def _is_of_large_samples(
    kernel: Kernel | Loop, target: Target, samples: Samples, overwritten: Mapping[Node, Node]
) -> bool:
    if isinstance(kernel, Loop) or kernel.shared_length != samples.count:
        return False
    if len(kernel.shape) + len(kernel.reduced) < 3:
        return False
    if not set(overwritten).isdisjoint(kernel.stores) or grain(kernel, target, False) != ANYWHERE:
        return False
    tile = tile_of(kernel, target)
    return tile is None or tile.row_axis != 0 or kernel.group > 0


def _is_apart(kernel: Kernel | Loop, other: Kernel, overwritten: Mapping[Node, Node]) -> bool:
    """Return whether neither touches what the other writes."""
    touched, others, written, others_written = (
        {overwritten.get(node, node) for node in nodes}
        for nodes in (_touched(kernel), _touched(other), kernel.written, other.written)
    )
    return written.isdisjoint(others) and others_written.isdisjoint(touched)


def _touched(kernel: Kernel | Loop) -> Sequence[Node]:
    return kernel.buffers if isinstance(kernel, Loop) else kernel_buffers(kernel)


def _strip_of(kernels: list[Kernel], samples: Samples) -> list[Kernel | Strip]:
    """Return kernels as one strip, or as they are if that does not pay."""
    buffers = dict.fromkeys(node for kernel in kernels for node in kernel_buffers(kernel))
    rows = [node for node in buffers if node.tensor_type.shape[:1] == (samples.count,)]
    at_a_time = {node: kernel.groups for kernel in kernels for node in kernel.written}
    others = sum(size_in_bytes(node) // at_a_time.get(node, 1) for node in buffers if node not in rows)
    of_a_sample = sum(size_in_bytes(node) for node in rows) // max(samples.count, 1)
    if len(kernels) < 2 or others > BESIDE or of_a_sample < LARGE_SAMPLE:
        return list(kernels)
    return [Strip(tuple(kernels), max(1, NEAR // of_a_sample))]
