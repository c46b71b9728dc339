"""Experiments as data, and how they are carried out: kept, resumed, never done twice."""

import os
import shutil
import threading
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
import torch
from commands import PATIENCE, call, strict
from tiny_runs import CPU, same_weights

from resnet_lab.data import DATA_SETS, ImageSet
from resnet_lab.experiments import catalogue, runner
from resnet_lab.experiments.catalogue import (
    EXPERIMENTS,
    LESS,
    RUNS,
    SETTINGS,
    experiment,
    setting_of,
)
from resnet_lab.experiments.runner import network_of, record_name, train_runs
from resnet_lab.training import RECIPES, Recipe, RunRecord, read_record
from resnet_lab.training.network import make_network
from resnet_lab.training.record import RecordError
from resnet_lab.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

SHAPES = {"digits": ((1, 8, 8), 10), "cifar100": ((3, 32, 32), 100)}


def images(name: str, count: int = 24) -> ImageSet:
    """Noise in the shape of a data set."""
    shape, classes = SHAPES.get(name, ((3, 32, 32), 10))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (2 * count, *shape), generator=generator, dtype=torch.uint8)
    labels = torch.arange(2 * count) % classes
    names = tuple(map(str, range(classes)))
    return ImageSet(
        name, name, names, noise[:count], labels[:count], noise[count:], labels[count:]
    )


def test_names_are_what_the_catalogues_say():
    for entries in (EXPERIMENTS, RUNS, SETTINGS):
        assert all(entry.name == name for name, entry in entries.items())
    titles = [run.title for run in RUNS.values()]
    assert len(set(titles)) == len(titles)
    assert {name for entry in EXPERIMENTS.values() for name in entry.runs} == set(RUNS)
    assert set(EXPERIMENTS) >= {
        "degradation", "shortcuts", "zero-gamma", "preactivation", "warm-up", "detached",
        "learning-rate", "small-images", "ingredients",
    }  # fmt: skip


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_runs_and_settings(name):
    entry = EXPERIMENTS[name]
    assert entry.question.endswith("?")
    assert len(set(entry.runs)) == len(entry.runs) > 1
    assert set(entry.settings) == {"small", "full", "full-jpeg"}
    for size in entry.settings:
        setting = setting_of(name, size)
        assert setting.data in DATA_SETS
        assert len(set(setting.seeds)) >= 3
        assert bool(setting.reduced) == (size != "full")
        for run in entry.runs:
            assert isinstance(RUNS[run].recipe_in(setting), Recipe)


@pytest.mark.parametrize("name", RUNS)
def test_every_run_builds_a_network_that_takes_its_images(name):
    run = RUNS[name]
    settings = {
        entry.settings[size] for entry in EXPERIMENTS.values()
        for size in entry.settings if name in entry.runs
    }  # fmt: skip
    assert len(settings) >= 3
    for data in [images(SETTINGS[setting].data) for setting in settings]:
        spec, classes = network_of(run, data), len(data.classes)
        assert (spec.in_channels, spec.num_classes) == (data.shape[0], classes)
    with torch.device("meta"):
        network = make_network(spec, data.shape, classes, 0, run.surgery)
        assert network.module(torch.zeros(2, *data.shape)).shape == (2, classes)
    assert network.model == run.model
    assert network.surgery == list(run.surgery)
    fitted = {"in_channels", "num_classes"}
    assert {k: v for k, v in network.changes.items() if k not in fitted} == run.changes


def test_the_full_size_is_the_paper_s_recipe():
    for name in EXPERIMENTS:
        setting = setting_of(name, "full")
        assert (setting.data, setting.recipe) == ("cifar10", RECIPES["cifar"])
        assert len(setting.seeds) == 5
    warm = RUNS["resnet110-warmup"].recipe_in(SETTINGS["cifar10"])
    assert warm.changed(name="cifar-110") == RECIPES["cifar-110"]
    assert RUNS["resnet110"].recipe_in(SETTINGS["cifar10"]) == RECIPES["cifar"]


