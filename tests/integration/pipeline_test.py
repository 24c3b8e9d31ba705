#!/usr/bin/env python3
"""The same predictions over Kafka as in one process: files good and bad, several instances, JSON in and out."""
import json
import uuid

from pipeline import GUARANTEES, Pipeline, PipelineTest, embedded, generate, json_records, main, movies, score, wait_until

# What no CSV file should have, by the reason it becomes a dead letter for: id and title.
BAD_ROWS = {
    "nul_byte": b"900000001,A\0title",
    "invalid_utf8": b"900000002,\xff\xfe",
    "id_absent": b",no id",
    "id_not_a_number": b"tt0000001,another id",
    "field_count": b"900000003,too many fields,",
}


def write_bad_file(path, good) -> None:
    """Copy a file of good rows and put bad ones among them; a quote that never ends comes last but one."""
    header, *rows = good.read_bytes().splitlines(keepends=True)
    others = b"," * (header.count(b",") - 1) + b"\n"
    with open(path, "wb") as file:
        file.write(header)
        for number, row in enumerate(rows):
            file.write(row)
            if number % 100 == 50:
                file.writelines(bad + others for bad in BAD_ROWS.values())
        file.write(b'920000000,"a quote without an end' + others)
        file.write(b"920000001,the row after it" + others)


