"""Callbacks: what is told of every stage of training, under Keras' names."""

from tiza.training.callbacks.callback import Callback as Callback
from tiza.training.callbacks.csv_logger import CSVLogger as CSVLogger
from tiza.training.callbacks.early_stopping import EarlyStopping as EarlyStopping
from tiza.training.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from tiza.training.callbacks.learning_rates import LearningRateScheduler as LearningRateScheduler
from tiza.training.callbacks.learning_rates import ReduceLROnPlateau as ReduceLROnPlateau
from tiza.training.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from tiza.training.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
