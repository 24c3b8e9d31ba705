"""The highest rate that a pipeline bears."""
from collections.abc import Callable

from data import say

KEPT = 0.98  # of a rate, for a run to count as having kept it


def highest(most: float, steps: int, run: Callable[[int], dict], p99_ms: Callable[[dict], float], bound_ms: float) -> tuple[int, dict] | None:
    """Bisect between no rate and `most`, so many times: the highest rate, in rows a second, that was kept with its p99 within the bound, and its run.

    `run` reports on a run at a rate, `p99_ms` finds the p99 in that. None: no rate was kept.
    """
    low, high, best = 0.0, most, None
    for _ in range(steps):
        rate = int((low + high) / 2)
        report = run(rate)
        p99 = p99_ms(report)
        if report["rows_per_s"] >= KEPT * rate and p99 <= bound_ms:
            low, best = rate, (rate, report)
            say(f"peak: {rate:,} rows/s: p99 {p99:.2f} ms, kept")
        else:
            high = rate
            say(f"peak: {rate:,} rows/s: p99 {p99:.2f} ms, not kept")
    return best
