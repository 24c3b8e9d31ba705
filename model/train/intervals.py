"""How far figures can be trusted."""

from __future__ import annotations

import numpy as np
from scipy import stats

import ordinal

LEVEL = 0.95


def corrected_t(values: list[float], test_share: float) -> dict:
    """The corrected resampled t interval of a mean over repeated cross-validation.

    Runs share training rows, so their spread alone says too little; the test rows' share of the
    training rows is added to 1 / runs. Nadeau and Bengio, "Inference for the Generalization Error",
    Machine Learning 52 (2003); for k folds r times: Bouckaert and Frank, PAKDD 2004.
    """
    count = len(values)
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    ratio = test_share / (1 - test_share)
    half = stats.t.ppf(0.5 + LEVEL / 2, count - 1) * std * np.sqrt(1 / count + ratio)
    return {
        "mean": round(mean, 5),
        "std": round(std, 5),
        "low": round(mean - half, 5),
        "high": round(mean + half, 5),
        "repetitions": count,
    }


def bootstrap_f1(matrix: np.ndarray, draws: int = 2000) -> dict:
    """Macro-F1 of one test set, and the interval over rows drawn from it with replacement."""
    rows = matrix.sum()
    drawn = np.random.default_rng(0).multinomial(rows, matrix.ravel() / rows, draws)
    f1 = [ordinal.class_f1(one.reshape(matrix.shape)).mean() for one in drawn]
    low, high = np.quantile(f1, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return {
        "f1": round(float(ordinal.class_f1(matrix).mean()), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
        "rows": int(rows),
    }
