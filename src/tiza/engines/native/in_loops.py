"""What kernels in a loop over time know of it: what is far, what comes soon, what begins as zeros."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tiza.engines.engine import Samples
from tiza.engines.native.kernels import InLoop, Kernel, Loop, Sharing, usual_bytes
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import FAR, LARGE_PRODUCT, tile_of
from tiza.engines.native.zero_states import is_zero, original
from tiza.graph.node import Node
from tiza.ops.layout import CONCATENATE
from tiza.ops.scan import ScanParts


def tell_of_loop(
    kernels: Sequence[Kernel | Loop], scan: Node, sharing: Sharing, target: Target, samples: Samples
) -> None:
    """Let the kernels of a scan's body know what they need of it."""
    parts = ScanParts(scan)
    _, entries, _ = parts.split(parts.body.inputs)
    stacked = parts.body.outputs[parts.carries :]
    read, written = (
        frozenset(one for one in ends if parts.length * usual_bytes(one.tensor_type, samples) >= FAR)
        for ends in (entries, stacked)
    )
    zeros = {one for one, at_first in zip(parts.body.inputs, scan.inputs, strict=True) if is_zero(at_first)}
    zeros &= {*parts.body.inputs[: parts.carries]}
    plain = [one for one in kernels if isinstance(one, Kernel)]
    asking = _asking(plain, target) if sharing is Sharing.ROWS else None
    for kernel in plain:
        soon = _soon(plain, kernel, read | written) if kernel is asking else ()
        kernel.in_loop = InLoop(read, soon, _first_terms(kernel, zeros, target))


def _asking(kernels: Sequence[Kernel], target: Target) -> Kernel | None:
    """Return the product of rows that has the time to ask for what others touch, if there is one."""
    products = [
        one
        for one in kernels
        if len(one.shape) == 2
        and one.shape[0] == one.samples.count
        and not one.portion
        and one.products >= LARGE_PRODUCT
        and tile_of(one, target) is not None
    ]
    return max(products, key=lambda one: one.products, default=None)


def _soon(kernels: Sequence[Kernel], asking: Kernel, far: Collection[Node]) -> tuple[tuple[Node, int], ...]:
    """Return what the other kernels touch of sequences, in this step or, if they run before, in the next."""
    found: dict[Node, int] = {}
    steps = 1
    for kernel in kernels:
        if kernel is asking:
            steps = 0
            continue
        for node in (*(load.buffer for load in kernel.loads), *kernel.written):
            if node in far and node.tensor_type.shape[:1] == asking.shape[:1]:
                found.setdefault(node, steps)
    return tuple(found.items())


def _first_terms(kernel: Kernel, zeros: Collection[Node], target: Target) -> int | None:
    """Return how many terms a product has in the first step, where `zeros` are; None if it has all."""
    tile = tile_of(kernel, target)
    if tile is None or kernel.portion or len(kernel.reduced) != 1 or kernel.products < LARGE_PRODUCT:
        return None
    factors = tile.scalars.buffer
    if factors in zeros:
        return 0
    if factors.primitive is not CONCATENATE or factors.attributes["axis"] != 1:
        return None
    *others, last = factors.inputs
    return sum(one.tensor_type.shape[1] for one in others) if original(last) in zeros else None
