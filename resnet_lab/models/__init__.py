"""ResNets, exact and composable. Read in this order: spec, stems, shortcuts, blocks, trunk."""

from resnet_lab.models.catalogue import build, list_models, spec
from resnet_lab.models.spec import BlockPlan, ResNetSpec
from resnet_lab.models.trunk import ResNet

__all__ = ["BlockPlan", "ResNet", "ResNetSpec", "build", "list_models", "spec"]
