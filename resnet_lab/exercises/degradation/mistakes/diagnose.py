"""Answers to "diagnose": what a network suffers from."""

from typing import Any

import numpy as np

from resnet_lab.exercises.degradation.checks.diagnose import VERDICTS, diagnosis
from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_diagnose": {
        "as asked": diagnosis,
        "by signs": lambda s, d: VERDICTS[
            2 if d["test"] <= s["test"] else int(d["train"] > s["train"])
        ],
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_diagnose": {
        "by the gap": Mistake(
            lambda s, d: (
                "overfitting"
                if d["test"] - d["train"] > s["test"] - s["train"]
                else "degradation"
                if d["test"] > s["test"]
                else "neither"
            ),
            "{'train': 6.0, 'test': 19.0})` returned 'overfitting'",
        ),
        "the deep one alone": Mistake(
            lambda s, d: (
                "neither"
                if d["test"] <= s["test"]
                else "overfitting"
                if d["train"] < d["test"]
                else "degradation"
            ),
            "{'train': 12.0, 'test': 13.0})` returned 'overfitting'",
        ),
        "a fixed bound": Mistake(
            lambda s, d: (
                "neither"
                if d["test"] <= s["test"]
                else "degradation"
                if d["train"] > 10
                else "overfitting"
            ),
            "{'train': 6.0, 'test': 19.0})` returned 'overfitting'",
        ),
        "test errors alone": Mistake(
            lambda s, d: "degradation" if d["test"] > s["test"] else "neither",
            "gets more of the new images wrong, and fewer of those that both were trained on",
        ),
        "training errors alone": Mistake(
            lambda s, d: "degradation" if d["train"] > s["train"] else "overfitting",
            "gets fewer of the new images wrong, and fewer of those that both were trained on",
        ),
        "exchanged": Mistake(
            lambda s, d: (
                "neither"
                if d["test"] <= s["test"]
                else "overfitting"
                if d["train"] > s["train"]
                else "degradation"
            ),
            "{'train': 61.0, 'test': 60.0})` returned 'overfitting'",
        ),
        "no better on new images": Mistake(
            lambda s, d: diagnosis({**s, "test": s["test"] - 1e-9}, d),
            "gets as many of the new images wrong, and more of those that both were trained on",
        ),
        "no better on training images": Mistake(
            lambda s, d: diagnosis({**s, "train": s["train"] - 1e-9}, d),
            "more of the new images wrong, and as many of those that both were trained on",
        ),
        "more by half a point": Mistake(
            lambda s, d: diagnosis({**s, "train": s["train"] + 0.5}, d),
            "{'train': 8.2, 'test': 9.1})` returned 'overfitting'",
        ),
        "another word": Mistake(
            lambda s, d: "worse", "returned 'worse'. It must be one of 'overfitting',"
        ),
        "an array": Mistake(
            lambda s, d: np.array([d[part] > s[part] for part in d]),
            "returned <ndarray of shape (2,)>. It must be",
        ),
    },
}
