"""Training runs side by side: their curves, and where they end."""

from collections.abc import Mapping, Sequence
from statistics import mean

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from resnet_lab.checks import check_choice
from resnet_lab.figures.ends import label_ends
from resnet_lab.figures.style import INK, SERIES, WIDTH, look
from resnet_lab.figures.svg import Figure, to_figure
from resnet_lab.records import Runs

QUANTITIES = {
    "train_error": "training error (%)",
    "test_error": "test error (%)",
    "train_loss": "training loss (nats)",
    "test_loss": "test loss (nats)",
}
"""What can be drawn, and how its axis is named."""

_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def training_curves(
    runs: Runs,
    panels: Mapping[str, Sequence[str]],
    quantity: str = "train_error",
    title: str = "",
) -> Figure:
    """Curves of recorded runs: a thin line for each seed, a thick one for their mean.

    Args:
        runs: the records.
        panels: title of each panel -> names of the runs in it; panels stand one above the other.
        quantity: one of :data:`QUANTITIES`.
        title: a few words; what the runs were trained on is added.

    Raises:
        ValueError: no panel, an empty one, one with more runs than the style has colors for, or
            an unknown run or quantity.
    """
    check_choice("quantity", quantity, QUANTITIES)
    for name, labels in panels.items():
        if not 1 <= len(labels) <= len(SERIES):
            raise ValueError(
                f"panels must hold 1 to {len(SERIES)} runs each, got {name!r}: {labels}"
            )
    if not panels:
        raise ValueError("panels must hold at least one, got none")
    heading, title = f"{title}\n({runs.data})", f"{title} ({runs.data})"
    with look():
        drawing, axes = plt.subplots(
            len(panels), figsize=(WIDTH, 0.7 + 2.3 * len(panels)), layout="constrained",
            sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        plt.close(drawing)
        drawing.suptitle(heading, fontsize=10, color=INK)
        words = []
        for panel, (name, labels) in zip(axes[:, 0], panels.items(), strict=True):
            ends = {run: _draw_run(panel, runs, run, quantity, i) for i, run in enumerate(labels)}
            panel.set(title=name, ylabel=QUANTITIES[quantity])
            label_ends(panel, {runs.title(run): end for run, end in ends.items()}, 0.11)
            words.append(f"{name}: {', '.join(_in_words(runs, run, quantity) for run in labels)}.")
        axes[-1, 0].set_xlabel("epoch")
        alt = f"{title}. {QUANTITIES[quantity]} against epochs. "
        return to_figure(drawing, title, alt + " ".join(words))


def final_values(
    runs: Runs,
    labels: Sequence[str] = (),
    quantity: str = "test_error",
    title: str = "",
    reference: str = "",
) -> Figure:
    """Where runs ended: a dot for each seed and a line at their mean, a row for each network.

    Args:
        runs: the records.
        labels: names of the runs, from top to bottom; all of them where it is empty.
        quantity: one of :data:`QUANTITIES`.
        title: a few words; what the runs were trained on is added.
        reference: run with which the others are compared; its mean goes through all rows.

    Raises:
        ValueError: an unknown run or quantity, or a run of which no seed finished.
    """
    check_choice("quantity", quantity, QUANTITIES)
    labels = list(labels or runs.records)
    heading, title = f"{title}\n({runs.data})", f"{title} ({runs.data})"
    with look():
        drawing, axes = plt.subplots(
            figsize=(WIDTH, 0.9 + 0.34 * len(labels)), layout="constrained"
        )
        plt.close(drawing)
        for row, run in enumerate(labels):
            found = runs.final(run, quantity)
            color = SERIES[1] if run == reference else SERIES[0]
            axes.plot(found.values, [row] * len(found.values), "o", color=color, alpha=0.75)
            axes.plot([found.mean] * 2, [row - 0.32, row + 0.32], color=INK, linewidth=1.4)
        if reference:
            axes.axvline(
                runs.final(reference, quantity).mean, color=SERIES[1], linewidth=1, linestyle="--"
            )
        axes.set_yticks(range(len(labels)), [runs.title(run) for run in labels])
        axes.invert_yaxis()
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.7)
        axes.set(xlabel=QUANTITIES[quantity])
        drawing.suptitle(heading, fontsize=10, color=INK)
        words = ". ".join(_in_words(runs, run, quantity) for run in labels)
        alt = f"{title}. {QUANTITIES[quantity]} at the end, a dot a seed. {words}."
        return to_figure(drawing, title, alt)


def _draw_run(axes: Axes, runs: Runs, run: str, quantity: str, place: int) -> float:
    """Draw one run; returns the height at which its mean ends."""
    curves = runs.curves(run, quantity)
    color, dashes = SERIES[place], _DASHES[place]
    for epochs, values in curves:
        axes.plot(epochs, values, color=color, linestyle=dashes, linewidth=0.7, alpha=0.45)
    points = min(len(values) for _, values in curves)
    means = [mean(values[point] for _, values in curves) for point in range(points)]
    axes.plot(curves[0][0][:points], means, color=color, linestyle=dashes, linewidth=2)
    return means[-1]


def _in_words(runs: Runs, run: str, quantity: str) -> str:
    found = runs.final(run, quantity)
    seeds = f"{len(found.values)} seeds" if len(found.values) > 1 else "one seed"
    return (
        f"{runs.title(run)} ends at {found.mean:.3g} on average "
        f"({min(found.values):.3g} to {max(found.values):.3g}, {seeds})"
    )
