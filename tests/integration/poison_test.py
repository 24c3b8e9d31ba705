#!/usr/bin/env python3
"""What is none of ours in the topics: it becomes dead letters, everything else comes through; and what is done with those."""
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

from pipeline import GUARANTEES, ROOT, Pipeline, PipelineTest, embedded, generate, json_records, main, say, score, wait_until

SEED = int(os.environ.get("MARQUEE_TEST_SEED", "1"))
# The messages of each topic that a stage reads, and what its schema is called.
INPUTS = {"raw-data": ("preprocess", "raw_batch"), "processed-data": ("infer", "feature_batch")}


def reason(letter: dict) -> str:
    return letter["headers"]["__connect.errors.exception.class.name"]


def origin(letter: dict) -> tuple[str, int, int]:
    headers = letter["headers"]
    return headers["__connect.errors.topic"], int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"])


def flip(value: bytes, bit: int) -> bytes:
    flipped = bytearray(value)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def with_newer_field(value: bytes, schema: str, folder: pathlib.Path) -> bytes:
    """Write the message anew as a later version would whose schema has one more field."""
    flatc = ["flatc", "-I", str(ROOT / "schemas"), "-o", str(folder)]
    (folder / "message.bin").write_bytes(value)
    run = lambda *options: subprocess.run([*flatc, *map(str, options)], check=True, capture_output=True)
    run("--json", "--strict-json", "--raw-binary", ROOT / "schemas" / f"{schema}.fbs", "--", folder / "message.bin")
    text = (ROOT / "schemas" / f"{schema}.fbs").read_text(encoding="utf-8")
    table = re.search(r"root_type (\w+);", text)[1]
    newer = folder / "newer.fbs"
    newer.write_text(re.sub(rf"(table {table} {{.*?)\n}}", r"\1\n  from_the_future:string;\n}", text, flags=re.DOTALL), encoding="utf-8")
    message = json.loads((folder / "message.json").read_text(encoding="utf-8"))
    (folder / "message.json").write_text(json.dumps(message | {"from_the_future": "of no use to you"}), encoding="utf-8")
    run("--binary", newer, folder / "message.json")
    return (folder / "message.bin").read_bytes()


