"""scaler.py and encoders.py against plain loops and against scikit-learn."""

import encoders
import numpy as np
import scaler
from conftest import make_features, make_items
from recipe import hot_encodings
from scipy import sparse
from sklearn.linear_model import Ridge


def test_scaler_ignores_absent_numbers_and_keeps_them():
    numeric = np.array([[1, 5], [3, 5], [np.nan, 5]], np.float32)
    fitted = scaler.fit(numeric)
    assert fitted.mean.tolist() == [2, 5] and fitted.inv_std.tolist() == [1, 1]
    scaled = fitted(numeric)
    assert scaled.dtype == np.float32
    assert np.array_equal(scaled, [[-1, 0], [1, 0], [np.nan, 0]], equal_nan=True)


def test_hot_marks_held_items_and_other():
    features = make_features(200)
    genres, languages = hot_encodings(make_items())
    assert len(genres.column_names) == 30 and genres.column_names[3] == "genres=genres 3"
    assert (
        languages.column_names[-1] == "original_language=other"
        and len(languages.column_names) == 16
    )
    columns = languages(features)
    at = 0
    for row, length in enumerate(features.lists[1].lengths):
        held = {int(code) - 2000 for code in features.lists[1].codes[at : at + length]}
        at += length
        expected = [float(i in held) for i in range(15)] + [float(not any(i < 15 for i in held))]
        assert columns[row].tolist() == expected


def design_matrix(features, codes):
    dense = np.zeros((len(features), len(codes)))
    for column in features.lists:
        for row, code in zip(column.row_of_item, column.codes, strict=True):
            where = np.flatnonzero(codes == code)
            if len(where):
                dense[row, where[0]] += 1
    return dense


NOTHING = np.zeros((400, 0))


def test_linear_score_is_the_ridge_on_item_counts():
    features = make_features(400)
    target = features.target.astype(np.float64)
    fitted = encoders.fit_linear_score(features, target, tuple(range(8)), 10.0, 15, NOTHING)
    dense = design_matrix(features, fitted.codes)
    expected = Ridge(alpha=10.0).fit(dense, target)
    assert np.abs(expected.coef_ - fitted.values).max() <= encoders.GRID / 2 + 1e-7
    assert abs(expected.intercept_ - fitted.base) <= encoders.GRID / 2 + 1e-7
    assert np.array_equal(
        fitted(features)[:, 0], (fitted.base + dense @ fitted.values).astype(np.float32)
    )


def test_linear_score_leaves_to_other_columns_what_they_explain():
    features = make_features(400)
    rng = np.random.default_rng(5)
    item = features.lists[0].codes[0]
    holds = np.zeros(400)
    holds[features.lists[0].row_of_item[features.lists[0].codes == item]] = 1
    # The item often comes with a number on which alone the target depends.
    beside = (holds * (rng.random(400) < 0.9))[:, None]
    target = 6 + 2 * beside[:, 0]
    alone, fitted = (
        encoders.fit_linear_score(features, target, tuple(range(8)), 0.1, 3, other)
        for other in (NOTHING, beside)
    )
    value = alone.values[alone.codes == item][0], fitted.values[fitted.codes == item][0]
    assert value[0] > 1.4 > 0.2 > abs(value[1])
    # The score's mean is the target's, as if the other columns were at theirs.
    assert abs(fitted(features).mean() - target.mean()) < 0.01


def test_number_bins_are_of_equal_counts_and_absent_numbers_have_their_own():
    numeric = np.column_stack([np.arange(80.0), np.repeat([0.0, 5.0], 40)]).astype(np.float32)
    numeric[:8, 0] = np.nan
    bins = encoders.number_bins(numeric, 8).toarray()
    assert (bins.sum(axis=1) == 2).all()
    assert bins[:, :9].sum(axis=0).tolist() == [9, 9, 9, 9, 9, 9, 9, 9, 8]
    assert bins[:8, 8].all()
    # Borders that coincide are one, and what lies on a border is above it.
    assert [count for count in bins[:, 9:].sum(axis=0).tolist() if count] == [40, 40]


def test_linear_score_forgets_rare_items():
    features = make_features(400)
    fitted = encoders.fit_linear_score(
        features, features.target.astype(np.float64), tuple(range(8)), 10.0, 25, NOTHING
    )
    rows_of = {}
    for column in features.lists:
        for row, code in zip(column.row_of_item, column.codes, strict=True):
            rows_of.setdefault(int(code), set()).add(int(row))
    assert set(fitted.codes.tolist()) == {code for code, rows in rows_of.items() if len(rows) >= 25}
    assert 0 < len(fitted.codes) < len(rows_of)


def test_sums_on_the_grid_are_exact_in_any_order():
    values = encoders.on_grid(np.random.default_rng(0).normal(0, 1, 500))
    forward, backward = np.float32(6.5), np.float32(6.5)
    for value in values:
        forward = np.float32(forward + value)
    for value in values[::-1]:
        backward = np.float32(backward + value)
    assert forward == backward == np.float32(6.5 + values.astype(np.float64).sum())


def test_ridge_converges_with_a_free_intercept():
    rng = np.random.default_rng(3)
    design = sparse.random(300, 40, 0.1, format="csr", random_state=3)
    target = rng.normal(6, 1, 300)
    values = encoders._ridge(design, target, 2.0)
    expected = Ridge(alpha=2.0).fit(design.toarray(), target)
    assert np.allclose(values, expected.coef_, atol=1e-7)