class EndToEnd(PipelineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.movies = movies(cls.folder)
        cls.expected = embedded(cls.movies)
        cls.few = generate(500, cls.folder / "few.csv")
        cls.some = generate(4_000, cls.folder / "some.csv")
        cls.bad = cls.folder / "bad.csv"
        write_bad_file(cls.bad, cls.few)

    def stages(self, pipeline: Pipeline, *options: str) -> None:
        pipeline.create_topics()
        pipeline.launch("preprocess", *options)
        pipeline.start("infer", *options)

    # ---------------------------------------------------------------- equality

    def test_a_file_gives_what_the_embedded_run_gives(self):
        files = [(self.movies, self.expected, "512"), (self.few, embedded(self.few), "1"), (self.some, embedded(self.some), "7")]
        for guarantee in GUARANTEES:
            with self.pipeline(f"equal-{guarantee}") as pipeline:
                self.stages(pipeline, "--guarantee", guarantee)
                for path, expected, rows in files:
                    for columns in ("all", "needed"):
                        with self.subTest(guarantee=guarantee, path=path.name, batch_rows=rows, columns=columns):
                            sent = pipeline.produce("--data", path, "--batch-rows", rows, "--columns", columns)
                            self.assertEqual(sent["run_records"], expected["rows"])
                            results = pipeline.results(sent["run"])
                            self.assert_complete(results)
                            self.assert_same_report(results, expected)
                            self.assertEqual(results["messages"], sent["messages"])

    def test_each_prediction_is_that_of_score(self):
        expected = score(self.some)
        with self.pipeline() as pipeline:
            self.stages(pipeline)
            run = pipeline.produce("--data", self.some, "--batch-rows", 64)["run"]
            self.assert_complete(pipeline.results(run))
            rows = pipeline.rows(run)
        self.assertEqual([row["id"] for row in rows], [row["id"] for row in expected])
        classes = ("low", "mid", "high")
        for row, wanted in zip(rows, expected):
            self.assertEqual((classes[row["predicted_class"]], row["title"]), (wanted["class"], wanted["title"]), row["id"])
            # One prints the shortest text of the float, the other that of the same number as a double.
            self.assertAlmostEqual(row["score"], wanted["score"], delta=1e-6)

    def test_bad_rows_become_the_same_dead_letters(self):
        for guarantee, columns in zip(GUARANTEES, ("all", "needed")):
            expected = embedded(self.bad, "--columns", columns)
            self.assertEqual(expected["dead_letter_reasons"].keys(), BAD_ROWS.keys() | {"unterminated_quote"})
            with self.pipeline(f"bad-{guarantee}") as pipeline, self.subTest(guarantee=guarantee, columns=columns):
                self.stages(pipeline, "--guarantee", guarantee)
                sent = pipeline.produce("--data", self.bad, "--batch-rows", 64, "--columns", columns)
                results = pipeline.results(sent["run"])
                self.assert_complete(results)
                self.assert_same_report(results, expected)
                self.check_dead_letters(pipeline, sent["run"], expected["dead_letter_reasons"])

    def check_dead_letters(self, pipeline: Pipeline, run: str, expected: dict[str, int]) -> None:
        """Each tells whence it came and why; kcat reads the same headers as we do."""
        raw_data = {(record["partition"], record["offset"]): record for record in pipeline.read("raw-data")}
        letters = pipeline.read("dead-letter")
        reasons = [letter["headers"]["__connect.errors.exception.class.name"] for letter in letters]
        self.assertEqual({reason: reasons.count(reason) for reason in reasons}, expected)
        for letter in letters:
            headers = letter["headers"]
            self.assertEqual(headers["__connect.errors.class.name"], "marquee")
            self.assertEqual(headers["marquee.run"], run)
            self.assertTrue(headers["__connect.errors.exception.message"])
            sequence = int(headers["marquee.sequence"])
            self.assertEqual(letter["partition"], sequence % 3)
            self.assertEqual(letter["reject"]["reason"], headers["__connect.errors.exception.class.name"])
            if headers["__connect.errors.stage"] == "produce":
                self.assertNotIn("__connect.errors.topic", headers)
                continue
            self.assertEqual(headers["__connect.errors.topic"], pipeline.topic("raw-data"))
            place = int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"])
            self.assertEqual(raw_data[place]["info"]["sequence"], sequence)
            self.assertLess(int(headers["marquee.row"]), raw_data[place]["info"]["num_ordinals"])
        seen = pipeline.kcat("-C", "-q", "-e", "-t", pipeline.topic("dead-letter"), "-f", "%h\n").decode().splitlines()
        self.assertEqual(len(seen), len(letters))
        self.assertTrue(all("__connect.errors.exception.class.name=" in line for line in seen))

    # ---------------------------------------------------------------- several instances

    def test_instances_share_partitions_and_come_and_go_under_load(self):
        for guarantee in GUARANTEES:
            with self.pipeline(f"share-{guarantee}") as pipeline, self.subTest(guarantee=guarantee):
                pipeline.create_topics()
                for stage in ("preprocess", "infer"):
                    for instance in "ab":
                        pipeline.launch(stage, "--guarantee", guarantee, instance=instance)
                for service in pipeline.services.values():
                    service.wait_until_assigned()
                # A load that lasts longer than any machine takes for what follows; the rest comes at once, cut alike.
                run = uuid.uuid4().hex
                load = ["--data", self.movies, "--batch-rows", 3, "--run-id", run]
                produce = pipeline.launch("produce", *load, "--rate", 600)
                reader = pipeline.launch_results("results", "--run-id", run)
                arrived = lambda rows: wait_until(f"{rows} rows are results", lambda: reader.rows() >= rows)
                arrived(600)
                for stage in ("preprocess", "infer"):
                    pipeline.start(stage, "--guarantee", guarantee, instance="c").wait_for("assigned partitions [0-9]")
                arrived(reader.rows() + 600)
                for stage in ("preprocess", "infer"):
                    self.assertEqual(pipeline.services[f"{stage}-a"].stop(10), 0)
                self.assertTrue(produce.alive(), "the load was over too soon for this test")
                self.assertEqual(produce.stop(10), 1)
                pipeline.produce(*load)
                results = pipeline.results(run)
                self.assert_complete(results)
                self.assert_same_report(results, self.expected)

    # ---------------------------------------------------------------- stopping and going on

    def test_what_a_stopped_service_did_is_neither_lost_nor_done_twice(self):
        for guarantee in GUARANTEES:
            with self.pipeline(f"stop-{guarantee}") as pipeline, self.subTest(guarantee=guarantee):
                self.stages(pipeline, "--guarantee", guarantee)
                produce = pipeline.launch("produce", "--data", self.movies, "--repeat", 4, "--json")
                reader = pipeline.launch_results("results")
                for number, stage in enumerate(("preprocess", "infer"), start=1):
                    wait_until("results come", lambda: reader.rows() >= number * 10_000)
                    self.assertEqual(pipeline.services[f"{stage}-a"].stop(10), 0)
                    self.assertIn("committed", pipeline.services[f"{stage}-a"].said())
                    pipeline.start(stage, "--guarantee", guarantee)
                self.assertEqual(produce.wait(), 0)
                results = pipeline.results(produce.last_json()["run"])
                self.assert_complete(results)
                self.assertEqual(results["rows"], 4 * self.expected["rows"])

    def test_a_killed_produce_goes_on_where_it_was(self):
        run = "0123456789abcdef0123456789abcdef"
        load = ["--data", self.movies, "--rate", 12_000, "--run-id", run, "--json"]
        with self.pipeline() as pipeline:
            self.stages(pipeline)
            produce = pipeline.launch("produce", *load)
            reader = pipeline.launch_results("results", "--run-id", run)
            wait_until("results come", lambda: reader.rows() >= 3_000)
            produce.kill()
            other = pipeline.call("produce", "--listen", "none", *load, "--batch-rows", 13, code=2)
            self.assertIn("was cut otherwise", other.stderr)
            sent = pipeline.produce(*load)
            self.assertLess(sent["records"], sent["run_records"])
            results = pipeline.results(run)
            self.assert_complete(results)
            self.assert_same_report(results, self.expected)

    # ---------------------------------------------------------------- JSON

    def test_json_records_in_and_out_give_the_same_predictions(self):
        expected = score(self.few)
        records = json_records(self.few)
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            pipeline.launch("preprocess", "--input", "json")
            pipeline.start("infer", "--output", "json")
            for partition in range(3):
                pipeline.kcat("-P", "-t", pipeline.topic("raw-data"), "-p", partition,
                              stdin=b"\n".join(records[partition::3] + [b"no JSON"]))
            consume = ("-C", "-q", "-e", "-t", pipeline.topic("results"))
            wait_until("all rows are results", lambda: len(pipeline.kcat(*consume).splitlines()) >= len(records))
            rows = [json.loads(line) for line in pipeline.kcat(*consume).splitlines()]
            # A record's sequence is 3 x offset + partition.
            rows.sort(key=lambda row: row["sequence"])
            self.assertEqual([{name: row[name] for name in expected[0]} for row in rows], expected)
            letters = wait_until("the other records are dead letters", lambda: pipeline.read("dead-letter"))
            self.assertEqual([letter["headers"]["__connect.errors.exception.class.name"] for letter in letters], ["unreadable"] * 3)


if __name__ == "__main__":
    main("integration.pipeline")
