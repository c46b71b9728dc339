"""Report on Keras's networks, as one line of JSON; run by ``test_names.py`` on its own."""

import json

import keras
import numpy as np
import torch
from torch import nn

import resnet_lab

SIZE = 97


def report(name):
    build = getattr(keras.applications, name)
    model = build(weights=None, input_shape=(SIZE, SIZE, 3), classifier_activation=None)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    striding = [c.name for c in layers if c.strides == (2, 2) and c.name != "conv1_conv"]
    pools = [x for x in model.layers if isinstance(x, keras.layers.MaxPooling2D)]
    return model, {
        "total": model.count_params(),
        "trainable": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "eps": sorted({norm.epsilon for norm in norms}),
        "biases": sum(layer.filters for layer in layers if layer.use_bias),
        "zero_gamma": any(not np.any(norm.gamma.numpy()) for norm in norms),
        "striding": sorted({layer.rsplit("_", 2)[0] for layer in striding}),
        "pools": len(pools) - 1,
    }


def keras_name(name):
    """Keras's layer for a module of ours."""
    stem = {"conv1": "conv1_conv", "bn1": "conv1_bn", "fc": "predictions"}
    if name in stem:
        return stem[name]
    stage, block, layer, *place = name.split(".")
    kind = "conv" if layer.startswith("conv") or place == ["0"] else "bn"
    number = 0 if place else layer[-1]
    return f"conv{int(stage[-1]) + 1}_block{int(block) + 1}_{number}_{kind}"


def difference(model):
    """Largest difference of the logits to ours with the same weights, over the largest logit."""
    generator = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([
            weight if weight.ndim > 1 else 0.5 + 0.5 * generator.random(weight.shape)
            for weight in layer.get_weights()
        ])  # fmt: skip
    ours = resnet_lab.build("resnet50_v1").eval()
    for name, module in ours.named_modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.Linear):
            tensors = [torch.tensor(w) for w in model.get_layer(keras_name(name)).get_weights()]
            take_over(module, tensors)
    images = generator.random((2, SIZE, SIZE, 3), dtype=np.float32)
    theirs = keras.ops.convert_to_numpy(model(images, training=False))
    with torch.no_grad():
        logits = ours(torch.tensor(images).permute(0, 3, 1, 2)).numpy()
    return float(abs(logits - theirs).max() / abs(theirs).max())


def take_over(module, tensors):
    if isinstance(module, nn.BatchNorm2d):
        module.eps = 1.001e-5
        parts = (module.weight, module.bias, module.running_mean, module.running_var)
        for part, tensor in zip(parts, tensors, strict=True):
            part.data.copy_(tensor)
        return
    kernel, bias = tensors
    axes = (3, 2, 0, 1) if kernel.dim() == 4 else (1, 0)
    module.weight.data.copy_(kernel.permute(axes))
    module.bias = nn.Parameter(bias)


if __name__ == "__main__":
    found = {}
    for network in ("ResNet50", "ResNet50V2"):
        built, found[network] = report(network)
        if network == "ResNet50":
            found[network]["difference"] = difference(built)
    print(json.dumps(found))
