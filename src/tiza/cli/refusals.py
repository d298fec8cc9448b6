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
    # sheets
    translatable(
        "the sheet names no network; begin it with a line such as “net = tanh-2-2-1”, or with the path of a "
        "saved model."
    ),
    translatable("{what}: unknown name {name}; did you mean {names}? No file of that name either."),
    translatable("{what}: unknown name {name}; known: {names}. No file of that name either."),
    translatable("JSON: {reason}: line {line} column {column} (char {place})"),
    translatable("JSON: {reason}"),
    translatable(
        "{file}: the file has more than {most} bytes, the most that are read; keep only the lines “name = "
        "value”."
    ),
    translatable("{file}: this is no text; save the sheet as plain text, CSV or JSON."),
    translatable("the sheet has {count} lines, and at most {most} are read."),
    translatable("the sheet has {count} values, and at most {most} are read."),
    translatable("the sheet is expected to be an object of names and values."),
    translatable("values: expected an object of names and values."),
    translatable("naming: expected an object of names and targets."),
    translatable("file {file}: it is no saved model, or it is damaged."),
    translatable("x, y: the rows have different lengths; give each sample as many numbers."),
    translatable("{folder}: no sheet found; expected files {endings}."),
    translatable("{folder}: {count} files, and at most {most} are checked at once."),
    translatable(
        "{names}: not given; write it into the sheet's header, such as x = (2, 3), or hand it over with the "
        "model."
    ),
    translatable("lesson {name} is a calculation without x and y; leave them out of the header."),
    translatable("{names}: the exercise {code} has numbers of its own; leave them out of the header."),
    # exercises
    translatable(
        "net: no numbers that are good to work with were found for {code}; take a smaller network, another "
        "activation or more decimals."
    ),
    translatable("loss: {loss} is asked for with the kind {kind} alone; choose another one."),
    translatable("output: got {value}, but {loss} reads {outputs}."),
    translatable("net: {net} has one output, and {loss} compares classes; give it two or more."),
    translatable("net: got {net}, expected numbers of units from input to output, such as {example}."),
    translatable("net: got {net} with an empty layer; every layer has at least one unit."),
    translatable(
        "net: {net} is too large for {kind}; at most {layers} layers of weights and {units} units a layer."
    ),
    translatable("net: {net} has {count} weights and biases, too many to work out by hand; at most {most}."),
    translatable("exercise: got {text}, expected a code such as {example}, as it stands on the exercise."),
    # boards
    translatable("target: got {text}, expected a name and an index, such as {example}."),
    translatable("target: got {text}, expected whole numbers from {first}; {told}."),
    translatable("target: got {text} with {count} indices; {told}."),
    translatable("target: {text} is out of range; {told}."),
    translatable("target: got {text}, but lesson {name} has no numbers; leave it out."),
    translatable(
        "update: {name} is no weight and has no new value; ask for a weight, such as {example}, or leave "
        "update out."
    ),
    translatable(
        "update: {name} is no weight of a network and has no new value; leave update and learning_rate out."
    ),
    translatable("update: {name} is not trained, so it has no new value; leave update out."),
    translatable("lines: got {line}, expected numbers from {first} to {last}."),
    translatable("names: got {name} for a number's name, expected a short one such as {example}."),
    translatable(
        "names: got {name} for {target}, which is the name of something else on the page; choose another."
    ),
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
    translatable("{what}: got {value}, expected a whole number."),
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

CLAUSES = (
    translatable("{name} is one number, without an index"),
    translatable("{name} has shape {shape}, the sample first: write {first} to {last}"),
    translatable("{name} has shape {shape}: write {first} to {last}"),
)
"""Sentences that stand within a field of another one."""

REASONS = (
    translatable("No such file or directory"),
    translatable("Is a directory"),
    translatable("Permission denied"),
    translatable("No space left on device"),
    translatable("a number"),
    translatable("lesson"),
    translatable("x and y"),
    # of Python's reader of JSON
    translatable("Expecting value"),
    translatable("Expecting property name enclosed in double quotes"),
    translatable("Expecting ':' delimiter"),
    translatable("Expecting ',' delimiter"),
    translatable("Illegal trailing comma before end of object"),
    translatable("Illegal trailing comma before end of array"),
    translatable("Unterminated string starting at"),
    translatable("Invalid control character at"),
    translatable("Invalid \\escape"),
    translatable("Invalid \\uXXXX escape"),
    translatable("Extra data"),
    translatable("maximum recursion depth exceeded while decoding a JSON array from a unicode string"),
    translatable("maximum recursion depth exceeded while decoding a JSON object from a unicode string"),
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
    return _worded(line, SENTENCES) or line


def _worded(text: str, sentences: tuple[str, ...]) -> str:
    """Return a text by the translation of its sentence; empty if it is none of them."""
    for sentence in sentences:
        found = _pattern(sentence).fullmatch(text)
        if found is not None:
            return translate(sentence, **{name: _field(one) for name, one in found.groupdict().items()})
    return ""


def _field(text: str) -> str:
    clause = _worded(text, CLAUSES)
    if clause:
        return clause
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
