#!/usr/bin/env python3
"""Import a model with golden rows that its own library scores.

    golden.py [--marquee PROGRAM] [--model MODEL] -- --from FILE -o OUT.model …

Behind -- are the arguments of `marquee model import`. Or only the middle one of the three steps that this takes:

    marquee model import --from FILE … --probe ROWS.csv
    golden.py MODEL ROWS.csv SCORES.csv
    marquee model import --from FILE … --golden SCORES.csv -o OUT.model

MODEL, by default FILE, is XGBoost's .json or .ubj, LightGBM's .txt, CatBoost's .json or .cbm, an .onnx file,
or a scikit-learn model in a .joblib or .pkl file (reading one runs code in it: only your own). The scores are
raw ones, before any sigmoid or softmax.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np


def read_rows(path: str) -> tuple[str, np.ndarray]:
    """The rows' mark, and the rows as f32."""
    with open(path, encoding="utf-8") as file:
        mark = file.readline().split()[-1]
        file.readline()  # names
        rows = np.array([line.split(",") for line in file], np.float32)
    return mark, rows


def score_xgboost(path: str, rows: np.ndarray) -> np.ndarray:
    """Margins. Categories are numbers."""
    import xgboost

    booster = xgboost.Booster(model_file=path)
    types = booster.feature_types
    data = xgboost.DMatrix(
        rows,
        feature_names=booster.feature_names,
        feature_types=types,
        enable_categorical=bool(types and "c" in types),
    )
    return booster.predict(data, output_margin=True)


def score_lightgbm(path: str, rows: np.ndarray) -> np.ndarray:
    """Raw scores, in f64; of a random forest their mean, of which alone it makes classes."""
    import lightgbm

    booster = lightgbm.Booster(model_file=path)
    return booster.predict(rows, raw_score=True, num_threads=1) / lightgbm_divisor(booster)


def lightgbm_divisor(booster) -> int:
    """What its raw scores are too large by."""
    averaged = "\naverage_output\n" in booster.model_to_string(num_iteration=1)
    return booster.current_iteration() if averaged else 1


def score_catboost(path: str, rows: np.ndarray) -> np.ndarray:
    """Raw values, in f64."""
    import catboost

    model = catboost.CatBoost()
    model.load_model(path, format="json" if path.endswith(".json") else "cbm")
    return model.predict(rows, prediction_type="RawFormulaVal")


def raw_onnx(model) -> None:
    """Make an ONNX model's trees the whole graph, and take their post_transform away."""
    import onnx

    (trees,) = [node for node in model.graph.node if node.op_type.startswith("TreeEnsemble")]
    del model.graph.node[:]
    trees.input[0] = model.graph.input[0].name
    kept = [one for one in trees.attribute if one.name != "post_transform"]
    del trees.attribute[:]
    trees.attribute.extend(kept)
    model.graph.node.append(trees)
    scores = trees.output[len(trees.output) - 1]
    del model.graph.output[:]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info(scores, onnx.TensorProto.FLOAT, None)
    )


def score_onnx(path: str, rows: np.ndarray) -> np.ndarray:
    """Scores before post_transform; of two classes with one score, the second's, or both shares."""
    return onnx_scorer(path)(rows)


def onnx_scorer(path: str) -> Callable[[np.ndarray], np.ndarray]:
    """The same, ready to be asked again and again."""
    import onnx
    import onnxruntime

    model = onnx.load(path)
    (trees,) = [node for node in model.graph.node if node.op_type.startswith("TreeEnsemble")]
    ids = [one.ints for one in trees.attribute if one.name == "class_ids"]
    logistic = any(one.name == "post_transform" and one.s == b"LOGISTIC" for one in trees.attribute)
    one_score = bool(ids) and len(set(ids[0])) == 1 and logistic
    raw_onnx(model)
    options = onnxruntime.SessionOptions()
    # More threads would add up leaves in another order.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name

    def score_rows(rows: np.ndarray) -> np.ndarray:
        (scores,) = session.run(None, {name: rows})
        return scores[:, 1] if one_score else scores

    return score_rows


def score_sklearn(path: str, rows: np.ndarray) -> np.ndarray:
    """Raw predictions, or shares of the classes."""
    import joblib

    return raw_sklearn(joblib.load(path), rows)


def raw_sklearn(model, rows: np.ndarray) -> np.ndarray:
    """The same of a model in memory."""
    kind = type(model).__name__
    if not hasattr(model, "classes_"):
        return model.predict(rows)
    return model.decision_function(rows) if "GradientBoosting" in kind else model.predict_proba(rows)


SCORERS = {
    ".ubj": score_xgboost,
    ".txt": score_lightgbm,
    ".cbm": score_catboost,
    ".onnx": score_onnx,
    ".joblib": score_sklearn,
    ".pkl": score_sklearn,
}


def score(path: str, rows: np.ndarray) -> np.ndarray:
    """Raw scores [rows, scores] in f64 of the model in a file."""
    suffix = Path(path).suffix
    if suffix == ".json":
        with open(path, encoding="utf-8") as file:
            scorer = score_xgboost if '"learner"' in file.read(4096) else score_catboost
    elif suffix in SCORERS:
        scorer = SCORERS[suffix]
    else:
        raise SystemExit(f"golden.py: {path}: no library is known for '{suffix}' (--help)")
    return np.asarray(scorer(path, rows), np.float64).reshape(len(rows), -1)


def write_scores(model: str, rows_path: str, scores_path: str) -> None:
    """Score the rows in a file with the model in a file."""
    # Rows come in the order of the names, but without them.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    mark, rows = read_rows(rows_path)
    with open(scores_path, "w", encoding="utf-8") as file:
        file.write(f"# marquee scores {mark}\n")
        for row in score(model, rows).tolist():
            file.write(",".join(map(repr, row)) + "\n")


def import_model(ours: list[str], theirs: list[str]) -> int:
    """Probe, score, import: with arguments of this script and of `marquee model import`. The exit code."""
    parser = argparse.ArgumentParser("golden.py", allow_abbrev=False)
    parser.add_argument("--marquee", default="marquee", metavar="PROGRAM")
    parser.add_argument("--model", metavar="MODEL")
    options = parser.parse_args(ours)
    if shutil.which(options.marquee) is None:
        parser.error(f"there is no program {options.marquee}: --marquee names it")
    parser = argparse.ArgumentParser("golden.py … --", allow_abbrev=False)
    parser.add_argument("--from", dest="source", required=True)
    parser.add_argument("-o", "--out", required=True)
    files, others = parser.parse_known_args(theirs)
    command = [options.marquee, "model", "import", "--from", files.source, *others]
    with tempfile.TemporaryDirectory() as folder:
        rows, scores = f"{folder}/rows.csv", f"{folder}/scores.csv"
        probed = subprocess.run([*command, "--probe", rows], stdout=subprocess.DEVNULL, check=False)
        if probed.returncode != 0:
            return probed.returncode
        write_scores(options.model or files.source, rows, scores)
        return subprocess.run([*command, "--golden", scores, "-o", files.out], check=False).returncode


def main() -> int:
    arguments = sys.argv[1:]
    if "--" in arguments:
        end = arguments.index("--")
        return import_model(arguments[:end], arguments[end + 1 :])
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    write_scores(*arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
