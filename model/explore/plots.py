"""The page's pictures, as SVG; colours that colour-blind people can tell apart (Okabe and Ito)."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
# Texts stay texts: the browser has the letters of all languages, matplotlib's font has not, and says so.
warnings.filterwarnings("ignore", message="Glyph .* missing from")
matplotlib.rcParams.update({"svg.hashsalt": "marquee", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                            "figure.constrained_layout.use": True})
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import MaxNLocator  # noqa: E402

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


def svg(figure) -> str:
    """The figure as an element for a page; closes it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return out.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]


def png(figure, path: Path) -> None:
    """Write the figure as a picture; closes it."""
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def bars(names: list[str], values: list[float], label: str, errors=None, mark: float | None = None):
    """Horizontal bars, the first on top; `mark`: a line at the share of all rows."""
    figure, axes = pyplot.subplots(figsize=(6.4, 0.5 + 0.22 * len(names)))
    axes.barh(names[::-1], values[::-1], color=COLORS[0], height=0.7,
              xerr=None if errors is None else np.array(errors)[:, ::-1], ecolor="#1b1f24")
    if mark is not None:
        axes.axvline(mark, color=COLORS[5], linewidth=1)
    axes.set_xlabel(label)
    return figure


def histograms(columns: dict[str, np.ndarray]):
    """A small histogram of each column; heavy tails on a logarithmic axis."""
    rows = -(-len(columns) // 4)
    figure, grid = pyplot.subplots(rows, 4, figsize=(10, 1.9 * rows), squeeze=False)
    for axes in grid.flat[len(columns):]:
        axes.axis("off")
    for axes, (name, values) in zip(grid.flat, columns.items()):
        known = values[np.isfinite(values)]
        positive = known[known > 0]
        tailed = len(positive) and np.quantile(positive, 0.99) > 8 * np.median(positive)
        if tailed:
            axes.hist(positive, bins=np.geomspace(positive.min(), positive.max(), 40), color=COLORS[0])
            axes.set_xscale("log")
        elif len(known):
            few = np.ptp(known) < 40 and not np.any(known % 1)  # a bar for each whole number
            axes.hist(known, bins=np.arange(known.min(), known.max() + 2) - 0.5 if few else 40, color=COLORS[0])
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        zero = np.mean(known == 0) if len(known) else 0
        axes.set_title(name + (f" ({100 * zero:.0f} % are 0)" if tailed and zero > 0.005 else ""), fontsize=9)
        axes.set_yticks([])
    return figure


def stacked_shares(labels: list[str], counts: np.ndarray, names: list[str], xlabel: str):
    """Shares of the classes along an axis; counts: [classes, labels]. The rows behind each, above."""
    figure, (above, axes) = pyplot.subplots(2, 1, figsize=(10, 3.6), sharex=True, height_ratios=(1, 3))
    total = counts.sum(axis=0)
    above.bar(labels, total, color="#999999")
    above.set_ylabel("rows")
    bottom = np.zeros(len(labels))
    for share, name, color in zip(counts / np.maximum(total, 1), names, COLORS):
        axes.bar(labels, share, bottom=bottom, label=name, color=color)
        bottom += share
    axes.set_ylabel("share")
    axes.set_xlabel(xlabel)
    axes.tick_params(axis="x", rotation=90)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=len(names), frameon=False)
    return figure


def fill_along_file(fills: dict[str, np.ndarray], breaks: dict[str, int]):
    """The share of rows with each column along the file, in a hundred pieces; breaks as lines."""
    figure, axes = pyplot.subplots(figsize=(10, 3.2))
    styles = [(color, style) for style in ("-", ":", "-.") for color in COLORS]
    for (name, present), (color, style) in zip(fills.items(), styles * 2):
        pieces = np.array_split(present, 100)
        rows = np.cumsum([len(piece) for piece in pieces])
        axes.plot(rows, [piece.mean() for piece in pieces], label=name, color=color, linestyle=style, linewidth=2 if name in breaks else 1)
        if name in breaks:
            axes.axvline(breaks[name], color=color, linestyle="--", linewidth=1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("row of the file")
    axes.set_ylabel("share of rows with the column")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def by_decile(columns: dict[str, tuple[np.ndarray, np.ndarray]], overall: float):
    """The target's mean over tenths of each column; values: (middles of the tenths, means)."""
    rows = -(-len(columns) // 4)
    figure, grid = pyplot.subplots(rows, 4, figsize=(10, 1.9 * rows), squeeze=False, sharey=True)
    for axes in grid.flat[len(columns):]:
        axes.axis("off")
    for axes, (name, (_, means)) in zip(grid.flat, columns.items()):
        axes.plot(range(1, len(means) + 1), means, marker="o", markersize=3, color=COLORS[0])
        axes.axhline(overall, color=COLORS[5], linewidth=0.8)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_title(name, fontsize=9)
    return figure
