#!/usr/bin/env python3
"""Generate a table of people shaped like a census, with its dirt: income.toml describes it.

    people.py --rows 100000 --seed 1 --first-id 0 -o people.csv

The same rows, seed and first id give the same file. Nobody in it lives: every number is drawn, and who earns
much is a sum of what is drawn, plus chance, so that no model is always right.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

WORKCLASS = ("Private", "Self-employed", "Government", "Never-worked")
EDUCATION = ("School", "College", "Bachelors", "Masters", "Doctorate")
MARITAL = ("Never-married", "Married", "Divorced", "Widowed")
OCCUPATION = ("Craft", "Clerical", "Sales", "Service", "Professional", "Management", "Farming")
LANGUAGES = ("English", "Spanish", "Chinese", "French", "German", "Hindi")
# What each occupation adds to the log-odds of a high income.
BY_OCCUPATION = np.array([-0.1, -0.2, 0.2, -0.9, 0.7, 1.0, -1.0])
# Census files write a question mark where an answer is missing, and some end a label with a full stop.
UNKNOWN, UNKNOWN_SHARE, STOP_SHARE = "?", 0.04, 0.1


def generate(rows: int, seed: int, first_id: int, out: Path | None) -> None:
    """Write a CSV of people; to standard output if `out` is None."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.gamma(9, 4.4, rows), 17, 90).astype(int)
    education = rng.choice(len(EDUCATION), rows, p=[0.42, 0.28, 0.19, 0.09, 0.02])
    workclass = rng.choice(len(WORKCLASS), rows, p=[0.72, 0.12, 0.15, 0.01])
    occupation = rng.choice(len(OCCUPATION), rows)
    marital = np.where(age < 25, 0, rng.choice(len(MARITAL), rows, p=[0.25, 0.52, 0.17, 0.06]))
    hours = np.clip(np.round(rng.normal(40, 11, rows)), 1, 99).astype(int)
    change = np.where(rng.random(rows) < 0.1, np.round(rng.normal(1500, 6000, rows)), 0).astype(int)
    english = rng.random(rows) < 0.9
    odds = (
        -3.9
        + 0.75 * education
        + BY_OCCUPATION[occupation]
        + 1.7 * (marital == 1)
        + 0.03 * (hours - 40)
        - 0.0025 * (age - 50) ** 2 / 2
        + 0.0003 * change
        + 0.4 * english
        + 0.8 * (workclass == 1) * (education > 1)
    )
    high = odds + rng.logistic(0, 0.4, rows) > 0

    def text(names: tuple[str, ...], numbers: np.ndarray) -> np.ndarray:
        return np.where(rng.random(rows) < UNKNOWN_SHARE, UNKNOWN, np.array(names)[numbers])

    columns = [
        np.arange(first_id, first_id + rows),
        age,
        text(WORKCLASS, workclass),
        text(EDUCATION, education),
        text(MARITAL, marital),
        text(OCCUPATION, occupation),
        change,
        hours,
        _languages(rng, english),
        np.char.add(np.where(high, ">50K", "<=50K"), np.where(rng.random(rows) < STOP_SHARE, ".", "")),
    ]
    with sys.stdout if out is None else out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            "id,age,workclass,education,marital-status,occupation,capital-change,hours-per-week,languages,income".split(",")
        )
        writer.writerows(zip(*columns, strict=True))


def _languages(rng: np.random.Generator, english: np.ndarray) -> list[str]:
    """The languages of each person as a list with commas, none of them twice."""
    others = rng.integers(1, len(LANGUAGES), (len(english), 2))
    count = rng.choice(3, len(english), p=[0.7, 0.24, 0.06])
    lists = []
    for speaks_english, pair, number in zip(english, others, count, strict=True):
        spoken = [LANGUAGES[0]] if speaks_english else []
        spoken += [LANGUAGES[i] for i in dict.fromkeys(pair[:number])]
        lists.append(", ".join(spoken))
    return lists


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-id", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, help="file to write (default: standard output)")
    arguments = parser.parse_args()
    generate(arguments.rows, arguments.seed, arguments.first_id, arguments.out)


if __name__ == "__main__":
    main()
