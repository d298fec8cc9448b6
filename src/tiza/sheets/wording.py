"""What is said of each mistake: its name, the sentence that tells it, and the question that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiza.graph.provenance import Role
from tiza.language import translatable
from tiza.sheets.mistakes import Mistake


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences about one mistake, to be translated.

    Attributes:
        name: the mistake in a few words, for lists.
        cause: what happened; `{about}` is what it is about, `{site}` the quantity.
        question: what to think about; `{site}` is the quantity, `{unit}` what it is the derivative
            by, `{before}` and `{after}` stand around an activation.
        forward: what to think about where the quantity is no derivative, if that is something else.
    """

    name: str
    cause: str
    question: str
    forward: str = ""


WORDING: Mapping[Mistake, Wording] = {
    Mistake.DERIVATIVE_FORGOTTEN: Wording(
        translatable("derivative of the activation missing"),
        translatable("the derivative of the activation, {about}, is missing."),
        translatable("If {before} rises a little, how much does {after} rise?"),
    ),
    Mistake.DERIVATIVE_ELSEWHERE: Wording(
        translatable("derivative taken at the wrong point"),
        translatable(
            "the derivative of the activation, {about}, is taken at another point: a for z, or z for a."
        ),
        translatable(
            "At which number is the derivative taken, at the input of the activation or at its output?"
        ),
    ),
    Mistake.DERIVATIVE_TOO_MANY: Wording(
        translatable("one derivative too many"),
        translatable(
            "the derivative of the output, {about}, is one factor too many: cross-entropy has cancelled it."
        ),
        translatable("With cross-entropy, which factor of the output's delta cancels?"),
    ),
    Mistake.OTHER_DERIVATIVE: Wording(
        translatable("derivative of another activation"),
        translatable("this is the derivative of another activation: {about}."),
        translatable("Which activation does this layer have, and what is its derivative?"),
    ),
    Mistake.ACTIVATION_FORGOTTEN: Wording(
        translatable("activation not applied"),
        translatable("the activation is not applied: this is still the unit's sum."),
        translatable("What is done with the sum of a unit before it goes on?"),
    ),
    Mistake.FUNCTION_FORGOTTEN: Wording(
        translatable("function left out of a formula"),
        translatable("{about} is in the formula; what it is taken of stands there alone."),
        translatable("Which functions does the formula of {site} have, and what is each taken of?"),
    ),
    Mistake.OTHER_ACTIVATION: Wording(
        translatable("another activation"),
        translatable("this is another activation, {about}."),
        translatable("Which activation does this layer have?"),
    ),
    Mistake.BIAS_FORGOTTEN: Wording(
        translatable("bias forgotten"),
        translatable("the bias, {about}, is missing from the sum."),
        translatable("What does a unit add besides its weighted inputs?"),
    ),
    Mistake.OTHER_BIAS: Wording(
        translatable("bias of another unit"),
        translatable("the bias is that of another unit: {about}."),
        translatable("Which bias belongs to this unit?"),
    ),
    Mistake.UPDATED_WEIGHT: Wording(
        translatable("already updated weight used"),
        translatable("a weight that is already updated is used on the way back."),
        translatable("Which weights made this output: those from before the update, or those after it?"),
    ),
    Mistake.TRANSPOSED: Wording(
        translatable("weights transposed"),
        translatable("the weights are transposed: rows for columns."),
        translatable("Which weight joins which two units? Follow one arrow at a time."),
    ),
    Mistake.SWAPPED: Wording(
        translatable("inputs swapped"),
        translatable("two inputs are swapped: {about}."),
        translatable("Which input goes with which weight?"),
    ),
    Mistake.NEIGHBOUR: Wording(
        translatable("number of another unit"),
        translatable("a number of another unit is used: {about}."),
        translatable("Which two units does this weight join?"),
    ),
    Mistake.MIRRORED: Wording(
        translatable("kernel mirrored"),
        translatable(
            "the kernel is turned round before it is laid on: a network lays it on as it is (it is a "
            "cross-correlation)."
        ),
        translatable("Which weight of the kernel lies on the first number of the window?"),
    ),
    Mistake.MEAN_FOR_MAX: Wording(
        translatable("mean for maximum"),
        translatable("this is the mean of the window; here the largest of it is taken."),
        translatable("What does this pooling keep of a window?"),
    ),
    Mistake.MAX_FOR_MEAN: Wording(
        translatable("maximum for mean"),
        translatable("this is the largest of the window; here its mean is taken."),
        translatable("What does this pooling keep of a window?"),
    ),
    Mistake.ASCENDING: Wording(
        translatable("ascending instead of descending"),
        translatable("the step goes up: the gradient points to where the loss rises, so it is taken away."),
        translatable("Which way does the gradient point, and which way do we want to go?"),
    ),
    Mistake.RATE_FORGOTTEN: Wording(
        translatable("learning rate forgotten"),
        translatable("the learning rate is missing from the step."),
        translatable("How long is the step, for a given gradient?"),
    ),
    Mistake.ONLY_THE_CHANGE: Wording(
        translatable("only the change written"),
        translatable("this is only the change; the old weight is missing."),
        translatable("Is this the new weight, or what the weight changes by?"),
    ),
    Mistake.SIGN: Wording(
        translatable("wrong sign"),
        translatable("the sign of {site} is wrong."),
        translatable("If {unit} rises a little, does the loss rise or fall?"),
    ),
    Mistake.SIGN_OF_TERM: Wording(
        translatable("wrong sign of one term"),
        translatable("one term has the wrong sign: {about}."),
        translatable("What sign does each term of the sum have?"),
    ),
    Mistake.SIGN_INSIDE: Wording(
        translatable("wrong sign in the exponent"),
        translatable("the exponent has the wrong sign."),
        translatable("Does the output rise when the input does?"),
    ),
    Mistake.LOG10: Wording(
        translatable("logarithm of base 10"),
        translatable("the logarithm is that of base 10; here ln, the natural one, is meant."),
        translatable("Which logarithm does the loss take?"),
    ),
    Mistake.DEGREES: Wording(
        translatable("degrees for radians"),
        translatable("the calculator is set to degrees; angles are in radians here."),
        translatable("Is your calculator set to degrees or to radians?"),
    ),
    Mistake.SUM_FOR_MEAN: Wording(
        translatable("sum for mean"),
        translatable("the sum is not divided by {about}: a mean is meant."),
        translatable("Is this loss a sum or a mean, and over what?"),
    ),
    Mistake.MEAN_FOR_SUM: Wording(
        translatable("mean for sum"),
        translatable("the sum is divided by {about}: here it is not."),
        translatable("Is this loss a sum or a mean, and over what?"),
    ),
    Mistake.FACTOR_FORGOTTEN: Wording(
        translatable("factor forgotten"),
        translatable("the factor {about} is missing."),
        translatable("Which constant factor does the formula of {site} have?"),
    ),
    Mistake.FACTOR_TOO_MANY: Wording(
        translatable("factor too many"),
        translatable("there is a factor {about} too many."),
        translatable("Which constant factor does the formula of {site} have?"),
    ),
    Mistake.QUANTITY_FORGOTTEN: Wording(
        translatable("factor of the chain forgotten"),
        translatable("a factor of the chain is missing: {about}."),
        translatable("Which factors does the path from {unit} to the loss have, one for each arrow?"),
    ),
    Mistake.PLUS_FOR_TIMES: Wording(
        translatable("plus for times"),
        translatable("something is added that should be multiplied."),
        translatable("Along one path, are derivatives added or multiplied?"),
        translatable("What is multiplied in this formula, and what is added?"),
    ),
    Mistake.PATH_FORGOTTEN: Wording(
        translatable("one path forgotten"),
        translatable("one path to the loss is missing: {about}."),
        translatable("By how many paths does {unit} reach the loss?"),
    ),
    Mistake.ONE_PLACE_ONLY: Wording(
        translatable("only one step or position counted"),
        translatable(
            "of the sum only {about} is counted; the same weight works several times, and each time adds a "
            "term."
        ),
        translatable("How many times does this weight work?"),
    ),
    Mistake.TERM_FORGOTTEN: Wording(
        translatable("one term forgotten"),
        translatable("one term of the sum is missing: {about}."),
        translatable("How many terms does this sum have?"),
    ),
    Mistake.MOMENTUM_FORGOTTEN: Wording(
        translatable("momentum forgotten"),
        translatable("what is left of the step before is missing: {about}."),
        translatable("With momentum, what does a step keep of the one before?"),
    ),
    Mistake.SQUARE_FORGOTTEN: Wording(
        translatable("square forgotten"),
        translatable("a square is missing."),
        translatable("What is squared in this formula?"),
    ),
    Mistake.NOT_NORMALISED: Wording(
        translatable("not divided by the sum"),
        translatable("it is not divided by {about}: the outputs have to add up to 1."),
        translatable("What do the outputs of a softmax add up to?"),
    ),
    Mistake.STOPPED_EARLY: Wording(
        translatable("stopped early"),
        translatable("you stopped at {about}; the chain goes on."),
        translatable("Which arrows of the path from {unit} to the loss are still missing?"),
    ),
    Mistake.POWER_OF_TEN: Wording(
        translatable("decimal sign in the wrong place"),
        translatable(
            "the digits are right, but the decimal sign is in the wrong place: there is a factor {about}."
        ),
        translatable("How large should this number be, roughly?"),
    ),
    Mistake.DIGIT: Wording(
        translatable("digit copied wrong"),
        translatable("one digit differs from the right number, or two are swapped: a slip of the pen."),
        translatable("Compare the number with the display of your calculator, digit by digit."),
    ),
    Mistake.MISCALCULATED: Wording(
        translatable("formula worked out wrong"),
        translatable("the formula is right, but this is not its value: a slip with the calculator."),
        translatable("Work your formula out once more, one operation at a time. What comes out?"),
    ),
    Mistake.COPIED: Wording(
        translatable("number copied wrong"),
        translatable("{site} seems to be copied wrong: with {about} this number results."),
        translatable("Compare every number that you put into the formula with the one that is given."),
    ),
}

QUESTIONS: Mapping[Role, str] = {
    Role.INPUT: translatable("Compare it with the data of the exercise."),
    Role.TARGET: translatable("Compare it with the data of the exercise."),
    Role.PARAMETER: translatable("Compare it with the data of the exercise."),
    Role.PRE_ACTIVATION: translatable("Which terms does {site} add up, and what is each multiplied by?"),
    Role.ACTIVATION: translatable("What is {site} computed from, and by which function?"),
    Role.LOSS: translatable("What does the loss compare, and which factors does its formula have?"),
    Role.GRADIENT: translatable(
        "Which factors does the path from {unit} to the loss have, one for each arrow?"
    ),
    Role.UPDATE: translatable(
        "From which number does the step start, in which direction, and how far does it go?"
    ),
}
"""What to think about where no cause is known, by what the quantity is."""
ANY_QUESTION = translatable("What is {site} computed from? Write the formula down and put in the numbers.")
