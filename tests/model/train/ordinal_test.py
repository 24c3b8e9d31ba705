"""ordinal.py against scikit-learn and against scores whose best cut is known."""

import numpy as np
import ordinal
from sklearn.metrics import confusion_matrix, f1_score


def test_macro_f1_and_confusion():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    assert np.array_equal(ordinal.confusion(truth, predicted), confusion_matrix(truth, predicted))
    assert np.isclose(
        ordinal.macro_f1(truth, predicted), f1_score(truth, predicted, average="macro")
    )


def test_a_score_on_a_cutpoint_is_above_it():
    cuts = np.array([6.0, 7.0], np.float32)
    scores = np.array([np.nextafter(np.float32(6), np.float32(0)), 6.0, 6.5, 7.0], np.float32)
    assert ordinal.classify(scores, cuts).tolist() == [0, 1, 1, 2]


def test_cutpoints_find_the_gaps():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 3000)
    scores = np.choose(truth, [5.5, 6.3, 7.2]) + rng.uniform(-0.2, 0.2, 3000)
    low, high = ordinal.fit_cutpoints(scores, truth)
    assert 5.7 <= low <= 6.1 and 6.5 <= high <= 7.0
    assert ordinal.macro_f1(truth, ordinal.classify(scores, np.array([low, high]))) == 1.0


def test_cutpoints_are_near_the_best_pair_by_trial():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 2000)
    scores = np.choose(truth, [5.8, 6.4, 6.9]) + rng.normal(0, 0.5, 2000)
    fitted = ordinal.macro_f1(truth, ordinal.classify(scores, ordinal.fit_cutpoints(scores, truth)))
    tried = [
        ordinal.macro_f1(truth, ordinal.classify(scores, np.array([a, b])))
        for a in np.arange(5.6, 6.6, 0.05)
        for b in np.arange(6.2, 7.2, 0.05)
        if a < b
    ]
    assert fitted > max(tried) - 0.01


def test_logistic_recovers_what_made_the_classes():
    rng = np.random.default_rng(3)
    scores = rng.normal(6.4, 0.7, 40_000)
    slope, offsets = 2.5, np.array([15.0, 17.0])
    uniform = rng.random(len(scores))
    above = 1 / (1 + np.exp(offsets[None] - slope * scores[:, None]))
    truth = (uniform[:, None] < above).sum(axis=1)
    fitted_slope, fitted_offsets = ordinal.fit_logistic(scores, truth)
    assert (
        abs(fitted_slope - slope) < 0.1
        and np.abs(fitted_offsets / fitted_slope - offsets / slope).max() < 0.03
    )
    chance = ordinal.probabilities(scores, fitted_slope, fitted_offsets)
    assert np.allclose(chance.sum(axis=1), 1) and (chance > 0).all()
    assert np.abs(chance.mean(axis=0) - np.bincount(truth) / len(truth)).max() < 0.005
