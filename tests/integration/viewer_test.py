#!/usr/bin/env python3
"""What the viewer shows of a run over Kafka, as `marquee-viewer --headless` prints it: the figures of `marquee results`."""
import os
import pathlib

from pipeline import PROGRAM, OutageTest, Pipeline, Service, generate, main, wait_until

VIEWER = pathlib.Path(os.environ.get("MARQUEE_VIEWER", PROGRAM.parent / "marquee-viewer"))


class Viewer(OutageTest):
    def watch(self, pipeline: Pipeline, name: str, *options: str) -> Service:
        command = [str(VIEWER), "--headless", "--brokers", pipeline.bootstrap, "--topic-prefix", pipeline.prefix, *options]
        service = Service(name, command, pipeline.folder)
        pipeline.services[name] = service
        return service

    def assert_shows(self, shown: dict, results: dict) -> None:
        run, quality = shown["run"], shown["qualities"][2]
        self.assertEqual([run[key] for key in ("id", "complete", "rows", "labelled", "seen", "dead", "messages", "lost", "duplicated_rows")],
                         [results[key] for key in ("run", "complete", "rows", "labelled", "seen", "dead_letters", "messages", "lost", "duplicated")])
        self.assertEqual((quality["macro_f1"], quality["accuracy"]), (results["macro_f1"], results["accuracy"]))
        self.assertEqual(quality["confusion"], [count for row in results["confusion"] for count in row])
        self.assertEqual([a["f1"] for a in quality["classes"]], [a["f1"] for a in results["classes"]])
        self.assertEqual(shown["expected_calibration_error"], results["calibration"]["expected_error"])
        self.assertEqual({a["reason"]: a["rows"] for a in shown["reasons"]}, results["dead_letter_reasons"])

    def test_counts_f1_and_confusion_are_those_of_results(self):
        rows = generate(4_000, self.folder / "rows.csv")
        with open(rows, "a", encoding="utf-8") as file:
            file.write("no record\n" * 3)
        with self.pipeline() as pipeline:
            # Before there is a topic; it waits.
            live = self.watch(pipeline, "live")
            wait_until("the viewer says what it waits for", lambda: (live.last_json() or {}).get("source", {}).get("message"))
            pipeline.create_topics()
            pipeline.launch("preprocess")
            pipeline.start("infer")
            run = pipeline.produce("--data", rows)["run"]
            results = pipeline.results(run)
            self.assert_complete(results)
            wait_until("the viewer shows the whole run", lambda: (live.last_json() or {"run": {"complete": False}})["run"]["complete"])
            # Others, which find it all there: told which run it is, or not.
            once = self.watch(pipeline, "once", "--once", "--run-id", run)
            newest = self.watch(pipeline, "newest", "--once")
            for viewer in (once, newest):
                self.assertEqual(viewer.wait(), 0, viewer.said())
            self.assertEqual(live.stop(), 0, live.said())
            for viewer in (live, once, newest):
                with self.subTest(viewer=viewer.name):
                    self.assert_shows(viewer.last_json(), results)
            shown = live.last_json()
            self.assertEqual({service["stage"] for service in shown["services"]} - {"produce"}, {"preprocess", "infer"})
            self.assertEqual(len(shown["dead_letters"]), 3)
            self.assertEqual(len(shown["rows"]), 512)

    def test_shows_the_rest_of_a_run_after_brokers_were_gone(self):
        rows = generate(20_000, self.folder / "more.csv")
        with self.pipeline() as pipeline:
            pipeline.create_topics()
            for stage in ("preprocess", "infer"):
                pipeline.start(stage)
            viewer = self.watch(pipeline, "viewer")
            wait_until("the viewer prints", viewer.last_json)
            run = "0123456789abcdef0123456789abcdef"
            produce = pipeline.launch("produce", "--data", rows, "--rate", 2_000, "--run-id", run, "--json")
            wait_until("the viewer shows rows", lambda: viewer.last_json()["run"]["rows"] > 0)
            self.brokers.stop()
            wait_until("the viewer says that no broker answers", lambda: "no broker" in (viewer.last_json()["source"]["message"] or ""))
            self.assertGreater(viewer.last_json()["run"]["rows"], 0, "what was counted stays while nothing comes")
            self.brokers.start()
            self.assertEqual(produce.wait(), 0)
            wait_until("the viewer shows the whole run", lambda: viewer.last_json()["run"]["complete"])
            self.assertEqual(viewer.stop(), 0, viewer.said())
            self.assert_shows(viewer.last_json(), pipeline.results(run))


if __name__ == "__main__":
    main("viewer_test")
