"""CatBoost's trees as flat arrays, and what they compute in f32."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from catboost import CatBoost

MAX_BORDERS = 254


@dataclass(frozen=True)
class Trees:
    """The fields of `Trees` in schemas/model.fbs, for one score."""

    border_counts: np.ndarray  # [features] uint8
    nan_above: np.ndarray  # [features] uint8
    borders: np.ndarray  # [all borders] float32
    depths: np.ndarray  # [trees] uint8
    split_features: np.ndarray  # [all levels] uint8
    split_borders: np.ndarray  # [all levels] uint8
    leaves: np.ndarray  # [all leaves] float32
    scale: np.float32
    bias: np.float32

    def bins(self, columns: np.ndarray) -> np.ndarray:
        """Number of borders below each value. Shapes: [rows, features] in and out, uint8."""
        out = np.empty(columns.shape, np.uint8)
        for i, borders in enumerate(np.split(self.borders, np.cumsum(self.border_counts)[:-1])):
            column = columns[:, i]
            out[:, i] = np.searchsorted(borders, column, side="left")
            out[np.isnan(column), i] = len(borders) if self.nan_above[i] else 0
        return out

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """Score rows as the engines do: f32 leaves from 0 in tree order, then scale and bias."""
        bins = self.bins(columns)
        total = np.zeros(len(columns), np.float32)
        level = leaf = 0
        for depth in self.depths.tolist():
            index = np.zeros(len(columns), np.int64)
            for d in range(depth):
                above = bins[:, self.split_features[level + d]] > self.split_borders[level + d]
                index |= above.astype(np.int64) << d
            total += self.leaves[leaf + index]
            level += depth
            leaf += 1 << depth
        return total * self.scale + self.bias


@dataclass(frozen=True)
class BinaryTrees:
    """The fields of `BinaryTrees` in schemas/model.fbs, for one score and numeric splits."""

    split_counts: np.ndarray  # [trees] uint32
    split_columns: np.ndarray  # [all splits] uint16
    split_thresholds: np.ndarray  # [all splits] float32
    split_flags: np.ndarray  # [all splits] uint8
    split_lefts: np.ndarray  # [all splits] int32
    split_rights: np.ndarray  # [all splits] int32
    leaves: np.ndarray  # [all leaves] float32 or float64: what scores are computed in
    start: float = 0.0
    bias: float = 0.0


def from_catboost(model: CatBoost) -> Trees:
    """Read the trees out of CatBoost's JSON, which holds every border as the f32 it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        document = json.loads(path.read_text())
    features = document["features_info"]["float_features"]
    borders = [np.array(feature.get("borders") or [], np.float64) for feature in features]
    if any(
        len(one) > MAX_BORDERS or not np.array_equal(one, one.astype(np.float32)) for one in borders
    ):
        raise ValueError("CatBoost's borders are not at most 254 f32 numbers a feature")
    trees = document["oblivious_trees"]
    splits = [split for tree in trees for split in tree["splits"] or []]
    (bias,) = document["scale_and_bias"][1]
    return Trees(
        border_counts=np.array([len(one) for one in borders], np.uint8),
        nan_above=np.array(
            [feature["nan_value_treatment"] == "AsTrue" for feature in features], np.uint8
        ),
        borders=np.concatenate(borders).astype(np.float32),
        depths=np.array([len(tree["splits"] or []) for tree in trees], np.uint8),
        split_features=np.array([split["float_feature_index"] for split in splits], np.uint8),
        split_borders=np.array(
            [
                np.searchsorted(borders[split["float_feature_index"]], split["border"])
                for split in splits
            ],
            np.uint8,
        ),
        leaves=np.array([leaf for tree in trees for leaf in tree["leaf_values"]], np.float32),
        scale=np.float32(document["scale_and_bias"][0]),
        bias=np.float32(bias),
    )
