"""Data: the data sets that need no network, and what prepares data for training."""

from tiza.data.batching import batches as batches
from tiza.data.datasets.dataset import Dataset as Dataset
from tiza.data.encoding import binary_codes as binary_codes
from tiza.data.encoding import from_binary_codes as from_binary_codes
from tiza.data.encoding import from_one_hot as from_one_hot
from tiza.data.encoding import one_hot as one_hot
from tiza.data.labels import LabelEncoder as LabelEncoder
from tiza.data.labels import LabelEncoding as LabelEncoding
from tiza.data.labels import class_weights as class_weights
from tiza.data.scaling import MinMaxScaler as MinMaxScaler
from tiza.data.scaling import Scaling as Scaling
from tiza.data.scaling import Standardizer as Standardizer
from tiza.data.splitting import KFold as KFold
from tiza.data.splitting import StratifiedKFold as StratifiedKFold
from tiza.data.splitting import train_test_split as train_test_split
from tiza.data.tables import Announcement as Announcement
from tiza.data.tables import PreparedTable as PreparedTable
from tiza.data.tables import Table as Table
from tiza.data.tables import TablePreparation as TablePreparation
from tiza.data.tables import prepare_table as prepare_table
from tiza.data.tables import read_csv as read_csv
from tiza.data.tables import read_table as read_table
from tiza.data.unscaled import UnscaledFeaturesWarning as UnscaledFeaturesWarning
from tiza.data.unscaled import unscaled_features as unscaled_features
from tiza.data.unscaled import warn_about_unscaled as warn_about_unscaled
