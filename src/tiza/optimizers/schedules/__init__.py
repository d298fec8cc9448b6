"""Learning rate schedules, with Keras' names and arguments where Keras has them."""

from tiza.optimizers.schedules.constant import Constant as Constant
from tiza.optimizers.schedules.constant import PiecewiseConstantDecay as PiecewiseConstantDecay
from tiza.optimizers.schedules.cosine import CosineDecay as CosineDecay
from tiza.optimizers.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
from tiza.optimizers.schedules.decay import ExponentialDecay as ExponentialDecay
from tiza.optimizers.schedules.decay import InverseTimeDecay as InverseTimeDecay
from tiza.optimizers.schedules.decay import PolynomialDecay as PolynomialDecay
from tiza.optimizers.schedules.schedule import FromInitialRate as FromInitialRate
from tiza.optimizers.schedules.schedule import LearningRateSchedule as LearningRateSchedule
from tiza.optimizers.schedules.warmup import LinearWarmup as LinearWarmup
from tiza.optimizers.schedules.warmup import OneCycle as OneCycle
