"""Fit and evaluate the movies' model.

  train.py evaluate   measure the recipe by cross-validation (minutes); writes evaluation.json
  train.py fit        fit the shipped model (seconds); writes movies.model and MODEL_CARD.md

Both read what the C++ preprocessor wrote (`marquee features`), so training and serving see the same
features.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import xxhash

import card
import evaluate as cross_validation
import golden
import model_file
import profiles
import recipe
import splits
import trees
from feature_file import LIST_NAMES, Features, Item, read_features, read_items

NAME = "movies"
VERSION = "1.0.0"
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


def read_evaluation(path: Path, features: Features) -> dict:
    """Read evaluation.json.

    Errors: SystemExit if it is not there, or its figures are those of another recipe or other data.
    """
    if not path.exists():
        raise SystemExit(f"{path}: not found; `train.py evaluate` writes it")
    evaluation = json.loads(path.read_text())
    if evaluation["recipe"] != recipe.describe():
        raise SystemExit(f"{path}: figures of another recipe; run `train.py evaluate` again")
    if evaluation["labelled_rows"] != int(features.labelled.sum()):
        raise SystemExit(f"{path}: figures of other data; run `train.py evaluate` again")
    return evaluation


def fit(arguments: argparse.Namespace) -> None:
    """Fit the shipped model and write it, and its card beside it."""
    features, items = read_features(arguments.features), read_items(arguments.items)
    evaluation = read_evaluation(arguments.evaluation, features)
    training = features.take(splits.shipped_training_rows(features.ids))
    rows = recipe.prepare(training, recipe.hot_encodings(items), splits.SHIPPED_SALT)
    fitted = recipe.fit(rows, splits.SHIPPED_SALT)
    flat = trees.from_catboost(fitted.booster)
    probes = golden.make(fitted, flat, known_codes(fitted, items))
    header = model_file.Header(
        name=NAME,
        version=VERSION,
        feature_spec=features.feature_spec,
        feature_spec_text=read_spec(arguments.spec, features),
        training_sha256=sha256_of_csv(arguments.data),
        training_ids=splits.training_id_hashes(training.ids),
        quality=[
            model_file.Figure(name, **figure) for name, figure in evaluation["figures"].items()
        ],
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
        version=VERSION,
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
        training_sha256=header.training_sha256,
        feature_spec=features.feature_spec,
    )
    arguments.out.write_bytes(content)
    arguments.out.with_name("MODEL_CARD.md").write_text(
        card.write(facts, evaluation), encoding="utf-8"
    )
    print(f"{arguments.out}: {len(content):,} bytes", file=sys.stderr)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the recipe and write evaluation.json."""
    features, items = read_features(arguments.features), read_items(arguments.items)
    result = cross_validation.evaluate(features, items, arguments.jobs)
    # One run a line: short to read, and a change shows which runs it touched.
    runs = ",\n".join(f"  {json.dumps(run)}" for run in result.pop("runs"))
    head = json.dumps(result, indent=1).rstrip("}\n")
    arguments.out.write_text(f'{head},\n "runs": [\n{runs}\n ]\n}}\n')


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    fit_parser = commands.add_parser("fit", help="fit the shipped model")
    fit_parser.set_defaults(run=fit)
    evaluate_parser = commands.add_parser("evaluate", help="measure the recipe by cross-validation")
    evaluate_parser.set_defaults(run=evaluate)
    for one in (fit_parser, evaluate_parser):
        one.add_argument(
            "--features", type=Path, required=True, help="from `marquee features --data FILE -o`"
        )
        one.add_argument(
            "--items", type=Path, required=True, help="from `marquee features --items`"
        )
    fit_parser.add_argument(
        "--spec", type=Path, required=True, help="from `marquee features --print-spec`"
    )
    fit_parser.add_argument("--data", type=Path, required=True, help="the CSV, for its sha256 only")
    fit_parser.add_argument("--evaluation", type=Path, default=ARTIFACTS / "evaluation.json")
    fit_parser.add_argument("--out", type=Path, default=ARTIFACTS / "movies.model")
    evaluate_parser.add_argument(
        "--jobs", type=int, default=2, help="how many folds at a time (default: 2)"
    )
    evaluate_parser.add_argument("--out", type=Path, default=ARTIFACTS / "evaluation.json")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
