"""The real program on real brokers: what the integration tests and the chaos tests share.

    with Brokers() as brokers, Pipeline(brokers.bootstrap, folder, "one") as pipeline:
        pipeline.create_topics()
        pipeline.start("preprocess")
        pipeline.start("infer")
        run = pipeline.produce("--data", "movies.csv")["run"]
        pipeline.results(run)["macro_f1"]

A Pipeline has topics and groups of its own, so that many share three brokers. Its processes end with its block, or with this process.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration" / "brokers"))

import kafka_node  # noqa: E402
from brokers import Brokers, BrokersError  # noqa: E402

# CMake names it; by hand it is that of the everyday preset.
PROGRAM = pathlib.Path(os.environ.get("MARQUEE_PROGRAM", ROOT / "build" / "dev" / "marquee"))
# Many times what anything takes on two idle cores, sanitizers included.
PATIENCE = 120
AT_LEAST_ONCE, EXACTLY_ONCE = GUARANTEES = ("at-least-once", "exactly-once")
# What a user has set must not change what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_")}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def wait_until(what: str, condition, seconds: float = PATIENCE):
    """Wait until `condition()` is true, and return what it gave. *Errors:* AssertionError."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still waiting until {what}")
        time.sleep(0.02)
    return value


class Service:
    """The program as a process beside the test: its data go to `name.out`, its messages to `name.log`."""

    def __init__(self, name: str, command: list[str], folder: pathlib.Path):
        self.name, self.command = name, command
        self.out, self.log = folder / f"{name}.out", folder / f"{name}.log"
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        """Start it, again after its end too; `said` begins anew, the files go on."""
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with open(self.out, "ab") as out, open(self.log, "ab") as log:
            # setpriv: however this process ends, the service does not outlive it.
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=log, env=ENVIRONMENT)

    def said(self) -> str:
        """Give its messages since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_for(self, pattern: str, seconds: float = PATIENCE) -> "Service":
        """Wait for a message, a regular expression."""
        def heard() -> bool:
            ended = self.process.poll() is not None
            if re.search(pattern, self.said()):
                return True
            if ended:
                raise AssertionError(f"{self.name} ended with {self.process.returncode} and did not say {pattern!r}")
            return False

        wait_until(f"{self.name} says {pattern!r}", heard, seconds)
        return self

    def wait_until_assigned(self) -> "Service":
        return self.wait_for("assigned (partitions|no partitions)")

    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = PATIENCE) -> int:
        """Ask it to end (SIGTERM); its exit code."""
        self.process.terminate()
        return self.wait(seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds} s") from None

    def last_json(self) -> dict | None:
        """Give the last whole line of its data, as JSON; None: there is none yet."""
        whole = self.out.read_text(encoding="utf-8").rpartition("\n")[0]
        return json.loads(whole.rpartition("\n")[2]) if whole else None

    def rows(self) -> int:
        """Give how many rows a reader of results has seen so far."""
        return (self.last_json() or {"rows": 0})["rows"]


class Pipeline:
    """Topics of one prefix, and the processes that work on them. *Errors:* AssertionError, with what the program said."""

    def __init__(self, bootstrap: str, folder: pathlib.Path, name: str):
        self.bootstrap, self.prefix = bootstrap, f"{name}-"
        self.folder = folder / name
        self.folder.mkdir()
        self.services: dict[str, Service] = {}

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, kind, *_) -> None:
        for service in self.services.values():
            if service.alive():
                service.kill()
        if kind is None:
            # So that the brokers do not drag along what all tests have left.
            subprocess.run(self.command("topics", "delete"), env=ENVIRONMENT, capture_output=True, check=False)
        else:
            for service in self.services.values():
                say(f"--- {service.name}: {service.process.returncode}\n{service.log.read_text(errors='replace')[-6000:]}")

    def topic(self, name: str) -> str:
        return self.prefix + name

    def command(self, *words: str | pathlib.Path | int) -> list[str]:
        return [str(PROGRAM), *map(str, words), "--brokers", self.bootstrap, "--topic-prefix", self.prefix]

    def call(self, *words: str | pathlib.Path | int, code: int = 0) -> subprocess.CompletedProcess:
        """Run a command to its end, which is to have this exit code."""
        ran = subprocess.run(self.command(*words), env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False, timeout=2 * PATIENCE)
        if ran.returncode != code:
            raise AssertionError(f"{' '.join(map(str, words))}: exit code {ran.returncode}, not {code}:\n{ran.stderr}{ran.stdout[-4000:]}")
        return ran

    def create_topics(self, *options: str) -> None:
        self.call("topics", "create", *options)

    # ---------------------------------------------------------------- the stages

    def start(self, stage: str, *options: str | int, instance: str = "a") -> Service:
        """Start an instance of a stage, and wait until it has joined its group."""
        return self.launch(stage, *options, instance=instance).wait_until_assigned()

    def launch(self, stage: str, *options: str | pathlib.Path | int, instance: str = "a", name: str = "") -> Service:
        """As start, without waiting. `name`: of the files, where one instance runs twice."""
        listen = [] if "--listen" in options else ["--listen", "none"]
        return self._launch(name or f"{stage}-{instance}", stage, "--instance", instance, *listen, *options)

    def launch_results(self, name: str, *options: str | int) -> Service:
        return self._launch(name, "results", "--json", *options)

    def _launch(self, name: str, *words: str | pathlib.Path | int) -> Service:
        service = Service(name, self.command(*words), self.folder)
        self.services[name] = service
        return service

    def produce(self, *options: str | pathlib.Path | int) -> dict:
        """Send a file; what was sent."""
        return json.loads(self.call("produce", "--listen", "none", "--json", *options).stdout)

    def results(self, run: str, *options: str | pathlib.Path, seconds: int = PATIENCE, code: int = 0) -> dict:
        """Read a run's results until it is complete."""
        ran = self.call("results", "--run-id", run, "--until-complete", seconds, "--json", *options, code=code)
        return json.loads(ran.stdout.splitlines()[-1])

    # ---------------------------------------------------------------- the topics

    def read(self, topic: str) -> list[dict]:
        """Read all of a topic, as `marquee decode` shows it."""
        return [json.loads(line) for line in self.call("decode", "--topic", topic).stdout.splitlines()]

    def rows(self, run: str) -> list[dict]:
        """Give a run's predictions in the order of its file, as they lie in the topic. *Errors:* a row is there twice."""
        rows = {}
        for message in self.read("results"):
            if message["info"]["run"] != run:
                continue
            for row in message["rows"]:
                place = message["info"]["sequence"], row["ordinal"]
                if place in rows:
                    raise AssertionError(f"row {row['ordinal']} of message {place[0]} is there twice")
                rows[place] = row
        return [rows[place] for place in sorted(rows)]

    def send(self, topic: str, partition: int, *values: bytes) -> None:
        """Put records into a topic, with kcat: bytes that are none of Marquee's."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            paths = [pathlib.Path(folder) / f"{number:06}" for number in range(len(values))]
            for path, value in zip(paths, values):
                path.write_bytes(value)
            self.kcat("-P", "-X", "message.max.bytes=8000000", "-t", self.topic(topic), "-p", partition, *paths)

    def value(self, topic: str, partition: int, offset: int) -> bytes:
        """Get the bytes of one record, with kcat."""
        return self.kcat("-C", "-q", "-D", "", "-t", self.topic(topic), "-p", partition, "-o", offset, "-c", 1)

    def kcat(self, *options: str | pathlib.Path | int, stdin: bytes = b"") -> bytes:
        ran = subprocess.run(["kcat", "-b", self.bootstrap, *map(str, options)], input=stdin, capture_output=True, check=False,
                             timeout=PATIENCE)
        if ran.returncode:
            raise AssertionError(f"kcat {' '.join(map(str, options))}: {ran.stderr.decode(errors='replace')}")
        return ran.stdout


# ---------------------------------------------------------------- data


def marquee(*words: str | pathlib.Path | int) -> str:
    """Run a command that needs no brokers; what it prints."""
    ran = subprocess.run([PROGRAM, *map(str, words)], env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {ran.returncode}:\n{ran.stderr}")
    return ran.stdout


def generate(rows: int, path: pathlib.Path, seed: int = 4) -> pathlib.Path:
    """Write a file of movies that do not exist."""
    marquee("generate", "--rows", rows, "--seed", seed, "-o", path)
    return path


def movies(folder: pathlib.Path) -> pathlib.Path:
    """Give the real file, where MARQUEE_DATA names it, else a generated one; say which."""
    if (path := pathlib.Path(os.environ.get("MARQUEE_DATA", "none"))).is_file():
        say(f"data: {path} (MARQUEE_DATA)")
        return path
    say("data: 36,000 generated rows, for MARQUEE_DATA names no file")
    return generate(36_000, folder / "movies.csv")


def embedded(path: pathlib.Path, *options: str) -> dict:
    """Report on a file as the embedded run does."""
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(marquee("run", "--json", "--data", path, "--dead-letters", f"{folder}/dead.marquee", *options))


def score(path: pathlib.Path) -> list[dict]:
    """Give the embedded predictions of a file's rows, in its order."""
    return [json.loads(line) for line in marquee("score", "--json", path).splitlines()]