def test_the_runs_of_an_experiment_differ_in_what_it_asks():
    def specs(name: str) -> list:
        return [network_of(RUNS[run], images("digits")) for run in EXPERIMENTS[name].runs]

    plain, residual = specs("degradation")[:5], specs("degradation")[5:]
    assert [spec.depth for spec in plain] == [spec.depth for spec in residual]
    assert [spec.depth for spec in plain] == [20, 32, 44, 56, 110]
    assert {spec.shortcut for spec in plain} == {"none"}
    assert {spec.shortcut for spec in residual} == {"A"}
    assert [spec.shortcut for spec in specs("shortcuts")] == ["A", "B", "C"]
    assert [spec.zero_init_residual for spec in specs("zero-gamma")] == [False, True]
    assert [spec.preactivated for spec in specs("preactivation")] == [False, True]
    assert [RUNS[run].surgery for run in EXPERIMENTS["detached"].runs] == [
        (), (), ("detach_shortcuts",)
    ]  # fmt: skip
    assert [(spec.depth, spec.stem) for spec in specs("small-images")] == [
        (20, "3x3"), (18, "7x7"), (18, "3x3")
    ]  # fmt: skip
    by_rate, full = EXPERIMENTS["learning-rate"].runs, SETTINGS["cifar10"]
    assert [RUNS[run].recipe_in(full).lr for run in by_rate] == [0.1, 0.03, 0.01, 0.003, 0.001] * 3
    assert [spec.name for spec in specs("learning-rate")][::5] == ["plain20", "plain56", "resnet56"]
    assert [RUNS[run].warmup for run in EXPERIMENTS["warm-up"].runs] == [False, True]
    for name in ("zero-gamma", "shortcuts", "preactivation", "warm-up"):
        kept = {"zero-gamma": "zero_init_residual", "shortcuts": "shortcut",
                "preactivation": "version", "warm-up": ""}[name]  # fmt: skip
        different = {
            field for field in asdict(specs(name)[0]) if field not in ("name", kept)
            if len({str(getattr(spec, field)) for spec in specs(name)}) > 1
        }  # fmt: skip
        assert not different


LEFT_OUT = {
    "no-crop": {"crop_padding": 0},
    "no-flip": {"flip": False},
    "no-crop-no-flip": {"crop_padding": 0, "flip": False},
    "no-mean": {"normalization": "none"},
    "no-decay": {"weight_decay": 0},
    "no-momentum": {"momentum": 0},
    "no-momentum-rate-1": {"momentum": 0, "lr": 1},
    "no-drops": {"drops": ()},
}


@pytest.mark.parametrize("name", LESS)
def test_what_is_left_out_and_nothing_else_differs(name):
    for setting in SETTINGS.values():
        whole = RUNS["resnet20"].recipe_in(setting)
        less = RUNS[f"resnet20-{name}"].recipe_in(setting)
        differing = {
            field.name for field in fields(Recipe)
            if getattr(whole, field.name) != getattr(less, field.name)
        }  # fmt: skip
        assert {field: getattr(less, field) for field in LEFT_OUT[name]} == LEFT_OUT[name]
        assert differing <= set(LEFT_OUT[name])
        if setting.name != "digits-short":  # which neither crops nor mirrors
            assert differing == set(LEFT_OUT[name])


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="^experiment must be one of 'degradation', .* got 'x'"):
        experiment("x")
    with pytest.raises(ValueError, match="^size must be one of 'small', 'full', .* got 'tiny'"):
        setting_of("degradation", "tiny")


RUN_NAMES = ("resnet20", "resnet20-no-decay")


@pytest.fixture
def setting(monkeypatch):
    """A setting of four steps, whose data are noise; it counts how often they are loaded."""
    recipe = RECIPES["short"].changed(iterations=4, batch=8, drops=(3,), evaluate_every=2)
    loads = []

    def load(name, progress):
        loads.append(name)
        return images(name)

    monkeypatch.setattr(runner, "load_data", load)
    tiny = replace(SETTINGS["digits-short"], name="tiny", recipe=recipe, checksum="")
    return tiny, loads


def run_all(setting, folder: Path, **options) -> list:
    return list(train_runs(setting, RUN_NAMES, (0, 1), folder, CPU, progress=False, **options))


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


PATHS = [f"tiny/{name}-seed{seed}.json" for name in RUN_NAMES for seed in (0, 1)]


def test_each_run_becomes_a_record_and_is_not_done_twice(setting, tmp_path, monkeypatch):
    setting, loads = setting
    records = run_all(setting, tmp_path)
    assert [record.name for record in records] == [
        record_name(setting, RUNS[name], seed) for seed in (0, 1) for name in RUN_NAMES
    ]
    assert listed(tmp_path) == sorted(PATHS)
    assert loads == ["digits"]
    for record in records:
        kept = read_record(tmp_path / f"{record.name}.json")
        assert kept.finished
        assert kept.first_losses == pytest.approx(record.first_losses, rel=1e-5)
        assert kept.changes == {"in_channels": 1}
    assert records[0].recipe == setting.recipe
    assert records[1].recipe == setting.recipe.changed(weight_decay=0.0)
    assert (records[2].seed, records[0].seed) == (1, 0)

    monkeypatch.setattr(Trainer, "run", lambda *_, **__: pytest.fail("trained twice"))
    assert [record.name for record in run_all(setting, tmp_path)] == [r.name for r in records]
    assert loads == ["digits"]


