"""Studies of a run: what they keep is what the network of the moment gives, resumed or not."""

import gc
import json
import weakref
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import torch
from commands import call
from tiny_runs import SPEC, same_weights, tiny_trainer
from torch import nn
from torch.nn import functional as F

from resnet_lab.data import ImageFolderData
from resnet_lab.experiments import catalogue
from resnet_lab.experiments.studies import (
    DRAWS,
    FlowStudy,
    LesionStudy,
    Studies,
    check_studied,
    drawn_cuts,
)
from resnet_lab.hooks import gradient_flow, lesioned
from resnet_lab.models import ResNet
from resnet_lab.training import Trainer, read_record

pytestmark = pytest.mark.usefixtures("one_thread")

DEEP = replace(SPEC, depths=(3, 2, 2))
EVERY = 3
"""Steps between two points: 10 points, of which 0, 1, 2, 4, 8 and 10 are measured."""


def deep_trainer(folder=None, **options) -> Trainer:
    recipe = options.pop("recipe", tiny_trainer().recipe.changed(evaluate_every=EVERY))
    return tiny_trainer(folder, model=DEEP, recipe=recipe, **options)


def read(folder, study: str) -> dict:
    return json.loads((folder / study / "run.json").read_text())


def studied(folder, trainer=None, stop_at: int = 0, names=("flow", "lesions")) -> Trainer:
    """A run with its studies, stopped at a step."""
    trainer = trainer or deep_trainer(folder / "work", name="run")
    studies = Studies(names, folder / "run.json")
    studies.begin(trainer)

    def on_point(trainer):
        studies.see(trainer)
        if trainer.steps == stop_at:
            trainer.stop()

    trainer.on_point = on_point
    trainer.run(resume=True)
    return trainer


def test_studies_change_nothing_in_the_run(tmp_path):
    alone = deep_trainer()
    record = alone.run()
    trainer = studied(tmp_path)
    assert same_weights(trainer.model.state_dict(), alone.model.state_dict())
    assert trainer.curve.test_loss == record.curve.test_loss


def test_studies_do_not_keep_the_trainer(tmp_path):
    """With a GPU's memory: they are given it when they are called."""
    studies = Studies(["flow", "lesions"], tmp_path / "run.json")
    trainer = deep_trainer(name="run", on_point=studies.see)
    studies.begin(trainer)
    trainer.run()
    gone = weakref.ref(trainer)
    gc.collect()
    gc.disable()
    try:
        del trainer
        assert gone() is None
    finally:
        gc.enable()


def test_the_flow_is_that_of_the_network_at_each_point(tmp_path):
    kept = {}
    trainer = deep_trainer(tmp_path / "work", name="run")
    kept[0] = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    studies = Studies(["flow"], tmp_path / "run.json")
    studies.begin(trainer)

    def on_point(trainer):
        kept[trainer.steps] = {k: v.clone() for k, v in trainer.model.state_dict().items()}
        studies.see(trainer)

    trainer.on_point = on_point
    record = trainer.run()
    found = read(tmp_path, "flow")
    assert [point["step"] for point in found["points"]] == [0, 3, 6, 12, 24, 30]
    assert [point["epoch"] for point in found["points"]] == [
        pytest.approx(8 * step / 50) for step in (0, 3, 6, 12, 24, 30)
    ]
    assert (found["images"], found["steps"], found["commit"]) == (8, 30, record.commit)
    assert found["run"] == json.loads(json.dumps(trainer.identity))
    assert found["machine"] == record.machine
    data = trainer.batches.data
    images = trainer.batches.normalize(data.train_images[:8])
    for point in found["points"]:
        model = ResNet(DEEP)
        model.load_state_dict(kept[point["step"]])
        rows = [asdict(row) for row in gradient_flow(model, images, data.train_labels[:8])]
        for ours, theirs in zip(point["blocks"], rows, strict=True):
            assert ours.pop("name") == theirs.pop("name")
            for key, expected in theirs.items():
                sums = None if expected is None else pytest.approx(expected, rel=1e-3)
                assert ours[key] == sums
            assert ours.keys() == theirs.keys()


