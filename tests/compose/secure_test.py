#!/usr/bin/env python3
"""The secure stack: who may do what, and that everyone else is refused, by name, in the brokers' log."""
import datetime
import os
import re
import subprocess
import unittest

import stack as stacks
from stack import BROKERS, Stack, docker, say, wait_until

SECRETS = stacks.ROOT / "compose" / "secure" / "secrets"
LOGIN = "security.protocol=SASL_SSL;sasl.mechanism=SCRAM-SHA-512;ssl.ca.location=/ca.pem;sasl.username="


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


class SecureTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([SECRETS.parent / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
        cls.stack = cls.enterClassContext(Stack("marquee-secure-test", "compose/secure.yaml", MARQUEE_RATE=2000, MARQUEE_ROWS=20000,
                                                MARQUEE_GUARANTEE="exactly-once"))
        say(f"build: {cls.stack.build():.0f} s")
        say(f"up, and healthy: {cls.stack.up():.0f} s")
        # Who wanted what, and what a broker's log says of it.
        cls.refused = [("who", "wanted", "what a broker logged"), ("---", "---", "---")]
        cls.addClassCleanup(lambda: say("\n" + "\n".join(f"| {' | '.join(line)} |" for line in cls.refused) + "\n"))

    def call(self, user: str, *words: str, password: str = "", properties: str = "", code: int = 0, brokers: str = "broker-1:9092",
             network: str = "private") -> str:
        """Run the program as `user`, with the password of `password` (default: its own)."""
        options = ("--env", f"MARQUEE_BROKERS={brokers}", "--env", f"MARQUEE_KAFKA_PROPERTY={properties or LOGIN + user}",
                   "--volume", f"{SECRETS}/ca.pem:/ca.pem:ro", "--volume", f"{SECRETS}/{password or user}.password:/password:ro",
                   "--env", "MARQUEE_SASL_PASSWORD_FILE=/password", "--env", "MARQUEE_LISTEN=none")
        self.called = now()
        return self.stack.marquee(*words, code=code, network=network, options=options)

    def assert_logged(self, user: str, wanted: str, pattern: str) -> None:
        """See that a broker's log says so since the last call; it goes into the table."""
        logs = lambda: "".join(docker("logs", "--since", self.called, broker, code=None) for broker in BROKERS)  # noqa: E731
        found = wait_until(f"a broker's log says {pattern}", lambda: re.search(pattern, logs()), 20)
        self.refused.append((user, wanted, found[0]))

    def send(self, user: str, topic: str, *properties: str) -> None:
        """Have Kafka's own tool write to a topic as `user`: it asks for nothing else before."""
        login = SECRETS.joinpath(f"{user}.password").read_text(encoding="utf-8").strip()
        settings = ("security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", "ssl.truststore.type=PEM",
                    "ssl.truststore.location=/ca.pem", "bootstrap.servers=broker-1:9092", "max.block.ms=10000", *properties,
                    f'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="{user}" '
                    f'password="{login}";')
        # Of a property on its command line the tool takes no value with another = in it.
        script = ('topic=$1; shift; printf "%s\\n" "$@" >/tmp/client.properties; exec /opt/kafka/bin/kafka-run-class.sh '
                  "org.apache.kafka.tools.ProducerPerformance --topic $topic --num-records 1 --record-size 8 --throughput -1 "
                  "--command-config /tmp/client.properties")
        self.called = now()
        docker("run", "--rm", "--network", f"{self.stack.project}_private", "--volume", f"{SECRETS}/ca.pem:/ca.pem:ro",
               "--entrypoint", "bash", "apache/kafka:4.3.1", "-c", script, "bash", topic, *settings, code=None)

    def assert_denied(self, user: str, operation: str, resource: str, *words: str) -> None:
        """Have a command refused by what `user` may do."""
        with self.subTest(user=user, words=words):
            told = self.call(user, *words, code=None)
            self.assertRegex(told, r"(?i)authorization failed|not authorized", told)
            self.assert_logged(user, "marquee " + " ".join(words),
                               rf"Principal = User:{user} is Denied operation = {operation} .*resource = {resource}")

    def test_each_service_does_its_work(self):
        run = self.stack.run_id()
        results = self.call("viewer", "results", "--run-id", run, "--until-complete", "120", "--json")
        self.assertIn('"complete":true', results.splitlines()[-1])
        self.assertIn('"lost":0', results.splitlines()[-1])
        shown = lambda: (stacks.get("http://127.0.0.1:8501/snapshot.json") or {}).get("run", {})  # noqa: E731
        wait_until("the viewer shows all rows", lambda: shown().get("rows") == 20000, 30)

    def test_a_client_on_the_host_logs_in(self):
        shown = self.call("viewer", "decode", "--topic", "results", "-n", "1", brokers="localhost:9094", network="host")
        self.assertIn('"run"', shown)

    def test_a_certificate_is_a_login_too(self):
        shown = self.stack.marquee("topics", "describe", "--brokers", "broker-1:9091", options=(
            "--volume", f"{SECRETS}:/secrets:ro", "--env", "MARQUEE_KAFKA_PROPERTY=security.protocol=SSL;ssl.ca.location=/secrets/ca.pem;"
            "ssl.certificate.location=/secrets/admin.pem;ssl.key.location=/secrets/admin.pem", "--user", str(os.getuid())))
        self.assertIn("results", shown)

    def test_intruders_are_refused(self):
        read = ("decode", "--topic", "results", "-n", "1")
        credentials = "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512"
        for what, user, other, logged in (
            ("wrong password", "viewer", {"password": "producer"}, credentials),
            ("unknown user", "nobody", {"password": "viewer"}, credentials),
            ("no TLS", "viewer", {"properties": "security.protocol=PLAINTEXT"}, "SSL handshake failed"),
            ("TLS without login", "viewer", {"properties": "security.protocol=SSL;ssl.ca.location=/ca.pem"},
             "Unexpected Kafka request of type METADATA during SASL handshake"),
            ("brokers' door without certificate", "viewer",
             {"brokers": "broker-1:9091", "properties": "security.protocol=SSL;ssl.ca.location=/ca.pem"}, ":9091-.*SSL handshake failed"),
        ):
            with self.subTest(what):
                self.assertIn("no broker at", self.call(user, *read, code=1, **other))
                self.assert_logged(user, what, logged)

    def test_a_broker_that_the_authority_does_not_know_is_refused(self):
        told = self.call("viewer", "decode", "--topic", "results", properties=LOGIN.replace("ssl.ca.location=/ca.pem;", "") + "viewer",
                         code=1)
        self.assertIn("certificate verify failed", told)

    def test_nobody_does_what_is_not_its_own(self):
        produce = ("produce", "--rows", "1")
        self.assert_denied("viewer", "DESCRIBE", "Topic:LITERAL:raw-data", "decode", "--topic", "raw-data", "-n", "1")
        self.assert_denied("viewer", "DESCRIBE_CONFIGS", "Topic:LITERAL:status", *produce)
        self.assert_denied("producer", "DESCRIBE", "Topic:LITERAL:results", "decode", "--topic", "results", "-n", "1")
        self.assert_denied("producer", "CREATE", "Topic:LITERAL:mine-raw-data", "topics", "create", "--topic-prefix", "mine-")
        self.assert_denied("preprocessor", "DESCRIBE", "Topic:LITERAL:results", "decode", "--topic", "results", "-n", "1")
        self.assert_denied("inference", "DESCRIBE", "Topic:LITERAL:raw-data", "decode", "--topic", "raw-data", "-n", "1")
        self.assert_denied("topics", "DELETE", "Topic:LITERAL:raw-data", "topics", "delete")
        # Which of the two is asked for first, the client does not say.
        self.assert_denied("topics", "(READ|DESCRIBE)", "(Topic:LITERAL:results|Group:LITERAL:marquee-reader)",
                           "decode", "--topic", "results", "-n", "1")

    def test_nobody_writes_what_is_not_its_own(self):
        for user, topic in (("viewer", "results"), ("producer", "processed-data"), ("preprocessor", "raw-data"), ("inference", "processed-data"),
                            ("topics", "status")):
            with self.subTest(user=user, topic=topic):
                # With idempotence, the right to write to any topic would be asked for first.
                self.send(user, topic, "enable.idempotence=false")
                self.assert_logged(user, f"writing to {topic}",
                                   rf"Principal = User:{user} is Denied operation = (WRITE|DESCRIBE) .*resource = Topic:LITERAL:{topic}")
        self.send("preprocessor", "processed-data", "transactional.id=marquee-infer-1")
        self.assert_logged("preprocessor", "the transactions of infer",
                           r"Principal = User:preprocessor is Denied operation = (WRITE|DESCRIBE) .*resource = TransactionalId:LITERAL:marquee-infer-1")


if __name__ == "__main__":
    stacks.main("compose.secure")
