"""The measurements of a device: that they measure what they say, tried on the CPU."""

import json
import threading

import pytest
import torch

from benchmarks import device, throughput
from benchmarks.throughput import Entry, blocks, convolutions, networks
from resnet_lab.models import cost
from resnet_lab.training import Execution

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_what_is_compared_costs_the_same_on_paper(stage):
    three, one = (entry.macs() for entry in convolutions(stage, 2, 224).values())
    assert three == one == 9 * 64**2 * 56**2  # at every stage alike
    basic, bottleneck = (entry.macs() for entry in blocks(stage, 2, 224).values())
    assert bottleneck / basic == pytest.approx(69_632 / 73_728)  # 1512.03385, figure 5


def test_networks_are_what_their_names_say():
    entries = networks(1, 64)
    for name, entry in entries.items():
        ours = name.removeprefix("torchvision ")
        assert entry.macs() == cost(ours, 64).macs
        assert entry.module(torch.zeros(entry.shape)).shape == (1, 1000)


def test_every_row_is_measured_and_written(tmp_path, capsys):
    out = tmp_path / "throughput.json"
    throughput.main(
        ["--device", "cpu", "--batch", "2", "--size", "32", "--rounds", "2", "--repeats", "2",
         "--stages", "2", "--no-networks", "--out", str(out)]
    )  # fmt: skip
    found = json.loads(out.read_text())
    assert len(found["rows"]) == len(capsys.readouterr().out.splitlines()) - 1 == 2 * 2 * 3 * 2 * 2
    for reference, other in zip(found["rows"][::2], found["rows"][1::2], strict=True):
        assert reference["to_reference"] == 1
        for key in ("comparison", "precision", "format", "direction"):
            assert reference[key] == other[key]
        for row in (reference, other):
            seconds = row["milliseconds"] / 1000
            assert row["images_per_second"] == pytest.approx(2 / seconds)
            assert row["forward_macs_per_second"] == pytest.approx(2 * row["macs"] / seconds)


@pytest.mark.parametrize("direction", throughput.DIRECTIONS)
@pytest.mark.parametrize("choices", [{}, {"bf16": True}, {"channels_last": True}])
def test_the_work_is_what_the_row_says(direction, choices):
    seen = []
    entry = Entry(torch.nn.Conv2d(4, 4, 3, padding=1, bias=False), (2, 4, 8, 8))
    entry.module.register_forward_hook(lambda _, args, output: seen.append((args[0], output)))
    throughput.work_of(entry, Execution("cpu", **choices), direction, 3)()
    assert len(seen) == 3 + (direction != "forward")  # one tells the shape of the output
    for images, output in seen:
        precision = torch.bfloat16 if choices.get("bf16") else torch.float32
        assert (images.dtype, output.dtype) == (precision, precision)
        assert images.is_contiguous() == (not choices.get("channels_last"))
        assert output.requires_grad == (direction != "forward")
    assert (entry.module.weight.grad is None) == (direction == "forward")
    assert (seen[0][0].grad is None) == (direction == "forward")


@pytest.mark.everything
def test_a_device_is_timed_in_threads(monkeypatch):
    taken, advance = [], device.Trainer.advance

    def counted(trainer):
        taken.append(threading.get_ident())
        advance(trainer)

    monkeypatch.setattr(device, "WARM", 1)
    monkeypatch.setattr(device.Trainer, "advance", counted)
    rows = list(device.measure(["resnet20"], ["eager"], [("threads", 1), ("threads", 2)], 2, "cpu"))
    assert len(taken) == 3 + 2 * 3
    assert len(set(taken[3:])) == 2
    assert [row["threads"] for row in rows] == [1, 2]
    assert rows[0]["to_first"] == 1
    for row in rows:
        steps = row["threads"] * row["steps"]
        assert row["images_per_second"] == pytest.approx(128 * steps / row["seconds"])
        assert row["microseconds_per_layer"] == pytest.approx(1e6 * row["seconds"] / steps / 20)


def test_a_thread_that_fails_is_told(monkeypatch):
    def failing(trainer):
        raise RuntimeError("no room")

    monkeypatch.setattr(device.Trainer, "advance", failing)
    with pytest.raises(RuntimeError, match="^a thread that trained resnet20 failed") as caught:
        device.in_threads("resnet20", Execution("cpu"), 1, 2)
    assert str(caught.value.__cause__) == "no room"


on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: nothing to measure")


@on_gpu
@pytest.mark.parametrize("way", ["eager", "CUDA graph", "CUDA graph, TF32"])
def test_a_gpu_is_timed_and_profiled(monkeypatch, way):
    monkeypatch.setattr(device, "WARM", 6)
    counts = [("processes", 1), ("processes", 2), ("threads", 2)]
    *rows, found = device.measure(["resnet20"], [way], counts, 20, "cuda")
    assert [row[kind] for row, (kind, _) in zip(rows, counts, strict=True)] == [1, 2, 2]
    assert rows[0]["to_first"] == 1
    for row in rows[1:]:
        ratio = row["images_per_second"] / rows[0]["images_per_second"]
        assert row["to_first"] == pytest.approx(ratio)
    assert found["kernels_per_step"] > 20
    assert 0 < found["busy_share"] < 1.5


@on_gpu
def test_every_row_is_measured_on_a_gpu(tmp_path):
    out = tmp_path / "throughput.json"
    throughput.main(["--batch", "4", "--rounds", "2", "--stages", "4", "--out", str(out)])
    assert len(json.loads(out.read_text())["rows"]) == (2 + 2 + 8) * 3 * 2 * 2
