"""Read what `marquee features` wrote: rows of features, and the texts behind the item hashes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import frame
import wire

NUMERIC_NAMES = (
    "budget",
    "revenue",
    "vote_count",
    "popularity",
    "runtime",
    "year",
    "month",
    "num_genres",
    "num_companies",
    "num_countries",
    "num_spoken_languages",
    "num_keywords",
    "title_bytes",
    "overview_bytes",
)
LIST_NAMES = (
    "genres",
    "original_language",
    "production_companies",
    "production_countries",
    "spoken_languages",
    "keywords",
    "title_words",
    "year_bucket",
)
NO_TARGET = 255


@dataclass(frozen=True)
class Lists:
    """One list feature of many rows: item codes end to end, and how many belong to each row."""

    lengths: np.ndarray  # [rows] int64
    codes: np.ndarray  # [items] uint32

    @property
    def row_of_item(self) -> np.ndarray:
        """The row that holds each item."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def take(self, rows: np.ndarray) -> Lists:
        """Select rows, in the order given."""
        starts = np.concatenate([[0], np.cumsum(self.lengths)])[rows]
        lengths = self.lengths[rows]
        first = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        return Lists(lengths, self.codes[first + np.arange(lengths.sum())])


@dataclass(frozen=True)
class Features:
    """The rows of a feature file. Absent numbers are NaN."""

    feature_spec: int
    ids: np.ndarray  # [rows] int64
    target: np.ndarray  # [rows] float32
    target_class: np.ndarray  # [rows] uint8, NO_TARGET where absent
    labelled: np.ndarray  # [rows] bool
    numeric: np.ndarray  # [rows, numeric features] float32
    lists: tuple[Lists, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: np.ndarray) -> Features:
        """Select rows, by numbers or by a mask."""
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return Features(
            self.feature_spec,
            self.ids[rows],
            self.target[rows],
            self.target_class[rows],
            self.labelled[rows],
            self.numeric[rows],
            tuple(column.take(rows) for column in self.lists),
        )


@dataclass(frozen=True)
class Item:
    """A distinct item of a list feature and how many rows of the file hold it."""

    list_number: int
    code: int
    rows: int
    text: str


def _batch(payload: memoryview, num_numeric: int, num_lists: int) -> Features:
    """Copy one FeatureBatch out of its message."""
    batch = wire.load("FeatureBatch").FeatureBatch.GetRootAs(payload, 0)
    numeric = [batch.Numeric(i).ValuesAsNumpy() for i in range(batch.NumericLength())]
    lists = [batch.Lists(i) for i in range(batch.ListsLength())]
    rows = batch.NumRows()
    if len(numeric) != num_numeric or len(lists) != num_lists:
        raise ValueError(
            f"{len(numeric)} numbers and {len(lists)} lists, not {num_numeric} and {num_lists}: "
            "the features are of another feature spec"
        )
    if not rows:
        empty = Lists(np.zeros(0, np.int64), np.zeros(0, np.uint32))
        return Features(
            batch.FeatureSpec(),
            np.zeros(0, np.int64),
            np.zeros(0, np.float32),
            np.zeros(0, np.uint8),
            np.zeros(0, bool),
            np.zeros((0, num_numeric), np.float32),
            (empty,) * num_lists,
        )

    def column(lists_of_batch) -> Lists:
        # An empty vector reads as the number 0.
        codes = (
            lists_of_batch.CodesAsNumpy()
            if lists_of_batch.CodesLength()
            else np.zeros(0, np.uint32)
        )
        return Lists(lists_of_batch.LengthsAsNumpy().astype(np.int64), np.array(codes, np.uint32))

    return Features(
        batch.FeatureSpec(),
        np.array(batch.IdsAsNumpy()),
        np.array(batch.TargetAsNumpy()),
        np.array(batch.TargetClassAsNumpy()),
        np.array(batch.LabelledAsNumpy()).astype(bool),
        np.stack(numeric, axis=1) if numeric else np.zeros((rows, 0), np.float32),
        tuple(column(one) for one in lists),
    )


def read_features(
    path: Path, num_numeric: int = len(NUMERIC_NAMES), num_lists: int = len(LIST_NAMES)
) -> Features:
    """Read a file of FeatureBatch frames; without numbers, one of the movies.

    Errors: ValueError if it is damaged or holds other features.
    """
    payloads = frame.payloads(path.read_bytes(), str(path))
    batches = [_batch(payload, num_numeric, num_lists) for payload in payloads]
    if not batches:
        raise ValueError(f"{path}: no rows")
    if len({batch.feature_spec for batch in batches}) != 1:
        raise ValueError(f"{path}: batches of different feature specs")

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(batch, name) for batch in batches])

    lists = tuple(
        Lists(
            np.concatenate([batch.lists[i].lengths for batch in batches]),
            np.concatenate([batch.lists[i].codes for batch in batches]),
        )
        for i in range(num_lists)
    )
    return Features(
        batches[0].feature_spec,
        joined("ids"),
        joined("target"),
        joined("target_class"),
        joined("labelled"),
        joined("numeric"),
        lists,
    )


def read_items(path: Path) -> list[Item]:
    """Read the items file: within each list most frequent first, ties by text."""
    items = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            items.append(Item(record["list"], record["code"], record["rows"], record["item"]))
    return sorted(items, key=lambda item: (item.list_number, -item.rows, item.text))
