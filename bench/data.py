"""The movies that benchmarks read: real ones if MARQUEE_DATA names them, else generated ones, and never in doubt which."""
import dataclasses
import gzip
import os
import pathlib
import shutil
import subprocess
import sys

GENERATED_ROWS, SEED = 50_000, 1


@dataclasses.dataclass(frozen=True)
class Movies:
    """A plain CSV, for gunzip is not what most benchmarks measure."""

    path: pathlib.Path
    real: bool
    packed: pathlib.Path | None = None  # the same, as .gz

    def as_settings(self) -> dict:
        """What a record says of it."""
        return {"data": "real", "seed": None} if self.real else {"data": f"generated, {GENERATED_ROWS} rows", "seed": SEED}


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def find(marquee: pathlib.Path, scratch: pathlib.Path) -> Movies:
    """MARQUEE_DATA, unpacked into `scratch` if need be; else rows that `marquee generate` makes there."""
    if named := os.environ.get("MARQUEE_DATA"):
        say(f"data: {named}")
        if not named.endswith(".gz"):
            return Movies(pathlib.Path(named), True)
        plain = scratch / "movies.csv"
        with gzip.open(named) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return Movies(plain, True, pathlib.Path(named))
    generated = scratch / "generated.csv"
    say(f"data: {GENERATED_ROWS} generated rows; set MARQUEE_DATA for real ones")
    subprocess.run([marquee, "generate", "--rows", str(GENERATED_ROWS), "--seed", str(SEED), "-o", generated], check=True)
    return Movies(generated, False)
