"""The compose stack under a name of its own: what the tests and the sizing measurement share.

    with Stack("marquee-test", data=folder, MARQUEE_RATE=2000) as stack:
        stack.up()
        stack.results(stack.run_id())["macro_f1"]

It takes the containers' names and the ports of the real one, so that only one of them runs at a time; its volumes are its own.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = "marquee:local"
BROKERS = ("broker-1", "broker-2", "broker-3")
SERVICES = ("data-producer", "preprocessor", "inference", "viewer")
# What a user has set must not change what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MARQUEE_", "COMPOSE_"))}
# For one of the many commands below; only a build may take longer.
PATIENCE = 180


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def why_not() -> str:
    """Say why no stack can run here; empty: it can."""
    if not shutil.which("docker"):
        return "there is no docker here"
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return "no Docker engine answers (docker info)"
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        return "there is no Compose v2 (docker compose version)"
    running = docker("ps", "--all", "--format", "{{.Names}}", "--filter", "name=^broker-[123]$").split()
    return f"another stack has the names {' '.join(running)}; docker compose down ends it" if running else ""


def docker(*words: str, seconds: float = PATIENCE, code: int | None = 0, environment: dict | None = None) -> str:
    """Run docker; what it printed. *Errors:* AssertionError with what it said, if it ends with another code than `code` (None: any)."""
    ran = subprocess.run(["docker", *map(str, words)], env=environment or ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, errors="replace", check=False, timeout=seconds)
    if code is not None and ran.returncode != code:
        raise AssertionError(f"docker {' '.join(map(str, words))}: exit code {ran.returncode}\n{ran.stdout[-3000:]}{ran.stderr[-6000:]}")
    return ran.stdout + ("" if code == 0 else ran.stderr)


def wait_until(what: str, condition, seconds: float = PATIENCE):
    """Wait until `condition()` is true, and return what it gave. *Errors:* AssertionError."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still waiting until {what}")
        time.sleep(0.5)
    return value


def get(url: str) -> dict | None:
    """Ask a server for JSON; None: it is not there (yet)."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


class _EngineConnection(http.client.HTTPConnection):
    """The engine's own interface, for figures that `docker stats` rounds."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")


class Stack:
    """One stack, which is gone with its volumes at the block's end. `files`: beside compose.yaml; settings: MARQUEE_… variables."""

    def __init__(self, project: str, *files: str, data: pathlib.Path | None = None, **settings):
        self.project, self.files = project, ["compose/compose.yaml", *files]
        self.environment = ENVIRONMENT | {"COMPOSE_FILE": ":".join(str(ROOT / file) for file in self.files)}
        if data:
            self.environment["MARQUEE_DATA_FOLDER"] = str(data)
        self.set(**settings)

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is not None:
            say(self.compose("logs", "--no-color", "--tail", "40", code=None))
        self.down()

    def set(self, **settings) -> None:
        """Change settings; the next `up` puts them in force."""
        self.environment |= {name: str(value) for name, value in settings.items()}

    def compose(self, *words: str, seconds: float = PATIENCE, code: int | None = 0) -> str:
        # What a user has put into .env is not tested either.
        return docker("compose", "--env-file", os.devnull, "--project-name", self.project, *words, seconds=seconds, code=code, environment=self.environment)

    def build(self) -> float:
        """Build the image, if it is not there; seconds it took."""
        start = time.monotonic()
        self.compose("build", seconds=3600)
        return time.monotonic() - start

    def up(self, *words: str) -> float:
        """Start what does not run yet, and wait until all is healthy; seconds it took."""
        start = time.monotonic()
        self.compose("up", "--detach", *words, seconds=600)
        wait_until("all services are healthy", lambda: not self.unhealthy())
        return time.monotonic() - start

    def unhealthy(self) -> list[str]:
        """Name the containers that are not (yet) as they should be; who has done its work and ended is."""
        lines = self.compose("--profile", "*", "ps", "--all", "--format", "json").splitlines()
        containers = [json.loads(line) for line in lines]
        return [c["Name"] for c in containers
                if not (c["Health"] == "healthy" or (c["State"] == "running" and not c["Health"]) or
                        (c["State"] == "exited" and c["ExitCode"] == 0))]

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "5")

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def logs(self, service: str) -> str:
        return self.compose("logs", "--no-color", "--no-log-prefix", service)

    def run_id(self) -> str:
        """Get the id of the producer's newest run."""
        pattern = re.compile(r"marquee produce: run ([0-9a-f]{32})")
        return wait_until("the producer names its run", lambda: pattern.findall(self.logs("data-producer")))[-1]

    def results(self, run: str, seconds: int = PATIENCE) -> dict:
        """Read a run's results until it is complete."""
        shown = self.compose("exec", "-T", "inference", "marquee", "results", "--run-id", run, "--until-complete", str(seconds), "--json",
                             seconds=seconds + 60)
        return json.loads(shown.splitlines()[-1])

    def marquee(self, *words: str, code: int | None = 0, network: str = "private", options: tuple[str, ...] = ()) -> str:
        """Run the program in a container of its own beside the stack."""
        network = network if network in ("host", "none") else f"{self.project}_{network}"
        return docker("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", network, *options, IMAGE, *words, code=code)

    def left(self) -> list[str]:
        """Name what is left of the stack: containers, volumes, networks."""
        label = f"label=com.docker.compose.project={self.project}"
        return [f"{kind}: {name}" for kind in ("container", "volume", "network")
                for name in docker(kind, "ls", *(["--all"] if kind == "container" else []), "--format",
                                   "{{.Names}}" if kind == "container" else "{{.Name}}", "--filter", label).split()]


def usage(container: str) -> dict:
    """Give what a container has used since its start: CPU seconds, bytes received and sent; and its memory now without file caches."""
    connection = _EngineConnection("localhost")
    connection.request("GET", f"/containers/{container}/stats?stream=false&one-shot=true")
    stats = json.load(connection.getresponse())
    memory, networks = stats["memory_stats"], stats.get("networks", {}).values()
    cache = memory["stats"].get("inactive_file", memory["stats"].get("total_inactive_file", 0))
    return {"cpu_s": stats["cpu_stats"]["cpu_usage"]["total_usage"] * 1e-9,
            "received": sum(network["rx_bytes"] for network in networks), "sent": sum(network["tx_bytes"] for network in networks),
            "memory": memory["usage"] - cache}


def main(name: str) -> None:
    """Run the tests of the file that calls this, or say why they cannot run; with --required that is a failure."""
    # As Ctrl-C, so that the stack goes with the test.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    required = "--required" in sys.argv
    if reason := why_not():
        print(f"{name}: Skipped\n{reason}")
        sys.exit(1 if required else 77)
    result = unittest.main(module="__main__", argv=[word for word in sys.argv if word != "--required"], verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and not (required and result.skipped) else 1)
