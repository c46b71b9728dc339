"""A race whose curves come while they are measured."""

from resnet_lab.widgets.live import LiveFigure
from resnet_lab.widgets.race.data import EMPTY, RaceData
from resnet_lab.widgets.race.race import Race
from resnet_lab.widgets.race.view import seeds, steps


class GrowingRace(Race):
    """A race that begins without curves, and shows nothing then."""

    def __init__(self) -> None:
        self.set_trait("race", EMPTY)
        LiveFigure.__init__(self)  # that of Race asks for curves

    def show(self, race: RaceData) -> None:
        """Show other curves, or none.

        What the reader chose stays where it still can be; who stood at the end stays at the end.
        """
        known = [net["label"] for net in self.race["nets"]]
        measured = steps(race)
        at_end = not known or self.step == steps(self.race)[-1]
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("race", race)
            if not measured:
                return
            labels = [net["label"] for net in race["nets"]]
            self.shown = [name for name in labels if name in self.shown or name not in known]
            if self.seed not in seeds(race):
                self.seed = None
            if at_end or self.step not in measured:
                self.step = measured[-1]
