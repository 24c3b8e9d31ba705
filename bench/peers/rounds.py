"""Measuring several things in turns, so that what changes with time (heat, neighbours) changes all alike; and what becomes of the figures."""
import dataclasses
import json
import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence


class PeersError(Exception):
    """Something that is compared does not work, or answers otherwise than it must."""


@dataclasses.dataclass(frozen=True)
class Contender:
    """One of those that take turns. `measure` gives figures by name, the same names each time."""

    name: str
    measure: Callable[[], Mapping[str, float]]


def take_turns(contenders: Sequence[Contender], rounds: int) -> dict[str, list[float]]:
    """Measure each once a round, every other round in reverse; the figures in the order of the rounds."""
    figures: dict[str, list[float]] = {}
    for turn in range(rounds):
        for contender in contenders if turn % 2 == 0 else reversed(contenders):
            for name, value in contender.measure().items():
                figures.setdefault(name, []).append(value)
    return figures


def ratio(values: Sequence[float], anchors: Sequence[float]) -> float:
    """How many times the anchor: the median over rounds, for two figures of one round have the same noise."""
    return statistics.median(value / anchor for value, anchor in zip(values, anchors, strict=True))


def environment() -> dict[str, str]:
    """This process's, without what MARQUEE_… variables say, which must not slip into what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_")}


def bound_to(cpus: set[int]) -> list[str]:
    """What to put before a command for it to run on these processors only."""
    return ["taskset", "--cpu-list", ",".join(map(str, sorted(cpus)))]


class Child:
    """A program that measures once for each line that it reads, and answers with a line of JSON; in a `with` block, it ends with the block."""

    def __init__(self, command: Sequence, cpus: set[int], **variables: str):
        self.name = os.path.basename(str(command[0]))
        self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *bound_to(cpus), *map(str, command)], env=environment() | variables,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_) -> None:
        self.popen.kill()
        self.popen.communicate()

    def listen(self) -> dict:
        """Its next answer."""
        line = self.popen.stdout.readline()
        if not line:
            raise PeersError(f"{self.name} ended with {self.popen.wait()}; what it said is above")
        return json.loads(line)

    def ask(self, *words) -> dict:
        """Give it an order, and wait for the answer."""
        try:
            print(*words, file=self.popen.stdin, flush=True)
        except BrokenPipeError:
            pass  # listen tells how it ended
        return self.listen()
