"""What is read from a file is checked bit by bit; whatever does not fit is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tiza.errors import ModelError, TizaError

Plain = TypeVar("Plain", list[Any], str, bool, int)

REMEDY = "the file is not one that this version of Tiza wrote; write it anew with model.save"


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn every error of reading `what` into a ModelError that names it.

    What a file says may be anything, and so may be the errors of those who try to make something of it.
    """
    try:
        yield
    except TizaError as error:
        # what a file says may be long
        raise ModelError(f"{what}: {error!s:.2000}") from None
    except Exception as error:
        reason = f"{type(error).__name__}: {error!s:.200}"
        raise ModelError(f"{what}: it does not make a model ({reason}); {REMEDY}.") from error


def fields_of(document: object, where: str, *names: str) -> list[Any]:
    """Return the values of a record that has these fields and no others.

    Raises:
        ModelError: it is something else.

    Example:
        >>> fields_of({"b": 2, "a": 1}, "x", "a", "b")
        [1, 2]
    """
    if not isinstance(document, dict) or set(document) != set(names):
        got = (
            f"the fields {', '.join(map(str, document))}"
            if isinstance(document, dict)
            else f"{document!r:.60}"
        )
        raise ModelError(f"{where}: got {got}, expected the fields {', '.join(names)}; {REMEDY}.")
    return [document[name] for name in names]


def list_of(document: object, where: str) -> list[Any]:
    """Return a list.

    Raises:
        ModelError: it is something else.
    """
    return checked(list, document, where, "a list")


def text_of(document: object, where: str) -> str:
    """Return a text.

    Raises:
        ModelError: it is something else.
    """
    return checked(str, document, where, "a text")


def yes_or_no_of(document: object, where: str) -> bool:
    """Return True or False.

    Raises:
        ModelError: it is something else.
    """
    return checked(bool, document, where, "true or false")


def number_of(document: object, where: str, below: int) -> int:
    """Return the number of something, from 0.

    Raises:
        ModelError: it is something else, or there is nothing of that number.
    """
    number = checked(int, document, where, "a whole number")
    if isinstance(document, bool) or not 0 <= number < below:
        raise ModelError(f"{where}: got {document!r:.60}, expected a number below {below}; {REMEDY}.")
    return number


def checked(kind: type[Plain], document: object, where: str, expected: str) -> Plain:
    """Return what is of a kind.

    Raises:
        ModelError: it is of another.
    """
    if not isinstance(document, kind):
        raise ModelError(f"{where}: got {document!r:.60}, expected {expected}; {REMEDY}.")
    return document
