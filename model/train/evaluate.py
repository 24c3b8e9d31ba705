"""Measure the recipe by cross-validation, beside simple baselines on the same folds.

Whatever is fitted is fitted inside the training folds: scaler, encodings, trees, and the cutpoints
by inner folds.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from catboost import CatBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import ordinal
import recipe
import splits
from feature_file import NUMERIC_NAMES, Features, Item
from recipe import Fitted, TrainingSet

SALTS = range(5)
# Heavy tails that a linear model cannot use as they are.
SKEWED = [NUMERIC_NAMES.index(name) for name in ("budget", "revenue", "vote_count", "popularity")]
THREE_CLASS = {**recipe.BOOSTING, "loss_function": "MultiClass"}


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


def _logistic_regression(rows: TrainingSet, test: Features, test_columns: np.ndarray) -> np.ndarray:
    train = _for_linear_model(rows.features.numeric, rows.columns)
    scaler = StandardScaler().fit(train)
    model = LogisticRegression(max_iter=300).fit(
        np.nan_to_num(scaler.transform(train)), rows.features.target_class
    )
    return model.predict(
        np.nan_to_num(scaler.transform(_for_linear_model(test.numeric, test_columns)))
    )


def _three_class_catboost(rows: TrainingSet, test_columns: np.ndarray) -> np.ndarray:
    model = CatBoostClassifier(**THREE_CLASS).fit(rows.columns, rows.features.target_class)
    return model.predict(test_columns).ravel().astype(np.int64)


def _ordinal(fitted: Fitted, test_columns: np.ndarray) -> np.ndarray:
    return ordinal.classify(
        fitted.booster.predict(test_columns).astype(np.float32), fitted.cutpoints
    )


def run_fold(features: Features, items: list[Item], salt: int, fold: int) -> dict:
    """Fit on four folds, predict the fifth. Returns the confusion matrix of each method."""
    held_out = splits.folds(features.ids, salt) == fold
    test = features.take(held_out & features.labelled)
    rows = recipe.prepare(features.take(~held_out), recipe.hot_encodings(items), salt)
    fitted = recipe.fit(rows, salt)
    columns = fitted.columns(test)
    majority = np.bincount(rows.features.target_class).argmax()
    predictions = {
        "marquee": _ordinal(fitted, columns),
        "three_class_catboost": _three_class_catboost(rows, columns),
        "logistic_regression": _logistic_regression(rows, test, columns),
        "majority_class": np.full(len(test), majority),
    }
    return {
        "salt": salt,
        "fold": fold,
        "cutpoints": [round(float(cut), 3) for cut in fitted.cutpoints],
        "confusion": {
            name: ordinal.confusion(test.target_class, predicted).tolist()
            for name, predicted in predictions.items()
        },
    }


def shuffled_target_f1(features: Features, items: list[Item]) -> float:
    """Measure macro-F1 on targets dealt out at random: above chance (a third) is a leak."""
    held_out = splits.folds(features.ids, 0) == 0
    train = features.take(~held_out & features.labelled)
    test = features.take(held_out & features.labelled)
    deal = np.random.default_rng(0).permutation(len(train))
    shuffled = Features(
        train.feature_spec,
        train.ids,
        train.target[deal],
        train.target_class[deal],
        train.labelled,
        train.numeric,
        train.lists,
    )
    fitted = recipe.fit(recipe.prepare(shuffled, recipe.hot_encodings(items), 0), 0)
    return ordinal.macro_f1(test.target_class, _ordinal(fitted, fitted.columns(test)))


def _figure(values: list[float]) -> dict:
    return {
        "mean": round(float(np.mean(values)), 5),
        "std": round(float(np.std(values, ddof=1)), 5),
        "repetitions": len(values),
    }


def figures(runs: list[dict]) -> dict:
    """Average each method's macro-F1 and accuracy over the runs, as shares of 1."""
    out = {}
    for name in runs[0]["confusion"]:
        matrices = [np.array(run["confusion"][name]) for run in runs]
        prefix = "cross_validated" if name == "marquee" else name
        out[f"{prefix}_f1"] = _figure(
            [float(ordinal.class_f1(matrix).mean()) for matrix in matrices]
        )
        out[f"{prefix}_accuracy"] = _figure(
            [float(np.trace(matrix) / matrix.sum()) for matrix in matrices]
        )
    return out


def evaluate(features: Features, items: list[Item], jobs: int) -> dict:
    """Measure over 5 folds x 5 salts, `jobs` at a time. Returns the content of evaluation.json."""
    start = time.monotonic()
    cells = [(salt, fold) for salt in SALTS for fold in range(splits.NUM_FOLDS)]
    runs = []
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(run_fold, features, items, salt, fold) for salt, fold in cells]
        shuffled = pool.submit(shuffled_target_f1, features, items)
        for done in waiting:
            runs.append(done.result())
            f1 = ordinal.class_f1(np.array(runs[-1]["confusion"]["marquee"])).mean()
            print(
                f"salt {runs[-1]['salt']} fold {runs[-1]['fold']}: macro-F1 {100 * f1:.2f}, "
                f"{time.monotonic() - start:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return {
        "labelled_rows": int(features.labelled.sum()),
        "recipe": recipe.describe(),
        "figures": figures(runs),
        "shuffled_target_f1": round(shuffled.result(), 5),
        "runs": runs,
    }
