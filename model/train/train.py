"""Fit and evaluate the movies' models.

  train.py evaluate   measure the recipes (half an hour); writes evaluation.json
  train.py fit        fit the shipped models (seconds); writes them, MODEL_CARD.md and its pictures

Both read what the C++ preprocessor wrote (`marquee features`), so training and serving see the same
features.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import xxhash

import card
import evaluate as measuring
import golden
import model_file
import pictures
import profiles
import recipe
import splits
import trees
from feature_file import LIST_NAMES, Features, Item, read_features, read_items
from recipe import Recipe

VERSION = "1.1.0"
ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"


def sha256_of_csv(path: Path) -> str:
    """Hash the CSV as it is unpacked."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def read_spec(path: Path, features: Features) -> str:
    """Read the canonical feature spec.

    Errors: SystemExit if the features were made by another one.
    """
    text = path.read_bytes()
    if xxhash.xxh3_64_intdigest(text) != features.feature_spec:
        raise SystemExit(
            f"{path}: not the spec of these features; run `marquee features` again for both"
        )
    return text.decode()


def known_codes(fitted: recipe.Fitted, items: list[Item]) -> list[np.ndarray]:
    """The items of each list that the model has something to say about."""
    known = {int(code) for encoding in fitted.encodings for code in encoding.codes}
    return [
        np.array(
            [item.code for item in items if item.list_number == i and item.code in known], np.uint32
        )
        for i in range(len(LIST_NAMES))
    ]


def origin(features: Features, data: Path) -> dict:
    """Name what figures are of: the CSV, and the feature spec by which it was read."""
    return {
        "data_sha256": sha256_of_csv(data),
        "feature_spec": f"{features.feature_spec:016x}",
    }


def read_evaluation(path: Path, own: dict) -> dict:
    """Read evaluation.json.

    Errors: SystemExit if it is not there, or its figures are of another recipe or another origin.
    """
    first = "run `./run evaluate` first (half an hour): the models and their card tell its figures"
    if not path.exists():
        raise SystemExit(f"{path}: not found; {first}")
    evaluation = json.loads(path.read_text())
    if evaluation["recipe"] != recipe.describe():
        raise SystemExit(f"{path}: its figures are of another recipe; {first}")
    for what, value in own.items():
        if (its := evaluation.get(what)) != value:
            raise SystemExit(f"{path}: its figures are of {what} {its}, this is {value}; {first}")
    return evaluation


def quality(evaluation: dict, name: str) -> list[model_file.Figure]:
    """What the model file says of its recipe's quality."""
    figures = evaluation["figures"][name]
    return [
        model_file.Figure(
            f"cross_validated_{what}",
            **{field: figures[what][field] for field in ("mean", "std", "repetitions")},
        )
        for what in ("f1", "accuracy", "calibration_error")
    ]


def fit_one(
    one: Recipe,
    features: Features,
    items: list[Item],
    evaluation: dict,
    spec: str,
    training_sha256: str,
) -> tuple[bytes, card.Facts]:
    """Fit a shipped model. Returns its file's bytes, and what the card says of it."""
    training = features.take(splits.shipped_training_rows(features.ids))
    rows = recipe.prepare(one, training, recipe.hot_encodings(items), splits.SHIPPED_SALT)
    fitted = recipe.fit(rows, splits.SHIPPED_SALT)
    flat = trees.from_catboost(fitted.booster)
    probes = golden.make(fitted, flat, known_codes(fitted, items))
    header = model_file.Header(
        name=one.name,
        version=VERSION,
        feature_spec=features.feature_spec,
        feature_spec_text=spec,
        training_sha256=training_sha256,
        training_ids=splits.training_id_hashes(training.ids),
        quality=quality(evaluation, one.name),
    )
    content = model_file.encode(
        header,
        fitted,
        flat,
        probes,
        profiles.numeric_profiles(features),
        profiles.list_profiles(features, items),
    )
    facts = card.Facts(
        rows=len(features),
        training_rows=len(rows.target),
        training_ids=len(header.training_ids),
        columns=len(fitted.column_names),
        known_items=len(fitted.encodings[-1].codes),
        trees=len(flat.depths),
        cutpoints=fitted.cutpoints.tolist(),
        golden_rows=len(probes.rows),
        golden_measured=probes.measured,
        golden_bound=probes.bound,
        training_sha256=training_sha256,
        feature_spec=features.feature_spec,
    )
    return content, facts


def fit(arguments: argparse.Namespace) -> None:
    """Fit the shipped models and write them, and the card and its pictures beside them."""
    features, items = read_features(arguments.features), read_items(arguments.items)
    own = origin(features, arguments.data)
    evaluation = read_evaluation(arguments.evaluation, own)
    spec, sha256 = read_spec(arguments.spec, features), own["data_sha256"]
    facts = {}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        fits = {
            one.name: pool.submit(fit_one, one, features, items, evaluation, spec, sha256)
            for one in recipe.SHIPPED
        }
        for name, done in fits.items():
            content, facts[name] = done.result()
            path = arguments.out / f"{name}.model"
            path.write_bytes(content)
            print(f"{path}: {len(content):,} bytes", file=sys.stderr)
    text = card.write(VERSION, facts, evaluation)
    (arguments.out / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    pictures.write(evaluation, arguments.out)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the recipes and write evaluation.json."""
    features, items = read_features(arguments.features), read_items(arguments.items)
    plan = measuring.QUICK if arguments.quick else measuring.FULL
    result = origin(features, arguments.data)
    result |= measuring.evaluate(features, items, plan, arguments.jobs, arguments.cache)
    # One run a line: short to read, and a change shows which runs it touched.
    runs = ",\n".join(f"  {json.dumps(run)}" for run in result.pop("runs"))
    rest = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in result.items())
    arguments.out.write_text(f'{{\n{rest},\n "runs": [\n{runs}\n ]\n}}\n')


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    fit_parser = commands.add_parser("fit", help="fit the shipped models")
    fit_parser.set_defaults(run=fit)
    evaluate_parser = commands.add_parser("evaluate", help="measure the recipes")
    evaluate_parser.set_defaults(run=evaluate)
    for one in (fit_parser, evaluate_parser):
        one.add_argument("--data", type=Path, required=True, help="the CSV, for its sha256 only")
        one.add_argument(
            "--features", type=Path, required=True, help="from `marquee features --data FILE -o`"
        )
        one.add_argument(
            "--jobs", type=int, default=2, help="how many fits at a time (default: 2)"
        )
        one.add_argument(
            "--items", type=Path, required=True, help="from `marquee features --items`"
        )
    fit_parser.add_argument(
        "--spec", type=Path, required=True, help="from `marquee features --print-spec`"
    )
    fit_parser.add_argument("--evaluation", type=Path, default=ARTIFACTS / "evaluation.json")
    fit_parser.add_argument("--out", type=Path, default=ARTIFACTS, help="a folder")
    evaluate_parser.add_argument(
        "--quick", action="store_true", help="few trees and runs: to see that it works"
    )
    evaluate_parser.add_argument(
        "--cache", type=Path, required=True, help="a folder for what was measured already"
    )
    evaluate_parser.add_argument("--out", type=Path, default=ARTIFACTS / "evaluation.json")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
