"""The language that students read: Spanish or English, chosen when a message is shown.

Messages are written in English in the code and looked up in `locale/<language>/LC_MESSAGES/tiza.mo`. The
choice belongs to the current context (`contextvars`), so threads and asynchronous tasks do not disturb each
other; a new thread starts with the default language unless it is run in a copy of its parent's context.

Example:
    >>> with use_language("en"):
    ...     translate("{name} weighs {weight:.2f}", name="w1", weight=0.1265)
    'w1 weighs 0.13'
"""

from __future__ import annotations

import functools
import gettext
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from tiza.errors import TizaError

LANGUAGES = ("en", "es")

_DOMAIN = "tiza"
_SOURCE_LANGUAGE = "en"
_CATALOGUES = Path(__file__).parent / "locale"
_TIZA_VARIABLE = "TIZA_LANGUAGE"
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_chosen: ContextVar[str | None] = ContextVar("tiza_language", default=None)


class LanguageError(TizaError, ValueError):
    """A language that Tiza does not speak."""


def current_language() -> str:
    """Return the language in force, `"en"` or `"es"`.

    It is the one set in this context; else the one the environment variable `TIZA_LANGUAGE` names; else
    that of the locale (the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is not empty) if Tiza speaks
    it; else English.

    Raises:
        LanguageError: `TIZA_LANGUAGE` names a language that Tiza does not speak.

    Example:
        >>> with use_language("es"):
        ...     current_language()
        'es'
    """
    return _chosen.get() or _language_of_environment(os.environ)


def set_language(language: str) -> None:
    """Choose the language of this context, from now on.

    Args:
        language: `"en"` or `"es"`.

    Raises:
        LanguageError: Tiza does not speak that language.

    Example:
        >>> set_language("fr")
        Traceback (most recent call last):
        tiza.language.LanguageError: language: got 'fr', expected one of 'en', 'es'
    """
    _chosen.set(_accepted(language, "language"))


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Choose the language inside a `with` block; the one before comes back afterwards.

    Args:
        language: `"en"` or `"es"`.

    Raises:
        LanguageError: Tiza does not speak that language.

    Example:
        >>> with use_language("es"):
        ...     with use_language("en"):
        ...         inner = current_language()
        ...     inner, current_language()
        ('en', 'es')
    """
    token = _chosen.set(_accepted(language, "language"))
    try:
        yield
    finally:
        _chosen.reset(token)


def translate(message: str, /, **fields: object) -> str:
    """Return `message` in the current language, its `{fields}` filled in.

    Call it where the text is shown, never while a module is imported: `from tiza.language import translate
    as _` is fine, a module constant `TITLE = translate("Loss")` is not (write `translatable("Loss")`
    there). The message is a `str.format` template in every language: a literal brace is written `{{`.

    Args:
        message: the English text, a literal, so that it can be extracted.
        **fields: the values of the template's fields.

    Raises:
        KeyError: a field of the template was not given.

    Example:
        >>> with use_language("en"):
        ...     translate("step {number}", number=3)
        'step 3'
    """
    if not message:
        return ""  # gettext keeps the header of a catalogue under the empty message
    return _catalogue(current_language()).gettext(message).format(**fields)


def translate_plural(singular: str, plural: str, count: int, /, **fields: object) -> str:
    """Return the singular or the plural in the current language, as `count` asks; `{count}` is filled in too.

    Args:
        singular: the English text for one, a literal.
        plural: the English text for any other number, a literal.
        count: how many there are.
        **fields: the values of the template's other fields.

    Raises:
        KeyError: a field of the template was not given.

    Example:
        >>> with use_language("en"):
        ...     translate_plural("{count} error", "{count} errors", 2)
        '2 errors'
    """
    template = _catalogue(current_language()).ngettext(singular, plural, count)
    return template.format(count=count, **fields)


def translatable(message: str, /) -> str:
    """Mark a literal for extraction and return it as it is; `translate` it where it is shown.

    Example:
        >>> titles = {"loss": translatable("Loss")}
        >>> with use_language("en"):
        ...     translate(titles["loss"])
        'Loss'
    """
    return message


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == _SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    return gettext.translation(_DOMAIN, localedir=_CATALOGUES, languages=[language])


def _language_of_environment(environment: Mapping[str, str]) -> str:
    named = environment.get(_TIZA_VARIABLE)
    if named:
        return _accepted(_without_region(named), _TIZA_VARIABLE)
    locale = next(
        (environment[name] for name in _LOCALE_VARIABLES if environment.get(name)), _SOURCE_LANGUAGE
    )
    language = _without_region(locale)
    return language if language in LANGUAGES else _SOURCE_LANGUAGE


def _without_region(locale: str) -> str:
    """Return the language of a locale name: `es` for `es_MX.UTF-8`, `es-PE` or `ES`."""
    return locale.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")[0].lower()


def _accepted(language: str, source: str) -> str:
    if language not in LANGUAGES:
        names = ", ".join(repr(name) for name in LANGUAGES)
        raise LanguageError(f"{source}: got {language!r}, expected one of {names}")
    return language
