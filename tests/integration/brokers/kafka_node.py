"""One Kafka broker, which is a KRaft controller too: its settings, its storage, its command."""
import dataclasses
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import time

import kafka_jars
import kafka_wire
from kafka_jars import BrokersError
from processes import Process, launch

SETTINGS = """\
# Written by brokers.py.
process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={folder}/data

# Copies are kept as in production; small numbers of partitions make Kafka's own topics quick to create and to move.
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={acknowledging}
num.partitions=3
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=3
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={acknowledging}
transaction.state.log.num.partitions=3

# A new group waits this long for more members. 3 s, the default, would be 3 s of each test; with 0 members that start together
# would each cause a rebalance of their own.
group.initial.rebalance.delay.ms=100

# Instead of 128 MiB of the heap, for topics of a few megabytes.
log.cleaner.dedupe.buffer.size=8388608
"""
CLUSTER_ID = "marquee-test-brokers-A"  # has to be 16 bytes in base64
# The first compiler alone: on two cores the second one's work was not won back within 8 million records (10 s of processor
# time per 2 million against 14 to 17), and starts are quicker.
FLAGS = ["-Xmx384m", "-XX:TieredStopAtLevel=1"]


@dataclasses.dataclass
class Node:
    id: int
    port: int
    controller_port: int
    process: Process | None = None

    def folder(self, cluster: pathlib.Path) -> pathlib.Path:
        return cluster / f"node-{self.id}"

    def log(self, cluster: pathlib.Path) -> pathlib.Path:
        return self.folder(cluster) / "broker.log"

    def alive(self) -> bool:
        return self.process is not None and self.process.alive()

    def paused(self) -> bool:
        return self.process is not None and self.process.state() == "T"

    def command(self, cluster: pathlib.Path, *flags: str) -> list[str]:
        return kafka_jars.java_command([*FLAGS, *flags], "INFO", "kafka.Kafka", str(self.folder(cluster) / "server.properties"))

    def why_it_died(self, cluster: pathlib.Path) -> str:
        """Give the lines of its log that tell the reason, or else the last ones."""
        lines = self.log(cluster).read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"\b(ERROR|FATAL|Error|Caused by)\b", line)]
        return "\n".join((telling or lines)[-8:])


def free_ports(count: int) -> list[int]:
    """Find ports nobody listens on, below Linux's range for outgoing connections: none of those takes a killed broker's port."""
    found = []
    for port in random.sample(range(20_000, 32_000), 1_000):
        if is_free(port):
            found.append(port)
            if len(found) == count:
                return found
    raise BrokersError("there are no free ports between 20000 and 32000 on 127.0.0.1")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_settings(nodes: list[Node], cluster: pathlib.Path) -> None:
    voters = ",".join(f"{node.id}@127.0.0.1:{node.controller_port}" for node in nodes)
    for node in nodes:
        node.folder(cluster).mkdir(exist_ok=True)
        (node.folder(cluster) / "server.properties").write_text(
            SETTINGS.format(id=node.id, port=node.port, controller_port=node.controller_port, voters=voters,
                            folder=node.folder(cluster), copies=len(nodes), acknowledging=min(2, len(nodes))),
            encoding="utf-8")


def format_storage(nodes: list[Node], cluster: pathlib.Path) -> None:
    """Make the nodes' storage ready; what is ready already stays. *Errors:* BrokersError."""
    formatters = [(node, subprocess.Popen(
        kafka_jars.tool_command("kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", CLUSTER_ID,
                                "--config", str(node.folder(cluster) / "server.properties")),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)) for node in nodes]
    said = [formatter.communicate()[0].strip() for _node, formatter in formatters]
    for (node, formatter), words in zip(formatters, said):
        if formatter.returncode:
            raise BrokersError(f"Kafka could not format {node.folder(cluster)}/data: {words}")


def make_archive() -> None:
    """Write the archive of classes, unless it is there: a broker starts with half the work then, and takes a fifth less memory.

    One broker alone runs until it answers; the JVM writes the archive when it ends. Failing does no harm beyond slower starts.
    """
    target = kafka_jars.archive()
    if target.exists():
        return
    with kafka_jars.only_one():
        if target.exists():
            return
        kafka_jars.say("running one broker to learn which classes to keep ready (once for these jars and this Java)")
        with tempfile.TemporaryDirectory(prefix="marquee-brokers-") as scratch:
            cluster = pathlib.Path(scratch)
            node = Node(1, *free_ports(2))
            write_settings([node], cluster)
            format_storage([node], cluster)
            unfinished = cluster / "classes.jsa"
            # -Xlog:disable: the JVM warns of each class that it cannot keep.
            with launch(node.command(cluster, f"-XX:ArchiveClassesAtExit={unfinished}", "-Xlog:disable"), node.log(cluster)) as process:
                node.process = process
            try:
                end = time.monotonic() + 60
                while node.alive() and time.monotonic() < end and not _answers(node):
                    time.sleep(0.2)
                process.send(signal.SIGTERM)
                process.wait(60)
            finally:
                process.send(signal.SIGKILL)
                process.wait(10)
            if unfinished.exists():
                partial = target.with_suffix(".partial")
                partial.write_bytes(unfinished.read_bytes())
                partial.rename(target)
            else:
                kafka_jars.say(f"no archive of classes was written, so brokers start slower: {node.why_it_died(cluster)}")


def _answers(node: Node) -> bool:
    try:
        return bool(kafka_wire.metadata(node.port).brokers)
    except OSError:
        return False
