"""What Tiza refuses, in the reader's language and in the words of a command line.

Exceptions are English and name arguments as Python writes them. What commands often meet is told by a
translation of its sentence; an argument that is an option is written as one.
"""

from __future__ import annotations

import functools
import re
import string

from tiza.language import translatable, translate

SENTENCES = (
    # names
    translatable("{what}: unknown name {name}; did you mean {names}?"),
    translatable("{what}: unknown name {name}; known: {names}."),
    translatable("{what}: got {value}, expected a name ({names}) or an object."),
    # numbers
    translatable("{what}: got {value}, expected a whole number of at least {least}."),
    translatable("{what}: got {value}, expected a whole number from {least} to {most}."),
    translatable("{what}: got {value}, expected a number of at least {least}, no upper limit."),
    translatable("{what}: got {value}, expected a number of at least {least}, below {below}."),
    translatable("{what}: got {value}, expected a number of at least {least}, at most {most}."),
    # formulas
    translatable("the formula has {count} characters, expected at most {most}; shorten it."),
    translatable("column {place}: nested too deeply, expected at most {most} levels; simplify it."),
    translatable("column {place}: unexpected character {text}."),
    translatable("column {place}: expected a number, a name or '(' before {text}."),
    translatable("column {place}: the number {text} is too large for float64."),
    translatable("column {place}: unknown function {name}; did you mean {near}?"),
    translatable("column {place}: unknown function {name}; known: {names}; to multiply, write {product}."),
    translatable("column {place}: function {name} without its argument; write {call}."),
    translatable("column {place}: expected an operator before {text}; to multiply, write {product}."),
    translatable("column {place}: unexpected ','; decimals are written with a point: 2.5."),
    translatable("column {place}: ')' without its '('."),
    translatable("column {place}: {name}: got {count} arguments, expected {expected}."),
    translatable("column {place}: the formula is empty; expected a number, a name or '('."),
    translatable("column {place}: the formula ends too early; expected a number, a name or '('."),
    translatable("column {place}: '(' without its ')'."),
    # training
    translatable(
        "epoch {epoch}, step {step} of {steps}: {what} is not finite; the weights are restored to those "
        "before that step. Try a smaller learning_rate, scaled inputs, or a stable loss (from_logits)."
    ),
    translatable(
        "y: got {value} at {place}, expected numbers from 0 on; shift the targets, or use "
        "mean_squared_error, which takes any."
    ),
    # extras
    translatable("this needs {package}, which is not installed; run: pip install {extra}"),
    translatable("symbolic derivatives need SymPy, which is not installed; run: pip install {extra}"),
    # files
    translatable("encoding: got {value}, expected one that Python knows, such as {example}."),
    translatable("{file}: got {reason}, expected a CSV file that can be read."),
    translatable("{file}: got {reason}, expected a TOML file that can be read."),
    translatable("file {file}: it cannot be read ({reason})."),
    translatable("file {file}: it is no model file, or it is cut off: it has {count} bytes."),
    # tables
    translatable("{file}: got an empty file, expected the names of the columns in the first row."),
    translatable("{file}: got no rows below the names of the columns; give at least one."),
    translatable("{file}: got the first row {row}, expected the names of the columns; add a first row."),
    translatable("{file}: got the name {name} for columns {first} and {second}; rename one of them."),
    translatable(
        "{file}: got {count} cells in row {row}, expected {expected}, one for each name ({names}); a cell "
        "that holds the delimiter must be quoted."
    ),
    translatable(
        "{file}: got byte {byte} at place {place}, which is no {encoding}; give its encoding: "
        "encoding='cp1252' is Windows' in Western Europe and the Americas."
    ),
    translatable(
        "{file}: got numbers with commas in column {first} and with points in column {second}; give "
        "decimal=',' or decimal='.', and write the other column likewise."
    ),
    translatable("{file}: got no column {names}, expected one of {known}."),
    translatable("{file}: got no column {names}, expected {known}; add it, or prepare the table without it."),
    translatable(
        "{file}: got a new column {names}, expected {known}; leave it out, or prepare the table anew."
    ),
    translatable("{file}: got no column that can be a feature, expected at least one."),
    translatable("{file}: got no column that can be a feature ({names} left out), expected at least one."),
    # columns
    translatable("columns[{column}]: got {value}, expected {names}."),
    translatable(
        "{what}: got {value} in every row, expected at least two different values; there is nothing to learn."
    ),
    translatable("{what}: got only gaps, expected what is to be predicted."),
    translatable(
        "{what}: got dates or times, such as {value}; make numbers of them (year, month, days since), or "
        "leave the column out: {remedy}."
    ),
    translatable(
        "{what}: got numbers, but {value} in row {row} is none; mend the cell (no units, no thousands "
        "separators, decimals behind {decimal}), add it to missing=..., or leave the column out: {remedy}."
    ),
    translatable("{what}: got {value} in row {row}, expected numbers; mend the cell or drop the row."),
    translatable(
        "{what}: got texts, such as {value}; make categories or numbers of them, or leave the column out: "
        "{remedy}."
    ),
    translatable(
        "{what}: got {count} texts that all differ ({values}): names or identifiers, from which nothing "
        "general is learned; leave the column out: {remedy}."
    ),
    translatable(
        "{what}: got {count} categories ({values}), expected at most {most}; keep the most frequent and join "
        "the others: rare='other', raise most_categories, or leave the column out: {remedy}."
    ),
    translatable(
        "{what}: got {value}: digits behind a zero are a code or a number; say which: {remedy} or 'number' "
        "or 'drop'."
    ),
    translatable(
        "{what}: got a gap in row {row}, expected none: there was none when the table was prepared; fill it "
        "or drop the row."
    ),
    translatable(
        "{what}: got {value} in row {row}, expected one of {known}, as when the table was prepared; mend the "
        "cell or prepare the table anew."
    ),
    translatable(
        "{what}: got {value} in row {row}, expected {no} or {yes}, as when the table was prepared; mend the "
        "cell or prepare the table anew."
    ),
    translatable(
        "{what}: got {value} in row {row}, expected {expected}, as when the table was prepared; mend the "
        "cell or prepare the table anew."
    ),
)
"""Sentences of other rooms, which know no language; {fields} stand for what differs."""

