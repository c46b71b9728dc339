"""What the checks of chapter 17 hold answers against, and answers by the libraries."""

from copy import deepcopy

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from resnet_lab.exercises.training import check_checkpoint, check_rescaled, check_train
from resnet_lab.training import recipe


def test_a_loop_with_torch_s_scheduler_is_right():
    def train(model, batches, rates, momentum, decay):
        optimizer = torch.optim.SGD(model.parameters(), 1.0, momentum, weight_decay=decay)
        scheduler = LambdaLR(optimizer, lambda step: rates[min(step, len(rates) - 1)])
        losses = []
        for images, labels in batches:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss)
        return torch.stack(losses)

    assert check_train(train).state == "right"


def test_an_answer_that_raises_is_not_right():
    result = check_train(lambda model, batches, *rest: batches[99])
    assert result.state == "not right"
    assert "IndexError" in result.message


def test_the_rule_is_that_of_goyal_and_others():
    """Section 2.1 and the abstract: 0.1 for 256 images, 3.2 for 8192."""
    answers = {}

    def rescaled(batch, iterations, drops, lr, new_batch):
        factor = new_batch / batch
        answers[new_batch] = lr * factor
        drops = [round(drop / factor) for drop in drops]
        return round(iterations / factor), drops, answers[new_batch]

    assert check_rescaled(rescaled).state == "right"
    rescaled(256, 450_000, (), 0.1, 8192)
    assert answers[8192] == pytest.approx(3.2)


def test_the_package_s_recipe_can_be_rescaled():
    def rescaled(batch, iterations, drops, lr, new_batch):
        old = recipe("imagenet", batch=batch, iterations=iterations, drops=drops, lr=lr)
        new = old.changed(
            batch=new_batch, lr=old.lr * new_batch / old.batch,
            iterations=old.iterations * old.batch // new_batch,
            drops=tuple(drop * old.batch // new_batch for drop in old.drops),
        )
        return new.iterations, new.drops, new.lr

    assert check_rescaled(rescaled).state == "right"


def test_what_is_saved_is_read_after_the_program_has_ended():
    """A dictionary that lives on in the program is no file."""
    kept = {}

    def save(model, optimizer, step):
        kept.update(deepcopy({"model": model.state_dict(), "optimizer": optimizer.state_dict()}))
        return {"step": step}

    def restore(saved, model, optimizer):
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        return saved["step"]

    result = check_checkpoint((save, restore))
    assert result.state == "not right"
    assert "KeyError" in result.message


def test_the_counters_of_batches_need_not_be_saved():
    """No step reads them, as the network has a fixed momentum of its statistics."""
    def save(model, optimizer, step):
        counted = {name: value for name, value in model.state_dict().items()
                   if not name.endswith("num_batches_tracked")}
        return [counted, optimizer.state_dict(), step]

    def restore(saved, model, optimizer):
        model.load_state_dict(saved[0], strict=False)
        optimizer.load_state_dict(saved[1])
        return saved[2]

    assert check_checkpoint((save, restore)).state == "right"
