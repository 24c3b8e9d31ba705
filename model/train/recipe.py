"""The recipes: from features to a fitted model.

Everything fitted is fitted here, on the rows it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
# Numbers are fitted beside the items in this many bins each.
NUMBER_BINS = 16
ENCODING_FOLDS = 5
CUTPOINT_FOLDS = 3
# How many recipes were compared on these folds before this one was chosen; the model card says so.
RECIPES_TRIED = 20
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


@dataclass(frozen=True)
class Recipe:
    """What a model learns from: all features but those left out, which its trees never ask for.

    Columns stay in their places, so every recipe's model takes the same features.
    """

    name: str
    left_out: tuple[str, ...] = ()  # features of the spec, or "linear_score"
    iterations: int = BOOSTING["iterations"]

    @property
    def lists(self) -> tuple[int, ...]:
        """Numbers of the lists whose items the linear score sums."""
        return tuple(i for i, name in enumerate(LIST_NAMES) if name not in self.left_out)

    @property
    def numbers(self) -> list[int]:
        """Numbers of the numeric features it may use."""
        return [i for i, name in enumerate(NUMERIC_NAMES) if name not in self.left_out]

    def booster(self, column_names: list[str]) -> CatBoostRegressor:
        """The trees, yet to be fitted on columns of these names."""
        ignored = [
            i for i, name in enumerate(column_names) if name.partition("=")[0] in self.left_out
        ]
        return CatBoostRegressor(
            **{**BOOSTING, "iterations": self.iterations}, ignored_features=ignored
        )

    def without(self, *features: str) -> Recipe:
        """The same recipe with more features left out."""
        return replace(self, left_out=self.left_out + features)


MOVIES = Recipe("movies")
# What is known before anyone has seen the movie.
COLD = Recipe("movies-cold", ("vote_count", "popularity", "revenue"))
SHIPPED = (MOVIES, COLD)


def describe() -> dict:
    """The recipes' settings, for evaluation.json: figures belong to one recipe."""
    return {
        "target_range": list(TARGET_RANGE),
        "hot_languages": HOT_LANGUAGES,
        "min_item_rows": MIN_ITEM_ROWS,
        "ridge_penalty": RIDGE_PENALTY,
        "number_bins": NUMBER_BINS,
        "encoding_folds": ENCODING_FOLDS,
        "cutpoint_folds": CUTPOINT_FOLDS,
        "boosting": {
            name: value
            for name, value in BOOSTING.items()
            if name not in ("allow_writing_files", "verbose")
        },
        "left_out": {one.name: list(one.left_out) for one in SHIPPED},
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
        return column_names(self.encodings)

    def columns(self, features: Features) -> np.ndarray:
        """Scale and encode rows. Shapes: [rows, columns], float32."""
        parts = [self.scaler(features.numeric)] + [
            encoding(features) for encoding in self.encodings
        ]
        return np.hstack(parts)

    def scores(self, columns: np.ndarray) -> np.ndarray:
        """Score rows of `columns`. Shapes: [rows], float32."""
        return self.booster.predict(columns).astype(np.float32)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Shapes: [rows, classes]."""
        return ordinal.probabilities(scores, self.logistic_slope, self.logistic_offsets)


def column_names(encodings: tuple[Encoding, ...]) -> list[str]:
    """Names of the columns that the numbers and these encodings make."""
    return list(NUMERIC_NAMES) + [name for one in encodings for name in one.column_names]


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


def _linear_score(recipe: Recipe, features: Features) -> Encoding:
    return encoders.fit_linear_score(
        features,
        clipped_target(features),
        recipe.lists,
        RIDGE_PENALTY,
        MIN_ITEM_ROWS,
        encoders.number_bins(features.numeric[:, recipe.numbers], NUMBER_BINS),
    )


def cross_fitted_linear_score(recipe: Recipe, features: Features, seed: int) -> np.ndarray:
    """Score each row by weights that its fold had no part in.

    Else the trees would trust the score more than it deserves on new rows.
    """
    fold = splits.folds(features.ids, seed, ENCODING_FOLDS)
    out = np.zeros((len(features), 1), np.float32)
    for k in range(ENCODING_FOLDS):
        weights = _linear_score(recipe, features.take(fold != k))
        out[fold == k] = weights(features.take(fold == k))
    return out


@dataclass(frozen=True)
class TrainingSet:
    """Labelled rows as columns: linear score cross-fitted, the rest as it will be in service."""

    recipe: Recipe
    features: Features
    scaler: scaler.Scaler
    encodings: tuple[Encoding, ...]
    columns: np.ndarray
    target: np.ndarray

    def fit_booster(self, rows: np.ndarray | slice = slice(None)) -> CatBoostRegressor:
        """Fit trees on these of the rows."""
        booster = self.recipe.booster(column_names(self.encodings))
        return booster.fit(self.columns[rows], self.target[rows])


def out_of_fold_scores(rows: TrainingSet, seed: int) -> np.ndarray:
    """Score each row by trees that were not fitted on its fold."""
    fold = splits.folds(rows.features.ids, seed, CUTPOINT_FOLDS)
    out = np.zeros(len(fold))
    for k in range(CUTPOINT_FOLDS):
        out[fold == k] = rows.fit_booster(fold != k).predict(rows.columns[fold == k])
    return out


def prepare(
    recipe: Recipe, features: Features, hots: tuple[Encoding, ...], salt: int
) -> TrainingSet:
    """Scale and encode the labelled rows.

    `salt` only moves the inner folds along with the outer ones.
    """
    features = features.take(features.labelled)
    scale = scaler.fit(features.numeric)
    score = cross_fitted_linear_score(recipe, features, splits.INNER_SEED + salt)
    columns = np.hstack([scale(features.numeric)] + [hot(features) for hot in hots] + [score])
    encodings = (*hots, _linear_score(recipe, features))
    return TrainingSet(recipe, features, scale, encodings, columns, clipped_target(features))


def fit(rows: TrainingSet, salt: int) -> Fitted:
    """Fit cutpoints and probabilities on out-of-fold scores, then the trees on all rows."""
    classes = rows.features.target_class
    held_out = out_of_fold_scores(rows, 2 * splits.INNER_SEED + salt)
    slope, offsets = ordinal.fit_logistic(held_out, classes)
    return Fitted(
        scaler=rows.scaler,
        encodings=rows.encodings,
        booster=rows.fit_booster(),
        cutpoints=ordinal.fit_cutpoints(held_out, classes),
        logistic_slope=slope,
        logistic_offsets=offsets,
    )
