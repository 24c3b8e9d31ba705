#!/usr/bin/env python3
"""Break one thing of a running pipeline, and count what is lost and what comes twice: fault x guarantee x seed.

    ./run chaos --faults infer,broker --guarantees exactly-once --seeds 1-5

Each case has topics of its own on brokers that all share: a load of some 15 s, one fault at a moment drawn from the seed, the
service started again as a container would be. Prints a Markdown table, and writes a JSON line a case to build/chaos.jsonl.
"""
import argparse
import contextlib
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from pipeline import EXACTLY_ONCE, GUARANTEES, ROOT, Brokers, Pipeline, Service, generate, movies, say, wait_until  # noqa: E402

ROWS_PER_SECOND = 2_000
# A service that stops for so long is believed dead by its group, whose session timeout is 6 s.
SESSION_MS, ZOMBIE_SECONDS = 6_000, 11
# A broker that stops for so long is dropped by the others after 9 s.
PAUSE_SECONDS = 12
# What is in flight or not committed yet when something dies.
MAY_REPEAT_SECONDS = 5
TOPICS = ("raw-data", "processed-data", "results")


class Arrivals:
    """Watches a topic as a reader does that sees only what is committed: when something came, by partition."""

    def __init__(self, pipeline: Pipeline):
        command = ["kcat", "-b", pipeline.bootstrap, "-C", "-q", "-u", "-o", "beginning", "-t", pipeline.topic("results"), "-f", "%p\n"]
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.times: dict[int, list[float]] = {0: [], 1: [], 2: []}
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        for line in self.process.stdout:
            self.times[int(line)].append(time.monotonic())

    def count(self) -> int:
        return sum(map(len, self.times.values()))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()

    def longest_silence(self, since: float) -> float:
        """Give the longest time without a result in any partition, of those that ended after `since`."""
        gaps = [later - earlier for times in self.times.values() for earlier, later in zip(times, times[1:]) if later > since]
        return max(gaps, default=0.0)


class Case:
    """A pipeline under load, and what can be done to it."""

    def __init__(self, brokers: Brokers, pipeline: Pipeline, guarantee: str, seed: int, data: pathlib.Path, seconds: int):
        self.brokers, self.pipeline, self.guarantee = brokers, pipeline, guarantee
        self.random = random.Random(seed)
        self.run = f"{self.random.getrandbits(128):032x}"
        rows = ROWS_PER_SECOND * seconds
        self.load = ["--data", data, "--repeat", 100, "--rows", rows, "--rate", ROWS_PER_SECOND, "--run-id", self.run, "--json"]
        self.rows = rows

    def stage(self, name: str, instance: str = "a") -> Service:
        return self.pipeline.launch(name, "--guarantee", self.guarantee, "--session-timeout-ms", SESSION_MS, instance=instance)

    def start(self, instances: str) -> None:
        self.pipeline.create_topics()
        services = [self.stage(name, instance) for instance in instances for name in ("preprocess", "infer")]
        for service in services:
            service.wait_until_assigned()
        self.pipeline.launch("produce", *self.load)
        self.start_reader()

    def start_reader(self) -> Service:
        return self.pipeline.launch_results("results", "--run-id", self.run)

    def nap(self) -> float:
        """Draw how long a container takes to come back."""
        return self.random.uniform(0.5, 2)

    # ---------------------------------------------------------------- faults: each says what it did

    def kill(self, name: str) -> str:
        service = self.pipeline.services[name]
        service.kill()
        nap = self.nap()
        time.sleep(nap)
        service.start()
        return f"{name} killed, back after {nap:.1f} s"

    def preprocess(self) -> str:
        return self.kill("preprocess-a")

    def infer(self) -> str:
        return self.kill("infer-a")

    def produce(self) -> str:
        return self.kill("produce-a")

    def results(self) -> str:
        return self.kill("results")

    def draw_leader(self) -> tuple[int, str]:
        topic, partition = self.random.choice(TOPICS), self.random.randrange(3)
        leader = self.brokers.leader(self.pipeline.topic(topic), partition)
        return leader, f"broker {leader}, which led {topic}/{partition}"

    def broker(self) -> str:
        leader, text = self.draw_leader()
        self.brokers.kill(leader)
        nap = self.nap()
        time.sleep(nap)
        self.brokers.revive(leader)
        return f"{text}, killed, started again after {nap:.1f} s"

    def broker_pause(self) -> str:
        leader, text = self.draw_leader()
        self.brokers.pause(leader)
        try:
            time.sleep(PAUSE_SECONDS)
        finally:
            self.brokers.resume(leader)
        return f"{text}, paused for {PAUSE_SECONDS} s"

    def zombie(self) -> str:
        """A service stands still, others take its partitions, and it goes on as if nothing had been."""
        name = f"{self.random.choice(('preprocess', 'infer'))}-{self.random.choice('ab')}"
        service = self.pipeline.services[name]
        service.signal(signal.SIGSTOP)
        time.sleep(ZOMBIE_SECONDS)
        service.signal(signal.SIGCONT)
        return f"{name} paused for {ZOMBIE_SECONDS} s"


# How long the load lasts for each fault, so that it goes on when the fault is over.
FAULTS = {"preprocess": 14, "infer": 14, "produce": 14, "results": 14, "broker": 25, "broker_pause": 25, "zombie": 25}


