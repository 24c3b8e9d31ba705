"""What the training tests share: path and made-up features."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "model" / "train"))

import feature_file  # noqa: E402  (needs the path above)


def make_features(rows: int, seed: int = 1) -> feature_file.Features:
    """Make rows whose target depends on a number and on the items of two lists."""
    rng = np.random.default_rng(seed)
    numeric = np.abs(rng.normal(50, 20, (rows, len(feature_file.NUMERIC_NAMES)))).astype(np.float32)
    lists = []
    for number in range(len(feature_file.LIST_NAMES)):
        lengths = rng.integers(0, 4, rows)
        # Codes of different lists differ, as their hash seeds do.
        lists.append(
            feature_file.Lists(
                lengths,
                (1000 * (number + 1) + rng.integers(0, 30, lengths.sum())).astype(np.uint32),
            )
        )
    target = 6.4 + (numeric[:, 0] - 50) / 40 + rng.normal(0, 0.3, rows)
    for number in (0, 5):
        column = lists[number]
        np.add.at(target, column.row_of_item, np.where(column.codes % 2 == 0, 0.4, -0.4))
    numeric[rng.random(numeric.shape) < 0.05] = np.nan
    target = target.astype(np.float32)
    classes = np.digitize(target, [6, 7]).astype(np.uint8)
    return feature_file.Features(
        7, np.arange(rows), target, classes, rng.random(rows) < 0.9, numeric, tuple(lists)
    )


def make_items() -> list[feature_file.Item]:
    """Make the items that `make_features` draws from."""
    return [
        feature_file.Item(number, 1000 * (number + 1) + i, 100 - i, f"{name} {i}")
        for number, name in enumerate(feature_file.LIST_NAMES)
        for i in range(30)
    ]
