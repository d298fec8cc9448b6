"""Convolutions with 3x3 kernels, and their gradients, with fewer products, where that is faster.

    y  = A^T (V * U) A      V = B^T x B of each tile of the images, U = G kernel G^T
    dx = B (W * U) B^T      W = A dy A^T of each tile of the cotangent; tiles of dx overlap
    dU = sum of V * W       d kernel = G^T dU G

where * stands for products over filters, channels, or samples and tiles, at each point
(`minimal_filtering.py`). What several of the three read is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tiza.engines.native.minimal_filtering import both_sides, filtering, numbers, transposed
from tiza.engines.native.tiles import (
    Axis,
    at_points,
    axis_of,
    both_ways,
    from_points,
    in_a_row,
    in_tiles,
    joined_tiles,
    overlapping,
    side_by_side,
)
from tiza.graph.node import Node
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import as_dtype
from tiza.ops.contraction import CONTRACT, contract
from tiza.ops.layout import OVERLAP_ADD, PAD, WINDOWS, reshape, transpose

PLACES = 3
"""Rows and columns of the kernels that this is for."""

FILTERING = filtering(4, PLACES, [Fraction(one, 4) for one in (0, 3, -3, 6, -6)])
"""At 0, 3/4, -3/4, 3/2, -3/2: a quarter of the rounding error of 0, 1, -1, 2, -2, and B and A exact."""

LEAST_OUTPUTS = 2 * FILTERING.outputs
"""Outputs along an axis from which on most of every tile is used."""

LEAST_TILES = 64
"""Tiles of all samples for which it pays to take a kernel to the points."""

MOST_FACTORS = 2**19
"""Bytes of a kernel at the points up to which it stays near while samples go by."""

GAIN = 1.25
"""How many times less must be computed for it to pay: what stands between takes memory."""

SINGLE = as_dtype("float32")

Labels = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Images:
    """Images that a kernel slides over, zeros around them apart.

    Attributes:
        value: (batch, height, width, channels).
        before: rows and columns of zeros before.
        outputs: positions of the kernel along each axis.
    """

    value: Tensor
    before: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """How they are cut into tiles."""
        down, across = (axis_of(one, FILTERING) for one in self.outputs)
        return down, across


@dataclass(slots=True)
class FastConvolutions:
    """Rewrites the convolutions of one graph.

    Attributes:
        samples: how many the graph is for: what stands at the points pays if few of them are near at a time.
        images, cotangents, kernels: what was taken to the points, by what it was before; images by where
            windows of them stand, too.
    """

    samples: int
    images: dict[tuple[Node, tuple[int, int], tuple[int, int]], Tensor] = field(default_factory=dict)
    cotangents: dict[Node, Tensor] = field(default_factory=dict)
    kernels: dict[Node, Tensor] = field(default_factory=dict)

    def rewritten(self, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        """Return a convolution of `inputs`, or a gradient of one, by way of the points; None for others."""
        if node.primitive not in (CONTRACT, OVERLAP_ADD) or node.tensor_type.dtype != SINGLE:
            return None
        if node.primitive is OVERLAP_ADD:
            found = self._images_gradient(node, inputs[0])
        else:
            sides = list(zip(inputs, (node.attributes["left"], node.attributes["right"]), strict=True))
            found = self._product(node, *sides) or self._product(node, *sides[::-1])
        return None if found is None else found.node

    def _product(self, node: Node, windows: tuple[Node, str], other: tuple[Node, str]) -> Tensor | None:
        """Return a product of windows with a kernel, or with the cotangent of such a product."""
        (seen, labels), (operand, own), out = windows, other, node.attributes["out"]
        if seen.primitive is not WINDOWS or seen.tensor_type.rank != 6 or not _slides(seen):
            return None
        *positions, channel, down, across = tuple(labels)
        last = set(own) - set(labels)
        if len(own) != 4 or len(last) != 1:
            return None
        images, (filters,) = _images_of(seen), last
        of_kernel, of_outputs = (down, across, channel, filters), (*positions, filters)
        if not _pays(images, operand.tensor_type.shape[own.index(filters)], self.samples):
            return None
        if set(own) == set(of_kernel) and set(out) == set(of_outputs):
            kernel = _ordered(Tensor(operand), own, of_kernel)
            return _ordered(self._forward(node, images, kernel), of_outputs, out)
        if set(own) == set(of_outputs) and set(out) == set(of_kernel):
            cotangent = _ordered(Tensor(operand), own, of_outputs)
            return _ordered(self._kernel_gradient(node, images, cotangent), of_kernel, out)
        return None

    def _forward(self, node: Node, images: _Images, kernel: Tensor) -> Tensor:
        there = in_a_row(self._images_at(images)), self._kernel_at(kernel)
        product = _named(contract(*there, "nptc", "pcf", "nptf"), node)
        parts = from_points(product, images.axes, FILTERING.size)
        return side_by_side(both_ways(FILTERING.results, parts), images.outputs)

    def _kernel_gradient(self, node: Node, images: _Images, cotangent: Tensor) -> Tensor:
        there = in_a_row(self._images_at(images)), in_a_row(self._cotangent_at(cotangent, images.axes))
        product = contract(*there, "nptc", "nptf", "pcf")
        back = numbers(both_sides(transposed(FILTERING.filters))).reshape(PLACES, PLACES, -1)
        return _named(contract(constant(back), product, "ijp", "pcf", "ijcf"), node)

    def _images_gradient(self, node: Node, source: Node) -> Tensor | None:
        """Return the sum of what every window gives back, `source` a product of a kernel and a cotangent."""
        if source.primitive is not CONTRACT or source.tensor_type.rank != 6 or not _slides(node):
            return None
        sides = list(zip(source.inputs, (source.attributes["left"], source.attributes["right"]), strict=True))
        *positions, channel, down, across = tuple(source.attributes["out"])
        for (factors, own), (values, labels) in (sides, sides[::-1]):
            shared = set(own) & set(labels)
            if len(shared) != 1 or set(labels) != {*positions, *shared}:
                continue
            (filters,) = shared
            kernel = _ordered(Tensor(factors), own, (down, across, channel, filters))
            cotangent = _ordered(Tensor(values), labels, (*positions, filters))
            _, height, width, _ = cotangent.shape
            images = _Images(cotangent, (0, 0), (height, width))
            if _pays(images, kernel.shape[2], self.samples):
                return self._given_back(node, images, kernel)
        return None

    def _given_back(self, node: Node, images: _Images, kernel: Tensor) -> Tensor:
        there = in_a_row(self._cotangent_at(images.value, images.axes)), self._kernel_at(kernel)
        product = _named(contract(*there, "nptf", "pcf", "nptc"), node)
        tiles = both_ways(transposed(FILTERING.inputs), from_points(product, images.axes, FILTERING.size))
        # each is read for several rows: all stand in memory
        joined = from_points(joined_tiles(tiles), images.axes, FILTERING.size)
        return overlapping(joined, images.axes, node.attributes["lengths"])

    def _images_at(self, images: _Images) -> Tensor:
        key = images.value.node, images.before, images.outputs
        if key not in self.images:
            places = in_tiles(images.value, images.axes, images.before, FILTERING.size)
            self.images[key] = at_points(FILTERING.inputs, places)
        return self.images[key]

    def _cotangent_at(self, cotangent: Tensor, axes: tuple[Axis, Axis]) -> Tensor:
        if cotangent.node not in self.cotangents:
            places = in_tiles(cotangent, axes, (0, 0), FILTERING.outputs)
            self.cotangents[cotangent.node] = at_points(transposed(FILTERING.results), places)
        return self.cotangents[cotangent.node]

    def _kernel_at(self, kernel: Tensor) -> Tensor:
        if kernel.node not in self.kernels:
            there = constant(numbers(both_sides(FILTERING.filters)))
            places = reshape(kernel, (PLACES * PLACES, *kernel.shape[2:]))
            self.kernels[kernel.node] = contract(there, places, "pq", "qcf", "pcf")
        return self.kernels[kernel.node]


def _slides(node: Node) -> bool:
    """Return whether windows of the right size slide over rows and columns, a place at a time."""
    wanted = {"axes": (1, 2), "sizes": (PLACES, PLACES), "strides": (1, 1), "dilations": (1, 1)}
    return all(tuple(node.attributes[name]) == value for name, value in wanted.items())


def _images_of(seen: Node) -> _Images:
    """Return what windows are of, up to two rows and columns of zeros around apart."""
    (source,) = seen.inputs
    down, across = seen.tensor_type.shape[1:3]
    if source.primitive is PAD and not any(source.attributes["between"]):
        low, high = source.attributes["low"], source.attributes["high"]
        if not any((low[0], high[0], low[3], high[3])) and max(*low, *high) < PLACES:
            return _Images(Tensor(source.inputs[0]), (low[1], low[2]), (down, across))
    return _Images(Tensor(source), (0, 0), (down, across))


def _pays(images: _Images, others: int, samples: int) -> bool:
    """Return whether products at the points are faster, `others` the channels that images do not have.

    What counts for a tile are products, and some 16 operations for each place of a channel, there and back.
    """
    channels, points = images.value.shape[-1], FILTERING.size**2
    tiles = images.axes[0].count * images.axes[1].count
    directly = images.outputs[0] * images.outputs[1] * PLACES**2 * channels * others
    by_points = tiles * points * (channels * others + 16 * (channels + others))
    return (
        images.value.shape[0] == samples > 1
        and min(images.outputs) >= LEAST_OUTPUTS
        and samples * tiles >= LEAST_TILES
        and points * channels * others * SINGLE.itemsize <= MOST_FACTORS
        and by_points * GAIN < directly
    )


def _ordered(value: Tensor, labels: Labels, order: Labels) -> Tensor:
    """Return a value with its axes in another order."""
    axes = [labels.index(one) for one in order]
    return value if axes == sorted(axes) else transpose(value, axes)


def _named(product: Tensor, node: Node) -> Tensor:
    """Return a product under the name of what it stands for."""
    made = product.node
    return Tensor(Node(CONTRACT, made.inputs, made.attributes, made.type, node.provenance))
