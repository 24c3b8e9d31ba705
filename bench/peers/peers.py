#!/usr/bin/env python3
"""Marquee's trees and its way from CSV to features, beside what one would use instead; all in one run, mostly on one core.

    ./run bench-peers --quick     fewer rounds, a smaller file, fewer of tl2cgen's trees: minutes (the default)
    ./run bench-peers --full      all

Each library gets the same rows, one thread, and the layout of its input that is fastest for it; its answers are compared before it is
timed: the trees by processor time, which others on the machine disturb least, reading by the clock. All take turns, and a ratio is the
median over rounds: how many times as long as Marquee. Small batches are dominated by what a call from Python costs, which is what one pays
who scores row by row there. Tables go to stdout, the record to build/bench/results/peers.json.
"""
import argparse
import contextlib
import dataclasses
import gc
import importlib.metadata
import os
import pathlib
import statistics
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "bench"))
# Libraries look at it when they are loaded. More threads than one would only wait for each other on the one core that this process gets.
os.environ["OMP_NUM_THREADS"] = "1"

import catboost  # noqa: E402
import numpy as np  # noqa: E402

import csv_files  # noqa: E402
import data  # noqa: E402
import forests  # noqa: E402
import record  # noqa: E402
import scored_by_marquee  # noqa: E402
import symmetric  # noqa: E402
import workload  # noqa: E402
from data import say  # noqa: E402
from rounds import Contender, PeersError, ratio, take_turns  # noqa: E402
from tables import duration, table, times  # noqa: E402

BATCHES = (1, 64, 512, 8192)
BORDERS = (254, 32)
TREES_ALONE = ", trees alone"


def same_model(borders: int) -> str:
    return f"CatBoost, {borders} borders"


def trees_of(library: str) -> str:
    return f"{library}'s trees"


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is measured."""

    trees: int = 600
    compiled_trees: int = 600
    training_rows: int = 8_000
    rows: int = 32_768
    rounds: int = 15
    seconds: float = 0.2  # of one measurement
    csv_bytes: int = 400_000_000
    csv_rounds: int = 7


SIZES = {
    "full": Size(),
    "quick": Size(compiled_trees=100, rows=16_384, rounds=5, seconds=0.05, csv_bytes=100_000_000, csv_rounds=3),
    "smoke": Size(trees=30, compiled_trees=5, training_rows=2_000, rows=512, rounds=1, seconds=0.0, csv_bytes=1, csv_rounds=1),
}


@dataclasses.dataclass(frozen=True)
class Trees:
    """What was measured of scoring: nanoseconds a row by `MODEL/WHO/BATCH`, and who they are."""

    count: int
    figures: dict[str, list[float]]
    others: forests.Made
    layouts: dict[str, str]  # by the same
    isas: list[str]
    difference: float

    @property
    def predictors(self) -> list[forests.Predictor]:
        return [one for ones in self.others.predictors.values() for one in ones]

    def anchor_of(self, name: str) -> str:
        """Marquee's best on the same model."""
        model, _, batch = name.split("/")
        return f"{model}/Marquee {self.isas[-1]}/{batch}"

    def ratio(self, name: str) -> float:
        """How many times as long as Marquee's best; if it has fewer trees, as if it had all."""
        who = name.split("/")[1]
        trees = next((one.trees for one in self.predictors if one.name == who), self.count)
        return ratio(self.figures[name], self.figures[self.anchor_of(name)]) * self.count / trees


def catboost_predictors(model, work: workload.Workload) -> list[forests.Predictor]:
    """CatBoost's own applier, on its kind of data made before, and on a matrix."""
    expected = symmetric.predict(model, catboost.Pool(work.rows))
    leaves = 2.0 ** symmetric.DEPTH
    layouts = {"CatBoost, Pool": {"made before": catboost.Pool},
               "CatBoost, numpy": forests.ROWS_F32 | {"f32 by columns": np.asfortranarray}}
    return [forests.Predictor(name, "catboost", each, lambda rows: symmetric.predict(model, rows), expected, model.tree_count_, leaves)
            for name, each in layouts.items()]


def marquee_contender(marquee: scored_by_marquee.Marquee, model: str, isa: str, batch: int, seconds: float) -> Contender:
    def measure() -> dict[str, float]:
        whole, trees = marquee.measure(isa, batch, seconds)
        alone = {} if trees is None else {f"{model}/Marquee {isa}{TREES_ALONE}/{batch}": trees}
        return {f"{model}/Marquee {isa}/{batch}": whole} | alone
    return Contender(f"{model}/Marquee {isa}", measure)


