"""One page about a file of movies: what is in it, what goes with a high rating, what is odd, and what may leak.

  explore.py --data movies.csv.gz --features F --items I --spec S --output DIR

`--features`, `--items` and `--spec` are what `marquee features` wrote of the same file. Writes DIR/index.html, which needs nothing else,
the same findings as DIR/findings.json, and two of its pictures, years.png and filled.png.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import html
import json
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "train"))

import dirt  # noqa: E402
import leaks  # noqa: E402
import plots  # noqa: E402
from feature_file import LIST_NAMES, NO_TARGET, NUMERIC_NAMES, Features, Item, read_features, read_items  # noqa: E402
from spec import Spec  # noqa: E402
from table import Table, read_table  # noqa: E402

# Fewer rows say little of an item, and of them, this many are shown.
LEAST_ITEM_ROWS, MOST_ITEMS = 100, 20
LEAST_YEAR_ROWS = 50


def table_of(header: list[str], rows: list[list]) -> str:
    cells = ("<tr>" + "".join(f"<td>{cell if isinstance(cell, Raw) else html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{html.escape(name)}</th>' for name in header)}</tr>{''.join(cells)}</table>"


class Raw(str):
    """Text that is HTML already."""


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def columns_section(table: Table) -> str:
    rows = []
    for name, texts in table.columns.items():
        present = table.present(name)
        lengths = np.array([len(text) for text in texts])[present]
        numbers = table.numbers(name)
        numeric = np.isfinite(numbers).sum() > 0.9 * max(1, present.sum())
        rows.append([name, percent(1 - present.mean()), f"{len(set(texts)):,}", "number" if numeric else "text",
                     f"{short(np.nanmin(numbers))} to {short(np.nanmax(numbers))}, median {short(np.nanmedian(numbers))}" if numeric
                     else f"{lengths.min()} to {lengths.max()} characters, median {np.median(lengths):.0f}" if len(lengths) else ""])
    return table_of(["column", "empty", "different", "kind", "range"], rows)


def class_counts(group: np.ndarray, groups: list[int], classes: np.ndarray, num_classes: int) -> np.ndarray:
    """Rows of each class in each group. [classes, groups]"""
    return np.array([[np.count_nonzero((group == one) & (classes == c)) for one in groups] for c in range(num_classes)])


def classes_over_years(features: Features, spec: Spec):
    """A figure: classes of labelled rows over five years each."""
    years = features.numeric[:, NUMERIC_NAMES.index("year")]
    known = features.labelled & np.isfinite(years)
    bucket = (years[known] // 5 * 5).astype(int)
    buckets = [int(b) for b in np.unique(bucket) if (bucket == b).sum() >= LEAST_YEAR_ROWS]
    counts = class_counts(bucket, buckets, features.target_class[known], len(spec.names))
    return plots.stacked_shares([str(b) for b in buckets], counts, spec.names, "five years from")


def classes_over_votes(features: Features, spec: Spec):
    """A figure: classes over the count that makes a row a labelled one, in powers of two."""
    votes = features.numeric[:, NUMERIC_NAMES.index(spec.labelled_column)][features.labelled]
    power = np.floor(np.log2(votes)).astype(int)
    powers = [int(p) for p in np.unique(power)]
    counts = class_counts(power, powers, features.target_class[features.labelled], len(spec.names))
    return plots.stacked_shares([f"{2**p:,}" for p in powers], counts, spec.names, f"{spec.labelled_column} from")


def classes_over_items(features: Features, items: list[Item], list_name: str, spec: Spec):
    """A figure: classes over the most frequent items of a list; a row counts for each of its items."""
    number = LIST_NAMES.index(list_name)
    lists = features.lists[number]
    rows = lists.row_of_item
    frequent = [item for item in items if item.list_number == number][:MOST_ITEMS]
    counted = features.labelled[rows]
    counts = class_counts(lists.codes[counted], [item.code for item in frequent], features.target_class[rows][counted], len(spec.names))
    return plots.stacked_shares([item.text for item in frequent], counts, spec.names, list_name)


def balance_section(features: Features, items: list[Item], spec: Spec) -> str:
    labelled = features.labelled
    shares = [percent(np.mean(features.target_class[labelled] == c)) for c in range(len(spec.names))]
    text = ", ".join(f"{name} {share}" for name, share in zip(spec.names, shares))
    figures = [classes_over_years(features, spec), classes_over_votes(features, spec),
               *(classes_over_items(features, items, name, spec) for name in ("genres", "original_language"))]
    return f"<p>Of {labelled.sum():,} labelled rows: {text}.</p>" + "".join(plots.svg(figure) for figure in figures)


def wilson(hits: np.ndarray, rows: np.ndarray, z: float = 1.96) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a share: lower and upper end."""
    share = hits / rows
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    return middle - half, middle + half


