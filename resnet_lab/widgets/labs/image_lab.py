"""Take your own image through the stages of a network: a panel of plain ipywidgets."""

from html import escape
from pathlib import Path
from typing import Any

import torch
from ipywidgets import HTML, Button, FileUpload, HBox

from resnet_lab.checks import check_choice
from resnet_lab.figures import Figure, photograph
from resnet_lab.models import ResNet, build
from resnet_lab.widgets.labs.lab import ROW, TOOLTIP, Lab, choice
from resnet_lab.widgets.labs.own_image import FORMATS, SIDE, OwnImage, read_image
from resnet_lab.widgets.labs.stages import CHANNELS, stage_figures

MODELS = ("resnet18", "resnet34", "resnet50")
RANDOM = "random"
WEIGHTS = {
    RANDOM: "random weights", "IMAGENET1K_V1": "official weights, trained on ImageNet",
}  # fmt: skip
BOOK = "the book's photograph"
WHICH = f"Shown are the {CHANNELS} channels that vary most, each scaled to its own range."
LIVE = "in a notebook with a kernel and widgets, a panel in this place takes your own image"


class ImageLab(Lab):
    """Takes an image through a network and shows what it becomes after each stage.

    Without a kernel, a page shows what the panel shows when it is displayed.

    Args:
        image: bytes of an image file, or its path; None takes the book's photograph.
        model: ``"resnet18"``, ``"resnet34"`` or ``"resnet50"``.
        weights: ``"random"`` draws them, with seed 0; ``"IMAGENET1K_V1"`` are torchvision's,
            which are downloaded where they are not there yet. If that fails, the panel says so.

    Attributes:
        upload, network, weights: the controls; ``lab.network.value = "resnet50"`` sets one.
        figures: what is shown: the image, then the stem and the stages.
        error: what went wrong last; None where nothing did.

    Raises:
        TypeError, OSError, ValueError: an argument is not accepted, or the file is no image.
    """

    def __init__(
        self,
        image: bytes | str | Path | None = None,
        model: str = "resnet18",
        weights: str = RANDOM,
    ) -> None:
        check_choice("model", model, MODELS)
        check_choice("weights", weights, WEIGHTS)
        self._book = OwnImage(photograph(SIDE), ())
        self._image = self._book if image is None else read_image(image)
        self._name = _name_of(image)
        self.figures: list[Figure] = []
        self._shown = ""
        super().__init__()
        self._make_controls(model, weights)
        self.show()

    def _make_controls(self, model: str, weights: str) -> None:
        accepted = ", ".join(f".{kind.lower()}" for kind in (*FORMATS, "JPG", "TIF"))
        tip: dict[str, Any] = {TOOLTIP: "Choose an image file"}
        self.upload = FileUpload(accept=accepted, description="Your image", **tip)
        self.book_button = Button(description="Photograph", tooltip=f"Go back to {BOOK}")
        self.network = choice("Network", MODELS, model, "Which network the image goes through")
        sets = [(words, name) for name, words in WEIGHTS.items()]
        self.weights = choice("Weights", sets, weights, "Official ones are downloaded once")
        self.pictures = HTML()
        self.upload.observe(lambda _: self._take_upload(), "value")
        self.book_button.on_click(lambda _: self.take())
        self.network.observe(lambda _: self.show(), "value")
        self.weights.observe(lambda _: self.show(), "value")
        controls = [self.upload, self.book_button, self.network, self.weights]
        self.children = (HBox(controls, **ROW), self.text, self.pictures)

    def take(self, image: bytes | str | Path | None = None, name: str = "") -> None:
        """Show another image; where it can't be read, say why and leave the pictures.

        Args:
            image: bytes of an image file, or its path; None takes the book's photograph.
            name: what to call it; the name of the file where this is empty.
        """
        name = name or _name_of(image)
        try:
            taken = self._book if image is None else read_image(image)
        except (OSError, TypeError, ValueError) as error:
            self.fail(error, name, self._still_shown())
            return
        self._image, self._name = taken, name
        self.show()

    def show(self) -> None:
        """Take the image through the chosen network; what fails is said in words."""
        network, weights = self.network.value, self.weights.value
        self.error = None
        self.say(f"{network}, {WEIGHTS[weights]}: at work.")
        try:
            figures = stage_figures(self._image.photo, lab_model(network, weights))
        except Exception as error:
            self.fail(error, f"{network}, {WEIGHTS[weights]}", self._still_shown())
            return
        self.figures = figures
        self._shown = f"{self._name} in {network} with {WEIGHTS[weights]}"
        self.say(f"{'; '.join([self._shown, *self._image.notes])}. {WHICH}")
        self.pictures.value = _html(figures)

    def _take_upload(self) -> None:
        """Take what the reader chose: ipywidgets 8 has a tuple of files, 7 a dict by name."""
        value = self.upload.value
        if not value:
            return
        if isinstance(value, dict):
            name, file = next(iter(value.items()))
        else:
            file = value[0]
            name = file["name"]
        self.take(bytes(file["content"]), name)

    def _still_shown(self) -> str:
        return f" The pictures are still those of {self._shown}." if self._shown else ""

    def _page_html(self) -> str:
        if not self.figures:
            return f"{self.text.value}<p>{escape(LIVE[0].upper() + LIVE[1:])}.</p>"
        words = f"This is {self._shown}, computed when the notebook was run; {LIVE}. {WHICH}"
        return f"<p>{escape(words)}</p>{_html(self.figures)}"

    def __repr__(self) -> str:
        return f"ImageLab(model={self.network.value!r}, weights={self.weights.value!r})"


def lab_model(name: str, weights: str) -> ResNet:
    """The network with official weights, or with weights drawn from seed 0.

    Raises:
        ImportError, ConnectionError, ValueError: as :func:`resnet_lab.build`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return build(name, weights=None if weights == RANDOM else weights)


def _name_of(image: bytes | str | Path | None) -> str:
    if image is None:
        return BOOK
    return Path(image).name if isinstance(image, str | Path) else "your image"


def _html(figures: list[Figure]) -> str:
    return "".join(figure._repr_mimebundle_()["text/html"] for figure in figures)
