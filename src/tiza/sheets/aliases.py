"""A student's own names, `neta -> a1`: what each means, and which mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiza.language import translatable
from tiza.sheets.naming import Naming
from tiza.sheets.reading import Alias, Unreadable, printable

NO_QUANTITY = translatable("this is no quantity of this network")


def with_aliases(naming: Naming, aliases: Sequence[Alias]) -> tuple[Naming, list[Unreadable]]:
    """Return the naming with a student's own names, which count before all others; and those of no meaning.

    A name may stand for a target, such as `dense.z[0]`, or for a name of the exercise.
    """
    found, unknown = dict(naming.elements), []
    for one in aliases:
        element = naming.find(one.target)
        if element is None:
            unknown.append(Unreadable(one.number, one.column, printable(one.target), NO_QUANTITY))
        else:
            found[one.name] = element
    return (replace(naming, elements=found), unknown) if aliases else (naming, unknown)
