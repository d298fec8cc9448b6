"""Tiza: neural networks written on a blackboard, where every number can be read."""

from importlib.metadata import PackageNotFoundError, version

from tiza import data as data
from tiza import ops as ops
from tiza.calculus.transformations import grad as grad
from tiza.calculus.transformations import hessian as hessian
from tiza.calculus.transformations import jvp as jvp
from tiza.calculus.transformations import value_and_grad as value_and_grad
from tiza.calculus.transformations import vjp as vjp
from tiza.data import datasets as datasets
from tiza.engines.reference.evaluation import evaluate as evaluate
from tiza.graph.tensor import Tensor as Tensor
from tiza.graph.tensor_type import TensorType as TensorType
from tiza.graph.tracing import trace as trace
from tiza.models.sequential import Sequential as Sequential
from tiza.nn import initializers as initializers
from tiza.nn import layers as layers
from tiza.nn import losses as losses
from tiza.nn import metrics as metrics
from tiza.nn.layers import Input as Input
from tiza.ops.elementwise import stop_gradient as stop_gradient
from tiza.optimizers import rules as optimizers

try:
    __version__ = version("tiza")
except PackageNotFoundError:
    __version__ = "0+unknown"
