"""Runs of the measuring programs: instructions by callgrind, copied bytes by dhat, times in turns. What they print is read here."""
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile

from builds import PerfCheckError, Tree, say, second_copy

WORKS = ("perf_bin", "perf_model", "perf_stages")
MARK = "marquee_measured"
# Copies are counted of two files, and the difference divided by the difference of their rows: so that loading the model does not count.
COPY_ROWS = (2_048, 10_240)


def run(command: list, **options) -> str:
    """What a program prints. Raises PerfCheckError if it fails."""
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if ran.returncode:
        raise PerfCheckError(f"{' '.join(map(str, command))} ended with {ran.returncode}: {ran.stderr.strip()[-2000:]}")
    return ran.stdout


def parse_lines(text: str) -> dict[str, float]:
    """Lines of a name, a tab and a number."""
    return {name: float(value) for name, value in (line.rsplit("\t", 1) for line in text.splitlines())}


def isas(tree: Tree) -> list[str]:
    """The ISAs of this processor that kernels are compiled for, worst first."""
    return list(parse_lines(run([tree.program(WORKS[0]), "isas"])))


def parse_callgrind_total(text: str) -> int:
    """How many instructions a dump of callgrind holds."""
    total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    if not total:
        raise PerfCheckError("callgrind wrote no totals")
    return int(total[1])


def count_instructions(program: pathlib.Path, isa: str) -> dict[str, int]:
    """Instructions of each work of a program, with the kernels of one ISA."""
    with tempfile.TemporaryDirectory(prefix="marquee-callgrind-") as folder:
        out = pathlib.Path(folder) / "out"
        names = parse_lines(run(["valgrind", "--tool=callgrind", f"--toggle-collect={MARK}", f"--dump-after={MARK}",
                                 f"--callgrind-out-file={out}", program, "count", isa]))
        # One dump for each work, numbered in their order, and one at the end of the program, which has no number.
        dumps = sorted(out.parent.glob("out.*"), key=lambda path: int(path.suffix[1:]))
        counts = [parse_callgrind_total(dump.read_text(encoding="utf-8")) for dump in dumps]
    if len(counts) != len(names):
        raise PerfCheckError(f"{program.name} did {len(names)} works, and callgrind counted {len(counts)}")
    return dict(zip(names, counts))


def instructions(tree: Tree, isas: list[str], programs: tuple[str, ...] = WORKS) -> dict[str, int]:
    """Of all works that the tree has, by "work, ISA"."""
    counts = {}
    for program, isa in itertools.product(programs, isas):
        if path := tree.program(program):
            say(f"instructions: {tree.name}, {program}, {isa}")
            counts |= {f"{name}, {isa}": count for name, count in count_instructions(path, isa).items()}
    return counts


def parse_copies(text: str) -> dict[str, int]:
    """Copied bytes of a dhat file, by the innermost function that is not a copying one itself."""
    data = json.loads(text)
    frames = data["ftbl"]
    copies: dict[str, int] = {}
    for point in data["pps"]:
        names = [re.sub(r"^0x[0-9A-F]+: ", "", frames[index]) for index in point["fs"]]
        caller = next((name for name in names if not re.match(r"(mem|str|wcs|stp)[\w@.]+ ", name)), "unknown")
        caller = re.sub(r" \((?:in )?[^()]*\)$", "", caller)
        copies[caller] = copies.get(caller, 0) + point["tb"]
    return copies


def generated_files(head: Tree, folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """The rows whose copies are counted, as CSV files by their number."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {rows: folder / f"movies-{rows}.csv" for rows in COPY_ROWS}
    for rows, path in files.items():
        run([head.program("perf_copies"), "generate", path, rows])
    return files


def copied_bytes(tree: Tree, files: dict[int, pathlib.Path]) -> dict[str, float] | None:
    """Bytes a row that memcpy and the like copy between file and figures, by function; None if the tree cannot tell.

    What the kernel copies in read, and loops that copy a value at a time, are not seen.
    """
    if not (program := tree.program("perf_copies")):
        return None
    copies = {}
    for rows, data in files.items():
        with tempfile.TemporaryDirectory(prefix="marquee-dhat-") as folder:
            out = pathlib.Path(folder) / "out"
            # Functions as they are called, not as they are written: with inlined ones there are too many to read.
            came = run(["valgrind", "--tool=dhat", "--mode=copy", "--read-inline-info=no", f"--dhat-out-file={out}", program, "run", data])
            if parse_lines(came) != {"rows": rows}:
                raise PerfCheckError(f"{tree.name}: of {rows} rows came {came.strip()}")
            copies[rows] = parse_copies(out.read_text(encoding="utf-8"))
    fewer, more = files
    return {function: (bytes_ - copies[fewer].get(function, 0)) / (more - fewer) for function, bytes_ in copies[more].items()}


def structure(tree: Tree) -> dict[str, float]:
    """Allocations a batch and bytes a row of each topic; nothing if the tree cannot tell them."""
    program = tree.program("perf_structure")
    return parse_lines(run([program])) if program else {}


def times(base: Tree, head: Tree, folder: pathlib.Path, isa: str, pairs: int, passes: int,
          programs: tuple[str, ...] = WORKS) -> dict[str, list[dict[str, float]]]:
    """Microseconds of each work in `pairs` rounds of base, head and base's second copy, in every order equally often.

    All on one core, the last: the first has most of the system's interrupts.
    """
    core = max(os.sched_getaffinity(0))
    rounds: dict[str, list[dict[str, float]]] = {}
    for program in programs:
        head_program, base_program = head.program(program), base.program(program)
        who = {"head": head_program}
        if base_program:
            who |= {"base": base_program, "control": second_copy(base_program, folder / "control")}
        orders = itertools.cycle(itertools.permutations(who))
        for number in range(pairs):
            measured = {name: parse_lines(run(["taskset", "--cpu-list", core, who[name], "time", isa, passes])) for name in next(orders)}
            for work in measured["head"]:
                rounds.setdefault(f"{work}, {isa}", []).append({name: works[work] / 1000 for name, works in measured.items() if work in works})
            if number % 4 == 3:
                say(f"times: {program}, {number + 1} of {pairs} rounds")
    return rounds
