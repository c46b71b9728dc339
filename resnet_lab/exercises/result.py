"""What a checker answers: not yet, not right, or right."""

from dataclasses import dataclass
from html import escape
from typing import Literal

State = Literal["not yet", "not right", "right"]


@dataclass(frozen=True, repr=False)
class Result:
    """Outcome of checking one answer.

    Attributes:
        state: "not yet" (the stub is untouched), "not right" or "right".
        message: what was observed and which property failed; never the answer.
        hints: from general to specific; empty unless the answer is not right.
    """

    state: State
    message: str
    hints: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Text with the first hint, and how many more there are in ``.hints``."""
        lines = [f"{self.state.capitalize()}. {self.message}"]
        if self.hints:
            lines.append(f"Hint 1 of {len(self.hints)}: {self.hints[0]}")
        if len(self.hints) > 1:
            lines.append(f"{len(self.hints) - 1} more, from general to specific: .hints[1:]")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        name = self.state.replace(" ", "-")
        hints = "".join(
            f"<details><summary>Hint {number} of {len(self.hints)}</summary>"
            f"<p>{_inline(hint)}</p></details>"
            for number, hint in enumerate(self.hints, 1)
        )
        return (
            f'<div class="rl-result rl-{name}" role="status">'
            f"<p><strong>{self.state.capitalize()}.</strong> {_inline(self.message)}</p>"
            f"{hints}</div>"
        )


def _inline(text: str) -> str:
    """Escape text and set what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
