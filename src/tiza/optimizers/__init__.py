"""Optimizers: from a parameter and its gradient to the new parameter; they emit ops and nothing else."""

from tiza.optimizers.optimizer import Optimizer as Optimizer
from tiza.optimizers.optimizer import Progress as Progress
from tiza.optimizers.rules import SGD as SGD
from tiza.optimizers.rules import Adam as Adam
