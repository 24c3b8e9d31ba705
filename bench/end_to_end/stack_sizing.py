#!/usr/bin/env python3
"""What each container of the compose stack costs: CPU, network, memory and bytes on disk a row, at several rates and numbers of
inference; and what larger rates need by that. compose/BEYOND.md shows it. The tables go to standard output."""
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "compose"))

import stack as stacks  # noqa: E402
from stack import BROKERS, SERVICES, Stack, docker, say, usage  # noqa: E402

# The stages settle; then it is measured.
SETTLE_S, MEASURE_S = 10, 20
TOPICS = ("raw-data", "processed-data", "results")
# Rows a second, instances of inference, columns.
PHASES = ((0, 1, "all"), (1000, 1, "all"), (10000, 1, "all"), (10000, 2, "all"), (10000, 3, "all"), (30000, 1, "needed"))
# What larger rates are reckoned with: how busy a core and a network may be; one instance takes a core, a broker has eight and 10 Gbit/s.
BUSY, NETWORK_BUSY, BROKER_CORES, BROKER_BYTES_S = 0.6, 0.5, 8, 10e9 / 8
GOALS = (10**5, 10**6, 10**7)


def produced(stack: Stack) -> tuple[int, float]:
    """Count the rows that the producer has written since its start, and say when that was."""
    name = stack.containers("data-producer")[0]
    address = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", name).split()[0]
    with urllib.request.urlopen(f"http://{address}:9403/metrics", timeout=10) as answer:
        return int(float(re.search(r'^marquee_records_out_total\S* (\S+)', answer.read().decode(), re.MULTILINE)[1])), time.monotonic()


def on_disk() -> dict[str, int]:
    """Give the bytes of each topic, as one broker, which has a copy of every partition, keeps them."""
    return {topic: int(docker("exec", "broker-1", "bash", "-c", f"cat /var/lib/kafka/data/{topic}-*/*.log | wc -c")) for topic in TOPICS}


def measure(stack: Stack, rate: int, instances: int, columns: str) -> dict:
    """Run one phase; cores, bytes a second and memory of each service, rows a second, and bytes a row of each topic."""
    stack.set(MARQUEE_RATE=rate or 1, MARQUEE_COLUMNS=columns)
    stack.up("--scale", f"inference={instances}", "--force-recreate", "--no-deps", *SERVICES)
    if not rate:
        stack.compose("stop", "data-producer")
    time.sleep(SETTLE_S)
    services = [service for service in (*BROKERS, *SERVICES) if rate or service != "data-producer"]
    containers = {service: stack.containers(service) for service in services}
    # The rows have a clock of their own: to read all the others takes seconds on a busy machine.
    (rows, rows_at), disk = produced(stack) if rate else (0, 0), on_disk()
    start, before = time.monotonic(), {name: usage(name) for names in containers.values() for name in names}
    time.sleep(MEASURE_S)
    seconds, after = time.monotonic() - start, {name: usage(name) for names in containers.values() for name in names}
    rows_then, then = produced(stack) if rate else (0, 1)
    rows = rows_then - rows
    result = {"rate": rows / (then - rows_at), "instances": instances, "columns": columns, "services": {},
              "topics": {topic: (size - disk[topic]) / max(rows, 1) for topic, size in on_disk().items()}}
    for service, names in containers.items():
        change = {key: sum(after[name][key] - before[name][key] for name in names) / seconds for key in ("cpu_s", "received", "sent")}
        result["services"][service] = change | {"memory": sum(after[name]["memory"] for name in names)}
    say(f"{rate} rows/s, {instances} inference, columns {columns}: {result['rate']:.0f} rows/s")
    return result


def table(head: list[str], rows: list[list[str]]) -> None:
    for line in (head, ["---"] + ["---:"] * (len(head) - 1), *rows):
        print("| " + " | ".join(line) + " |")
    print()


def report(phases: list[dict]) -> None:
    head = ["container"] + [f"{p['rate']:.0f} rows/s, {p['instances']} inference, {p['columns']} columns" for p in phases]

    def lines(cell) -> list[list[str]]:
        return [[service] + [cell(p, p["services"][service]) if service in p["services"] else "" for p in phases]
                for service in (*BROKERS, *SERVICES)]

    print("Cores in use (all instances of a service together), and in brackets CPU time a row:\n")
    table(head, lines(lambda p, s: f"{s['cpu_s']:.3f}" + (f" ({1e6 * s['cpu_s'] / p['rate']:.1f} us)" if p["rate"] else "")))
    print("Memory without file caches:\n")
    table(head, lines(lambda p, s: f"{s['memory'] / 2**20:.0f} MiB"))
    print("Network, received and sent bytes a row:\n")
    table(head, lines(lambda p, s: f"{s['received'] / p['rate']:.0f}, {s['sent'] / p['rate']:.0f}" if p["rate"] else ""))
    print("Bytes a row on a broker's disk (lz4), of each topic:\n")
    table(["topic"] + head[1:], [[topic] + [f"{p['topics'][topic]:.0f}" if p["rate"] else "" for p in phases] for topic in TOPICS])


def plan(phase: dict) -> None:
    """Reckon from one phase's costs a row what each goal needs."""
    cost = {service: {key: s[key] / phase["rate"] for key in ("cpu_s", "received", "sent")} for service, s in phase["services"].items()}
    brokers = {key: sum(cost[broker][key] for broker in BROKERS) for key in ("cpu_s", "received", "sent")}
    # All copies; the replicas' traffic is in what was measured.
    disk = len(BROKERS) * sum(phase["topics"].values())

    def needs(rate: int) -> dict:
        instances = {service: math.ceil(rate * cost[service]["cpu_s"] / BUSY) for service in SERVICES if service != "viewer"}
        count = max(len(BROKERS), math.ceil(rate * brokers["cpu_s"] / BUSY / BROKER_CORES),
                    math.ceil(rate * max(brokers["received"], brokers["sent"]) / NETWORK_BUSY / BROKER_BYTES_S))
        # Two for each instance, so that one more or less still shares them well; the same number on each broker.
        partitions = math.ceil(2 * max(instances.values()) / count) * count
        return instances | {"brokers": count, "partitions of a topic": partitions,
                            "each broker receives": f"{8e-9 * rate * brokers['received'] / count:.2f} Gbit/s",
                            "each broker sends": f"{8e-9 * rate * brokers['sent'] / count:.2f} Gbit/s",
                            "disk for an hour, all copies": f"{1e-12 * 3600 * rate * disk:.2f} TB"}

    wanted = [needs(rate) for rate in GOALS]
    print(f"Needed, by the costs at {phase['rate']:.0f} rows/s with {phase['columns']} columns:\n")
    table(["", *(f"{rate:.0e} rows/s" for rate in GOALS)], [[name, *(str(one[name]) for one in wanted)] for name in wanted[0]])


def main() -> None:
    if reason := stacks.why_not():
        sys.exit(f"stack_sizing.py: {reason}")
    with tempfile.TemporaryDirectory(prefix="marquee-sizing-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        if (path := pathlib.Path(os.environ.get("MARQUEE_DATA", "none"))).is_file():
            shutil.copy(path, folder)
        print(f"Rows: {'real' if path.is_file() else 'generated'}. "
              f"Load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
        with Stack("marquee-sizing", data=folder, MARQUEE_REPEAT=900000000) as stack:
            stack.build()
            stack.up()
            phases = [measure(stack, *phase) for phase in PHASES]
            report(phases)
            plan(phases[-1])


if __name__ == "__main__":
    main()
