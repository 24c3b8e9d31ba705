"""Encodings: from the items of lists to columns of the classifier.

Each is defined by the comments of `Encoding` in schemas/model.fbs; the C++ side does the same look-
ups.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from feature_file import Features

# Fitted values are multiples of this. Their f32 sums are then exact, so no order of addition
# matters, and the last bits of the solver, which differ between CPUs, do not reach the model file.
GRID = 2.0**-14
# Those of the schema that the recipe uses.
KINDS = {"Hot": 0, "LinearScore": 1}


@dataclass(frozen=True)
class Encoding:
    """One fitted step; the fields are those of the schema, `labels` names Hot's columns."""

    name: str
    kind: str
    lists: tuple[int, ...]
    codes: np.ndarray  # ascending uint32, except Hot: in column order
    values: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    unknown: float = 0.0
    base: float = 0.0
    other: bool = False
    labels: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """Names of the columns it makes."""
        if self.kind != "Hot":
            return [self.name]
        return [f"{self.name}={label}" for label in self.labels] + [
            f"{self.name}=other"
        ] * self.other

    def __call__(self, features: Features) -> np.ndarray:
        """Encode rows. Shapes: [rows, columns], float32."""
        if self.kind == "Hot":
            return self._hot(features)
        return self._linear_score(features)

    def _hot(self, features: Features) -> np.ndarray:
        column = features.lists[self.lists[0]]
        out = np.zeros((len(features), len(self.codes) + self.other), np.float32)
        order = np.argsort(self.codes)
        at = np.searchsorted(self.codes[order], column.codes)
        known = at < len(self.codes)
        known[known] = self.codes[order][at[known]] == column.codes[known]
        out[column.row_of_item[known], order[at[known]]] = 1
        if self.other:
            out[:, -1] = ~out[:, :-1].any(axis=1)
        return out

    def _look_up(self, codes: np.ndarray) -> np.ndarray:
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[at] == codes, self.values[at], np.float32(self.unknown))

    def _linear_score(self, features: Features) -> np.ndarray:
        score = np.full(len(features), self.base, np.float32)
        for number in self.lists:
            column = features.lists[number]
            np.add.at(score, column.row_of_item, self._look_up(column.codes))
        return score[:, None]


def on_grid(values: np.ndarray) -> np.ndarray:
    """Round to the nearest multiple of GRID."""
    return (np.round(np.asarray(values, np.float64) / GRID) * GRID).astype(np.float32)


def fit_hot(
    name: str, number: int, labels: dict[int, str], codes: list[int], other: bool
) -> Encoding:
    """Make a Hot encoding of the codes, named by `labels` (text by code)."""
    texts = tuple(labels[code] for code in codes)
    return Encoding(name, "Hot", (number,), np.array(codes, np.uint32), other=other, labels=texts)


def number_bins(numeric: np.ndarray, bins: int) -> sparse.csr_matrix:
    """One-hot: each number in one of `bins` bins of equal counts; what is absent, in one of its own.

    Shapes: [rows, all bins].
    """
    out = []
    for column in numeric.T:
        borders = np.unique(np.nanquantile(column, np.linspace(0, 1, bins + 1)[1:-1]))
        at = np.searchsorted(borders, column, side="right")
        at[np.isnan(column)] = len(borders) + 1
        ones = (np.ones(len(column)), (np.arange(len(column)), at))
        out.append(sparse.csr_matrix(ones, shape=(len(column), len(borders) + 2)))
    return sparse.hstack(out).tocsr()


def fit_linear_score(
    features: Features,
    target: np.ndarray,
    lists: tuple[int, ...],
    penalty: float,
    min_rows: int,
    beside: sparse.csr_matrix,
) -> Encoding:
    """Fit a ridge of the target on the items that at least `min_rows` rows hold; others count 0.

    `beside` is fitted along with them and then dropped: what it explains is not laid to the items'
    account, so the score tells the trees what other columns do not. Shapes: [rows, any].
    """
    rows = np.concatenate([features.lists[i].row_of_item for i in lists])
    codes = np.concatenate([features.lists[i].codes for i in lists])
    distinct, item = np.unique(codes, return_inverse=True)
    # Pairs that occur twice add up: an item that a row repeats counts as often as in the score.
    counts = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, item)), shape=(len(features), len(distinct))
    )
    frequent = (counts > 0).sum(axis=0).A1 >= min_rows
    items = counts[:, frequent]
    values = _ridge(sparse.hstack([items, beside]).tocsr(), target, penalty)[: items.shape[1]]
    base = target.mean() - items.mean(axis=0).A1 @ values
    return Encoding(
        "linear_score",
        "LinearScore",
        lists,
        distinct[frequent],
        on_grid(values),
        base=float(on_grid(base)),
    )


def _ridge(design: sparse.csr_matrix, target: np.ndarray, penalty: float) -> np.ndarray:
    """Solve the ridge with a free intercept by conjugate gradients."""
    # The columns' means are subtracted without making the matrix dense.
    centre = design.mean(axis=0).A1
    transposed = design.T.tocsr()

    def apply(x: np.ndarray) -> np.ndarray:
        fitted = design @ x - centre @ x
        return transposed @ fitted - centre * fitted.sum() + penalty * x

    right = transposed @ (target - target.mean())
    diagonal = design.multiply(design).sum(axis=0).A1 - len(target) * centre**2 + penalty
    size = (len(right), len(right))
    values, failed = cg(
        LinearOperator(size, apply, dtype=np.float64),
        right,
        rtol=1e-9,
        maxiter=2000,
        M=sparse.diags(1 / diagonal),
    )
    if failed:
        raise ValueError("the ridge of the linear score did not converge")
    return values
