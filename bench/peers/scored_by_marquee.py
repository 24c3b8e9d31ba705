"""Others' models in Marquee's format, and Marquee's engines on them."""
import dataclasses
import hashlib
import pathlib
import sys

import numpy as np
import xxhash

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "model" / "train"))

import golden  # noqa: E402
import model_file  # noqa: E402
import trees  # noqa: E402
from feature_file import Features  # noqa: E402
from profiles import NumericProfile  # noqa: E402
from scaler import Scaler  # noqa: E402
from trees import BinaryTrees, Trees  # noqa: E402

from rounds import Child, PeersError  # noqa: E402
from workload import COLUMNS, Workload  # noqa: E402

GOLDEN_ROWS = 1024


@dataclasses.dataclass(frozen=True)
class NumbersOnly:
    """A fitted model in which the trees are everything: what model_file writes beside them says nothing."""

    column_names: list[str]
    scaler: Scaler
    encodings: tuple = ()
    cutpoints: np.ndarray = dataclasses.field(default_factory=lambda: np.array([-0.5, 0.5]))
    logistic_slope: float = 1.0
    logistic_offsets: np.ndarray = dataclasses.field(default_factory=lambda: np.array([-0.5, 0.5]))


@dataclasses.dataclass(frozen=True)
class Scored:
    """Another library's trees, and what it says of the rows."""

    trees: Trees | BinaryTrees
    expected: np.ndarray
    bound: float  # that Marquee's scores may differ by


def write(model: Scored, work: Workload, path: pathlib.Path) -> None:
    """Write the model in Marquee's format, with golden rows that the engine must answer like the library when it loads it.

    The scaler is there, as in any model, and changes nothing: (x - 0) * 1.
    """
    rows = work.rows[:GOLDEN_ROWS]
    scores = model.expected[:GOLDEN_ROWS]
    probes = Features(0, np.arange(len(rows)), np.full(len(rows), np.nan, np.float32), np.full(len(rows), 255, np.uint8),
                      np.zeros(len(rows), bool), rows, ())
    spec = "".join(f"numeric x{i}\n" for i in range(COLUMNS))
    header = model_file.Header(
        name="bench-peers", version="1", feature_spec=xxhash.xxh3_64_intdigest(spec.encode()), feature_spec_text=spec,
        training_sha256=hashlib.sha256(work.training.tobytes()).hexdigest(), training_ids=np.zeros(0, np.uint64), quality=[])
    fitted = NumbersOnly([f"x{i}" for i in range(COLUMNS)], Scaler(np.zeros(COLUMNS, np.float32), np.ones(COLUMNS, np.float32)))
    profiles = [NumericProfile(np.zeros(0, np.float32), 0.0)] * COLUMNS
    path.write_bytes(model_file.encode(header, fitted, model.trees, golden.Golden(probes, scores.astype(np.float32), model.bound, 0.0), profiles, []))


class Marquee:
    """Marquee's engine on one model, as a program that measures on demand; in a `with` block, it ends with the block.

    Raises PeersError if its scores are further off the library's than the model's bound.
    """

    def __init__(self, program: pathlib.Path, model: Scored, work: Workload, path: pathlib.Path, cpu: int):
        # Beside the model lie its rows and scores.
        rows, scores = path.with_suffix(".rows"), path.with_suffix(".scores")
        write(model, work, path)
        work.rows.T.tofile(rows)
        self.child = Child([program, "--model", path, "--rows", rows, "--scores", scores], {cpu})
        self.isas = self.child.listen()["isas"]
        self.difference = float(np.abs(np.fromfile(scores, np.float32).astype(np.float64) - model.expected).max())
        if not self.difference <= model.bound:
            raise PeersError(f"{path.stem}: Marquee's scores are {self.difference:.2g} off the library's; {model.bound:.2g} is the bound")

    def __enter__(self) -> "Marquee":
        return self

    def __exit__(self, *error) -> None:
        self.child.__exit__(*error)

    def measure(self, isa: str, batch: int, seconds: float) -> tuple[float, float | None]:
        """Nanoseconds a row: of scaler and engine, and of symmetric trees alone, which is what binning leaves of it."""
        answer = self.child.ask(isa, batch, seconds)
        binning = answer["binning_ns"]
        return answer["whole_ns"], None if binning is None else answer["whole_ns"] - binning
