#!/usr/bin/env python3
"""Marquee from produce to results over three real brokers, beside librdkafka alone with the same messages.

    ./run bench-kafka --quick              one shape of messages, throughput and latency: two minutes
    ./run bench-kafka --full               sizes of messages x compression x columns: twenty
    ./run bench-kafka --soak 600           does memory grow in ten minutes?

Brokers, both pipelines and this program share one machine; the two pipelines take turns, and the ratio is the median over pairs. Time
counts from the first row's reading to the last result's arrival. A pipeline that loses or doubles anything ends the benchmark. One JSON
object for each measurement goes to build/bench/results/end_to_end.jsonl, a table to stdout.
"""
import argparse
import datetime
import gzip
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration" / "brokers"))

import kafka_jars  # noqa: E402
import kafka_node  # noqa: E402
from brokers import Brokers, BrokersError  # noqa: E402

import soak  # noqa: E402
from pipelines import BenchError, Scenario, Setting, TOPICS, run_marquee, run_null  # noqa: E402

RESULTS = ROOT / "build" / "bench" / "results" / "end_to_end.jsonl"
GENERATED_ROWS, SEED = 50_000, 1
STAGES = ("produce", "preprocess", "infer", "results", "brokers")
# Enough rows for some seconds each.
ROWS = {1: 60_000, 16: 150_000, 128: 200_000, 512: 200_000}
PACE, WARM_UP = 10_000, 5


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def grid(size: str) -> list[list[Scenario]]:
    """Choose what is measured, in groups of scenarios that have the same messages."""
    if size == "smoke":
        return [[Scenario(rows=3_000, batch_rows=100, compression="lz4"), Scenario(rows=3_000, batch_rows=100, guarantee="exactly-once")],
                [Scenario(rows=4_000, rate=2_000, warm_up=1)]]
    shapes = [(512, "all")] if size == "quick" else [(batch, columns) for batch in ROWS for columns in ("all", "needed")]
    groups = [[Scenario(ROWS[batch], batch, columns, compression) for compression in ("none", "lz4")] for batch, columns in shapes]
    seconds = 10 if size == "quick" else 20
    rows = (WARM_UP + seconds) * PACE
    paced = [Scenario(rows, rate=PACE, warm_up=WARM_UP)]
    if size == "full":
        groups[-2].append(Scenario(ROWS[512], guarantee="exactly-once"))
        paced.append(Scenario(rows, rate=PACE, warm_up=WARM_UP, guarantee="exactly-once"))
    return [*groups, paced]


class Journal:
    """Where measurements are written down, each with what it was measured on."""

    def __init__(self, path: pathlib.Path, setting: Setting, repetitions: int, real_data: bool):
        def git(*arguments: str) -> str:
            return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False).stdout.strip()

        cache = setting.marquee.parent / "CMakeCache.txt"
        built = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache.read_text(encoding="utf-8"), re.MULTILINE) if cache.exists() else None
        cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        pom = (kafka_jars.HERE / "pom.xml").read_text(encoding="utf-8")
        kafka = re.search(r"<version>([^<]+)</version>\s*</dependency>", pom)  # of the first: Kafka itself
        self.machine = {
            "benchmark": "end_to_end", "git": git("rev-parse", "HEAD"), "uncommitted_changes": bool(git("status", "--porcelain")),
            "build": built and built[1], "cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "librdkafka": setting.call(setting.null, "--version").strip(), "kafka": kafka and kafka[1],
            "java": kafka_jars.java()[1].splitlines()[0], "brokers": len(setting.broker_pids), "repetitions": repetitions,
            "data": "real" if real_data else f"generated, {GENERATED_ROWS} rows", "seed": None if real_data else SEED}
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, **measured) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": now, **self.machine, "load": os.getloadavg()[0], **measured}) + "\n")


def measure(setting: Setting, group: list[Scenario], repetitions: int, scratch: pathlib.Path, journal: Journal) -> list[dict]:
    """Run both pipelines in turn for each scenario of a group; a line of the table for each."""
    lines = []
    recorded = scratch / "recorded"
    for scenario in group:
        runs: dict[str, list[dict]] = {"marquee": [], "null": []}
        for repetition in range(repetitions):
            # In turn, so that what changes with time (heat, neighbours, the brokers' compiler) changes both alike.
            order = ("marquee", "null") if repetition % 2 == 0 else ("null", "marquee")
            for name in order:
                if name == "marquee":
                    run = run_marquee(setting, scenario, scratch, None if recorded.exists() else recorded)
                else:
                    run = run_null(setting, scenario, scratch, recorded)
                messages = json.loads((recorded / "messages.json").read_text(encoding="utf-8"))
                run["messages"] = messages[TOPICS[0]]["messages"]
                run["bytes_per_row"] = {topic: messages[topic]["bytes"] / scenario.rows for topic in TOPICS}
                run["mb_per_s"] = sum(run["bytes_per_row"].values()) * run["rows_per_s"] * 1e-6
                journal.write(pipeline=name, repetition=repetition, scenario=vars(scenario), **run)
                runs[name].append(run)
                if run.get("confusion") != runs[name][0].get("confusion"):
                    raise BenchError(f"{scenario}: the same rows gave other predictions in repetition {repetition}")
                say(f"{scenario}: {name}: {run['rows_per_s']:.0f} rows/s, p99 {run['latency_ms']['p99']:.1f} ms")
        lines.append({"scenario": scenario, **runs})
    shutil.rmtree(recorded)
    return lines


def median(runs: list[dict], *keys: str) -> float:
    def value(run: dict) -> float:
        for key in keys:
            run = run[key]
        return run
    return statistics.median(map(value, runs))


