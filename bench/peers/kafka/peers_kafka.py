#!/usr/bin/env python3
"""Marquee over three real brokers beside what one would write instead: a plain Python lab, and Kafka Streams with ONNX Runtime.

    ./run bench-peers --kafka --quick      two rounds, fewer rows: six minutes
    ./run bench-peers --kafka --full       five rounds: twenty

All send the same rows with acks=all to topics of three copies, on the cores that the brokers use too, and take turns in rounds. Time counts
from the first row's reading (Kafka Streams: sending) to the last result's arrival. Every row must come out once, with the class that its
pipeline's model gives it, or the benchmark fails. Ratios are medians over rounds. The table goes to stdout, the record to
build/bench/results/peers_kafka.json.
"""
import argparse
import importlib.metadata
import pathlib
import re
import signal
import statistics
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "end_to_end"), str(ROOT / "tests" / "integration" / "brokers")]

import kafka_jars  # noqa: E402
import kafka_node  # noqa: E402
import data  # noqa: E402
import record  # noqa: E402
from brokers import Brokers, BrokersError  # noqa: E402
from data import say  # noqa: E402
from pipelines import BenchError, Scenario, Setting, run_marquee  # noqa: E402

import prepare  # noqa: E402
from contestants import COMPARED, RATE, SIZES, WARM_UP, WHOLE, Arena, Contestant, at_once, paced  # noqa: E402
from peer_services import Peers  # noqa: E402

RECORD = record.FRESH / "peers_kafka.json"
PACKAGES = ("confluent-kafka", "numpy", "pandas", "scikit-learn", "skl2onnx")
JARS = ("kafka_2.13", "kafka-streams", "onnxruntime", "jackson-databind")


class Measured:
    """The runs of contestants that took turns; the first is the one that all are compared with."""

    def __init__(self, contestants: list[Contestant], rounds: int):
        self.contestants = contestants
        self.runs: list[list[dict]] = [[] for _ in contestants]
        order = range(len(contestants))
        for number in range(rounds):
            # To and fro, so that what changes with time (heat, neighbours) changes all alike.
            for i in order if number % 2 == 0 else reversed(order):
                run = contestants[i].run()
                brokers = run["cpu_ns_per_row"]["brokers"]
                run["cpu_us"] = {"pipeline": (sum(run["cpu_ns_per_row"].values()) - brokers) * 1e-3, "brokers": brokers * 1e-3}
                self.runs[i].append(run)
                say(f"round {number + 1} of {rounds}: {contestants[i].name}: {run['rows_per_s']:,.0f} rows/s")

    def values(self, i: int, *keys: str) -> tuple[float, ...]:
        """Give what this contestant's runs say under the keys."""
        def value(run: dict) -> float:
            for key in keys:
                run = run[key]
            return run
        return tuple(map(value, self.runs[i]))

    def ratio(self, i: int, *keys: str, to: int = 0) -> float:
        """Give a contestant's figure over another's: the median over rounds."""
        return statistics.median(mine / other for mine, other in zip(self.values(i, *keys), self.values(to, *keys), strict=True))

    def median(self, i: int, *keys: str) -> float:
        return statistics.median(self.values(i, *keys))

    def index(self, name: str) -> int:
        return [contestant.name for contestant in self.contestants].index(name)

    def results(self, unit: str, *keys: str, details: tuple[str, ...] = ()) -> list[record.Result]:
        """Give the figures under the keys as they go into a record."""
        def name(i: int) -> str:
            return f"{self.contestants[i].name}: {' '.join(keys)}"

        return [record.Result(name(i), unit, self.values(i, *keys), anchor=name(0) if i else "", ratio=self.ratio(i, *keys) if i else None,
                              details={key: runs[0][key] for key in details if key in runs[0]}) for i, runs in enumerate(self.runs)]


def print_at_once(measured: Measured) -> None:
    print(f"\nThroughput, all rows at once. x: as many times as fast is {WHOLE}; CPU: processor time of a row, the pipeline's and\n"
          "the brokers'; F1 is over the rows that were sent and not learned from.\n\n"
          "| pipeline | rows a message | rows/s | least to most | x | CPU, us | macro-F1 |\n" + "|" + "---|" * 7)
    for i, contestant in enumerate(measured.contestants):
        rates = measured.values(i, "rows_per_s")
        f1 = measured.runs[i][0].get("macro_f1")
        cells = [contestant.name, contestant.batch_rows, f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f} to {max(rates):,.0f}",
                 f"{1 / measured.ratio(i, 'rows_per_s'):.1f}",
                 " + ".join(f"{measured.median(i, 'cpu_us', whose):.1f}" for whose in ("pipeline", "brokers")), f"{f1:.1f}" if f1 else ""]
        print("| " + " | ".join(map(str, cells)) + " |")
    print()
    for name, peer, target in COMPARED:
        times = measured.ratio(measured.index(name), "rows_per_s", to=measured.index(peer))
        print(f"{name}: {times:.1f} times {peer}" + (f" (target: {target})" if target else ""))


