#!/usr/bin/env python3
"""What watching costs: frames and CPU of the window, its memory, and what a run loses beside a viewer without a window.

    ./run bench-viewer                 two minutes
    ./run bench-viewer --memory 60     and the window's memory over so many minutes of a run at 10,000 rows a second
    ./run bench-viewer --pages         and the viewer in browsers: its server with 20 of them, the page in Chromium

The window is drawn in software (Mesa's llvmpipe) on a virtual display: a real one is cheaper. Rows are generated. How long a snapshot
takes is in `./run bench --only micro --filter Viewer`. The record goes to build/bench/results/viewer.json.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

import bench  # noqa: E402
import pages  # noqa: E402
import record  # noqa: E402

RELEASE = record.ROOT / "build/release"
MARQUEE, VIEWER = RELEASE / "marquee", RELEASE / "marquee-viewer"
WITH_DISPLAY = record.ROOT / "tests/viewer/app/with_display"
ROWS, RATE = 300_000, 10_000
FAST_REPEATS = 100  # of ROWS, as fast as can be: about half a minute


def run(*command: object, **environment: str) -> str:
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env=os.environ | environment).stdout


def window(scratch: pathlib.Path, seconds: float, *source: object) -> dict:
    """What the window says of itself after so many seconds of that source."""
    home = {"XDG_CONFIG_HOME": str(scratch)}  # nothing remembered of another day
    return json.loads(run(WITH_DISPLAY, VIEWER, "--size", "1280x800", "--measure", seconds, *source, **home))


def frame_results(name: str, measured: dict) -> list[record.Result]:
    return [record.Result(f"window, {name}: {what}", unit, (measured[key] * scale,)) for what, unit, key, scale in (
        ("frame p50", "ms", "frame_ms_p50", 1), ("frame p99", "ms", "frame_ms_p99", 1),
        ("frames a second", "1/s", "frames", 1 / measured["seconds"]), ("CPU, of one core", "%", "cpu_share", 100))]


def beside_a_run(movies: pathlib.Path, pairs: int) -> list[record.Result]:
    """The same run with and without the viewer's data layer, in turn; each pair is one ratio."""
    options = ("--repeat", FAST_REPEATS // 4)
    alone, watched = [], []
    for pair in range(pairs + 1):
        first = json.loads(run(MARQUEE, "run", "--data", movies, *options, "--json"))["rows_per_s"]
        second = json.loads(run(VIEWER, "--headless", "--embedded", movies, *options).splitlines()[-1])["run"]["rows_per_s"]
        if pair:  # the first reads the file from disk
            alone.append(first)
            watched.append(second)
    anchor = "a run alone"
    return [record.Result(anchor, "rows/s", tuple(alone)),
            record.Result("a run in a viewer without a window", "rows/s", tuple(watched), anchor,
                          statistics.median(with_it / without for with_it, without in zip(watched, alone)))]


def resident_mib(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def memory(scratch: pathlib.Path, movies: pathlib.Path, minutes: int) -> list[record.Result]:
    """The window's resident memory each minute of a run inside it."""
    # xvfb-run is a shell: the window is the child that writes its pid.
    pid_file = scratch / "pid"
    script = f'echo $$ > {shlex.quote(str(pid_file))}; exec "$@"'
    command = [WITH_DISPLAY, "sh", "-c", script, "sh", VIEWER, "--size", "1280x800", "--embedded", movies, "--rate", str(RATE),
               "--repeat", "1000000", "--measure", str(60 * minutes + 5)]
    environment = os.environ | {"XDG_CONFIG_HOME": str(scratch)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            sizes = []
            for _ in range(minutes):
                time.sleep(60)
                sizes.append(resident_mib(int(pid_file.read_text(encoding="utf-8"))))
                print(f"bench: after {len(sizes)} min {sizes[-1]:.1f} MiB", file=sys.stderr, flush=True)
            measured = json.loads(process.communicate()[0])
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
    marks = [minute for minute in (1, 10, 20, 30, 40, 50, 60) if minute <= minutes]
    return [*(record.Result(f"window, memory after {minute} min", "MiB", (sizes[minute - 1],)) for minute in marks),
            *frame_results(f"a run at {bench.human(RATE, 'rows/s')} inside, {minutes} min", measured)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench-viewer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", type=int, default=0, metavar="MINUTES", help="watch the window's memory for so long")
    parser.add_argument("--pages", action="store_true", help="measure the viewer in browsers too")
    parser.add_argument("--pairs", type=int, default=5, help="of runs with and without a viewer (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        scratch = pathlib.Path(folder)
        movies, paced, fast = scratch / "movies.csv", scratch / "paced.marquee", scratch / "fast.marquee"
        run(MARQUEE, "generate", "--rows", ROWS, "--seed", 1, "-o", movies)
        run(MARQUEE, "run", "--data", movies, "--rate", RATE, "--record", paced)
        run(MARQUEE, "run", "--data", movies, "--repeat", FAST_REPEATS, "--record", fast)
        fast_rate = json.loads(run(VIEWER, fast, "--headless", "--speed", "1000").splitlines()[-1])["run"]["rows_per_s"]
        results = [*frame_results(f"live at {bench.human(RATE, 'rows/s')}", window(scratch, 20, paced)),
                   *frame_results(f"live at {bench.human(fast_rate, 'rows/s')}", window(scratch, 15, fast)),
                   # Played in a moment; then nothing changes any more.
                   *frame_results("nothing changes", window(scratch, 20, paced, "--speed", "1000000")),
                   *beside_a_run(movies, args.pairs)]
        if args.pages:
            results += pages.measure(VIEWER, movies, RATE)
        if args.memory:
            results += memory(scratch, movies, args.memory)
    command = shlex.join(["./run", "bench-viewer", *sys.argv[1:]])
    record.write(record.FRESH / "viewer.json", kind="viewer", command=command, environment=record.environment(RELEASE), results=results,
                 data="generated", seed=1)
    bench.print_table(results)


if __name__ == "__main__":
    main()
