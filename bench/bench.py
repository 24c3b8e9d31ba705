#!/usr/bin/env python3
"""How fast Marquee is on this machine: each kernel and stage alone, and the whole way from a file to F1, without brokers.

    ./run bench                    minutes; figures to look at
    ./run bench --full             more repetitions: what bench/results/ keeps
    ./run bench --only micro --filter Encode

Every benchmark checks its answer before it is timed, and is compared with an anchor of the same run. Records go to build/bench/results/.
With brokers: ./run bench-kafka. Beside others' programs: ./run bench-peers.
"""
import argparse
import pathlib
import shlex
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE / "micro"), str(HERE / "end_to_end")]

import data  # noqa: E402
import embedded  # noqa: E402
import micro  # noqa: E402
import record  # noqa: E402


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="nine repetitions of everything")
    parser.add_argument("--only", choices=("micro", "embedded"), help="leave the other out")
    parser.add_argument("--filter", default=".", metavar="REGEX", help="benchmarks of micro whose name it fits")
    parser.add_argument("--marquee", type=pathlib.Path, default=record.ROOT / "build/release/marquee", help="default: %(default)s")
    parser.add_argument("--programs", type=pathlib.Path, default=record.ROOT / "build/bench/bench", help="default: %(default)s")
    parser.add_argument("--output", type=pathlib.Path, default=record.FRESH, help="folder of the records (default: %(default)s)")
    return parser.parse_args()


def human(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value:.3g} ms"
    for scale, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:.3g} {prefix} {unit}"
    return f"{value:.3g} {unit}"


def print_table(results: list[record.Result]) -> None:
    print("\n| benchmark | median | min to max | anchor | ratio |\n|---|---|---|---|---|")
    for result in results:
        spread = f"{human(min(result.values), result.unit)} to {human(max(result.values), result.unit)}"
        print(f"| {result.name} | {human(result.value, result.unit)} | {spread} | {result.anchor} | {f'{result.ratio:.3g}' if result.ratio else ''} |")


def main() -> int:
    args = parse()
    command = shlex.join(["./run", "bench", *(["--full"] if args.full else []), *(["--only", args.only] if args.only else []),
                          *(["--filter", args.filter] if args.filter != "." else [])])
    where = record.environment(args.programs.parent)
    if args.only != "embedded":
        programs = sorted(args.programs.glob("*_bench"))
        if not programs:
            raise micro.MicroError(f"{args.programs} has no benchmark programs; `./run bench` builds them")
        repetitions, min_time = (9, 0.1) if args.full else (3, 0.03)
        found = micro.results(programs, repetitions, min_time, args.filter)
        record.write(args.output / "micro.json", kind="micro", command=command, environment=where, results=found,
                     repetitions=repetitions, min_time_s=min_time, rows="generated, seeds in the programs")
        print_table(found)
    if args.only != "micro":
        with tempfile.TemporaryDirectory(prefix="marquee-bench-") as scratch:
            movies = data.find(args.marquee, pathlib.Path(scratch))
            found = embedded.results(args.marquee, args.programs / "embedded_null", movies, args.full)
        record.write(args.output / "embedded.json", kind="embedded", command=command, environment=record.environment(args.marquee.parent),
                     results=found, repetitions=found[0].as_json()["repetitions"], **movies.as_settings())
        print_table(found)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (micro.MicroError, embedded.EmbeddedError) as failure:
        data.say(f"FAILED: {failure}")
        sys.exit(1)
