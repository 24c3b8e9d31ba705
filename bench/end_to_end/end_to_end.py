#!/usr/bin/env python3
"""Marquee from produce to results over three real brokers, beside librdkafka alone with the same messages.

    ./run bench-kafka --quick              one shape of messages, throughput and latency: five minutes
    ./run bench-kafka --full               sizes of messages x compression x columns: twenty
    ./run bench-kafka --soak 600           does memory grow in ten minutes?

Brokers, both pipelines and this program share one machine; the two pipelines take turns, and the ratio is the median over pairs. Time
counts from the first row's reading to the last result's arrival. A pipeline that loses or doubles anything ends the benchmark. The record goes to
build/bench/results/kafka.json, a table to stdout.
"""
import argparse
import json
import pathlib
import re
import shlex
import shutil
import signal
import statistics
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(ROOT / "tests" / "integration" / "brokers"), str(HERE.parent)]

import kafka_jars  # noqa: E402
import kafka_node  # noqa: E402
from brokers import Brokers, BrokersError  # noqa: E402

import data  # noqa: E402
import peak  # noqa: E402
import record  # noqa: E402
import soak  # noqa: E402
from data import say  # noqa: E402
from pipelines import BenchError, Scenario, Setting, TOPICS, run_marquee, run_null  # noqa: E402

STAGES = ("produce", "preprocess", "infer", "results", "brokers")
# Enough rows for some seconds each.
ROWS = {1: 60_000, 16: 150_000, 128: 200_000, 512: 200_000}
PACE, WARM_UP = 10_000, 5
PEAK_P99_MS = 100.0


def grid(size: str) -> list[list[Scenario]]:
    """Choose what is measured, in groups of scenarios that have the same messages."""
    if size == "smoke":
        return [[Scenario(rows=3_000, batch_rows=100, compression="lz4"), Scenario(rows=3_000, batch_rows=100, guarantee="exactly-once")],
                [Scenario(rows=4_000, rate=2_000, warm_up=1)]]
    shapes = [(512, "all")] if size == "quick" else [(batch, columns) for batch in ROWS for columns in ("all", "needed")]
    groups = [[Scenario(ROWS[batch], batch, columns, compression) for compression in ("none", "lz4")] for batch, columns in shapes]
    seconds = 20 if size == "quick" else 40
    rows = (WARM_UP + seconds) * PACE
    paced = [Scenario(rows, rate=PACE, warm_up=WARM_UP)]
    if size == "full":
        groups[-2].append(Scenario(ROWS[512], guarantee="exactly-once"))
        paced.append(Scenario(rows, rate=PACE, warm_up=WARM_UP, guarantee="exactly-once"))
    return [*groups, paced]


def environment(setting: Setting) -> dict:
    """What the figures were measured on: with the brokers' versions."""
    pom = (kafka_jars.HERE / "pom.xml").read_text(encoding="utf-8")
    kafka = re.search(r"<version>([^<]+)</version>\s*</dependency>", pom)  # of the first: Kafka itself
    return record.environment(setting.marquee.parent, kafka=kafka and kafka[1], java=kafka_jars.java()[1].splitlines()[0],
                              brokers=len(setting.broker_pids))


def results(lines: list[dict]) -> list[record.Result]:
    """A result for each pipeline and figure of a line: rows a second of a backlog, latency of a paced one."""
    found = []
    for line in lines:
        scenario, marquee, null = line["scenario"], line["marquee"], line["null"]
        details = {"scenario": vars(scenario)} | {
            kind: {key: median(marquee, kind, key) for key in marquee[0][kind]} for kind in ("bytes_per_row", "stored_bytes_per_row", "cpu_ns_per_row")}
        figures = [("rows/s", ("rows_per_s",), "")] if not scenario.rate else [
            ("ms", ("latency_ms", which), f", {which}") for which in ("p50", "p99", "p999")]
        for unit, keys, suffix in figures:
            name = f"{scenario.title}{suffix}"
            found.append(record.Result(f"null {name}", unit, tuple(median([run], *keys) for run in null)))
            found.append(record.Result(name, unit, tuple(median([run], *keys) for run in marquee), f"null {name}", ratio(line, *keys), details))
    return found