def peer_contender(timed: forests.Timed, model: str, seconds: float) -> Contender:
    figure = f"{model}/{timed.predictor.name}/{timed.size}"
    return Contender(figure, lambda: {figure: timed.ns_per_row(seconds)})


def measure_trees(size: Size, score_matrix: pathlib.Path, scratch: pathlib.Path, cpu: int) -> Trees:
    """Fit all models, compare their answers, and let them take turns at each batch size."""
    work = workload.make(size.training_rows, size.rows)
    say(f"fitting {size.trees} trees with each library")
    models = {borders: symmetric.train(work, size.trees, borders) for borders in BORDERS}
    others = forests.make_all(work, size.trees, size.compiled_trees, scratch)
    scored = {same_model(borders): symmetric.scored(model, work) for borders, model in models.items()}
    scored |= {trees_of(library): model for library, model in others.scored.items()}
    figures, layouts = {}, {}
    with contextlib.ExitStack() as stack:
        marquees = {name: stack.enter_context(scored_by_marquee.Marquee(score_matrix, model, work, scratch / f"{name}.model", cpu))
                    for name, model in scored.items()}
        isas = marquees[same_model(BORDERS[0])].isas
        everyone = [(same_model(borders), predictor) for borders, model in models.items() for predictor in catboost_predictors(model, work)]
        everyone += [(trees_of(library), predictor) for library, ones in others.predictors.items() for predictor in ones]
        for batch in BATCHES:
            if batch > size.rows:
                continue
            say(f"trees: batches of {batch}, {size.rounds} rounds")
            contenders = [marquee_contender(marquee, name, isa, batch, size.seconds) for name, marquee in marquees.items() for isa in isas]
            for model, predictor in everyone:
                timed = forests.Timed(predictor, work.rows, batch, size.seconds)
                layouts[f"{model}/{predictor.name}/{batch}"] = timed.layout
                contenders.append(peer_contender(timed, model, size.seconds))
            gc.collect()
            figures |= take_turns(contenders, size.rounds)
    return Trees(size.trees, figures, others, layouts, isas, max(marquee.difference for marquee in marquees.values()))


def tree_results(trees: Trees) -> list[record.Result]:
    results = []
    known = {predictor.name: predictor for predictor in trees.predictors}
    models = list(dict.fromkeys(name.split("/")[0] for name in trees.figures))
    for name, values in sorted(trees.figures.items(), key=lambda figure: models.index(figure[0].split("/")[0])):
        who, anchor = name.split("/")[1], trees.anchor_of(name)
        compared = {} if name == anchor else {"anchor": anchor, "ratio": trees.ratio(name)}
        details = {"layout": trees.layouts[name]} if name in trees.layouts else {}
        if who in known:
            details |= {"trees": known[who].trees, "leaves_per_tree": float(known[who].leaves)}
        results.append(record.Result(name, "ns/row", tuple(values), **compared, details=details))
    return results


def csv_results(figures: dict[str, list[float]], rows: int, size: int) -> list[record.Result]:
    results = []
    for name, values in figures.items():
        anchor = csv_files.anchor_of(name, figures)
        compared = {} if name == anchor else {"anchor": anchor, "ratio": ratio(values, figures[anchor])}
        seconds = statistics.median(values)
        results.append(record.Result(name, "s", tuple(values), **compared, details={"rows_per_s": rows / seconds, "mb_per_s": size / seconds * 1e-6}))
    return results


def print_trees(trees: Trees, results: list[record.Result]) -> None:
    by_name = {result.name: result for result in results}
    batches = sorted({int(name.split("/")[2]) for name in by_name})
    known = {predictor.name: predictor for predictor in trees.predictors}

    def title(who: str) -> str:
        if who.startswith("CatBoost"):
            return f"{who} {catboost.__version__}"
        if who not in known:
            return who
        return f"{who} {known[who].version}"

    def cell(result: record.Result, who: str) -> str:
        if who.endswith(TREES_ALONE):
            return f"{result.value / trees.count:.3f} ns a tree"
        return duration(result.value) + (f" {times(result.ratio)}" if result.anchor else "")

    print(f"""
{trees.count} trees of depth {symmetric.DEPTH} over {workload.COLUMNS} columns, one thread: processor time a row, and how many times
Marquee's on the very same trees with {trees.isas[-1]}. Marquee's scores are at most {trees.difference:.1g} off CatBoost's; the others' are equal
as far as f32 has them. Scaling and binning are in all its figures but those of trees alone.
""")
    lines = []
    for model in (*map(same_model, BORDERS), *map(trees_of, trees.others.scored)):
        for who in dict.fromkeys(name.split("/")[1] for name in by_name if name.startswith(f"{model}/")):
            lines.append([model, title(who), *(cell(by_name[f"{model}/{who}/{batch}"], who) for batch in batches)])
    print(table(["model", "scored by", *(f"batch {batch}" for batch in batches)], lines))
    for name, reason in trees.others.missing.items():
        print(f"\nNot measured: {name}: {reason}")