def test_lesions_are_those_of_the_trained_network(tmp_path):
    trainer = studied(tmp_path)
    cuts = read(tmp_path, "lesions")["cuts"]
    names = list(trainer.model.named_blocks())
    assert [cut["blocks"] for cut in cuts[:8]] == [[], *([name] for name in names)]
    assert [len(cut["blocks"]) for cut in cuts[8:]] == [2] * DRAWS + [4] * DRAWS + [6] * DRAWS
    assert all(len(set(cut["blocks"])) == len(cut["blocks"]) for cut in cuts)
    assert len({tuple(cut["blocks"]) for cut in cuts[8:]}) > 2 * DRAWS
    assert cuts[0]["test_error"] == pytest.approx(trainer.curve.test_error[-1], rel=1e-5)
    (images, labels), = trainer.batches.test()  # fmt: skip
    for cut in (*cuts[:9], cuts[-1]):
        with torch.no_grad(), lesioned(trainer.model.eval(), cut["blocks"]):
            logits = trainer.model(images)
        assert cut["test_loss"] == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)
        wrong = (logits.argmax(1) != labels).float().mean()
        assert cut["test_error"] == pytest.approx(100 * float(wrong), rel=1e-5)
    assert len({cut["test_loss"] for cut in cuts}) > 15


def test_sets_of_blocks_are_drawn_anew_for_every_seed_size_and_draw():
    """Of thirty blocks, sets of 2 to 20."""
    names, sets = [f"block {number:02}" for number in range(30)], []
    for seed in range(3):
        cuts = drawn_cuts(names, seed)
        assert cuts[:31] == [[], *([name] for name in names)]
        drawn = cuts[31:]
        assert [len(cut) for cut in drawn] == [n for n in range(2, 21, 2) for _ in range(DRAWS)]
        assert all(cut == sorted(set(cut)) for cut in drawn)
        sets += map(tuple, drawn)
    larger = [cut for cut in sets if len(cut) > 4]
    assert len(set(larger)) == len(larger)


def test_a_run_that_diverged_needs_no_study(tmp_path):
    record = deep_trainer().record("diverged: the training loss was nan by step 3")
    check_studied(record, tmp_path / "none.json")
    with pytest.raises(ValueError, match="must be moved away: it was trained without .*none.json"):
        check_studied(replace(record, ended="finished"), tmp_path / "none.json")


def test_a_finished_run_has_studies_of_its_own_by_this_code(tmp_path, monkeypatch):
    path = tmp_path / "flow/run.json"
    studied(tmp_path, names=["flow"])
    record = read_record(tmp_path / "work/record.json")
    check_studied(record, path)
    for other in (replace(record, seed=7), replace(record, code="0" * 16)):
        with pytest.raises(ValueError, match=r"run.json must be moved away .* its run is"):
            check_studied(other, path)
    monkeypatch.setattr("resnet_lab.experiments.studies.digest_of", lambda sources: "0" * 16)
    with pytest.raises(ValueError, match=r"run.json must be moved away .* its code is"):
        check_studied(record, path)


@pytest.mark.parametrize("stop_at", [6, 9, 30])
def test_a_resumed_run_has_the_same_studies(tmp_path, stop_at):
    studied(tmp_path / "straight")
    studied(tmp_path, stop_at=stop_at)
    studied(tmp_path)
    for study in ("flow", "lesions"):
        assert read(tmp_path, study) == read(tmp_path / "straight", study)


def test_a_point_that_is_trained_again_is_measured_again(tmp_path):
    """The run was killed after the points of step 3 and 6, and its folder is lost."""
    studied(tmp_path, stop_at=6, names=["flow"])
    for left in (tmp_path / "work").iterdir():
        left.unlink()
    path = tmp_path / "flow/run.json"
    spoiled = json.loads(path.read_text())
    for point in spoiled["points"][1:]:
        point["blocks"][0]["gradient"] = -1.0
    path.write_text(json.dumps(spoiled))
    studied(tmp_path, names=["flow"])
    studied(tmp_path / "straight", names=["flow"])
    assert read(tmp_path, "flow") == read(tmp_path / "straight", "flow")


