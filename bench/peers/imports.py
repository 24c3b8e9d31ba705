#!/usr/bin/env python3
"""Do imported models say what their libraries say, and how fast? One table over libraries and kinds of model.

    ./run import-check            100,352 rows a model (the default); the record goes to build/bench/results/imports.json
    ./run import-check --smoke    few rows and trees: whether it works

Each library fits models on generated rows, with missing values and categories where it takes them, and saves them; score_import imports each
file, scores the same rows with every engine that takes it (they must agree bit by bit), and is timed, batches of 512 rows on one core. The
library scores all rows in one call on one thread, which is the best it can do. Of both, the faster of two times counts. The largest difference is
taken over all rows and raw scores, the library's rounded to f32; where the import promises the same bits it must be 0, else within the bound that
it states.
"""
import argparse
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "model" / "import"), str(ROOT / "bench")]
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

import export_sklearn  # noqa: E402
import golden  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402
from import_movies import check_movies  # noqa: E402

PACKAGES = ("catboost", "lightgbm", "onnxmltools", "onnxruntime", "scikit-learn", "skl2onnx", "xgboost-cpu")
SEED = 20171
COLUMNS, CATEGORIES = 12, 40
CATEGORICAL = 11  # the column that holds categories


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows to train on and rows to score; with missing values, and without."""

    training: np.ndarray
    rows: np.ndarray
    targets: np.ndarray  # a value
    three: np.ndarray  # one of three classes
    two: np.ndarray

    def filled(self) -> "Data":
        """The same without missing values."""
        return dataclasses.replace(self, training=np.nan_to_num(self.training), rows=np.nan_to_num(self.rows))


def make_data(training: int, rows: int) -> Data:
    """Normal columns, one of small counts with zeros, one of categories; a tenth of the values is missing."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(0, 2, (training + rows, COLUMNS)).astype(np.float32)
    x[:, 9] = rng.poisson(0.8, len(x)) * rng.choice([1, -1], len(x))
    x[:, CATEGORICAL] = rng.integers(0, CATEGORIES, len(x))
    effect = rng.normal(0, 1, CATEGORIES)
    value = x[:, 0] + x[:, 1] * x[:, 2] / 2 + np.abs(x[:, 9]) + effect[x[:, CATEGORICAL].astype(int)] + rng.normal(0, 0.5, len(x))
    x[rng.random(x.shape) < 0.1] = np.nan
    value = value[:training].astype(np.float32)
    three = np.digitize(value, np.quantile(value, [0.4, 0.75]))
    return Data(x[:training], x[training:], value, three, (three > 0).astype(int))


@dataclasses.dataclass(frozen=True)
class Case:
    """One model: how it is fitted and saved, and how its library scores rows."""

    library: str
    kind: str
    save: Callable[[pathlib.Path, int], Callable[[np.ndarray], np.ndarray]]
    suffix: str
    classes: int
    missing: bool = True
    categories: int = 0

    @property
    def model(self) -> str:
        return f"{self.kind} ({self.suffix})"


def xgboost_case(data: Data, kind: str, suffix: str, classes: int, categories: int = 0, **params) -> Case:
    def save(path: pathlib.Path, trees: int):
        import xgboost
        label = {1: data.targets, 2: data.two}.get(classes, data.three)
        types = ["q"] * CATEGORICAL + ["c" if categories else "q"]
        matrix = xgboost.DMatrix(data.training, label, feature_types=types, enable_categorical=True)
        settings = {"max_depth": 6, "eta": 0.15, "nthread": 1, "seed": 1, "tree_method": "hist"} | params
        booster = xgboost.train(settings, matrix, trees)
        booster.save_model(path)
        if categories:  # inplace_predict takes numbers only; the scores of a matrix that was seen before are cached
            return lambda rows: booster.predict(xgboost.DMatrix(rows, feature_types=types, enable_categorical=True), output_margin=True)
        return lambda rows: booster.inplace_predict(rows, predict_type="margin")
    return Case("XGBoost", kind, save, suffix, classes, categories=categories)


def lightgbm_case(data: Data, kind: str, classes: int, categories: int = 0, **params) -> Case:
    def save(path: pathlib.Path, trees: int):
        import lightgbm
        label = {1: data.targets, 2: data.two}.get(classes, data.three)
        settings = {"num_leaves": 63, "learning_rate": 0.15, "verbose": -1, "num_threads": 1, "seed": 1} | params
        dataset = lightgbm.Dataset(data.training, label, categorical_feature=[CATEGORICAL] if categories else [])
        booster = lightgbm.train(settings, dataset, trees)
        booster.save_model(path)
        divisor = golden.lightgbm_divisor(booster)
        return lambda rows: booster.predict(rows, raw_score=True, num_threads=1) / divisor
    return Case("LightGBM", kind, save, ".txt", classes, categories=categories)