def print_csv(results: list[record.Result], rows: int, size: int, real: bool) -> None:
    print(f"""
CSV of {rows:,} rows and {size / 1e6:.0f} MB, {'real ones repeated' if real else 'GENERATED'}, plain, in the page cache. To columns: every column as text, all of
which the others keep, and Marquee passes on in messages of 512 rows; to features: {len(csv_files.FEATURES)} numbers a row (Marquee also hashes the items of
8 lists); to F1: features, scores and evaluation. Ratio: how many times as long as Marquee's same work with as many threads; where that was
not measured, as its whole way to F1.
""")
    lines = []
    for result in sorted(results, key=lambda one: (one.name.split("/")[0], int(one.name.split("/")[2]), one.value)):
        work, who, threads = result.name.split("/")
        version = "" if who == "Marquee" else f" {importlib.metadata.version(who.partition('-')[0])}"
        lines.append([work, who + version, threads, f"{result.details['mb_per_s']:.0f}", f"{result.details['rows_per_s']:,.0f}",
                      times(result.ratio) if result.anchor else ""])
    print(table(["work", "by", "threads", "MB/s", "rows/s", "ratio"], lines))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench-peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for name, what in [("quick", "some minutes (the default)"), ("full", "all"),
                       ("smoke", "do all give the same answers? No figure of it means anything")]:
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=what)
    parser.set_defaults(size="quick")
    for name, where in [("marquee", "release/marquee"), ("score-matrix", "bench/bench/score_matrix"), ("read-columns", "bench/bench/read_columns")]:
        parser.add_argument(f"--{name}", type=pathlib.Path, default=ROOT / "build" / where, help="default: %(default)s")
    return parser.parse_args()


def main() -> int:
    args = parse()
    size, smoke = SIZES[args.size], args.size == "smoke"
    warnings.filterwarnings("ignore", category=UserWarning)  # of others' libraries about each other
    cpus = frozenset(os.sched_getaffinity(0))
    cpu = max(cpus)
    os.sched_setaffinity(0, {cpu})
    with tempfile.TemporaryDirectory(prefix="marquee-peers-") as folder:
        scratch = pathlib.Path(folder)
        trees = measure_trees(size, args.score_matrix, scratch, cpu)
        if smoke and trees.others.missing:
            raise PeersError(f"not all libraries are there: {trees.others.missing}")
        movies = data.find(args.marquee, scratch)
        path = scratch / "repeated.csv"
        csv_files.repeat(movies.path, path, size.csv_bytes)
        say(f"CSV: {path.stat().st_size / 1e6:.0f} MB, {size.csv_rounds} rounds")
        setting = csv_files.Setting(args.marquee, args.read_columns, path, scratch, cpu, cpus)
        figures, rows = csv_files.measure(setting, size.csv_rounds)
        of_trees, of_csv = tree_results(trees), csv_results(figures, rows, path.stat().st_size)
        print_trees(trees, of_trees)
        print_csv(of_csv, rows, path.stat().st_size, movies.real)
        target = (scratch if smoke else record.FRESH) / "peers.json"
        packages = {"catboost", "pandas", "polars", "pyarrow", *(predictor.package for predictor in trees.predictors)}
        versions = {package: importlib.metadata.version(package) for package in sorted(packages)}
        record.write(target, kind="peers", command=f"./run bench-peers --{args.size}", results=of_trees + of_csv, seed=workload.SEED,
                     environment=record.environment(args.marquee.parent, peers=versions, peers_missing=trees.others.missing), cpu=cpu,
                     data_seed=movies.as_settings()["seed"], data=movies.as_settings()["data"], **dataclasses.asdict(size))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PeersError as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
