"""What the figures' modules say, asked from Python."""

import atexit
from functools import lru_cache
from pathlib import Path
from typing import Any

from node_lines import Node

from resnet_lab import widgets

SOURCES = Path(widgets.__file__).parent
FIGURES = sorted(path.parent.name for path in SOURCES.glob("*/live.js"))
Tree = Any
"""A string, or ``[tag, attributes, children]`` with or without children."""


class RefusedError(Exception):
    """What a module refuses, with the argument that is at fault."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument


@lru_cache(maxsize=1)
def _node() -> Node:
    node = Node(Path(__file__).with_name("call.mjs"), str(SOURCES))
    atexit.register(node.close)
    return node


def js(module: str, name: str, *values: Any) -> Any:
    """Call what a module of the figures exports, or return it where it is no function.

    ``module`` is its path in ``widgets/`` without the ending. Raises ``RefusedError`` for what it
    refuses, and ``RuntimeError`` where it is at fault itself.
    """
    answer = _node().ask({"module": module, "name": name, "values": list(values)})
    if "refused" in answer:
        raise RefusedError(**answer["refused"])
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer.get("value")


def children(tree: Tree) -> list[Tree]:
    return [] if isinstance(tree, str) or len(tree) < 3 else tree[2]


def words(tree: Tree) -> str:
    """All text of a tree."""
    return tree if isinstance(tree, str) else "".join(map(words, children(tree)))


def find(tree: Tree, kind: str) -> list[Tree]:
    """The parts of a tree with this class, or with this tag where no dot begins it."""
    if isinstance(tree, str):
        return []
    own = kind == tree[0] or kind.removeprefix(".") in tree[1].get("class", "").split()
    return [tree] * own + [found for child in children(tree) for found in find(child, kind)]
