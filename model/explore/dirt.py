"""What is odd in the file, how much of it, and what the program does with it."""

from __future__ import annotations

import collections
from dataclasses import dataclass

import numpy as np

from spec import Spec
from table import Table


@dataclass(frozen=True)
class Dirt:
    """Something odd: what, in how many rows, and what becomes of those rows."""

    what: str
    rows: int
    treatment: str


def repeated_ids(table: Table) -> np.ndarray:
    """Rows whose id another row has too. [rows] bool"""
    ids = [text.strip() for text in table.columns["id"]]
    counts = collections.Counter(ids)
    return np.array([counts[id] > 1 for id in ids])


def placeholder_texts(texts: list[str]) -> dict[str, int]:
    """Short texts that stand in several rows, like "No overview found.", and in how many."""
    counts = collections.Counter(text.strip() for text in texts)
    return {text: count for text, count in counts.most_common(20) if text and count >= 5 and len(text) < 60}


def use_of_text(kinds: list[str]) -> str:
    """What features of these kinds, made of a text, take of it."""
    if not kinds:
        return "not used"
    return "only the text's length is a feature" if set(kinds) == {"text_bytes"} else "read as any other text"


def find(table: Table, spec: Spec) -> list[Dirt]:
    """Look for what such tables are known to have; only what is there is told."""
    found = [Dirt("records of another number of fields than the header", table.bad_records,
                  "dead letter `field_count`; the bytes are kept")]

    def among(name: str, what: str, treatment: str, odd) -> None:
        if name in table.columns:
            with np.errstate(invalid="ignore"):
                found.append(Dirt(what, int(np.count_nonzero(odd(table.numbers(name)))), treatment))

    repeated = repeated_ids(table)
    differing = {}
    for index in np.flatnonzero(repeated):
        record = tuple(column[index] for column in table.columns.values())
        differing.setdefault(record[list(table.columns).index("id")].strip(), set()).add(record)
    found.append(Dirt("rows whose id another row has too", int(repeated.sum()),
                      "scored like any other; training keeps all rows of an id on one side of a split"))
    found.append(Dirt("ids whose rows differ", sum(len(records) > 1 for records in differing.values()),
                      "the same"))
    if "id" in table.columns:
        numbers = table.numbers("id")
        found.append(Dirt("ids that are no number", int(np.isnan(numbers).sum()), "dead letter `id_not_a_number` or `id_absent`"))
    among(spec.labelled_column, f"a {spec.labelled_column} below {spec.labelled_from}", f"scored, but without a class: their {spec.target} is chance",
          lambda counts: counts < spec.labelled_from)
    for end in spec.target_range:
        among(spec.target, f"a {spec.target} of {end:g}", f"a target only with a {spec.labelled_column} of {spec.labelled_from} or more",
              lambda target: target == end)
    among("budget", "a budget of 0", "stays 0: the model learns that 0 is unknown", lambda budget: budget == 0)
    among("budget", "a budget from 1 to 999", "stays as it is: probably thousands or millions", lambda b: (b > 0) & (b < 1000))
    among("revenue", "a revenue of 0", "stays 0: the model learns that 0 is unknown", lambda revenue: revenue == 0)
    among("revenue", "a revenue from 1 to 999", "stays as it is", lambda revenue: (revenue > 0) & (revenue < 1000))
    among("runtime", "a runtime of 0", "stays 0: the model learns that 0 is unknown", lambda minutes: minutes == 0)
    for name, cap in spec.caps.items():
        among(name, f"a {name} over {cap}", f"counts as {cap}", lambda values: values > cap)
    if "release_date" in table.columns:
        dates = table.columns["release_date"]
        odd = [bool(date.strip()) and not _is_date(date) for date in dates]
        found.append(Dirt("release dates that are none", sum(odd), "absent (NaN), and counted"))
    for name in ("overview", "tagline"):
        if name in table.columns:
            texts = placeholder_texts(table.columns[name])
            if texts:
                sample = ", ".join(f"“{text}” ({rows})" for text, rows in list(texts.items())[:3])
                found.append(Dirt(f"placeholders in {name}: {sample}", sum(texts.values()),
                                  use_of_text(spec.kinds.get(name, []))))
    for name, texts in table.columns.items():
        inner = sum("\n" in text for text in texts)
        if inner:
            found.append(Dirt(f"line ends inside {name}", inner, "kept: records are cut by quotes, not by lines"))
    return [dirt for dirt in found if dirt.rows]


def _is_date(text: str) -> bool:
    try:
        np.datetime64(text.strip(), "D")
    except ValueError:
        return False
    return True
