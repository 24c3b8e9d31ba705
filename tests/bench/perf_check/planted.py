#!/usr/bin/env python3
"""Does `./run perf-check` see what it is there for? Plants slow kernels into a copy of the working tree, and compares equals.

    tests/bench/perf_check/planted.py                  two planted slowdowns must be found
    tests/bench/perf_check/planted.py --equals 20      and in 20 runs of the same program against itself, none

By hand, for it takes minutes and wants a machine for itself.
"""
import argparse
import sys

import paths  # noqa: F401
import measures
import perf_check
import verdicts
from builds import PerfCheckError, Tree, build, build_both, say
from verdicts import WORSE, Verdict

KERNEL = "kernels/trees_simd.cc"
CALL = "    kByDepth[depth](tree, bins, num_rows, trees.num_scores, sums.data());\n"
# Every so-many-th tree is scored once more, and what comes out thrown away: the answers stay right.
AGAIN = """\
#if HWY_TARGET == {target}
    static thread_local std::array<float, kBlockRows> thrown_away;
    if ((tree.borders - trees.split_borders.data()) / 6 % {every} == 0)
      kByDepth[depth](tree, bins, num_rows, 1, thrown_away.data());
#endif
"""
WORK = "trees, 512 rows a call"
PAIRS, PASSES = 12, 5
PROGRAMS = ("perf_model",)  # where these trees are alone


def plant(head: Tree, source: str, target: str, every: int) -> None:
    """Put the kernel's `source` into head, with so many trees scored twice in the version for one target."""
    if source.count(CALL) != 1:
        raise PerfCheckError(f"{KERNEL} is not any more what the slowdown is planted into")
    again = AGAIN.format(target=target, every=every)
    (head.source / KERNEL).write_text(source.replace(CALL, CALL + again), encoding="utf-8")
    build(head, PROGRAMS)


def found(what: str, judged: list[Verdict], work: str) -> bool:
    """Whether this work, and no other than of these trees, is worse."""
    worse = {verdict.name for verdict in judged if verdict.judgement == WORSE}
    print(f"\n{what}\n\n{verdicts.table(judged)}\n", flush=True)
    return work in worse and all("trees" in name for name in worse)


def plant_both(base: Tree, head: Tree) -> bool:
    source = (head.source / KERNEL).read_text(encoding="utf-8")
    plant(head, source, "HWY_AVX2", 10)
    by_instructions = found("One tree in ten is scored twice, in the AVX2 kernel only:",
                            perf_check.judge_instructions(base, head, ["scalar", "avx2"], PROGRAMS), f"{WORK}, avx2")
    plant(head, source, "HWY_AVX3", 4)
    by_time = found("One tree in four is scored twice, in the AVX-512 kernel only:",
                    perf_check.judge_times(base, head, "avx512", PAIRS, PASSES, PROGRAMS), f"{WORK}, avx512")
    return by_instructions and by_time


def compare_equals(base: Tree, isa: str, runs: int) -> bool:
    """Base against itself: any verdict but "same" is a false one."""
    wrong = 0
    for run in range(runs):
        judged = perf_check.judge_times(base, base, isa, PAIRS, PASSES)
        worse = [f"{verdict.name} {verdict.ratio:.3f}" for verdict in judged if verdict.judgement == WORSE]
        wrong += bool(worse)
        widest = max(abs(verdict.ratio - 1) for verdict in judged)
        noise = max(verdict.noise for verdict in judged)
        print(f"run {run + 1}: {len(judged)} times, medians within {100 * widest:.1f} %, A/A noise up to {100 * noise:.1f} %: "
              f"{', '.join(worse) or 'none is worse'}", flush=True)
    print(f"{wrong} of {runs} runs found something that is not there")
    return wrong == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--equals", type=int, metavar="RUNS", help="only compare base with itself, so many times")
    args = parser.parse_args()
    base, head = build_both("HEAD", perf_check.FOLDER)
    isas = measures.isas(head)
    if args.equals:
        return 0 if compare_equals(base, isas[-1], args.equals) else 1
    if "avx512" not in isas:
        raise PerfCheckError("this processor has no AVX-512, so nobody can see its kernels' time here")
    return 0 if plant_both(base, head) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PerfCheckError as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
