"""Fit and evaluate the movies' model.

  train.py evaluate   measure the recipe by cross-validation (minutes); writes evaluation.json
  train.py fit        fit the shipped model (seconds); writes movies.model and MODEL_CARD.md

Both read what the C++ preprocessor wrote (`marquee features`), so training and serving see the same features.
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
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    with opened as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def read_spec(path: Path, features: Features) -> str:
    """Read the canonical feature spec. Errors: SystemExit if the features were made by another one."""
    text = path.read_bytes()
    if xxhash.xxh3_64_intdigest(text) != features.feature_spec:
        raise SystemExit(f"{path}: not the spec that the features were made with; run `marquee features` again for both")
    return text.decode()


def known_codes(fitted: recipe.Fitted, items: list[Item]) -> list[np.ndarray]:
    """The items of each list that the model has something to say about."""
    known = {int(code) for encoding in fitted.encodings for code in encoding.codes}
    return [
        np.array([item.code for item in items if item.list_number == i and item.code in known], np.uint32)
        for i in range(len(LIST_NAMES))
    ]


def quality(evaluation: dict | None) -> list[model_file.Figure]:
    """The figures of evaluation.json that travel in the model file."""
    if evaluation is None:
        return []
    return [
        model_file.Figure(name, figure["mean"], figure["std"], figure["repetitions"])
        for name, figure in evaluation["figures"].items()
    ]


def fit(arguments: argparse.Namespace) -> None:
    """Fit the shipped model and write it."""
    features, items = read_features(arguments.features), read_items(arguments.items)
    training = features.take(splits.shipped_training_rows(features.ids))
    fitted = recipe.fit(training, recipe.hot_encodings(items), splits.SHIPPED_SALT)
    flat = trees.from_catboost(fitted.booster)
    probes = golden.make(fitted, flat, known_codes(fitted, items))
    evaluation = json.loads(arguments.evaluation.read_text()) if arguments.evaluation.exists() else None
    header = model_file.Header(
        name=NAME,
        version=VERSION,
        feature_spec=features.feature_spec,
        feature_spec_text=read_spec(arguments.spec, features),
        training_sha256=sha256_of_csv(arguments.data),
        training_ids=splits.training_id_hashes(training.ids),
        quality=quality(evaluation),
    )
    content = model_file.encode(
        header, fitted, flat, probes, profiles.numeric_profiles(features), profiles.list_profiles(features, items)
    )
    arguments.out.write_bytes(content)
    print(
        f"{arguments.out}: {len(content)} bytes, {len(flat.depths)} trees, {len(fitted.column_names)} columns, "
        f"cutpoints {fitted.cutpoints.tolist()}, f32 within {probes.measured:.2g} of CatBoost",
        file=sys.stderr,
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    fit_parser = commands.add_parser("fit", help="fit the shipped model")
    fit_parser.set_defaults(run=fit)
    for one in (fit_parser,):
        one.add_argument("--features", type=Path, required=True, help="from `marquee features --data FILE -o`")
        one.add_argument("--items", type=Path, required=True, help="from `marquee features --items`")
    fit_parser.add_argument("--spec", type=Path, required=True, help="from `marquee features --print-spec`")
    fit_parser.add_argument("--data", type=Path, required=True, help="the CSV, for its sha256 only")
    fit_parser.add_argument("--evaluation", type=Path, default=ARTIFACTS / "evaluation.json")
    fit_parser.add_argument("--out", type=Path, default=ARTIFACTS / "movies.model")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
