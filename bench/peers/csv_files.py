"""CSV to columns, to features and to F1: Marquee beside pandas and polars on the same plain file in the page cache."""
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "model" / "train"))

import feature_file  # noqa: E402

from csv_worker import FEATURES  # noqa: E402
from rounds import Child, Contender, PeersError, bound_to, environment, take_turns  # noqa: E402

WORKER = pathlib.Path(__file__).with_name("csv_worker.py")
# The others count an item of white space alone, which Marquee does not.
MAY_DIFFER = 1e-3


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is compared where."""

    marquee: pathlib.Path
    read_columns: pathlib.Path
    path: pathlib.Path
    scratch: pathlib.Path
    cpu: int
    cpus: frozenset[int]

    def cpus_of(self, threads: int) -> set[int]:
        return {self.cpu} if threads == 1 else set(self.cpus)

    def call(self, threads: int, *arguments) -> str:
        """Run the program to its end; what it printed."""
        ran = subprocess.run([*bound_to(self.cpus_of(threads)), self.marquee, *map(str, arguments)], cwd=self.scratch, env=environment(),
                             capture_output=True, text=True, check=False)
        if ran.returncode:
            raise PeersError(f"marquee {arguments[0]} failed: {ran.stderr.strip()}")
        return ran.stdout


def readers(cores: int) -> Iterator[tuple[str, int]]:
    """Each library with each number of threads that it can have here."""
    for threads in range(1, min(cores, 2) + 1):
        yield "polars", threads
        yield "pandas-pyarrow", threads
    yield "pandas-c", 1


def repeat(source: pathlib.Path, path: pathlib.Path, least_bytes: int) -> None:
    """Write the file's rows again and again below one header, until there are so many bytes."""
    header, _, rows = source.read_bytes().partition(b"\n")
    rows = rows if rows.endswith(b"\n") else rows + b"\n"
    with path.open("wb") as file:
        file.write(header + b"\n")
        for _ in range(-(-least_bytes // len(rows))):
            file.write(rows)


def check_bytes(reader: Child, name: str, expected: Mapping[str, int]) -> None:
    """Compare how much text of each column a library reads with what Marquee does; PeersError if it differs."""
    if (found := reader.ask("bytes")["bytes"]) != expected:
        raise PeersError(f"{name} finds other text than Marquee: {found}, not {expected}")


def check_features(setting: Setting, reader: Child, name: str, expected: np.ndarray) -> None:
    """Compare what a library makes of the file with Marquee's features; PeersError if they differ."""
    path = setting.scratch / "features.npy"
    reader.ask("save", path)
    features = np.load(path)
    if features.shape != expected.shape:
        raise PeersError(f"{name} makes features of {len(features)} rows, Marquee of {len(expected)}")
    differ = ~((features == expected) | (np.isnan(features) & np.isnan(expected)))
    for feature, share in zip(FEATURES, differ.mean(axis=0), strict=True):
        if share > MAY_DIFFER:
            raise PeersError(f"{name}: '{feature}' differs from Marquee's in {share:.1%} of the rows")


def run_marquee(setting: Setting, threads: int) -> dict[str, float]:
    """The whole program in one go: seconds to F1, and with one thread also those to the features."""
    runner = ["--runner", "serial"] if threads == 1 else ["--runner", "tbb", "--threads", threads]
    report = json.loads(setting.call(threads, "run", "--data", setting.path, "--columns", "needed", "--json", *runner))
    figures = {f"csv to F1/Marquee/{threads}": report["seconds"]}
    if threads == 1:
        ns_per_row = sum(report["stages"][stage]["ns_per_row"] for stage in ("read", "produce", "preprocess"))
        figures["csv to features/Marquee/1"] = ns_per_row * report["rows"] * 1e-9
    return figures


def contenders_of(name: str, threads: int, reader: Child) -> list[Contender]:
    """A library's reading, and its reading and features."""
    def measuring(order: str, figure: str):
        return lambda: {figure: reader.ask(order)["seconds"]}
    return [Contender(figure, measuring(order, figure)) for order, figure in
            (("read", f"csv to columns/{name}/{threads}"), ("features", f"csv to features/{name}/{threads}"))]


def measure(setting: Setting, rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds of each by name, `WORK/LIBRARY/THREADS`, and the file's rows; the answers are compared before."""
    setting.call(1, "features", "--data", setting.path, "-o", setting.scratch / "features.marquee")
    expected = feature_file.read_features(setting.scratch / "features.marquee").numeric
    with contextlib.ExitStack() as stack:
        contenders, answers = [], []
        for threads in sorted({threads for _, threads in readers(len(setting.cpus))}):
            ours = stack.enter_context(Child([setting.read_columns, "--data", setting.path, "--threads", threads], setting.cpus_of(threads)))
            answers.append(ours.ask("read"))
            figure = f"csv to columns/Marquee/{threads}"
            contenders += [Contender(figure, lambda ours=ours, figure=figure: {figure: ours.ask("read")["seconds"]}),
                           Contender(f"marquee run/{threads}", lambda threads=threads: run_marquee(setting, threads))]
        if any(answer["bytes"] != answers[0]["bytes"] for answer in answers):
            raise PeersError("Marquee reads something else with several threads than with one")
        for name, threads in readers(len(setting.cpus)):
            reader = stack.enter_context(Child([sys.executable, WORKER, name, threads, setting.path], setting.cpus_of(threads),
                                               POLARS_MAX_THREADS=str(threads), OMP_NUM_THREADS=str(threads)))
            reader.listen()
            check_bytes(reader, name, answers[0]["bytes"])
            check_features(setting, reader, name, expected)
            contenders += contenders_of(name, threads, reader)
        return take_turns(contenders, rounds), answers[0]["rows"]


def anchor_of(name: str, figures: Mapping[str, list[float]]) -> str:
    """What of Marquee's a figure is compared with: the same work with as many threads; if that was not measured, more work."""
    work, _, threads = name.split("/")
    same = f"{work}/Marquee/{threads}"
    return same if same in figures else f"csv to F1/Marquee/{threads}"