def run_case(brokers: Brokers, folder: pathlib.Path, data: pathlib.Path, fault: str, guarantee: str, seed: int) -> dict:
    """Run one case; what came of it. *Errors:* AssertionError: the pipeline did not come to its end."""
    seconds = FAULTS[fault]
    with Pipeline(brokers.bootstrap, folder, f"{fault}-{guarantee}-{seed}") as pipeline, contextlib.ExitStack() as cleanup:
        case = Case(brokers, pipeline, guarantee, seed, data, seconds)
        case.start("ab" if fault == "zombie" else "a")
        arrivals = Arrivals(pipeline)
        cleanup.callback(arrivals.stop)
        wait_until("results come", arrivals.count)
        moment = case.random.uniform(2, 6)
        time.sleep(moment)
        began = time.monotonic()
        what = getattr(case, fault)()
        over = time.monotonic() - began
        if pipeline.services["produce-a"].wait():
            raise AssertionError("produce failed")
        # A new reading, beside that of the reader which was there when it happened.
        results = pipeline.results(case.run)
        wait_until("the reader has seen all", lambda: (pipeline.services["results"].last_json() or {}).get("complete"))
        live = pipeline.services["results"].last_json()
        brokers.wait_until_settled()
        if arrivals.process.poll() is not None:
            raise AssertionError("kcat, which watches the results, ended before they did")
        return {"fault": fault, "guarantee": guarantee, "seed": seed, "what": f"{moment:.1f} s into the run: {what}",
                "fault_seconds": round(over, 1), "rows_in": case.rows, "rows_out": results["rows"], "lost": results["lost"],
                "duplicated": results["duplicated"], "duplicated_live": live["duplicated"], "missing": results["missing"],
                "dead_letters": results["dead_letters"], "longest_silence_s": round(arrivals.longest_silence(began), 2)}


def broken_promises(case: dict) -> list[str]:
    """What must never be, and is."""
    # Without its coordinator a group commits nothing, and goes on: what it did meanwhile may come again.
    uncommitted_s = MAY_REPEAT_SECONDS + (case["longest_silence_s"] if case["fault"].startswith("broker") else 0)
    promises = {
        "rows are lost": case["lost"] == 0 and case["missing"] == [] and case["rows_out"] == case["rows_in"],
        "rows are dead letters": case["dead_letters"] == 0,
        # A killed produce goes on after its last message, so nothing is twice whatever the guarantee.
        "rows came twice": case["duplicated"] == 0 or (case["guarantee"] != EXACTLY_ONCE and case["fault"] not in ("produce", "results")),
        "more rows came twice than a crash explains": case["duplicated"] <= uncommitted_s * ROWS_PER_SECOND,
        "the reader that was there all the time saw some twice": case["duplicated_live"] == 0 or case["guarantee"] != EXACTLY_ONCE,
    }
    return [what for what, kept in promises.items() if not kept]


def markdown(cases: list[dict]) -> str:
    """Show the cases as a table, a line for all seeds of a fault under a guarantee."""
    lines = ["| fault | guarantee | seeds | rows in | rows out | lost | duplicated | longest silence of a partition, s |",
             "|---|---|---|---|---|---|---|---|"]
    for key in dict.fromkeys((case["fault"], case["guarantee"]) for case in cases):
        mine = [case for case in cases if (case["fault"], case["guarantee"]) == key]
        total = lambda name: sum(case[name] for case in mine)
        silences = sorted(case["longest_silence_s"] for case in mine)
        lines.append(f"| {key[0]} | {key[1]} | {len(mine)} | {total('rows_in')} | {total('rows_out')} | {total('lost')} | "
                     f"{total('duplicated')} | {silences[0]} to {silences[-1]} |")
    return "\n".join(lines)


def seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def names(known):
    def parse(text: str) -> list[str]:
        if unknown := set(text.split(",")) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: there are {', '.join(known)}")
        return text.split(",")

    return parse


def run_cases(wanted: list[tuple[str, str, int]], out: pathlib.Path) -> list[dict]:
    """Run cases (fault, guarantee, seed) on one set of brokers, up to one that does not come to its end; those that did."""
    done = []
    with tempfile.TemporaryDirectory(prefix="marquee-chaos-") as scratch, Brokers() as brokers, open(out, "w", encoding="utf-8") as lines:
        folder = pathlib.Path(scratch)
        data = movies(folder)
        for fault, guarantee, seed in wanted:
            say(f"chaos: {fault}, {guarantee}, seed {seed}")
            try:
                case = run_case(brokers, folder, data, fault, guarantee, seed)
            except AssertionError as error:
                say(f"chaos: FAILED: {error}")
                break  # what it left of the brokers is no ground for another case
            case["broken"] = broken_promises(case)
            print(json.dumps(case), file=lines, flush=True)
            say(f"chaos:   {case['what']}; lost {case['lost']}, duplicated {case['duplicated']}, "
                f"silence {case['longest_silence_s']} s" + "".join(f"; BROKEN: {what}" for what in case["broken"]))
            done.append(case)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=names(FAULTS), default=list(FAULTS), metavar="F1,F2", help=f"default all: {','.join(FAULTS)}")
    parser.add_argument("--guarantees", type=names(GUARANTEES), default=list(GUARANTEES), metavar="G1,G2", help="default both")
    parser.add_argument("--seeds", type=seeds, default=[1, 2, 3, 4, 5], metavar="A-B", help="default 1-5")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "chaos.jsonl", help="file of a JSON line a case")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    wanted = [(fault, guarantee, seed) for fault in args.faults for guarantee in args.guarantees for seed in args.seeds]
    cases = run_cases(wanted, args.out)
    print(markdown(cases))
    return 0 if len(cases) == len(wanted) and not any(case["broken"] for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
