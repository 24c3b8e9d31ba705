#!/usr/bin/env python3
"""Make the small models of fixtures/, and what their libraries say of a few rows. Needed only to change them:

    build/python/peers/bin/python tests/model/import/make_fixtures.py

The data are generated: normal columns a, b, c with a tenth missing, and d, one of six categories.
"""

import json
import sys
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnx
import skl2onnx
import sklearn.ensemble
import xgboost
from skl2onnx.common.data_types import FloatTensorType

ROOT = Path(__file__).resolve().parents[3]
OUT = Path(__file__).resolve().parent / "fixtures"
sys.path.insert(0, str(ROOT / "model" / "import"))

import export_sklearn  # noqa: E402
import golden  # noqa: E402

NAMES = list("abcd")
CLASSES = ["low", "mid", "high"]
rng = np.random.default_rng(7)
x = rng.normal(size=(2000, 4)).astype(np.float32)
x[:, 3] = rng.integers(0, 6, len(x))
value = x[:, 0] + x[:, 1] * x[:, 2] + x[:, 3] % 2
three = np.digitize(value, [-0.3, 0.8])
two = (value > 0).astype(int)
x[:, :3][rng.random((len(x), 3)) < 0.1] = np.nan
rows = x[:24].copy()
rows[20] = 0
rows[21, :3] = [1e-35, -1e-35, 1e30]
rows[22, :3] = np.nan
rows[23, 3] = 40
full = np.nan_to_num(x)
scores = {}


def keep(name: str, raw: np.ndarray, of: np.ndarray = rows) -> None:
    """The library's scores, as f32."""
    raw = np.asarray(raw, np.float64).reshape(len(of), -1)
    scores[name] = [[float(np.float32(score)) for score in row] for row in raw.tolist()]


def fit_xgboost(name: str, label: np.ndarray, types: str = "qqqq", **params) -> None:
    settings = {"feature_names": NAMES, "feature_types": list(types), "enable_categorical": True}
    params = {"max_depth": 2, "nthread": 1} | params
    booster = xgboost.train(params, xgboost.DMatrix(x, label, **settings), 2)
    booster.save_model(OUT / name)
    keep(name, booster.predict(xgboost.DMatrix(rows, **settings), output_margin=True))


def fit_lightgbm(name: str, label: np.ndarray, categorical: bool, **params) -> None:
    params = {"num_leaves": 4, "verbose": -1, "num_threads": 1} | params
    data = lightgbm.Dataset(x, label, feature_name=NAMES, categorical_feature=[3] if categorical else [])
    booster = lightgbm.train(params, data, 2)
    text = booster.model_to_string(importance_type="split")
    # What follows has no part in scoring.
    text = text[: text.index("\nparameters:")] + "\n"
    (OUT / name).write_text(text.replace("pandas_categorical:null\n", ""))
    keep(name, lightgbm.Booster(model_file=OUT / name).predict(rows, raw_score=True))


def fit_catboost(name: str, label: np.ndarray, **params) -> None:
    settings = {"iterations": 2, "depth": 2, "random_seed": 1, "verbose": False, "allow_writing_files": False}
    model = catboost.CatBoost(settings | params).fit(catboost.Pool(x, label, feature_names=NAMES))
    model.save_model(str(OUT / name), format="json")
    document = json.loads((OUT / name).read_text())
    info = document["model_info"]
    document["model_info"] = {
        "params": {"loss_function": info["params"]["loss_function"]},
        "class_params": info["class_params"],
    }
    (OUT / name).write_text(json.dumps(document, separators=(",", ":")))
    keep(name, model.predict(rows, prediction_type="RawFormulaVal"))