def json_records(path: pathlib.Path) -> list[bytes]:
    """Give a CSV file's rows as JSON objects."""
    with open(path, encoding="utf-8", newline="") as file:
        return [json.dumps(row).encode() for row in csv.DictReader(file)]


# ---------------------------------------------------------------- a file of tests


class PipelineTest(unittest.TestCase):
    """Tests that share one set of brokers and a folder for their files."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="marquee-integration-")))
        cls.brokers = cls.enterClassContext(cls.make_brokers())

    @classmethod
    def make_brokers(cls) -> Brokers:
        return Brokers()

    def pipeline(self, name: str = "") -> Pipeline:
        """Make a pipeline that is named after the test."""
        return Pipeline(self.brokers.bootstrap, self.folder, name or self._testMethodName.removeprefix("test_"))

    def assert_same_report(self, results: dict, expected: dict) -> None:
        """Compare what the results' reader reports with what the embedded run reports on the same file."""
        keys = ("rows", "labelled", "unlabelled", "dead_letters", "dead_letter_reasons", "seen", "macro_f1", "macro_f1_seen",
                "confusion", "confusion_seen", "calibration")
        self.assertEqual({key: results[key] for key in keys}, {key: expected[key] for key in keys})

    def assert_complete(self, results: dict, duplicated: int | None = 0) -> None:
        """A run whose every row is accounted for; `duplicated` None: some may have come twice."""
        self.assertEqual((results["complete"], results["lost"], results["missing"], results["refused"]), (True, 0, [], 0), results)
        if duplicated is not None:
            self.assertEqual(results["duplicated"], duplicated)


class OutageTest(PipelineTest):
    """Tests that stop the whole set of brokers, and start it again with the same data and ports."""

    @classmethod
    def make_brokers(cls) -> Brokers:
        return Brokers(cls.folder / "kafka", kafka_node.free_ports(3))


def main(name: str) -> None:
    """Run the tests of the file that calls this, or say why they cannot run in the form in which `./run test` finds the reason."""
    # As Ctrl-C: unittest takes any other exception for a test's failure, and goes on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        kafka_node.make_archive()
        for tool in ("kcat", "setpriv"):
            if not shutil.which(tool):
                raise BrokersError(f"there is no {tool}; `./run setup test` installs it")
    except BrokersError as error:
        print(f"{name}: Skipped\n{str(error).splitlines()[0]}")
        sys.exit(77)
    unittest.main(module="__main__", verbosity=2)
