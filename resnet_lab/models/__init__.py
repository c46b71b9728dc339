"""ResNets, exact and composable.

Read in this order: plan, stems, shortcuts, blocks, preactivation, spec, trunk, catalogue;
then cost_rows and cost, and official.
"""

from resnet_lab.models.catalogue import build, list_models, spec
from resnet_lab.models.cost import Cost, cost
from resnet_lab.models.cost_rows import CostRow
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.trunk import ResNet

__all__ = [
    "BlockPlan",
    "Cost",
    "CostRow",
    "ResNet",
    "ResNetSpec",
    "build",
    "cost",
    "list_models",
    "spec",
]
