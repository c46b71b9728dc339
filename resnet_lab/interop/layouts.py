"""Layouts: the names that others give to the weights of a ResNet, in terms of ours.

Ours are torchvision's. A layout says how it calls a block and what begins with another
name inside and outside of the blocks; everything else keeps its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "net.")
"""What wrappers put before every name: DataParallel, torch.compile, Lightning and others."""


@dataclass(frozen=True)
class Layout:
    """One way to name the weights of a ResNet.

    Attributes:
        name: whose layout it is.
        mark: name of an entry by which it is known; layouts are tried in order.
        block: path of a block, with the stage's number and the block's index left open.
        first_stage: number of the first stage.
        inside: beginnings of names within a block, each with ours.
        outside: the same outside of the blocks.
        versions: the one version that each kind of block has in this layout, where that is so.
        differs: what sets its projections apart from those of every version of ours.
        unprojected: the shortcut that its networks without projections have; empty where
            nothing is known of it, as for names that many repositories use.
    """

    name: str
    mark: str
    block: str = "layer{}.{}"
    first_stage: int = 1
    inside: dict[str, str] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    differs: str = ""
    unprojected: str = ""

    def ours(self, name: str) -> str:
        """Our name for an entry of this layout."""
        stage_and_index = re.escape(self.block).replace(r"\{\}", r"(\d+)")
        place = re.match(rf"{stage_and_index}\.", name)
        if place is None:
            return _renamed(name, self.outside)
        stage = int(place[1]) - self.first_stage + 1
        return f"layer{stage}.{place[2]}." + _renamed(name[place.end() :], self.inside)


def _renamed(name: str, beginnings: dict[str, str]) -> str:
    for theirs, ours in beginnings.items():
        if name.startswith(theirs + "."):
            return ours + name[len(theirs) :]
    return name


LAYOUTS = (
    Layout(
        "timm resnetv2", "stages.0.blocks.0.norm1.weight", "stages.{}.blocks.{}", 0,
        {"norm1": "bn1", "norm2": "bn2", "norm3": "bn3", "downsample.conv": "downsample.0"},
        {"stem.conv": "conv1", "stem.conv1": "conv1.0", "stem.norm1": "conv1.1",
         "stem.conv2": "conv1.3", "stem.norm2": "conv1.4", "stem.conv3": "conv1.6",
         "norm": "norm.0", "head.fc": "fc"},
        {"basic": "v2-raw", "bottleneck": "v2"},
    ),
    Layout(
        "Hugging Face", "resnet.embedder.embedder.convolution.weight",
        "resnet.encoder.stages.{}.layers.{}", 0,
        {"shortcut.convolution": "downsample.0", "shortcut.normalization": "downsample.1",
         **{f"layer.{n}.convolution": f"conv{n + 1}" for n in range(3)},
         **{f"layer.{n}.normalization": f"bn{n + 1}" for n in range(3)}},
        {"resnet.embedder.embedder.convolution": "conv1",
         "resnet.embedder.embedder.normalization": "bn1", "classifier.1": "fc"},
    ),
    Layout(
        "OpenMMLab", "backbone.layer1.0.conv1.weight", "backbone.layer{}.{}",
        outside={"backbone.conv1": "conv1", "backbone.bn1": "bn1", "head.fc": "fc",
                 "backbone.stem.0.conv": "conv1.0", "backbone.stem.0.bn": "conv1.1",
                 "backbone.stem.1.conv": "conv1.3", "backbone.stem.1.bn": "conv1.4",
                 "backbone.stem.2.conv": "conv1.6", "backbone.stem.2.bn": "bn1"},
    ),
    Layout("NVIDIA", "layers.0.0.conv1.weight", "layers.{}.{}", 0),
    Layout(
        "weiaicunzai (CIFAR)", "conv2_x.0.residual_function.0.weight", "conv{}_x.{}", 2,
        {"shortcut": "downsample",
         **{f"residual_function.{3 * n}": f"conv{n + 1}" for n in range(3)},
         **{f"residual_function.{3 * n + 1}": f"bn{n + 1}" for n in range(3)}},
        {"conv1.0": "conv1", "conv1.1": "bn1"},
    ),
    Layout(
        "akamaster and kuangliu (CIFAR)", "linear.weight",
        inside={"shortcut": "downsample"}, outside={"linear": "fc"},
        unprojected="A-split",  # what akamaster calls A puts half of the zeros before
    ),
    Layout(
        "bearpaw preresnet (CIFAR)", "bn.weight", outside={"bn": "norm.0"},
        differs="its projections read the input of their block as it is, "
        "those of v2 read it after the first activation",
    ),
    Layout(
        "Cadene", "last_linear.weight", inside={"se_module": "se"},
        outside={"layer0.conv1": "conv1", "layer0.bn1": "bn1", "last_linear": "fc"},
    ),
    Layout("resnet_lab v2", "norm.0.weight", unprojected="A"),
    Layout("timm resnet", "conv1.6.weight"),
    Layout("torchvision", ""),
)  # fmt: skip
"""Every layout that is known; the last takes what the others leave.

