"""A student's file as a sheet: which network it is about, and its lines `name = value`.

What cannot be read is kept with its line and column, and the rest is judged.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tiza.errors import TizaError
from tiza.language import translatable
from tiza.sheets.numbers import NO_NUMBER, TOO_LONG, NumberError, WrittenNumber, read_number

MOST_BYTES = 1_000_000
MOST_LINES = 5_000
SHOWN_CHARACTERS = 60
"""What is longer in a student's file is cut where it is quoted."""

NETWORK_KEYS = frozenset(("net", "network", "red", "lesson", "leccion", "model", "modelo"))
_HEADER_KEYS = {
    **dict.fromkeys(NETWORK_KEYS, "network"),
    **dict.fromkeys(
        ("eta", "η", "lr", "learning_rate", "learning rate", "tasa", "alpha", "α"), "learning_rate"
    ),
    **dict.fromkeys(("profile", "perfil"), "profile"),
    **dict.fromkeys(("student", "alumno", "alumna", "estudiante"), "student"),
    **dict.fromkeys(("x", "y"), ""),
}

NO_EQUALS = translatable("there is no “name = value” here")
NO_NAME = translatable("the name is missing")
NO_VALUE = translatable("the value is missing")
WRITTEN_TWICE = translatable("this name was given before")
NO_RATE = translatable("a learning rate is above 0")
_NO_ARRAY = translatable("expected numbers, such as (2, 3)")


