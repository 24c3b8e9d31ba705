"""Does a service's memory grow? Marquee's four processes under a steady load, their resident memory looked at each second."""
import contextlib
import dataclasses
import pathlib
import statistics
import sys
import time
import uuid

import pipelines
from pipelines import BenchError, Scenario, Setting

MIB = 1 << 20
MAY_GROW, MAY_GROW_BYTES = 1.05, 4 * MIB
# So that ten minutes of rows do not fill a disk: what is older than a few segments goes.
RETENTION_BYTES = 256 * MIB


def resident_bytes(pid: int) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise BenchError(f"process {pid} has ended")


def soak(setting: Setting, scenario: Scenario, seconds: int, scratch: pathlib.Path) -> tuple[dict, bool]:
    """Send rows at the scenario's rate for so long; figures of each process, and whether all stayed as large as they were.

    Compared are the medians of the second minute, when all pools have been filled, and of the last (thirds of less than three
    minutes).
    """
    window = min(60, seconds // 3)
    run_id = uuid.uuid4().hex
    scenario = dataclasses.replace(scenario, rows=scenario.rate * seconds)
    with setting.topics("--retention-bytes", str(RETENTION_BYTES)) as prefix, contextlib.ExitStack() as stack:
        programs = pipelines.marquee_services(stack, setting, scratch, prefix, scenario, run_id)
        produce = stack.enter_context(pipelines.marquee_producer(setting, scratch, prefix, scenario, run_id))
        produce.wait_until_said(f"run {run_id}")
        programs = [produce, *programs]
        samples: dict[str, list[int]] = {program.name: [] for program in programs}
        begin = time.monotonic()
        for second in range(1, seconds):
            for program in programs:
                samples[program.name].append(resident_bytes(program.pid))
            time.sleep(max(0.0, begin + second - time.monotonic()))
        produce.finish()
        programs[3].finish()
        for service in programs[1:3]:
            service.popen.terminate()
            service.finish()
        came = programs[3].last_object()
    if not came["complete"] or came["lost"] or came["rows"] != scenario.rows:
        raise BenchError(f"{scenario.rows} rows were sent; of these came: {came}")
    figures = {name: {"first": statistics.median(sizes[:window]), "second": statistics.median(sizes[window:2 * window]),
                      "last": statistics.median(sizes[-window:]), "largest": max(sizes)} for name, sizes in samples.items()}
    flat = all(size["last"] <= size["second"] * MAY_GROW + MAY_GROW_BYTES for size in figures.values())
    _print(figures, flat, window, seconds, scenario.rate)
    return {"seconds": seconds, "window_s": window, "rate": scenario.rate, "resident_bytes": figures, "flat": flat}, flat


def _print(figures: dict, flat: bool, window: int, seconds: int, rate: int) -> None:
    print(f"Resident memory in MiB over {seconds} s at {rate} rows/s; medians of {window} s.\n")
    print("| process | first | second | last | largest |\n|---|---|---|---|---|")
    for name, size in figures.items():
        print(f"| {name} | " + " | ".join(f"{size[key] / MIB:.1f}" for key in ("first", "second", "last", "largest")) + " |")
    if not flat:
        print("bench: FAILED: memory grew by more than 5 % and 4 MiB", file=sys.stderr)
