"""Measure the recipes: repeated cross-validation beside baselines, a split by time, ablation.

Whatever is fitted is fitted inside the training rows: scaler, encodings, trees, and the cutpoints
by inner folds. The result is counts and figures, never rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

import baselines
import breakdown
import intervals
import ordinal
import recipe
import splits
from feature_file import NUMERIC_NAMES, Features, Item
from recipe import Recipe

MAIN = recipe.MOVIES.name
# The newest rows are tested, by what is learned from the older ones.
NEWEST_SHARE = 0.2
# Features that say much the same are left out together, from columns and linear score.
FEATURE_GROUPS = {
    "votes and popularity": ("vote_count", "popularity"),
    "budget and revenue": ("budget", "revenue"),
    "release date": ("year", "month", "year_bucket"),
    "genres": ("genres", "num_genres"),
    "languages and countries": (
        "original_language",
        "spoken_languages",
        "num_spoken_languages",
        "production_countries",
        "num_countries",
    ),
    "companies": ("production_companies", "num_companies"),
    "keywords": ("keywords", "num_keywords"),
    "title": ("title_words", "title_bytes"),
    "runtime and overview's length": ("runtime", "overview_bytes"),
    "linear score": ("linear_score",),
}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    salts: range  # of the first recipe
    compared: range  # of these: on which the other recipe and the baselines are measured too
    folds: range
    ablations: tuple[str, ...]
    iterations: int | None  # None: the recipes' own

    def recipes(self) -> tuple[Recipe, ...]:
        """The shipped recipes, with trees as the plan has them."""
        if self.iterations is None:
            return recipe.SHIPPED
        return tuple(replace(one, iterations=self.iterations) for one in recipe.SHIPPED)


FULL = Plan(range(5), range(2), range(splits.NUM_FOLDS), tuple(FEATURE_GROUPS), None)
# For tests, and for a first look: few trees, few runs. Its figures say nothing of the recipes.
QUICK = Plan(range(2), range(1), range(2), ("keywords",), 20)


@dataclass(frozen=True)
class Measured:
    """What one split gave: [classes, classes] and the reliability of each method, errors of one."""

    cutpoints: dict[str, list[float]]
    confusion: dict[str, np.ndarray]
    reliability: dict[str, np.ndarray]
    groups: dict[str, dict[str, np.ndarray]]

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), default=np.ndarray.tolist)

    @staticmethod
    def from_json(text: str) -> Measured:
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        return Measured(
            raw["cutpoints"],
            {name: np.array(one) for name, one in raw["confusion"].items()},
            {name: np.array(one) for name, one in raw["reliability"].items()},
            {
                kind: {name: np.array(one) for name, one in members.items()}
                for kind, members in raw["groups"].items()
            },
        )


def measure(
    features: Features,
    items: list[Item],
    test_rows: np.ndarray,
    train_rows: np.ndarray,
    recipes: tuple[Recipe, ...],
    others: tuple[str, ...],
    salt: int,
) -> Measured:
    """Fit the recipes and other methods on some rows, and predict others (masks)."""
    test, train = features.take(test_rows & features.labelled), features.take(train_rows)
    out = Measured({}, {}, {}, {})

    def note(name: str, predicted: np.ndarray, probabilities: np.ndarray) -> None:
        out.confusion[name] = ordinal.confusion(test.target_class, predicted)
        out.reliability[name] = breakdown.reliability(test.target_class, probabilities)

    for one in recipes:
        rows = recipe.prepare(one, train, recipe.hot_encodings(items), salt)
        fitted = recipe.fit(rows, salt)
        columns = fitted.columns(test)
        scores = fitted.scores(columns)
        predicted = ordinal.classify(scores, fitted.cutpoints)
        out.cutpoints[one.name] = [round(float(cut), 3) for cut in fitted.cutpoints]
        note(one.name, predicted, fitted.probabilities(scores))
        if one.name == MAIN:
            out.groups.update(breakdown.confusions(test, items, predicted))
            for name in others:
                probabilities = baselines.ALL[name](rows, test, columns)
                note(name, probabilities.argmax(axis=1), probabilities)
    return out


def run_fold(features: Features, items: list[Item], plan: Plan, salt: int, fold: int) -> Measured:
    """Both recipes and all baselines: fit on four folds, predict the fifth."""
    held_out = splits.folds(features.ids, salt) == fold
    return measure(
        features, items, held_out, ~held_out, plan.recipes(), tuple(baselines.ALL), salt
    )


def repeat_fold(
    features: Features, items: list[Item], plan: Plan, salt: int, fold: int
) -> Measured:
    """The first recipe alone: fit on four folds, predict the fifth."""
    held_out = splits.folds(features.ids, salt) == fold
    return measure(features, items, held_out, ~held_out, plan.recipes()[:1], (), salt)


def newest_from(features: Features) -> int:
    """The month, counted from year 0, from which on rows are the newest."""
    labelled = months(features)[features.labelled]
    return int(np.floor(np.nanquantile(labelled, 1 - NEWEST_SHARE)))


def months(features: Features) -> np.ndarray:
    """Months of release, counted from year 0; NaN where the date is absent."""
    year, month = (features.numeric[:, NUMERIC_NAMES.index(name)] for name in ("year", "month"))
    return 12 * year + month - 1


def split_by_time(features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the newest rows and of older ones; all rows of an id are on one side."""
    first = newest_from(features)
    newest = np.isin(features.ids, features.ids[months(features) >= first])
    return newest, (months(features) < first) & ~newest