class Poison(PipelineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        say(f"seed {SEED}; MARQUEE_TEST_SEED={SEED} repeats what is drawn")
        cls.random = random.Random(SEED)
        cls.few = generate(600, cls.folder / "few.csv")
        cls.expected = embedded(cls.few)

    def poison(self, message: bytes) -> list[bytes]:
        """Make messages none of which can be read."""
        size = len(message)
        return [b"?", b"poison", self.random.randbytes(7), self.random.randbytes(200), self.random.randbytes(100_000),
                message[:-1], message[:size // 2], message[:8], message[:4] + b"MQXX" + message[8:],
                flip(message, 31), flip(message, 4 * 8), message[::-1], message[1:], b"\0" * 4096, b"\xff" * 4096]

    def test_unreadable_messages_become_dead_letters_and_others_come_through(self):
        for (topic, (stage, _)), guarantee in zip(INPUTS.items(), GUARANTEES):
            with self.pipeline(f"unreadable-{stage}") as pipeline, self.subTest(topic=topic, guarantee=guarantee):
                pipeline.create_topics()
                for name in ("preprocess", "infer"):
                    pipeline.start(name, "--guarantee", guarantee, "--max-bad-share", 1)
                # A first run shows what a message is like; the second one finds its way among poison.
                first = pipeline.produce("--data", self.few, "--batch-rows", 50)["run"]
                pipeline.results(first)
                poison = self.poison(pipeline.value(topic, 1, 0))
                for partition in range(3):
                    pipeline.send(topic, partition, *poison)
                run = pipeline.produce("--data", self.few, "--batch-rows", 50)["run"]
                for partition in range(3):
                    pipeline.send(topic, partition, b"the last")
                results = pipeline.results(run)
                self.assert_complete(results)
                self.assert_same_report(results, self.expected)

                letters = wait_until("all are dead letters", lambda: self.if_whole(pipeline, 3 * (len(poison) + 1)))
                self.assertEqual(len({origin(letter) for letter in letters}), len(letters), "a message is there twice")
                for letter in letters:
                    self.assertEqual((reason(letter), letter["headers"]["__connect.errors.stage"]), ("unreadable", stage))
                    self.assertTrue(letter["headers"]["__connect.errors.exception.message"])
                    self.assertEqual(origin(letter)[:2], (pipeline.topic(topic), letter["partition"]))
                for letter in letters[:20]:
                    kept = pipeline.value("dead-letter", letter["partition"], letter["offset"])
                    self.assertEqual(kept, pipeline.value(topic, *origin(letter)[1:]), "not the original bytes")

    def if_whole(self, pipeline: Pipeline, number: int) -> list[dict]:
        """Give the dead letters once there are so many."""
        letters = pipeline.read("dead-letter")
        self.assertLessEqual(len(letters), number)
        return letters if len(letters) == number else []

    def test_bits_flipped_anywhere_break_nothing(self):
        """A flipped bit may leave a message readable; each is then one output, else one dead letter."""
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            pipeline.start("preprocess", "--max-bad-share", 1)
            pipeline.produce("--data", self.few, "--rows", 20, "--batch-rows", 20)
            message = pipeline.value("raw-data", 0, 0)
            bits = self.random.sample(range(8 * len(message)), 200) + self.random.sample(range(8 * 400), 200)
            pipeline.send("raw-data", 2, *(flip(message, bit) for bit in bits))
            run = pipeline.produce("--data", self.few)["run"]
            pipeline.start("infer")
            results = pipeline.results(run)
            self.assert_complete(results)
            self.assert_same_report(results, self.expected)
            processed = [record for record in pipeline.read("processed-data") if record["partition"] == 2]
            unreadable = [letter for letter in pipeline.read("dead-letter") if letter["headers"].get("marquee.run") is None]
            say(f"of {len(bits)} messages with a flipped bit {len(unreadable)} are unreadable")
            raw = [record for record in pipeline.read("raw-data") if record["partition"] == 2]
            self.assertEqual(len(processed) + len(unreadable), len(raw))
            self.assertEqual(len(raw), len(bits) + 2)  # and the end of either run
            self.assertGreater(len(unreadable), 20)

    def test_a_newer_schema_is_read_as_far_as_it_is_known(self):
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            sent = pipeline.produce("--data", self.few, "--rows", 20, "--batch-rows", 20)
            newer = {}
            for topic, (stage, schema) in INPUTS.items():
                if topic == "processed-data":
                    pipeline.start("preprocess")
                    wait_until("there are features", lambda: len(pipeline.read("processed-data")) == 5)
                with tempfile.TemporaryDirectory(dir=pipeline.folder) as folder:
                    newer[topic] = with_newer_field(pipeline.value(topic, 0, 0), schema, pathlib.Path(folder))
                self.assertIn(b"of no use to you", newer[topic])
                pipeline.send(topic, 0, newer[topic])
            pipeline.start("infer")
            pipeline.results(sent["run"])
            # Twice the same rows, since their origin is the same: from each newer message once more.
            results = wait_until("the newer ones are results", lambda: self.if_duplicated(pipeline, sent["run"], 40))
            self.assertEqual((results["rows"], results["lost"], results["refused"]), (20, 0, 0))
            self.assertEqual(pipeline.read("dead-letter"), [])

    def if_duplicated(self, pipeline: Pipeline, run: str, rows: int) -> dict | None:
        results = pipeline.results(run)
        return results if results["duplicated"] == rows else None

    def test_messages_larger_than_any_of_ours_leave_their_head_as_a_dead_letter(self):
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            for topic in INPUTS:
                self.brokers.tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name",
                                  pipeline.topic(topic), "--add-config", "max.message.bytes=7000000")
            for stage in ("preprocess", "infer"):
                pipeline.start(stage)
            large = [self.random.randbytes(size) for size in (900_001, 3_000_000, 6_000_000)]
            for topic in INPUTS:
                for partition, value in enumerate(large):
                    pipeline.send(topic, partition, value)
            run = pipeline.produce("--data", self.few, "--batch-rows", 50)["run"]
            results = pipeline.results(run)
            self.assert_complete(results)
            self.assert_same_report(results, self.expected)
            letters = wait_until("all are dead letters", lambda: self.if_whole(pipeline, 6))
            for letter in letters:
                self.assertEqual(reason(letter), "record_too_large")
                value = large[letter["partition"]]
                self.assertIn(f"{len(value)} bytes", letter["headers"]["__connect.errors.exception.message"])
                self.assertEqual(letter["reject"]["record_bytes"], len(value))
                self.assertIn(value[:65_536], pipeline.value("dead-letter", letter["partition"], letter["offset"]))

    def test_a_topic_full_of_poison_stops_the_service(self):
        for guarantee in GUARANTEES:
            with self.pipeline(f"full-{guarantee}") as pipeline, self.subTest(guarantee=guarantee):
                pipeline.create_topics()
                for partition in range(3):
                    pipeline.send("raw-data", partition, *(b"poison %d" % number for number in range(400)))
                service = pipeline.start("preprocess", "--guarantee", guarantee)
                self.assertEqual(service.wait(), 4)
                self.assertRegex(service.said(), r"of the last \d+ records are dead letters, more than --max-bad-share 0.05 allows")
                # Told to go on, it does so after the last of them that it took.
                pipeline.start("preprocess", "--guarantee", guarantee, "--max-bad-share", 1)
                letters = wait_until("all are dead letters", lambda: self.if_whole(pipeline, 1200))
                self.assertEqual(len({origin(letter) for letter in letters}), 1200)

    # ---------------------------------------------------------------- dead letters

    def test_whole_messages_are_listed_shown_and_replayed(self):
        """A service that was not told of JSON makes all of it dead letters; replayed to one that was, it comes through."""
        records = json_records(self.few)
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            wrong = pipeline.start("preprocess", "--max-bad-share", 1)
            for partition in range(3):
                pipeline.send("raw-data", partition, *records[partition::3])
            wait_until("all are dead letters", lambda: self.if_whole(pipeline, len(records)))
            self.assertEqual(wrong.stop(10), 0)

            listed = [json.loads(line) for line in pipeline.call("dead-letters", "ls", "--topic", "--json").stdout.splitlines()]
            self.assertEqual(collections.Counter(letter["reason"] for letter in listed), {"unreadable": len(records)})
            self.assertRegex(pipeline.call("dead-letters", "ls", "--topic").stdout, rf"(?m)^ +{len(records)}  unreadable$")
            shown = json.loads(pipeline.call("dead-letters", "show", "--topic", "1:0").stdout)
            self.assertEqual(shown["origin"], {"topic": pipeline.topic("raw-data"), "partition": 1, "offset": 0})

            pipeline.start("preprocess", "--input", "json")
            pipeline.start("infer", "--output", "json")
            replay = ("dead-letters", "replay", "--topic", "--whole", "--json")
            for options in (("--dry-run",), ()):
                self.assertEqual(json.loads(pipeline.call(*replay, *options).stdout)["whole"], len(records))
            lines = wait_until("all are results", lambda: self.json_results(pipeline, len(records)))
            key = lambda row: (row["id"], row["title"], row["score"])
            expected = score(self.few)
            rows = [{name: row[name] for name in expected[0]} for row in lines]
            self.assertEqual(sorted(rows, key=key), sorted(expected, key=key))

    def json_results(self, pipeline: Pipeline, rows: int) -> list[dict]:
        """Give the rows of results, which are JSON objects, once there are so many."""
        records = pipeline.read("results")
        return [record["record"] for record in records] if len(records) >= rows else []

    def test_replayed_rows_that_are_rejected_again_are_counted_once(self):
        bad = self.folder / "bad.csv"
        header, *rows = self.few.read_bytes().splitlines(keepends=True)
        absent = b",no id" + b"," * (header.count(b",") - 1) + b"\n"
        bad.write_bytes(header + b"".join(row + absent for row in rows[:50]))
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            for stage in ("preprocess", "infer"):
                pipeline.start(stage, "--max-bad-share", 1)
            sent = pipeline.produce("--data", bad, "--batch-rows", 20)
            before = pipeline.results(sent["run"])
            self.assert_complete(before)
            self.assertEqual((before["rows"], before["dead_letters"]), (100, 50))
            replayed = pipeline.call("dead-letters", "replay", "--topic", "--run-id", sent["run"], "--reason", "id_absent", "--json")
            self.assertEqual(json.loads(replayed.stdout)["rows"], 50)
            letters = wait_until("they are dead letters again", lambda: self.if_whole(pipeline, 100))
            rows = collections.Counter((letter["headers"]["marquee.sequence"], letter["headers"]["marquee.row"]) for letter in letters)
            self.assertEqual(set(rows.values()), {2})
            after = pipeline.results(sent["run"])
            self.assert_complete(after)
            keys = ("rows", "dead_letters", "confusion", "confusion_seen", "macro_f1")
            self.assertEqual({key: after[key] for key in keys}, {key: before[key] for key in keys})


if __name__ == "__main__":
    main("integration.poison")
