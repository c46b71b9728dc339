"""Networks as other repositories build and name them, written anew and as small as can be.

Each has the names and the quirks of the repository it is called after; see ``LAYOUTS``.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, **more) -> nn.Conv2d:
    more.setdefault("bias", False)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, **more)


def stages(make, inputs: int, widths, depths, expansion: int = 1):
    """Lists of blocks ``make(inputs, width, stride)``, one list a stage."""
    for place, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        blocks = []
        for index in range(depth):
            blocks.append(make(inputs, width, 2 if place and not index else 1))
            inputs = width * expansion
        yield nn.Sequential(*blocks)


class Pad(nn.Module):
    """The shortcut of akamaster: a function in a module."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class AkamasterBlock(nn.Module):
    def __init__(self, inputs, width, stride, option):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3), nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != width:
            side = width // 4
            self.shortcut = {
                "A": Pad(lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side))),
                "B": nn.Sequential(conv(inputs, width, 1, stride), nn.BatchNorm2d(width)),
            }[option]

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        out += self.shortcut(x)
        return F.relu(out)


class Akamaster(nn.Module):
    """CIFAR, three stages, option A (half the zeros before) or B."""

    def __init__(self, n=3, option="A", num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 16, 3), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = stages(
            lambda *plan: AkamasterBlock(*plan, option), 16, (16, 32, 64), (n, n, n)
        )
        self.linear = nn.Linear(64, num_classes)

    def forward(self, x):
        out = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(F.avg_pool2d(out, out.size(3)).flatten(1))


class KuangliuBottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != 4 * width:
            projection = conv(inputs, 4 * width, 1, stride)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(4 * width))

    def forward(self, x):
        out = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(out)) + self.shortcut(x))


class Kuangliu(nn.Module):
    """CIFAR with the four stages of ImageNet, a 3x3 stem and a pool of fixed size."""

    def __init__(self, depths=(3, 4, 6, 3), width=16, num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = conv(3, width, 3), nn.BatchNorm2d(width)
        widths = [width * 2**stage for stage in range(4)]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages(
            KuangliuBottleneck, width, widths, depths, 4
        )
        self.linear = nn.Linear(32 * width, num_classes)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer4(self.layer3(self.layer2(self.layer1(out))))
        return self.linear(F.avg_pool2d(out, 4).flatten(1))


class KuangliuPreActBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, width, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), conv(width, width, 3)
        if stride != 1 or inputs != width:
            self.shortcut = nn.Sequential(conv(inputs, width, 1, stride))

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + shortcut


class KuangliuPreAct(nn.Module):
    """Pre-activation without the activation after the last stage."""

    def __init__(self):
        super().__init__()
        self.conv1 = conv(3, 16, 3)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages(
            KuangliuPreActBlock, 16, (16, 32, 64, 128), (2, 2, 2, 2)
        )
        self.linear = nn.Linear(128, 10)

    def forward(self, x):
        out = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.linear(F.avg_pool2d(out, 4).flatten(1))


class WeiaicunzaiBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.residual_function = nn.Sequential(
            conv(inputs, width, 3, stride), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            conv(width, width, 3), nn.BatchNorm2d(width),
        )  # fmt: skip
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != width:
            self.shortcut = nn.Sequential(conv(inputs, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, x):
        return nn.ReLU(inplace=True)(self.residual_function(x) + self.shortcut(x))


class Weiaicunzai(nn.Module):
    """CIFAR-100, stages called conv2_x to conv5_x."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.conv2_x, self.conv3_x, self.conv4_x, self.conv5_x = stages(
            WeiaicunzaiBlock, 16, (16, 32, 64, 128), (2, 2, 2, 2)
        )
        self.avg_pool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(128, 100)

    def forward(self, x):
        out = self.conv5_x(self.conv4_x(self.conv3_x(self.conv2_x(self.conv1(x)))))
        return self.fc(self.avg_pool(out).flatten(1))


class ChenyaofoBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv(width, width, 3), nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(conv(inputs, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Chenyaofo(nn.Module):
    """CIFAR with torchvision's names and option B."""

    def __init__(self, n=3):
        super().__init__()
        self.conv1, self.bn1, self.relu = conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(inplace=True)
        self.layer1, self.layer2, self.layer3 = stages(
            ChenyaofoBlock, 16, (16, 32, 64), (n, n, n)
        )
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x))))))
        return self.fc(self.avgpool(x).view(x.size(0), -1))


class BearpawBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, width, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), conv(width, width, 3)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(conv(inputs, width, 1, stride))

    def forward(self, x):
        out = self.conv2(self.relu(self.bn2(self.conv1(self.relu(self.bn1(x))))))
        return out + (x if self.downsample is None else self.downsample(x))