class SheetError(TizaError, ValueError):
    """A student's file that cannot be judged at all."""


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One line of a sheet.

    Attributes:
        number: which line of the file it is, from 1.
        name: the quantity as the student calls it.
        value: the number as it was written.
        chain: what stands between the first sign of equality and the last: formulas, numbers.
    """

    number: int
    name: str
    value: WrittenNumber
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormulaLine:
    """A line that ends in a formula instead of a number.

    Attributes:
        number: which line of the file it is, from 1.
        column: where the formula begins, from 1.
        name: the quantity as the student calls it.
        formula: the formula.
        chain: what stands between the first sign of equality and the last.
    """

    number: int
    column: int
    name: str
    formula: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that could not be read.

    Attributes:
        number: line of the file, from 1.
        column: where in the line, from 1.
        text: what stands there, cut and without control characters.
        reason: a translatable sentence.
    """

    number: int
    column: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A line `name -> target`.

    Attributes:
        number: line of the file, from 1.
        column: where the target begins, from 1.
        name: the student's own name.
        target: what it is to mean: a target, or a name of the exercise.
    """

    number: int
    column: int
    name: str
    target: str


@dataclass(frozen=True)
class Sheet:
    """A student's work.

    Attributes:
        network: name of a lesson or path of a saved model; empty if the file names none.
        lines: what could be read.
        formulas: the lines that end in what may be a formula.
        unreadable: what could not.
        learning_rate: the rate that the header gives, if it does.
        data: `x` and `y`, where the header gives them.
        scalars: x and y once more, each a single number: an exercise may call a result so.
        aliases: the student's own names.
        student: who wrote it.
        profile: the notation that its names are in; empty if it names none.
        blank: how many lines have a name and nothing behind it: they are left out.
    """

    network: str = ""
    lines: tuple[WorkLine, ...] = ()
    formulas: tuple[FormulaLine, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    learning_rate: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    scalars: tuple[WorkLine, ...] = ()
    aliases: tuple[Alias, ...] = ()
    student: str = ""
    profile: str = ""
    blank: int = 0

    @property
    def naming(self) -> Mapping[str, str]:
        """The student's own names -> what they are to mean."""
        return {one.name: one.target for one in self.aliases}

    @property
    def decimals(self) -> int:
        """The fewest decimals of the numbers that have some; 0 if none has."""
        units = [one.value.unit for one in self.lines if 0 < one.value.unit < 1]
        return max(1, round(-math.log10(max(units)))) if units else 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name and a value before they are understood, and where they stand."""

    number: int
    name: str
    value: str
    name_column: int
    value_column: int
    chain: tuple[str, ...] = ()


def printable(text: str) -> str:
    r"""Return `text` without control characters and cut, so that it can be quoted.

    Example:
        >>> printable("a\x1b[31m1")
        'a�[31m1'
    """
    clean = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text.strip())
    return clean if len(clean) <= SHOWN_CHARACTERS else clean[: SHOWN_CHARACTERS - 1] + "…"


def read_sheet_file(path: str | Path) -> Sheet:
    """Return the sheet in a file of text, `.csv` or `.json`.

    Raises:
        SheetError: it is too large, no text, or not the JSON that is expected.
        OSError: it cannot be read.
    """
    file = Path(path)
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)  # a device has no size and no end
    if len(content) > MOST_BYTES:
        raise SheetError(
            f"{file.name}: the file has more than {MOST_BYTES} bytes, the most that are read; "
            "keep only the lines “name = value”."
        )
    text = _decoded(content, file.name)
    reader = {".json": read_json, ".csv": read_csv}.get(file.suffix.lower(), read_text)
    return reader(text)


def _decoded(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise SheetError(f"{name}: this is no text; save the sheet as plain text, CSV or JSON.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_text(text: str) -> Sheet:
    r"""Return the sheet that lines `name = value` are.

    Example:
        >>> sheet = read_text("net = tanh-2-2-1\nh1 = 0,66   # hidden")
        >>> sheet.network, sheet.lines[0].name, sheet.lines[0].value.value
        ('tanh-2-2-1', 'h1', 0.66)
    """
    return _sheet(_text_entries(_rows(text)))


def _rows(text: str) -> list[str]:
    rows = text.lstrip("\ufeff").splitlines()
    if len(rows) > MOST_LINES:
        raise SheetError(f"the sheet has {len(rows)} lines, and at most {MOST_LINES} are read.")
    return rows


def _text_entries(rows: Iterable[str]) -> Iterator[_Entry | Unreadable]:
    for number, row in enumerate(rows, 1):
        for line in _parted(re.split(r"(?:^|(?<=\s))(?:#|//)", row, maxsplit=1)[0]):
            yield from _line_entries(number, line)


def _parted(row: str) -> Iterator[str]:
    """Yield the lines of a row such as `a1 = 0.8; h1 = 0.66`, each behind blanks where it stands."""
    start = 0
    for comma in _BETWEEN_LINES.finditer(row):
        yield " " * start + row[start : comma.start()]
        start = comma.end()
    yield " " * start + row[start:].rstrip().rstrip(";,")


_BETWEEN_LINES = re.compile(r"(?:;\s*|,\s+)(?=[^\W\d][^=≈;,]*[=≈]|[∂∇Σ∆][^=≈;,]*[=≈])")
"""A decimal comma has no blank behind it."""
_BULLET = re.compile(r"\s*(?:[-–*•·]|\d{1,3}[.)]|[a-z]\))\s+(?=\D)")
"""A dash or a number before a line of a list: no minus sign, which has no blank behind it."""


def _line_entries(number: int, line: str) -> Iterator[_Entry | Unreadable]:
    if line.strip():
        if (bullet := _BULLET.match(line)) is not None:
            line = " " * bullet.end() + line[bullet.end() :]
        alias = re.search(r"->|→|:=", line)
        equals = r"(?<!\[t)(?<!\[t )[=≈]"
        signs = [alias] if alias is not None else list(re.finditer(equals, line))
        signs = signs or list(re.finditer(r":", line))[:1]
        if not signs:
            start = len(line) - len(line.lstrip()) + 1
            yield Unreadable(number, start, printable(line), NO_EQUALS)
            return
        # `a1 = w1*x1 + w2*x2 = 0.8` gives a1 the last number
        first, last = signs[0], signs[-1]
        name, value, start = line[: first.start()], line[last.end() :], last.end()
        if alias:
            start += len(value) - len(value.lstrip())
            value = f"->{value.lstrip()}"
        chain = tuple(line[one.end() : other.start()].strip() for one, other in pairwise(signs))
        yield _entry(number, name, value, line, start, chain)


def _entry(
    number: int, name: str, value: str, line: str, value_start: int, chain: tuple[str, ...] = ()
) -> _Entry | Unreadable:
    name_column = len(line) - len(line.lstrip()) + 1
    value_column = value_start + len(value) - len(value.lstrip()) + 1
    if not name.strip():
        return Unreadable(number, name_column, printable(line), NO_NAME)
    if not value.strip() and chain:
        return Unreadable(number, value_start + 1, printable(line), NO_VALUE)
    return _Entry(number, name.strip(), value.strip(), name_column, value_column, chain)


def read_csv(text: str) -> Sheet:
    r"""Return the sheet that rows `name,value` are; with a decimal comma, `name;value` or `name,0,66`.

    Example:
        >>> read_csv("net;xor\nh1;0,66").lines[0].value.value
        0.66
    """
    return _sheet(_csv_entries(_rows(text)))


_CSV_TITLES = {("name", "value"), ("nombre", "valor"), ("quantity", "value"), ("magnitud", "valor")}


def _csv_entries(rows: Sequence[str]) -> Iterator[_Entry | Unreadable]:
    for number, row in enumerate(rows, 1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        separator = re.search(r"[;\t]", row) or re.search(r",(?![^\[(]*[\])])", row)
        if separator is None:
            yield Unreadable(number, 1, printable(row), NO_EQUALS)
            continue
        name, value = (_unquoted(one) for one in (row[: separator.start()], row[separator.end() :]))
        if (name.strip().lower(), value.strip().lower()) in _CSV_TITLES:
            continue
        yield _entry(number, name, value, row, separator.end())


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    if cell.startswith('"'):
        return next(csv.reader(io.StringIO(cell)), [""])[0]
    return cell.rstrip(";,")


def read_json(text: str) -> Sheet:
    """Return the sheet that an object `{"net": ..., "values": {name: value}}` is, or one without `values`.

    Raises:
        SheetError: it is no such object.

    Example:
        >>> read_json('{"net": "xor", "values": {"h1": "1/3"}}').lines[0].value.unit
        0.0
    """
    try:
        found = json.loads(text, parse_float=_Literal, parse_int=_Literal, object_pairs_hook=_Members)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SheetError(f"JSON: {error}") from None
    return read_mapping(found)


class _Literal(str):
    """A number of a JSON file, as it was written: its last place counts."""


class _Members(dict[str, object]):
    """An object of a JSON file that keeps the members whose name stands twice."""

    def __init__(self, members: list[tuple[str, object]]) -> None:
        super().__init__(members)
        self.members = members


def _members(found: Mapping[str, object]) -> list[tuple[str, object]]:
    return found.members if isinstance(found, _Members) else list(found.items())


def read_mapping(found: object) -> Sheet:
    """Return the sheet that a dictionary is; numbers may be given as text, whose last place then counts."""
    if not isinstance(found, Mapping):
        raise SheetError("the sheet is expected to be an object of names and values.")
    values = found.get("values", {})
    if not isinstance(values, Mapping):
        raise SheetError("values: expected an object of names and values.")
    pairs = [(key, one) for key, one in _members(found) if key not in ("values", "naming")]
    naming = found.get("naming", {})
    if not isinstance(naming, Mapping):
        raise SheetError("naming: expected an object of names and targets.")
    pairs += [(key, f"->{one}") for key, one in _members(naming)]
    pairs += _members(values)
    if len(pairs) > MOST_LINES:
        raise SheetError(f"the sheet has {len(pairs)} values, and at most {MOST_LINES} are read.")
    return _sheet(_Entry(at, str(key), _as_text(one), 1, 1) for at, (key, one) in enumerate(pairs, 1))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_text, value)) + "]"
    return str(value.tolist()) if hasattr(value, "tolist") else str(value)


def _sheet(entries: Iterable[_Entry | Unreadable]) -> Sheet:
    header: dict[str, Any] = {}
    naming: dict[str, Alias] = {}
    lines: list[WorkLine | FormulaLine] = []
    unreadable: list[Unreadable] = []
    blank = 0
    for one in entries:
        if isinstance(one, Unreadable):
            unreadable.append(one)
            continue
        if not one.value.strip():
            blank += 1
            continue
        problem = _take(one, header, naming, lines)
        if problem is not None:
            unreadable.append(problem)
    return Sheet(
        network=header.get("network", ""),
        lines=tuple(one for one in lines if isinstance(one, WorkLine)),
        formulas=tuple(one for one in lines if isinstance(one, FormulaLine)),
        unreadable=tuple(unreadable),
        learning_rate=header.get("learning_rate"),
        data={key: header[key] for key in ("x", "y") if key in header},
        scalars=header.get("scalars", ()),
        aliases=tuple(naming.values()),
        student=header.get("student", ""),
        profile=header.get("profile", ""),
        blank=blank,
    )


def _take(
    entry: _Entry, header: dict[str, Any], naming: dict[str, Alias], lines: list[WorkLine | FormulaLine]
) -> Unreadable | None:
    """Put an entry where it belongs; return what is wrong with it, if something is."""
    name = unicodedata.normalize("NFC", entry.name)
    key = unicodedata.normalize("NFD", name.lower())
    key = key.replace("\u0301", "") if key.isascii() or "\u0301" in key else name.lower()
    kind = _HEADER_KEYS.get(key)
    if entry.value.startswith("->"):
        if name in naming:
            return Unreadable(entry.number, entry.name_column, printable(name), WRITTEN_TWICE)
        naming[name] = Alias(entry.number, entry.value_column, name, entry.value[2:].strip())
        return None
    if kind is not None:
        given: set[str] = header.setdefault("given", set())
        if (kind or name) in given:
            return Unreadable(entry.number, entry.name_column, printable(name), WRITTEN_TWICE)
        given.add(kind or name)
    if kind in ("network", "student", "profile"):
        header[kind] = entry.value
        return None
    try:
        if kind == "":
            header[name.lower()] = read_array(entry.value)
            if isinstance(header[name.lower()], float):
                scalar = WorkLine(entry.number, name, read_number(entry.value), entry.chain)
                header["scalars"] = (*header.get("scalars", ()), scalar)
            return None
        value = _number_or_formula(entry.value)
    except NumberError as error:
        return Unreadable(entry.number, entry.value_column, printable(entry.value), str(error))
    if kind == "learning_rate":
        if isinstance(value, str):
            return Unreadable(entry.number, entry.value_column, printable(value), NO_NUMBER)
        if not value.value > 0:
            return Unreadable(entry.number, entry.value_column, printable(entry.value), NO_RATE)
        header[kind] = value.value
        return None
    if any(one.name == name for one in lines):
        return Unreadable(entry.number, entry.name_column, printable(name), WRITTEN_TWICE)
    if isinstance(value, str):
        lines.append(FormulaLine(entry.number, entry.value_column, name, value, entry.chain))
    else:
        lines.append(WorkLine(entry.number, name, value, entry.chain))
    return None


_OF_FORMULAS = re.compile(r"[\w\s.,+\-−–*·×⋅∙/÷^()\[\]{}'′’½¼√∂⁰¹²³⁴⁵⁶⁷⁸⁹]{1,400}")


def _number_or_formula(text: str) -> WrittenNumber | str:
    """Return a number, or what may be a formula.

    Raises:
        NumberError: it is neither.
    """
    try:
        return read_number(text)
    except NumberError as error:
        letters = re.search(r"[^\W\d]", text) or re.search(r"\d\s*[*·×⋅^/+(-]", text)
        if str(error) not in (NO_NUMBER, TOO_LONG) or not letters or not _OF_FORMULAS.fullmatch(text):
            raise
    return text


def read_array(text: str) -> Any:
    """Return a number, or nested lists of numbers, such as `(2, 3)` or `[[1, 2], [3, 4]]`.

    Raises:
        NumberError: it is neither.

    Example:
        >>> read_array("(2, 3)"), read_array("1/2")
        ([2.0, 3.0], 0.5)
    """
    if not text.startswith("("):  # (2,3) are two numbers, and (-0,5) is one elsewhere
        with contextlib.suppress(NumberError):
            return read_number(text).value
    plain = text.replace("−", "-").replace(";", ",")
    if not re.fullmatch(r"[-+0-9.,eE\s()\[\]]{1,10000}", plain):
        raise NumberError(_NO_ARRAY)
    try:
        found = ast.literal_eval(plain)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise NumberError(_NO_ARRAY) from None
    return _as_lists(found)


def _as_lists(found: Any) -> Any:
    return [_as_lists(one) for one in found] if isinstance(found, tuple | list) else float(found)
