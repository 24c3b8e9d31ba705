#!/usr/bin/env python3
"""What becomes of the model while a service scores: another one takes its place, a second one is compared, features move."""
import csv
import itertools
import os
import pathlib
import random
import shutil

from pipeline import PATIENCE, ROOT, Pipeline, PipelineTest, embedded, generate, main, marquee, wait_until

MOVIES, COLD = (ROOT / "model" / "artifacts" / f"{name}.model" for name in ("movies", "movies-cold"))

BOOSTER = ROOT / "tests" / "model" / "import" / "fixtures" / "lightgbm_multiclass.txt"
OTHER_TABLE = """
numeric = [
  { name = "a", kind = "signed_number" },
  { name = "b", kind = "signed_number" },
  { name = "c", kind = "signed_number" },
  { name = "d", kind = "category_code", values = ["u", "v", "w", "x", "y", "z"] },
]
[target]
column = "kind of"
classes = [{ name = "one", values = ["r"] }, { name = "two", values = ["s"] }, { name = "three", values = ["t"] }]
"""


def drift(pipeline: Pipeline) -> dict:
    """Give the features' drift as the status told it last, and the rows that it is of."""
    told = [record for record in pipeline.read("status") if record["stage"] == "infer" and "drift" in record]
    return told[-1] if told else {"drift_rows": 0}


def rewritten(movies: pathlib.Path, path: pathlib.Path, change) -> pathlib.Path:
    """Write the movies anew, each as `change` leaves it."""
    with open(movies, encoding="utf-8", newline="") as old, open(path, "w", encoding="utf-8", newline="") as new:
        rows = csv.DictReader(old)
        writer = csv.DictWriter(new, rows.fieldnames)
        writer.writeheader()
        for row in rows:
            change(row)
            writer.writerow(row)
    return path


def with_longer_runtimes(movies: pathlib.Path, path: pathlib.Path) -> pathlib.Path:
    """Write the movies anew, each twice as long."""
    def change(row: dict) -> None:
        row["runtime"] = str(2 * float(row["runtime"])) if row["runtime"] else ""
    return rewritten(movies, path, change)


def with_predicted_targets(movies: pathlib.Path, model: pathlib.Path, path: pathlib.Path) -> pathlib.Path:
    """Write the movies anew, every other with a rating in the class that the model gives it."""
    predictions = csv.DictReader(marquee("score", movies, "--model", model).splitlines())
    ratings = itertools.cycle([{}, {"low": "5.0", "mid": "6.5", "high": "8.0"}])

    def change(row: dict) -> None:
        row["vote_average"] = next(ratings).get(next(predictions)["class"], row["vote_average"])
    return rewritten(movies, path, change)


