"""Records of benchmarks: what was measured, on what, by which command; one JSON file each.

A figure means something only beside others of the same record: machines differ, and this one differs from itself an hour ago. So every
result may name its anchor, another result of its record, and the ratio to it.
"""
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
FRESH = ROOT / "build" / "bench" / "results"
SCHEMA = 1
# The Debian packages whose versions decide how fast the program is.
LIBRARIES = {"librdkafka": "rdkafka", "TBB": "tbb", "Highway": "libhwy", "simdjson": "simdjson", "fmt": "fmt", "Eigen": "eigen3", "ISA-L": "libisal"}


@dataclasses.dataclass(frozen=True)
class Result:
    """One figure: of several repetitions the median, the least and the most."""

    name: str
    unit: str
    values: tuple[float, ...]
    anchor: str = ""  # the name of the result it is compared with
    ratio: float | None = None  # to the anchor; by pairs where they were measured in pairs
    details: dict = dataclasses.field(default_factory=dict)

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    def as_json(self) -> dict:
        compared = {"anchor": self.anchor, "ratio": self.ratio} if self.anchor else {}
        return {"name": self.name, "unit": self.unit, "value": self.value, "min": min(self.values), "max": max(self.values),
                "repetitions": len(self.values), **compared, **self.details}


def _output(*command: str | os.PathLike) -> str:
    """What a command prints; nothing if it is not there or fails."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _first(pattern: str, file: pathlib.Path) -> str:
    found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE) if file.exists() else None
    return found[1] if found else ""


def environment(build: pathlib.Path, **more) -> dict:
    """Tell on what is measured: the source, the build in `build` (a CMake folder), the machine, the libraries."""
    cache = build / "CMakeCache.txt"
    compiler = _first(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache)
    flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    known = set(flags[1].split()) if flags else set()
    return {
        "git": _output("git", "-C", ROOT, "rev-parse", "HEAD"), "uncommitted_changes": bool(_output("git", "-C", ROOT, "status", "--porcelain")),
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "build": _first(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache), "compiler": _output(compiler, "--version").splitlines()[0] if compiler else "",
        "cpu": _first(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo")) or platform.machine(), "cores": os.cpu_count(),
        "isa": "avx512" if "avx512bw" in known else "avx2" if "avx2" in known else "scalar",
        "kernel": platform.release(), "load": os.getloadavg()[0],
        "libraries": {name: version for name, package in LIBRARIES.items() if (version := _output("pkg-config", "--modversion", package))}, **more}


def write(path: pathlib.Path, *, kind: str, command: str, environment: dict, results: list[Result], **settings) -> None:
    """Write a record. `settings`: seed, repetitions, and whatever else decides the figures."""
    record = {"schema": SCHEMA, "kind": kind, "command": command, "environment": environment, "settings": settings,
              "results": [result.as_json() for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read(path: pathlib.Path) -> dict:
    """Read a record that write made. Raises ValueError, naming the file, if it is none."""
    record = json.loads(path.read_text(encoding="utf-8"))
    if record.get("schema") != SCHEMA:
        raise ValueError(f"{path}: no record of schema {SCHEMA}; measure again with the command that made it")
    return record
