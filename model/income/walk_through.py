#!/usr/bin/env python3
"""Your table, your model: from a description in TOML to scores, command by command.

    walk_through.py --marquee PROGRAM --out FOLDER [--rows N] [--json]

Generates people, makes features of them as income.toml says, fits LightGBM on these (with its own categories), imports
its trees, scores rows that it has not seen, and compares every score with what LightGBM says of the same row.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import lightgbm
import numpy as np
from sklearn.metrics import f1_score

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "train"), str(HERE)]

import people  # noqa: E402
from feature_file import Features, read_features  # noqa: E402

SCHEMA = HERE / "income.toml"


class Steps:
    """Runs commands and shows them, as one would type them in the folder of the output."""

    def __init__(self, marquee: Path, folder: Path, quiet: bool):
        self._marquee, self._folder, self._quiet = marquee.resolve(), folder, quiet
        folder.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> None:
        """Show a line that explains what comes."""
        if not self._quiet:
            print(text, flush=True)

    def run(self, program: str | Path, *arguments: str | Path) -> str:
        """Run a command; returns what it prints. Errors: SystemExit with what it said."""
        words = [str(word) for word in (program, *arguments)]
        self.say("$ " + shlex.join(words))
        if program == "marquee":
            words[0] = str(self._marquee)
        done = subprocess.run(words, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{shlex.join(words)}\n{done.stderr}")
        return done.stdout


def fit(train: Features, names: list[str], categories: list[str], path: Path) -> lightgbm.Booster:
    """Fit LightGBM on the features as Marquee made them, and save it as text."""
    data = lightgbm.Dataset(
        train.numeric[train.labelled],
        train.target_class[train.labelled],
        feature_name=names,
        categorical_feature=categories,
    )
    options = {"objective": "binary", "num_leaves": 31, "seed": 1, "deterministic": True, "verbose": -1}
    booster = lightgbm.train(options, data, num_boost_round=100)
    booster.save_model(path)
    return booster


def compare(booster: lightgbm.Booster, test: Features, predictions: Path) -> dict[str, float]:
    """What `marquee score` wrote beside what LightGBM says of the same rows."""
    with predictions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ours = np.array([row["class"] == "high" for row in rows])
    scores = np.array([row["score"] for row in rows], np.float32)
    begin = time.perf_counter()
    theirs = booster.predict(test.numeric, raw_score=True, num_threads=1)
    seconds = time.perf_counter() - begin
    assert [int(row["id"]) for row in rows] == test.ids.tolist()
    return {
        "rows": len(rows),
        "seen": sum(row["seen"] == "1" for row in rows),
        "other_classes": int((ours != (theirs > 0)).sum()),
        "largest_difference": float(np.abs(scores - theirs.astype(np.float32)).max()),
        "macro_f1": float(f1_score(test.target_class, ours, average="macro")),
        "lightgbm_ns_per_row": 1e9 * seconds / len(rows),
    }


def walk(marquee: Path, out: Path, rows: int, quiet: bool) -> dict[str, float]:
    """All steps; returns the figures of the comparison."""
    steps = Steps(marquee, out.resolve(), quiet)
    schema = tomllib.loads(SCHEMA.read_text(encoding="utf-8"))
    names = [line["name"] for line in schema["numeric"]]
    categories = [line["name"] for line in schema["numeric"] if line["kind"] == "category_code"]

    shutil.copy(SCHEMA, out)

    steps.say(f"# {rows} generated people to learn from, {rows} others to score")
    people.generate(rows, 1, 0, out / "train.csv")
    people.generate(rows, 2, rows, out / "test.csv")

    steps.say("\n# The features that the description names; their ids will count as seen in training")
    steps.run("marquee", "features", "--schema", SCHEMA.name, "--data", "train.csv", "-o", "train.marquee")
    steps.run("marquee", "features", "--schema", SCHEMA.name, "--data", "test.csv", "-o", "test.marquee")

    steps.say("\n# LightGBM learns on them: 100 trees, and saves booster.txt")
    train, test = (
        read_features(out / f"{part}.marquee", len(names), len(schema["lists"])) for part in ("train", "test")
    )
    booster = fit(train, names, categories, out / "booster.txt")

    steps.say("\n# Its trees become a model of Marquee, proven on rows that LightGBM itself scores")
    table = ("--from", "booster.txt", "--schema", SCHEMA.name)
    steps.run("marquee", "model", "import", *table, "--probe", "rows.csv")
    steps.run(sys.executable, HERE.parent / "import" / "golden.py", "booster.txt", "rows.csv", "golden.csv")
    known = ("--golden", "golden.csv", "--trained-on", "train.marquee")
    steps.say(steps.run("marquee", "model", "import", *table, *known, "--name", "income", "-o", "income.model"))

    steps.say("# The model file knows its table, so scoring needs no description")
    steps.run("marquee", "score", "test.csv", "--model", "income.model", "-o", "predictions.csv")
    report = json.loads(steps.run("marquee", "run", "--data", "test.csv", "--model", "income.model", "--json"))
    figures = compare(booster, test, out / "predictions.csv")
    return figures | {
        "marquee_macro_f1": report["macro_f1"],
        "classifier_ns_per_row": report["parts"]["classifier"]["ns_per_row"],
        "unknown_values": sum(
            problem["rows"] for problem in report["field_problems"] if problem["problem"] == "unknown_value"
        ),
    }


def main() -> None:
    """Walk, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marquee", type=Path, required=True, help="the program")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--json", action="store_true", help="print the figures only, as one JSON object")
    arguments = parser.parse_args()
    figures = walk(arguments.marquee, arguments.out, arguments.rows, arguments.json)
    if arguments.json:
        print(json.dumps(figures))
        return
    print(
        f"{figures['rows']} rows: {figures['other_classes']} classes differ from LightGBM's, scores by at most "
        f"{figures['largest_difference']:.3g}; {figures['seen']} were seen in training\n"
        f"macro-F1 {figures['marquee_macro_f1']:.4f}, by scikit-learn {figures['macro_f1']:.4f}; "
        f"{figures['unknown_values']} values that the description does not name are missing ones\n"
        f"the trees: {figures['classifier_ns_per_row']:.0f} ns a row, LightGBM's prediction "
        f"{figures['lightgbm_ns_per_row']:.0f} on one core"
    )


if __name__ == "__main__":
    main()
