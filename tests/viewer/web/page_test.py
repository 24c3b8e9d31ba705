#!/usr/bin/env python3
"""page_test.py [URL]: the viewer's page in a real browser: does it load, draw, follow, and answer a click?

Needs Debian's package chromium (exit code 77 without it) and a server whose numbers rise. That is the one at URL, with
--restart COMMAND that ends it and starts it anew at the same address; or one that this starts:
--program marquee-viewer --page FOLDER, on generated movies. The page must find the server again after a restart.
--shots FOLDER: screenshots of what was seen go there, for a person to look at.
Prints what it measured as a line of JSON.
"""

import argparse
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import chromium  # noqa: E402

PANELS = ("overview", "quality", "predictions", "parts", "latency", "troubles")
# In pixels of a plain screen, from the left upper corner: on the word Quality, in the line of tabs.
QUALITY_TAB = (115, 68)


def pixels_of(png):
    """The lines of an 8-bit RGB or RGBA PNG, each a list of pixels."""
    at, header, data = 8, None, b""
    while at < len(png):
        size, kind = struct.unpack("!I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            header = struct.unpack("!IIBBBBB", body)
        elif kind == b"IDAT":
            data += body
        at += 12 + size
    width, height, _, color = header[:4]
    step = {2: 3, 6: 4}[color]
    raw, lines, before = zlib.decompress(data), [], bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        line = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + width * step]), before, step)
        lines.append([bytes(line[x:x + 3]) for x in range(0, len(line), step)])
        before = line
    return lines


def unfiltered(kind, line, above, step):
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + above[i]) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            guess = left + above[i] - corner
            nearest = min((left, above[i], corner), key=lambda value: abs(guess - value))
            line[i] = (line[i] + nearest) & 255
    return line


def share_of_differing(a, b):
    pairs = [(p, q) for line_a, line_b in zip(a, b) for p, q in zip(line_a, line_b)]
    return sum(p != q for p, q in pairs) / len(pairs)


class OwnServer:
    """marquee-viewer --serve on a run of generated movies. Use it in `with`."""

    def __init__(self, program, page):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [program, "--serve", str(self.port), "--page", page,
                        "--generate", "100000", "--repeat", "1000", "--rate", "3000"]
        self.url = f"http://localhost:{self.port}"

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "serving" in line, line
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def restart(self):
        self.__exit__()
        self.__enter__()


class GivenServer:
    """One that others started."""

    def __init__(self, url, command):
        self.url = url.rstrip("/")
        self.command = command

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def restart(self):
        assert self.command, "--restart is missing"
        subprocess.run(self.command, shell=True, check=True)


