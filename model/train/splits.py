"""Splits by id: all rows of one movie fall on the same side, whatever the order of the file."""

from __future__ import annotations

import numpy as np
import xxhash

NUM_FOLDS = 5
SHIPPED_SALT = 0
HELD_OUT_FOLD = 0
# Inner folds use seeds far from those of outer ones, or an inner fold would be empty.
INNER_SEED = 1 << 32


def hash_ids(ids: np.ndarray, seed: int) -> np.ndarray:
    """XXH3-64 of each id as 8 little-endian bytes."""
    distinct, where = np.unique(ids, return_inverse=True)
    raw = distinct.astype("<i8").tobytes()
    hashes = [xxhash.xxh3_64_intdigest(raw[i : i + 8], seed=seed) for i in range(0, len(raw), 8)]
    return np.array(hashes, np.uint64)[where]


def folds(ids: np.ndarray, seed: int, count: int = NUM_FOLDS) -> np.ndarray:
    """The fold of each id."""
    return (hash_ids(ids, seed) % np.uint64(count)).astype(np.int64)


def shipped_training_rows(ids: np.ndarray) -> np.ndarray:
    """Mask of the rows that the shipped model may learn from: four folds of five."""
    return folds(ids, SHIPPED_SALT) != HELD_OUT_FOLD


def training_id_hashes(ids: np.ndarray) -> np.ndarray:
    """What the model file says of its training rows: the distinct ids' hashes, ascending."""
    return np.unique(hash_ids(ids, 0))
