"""Other libraries' models of movies, from the columns that `marquee features` writes to the classes that `marquee score` prints.

Each library fits a model on generated movies; it is imported with golden rows that the library scores, verified, and scores the same file:
every row must get the class that the library gives it, and `marquee run` must report the macro-F1 that scikit-learn computes.
"""
import csv
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Behind the other paths: model/import has a golden.py too.
sys.path.append(str(ROOT / "model" / "train"))

import export_sklearn  # noqa: E402
import feature_file  # noqa: E402

CLASSES = ["low", "mid", "high"]


@dataclass(frozen=True)
class Movies:
    """The columns of a base model that need no training: numbers as they are, a flag a genre."""

    names: list[str]
    ids: np.ndarray
    columns: np.ndarray  # [rows, names] float32
    labels: np.ndarray  # [rows], a class
    labelled: np.ndarray  # [rows] bool: has one


def _call(*command) -> str:
    """What a command printed. Raises SystemExit if it failed."""
    ran = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"import-check: '{' '.join(map(str, command))}' failed; what it said is above")
    return ran.stdout


def read_movies(program: pathlib.Path, data: pathlib.Path, folder: pathlib.Path) -> Movies:
    """The columns of a CSV file, as `marquee features` writes them."""
    _call(program, "features", "--data", data, "-o", folder / "movies.features", "--items", folder / "items.jsonl")
    features = feature_file.read_features(folder / "movies.features")
    known = json.loads(_call(program, "model", "inspect", "--json"))["columns"]
    names, columns = list(feature_file.NUMERIC_NAMES), [features.numeric]
    genres = features.lists[feature_file.LIST_NAMES.index("genres")]
    for item in feature_file.read_items(folder / "items.jsonl"):
        name = f"genres={item.text}"
        if item.list_number != 0 or name not in known:
            continue
        flags = np.zeros((len(features), 1), np.float32)
        flags[genres.row_of_item[genres.codes == item.code]] = 1
        names.append(name)
        columns.append(flags)
    return Movies(names, features.ids, np.hstack(columns), features.target_class.astype(int), features.labelled)


def fit_xgboost(movies: Movies, path: pathlib.Path) -> np.ndarray:
    import xgboost
    used = movies.labelled
    params = {"objective": "multi:softprob", "num_class": 3, "max_depth": 5, "nthread": 1}
    booster = xgboost.train(params, xgboost.DMatrix(movies.columns[used], movies.labels[used], feature_names=movies.names), 30)
    booster.save_model(path)
    return booster.predict(xgboost.DMatrix(movies.columns, feature_names=movies.names)).argmax(axis=1)


def fit_lightgbm(movies: Movies, path: pathlib.Path) -> np.ndarray:
    import lightgbm
    used = movies.labelled
    data = lightgbm.Dataset(movies.columns[used], movies.labels[used], feature_name=movies.names)
    booster = lightgbm.train({"objective": "multiclass", "num_class": 3, "num_threads": 1, "verbose": -1}, data, 30)
    booster.save_model(path)
    return booster.predict(movies.columns).argmax(axis=1)


def fit_catboost(movies: Movies, path: pathlib.Path) -> np.ndarray:
    import catboost
    used = movies.labelled
    model = catboost.CatBoost({"loss_function": "MultiClass", "iterations": 60, "depth": 5, "random_seed": 1, "thread_count": 1, "verbose": False,
                               "allow_writing_files": False})
    # Every column can lack a value somewhere; without one in training CatBoost would refuse it.
    model.fit(catboost.Pool(movies.columns[used], movies.labels[used], feature_names=movies.names))
    model.save_model(str(path))
    return model.predict(movies.columns, prediction_type="RawFormulaVal").argmax(axis=1)


def fit_sklearn(movies: Movies, path: pathlib.Path) -> np.ndarray:
    import joblib
    import pandas
    import sklearn.ensemble
    rows = pandas.DataFrame(movies.columns, columns=movies.names)
    labels = np.array(CLASSES)[np.minimum(movies.labels, 2)]
    model = sklearn.ensemble.HistGradientBoostingClassifier(max_iter=30, random_state=1).fit(rows[movies.labelled], labels[movies.labelled])
    joblib.dump(model, path.with_suffix(".joblib"))
    export_sklearn.write(model, path)
    return np.array([CLASSES.index(name) for name in model.predict(rows)])


def fit_onnx(movies: Movies, path: pathlib.Path) -> np.ndarray:
    import onnxruntime
    import skl2onnx
    import sklearn.ensemble
    from skl2onnx.common.data_types import FloatTensorType
    used = movies.labelled
    rows = np.nan_to_num(movies.columns)
    model = sklearn.ensemble.GradientBoostingClassifier(n_estimators=30, random_state=1).fit(rows[used], movies.labels[used])
    onnx = skl2onnx.to_onnx(model, initial_types=[("rows", FloatTensorType([None, rows.shape[1]]))], options={id(model): {"zipmap": False}})
    path.write_bytes(onnx.SerializeToString())
    path.with_suffix(".names").write_text("\n".join(movies.names) + "\n", encoding="utf-8")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"rows": movies.columns})[0]


FITS: dict[str, Callable[[Movies, pathlib.Path], np.ndarray]] = {
    "xgboost.ubj": fit_xgboost,
    "lightgbm.txt": fit_lightgbm,
    "catboost.cbm": fit_catboost,
    "sklearn.json": fit_sklearn,
    "forest.onnx": fit_onnx,
}


def check_movies(program: pathlib.Path, folder: pathlib.Path, rows: int = 4000) -> None:
    """Go all the way with each library. Raises SystemExit where anything differs."""
    from sklearn.metrics import f1_score
    data = folder / "movies.csv"
    _call(program, "generate", "--rows", rows, "-o", data)
    movies = read_movies(program, data, folder)
    for name, fit in FITS.items():
        file, model = folder / name, folder / "imported.model"
        expected = fit(movies, file)
        names = file.with_suffix(".names")
        features = ["--features", names] if names.exists() else []
        asked = file.with_suffix(".joblib") if name.startswith("sklearn") else file
        golden = [ROOT / "model/import/golden.py", "--marquee", program, "--model", asked]
        _call(sys.executable, *golden, "--", "--from", file, *features, "-o", model)
        _call(program, "model", "verify", model)
        printed = list(csv.DictReader(_call(program, "score", data, "--model", model).splitlines()))
        # Both in the order of the file, where an id may come again.
        if [int(line["id"]) for line in printed] != movies.ids.tolist():
            raise SystemExit("import-check: 'marquee features' and 'marquee score' give other rows")
        ours = np.array([CLASSES.index(line["class"]) for line in printed])
        f1 = json.loads(_call(program, "run", "--data", data, "--model", model, "--json"))["macro_f1"]
        theirs = f1_score(movies.labels[movies.labelled], expected[movies.labelled], average="macro")
        print(f"import-check: movies by {name}: {int((ours != expected).sum())} of {len(ours)} rows differ, F1 {f1:.6f}, theirs {theirs:.6f}", file=sys.stderr)
        if np.any(ours != expected) or abs(f1 - theirs) > 1e-9:
            raise SystemExit(f"import-check: movies by {name}: not what the library says")
