"""`tiza doctor`: what is installed and whether it works."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import click
from rich.table import Table

import tiza
from tiza.cli.commands import Command
from tiza.cli.digits import load_digits
from tiza.cli.output import show_table
from tiza.engines.native.cache import cache_folder, can_keep, kept_files
from tiza.engines.native.target import chosen_target
from tiza.engines.native.threads import thread_count
from tiza.errors import TizaError
from tiza.language import current_language, translatable, translate
from tiza.models.model import ENGINES
from tiza.models.sequential import Sequential
from tiza.nn.layers import Dense, Input

REQUIRED = ("numpy", "llvmlite", "rich", "click", "threadpoolctl")
OPTIONAL = {"sympy": "symbolic"}


@click.command(cls=Command, help=translatable("Tell what is installed and whether it works."))
def doctor() -> None:
    """Tell versions, engine and language, and try a small network."""
    table = Table(show_header=False, box=None, pad_edge=False)
    rows = [
        ("tiza", tiza.__version__),
        ("Python", f"{sys.version.split()[0]} ({platform.system()} {platform.machine()})"),
        (translate("processor"), _processor()),
        (translate("threads"), _threads()),
        (translate("compiled code"), _compiled_code()),
        *((name, _version(name)) for name in REQUIRED),
        *((name, _optional_version(name, extra)) for name, extra in OPTIONAL.items()),
        (translate("engines"), ", ".join(ENGINES)),
        (translate("language"), current_language()),
        (translate("digits"), _digits()),
        (translate("a small network"), _small_network()),
    ]
    for name, value in rows:
        table.add_row(f"[bold]{name}[/bold]", value)
    show_table(table)


def _processor() -> str:
    """Return the processor that code is made for, and the width of its vectors."""
    try:
        target = chosen_target()
    except TizaError as error:
        return str(error)
    bits = 8 * target.vector_bytes
    return translate(
        "{processor}, vectors of {bits} bits ({name}): {lanes} float32 at once",
        processor=target.processor or target.triple,
        bits=bits,
        name=target.name,
        lanes=target.lanes,
    )


def _threads() -> str:
    """Return how many threads training uses, of how many processors."""
    try:
        count = thread_count()
    except TizaError as error:
        return str(error)
    return translate("{count}, of {processors} processors", count=count, processors=os.cpu_count() or 1)


def _compiled_code() -> str:
    """Return where compiled code is kept, how much, and whether it can be."""
    try:
        folder = cache_folder()
        sizes = [size for _, size, _ in kept_files(folder)]
    except OSError as error:
        return translate("not kept: {error}", error=error)
    if not can_keep(folder):
        return translate("not kept: {folder} is not private, or cannot be written to", folder=folder)
    megabytes = sum(sizes) / 2**20
    return translate(
        "{folder}: {count} programs, {megabytes:.1f} MB", folder=folder, count=len(sizes), megabytes=megabytes
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return translate("missing")


def _optional_version(name: str, extra: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return translate("not installed; pip install '.[{extra}]' adds it", extra=extra).replace("[", r"\[")


def _digits() -> str:
    try:
        digits = load_digits()
    except TizaError as error:
        return str(error)
    return translate("{count} images, checksums right", count=len(digits.images) + len(digits.test_images))


def _small_network() -> str:
    """Train a line through three points and tell whether it was found."""
    model = Sequential([Input((1,)), Dense(1)], dtype="float64")
    model.compile("sgd", "mean_squared_error")
    model.learning_rate = 0.1
    model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], epochs=200, verbose=0)
    slope = float(model.get_weights()[0][0, 0])
    found = abs(slope - 2.0) < 1e-3
    if not found:
        return translate("WRONG: learned y = 2x + 1 with slope {slope:.4f}", slope=slope)
    return translate("learns y = 2x + 1: slope {slope:.4f}", slope=slope)
