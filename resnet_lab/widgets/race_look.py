"""How the nets of a race are told apart: color, dashes and a mark; ``race_look.js`` has the same.

The colors are those of the book's figures (``resnet_lab.figures.style.SERIES``). Without color, a
net is known by its dashes and its mark, which is hollow from the sixth net on.
"""

from typing import Any

from resnet_lab.widgets.drawing import Node

COLORS = ("#4f8ff0", "#d9661f", "#118a68", "#a83279", "#8f959c")
DASHES = ("", "8 3", "8 3 2 3", "2 3", "14 3 2 3 2 3")
SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "M-4 -4h8v8h-8z",
    "M0 -5l5 9h-10z",
    "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
    "M0 5l5 -9h-10z",
)


def color(net: int) -> str:
    """The color of a net's lines and mark."""
    return COLORS[net % 5]


def dashes(net: int) -> dict[str, Any]:
    """Attributes of the line of a net: nothing for an unbroken one."""
    pattern = DASHES[(net + 2 * (net // 5)) % 5]
    return {"stroke-dasharray": pattern} if pattern else {}


def marker(net: int, x: float, y: float) -> Node:
    """The mark of a net at a place."""
    fill = color(net) if net < 5 else "none"
    look = {"fill": fill, "stroke": color(net), "stroke-width": 1.5}
    return ("path", {"d": SHAPES[net % 5], "transform": f"translate({x:g} {y:g})", **look}, [])


def sample(net: int) -> Node:
    """A piece of a net's line with its mark, to put beside its name."""
    line = {"d": "M1 8h46", "fill": "none", "stroke": color(net), "stroke-width": 2.5}
    size = {"class": "rl-sample", "viewBox": "0 0 48 16", "width": 48, "height": 16}
    return (
        "svg",
        {**size, "aria-hidden": "true"},
        [("path", {**line, **dashes(net)}, []), marker(net, 24, 8)],
    )
