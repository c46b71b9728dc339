"""Answers to "which change": what the steps from v1 to D move."""

from typing import Any

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.versions.checks.which_change import movers

_TRUE = {name: "".join(sorted(steps)) for name, steps in movers().items()}

RIGHT: dict[str, dict[str, Any]] = {
    "check_which_change": {
        "sets": {name: set(steps) for name, steps in movers().items()},
        "text": {name: ", ".join(sorted(steps)).lower() for name, steps in movers().items()},
        "lists": {name: sorted(steps, reverse=True) for name, steps in movers().items()},
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_which_change": {
        "B adds parameters": Mistake(
            {**_TRUE, "parameters": "BC"}, "parameters: you name B, C. One of them leaves it"),
        "D adds parameters": Mistake(
            {**_TRUE, "parameters": "CD"}, "parameters: you name C, D. One of them leaves it"),
        "D costs MACs": Mistake(
            {**_TRUE, "MACs": "BCD"}, "MACs: you name B, C, D. One of them leaves it"),
        "B for free": Mistake({**_TRUE, "MACs": "C"}, "MACs: you name C. It changes in more"),
        "D sees further": Mistake(
            {**_TRUE, "receptive field": "BCD"},
            "receptive field: you name B, C, D. One of them leaves it"),
        "B sees the same": Mistake(
            {**_TRUE, "receptive field": "C"},
            "receptive field: you name C. It changes in more"),
        "names as parameters": Mistake(
            {**_TRUE, "names in the state dict": "C"},
            "names in the state dict: you name C. It changes in more"),
        "names always": Mistake(
            {**_TRUE, "names in the state dict": "BCD"},
            "names in the state dict: you name B, C, D. One of them leaves it"),
        "no names": Mistake(
            {**_TRUE, "names in the state dict": ""},
            "names in the state dict: you name none. It changes in more"),
        "another letter": Mistake({**_TRUE, "MACs": "A"}, "written as in 'BD'; got 'A'"),
        "a number": Mistake({**_TRUE, "MACs": 2}, "written as in 'BD'; got 2"),
        "and": Mistake({**_TRUE, "MACs": "B and C"}, "written as in 'BD'; got 'B and C'"),
        "one missing": Mistake({"parameters": "C"}, "got {'parameters': 'C'}"),
        "a list": Mistake(["C", "BC", "BC", "CD"], "got ['C', 'BC', 'BC', 'CD']"),
    },
}