def measure(setting: Setting, group: list[Scenario], repetitions: int, scratch: pathlib.Path) -> list[dict]:
    """Run both pipelines in turn for each scenario of a group; a line of the table for each."""
    lines = []
    recorded = scratch / "recorded"
    for scenario in group:
        runs: dict[str, list[dict]] = {"marquee": [], "null": []}
        # The brokers' compiler is at work for most of a minute: a p99 is of that, if it is counted.
        uncounted = 1 if scenario.rate else 0
        for repetition in range(uncounted + repetitions):
            # In turn, so that what changes with time (heat, neighbours, the brokers' compiler) changes both alike.
            order = ("marquee", "null") if repetition % 2 == 0 else ("null", "marquee")
            for name in order:
                if name == "marquee":
                    run = run_marquee(setting, scenario, scratch, None if recorded.exists() else recorded)
                else:
                    run = run_null(setting, scenario, scratch, recorded)
                messages = json.loads((recorded / "messages.json").read_text(encoding="utf-8"))
                say(f"{scenario}: {name}: {run['rows_per_s']:.0f} rows/s, p99 {run['latency_ms']['p99']:.1f} ms" + " (not counted)" * (repetition < uncounted))
                if repetition < uncounted:
                    continue
                run["messages"] = messages[TOPICS[0]]["messages"]
                run["bytes_per_row"] = {topic: messages[topic]["bytes"] / scenario.rows for topic in TOPICS}
                run["mb_per_s"] = sum(run["bytes_per_row"].values()) * run["rows_per_s"] * 1e-6
                runs[name].append(run)
                if run.get("confusion") != runs[name][0].get("confusion"):
                    raise BenchError(f"{scenario}: the same rows gave other predictions in repetition {repetition}")
        lines.append({"scenario": scenario, **runs})
    shutil.rmtree(recorded)
    return lines


def highest_rate(setting: Setting, most: float, scratch: pathlib.Path) -> record.Result:
    """Marquee's highest rate whose p99 stays under PEAK_P99_MS, up to `most`, what a backlog gives."""
    def run_at(rate: int) -> dict:
        return run_marquee(setting, Scenario(rate * (WARM_UP + 5), rate=rate, warm_up=WARM_UP), scratch)

    best = peak.highest(most, 4, run_at, lambda run: run["latency_ms"]["p99"], PEAK_P99_MS)
    if best is None:
        raise BenchError(f"no rate down to a 16th of {most:.0f} rows/s had its p99 under {PEAK_P99_MS:g} ms")
    rate, run = best
    return record.Result(f"peak, p99 under {PEAK_P99_MS:g} ms", "rows/s", (rate,), details={"latency_ms": run["latency_ms"]})


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
        movies = data.find(args.marquee, scratch)
        setting = Setting(args.marquee, args.null, movies.path, brokers.bootstrap, tuple(map(brokers.pid, brokers.nodes)),
                          brokers.directory / "node-1" / "data")
        records = scratch if args.size == "smoke" else record.FRESH
        command = shlex.join(["./run", "bench-kafka", *sys.argv[1:]])
        if args.soak:
            scenario = Scenario(rows=0, rate=args.rate)
            figures, flat = soak.soak(setting, scenario, args.soak, scratch)
            grown = [record.Result(f"{name}, last over second window", "ratio", (sizes["last"] / sizes["second"],), details=sizes)
                     for name, sizes in figures["resident_bytes"].items()]
            record.write(records / "soak.json", kind="soak", command=command, environment=environment(setting), results=grown,
                         seconds=args.soak, rate=args.rate, **movies.as_settings())
            return 0 if flat else 1
        if args.size != "smoke":
            say("once without measuring: the brokers' Java is slow at first")
            run_marquee(setting, Scenario(rows=50_000), scratch)
        lines = []
        for group in grid(args.size):
            lines += measure(setting, group, repetitions, scratch)
        found = results(lines)
        if args.size == "full":
            backlog = next(line for line in lines if line["scenario"] == Scenario(ROWS[512]))
            found.append(highest_rate(setting, median(backlog["marquee"], "rows_per_s"), scratch))
        record.write(records / "kafka.json", kind="kafka", command=command, environment=environment(setting), results=found,
                     repetitions=repetitions, **movies.as_settings())
        print_tables(lines)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchError, BrokersError) as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