class Models(PipelineTest):
    def test_a_model_is_replaced_under_load_and_nothing_is_lost_or_misordered(self):
        rows = 40_000
        data = generate(rows, self.folder / "load.csv")
        served = self.folder / "served.model"
        shutil.copy(COLD, served)

        def replace(content: bytes) -> None:
            (self.folder / "new.model").write_bytes(content)
            os.replace(self.folder / "new.model", served)

        with self.pipeline() as pipeline:
            pipeline.create_topics()
            pipeline.start("preprocess")
            infer = pipeline.start("infer", "--model", served)
            run = "0123456789abcdef0123456789abcdef"
            produce = pipeline.launch("produce", "--data", data, "--rate", 2_500, "--batch-rows", 50, "--run-id", run, "--json")
            results = pipeline.launch_results("results", "--run-id", run, "--until-complete", PATIENCE)
            wait_until("some rows have come", lambda: results.rows() > 5_000)
            replace(MOVIES.read_bytes()[:100_000])
            infer.wait_for("a model file has changed but is not used: .*still movies-cold")
            replace(MOVIES.read_bytes())
            infer.wait_for("model movies 1.*; it was movies-cold")
            self.assertEqual(produce.wait(), 0)
            self.assertEqual(results.wait(), 0)
            report = results.last_json()
            self.assert_complete(report)
            self.assertEqual(report["rows"], rows)
            self.assertTrue(report["model"]["several"])
            # Each partition has its messages in the order in which they were sent, first all of one model, then of the other.
            by_partition: dict = {}
            for message in pipeline.read("results"):
                if message["info"]["run"] == run:
                    by_partition.setdefault(message["info"]["parent"]["partition"], []).append((message["info"]["sequence"], message["model_id"]))
            for messages in by_partition.values():
                self.assertEqual([sequence for sequence, _ in messages], sorted(sequence for sequence, _ in messages))
                models = [model for _, model in messages]
                self.assertEqual(models, sorted(models, key=models.index))
            self.assertEqual(len({model for messages in by_partition.values() for _, model in messages}), 2)

    def test_a_challenger_that_is_better_by_construction_is_shown_as_such_as_in_an_embedded_run(self):
        data = with_predicted_targets(generate(20_000, self.folder / "usual.csv"), MOVIES, self.folder / "predicted.csv")
        expected = embedded(data, "--model", COLD, "--challenger", MOVIES)
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            pipeline.start("preprocess")
            pipeline.start("infer", "--model", COLD, "--challenger", MOVIES)
            results = pipeline.results(pipeline.produce("--data", data)["run"])
        self.assert_complete(results)
        self.assert_same_report(results, expected)
        for key in set(expected["challenger"]) - {"ns_per_row"}:
            self.assertEqual(results["challenger"][key], expected["challenger"][key], key)
        self.assertEqual(results["challenger"]["rows"], 20_000)
        self.assertEqual(results["challenger"]["macro_f1"], embedded(data, "--model", MOVIES)["macro_f1"])
        self.assertGreater(results["challenger"]["difference"]["low"], 0)

    def test_one_feature_that_moves_raises_its_own_drift(self):
        usual = generate(20_000, self.folder / "usual.csv")
        moved = with_longer_runtimes(usual, self.folder / "moved.csv")
        told = {}
        for name, data in (("usual", usual), ("moved", moved)):
            with self.pipeline(f"drift-{name}") as pipeline:
                pipeline.create_topics()
                pipeline.start("preprocess")
                pipeline.start("infer")
                pipeline.results(pipeline.produce("--data", data, "--batch-rows", 50)["run"])
                wait_until("the drift is of all rows", lambda: drift(pipeline)["drift_rows"] == 20_000)
                told[name] = drift(pipeline)["drift"]
        for feature, before in told["usual"].items():
            with self.subTest(feature=feature):
                if feature == "runtime":
                    self.assertGreater(told["moved"][feature], before + 0.25)
                else:
                    self.assertAlmostEqual(told["moved"][feature], before, delta=0.001)

    def test_another_table_is_scored_as_in_an_embedded_run(self):
        """A table without ids and titles, whose target is a category, and a library's model of it."""
        schema, data, model, trained_on = (self.folder / f"other.{end}" for end in ("toml", "csv", "model", "marquee"))
        schema.write_text(OTHER_TABLE, encoding="utf-8")
        draw = random.Random(8)
        with open(data, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*"abcd", "kind of"])
            for _ in range(5_000):
                writer.writerow([*(round(draw.gauss(0, 2), 3) for _ in "abc"), draw.choice("uvwxyz?"), draw.choice("rst")])
        marquee("features", "--schema", schema, "--data", data, "-o", trained_on)
        marquee("model", "import", "--from", BOOSTER, "--schema", schema, "--trained-on", trained_on, "-o", model)
        expected = embedded(data, "--model", model)
        self.assertEqual([one["name"] for one in expected["classes"]], ["one", "two", "three"])
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            pipeline.start("preprocess", "--schema", schema)
            pipeline.start("infer", "--model", model)
            sent = pipeline.produce("--data", data, "--schema", schema, "--columns", "needed")
            results = pipeline.results(sent["run"], "--model", model)
            unnamed = pipeline.results(sent["run"])
        self.assert_complete(results)
        self.assert_same_report(results, expected)
        self.assertEqual([one["name"] for one in results["classes"]], ["one", "two", "three"])
        # The built-in model has as many classes, but of another table.
        self.assertEqual([one["name"] for one in unnamed["classes"]], ["class_0", "class_1", "class_2"])
        self.assertEqual((results["labelled"], results["seen"]), (5_000, 0))


if __name__ == "__main__":
    main("integration.models")
