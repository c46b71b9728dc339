"""Recorded training curves that race against each other, as a widget."""

from collections.abc import Iterable, Mapping
from typing import Any

import traitlets

from resnet_lab.widgets.live import WHERE, LiveFigure, SettingError, live_module, page_html
from resnet_lab.widgets.race.data import RaceData, race_data, thinned
from resnet_lab.widgets.race.view import View, steps


class Race(LiveFigure):
    """Training curves of several nets, drawn step by step, with the ranking at each step.

    It answers in the page: its arithmetic is in its JavaScript, so no kernel is needed. A page
    without a script shows the end of the race.

    Args:
        runs: label of a net -> its curves, one a seed: run records, or anything with ``step``,
            ``epoch``, ``train_loss``, ``train_error``, ``test_loss``, ``test_error`` (errors in
            percent) and ``seed``, as keys or as attributes. At most ten nets. Values are kept
            with four significant digits; one that is None or not finite is a gap.
        quantity: ``"error"`` (percent) or ``"loss"``.
        part: ``"train"`` or ``"test"``.
        shown: labels of the nets that are drawn; None for all of them.
        step: the step reached, one of those measured; None for the last.
        seed: draw the runs of one seed; None for all of them and their mean.
        title: what is raced, in a few words.
        data: what the nets were trained on, and at which size, such as
            ``"handwritten digits, small size"``; the caption shows it.

    All but ``runs``, ``title`` and ``data`` are attributes that follow the reader.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of range; the message begins with its name.
    """

    _esm = live_module("race")

    race = traitlets.Dict(read_only=True).tag(sync=True)
    quantity = traitlets.Unicode("error").tag(sync=True)
    part = traitlets.Unicode("train").tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    seed = traitlets.Int(None, allow_none=True).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        runs: Mapping[str, Iterable[Any]],
        quantity: str = "error",
        part: str = "train",
        shown: Iterable[str] | None = None,
        step: int | None = None,
        seed: int | None = None,
        *,
        title: str,
        data: str,
    ) -> None:
        race = thinned(race_data(runs, title, data))
        if isinstance(shown, str) or not (shown is None or isinstance(shown, Iterable)):
            raise TypeError(f"shown must be a sequence of labels or None, got {shown!r}")
        labels = tuple(net["label"] for net in race["nets"]) if shown is None else tuple(shown)
        view = View(quantity, part, labels, seed, steps(race)[-1] if step is None else step)
        view.check(race)
        self.set_trait("race", race)
        super().__init__(**view._asdict() | {"shown": list(labels)})

    @property
    def view(self) -> View:
        """What is chosen now."""
        return View(self.quantity, self.part, tuple(self.shown), self.seed, self.step)

    @traitlets.validate(*View._fields)
    def _check_choice(self, proposal: dict[str, Any]) -> Any:
        value = proposal["value"]
        chosen: Any = tuple(value) if isinstance(value, list) else value
        try:
            self.view._replace(**{proposal["trait"].name: chosen}).check(self.race)
        except ValueError as error:
            raise SettingError(str(error)) from None
        return value

    def __repr__(self) -> str:
        chosen = ", ".join(f"{name}={value!r}" for name, value in self.view._asdict().items())
        return f"Race({self.race['title']!r}, {self.race['data']!r}, {chosen})"

    def _page_html(self) -> str:
        return race_html(self.race, self.view)


def race_html(race: RaceData, view: View, where: str = WHERE) -> str:
    """A race on a page, as :func:`resnet_lab.widgets.live.page_html` has it."""
    what = f"Here training curves race each other: {race['title']}."
    return page_html("race", what, {"race": race, **view._asdict()}, where)
