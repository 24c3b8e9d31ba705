"""How the features are distributed: for the generator, and to notice that live data differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_file import LIST_NAMES, Features, Item

QUANTILES = 33
MAX_LENGTH = 40
# How many items of each list are kept by name; the others keep all of them.
MAX_ITEMS = {
    "production_companies": 300,
    "production_countries": 60,
    "spoken_languages": 40,
    "keywords": 600,
    "title_words": 400,
}


@dataclass(frozen=True)
class NumericProfile:
    """Values at equally spaced shares of what is present, and the share that is absent."""

    quantiles: np.ndarray
    missing_share: float


@dataclass(frozen=True)
class ListProfile:
    """Shares of rows with 0, 1, 2, … items (the last: or more), and the most frequent items."""

    length_shares: np.ndarray
    items: list[str]
    item_shares: np.ndarray


def numeric_profiles(features: Features) -> list[NumericProfile]:
    """Profile each numeric feature."""
    out = []
    for column in features.numeric.T:
        present = np.sort(column[~np.isnan(column)])
        # Values that occur, never ones in between: a year stays a year, a count a count.
        at = np.round(np.linspace(0, len(present) - 1, QUANTILES)).astype(np.int64)
        quantiles = present[at] if len(present) else present  # none where all are absent
        out.append(NumericProfile(quantiles, float(np.isnan(column).mean())))
    return out


def list_profiles(features: Features, items: list[Item]) -> list[ListProfile]:
    """Profile each list feature."""
    out = []
    for number, (name, column) in enumerate(zip(LIST_NAMES, features.lists, strict=True)):
        counts = np.bincount(np.minimum(column.lengths, MAX_LENGTH))
        own = [item for item in items if item.list_number == number][: MAX_ITEMS.get(name)]
        shares = np.array([item.rows for item in own], np.float64) / len(features)
        out.append(
            ListProfile(
                (counts / len(features)).astype(np.float32),
                [item.text for item in own],
                shares.astype(np.float32),
            )
        )
    return out
