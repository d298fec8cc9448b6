"""The processor that code is made for: vector width, registers, features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm


@dataclass(frozen=True, slots=True)
class Target:
    """A processor.

    Attributes:
        processor: LLVM's name for it.
        features: its features, as LLVM writes them.
        vector_bytes: width of a vector register.
        registers: number of vector registers.
        name: short name of the vector instructions.
    """

    processor: str
    features: str
    vector_bytes: int
    registers: int
    name: str

    @property
    def lanes(self) -> int:
        """Number of float32 numbers in a vector register."""
        return self.vector_bytes // 4


_WIDTHS = (("avx512f", 64, 32), ("avx2", 32, 16))


@cache
def host_target(limit: str = "") -> Target:
    """Return this processor, or what of it remains when `limit` (`avx2`, `generic`) forbids the rest.

    Example:
        >>> host_target("generic").vector_bytes
        16
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = dict(llvm.get_host_cpu_features())
    for name, width, registers in _WIDTHS:
        if features.get(name) and limit not in _BELOW[name]:
            allowed = {key: on and not _forbidden(key, limit) for key, on in features.items()}
            return Target(llvm.get_host_cpu_name(), _flattened(allowed), width, registers, name)
    return Target("", "", 16, 16, "generic")


_BELOW = {"avx512f": ("avx2", "generic"), "avx2": ("generic",)}


def _forbidden(feature: str, limit: str) -> bool:
    return limit == "avx2" and feature.startswith(("avx512", "avx10", "evex"))


def _flattened(features: dict[str, bool]) -> str:
    return ",".join(("+" if on else "-") + name for name, on in sorted(features.items()))
