"""What a wrong target may have meant, told in the form in which it was asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from tiza.blackboard.names import Names, normal_name
from tiza.graph.primitive import unknown_name

LONGEST_TOLD = 60
"""Characters of a wrong target that an error repeats."""
LOSS, RATE, STEP = "loss", "learning_rate", "step"
WORDS: Mapping[str, str] = {
    **dict.fromkeys(("perdida", "pérdida", "costo", "coste", "error", "cost"), LOSS),
    **dict.fromkeys(("tasa", "tasa de aprendizaje", "rate", "learning rate"), RATE),
    **dict.fromkeys(("paso", "pesos", "weights", "actualizacion", "actualización", "update"), STEP),
}
"""What students call a number that has another name here."""
_PREFIXES = ("grad ", "new ")


def shortened(asked: object) -> object:
    """Return what an error repeats of a target: all of it, unless it is long."""
    if not isinstance(asked, str) or len(asked) <= LONGEST_TOLD:
        return asked
    return f"{asked[: LONGEST_TOLD - 1]}…"


def unknown_target(asked: str, names: Names, more: tuple[str, ...] = ()) -> str:
    """Return the message for a target that there is not.

    Args:
        asked: the name as it was typed, without an index.
        names: what there is.
        more: further targets.
    """
    known = (*names.notation.names, *names.spoken, *names.nodes, *more)
    shown = str(shortened(asked))
    word = WORDS.get(asked.strip().lower())
    if word in known:
        return f"target: unknown name {shown!r}; did you mean {word!r}?"
    near = _near_alike(asked, names, known)
    if near:
        return f"target: unknown name {shown!r}; did you mean {' or '.join(map(repr, near))}?"
    return unknown_name("target", shown, known)


def _near_alike(asked: str, names: Names, known: tuple[str, ...]) -> list[str]:
    """Return near names of derivatives, or of new values, written as what was asked for; else none."""
    normal = normal_name(asked, names.notation)
    prefix = next((one for one in _PREFIXES if normal.startswith(one)), None)
    name = normal.removeprefix(prefix or "")
    before, found, behind = asked.partition(name)
    if prefix is None or not found:
        return []
    derived = {one.removeprefix(prefix) for one in known if one.startswith(prefix)}
    own = (one for one, target in names.notation.names.items() if target.partition("[")[0] in derived)
    near = difflib.get_close_matches(name, list(dict.fromkeys((*own, *sorted(derived)))), n=3, cutoff=0.5)
    return [f"{before}{one}{behind}" for one in near]
