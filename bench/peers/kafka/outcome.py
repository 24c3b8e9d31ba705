"""What has come out of a pipeline: every row once? With which F1, and with the classes that the model gives these rows?"""
import pathlib

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

import movies

# The Java service's logarithms and the model's f32 borders may differ from numpy's and f64 in the last bit.
AS_EXPECTED = 0.999


class OutcomeError(Exception):
    """A pipeline has lost or doubled rows, or predicts something else."""


def summary(results: list[dict], rows: int, model: pathlib.Path) -> dict:
    """Check results of the rows 0 to `rows`, which repeat the file as often as it takes; their macro-F1 in percent.

    F1 is over the labelled rows that the model has not learned from.
    """
    came = pd.DataFrame(results)
    if len(came) != rows or came["row"].nunique() != rows:
        raise OutcomeError(f"{rows} rows were sent; {len(came)} results came, of {came['row'].nunique()} rows")
    expected = np.load(model / "expected.npy")
    same = float((expected[came["row"] % len(expected)] == came["predicted"]).mean())
    if same < AS_EXPECTED:
        raise OutcomeError(f"only {same:.2%} of the predictions are those that the model gives these rows")
    counted = came[(came["target"] >= 0) & movies.held_out(came["id"])]
    if counted.empty:
        raise OutcomeError("no row is labelled and unseen, so there is no F1; send more rows")
    return {"rows": rows, "macro_f1": 100 * f1_score(counted["target"], counted["predicted"], average="macro"), "as_expected": same}
