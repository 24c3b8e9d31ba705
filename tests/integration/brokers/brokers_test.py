#!/usr/bin/env python3
"""The tests of brokers.py: real brokers are started, killed, paused and revived; nothing may be left of them."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

import kafka_node
from brokers import Brokers, BrokersError
from processes import Process

HERE = pathlib.Path(__file__).resolve().parent
COMMAND = [sys.executable, str(HERE / "brokers.py")]
TOPIC = "raw-data"


def processes_of(directory: pathlib.Path) -> list[str]:
    """The command lines of all processes that name this folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"{directory}" in line:
            found.append(line)
    return found


class OneAfterTheOther(unittest.TestCase):
    """Faults on one set of brokers; each test leaves three that run."""

    @classmethod
    def setUpClass(cls):
        cls.brokers = Brokers(owner=os.getpid(), lifetime=500)
        cls.brokers.start()
        cls.brokers.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", TOPIC, "--partitions", "3")
        cls.brokers.wait_until_settled()

    @classmethod
    def tearDownClass(cls):
        cls.brokers.stop()
        if left := processes_of(cls.brokers.directory):
            raise AssertionError(f"processes are left: {left}")
        if cls.brokers.directory.exists():
            raise AssertionError(f"{cls.brokers.directory} is left")

    def node(self, number: int) -> dict:
        return self.brokers.status()["nodes"][number - 1]

    def test_a_new_topic_has_three_copies_and_a_leader(self):
        told = self.brokers.tool("org.apache.kafka.tools.TopicCommand", "--describe", "--topic", TOPIC)
        self.assertIn("ReplicationFactor: 3", told)
        self.assertIn("min.insync.replicas=2", told)
        for partition in range(3):
            self.assertIn(f"Partition: {partition}\tLeader: {self.brokers.leader(TOPIC, partition)}\t", told)

    def test_status_names_processes_and_the_controller(self):
        status = self.brokers.status()
        self.assertIn(status["controller"], (1, 2, 3))
        for node in status["nodes"]:
            self.assertTrue(node["alive"] and node["listed"] and not node["paused"], node)
            command = pathlib.Path(f"/proc/{node['pid']}/cmdline").read_bytes().decode()
            self.assertIn(f"node-{node['id']}/server.properties", command)

    def test_another_broker_leads_after_a_kill_and_the_dead_one_comes_back(self):
        leader = self.brokers.leader(TOPIC, 0)
        role = "the controller" if leader == self.brokers.status()["controller"] else "not the controller"
        self.brokers.kill(leader)
        begin = time.monotonic()
        self.assertFalse(self.node(leader)["alive"])
        with self.assertRaisesRegex(BrokersError, f"broker {leader} does not run"):
            self.brokers.pause(leader)
        self.assertNotEqual(self.brokers.wait_for_leader(TOPIC, 0, other_than=leader), leader)
        print(f"broker {leader} killed, {role}: another leads after {time.monotonic() - begin:.1f} s", file=sys.stderr)

        self.brokers.revive(leader)
        self.assertTrue(self.node(leader)["listed"])
        told = self.brokers.tool("org.apache.kafka.tools.TopicCommand", "--describe", "--under-replicated-partitions")
        self.assertEqual(told.strip(), "")

    def test_a_paused_broker_loses_its_partitions_and_catches_up_when_resumed(self):
        leader = self.brokers.leader(TOPIC, 1)
        self.brokers.pause(leader)
        self.addCleanup(self.brokers.resume, leader)
        self.assertTrue(self.node(leader)["paused"])
        with self.assertRaisesRegex(BrokersError, "it is paused, so resume it"):
            self.brokers.revive(leader)
        self.assertNotEqual(self.brokers.wait_for_leader(TOPIC, 1, other_than=leader), leader)
        self.brokers.resume(leader)
        self.brokers.wait_until_settled()
        self.assertTrue(self.node(leader)["listed"] and not self.node(leader)["paused"])

    def test_what_is_not_there_is_named(self):
        with self.assertRaisesRegex(BrokersError, "partition 0 of a topic no-such-topic"):
            self.brokers.leader("no-such-topic", 0)
        with self.assertRaisesRegex(BrokersError, "no broker 4; there are 1, 2, 3"):
            self.brokers.kill(4)
        with self.assertRaisesRegex(BrokersError, f"{TOPIC}.*already exists"):
            self.brokers.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", TOPIC)


