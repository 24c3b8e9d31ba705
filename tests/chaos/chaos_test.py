#!/usr/bin/env python3
"""The four faults that tell most, with one seed each; `./run chaos` breaks everything, and more often."""
import os
import pathlib
import tempfile
import unittest

import chaos
import pipeline

SEED = int(os.environ.get("MARQUEE_TEST_SEED", "1"))
CASES = [("infer", pipeline.EXACTLY_ONCE), ("preprocess", pipeline.AT_LEAST_ONCE), ("broker", pipeline.EXACTLY_ONCE),
         ("zombie", pipeline.EXACTLY_ONCE)]


class Chaos(unittest.TestCase):
    def test_nothing_is_lost_and_under_exactly_once_nothing_comes_twice(self):
        pipeline.say(f"seed {SEED}; MARQUEE_TEST_SEED={SEED} repeats what is drawn")
        with tempfile.TemporaryDirectory(prefix="marquee-chaos-") as folder:
            cases = chaos.run_cases([(*case, SEED) for case in CASES], pathlib.Path(folder) / "chaos.jsonl")
        self.assertEqual(len(cases), len(CASES))
        for case in cases:
            with self.subTest(fault=case["fault"], guarantee=case["guarantee"], seed=SEED):
                self.assertEqual(case["broken"], [], case)


if __name__ == "__main__":
    pipeline.main("chaos")
