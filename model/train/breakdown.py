"""Where the model errs, and whether its probabilities are true: counts that runs add up."""

from __future__ import annotations

import numpy as np

import ordinal
from feature_file import LIST_NAMES, NUMERIC_NAMES, Features, Item

BINS = 10
# Lists whose most frequent items make groups; a row counts in the group of each of its items.
LANGUAGES = 10
VOTES = (10, 20, 50, 100, 500)


def _ranges(values: np.ndarray, bounds: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Masks by range: from one bound to below the next, the last one open."""
    ends = (*bounds[1:], None)
    return {
        f"{low:,} and up" if high is None else f"{low:,} to {high - 1:,}": (values >= low)
        & (values < (np.inf if high is None else high))
        for low, high in zip(bounds, ends, strict=True)
    }


def _items(features: Features, items: list[Item], name: str, most: int) -> dict[str, np.ndarray]:
    number = LIST_NAMES.index(name)
    column = features.lists[number]
    rows, out = column.row_of_item, {}
    for item in [item for item in items if item.list_number == number][:most]:
        out[item.text] = np.zeros(len(features), bool)
        out[item.text][rows[column.codes == item.code]] = True
    return out


def groups(features: Features, items: list[Item]) -> dict[str, dict[str, np.ndarray]]:
    """Masks of the rows by decade, language, genre and votes."""
    year = features.numeric[:, NUMERIC_NAMES.index("year")]
    votes = features.numeric[:, NUMERIC_NAMES.index("vote_count")]
    decades = {"before 1930": year < 1930}
    for decade in range(1930, 2020, 10):
        decades[f"{decade}s"] = (year >= decade) & (year < decade + 10)
    languages = _items(features, items, "original_language", LANGUAGES)
    languages["other"] = ~np.any(list(languages.values()), axis=0)
    genres = _items(features, items, "genres", len(items))
    return {
        "decade": decades,
        "language": languages,
        "genre": genres,
        "votes": _ranges(votes, VOTES),
    }


def confusions(
    test: Features, items: list[Item], predicted: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """The confusion matrix of each group."""
    return {
        kind: {
            name: ordinal.confusion(test.target_class[mask], predicted[mask])
            for name, mask in masks.items()
        }
        for kind, masks in groups(test, items).items()
    }


def reliability(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count rows, sum probabilities and count hits, by class and bin of the class's probability.

    Shapes: [classes, bins, 3].
    """
    out = np.zeros((ordinal.NUM_CLASSES, BINS, 3))
    for k in range(ordinal.NUM_CLASSES):
        p = probabilities[:, k]
        at = np.minimum((p * BINS).astype(np.int64), BINS - 1)
        for i, values in enumerate((np.ones(len(p)), p, truth == k)):
            out[k, :, i] = np.bincount(at, values, BINS)
    return out


def calibration_error(counts: np.ndarray) -> float:
    """Expected calibration error: mean over classes of |probability - share of hits| by bin."""
    rows, said, hits = np.moveaxis(counts, 2, 0)
    return float((np.abs(said - hits).sum(axis=1) / rows.sum(axis=1)).mean())
