#!/usr/bin/env python3
"""Three Kafka brokers on loopback, for tests, benchmarks and people.

    with Brokers() as brokers:      # as a module; free ports, a temporary folder, gone when the block or this process ends
        brokers.bootstrap           # "127.0.0.1:21001,127.0.0.1:21002,127.0.0.1:21003"
        brokers.kill(brokers.leader("raw-data", 0))

As a command: `./run brokers --help`. Answers are on stdout, everything else on stderr. DIR/brokers.json says what runs.
"""
import argparse
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import kafka_jars
import kafka_node
import kafka_wire
from kafka_jars import BrokersError, say
from kafka_node import Node
from processes import Process, launch

NODES = (1, 2, 3)
# Twenty times what it takes on two idle cores.
PATIENCE = 150
# Which folder the commands mean that are told none: that of the last `start`.
LAST = kafka_jars.CACHE / "last"


class Brokers:
    """Three brokers, ids 1 to 3, each a controller as well. *Errors:* every method raises BrokersError."""

    def __init__(self, directory: str | os.PathLike | None = None, ports: list[int] | None = None, *,
                 owner: int | None = None, lifetime: float | None = None):
        """Choose where and how; `start` starts.

        With `owner`, they stop when that process is gone, however it ends (in a `with` block that is this process, unless another is
        named); with `lifetime`, after so many seconds. A `directory` keeps its data; without, a temporary folder goes with the brokers.
        """
        self.temporary = directory is None
        self.directory = None if directory is None else pathlib.Path(directory).absolute()
        self.owner, self.lifetime = owner, lifetime
        self.keeper: Process | None = None
        self.nodes: dict[int, Node] = {}
        self._ports = ports

    @classmethod
    def at(cls, directory: str | os.PathLike) -> "Brokers":
        """Take up brokers that another process started in this folder."""
        brokers = cls(directory)
        state = brokers._state()
        try:
            saved = json.loads(state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BrokersError(f"no brokers run in {directory}: there is no {state}") from None
        brokers.temporary = saved["temporary"]
        brokers.keeper = saved["keeper"] and Process(**saved["keeper"])
        for node in saved["nodes"]:
            process = node.pop("process")
            brokers.nodes[node["id"]] = Node(**node, process=process and Process(**process))
        return brokers

    def __enter__(self) -> "Brokers":
        if self.owner is None:
            self.owner = os.getpid()
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """Name all brokers as clients want to hear it."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes.values())

    # ---------------------------------------------------------------- all three

    def start(self) -> None:
        """Start them, and wait until each answers and knows all three."""
        if self.directory and self._state().exists():
            raise BrokersError(f"{self.directory} has brokers already; `stop --dir {self.directory}` ends them")
        kafka_node.make_archive()
        ports = self._ports or kafka_node.free_ports(len(NODES))
        for port in ports:
            if not kafka_node.is_free(port):
                raise BrokersError(f"port {port} of 127.0.0.1 is in use; stop what listens there, or choose others (--ports free)")
        begin = time.monotonic()
        controllers = [port for port in kafka_node.free_ports(2 * len(NODES)) if port not in ports]
        self.nodes = {i: Node(i, port, controller) for i, port, controller in zip(NODES, ports, controllers)}
        if self.temporary:
            self.directory = pathlib.Path(tempfile.mkdtemp(prefix="marquee-brokers-"))
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            self._keep()
            kafka_node.write_settings(list(self.nodes.values()), self.directory)
            kafka_node.format_storage(list(self.nodes.values()), self.directory)
            for node in self.nodes.values():
                self._launch(node)
            self.wait_until_settled()
        except BaseException:
            self.stop()
            raise
        say(f"three brokers run in {self.directory}; the start took {time.monotonic() - begin:.1f} s")

    def stop(self) -> None:
        """End them all, and their keeper; a temporary folder goes with them."""
        if self.keeper and self.keeper.pid != os.getpid():
            self.keeper.send(signal.SIGTERM)
            self.keeper.wait(10)
        for node in self.nodes.values():
            if node.alive():
                # A clean shutdown takes 6 s; it is for data that are kept.
                node.process.send(signal.SIGKILL if self.temporary else signal.SIGTERM)
                node.process.send(signal.SIGCONT)
        end = time.monotonic() + 20
        for node in self.nodes.values():
            if node.process and not node.process.wait(end - time.monotonic()):
                say(f"broker {node.id} does not end by itself; killing it")
                node.process.send(signal.SIGKILL)
                node.process.wait(10)
        if self.directory:
            self._state().unlink(missing_ok=True)
            if self.temporary:
                shutil.rmtree(self.directory, ignore_errors=True)

    def wait_until_settled(self, seconds: float = PATIENCE) -> None:
        """Wait until all that run answer, know each other and have their copies in sync, and one of them is the controller."""
        running = {node.id: node for node in self.nodes.values() if node.alive()}
        end = time.monotonic() + seconds
        while open_point := self._open_point(running):
            for node in running.values():
                if not node.alive():
                    raise BrokersError(f"broker {node.id} ended; its log, {node.log(self.directory)}, says:\n"
                                       + node.why_it_died(self.directory))
            if self.keeper and not self.keeper.alive():
                raise BrokersError("the brokers were stopped: their owner is gone, or their lifetime is over")
            if time.monotonic() > end:
                raise BrokersError(f"the brokers were not ready after {seconds} s: {open_point}; logs: {self.directory}/node-*/broker.log")
            time.sleep(0.1)

    def _open_point(self, running: dict[int, Node]) -> str | None:
        """What has yet to come about for the running brokers to be settled."""
        for node in running.values():
            try:
                known = kafka_wire.metadata(node.port)
                controller = kafka_wire.controller(node.port)
            except OSError as error:
                return f"broker {node.id} does not answer ({error})"
            if missing := running.keys() - known.brokers:
                return f"broker {node.id} does not know {sorted(missing)}"
            if controller not in running:
                return f"broker {node.id} knows no controller"
            for (topic, number), partition in known.partitions.items():
                if behind := (running.keys() & set(partition.replicas)) - set(partition.isr):
                    return f"{sorted(behind)} are not in sync in {topic}/{number}"
        return None

    def status(self) -> dict:
        """Say of each broker what its process does and whether the others count on it; and who is the controller."""
        listed, controller = frozenset(), None
        with contextlib.suppress(BrokersError):
            listed, controller = self._ask(kafka_wire.metadata).brokers, self._ask(kafka_wire.controller)
        return {"directory": str(self.directory), "bootstrap": self.bootstrap, "controller": controller, "nodes": [
            {"id": node.id, "port": node.port, "pid": node.process and node.process.pid, "alive": node.alive(),
             "paused": node.paused(), "listed": node.id in listed} for node in self.nodes.values()]}

    # ---------------------------------------------------------------- one of them

    def kill(self, number: int) -> None:
        """End a broker as a power cut would (SIGKILL)."""
        node = self._running(number)
        node.process.send(signal.SIGKILL)
        node.process.wait(10)

    def pause(self, number: int) -> None:
        """Stop a broker in its tracks (SIGSTOP): it holds its connections and answers nothing. After 9 s the others drop it."""
        node = self._running(number)
        node.process.send(signal.SIGSTOP)
        # A process of many threads does not stop at once.
        while node.alive() and not node.paused():
            time.sleep(0.01)

    def resume(self, number: int) -> None:
        """Let a paused broker go on; `wait_until_settled` waits until it has caught up."""
        self._running(number).process.send(signal.SIGCONT)

    def revive(self, number: int) -> None:
        """Start a broker again after a kill, and wait until it has caught up."""
        node = self._node(number)
        if node.alive():
            raise BrokersError(f"broker {number} runs already" + (": it is paused, so resume it" if node.paused() else ""))
        self._launch(node)
        self.wait_until_settled()

    def pid(self, number: int) -> int:
        """Give the process id of a running broker."""
        return self._running(number).process.pid

    # ---------------------------------------------------------------- topics

    def leader(self, topic: str, partition: int) -> int | None:
        """Name the broker that leads a partition. None: none does at the moment."""
        known = self._ask(kafka_wire.metadata).partitions.get((topic, partition))
        if known is None:
            raise BrokersError(f"there is no partition {partition} of a topic {topic}")
        return known.leader

    def wait_for_leader(self, topic: str, partition: int, other_than: int, seconds: float = 60) -> int:
        """Wait until another broker leads a partition, and name it."""
        end = time.monotonic() + seconds
        while (leader := self.leader(topic, partition)) in (None, other_than):
            if time.monotonic() > end:
                raise BrokersError(f"{topic}/{partition} has no leader but {other_than} after {seconds} s")
            time.sleep(0.05)
        return leader

    def tool(self, main: str, *arguments: str) -> str:
        """Run one of Kafka's console tools, such as org.apache.kafka.tools.TopicCommand, on these brokers; its stdout."""
        ran = subprocess.run(kafka_jars.tool_command(main, "--bootstrap-server", self.bootstrap, *arguments),
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise BrokersError(f"{main} {' '.join(arguments)} failed: {ran.stderr.strip()}\n{ran.stdout.strip()}")
        return ran.stdout

    # ---------------------------------------------------------------- inside

    def _node(self, number: int) -> Node:
        if number not in self.nodes:
            raise BrokersError(f"there is no broker {number}; there are {', '.join(map(str, self.nodes))}")
        return self.nodes[number]

    def _running(self, number: int) -> Node:
        node = self._node(number)
        if not node.alive():
            raise BrokersError(f"broker {number} does not run")
        return node

    def _ask(self, question):
        """Put a question of kafka_wire to the first broker that answers."""
        errors = ["none runs"]
        for node in self.nodes.values():
            if node.alive() and not node.paused():
                try:
                    return question(node.port)
                except OSError as error:
                    errors.append(f"{node.id}: {error}")
        raise BrokersError(f"no broker answers ({'; '.join(errors[1:] or errors)})")

    def _launch(self, node: Node) -> None:
        with launch(node.command(self.directory, *kafka_jars.use_archive()), node.log(self.directory)) as node.process:
            self._save()

    def _keep(self) -> None:
        """Start the keeper, if there is anything to keep: a process that outlives the owner and stops the brokers then."""
        if self.owner is None and self.lifetime is None:
            self._save()
            return
        owner = Process.of(self.owner or os.getpid())
        if owner is None:
            raise BrokersError(f"there is no process {self.owner} to own the brokers")
        command = [sys.executable, __file__, "keep", "--dir", str(self.directory)]
        if self.owner is not None:
            command += ["--owner", str(owner.pid), "--owner-start", str(owner.start)]
        if self.lifetime is not None:
            command += ["--lifetime", str(self.lifetime)]
        with launch(command, self.directory / "keeper.log") as self.keeper:
            self._save()

    def _state(self) -> pathlib.Path:
        return self.directory / "brokers.json"

    def _save(self) -> None:
        def plain(process: Process | None):
            return process and {"pid": process.pid, "start": process.start}

        unfinished = self._state().with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({
            "temporary": self.temporary, "keeper": plain(self.keeper),
            "nodes": [{"id": node.id, "port": node.port, "controller_port": node.controller_port, "process": plain(node.process)}
                      for node in self.nodes.values()]}, indent=1) + "\n", encoding="utf-8")
        unfinished.rename(self._state())


# ---------------------------------------------------------------- the command


def keep(args: argparse.Namespace) -> None:
    """Wait for the owner's end or the end of the lifetime, then stop the brokers."""
    milliseconds = None if args.lifetime is None else args.lifetime * 1000
    owner = None if args.owner is None else Process(args.owner, args.owner_start)
    waiting = select.poll()
    if owner:
        with contextlib.suppress(ProcessLookupError):
            waiting.register(os.pidfd_open(owner.pid), select.POLLIN)
    if owner is None or owner.alive():
        waiting.poll(milliseconds)
    Brokers.at(args.dir).stop()


def start(args: argparse.Namespace) -> None:
    """Start brokers and print where they are; in the foreground, stay until told to end."""
    # So that a start or a foreground which is ended stops its brokers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    owner = os.getpid() if args.foreground else args.owner
    brokers = Brokers(args.dir, args.ports, owner=owner, lifetime=args.lifetime)
    brokers.start()
    LAST.write_text(str(brokers.directory), encoding="utf-8")
    print(brokers.bootstrap, flush=True)
    if args.foreground:
        say("Ctrl-C ends them")
        try:
            while brokers.keeper.alive():
                time.sleep(0.2)
        finally:
            brokers.stop()


def cleanup(directory: pathlib.Path) -> None:
    """Stop what runs in this folder and delete what `start` made there, and nothing else."""
    with contextlib.suppress(BrokersError):
        Brokers.at(directory).stop()
    for number in NODES:
        shutil.rmtree(directory / f"node-{number}", ignore_errors=True)
    (directory / "keeper.log").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        directory.rmdir()


def three_ports(text: str) -> list[int] | None:
    if text == "free":
        return None
    ports = [int(port) for port in text.split(",")]
    if len(set(ports)) != len(NODES) or not all(0 < port < 65536 for port in ports):
        raise ValueError
    return ports


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run brokers", description="Three Kafka brokers on loopback, from Maven's jars.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, **help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, **help_text)
        if name != "fetch":
            added.add_argument("--dir", type=pathlib.Path, help="their folder (start: default a temporary one; else that of the last start)")
        return added

    command("fetch", help="only get what `start` needs: Kafka's jars, and an archive of classes for quick starts")
    starting = command("start", help="start them, print HOST:PORT,… when all three answer")
    starting.add_argument("--ports", type=three_ports, default="9092,9093,9094", metavar="P1,P2,P3|free",
                          help="where they listen on 127.0.0.1 (default: %(default)s)")
    starting.add_argument("--foreground", action="store_true", help="stay; they end with this command")
    starting.add_argument("--owner", type=int, metavar="PID", help="they end when this process is gone")
    starting.add_argument("--lifetime", type=float, metavar="SECONDS", help="they end after this long")
    command("stop", help="end them; data stay only in a folder named with start --dir")
    command("cleanup", help="end them and delete their data")
    command("status", help="what each does, who is the controller, as JSON")
    for name, what in [("kill", "SIGKILL one"), ("pause", "SIGSTOP one"), ("resume", "SIGCONT one"),
                       ("revive", "start one again after a kill, until it is in sync")]:
        command(name, help=what).add_argument("node", type=int, metavar="N")
    leading = command("leader", help="the id of the broker that leads a partition")
    leading.add_argument("topic", metavar="TOPIC")
    leading.add_argument("partition", type=int, metavar="PARTITION")
    tool = command("tool", help="run one of Kafka's console tools on them, e.g. org.apache.kafka.tools.TopicCommand --list")
    tool.add_argument("main", metavar="CLASS")
    tool.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS")
    keeping = command("keep")  # for Brokers._keep only, so without a word of help
    keeping.add_argument("--owner", type=int)
    keeping.add_argument("--owner-start", type=int)
    keeping.add_argument("--lifetime", type=float)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    if args.command == "fetch":
        kafka_node.make_archive()
        return
    if args.command == "start":
        start(args)
        return
    if args.dir is None:
        if not LAST.exists():
            raise BrokersError("no brokers were started here yet; `./run brokers start` does, or name a folder with --dir")
        args.dir = pathlib.Path(LAST.read_text(encoding="utf-8"))
    if args.command == "keep":
        keep(args)
        return
    if args.command == "cleanup":
        cleanup(args.dir)
        return
    brokers = Brokers.at(args.dir)
    match args.command:
        case "stop":
            brokers.stop()
        case "status":
            print(json.dumps(brokers.status(), indent=1))
        case "kill" | "pause" | "resume" | "revive":
            getattr(brokers, args.command)(args.node)
        case "leader":
            leader = brokers.leader(args.topic, args.partition)
            if leader is None:
                raise BrokersError(f"{args.topic}/{args.partition} has no leader at the moment")
            print(leader)
        case "tool":
            command = kafka_jars.tool_command(args.main, "--bootstrap-server", brokers.bootstrap, *args.arguments)
            os.execvp(command[0], command)


if __name__ == "__main__":
    try:
        main()
    except BrokersError as error:
        say(f"FAILED: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
