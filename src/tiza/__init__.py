"""Tiza: neural networks written on a blackboard, where every number can be read."""

from tiza import activations as activations
from tiza import callbacks as callbacks
from tiza import data as data
from tiza import datasets as datasets
from tiza import initializers as initializers
from tiza import layers as layers
from tiza import losses as losses
from tiza import metrics as metrics
from tiza import ops as ops
from tiza import optimizers as optimizers
from tiza import regularizers as regularizers
from tiza.blackboard.function import explain as explain
from tiza.calculus.derivatives import derivatives as derivatives
from tiza.calculus.evaluation_table import evaluation_table as evaluation_table
from tiza.calculus.transformations import grad as grad
from tiza.calculus.transformations import hessian as hessian
from tiza.calculus.transformations import jvp as jvp
from tiza.calculus.transformations import value_and_grad as value_and_grad
from tiza.calculus.transformations import vjp as vjp
from tiza.engines.reference.evaluation import evaluate as evaluate
from tiza.graph.tensor import Tensor as Tensor
from tiza.graph.tensor_type import TensorType as TensorType
from tiza.graph.tracing import trace as trace
from tiza.models.files import load_model as load_model
from tiza.models.model import Model as Model
from tiza.models.planning import plan as plan
from tiza.models.sequential import Sequential as Sequential
from tiza.nn.layers import Input as Input
from tiza.ops.elementwise import stop_gradient as stop_gradient
from tiza.sheets.checking import check as check


def __getattr__(name: str) -> str:
    """Return `__version__`, read from the installed package's metadata when it is first asked for."""
    if name != "__version__":
        raise AttributeError(f"module 'tiza' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("tiza")
    except PackageNotFoundError:
        return "0+unknown"
