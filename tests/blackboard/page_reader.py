"""Reads a printed page and works every line out again, in decimal arithmetic and with nothing of Tiza."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext

CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999)
NEARLY = Context(prec=50, rounding=ROUND_HALF_UP, Emin=-999999, Emax=999999)
REST = {"rest", "resto"}
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+(?![²³]))?)"
    r"|(?P<name>(?:∂L/∂[^\W²³.]+(?:\.[^\W²³.]+)*|[^\W\d][^\W²³]*(?:\.[^\W²³.]+)*′?)(?:\[t=\d+\])?(?:\[[\d,]+\])?)"
    r"|(?P<condition>\[(?:[^\[\]]|\[(?:t=)?[\d,]*\])*\])"
    r"|(?P<sign>[-+−·/^(),²³√]))"
)
FUNCTIONS = {"tanh", "exp", "ln", "max", "min", "abs", "sign", "√", "cos", "sin", "floor", "arctan", "erf"}


@dataclass(frozen=True)
class Tree:
    """A parsed formula: a kind, a text or number, and parts."""

    kind: str
    value: object = None
    parts: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Line:
    """A formula `name = ... = result`, and the remark beside or below it."""

    formula: str
    remark: str = ""

    def goes_on_with(self, text: str) -> bool:
        """Whether a line below belongs to this one."""
        if opened(self.remark):
            return True
        goes_on = bool(re.match("[=≈+−] ", text))
        assert not (goes_on and self.remark), f"{self} goes on behind its remark: {text}"
        return goes_on or bool(opened(self.formula)) or (text.startswith("(") and not self.remark)

    def with_more(self, text: str) -> Line:
        """Return the line with a further line of the page."""
        if self.remark:
            return replace(self, remark=f"{self.remark} {text}")
        if text.startswith("(") and not opened(self.formula):
            return replace(self, remark=text)
        formula, _, remark = f"{self.formula} {text}".strip().partition(" " * 4)
        return Line(formula, remark)


@dataclass
class Reader:
    """What is known while a page is read: digits asked for and worked with, and the number of each name."""

    digits: int = 4
    working: int = 0
    numbers: dict[str, Decimal] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    in_float64: dict[str, Decimal] = field(default_factory=dict)
    lines: int = 0

    def read(self, page: str) -> None:
        """Check every line of a page."""
        told = re.search(r"(?:Worked with|Cuentas con) (\d+)", page)
        self.working = int(told.group(1)) if told else 0
        lines = told_lines(page)
        self.in_float64 = told_in_float64(lines)
        for line in lines:
            self._line(line.formula)
            self.lines += 1
        self.lines += check_through_time(page, self.digits)

    def _line(self, line: str) -> None:
        name, rest = line.split(" = ", 1)
        assert name not in self.own, f"{name} has two lines"
        segments, signs = split_at_equals(rest)
        formula = parse(segments[0])
        result = number(segments[-1])
        if len(segments) == 1:
            segments, signs = [segments[0], segments[0]], ["="]
        if signs[:1] == ["≈"]:  # a formula of numbers alone
            segments, signs = [segments[0], *segments], ["=", *signs]
        numbers = (
            parse(segments[1]) if len(segments) > 2 or formula.kind != "name" else Tree("number", result)
        )
        self._match(formula, numbers, line)
        if any(isinstance(one.value, str) and one.value in REST for one in formula.parts):
            self._shortened(numbers, segments, result, line)
        elif len(segments) > 2:
            self._rounded(numbers, result, signs[-1], line)
        self.numbers[name] = result
        self.own.add(name)

    def _match(self, names: Tree, numbers: Tree, line: str) -> None:
        """Check that the second formula is the first with numbers for names, always the same ones."""
        if names.kind == "name":
            if names.value in REST:
                assert numbers.value in REST, line
                return
            if numbers.kind == "minus":
                numbers = Tree("number", -evaluated(numbers.parts[0]))
            assert numbers.kind == "number", (line, names, numbers)
            known = self.numbers.setdefault(str(names.value), numbers.value)
            assert known == numbers.value, f"{names.value} was {known}: {line}"
        elif names.kind == "condition":
            assert numbers.value in (0, 1), line
        elif names.kind == "minus" and numbers.kind in ("number", "·", "/"):
            self._match(names.parts[0], _opposite(numbers), line)
        else:
            assert names.kind == numbers.kind, (line, names, numbers)
            if not names.parts:
                assert names.value == numbers.value, line
            assert len(names.parts) == len(numbers.parts), line
            for one, other in zip(names.parts, numbers.parts, strict=True):
                self._match(one, other, line)

    def _cancels(self, numbers: Tree, value: Decimal, line: str) -> bool:
        """Whether terms cancel to the asked digits, and the page says that float64 leaves nothing of them."""
        name = line.split(" = ", 1)[0]
        told = self.in_float64.get(name)
        largest = max(abs(evaluated(one)) for one in numbers.parts)
        asked = largest.scaleb(-self.digits)
        return told is not None and abs(told) < largest * Decimal("1e-11") and abs(value) < asked

    def _rounded(self, numbers: Tree, result: Decimal, sign: str, line: str) -> None:
        value = NEARLY.plus(evaluated(numbers))  # thirds may add up to a tie that 60 digits miss
        if sign == "=":
            assert close(value, result), f"not exact, {value}: {line}"
            return
        if not result and (abs(value) < Decimal("1e-300") or self._cancels(numbers, value, line)):
            return
        assert value != result or re.search("exp|ln|tanh|√", line), f"exact: {line}"
        places = [value.adjusted() - self.working + 1 - extra for extra in (0, 1, 2)]
        roundings = [value.quantize(Decimal((0, (1,), place)), context=CONTEXT) for place in places]
        assert result in roundings, f"{value} is not rounded to {result}: {line}"

    def _shortened(self, numbers: Tree, segments: list[str], result: Decimal, line: str) -> None:
        """Check that printed terms, the rest among them, make the printed total."""
        terms = re.sub(r"− ", "+ −", segments[2]).split("+ ")
        printed = [number(one) for one in terms]
        assert sum(printed) == result, line
        place = min(one.as_tuple().exponent for one in printed)
        shown = [one for one in numbers.parts if one.value not in REST]
        assert len(shown) == len(printed) - 1, line
        for exact, written in zip(shown, printed[:-1], strict=True):
            value = evaluated(exact)
            assert value.quantize(Decimal((0, (1,), place)), context=CONTEXT) == written, (
                value,
                written,
                line,
            )


def check_through_time(page: str, digits: int) -> int:
    """Check the table of what comes back to each step: factors, their products, sums; return its rows."""
    found = re.search(r"^(?:Through time|A través del tiempo),.*\n((?: {3}.*\n?)+)", page, re.MULTILINE)
    if not found:
        return 0
    head, *lines = found.group(1).splitlines()
    states = head.count("‖") // 2
    has_total = len(re.split(r" {2,}", head.strip())) > 1 + 2 * states
    rows = table_rows(lines, has_total)
    steps = [row for row in rows if re.match(r"\d", row[0])]
    sizes: list[list[Decimal]] = []
    factors: list[list[Decimal | None]] = [[None] * states]
    for row in steps:
        cells = [number(one) for one in row[1:]]
        if not sizes:
            sizes.append(cells[:states])
            continue
        sizes.append([])
        factors.append([])
        for state in range(states):
            before = sizes[-2][state]
            sizes[-1].append(cells.pop(0))
            factors[-1].append(cells.pop(0) if before else None)
            if before:
                quotient = CONTEXT.divide(sizes[-1][state], before)
                assert Context(prec=digits, rounding=ROUND_HALF_UP).plus(quotient) == factors[-1][state], row
    if has_total:
        added = [number(row[-1]) for row in rows if row[0] != "total" and len(row) > 1]
        (total,) = (number(row[-1]) for row in rows if row[0] == "total")
        assert sum(added) == total, (added, total)
    columns = [[row[state] for row in factors[1:]] for state in range(states)]
    for told in re.finditer(r"‖ .*: (?:queda )?([\d.,·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:·[\d.]+)*) ≈ (\S+) ", page):
        product = evaluated(parse(told[1]))
        assert Context(prec=digits, rounding=ROUND_HALF_UP).plus(product) == number(told[2]), told[0]
        with localcontext(CONTEXT):
            products = [math.prod(column) for column in columns if None not in column]
        assert product in products, told[0]
    return len(steps)


def table_rows(lines: Sequence[str], has_total: bool) -> list[list[str]]:
    """Return the rows of a table by steps, as cells; its total is the last one if it has one."""
    rows: list[list[str]] = []
    for line in lines:
        row = re.split(r" {2,}", line.strip())
        ends = rows[-1][0] == "total" if rows and has_total else not re.match(r"\d+(?: … \d+)?$", row[0])
        if ends:
            break
        rows.append(row)
    return rows


def opened(text: str) -> int:
    """Return how many parentheses and brackets are not closed."""
    return sum(map(text.count, "([")) - sum(map(text.count, ")]"))


def close(value: Decimal, result: Decimal) -> bool:
    """Whether two numbers are equal, but for what 60 digits of a division cannot say."""
    return abs(value - result) <= abs(value) * Decimal("1e-50")


def told_in_float64(lines: Sequence[Line]) -> dict[str, Decimal]:
    """Return what remarks say that float64 has, by the names of their lines."""
    found = {}
    for line in lines:
        if told := re.search(r"(?:in|en) float64 ([^ ();]+)", line.remark):
            found[line.formula.split(" = ", 1)[0]] = evaluated(parse(told.group(1)))
    return found


def numbered_lines(page: str) -> list[str]:
    """Return the formulas `name = ... = result` of a page."""
    return [line.formula for line in told_lines(page)]


def told_lines(page: str) -> list[Line]:
    """Return the numbered lines, each put together with what goes on below it.

    A formula goes on, further to the right than it began, with a sign or where a parenthesis is open. A
    remark is a parenthesis behind four spaces or on a line of its own; the formula does not go on after it.
    """
    found: list[Line] = []
    reading = False
    start = 0
    for line in page.splitlines():
        if head := re.match(r" *(?=\[\d+\] )", line):
            start, reading = head.end(), True
            found.append(Line("").with_more(re.sub(r"^ *\[\d+\] ", "", line)))
        elif reading and found[-1].goes_on_with(line.strip()):
            assert len(line) - len(line.lstrip()) > start, f"it goes on at the margin: {line}"
            found[-1] = found[-1].with_more(line.strip())
        else:  # a heading, a check: what goes on below it is no formula
            reading = False
    for one in found:
        assert re.fullmatch(r"(\(.*\))?", one.remark), f"no remark: {one}"
    return found


def split_at_equals(text: str) -> tuple[list[str], list[str]]:
    """Return what stands between the signs = and ≈, and the signs; those inside brackets do not count."""
    segments, signs, depth, start = [], [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter in "=≈" and not depth and text[at - 1] == " ":
            segments.append(text[start:at].strip())
            signs.append(letter)
            start = at + 1
    return [*segments, text[start:].strip()], signs


def number(text: str) -> Decimal:
    """Return a printed number."""
    tree = parse(text)
    assert tree.kind == "number", text
    return tree.value  # type: ignore[return-value]


def parse(text: str) -> Tree:
    """Return a formula as a tree."""
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = TOKEN.match(text, at)
        assert found, f"cannot read {text[at:]!r} in {text!r}"
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        at = found.end()
    parser = Parser(tokens)
    tree = parser.sum()
    assert parser.at == len(tokens), (text, tokens[parser.at :])
    return tree


class Parser:
    """A parser by descent: sum, product, power, atom."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def look(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self) -> Tree:
        terms = [self.product()]
        while self.look() in ("+", "−"):
            minus = self.take()[1] == "−"
            term = self.product()
            terms.append(Tree("minus", None, (term,)) if minus else term)
        return terms[0] if len(terms) == 1 else Tree("sum", None, tuple(terms))

    def product(self) -> Tree:
        if self.look() == "−":
            self.take()
            inner = self.product()
            return _opposite(inner)
        made = self.power()
        while self.look() in ("·", "/"):
            sign = self.take()[1]
            made = Tree(sign, None, (made, self.power()))
        return made

    def power(self) -> Tree:
        base = self.atom()
        if self.look() in ("²", "³"):
            exponent = Tree("number", Decimal({"²": 2, "³": 3}[self.take()[1]]))
            return Tree("^", None, (base, exponent))
        if self.look() == "^":
            self.take()
            return Tree("^", None, (base, self.atom()))
        return base

    def atom(self) -> Tree:
        kind, text = self.take()
        if kind == "number":
            plain, _, power = text.partition("·10")
            return Tree("number", Decimal(f"{plain}e{power.translate(SUPERSCRIPTS) or 0}"))
        if text in FUNCTIONS:
            assert self.take()[1] == "("
            arguments = [self.sum()]
            while self.look() == ",":
                self.take()
                arguments.append(self.sum())
            assert self.take()[1] == ")"
            return Tree("call " + text, None, tuple(arguments))
        if kind in ("name", "condition"):
            return Tree(kind, text)
        assert text == "(", (text, self.tokens)
        inner = self.sum()
        assert self.take()[1] == ")"
        return inner


