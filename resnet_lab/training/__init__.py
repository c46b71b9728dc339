"""One training run: recipe, trainer, step, batches, execution, record, checkpoint.

Read ``recipe``, then ``trainer``, and what it calls: ``batches``, ``step``, ``schedule``.
"""

from resnet_lab.training.execution import Execution
from resnet_lab.training.recipe import RECIPES, Recipe, recipe
from resnet_lab.training.record import RecordError, RunRecord, read_record
from resnet_lab.training.trainer import Trainer

__all__ = [
    "RECIPES",
    "Execution",
    "Recipe",
    "RecordError",
    "RunRecord",
    "Trainer",
    "read_record",
    "recipe",
]
