"""The tables of `./run bench-peers`, as Markdown."""
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def duration(ns: float) -> str:
    """A duration in three digits: '940 ns', '1.25 µs'."""
    for unit, scale in (("ns", 1.0), ("µs", 1e3), ("ms", 1e6)):
        if ns / scale < 999.5:
            break
    value = ns / scale
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


def times(ratio: float) -> str:
    """A ratio as one reads it: '×0.85', '×7.3', '×140'."""
    return f"×{ratio:.2f}" if ratio < 0.995 else f"×{ratio:.1f}" if ratio < 9.95 else f"×{ratio:.0f}"
