"""The language of what students read: how it is chosen, and that the Spanish catalogue is whole."""

from __future__ import annotations

import ast
import io
import re
import string
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import tiza.language as language_module
from tiza.errors import TizaError
from tiza.language import (
    LANGUAGES,
    current_language,
    set_language,
    translatable,
    translate,
    translate_plural,
    use_language,
)

SOURCE = Path(language_module.__file__).parent
SPANISH = SOURCE / "locale" / "es" / "LC_MESSAGES"
# The same as those of `make messages`.
KEYWORDS = {"translate": None, "_": None, "translatable": None, "translate_plural": (1, 2)}
VARIABLES = ("TIZA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def untouched_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run each test without the machine's language and put back the one that a test sets."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    token = language_module._chosen.set(None)
    yield
    language_module._chosen.reset(token)


@pytest.fixture
def small_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the shipped catalogue by one with two messages, so that tests do not depend on its words."""
    catalog = Catalog(locale="es")
    catalog.add("{name} weighs {weight:.2f}", "{name} pesa {weight:.2f}")
    catalog.add(("{count} error", "{count} errors"), ("{count} error", "{count} errores"))
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "tiza.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(language_module, "_CATALOGUES", tmp_path)
    language_module._catalogue.cache_clear()
    yield
    language_module._catalogue.cache_clear()


def spanish_catalog() -> Catalog:
    with (SPANISH / "tiza.po").open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


def translations() -> list[Message]:
    return [message for message in spanish_catalog() if message.id]


def forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


class TestChoice:
    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({}, "en"),
            ({"TIZA_LANGUAGE": "es"}, "es"),
            ({"TIZA_LANGUAGE": "es_MX"}, "es"),
            ({"TIZA_LANGUAGE": "en", "LC_ALL": "es_PE.UTF-8"}, "en"),
            ({"TIZA_LANGUAGE": "", "LANG": "es"}, "es"),
            ({"LANG": "es_MX.UTF-8"}, "es"),
            ({"LANG": "es-PE"}, "es"),
            ({"LC_MESSAGES": "es_ES@euro", "LANG": "en_US.UTF-8"}, "es"),
            ({"LC_ALL": "C", "LANG": "es_MX.UTF-8"}, "en"),
            ({"LC_ALL": "", "LANG": "es_MX.UTF-8"}, "es"),
            ({"LANG": "fr_FR.UTF-8"}, "en"),
            ({"LANG": "C.UTF-8"}, "en"),
        ],
    )
    def test_default_comes_from_the_environment(
        self, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        assert current_language() == expected

    def test_a_set_language_goes_before_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIZA_LANGUAGE", "en")
        set_language("es")
        assert current_language() == "es"

    @pytest.mark.parametrize("wrong", ["fr", "", "ES", "es_MX"])
    def test_unknown_language_names_the_accepted_ones(self, wrong: str) -> None:
        with pytest.raises(ValueError, match=rf"got '{wrong}', expected one of 'en', 'es'"):
            set_language(wrong)
        with pytest.raises(ValueError, match="expected one of 'en', 'es'"), use_language(wrong):
            pass
        assert current_language() == "en"

    def test_unknown_language_in_the_variable_names_the_variable(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIZA_LANGUAGE", "fr")
        with pytest.raises(TizaError, match=r"TIZA_LANGUAGE: got 'fr', expected one of 'en', 'es'"):
            current_language()

    def test_the_language_comes_back_after_an_error(self) -> None:
        set_language("es")
        with pytest.raises(ZeroDivisionError), use_language("en"):
            _ = 1 / 0
        assert current_language() == "es"

    def test_threads_do_not_interfere(self) -> None:
        both_have_set = threading.Barrier(len(LANGUAGES), timeout=10)
        seen: dict[str, str] = {}

        def choose(language: str) -> None:
            set_language(language)
            both_have_set.wait()
            seen[language] = current_language()

        threads = [threading.Thread(target=choose, args=(language,)) for language in LANGUAGES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == {"en": "en", "es": "es"}


@pytest.mark.usefixtures("small_catalogue")
class TestTranslation:
    @pytest.mark.parametrize(("language", "expected"), [("en", "w1 weighs 0.13"), ("es", "w1 pesa 0.13")])
    def test_the_language_is_that_of_the_call(self, language: str, expected: str) -> None:
        template = translatable("{name} weighs {weight:.2f}")
        with use_language(language):
            assert translate(template, name="w1", weight=0.1265) == expected

    @pytest.mark.parametrize(
        ("language", "count", "expected"),
        [("en", 1, "1 error"), ("en", 0, "0 errors"), ("es", 1, "1 error"), ("es", 7, "7 errores")],
    )
    def test_plural(self, language: str, count: int, expected: str) -> None:
        with use_language(language):
            assert translate_plural("{count} error", "{count} errors", count) == expected

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_message_without_translation_stays_english(self, language: str) -> None:
        with use_language(language):
            assert translate("set {{{name}}}", name="x") == "set {x}"
            assert translate("") == ""

    def test_a_missing_field_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="weight"):
            translate("{name} weighs {weight:.2f}", name="w1")


class TestSpanishCatalogue:
    def test_it_holds_exactly_the_messages_of_the_code(self) -> None:
        extracted = {message for _, _, message, _, _ in extract_from_dir(SOURCE, keywords=KEYWORDS)}
        known = {message.id for message in translations()}
        assert known == extracted, "run make messages and translate what is new in tiza.po"

    def test_every_message_is_translated(self) -> None:
        missing = [message.id for message in translations() if not all(forms(message.string))]
        doubtful = [message.id for message in translations() if message.fuzzy]
        assert not missing
        assert not doubtful

    def test_one_spelling_and_one_word_for_a_unit(self) -> None:
        told = [text for one in translations() for text in forms(one.string)]
        assert not [text for text in told if "sólo" in text.lower()]
        units = [text for text in told if re.search(r"(?:las|cada|esta|de) unidad", text)]
        assert not units, units

    def test_every_translation_has_the_fields_of_its_message(self) -> None:
        for message in translations():
            expected = set().union(*map(fields, forms(message.id)))
            for form in forms(message.string):
                # A singular may leave its number out: "one error".
                assert fields(form) | {"count"} == expected | {"count"}, message.id
                assert message.pluralizable or fields(form) == expected, message.id

    def test_the_compiled_catalogue_is_up_to_date(self) -> None:
        compiled = io.BytesIO()
        write_mo(compiled, spanish_catalog())
        assert (SPANISH / "tiza.mo").read_bytes() == compiled.getvalue(), "run make messages"


def messages_that_cannot_be_extracted(code: str) -> list[int]:
    """Return the lines where a message is put together before it is translated, or stands in an f-string."""
    computed = (ast.JoinedStr, ast.BinOp)
    tree = ast.parse(code)
    inside = [
        call.lineno
        for text in ast.walk(tree)
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    ]
    return inside + [
        argument.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        for argument in call.args[: 2 if call.func.id == "translate_plural" else 1]
        if isinstance(argument, computed)
    ]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("translate('a {b}', b=1)", []),
        ("translate(title)", []),
        ("x = 1\ntranslate(f'a {x}')", [2]),
        ("_('a' + b)", [1]),
        ("translatable('a %s' % b)", [1]),
        ("x = f'{translate(\"a\")}'", [1]),
        ("x = f'{translate(title)}'", []),
        ("translate_plural('a', f'{n} as', n)", [1]),
    ],
)
def test_the_search_for_computed_messages_finds_them(code: str, lines: list[int]) -> None:
    assert messages_that_cannot_be_extracted(code) == lines


def test_no_message_is_computed_before_it_is_translated() -> None:
    found = {
        str(path.relative_to(SOURCE)): lines
        for path in sorted(SOURCE.rglob("*.py"))
        if (lines := messages_that_cannot_be_extracted(path.read_text(encoding="utf-8")))
    }
    assert not found
