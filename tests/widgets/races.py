"""Made-up training curves: a fixed race to click through, and random ones of every shape."""

import math
import os
import random
from typing import Any

from resnet_lab.widgets.race.data import MOST_NETS, RaceData, race_data, thinned
from resnet_lab.widgets.race.view import View, seeds, steps

LABELS = ("plain-20", "plain-56", "residual-20", "residual-56")
STEPS = [60 * (place + 1) for place in range(12)]
SERIES = ("train_error", "train_loss", "test_error", "test_loss")


def runs() -> dict[str, list[dict[str, Any]]]:
    """Four nets, three seeds each, twelve points; no two curves end alike."""
    rng = random.Random(3)
    made: dict[str, list[dict[str, Any]]] = {}
    for place, label in enumerate(LABELS):
        made[label] = []
        for seed in range(3):
            falls = [math.exp(-at / (2 + place)) for at in range(1, 13)]
            run: dict[str, Any] = {"seed": seed, "step": STEPS, "epoch": list(range(1, 13))}
            for part in ("train", "test"):
                errors = [4 + 5 * place + 80 * fall + 2 * rng.random() for fall in falls]
                run[f"{part}_error"] = errors
                run[f"{part}_loss"] = [error / 40 for error in errors]
            made[label].append(run)
    return made


def random_race(rng: random.Random) -> RaceData:
    """Nets with their own steps, gaps, runs that ended early, tiny, zero and huge losses."""
    grids = [_grid(rng) for _ in range(rng.randint(1, 3))]
    scale = rng.choice([1e-7, 1e-3, 1.0, 1e4, 1e15])
    zeros = rng.random() < 0.2
    made = {}
    for place in range(rng.randint(1, MOST_NETS)):
        chosen = rng.sample(range(9), rng.randint(1, 4))
        made[f"net {place}"] = [_run(rng, rng.choice(grids), seed, scale, zeros) for seed in chosen]
    made["net 0"][0] = _run(rng, grids[0], made["net 0"][0]["seed"], scale, zeros, whole=True)
    return thinned(race_data(made, "Random", "random numbers"))


def random_view(rng: random.Random, race: RaceData) -> View:
    """Any choice a reader can make."""
    labels = [net["label"] for net in race["nets"]]
    likely = rng.choice([0.8, 0.8, 0.8, 0.8, 0.0])
    shown = tuple(label for label in labels if rng.random() < likely)
    seed = rng.choice([None, rng.choice(seeds(race))])
    quantity, part = rng.choice(["error", "loss"]), rng.choice(["train", "test"])
    view = View(quantity, part, shown, seed, rng.choice(steps(race)))
    view.check(race)
    return view


def _grid(rng: random.Random) -> tuple[list[int], list[float]]:
    at, per_epoch = rng.choice([0, 1, 24]), rng.choice([24, 391, 7.5])
    measured = [at]
    for _ in range(rng.randint(0, 15) if rng.random() < 0.9 else rng.randint(90, 290)):
        measured.append(measured[-1] + rng.choice([1, 24, 391, 5000]))
    return measured, [step / per_epoch for step in measured]


def _run(
    rng: random.Random,
    grid: tuple[list[int], list[float]],
    seed: int,
    scale: float,
    zeros: bool,
    whole: bool = False,
) -> dict[str, Any]:
    points = len(grid[0]) if whole or rng.random() < 0.8 else rng.randint(0, len(grid[0]))
    curve: dict[str, Any] = {"step": grid[0][:points], "epoch": grid[1][:points]}
    for name in SERIES:
        top = 100 if name.endswith("error") else scale
        values = [top * rng.random() ** rng.choice([1, 3]) for _ in range(points)]
        gaps = [None, math.nan, math.inf, *([0.0] if zeros else [])]
        curve[name] = [rng.choice(gaps) if rng.random() < 0.05 else value for value in values]
    ended = "finished" if points == len(grid[0]) else f"diverged after {points} points"
    return {"curve": curve, "seed": seed, "ended": ended}


def random_cases(number: int = 150) -> list[tuple[RaceData, View]]:
    """Random races, each with a random choice: the same ones for the same RESNET_LAB_SEED."""
    rng = random.Random(f"{os.environ['RESNET_LAB_SEED']} races")
    races_made = [random_race(rng) for _ in range(number)]
    return [(race, random_view(rng, race)) for race in races_made]
