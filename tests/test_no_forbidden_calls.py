"""No code that runs text or unpickles, no unfinished work: a gate over the source, and a test of the gate."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tiza.errors

SOURCE = Path(tiza.errors.__file__).parent
BUILTINS = {"eval", "exec", "__import__"}
METHODS = {"extractall"}
MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve"}
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")


def forbidden(code: str) -> list[tuple[int, str]]:
    """Return the line and the name of everything forbidden in the code."""
    found = [(node.lineno, name) for node in ast.walk(ast.parse(code)) for name in _forbidden_names(node)]
    for number, line in enumerate(code.splitlines(), start=1):
        found.extend((number, mark) for mark in UNFINISHED.findall(line))
    return sorted(found)


def _forbidden_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) if name in BUILTINS:
            yield name
        case ast.Attribute(value=ast.Name(id="builtins"), attr=name) if name in BUILTINS:
            yield name
        case ast.Attribute(attr=name) if name in METHODS:
            yield name
        case ast.Import(names=names):
            yield from (name.name for name in names if name.name.partition(".")[0] in MODULES)
        case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] in MODULES:
            yield module
        case ast.ImportFrom(module="builtins", names=names):
            yield from (name.name for name in names if name.name in BUILTINS)
        case ast.Call(args=[ast.Constant(value=str(module)), *_]) if module.partition(".")[0] in MODULES:
            yield module  # importlib.import_module("pickle")
        case ast.keyword(arg="allow_pickle", value=value) if not _is_false(value):
            yield "allow_pickle"


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eval('1')", [(1, "eval")]),
        ("x = 1\nexec('1')", [(2, "exec")]),
        ("run = eval", [(1, "eval")]),
        ("builtins.eval('1')", [(1, "eval")]),
        ("from builtins import exec as run", [(1, "exec")]),
        ("__import__(name)", [(1, "__import__")]),
        ("import pickle", [(1, "pickle")]),
        ("import os, marshal as m", [(1, "marshal")]),
        ("from pickle import loads", [(1, "pickle")]),
        ("importlib.import_module('dill')", [(1, "dill")]),
        ("np.load(path, allow_pickle=True)", [(1, "allow_pickle")]),
        ("np.load(path, allow_pickle=flag)", [(1, "allow_pickle")]),
        ("archive.extractall(folder)", [(1, "extractall")]),
        ("x = 1  # TODO: finish", [(1, "TODO")]),
        ('"""FIXME."""', [(1, "FIXME")]),
        ("np.load(path, allow_pickle=False)", []),
        ("model.eval()\nre.compile('x')\nevaluate = 1\nmethod = 1", []),
    ],
)
def test_the_gate_finds_what_is_planted(code: str, expected: list[tuple[int, str]]) -> None:
    assert forbidden(code) == expected


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_source_holds_nothing_forbidden(path: Path) -> None:
    assert forbidden(path.read_text(encoding="utf-8")) == []
