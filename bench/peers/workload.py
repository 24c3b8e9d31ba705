"""Rows and targets that are made up, the same for the same seed: 60 numbers a row, some absent."""
import dataclasses

import numpy as np

SEED = 20261122
COLUMNS = 60
MISSING = 0.05


@dataclasses.dataclass(frozen=True)
class Workload:
    """What models are fitted on, and the rows they score."""

    training: np.ndarray  # [rows, COLUMNS] float32
    target: np.ndarray  # [rows] float32
    rows: np.ndarray  # [rows, COLUMNS] float32
    rows_target: np.ndarray  # what a model should say of them

    @property
    def num_rows(self) -> int:
        return len(self.rows)


def make(training_rows: int, rows: int) -> Workload:
    """Make rows whose target takes trees of some depth: sines, products, jumps, and noise; it varies by about 1."""
    rng = np.random.default_rng(SEED)
    count = training_rows + rows
    values = rng.standard_normal((count, COLUMNS)).astype(np.float32)
    values[:, 40:50] = np.round(values[:, 40:50] * 4)  # counts and the like: few values each
    values[:, 50:] = np.exp(values[:, 50:])  # money and the like: skewed
    x = values.astype(np.float64)
    target = (np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + np.abs(x[:, 3]) + 0.3 * x[:, 4:20].sum(axis=1) + 0.1 * x[:, 40]
              + (x[:, 50] > 1) + 0.5 * rng.standard_normal(count))
    target = ((target - target.mean()) / target.std()).astype(np.float32)
    values[rng.random(values.shape) < MISSING] = np.nan
    return Workload(values[:training_rows], target[:training_rows], values[training_rows:], target[training_rows:])
