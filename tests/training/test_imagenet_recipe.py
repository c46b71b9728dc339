"""The recipe for ImageNet on a folder of a few images, by the command line and by hand."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import call
from PIL import Image
from plain_loop import plain_loop
from tiny_runs import RECIPE, SPEC, same_weights, tiny_trainer
from torchvision.transforms import functional as vision

import resnet_lab
from resnet_lab.data import ImageFolderData
from resnet_lab.training import RECIPES, Trainer, read_record
from resnet_lab.training.sources import FolderBatches

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Nine training and six test images of three colors."""
    rng = np.random.default_rng(0)
    for part, count in {"train": 3, "val": 2}.items():
        for channel, color in enumerate(("blue", "green", "red")):
            folder = tmp_path / "pictures" / part / color
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 90, (70 + number, 80, 3), dtype=np.uint8)
                pixels[..., 2 - channel] += 150
                Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return tmp_path / "pictures"


def test_the_command_line_trains_a_folder_as_a_plain_loop_does(pictures, tmp_path):
    code, summary, _ = call(
        "train", "resnet18", "--data", f"folder:{pictures}", "--size", 64, "--set", "batch=4",
        "--set", "iterations=4", "--set", "drops=[2,3]", "--set", "evaluate_every=2",
        "--out", tmp_path / "out", "--device", "cpu", "--threads", 1, "--quiet",
    )  # fmt: skip
    assert (code, summary["ended"], summary["steps"]) == (0, "finished", 4)
    record = read_record(tmp_path / "out" / "record.json")
    recipe = RECIPES["imagenet"].changed(batch=4, iterations=4, drops=(2, 3), evaluate_every=2)
    assert record.recipe == recipe
    assert record.data["name"] == "folder/pictures"
    assert (record.data["train"], record.data["test"]) == (9, 6)
    assert record.changes == {"num_classes": 3}
    assert record.curve.epoch == pytest.approx([8 / 9, 16 / 9], rel=1e-5)

    data = ImageFolderData(pictures, size=64)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    batches = [
        (vision.normalize(images, mean, deviation), labels)
        for images, labels in islice(data.train_batches(4, seed=0), 4)
    ]
    torch.manual_seed(0)
    model = resnet_lab.build("resnet18", num_classes=3)
    losses = plain_loop(model, batches, recipe)
    weights = torch.load(tmp_path / "out" / "weights.pt", weights_only=True)
    assert same_weights(weights, model.state_dict())
    assert record.first_losses == pytest.approx(losses, rel=1e-5)
    with torch.inference_mode():
        wrong = sum(
            int((model.eval()(vision.normalize(images, mean, deviation)).argmax(1) != labels).sum())
            for images, labels in data.test_batches(6)
        )
    assert record.final("test_error") == pytest.approx(100 * wrong / 6, abs=1e-3)


FOLDER = RECIPES["imagenet"].changed(batch=4, iterations=12, drops=(8,), evaluate_every=4)


def test_a_stopped_run_on_a_folder_goes_on_exactly(pictures, tmp_path):
    data = ImageFolderData(pictures, size=16)
    straight = tiny_trainer(data=data, recipe=FOLDER)
    expected = straight.run()
    stopped = tiny_trainer(tmp_path / "run", data=data, recipe=FOLDER, on_point=Trainer.stop)
    assert stopped.run().ended == "stopped at step 4"
    resumed = tiny_trainer(tmp_path / "run", data=data, recipe=FOLDER)
    record = resumed.run(resume=True)
    assert same_weights(straight.model.state_dict(), resumed.model.state_dict())
    assert record.curve.train_loss == expected.curve.train_loss
    assert record.curve.test_loss == expected.curve.test_loss


def test_an_image_that_cannot_be_read_costs_no_training(pictures, tmp_path):
    """One of the first is found before the first step, a later one after a checkpoint."""
    data = ImageFolderData(pictures, size=16)
    (pictures / "val" / "blue" / "0.jpg").write_bytes(b"no image")
    trainer = tiny_trainer(tmp_path / "run", data=data, recipe=FOLDER)
    with pytest.raises(ValueError, match=r"val/blue/0.jpg must be an image"):
        trainer.run()
    assert trainer.steps == 0
    (pictures / "val" / "blue" / "0.jpg").write_bytes((pictures / "val/blue/1.jpg").read_bytes())
    whole = (pictures / "val" / "red" / "1.jpg").read_bytes()  # in the second batch of four
    (pictures / "val" / "red" / "1.jpg").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"val/red/1.jpg must be an image"):
        tiny_trainer(tmp_path / "run", data=data, recipe=FOLDER).run()
    assert [path.name[:13] for path in (tmp_path / "run").glob("step-*")] == ["step-00000004"]
    (pictures / "val" / "red" / "1.jpg").write_bytes(whole)
    resumed = tiny_trainer(tmp_path / "run", data=data, recipe=FOLDER)
    seen = []
    resumed.on_point = lambda trainer: seen.append((trainer.steps, trainer.lr))
    record = resumed.run(resume=True)
    assert seen == [(4, 0.1), (8, 0.1), (12, pytest.approx(0.01))]
    straight = tiny_trainer(data=data, recipe=FOLDER).run()
    assert {**record.curve.lists(), "seconds": 0} == {**straight.curve.lists(), "seconds": 0}


def test_steps_in_turn_are_read_in_one_go_and_others_where_they_are(pictures, monkeypatch):
    data, begun = ImageFolderData(pictures, size=16), []
    read = data.train_batches

    def counted(batch, seed, start_step, *others):
        begun.append(start_step)
        return read(batch, seed, start_step, *others)

    def source():
        return FolderBatches(data, FOLDER, 0, torch.device("cpu"))

    expected = [source().train(step, slice(None)) for step in range(6)]
    monkeypatch.setattr(data, "train_batches", counted)
    one = source()
    for step in (0, 1, 2, 5, 1, 2):
        found = one.train(step, slice(None))
        assert torch.equal(found.images, expected[step].images)
        assert torch.equal(found.labels, expected[step].labels)
    assert begun == [0, 5, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop_padding": 4}, "^crop_padding must be 0 for a folder .* 'imagenet'.*, got 4"),
        ({"flip": True}, "^flip must be False for a folder .*, got True"),
        ({"held_out": 2}, "^held_out must be 0 for a folder .*, got 2"),
        ({"normalization": "pixel mean"}, "^normalization must be 'channel mean and deviation'"),
    ],
)
def test_what_a_folder_does_not_do_is_refused(pictures, changes, message):
    with pytest.raises(ValueError, match=message):
        tiny_trainer(data=ImageFolderData(pictures, 16), recipe=FOLDER.changed(**changes))


def test_a_folder_does_not_fit_any_network(pictures):
    data = ImageFolderData(pictures, 16)
    assert tiny_trainer(data=data, recipe=FOLDER).run().finished
    with pytest.raises(ValueError, match="^crop_padding must be 0"):
        tiny_trainer(data=data, recipe=RECIPE)
    gray = resnet_lab.spec("resnet20", in_channels=1, num_classes=3)
    with pytest.raises(ValueError, match="^in_channels of resnet20 must be 3 .*, got 1"):
        tiny_trainer(data=data, recipe=FOLDER, model=gray)
    assert SPEC.in_channels == 3