Read off the code of each: timm 1.0 (``resnet.py``, ``resnetv2.py``, ``senet.py``), torchvision,
transformers (``modeling_resnet.py``), mmpretrain (``resnet.py``), NVIDIA's
DeepLearningExamples (``ConvNets/image_classification/models/resnet.py``), and for CIFAR
akamaster/pytorch_resnet_cifar10, kuangliu/pytorch-cifar, weiaicunzai/pytorch-cifar100 and
bearpaw/pytorch-classification. chenyaofo/pytorch-cifar-models has torchvision's names.
"""


@dataclass(frozen=True)
class Translation:
    """Weights by our names, and for each of these the name it came under."""

    layout: Layout
    prefix: str
    weights: dict[str, Tensor]
    theirs: dict[str, str]

    def block_path(self, stage: int, index: int) -> str:
        """Where block ``layer{stage}.{index}`` is in the module the weights came from."""
        number = stage - 1 + self.layout.first_stage
        return self.prefix + self.layout.block.format(number, index)


def translate(entries: Mapping[str, Tensor], average: bool | None = None) -> Translation:
    """Find the layout of a state dict and give its entries our names.

    The convolution that timm has for a classifier in ``resnetv2`` becomes a matrix.

    Args:
        entries: tensors by name.
        average: whether the projections of timm's ``resnetv2`` come after an average pool
            (option D), of which its names say nothing; None takes it from the stem, as timm
            has them: D with three convolutions, B with one.

    Raises:
        ValueError: two entries have the same name in our layout.
    """
    names = [name for name in entries if name != "n_averaged"]  # AveragedModel counts in it
    prefix = ""
    while names and (
        found := [p for p in PREFIXES if all(name.startswith(prefix + p) for name in names)]
    ):
        prefix += found[0]
    bare = {name: name[len(prefix) :].replace("_orig_mod.", "") for name in names}
    layout = next(known for known in LAYOUTS if not known.mark or known.mark in bare.values())
    theirs: dict[str, str] = {}
    for name in names:
        ours = layout.ours(bare[name])
        if ours in theirs:
            raise ValueError(f"entries {theirs[ours]!r} and {name!r} are both {ours!r} to us")
        theirs[ours] = name
    if "downsample.conv" not in layout.inside:
        seconds = [own for name, own in theirs.items() if name.endswith("downsample.1.weight")]
        average = any(entries[name].dim() == 4 for name in seconds)
    elif average is None:
        average = "conv1.0.weight" in theirs
    if average:
        theirs = {_after_pool(name, entries, theirs): own for name, own in theirs.items()}
    weights = {name: entries[own] for name, own in theirs.items()}
    head = weights.get("fc.weight")
    if head is not None and head.shape[2:] == (1, 1):
        weights["fc.weight"] = head.flatten(1)
    return Translation(layout, prefix, weights, theirs)


def _after_pool(name: str, entries: Mapping[str, Tensor], theirs: dict[str, str]) -> str:
    """Leave the first place in a projection to a pool, where the name doesn't yet."""
    place = re.fullmatch(r"(.*downsample\.)(\d+)(\..*)", name)
    if place is None:
        return name
    first = theirs.get(f"{place[1]}0.weight")
    if first is None or entries[first].dim() != 4:
        return name
    return f"{place[1]}{int(place[2]) + 1}{place[3]}"