class FromStartToEnd(unittest.TestCase):
    """Starts that go wrong, and brokers whose owner goes."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="marquee-brokers-test-")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name) / "kafka"

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([*COMMAND, *arguments, "--dir", str(self.directory)], capture_output=True, text=True, check=False)

    def test_brokers_end_with_their_owner_and_data_stay_in_a_named_folder(self):
        owner = subprocess.Popen(["sleep", "250"])
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        ports = ",".join(map(str, kafka_node.free_ports(3)))
        started = self.call("start", "--ports", ports, "--owner", str(owner.pid), "--lifetime", "250")
        self.assertEqual(started.returncode, 0, started.stderr)
        self.assertEqual(started.stdout, ",".join(f"127.0.0.1:{port}" for port in ports.split(",")) + "\n")
        saved = json.loads((self.directory / "brokers.json").read_text(encoding="utf-8"))
        running = [Process(**node["process"]) for node in saved["nodes"]] + [Process(**saved["keeper"])]
        self.assertTrue(all(process.alive() for process in running))

        owner.send_signal(signal.SIGKILL)
        for process in running:
            self.assertTrue(process.wait(40), "the owner is gone and the brokers run on")
        self.assertEqual(processes_of(self.directory), [])
        self.assertTrue((self.directory / "node-1" / "data" / "meta.properties").exists())

        self.assertIn("no brokers run in", self.call("status").stderr)
        (self.directory / "of-somebody-else").touch()
        self.assertEqual(self.call("cleanup").returncode, 0)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["of-somebody-else"])

    def test_a_start_cut_short_leaves_nothing(self):
        starter = subprocess.Popen([*COMMAND, "start", "--ports", "free", "--foreground", "--dir", str(self.directory)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 60
        while not (self.directory / "node-1" / "broker.log").exists() and time.monotonic() < end:
            time.sleep(0.02)
        starter.kill()
        starter.communicate()
        while processes_of(self.directory) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(processes_of(self.directory), [])
        self.assertFalse((self.directory / "brokers.json").exists())

    def test_a_port_in_use_is_named_before_anything_starts(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with self.assertRaisesRegex(BrokersError, f"port {port} of 127.0.0.1 is in use.*--ports free"):
                Brokers(self.directory, [port, port + 1, port + 2]).start()
        self.assertFalse(self.directory.exists())

    def test_a_broker_that_dies_at_start_is_named_with_its_last_words(self):
        ports = kafka_node.free_ports(3)
        with socket.create_server(("127.0.0.1", ports[1])), unittest.mock.patch("kafka_node.is_free", return_value=True), \
                self.assertRaisesRegex(BrokersError, "(?s)broker 2 ended; its log, .*broker.log, says:.*Address already in use"):
            Brokers(self.directory, ports, owner=os.getpid()).start()
        self.assertEqual(processes_of(self.directory), [])

    def test_storage_of_another_broker_is_refused(self):
        data = self.directory / "node-2" / "data"
        data.mkdir(parents=True)
        (data / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n", encoding="utf-8")
        with self.assertRaisesRegex(BrokersError, "(?s)could not format .*/node-2/data: .*(node.id|cluster.id)"):
            Brokers(self.directory, owner=os.getpid()).start()
        self.assertEqual(processes_of(self.directory), [])

    def test_missing_java_is_said_so(self):
        environment = os.environ | {"JAVA_HOME": str(self.directory)}
        ran = subprocess.run([*COMMAND, "fetch"], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 1)
        self.assertRegex(ran.stderr, r"^brokers: FAILED: there is no .*/bin/java; `./run setup brokers` installs Java 17 or newer\n$")


class Signals(unittest.TestCase):
    def test_another_process_with_the_same_id_is_left_alone(self):
        bystander = subprocess.Popen(["sleep", "60"])
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        known = Process.of(bystander.pid)
        earlier = Process(known.pid, known.start - 1)
        self.assertFalse(earlier.alive())
        self.assertFalse(earlier.send(signal.SIGKILL))
        self.assertTrue(known.alive())


if __name__ == "__main__":
    try:
        kafka_node.make_archive()
    except BrokersError as error:
        # The form in which `./run test` finds the reason.
        print(f"integration.brokers: Skipped\n{str(error).splitlines()[0]}")
        sys.exit(77)
    unittest.main(verbosity=2)
