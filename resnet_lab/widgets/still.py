"""The picture without a script: HTML for the site, for print and for viewers without widgets."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from resnet_lab.widgets.drawing import Node, input_picture, legend, output_picture
from resnet_lab.widgets.state import State
from resnet_lab.widgets.words import edge_words, formula, window_words


def markup(node: Node | str) -> str:
    """One node as text that is both HTML and well-formed XML."""
    if isinstance(node, str):
        return escape(node, quote=False)
    tag, attributes, children = node
    written = "".join(f' {name}="{escape(_text(value))}"' for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(map(markup, children))}</{tag}>"


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def figure(state: State) -> Node:
    """The calculator without its controls, for one state."""
    size, outputs = state.size, state.outputs
    sizes: Node = (
        "p",
        {"class": "rl-sizes"},
        [f"{size} × {size} → ", ("strong", {}, [f"{outputs} × {outputs}"])],
    )
    lines: list[Node] = [("span", {}, [line + " "]) for line in formula(state)]
    title = {"class": "rl-title"}
    return ("figure", {"class": "rl-still"}, [
        ("div", {"class": "rl-size-box"}, [sizes, ("p", {"class": "rl-formula"}, lines)]),
        ("div", {"class": "rl-pictures"}, [
            ("div", {"class": "rl-input"}, [
                ("p", title, [f"Input {size} × {size}, padding {state.padding}"]),
                input_picture(state),
            ]),
            ("div", {"class": "rl-output"}, [
                ("p", title, [f"Output {outputs} × {outputs}"]),
                output_picture(state),
            ]),
        ]),
        ("figcaption", {"class": "rl-notes"}, [
            ("p", {"class": "rl-reads"}, [window_words(state)]),
            ("p", {"class": "rl-edge"}, [edge_words(state)]),
            legend(),
        ]),
    ])


def state_script(values: Mapping[str, object]) -> str:
    """Values as JSON inside a script element, which no text in them can end."""
    written = json.dumps(dict(values), separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{written}</script>'


def page_html(module: str, still: Node, values: Mapping[str, object]) -> str:
    """What the site shows, and what its script brings to life with ``MODULE.js``."""
    return (
        f'<div class="rl-widget" data-module="{escape(module)}">'
        f"{markup(still)}{state_script(values)}</div>"
    )


def still_html(module: str, state: State) -> str:
    """The calculator on a page, as :func:`page_html` has it."""
    return page_html(module, figure(state), state._asdict())
