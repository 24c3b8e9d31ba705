#!/usr/bin/env python3
"""Reading what the measuring programs and valgrind's tools print."""
import json
import unittest

import paths  # noqa: F401
import measures
from builds import PerfCheckError

CALLGRIND = """# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 1
cmd:  ./perf_bin count avx2
part: 2

desc: I1 cache:
desc: Timerange: Basic block 5 - 9
desc: Trigger: --dump-after=marquee_measured

positions: line
events: Ir
summary: 120393

fn=(0) marquee_measured
0 12

totals: 120393
"""


class Lines(unittest.TestCase):
    def test_names_may_hold_anything_but_a_tab(self):
        self.assertEqual(measures.parse_lines("bin, 31 borders, 1 rows a call\t12.5\nscaler\t3\n"),
                         {"bin, 31 borders, 1 rows a call": 12.5, "scaler": 3.0})

    def test_nothing_is_nothing(self):
        self.assertEqual(measures.parse_lines(""), {})


class Callgrind(unittest.TestCase):
    def test_the_total_is_found(self):
        self.assertEqual(measures.parse_callgrind_total(CALLGRIND), 120393)

    def test_a_file_without_one_is_refused(self):
        with self.assertRaises(PerfCheckError):
            measures.parse_callgrind_total("# callgrind format\nversion: 1\n")


class Copies(unittest.TestCase):
    def copies(self, *points):
        frames = ["[root]", "0x1: memcpy@@GLIBC_2.14 (vg_replace_strmem.c:1)", "0x2: marquee::Refill(unsigned long) (csv_source.cc:5)",
                  "0x3: marquee::Next() (csv_source.cc:9)", "0x4: memmove (in /usr/lib/libc.so.6)",
                  "0x5: std::string::assign(char const*) (in /usr/bin/marquee)"]
        return measures.parse_copies(json.dumps({"ftbl": frames, "pps": [{"tb": bytes_, "fs": stack} for bytes_, stack in points]}))

    def test_a_copy_counts_for_whoever_called_the_copying_function(self):
        self.assertEqual(self.copies((100, [1, 2, 3]), (30, [4, 3])), {"marquee::Refill(unsigned long)": 100, "marquee::Next()": 30})

    def test_copies_of_one_function_are_summed(self):
        self.assertEqual(self.copies((100, [1, 2, 3]), (1, [1, 2])), {"marquee::Refill(unsigned long)": 101})

    def test_a_name_keeps_its_parameters_and_loses_its_place(self):
        self.assertEqual(self.copies((7, [1, 5, 2])), {"std::string::assign(char const*)": 7})

    def test_a_copy_without_a_known_caller_counts_too(self):
        self.assertEqual(self.copies((9, [1])), {"unknown": 9})


if __name__ == "__main__":
    unittest.main()
