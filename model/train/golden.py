"""Golden rows: made-up rows that probe borders, with CatBoost's own scores.

The C++ side computes the scores again whenever it loads the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_file import NUMERIC_NAMES, Features, Lists
from recipe import Fitted
from scaler import Scaler
from trees import Trees

SEED = 20171
RANDOM_ROWS = 400
BORDER_ROWS = 800
# CatBoost adds leaves in f64, the engines in f32. The figure in the model card is measured; `make`
# refuses a model that comes nearer to the bound than half of it.
BOUND = 2e-5
ODD_NUMBERS = np.array(
    [
        np.nan,
        np.inf,
        -np.inf,
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        1.1754942e-38,
        3.4028235e38,
        -3.4028235e38,
        1.0,
        -1.0,
        1e30,
    ],
    np.float32,
)
MAX_ITEMS = 1024


@dataclass(frozen=True)
class Golden:
    """Raw rows, CatBoost's scores, the bound, and how near the f32 sums came."""

    rows: Features
    scores: np.ndarray  # [rows] float32
    bound: float
    measured: float


def straddle(
    border: np.float32, mean: np.float32, inv_std: np.float32
) -> tuple[np.float32, np.float32] | None:
    """Find adjacent floats whose scaled values lie on both sides of a border; None if none do."""

    def above(x: np.float32) -> bool:
        with np.errstate(over="ignore"):
            return bool((x - mean) * inv_std > border)

    # Bisect over the order of f32 bit patterns, in which neighbours are adjacent floats.
    low, high = _to_order(np.float32(-3.4028235e38)), _to_order(np.float32(3.4028235e38))
    if above(_from_order(low)) or not above(_from_order(high)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if above(_from_order(middle)) else (middle, high)
    return _from_order(low), _from_order(high)


def _to_order(x: np.float32) -> int:
    bits = int(np.float32(x).view(np.int32))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFF)


def _from_order(order: int) -> np.float32:
    bits = order if order >= 0 else 0x80000000 | -order
    return np.uint32(bits).view(np.float32)


def _random_numeric(rng: np.random.Generator, scale: Scaler, rows: int) -> np.ndarray:
    """Draw numbers around the scaler's means; one in ten is absent."""
    spread = rng.standard_normal((rows, len(NUMERIC_NAMES))) * 1.5
    numeric = (scale.mean + spread / scale.inv_std).astype(np.float32)
    numeric[rng.random(numeric.shape) < 0.1] = np.nan
    return numeric


def _random_lists(rng: np.random.Generator, codes: np.ndarray, lengths: np.ndarray) -> Lists:
    """Draw items, mostly known ones."""
    total = int(lengths.sum())
    known = rng.choice(codes, total) if len(codes) else np.zeros(total, np.uint32)
    made_up = rng.integers(0, 2**32, total, dtype=np.uint32)
    return Lists(lengths, np.where(rng.random(total) < 0.85, known, made_up).astype(np.uint32))


def make(fitted: Fitted, trees: Trees, codes_of_list: list[np.ndarray]) -> Golden:
    """Make the rows and let CatBoost score them. `codes_of_list`: the items known of each list."""
    rng = np.random.default_rng(SEED)
    pairs = []
    for column, borders in enumerate(np.split(trees.borders, np.cumsum(trees.border_counts)[:-1])):
        if column < len(NUMERIC_NAMES):
            found = (
                straddle(b, fitted.scaler.mean[column], fitted.scaler.inv_std[column])
                for b in borders
            )
            pairs += [(column, pair) for pair in found if pair is not None]
    chosen = rng.permutation(len(pairs))[: BORDER_ROWS // 2]
    odd = [(c, x) for c in range(len(NUMERIC_NAMES)) for x in ODD_NUMBERS]

    numeric = _random_numeric(rng, fitted.scaler, RANDOM_ROWS + 2 * len(chosen) + len(odd))
    row = RANDOM_ROWS
    for k in chosen:
        column, (below, above) = pairs[k]
        numeric[row + 1] = numeric[
            row
        ]  # two rows that differ in nothing but the side of one border
        numeric[row, column], numeric[row + 1, column] = below, above
        row += 2
    for column, value in odd:
        numeric[row, column] = value
        row += 1

    lists = []
    for codes in codes_of_list:
        lengths = np.minimum(rng.geometric(0.35, len(numeric)) - 1, 20).astype(np.int64)
        # The pairs of rows share their lists too, so that only the border tells them apart.
        first = np.arange(RANDOM_ROWS, RANDOM_ROWS + 2 * len(chosen), 2)
        lengths[:4] = [0, 1, 64, MAX_ITEMS]
        drawn = _random_lists(rng, codes, lengths)
        source = np.arange(len(numeric))
        source[first + 1] = first
        lists.append(drawn.take(source))

    count = len(numeric)
    rows = Features(
        0,
        np.arange(count),
        np.full(count, np.nan, np.float32),
        np.full(count, 255, np.uint8),
        np.zeros(count, bool),
        numeric,
        tuple(lists),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        columns = fitted.columns(rows)
    scores = fitted.booster.predict(columns)
    measured = float(np.abs(trees(columns).astype(np.float64) - scores).max())
    if measured > BOUND / 2:
        raise ValueError(
            f"f32 sums are {measured:.2g} off CatBoost's; the bound of {BOUND:.2g} has no margin"
        )
    return Golden(rows, scores.astype(np.float32), BOUND, measured)
