"""Training as anybody would write it with torch alone: what our trainer is held against."""

import torch
from torch import nn
from torch.nn import functional as F


def plain_loop(model: nn.Module, batches: list, recipe, halves: int = 1) -> list[float]:
    """Train in place; the losses.

    Args:
        model: network with its first weights.
        batches: images and labels of each step, or of the first steps.
        recipe: numbers only; the rules are written out here.
        halves: parts of each batch, one after another, whose gradients are accumulated. Running
            statistics are those of the first part.
    """
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    model.train()
    warming = recipe.warmup_lr is not None
    wrong = seen = 0
    losses = []
    for step, (images, labels) in enumerate(batches):
        lr = recipe.lr
        for drop in recipe.drops:
            if step >= drop:
                lr /= recipe.drop_divisor
        optimizer.param_groups[0]["lr"] = recipe.warmup_lr if warming else lr
        optimizer.zero_grad()
        total = 0.0
        for half, (part, answers) in enumerate(
            zip(images.contiguous().chunk(halves), labels.chunk(halves), strict=True)
        ):
            statistics = {name: buffer.clone() for name, buffer in model.named_buffers()}
            logits = model(part)
            loss = F.cross_entropy(logits, answers) / halves
            loss.backward()
            total += loss.item()
            wrong += int((logits.argmax(1) != answers).sum())
            if half:
                for name, buffer in model.named_buffers():
                    buffer.copy_(statistics[name])
        if recipe.clip_norm is not None:
            gradients = [parameter.grad for parameter in model.parameters()]
            norm = sum(float(gradient.double().square().sum()) for gradient in gradients) ** 0.5
            for gradient in gradients:
                gradient.mul_(min(1.0, recipe.clip_norm / norm))
        optimizer.step()
        losses.append(total)
        seen += len(labels)
        if (step + 1) % recipe.warmup_window == 0:
            warming = warming and 100 * wrong / seen >= recipe.warmup_error
            wrong = seen = 0
    return losses
