"""From LLVM code to functions that can be called."""

from __future__ import annotations

import ctypes
from typing import Any

import llvmlite.binding as llvm

from tiza.engines.native.synchronization import provide_yield
from tiza.engines.native.target import Target


class Library:
    """Machine code in memory, freed with the object."""

    def __init__(self, code: str, target: Target) -> None:
        provide_yield()
        module = llvm.parse_assembly(code)
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=target.processor, features=target.features, opt=2
        )
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def function(self, name: str, *arguments: Any) -> Any:
        """Return a function of the library that takes such arguments and returns nothing."""
        return ctypes.CFUNCTYPE(None, *arguments)(self._engine.get_function_address(name))
