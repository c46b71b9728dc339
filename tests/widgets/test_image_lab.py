"""The panel that takes an image through the stages: files of all kinds, and its callbacks."""

import io
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from PIL import Image
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.transforms import functional as torchvision_functional

from resnet_lab.figures import Figure, photograph
from resnet_lab.models import build, catalogue
from resnet_lab.widgets.labs import image_lab
from resnet_lab.widgets.labs.image_lab import ImageLab, lab_model
from resnet_lab.widgets.labs.lab import VIEW
from resnet_lab.widgets.labs.own_image import read_image
from resnet_lab.widgets.labs.stages import stage_figures, stage_maps

RED, BLUE = (255, 0, 0), (0, 0, 255)


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def halves(left: tuple[int, ...], right: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    """200 by 200 pixels, the left half of one color, the right half of another."""
    image = Image.new(mode, (200, 200), right)
    image.paste(left, (0, 0, 100, 200))
    return image


def corners(rgb: np.ndarray) -> list[list[int]]:
    """Colors near the upper left, the upper right and the lower left corner."""
    return [rgb[20, 20].tolist(), rgb[20, 200].tolist(), rgb[200, 20].tolist()]


def test_an_image_of_the_right_size_is_taken_as_it_is():
    image = noise(224, 224)
    taken = read_image(file(image))
    assert (taken.photo.rgb == np.array(image)).all()
    assert taken.notes == ("224 × 224 pixels",)
    expected = torchvision_functional.normalize(
        torchvision_functional.to_tensor(image), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    torch.testing.assert_close(taken.photo.tensor, expected.unsqueeze(0))


def test_the_middle_square_is_cut_out():
    image = noise(300, 224)
    taken = read_image(file(image))
    assert (taken.photo.rgb == np.array(image)[:, 38:262]).all()
    tall = noise(224, 301)
    assert (read_image(file(tall)).photo.rgb == np.array(tall)[38:262]).all()


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, BLUE, RED]),
        (2, [BLUE, RED, BLUE]),
        (3, [BLUE, RED, BLUE]),
        (6, [RED, RED, BLUE]),  # turned a quarter to the right: what was left is above
        (8, [BLUE, BLUE, RED]),
    ],
)
def test_the_image_is_turned_as_its_exif_data_says(orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    taken = read_image(file(halves(RED, BLUE), exif=exif))
    assert corners(taken.photo.rgb) == [list(color) for color in expected]
    assert ("turned as its EXIF data says" in taken.notes) == (orientation != 1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_put_on_white(mode):
    image = halves((0, 0, 0, 0), (0, 0, 0, 255), "RGBA")
    image = image.quantize() if mode == "P" else image.convert(mode)
    taken = read_image(file(image))
    assert corners(taken.photo.rgb)[:2] == [[255] * 3, [0] * 3]
    assert "transparent parts put on white" in taken.notes
    opaque = read_image(file(Image.new("RGBA", (224, 224), (9, 9, 9, 255))))
    assert opaque.notes == ("224 × 224 pixels",)


def test_half_transparent_is_half_white():
    taken = read_image(file(Image.new("RGBA", (224, 224), (0, 0, 0, 51))))
    assert taken.photo.rgb[0, 0].tolist() == [204] * 3


def test_cmyk_is_turned_to_rgb():
    image = halves((0, 255, 255, 0), (255, 255, 0, 0), "CMYK")
    taken = read_image(file(image, "JPEG", quality=100))
    close = np.array(corners(taken.photo.rgb)[:2]) - [list(RED), list(BLUE)]
    assert abs(close).max() <= 3
    assert "CMYK colors turned to RGB" in taken.notes


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(kind):
    values = np.zeros((200, 200), np.uint16)
    values[:, 100:] = 257 * 130
    taken = read_image(file(Image.fromarray(values), kind))
    assert corners(taken.photo.rgb)[:2] == [[0] * 3, [130] * 3]
    assert "values from 0 to 65,535 reduced to eight bits" in taken.notes


def test_floats_are_stretched():
    values = np.full((200, 200), -1.5, np.float32)
    values[:, 100:] = 2.5
    taken = read_image(file(Image.fromarray(values), "TIFF"))
    assert corners(taken.photo.rgb)[:2] == [[0] * 3, [255] * 3]
    assert "values from -1.5 to 2.5 reduced to eight bits" in taken.notes
    even = read_image(file(Image.fromarray(np.full((200, 200), 7, np.float32)), "TIFF"))
    assert (even.photo.rgb == 0).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(kind):
    frames = [Image.new("RGB", (224, 224), color) for color in (RED, BLUE, (0, 255, 0))]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = file(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    taken = read_image(data)
    assert taken.photo.rgb[0, 0].tolist() == list(RED)
    assert "the first of 3 frames" in taken.notes


@pytest.mark.parametrize("mode", ["1", "L"])
def test_gray_becomes_three_equal_colors(mode):
    taken = read_image(file(Image.new(mode, (224, 224), 255)))
    assert (taken.photo.rgb == 255).all()
    assert len(taken.notes) == 2
    assert taken.notes[1].endswith("turned to RGB")


def test_sizes_are_changed_in_words():
    large = read_image(file(Image.new("RGB", (4000, 3000), RED), "JPEG"))
    assert large.notes == ("4,000 × 3,000 pixels", "the middle 3,000 × 3,000 reduced to 224 × 224")
    small = read_image(file(Image.new("RGB", (1, 9), RED)))
    assert small.notes == ("1 × 9 pixels", "the middle 1 × 1 enlarged to 224 × 224")
    assert (small.photo.rgb == RED).all()


@pytest.mark.parametrize("limit", [9_000, 15_000])
def test_too_many_pixels_are_refused(limit, monkeypatch):
    """Pillow warns from its limit on, and refuses from twice its limit on."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(ValueError, match=f"^image must have at most {limit:,} pixels; reduce it"):
        read_image(file(Image.new("RGB", (200, 100))))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        file(noise(90, 90), "JPEG")[:900],
        file(noise(90, 90))[:900],
        file(noise(90, 90))[:60] + b"\0" * 900,
        file(noise(90, 90), "GIF")[:500],
        file(noise(90, 90), "PPM"),
    ],
)
def test_what_is_no_whole_image_is_refused(data):
    message = f"^image must be a whole file of type JPEG, PNG, .*got {len(data):,} bytes that can"
    with pytest.raises(ValueError, match=message) as caught:
        read_image(data)
    assert "BytesIO" not in str(caught.value)


def test_other_arguments_are_refused(tmp_path):
    with pytest.raises(TypeError, match="^image must be bytes or a path, got Image"):
        read_image(noise(9, 9))  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match="absent.png"):
        read_image(tmp_path / "absent.png")
    (tmp_path / "here.png").write_bytes(file(noise(9, 9)))
    assert read_image(str(tmp_path / "here.png")).notes[0] == "9 × 9 pixels"


def test_the_maps_are_those_of_torchvision():
    ours = build("resnet18").train()
    theirs = models.resnet18(weights=None).eval()
    theirs.load_state_dict(ours.state_dict())
    nodes = {"maxpool": "stem", **{f"layer{k}": f"stage {k}" for k in range(1, 5)}}
    image = photograph(64).tensor
    with torch.no_grad():
        expected = create_feature_extractor(theirs, nodes)(image)
    maps = stage_maps(image, ours)
    assert list(maps) == list(nodes.values())
    for place, values in maps.items():
        torch.testing.assert_close(values.unsqueeze(0), expected[place])
    assert ours.training
    assert not any(module._forward_hooks for module in ours.modules())


def test_from_bytes_to_the_channels_that_vary_most():
    model, data = lab_model("resnet18", "random"), file(noise(300, 200))
    figures = stage_figures(read_image(data).photo, model)
    assert [figure.alt.partition(".")[0] for figure in figures] == [
        "What goes in: 3 × 224 × 224",
        "Behind the stem: 64 × 56 × 56",
        "Behind stage 1: 64 × 56 × 56",
        "Behind stage 2: 128 × 28 × 28",
        "Behind stage 3: 256 × 14 × 14",
        "Behind stage 4: 512 × 7 × 7",
    ]
    maps = stage_maps(read_image(data).photo.tensor, model)
    varies = maps["stage 4"].flatten(1).std(1)
    best = sorted(range(512), key=lambda channel: -float(varies[channel]))[:4]
    assert [f"channel {channel} " in figures[-1].alt for channel in best] == [True] * 4


def test_random_weights_are_the_same_each_time_and_leave_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = lab_model("resnet18", "random").conv1.weight
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(lab_model("resnet18", "random").conv1.weight, first)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Figures that cost nothing; what they were made of is listed."""
    made: list[Any] = []

    def figures(photo: Any, model: Any) -> list[Figure]:
        made.append((photo, model.spec.name))
        return [Figure("<svg/>", f"figure {len(made)}")]

    monkeypatch.setattr(image_lab, "stage_figures", figures)
    return made


def test_the_panel_begins_with_the_photograph_of_the_book(quick):
    lab = ImageLab()
    assert (quick[0][0].rgb == photograph(224).rgb).all()
    assert "the book&#x27;s photograph in resnet18 with random weights." in lab.text.value
    lab.network.value = "resnet34"
    assert quick[-1][1] == "resnet34"
    assert [figure.alt for figure in lab.figures] == ["figure 2"]


def eight(name: str, data: bytes) -> Any:
    return ({"name": name, "type": "", "size": len(data), "content": memoryview(data)},)


def seven(name: str, data: bytes) -> Any:
    return {name: {"metadata": {"name": name}, "content": data}}


@pytest.mark.parametrize("version", [eight, seven])
def test_an_upload_is_taken(quick, version: Callable[..., Any]):
    lab = ImageLab()
    lab.upload = SimpleNamespace(value=version("<me>.png", file(Image.new("RGB", (9, 9), RED))))
    lab._take_upload()
    assert (quick[-1][0].rgb == RED).all()
    assert "&lt;me&gt;.png in resnet18 with random weights; 9 × 9 pixels; the" in lab.text.value
    lab.book_button.click()
    assert (quick[-1][0].rgb == photograph(224).rgb).all()
    assert "9 × 9" not in lab.text.value


def test_a_file_that_is_no_image_leaves_the_pictures_and_says_why(quick):
    lab = ImageLab()
    lab.take(b"hello", "notes.txt")
    assert "notes.txt: image must be a whole file of type JPEG" in lab.text.value
    assert "still those of the book&#x27;s photograph in resnet18" in lab.text.value
    assert isinstance(lab.error, ValueError)
    assert len(quick) == 1
    lab.take()
    assert lab.error is None


def test_weights_that_cannot_be_had_are_told_in_words(quick, monkeypatch):
    def offline(*_: Any) -> None:
        raise ConnectionError("weights IMAGENET1K_V1 could not be downloaded")

    monkeypatch.setattr(catalogue, "official_weights", offline)
    lab = ImageLab()
    lab.weights.value = "IMAGENET1K_V1"
    assert "official weights, trained on ImageNet: weights IMAGENET1K_V1 could" in lab.text.value
    assert "still those of" in lab.text.value
    assert isinstance(lab.error, ConnectionError)
    lab = ImageLab(weights="IMAGENET1K_V1")
    assert "could not be downloaded" in lab._page_html()
    assert lab.figures == []


def test_the_page_shows_the_figures_and_the_notebook_the_panel():
    lab = ImageLab(image=file(Image.new("RGB", (30, 20), RED)))
    formatted, _ = DisplayFormatter().format(lab)
    assert formatted[VIEW]["model_id"] == lab.model_id
    html = formatted["text/html"]
    assert html.startswith(
        "<p>This is your image in resnet18 with random weights, computed when the notebook was "
        "run; in a notebook with a kernel and widgets, a panel in this place takes your own image."
    )
    assert html.count('role="img"') == 6
    for refused in (" style=", "<style", "<script", "rl-widget", "<button", "<input", 'src="'):
        assert refused not in html


def test_colab_gets_the_panel_alone(quick, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert set(ImageLab()._repr_mimebundle_()) == {VIEW, "text/plain"}


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"model": "resnet101"}, ValueError, "^model must be one of 'resnet18', 'resnet34', 're"),
        ({"weights": "V2"}, ValueError, "^weights must be one of 'random', 'IMAGENET1K_V1', got"),
        ({"weights": None}, ValueError, "^weights must"),
        ({"image": b"no"}, ValueError, "^image must be a whole file"),
        ({"image": 7}, TypeError, "^image must be bytes or a path, got int"),
    ],
)
def test_an_impossible_argument_is_named(settings, error, message):
    with pytest.raises(error, match=message):
        ImageLab(**settings)


def test_every_control_has_a_name(quick):
    lab = ImageLab()
    assert [control.description for control in lab.children[0].children] == [
        "Your image", "Photograph", "Network", "Weights",
    ]  # fmt: skip