def by_time(features: Features, items: list[Item], plan: Plan) -> Measured:
    """Fit on what was released first, predict the newest."""
    newest, older = split_by_time(features)
    return measure(features, items, newest, older, plan.recipes(), tuple(baselines.ALL), 0)


def ablate(features: Features, items: list[Item], plan: Plan, group: str, fold: int) -> Measured:
    """The first recipe without a group of features, on a fold of the first salt."""
    held_out = splits.folds(features.ids, plan.salts[0]) == fold
    less = plan.recipes()[0].without(*FEATURE_GROUPS[group])
    return measure(features, items, held_out, ~held_out, (less,), (), plan.salts[0])


def shuffled_target(features: Features, items: list[Item], plan: Plan) -> Measured:
    """The first recipe on targets dealt out at random: F1 above chance (a third) is a leak."""
    held_out = splits.folds(features.ids, 0) == 0
    learned = np.flatnonzero(~held_out & features.labelled)
    deal = np.random.default_rng(0).permutation(learned)
    target, target_class = features.target.copy(), features.target_class.copy()
    target[learned], target_class[learned] = features.target[deal], features.target_class[deal]
    shuffled = replace(features, target=target, target_class=target_class)
    return measure(shuffled, items, held_out, ~held_out, plan.recipes()[:1], (), 0)


WHAT = {one.__name__: one for one in (run_fold, repeat_fold, by_time, ablate, shuffled_target)}


@dataclass(frozen=True)
class Cache:
    """Measurements as files, so that one that was broken off goes on where it was."""

    folder: Path
    key: str  # of data, recipe and plan

    @staticmethod
    def of(folder: Path, features: Features, items: list[Item], plan: Plan) -> Cache:
        """Key by all that figures depend on but the code."""
        told = [recipe.describe(), plan.iterations, features.feature_spec, *map(asdict, items)]
        known = hashlib.sha256(json.dumps(told).encode())
        columns = [features.ids, features.target, features.target_class, features.labelled]
        for each in features.lists:
            columns += [each.lengths, each.codes]
        for column in (*columns, features.numeric):
            known.update(column.tobytes())
        return Cache(folder, known.hexdigest()[:16])

    def measured(
        self, features: Features, items: list[Item], plan: Plan, what: str, *arguments: object
    ) -> Measured:
        """Read a measurement, or make it and write it."""
        words = [self.key, what, *(str(one).replace(" ", "_") for one in arguments)]
        path = self.folder / ("-".join(words) + ".json")
        if path.exists():
            return Measured.from_json(path.read_text())
        result = WHAT[what](features, items, plan, *arguments)
        # Whole or not at all, for the next run trusts it.
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(result.to_json())
        part.rename(path)
        return result


