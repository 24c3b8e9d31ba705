"""The highest rate that a pipeline bears."""
from collections.abc import Callable


def highest(most: float, steps: int, kept: Callable[[int], dict | None]) -> tuple[int, dict] | None:
    """Bisect between no rate and `most`, so many times: the highest rate, in rows a second, that was kept, and what `kept` gave for it.

    `kept` measures a rate and returns None if it was not kept. None: no rate was.
    """
    low, high, best = 0.0, most, None
    for _ in range(steps):
        rate = int((low + high) / 2)
        measured = kept(rate)
        if measured is None:
            high = rate
        else:
            low, best = rate, (rate, measured)
    return best
