"""Training: data, recipe, trainer, experiments, run records."""

from resnet_lab.training.data import DATA_SETS, ImageFolderData, ImageSet, load_data
from resnet_lab.training.execution import Execution
from resnet_lab.training.recipe import RECIPES, Recipe, recipe
from resnet_lab.training.record import RecordError, RunRecord, read_record
from resnet_lab.training.trainer import Trainer

__all__ = [
    "DATA_SETS",
    "RECIPES",
    "Execution",
    "ImageFolderData",
    "ImageSet",
    "Recipe",
    "RecordError",
    "RunRecord",
    "Trainer",
    "load_data",
    "read_record",
    "recipe",
]
