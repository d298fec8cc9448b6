"""Activations for Keras' line `from tiza.activations import ...`: those of `tiza.nn.activations`."""

from tiza.nn.activations import *  # noqa: F403
from tiza.ops.composite import log_softmax as log_softmax
from tiza.ops.composite import relu as relu
from tiza.ops.composite import softmax as softmax
from tiza.ops.elementwise import sigmoid as sigmoid
from tiza.ops.elementwise import softplus as softplus
from tiza.ops.elementwise import tanh as tanh
