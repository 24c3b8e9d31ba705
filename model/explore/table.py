"""The CSV as it is: every column's texts, before anything is made of them."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Table:
    """A file's records in their order; columns are lists of texts of equal length."""

    columns: dict[str, list[str]]
    bad_records: int  # those of another number of fields than the header: left out

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def present(self, name: str) -> np.ndarray:
        """Where the column has a text at all. [rows] bool"""
        return np.array([bool(text.strip()) for text in self.columns[name]])

    def numbers(self, name: str) -> np.ndarray:
        """The column as numbers, NaN where it is none. [rows] float64"""
        return np.array([_number(text) for text in self.columns[name]])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def read_table(path: Path) -> Table:
    """Read a .csv or .csv.gz file with a header.

    Errors: ValueError if it is empty or names a column twice.
    """
    csv.field_size_limit(1 << 24)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
        records = csv.reader(lines)
        names = [name.strip().lstrip("\ufeff") for name in next(records, [])]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{path}: the first line must name columns, each once")
        columns: list[list[str]] = [[] for _ in names]
        bad = 0
        for record in records:
            if len(record) != len(names):
                bad += bool(record)
                continue
            for column, text in zip(columns, record):
                column.append(text)
    if not columns[0]:
        raise ValueError(f"{path}: a header and no records")
    return Table(dict(zip(names, columns)), bad)