def _opposite(tree: Tree) -> Tree:
    """Return the opposite; a minus belongs to the first number of a product, as −0.5·3 is written."""
    if tree.kind == "number":
        return Tree("number", -tree.value)
    if tree.kind in ("·", "/") and _first(tree).kind == "number":
        return Tree(tree.kind, None, (_opposite(tree.parts[0]), tree.parts[1]))
    return Tree("minus", None, (tree,))


def _first(tree: Tree) -> Tree:
    return _first(tree.parts[0]) if tree.kind in ("·", "/") else tree


def evaluated(tree: Tree) -> Decimal:
    """Return the value of a formula of numbers."""
    with localcontext(CONTEXT):
        values = [evaluated(one) for one in tree.parts]
        match tree.kind:
            case "number":
                return tree.value  # type: ignore[return-value]
            case "minus":
                return -values[0]
            case "sum":
                return sum(values, Decimal(0))
            case "·":
                return values[0] * values[1]
            case "/":
                return values[0] / values[1]
            case "^":
                return values[0] ** values[1] if values[1] else Decimal(1)
            case "call exp":
                return values[0].exp()
            case "call ln":
                return values[0].ln()
            case "call √":
                return values[0].sqrt()
            case "call max":
                return max(values)
            case "call min":
                return min(values)
            case "call abs":
                return abs(values[0])
            case "call sign":
                return Decimal((values[0] > 0) - (values[0] < 0))
            case "call floor":
                return values[0].to_integral_value(ROUND_FLOOR)
            case "call cos" | "call sin" | "call erf":
                return Decimal(getattr(math, tree.kind.removeprefix("call "))(values[0]))
            case "call arctan":
                return Decimal(math.atan(values[0]))
            case "call tanh":
                up, down = values[0].exp(), (-values[0]).exp()
                return (up - down) / (up + down)
    raise AssertionError(tree)
