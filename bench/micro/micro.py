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
    runs.sort(key=lambda run: (run["family_index"], run["per_family_instance_index"]))  # they took turns
    for run in runs:
        if run.get("error_occurred"):
            raise MicroError(f"{run['name']}: {run['error_message']}")
    return runs


def anchor_of(name: str, names: set[str]) -> str:
    """Name the benchmark of the same program and sizes that `name` is compared with; none: "".

    "BM_Scale_Apply/avx2/rows:512" is with "BM_Scale_Copy/rows:512", or with BM_Scale_Reference or BM_Scale_Apply_Reference of these rows; where
    there is none of them, with what it is itself without SIMD.
    """
    subject, *rest = name.split("/")
    if subject.endswith(f"_{ANCHORS[0]}"):
        return ""
    sizes = [part for part in rest if ":" in part]
    candidates = ["/".join([f"{group}_{anchor}", *sizes]) for group in (subject.rsplit("_", 1)[0], subject) for anchor in ANCHORS]
    candidates.append("/".join([subject, "scalar", *sizes]))
    return next((candidate for candidate in candidates if candidate in names and candidate != name), "")


def results(programs: list[pathlib.Path], repetitions: int, min_time: float, pattern: str = ".") -> list[Result]:
    """Items a second, or bytes if it counts only these, of every benchmark whose name fits `pattern`; with the ratio to its anchor. Raises MicroError."""
    found: list[Result] = []
    for program in programs:
        say(f"{program.name}, {repetitions} times")
        runs: dict[str, list[dict]] = {}
        for run in _run(program, repetitions, min_time, pattern):
            runs.setdefault(run["run_name"], []).append(run)
        for name, repeated in runs.items():
            what = "items_per_second" if "items_per_second" in repeated[0] else "bytes_per_second"
            rates = tuple(run[what] for run in repeated)
            anchor = anchor_of(name, set(runs))
            details = {"bytes_per_s": statistics.median(run["bytes_per_second"] for run in repeated)} if "bytes_per_second" in repeated[0] else {}
            found.append(Result(name, "items/s" if what == "items_per_second" else "B/s", rates, anchor,
                                statistics.median(rates) / statistics.median(run[what] for run in runs[anchor]) if anchor else None, details))
    return found
