#!/usr/bin/env python3
"""Make the README's section "How fast, against what" and its plots, and the table of imported models, from the records in bench/results.

    ./run bench-report             from the records that are kept
    ./run bench-report --keep      keep those that the benchmarks wrote last, in build/bench/results, and then the same
"""
import argparse
import dataclasses
import json
import pathlib
import re
import shutil
import sys

import record

KEPT = record.ROOT / "bench" / "results"
README = record.ROOT / "README.md"
IMPORTS, COMPARED = "imports.json", record.ROOT / "model" / "import" / "COMPARED.md"
BEGIN, END = "<!-- figures: made by ./run bench-report -->", "<!-- end of figures -->"


class ReportError(Exception):
    """There is nothing to report, or no place for it."""


@dataclasses.dataclass(frozen=True)
class Section:
    """A table of the README: which results of which record."""

    file: str
    title: str
    sentence: str
    pattern: str  # of the names of the results that are shown, in the record's order
    plot: bool = False


# A reader wants the few figures that tell most; the records have all.
SECTIONS = (
    Section("embedded.json", "From a CSV file to F1, in one process",
            "The anchor is the same harness without work: the file is read, cut into records and handed over, and nothing is done with them.",
            r"^(offline|paced.*p99|peak)"),
    Section("kafka.json", "Over Kafka, four services and three brokers on the same two cores",
            "The anchor is librdkafka alone with the same messages.", r"^(offline|paced.*p99$|peak)"),
    Section("peers.json", "Beside what one would pick instead",
            "Anchors are Marquee's figures of the same run, on the same rows and, of trees, the very same model: 600 trees of depth 6, fitted by the "
            "library that is named first. Trees: one core, batches of 512 rows; files: as many threads as the last number says.",
            r"^CatBoost, 254 borders/(Marquee avx2|Marquee avx512|CatBoost, Pool)/512$|'s trees/(Marquee avx2|Marquee avx512|(?!Marquee).*)/512$"
            r"|^csv to (columns|F1)/", plot=True),
    Section("peers_kafka.json", "The whole pipeline beside others, same brokers and cores", "Anchors are Marquee's figures of the same run.",
            r"rows_per_s|latency_ms p99$", plot=True),
    Section("viewer.json", "What watching costs", "A window of 1280x800, drawn in software, on a virtual display; the anchor is the same run unwatched.",
            r"frame p|CPU|^a run|memory after (10|60) "),
    Section("micro.json", "Kernels and stages, one core", "Anchors are a copy of the same bytes, or the plainest code that gives the same bits.",
            r"^BM_(ScoreTrees|Engine_Oblivious)/avx.*/rows:512$|^BM_(ScoreTrees|Engine)_Reference/rows:512$|^BM_Csv_(Copy|.*/avx512)/rows:4096$"
            r"|^BM_Stage_.*rows:512$"),
)


def number(value: float) -> str:
    """Three digits, as people write them: 1,230,000; 45.2; 0.158."""
    if value >= 100:
        digits = max(0, len(str(int(value))) - 3)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def table(results: list[dict]) -> str:
    lines = ["| what | median | least to most | anchor | ratio |", "|---|---:|---:|---|---:|"]
    for result in results:
        ratio = number(result["ratio"]) if result.get("ratio") else ""
        lines.append(f"| {result['name']} | {number(result['value'])} {result['unit']} | {number(result['min'])} to {number(result['max'])} "
                     f"| {result.get('anchor', '')} | {ratio} |")
    return "\n".join(lines)


def measured_on(kept: dict) -> str:
    where = kept["environment"]
    data = f"{kept['settings']['data']} rows, " if "data" in kept["settings"] else ""
    dirty = " with uncommitted changes" if where["uncommitted_changes"] else ""
    return f"`{kept['command']}`: {data}{where['cpu']}, {where['cores']} cores, {where['isa']}, commit {where['git'][:9]}{dirty}, {where['time'][:10]}."


