"""From made-up features to a model file: trees against CatBoost, golden rows, the bytes."""

from dataclasses import replace

import frame
import golden
import model_file
import numpy as np
import profiles
import pytest
import recipe
import splits
import train
import trees
import wire
from conftest import make_features, make_items


SMALL = replace(recipe.MOVIES, iterations=60)


def fit(one: recipe.Recipe, features) -> recipe.Fitted:
    return recipe.fit(recipe.prepare(one, features, recipe.hot_encodings(make_items()), 0), 0)


@pytest.fixture(scope="module")
def small():
    """A fit with few trees."""
    features = make_features(1500)
    return features, fit(SMALL, features)


def encode(features, fitted) -> tuple[bytes, golden.Golden]:
    flat = trees.from_catboost(fitted.booster)
    probes = golden.make(fitted, flat, train.known_codes(fitted, make_items()))
    header = model_file.Header(
        "movies",
        "1.0.0",
        7,
        "spec",
        "0" * 64,
        splits.training_id_hashes(features.ids),
        [model_file.Figure("cross_validated_f1", 0.6, 0.01, 25)],
    )
    lists = profiles.list_profiles(features, make_items())
    return model_file.encode(
        header, fitted, flat, probes, profiles.numeric_profiles(features), lists
    ), probes


def test_flat_trees_score_as_catboost_does(small):
    features, fitted = small
    flat = trees.from_catboost(fitted.booster)
    columns = fitted.columns(features)
    scores = flat(columns)
    assert scores.dtype == np.float32
    assert np.abs(scores - fitted.booster.predict(columns)).max() < 1e-5
    assert scores.std() > 0.3
    assert flat.border_counts.sum() == len(flat.borders) and len(flat.leaves) == sum(
        1 << d for d in flat.depths.tolist()
    )


def test_values_on_a_border_fall_where_catboost_puts_them(small):
    features, fitted = small
    flat = trees.from_catboost(fitted.booster)
    base = fitted.columns(features)[0]
    rows = []
    for column, borders in enumerate(np.split(flat.borders, np.cumsum(flat.border_counts)[:-1])):
        for border in borders:
            with np.errstate(over="ignore"):  # below the border that only NaN lies under comes -inf
                values = [
                    np.nextafter(border, np.float32(towards)) for towards in (-np.inf, np.inf)
                ]
            for value in (*values, border):
                rows.append(base.copy())
                rows[-1][column] = value
    rows = np.array(rows, np.float32)
    assert np.abs(flat(rows) - fitted.booster.predict(rows)).max() < 1e-5


def test_straddling_numbers_are_adjacent_and_on_both_sides():
    mean, inv_std = np.float32(51.3), np.float32(0.037)
    for border in np.array([-1.7, -0.01, 0.0, 0.4, 3.3], np.float32):
        below, above = golden.straddle(border, mean, inv_std)
        assert np.nextafter(below, np.float32(np.inf)) == above
        assert (below - mean) * inv_std <= border < (above - mean) * inv_std
    assert golden.straddle(np.float32(np.inf), mean, inv_std) is None


def test_golden_rows_cover_the_odd_cases(small):
    features, fitted = small
    _, probes = encode(features, fitted)
    numeric = probes.rows.numeric
    assert len(probes.rows) >= golden.RANDOM_ROWS + len(golden.ODD_NUMBERS)
    for column in numeric.T:
        assert np.isnan(column).any() and np.isposinf(column).any() and np.isneginf(column).any()
        assert (column == 0).any() and ((np.abs(column) < 1e-38) & (column != 0)).any()
    known = set(fitted.encodings[-1].codes.tolist())
    for column in probes.rows.lists:
        assert column.lengths.min() == 0 and column.lengths.max() == golden.MAX_ITEMS
        assert any(code not in known for code in column.codes.tolist())
    assert probes.measured <= probes.bound / 2


def test_cross_fitted_scores_do_not_see_their_own_fold(small):
    features, _ = small
    features = features.take(features.labelled)
    scores = recipe.cross_fitted_linear_score(SMALL, features, 5)
    fold = splits.folds(features.ids, 5, recipe.ENCODING_FOLDS)
    moved = features.target.copy()
    moved[fold == 2] = 9.0
    other = features.__class__(**{**features.__dict__, "target": moved})
    again = recipe.cross_fitted_linear_score(SMALL, other, 5)
    assert np.array_equal(scores[fold == 2], again[fold == 2]) and not np.array_equal(scores, again)


def test_file_reads_back(small):
    features, fitted = small
    content, probes = encode(features, fitted)
    (payload,) = frame.payloads(content, "model")
    model = wire.load("Model").Model.GetRootAs(payload, 0)
    assert bytes(payload[4:8]) == b"MQMD" and model.FormatVersion() == 1
    assert [
        model.ColumnNames(i).decode() for i in range(model.ColumnNamesLength())
    ] == fitted.column_names
    assert len(fitted.column_names) == fitted.columns(features).shape[1]
    golden_table = model.Golden()
    assert golden_table.NumRows() == len(probes.rows)
    numeric = golden_table.NumericAsNumpy().reshape(len(features.numeric.T), -1).T
    assert np.array_equal(numeric, probes.rows.numeric, equal_nan=True)
    score = model.Encodings(2)
    assert np.array_equal(score.ValuesAsNumpy(), fitted.encodings[-1].values)
    assert score.ListsAsNumpy().tolist() == list(range(8))
    assert np.allclose(sum(model.ListProfiles(3).LengthSharesAsNumpy()), 1)


def test_the_same_rows_give_the_same_bytes(small):
    features, fitted = small
    again = fit(SMALL, features)
    assert encode(features, fitted)[0] == encode(features, again)[0]


def test_integers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        model_file._Writer().numbers(np.array([300]), np.uint8)


def test_what_is_left_out_is_neither_asked_for_nor_summed():
    features = make_features(1500)
    fitted = fit(SMALL.without("budget", "genres", "revenue"), features)
    asked = {fitted.column_names[i] for i in trees.from_catboost(fitted.booster).split_features}
    assert "vote_count" in asked and "linear_score" in asked
    assert not any(name.startswith(("budget", "revenue", "genres=")) for name in asked)
    assert fitted.encodings[-1].lists == tuple(range(1, 8))
    # The columns stay where they are: what lies in those left out makes no difference.
    columns = fitted.columns(features)
    other = columns.copy()
    other[:, [0, 1]] = 17
    assert np.array_equal(fitted.scores(columns), fitted.scores(other))
    assert encode(features, fitted)[1].measured <= golden.BOUND / 2
