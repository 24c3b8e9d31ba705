"""CatBoost's symmetric trees, scored by CatBoost and by Marquee's engine."""
import numpy as np
from catboost import CatBoostRegressor

import scored_by_marquee as marquee
from workload import SEED, Workload

DEPTH = 6


def train(work: Workload, num_trees: int, borders: int) -> CatBoostRegressor:
    """Fit CatBoost's default kind of trees, which are symmetric."""
    model = CatBoostRegressor(iterations=num_trees, depth=DEPTH, learning_rate=0.08, border_count=borders, random_seed=SEED % 2**31,
                              boost_from_average=True, allow_writing_files=False, verbose=False)
    return model.fit(work.training, work.target)


def predict(model: CatBoostRegressor, rows) -> np.ndarray:
    """What CatBoost says, on one core; `rows`: a Pool, or a matrix."""
    return model.predict(rows, prediction_type="RawFormulaVal", thread_count=1)


def scored(model: CatBoostRegressor, work: Workload) -> marquee.Scored:
    """As Marquee scores it: f32 sums differ from CatBoost's f64 by no more than golden.BOUND."""
    return marquee.Scored(marquee.trees.from_catboost(model), predict(model, work.rows), marquee.golden.BOUND)
