"""Fit the shipped models again from the real data: the committed files must come out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import frame
import pytest
import train
import wire
from conftest import ROOT

ARTIFACTS = ROOT / "model" / "artifacts"


@pytest.fixture
def data() -> Path:
    """The file that the committed models were fitted on."""
    path = Path(os.environ.get("MARQUEE_DATA", "nowhere"))
    if not path.is_file():
        pytest.skip("needs the real data (MARQUEE_DATA), which is not in the repository")
    (payload,) = frame.payloads((ARTIFACTS / "movies.model").read_bytes(), "movies.model")
    expected = wire.load("Model").Model.GetRootAs(payload, 0).TrainingSha256().decode()
    if train.sha256_of_csv(path) != expected:
        pytest.skip(
            f"MARQUEE_DATA is not the file that the model was fitted on (sha256 {expected})"
        )
    return path


def test_same_data_same_bytes(data: Path, tmp_path: Path) -> None:
    marquee = os.environ["MARQUEE_FEATURES_BIN"]
    features, items, spec = (
        tmp_path / name for name in ("features.marquee", "items.jsonl", "spec")
    )
    # One thread: under ThreadSanitizer, oneTBB from a package gives false reports.
    one_thread = ["--runner", "serial"]
    subprocess.run(
        [marquee, "features", "--data", data, "-o", features, "--items", items, *one_thread],
        check=True,
    )
    spec.write_bytes(
        subprocess.run(
            [marquee, "features", "--print-spec"], check=True, stdout=subprocess.PIPE
        ).stdout
    )
    command = [
        sys.executable,
        ROOT / "model" / "train" / "train.py",
        "fit",
        "--data",
        data,
        "--features",
        features,
    ]
    command += ["--items", items, "--spec", spec, "--out", tmp_path]
    # A fit is on one core, two fits at a time.
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    for name in ("movies.model", "movies-cold.model", "MODEL_CARD.md"):
        assert (tmp_path / name).read_bytes() == (ARTIFACTS / name).read_bytes(), (
            f"{name} differs: commit `./run train`"
        )