def items_section(features: Features, items: list[Item], spec: Spec) -> str:
    """For each list, the items whose rows are of the highest class most and least often."""
    high = features.target_class == len(spec.names) - 1
    overall = high[features.labelled].mean()
    parts = [f"<p>Share of labelled rows that are {spec.names[-1]}, with 95 % intervals (Wilson), for items of at least {LEAST_ITEM_ROWS} "
             f"labelled rows; the line is all rows ({percent(overall)}).</p>"]
    for number, name in enumerate(LIST_NAMES):
        lists = features.lists[number]
        rows = lists.row_of_item
        counted = features.labelled[rows]
        codes, place = np.unique(lists.codes[counted], return_inverse=True)
        of_item = np.bincount(place)
        hits = np.bincount(place, weights=high[rows][counted])
        texts = {item.code: item.text for item in items if item.list_number == number}
        kept = np.flatnonzero(of_item >= LEAST_ITEM_ROWS)
        if not len(kept):
            continue
        order = kept[np.argsort(-hits[kept] / of_item[kept])]
        if len(order) > MOST_ITEMS:
            order = np.concatenate([order[:MOST_ITEMS // 2], order[-MOST_ITEMS // 2:]])
        low_end, high_end = wilson(hits[order], of_item[order])
        shares = hits[order] / of_item[order]
        figure = plots.bars([f"{texts.get(int(codes[i]), '?')} ({of_item[i]:,})" for i in order], list(shares),
                            f"share that is {spec.names[-1]}", [shares - low_end, high_end - shares], overall)
        parts.append(f"<h3>{name}</h3>{plots.svg(figure)}")
    return "".join(parts)


def numbers_section(features: Features) -> str:
    columns = {name: features.numeric[:, i].astype(np.float64) for i, name in enumerate(NUMERIC_NAMES)}
    labelled = features.labelled
    target = features.target[labelled].astype(np.float64)
    lines = {}
    for name, values in columns.items():
        of_labelled = values[labelled]
        known = np.isfinite(of_labelled)
        cuts = np.unique(np.quantile(of_labelled[known], np.linspace(0, 1, 11)[1:-1]))
        tenth = np.searchsorted(cuts, of_labelled[known], side="right")
        found = np.unique(tenth)
        lines[name] = (found, np.array([target[known][tenth == one].mean() for one in found]))
    return ("<h3>How they are distributed</h3>" + plots.svg(plots.histograms(columns))
            + "<h3>The mean target over tenths of each, least to greatest</h3>" + plots.svg(plots.by_decile(lines, target.mean())))


def find_leaks(table: Table, features: Features, spec: Spec) -> list[dict]:
    """Every finding of leaks.py: column, kind, and what it says."""
    votes = table.numbers(spec.labelled_column)
    classes = np.full(len(table), -1)
    by_id: dict[int, int] = {}
    for id, one in zip(features.ids, features.target_class):
        if one != NO_TARGET:
            by_id[int(id)] = int(one)
    for row, id in enumerate(table.columns["id"]):
        if votes[row] >= spec.labelled_from and id.strip().lstrip("-").isdigit():
            classes[row] = by_id.get(int(id), -1)
    labelled = classes >= 0
    is_high = classes == len(spec.names) - 1
    found = []
    for name in table.columns:
        present = table.present(name)
        if jump := leaks.find_break(present, votes):
            found.append({"column": name, "kind": "break", **dataclasses.asdict(jump), "text":
                          f"{percent(jump.before)} of rows have it before row {jump.row:,}, {percent(jump.after)} after; at equal "
                          f"{spec.labelled_column} {100 * jump.difference:+.0f} points ({abs(jump.z):.0f} standard errors). Its absence says how "
                          "the row was collected, not that there is none: do not use whether it is there."})
        if effect := leaks.presence_effect(present[labelled], is_high[labelled], votes[labelled]):
            found.append({"column": name, "kind": "presence", **dataclasses.asdict(effect), "text":
                          f"rows that have it are {spec.names[-1]} {100 * abs(effect.difference):.0f} points {'more' if effect.difference > 0 else 'less'} "
                          f"often than rows of equal "
                          f"{spec.labelled_column} that lack it ({abs(effect.z):.0f} standard errors)."})
        if name != spec.target:
            told = leaks.information(table.numbers(name)[labelled], classes[labelled])
            if told > leaks.ALMOST_ALL:
                found.append({"column": name, "kind": "tells all", "information": told, "text":
                              f"alone it takes away {percent(told)} of the uncertainty about the class: is it known before the target is?"})
    repeated = dirt.repeated_ids(table)
    if repeated.any():
        found.append({"column": "id", "kind": "repeated", "rows": int(repeated.sum()), "text":
                      f"{repeated.sum():,} rows share their id with another: a split by rows would put some on both sides. "
                      "Marquee's folds are by id."})
    return found


def information_section(table: Table, features: Features) -> str:
    """What each number alone tells of the class."""
    labelled = features.labelled
    told = sorted(((leaks.information(features.numeric[labelled, i].astype(np.float64), features.target_class[labelled].astype(int)), name)
                   for i, name in enumerate(NUMERIC_NAMES)), reverse=True)
    figure = plots.bars([name for _, name in told], [100 * share for share, _ in told], "% of the classes' entropy that it alone takes away")
    return plots.svg(figure)


def filled_along_file(table: Table, found: list[dict]):
    """A figure: how many rows have each column that is neither always nor never there."""
    fills = {name: present for name in table.columns if 0.005 < (present := table.present(name)).mean() < 0.995}
    return plots.fill_along_file(fills, {leak["column"]: leak["row"] for leak in found if leak["kind"] == "break"})


STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#1b1f24}
h1{margin-bottom:0}h2{margin-top:2em;border-bottom:1px solid #ddd}table{border-collapse:collapse;font-size:14px;width:100%}
th,td{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #eee;vertical-align:top}svg{max-width:100%;height:auto}
.note{color:#667}.warn{border-left:4px solid #D55E00;padding:.3em 1em;margin:.6em 0;background:#fdf3ec}"""


def page(data: Path, table: Table, features: Features, items: list[Item], spec: Spec, found: list[dict], odd: list[dirt.Dirt]) -> str:
    warnings = "".join(f"<p class=warn><b>{html.escape(leak['column'])}</b> ({leak['kind']}): {html.escape(leak['text'])}</p>" for leak in found)
    sections = [
        ("What is in it", columns_section(table)),
        ("The classes' balance", balance_section(features, items, spec)),
        ("Numbers", numbers_section(features)),
        ("What goes with a high rating", items_section(features, items, spec)),
        ("What a number alone tells", information_section(table, features)),
        ("What is odd, and what becomes of it",
         table_of(["what", "rows", "what the program does"], [[one.what, f"{one.rows:,}", one.treatment] for one in odd])),
        ("What may leak",
         "<p>Looked for without knowing any column: a share of filled rows that jumps at one place of the file, presence that tells the class, "
         "columns that alone tell almost all, rows on both sides of a split.</p>" + warnings + plots.svg(filled_along_file(table, found))),
    ]
    body = "".join(f"<h2>{title}</h2>{text}" for title, text in sections)
    today = datetime.date.today().isoformat()
    return (f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(data.name)}</title><style>{STYLE}</style>"
            f"<h1>{html.escape(data.name)}</h1><p class=note>{len(table):,} records, {len(table.columns)} columns. Made by ./run explore, {today}.</p>{body}</html>")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "features", "items", "spec", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    try:
        table, features = read_table(args.data), read_features(args.features)
    except ValueError as error:
        raise SystemExit(f"explore: {error}") from error
    spec = Spec.read(args.spec.read_text(encoding="utf-8"))
    missing = [name for name in ("id", spec.target, spec.labelled_column) if name not in table.columns]
    if missing:
        raise SystemExit(f"explore: {args.data}: column {missing[0]} is not there; found: {', '.join(table.columns)}")
    found = find_leaks(table, features, spec)
    odd = dirt.find(table, spec)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "index.html").write_text(page(args.data, table, features, read_items(args.items), spec, found, odd), encoding="utf-8")
    plots.png(classes_over_years(features, spec), args.output / "years.png")
    plots.png(filled_along_file(table, found), args.output / "filled.png")
    findings = {"rows": len(table), "leaks": found, "dirt": [dataclasses.asdict(one) for one in odd]}
    (args.output / "findings.json").write_text(json.dumps(findings, indent=1) + "\n", encoding="utf-8")
    for leak in found:
        print(f"leak: {leak['column']} ({leak['kind']}): {leak['text']}")
    print(f"explore: {args.output / 'index.html'}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
