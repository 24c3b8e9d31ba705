#!/usr/bin/env python3
"""Is the working tree slower than BASE, a commit? Builds both, measures both in the same way, and judges.

    ./run perf-check origin/main           all that is measured: a quarter of an hour
    ./run perf-check HEAD~1 --quick        fewer repetitions: five minutes

Three kinds of facts: instructions of fixed works (by callgrind, scalar and AVX2 kernels; it cannot run AVX-512), structure (allocations a
batch, copied bytes and bytes of messages a row), and times of the same works with the best ISA, base and head and base once more taking turns.
A time is worse only if its whole confidence interval lies beyond 5 % and beyond three times the noise between base and base. What base
does not have is told, and not judged. Exit code 0: nothing is worse; 1: something is, or nothing could be measured; 2: usage.
"""
import argparse
import pathlib
import shlex
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import measures  # noqa: E402
import record  # noqa: E402
import verdicts as judging  # noqa: E402
from builds import ROOT, PerfCheckError, Tree, build_both, git, say  # noqa: E402
from verdicts import Verdict  # noqa: E402

FOLDER = ROOT / "build" / "perf-check"
LARGEST_COPIES = 8


def judge_instructions(base: Tree, head: Tree, isas: list[str], programs: tuple[str, ...] = measures.WORKS) -> list[Verdict]:
    before = measures.instructions(base, isas, programs)
    return [judging.judge_number("instructions", name, "instructions", before.get(name), count, judging.INSTRUCTIONS_MAY_GROW)
            for name, count in measures.instructions(head, isas, programs).items()]


def copies_table(base: dict[str, float], head: dict[str, float]) -> str:
    """Who copies most, as Markdown."""
    lines = ["Copied bytes a row, by function:", "", "| function | base | head |", "|---|---|---|"]
    for function in sorted(head, key=lambda function: -head[function])[:LARGEST_COPIES]:
        lines.append(f"| `{function}` | {base.get(function, 0):,.1f} | {head[function]:,.1f} |")
    return "\n".join(lines)


def judge_structure(base: Tree, head: Tree) -> tuple[list[Verdict], str]:
    """Allocations and bytes; and a table of who copies them."""
    say("structure: allocations, bytes of messages, copied bytes")
    before, after = measures.structure(base), measures.structure(head)
    verdicts = []
    for name, value in after.items():
        what, _, rest = name.partition(" ")
        verdicts.append(judging.judge_number("structure", name, what, before.get(name), value,
                                             0 if what == "allocations" else judging.BYTES_MAY_GROW))
    files = measures.generated_files(head, FOLDER / "data")
    copied, copied_now = measures.copied_bytes(base, files), measures.copied_bytes(head, files)
    verdicts.append(judging.judge_number("structure", "copied bytes a row, CSV to figures", "bytes",
                                         None if copied is None else sum(copied.values()), sum(copied_now.values()),
                                         judging.BYTES_MAY_GROW))
    return verdicts, copies_table(copied or {}, copied_now)


def judge_times(base: Tree, head: Tree, isa: str, pairs: int, passes: int, programs: tuple[str, ...] = measures.WORKS) -> list[Verdict]:
    rounds = measures.times(base, head, FOLDER, isa, pairs, passes, programs)
    return [judging.judge_times(name, measured) for name, measured in rounds.items()]


def as_result(verdict: Verdict) -> record.Result:
    details = {"kind": verdict.kind, "base": verdict.base, "may_grow": verdict.limit, "judgement": verdict.judgement}
    if verdict.interval:
        details |= {"interval": [verdict.interval.low, verdict.interval.high], "noise": verdict.noise}
    return record.Result(f"{verdict.kind}: {verdict.name}", verdict.unit, (verdict.head,), anchor="base" if verdict.ratio else "",
                         ratio=verdict.ratio, details=details)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run perf-check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", metavar="BASE", help="the commit to compare with")
    parser.add_argument("--quick", action="store_true", help="12 rounds of times, not 24, and half as many stretches in each")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", default=FOLDER / "perf-check.json",
                        help="where the record goes (default: build/perf-check/perf-check.json)")
    return parser.parse_args()


def main() -> int:
    args = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    pairs, passes = (12, 5) if args.quick else (24, 10)
    base, head = build_both(args.base, FOLDER)
    isas = measures.isas(head)
    structure, copies = judge_structure(base, head)
    verdicts = [*judge_instructions(base, head, [isa for isa in isas if isa != "avx512"]), *structure,
                *judge_times(base, head, isas[-1], pairs, passes)]
    print(judging.table(verdicts))
    print("\n" + copies)
    record.write(args.json, kind="perf_check", command="./run perf-check " + shlex.join(sys.argv[1:]),
                 environment=record.environment(head.build, base=git("rev-parse", args.base).decode().strip()), results=[as_result(verdict) for verdict in verdicts],
                 pairs=pairs, passes=passes, seed=judging.SEED)
    return 1 if any(verdict.judgement == judging.WORSE for verdict in verdicts) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PerfCheckError as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