class PageTest:
    def __init__(self, server, browser, shots):
        self.server = server
        self.url = server.url
        self.shots = shots
        self.browser = browser
        self.figures = {}

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(f"{self.url}{path}").read().decode()

    def rows(self):
        return json.loads(self.get("/snapshot.json"))["run"]["rows"]

    def clients(self):
        return int(re.search(r"^marquee_viewer_clients (\d+)$", self.get("/metrics"), re.MULTILINE).group(1))

    def shot(self, name):
        return self.browser.screenshot(self.shots / f"{name}.png" if self.shots else None)

    def settle(self):
        """Until what was done is drawn: three frames."""
        frames = self.browser.evaluate("marquee.frames")
        self.browser.wait_for(f"marquee.frames >= {frames + 3}")

    def loads(self):
        began = time.monotonic()
        self.browser.open(self.url + "/")
        self.browser.wait_for("window.marquee && marquee.snapshots > 0", 60)
        self.figures["load_s"] = round(time.monotonic() - began, 2)
        self.figures["first_paint_ms"] = self.browser.evaluate(
            "Math.round(performance.getEntriesByType('paint').at(-1)?.startTime ?? -1)")
        self.figures["bytes_loaded"] = self.browser.evaluate(
            "['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))"
            ".reduce((sum, one) => sum + one.transferSize, 0)")
        assert self.figures["bytes_loaded"] < 1_000_000, "the page is to load in less than 1 MB"
        assert not self.browser.console, self.browser.console

    def draws_what_rises(self):
        self.browser.wait_for("marquee.snapshots > 5")
        rows = self.rows()
        before = pixels_of(self.shot("overview"))
        colors = {pixel for line in before[::4] for pixel in line[::4]}
        assert len(colors) > 20, f"only {len(colors)} colours: the canvas is empty"
        time.sleep(3)
        assert self.rows() > rows, f"still {rows} rows at the server: is something running?"
        differing = share_of_differing(before, pixels_of(self.shot("overview")))
        assert differing > 0.001, f"only {100 * differing:.3f} % of the picture changed in 3 s"

    def answers(self):
        self.browser.click(*QUALITY_TAB)
        self.browser.wait_for("location.hash === '#quality'", 10)
        for number, panel in enumerate(PANELS, 1):
            self.browser.type(str(number))
            self.browser.wait_for(f"location.hash === '#{panel}'", 10)
            # New letters get their fonts a second later.
            time.sleep(1.5)
            self.shot(panel)
        self.browser.type("1")

    def saves_a_picture(self):
        self.browser.evaluate("""window.saved = []; URL.createObjectURL = (blob) => { saved.push(blob); return '#'; }""")
        self.browser.type("p")
        self.browser.wait_for("saved.length > 0", 10)
        begin = self.browser.evaluate("saved[0].slice(0, 4).text()")
        assert begin[1:] == "PNG", f"a picture that begins with {begin!r}"
        assert self.browser.evaluate("saved[0].size") > 10_000

    def measures(self):
        """Frames a second, and the processor's share of the page alone."""
        def busy():
            metrics = self.browser.call("Performance.getMetrics")["metrics"]
            return next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        self.browser.call("Performance.enable")
        began, frames, work = time.monotonic(), self.browser.evaluate("marquee.frames"), busy()
        time.sleep(5)
        passed = time.monotonic() - began
        self.figures["frames_per_s"] = round((self.browser.evaluate("marquee.frames") - frames) / passed, 1)
        self.figures["page_thread_share"] = round((busy() - work) / passed, 3)

    def refuses_what_is_damaged(self):
        refused, snapshots = self.browser.evaluate("marquee.refused"), self.browser.evaluate("marquee.snapshots")
        self.browser.evaluate("marquee.take(new Uint8Array(5000).fill(77).buffer)")
        self.browser.wait_for(f"marquee.refused > {refused}")
        self.browser.wait_for(f"marquee.snapshots > {snapshots}")

    def hangs_up_while_hidden(self):
        clients = self.clients()
        self.hide(True)
        deadline = time.monotonic() + 20
        while self.clients() >= clients:
            assert time.monotonic() < deadline, "a hidden page keeps its place at the server"
            time.sleep(0.2)
        snapshots = self.browser.evaluate("marquee.snapshots")
        self.hide(False)
        self.browser.wait_for(f"marquee.snapshots > {snapshots + 1}")

    def hide(self, hidden):
        self.browser.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {json.dumps(hidden)}, configurable: true}});"
                              "document.dispatchEvent(new Event('visibilitychange'))")

    def comes_back(self):
        connections = self.browser.evaluate("marquee.connections")
        self.server.restart()
        began = time.monotonic()
        self.browser.wait_for(f"marquee.connections > {connections}", 60)
        self.figures["found_again_s"] = round(time.monotonic() - began, 2)
        snapshots = self.browser.evaluate("marquee.snapshots")
        self.browser.wait_for(f"marquee.snapshots > {snapshots}", 30)

    def fits_screens(self):
        for size, scale in (((1920, 1080), 1), ((1280, 800), 2), ((800, 600), 1)):
            self.browser.resize(size, scale)
            wanted = [size[0] * scale, size[1] * scale]
            self.browser.wait_for(f"canvas.width === {wanted[0]} && canvas.height === {wanted[1]}", 10)
            self.settle()
            self.shot(f"overview-{size[0]}x{size[1]}@{scale}")

    def run(self):
        for step in (self.loads, self.draws_what_rises, self.answers, self.saves_a_picture, self.measures,
                     self.refuses_what_is_damaged, self.hangs_up_while_hidden, self.comes_back, self.fits_screens):
            step()
            print(f"page_test: {step.__name__}: yes", file=sys.stderr)
        print(json.dumps(self.figures))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--restart")
    parser.add_argument("--program")
    parser.add_argument("--page")
    parser.add_argument("--shots", type=pathlib.Path)
    arguments = parser.parse_args()
    if (arguments.url is None) == (arguments.program is None):
        parser.error("name either a URL or a --program")
    if chromium.program() is None:
        print("skipped: no Chromium (Debian package chromium)")
        sys.exit(77)
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    server = (GivenServer(arguments.url, arguments.restart) if arguments.url
              else OwnServer(arguments.program, arguments.page))
    with server, chromium.Chromium() as browser:
        PageTest(server, browser, arguments.shots).run()


if __name__ == "__main__":
    main()
