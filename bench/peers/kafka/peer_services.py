"""The peers' processes on the same brokers and topics as Marquee's: the Python lab, and the Kafka Streams service."""
import contextlib
import dataclasses
import pathlib
import subprocess
import sys

import kafka_jars
import numpy as np
from pipelines import BenchError, BrokersCpu, Program, Setting, cpu_ns

HERE = pathlib.Path(__file__).resolve().parent
# After how many seconds a run must have come through.
PATIENCE = 300


@dataclasses.dataclass(frozen=True)
class Peers:
    """What prepare.py has made."""

    model: pathlib.Path
    streams: pathlib.Path


def run_lab(setting: Setting, peers: Peers, scratch: pathlib.Path, rows: int, batch_rows: int) -> dict:
    """Send the rows through the four Python services."""
    with setting.topics() as prefix, contextlib.ExitStack() as stack:
        def start(service: str, **options) -> Program:
            return stack.enter_context(Program(scratch, f"lab-{service}", [
                # Threads of OpenMP that wait for each other keep the brokers from working.
                "env", "OMP_NUM_THREADS=1", sys.executable, HERE / "lab.py", service, "--brokers", setting.bootstrap,
                "--topic-prefix", prefix, "--batch-rows", batch_rows, "--rows", rows, "--data", setting.data,
                "--model", peers.model], **options))

        services = tuple(map(start, ("preprocess", "infer", "results")))
        produce = start("produce", stdin=subprocess.PIPE)
        programs = (*services, produce)
        for program in programs:
            program.wait_until_said("ready\n")
        brokers = BrokersCpu(setting)
        for program in programs:
            program.mark()
        produce.popen.stdin.close()
        cpu = {"produce": produce.finish(PATIENCE, services), "results": services[2].finish(PATIENCE, services[:2]),
               "brokers": brokers.since_ns()}
        cpu |= {service.name: cpu_ns(service.pid) - service.marked_ns for service in services[:2]}
        return _figures(rows, produce.last_object(), services[2].last_object(), cpu)


@dataclasses.dataclass(frozen=True)
class Load:
    """What the Kafka Streams service is sent."""

    rows: int
    batch_rows: int = 1  # rows a message
    rate: int = 0  # rows a second; 0: all at once
    warm_up_rows: int = 20_000  # sent before, for Java's compiler
    warm_up: int = 0  # so many seconds at the beginning are left out of the latency, as of Marquee's


def run_streams(setting: Setting, peers: Peers, scratch: pathlib.Path, load: Load) -> dict:
    """Send rows through the Java service, with a lean sender and reader around it."""
    end_row, times = load.warm_up_rows + load.rows, scratch / "times.npy"
    with setting.topics() as prefix, contextlib.ExitStack() as stack:
        def around(command: str, first_row: int, rows: int, *arguments, **options) -> Program:
            return stack.enter_context(Program(scratch, f"{command}-{first_row}", [
                sys.executable, HERE / "around.py", "--brokers", setting.bootstrap, "--topic-prefix", prefix,
                "--batch-rows", load.batch_rows, "--first-row", first_row, "--rows", rows, command, *arguments], **options))

        service = stack.enter_context(Program(scratch, "streams", [
            kafka_jars.java()[0], "-Xmx1g", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp", f"{peers.streams}/classes:{peers.streams}/jars/*", "marquee.bench.MovieRatings",
            # It waits for others to send with as long as Marquee's services.
            setting.bootstrap, prefix, peers.model, scratch / "streams-state", 1 if load.rate else 25]))
        collect = around("collect", load.warm_up_rows, end_row, "--model", peers.model, "--times", times)
        for program in (service, collect):
            program.wait_until_said("ready\n")

        def feed(first_row: int, rows: int, rate: int) -> Program:
            return around("feed", first_row, rows, "--data", setting.data, "--rate", rate, stdin=subprocess.PIPE)

        def let_go(feeder: Program) -> int:
            feeder.popen.stdin.close()
            return feeder.finish(PATIENCE, (service, collect))

        warming, feeder = feed(0, load.warm_up_rows, 0), feed(load.warm_up_rows, end_row, load.rate)
        for program in (warming, feeder):
            program.wait_until_said("ready\n")
        let_go(warming)
        collect.wait_until_said("warm\n")
        brokers = BrokersCpu(setting)
        for program in (service, collect, feeder):
            program.mark()
        cpu = {"produce": let_go(feeder), "results": collect.finish(PATIENCE, (service,)), "brokers": brokers.since_ns(),
               "streams": cpu_ns(service.pid) - service.marked_ns}
        figures = _figures(load.rows, feeder.last_object(), collect.last_object(), cpu)
        if load.rate:
            figures["latency_ms"] = _latency(np.load(times) - feeder.last_object()["begin_ns"], load)
        return figures


def _figures(rows: int, sent: dict, came: dict, cpu: dict[str, int]) -> dict:
    seconds = (came["end_ns"] - sent["begin_ns"]) * 1e-9
    return {"rows": rows, "seconds": seconds, "rows_per_s": rows / seconds, "macro_f1": came["macro_f1"],
            "cpu_ns_per_row": {name: ns / rows for name, ns in cpu.items()}}


def _latency(times_ns: np.ndarray, load: Load) -> dict:
    """How long after its message's first row was due each row has come."""
    due_ns = np.arange(load.rows) // load.batch_rows * load.batch_rows * 1_000_000_000 // load.rate
    latency_ms = (times_ns - due_ns)[due_ns >= load.warm_up * 1_000_000_000] * 1e-6
    if not latency_ms.size:
        raise BenchError("no row came after the warm-up")
    return dict(zip(("p50", "p99", "p999", "max"), np.percentile(latency_ms, (50, 99, 99.9, 100)).tolist()))
