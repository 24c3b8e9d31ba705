#!/usr/bin/env python3
"""What a service does at its start and tells of itself: brokers that come later, topics that are not as they must be, health."""
import socket
import subprocess
import urllib.error
import urllib.request

from pipeline import ENVIRONMENT, PROGRAM, OutageTest, Pipeline, PipelineTest, embedded, generate, kafka_node, main, wait_until


def get(url: str) -> tuple[int, str]:
    """Ask a service over HTTP; code and text of its answer."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metric(text: str, name: str) -> float:
    """Add up the series of this name."""
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))


class Services(PipelineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.few = generate(3_000, cls.folder / "few.csv")
        cls.expected = embedded(cls.few)

    # ---------------------------------------------------------------- topics

    def test_missing_topics_are_named_with_the_command_that_makes_them(self):
        with self.pipeline() as pipeline:
            for command in (("preprocess", "--listen", "none"), ("infer", "--listen", "none"),
                            ("produce", "--listen", "none", "--data", self.few), ("results", "--until-complete", 5)):
                with self.subTest(command=command[0]):
                    ran = pipeline.call(*command, code=3)
                    self.assertRegex(ran.stderr, rf"{pipeline.prefix}(raw-data|processed-data|results).*marquee topics create")

    def test_topics_that_are_not_safe_are_refused(self):
        for setting, wanted in (("--replication-factor", "the replication factor is 2, but must be 3"),
                                ("--min-insync", "min.insync.replicas is 1, but must be 2")):
            with self.pipeline(f"unsafe{setting}") as pipeline, self.subTest(setting=setting):
                value = "2" if setting == "--replication-factor" else "1"
                pipeline.create_topics(setting, value)
                refused = pipeline.call("preprocess", "--listen", "none", code=3)
                self.assertIn(wanted, refused.stderr)
                self.assertIn(setting, refused.stderr)
                # Whoever says that this is wanted gets it.
                pipeline.start("preprocess", setting, value)

    def test_topics_of_different_partitions_are_refused(self):
        with self.pipeline() as pipeline:
            self.brokers.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", pipeline.topic("results"),
                              "--partitions", "2", "--config", "max.message.bytes=1048588")
            refused = pipeline.call("topics", "create", code=3)
            self.assertIn(f"topic {pipeline.topic('results')}: the number of partitions is 2, but must be 3", refused.stderr)
            refused = pipeline.call("infer", "--listen", "none", code=3)
            self.assertRegex(refused.stderr, r"the number of partitions is \d, but must be \d|there is no topic")

    def test_two_services_of_one_name_do_not_take_turns_for_ever(self):
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            options = ("--guarantee", "exactly-once", "--max-bad-share", 1)
            first = pipeline.start("preprocess", *options)
            second = pipeline.launch("preprocess", *options, name="another")

            # Each of the two has work, so that either notices.
            def one_gave_up() -> bool:
                for partition in range(3):
                    pipeline.send("raw-data", partition, b"poison")
                return not (first.alive() and second.alive())

            wait_until("one of them gives up", one_gave_up)
            loser = second if first.alive() else first
            self.assertEqual(loser.wait(), 3)
            self.assertIn("give each its own --instance", loser.said())

    # ---------------------------------------------------------------- health and metrics

    def test_health_and_metrics_tell_what_a_service_does(self):
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            ports = dict(zip(("preprocess", "infer"), kafka_node.free_ports(2)))
            for stage, port in ports.items():
                pipeline.start(stage, "--listen", f"127.0.0.1:{port}")
            run = pipeline.produce("--data", self.few, "--batch-rows", 100)["run"]
            pipeline.results(run)
            pipeline.send("raw-data", 0, b"poison")
            for stage, port in ports.items():
                url = f"http://127.0.0.1:{port}"
                wait_until(f"{stage} is ready", lambda: get(f"{url}/healthz/ready")[0] == 200)
                self.assertEqual(get(f"{url}/healthz/live")[0], 200)
                self.assertEqual(self.health(port), 0)
                wait_until("its rows are counted", lambda: metric(get(f"{url}/metrics")[1], "marquee_records_in_total") == 3_000)
                wait_until("it has caught up", lambda: metric(get(f"{url}/metrics")[1], "marquee_consumer_lag_records_sum") == 0)
                # The lag is of what has been read; the commit comes after it, and late where a sanitizer slows the service.
                wait_until("it has committed", lambda: metric(get(f"{url}/metrics")[1], "marquee_commits_total") > 0)
                text = get(f"{url}/metrics")[1]
                self.assertEqual(metric(text, "marquee_records_out_total"), 3_000)
                self.assertEqual(metric(text, "marquee_ready"), 1)
            wait_until("the dead letter is counted", lambda: metric(
                get(f"http://127.0.0.1:{ports['preprocess']}/metrics")[1], "marquee_dlq_records_total") == 1)
            self.assertEqual(get(f"http://127.0.0.1:{ports['infer']}/nothing")[0], 404)

            seen = {(record["stage"], record["instance"]) for record in pipeline.read("status")}
            self.assertLessEqual({("preprocess", "a"), ("infer", "a"), ("produce", socket.gethostname())}, seen)
            self.assertEqual(pipeline.services["infer-a"].stop(10), 0)
            self.assertEqual(self.health(ports["infer"]), 1)

    def test_a_service_that_waits_for_topics_or_brokers_is_alive_but_not_ready(self):
        port, nobody = kafka_node.free_ports(2)
        with Pipeline(f"127.0.0.1:{nobody}", self.folder, "alone") as pipeline:
            service = pipeline.launch("preprocess", "--listen", f"127.0.0.1:{port}")
            service.wait_for(f"no broker at 127.0.0.1:{nobody} answers.*trying again")
            self.assertEqual(get(f"http://127.0.0.1:{port}/healthz/live")[0], 200)
            code, text = get(f"http://127.0.0.1:{port}/healthz/ready")
            self.assertEqual(code, 503)
            self.assertIn("no broker at", text)
            self.assertEqual(self.health(port), 1)
            self.assertEqual(service.stop(10), 0)

    def health(self, port: int) -> int:
        """Give the exit code of `marquee health`."""
        return subprocess.run([PROGRAM, "health", "--url", f"http://127.0.0.1:{port}/healthz/ready"], env=ENVIRONMENT,
                              capture_output=True, check=False).returncode


class BrokersThatGoAndCome(OutageTest):
    def test_services_wait_for_brokers_that_come_later_and_for_those_that_come_back(self):
        few = generate(20_000, self.folder / "few.csv")
        expected = embedded(few)
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            self.brokers.stop()
            run = "0123456789abcdef0123456789abcdef"
            produce = pipeline.launch("produce", "--data", few, "--rate", 4_000, "--run-id", run, "--json")
            services = [pipeline.launch(stage) for stage in ("preprocess", "infer")]
            for service in (produce, *services):
                service.wait_for("no broker at .* answers.*trying again")
            self.brokers.start()
            for service in services:
                service.wait_until_assigned()
            wait_until("results come", lambda: b"" != pipeline.kcat("-C", "-q", "-e", "-t", pipeline.topic("results"), "-f", "%o\n"))
            self.brokers.stop()
            self.brokers.start()
            self.assertEqual(produce.wait(), 0)
            results = pipeline.results(run)
            self.assert_complete(results, duplicated=None)
            self.assert_same_report(results, expected)
            for service in services:
                self.assertEqual(service.stop(10), 0)


if __name__ == "__main__":
    main("integration.service")
