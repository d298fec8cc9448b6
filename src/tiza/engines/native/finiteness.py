"""Whether floats are finite, told from their bits while they are copied."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir

from tiza.engines.native.code import I1, intrinsic, suffix
from tiza.graph.tensor_type import DType

_EXPONENT_AND_FRACTION = {4: (8, 23), 8: (11, 52)}


class LargestBits:
    """The largest of some floats, sign aside, as whole numbers: an infinity is the first that is not finite.

    Attributes:
        type: of a vector of so many floats, as whole numbers.
        start: what to begin with.
    """

    def __init__(self, builder: ir.IRBuilder, dtype: DType, lanes: int) -> None:
        self._builder = builder
        self._lanes = lanes
        scalar = ir.IntType(8 * dtype.itemsize)
        exponent, fraction = _EXPONENT_AND_FRACTION[dtype.itemsize]
        self.type: Any = scalar if lanes == 1 else ir.VectorType(scalar, lanes)
        self._infinity = self._repeated(((1 << exponent) - 1) << fraction)
        self._magnitude = self._repeated((1 << (scalar.width - 1)) - 1)
        self.start = self._repeated(0)

    def _repeated(self, value: int) -> ir.Constant:
        return ir.Constant(self.type, value if self._lanes == 1 else [value] * self._lanes)

    def take(self, largest: ir.Value, bits: ir.Value) -> ir.Value:
        """Return the largest so far, `bits` counted."""
        size = self._builder.and_(bits, self._magnitude)
        return intrinsic(self._builder, f"llvm.umax.{suffix(self.type)}", self.type, [largest, size])

    def is_bad(self, largest: ir.Value) -> ir.Value:
        """Return whether a number was not finite."""
        bad = self._builder.icmp_unsigned(">=", largest, self._infinity)
        if self._lanes == 1:
            return bad
        return intrinsic(self._builder, f"llvm.vector.reduce.or.v{self._lanes}i1", I1, [bad])
