"""Figures and the card, from made-up features: the quick evaluation, its parts by hand."""

import json
from dataclasses import replace

import breakdown
import card
import evaluate
import intervals
import numpy as np
import ordinal
import pictures
import pytest
import recipe
import splits
import train
from conftest import make_features, make_items


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The quick evaluation, from a cache that is empty and then from a full one."""
    features, cache = make_features(1500), tmp_path_factory.mktemp("cache")
    first = evaluate.evaluate(features, make_items(), evaluate.QUICK, 1, cache)
    files = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    again = evaluate.evaluate(features, make_items(), evaluate.QUICK, 1, cache)
    assert files == {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert again == first
    return features, first


def test_what_was_measured_of_other_rows_or_items_is_not_taken(tmp_path):
    features, items = make_features(100), make_items()

    def key(features, items):
        return evaluate.Cache.of(tmp_path, features, items, evaluate.QUICK).key

    first, *others = features.lists
    hashed_otherwise = replace(first, codes=first.codes + np.uint32(1))
    assert key(features, items) == key(make_features(100), make_items())
    changed = (
        {"feature_spec": 8},
        {"target_class": features.target_class + np.uint8(1)},
        {"labelled": ~features.labelled},
        {"lists": (hashed_otherwise, *others)},
    )
    keys = {key(replace(features, **one), items) for one in changed}
    keys |= {key(features, items), key(features, items[1:])}
    assert len(keys) == len(changed) + 2


def test_figures_of_another_recipe_file_or_feature_spec_are_refused(tmp_path):
    data, path = tmp_path / "movies.csv", tmp_path / "evaluation.json"
    data.write_text("id\n1\n")
    own = train.origin(make_features(10), data)
    with pytest.raises(SystemExit, match="not found; run `./run evaluate` first"):
        train.read_evaluation(path, own)
    evaluation = {"recipe": recipe.describe(), **own}
    path.write_text(json.dumps(evaluation))
    assert train.read_evaluation(path, own) == evaluation
    data.write_text("id\n2\n")
    for other in (train.origin(make_features(10), data), {**own, "feature_spec": "0" * 16}):
        with pytest.raises(SystemExit, match="run `./run evaluate` first"):
            train.read_evaluation(path, other)
    path.write_text(json.dumps({**evaluation, "recipe": {}}))
    with pytest.raises(SystemExit, match="another recipe"):
        train.read_evaluation(path, own)


def test_runs_hold_each_row_of_the_fold_once(quick):
    features, evaluation = quick
    for run in evaluation["runs"]:
        fold = splits.folds(features.ids, run["salt"]) == run["fold"]
        rows = (fold & features.labelled).sum()
        assert {np.sum(matrix) for matrix in run["confusion"].values()} == {rows}
        compared = run["salt"] in evaluate.QUICK.compared
        assert set(run["confusion"]) == (set(card.METHODS) if compared else {"movies"})
    repetitions = {name: one["f1"]["repetitions"] for name, one in evaluation["figures"].items()}
    assert repetitions.pop("movies") == 4 and set(repetitions.values()) == {2}
    tested = sum(np.sum(run["confusion"]["movies"]) for run in evaluation["runs"])
    assert sum(np.sum(one) for one in evaluation["groups"]["language"].values()) >= tested


def test_what_can_be_learned_is_learned_and_what_cannot_is_not(quick):
    _, evaluation = quick
    f1 = {name: one["f1"]["mean"] for name, one in evaluation["figures"].items()}
    assert f1["movies"] > 0.6 > 0.4 > f1["majority_class"]
    assert evaluation["by_time"]["methods"]["movies"]["f1"] > 0.5
    assert evaluation["shuffled_target_f1"] < 0.45
    # Half of what the made-up target depends on are the keywords.
    assert evaluation["ablation"]["keywords"]["mean"] < -0.02


def test_the_cards_figures_are_those_of_the_evaluation(quick, tmp_path):
    _, evaluation = quick
    facts = card.Facts(2, 1, 1, 51, 9, 60, [6.0, 6.8], 1000, 1e-6, 2e-5, "ab", 7)
    evaluation = json.loads(json.dumps(evaluation))
    text = card.write("9.9.9", {"movies": facts, "movies-cold": facts}, evaluation)
    assert f"{100 * evaluation['figures']['movies']['f1']['mean']:.2f} ± " in text
    assert f"Recipes tried: {recipe.RECIPES_TRIED}" in text
    assert max(len(line) for line in text.splitlines() if line[0:1] not in ("|", "!")) <= 100
    pictures.write(evaluation, tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG") and f"({path.name})" in text


def test_split_by_time_learns_from_older_ids_only():
    features = make_features(1500)
    ids = features.ids.copy()
    months = evaluate.months(features)
    first = evaluate.newest_from(features)
    # One movie that comes twice, once with an old date and once with a new one.
    old, new = np.flatnonzero(months < first)[0], np.flatnonzero(months >= first)[0]
    ids[old] = ids[new]
    newest, older = evaluate.split_by_time(evaluate.replace(features, ids=ids))
    assert 0.15 < newest[features.labelled].mean() < 0.25
    assert not (newest & older).any() and not np.isin(ids[newest], ids[older]).any()
    assert newest[old] and months[older].max() < first
    assert not (newest | older)[np.isnan(months)].any()


def test_corrected_interval_is_wider_than_the_naive_one():
    values = [0.62, 0.64, 0.63, 0.66, 0.61]
    figure = intervals.corrected_t(values, 0.2)
    # t(0.975, 4) = 2.776445; Nadeau and Bengio: s * sqrt(1 / 5 + 1 / 4).
    half = 2.776445 * np.std(values, ddof=1) * np.sqrt(0.45)
    assert figure["mean"] == 0.632
    assert figure["high"] - figure["mean"] == pytest.approx(half, abs=2e-5)
    assert figure["mean"] - figure["low"] == pytest.approx(half, abs=2e-5)


def test_bootstrap_covers_the_f1_and_shrinks_with_more_rows():
    matrix = np.array([[60, 20, 0], [20, 60, 20], [0, 20, 60]])
    small, large = intervals.bootstrap_f1(matrix), intervals.bootstrap_f1(100 * matrix)
    assert small["f1"] == large["f1"] == pytest.approx(ordinal.class_f1(matrix).mean(), abs=1e-5)
    assert small["low"] < small["f1"] < small["high"]
    width = [one["high"] - one["low"] for one in (small, large)]
    assert width[0] / width[1] == pytest.approx(10, rel=0.2)


def test_calibration_error_tells_true_probabilities_from_bold_ones():
    rng = np.random.default_rng(1)
    true = rng.dirichlet([1, 1, 1], 20000)
    truth = (rng.random((20000, 1)) > np.cumsum(true, axis=1)).sum(axis=1)
    bold = true**3 / (true**3).sum(axis=1, keepdims=True)
    errors = [
        breakdown.calibration_error(breakdown.reliability(truth, p)) for p in (true, bold)
    ]
    assert errors[0] < 0.01 < 0.08 < errors[1]
    # A class that is always given 0.25 and comes in half of the rows is 0.25 off.
    fixed = np.tile([0.25, 0.75, 0.0], (10, 1))
    truth = np.array([0, 1] * 5)
    assert breakdown.calibration_error(breakdown.reliability(truth, fixed)) == pytest.approx(0.5 / 3)


def test_groups_are_by_the_items_and_ranges_named():
    features = make_features(300)
    masks = breakdown.groups(features, make_items())
    votes = features.numeric[:, 2]
    assert np.array_equal(masks["votes"]["20 to 49"], (votes >= 20) & (votes < 50))
    assert np.array_equal(masks["votes"]["500 and up"], votes >= 500)
    item = make_items()[3]
    rows = features.lists[0].row_of_item[features.lists[0].codes == item.code]
    assert np.flatnonzero(masks["genre"][item.text]).tolist() == sorted(set(rows.tolist()))
    known = np.any([one for name, one in masks["language"].items() if name != "other"], axis=0)
    assert np.array_equal(masks["language"]["other"], ~known)
