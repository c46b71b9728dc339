"""What the reader of a race chose, and what there is to choose from."""

from typing import Any, NamedTuple

from resnet_lab.widgets.race.data import PARTS, QUANTITIES, RaceData


class View(NamedTuple):
    """What the reader chose: ``seed`` None means all of them."""

    quantity: str
    part: str
    shown: tuple[str, ...]
    seed: int | None
    step: int

    def check(self, race: RaceData) -> None:
        """Raise what is wrong with it for these curves; the message begins with its name."""
        for name, accepted in (("quantity", QUANTITIES), ("part", PARTS)):
            _one_of(name, getattr(self, name), list(accepted))
        if not race["nets"]:
            return  # which nets, seeds and steps there will be is not known yet
        labels = [net["label"] for net in race["nets"]]
        for label in self.shown:
            _one_of("shown", label, labels, "hold only labels of")
        if self.seed is not None:
            _one_of("seed", self.seed, seeds(race), "be None or one of")
        _one_of("step", self.step, steps(race))


def whole(race: RaceData) -> View:
    """Everything, at the end: the training error of all nets."""
    labels = tuple(net["label"] for net in race["nets"])
    return View("error", "train", labels, None, steps(race)[-1])


def _one_of(name: str, value: Any, accepted: list[Any], rule: str = "be one of") -> None:
    if isinstance(value, bool) or not isinstance(value, type(accepted[0])):
        raise TypeError(f"{name} must {rule} {_some(accepted)}, got {value!r}")
    if value not in accepted:
        raise ValueError(f"{name} must {rule} {_some(accepted)}, got {value!r}")


def _some(accepted: list[Any]) -> str:
    """All of a list, or its beginning and its end."""
    if len(accepted) <= 12:
        return str(accepted)
    return f"[{', '.join(map(repr, accepted[:6]))}, …, {accepted[-1]!r}]"


def seeds(race: RaceData) -> list[int]:
    """Every seed of the race, in order."""
    return sorted({run["seed"] for net in race["nets"] for run in net["runs"]})


def steps(race: RaceData) -> list[int]:
    """Every step at which something was measured, in order."""
    return sorted({step for grid in race["grids"] for step in grid["step"]})