def catboost_case(data: Data, kind: str, suffix: str, classes: int, missing: bool = True, **params) -> Case:
    def save(path: pathlib.Path, trees: int):
        import catboost
        label = {1: data.targets, 2: data.two}.get(classes, data.three)
        model = catboost.CatBoost({"iterations": trees, "depth": 6, "learning_rate": 0.15, "random_seed": 1, "thread_count": 1, "verbose": False,
                                   "allow_writing_files": False} | params)
        model.fit(data.training, label)
        model.save_model(str(path), format=suffix[1:])
        return lambda rows: model.predict(rows, prediction_type="RawFormulaVal", thread_count=1)
    return Case("CatBoost", kind, save, suffix, classes, missing)


def sklearn_case(data: Data, name: str, classes: int, missing: bool, categories: int = 0, **params) -> Case:
    def save(path: pathlib.Path, trees: int):
        import sklearn.ensemble
        import sklearn.tree
        module = sklearn.tree if name.startswith("DecisionTree") else sklearn.ensemble
        label = {1: data.targets, 2: data.two}.get(classes, data.three)
        count = {} if name.startswith("DecisionTree") else {"max_iter" if name.startswith("Hist") else "n_estimators": trees}
        model = getattr(module, name)(random_state=1, **count, **params).fit(data.training, label)
        export_sklearn.write(model, path)
        return lambda rows: golden.raw_sklearn(model, rows)
    return Case("scikit-learn", name, save, ".json", classes, missing, categories)


def onnx_case(data: Data, kind: str, classes: int, make: Callable) -> Case:
    def save(path: pathlib.Path, trees: int):
        path.write_bytes(make(data, trees).SerializeToString())
        return golden.onnx_scorer(str(path))
    return Case("ONNX Runtime", kind, save, ".onnx", classes, missing="scikit" not in kind)


def onnx_of_xgboost(objective: str, **params):
    def make(data: Data, trees: int):
        import onnxmltools
        import xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType
        label = data.three if objective.startswith("multi") else data.two if objective.startswith("binary") else data.targets
        booster = xgboost.train({"objective": objective, "max_depth": 6, "eta": 0.15, "nthread": 1} | params, xgboost.DMatrix(data.training, label), trees)
        return onnxmltools.convert_xgboost(booster, initial_types=[("rows", FloatTensorType([None, COLUMNS]))])
    return make


def onnx_of_catboost(data: Data, trees: int):
    import catboost
    import onnx
    model = catboost.CatBoost({"loss_function": "Logloss", "iterations": trees, "depth": 6, "random_seed": 1, "thread_count": 1, "verbose": False,
                               "allow_writing_files": False}).fit(data.training, data.two)
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.onnx", format="onnx")
        return onnx.load(f"{folder}/model.onnx")


def onnx_of_sklearn(name: str, classes: int = 3, **params):
    def make(data: Data, trees: int):
        import skl2onnx
        import sklearn.ensemble
        from skl2onnx.common.data_types import FloatTensorType
        label = {2: data.two, 3: data.three}[classes] if name.endswith("Classifier") else data.targets
        model = getattr(sklearn.ensemble, name)(n_estimators=trees, random_state=1, **params).fit(data.training, label)
        options = {id(model): {"zipmap": False}} if name.endswith("Classifier") else None
        return skl2onnx.to_onnx(model, initial_types=[("rows", FloatTensorType([None, COLUMNS]))], options=options)
    return make


