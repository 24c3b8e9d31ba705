"""Who takes part, and with how much."""
import dataclasses
import pathlib
from collections.abc import Callable

from data import say
from peer_services import Load, Peers, run_lab, run_streams
from pipelines import Scenario, Setting, run_marquee, run_null

RATE, WARM_UP = 10_000, 5
# What Kafka Streams is tried at, from what it does at once downwards, until it keeps one: its last result then comes within a second of
# its last row.
RATES = (RATE, 5_000, 2_500, 1_000)
WHOLE, NEEDED, SINGLE = "Marquee, whole rows", "Marquee, needed columns", "Marquee, whole rows, one by one"
STREAMS, STREAMS_SINGLE = "Kafka Streams", "Kafka Streams, one by one"
LAB, LAB_SINGLE = "Python lab, batches of 500", "Python lab, one by one"
# How many times as fast as a peer Marquee is meant to be at least, if anything was said of it.
COMPARED = ((WHOLE, LAB, 5), (NEEDED, LAB, 12), (WHOLE, STREAMS, None), (SINGLE, LAB_SINGLE, None), (SINGLE, STREAMS_SINGLE, None))


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is measured; rows are enough for some seconds each."""

    rounds: int
    paced_rounds: int
    paced_seconds: int
    marquee_rows: int = 300_000
    marquee_single_rows: int = 50_000
    streams_rows: int = 60_000
    lab_rows: int = 50_000
    lab_single_rows: int = 1_000
    java_warm_up_rows: int = 20_000


SIZES = {"quick": Size(2, 1, 8, streams_rows=40_000, lab_rows=30_000, lab_single_rows=600), "full": Size(5, 3, 15),
         "smoke": Size(1, 1, 1, 5_000, 2_000, 3_000, 3_000, 300, 1_000)}


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    batch_rows: int  # rows a message
    run: Callable[[], dict]


class Arena:
    """Where contestants are made: the brokers, the peers, a folder for what they write."""

    def __init__(self, setting: Setting, peers: Peers, scratch: pathlib.Path, macro_f1: float):
        """`macro_f1`: Marquee's over the file read once. Movies that come again have other ids, so it takes them for unseen ones."""
        self.setting, self.peers, self.scratch, self.macro_f1 = setting, peers, scratch, macro_f1
        self.rates: dict[str, int] = {}  # at which Kafka Streams is sent rows

    def marquee(self, name: str, scenario: Scenario, recorded: str = "") -> Contestant:
        """`recorded`: where its messages are kept for librdkafka alone."""
        def run() -> dict:
            folder = self.scratch / recorded
            run = run_marquee(self.setting, scenario, self.scratch, None if not recorded or folder.exists() else folder)
            return run | {"macro_f1": self.macro_f1}

        return Contestant(name, scenario.rows_per_message, run)

    def null(self, scenario: Scenario, recorded: str) -> Contestant:
        return Contestant("librdkafka alone", scenario.rows_per_message,
                          lambda: run_null(self.setting, scenario, self.scratch, self.scratch / recorded))

    def lab(self, name: str, rows: int, batch_rows: int) -> Contestant:
        return Contestant(name, 1, lambda: run_lab(self.setting, self.peers, self.scratch, rows, batch_rows))

    def streams(self, name: str, load: Load) -> Contestant:
        return Contestant(name, load.batch_rows, lambda: run_streams(self.setting, self.peers, self.scratch, load))

    def streams_paced(self, name: str, load: Load, seconds: int, at_once: float) -> Contestant:
        """`load` at the highest rate that it keeps, `at_once` being the rate at which it works a backlog off."""
        self.rates[name] = next((rate for rate in RATES if rate <= at_once), RATES[-1])
        return Contestant(name, load.batch_rows, lambda: self._highest_kept(name, load, seconds))

    def _highest_kept(self, name: str, load: Load, seconds: int) -> dict:
        for rate in RATES[RATES.index(self.rates[name]):]:
            self.rates[name] = rate
            scenario = Scenario(rate * (WARM_UP + seconds), load.batch_rows, rate=rate, warm_up=WARM_UP)
            at_rate = dataclasses.replace(load, rows=scenario.rows, batch_rows=scenario.rows_per_message, rate=rate, warm_up=WARM_UP)
            run = run_streams(self.setting, self.peers, self.scratch, at_rate)
            if run["seconds"] < at_rate.rows / rate + 1:
                break
            say(f"{name} does not keep {rate} rows/s")
        return run | {"rate": rate, "batch_rows": at_rate.batch_rows}


def at_once(arena: Arena, size: Size) -> list[Contestant]:
    whole = Scenario(size.marquee_rows)
    load = Load(size.streams_rows, warm_up_rows=size.java_warm_up_rows)
    return [arena.marquee(WHOLE, whole, "recorded"), arena.marquee(NEEDED, Scenario(size.marquee_rows, columns="needed")),
            arena.null(whole, "recorded"), arena.streams(STREAMS, dataclasses.replace(load, batch_rows=500)),
            arena.lab(LAB, size.lab_rows, 500), arena.marquee(SINGLE, Scenario(size.marquee_single_rows, batch_rows=1)),
            arena.streams(STREAMS_SINGLE, load), arena.lab(LAB_SINGLE, size.lab_single_rows, 1)]


def paced(arena: Arena, size: Size, speeds: dict[str, float]) -> list[Contestant]:
    """`speeds`: the rows a second that each of `at_once` did."""
    scenario = Scenario(RATE * (WARM_UP + size.paced_seconds), rate=RATE, warm_up=WARM_UP)
    loads = {STREAMS: Load(0, scenario.rows_per_message, warm_up_rows=size.java_warm_up_rows),
             STREAMS_SINGLE: Load(0, warm_up_rows=size.java_warm_up_rows)}
    return [arena.marquee(WHOLE, scenario, "recorded-paced"), arena.null(scenario, "recorded-paced"),
            *(arena.streams_paced(name, load, size.paced_seconds, speeds[name]) for name, load in loads.items())]
