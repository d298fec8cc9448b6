"""Whether an answer makes sense: why a derivative has its sign, and which of its factors make its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tiza.blackboard.chain import Chain, Factor, Link, Parting
from tiza.blackboard.decimals import CONTEXT, significant
from tiza.blackboard.expressions import ONE, Element, Expression, Number, Reference, Truth
from tiza.blackboard.markup import Markup
from tiza.language import translatable

SMALL = Decimal("0.1")
LARGE = Decimal(10)
"""What is said to make a derivative small, or large."""
MOST_LINKS = 6
"""Links of a chain that are told one by one; of a longer one, those that turn the direction round."""
MOST_NAMED = 3
"""Factors that are named."""
CANCELLED = Decimal("0.1")
"""What is left of terms that nearly cancel, as a part of what they add up to without their signs."""

_MOVES = {
    1: translatable("{name} rises ({reason})"),
    0: translatable("{name} stays ({reason})"),
    -1: translatable("{name} falls ({reason})"),
}
_SMALL = (
    translatable("Size: what makes it small is {factors}."),
    translatable("Size: what makes it small are {count} factors together; the smallest: {factors}."),
)
_LARGE = (
    translatable("Size: what makes it large is {factors}."),
    translatable("Size: what makes it large are {count} factors together; the largest: {factors}."),
)


@dataclass(frozen=True)
class Sense:
    """What is said of a derivative's sign and size, in a format.

    Attributes:
        chain: what the derivative is a product of.
        digits: significant digits of its numbers.
        loss: what is derived, as part of a sentence.
        markup: the format.
        in_names: writes a formula in names.
    """

    chain: Chain
    digits: int
    loss: str
    markup: Markup
    in_names: Callable[[Expression], str]

    def sentences(self) -> Iterator[str]:
        """Yield why the derivative has its sign, and why its size."""
        chain = self.chain
        if not chain.is_sum:
            yield self._sign(chain.links)
        passes = all(link.direction for link in chain.links)
        if chain.parting is not None and (passes or chain.is_sum):
            yield from self._parting(chain.parting)
        if passes:
            yield from self._size(chain)

    def _named(self, element: Element) -> str:
        return self.markup.inline(self.in_names(Reference(element)))

    def _number(self, value: Decimal) -> str:
        return self.markup.number(significant(value, self.digits))

    # sign

    def _sign(self, links: Sequence[Link]) -> str:
        """Return which way the loss goes if the first station rises, and why."""
        moves = self._moves(links) if len(links) <= MOST_LINKS else self._turns(links)
        return self.markup.sentence(
            translatable("Sign: if {name} rises, {moves}."), name=self._named(links[0].station), moves=moves
        )

    def _moves(self, links: Sequence[Link]) -> str:
        """Return what every station does, and why, as far as anything moves."""
        names = [*(self._named(link.station) for link in links[1:]), self.loss]
        told: list[str] = []
        direction = 1
        for link, name in zip(links, names, strict=True):
            direction *= link.direction
            told.append(self.markup.sentence(_MOVES[direction], name=name, reason=self._reason(link)))
            if not direction:
                break
        if not direction and len(told) < len(names):
            told.append(self.markup.sentence(translatable("{name} stays, too"), name=self.loss))
        return ", ".join(told)

    def _turns(self, links: Sequence[Link]) -> str:
        """Return what the loss does, and which of many links turn the direction round or let nothing pass."""
        blocking = [link for link in links if not link.direction]
        turning = [link for link in links if link.direction < 0]
        direction = 0 if blocking else -1 if len(turning) % 2 else 1
        reason = self._list([self._reason(link) for link in blocking or turning])
        if not blocking:
            told = (
                translatable("turned round at {turned} of {count} links: {reasons}")
                if turning
                else translatable("all {count} links are above 0")
            )
            counts = {"turned": str(len(turning)), "count": str(len(links))}
            reason = self.markup.sentence(told, **counts, reasons=reason)
        return self.markup.sentence(_MOVES[direction], name=self.loss, reason=reason)

    def _reason(self, link: Link) -> str:
        """Return a link's slope and that it is above 0, below, or 0; one that is 1 or 0 as it is."""
        slope, direction = link.slope, link.direction
        if slope == ONE:
            return self.markup.sentence(translatable("by as much"))
        sign = "=" if isinstance(slope, Truth) or not direction else ">" if direction > 0 else "<"
        limit = Decimal(direction) if sign == "=" else Decimal(0)
        return self.markup.inline(
            self.in_names(slope) + self.markup.operator(sign) + self.markup.number(limit)
        )

    def _parting(self, parting: Parting) -> Iterator[str]:
        """Yield what the terms of a sum make, those above 0 and those below."""
        gradient = self._named(parting.gradient)
        above, below = parting.above, parting.below
        if above and below:
            yield self.markup.sentence(
                translatable(
                    "{gradient} is a sum: its terms above 0 make {above}, those below 0 make {below}; the "
                    "larger side gives the sign."
                ),
                gradient=gradient,
                above=self.markup.inline(self._number(above)),
                below=self.markup.inline(self._number(below)),
            )
            if abs(above + below) < CANCELLED * (above - below):
                yield self.markup.sentence(translatable("Size: these terms nearly cancel."))
        elif above or below:
            one_side = (
                translatable("{gradient} is a sum: all its terms are above 0.")
                if above
                else translatable("{gradient} is a sum: all its terms are below 0.")
            )
            yield self.markup.sentence(one_side, gradient=gradient)

    # size

    def _size(self, chain: Chain) -> Iterator[str]:
        """Yield which factors make the derivative small or large; else the smallest and the largest."""
        factors = sorted(
            (one for one in chain.factors if abs(one.value) != 1), key=lambda one: abs(one.value)
        )
        if len(chain.factors) < 2 or not factors:
            return
        size = abs(chain.value)
        if size < SMALL:
            yield self._made(_SMALL, _needed(factors, size, SMALL))
        elif size > LARGE:
            yield self._made(_LARGE, _needed(factors[::-1], size, LARGE))
        elif len(factors) > 1:
            yield self.markup.sentence(
                translatable("Size: its smallest factor is {smallest}, its largest {largest}."),
                smallest=self._factor(factors[0]),
                largest=self._factor(factors[-1]),
            )

    def _made(self, templates: tuple[str, str], factors: Sequence[Factor]) -> str:
        """Return that few factors make the size, or that many do together."""
        few, many = templates
        told = ", ".join(map(self._factor, factors[:MOST_NAMED]))
        template = few if len(factors) <= MOST_NAMED else many
        return self.markup.sentence(template, factors=told, count=str(len(factors)))

    @staticmethod
    def _list(told: Sequence[str]) -> str:
        return ", ".join((*told[:MOST_NAMED], *("…",) * (len(told) > MOST_NAMED)))

    def _factor(self, factor: Factor) -> str:
        """Return a factor with its number."""
        number = self._number(factor.value)
        if isinstance(factor.expression, Number):
            return self.markup.inline(number)
        is_shown = factor.is_exact and significant(factor.value, self.digits) == factor.value
        sign = self.markup.operator("=" if is_shown else "≈")
        return self.markup.inline(f"{self.in_names(factor.expression)}{sign}{number}")


def _needed(factors: Sequence[Factor], size: Decimal, limit: Decimal) -> list[Factor]:
    """Return the first factors without which the size would be on the other side of a limit."""
    needed: list[Factor] = []
    left = size
    for one in factors:
        if (left < limit) != (size < limit):
            break
        needed.append(one)
        left = CONTEXT.divide(left, abs(one.value))
    return needed
