"""What one would pick instead: fitted on the same rows and columns as the recipe.

Each takes training rows as columns, and gives probabilities of the classes for test rows.
"""

from __future__ import annotations

import numpy as np
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

import recipe
from feature_file import NUMERIC_NAMES, Features
from ordinal import NUM_CLASSES
from recipe import TrainingSet

# Heavy tails that a linear model cannot use as they are.
SKEWED = [NUMERIC_NAMES.index(name) for name in ("budget", "revenue", "vote_count", "popularity")]
# Trees of three scores each: fewer rounds than the recipe's, for all of them learn more a round.
# LightGBM's and XGBoost's sizes are near their defaults; nothing about them was tuned.
ROUNDS = 300


def majority_class(rows: TrainingSet, test: Features, _columns: np.ndarray) -> np.ndarray:
    """The classes' shares among the training rows."""
    shares = np.bincount(rows.features.target_class, minlength=NUM_CLASSES) / len(rows.target)
    return np.tile(shares, (len(test), 1))


def _for_linear_model(numeric: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Make numbers usable for a linear model.

    Tails are drawn in; zeros (often "unknown") and absent numbers are flagged.
    """
    numbers = numeric.astype(np.float64)
    numbers[:, SKEWED] = np.log1p(numbers[:, SKEWED])
    return np.hstack(
        [
            numbers,
            numeric == 0,
            np.isnan(numeric).any(axis=1, keepdims=True),
            columns[:, numeric.shape[1] :],
        ]
    )


def logistic_regression(rows: TrainingSet, test: Features, columns: np.ndarray) -> np.ndarray:
    """A linear model of the columns, numbers drawn in."""
    train = _for_linear_model(rows.features.numeric, rows.columns)
    scale = StandardScaler().fit(train)
    model = LogisticRegression(max_iter=300).fit(
        np.nan_to_num(scale.transform(train)), rows.features.target_class
    )
    return model.predict_proba(
        np.nan_to_num(scale.transform(_for_linear_model(test.numeric, columns)))
    )


def lightgbm(rows: TrainingSet, _test: Features, columns: np.ndarray) -> np.ndarray:
    """LightGBM, three classes."""
    model = LGBMClassifier(
        n_estimators=min(ROUNDS, rows.recipe.iterations),
        learning_rate=0.05,
        num_leaves=31,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.5,
        random_state=1,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    return model.fit(rows.columns, rows.features.target_class).predict_proba(columns)


def xgboost(rows: TrainingSet, _test: Features, columns: np.ndarray) -> np.ndarray:
    """XGBoost, three classes."""
    model = XGBClassifier(
        n_estimators=min(ROUNDS, rows.recipe.iterations),
        learning_rate=0.05,
        max_depth=6,
        subsample=0.8,
        colsample_bytree=0.5,
        tree_method="hist",
        random_state=1,
        n_jobs=1,
    )
    return model.fit(rows.columns, rows.features.target_class).predict_proba(columns)


def three_class_catboost(rows: TrainingSet, _test: Features, columns: np.ndarray) -> np.ndarray:
    """CatBoost with the recipe's own settings, three classes instead of one score."""
    settings = {**recipe.BOOSTING, "iterations": rows.recipe.iterations}
    model = CatBoostClassifier(**settings, loss_function="MultiClass")
    return model.fit(rows.columns, rows.features.target_class).predict_proba(columns)


ALL = {
    "majority_class": majority_class,
    "logistic_regression": logistic_regression,
    "lightgbm": lightgbm,
    "xgboost": xgboost,
    "three_class_catboost": three_class_catboost,
}
