"""What all commands share: help in two languages, one message for what is wrong, exit statuses, pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import tiza
from tiza.cli.commands import INTERRUPTED
from tiza.cli.main import cli
from tiza.cli.output import wrapped
from tiza.language import current_language, use_language

COMMANDS = ((), *((name,) for name in sorted(cli.commands)))

WRITTEN_WRONGLY: dict[tuple[str, ...], str] = {
    ("dmo",): "There is no command 'dmo'. Did you mean demo?",
    ("zzz",): f"There is no command 'zzz'; there are {', '.join(sorted(cli.commands))}.",
    ("train", "mnits"): "There are no data 'mnits'. Did you mean mnist",
    ("train", "zzz"): "There are no data 'zzz': no such file, and the data sets are mnist, xor",
    ("train",): "There are no data; give a CSV file, a TOML file, or the name of a data set: mnist, xor",
    ("train", "mnist", "--target", "y"): "target: got 'y', but mnist settles that itself",
    ("train", "mnist", "--columns", "zip"): "expected kinds by column, such as zip=category,id=drop",
    ("train", "recipe.toml", "--preset", "xor"): "Give --preset or a TOML file",
    ("predict",): "MODEL is missing.",
    ("evaluate", "model.tiza"): "DATA is missing.",
    ("train", "xor", "more", "words"): "more words: expected nothing more.",
    ("train", "--quiet=3"): "--quiet takes no value.",
    ("train", "--epochs"): "--epochs: expected a value behind it.",
    ("train", "--zzz"): "There is no option --zzz.",
    ("train", "--learning-rate", "x"): "--learning-rate: got x, expected a number, such as 0.01.",
    ("train", "--epochs", "x"): "--epochs: got x, expected a whole number of at least 1.",
    ("demo", "--epoch", "1"): "--epochs",
    ("demo", "--epochs", "0"): "--epochs: got 0, expected a whole number of at least 1.",
    ("demo", "--seed", "-1"): "--seed: got -1, expected a whole number from 0 to 18446744073709551615.",
    ("demo", "--language", "fr"): "--language: got fr, expected one of en, es.",
    ("train", "mnist", "--layers", "30;20"): "expected sizes of hidden layers, such as 30,20, or none",
    ("train", "mnist", "--layers", "0"): "expected sizes of hidden layers",
    ("train", "mnist", "--dtype", "float16"): "--dtype: got float16, expected one of float32, float64.",
    ("derive",): "FORMULA",
}


def run(*arguments: str, **environment: str) -> Result:
    with use_language("en"):
        return CliRunner(env={"COLUMNS": "100", **environment}).invoke(cli, arguments, prog_name="tiza")


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the command line as a user does, with its output in pipes."""
    fixed = {"TIZA_LANGUAGE": "en", "PYTHONIOENCODING": "utf-8", "PYTHONFAULTHANDLER": "1"}
    settings = {**fixed, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "tiza", *arguments],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_both_languages(command: tuple[str, ...]) -> None:
    english, spanish = (run(*command, "--language", language, "--help").output for language in ("en", "es"))
    assert english.startswith("Usage: tiza")
    assert spanish.startswith("Uso: tiza")
    assert "Options:" in english
    assert "Opciones:" in spanish
    for word in ("Usage", "Options", "Commands", "Show", "Language", "default:", "Passes", "Train"):
        assert word not in spanish


def test_the_language_can_stand_anywhere_and_is_forgotten() -> None:
    before = current_language()
    assert run("--language", "es", "demo", "-h").output == run("demo", "--language", "es", "-h").output
    assert current_language() == before


def test_without_a_command_the_help_is_shown() -> None:
    result = run("--language", "es")
    assert result.exit_code == 0
    assert "Deriva una fórmula" in result.output