def all_cases(data: Data) -> list[Case]:
    full = data.filled()
    return [
        xgboost_case(data, "squared error", ".json", 1, objective="reg:squarederror"),
        xgboost_case(data, "logistic", ".ubj", 2, objective="binary:logistic"),
        xgboost_case(data, "logistic, depth 12", ".json", 2, objective="binary:logistic", max_depth=12),
        xgboost_case(data, "softprob", ".json", 3, objective="multi:softprob", num_class=3),
        xgboost_case(data, "softprob", ".ubj", 3, objective="multi:softprob", num_class=3),
        xgboost_case(data, "softmax, a forest a round", ".ubj", 3, objective="multi:softmax", num_class=3, num_parallel_tree=3, subsample=0.7),
        xgboost_case(data, "one tree for all classes", ".json", 3, objective="multi:softprob", num_class=3, multi_strategy="multi_output_tree"),
        xgboost_case(data, "categories", ".json", 2, CATEGORIES, objective="binary:logistic", max_cat_to_onehot=4),
        xgboost_case(data, "categories, lossguide", ".ubj", 3, CATEGORIES, objective="multi:softprob", num_class=3, grow_policy="lossguide", max_leaves=40,
                     max_depth=0),
        lightgbm_case(data, "regression", 1, objective="regression"),
        lightgbm_case(data, "binary, sigmoid 1.7", 2, objective="binary", sigmoid=1.7),
        lightgbm_case(data, "multiclass", 3, objective="multiclass", num_class=3),
        lightgbm_case(data, "one against all", 3, objective="multiclassova", num_class=3),
        lightgbm_case(data, "zero as missing", 1, objective="regression", zero_as_missing=True),
        lightgbm_case(data, "no missing", 1, objective="regression", use_missing=False),
        lightgbm_case(data, "random forest", 3, objective="multiclass", num_class=3, boosting="rf", bagging_freq=1, bagging_fraction=0.6),
        lightgbm_case(data, "dart, categories", 2, CATEGORIES, objective="binary", boosting="dart"),
        lightgbm_case(data, "multiclass, categories", 3, CATEGORIES, objective="multiclass", num_class=3),
        lightgbm_case(data, "1,000 leaves", 1, objective="regression", num_leaves=1000, min_data_in_leaf=1),
        catboost_case(data, "symmetric, NaN below", ".json", 1, loss_function="RMSE"),
        catboost_case(data, "symmetric, NaN below", ".cbm", 1, loss_function="RMSE"),
        catboost_case(data, "symmetric, NaN above", ".cbm", 2, loss_function="Logloss", nan_mode="Max"),
        catboost_case(data, "symmetric", ".json", 3, loss_function="MultiClass"),
        catboost_case(full, "symmetric, NaN forbidden", ".cbm", 3, missing=False, loss_function="MultiClassOneVsAll", nan_mode="Forbidden"),
        catboost_case(data, "depth-wise", ".json", 2, loss_function="Logloss", grow_policy="Depthwise"),
        catboost_case(data, "loss-guided", ".cbm", 3, loss_function="MultiClass", grow_policy="Lossguide", max_leaves=40),
        catboost_case(data, "loss-guided", ".json", 3, loss_function="MultiClass", grow_policy="Lossguide", max_leaves=40),
        sklearn_case(full, "GradientBoostingRegressor", 1, False, max_depth=5),
        sklearn_case(full, "GradientBoostingClassifier", 2, False, max_depth=5),
        sklearn_case(full, "GradientBoostingClassifier", 2, False, max_depth=5, loss="exponential"),
        sklearn_case(full, "GradientBoostingClassifier", 3, False, max_depth=5),
        sklearn_case(data, "HistGradientBoostingRegressor", 1, True),
        sklearn_case(data, "HistGradientBoostingClassifier", 2, True),
        sklearn_case(data, "HistGradientBoostingClassifier", 3, True),
        sklearn_case(data, "HistGradientBoostingClassifier", 3, True, CATEGORIES, categorical_features=[CATEGORICAL]),
        sklearn_case(data, "RandomForestRegressor", 1, True, max_depth=12, n_jobs=1),
        sklearn_case(data, "RandomForestClassifier", 3, True, max_depth=12, n_jobs=1),
        sklearn_case(data, "ExtraTreesClassifier", 2, True, max_depth=12, n_jobs=1),
        sklearn_case(data, "DecisionTreeClassifier", 3, True),
        sklearn_case(data, "DecisionTreeRegressor", 1, True),
        onnx_case(data, "of XGBoost, squared error", 1, onnx_of_xgboost("reg:squarederror")),
        onnx_case(data, "of XGBoost, logistic", 2, onnx_of_xgboost("binary:logistic")),
        onnx_case(data, "of XGBoost, softprob", 3, onnx_of_xgboost("multi:softprob", num_class=3)),
        onnx_case(data, "of CatBoost, logistic", 2, onnx_of_catboost),
        onnx_case(full, "of scikit-learn, random forest", 2, onnx_of_sklearn("RandomForestClassifier", 2, max_depth=10)),
        onnx_case(full, "of scikit-learn, random forest", 3, onnx_of_sklearn("RandomForestClassifier", max_depth=10)),
        onnx_case(full, "of scikit-learn, random forest", 1, onnx_of_sklearn("RandomForestRegressor", max_depth=10)),
        onnx_case(full, "of scikit-learn, gradient boosting", 3, onnx_of_sklearn("GradientBoostingClassifier", max_depth=5)),
    ]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    difference: float
    theirs_ns: float
    ours: dict

    def results(self) -> list[record.Result]:
        """Our figure, with all that one wants to know of the case, and theirs."""
        case, ours = self.case, self.ours
        name = f"{case.library}/{case.model}, {f'{case.classes} classes' if case.classes > 1 else 'a value'}, {case.categories} categories"
        details = {"library": case.library, "model": case.model, "trees": ours["trees"], "depth": ours["depth"], "classes": case.classes,
                   "missing": case.missing, "categories": case.categories, "max_difference": self.difference, "bound": ours["bound"],
                   "why": ours["why"], "engine": ours["engine"]}
        marquee = record.Result(f"{name}/Marquee", "ns/row", (ours["ns_per_row"],), details=details)
        return [marquee, record.Result(f"{name}/{case.library}", "ns/row", (self.theirs_ns,), marquee.name, self.theirs_ns / marquee.value)]


