"""The movies as the Python lab sees them: rows of text, features by pandas, classes. The Java service computes the same."""
import json
import pathlib

import numpy as np
import pandas as pd

CLASSES = ("low", "mid", "high")
BOUNDS = (6, 7)
LABELLED_FROM_VOTES = 10
LISTS = ("genres", "production_companies", "production_countries", "spoken_languages", "keywords")


def read(path: pathlib.Path, **how):
    """Read the CSV file with every field as text, as it goes into messages."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, **how)


def numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def features(movies: pd.DataFrame, vocabulary: dict[str, list[str]]) -> np.ndarray:
    """Give a row of f32 for each movie; NaN where the movie does not tell."""
    date = pd.to_datetime(movies["release_date"], format="%Y-%m-%d", errors="coerce")
    columns = [np.log1p(numbers(movies[name])) for name in ("budget", "revenue", "vote_count")]
    columns += [numbers(movies["popularity"]), numbers(movies["runtime"]).clip(upper=400), date.dt.year, date.dt.month]
    columns += [movies[name].str.count(",") + (movies[name] != "") for name in LISTS]
    columns += [movies[name].str.len() for name in ("title", "overview")]
    genres = movies["genres"].str.get_dummies(", ").reindex(columns=vocabulary["genres"], fill_value=0)
    languages = pd.get_dummies(movies["original_language"]).reindex(columns=vocabulary["languages"], fill_value=0)
    return np.column_stack([*columns, genres, languages]).astype(np.float32)


def targets(movies: pd.DataFrame) -> np.ndarray:
    """Give each movie's class, or -1 where too few have voted for it to count."""
    vote, votes = numbers(movies["vote_average"]), numbers(movies["vote_count"])
    return np.where((votes >= LABELLED_FROM_VOTES) & vote.notna(), np.digitize(vote, BOUNDS), -1)


def held_out(ids: pd.Series) -> np.ndarray:
    """Tell which movies the model has not learned from: a fifth, by their ids."""
    return (numbers(ids) % 5 == 0).to_numpy()


def vocabulary_of(folder: pathlib.Path) -> dict[str, list[str]]:
    """Read which genres and languages have a feature in the model of this folder."""
    return json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
