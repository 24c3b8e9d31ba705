"""What the viewer in the browser costs: its server's CPU with no, one and many pages, and the page in Chromium."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import record

TESTS = record.ROOT / "tests"
PAGE = record.ROOT / "build/web/page"
sys.path.append(str(TESTS / "support"))

from websocket import Closed, WebSocket  # noqa: E402

SECONDS = 10


class Clients:
    """So many that take every snapshot they can get, as a page does that is drawn at once. Use it in `with`."""

    def __init__(self, port: int, number: int):
        self.snapshots = [0] * number
        self.bytes = [0] * number
        self.stop = False
        self.threads = [threading.Thread(target=self.follow, args=(port, i)) for i in range(number)]

    def follow(self, port: int, i: int) -> None:
        feed = WebSocket(f"ws://127.0.0.1:{port}/feed")
        try:
            while not self.stop:
                message = feed.receive()
                self.snapshots[i] += bool(message)
                self.bytes[i] += len(message)
                feed.send("next")
        except (Closed, OSError):
            pass  # the server has ended
        feed.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        for thread in self.threads:
            thread.join()


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def with_clients(server: subprocess.Popen, port: int, number: int) -> list[record.Result]:
    with Clients(port, number) as clients:
        time.sleep(2)
        began, cpu, before, size = time.monotonic(), cpu_seconds(server.pid), list(clients.snapshots), sum(clients.bytes)
        time.sleep(SECONDS)
        passed = time.monotonic() - began
        cpu, after, size = cpu_seconds(server.pid) - cpu, list(clients.snapshots), sum(clients.bytes) - size
    name = f"server, run and {number} pages"
    results = [record.Result(f"{name}: CPU, of one core", "%", (100 * cpu / passed,))]
    if number:
        least = min(last - first for first, last in zip(before, after))
        results += [record.Result(f"{name}: snapshots a second, of the slowest", "1/s", (least / passed,)),
                    record.Result(f"{name}: sent", "MB/s", (size / passed / 1e6,))]
    return results


def in_browser(viewer: pathlib.Path) -> list[record.Result]:
    output = subprocess.run([TESTS / "viewer/web/page_test.py", "--program", viewer, "--page", PAGE], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    measured = json.loads(output)
    return [record.Result(f"page: {what}", unit, (measured[key] * scale,)) for what, unit, key, scale in (
        ("loaded, compressed", "kB", "bytes_loaded", 1e-3), ("from address to first snapshot", "s", "load_s", 1),
        ("frames a second, drawn in software", "1/s", "frames_per_s", 1),
        ("CPU of its thread, of one core", "%", "page_thread_share", 100))]


def measure(viewer: pathlib.Path, movies: pathlib.Path, rate: int) -> list[record.Result]:
    command = [viewer, "--serve", "0", "--page", PAGE, "--embedded", movies, "--rate", rate, "--repeat", 100]
    with subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stderr.readline().rsplit(":", 1)[1])
            results = [result for number in (0, 1, 20) for result in with_clients(server, port, number)]
        finally:
            server.terminate()
    return [*results, *in_browser(viewer)]
