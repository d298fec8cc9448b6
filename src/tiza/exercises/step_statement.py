"""The network of an exercise with its numbers, as a student gets it."""

from __future__ import annotations

from collections.abc import Iterator

from tiza.blackboard.derivation import section_of
from tiza.blackboard.expressions import Element
from tiza.blackboard.markup import Markup
from tiza.blackboard.sentences import Sentences
from tiza.blackboard.steps import Section
from tiza.blackboard.symbols import Symbol
from tiza.exercises.blocks import Block, Facts, Picture, Table
from tiza.exercises.exercise import Exercise
from tiza.exercises.parts import ACTIVATIONS, ARGUMENT, FORWARD, LINEAR, SOFTMAX, UPDATE
from tiza.exercises.step_problem import StepTemplate
from tiza.exercises.writing import equation, formula, listed, loss_formula, number_of
from tiza.language import translatable
from tiza.training.state import ITERATIONS


def step_statement(exercise: Exercise, template: StepTemplate, markup: Markup) -> Iterator[Block]:
    """Yield the network, its data and weights, and what else a step takes."""
    yield from _Step(exercise, template, markup).blocks()


class _Step:
    def __init__(self, exercise: Exercise, template: StepTemplate, markup: Markup) -> None:
        self._exercise = exercise
        self._request = exercise.request
        self._markup = markup
        self._template = template
        self._names = exercise.problem.names
        self._plain = template.plain

    def blocks(self) -> Iterator[Block]:
        yield self._picture()
        yield Facts(tuple(self._facts()))
        for at, layer in enumerate(self._template.layers):
            yield self._weights(at, *layer[:3])
        if self._kept:
            yield self._slots()
        rules = [self._markup.inline(one) for one in self._rules()]
        if rules:
            terms = [self._told(translatable("Rule")), *[""] * (len(rules) - 1)]
            yield Facts(tuple(zip(terms, rules, strict=True)))

    def _told(self, message: str, **parts: str) -> str:
        return self._markup.sentence(message, **parts)

    def _symbol(self, target: str, *index: int) -> Symbol:
        node = self._plain.nodes[target]
        return self._names.symbol(Element(node, index))

    def _is_with_loss(self) -> bool:
        return self._exercise.kind != FORWARD

    # facts

    def _facts(self) -> Iterator[tuple[str, str]]:
        data = [*self._row("x"), *(self._row("y") if self._is_with_loss() else ())]
        yield self._told(translatable("Data")), listed(data, self._markup)
        if len(self._template.layers) > 1:
            yield self._told(translatable("Hidden units")), self._activation_told()
        yield self._told(translatable("Output")), self._output_told()
        if self._is_with_loss():
            yield self._told(translatable("Loss")), self._loss_told()
        if self._exercise.kind == UPDATE:
            yield self._told(translatable("Learning rate")), self._rate_told()

    def _row(self, name: str) -> Iterator[str]:
        for at, value in enumerate(self._exercise.numbers[name][0]):
            symbol = self._markup.symbol(self._symbol(name, 0, at))
            yield equation(self._markup, symbol, number_of(value, self._markup))

    def _activation_told(self) -> str:
        letter = self._names.notation.letter
        argument, value = Symbol(letter("z")), Symbol(letter("a"))
        part = ACTIVATIONS[self._request.activation]
        if self._request.activation == LINEAR:
            return self._told(translatable("linear: the sum goes on as it is"))
        written = formula(part.formula, self._markup, {ARGUMENT.element: argument})
        return self._function(self._request.activation, value, written)

    def _output_told(self) -> str:
        output = self._request.output
        if output == LINEAR:
            return self._told(translatable("linear: the sum of the unit is the output"))
        if output == SOFTMAX:
            return self._told(translatable("softmax over the sums of the output units"))
        letter = self._names.notation.letter
        named = "output" if "output" in self._names.notation.letters else "a"
        argument, value = Symbol(letter("z")), Symbol(letter(named))
        written = formula(ACTIVATIONS[output].formula, self._markup, {ARGUMENT.element: argument})
        return self._function(output, value, written)

    def _function(self, name: str, value: Symbol, written: str) -> str:
        """Return an activation with its formula; the name alone where that says it all."""
        told = self._markup.inline(equation(self._markup, self._markup.symbol(value), written))
        return told if name in written else f"{self._markup.sentence(name)}: {told}"

    def _loss_told(self) -> str:
        path, _, units, has_activation = self._template.layers[-1]
        output = f"{path}.{'a' if has_activation else 'z'}"
        pairs = [
            (Element(self._plain.nodes[output], (0, at)), Element(self._plain.nodes["y"], (0, at)))
            for at in range(units)
        ]
        name = self._markup.symbol(Symbol(self._names.notation.loss))
        written = loss_formula(self._request, pairs, self._names.symbol, self._markup)
        return self._markup.inline(equation(self._markup, name, written))

    def _rate_told(self) -> str:
        symbol = Symbol(self._names.notation.letter("learning_rate"))
        told = [
            equation(
                self._markup,
                self._markup.symbol(symbol),
                number_of(self._exercise.learning_rate, self._markup),
            )
        ]
        if ITERATIONS not in self._exercise.numbers:
            return listed(told, self._markup)
        steps = Symbol(self._names.notation.letter("iterations"))
        done = number_of(float(self._exercise.numbers[ITERATIONS]), self._markup)
        told.append(equation(self._markup, self._markup.symbol(steps), done))
        return self._told(translatable("{rate} steps are done"), rate=listed(told, self._markup))

    # weights

    def _weights(self, at: int, path: str, before: int, units: int) -> Table:
        kernel, bias = self._exercise.numbers[f"{path}.kernel"], self._exercise.numbers[f"{path}.bias"]
        sources = self._unit_symbols(at)
        head = [self._told(translatable("into unit"))]
        head += [self._told(translatable("from {name}"), name=self._inline(one)) for one in sources]
        rows = []
        for unit, symbol in enumerate(self._unit_symbols(at + 1)):
            cells = [self._inline(symbol)]
            for source in range(before):
                cells.append(self._cell(f"{path}.kernel", (source, unit), kernel[source, unit]))
            rows.append((*cells, self._cell(f"{path}.bias", (unit,), bias[unit])))
        return Table((*head, self._told(translatable("bias"))), tuple(rows))

    def _cell(self, target: str, index: tuple[int, ...], value: float) -> str:
        name = self._markup.symbol(self._symbol(target, *index))
        return self._markup.inline(equation(self._markup, name, number_of(value, self._markup)))

    def _inline(self, symbol: Symbol) -> str:
        return self._markup.inline(self._markup.symbol(symbol))

    def _unit_symbols(self, at: int) -> list[Symbol]:
        """Return what the inputs, or the units of a layer, give."""
        if not at:
            return [self._symbol("x", 0, unit) for unit in range(self._request.sizes[0])]
        path, _, units, has_activation = self._template.layers[at - 1]
        name = f"{path}.{'a' if has_activation else 'z'}"
        return [self._symbol(name, 0, unit) for unit in range(units)]

    # the optimizer

    @property
    def _kept(self) -> list[str]:
        """Return the paths of what is told that the optimizer keeps."""
        path = self._template.layers[-1][0]
        return [
            one for one in self._exercise.numbers if one.startswith("optimizer.") and f".{path}." in f"{one}."
        ]

    def _slots(self) -> Table:
        path, before, units, _ = self._template.layers[-1]
        slots = list(dict.fromkeys(one.split(".")[1] for one in self._kept))
        rows = []
        places: list[tuple[str, tuple[int, ...]]] = [
            ("kernel", (source, unit)) for unit in range(units) for source in range(before)
        ]
        places += [("bias", (unit,)) for unit in range(units)]
        for weight, index in places:
            cells = [self._inline(self._symbol(f"{path}.{weight}", *index))]
            for slot in slots:
                value = self._exercise.numbers[f"optimizer.{slot}.{path}.{weight}"][index]
                cells.append(self._cell(f"{path}.{weight}.{slot}", index, float(value)))
            rows.append(tuple(cells))
        head = [self._told(translatable("kept for"))]
        letter = self._names.notation.letter
        head += [self._markup.inline(self._markup.symbol(Symbol(letter(slot)))) for slot in slots]
        return Table(tuple(head), tuple(rows))

    def _rules(self) -> Iterator[str]:
        """Yield how the first weight that is asked for changes, and what it takes for that."""
        if self._exercise.kind != UPDATE:
            return
        problem = self._exercise.problem
        new = set(problem.formulas.new_weights.values())
        first = next(one for one in problem.asked if one.node in new)
        sentences = Sentences(self._exercise.solution.page, self._markup)
        for element, expression in problem.world.calculation(first).steps.items():
            if section_of(element.node.provenance) is Section.UPDATE:
                yield equation(self._markup, sentences.name(element), sentences.in_names(expression))

    def _picture(self) -> Picture:
        layers = [self._unit_symbols(at) for at in range(len(self._request.sizes))]
        weights = tuple(
            tuple(
                tuple(_drawn(self._symbol(f"{path}.kernel", source, unit)) for unit in range(units))
                for source in range(before)
            )
            for path, before, units, _ in self._template.layers
        )
        names = tuple(tuple(map(_drawn, layer)) for layer in layers)
        return Picture(names, weights, " → ".join(", ".join(map(str, layer)) for layer in layers))


_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ABOVE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _drawn(symbol: Symbol) -> str:
    """Return how a name is written in a drawing: w₁, a₂⁽¹⁾."""
    letter = symbol.base.rstrip("0123456789")
    below = symbol.base[len(letter) :] or ",".join(symbol.index)
    above = f"⁽{symbol.layer}⁾" if symbol.layer else ""
    return letter.rstrip("_") + below.translate(_BELOW) + above.translate(_ABOVE)
