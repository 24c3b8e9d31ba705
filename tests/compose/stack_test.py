#!/usr/bin/env python3
"""The stack as a newcomer starts it: it comes up, computes what the embedded run computes, survives a broker, and leaves nothing."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import stack as stacks
from stack import BROKERS, Stack, docker, get, say, wait_until

HERE = pathlib.Path(__file__).resolve().parent
SHOTS = stacks.ROOT / "build" / "shots" / "compose"
PROMETHEUS, GRAFANA = "prom/prometheus:v3.5.0", "grafana/grafana:12.1.0"
# What README.md and SETTINGS.md promise, and nothing else.
PORTS = {"9094", "9095", "9096", "8501", "9090", "3000"}


def movies(folder: pathlib.Path) -> None:
    """Put a file into the folder that the stack takes its rows from: the real one, where MARQUEE_DATA names it, else a generated one."""
    if (path := pathlib.Path(os.environ.get("MARQUEE_DATA", "none"))).is_file():
        say(f"data: {path} (MARQUEE_DATA)")
        shutil.copy(path, folder)
    else:
        say("data: 36,000 generated rows, for MARQUEE_DATA names no file")
        rows = docker("run", "--rm", "--network", "none", stacks.IMAGE, "generate", "--rows", "36000", "--seed", "4")
        (folder / "movies.csv").write_text(rows, encoding="utf-8")


def query(expression: str) -> list[dict]:
    """Ask Prometheus; what it found."""
    answer = get("http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
    return answer["data"]["result"] if answer else []


def has_image(image: str) -> bool:
    """Say whether this image is here, or could be pulled."""
    return any(subprocess.run(["docker", *words, image], capture_output=True, check=False, timeout=600).returncode == 0
               for words in (("image", "inspect"), ("pull", "--quiet")))


class StackTest(unittest.TestCase):
    """One stack for all of it; the tests go in the order of their numbers, for the last ones break it."""

    @classmethod
    def setUpClass(cls):
        cls.volumes = set(docker("volume", "ls", "--quiet").split())
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="marquee-compose-")))
        cls.folder.chmod(0o755)
        cls.stack = Stack("marquee-test", data=cls.folder, MARQUEE_RATE=8000, MARQUEE_REPEAT=1)
        say(f"build: {cls.stack.build():.0f} s")
        movies(cls.folder)
        cls.enterClassContext(cls.stack)
        say(f"up, and healthy: {cls.stack.up():.0f} s")

    def test_1_the_figures_are_those_of_the_embedded_run(self):
        stack = self.stack
        self.assertRegex(stack.logs("data-producer"), r"data: /srv/data/movies\S+ \(the first CSV")
        results = stack.results(stack.run_id())
        embedded = json.loads(stack.marquee("run", "--json", "--dead-letters", "/tmp/dead.marquee", network="none",
                                            options=("--volume", f"{self.folder}:/srv/data:ro")))
        same = ("rows", "labelled", "unlabelled", "dead_letters", "dead_letter_reasons", "seen", "macro_f1", "macro_f1_seen", "confusion",
                "confusion_seen")
        self.assertEqual({key: results[key] for key in same}, {key: embedded[key] for key in same})
        self.assertEqual((results["complete"], results["lost"], results["duplicated"]), (True, 0, 0))
        say(f"macro-F1: {results['macro_f1']} over {results['rows']} rows, as in the embedded run")

    def test_2_kafkas_own_tools_show_the_topics(self):
        shown = docker("exec", "broker-1", "/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server", "broker-1:9092", "--describe",
                       "--topic", "results")
        self.assertRegex(shown, r"PartitionCount: 3\s+ReplicationFactor: 3.*min.insync.replicas=2")
        self.assertEqual(len(re.findall(r"Isr: \d,\d,\d", shown)), 3, shown)
        read = docker("exec", "broker-1", "/opt/kafka/bin/kafka-console-consumer.sh", "--bootstrap-server", "broker-1:9092", "--topic",
                      "results", "--from-beginning", "--max-messages", "1", "--timeout-ms", "20000", code=None)
        self.assertIn("Processed a total of 1 messages", read)

    def test_3_a_client_on_the_host_reaches_every_broker(self):
        # Each partition is another broker's, whichever one is asked.
        for partition, port in enumerate(("9094", "9095", "9096")):
            shown = self.stack.marquee("decode", "--topic", "results", "--partition", str(partition), "-n", "1", "--brokers",
                                       f"localhost:{port}", network="host")
            self.assertIn('"run"', shown)
        if shutil.which("kcat"):
            listed = subprocess.run(["kcat", "-b", "localhost:9094", "-L"], capture_output=True, text=True, check=True, timeout=60).stdout
            for broker in ("localhost:9094", "localhost:9095", "localhost:9096"):
                self.assertIn(f" at {broker}", listed)
            read = subprocess.run(["kcat", "-b", "localhost:9094", "-C", "-t", "results", "-o", "beginning", "-c", "1", "-f", "%S\\n"],
                                  capture_output=True, text=True, check=True, timeout=60).stdout
            self.assertGreater(int(read), 0)
        else:
            say("kcat is not here (Debian package kcat): not tried")

    def test_4_a_browser_shows_it(self):
        self.stack.set(MARQUEE_RATE=2000, MARQUEE_REPEAT=100000)
        self.stack.up()
        viewer = self.stack.containers("viewer")[0]
        ran = subprocess.run([stacks.ROOT / "tests/viewer/web/page_test.py", "http://localhost:8501", "--restart",
                              f"docker restart {viewer}", "--shots", SHOTS], stdout=subprocess.PIPE, text=True, check=False, timeout=300)
        if ran.returncode == 77:
            self.skipTest(ran.stdout.strip())
        self.assertEqual(ran.returncode, 0)
        say(f"page: {ran.stdout.strip()}; screenshots: {SHOTS}")

    def test_5a_prometheus_sees_the_services_and_alerts(self):
        stack = self.stack
        image = PROMETHEUS
        if not has_image(image):
            # Debian's package of it, with the same files.
            say(f"prometheus: {image} cannot be pulled here; Debian's package takes its place")
            image = docker("build", "--quiet", "--file", HERE / "prometheus.Dockerfile", HERE, seconds=600).strip()
            stack.environment |= {"COMPOSE_FILE": f"{stack.environment['COMPOSE_FILE']}:{HERE}/prometheus.yaml", "PROMETHEUS": image}
        stack.set(MARQUEE_RATE=8000, MARQUEE_REPEAT=100000)
        stack.up()
        stack.compose("--profile", "observability", "up", "--detach", "prometheus")
        checked = docker("run", "--rm", "--network", "none", "--entrypoint", "promtool", "--volume",
                         f"{stacks.ROOT}/compose/observability:/observability:ro", image, "test", "rules",
                         "/observability/alerts_test.yaml")
        self.assertIn("SUCCESS", checked)
        wait_until("all services are scraped", lambda: len(query("up == 1")) == 4, 60)
        wait_until("rows are counted", lambda: query('rate(marquee_records_out_total{stage="infer"}[30s]) > 0'), 60)
        wait_until("drift is known", lambda: query("marquee_feature_drift_psi"), 60)
        dashboard = json.loads((stacks.ROOT / "compose/observability/grafana/dashboards/marquee.json").read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                self.assertTrue(query(target["expr"]), f"{panel['title']}: {target['expr']} finds nothing")
        self.assertEqual(query('ALERTS{alertstate="firing"}'), [])
        stack.compose("stop", "inference")
        firing = wait_until("an alert fires", lambda: query('ALERTS{alertstate="firing", alertname="ServiceDown"}'), 60)
        self.assertEqual(firing[0]["metric"]["job"], "inference")
        stack.up("--no-deps", "inference")
        wait_until("no alert fires any more", lambda: not query('ALERTS{alertstate="firing"}'), 60)

    def test_5b_grafana_shows_the_dashboard(self):
        if not has_image(GRAFANA):
            self.skipTest(f"{GRAFANA} cannot be pulled here")
        self.stack.compose("--profile", "observability", "up", "--detach", "grafana")
        wait_until("Grafana has the dashboard", lambda: get("http://127.0.0.1:3000/api/dashboards/uid/marquee"), 90)
        source = get("http://127.0.0.1:3000/api/datasources/proxy/uid/prometheus/api/v1/query?query=up")
        self.assertEqual(len(source["data"]["result"]), 4)

    def test_6_only_what_is_promised_is_open(self):
        names = docker("ps", "--format", "{{.Names}}", "--filter", f"label=com.docker.compose.project={self.stack.project}").split()
        for name in names:
            facts = json.loads(docker("inspect", name))[0]
            host = facts["HostConfig"]
            with self.subTest(name):
                for binding in (b for bindings in (host["PortBindings"] or {}).values() for b in bindings):
                    self.assertEqual(binding["HostIp"], "127.0.0.1")
                    self.assertIn(binding["HostPort"], PORTS)
                self.assertEqual(host["CapDrop"], ["ALL"])
                self.assertIn("no-new-privileges:true", host["SecurityOpt"])
                self.assertGreater(host["Memory"], 0)
                self.assertNotIn(facts["Config"]["User"], ("", "0", "root"))
                self.assertEqual(host["ReadonlyRootfs"], name not in BROKERS)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", 9403), timeout=2).close()

    def test_7_three_instances_share_the_work(self):
        self.stack.set(MARQUEE_RATE=2000, MARQUEE_REPEAT=100000)
        self.stack.up("--scale", "inference=3")
        shared = lambda: [re.findall(r"assigned partitions (.*)", docker("logs", name, code=None))  # noqa: E731
                          for name in self.stack.containers("inference")]
        wait_until("each instance has one partition",
                   lambda: sorted(lines[-1] if lines else "" for lines in shared()) == ["0", "1", "2"], 60)

    def test_8_a_broker_dies_and_results_go_on(self):
        stack = self.stack
        stack.set(MARQUEE_RATE=2000, MARQUEE_REPEAT=1000, MARQUEE_ROWS=80000)
        stack.up()
        run = stack.run_id()
        follow = subprocess.Popen(["docker", "compose", "--project-name", stack.project, "exec", "-T", "inference", "marquee", "results",
                                   "--run-id", run, "--json", "--until-complete", "300"], env=stack.environment, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        rows = lambda: json.loads(follow.stdout.readline())["rows"]  # noqa: E731
        while (before := rows()) < 10_000:
            pass
        docker("kill", "broker-2")
        killed = time.monotonic()
        while (now := rows()) < before + 20_000:
            pass
        say(f"broker-2 killed at {before} rows; {now} rows {time.monotonic() - killed:.1f} s later")
        last = json.loads(follow.stdout.read().splitlines()[-1])
        follow.stdout.close()
        self.assertEqual(follow.wait(), 0)
        self.assertEqual((last["complete"], last["lost"], last["rows"]), (True, 0, 80_000))
        self.assertNotIn("broker-2", docker("ps", "--format", "{{.Names}}").split())
        say(f"complete: nothing lost, {last['duplicated']} rows came twice")
        stack.up("--no-recreate")
        describe = lambda: docker("exec", "broker-1", "/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server",  # noqa: E731
                                  "broker-1:9092", "--describe", "--under-replicated-partitions").strip()
        wait_until("broker-2 has caught up", lambda: not describe(), 90)

    def test_9_down_leaves_nothing(self):
        self.stack.down()
        self.assertEqual(self.stack.left(), [])
        self.assertEqual(set(docker("volume", "ls", "--quiet").split()) - self.volumes, set())


if __name__ == "__main__":
    stacks.main("compose.stack")
