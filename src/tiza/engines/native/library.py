"""From LLVM code to functions that can be called."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import llvmlite.binding as llvm

from tiza.engines.native.cache import read_code, write_code
from tiza.engines.native.synchronization import provide_yield
from tiza.engines.native.target import Target

_LIBRARIES: WeakValueDictionary[str, Library] = WeakValueDictionary()


class Library:
    """Machine code in memory, freed with the object."""

    def __init__(self, code: bytes, target: Target) -> None:
        provide_yield()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine(target))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def function(self, name: str, *arguments: Any) -> Any:
        """Return a function of the library that takes such arguments and returns nothing."""
        return ctypes.CFUNCTYPE(None, *arguments)(self._engine.get_function_address(name))


def library(key: str, write: Callable[[], str], target: Target) -> Library:
    """Return the code of a module: the one in use or kept under `key`, or what `write` says, compiled."""
    found = _LIBRARIES.get(key)
    if found is None:
        found = _LIBRARIES[key] = Library(machine_code(key, write, target), target)
    return found


def target_machine(target: Target, jit: bool = True) -> Any:
    """Return LLVM's maker of machine code for a processor."""
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.processor, features=target.features, opt=2, jit=jit
    )


def machine_code(key: str, write: Callable[[], str], target: Target) -> bytes:
    """Return the machine code of a module: what is kept under `key`, or what `write` says, compiled.

    LLVM's module passes are left out: the code is written as it is to run, and they double the time.
    """
    kept = read_code(key)
    if kept is not None:
        return kept
    module = llvm.parse_assembly(write())
    made: bytes = target_machine(target).emit_object(module)
    write_code(key, made)
    return made
