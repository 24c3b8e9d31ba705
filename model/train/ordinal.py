"""From one score to a class and to probabilities."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.optimize import minimize

NUM_CLASSES = 3


def confusion(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Count rows by (true class, predicted class)."""
    return np.bincount(truth.astype(np.int64) * NUM_CLASSES + predicted, minlength=9).reshape(3, 3)


def class_f1(matrix: np.ndarray) -> np.ndarray:
    """F1 of each class; 0 where it neither occurs nor is predicted."""
    return 2 * np.diag(matrix) / np.maximum(matrix.sum(axis=0) + matrix.sum(axis=1), 1)


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Unweighted mean of the classes' F1."""
    return float(class_f1(confusion(truth, predicted)).mean())


def classify(scores: np.ndarray, cutpoints: np.ndarray) -> np.ndarray:
    """Class = number of cutpoints that the score reaches."""
    return (scores[:, None] >= cutpoints[None, :]).sum(axis=1)


def fit_cutpoints(scores: np.ndarray, truth: np.ndarray, radius: int = 5) -> np.ndarray:
    """Find the two cutpoints with the best macro-F1 on out-of-fold scores.

    The F1 of each pair on a grid of 0.01 is averaged with its neighbours, so that a lucky spike
    does not win.
    """
    grid = np.arange(500, 800) / 100.0
    # below[k][i]: rows of class k with a score below grid[i].
    below = np.stack(
        [np.searchsorted(np.sort(scores[truth == k]), grid) for k in range(NUM_CLASSES)]
    )
    total = np.bincount(truth, minlength=NUM_CLASSES)
    all_below = below.sum(axis=0)
    low, high = np.meshgrid(np.arange(len(grid)), np.arange(len(grid)), indexing="ij")
    hit = [below[0][low], below[1][high] - below[1][low], total[2] - below[2][high]]
    predicted = [all_below[low], all_below[high] - all_below[low], len(scores) - all_below[high]]
    f1 = (
        sum(2 * hit[k] / np.maximum(predicted[k] + total[k], 1) for k in range(NUM_CLASSES))
        / NUM_CLASSES
    )
    f1 = np.where(low < high, f1, 0.0)
    smoothed = uniform_filter(f1, 2 * radius + 1, mode="nearest")
    best = np.unravel_index(np.argmax(smoothed), smoothed.shape)
    return grid[list(best)].astype(np.float32)


def probabilities(scores: np.ndarray, slope: float, offsets: np.ndarray) -> np.ndarray:
    """P(class) from P(class > k) = 1 / (1 + exp(offsets[k] - slope * score)).

    Shapes: [rows, classes].
    """
    above = 1.0 / (1.0 + np.exp(offsets[None, :] - slope * scores[:, None].astype(np.float64)))
    edges = np.concatenate([np.ones((len(scores), 1)), above, np.zeros((len(scores), 1))], axis=1)
    return edges[:, :-1] - edges[:, 1:]


def fit_logistic(scores: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Fit the cumulative logistic by maximum likelihood on out-of-fold scores.

    Returns slope and ascending offsets.
    """

    def loss(parameters: np.ndarray) -> float:
        slope, middle, gap = parameters
        chance = probabilities(scores, slope, slope * middle + np.exp(gap) * np.array([-0.5, 0.5]))
        return -np.log(np.maximum(chance[np.arange(len(truth)), truth], 1e-12)).mean()

    # Parameters: slope, the score halfway between the offsets, logarithm of their distance (so they
    # stay in order).
    options = {"xatol": 1e-6, "fatol": 1e-12, "maxiter": 2000}
    slope, middle, gap = minimize(loss, [2.0, 6.4, 0.0], method="Nelder-Mead", options=options).x
    offsets = slope * middle + np.exp(gap) * np.array([-0.5, 0.5])
    return round(float(slope), 3), np.round(offsets, 3)