def ratio(line: dict, *keys: str) -> float:
    """Marquee's figure over the null pipeline's: the median over pairs."""
    return statistics.median(median([a], *keys) / median([b], *keys) for a, b in zip(line["marquee"], line["null"]))


def print_tables(lines: list[dict]) -> None:
    at_once = [line for line in lines if not line["scenario"].rate]
    paced = [line for line in lines if line["scenario"].rate]
    print("\nThroughput: all rows at once. MB/s and B/row are of the three topics' messages before compression, stored is what a broker"
          "\nkeeps; CPU is user and system time in ns a row: Marquee / null.\n")
    print("| rows a message | columns | compression | guarantee | rows/s | null rows/s | ratio | MB/s | B/row " + " / ".join(TOPICS)
          + " | stored | " + " | ".join(f"CPU {stage}" for stage in STAGES) + " |")
    print("|" + "---|" * (10 + len(STAGES)))
    for line in at_once:
        scenario, marquee, null = line["scenario"], line["marquee"], line["null"]
        cells = [scenario.batch_rows, scenario.columns, scenario.compression, scenario.guarantee,
                 f"{median(marquee, 'rows_per_s'):,.0f}", f"{median(null, 'rows_per_s'):,.0f}", f"{ratio(line, 'rows_per_s'):.2f}",
                 f"{median(marquee, 'mb_per_s'):.1f}"]
        for kind in ("bytes_per_row", "stored_bytes_per_row"):
            cells.append(" / ".join(f"{median(marquee, kind, topic):.0f}" for topic in TOPICS))
        cells += [f"{median(marquee, 'cpu_ns_per_row', stage):,.0f} / {median(null, 'cpu_ns_per_row', stage):,.0f}" for stage in STAGES]
        print("| " + " | ".join(map(str, cells)) + " |")
    print(f"\nLatency of a row at a steady rate, in open loop, after the first {WARM_UP} s, in ms: Marquee / null.\n")
    print("| rows/s | rows a message | guarantee | p50 | p99 | p99.9 | ratio of p99 |\n" + "|" + "---|" * 7)
    for line in paced:
        scenario = line["scenario"]
        cells = [f"{scenario.rate:,}", scenario.rows_per_message, scenario.guarantee]
        cells += [f"{median(line['marquee'], 'latency_ms', which):.1f} / {median(line['null'], 'latency_ms', which):.1f}"
                  for which in ("p50", "p99", "p999")]
        print("| " + " | ".join(map(str, [*cells, f"{ratio(line, 'latency_ms', 'p99'):.2f}"])) + " |")


def find_data(marquee: pathlib.Path, scratch: pathlib.Path) -> tuple[pathlib.Path, bool]:
    """The movies as plain CSV, for gunzip is not what is measured, and whether they are real: MARQUEE_DATA, else generated."""
    if named := os.environ.get("MARQUEE_DATA"):
        say(f"data: {named}")
        if not named.endswith(".gz"):
            return pathlib.Path(named), True
        plain = scratch / "movies.csv"
        with gzip.open(named) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return plain, True
    generated = scratch / "generated.csv"
    say(f"data: {GENERATED_ROWS} generated rows; set MARQUEE_DATA for real ones")
    subprocess.run([marquee, "generate", "--rows", str(GENERATED_ROWS), "--seed", str(SEED), "-o", generated], check=True)
    return generated, False


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench-kafka", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for name, what in [("quick", "one shape of messages (the default)"), ("full", "all shapes"),
                       ("smoke", "a few thousand rows: does it work? No figure of it means anything")]:
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=what)
    size.add_argument("--soak", type=int, metavar="SECONDS",
                      help="only watch Marquee's memory for so long; ten minutes take 15 GB in TMPDIR")
    parser.set_defaults(size="quick")
    parser.add_argument("--rate", type=int, default=PACE, help="rows a second of --soak (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, help="pairs of runs for each scenario (default: 3; --smoke 1)")
    parser.add_argument("--marquee", type=pathlib.Path, default=ROOT / "build/release/marquee", help="default: %(default)s")
    parser.add_argument("--null", type=pathlib.Path, default=ROOT / "build/bench/bench/kafka_null", help="default: %(default)s")
    args = parser.parse_args()
    if args.soak is not None and args.soak < 30:
        parser.error("--soak: at least 30 seconds")
    return args


def main() -> int:
    args = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is cleaned up
    for program in (args.marquee, args.null):
        if not program.exists():
            raise BenchError(f"there is no {program}; `./run bench-kafka` builds it")
    try:
        kafka_node.make_archive()
    except BrokersError as error:
        # The form in which `./run test` finds the reason.
        print(f"bench.end_to_end: Skipped\n{str(error).splitlines()[0]}")
        return 77
    repetitions = args.repetitions or (1 if args.size == "smoke" else 3)
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder, Brokers() as brokers:
        scratch = pathlib.Path(folder)
        data, real = find_data(args.marquee, scratch)
        setting = Setting(args.marquee, args.null, data, brokers.bootstrap, tuple(map(brokers.pid, brokers.nodes)),
                          brokers.directory / "node-1" / "data")
        journal = Journal(scratch / "smoke.jsonl" if args.size == "smoke" else RESULTS, setting, repetitions, real)
        if args.soak:
            scenario = Scenario(rows=0, rate=args.rate)
            figures, flat = soak.soak(setting, scenario, args.soak, scratch)
            journal.write(pipeline="marquee", scenario=vars(scenario), **figures)
            return 0 if flat else 1
        if args.size != "smoke":
            say("once without measuring: the brokers' Java is slow at first")
            run_marquee(setting, Scenario(rows=50_000), scratch)
        lines = []
        for group in grid(args.size):
            lines += measure(setting, group, repetitions, scratch, journal)
        print_tables(lines)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchError, BrokersError) as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