def ensemble_onnx(boosting) -> onnx.ModelProto:
    """The trees of a gradient boosting as the operator of ai.onnx.ml 5, which no converter writes yet."""
    ints = {key: [] for key in ("nodes_featureids", "leaf_targetids", "tree_roots")}
    ints |= {f"nodes_{side}{what}": [] for side in ("true", "false") for what in ("nodeids", "leafs")}
    splits, weights = [], []
    for stage in boosting.estimators_:
        for score, tree in enumerate(estimator.tree_ for estimator in stage):
            is_leaf = tree.children_left < 0
            # Numbers of nodes and of leaves, of all trees together.
            number = np.where(is_leaf, len(weights) + is_leaf.cumsum(), len(splits) + (~is_leaf).cumsum()) - 1
            ints["tree_roots"].append(int(number[0]))
            ints["nodes_featureids"] += tree.feature[~is_leaf].tolist()
            for side, children in (("true", tree.children_left[~is_leaf]), ("false", tree.children_right[~is_leaf])):
                ints[f"nodes_{side}nodeids"] += number[children].tolist()
                ints[f"nodes_{side}leafs"] += is_leaf[children].astype(int).tolist()
            splits += tree.threshold[~is_leaf].tolist()
            weights += (boosting.learning_rate * tree.value[is_leaf].ravel()).tolist()
            ints["leaf_targetids"] += [score] * int(is_leaf.sum())
    tensors = {
        "nodes_splits": np.array(splits, np.float32),
        "nodes_modes": np.zeros(len(splits), np.uint8),
        "leaf_weights": np.array(weights, np.float32),
    }
    node = onnx.helper.make_node(
        "TreeEnsemble",
        ["rows"],
        ["scores"],
        domain="ai.onnx.ml",
        n_targets=boosting.estimators_.shape[1],
        post_transform=1,  # SOFTMAX
        **ints,
        **{name: onnx.numpy_helper.from_array(values) for name, values in tensors.items()},
    )
    read = onnx.helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, [None, len(NAMES)])
    written = onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph([node], "trees", [read], [written])
    sets = [onnx.helper.make_opsetid("ai.onnx.ml", 5)]
    return onnx.helper.make_model(graph, opset_imports=sets, ir_version=10)


fit_xgboost("xgboost_softprob.json", three, objective="multi:softprob", num_class=3)
fit_xgboost("xgboost_categories.json", two, "qqqc", objective="binary:logistic", max_cat_to_onehot=2)
fit_xgboost(
    "xgboost_vector.json", three, objective="multi:softprob", num_class=3, multi_strategy="multi_output_tree"
)
fit_lightgbm("lightgbm_multiclass.txt", three, True, objective="multiclass", num_class=3)
fit_lightgbm("lightgbm_zero.txt", two, False, objective="binary", zero_as_missing=True)
fit_catboost("catboost_symmetric.json", three, loss_function="MultiClass")
fit_catboost("catboost_nested.json", two, loss_function="Logloss", grow_policy="Depthwise", nan_mode="Max")
forest = sklearn.ensemble.RandomForestClassifier(2, max_depth=2, random_state=1)
forest.fit(x, np.array(CLASSES)[three])
export_sklearn.write(forest, OUT / "sklearn_forest.json")
keep("sklearn_forest.json", golden.raw_sklearn(forest, rows))
boosting = sklearn.ensemble.GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=1).fit(full, three)
converted = skl2onnx.to_onnx(
    boosting, initial_types=[("rows", FloatTensorType([None, 4]))], options={id(boosting): {"zipmap": False}}
)
(OUT / "onnx_boosting.onnx").write_bytes(converted.SerializeToString())
keep("onnx_boosting.onnx", golden.score_onnx(str(OUT / "onnx_boosting.onnx"), np.nan_to_num(rows)))
(OUT / "onnx_ensemble.onnx").write_bytes(ensemble_onnx(boosting).SerializeToString())
keep("onnx_ensemble.onnx", golden.score_onnx(str(OUT / "onnx_ensemble.onnx"), np.nan_to_num(rows)))
document = {
    "names": NAMES,
    "rows": [[None if np.isnan(one) else float(one) for one in row] for row in rows.tolist()],
    "scores": scores,
}
text = json.dumps(document, separators=(",", ":"))
(OUT / "expected.json").write_text(text.replace("]],", "]],\n").replace('"rows"', '\n"rows"') + "\n")
