#!/usr/bin/env python3
"""Write the trees of a scikit-learn model as JSON that `marquee model import` reads.

    import export_sklearn
    export_sklearn.write(model, "model.json")          # where the model is made

    export_sklearn.py model.joblib model.json          # or from a file that YOU wrote

Reading a pickle or joblib file runs whatever code is in it: do that only with your own, which is why
the program does not. Takes GradientBoosting, HistGradientBoosting (categories: whole numbers from 0 on),
RandomForest, ExtraTrees and DecisionTree, classifiers and regressors of scikit-learn 1.6 or newer.
In rows to score, too, give categories as whole numbers: scikit-learn takes 2.5 for unknown, as it takes NaN; Marquee
cuts it to 2.

The format, version 1, is one object:

    format "marquee-trees", version 1, library (a text)
    link            identity (a value), logistic (a score, two classes), softmax, shares (probabilities)
    num_features, features (names or null), classes (names or null)
    takes_missing   whether NaN is allowed; zero_is_second: logistic: a score of 0 is the second class
    slope           logistic: the second class's probability is 1 / (1 + exp(-slope * score)); 1 if absent
    start, divisor  score = (start + the leaves of all trees, one after the other, in f64) / divisor
    trees           each: target (the score it adds to; null: all), and an entry a node, root first:
                    left, right (node, or -1), feature, threshold (x <= threshold goes left;
                    JSON has no infinity: the largest double, 1.7976931348623157e308, stands for it),
                    missing_left (where NaN goes), value (of a leaf; of all scores if target is null);
                    and, if it asks for categories: categories (null, or those that go right:
                    x is cut to a whole number; all others but NaN go left)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import numpy as np
import sklearn

NO_CHILD = -1
MAX_CATEGORY = (1 << 24) - 1


class ExportError(ValueError):
    """This kind of model cannot be written."""


def _numbers(values: np.ndarray) -> list:
    # f64 in shortest form.
    return np.asarray(values, np.float64).ravel().tolist()


def _thresholds(values: np.ndarray) -> list:
    limit = sys.float_info.max
    return [min(max(value, -limit), limit) for value in _numbers(values)]


def _tree(tree, target: int | None, values: np.ndarray) -> dict:
    """A `sklearn.tree._tree.Tree`, with these values for its nodes."""
    is_leaf = tree.children_left == NO_CHILD
    return {
        "target": target,
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "feature": np.where(is_leaf, -1, tree.feature).tolist(),
        "threshold": _thresholds(np.where(is_leaf, 0, tree.threshold)),
        "missing_left": np.where(is_leaf, 0, tree.missing_go_to_left).astype(int).tolist(),
        "value": _numbers(values),
    }


def _hist_features(model) -> list[tuple[int, list[int]]]:
    """Of each feature that the trees see: its number in the rows, and its categories by code."""
    if model._preprocessor is None:
        return [(feature, []) for feature in range(model.n_features_in_)]
    # The categorical ones come first, as codes.
    categorical = np.flatnonzero(model.is_categorical_).tolist()
    encoder = model._preprocessor.named_transformers_["encoder"]
    features = []
    for feature, values in zip(categorical, encoder.categories_):
        known = [value for value in values.tolist() if value == value]  # NaN is no category
        for value in known:
            is_number = isinstance(value, (int, float)) and 0 <= value <= MAX_CATEGORY
            if not (is_number and value == int(value)):
                raise ExportError(
                    f"feature {feature} has the category {value!r}: train on whole numbers from 0 on"
                )
        features.append((feature, [int(value) for value in known]))
    return features + [(feature, []) for feature in np.flatnonzero(~model.is_categorical_).tolist()]


def _hist_tree(predictor, target: int, features: list[tuple[int, list[int]]]) -> dict:
    """A tree of HistGradientBoosting, whose nodes are records."""
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"] != 0
    tree = {
        "target": target,
        "left": np.where(is_leaf, NO_CHILD, nodes["left"].astype(np.int64)).tolist(),
        "right": np.where(is_leaf, NO_CHILD, nodes["right"].astype(np.int64)).tolist(),
        "feature": [
            -1 if leaf else features[seen][0]
            for leaf, seen in zip(is_leaf.tolist(), nodes["feature_idx"].tolist())
        ],
        "threshold": _thresholds(np.where(is_leaf, 0, nodes["num_threshold"])),
        "missing_left": np.where(is_leaf, 0, nodes["missing_go_to_left"]).astype(int).tolist(),
        "value": _numbers(nodes["value"]),
    }
    categorical = np.flatnonzero((nodes["is_categorical"] != 0) & ~is_leaf).tolist()
    if categorical:
        tree["categories"] = [None] * len(nodes)
    for number in categorical:
        node = nodes[number]
        bits = predictor.raw_left_cat_bitsets[node["bitset_idx"]].tolist()
        known = features[node["feature_idx"]][1]
        goes_left = [bool(bits[code // 32] >> code % 32 & 1) for code in range(len(known))]
        # NaN and unknown categories go together, and in this format left.
        stays = bool(node["missing_go_to_left"])
        if not stays:
            tree["left"][number], tree["right"][number] = tree["right"][number], tree["left"][number]
            tree["missing_left"][number] = 1
        tree["categories"][number] = [c for c, left in zip(known, goes_left) if left != stays]
    return tree


def _gradient_boosting(model) -> dict:
    if model.init_ != "zero" and not type(model.init_).__name__.startswith("Dummy"):
        raise ExportError("init is a model of its own: train with init=None or init='zero'")
    scores = model.estimators_.shape[1]
    # A constant, the same for every row.
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32))
    return {
        "link": _link(model, scores),
        "zero_is_second": True,
        # AdaBoost's loss takes the score for half the logit.
        "slope": 2 if model.loss == "exponential" else 1,
        "start": _numbers(start),
        "divisor": 1,
        "trees": [
            _tree(estimator.tree_, k, model.learning_rate * estimator.tree_.value)
            for stage in model.estimators_
            for k, estimator in enumerate(stage)
        ],
    }


def _hist_gradient_boosting(model) -> dict:
    if model.loss in ("poisson", "gamma"):
        raise ExportError(
            f"its loss is {model.loss}, whose predictions are exp(score), no plain values: train with "
            "squared_error, absolute_error or quantile"
        )
    scores = len(model._predictors[0])
    features = _hist_features(model)
    return {
        "link": _link(model, scores),
        "zero_is_second": False,
        "start": _numbers(model._baseline_prediction),
        "divisor": 1,
        "trees": [
            _hist_tree(predictor, k, features)
            for stage in model._predictors
            for k, predictor in enumerate(stage)
        ],
    }


def _forest(model, estimators: Sequence) -> dict:
    if model.n_outputs_ != 1:
        raise ExportError(f"it has {model.n_outputs_} outputs; one is supported")
    is_classifier = hasattr(model, "classes_")
    trees = []
    for estimator in estimators:
        # Of a classifier, the shares of the classes.
        values = estimator.tree_.value[:, 0, :]
        trees.append(_tree(estimator.tree_, None if is_classifier else 0, values))
    scores = len(model.classes_) if is_classifier else 1
    return {
        "link": "shares" if is_classifier else "identity",
        "zero_is_second": False,
        "start": [0.0] * scores,
        "divisor": len(estimators),
        "trees": trees,
    }


def _link(model, scores: int) -> str:
    if not hasattr(model, "classes_"):
        return "identity"
    return "logistic" if scores == 1 else "softmax"


def to_document(model) -> dict:
    """The JSON document of a fitted model. Raises ExportError if its kind is not supported."""
    kind = type(model).__name__
    if kind.startswith("HistGradientBoosting"):
        trees = _hist_gradient_boosting(model)
    elif kind.startswith("GradientBoosting"):
        trees = _gradient_boosting(model)
    elif kind.startswith(("RandomForest", "ExtraTrees")):
        trees = _forest(model, model.estimators_)
    elif kind.startswith(("DecisionTree", "ExtraTree")):
        trees = _forest(model, [model])
    else:
        raise ExportError(f"{kind} is not supported: trees, forests and gradient boosting are")
    names = getattr(model, "feature_names_in_", None)
    classes = getattr(model, "classes_", None)
    return {
        "format": "marquee-trees",
        "version": 1,
        "library": f"scikit-learn {sklearn.__version__} {kind}",
        "num_features": int(model.n_features_in_),
        "features": None if names is None else [str(name) for name in names],
        "takes_missing": bool(model.__sklearn_tags__().input_tags.allow_nan),
        "classes": None if classes is None else [str(name) for name in classes.tolist()],
        **trees,
    }


def write(model, path: str) -> None:
    """Write a fitted model's trees. Raises ExportError if its kind is not supported."""
    document = to_document(model)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, allow_nan=False, separators=(",", ":"))


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    import joblib

    try:
        write(joblib.load(sys.argv[1]), sys.argv[2])
    except ExportError as error:
        print(f"export_sklearn: {sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
