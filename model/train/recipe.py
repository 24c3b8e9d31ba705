"""The recipe: from features to a fitted model.

Everything fitted is fitted here, on the rows it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from catboost import CatBoostRegressor

import encoders
import ordinal
import scaler
import splits
from encoders import Encoding
from feature_file import LIST_NAMES, NUMERIC_NAMES, Features, Item

# Ratings beyond these are few and say little more than "very bad" and "very good".
TARGET_RANGE = (4.0, 9.0)
HOT_LANGUAGES = 15
# Items that fewer training rows hold are treated as unknown: their weights would be noise, and the
# file long.
MIN_ITEM_ROWS = 3
RIDGE_PENALTY = 10.0
ENCODING_FOLDS = 5
CUTPOINT_FOLDS = 3
# How many recipes were compared on these folds before this one was chosen; the model card says so.
RECIPES_TRIED = 9
# One thread and one seed: CatBoost's sums, and so the file's bytes, depend on both.
BOOSTING = {
    "iterations": 600,
    "depth": 6,
    "learning_rate": 0.08,
    "l2_leaf_reg": 8,
    "border_count": 254,
    "grow_policy": "SymmetricTree",
    "random_seed": 1,
    "thread_count": 1,
    "allow_writing_files": False,
    "verbose": False,
}


def describe() -> dict:
    """The recipe's settings, for evaluation.json: figures belong to one recipe."""
    return {
        "target_range": list(TARGET_RANGE),
        "hot_languages": HOT_LANGUAGES,
        "min_item_rows": MIN_ITEM_ROWS,
        "ridge_penalty": RIDGE_PENALTY,
        "encoding_folds": ENCODING_FOLDS,
        "cutpoint_folds": CUTPOINT_FOLDS,
        "boosting": {
            name: value
            for name, value in BOOSTING.items()
            if name not in ("allow_writing_files", "verbose")
        },
        "recipes_tried": RECIPES_TRIED,
    }


@dataclass(frozen=True)
class Fitted:
    """A fitted model, still with CatBoost's own predictor in it."""

    scaler: scaler.Scaler
    encodings: tuple[Encoding, ...]
    booster: CatBoostRegressor
    cutpoints: np.ndarray
    logistic_slope: float
    logistic_offsets: np.ndarray

    @property
    def column_names(self) -> list[str]:
        """Names of the classifier's columns, in order."""
        return list(NUMERIC_NAMES) + [
            name for encoding in self.encodings for name in encoding.column_names
        ]

    def columns(self, features: Features) -> np.ndarray:
        """Scale and encode rows. Shapes: [rows, columns], float32."""
        parts = [self.scaler(features.numeric)] + [
            encoding(features) for encoding in self.encodings
        ]
        return np.hstack(parts)


def hot_encodings(items: list[Item]) -> tuple[Encoding, Encoding]:
    """Make the encodings that see no target: all genres, and the most frequent languages."""
    genres = [item for item in items if item.list_number == LIST_NAMES.index("genres")]
    languages = [
        item for item in items if item.list_number == LIST_NAMES.index("original_language")
    ]

    def hot(name: str, chosen: list[Item], other: bool) -> Encoding:
        texts = {item.code: item.text for item in chosen}
        return encoders.fit_hot(
            name, LIST_NAMES.index(name), texts, [item.code for item in chosen], other
        )

    return hot("genres", genres, False), hot("original_language", languages[:HOT_LANGUAGES], True)


def clipped_target(features: Features) -> np.ndarray:
    """What the regressor learns."""
    return np.clip(features.target.astype(np.float64), *TARGET_RANGE)


def _linear_score(features: Features) -> Encoding:
    return encoders.fit_linear_score(
        features,
        clipped_target(features),
        tuple(range(len(LIST_NAMES))),
        RIDGE_PENALTY,
        MIN_ITEM_ROWS,
    )


def cross_fitted_linear_score(features: Features, seed: int) -> np.ndarray:
    """Score each row by weights that its fold had no part in.

    Else the trees would trust the score more than it deserves on new rows.
    """
    fold = splits.folds(features.ids, seed, ENCODING_FOLDS)
    out = np.zeros((len(features), 1), np.float32)
    for k in range(ENCODING_FOLDS):
        out[fold == k] = _linear_score(features.take(fold != k))(features.take(fold == k))
    return out


def out_of_fold_scores(
    columns: np.ndarray, target: np.ndarray, ids: np.ndarray, seed: int
) -> np.ndarray:
    """Score each row by trees that were not fitted on its fold."""
    fold = splits.folds(ids, seed, CUTPOINT_FOLDS)
    out = np.zeros(len(ids))
    for k in range(CUTPOINT_FOLDS):
        booster = CatBoostRegressor(**BOOSTING).fit(columns[fold != k], target[fold != k])
        out[fold == k] = booster.predict(columns[fold == k])
    return out


@dataclass(frozen=True)
class TrainingSet:
    """Labelled rows as columns: linear score cross-fitted, the rest as it will be in service."""

    features: Features
    scaler: scaler.Scaler
    hots: tuple[Encoding, ...]
    columns: np.ndarray
    target: np.ndarray


def prepare(features: Features, hots: tuple[Encoding, ...], salt: int) -> TrainingSet:
    """Scale and encode the labelled rows.

    `salt` only moves the inner folds along with the outer ones.
    """
    features = features.take(features.labelled)
    scale = scaler.fit(features.numeric)
    score = cross_fitted_linear_score(features, splits.INNER_SEED + salt)
    columns = np.hstack([scale(features.numeric)] + [hot(features) for hot in hots] + [score])
    return TrainingSet(features, scale, hots, columns, clipped_target(features))


def fit(rows: TrainingSet, salt: int) -> Fitted:
    """Fit cutpoints and probabilities on out-of-fold scores, then everything on all rows."""
    classes = rows.features.target_class
    held_out = out_of_fold_scores(
        rows.columns, rows.target, rows.features.ids, 2 * splits.INNER_SEED + salt
    )
    slope, offsets = ordinal.fit_logistic(held_out, classes)
    return Fitted(
        scaler=rows.scaler,
        encodings=(*rows.hots, _linear_score(rows.features)),
        booster=CatBoostRegressor(**BOOSTING).fit(rows.columns, rows.target),
        cutpoints=ordinal.fit_cutpoints(held_out, classes),
        logistic_slope=slope,
        logistic_offsets=offsets,
    )