def print_paced(measured: Measured) -> None:
    print(f"\nLatency of a row at a steady rate, in open loop, after the first {WARM_UP} s, in ms. The rate is {RATE:,} rows/s, or\n"
          "the highest of fewer that Kafka Streams keeps.\n\n"
          "| pipeline | rows a message | rows/s | p50 | p99 | least to most p99 | p99.9 |\n" + "|" + "---|" * 7)
    for i, contestant in enumerate(measured.contestants):
        p99 = measured.values(i, "latency_ms", "p99")
        rates = {f"{run.get('rate', RATE):,}": run.get("batch_rows", contestant.batch_rows) for run in measured.runs[i]}
        cells = [contestant.name, " / ".join(map(str, rates.values())), " / ".join(rates),
                 *(f"{measured.median(i, 'latency_ms', which):.1f}" for which in ("p50", "p99")), f"{min(p99):.1f} to {max(p99):.1f}",
                 f"{measured.median(i, 'latency_ms', 'p999'):.1f}"]
        print("| " + " | ".join(map(str, cells)) + " |")


def versions(setting: Setting) -> dict[str, str]:
    """Tell with which versions the peers ran."""
    told = {name: importlib.metadata.version(name) for name in PACKAGES}
    poms = (kafka_jars.HERE / "pom.xml").read_text(encoding="utf-8") + (HERE / "streams" / "pom.xml").read_text(encoding="utf-8")
    found = dict(re.findall(r"<artifactId>([^<]+)</artifactId>\s*<version>([^<]+)</version>", poms))
    return told | {name: found[name] for name in JARS} | {
        "librdkafka": setting.call(setting.null, "--version").strip(), "java": kafka_jars.java()[1].splitlines()[0],
        "python": sys.version.split()[0]}


def compare(setting: Setting, peers: Peers, scratch: pathlib.Path, args: argparse.Namespace, movies: data.Movies) -> None:
    """Measure everything, print the tables, write the record."""
    size = SIZES[args.size]
    say("all movies once without measuring: the brokers' Java is slow at first")
    once = run_marquee(setting, Scenario(np.load(peers.model / "expected.npy").size), scratch)
    arena = Arena(setting, peers, scratch, 100 * once["macro_f1"])
    throughput = Measured(at_once(arena, size), size.rounds)
    speeds = {contestant.name: throughput.median(i, "rows_per_s") for i, contestant in enumerate(throughput.contestants)}
    latency = Measured(paced(arena, size, speeds), size.paced_rounds)
    print_at_once(throughput)
    print_paced(latency)
    told = versions(setting)
    print("\n" + ", ".join(f"{name} {version}" for name, version in told.items()) + "\n" + ("Real rows." if movies.real else "Generated rows."))
    if args.size == "smoke":
        return
    results = throughput.results("rows/s", "rows_per_s", details=("rows", "macro_f1"))
    for whose in ("pipeline", "brokers"):
        results += throughput.results("us a row", "cpu_us", whose)
    for which in ("p50", "p99", "p999"):
        results += latency.results("ms", "latency_ms", which, details=("rate", "batch_rows"))
    record.write(RECORD, kind="peers_kafka", command=f"./run bench-peers --kafka --{args.size}",
                 environment=record.environment(setting.marquee.parent, peers=told), results=results, rounds=size.rounds,
                 paced_rounds=size.paced_rounds, rate=RATE, warm_up_s=WARM_UP, **movies.as_settings())
    say(f"record: {RECORD}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench-peers --kafka", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for name, what in [("quick", "two rounds (the default)"), ("full", "five rounds"),
                       ("smoke", "a few thousand rows: does it work? No figure of it means anything")]:
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=what)
    parser.set_defaults(size="quick")
    parser.add_argument("--marquee", type=pathlib.Path, default=ROOT / "build/release/marquee", help="default: %(default)s")
    parser.add_argument("--null", type=pathlib.Path, default=ROOT / "build/bench/bench/kafka_null", help="default: %(default)s")
    return parser.parse_args()


def main() -> None:
    args = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is cleaned up
    for program in (args.marquee, args.null):
        if not program.exists():
            raise BenchError(f"there is no {program}; `./run bench-peers --kafka` builds it")
    kafka_node.make_archive()
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        scratch = pathlib.Path(folder)
        movies = data.find(args.marquee, scratch)
        peers = Peers(prepare.model(movies.path), prepare.streams())
        with Brokers() as brokers:
            compare(Setting(args.marquee, args.null, movies.path, brokers.bootstrap, tuple(map(brokers.pid, brokers.nodes)),
                            brokers.directory / "node-1" / "data"), peers, scratch, args, movies)


if __name__ == "__main__":
    try:
        main()
    except (BenchError, BrokersError, prepare.PrepareError) as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
