"""The file: arrays as safetensors, with one JSON text in its metadata, and a checksum over all of it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tiza.errors import ModelError
from tiza.models.saving.refusing import REMEDY, fields_of, refusing
from tiza.models.saving.values import Json
from tiza.nn.checks import checked_path, switch

Array = np.ndarray[Any, Any]
FilePath: TypeAlias = str | os.PathLike[str]

FORMAT = "tiza"
VERSION = 1
"""Version of the format: a file of another version is refused."""

MODEL, WEIGHTS = "model", "weights"
INSTEAD = {
    MODEL: "load it with tz.load_model(...)",
    WEIGHTS: "make the model, and call model.load_weights(...)",
}
"""What to do with a file of each kind."""

MOST_HEADER_BYTES, MOST_CHARACTERS = 2**26, 2**24
"""How long safetensors' header and the description in it may be."""

DTYPES: dict[str, str] = {
    "BOOL": "|b1",
    "I8": "|i1",
    "U8": "|u1",
    "I16": "<i2",
    "U16": "<u2",
    "I32": "<i4",
    "U32": "<u4",
    "I64": "<i8",
    "U64": "<u8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
"""What arrays may be made of: NumPy's names by safetensors'."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, its checksum checked.

    Attributes:
        description: JSON.
        arrays: arrays by path.
    """

    description: Json
    arrays: dict[str, Array]


def checksum(head: Mapping[str, Json], arrays: Mapping[str, Array]) -> str:
    """Return the SHA-256 of a description and of names, types, shapes and bytes of arrays.

    Example:
        >>> checksum({}, {"w": np.zeros(2)}) == checksum({}, {"w": np.zeros((2, 1))})
        False
    """
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    ordered = {name: one.astype(one.dtype.newbyteorder("<"), copy=False) for name, one in ordered.items()}
    table = [(name, one.dtype.str, one.shape) for name, one in ordered.items()]
    found = hashlib.sha256(json.dumps([head, table], sort_keys=True).encode())
    for one in ordered.values():
        found.update(one.tobytes())
    return found.hexdigest()


def write_file(path: FilePath, kind: str, description: Json, arrays: Mapping[str, Array]) -> None:
    """Write a file in one piece: until it is complete and on the disk, an older one of that name stays.

    Raises:
        ModelError: the description is too long.
        OSError: the file cannot be written.
    """
    # not before it is needed
    from safetensors.numpy import save

    head = {
        "format": FORMAT,
        "kind": kind,
        "version": VERSION,
        "tiza": _own_version(),
        "content": description,
    }
    text = json.dumps({**head, "sha256": checksum(head, arrays)}, allow_nan=False)
    if len(text) > MOST_CHARACTERS:
        raise ModelError(
            f"save: got arguments of {len(text)} characters, expected at most {MOST_CHARACTERS}; give large "
            "arrays as weights, not as arguments of layers and initializers."
        )
    # safetensors writes memory as it lies
    whole = {name: np.array(one, order="C") for name, one in arrays.items()}
    _replace(os.path.realpath(path), save(whole, {FORMAT: text}))


def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("tiza")
    except PackageNotFoundError:
        return "unknown"


def _replace(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    part = os.path.join(folder, f".{os.urandom(8).hex()}.part")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError):
            # the part's name tells nothing
            raise OSError(error.errno, f"{error.strerror}; the model is not saved", path) from None
        raise
    # the folder's entry too; where folders cannot be opened, the system sees to it
    with contextlib.suppress(OSError):
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def read_file(path: FilePath, kind: str) -> Contents:
    """Return what a file of a kind holds.

    Raises:
        ModelError: there is no such file, it is damaged, or it is of another kind, version or format.
    """
    checked_path("filepath", path)
    with refusing(shown(path)):
        try:
            _check_length(Path(path))
            text, arrays = _parts_of(os.fspath(path))
        except OSError as error:
            raise ModelError(f"it cannot be read ({error.strerror or error}).") from None
        head = _head_of(text)
        found = head.pop("sha256")
        if found != checksum(head, arrays):
            raise ModelError(
                "its content does not have the checksum that it was written with: the file is damaged; take "
                "another copy, or write it anew."
            )
        if head["kind"] != kind:
            remedy = INSTEAD.get(str(head["kind"]), REMEDY)
            raise ModelError(f"it is a file of kind {head['kind']!r}, expected {kind!r}; {remedy}.")
        return Contents(head["content"], arrays)


def shown(path: FilePath) -> str:
    """Return what errors call a file."""
    return f"file {os.fspath(path)!r}"


def check_free(path: FilePath, overwrite: bool) -> None:
    """Check that there is no file yet, unless it may be replaced.

    Raises:
        ModelError: there is one, or a folder, or `path` is none, or `overwrite` neither True nor False.
    """
    checked_path("filepath", path)
    if os.path.isdir(path):
        raise ModelError(f"filepath: {shown(path)} is a folder; give the name of a file in it.")
    if not switch("save", "overwrite", overwrite) and os.path.lexists(path):
        raise ModelError(f"filepath: {shown(path)} exists; give another one, or overwrite=True.")


def _check_length(path: Path) -> None:
    """Check the length of the header before anything reads it."""
    with path.open("rb") as file:
        start = file.read(8)
    size, header = path.stat().st_size, int.from_bytes(start, "little")
    if len(start) < 8 or header > size - 8:
        raise ModelError(f"it is no model file, or it is cut off: it has {size} bytes.")
    if header > MOST_HEADER_BYTES:
        raise ModelError(f"it has a header of {header} bytes, expected at most {MOST_HEADER_BYTES}.")


def _parts_of(path: str) -> tuple[str, dict[str, Array]]:
    """Return the text and copies of the arrays."""
    # not before it is needed
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if FORMAT not in metadata:
                raise ModelError("it is a safetensors file of another program, expected one that Tiza wrote.")
            return metadata[FORMAT], {name: _array_of(file, name) for name in sorted(file.keys())}
    except SafetensorError as error:
        raise ModelError(f"it is no model file, or it is damaged or cut off ({error}).") from None


def _array_of(file: Any, name: str) -> Array:
    dtype = file.get_slice(name).get_dtype()
    if dtype not in DTYPES:
        raise ModelError(
            f"array {name!r}: it is made of {dtype}, expected one of {', '.join(DTYPES)}; {REMEDY}."
        )
    return np.array(file.get_tensor(name))


def _head_of(text: str) -> dict[str, Json]:
    """Return what stands around the description, if this version can read it."""
    if len(text) > MOST_CHARACTERS:
        raise ModelError(
            f"it has a description of {len(text)} characters, expected at most {MOST_CHARACTERS}."
        )
    try:
        head = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"its description is no JSON that can be read ({error!s:.100}): the file is damaged."
        ) from None
    if isinstance(head, dict) and head.get("format") == FORMAT and head.get("version") != VERSION:
        raise ModelError(
            f"it is of version {head.get('version')!r:.20} of the format (Tiza {head.get('tiza')!r:.20}), "
            f"this Tiza reads version {VERSION}; update Tiza, or write the file with this one."
        )
    fields_of(head, "description", "format", "kind", "version", "tiza", "content", "sha256")
    if head["format"] != FORMAT:
        raise ModelError(f"it is of format {head['format']!r:.60}, expected {FORMAT!r}.")
    return dict(head)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
