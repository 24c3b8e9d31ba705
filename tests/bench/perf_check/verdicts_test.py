#!/usr/bin/env python3
"""Judging base and head: what is caught, and what noise may do without being caught."""
import random
import unittest

import paths  # noqa: F401
import verdicts
from verdicts import BETTER, NOT_IN_BASE, SAME, WORSE


def rounds(head: float, noise: float, pairs: int = 12, seed: int = 1) -> list[dict[str, float]]:
    """Times around 100 µs, head's `head` times as long; a disturbance only ever makes one longer."""
    draw = random.Random(seed)

    def measure(factor: float) -> float:
        return 100 * factor * (1 + abs(draw.gauss(0, noise)))
    return [{"base": measure(1), "head": measure(head), "control": measure(1)} for _ in range(pairs)]


class Numbers(unittest.TestCase):
    def judge(self, base, head, may_grow=0.01):
        return verdicts.judge_number("instructions", "a", "instructions", base, head, may_grow).judgement

    def test_more_than_it_may_grow_is_worse(self):
        self.assertEqual(self.judge(1000, 1011), WORSE)
        self.assertEqual(self.judge(1000, 1010), SAME)
        self.assertEqual(self.judge(1000, 1000), SAME)
        self.assertEqual(self.judge(1000, 900), BETTER)

    def test_anything_is_worse_than_nothing(self):
        self.assertEqual(self.judge(0, 0.01, may_grow=0), WORSE)
        self.assertEqual(self.judge(0, 0, may_grow=0), SAME)

    def test_what_base_has_not_is_not_judged(self):
        self.assertEqual(self.judge(None, 1e9), NOT_IN_BASE)


class Bootstrap(unittest.TestCase):
    def test_the_interval_holds_the_median_and_is_the_same_each_time(self):
        draw = random.Random(3)
        ratios = [1 + draw.gauss(0, 0.1) for _ in range(15)]
        interval = verdicts.bootstrap(ratios)
        self.assertEqual(interval, verdicts.bootstrap(ratios))
        self.assertTrue(min(ratios) <= interval.low <= interval.median <= interval.high <= max(ratios))
        self.assertLess(interval.low, interval.high)

    def test_no_spread_is_no_interval(self):
        self.assertEqual(verdicts.bootstrap([1.25] * 12), verdicts.Interval(1.25, 1.25, 1.25))

    def test_most_intervals_hold_the_true_ratio(self):
        held = 0
        for seed in range(40):
            draw = random.Random(seed)
            interval = verdicts.bootstrap([1 + draw.gauss(0, 0.05) for _ in range(12)])
            held += interval.low <= 1 <= interval.high
        self.assertGreaterEqual(held, 37)


class Times(unittest.TestCase):
    def judge(self, *arguments, **more):
        return verdicts.judge_times("a", rounds(*arguments, **more))

    def test_a_quarter_more_is_worse(self):
        for seed in range(6):
            self.assertEqual(self.judge(1.25, 0.01, seed=seed).judgement, WORSE, seed)

    def test_a_quarter_less_is_better(self):
        self.assertEqual(self.judge(0.75, 0.01).judgement, BETTER)

    def test_equals_are_the_same_however_noisy(self):
        for noise in (0, 0.01, 0.05, 0.5):
            for seed in range(6):
                self.assertEqual(self.judge(1, noise, seed=seed).judgement, SAME, (noise, seed))

    def test_a_few_percent_are_forgiven(self):
        self.assertEqual(self.judge(1.04, 0).judgement, SAME)
        self.assertEqual(self.judge(1.06, 0).judgement, WORSE)

    def test_what_the_noise_may_have_done_is_forgiven(self):
        measured = rounds(1.1, 0)
        for number, one in enumerate(measured):
            one["control"] *= 0.96 if number % 2 else 1.04
        verdict = verdicts.judge_times("a", measured)
        self.assertAlmostEqual(verdict.noise, 0.04)
        self.assertAlmostEqual(verdict.limit, 0.12)
        self.assertEqual(verdict.judgement, SAME)

    def test_what_base_has_not_is_not_judged(self):
        verdict = verdicts.judge_times("a", [{"head": 100.0}] * 12)
        self.assertEqual((verdict.judgement, verdict.head, verdict.base), (NOT_IN_BASE, 100.0, None))


class Table(unittest.TestCase):
    def test_what_is_worse_comes_first_and_is_counted(self):
        judged = [verdicts.judge_number("structure", "bytes a row", "bytes", 100, 100, 0),
                  verdicts.judge_number("structure", "allocations a batch", "allocations", 0, 2, 0),
                  verdicts.judge_number("structure", "something new", "bytes", None, 7, 0)]
        lines = verdicts.table(judged).splitlines()
        self.assertEqual(lines[0], "**1 of 3 facts are worse than in base.**")
        self.assertTrue(lines[4].startswith("| **worse** | allocations a batch | allocations | 0 | 2 |"), lines[4])
        self.assertTrue(lines[6].startswith("| not in base | something new | bytes | – | 7 |"), lines[6])

    def test_nothing_worse_is_said_too(self):
        self.assertTrue(verdicts.table([verdicts.judge_times("a", rounds(1, 0))]).startswith("None of 1 facts"))


if __name__ == "__main__":
    unittest.main()