def _f1(matrix: np.ndarray) -> float:
    return float(ordinal.class_f1(matrix).mean())


def _accuracy(matrix: np.ndarray) -> float:
    return float(np.trace(matrix) / matrix.sum())


def figures(runs: list[Measured]) -> dict:
    """For each method: macro-F1, accuracy and calibration error over its runs, F1 above MAIN's."""
    share = 1 / splits.NUM_FOLDS
    out = {}
    for name in runs[0].confusion:
        own = [run for run in runs if name in run.confusion]
        f1 = [_f1(run.confusion[name]) for run in own]
        above = [its - _f1(run.confusion[MAIN]) for its, run in zip(f1, own, strict=True)]
        errors = [breakdown.calibration_error(run.reliability[name]) for run in own]
        accuracies = [_accuracy(run.confusion[name]) for run in own]
        out[name] = {
            "f1": intervals.corrected_t(f1, share),
            "f1_above": intervals.corrected_t(above, share),
            "accuracy": intervals.corrected_t(accuracies, share),
            "calibration_error": intervals.corrected_t(errors, share),
        }
    return out


def _ablations(runs: dict[str, list[Measured]], whole: list[Measured]) -> dict:
    """F1 lost without each group, on the same folds."""
    return {
        group: intervals.corrected_t(
            [
                _f1(less.confusion[MAIN]) - _f1(run.confusion[MAIN])
                for less, run in zip(without, whole, strict=True)
            ],
            1 / splits.NUM_FOLDS,
        )
        for group, without in runs.items()
    }


def _sum_of_groups(runs: list[Measured]) -> dict:
    return {
        kind: {
            name: sum(run.groups[kind][name] for run in runs).tolist()
            for name in runs[0].groups[kind]
        }
        for kind in runs[0].groups
    }


def evaluate(
    features: Features, items: list[Item], plan: Plan, jobs: int, cache_folder: Path
) -> dict:
    """Measure as planned, `jobs` fits at a time. Returns the content of evaluation.json."""
    start = time.monotonic()
    cache_folder.mkdir(parents=True, exist_ok=True)
    cache = Cache.of(cache_folder, features, items, plan)
    with ProcessPoolExecutor(jobs) as pool:

        def submit(*what: object) -> Future:
            return pool.submit(cache.measured, features, items, plan, *what)

        cells = [(salt, fold) for salt in plan.salts for fold in plan.folds]
        waiting = {
            (salt, fold): submit(
                "run_fold" if salt in plan.compared else "repeat_fold", salt, fold
            )
            for salt, fold in cells
        }
        newest, shuffled = submit("by_time"), submit("shuffled_target")
        less = {
            group: [submit("ablate", group, fold) for fold in plan.folds]
            for group in plan.ablations
        }
        runs = []
        for (salt, fold), done in waiting.items():
            runs.append(done.result())
            print(
                f"salt {salt} fold {fold}: macro-F1 {100 * _f1(runs[-1].confusion[MAIN]):.2f}, "
                f"{time.monotonic() - start:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        without = {group: [one.result() for one in ones] for group, ones in less.items()}
    first = newest_from(features)
    return {
        "labelled_rows": int(features.labelled.sum()),
        "recipe": recipe.describe(),
        "figures": figures(runs),
        "by_time": {
            "from": f"{first // 12}-{first % 12 + 1:02}",
            "methods": {
                name: intervals.bootstrap_f1(matrix)
                for name, matrix in newest.result().confusion.items()
            },
        },
        "ablation": _ablations(without, runs[: len(plan.folds)]),
        "shuffled_target_f1": round(_f1(shuffled.result().confusion[MAIN]), 5),
        "groups": _sum_of_groups(runs),
        "reliability": {
            name: np.round(
                sum(run.reliability[name] for run in runs if name in run.reliability), 3
            ).tolist()
            for name in (MAIN, recipe.COLD.name)
        },
        "runs": [
            {
                "salt": salt,
                "fold": fold,
                "cutpoints": run.cutpoints,
                "confusion": {name: matrix.tolist() for name, matrix in run.confusion.items()},
            }
            for (salt, fold), run in zip(cells, runs, strict=True)
        ],
    }
