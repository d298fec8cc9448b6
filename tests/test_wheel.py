"""What a user installs: the wheel that is built, and that it runs in an environment of its own.

Nothing is downloaded. The wheel is built with the backend that is installed here, and its environment
borrows the core dependencies of this one and nothing else.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
MNIST_FILES = {
    f"tiza/data/datasets/mnist/{name}-ubyte.gz"
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
}
OPTIONAL = ("sympy", "jax", "keras", "matplotlib", "sklearn", "scipy", "pandas")

pytestmark = pytest.mark.xdist_group("wheel")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command as a user would, out of reach of this environment, and return what it printed."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "TIZA_LANGUAGE": "en",
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from the source tree and the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("distributions")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    (path,) = distributions.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel beside the core dependencies and nothing else; return the folder of programs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    scheme = {"base": str(folder), "platbase": str(folder)}
    borrow_core_dependencies(Path(sysconfig.get_path("purelib", "venv", vars=scheme)))
    run(
        *(sys.executable, "-m", "pip", "--python", programs / "python", "install", "--no-index"),
        *("--constraint", ROOT / "constraints.txt", wheel),
        cwd=folder,
    )
    return programs


def borrow_core_dependencies(site_packages: Path) -> None:
    """Link what `pip install tiza` would bring; pip then checks it against the pinned versions."""
    for distribution in core_dependencies():
        for name in {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}:
            target = Path(str(distribution.locate_file(name)))
            if target.exists() and name != "__pycache__":
                (site_packages / name).symlink_to(target)


def core_dependencies() -> Iterator[importlib.metadata.Distribution]:
    """Yield the distributions that the core requirements reach."""
    pending, seen = list(PROJECT["dependencies"]), set()
    while pending:
        name = re.split(r"[^\w.-]", pending.pop(), maxsplit=1)[0]
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        pending += [line for line in distribution.requires or () if ";" not in line]


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    information = f"tiza-{VERSION}.dist-info"
    assert wheel.name == f"tiza-{VERSION}-py3-none-any.whl"
    assert names >= MNIST_FILES
    assert names >= {"tiza/py.typed", "tiza/__init__.py", "tiza/locale/es/LC_MESSAGES/tiza.mo"}
    assert names >= {f"{information}/licenses/LICENSE", f"{information}/licenses/NOTICE"}
    assert {name.partition("/")[0] for name in names} == {"tiza", information}
    assert {Path(name).suffix for name in names if name.startswith("tiza/")} == {
        ".py",
        ".gz",
        ".mo",
        ".typed",
    }


def test_the_wheel_holds_every_module_of_the_source(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.endswith(".py")}
    assert packed == {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}


def test_the_sdist_holds_the_source_and_nothing_else(distributions: Path) -> None:
    (path,) = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()}
    assert names >= {
        "pyproject.toml",
        "LICENSE",
        "NOTICE",
        "Makefile",
        "constraints.txt",
        "tests/test_wheel.py",
    }
    assert names >= {f"src/{name}" for name in MNIST_FILES}
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"benchmarks", "src", "tests", "verification"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".pot"))]


def test_the_program_knows_its_version(installed: Path, tmp_path: Path) -> None:
    assert VERSION in run(installed / "tiza", "--version", cwd=tmp_path)


def test_the_package_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    assert "Usage" in run(installed / "python", "-m", "tiza", "--help", cwd=tmp_path)


def test_importing_tiza_imports_no_optional_package(installed: Path, tmp_path: Path) -> None:
    code = f"""
import sys
import tiza
import tiza.cli.main
from tiza.data.datasets import mnist
from tiza.language import translate, use_language

assert tiza.__version__ == {VERSION!r}, tiza.__version__
assert tiza.__file__.startswith(sys.prefix), tiza.__file__
assert mnist.load_data()[0][1][0] == 5
with use_language("es"):
    translate("any message")
print(sorted(set(sys.modules) & set({OPTIONAL})))
"""
    assert run(installed / "python", "-W", "error", "-c", code, cwd=tmp_path).strip() == "[]"


def test_optional_packages_are_not_even_there(installed: Path, tmp_path: Path) -> None:
    code = f"import importlib.util as u; print([name for name in {OPTIONAL} if u.find_spec(name)])"
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == "[]"