def test_a_study_is_of_one_run_and_of_this_code(tmp_path, monkeypatch):
    studied(tmp_path, names=["flow"])
    before = (tmp_path / "flow/run.json").read_text()

    def refused(key: str, **changes) -> None:
        recipe = tiny_trainer().recipe.changed(evaluate_every=EVERY, **changes)
        other = deep_trainer(name="run" if changes else "other", recipe=recipe)
        with pytest.raises(ValueError, match=f"run.json must be moved away .* its {key} is"):
            Studies(["flow"], tmp_path / "run.json").begin(other)

    refused("run")
    refused("run", lr=0.05)
    monkeypatch.setattr("resnet_lab.experiments.studies.digest_of", lambda sources: "0" * 16)
    refused("code", momentum=0.9)
    assert (tmp_path / "flow/run.json").read_text() == before


@pytest.mark.parametrize("study", ["flow", "lesions"])
@pytest.mark.parametrize("stop_at", [6, 30])
def test_a_run_that_has_begun_without_a_study_is_refused(tmp_path, study, stop_at):
    studied(tmp_path, stop_at=stop_at, names=[])
    with pytest.raises(ValueError, match=rf"must hold no checkpoints: .* without .*{study}.run.js"):
        studied(tmp_path, names=[study])
    assert not (tmp_path / study).exists()


def test_what_a_study_takes_is_not_counted_as_training(monkeypatch):
    """A clock that stands still, but while a study is at work."""
    now = [0.0]

    def at_work(trainer):
        now[0] += 100

    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr("resnet_lab.training.trainer.time", clock)
    record = tiny_trainer(on_point=at_work).run()
    assert now == [300]
    assert record.seconds == 0
    assert record.curve.seconds == [0] * 3


def test_what_cannot_be_studied_is_refused(tmp_path):
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 8, 3))
    with pytest.raises(TypeError, match=r"^model must be a .* torch.nn.modules.container"):
        LesionStudy(tmp_path / "x.json").begin(tiny_trainer(model=module))
    trainer = tiny_trainer()
    trainer.batches = object.__new__(ImageFolderData)
    with pytest.raises(TypeError, match="^data must be in memory, got a folder"):
        FlowStudy(tmp_path / "x.json").begin(trainer)
    assert not (tmp_path / "x.json").exists()


def test_the_command_keeps_them_beside_the_records(tmp_path, monkeypatch):
    setting = catalogue.SETTINGS["digits-short"]
    recipe = setting.recipe.changed(iterations=2, evaluate_every=1, drops=(), batch=16)
    tiny = replace(setting, recipe=recipe)
    monkeypatch.setitem(catalogue.SETTINGS, "digits-short", tiny)
    words = ("experiment", "small-images", "--runs", "resnet20", "--seeds", 0, "--quiet",
             "--device", "cpu", "--out", tmp_path)  # fmt: skip
    monkeypatch.setattr("resnet_lab.experiments.studies.DRAWS", 1)
    assert call(*words)[0] == 0
    code, summary, _ = call(*words, "--studies", "flow")
    assert code == 2
    path = tmp_path / "digits-short/flow/resnet20-seed0.json"
    message = "the record of digits-short/resnet20-seed0 must be moved away: it was trained"
    assert summary["error"] == f"{message} without {path}"
    (tmp_path / "digits-short/resnet20-seed0.json").unlink()
    assert call(*words, "--studies", "flow", "lesions")[0] == 0
    flow = json.loads(path.read_text())
    assert [point["step"] for point in flow["points"]] == [0, 1, 2]
    assert len(flow["points"][0]["blocks"]) == 1 + 9
    lesions = json.loads((tmp_path / "digits-short/lesions/resnet20-seed0.json").read_text())
    assert len(lesions["cuts"]) == 1 + 9 + 4
    assert lesions["run"]["name"] == "digits-short/resnet20-seed0"
    assert call(*words, "--studies", "flow", "lesions")[0] == 0
    path.write_text(json.dumps({**flow, "steps": 1}))
    assert call(*words, "--studies", "flow")[0] == 2
    assert call(*words, "--studies", "x")[0] == 2
