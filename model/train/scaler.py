"""Standardise the numeric features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaler:
    """(x - mean) * inv_std, every step in f32; NaN stays NaN."""

    mean: np.ndarray  # [features] float32
    inv_std: np.ndarray  # [features] float32

    def __call__(self, numeric: np.ndarray) -> np.ndarray:
        return (numeric - self.mean) * self.inv_std


def fit(numeric: np.ndarray) -> Scaler:
    """Take mean and standard deviation over what is present; a constant column keeps its unit."""
    values = numeric.astype(np.float64)
    deviation = np.nanstd(values, axis=0)
    inverse = 1.0 / np.where(deviation > 0, deviation, 1.0)
    return Scaler(np.nanmean(values, axis=0).astype(np.float32), inverse.astype(np.float32))
