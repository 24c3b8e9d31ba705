"""The card's pictures; colours that colour-blind people can tell apart (Okabe and Ito)."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

import ordinal
from model_file import CLASS_NAMES

matplotlib.use("agg")
matplotlib.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
    }
)
from matplotlib import pyplot  # noqa: E402  (after the choice of what draws)

COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00")
# Bins and groups with fewer rows in all runs say little.
LEAST_ROWS = 250


def _save(figure: object, path: Path) -> None:
    figure.savefig(path, dpi=90, metadata={"Software": None})
    pyplot.close(figure)


def _intervals(axes: object, figures: dict[str, dict], label: str) -> None:
    """Differences in points of F1, best on top, with their intervals; 0 is the shipped recipe."""
    names = sorted(figures, key=lambda name: figures[name]["mean"])
    mean, low, high = (
        np.array([100 * figures[name][field] for name in names])
        for field in ("mean", "low", "high")
    )
    places = np.arange(len(names))
    axes.errorbar(mean, places, xerr=(mean - low, high - mean), fmt="o", color=COLORS[0], capsize=3)
    axes.axvline(0, color=COLORS[3], linewidth=1)
    axes.set_yticks(places, [name.replace("_", " ") for name in names])
    axes.margins(y=0.1)
    axes.set_xlabel(label)


def comparison(evaluation: dict, path: Path) -> None:
    """Other methods, and the recipe with less to learn from, against the recipe."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3))
    others = {
        name: one["f1_above"]
        for name, one in evaluation["figures"].items()
        if name not in ("movies", "majority_class")
    }
    _intervals(left, others, "points of macro-F1 above movies'")
    _intervals(
        right,
        {f"without {name}": one for name, one in evaluation["ablation"].items()},
        "points of macro-F1 above movies' with all",
    )
    _save(figure, path)


def reliability(evaluation: dict, path: Path) -> None:
    """How often a class is right, over the probability that it was given."""
    figure, axes = pyplot.subplots(1, 2, figsize=(7, 3.4), sharey=True)
    for one, (name, counts) in zip(axes, evaluation["reliability"].items(), strict=True):
        one.plot([0, 1], [0, 1], color="#999999", linewidth=1)
        for (rows, said, hits), label, color in zip(
            np.moveaxis(np.array(counts), 2, 1), CLASS_NAMES, COLORS, strict=False
        ):
            many = rows >= LEAST_ROWS
            one.plot(
                said[many] / rows[many],
                hits[many] / rows[many],
                marker="o",
                markersize=3,
                label=label,
                color=color,
            )
        one.set_title(name, fontsize=9)
        one.set_xlabel("probability given")
    axes[0].set_ylabel("share of rows of the class")
    axes[0].legend(frameon=False)
    _save(figure, path)


def groups(evaluation: dict, path: Path) -> None:
    """Macro-F1 and accuracy by decade, language, genre and votes."""
    kinds = evaluation["groups"]
    figure, grid = pyplot.subplots(1, len(kinds), figsize=(11, 4), sharex=True)
    for axes, (kind, members) in zip(grid, kinds.items(), strict=True):
        matrices = {name: np.array(one) for name, one in members.items()}
        names = [name for name, one in matrices.items() if one.sum() >= LEAST_ROWS][::-1]
        places = np.arange(len(names))
        for label, color, of in (
            ("macro-F1", COLORS[0], lambda m: ordinal.class_f1(m).mean()),
            ("accuracy", COLORS[1], lambda m: np.trace(m) / m.sum()),
        ):
            values = [100 * of(matrices[name]) for name in names]
            axes.plot(values, places, "o", color=color, label=label)
        axes.set_yticks(places, names)
        axes.set_title(kind, fontsize=9)
        axes.grid(axis="x", linewidth=0.4)
    grid[0].legend(frameon=False, fontsize=8)
    _save(figure, path)


def write(evaluation: dict, folder: Path) -> None:
    """Write the pictures that the card shows."""
    comparison(evaluation, folder / "comparison.png")
    reliability(evaluation, folder / "reliability.png")
    groups(evaluation, folder / "groups.png")
