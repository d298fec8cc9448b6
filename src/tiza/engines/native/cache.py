"""Machine code kept on disk, so that the next process need not compile it again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import llvmlite

from tiza.engines.native.target import Target

LIMIT_BYTES = 256 * 2**20
"""How much is kept; what was used longest ago goes first."""

_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Return where code is kept: TIZA_CACHE, or `tiza` in the user's folder for caches.

    Raises:
        OSError: the user has no home folder.
    """
    named = os.environ.get("TIZA_CACHE")
    if named:
        return Path(named)
    try:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    except RuntimeError as error:
        raise OSError(str(error)) from None
    return Path(base) / "tiza"


@cache
def _compiler_digest() -> bytes:
    """Return a digest of the code generator and of LLVM's version: other makers, other code."""
    digest = hashlib.sha256(llvmlite.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def code_key(content: str, target: Target) -> str:
    """Return the name under which the code of this content is kept."""
    digest = hashlib.sha256(_compiler_digest())
    digest.update(repr(target).encode())
    digest.update(content.encode())
    return digest.hexdigest()


def read_code(key: str) -> bytes | None:
    """Return kept code, or None if there is none, it is damaged, or others may have written it."""
    try:
        path = cache_folder() / f"{key}.o"
        if not _is_private(path.parent):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
        return None
    _touch(path)
    return content[_DIGEST:]


def write_code(key: str, code: bytes) -> None:
    """Keep code; where the folder cannot be written to, nothing is kept and nothing is said."""
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder):
            return
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(file.name, folder / f"{key}.o")
        _shrink(folder)
    except OSError:
        return


def can_keep(folder: Path) -> bool:
    """Return whether code can be kept in a folder, which is made if it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _is_private(folder) and os.access(folder, os.W_OK)
    except OSError:
        return False


def _is_private(folder: Path) -> bool:
    """Return whether only this user can write to a folder: code in it is going to be run."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def kept_files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield time of last use, size and path of what is kept."""
    for path in folder.glob("*.o"):
        try:
            status = path.stat()
        except OSError:
            continue
        yield status.st_mtime, status.st_size, path


def _shrink(folder: Path) -> None:
    files = sorted(kept_files(folder))
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= LIMIT_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= size
