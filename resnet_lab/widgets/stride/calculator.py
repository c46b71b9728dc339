"""The stride calculator as a widget."""

from typing import Any

import traitlets

from resnet_lab.widgets.live import LiveFigure, SettingError, live_module, page_html
from resnet_lab.widgets.stride.state import LIMITS, State

WHAT = "Here a window slides over an input, and the size of the output follows."


class StrideCalculator(LiveFigure):
    """A window that slides over a square input, and the size of what comes out.

    It answers in the page: its arithmetic is in its JavaScript, so no kernel is needed.

    Args:
        size: input positions along one side, 1 to 512.
        kernel: taps along one side, 1 to 16.
        stride: step between two windows, 1 to 16.
        padding: columns and rows added at each side, 0 to 8.
        dilation: step between two taps, 1 to 4.
        ceil_mode: round up, as a pooling layer can.
        row: output row whose window is shown.
        column: output column whose window is shown.

    All are attributes that follow the reader. Set together what only fits together, in
    ``with calculator.hold_trait_notifications():``. When the output becomes too small for
    ``row`` or ``column``, both return to 0.

    Raises:
        TypeError: an argument is not an integer (``ceil_mode``: not a bool).
        ValueError: an argument is out of range or impossible. The message begins with its name.
    """

    _esm = live_module("stride")

    size = traitlets.Int(224).tag(sync=True)
    kernel = traitlets.Int(7).tag(sync=True)
    stride = traitlets.Int(2).tag(sync=True)
    padding = traitlets.Int(3).tag(sync=True)
    dilation = traitlets.Int(1).tag(sync=True)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)
    column = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        size: int = 224,
        kernel: int = 7,
        stride: int = 2,
        padding: int = 3,
        dilation: int = 1,
        ceil_mode: bool = False,
        row: int = 0,
        column: int = 0,
    ) -> None:
        state = State(size, kernel, stride, padding, dilation, ceil_mode, row, column)
        state.check()
        super().__init__(**state._asdict())

    @property
    def state(self) -> State:
        """What the calculator is set to now."""
        return State(*(getattr(self, name) for name in State._fields))

    @traitlets.validate(*LIMITS, "ceil_mode")
    def _check_setting(self, proposal: dict[str, Any]) -> Any:
        changed = {proposal["trait"].name: proposal["value"], "row": 0, "column": 0}
        return self._checked(changed, proposal["value"])

    @traitlets.validate("row", "column")
    def _check_place(self, proposal: dict[str, Any]) -> Any:
        return self._checked({proposal["trait"].name: proposal["value"]}, proposal["value"])

    def _checked(self, changed: dict[str, Any], value: Any) -> Any:
        try:
            self.state._replace(**changed).check()
        except ValueError as error:
            raise SettingError(str(error)) from None
        return value

    @traitlets.observe(*LIMITS, "ceil_mode")
    def _give_up_lost_place(self, change: dict[str, Any]) -> None:
        del change
        if max(self.row, self.column) >= self.state.outputs:
            self.row = self.column = 0

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.state._asdict().items())
        return f"StrideCalculator({settings})"

    def _page_html(self) -> str:
        return page_html("stride", WHAT, self.state._asdict())
