"""Optimizers: from a parameter and its gradient to the new parameter; they emit ops and nothing else."""

from tiza.optimizers import schedules as schedules
from tiza.optimizers.adadelta import Adadelta as Adadelta
from tiza.optimizers.adagrad import Adagrad as Adagrad
from tiza.optimizers.adam import Adam as Adam
from tiza.optimizers.adam import AdamW as AdamW
from tiza.optimizers.adamax import Adamax as Adamax
from tiza.optimizers.lion import Lion as Lion
from tiza.optimizers.nadam import Nadam as Nadam
from tiza.optimizers.optimizer import Optimizer as Optimizer
from tiza.optimizers.optimizer import Progress as Progress
from tiza.optimizers.optimizer import Slot as Slot
from tiza.optimizers.rmsprop import RMSprop as RMSprop
from tiza.optimizers.sgd import SGD as SGD