@pytest.mark.parametrize("name", ["loss", "optimizer", "engine", "activation", "output-activation"])
def test_a_wrong_name_of_a_part_is_one_line_with_the_nearest(name: str) -> None:
    nearest = {
        "loss": "mse",
        "optimizer": "sgd",
        "engine": "native",
        "activation": "relu",
        "output-activation": "softmax",
    }
    result = run("train", "mnist", f"--{name}", nearest[name] + "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"did you mean '{nearest[name]}'" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "message"), WRITTEN_WRONGLY.items())
def test_a_command_that_is_written_wrongly(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.startswith("Usage: tiza")
    assert result.stderr.count("Error:") == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [one for one in WRITTEN_WRONGLY if "fr" not in one])
def test_what_is_wrong_is_told_in_spanish_wherever_that_is_asked_for(arguments: tuple[str, ...]) -> None:
    for asked in (("--language", "es", *arguments), (*arguments, "--language=es")):
        if asked[-2] == "--epochs":
            continue  # the language would be its value
        result = run(*asked)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("Uso: tiza")
        told = result.stderr.splitlines()[-1]
        assert told.startswith("Error: ")
        for word in ("expected", "missing", "There", "option ", "Did", "got", "value", "Give"):
            assert word not in told, told


@pytest.mark.parametrize("command", COMMANDS)
def test_the_language_counts_behind_help_too(command: tuple[str, ...]) -> None:
    usual = run(*command, "--language", "es", "--help").output
    assert run(*command, "--help", "--language", "es").output == usual
    assert run(*command, "--help", "--language=es").output == usual


def test_the_language_is_no_option_behind_two_dashes() -> None:
    result = run("derive", "x", "--", "--language", "es")
    assert (result.exit_code, result.stderr.partition(":")[0]) == (2, "Usage")


def test_an_unknown_language_in_the_environment() -> None:
    process = start("demo", "--epoch", "1", TIZA_LANGUAGE="fr")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told == "Error: TIZA_LANGUAGE: got 'fr', expected one of 'en', 'es'\n"


def test_the_version() -> None:
    process = start("--version")
    shown, told = process.communicate(timeout=60)
    assert (process.returncode, shown, told) == (0, f"tiza {tiza.__version__}\n", "")


def test_doctor_finds_all_well() -> None:
    result = run("doctor", "--language", "es")
    assert result.exit_code == 0, result.output
    for shown in (tiza.__version__, "70000 imágenes", "aprende y = 2x + 1: pendiente 2.0000", "idioma"):
        assert shown in result.output


def test_a_terminal_that_lacks_characters_gets_question_marks() -> None:
    process = start("derive", "x*x", "x=3", PYTHONIOENCODING="ascii")
    shown, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "")
    assert "?f/?x = 2*x" in shown


def interrupted(process: subprocess.Popen[str], after: str) -> tuple[str, str]:
    """Press Ctrl-C when a line begins with `after`; return what is printed then, and the error stream."""
    assert process.stdout is not None
    assert any(line.startswith(after) for line in process.stdout)
    process.send_signal(signal.SIGINT)
    try:
        shown, told = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        # what it was doing: faults are reported on stderr
        process.send_signal(signal.SIGABRT)
        shown, told = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, told
    return shown, told


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("language", "epoch", "message", "last"),
    [
        ("en", "Epoch 2/1000", "Interrupted; epochs that are done: ", "Written to "),
        ("es", "Época 2/1000", "Interrumpido; épocas terminadas: ", "Escrito en "),
    ],
)
def test_what_was_learned_before_an_interruption_is_kept(
    tmp_path: Path, language: str, epoch: str, message: str, last: str
) -> None:
    path, log = tmp_path / "model.tiza", tmp_path / "log.csv"
    asked = ("--epochs", "1000", "--output", str(path), "--callbacks", f"csv={log}")
    process = start("train", "mnist", *asked, "--language", language)
    shown, told = interrupted(process, epoch)
    assert told.strip().startswith(message)
    done = int(told.strip().removeprefix(message).rstrip("."))
    assert done >= 2
    assert last in shown
    assert len(log.read_text(encoding="utf-8").splitlines()) == done + 1
    model = tiza.load_model(path)
    (images, labels), _ = tiza.datasets.mnist.load_data()
    assert model.evaluate(images[:2000], labels[:2000], return_dict=True)["accuracy"] > 0.9


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupting_the_first_epoch_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    # an epoch of minutes
    slow = ("--hidden", "2000,2000", "--batch-size", "1", "--output", str(path))
    _, told = interrupted(start("train", "mnist", *slow), "Network ")
    # the signal may come before training begins, when there is nothing to be told
    message = "Interrupted before the first epoch was done: nothing was learned or written."
    assert told.strip() in ("", message)
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_reader_that_goes_away_leaves_no_traceback() -> None:
    process = start("train", "mnist", "--epochs", "3", "--samples", "2000")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in told


def test_long_lines_are_wrapped_at_blanks() -> None:
    page = "  [1] a = 0.1 + 0.2 = 0.3\n\nshort\n" + "x" * 30
    lines = wrapped(page, 20).splitlines()
    assert lines == ["  [1] a = 0.1 + 0.2", "        = 0.3", "", "short", "x" * 30]
