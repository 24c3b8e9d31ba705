"""What the canonical feature spec says of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """Classes, target, and what becomes of columns."""

    names: list[str]  # of the classes
    labelled_column: str
    labelled_from: int
    target: str
    target_range: tuple[float, float]
    kinds: dict[str, list[str]]  # of the features that are made of a column
    caps: dict[str, int]  # the most that a column counts as

    @staticmethod
    def read(text: str) -> Spec:
        """Read what `marquee features --print-spec` prints."""
        lines = [line.split() for line in text.splitlines()]
        words = {line[0]: line for line in lines}
        kinds: dict[str, list[str]] = {}
        caps = {}
        for what, *line in lines:
            if what not in ("numeric", "list"):
                continue
            _, kind, column, number = line
            kinds.setdefault(column, []).append(kind)
            if kind == "capped_number":
                caps[column] = int(number)
        _, target, low, high = words["target"]
        return Spec([line[1] for line in lines if line[0] == "class"], words["labelled"][1], int(words["labelled"][3]), target,
                    (float(low), float(high)), kinds, caps)
