#!/usr/bin/env python3
"""What the comparison over Kafka needs made first, each once and kept below build/: the Java service, and the model both peers use."""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[2] / "build" / "bench" / "peers-kafka"


class PrepareError(Exception):
    """Say what could not be made, and why."""


def _made_once(name: str, sources: list[pathlib.Path], make) -> pathlib.Path:
    """Give the folder that `make` fills; other sources, another folder."""
    digest = hashlib.sha256(b"".join(hashlib.sha256(source.read_bytes()).digest() for source in sources))
    folder = CACHE / f"{name}-{digest.hexdigest()[:12]}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="partial-") as scratch:
            unfinished = pathlib.Path(scratch) / name
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def _run(what: str, *command: str | os.PathLike, **environment: str) -> None:
    print(f"bench: {what} (once)", file=sys.stderr, flush=True)
    ran = subprocess.run(command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode:
        raise PrepareError(f"{what} failed; {pathlib.Path(command[0]).name} said:\n" + "\n".join(ran.stdout.splitlines()[-12:]))


def model(data: pathlib.Path) -> pathlib.Path:
    """Fit the model on this CSV file; its folder."""
    fit = HERE / "fit_model.py"
    sources = [data, fit, HERE / "movies.py", HERE / "requirements.lock"]
    # More threads than cores make scikit-learn's wait for each other twenty times as long as they work.
    return _made_once("model", sources, lambda folder: _run(
        "fitting the peers' model", sys.executable, fit, data, folder, OMP_NUM_THREADS="1"))


def streams() -> pathlib.Path:
    """Build the Kafka Streams service with Maven; the folder with its classes/ and jars/."""
    project = HERE / "streams"
    sources = [project / "pom.xml", *sorted(project.rglob("*.java"))]
    return _made_once("streams", sources, lambda folder: _run(
        "fetching Kafka Streams and ONNX Runtime (120 MB) with Maven, and compiling the service", "mvn", "--batch-mode", "--quiet",
        "-Dstyle.color=never", "--file", project / "pom.xml", f"-Dtarget={folder}", "compile", "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"))


if __name__ == "__main__":
    try:
        streams()
    except PrepareError as failure:
        sys.exit(f"bench: FAILED: {failure}")