@pytest.mark.parametrize(
    ("runs", "seeds", "studies", "message"),
    [
        (("resnet20", "resnet20"), (0,), (), "^runs must differ .*, got 'resnet20' twice$"),
        (RUN_NAMES, (0, 1, 0), (), "^seeds must differ from each other, got 0 twice$"),
        (("resnet20", "x"), (0,), (), "^each of runs must be one of 'plain20', .*, got 'x'$"),
        (RUN_NAMES, (0,), ("x",), "^each of studies must be one of 'flow', 'lesions', got 'x'$"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_done(
    setting, tmp_path, runs, seeds, studies, message
):
    setting, loads = setting
    with pytest.raises(ValueError, match=message):
        next(train_runs(setting, runs, seeds, tmp_path, CPU, progress=False, studies=studies))
    assert loads == listed(tmp_path) == []


def test_the_other_runs_stop_at_once_if_a_record_is_not_saved(setting, tmp_path, monkeypatch):
    """Not only when the traceback is forgotten, which holds what was under way."""
    setting, _ = setting
    come, told = threading.Event(), threading.Event()
    advance, stop, save = Trainer.advance, Trainer.stop, RunRecord.save

    def waiting(trainer):
        if trainer.steps == 2 and trainer.identity["name"] == "tiny/resnet20-seed0":
            assert come.wait(PATIENCE)
        elif trainer.steps == 2:
            come.set()
            assert told.wait(PATIENCE)
        advance(trainer)

    def telling(trainer):
        stop(trainer)
        told.set()

    def interrupted(record, path):
        if path.name != "record.json":  # which each run writes for itself
            raise KeyboardInterrupt
        save(record, path)

    monkeypatch.setattr(Trainer, "advance", waiting)
    monkeypatch.setattr(Trainer, "stop", telling)
    monkeypatch.setattr(RunRecord, "save", interrupted)
    with pytest.raises(KeyboardInterrupt) as held:
        run_all(setting, tmp_path, at_a_time=2)
    were_told = told.is_set()
    told.set()
    assert were_told
    assert held.traceback
    steps = [path.name[:13] for path in tmp_path.rglob("step-*.pt")]
    assert "step-00000003" in steps


def test_an_interrupted_experiment_goes_on_where_it_was(setting, tmp_path, monkeypatch):
    setting, _ = setting
    straight = run_all(setting, tmp_path / "straight", keep_weights=True)
    train_step, taken = Trainer.advance, []

    def interrupted_in_the_eighth(trainer):
        taken.append((trainer.identity["name"], trainer.steps))
        if len(taken) == 8:
            raise KeyboardInterrupt
        train_step(trainer)

    monkeypatch.setattr(Trainer, "advance", interrupted_in_the_eighth)
    folder = tmp_path / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        run_all(setting, folder, keep_weights=True)
    assert (folder / PATHS[0]).exists()
    assert not (folder / PATHS[2]).exists()
    resumed = run_all(setting, folder, keep_weights=True)
    # The second run was interrupted in its fourth step; its checkpoint is that of the second.
    name = record_name(setting, RUNS[RUN_NAMES[1]], 0)
    assert taken[8:10] == [(name, 2), (name, 3)]
    assert len(taken) == 8 + 2 + 2 * 4
    for ours, theirs in zip(resumed, straight, strict=True):
        ours, theirs = (asdict(replace(record, seconds=0)) for record in (ours, theirs))
        ours["curve"]["seconds"] = theirs["curve"]["seconds"] = None
        assert ours["curve"]["test_loss"] == pytest.approx(theirs["curve"]["test_loss"], rel=1e-5)
        assert ours["name"] == theirs["name"]
    for path in PATHS:
        weights = [
            torch.load(base / "tiny/work" / Path(path).stem / "weights.pt", weights_only=True)
            for base in (folder, tmp_path / "straight")
        ]
        assert same_weights(*weights)


def test_only_the_last_weights_are_kept_if_asked_for(setting, tmp_path):
    setting, _ = setting
    run_all(setting, tmp_path, keep_weights=True)
    kept = [f"tiny/work/{Path(path).stem}/weights.pt" for path in PATHS]
    assert listed(tmp_path) == sorted(PATHS + kept)


def test_a_diverged_run_is_kept_and_not_trained_again(setting, tmp_path, monkeypatch):
    setting, _ = setting
    wild = replace(setting, recipe=setting.recipe.changed(lr=1e38, iterations=40))
    records = run_all(wild, tmp_path)
    assert all(record.diverged for record in records)
    assert listed(tmp_path) == sorted(PATHS)
    monkeypatch.setattr(Trainer, "run", lambda *_, **__: pytest.fail("trained twice"))
    again = run_all(wild, tmp_path)
    assert [record.ended for record in again] == [record.ended for record in records]


def test_a_record_of_other_code_or_another_recipe_stays_in_the_way(setting, tmp_path, monkeypatch):
    setting, _ = setting
    run_all(setting, tmp_path)
    other = replace(setting, recipe=setting.recipe.changed(lr=0.05))
    with pytest.raises(RecordError, match=r"(?s)seed0.json: recipe must be .* rate  0\.05, .* got"):
        run_all(other, tmp_path)
    copied = tmp_path / "copied"
    shutil.copytree(tmp_path / "tiny", copied / "tiny")
    shutil.copy(copied / PATHS[0], copied / PATHS[1])
    with pytest.raises(RecordError, match="name must be 'tiny/resnet20-seed1', got .*-seed0'"):
        run_all(setting, copied)
    monkeypatch.setattr(runner, "code_digest", lambda: "0" * 16)
    with pytest.raises(ValueError, match=r"seed0.json must be moved away .* other code made it"):
        run_all(setting, tmp_path)


def test_the_command_trains_and_says_what_it_kept(setting, tmp_path, monkeypatch):
    setting, _ = setting
    monkeypatch.setitem(catalogue.SETTINGS, "digits-short", setting)
    words = ("experiment", "zero-gamma", "--runs", "resnet56", "--out", tmp_path, "--quiet",
             "--device", "cpu", "--threads", 1)  # fmt: skip
    code, summary, shown = call(*words, "--seeds", 5, 3)
    assert code == 0
    assert summary == {
        "experiment": "zero-gamma", "records": 2, "out": str(tmp_path), "exit": 0
    }  # fmt: skip
    lines = [strict(line) for line in shown.splitlines()]
    assert [line["name"] for line in lines] == ["tiny/resnet56-seed5", "tiny/resnet56-seed3"]
    assert all(os.path.exists(line["record"]) for line in lines)
    wild = replace(setting, recipe=setting.recipe.changed(lr=1e38, iterations=40))
    monkeypatch.setitem(catalogue.SETTINGS, "digits-short", wild)
    code, summary, _ = call(*words, "--seeds", 6)
    assert (code, summary["records"]) == (3, 1)


def test_the_command_trains_several_at_a_time(setting, tmp_path, monkeypatch):
    setting, loads = setting
    monkeypatch.setitem(catalogue.SETTINGS, "digits-short", setting)
    counts = []
    run_several = runner.side_by_side

    def seen(makers, at_a_time, execution):
        counts.append((len(makers), at_a_time))
        yield from run_several(makers, at_a_time, execution)

    monkeypatch.setattr(runner, "side_by_side", seen)
    words = ("experiment", "zero-gamma", "--seeds", 0, 1, "--out", tmp_path, "--quiet",
             "--device", "cpu")  # fmt: skip
    assert call(*words, "--at-a-time", 0)[:2] == (
        2, {"error": "at_a_time must be at least 1 and at most 32, got 0", "exit": 2}
    )  # fmt: skip
    assert call(*words, "--at-a-time", 2, "--compile", "default")[:2] == (
        2, {"error": "at_a_time must be 1 where compile is set, got 2", "exit": 2}
    )  # fmt: skip
    assert not loads
    monkeypatch.setenv(queues := "CUDA_DEVICE_MAX_CONNECTIONS", "")
    monkeypatch.delenv(queues)
    code, summary, _ = call(*words, "--at-a-time", 3)
    assert (code, summary["records"]) == (0, 4)
    assert os.environ[queues] == "32"
    assert counts == [(4, 3)]
    kept = [read_record(tmp_path / path) for path in listed(tmp_path)]
    assert [record.machine["at_a_time"] for record in kept] == [3] * 4
    (tmp_path / listed(tmp_path)[0]).unlink()
    assert call(*words, "--at-a-time", 3)[0] == 0
    kept = [read_record(tmp_path / path) for path in listed(tmp_path)]
    assert [record.machine["at_a_time"] for record in kept] == [1, 3, 3, 3]
