"""The explainer knows provenance, primitives and access rules; no layer, loss, activation or optimizer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import tiza.blackboard
import tiza.nn.layers
from tiza.blackboard.expressions import Expression, Number
from tiza.blackboard.formulas import FUNCTIONS, expression_of, is_choice, is_readable
from tiza.blackboard.loss_words import loss_words
from tiza.graph.primitive import primitives
from tiza.language import use_language
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.layer import Layer
from tiza.nn.layers.merging import Merging
from tiza.nn.losses import LOSSES
from tiza.optimizers.rules import OPTIMIZERS

MODULES = sorted(Path(tiza.blackboard.__file__).parent.glob("*.py"))
CLASSES = [one for one in vars(tiza.nn.layers).values() if isinstance(one, type) and issubclass(one, Layer)]
SLOTS = [f".{slot}" for rule in OPTIMIZERS.values() for slot in rule.slots]
ARITHMETIC = {one.__name__.lower() for one in CLASSES if issubclass(one, Merging)} & {
    one.name for one in primitives()
}
NAMES = {
    *(one.__name__.lower() for one in (*CLASSES, *LOSSES.values(), *OPTIMIZERS.values()) if one is not Layer),
    *LOSSES,
    *OPTIMIZERS,
    *ACTIVATIONS,
    *SLOTS,
    "kernel",
    "bias",
} - {*FUNCTIONS, *ARITHMETIC, "reshape"}
"""Mathematical functions such as tanh, and additions, belong to formulas."""
WRITTEN = {"notations": {"kernel", "bias"}, "loss_words": {*LOSSES}, "function": {"flatten"}}
"""A table of letters or of words has to say whose they are; nested arguments are made flat."""
FORBIDDEN_IMPORTS = (
    "tiza.nn.layers",
    "tiza.nn.losses",
    "tiza.nn.activations",
    "tiza.optimizers",
    "tiza.models",
)


def words(tree: ast.AST) -> Iterator[str]:
    """Yield the identifiers and the words of texts in code, docstrings and error messages' examples apart."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    standing_alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    raised = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Raise) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in documented | standing_alone | raised:
            continue
        match node:
            case ast.Attribute(value=ast.Name(id="Role")):
                continue
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.arg(arg=name):
                yield from name.split(".")
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Constant(value=str(text)):
                yield from re.findall(r"\w+", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_part_is_named(path: Path) -> None:
    found = {word.lower() for word in words(ast.parse(path.read_text(encoding="utf-8")))}
    assert not found & NAMES - WRITTEN.get(path.stem, set())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_part_is_imported(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(FORBIDDEN_IMPORTS)


def test_the_names_are_found_where_they_are_used() -> None:
    source = "if layer.name == 'dense' or isinstance(rule, Adam): pass"
    assert {"dense", "adam"} <= {word.lower() for word in words(ast.parse(source))} & NAMES


def test_every_formula_can_be_read() -> None:
    def operand(position: int, _additive: bool) -> Expression:
        return Number(Decimal(position + 2))

    unread = {one.name for one in primitives() if not is_readable(one.formula)}
    assert unread == {"bitwise_xor", "left_shift", "random_bits", "right_shift"}
    for one in primitives():
        if one.formula and one.name not in unread and not is_choice(one.formula):
            expression_of(one.formula, operand)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_words_in_spanish(name: str) -> None:
    with use_language("es"):
        assert loss_words(name) not in ("", name)
        assert "_" not in loss_words(name)
        assert loss_words(f"{name} + {{mine}}") == f"{loss_words(name)} + {{mine}}"
    with use_language("en"):
        assert loss_words(name) == name
