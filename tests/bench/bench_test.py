#!/usr/bin/env python3
"""The benchmarks' Python: records, anchors, the README's tables. Speeds are nobody's business here."""
import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "bench"), str(ROOT / "bench" / "micro")]

import micro  # noqa: E402
import peak  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402


class RecordTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_a_record_is_read_as_it_was_written(self):
        results = [record.Result("copy", "rows/s", (10.0, 12.0, 11.0)), record.Result("work", "rows/s", (5.0, 6.0), "copy", 0.5, {"isa": "avx2"})]
        record.write(self.folder / "r.json", kind="micro", command="./run bench", environment={"git": "abc"}, results=results, seed=7)
        read = record.read(self.folder / "r.json")
        self.assertEqual(read["settings"], {"seed": 7})
        self.assertEqual(read["results"][0], {"name": "copy", "unit": "rows/s", "value": 11.0, "min": 10.0, "max": 12.0, "repetitions": 3})
        self.assertEqual(read["results"][1]["anchor"], "copy")
        self.assertEqual(read["results"][1]["isa"], "avx2")

    def test_another_schema_is_refused_by_name(self):
        (self.folder / "r.json").write_text('{"schema": 99}', encoding="utf-8")
        with self.assertRaisesRegex(ValueError, "r.json"):
            record.read(self.folder / "r.json")

    def test_the_environment_names_source_build_and_machine(self):
        where = record.environment(self.folder, kafka="4.3.1")
        for key in ("cpu", "cores", "isa", "time"):  # git and pkg-config need not be there
            self.assertTrue(where[key], key)
        self.assertEqual(where["kafka"], "4.3.1")


class AnchorTest(unittest.TestCase):
    NAMES = {"BM_Scale_Copy/rows:512", "BM_Scale_Apply/avx2/rows:512", "BM_Scale_Apply/avx2/rows:1", "BM_Scale_Reference/rows:512", "BM_Bin_Reference/borders:3/rows:1",
             "BM_Trees_Reference/rows:1", "BM_Encode_Movies/scalar/rows:1"}

    def test_the_anchor_has_the_same_sizes(self):
        self.assertEqual(micro.anchor_of("BM_Scale_Apply/avx2/rows:512", self.NAMES), "BM_Scale_Copy/rows:512")
        self.assertEqual(micro.anchor_of("BM_Bin_Search/borders:3/rows:1", self.NAMES), "BM_Bin_Reference/borders:3/rows:1")

    def test_or_it_is_the_plainest_of_the_same_name(self):
        self.assertEqual(micro.anchor_of("BM_Trees/avx2/rows:1", self.NAMES), "BM_Trees_Reference/rows:1")
        self.assertEqual(micro.anchor_of("BM_Encode_Movies/avx2/rows:1", self.NAMES), "BM_Encode_Movies/scalar/rows:1")

    def test_none_is_none(self):
        self.assertEqual(micro.anchor_of("BM_Scale_Apply/avx2/rows:1", self.NAMES), "")
        self.assertEqual(micro.anchor_of("BM_Scale_Copy/rows:512", self.NAMES), "")


class PeakTest(unittest.TestCase):
    def test_finds_the_highest_rate_that_is_kept(self):
        rate, run = peak.highest(1000, 10, lambda rate: {"rows_per_s": min(rate, 700), "p99": 5}, lambda run: run["p99"], 10)
        self.assertAlmostEqual(rate, 700 / peak.KEPT, delta=2)
        self.assertEqual(run, {"rows_per_s": 700, "p99": 5})

    def test_the_bound_of_the_p99_is_found(self):
        rate, run = peak.highest(1000, 10, lambda rate: {"rows_per_s": rate, "p99": rate / 30}, lambda run: run["p99"], 10)
        self.assertAlmostEqual(rate, 300, delta=2)
        self.assertEqual(run["rows_per_s"], rate)

    def test_none_is_kept(self):
        self.assertIsNone(peak.highest(1000, 5, lambda rate: {"rows_per_s": rate, "p99": 11}, lambda run: run["p99"], 10))


