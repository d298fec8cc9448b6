"""Models: the face of Tiza for those who train networks."""

from tiza.models.files import load_model as load_model
from tiza.models.model import Model as Model
from tiza.models.sequential import Sequential as Sequential
