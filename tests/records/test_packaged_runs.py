"""Records of training runs: what is packaged, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from resnet_lab.data import load_data
from resnet_lab.experiments.catalogue import EXPERIMENTS, RUNS, SETTINGS, setting_of
from resnet_lab.experiments.runner import network_of
from resnet_lab.models import ResNet
from resnet_lab.records import checkpoints, replay, run_records, runs, trained
from resnet_lab.records.checkpoints import PACKED, WEIGHTS, pack
from resnet_lab.records.replay import agree, replayed_losses
from resnet_lab.records.run_records import FOLDER, Summary, _records, checked_record
from resnet_lab.training import RecordError, Trainer

DIGITS = FOLDER / "digits-short"
PATHS = sorted(FOLDER.glob("*/*.json"))


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def test_every_packaged_record_is_what_its_name_claims():
    for path in PATHS:
        record = checked_record(path)
        assert record.steps == record.curve.step[-1] or not record.finished
        assert len(record.commit) == 40


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_small_runs_with_three_seeds_or_more(name):
    found = runs(name, "small")
    assert tuple(found.records) == EXPERIMENTS[name].runs
    for run in found.records:
        assert len(found.seeds(run)) >= 3, run
        assert len(set(found.seeds(run))) == len(found.seeds(run))


def damaged(tmp_path, change, source=DIGITS / "resnet20-seed0.json", name=None):
    """A copy of a record with something changed, in a folder of the same setting."""
    data = json.loads(source.read_text())
    change(data)
    folder = tmp_path / source.parent.name
    folder.mkdir(exist_ok=True)
    path = folder / (name or source.name)
    path.write_text(json.dumps(data))
    return path


CHANGES = {
    "recipe": lambda data: data["recipe"].update(lr=0.2),
    "seed": lambda data: data.update(seed=7),
    "model": lambda data: data.update(model="resnet32"),
    "surgery": lambda data: data.update(surgery=["detach_shortcuts"]),
    "drawn": lambda data: data.update(drawn="given"),
    "changes": lambda data: data["changes"].update(shortcut="B"),
    "data": lambda data: data["data"].update(name="cifar10"),
    "checksum": lambda data: data["data"].update(checksum="0" * 64),
    "processes": lambda data: data.update(processes=2),
    "other code": lambda data: data.update(code="0" * 16),
    "changed since": lambda data: data.update(commit=data["commit"] + "+"),
    "must be known": lambda data: data.update(commit="unknown"),
    "steps": lambda data: data.update(steps=400),
    "lacks": lambda data: data.pop("curve"),
    "length": lambda data: data["curve"]["test_error"].pop(),
    "format": lambda data: data.update(format=99),
}


@pytest.mark.parametrize("word", CHANGES)
def test_a_record_that_is_something_else_is_refused(tmp_path, word):
    path = damaged(tmp_path, CHANGES[word])
    with pytest.raises(RecordError, match=word):
        checked_record(path)


def test_the_unchanged_copy_is_accepted(tmp_path):
    assert checked_record(damaged(tmp_path, lambda data: None)).finished


def test_a_record_under_another_name_is_refused(tmp_path):
    for name in ("resnet32-seed0.json", "resnet20-seed1.json", "resnet20-seed00.json"):
        with pytest.raises(RecordError, match="name must be"):
            checked_record(damaged(tmp_path, lambda data: None, name=name))
    with pytest.raises(RecordError, match="no run is called 'resnet99'"):
        checked_record(damaged(tmp_path, lambda data: None, name="resnet99-seed0.json"))
    with pytest.raises(RecordError, match="copy.json: the seed .* a number, got '0 copy'"):
        checked_record(damaged(tmp_path, lambda data: None, name="resnet20-seed0 copy.json"))


def test_seeds_are_in_the_order_of_numbers_and_the_table_says_what_they_gave(tmp_path):
    errors = {10: 9.0, 2: 6.0, 1: 8.0, 3: 6.5}
    for seed, error in errors.items():

        def change(data, seed=seed, error=error):
            data.update(name=f"digits-short/resnet20-seed{seed}", seed=seed)
            data["curve"]["test_error"][-1] = error

        damaged(tmp_path, change, name=f"resnet20-seed{seed}.json")
    found = runs("degradation", "small", tmp_path)
    assert found.seeds("resnet20") == (1, 2, 3, 10)
    assert found.final("resnet20").values == (8.0, 6.0, 6.5, 9.0)
    row = "| ResNet-20 | 4 | 7.38 ± 1.38 | 7.25 | 6.00 | 9.00 | 0 |"
    assert found.table().splitlines()[2:] == [row]


def test_codes_that_other_code_replayed_are_not_accepted(tmp_path, monkeypatch):
    codes = tmp_path / "codes.json"
    codes.write_text(json.dumps({"0" * 16: ["1" * 16], run_records.code_digest(): ["2" * 16]}))
    monkeypatch.setattr(run_records, "CODES", codes)
    accepted = run_records.accepted_codes.__wrapped__()
    assert accepted == {run_records.code_digest(), "2" * 16}


def test_a_failed_run_is_kept_and_counted(tmp_path):
    folder = tmp_path / "digits-short"
    folder.mkdir()
    for seed in (0, 1):
        shutil.copy(DIGITS / f"resnet20-seed{seed}.json", folder)
    damaged(
        tmp_path,
        lambda data: data.update(ended="diverged: the training loss was nan by step 3", steps=3),
        DIGITS / "resnet20-seed1.json",
    )
    found = runs("degradation", "small", tmp_path).final("resnet20")
    assert found.failed == (1,)
    assert len(found.values) == 1


def test_a_run_of_which_every_seed_failed_has_its_row(tmp_path):
    def fail(data):
        data.update(ended="diverged: the training loss was nan by step 3", steps=3)

    for seed in (0, 1):
        damaged(tmp_path, fail, DIGITS / f"resnet20-seed{seed}.json")
    found = runs("degradation", "small", tmp_path)
    assert found.table().splitlines()[-1] == "| ResNet-20 | 0 | – | – | – | – | 2 |"
    with pytest.raises(ValueError, match="run must be one that finished, got 'resnet20': diverged"):
        found.final("resnet20")


def test_runs_says_what_is_missing(tmp_path):
    with pytest.raises(LookupError, match="experiment degradation --size full"):
        runs("degradation", "full", tmp_path)
    with pytest.raises(ValueError, match="size must be one of"):
        runs("degradation", "huge")
    with pytest.raises(ValueError, match="experiment must be one of"):
        runs("degrade")
    with pytest.raises(ValueError, match="run must be one of 'plain20'"):
        runs("degradation", "small").final("resnet1202")


def write_full(folder: Path, size: str, title: str) -> None:
    """Records of an experiment at a full size, made of the small ones."""
    setting = setting_of("zero-gamma", size)
    (folder / setting.name).mkdir()
    for run in EXPERIMENTS["zero-gamma"].runs:
        record = json.loads((DIGITS / f"{run}-seed0.json").read_text())
        record.update(name=f"{setting.name}/{run}-seed0", steps=setting.recipe.iterations)
        record["data"].update(name=setting.data, title=title)
        record["recipe"] = RUNS[run].recipe_in(setting).to_json()
        (folder / setting.name / f"{run}-seed0.json").write_text(json.dumps(record))
    _records.cache_clear()


def test_the_size_nearest_to_the_papers_is_taken(tmp_path):
    """A full-size record of every run outranks the small ones."""
    (tmp_path / "digits-short").mkdir()
    for run in EXPERIMENTS["zero-gamma"].runs:
        for source in DIGITS.glob(f"{run}-seed*.json"):
            shutil.copy(source, tmp_path / "digits-short")

    def found() -> tuple[str, str, str]:
        taken = runs("zero-gamma", folder=tmp_path)
        return taken.size, taken.data, taken.reduced[:6]

    assert found() == ("small", "handwritten digits, small size", "1,437 ")
    write_full(tmp_path, "full-jpeg", "CIFAR-10, JPEG copy")
    assert found() == ("full-jpeg", "CIFAR-10, JPEG copy", "a copy")
    write_full(tmp_path, "full", "CIFAR-10")
    assert found() == ("full", "CIFAR-10", "")


def test_a_summary_is_plain_statistics():
    found = Summary((6.0, 7.0, 9.5))
    assert (found.mean, found.median, found.best) == (7.5, 7.0, 6.0)
    assert found.deviation == pytest.approx(torch.tensor(found.values).std().item())
    assert str(Summary((3.0,))) == "3.00"


def test_a_replay_writes_only_codes_that_it_has_seen(tmp_path, monkeypatch, capsys):
    """Images that are not at hand must not make records of their code accepted, or forgotten."""
    monkeypatch.setattr(run_records, "CODES", codes := tmp_path / "codes.json")
    monkeypatch.delenv("RESNET_LAB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = {"seen": "a" * 16, "unseen": "b" * 16}
    damaged(tmp_path, lambda data: data.update(code=names["seen"]))
    part = FOLDER / "part-short/resnet20-seed0.json"
    damaged(tmp_path, lambda data: data.update(code=names["unseen"]), part)
    assert replay.replay(tmp_path) == 1
    assert not codes.exists()
    assert "of some code no record could be replayed" in capsys.readouterr().err
    damaged(tmp_path, lambda data: data.update(code=names["seen"]), part)
    assert replay.replay(tmp_path) == 0
    assert json.loads(codes.read_text()) == {run_records.code_digest(): [names["seen"]]}
    damaged(tmp_path, lambda data: data["first_losses"].reverse())
    assert replay.replay(tmp_path) == 1
    assert "records differ" in capsys.readouterr().err


NAN = float("nan")


@pytest.mark.parametrize(
    ("recorded", "replayed", "same"),
    [
        ([2.0, 1.0], [2.0, 1.0], True),
        ([], [], True),
        ([2.0, 1.0], [2.0], False),
        ([2.0], [2.0, 1.0], False),
        ([2.0], [], False),
        ([2.0] * 5, [2.00019, 2.0019, 2.019, 2.059, 2.19], True),
        ([2.0], [2.00021], False),
        ([2.0] * 2, [2.0, 2.0021], False),
        ([2.0] * 3, [2.0, 2.0, 2.021], False),
        ([2.0] * 4, [2.0, 2.0, 2.0, 2.063], False),
        ([2.0] * 5, [2.0, 2.0, 2.0, 2.0, 2.3], False),
        ([2.0, NAN], [2.0, NAN], True),
        ([2.0, NAN], [2.0, 1.0], False),
        ([2.0, 1.0], [2.0, NAN], False),
    ],
)
def test_losses_agree_step_by_step(recorded, replayed, same):
    assert agree(recorded, replayed) is same
    assert agree(replayed, recorded) is same


@pytest.mark.parametrize(
    ("run", "steps"),
    [("plain20", 5), ("resnet20", 5), ("resnet56-detached", 2), ("resnetv2_110", 2)],
)
def test_this_code_computes_the_first_losses_of_the_records(run, steps, digits):
    """Only two of deep networks: from there, sums that another machine rounds drift apart."""
    record = checked_record(DIGITS / f"{run}-seed0.json")
    record.first_losses = record.first_losses[:steps]
    assert agree(record.first_losses, replayed_losses(record, digits))


def test_a_replay_runs_on_as_many_threads_as_the_record_and_on_its_images(digits, monkeypatch):
    record, seen = checked_record(DIGITS / "plain20-seed0.json"), []
    advance = Trainer.advance
    monkeypatch.setattr(
        Trainer, "advance", lambda run: seen.append(torch.get_num_threads()) or advance(run)
    )
    before = torch.get_num_threads()
    record.machine["threads"] = before + 1
    record.first_losses = record.first_losses[:2]
    assert len(replayed_losses(record, digits)) == 2
    assert seen == [before + 1] * 2
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="^data must be the images of digits-short/plain20-seed0"):
        replayed_losses(record, digits.split(100))


def test_a_replay_sees_another_seed_and_another_network(digits):
    record = checked_record(DIGITS / "resnet20-seed0.json")
    record.seed = 1
    assert not agree(record.first_losses, replayed_losses(record, digits))
    record.seed, record.name = 0, "digits-short/plain20-seed0"
    assert not agree(record.first_losses, replayed_losses(record, digits))


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_network_errs_as_its_record_says(name, digits):
    model, record = trained(name)
    assert not model.training
    setting = SETTINGS["digits-short"]
    trainer = Trainer(model, digits, setting.recipe, progress=False)
    loss, error = trainer.evaluate()
    one_image = 100 / digits.test_size
    assert error == pytest.approx(record.final("test_error"), abs=1.5 * one_image)
    assert loss == pytest.approx(record.final("test_loss"), rel=0.02, abs=0.005)


def test_packed_networks_are_small_and_nothing_else_is_there():
    sizes = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert set(sizes) == {f"{name}.pt" for name in PACKED}
    assert sum(sizes.values()) < 5_000_000


def test_packing_keeps_what_batch_normalization_needs_exactly(digits):
    model = Trainer(network_of(RUNS["resnet20"], digits), digits, SETTINGS["digits-short"].recipe)
    state = model.model.state_dict()
    for key, value in pack(state).items():
        if value.dim() != 4:
            assert torch.equal(value, state[key]), key


def test_the_command_packs_the_weights_of_a_folder(tmp_path, monkeypatch, capsys, digits):
    monkeypatch.setattr(checkpoints, "WEIGHTS", packed := tmp_path / "packed")
    states = {}
    for name in PACKED:
        states[name] = ResNet(network_of(RUNS[name], digits)).state_dict()
        folder = tmp_path / "runs/digits-short/work" / f"{name}-seed0"
        folder.mkdir(parents=True)
        torch.save(states[name], folder / "weights.pt")
    assert checkpoints.main([str(tmp_path / "runs")]) == 0
    for name, state in states.items():
        found = torch.load(packed / f"{name}.pt", weights_only=True)
        assert found.keys() == pack(state).keys()
        assert all(torch.equal(found[key], value) for key, value in pack(state).items())
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [*PACKED]
    with pytest.raises(SystemExit):
        checkpoints.main([])
    assert "the following arguments are required: RUNS" in capsys.readouterr().err


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="name must be one of 'plain20'"):
        trained("resnet50")