def check(case: Case, data: Data, trees: int, program: pathlib.Path, folder: pathlib.Path) -> Outcome:
    """Fit, save, import, and score the same rows on both sides."""
    model = folder / f"model{case.suffix}"
    rows = data.rows if case.missing else np.nan_to_num(data.rows)
    predict = case.save(model, trees)
    predict(rows[:64])
    times = []
    for _ in range(2):
        begin = time.process_time_ns()
        raw = predict(rows)
        times.append((time.process_time_ns() - begin) / len(rows))
    expected = np.asarray(raw).reshape(len(rows), -1).astype(np.float32)
    (folder / "rows").write_bytes(rows.T.tobytes())
    command = [program, "--from", model, "--rows", folder / "rows", "--scores", folder / "scores", "--columns", COLUMNS, "--classes", max(case.classes, 2)]
    ran = subprocess.run(["taskset", "--cpu-list", str(min(os.sched_getaffinity(0))), *map(str, command)], stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"import-check: {case.library}, {case.model}: score_import failed; what it said is above")
    ours = json.loads(ran.stdout)
    scores = np.fromfile(folder / "scores", np.float32).reshape(len(rows), -1)
    if scores.shape != expected.shape:
        raise SystemExit(f"import-check: {case.library}, {case.kind}: {scores.shape} scores instead of {expected.shape}")
    difference = float(np.abs(scores.astype(np.float64) - expected).max())
    return Outcome(case, difference, min(times), ours)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--score-import", type=pathlib.Path, default=ROOT / "build/bench/bench/score_import", help="the program that imports and scores")
    parser.add_argument("--marquee", type=pathlib.Path, default=ROOT / "build/release/marquee", help="the program, for the way of movies through it (import_movies.py)")
    parser.add_argument("--smoke", action="store_true", help="few rows and trees")
    parser.add_argument("--rows", type=int, default=100_352)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--only", default="", help="only libraries or kinds with this in their name")
    options = parser.parse_args()
    count, trees, training = (2_000, 8, 2_000) if options.smoke else (options.rows, options.trees, 10_000)
    warnings.simplefilter("ignore")
    data = make_data(training, count)
    results, wrong = [], []
    with tempfile.TemporaryDirectory() as folder:
        if not options.only:
            check_movies(options.marquee, pathlib.Path(folder))
        for case in all_cases(data):
            if options.only.lower() not in f"{case.library} {case.model}".lower():
                continue
            print(f"import-check: {case.library}, {case.model}", file=sys.stderr)
            outcome = check(case, data, trees, options.score_import, pathlib.Path(folder))
            results += outcome.results()
            if not outcome.difference <= outcome.ours["bound"]:
                wrong.append(f"{case.library}, {case.model}: {outcome.difference:.3g} off, {outcome.ours['bound']:.3g} is the bound")
        # Only what is whole and right is to be quoted.
        target = pathlib.Path(folder) if options.smoke or options.only or wrong else record.FRESH
        record.write(target / "imports.json", kind="imports", command=shlex.join(["./run", "import-check", *sys.argv[1:]]), results=results, seed=SEED, rows=count, trees=trees,
                     training_rows=training, environment=record.environment(options.score_import.parents[1], peers={
                         package: importlib.metadata.version(package) for package in PACKAGES}))
        print(report.imports(record.read(target / "imports.json")))
    for one in wrong:
        print(f"import-check: WRONG: {one}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
