"""The two pipelines that are compared, each as four processes on the same brokers: Marquee's, and librdkafka alone."""
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import time
import uuid

PATIENCE = 90  # seconds for anything but a whole run to begin or to end
TOPICS = ("raw-data", "processed-data", "results")
PARTITIONS = 3


class BenchError(Exception):
    """A pipeline did not do its work, so there is nothing to compare."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What is sent, and how."""

    rows: int
    batch_rows: int = 512
    columns: str = "all"
    compression: str = "none"
    guarantee: str = "at-least-once"
    rate: int = 0  # rows a second; 0: all at once
    warm_up: int = 0  # so many seconds at the beginning are left out of the latency: brokers open new topics' files then

    @property
    def title(self) -> str:
        """What a record calls it."""
        what = f"paced {self.rate} rows/s" if self.rate else "offline"
        return f"{what}, {self.rows_per_message} rows a message, {self.columns} columns, {self.compression}, {self.guarantee}"

    @property
    def rows_per_message(self) -> int:
        """How many rows a message holds: when paced, no more than come in produce's --batch-linger-ms, 5 ms."""
        return min(self.batch_rows, -(-self.rate * 5 // 1000)) if self.rate else self.batch_rows

    @property
    def patience(self) -> int:
        """After how many seconds a run of it must have come through."""
        return 600 + (self.rows // self.rate if self.rate else 0)


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where pipelines run."""

    marquee: pathlib.Path
    null: pathlib.Path
    data: pathlib.Path
    bootstrap: str
    broker_pids: tuple[int, ...]
    logs: pathlib.Path  # a broker's folder of topics

    def call(self, program: pathlib.Path, *arguments: str) -> str:
        """Run a command to its end; its standard output."""
        ran = subprocess.run([program, *arguments], env=_environment(), stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, check=False, timeout=PATIENCE)
        if ran.returncode:
            raise BenchError(f"{program.name} {' '.join(arguments)} failed: {ran.stderr.strip()}")
        return ran.stdout

    @contextlib.contextmanager
    def topics(self, *arguments: str):
        """Make topics that nobody else has, for the time of the block; gives their prefix."""
        prefix = f"bench-{uuid.uuid4().hex[:8]}-"
        where = ("--brokers", self.bootstrap, "--topic-prefix", prefix)
        self.call(self.marquee, "topics", "create", *where, "--partitions", str(PARTITIONS), *arguments)
        try:
            yield prefix
        finally:
            self.call(self.marquee, "topics", "delete", *where)

    def stored_bytes(self, topic: str) -> int:
        """How much one broker keeps of a topic: what went over the wire, with Kafka's own framing."""
        return sum(segment.stat().st_size for segment in self.logs.glob(f"{topic}-[0-9]*/*.log"))


def cpu_ns(pid: int) -> int:
    """How much processor time all threads of a process have had, those that ended included."""
    return time.clock_gettime_ns(~pid << 3 | 2)  # its clock, as clock_getcpuclockid(3) makes it


class Program:
    """A running process of a pipeline; in a `with` block, it ends with the block at the latest."""

    def __init__(self, scratch: pathlib.Path, name: str, command: list, **options):
        self.name, self.output, self.journal = name, scratch / f"{name}.out", scratch / f"{name}.err"
        self.marked_ns = 0
        with self.output.open("wb") as output, self.journal.open("wb") as journal:
            self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, command)], env=_environment(), stdout=output, stderr=journal,
                                          **({"stdin": subprocess.DEVNULL} | options))
        self.pid = self.popen.pid

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        if self.popen.returncode is None:
            self.popen.kill()
            self.popen.wait()
        if self.popen.stdin:
            self.popen.stdin.close()

    def wait_until_said(self, text: str, where: str = "journal") -> None:
        """Wait until it has written these words."""
        end = time.monotonic() + PATIENCE
        while text not in getattr(self, where).read_text(encoding="utf-8", errors="replace"):
            self.check()
            if time.monotonic() > end:
                raise BenchError(f"{self.name} did not say {text!r} within {PATIENCE} s; it said:\n{self.last_words()}")
            time.sleep(0.01)

    def check(self) -> None:
        """Raise BenchError if it has failed."""
        if self.popen.returncode is None:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended and ended.si_status:
                raise BenchError(f"{self.name} ended with {ended.si_status}; it said:\n{self.last_words()}")

    def mark(self) -> None:
        """Count its processor time from now on."""
        self.marked_ns = cpu_ns(self.pid)

    def finish(self, seconds: float = PATIENCE, others: tuple["Program", ...] = ()) -> int:
        """Wait for its end, which must be a good one, while none of the others fails; its processor time since `mark`, in ns."""
        end = time.monotonic() + seconds
        while True:
            for program in (self, *others):
                program.check()
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                raise BenchError(f"{self.name} did not end within {seconds:.0f} s; it said:\n{self.last_words()}")
            time.sleep(0.01)
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        if self.popen.returncode:
            raise BenchError(f"{self.name} ended with {self.popen.returncode}; it said:\n{self.last_words()}")
        return int((usage.ru_utime + usage.ru_stime) * 1e9) - self.marked_ns

    def last_words(self) -> str:
        return "\n".join(self.journal.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])

    def last_object(self) -> dict:
        return json.loads(self.output.read_text(encoding="utf-8").splitlines()[-1])


