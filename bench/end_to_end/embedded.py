"""`marquee run` beside the same harness without work, embedded_null: rows from a file, no broker.

Scenarios: *offline*, all rows at once; *paced*, a steady rate in open loop, latency from the time a row was to come; *peak*, the highest rate
whose p99 stays under a bound. The two programs take turns, and ratios are medians over pairs.
"""
import dataclasses
import json
import math
import os
import pathlib
import statistics
import subprocess

import peak
from data import Movies, say
from record import Result

PEAK_P99_MS = 10.0
PACE = 10_000


class EmbeddedError(Exception):
    """A run failed, or its predictions changed."""


@dataclasses.dataclass(frozen=True)
class Programs:
    marquee: pathlib.Path
    null: pathlib.Path
    rows_of_data: int
    data: Movies

    def run(self, program: pathlib.Path, *options: str, data: pathlib.Path | None = None) -> dict:
        """One run; what it reports."""
        command = [program, "run"] if program == self.marquee else [program]
        command += ["--data", data or self.data.path, *options]
        if program == self.marquee:
            command.append("--json")
        ran = subprocess.run(command, capture_output=True, text=True, check=False,
                             env={name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_") or name == "MARQUEE_FORCE_ISA"})
        if ran.returncode:
            raise EmbeddedError(f"{' '.join(map(str, command))} failed: {ran.stderr.strip()}")
        return json.loads(ran.stdout)

    def repeat(self, rows: int) -> tuple[str, str]:
        return "--repeat", str(math.ceil(rows / self.rows_of_data))


def _stages(report: dict) -> dict:
    return {name: stage["ns_per_row"] for name, stage in report["stages"].items()}


def offline(programs: Programs, rows: int, repetitions: int) -> list[Result]:
    """Rows a second of a backlog, for the ways to run it."""
    found = []
    repeat = programs.repeat(rows)
    cores = len(os.sched_getaffinity(0))
    ways: list[tuple[str, list[str], pathlib.Path | None]] = [
        (f"{cores} threads", [], None), ("1 thread", ["--runner", "serial"], None), (f"{cores} threads, needed columns", ["--columns", "needed"], None)]
    if programs.data.packed:
        ways.append((f"{cores} threads, .csv.gz", [], programs.data.packed))
    for way, options, data in ways:
        null_options = [option for option in options if option not in ("--columns", "needed")]
        reports, nulls = [], []
        for _ in range(repetitions):
            reports.append(programs.run(programs.marquee, *repeat, *options, data=data))
            nulls.append(programs.run(programs.null, *repeat, *null_options, data=data))
            if reports[-1]["confusion"] != reports[0]["confusion"]:
                raise EmbeddedError(f"offline, {way}: the same rows gave other predictions")
        pairs = [report["rows_per_s"] / null["rows_per_s"] for report, null in zip(reports, nulls)]
        middle = sorted(reports, key=lambda report: report["rows_per_s"])[len(reports) // 2]
        found.append(Result(f"null offline, {way}", "rows/s", tuple(null["rows_per_s"] for null in nulls)))
        found.append(Result(f"offline, {way}", "rows/s", tuple(report["rows_per_s"] for report in reports), found[-1].name, statistics.median(pairs),
                            {"rows": middle["rows"], "bytes_per_row": programs.data.path.stat().st_size / programs.rows_of_data,
                             "busy_ns_per_row": _stages(middle), "peak_rss_mib": middle["peak_rss_mib"], "isa": middle["model"]["isa"]}))
        say(f"offline, {way}: {found[-1].value:,.0f} rows/s, {found[-1].ratio:.2f} of the harness without work")
    return found


def _p(report: dict, which: str) -> float:
    return report["latency"][f"{which}_ns"] * 1e-6


def paced(programs: Programs, seconds: float, repetitions: int) -> list[Result]:
    """Latency of a row at a rate that leaves most of the machine idle."""
    rows = int(PACE * seconds)
    options = ["--rate", str(PACE), "--rows", str(rows), *programs.repeat(rows)]
    runs = [(programs.run(programs.marquee, *options), programs.run(programs.null, *options)) for _ in range(repetitions)]
    found = []
    for which in ("p50", "p99"):
        null = Result(f"null paced {PACE} rows/s, {which}", "ms", tuple(_p(null, which) for _, null in runs))
        found += [null, Result(f"paced {PACE} rows/s, {which}", "ms", tuple(_p(run, which) for run, _ in runs), null.name,
                               statistics.median(_p(run, which) / _p(null, which) for run, null in runs))]
        say(f"paced, {PACE} rows/s: {which} {found[-1].value:.2f} ms, without work {null.value:.2f} ms")
    return found


def highest_rate(programs: Programs, most: float, seconds: float) -> list[Result]:
    """The highest rate whose p99 stays under PEAK_P99_MS, up to `most`, what a backlog gives."""
    def run_at(rate: int) -> dict:
        rows = int(rate * seconds)
        return programs.run(programs.marquee, "--rate", str(rate), "--rows", str(rows), *programs.repeat(rows))

    best = peak.highest(most, 5, run_at, lambda run: _p(run, "p99"), PEAK_P99_MS)
    if best is None:
        raise EmbeddedError(f"peak: no rate down to a 32nd of {most:,.0f} rows/s had its p99 under {PEAK_P99_MS} ms")
    rate, run = best
    return [Result(f"peak, p99 under {PEAK_P99_MS:g} ms", "rows/s", (rate,), "", None, {"p50_ms": _p(run, "p50"), "p99_ms": _p(run, "p99")})]


def results(marquee: pathlib.Path, null: pathlib.Path, data: Movies, full: bool) -> list[Result]:
    """All scenarios. Raises EmbeddedError."""
    first = Programs(marquee, null, 1, data)
    programs = dataclasses.replace(first, rows_of_data=first.run(null)["rows"])
    repetitions = 9 if full else 3
    found = offline(programs, 1_000_000, repetitions)
    found += paced(programs, 10 if full else 4, repetitions if full else 2)
    most = next(result.value for result in found if result.name.startswith("offline"))
    return found + highest_rate(programs, most, 4 if full else 2)
