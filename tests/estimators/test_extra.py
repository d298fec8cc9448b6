"""Without scikit-learn the estimators' room says which extra is missing; the rest does not need it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
sys.modules["sklearn"] = None
import tiza
try:
    import tiza.sklearn
except ImportError as error:
    print(type(error).__name__, error)
"""


def test_the_error_names_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("MissingExtraError")
    assert "pip install '.[sklearn]'" in done.stdout


def test_tiza_does_not_import_scikit_learn() -> None:
    script = "import sys, tiza; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