def _environment() -> dict[str, str]:
    """What MARQUEE_… variables say must not slip into what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_")}


class BrokersCpu:
    """The processor time of all brokers since its making."""

    def __init__(self, setting: Setting):
        self.pids = setting.broker_pids
        self.marked_ns = self._now_ns()

    def _now_ns(self) -> int:
        return sum(map(cpu_ns, self.pids))

    def since_ns(self) -> int:
        return self._now_ns() - self.marked_ns


def marquee_services(stack: contextlib.ExitStack, setting: Setting, scratch: pathlib.Path, prefix: str, scenario: Scenario,
                     run_id: str) -> tuple[Program, Program, Program]:
    """Start preprocess, infer and results, and wait until they are ready."""
    where = ["--brokers", setting.bootstrap, "--topic-prefix", prefix]
    services = [stack.enter_context(Program(scratch, stage, [
        setting.marquee, stage, *where, "--listen", "none", "--compression", scenario.compression, "--guarantee", scenario.guarantee]))
        for stage in ("preprocess", "infer")]
    results = stack.enter_context(Program(scratch, "results", [
        setting.marquee, "results", *where, "--run-id", run_id, "--until-complete", scenario.patience,
        "--warm-up", scenario.warm_up, "--json"]))
    for service in services:
        service.wait_until_said("assigned partitions")
    results.wait_until_said("}\n", "output")  # it reads, and tells so each second
    return *services, results


def marquee_producer(setting: Setting, scratch: pathlib.Path, prefix: str, scenario: Scenario, run_id: str) -> Program:
    return Program(scratch, "produce", [
        setting.marquee, "produce", "--brokers", setting.bootstrap, "--topic-prefix", prefix, "--listen", "none", "--json",
        "--data", setting.data, "--repeat", 1_000_000, "--rows", scenario.rows, "--run-id", run_id, "--rate", scenario.rate,
        "--batch-rows", scenario.batch_rows, "--columns", scenario.columns, "--compression", scenario.compression])


def run_marquee(setting: Setting, scenario: Scenario, scratch: pathlib.Path, record_to: pathlib.Path | None = None) -> dict:
    """Send the rows through Marquee's four processes; with `record_to`, keep the messages in that folder."""
    run_id = uuid.uuid4().hex
    with setting.topics() as prefix, contextlib.ExitStack() as stack:
        services = marquee_services(stack, setting, scratch, prefix, scenario, run_id)
        brokers = BrokersCpu(setting)
        for service in services:
            service.mark()
        produce = stack.enter_context(marquee_producer(setting, scratch, prefix, scenario, run_id))
        produce.wait_until_said(f"run {run_id}")
        produce.mark()
        cpu = {"produce": produce.finish(scenario.patience, services), "results": services[2].finish(scenario.patience, services),
               "brokers": brokers.since_ns()}
        for service in services[:2]:
            service.popen.terminate()
        for service in services[:2]:
            cpu[service.name] = service.finish()
        sent, came = produce.last_object(), services[2].last_object()
        if not came["complete"] or came["lost"] or came["duplicated"] or came["rows"] != scenario.rows:
            raise BenchError(f"{scenario.rows} rows were to be sent, {sent['records']} were; of these came: {came}")
        measured = _figures(setting, prefix, cpu, scenario.rows, came["seconds"], came["latency"])
        measured |= {name: came[name] for name in ("stages", "macro_f1", "confusion")}
        if record_to:
            record_to.mkdir()
            messages = {topic: json.loads(setting.call(
                setting.null, "record", "--brokers", setting.bootstrap, "--topic", prefix + topic, "-o", str(record_to / topic)))
                for topic in TOPICS}
            (record_to / "messages.json").write_text(json.dumps(messages), encoding="utf-8")
        return measured


def run_null(setting: Setting, scenario: Scenario, scratch: pathlib.Path, recorded: pathlib.Path) -> dict:
    """Send the messages of an earlier run of the scenario through the null pipeline."""
    with setting.topics() as prefix, contextlib.ExitStack() as stack:
        def start(name: str, role: str, topic: str, messages: str, *arguments, **options) -> Program:
            return stack.enter_context(Program(scratch, name, [
                setting.null, role, "--brokers", setting.bootstrap, "--topic", prefix + topic, "--from", recorded / messages,
                *arguments], **options))

        sending = ["--compression", scenario.compression]
        sized = ["--rows-per-message", scenario.rows_per_message]
        copying = sending + (["--exactly-once"] if scenario.guarantee == "exactly-once" else [])
        copiers = [start("preprocess", "copy", "raw-data", "processed-data", *copying, "--to", prefix + "processed-data"),
                   start("infer", "copy", "processed-data", "results", *copying, "--to", prefix + "results")]
        results = start("results", "measure", "results", "results", *sized, "--warm-up", scenario.warm_up)
        produce = start("produce", "produce", "raw-data", "raw-data", *sending, *sized, "--rate", scenario.rate, stdin=subprocess.PIPE)
        programs = (produce, *copiers, results)
        for program in programs:
            program.wait_until_said("ready\n")
        brokers = BrokersCpu(setting)
        for program in programs:
            program.mark()
        produce.popen.stdin.close()
        cpu = {"produce": produce.finish(scenario.patience, programs), "results": results.finish(scenario.patience, programs),
               "brokers": brokers.since_ns()}
        cpu |= {copier.name: copier.finish() for copier in copiers}
        came = results.last_object()
        return _figures(setting, prefix, cpu, scenario.rows, came["seconds"], came["latency"])


def _figures(setting: Setting, prefix: str, cpu: dict[str, int], rows: int, seconds: float, latency: dict) -> dict:
    if not latency["max_ns"]:
        raise BenchError("no row came after the warm-up")
    return {"rows": rows, "seconds": seconds, "rows_per_s": rows / seconds,
            "stored_bytes_per_row": {topic: setting.stored_bytes(prefix + topic) / rows for topic in TOPICS},
            "cpu_ns_per_row": {name: ns / rows for name, ns in cpu.items()},
            "latency_ms": {name: latency[f"{name}_ns"] * 1e-6 for name in ("p50", "p99", "p999", "max")}}