class ReportTest(unittest.TestCase):
    RECORD = {"schema": record.SCHEMA, "command": "./run bench", "settings": {"data": "real"},
              "environment": {"cpu": "a cpu", "cores": 2, "isa": "avx2", "git": "0123456789abcdef", "uncommitted_changes": False, "time": "2026-11-22T00:00:00"},
              "results": [{"name": "offline, 2 threads", "unit": "rows/s", "value": 1234567.0, "min": 1e6, "max": 2e6, "anchor": "null", "ratio": 0.256},
                          {"name": "null offline", "unit": "rows/s", "value": 5e6, "min": 5e6, "max": 5e6}]}

    def test_the_table_shows_what_the_record_says(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "embedded.json").write_text(json.dumps(self.RECORD), encoding="utf-8")
            text = report.sections(pathlib.Path(folder), plots=False)
        self.assertIn("| offline, 2 threads | 1,230,000 rows/s | 1,000,000 to 2,000,000 | null | 0.256 |", text)
        self.assertNotIn("| null offline", text)
        self.assertIn("`./run bench`: real rows, a cpu, 2 cores, avx2, commit 012345678, 2026-11-22.", text)

    def test_peers_are_shown_beside_marquee_on_the_same_model(self):
        names = ["XGBoost's trees/Marquee scalar/512", "XGBoost's trees/Marquee avx512/512", "XGBoost's trees/ONNX Runtime/512",
                 "XGBoost's trees/ONNX Runtime/64", "CatBoost, 254 borders/Marquee avx512/512", "CatBoost, 254 borders/CatBoost, Pool/512",
                 "CatBoost, 254 borders/Marquee avx512, trees alone/512", "equal size/YDF/512", "csv to F1/Marquee/2"]
        figures = {"unit": "ns/row", "value": 1.0, "min": 1.0, "max": 1.0}
        with tempfile.TemporaryDirectory() as folder:
            kept = self.RECORD | {"results": [{"name": name, **figures} for name in names]}
            (pathlib.Path(folder) / "peers.json").write_text(json.dumps(kept), encoding="utf-8")
            text = report.sections(pathlib.Path(folder), plots=False)
        shown = [name for name in names if f"| {name} |" in text]
        # Records made before had models of equal size beside others' trees: they are left out.
        self.assertEqual(shown, [names[1], names[2], names[4], names[5], names[8]])

    def test_imported_models_are_a_line_each(self):
        ours = {"name": "LightGBM/dart (.txt)/Marquee", "unit": "ns/row", "value": 100.0, "library": "LightGBM", "model": "dart (.txt)", "trees": 100,
                "depth": 9, "classes": 1, "missing": True, "categories": 40, "max_difference": 0.0, "bound": 0.0, "why": "", "engine": "general"}
        theirs = {"name": "LightGBM/dart (.txt)/LightGBM", "unit": "ns/row", "value": 4521.0, "anchor": ours["name"], "ratio": 45.21}
        rounded = ours | {"name": "b", "classes": 3, "missing": False, "categories": 0, "max_difference": 1.234e-7, "bound": 2e-6, "why": "it sums in f64"}
        kept = self.RECORD | {"settings": {"rows": 100_352}, "results": [ours, theirs, rounded, theirs | {"anchor": "b", "ratio": 0.5}]}
        text = report.imports(kept)
        self.assertIn("| LightGBM | dart (.txt) | 100 | 9 | a value | yes | 40 | 0 | 0 | general | 100 | 4,520 | 45.2 |\n", text)
        self.assertIn("| LightGBM | dart (.txt) | 100 | 9 | 3 | no | no | 1.2e-07 | 2e-06 | general | 100 | 4,520 | 0.5 |\n", text)
        self.assertTrue(text.startswith("100,352 rows a model. Where a difference is allowed: it sums in f64. `./run bench`: a cpu, 2 cores"))

    def test_no_records_are_an_error(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(report.ReportError):
            report.sections(pathlib.Path(folder), plots=False)

    def test_only_what_is_between_the_marks_changes(self):
        readme = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
        self.assertEqual(report.put_into(readme, "new"), f"before\n{report.BEGIN}\n\nnew\n{report.END}\nafter\n")
        for broken in ("no marks", f"{report.END}{report.BEGIN}", readme + readme):
            with self.assertRaises(report.ReportError):
                report.put_into(broken, "new")

    def test_the_pages_have_a_place_for_it(self):
        for page in (report.README, report.COMPARED):
            report.put_into(page.read_text(encoding="utf-8"), "new")

    def test_numbers_have_three_digits(self):
        self.assertEqual([report.number(value) for value in (1234567, 999, 45.23, 0.15849, 12)], ["1,230,000", "999", "45.2", "0.158", "12"])


if __name__ == "__main__":
    unittest.main()
