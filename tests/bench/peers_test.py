#!/usr/bin/env python3
"""How `./run bench-peers` takes turns, compares and prints; what needs the other libraries is the test bench.peers."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))

import rounds  # noqa: E402
import tables  # noqa: E402


class Rounds(unittest.TestCase):
    def test_every_other_round_goes_the_other_way(self):
        order = []

        def contender(name: str) -> rounds.Contender:
            def measure() -> dict[str, float]:
                order.append(name)
                return {name: len(order), f"{name}, doubled": 2 * len(order)}
            return rounds.Contender(name, measure)

        figures = rounds.take_turns([contender("a"), contender("b")], 3)
        self.assertEqual(order, ["a", "b", "b", "a", "a", "b"])
        self.assertEqual(figures, {"a": [1, 4, 5], "a, doubled": [2, 8, 10], "b": [2, 3, 6], "b, doubled": [4, 6, 12]})

    def test_a_ratio_is_of_figures_of_one_round(self):
        # The third round was slow for both: the medians' ratio would be 3.
        self.assertEqual(rounds.ratio([2, 30, 40], [1, 10, 20]), 2)

    def test_a_ratio_needs_as_many_of_both(self):
        with self.assertRaises(ValueError):
            rounds.ratio([1, 2], [1])


class Child(unittest.TestCase):
    def child(self, program: str, **environment: str) -> rounds.Child:
        return rounds.Child([sys.executable, "-c", program], {0}, **environment)

    def test_it_answers_each_order(self):
        program = "import json, os, sys\nfor line in sys.stdin: print(json.dumps([line, os.environ['GREETING'], sorted(os.sched_getaffinity(0))]), flush=True)"
        with self.child(program, GREETING="hello") as child:
            self.assertEqual(child.ask("one", 2), ["one 2\n", "hello", [0]])
            self.assertEqual(child.ask("three"), ["three\n", "hello", [0]])

    def test_its_end_is_an_error(self):
        with self.child("import sys; sys.exit(3)") as child, self.assertRaisesRegex(rounds.PeersError, "ended with 3"):
            child.popen.wait()
            child.ask("anything")

    def test_it_ends_with_its_block(self):
        with self.child("import time; time.sleep(600)") as child:
            pass
        self.assertIsNotNone(child.popen.returncode)


class Tables(unittest.TestCase):
    def test_a_table_is_markdown(self):
        self.assertEqual(tables.table(["who", "ns"], [["a", "1"], ["b", "2"]]), "| who | ns |\n| --- | ---: |\n| a | 1 |\n| b | 2 |")

    def test_durations_have_three_digits_and_the_unit_that_fits(self):
        for ns, text in [(0.1234, "0.12 ns"), (9.99, "9.99 ns"), (9.996, "10.0 ns"), (99.96, "100 ns"), (999.4, "999 ns"), (999.6, "1.00 µs"),
                         (12_340, "12.3 µs"), (999_600, "1.00 ms"), (5e9, "5000 ms")]:
            self.assertEqual(tables.duration(ns), text)

    def test_ratios_have_the_digits_that_mean_something(self):
        for ratio, text in [(0.714, "×0.71"), (0.996, "×1.0"), (7.26, "×7.3"), (9.96, "×10"), (139.6, "×140")]:
            self.assertEqual(tables.times(ratio), text)


if __name__ == "__main__":
    unittest.main()
