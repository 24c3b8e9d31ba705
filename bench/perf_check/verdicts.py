"""Is head worse than base? What is measured twice, compared and judged; no measuring here."""
import dataclasses
import random
import statistics

# callgrind's counts of one binary differ by less than 0.1 % from run to run (addresses decide what a memcpy does); a change of code that moves
# nothing but an inlined call gives a few tenths more. One percent more is work that was not there before.
INSTRUCTIONS_MAY_GROW = 0.01
# Sizes and copies are the same in each run: this forgives a longer version string, no more.
BYTES_MAY_GROW = 0.002
# Times: both must be exceeded by the whole interval. Five percent is what a neighbour on the machine, or another place of the same code in memory,
# has been seen to cost.
TIME_MAY_GROW = 0.05
NOISE_TIMES = 3
# Of the interval. High, for some twenty works are judged at once.
CONFIDENCE = 0.99
RESAMPLES = 2000
SEED = 20261122

WORSE, BETTER, SAME, NOT_IN_BASE = "worse", "better", "same", "not in base"


@dataclasses.dataclass(frozen=True)
class Interval:
    """A ratio to base: the median over pairs, and where the true one lies."""

    median: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One fact of base and head, compared."""

    kind: str  # "instructions", "structure" or "time"
    name: str
    unit: str
    head: float
    base: float | None  # None if base has no such thing
    limit: float  # by how much of itself it may grow
    judgement: str
    ratio: float | None = None
    interval: Interval | None = None  # of times, as is the noise
    noise: float | None = None


def bootstrap(ratios: list[float], seed: int = SEED) -> Interval:
    """The median of ratios, with the interval that medians of redrawn ones fall into."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Interval(statistics.median(ratios), medians[tail], medians[-1 - tail])


def judge_number(kind: str, name: str, unit: str, base: float | None, head: float, may_grow: float) -> Verdict:
    """Judge a figure that is (nearly) the same each time it is taken."""
    if base is None:
        return Verdict(kind, name, unit, head, None, may_grow, NOT_IN_BASE)
    if head > base * (1 + may_grow):
        judgement = WORSE
    elif head < base * (1 - may_grow):
        judgement = BETTER
    else:
        judgement = SAME
    return Verdict(kind, name, unit, head, base, may_grow, judgement, ratio=head / base if base else None)


def judge_times(name: str, rounds: list[dict[str, float]]) -> Verdict:
    """Judge the times of rounds that have one each of "base", "head" and "control", which is base once more."""
    head = statistics.median(measured["head"] for measured in rounds)
    if any("base" not in measured for measured in rounds):
        return Verdict("time", name, "µs", head, None, TIME_MAY_GROW, NOT_IN_BASE)
    interval = bootstrap([measured["head"] / measured["base"] for measured in rounds])
    # Half of the pairs of equals differ by less.
    noise = statistics.median(abs(measured["control"] / measured["base"] - 1) for measured in rounds)
    limit = max(TIME_MAY_GROW, NOISE_TIMES * noise)
    if interval.low > 1 + limit:
        judgement = WORSE
    elif interval.high < 1 / (1 + limit):
        judgement = BETTER
    else:
        judgement = SAME
    base = statistics.median(measured["base"] for measured in rounds)
    return Verdict("time", name, "µs", head, base, limit, judgement, ratio=interval.median, interval=interval, noise=noise)


def _percent(ratio: float | None) -> str:
    return "" if ratio is None else f"{100 * (ratio - 1):+.1f} %"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"


def table(verdicts: list[Verdict]) -> str:
    """The verdicts as Markdown, what is worse first."""
    worse = [verdict for verdict in verdicts if verdict.judgement == WORSE]
    lines = [f"**{len(worse)} of {len(verdicts)} facts are worse than in base.**" if worse else
             f"None of {len(verdicts)} facts is worse than in base.", "",
             "| | what | unit | base | head | change | interval | A/A noise | may grow |", "|---|---|---|---|---|---|---|---|---|"]
    for verdict in sorted(verdicts, key=lambda verdict: verdict.judgement != WORSE):
        mark = "**worse**" if verdict.judgement == WORSE else verdict.judgement
        interval = f"{_percent(verdict.interval.low)} to {_percent(verdict.interval.high)}" if verdict.interval else ""
        noise = f"{100 * verdict.noise:.1f} %" if verdict.noise is not None else ""
        cells = [mark, verdict.name, verdict.unit, _number(verdict.base), _number(verdict.head), _percent(verdict.ratio), interval, noise,
                 f"{100 * verdict.limit:.1f} %"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
