"""What every point of a sum adds, all points at once: a sum of a thousand terms is read as an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tiza.graph.access import AccessRule, Apply, Body, Index, Read, Value

Array = Any


def summands(rule: AccessRule, index: Sequence[int], operands: Sequence[Array]) -> Array | None:
    """Return what each point adds to the element at `index`, in the order of `rule.points`.

    None where an index is looked up in an operand, or the body is neither an element nor a product of some.

    Args:
        rule: how an element is made.
        index: which element.
        operands: the operands' values.
    """
    if any(read.equal or not all(isinstance(one, Index) for one in read.indices) for read in rule.reads):
        return None
    sizes = [axis.size for axis in rule.reduced]
    places = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=np.int64)
    coordinates = [*(np.int64(one) for one in index), *places]
    return _body(rule, rule.body, coordinates, operands, places.shape[1])


def _body(
    rule: AccessRule, body: Body, coordinates: Sequence[Array], operands: Sequence[Array], points: int
) -> Array | None:
    match body:
        case Value(operand):
            return _read(rule.reads[operand], coordinates, np.asarray(operands[operand]), points)
        case Apply(_, arguments):  # the products of a contraction are the only ones that are summed
            product = np.ones(points)
            for one in arguments:
                factor = _body(rule, one, coordinates, operands, points)
                if factor is None:
                    return None
                product = product * factor
            return product
    return None


def _read(read: Read, coordinates: Sequence[Array], operand: Array, points: int) -> Array:
    """Return the element read at each point, 0 where nothing is."""
    inside = np.ones(points, dtype=bool)
    at = []
    for index, size in zip(read.indices, operand.shape, strict=True):
        assert isinstance(index, Index)
        total = np.full(points, index.constant)
        for axis, factor in index.coefficients:
            total = total + factor * coordinates[axis]
        if index.exact:
            inside &= total % index.divisor == 0
        place = total // index.divisor
        place = place % index.modulus if index.modulus else place
        inside &= (place >= 0) & (place < size)
        at.append(place)
    if not inside.all():
        at = [np.where(inside, one, 0) for one in at]
    return np.where(inside, operand[tuple(at)].astype(np.float64), 0.0)
