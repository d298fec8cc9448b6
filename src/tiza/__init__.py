"""Tiza: neural networks written on a blackboard, where every number can be read."""

from importlib.metadata import PackageNotFoundError, version

from tiza import ops as ops
from tiza.calculus.transformations import grad as grad
from tiza.calculus.transformations import hessian as hessian
from tiza.calculus.transformations import jvp as jvp
from tiza.calculus.transformations import value_and_grad as value_and_grad
from tiza.calculus.transformations import vjp as vjp
from tiza.engines.reference.evaluation import evaluate as evaluate
from tiza.graph.tensor import Tensor as Tensor
from tiza.graph.tensor_type import TensorType as TensorType
from tiza.graph.tracing import trace as trace
from tiza.ops.elementwise import stop_gradient as stop_gradient

try:
    __version__ = version("tiza")
except PackageNotFoundError:
    __version__ = "0+unknown"