REASONS = (
    translatable("No such file or directory"),
    translatable("Is a directory"),
    translatable("Permission denied"),
    translatable("No space left on device"),
    translatable("a number"),
)
"""Texts that stand in a field and are told in the reader's language too."""

PLACES = (translatable("target column"), translatable("target"), translatable("column"))
"""What stands before a quoted name."""

_PLACE = re.compile(rf"(?:^|(?<=: ))({'|'.join(PLACES)})(?= ')")
_ALTERNATIVES = re.compile(r"'[^']*'(?: or '[^']*')+")

_ENTRY = r"'(?P<column>[^']*)': '(?P<kind>\w+)'"
_COLUMNS = re.compile(rf"columns=\{{{_ENTRY}\}}")
_ARGUMENT = re.compile(
    r"\b(?P<name>decimal|encoding|missing|rare|task)=(?P<quote>'?)(?P<value>[^'\s]+)(?P=quote)"
)


def worded_refusal(error: Exception) -> str:
    """Return what an exception says, in a line, in the reader's language.

    Example:
        >>> from tiza.errors import DataError
        >>> from tiza.language import use_language
        >>> error = DataError("houses.csv: got no column 'prize', expected one of price, area.")
        >>> with use_language("es"):
        ...     worded_refusal(error)
        "houses.csv: no hay columna 'prize'; se espera una de price, area."
    """
    return as_options(" ".join(map(worded_line, str(error).splitlines())))


def reason_of(error: OSError) -> str:
    """Return why the system refused, in the reader's language."""
    return _reason(error.strerror or str(error))


def as_options(message: str) -> str:
    """Return a message with the arguments in it written as options.

    Example:
        >>> as_options("leave the column out: columns={'id': 'drop'}, or say task='regression'.")
        'leave the column out: --columns id=drop, or say --task regression.'
    """
    message = _ARGUMENT.sub(r"--\g<name> \g<value>", _COLUMNS.sub(_columns_option, message))
    return message.replace(" most_categories,", " --most-categories,")


def _columns_option(found: re.Match[str]) -> str:
    text = f"{found['column']}={found['kind']}"
    return f'--columns "{text}"' if " " in text else f"--columns {text}"


def worded_line(line: str) -> str:
    """Return a line of what an exception says, in the reader's language if its sentence is known."""
    for sentence in SENTENCES:
        found = _pattern(sentence).fullmatch(line)
        if found is not None:
            return translate(sentence, **{name: _field(text) for name, text in found.groupdict().items()})
    return line


def _field(text: str) -> str:
    if _ALTERNATIVES.fullmatch(text):
        word = translate("or")
        return text.replace("' or '", f"' {word} '")
    return _PLACE.sub(lambda found: translate(found[1]), _reason(text))


def _reason(text: str) -> str:
    return translate(text) if text in REASONS else text


@functools.cache
def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = string.Formatter().parse(sentence)
    written = (re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in pieces)
    return re.compile("".join(written))