def draw(section: Section, results: list[dict], path: pathlib.Path) -> None:
    """Bars of the section's results of one unit, the first one's; logarithmic, for peers differ by powers of ten."""
    import matplotlib  # only here: reading and writing tables needs nothing but Python

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "marquee"  # the same records give the same file
    from matplotlib import pyplot

    shown = [result for result in results if result["unit"] == results[0]["unit"]][::-1]
    figure, axes = pyplot.subplots(figsize=(9, 0.6 + 0.3 * len(shown)))
    values = [result["value"] for result in shown]
    errors = [[result["value"] - result["min"] for result in shown], [result["max"] - result["value"] for result in shown]]
    axes.barh([result["name"] for result in shown], values, xerr=errors, color="#0072b2", ecolor="#555555", height=0.6)
    axes.set_xscale("log")
    axes.set_xlabel(shown[0]["unit"])
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def sections(folder: pathlib.Path, plots: bool) -> str:
    """The text between the README's marks; writes the plots beside the records."""
    parts = []
    for section in SECTIONS:
        path = folder / section.file
        if not path.exists():
            continue
        kept = record.read(path)
        results = [result for result in kept["results"] if re.search(section.pattern, result["name"])]
        if not results:
            raise ReportError(f"{path} has no results for the table {section.title!r}: the pattern {section.pattern!r} fits none")
        parts.append(f"### {section.title}\n\n{section.sentence} {measured_on(kept)}\n\n{table(results)}\n")
        if section.plot and plots:
            picture = path.with_suffix(".svg")
            draw(section, results, picture)
            parts.append(f"![{section.title}](bench/results/{picture.name})\n")
    if not parts:
        raise ReportError(f"{folder} has no records; run ./run bench --full, then ./run bench-report --keep")
    return "\n".join(parts)


def imports_table(kept: dict) -> str:
    """The table of `./run import-check`: a line for each model that was imported."""
    lines = ["| library | model | trees | depth | classes | missing | categories | largest difference | allowed | engine | ns a row | theirs | ratio |",
             "|---|---|---:|---:|---:|---|---:|---:|---:|---|---:|---:|---:|"]
    theirs = {result["anchor"]: result for result in kept["results"] if "anchor" in result}
    for ours in (result for result in kept["results"] if "anchor" not in result):
        their = theirs[ours["name"]]
        classes = str(ours["classes"]) if ours["classes"] > 1 else "a value"
        lines.append(f"| {ours['library']} | {ours['model']} | {ours['trees']} | {ours['depth']} | {classes} | {'yes' if ours['missing'] else 'no'} "
                     f"| {ours['categories'] or 'no'} | {ours['max_difference']:.2g} | {ours['bound']:.2g} | {ours['engine']} | {number(ours['value'])} "
                     f"| {number(their['value'])} | {number(their['ratio'])} |")
    return "\n".join(lines)


def imports(kept: dict) -> str:
    """The text between the marks of COMPARED."""
    reasons = dict.fromkeys(result["why"] for result in kept["results"] if result.get("bound"))
    why = f" Where a difference is allowed: {'; '.join(reasons)}." if reasons else ""
    return f"{kept['settings']['rows']:,} rows a model.{why} {measured_on(kept)}\n\n{imports_table(kept)}\n"


def put_into(page: str, text: str) -> str:
    """The page with `text` between its marks. Raises ReportError if they are not there, once each and in order."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ReportError(f"the page must have one {BEGIN!r} and, after it, one {END!r}")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def write_into(page: pathlib.Path, text: str) -> None:
    page.write_text(put_into(page.read_text(encoding="utf-8"), text), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench-report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="first copy the fresh records to bench/results")
    args = parser.parse_args()
    if args.keep:
        for name in (*(section.file for section in SECTIONS), IMPORTS):
            if (fresh := record.FRESH / name).exists():
                shutil.copy(fresh, KEPT)
                print(f"bench: kept {name}", file=sys.stderr)
    write_into(README, sections(KEPT, plots=True))
    if (KEPT / IMPORTS).exists():
        write_into(COMPARED, imports(record.read(KEPT / IMPORTS)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ReportError, ValueError, json.JSONDecodeError) as failure:
        print(f"bench: FAILED: {failure}", file=sys.stderr)
        sys.exit(1)
