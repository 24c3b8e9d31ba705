"""Runs the programs of Google Benchmark and makes results of what they say."""
import json
import pathlib
import statistics
import subprocess

from data import say
from record import Result

# What a benchmark is compared with: the plain copy of the same bytes, or the plainest code that does the same.
ANCHORS = ("Copy", "Reference")


class MicroError(Exception):
    """A benchmark's answer was wrong, or it did not run."""


def _run(program: pathlib.Path, repetitions: int, min_time: float, pattern: str) -> list[dict]:
    ran = subprocess.run([program, f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={min_time}", f"--benchmark_filter={pattern}",
                          "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise MicroError(f"{program.name} ended with {ran.returncode}: {ran.stderr.strip()}")
    if not ran.stdout.strip():  # the pattern fits none
        return []
    runs = [run for run in json.loads(ran.stdout)["benchmarks"] if run["run_type"] == "iteration"]
    for run in runs:
        if run.get("error_occurred"):
            raise MicroError(f"{run['name']}: {run['error_message']}")
    return runs


def anchor_of(name: str, names: set[str]) -> str:
    """Name the benchmark of the same program and sizes that `name` is compared with: "BM_Scale_Apply/avx2/rows:512" with "BM_Scale_Copy/rows:512"; none: ""."""
    subject, *rest = name.split("/")
    group = subject.rsplit("_", 1)[0]
    sizes = [part for part in rest if ":" in part]
    for anchor in ANCHORS:
        candidate = "/".join([f"{group}_{anchor}", *sizes])
        if candidate in names:
            return candidate if candidate != name else ""
    return ""


def results(programs: list[pathlib.Path], repetitions: int, min_time: float, pattern: str = ".") -> list[Result]:
    """Items a second of every benchmark whose name fits `pattern`, with the ratio to its anchor. Raises MicroError."""
    found: list[Result] = []
    for program in programs:
        say(f"{program.name}, {repetitions} times")
        runs = _run(program, repetitions, min_time, pattern)
        values: dict[str, list[float]] = {}
        bytes_per_s: dict[str, list[float]] = {}
        for run in runs:
            values.setdefault(run["run_name"], []).append(run["items_per_second"])
            if "bytes_per_second" in run:
                bytes_per_s.setdefault(run["run_name"], []).append(run["bytes_per_second"])
        for name, rates in values.items():
            anchor = anchor_of(name, set(values))
            details = {"bytes_per_s": statistics.median(bytes_per_s[name])} if name in bytes_per_s else {}
            found.append(Result(name, "items/s", tuple(rates), anchor,
                                statistics.median(rates) / statistics.median(values[anchor]) if anchor else None, details))
    return found