class Bearpaw(nn.Module):
    """CIFAR, pre-activation, projections of what has not been activated yet."""

    def __init__(self):
        super().__init__()
        self.conv1 = conv(3, 16, 3)
        self.layer1, self.layer2, self.layer3 = stages(BearpawBlock, 16, (16, 32, 64), (3, 3, 3))
        self.bn, self.relu = nn.BatchNorm2d(64), nn.ReLU(inplace=True)
        self.avgpool, self.fc = nn.AvgPool2d(8), nn.Linear(64, 10)

    def forward(self, x):
        x = self.relu(self.bn(self.layer3(self.layer2(self.layer1(self.conv1(x))))))
        return self.fc(self.avgpool(x).flatten(1))


class HuggingLayer(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, activation=True):
        super().__init__()
        self.convolution = conv(inputs, outputs, kernel, stride)
        self.normalization = nn.BatchNorm2d(outputs)
        self.activation = nn.ReLU() if activation else nn.Identity()

    def forward(self, x):
        return self.activation(self.normalization(self.convolution(x)))


class HuggingBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        changes = stride != 1 or inputs != 4 * width
        projection = HuggingLayer(inputs, 4 * width, 1, stride, activation=False)
        self.shortcut = projection if changes else nn.Identity()
        self.layer = nn.Sequential(
            HuggingLayer(inputs, width, 1), HuggingLayer(width, width, 3, stride),
            HuggingLayer(width, 4 * width, 1, activation=False),
        )  # fmt: skip
        self.activation = nn.ReLU()

    def forward(self, x):
        return self.activation(self.layer(x) + self.shortcut(x))


class Output:
    """What transformers return: logits among other things."""

    def __init__(self, logits):
        self.logits = logits


class HuggingFace(nn.Module):
    """``ResNetForImageClassification`` with bottlenecks."""

    def __init__(self, width=8, depths=(3, 4, 6, 3)):
        super().__init__()
        widths = [width * 2**stage for stage in range(4)]
        found = stages(HuggingBlock, width, widths, depths, 4)
        self.resnet = nn.Module()
        self.resnet.embedder = nn.Module()
        self.resnet.embedder.embedder = HuggingLayer(3, width, 7, 2)
        self.resnet.embedder.pooler = nn.MaxPool2d(3, 2, 1)
        self.resnet.encoder = nn.Module()
        self.resnet.encoder.stages = nn.ModuleList(
            nn.Sequential(OrderedDict(layers=blocks)) for blocks in found
        )
        self.resnet.pooler = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(32 * width, 1000))

    def forward(self, x):
        x = self.resnet.embedder.pooler(self.resnet.embedder.embedder(x))
        for stage in self.resnet.encoder.stages:
            x = stage(x)
        return Output(self.classifier(self.resnet.pooler(x)))


class OpenMMLabBlock(ChenyaofoBlock):
    """Option D, which leaves no place for a pool where nothing strides."""

    def __init__(self, inputs, width, stride):
        super().__init__(inputs, width, stride)
        if stride != 1 or inputs != width:
            pool = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)]
            self.downsample = nn.Sequential(
                *(pool if stride > 1 else []), conv(inputs, width, 1), nn.BatchNorm2d(width)
            )


class OpenMMLab(nn.Module):
    """ResNetV1d: three 3x3 in the stem, and a first stage that changes channels."""

    def __init__(self):
        super().__init__()

        def unit(inputs, outputs, stride=1):
            parts = {"conv": conv(inputs, outputs, 3, stride), "bn": nn.BatchNorm2d(outputs)}
            return nn.Sequential(OrderedDict(**parts, activate=nn.ReLU(inplace=True)))

        self.backbone = nn.Module()
        self.backbone.stem = nn.Sequential(unit(3, 8, 2), unit(8, 8), unit(8, 16))
        self.backbone.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = (24, 32, 64, 128)
        for place, blocks in enumerate(stages(OpenMMLabBlock, 16, widths, (2, 2, 2, 2)), 1):
            self.backbone.add_module(f"layer{place}", blocks)
        self.head = nn.Module()
        self.head.fc = nn.Linear(128, 1000)

    def forward(self, x):
        x = self.backbone.maxpool(self.backbone.stem(x))
        for place in range(1, 5):
            x = getattr(self.backbone, f"layer{place}")(x)
        return self.head.fc(x.mean((2, 3)))


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """The same module with statistics and scales that no fresh one has."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var):
                    tensor.uniform_(0.5, 1.5, generator=draw)
                for tensor in (module.bias, module.running_mean):
                    tensor.uniform_(-0.5, 0.5, generator=draw)
    return model.eval()


class Canary:
    """Writes a file when it is unpickled by whoever runs code from a pickle."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")
