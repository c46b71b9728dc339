"""Answers to "draw": where the windows of a batch begin, and which are mirrored."""

from typing import Any

import torch
from torch import Tensor

from resnet_lab.exercises.mistake import Mistake


def _draw(
    images: int, padding: int, generator: torch.Generator, least: int = 0, beyond: int = 1,
    chance: float = 0.5,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    offsets = torch.randint(
        least, max(2 * padding + beyond, least + 1), (2, images), generator=generator
    )
    return offsets[0], offsets[1], torch.rand(images, generator=generator) < chance


RIGHT: dict[str, dict[str, Any]] = {
    "check_draw": {
        "at once": _draw,
        "one by one": lambda n, p, g: (
            torch.randint(2 * p + 1, (n,), generator=g),
            torch.randint(2 * p + 1, (n,), generator=g),
            torch.rand(n, generator=g) >= 0.5,
        ),
        "a coin": lambda n, p, g: (
            *torch.randint(0, 2 * p + 1, (2, n), generator=g, dtype=torch.int32),
            torch.randint(0, 2, (n,), generator=g).bool(),
        ),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_draw": {
        "off by one": Mistake(
            lambda n, p, g: _draw(n, p, g, beyond=0), "`down` reaches from 0 to 7, with 8 values"
        ),
        "from one": Mistake(
            lambda n, p, g: _draw(n, p, g, least=1), "`down` reaches from 1 to 8, with 8 values"
        ),
        "the padding of one side": Mistake(
            lambda n, p, g: _draw(n, p // 2, g), "`down` reaches from 0 to 4, with 5 values"
        ),
        "negative": Mistake(
            lambda n, p, g: _draw(n, p, g, least=-p),
            "`down` reaches from -4 to 8. There the window leaves",
        ),
        "all mirrored": Mistake(
            lambda n, p, g: _draw(n, p, g, chance=2), "100% of 4096 images are mirrored"
        ),
        "a tenth mirrored": Mistake(
            lambda n, p, g: _draw(n, p, g, chance=0.1), "11% of 4096 images are mirrored"
        ),
        "four of nine mirrored": Mistake(
            lambda n, p, g: (*_draw(n, p, g)[:2], torch.randint(2 * p + 1, (n,), generator=g) > p),
            "44% of 4096 images are mirrored",
        ),
        "flips without the generator": Mistake(
            lambda n, p, g: (*_draw(n, p, g)[:2], torch.rand(n) < 0.5),
            "same seed gave different `flipped`",
        ),
        "the same crop for all": Mistake(
            lambda n, p, g: (
                *(torch.randint(2 * p + 1, (1,), generator=g).expand(n) for _ in "dr"),
                torch.rand(n, generator=g) < 0.5,
            ),
            "from 8 to 8, with 1 values",
        ),
        "one coin": Mistake(
            lambda n, p, g: (*_draw(n, p, g)[:2], torch.rand(1, generator=g) < 0.5),
            "4096 images, got Tensor of shape (1,)",
        ),
        "a diagonal": Mistake(
            lambda n, p, g: (*(_draw(n, p, g)[0],) * 2, torch.rand(n, generator=g) < 0.5),
            "`down` and `right` go together",
        ),
        "no generator": Mistake(
            lambda n, p, g: (*torch.randint(2 * p + 1, (2, n)), torch.rand(n, generator=g) < 0.5),
            "same seed gave different `down`",
        ),
        "no numbers": Mistake(
            lambda n, p, g: (
                *torch.rand(2, n, generator=g).mul(2 * p),
                torch.rand(n, generator=g) < 0.5,
            ),
            "`down` holds torch.float32",
        ),
        "flips as numbers": Mistake(
            lambda n, p, g: (*_draw(n, p, g)[:2], torch.ones(n)), "`flipped` holds torch.float32"
        ),
        "bell-shaped": Mistake(
            lambda n, p, g: (
                *(torch.randn(2, n, generator=g) * p / 2 + p).round().clamp(0, 2 * p).long(),
                torch.rand(n, generator=g) < 0.5,
            ),
            "Some are favored",
        ),
        "two of three": Mistake(
            lambda n, p, g: _draw(n, p, g)[:2], "down, right, flipped; got tuple of 2"
        ),
        "arrays": Mistake(
            lambda n, p, g: [tensor.numpy() for tensor in _draw(n, p, g)],
            "`down` must be a tensor with an entry for each of 4096 images, got ndarray",
        ),
        "a seed of its own": Mistake(
            lambda n, p, g: _draw(n, p, torch.Generator().manual_seed(0)),
            "different seeds gave the same `down`",
        ),
        "every second image mirrored": Mistake(
            lambda n, p, g: (*_draw(n, p, g)[:2], torch.arange(n) % 2 == 0),
            "different seeds gave the same `flipped`",
        ),
        "rows in turn": Mistake(
            lambda n, p, g: (torch.arange(n) % (2 * p + 1), *_draw(n, p, g)[1:]),
            "different seeds gave the same `down`",
        ),
        "columns in turn": Mistake(
            lambda n, p, g: (d := _draw(n, p, g)) and (d[0], torch.arange(n) % (2 * p + 1), d[2]),
            "different seeds gave the same `right`",
        ),
        "mirrored where it moves down": Mistake(
            lambda n, p, g: (*(moves := _draw(n, p, g)[:2]), moves[0] > p),
            "mirrored goes with its window",
        ),
    },
}
