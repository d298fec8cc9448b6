"""The processor that code is made for: vector width, registers, features."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm

from tiza.errors import ModelError


@dataclass(frozen=True, slots=True)
class Target:
    """A processor.

    Attributes:
        triple: LLVM's name for its family and system.
        processor: LLVM's name for it.
        features: its features, as LLVM writes them.
        vector_bytes: width of a vector register.
        registers: number of vector registers.
        name: short name of the vector instructions.
    """

    triple: str
    processor: str
    features: str
    vector_bytes: int
    registers: int
    name: str

    @property
    def lanes(self) -> int:
        """Number of float32 numbers in a vector register."""
        return self.vector_bytes // 4


_WIDTHS = (("avx512f", 64, 32), ("avx2", 32, 16), ("neon", 16, 32))
"""Features that decide, with bytes and number of registers, the widest first."""

_FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "": (),
    "avx2": ("avx512f",),
    "generic": tuple(name for name, *_ in _WIDTHS),
}
"""What a limit takes away."""

NEON = Target("aarch64-unknown-linux-gnu", "generic", "+neon", 16, 32, "neon")
"""A processor of the ARM family; code for it is made in tests, and has not run on one."""


def chosen_target() -> Target:
    """Return the processor to make code for: this one, no wider than TIZA_VECTORS says.

    Raises:
        ModelError: TIZA_VECTORS is neither `avx2` nor `generic`.
    """
    limit = os.environ.get("TIZA_VECTORS", "")
    if limit not in _FORBIDDEN:
        raise ModelError(f"TIZA_VECTORS: got {limit!r}, expected 'avx2', 'generic' or nothing.")
    return host_target(limit)


@cache
def host_target(limit: str = "") -> Target:
    """Return this processor, or what of it remains when `limit` (`avx2`, `generic`) forbids the rest.

    Example:
        >>> host_target("generic").vector_bytes
        16
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple: str = llvm.get_default_triple()
    features = dict(llvm.get_host_cpu_features())
    for name, width, registers in _WIDTHS:
        if features.get(name) and name not in _FORBIDDEN[limit]:
            allowed = {key: on and not _goes_with(key, limit) for key, on in features.items()}
            return Target(triple, llvm.get_host_cpu_name(), _flattened(allowed), width, registers, name)
    return Target(triple, "", "", 16, 16, "generic")


def _goes_with(feature: str, limit: str) -> bool:
    """Return whether a feature is of the wider instructions that a limit forbids."""
    return limit == "avx2" and feature.startswith(("avx512", "avx10", "evex"))


def _flattened(features: dict[str, bool]) -> str:
    return ",".join(("+" if on else "-") + name for name, on in sorted(features.items()))
