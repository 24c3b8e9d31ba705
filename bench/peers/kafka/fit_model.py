#!/usr/bin/env python3
"""Fit the model that the Python lab and the Kafka Streams service share; as large as Marquee's: 600 trees of depth 6.

    fit_model.py MOVIES.csv FOLDER     writes model.pickle, model.onnx, vocabulary.json and expected.npy (the class of every row)
"""
import json
import pathlib
import pickle
import sys

import numpy as np
import skl2onnx
from sklearn.ensemble import HistGradientBoostingClassifier

import movies

GENRES, LANGUAGES = 20, 15
ROUNDS, DEPTH = 200, 6  # a tree for each of the three classes in a round


def main() -> None:
    data, folder = map(pathlib.Path, sys.argv[1:])
    rows = movies.read(data)
    genres = rows["genres"].str.split(", ").explode().loc[lambda genre: genre != ""]
    vocabulary = {"genres": genres.value_counts().index[:GENRES].tolist(),
                  "languages": rows["original_language"].value_counts().index[:LANGUAGES].tolist()}
    features, targets = movies.features(rows, vocabulary), movies.targets(rows)
    learn = (targets >= 0) & ~movies.held_out(rows["id"])
    model = HistGradientBoostingClassifier(max_iter=ROUNDS, max_depth=DEPTH, max_leaf_nodes=2 ** DEPTH, learning_rate=0.08,
                                           early_stopping=False, random_state=1).fit(features[learn], targets[learn])
    # Probabilities as a plain array, not as a map for each row.
    onnx = skl2onnx.to_onnx(model, features[:1], options={"zipmap": False})
    (folder / "model.pickle").write_bytes(pickle.dumps(model))
    (folder / "model.onnx").write_bytes(onnx.SerializeToString())
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    np.save(folder / "expected.npy", model.predict(features).astype(np.int8))


if __name__ == "__main__":
    main()
