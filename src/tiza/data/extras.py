"""Packages that only some parts of this room need, loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import Any

from tiza.errors import MissingExtraError


def load_extra(module: str, package: str, extra: str) -> Any:
    """Return a module of an optional package.

    Raises:
        MissingExtraError: it is not installed; the extra that installs it is named.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingExtraError(
            f"this needs {package}, which is not installed; run: pip install '.[{extra}]'"
        ) from None
